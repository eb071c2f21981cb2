package outcome

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate/assess"
	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
)

// Horizons are the days within which losses are looked for.
var Horizons = []int32{30, 60, 90, 180}

const (
	// FewestRows is how many account-reviews a level must have to be tried.
	FewestRows = 20
	// FalseDiscoveries is the share of false ones among the warnings that hold.
	FalseDiscoveries = 0.05
	whereListed      = 5
)

// EarlyInput is what early warnings are counted from.
type EarlyInput struct {
	Table *population.Table
	Now   portfolio.Scored
	// Past are earlier scored days as measured, without values set by hand; oldest
	// first.
	Past []portfolio.Scored
	// DataEnd is the last day on which the recording of losses is complete.
	DataEnd int32
}

// Early returns which levels of which signals preceded losses. A level's rows are
// the customers on it at a review; a review counts for a horizon when the horizon
// was over by DataEnd, and reviews of one horizon lie at least the horizon apart,
// newest first, so that no loss counts twice. A loss is the decision of a whole
// account to leave that counts as a verdict on health; an account whose loss does
// not count is left out of the reviews before it. The rate on a level is compared
// with that of all other levels of the signal by Fisher's exact test, one-sided,
// and corrected over all levels and horizons by Benjamini and Hochberg.
func Early(in EarlyInput) *portfolio.EarlyWarnings {
	p := in.Now.Result.Plan
	out := &portfolio.EarlyWarnings{Horizons: Horizons, From: portfolio.NoDay, To: portfolio.NoDay}
	var all []level
	for _, h := range Horizons {
		var days []portfolio.Scored
		for k := len(in.Past) - 1; k >= 0; k-- {
			d := in.Past[k].View.AsOf
			if d+h <= in.DataEnd && (len(days) == 0 || days[len(days)-1].View.AsOf-d >= h) {
				days = append(days, in.Past[k])
			}
		}
		for _, s := range days {
			d := s.View.AsOf
			if out.From == portfolio.NoDay || d < out.From {
				out.From = d
			}
			out.To = max(out.To, d)
		}
		all = append(all, count(p, in.Table, days, h)...)
	}
	tried := slices.DeleteFunc(all, func(l level) bool { return l.n < FewestRows || l.otherN < FewestRows })
	lossless := !slices.ContainsFunc(tried, func(l level) bool { return l.lost+l.otherLost > 0 })
	if lossless { // nothing was tried: no test could have found anything
		tried = nil
	}
	ps := make([]float64, len(tried))
	for i := range tried {
		l := &tried[i]
		l.p = assess.FisherGreater(l.lost, l.n, l.otherLost, l.otherN).Value
		ps[i] = l.p
	}
	for i, q := range assess.BenjaminiHochberg(ps) {
		tried[i].q = q
	}
	out.Tried = len(tried)
	for _, l := range tried {
		w := l.row(p)
		if l.q <= FalseDiscoveries {
			fire(&w, l, in)
			out.Signals = append(out.Signals, w)
		} else {
			out.Rest = append(out.Rest, w)
		}
	}
	order := func(a, b portfolio.EarlyWarning) int {
		return cmp.Or(cmp.Compare(a.Horizon, b.Horizon), cmp.Compare(b.Lift.Value, a.Lift.Value))
	}
	slices.SortStableFunc(out.Signals, order)
	slices.SortStableFunc(out.Rest, order)
	out.Note = "What came before losses in the past of this portfolio, not why they came."
	switch {
	case lossless && out.To != portfolio.NoDay:
		out.Note = fmt.Sprintf("No loss that counts is on record after the reviews from %s to %s: nothing can be said of what precedes one.", day.Format(out.From), day.Format(out.To))
	case out.Tried == 0:
		out.Note = fmt.Sprintf("No review lies far enough back, or no level had %d account-reviews.", FewestRows)
	}
	return out
}

// level is one row of one signal's ladder with one horizon.
type level struct {
	sig, rung         int
	horizon           int32
	lost, n           int
	otherLost, otherN int
	p, q              float64
}

// The outcomes of an account after a review.
const (
	stayed uint8 = iota
	lost
	outside // no customer then, or its loss does not count
)

// outcomes says what became of every account within days after a review.
func outcomes(t *population.Table, s *portfolio.Scored, days int32) []uint8 {
	out := make([]uint8, len(s.View.Class))
	for i, c := range s.View.Class {
		left, counts := false, false
		if c == population.Customer {
			left, counts = leaves(t, int32(i), s.View.AsOf, days)
		}
		switch {
		case c != population.Customer || left && !counts:
			out[i] = outside
		case left:
			out[i] = lost
		}
	}
	return out
}

// count counts every level of every signal over the reviews of a horizon.
func count(p *plan.Plan, t *population.Table, days []portfolio.Scored, h int32) []level {
	var out []level
	for sig := range p.Signals {
		for k := range p.Rules[0].Ladders[sig] {
			out = append(out, level{sig: sig, rung: k, horizon: h})
		}
	}
	for d := range days {
		s := &days[d]
		became := outcomes(t, s, h)
		first := 0
		for sig := range p.Signals {
			levels := out[first : first+len(p.Rules[0].Ladders[sig])]
			first += len(levels)
			for i, rung := range s.Result.Rung[sig] {
				if rung < 0 || became[i] == outside || !p.SameLadder(0, int(s.Result.Rules[i]), sig) {
					continue
				}
				levels[rung].n++
				levels[rung].lost += int(became[i])
			}
		}
	}
	for first := 0; first < len(out); {
		last, n, gone := first, 0, 0
		for ; last < len(out) && out[last].sig == out[first].sig; last++ {
			n, gone = n+out[last].n, gone+out[last].lost
		}
		for ; first < last; first++ {
			out[first].otherN, out[first].otherLost = n-out[first].n, gone-out[first].lost
		}
	}
	return out
}

// leaves reports whether an account decides to leave within days after a day, and
// whether that counts as a verdict on health.
func leaves(t *population.Table, account, after, days int32) (left, counts bool) {
	k, _ := slices.BinarySearchFunc(t.Losses, account, func(l population.Loss, a int32) int { return cmp.Compare(l.Account, a) })
	for ; k < len(t.Losses) && t.Losses[k].Account == account; k++ {
		if l := &t.Losses[k]; l.Logo && l.Event > after {
			return l.Event <= after+days, l.Counts
		}
	}
	return false, false
}

func (l *level) row(p *plan.Plan) portfolio.EarlyWarning {
	r := assess.Wilson(l.lost, l.n)
	w := portfolio.EarlyWarning{
		Signal: p.Signals[l.sig].Label, Level: p.Rules[0].Ladders[l.sig][l.rung].Label, Horizon: l.horizon,
		Lost: int64(l.lost), N: int64(l.n), Rate: portfolio.Figure{Value: r.Rate.Value, Defined: r.Rate.OK, Num: float64(l.lost), Den: float64(l.n)},
		Low: r.Lo.Value, High: r.Hi.Value, OtherLost: int64(l.otherLost), OtherN: int64(l.otherN), P: l.p, Q: l.q,
	}
	if all := float64(l.lost+l.otherLost) / float64(l.n+l.otherN); all > 0 {
		w.Lift = portfolio.Amount(w.Rate.Value / all)
	}
	return w
}

// fire fills in who is on the level now.
func fire(w *portfolio.EarlyWarning, l level, in EarlyInput) {
	p, now := in.Now.Result.Plan, in.Now
	var rows []int
	cents := int64(0)
	for i, rung := range now.Result.Rung[l.sig] {
		if int(rung) != l.rung || !now.View.Class[i].Scored() || !p.SameLadder(0, int(now.Result.Rules[i]), l.sig) {
			continue
		}
		rows = append(rows, i)
		if v := now.View.ARR[i]; !math.IsNaN(v) {
			cents += int64(math.Round(v * 100))
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(known(now.View.ARR[b]), known(now.View.ARR[a])) })
	w.Firing, w.FiringARR = int64(len(rows)), float64(cents)/100
	for _, i := range rows[:min(len(rows), whereListed)] {
		w.Where = append(w.Where, in.Table.ID[i])
	}
}

func known(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}
