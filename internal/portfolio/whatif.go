package portfolio

import (
	"math"
	"slices"

	"accounthealth/internal/plan"
)

// WhatIf holds what a reader needs to score the portfolio again under other
// weights and cut-offs: everything that does not depend on them. An account's
// composite is the mean of its pillar scores, weighed by weight × Share; its
// coverage is the mean of Known, weighed by the weights of the pillars that have
// one.
type WhatIf struct {
	Bands []string       // best first, as in Rules[].Cuts
	Rules []WhatIfRules  // the base first, then every override that an account has
	Rows  []WhatIfRow    // the accounts to recompute, most ARR first, then by id
	Now   []WhatIfStatus // by band, then Not scored: all accounts as they stand
	// Live is the share of the ARR of all accounts in Now that Rows hold.
	Live Figure
	// ScoredFrom and HealthyFrom are the least coverage for a score, and for the
	// best statuses.
	ScoredFrom, HealthyFrom float64
}

// WhatIfRules are the weights and cut-offs of one set of rules.
type WhatIfRules struct {
	Name    string // of the override; "" for the base
	Weights []float64
	Sum     float64 // of Weights, to six decimals
	Cuts    []int   // by band but the last: the least headline
	// The set says nothing of its own about weights, or about cut-offs: it follows
	// the base.
	InheritsWeights, InheritsCuts bool
}

// WhatIfStatus counts the accounts of a status: all of them, and those among them
// that are not in Rows and therefore keep it.
type WhatIfStatus struct {
	Status             string
	Accounts, RestHeld int64
	ARR, RestARR       float64
}

// WhatIfRow is one account.
type WhatIfRow struct {
	ID, Name string
	ARR      Figure
	Rules    int    // index into WhatIf.Rules
	Score    Figure // as it stands
	Status   string
	Pillars  []Figure // scores, undefined where no level is known
	Share    []Figure // known share of the levels; undefined as the score is
	Known    []Figure // known share of all points; undefined where nothing applies
	// Best is the index of the best band open to the account, BestThin that with a
	// coverage under HealthyFrom.
	Coverage       Figure
	Best, BestThin int
}

// notScoredStatus names the accounts without a score among the statuses.
const notScoredStatus = "Not scored"

// NewWhatIf prepares the limit accounts with most ARR, and counts the rest. The
// snapshot must hold its explanations; ARR that is not known counts nothing.
func (r *Rows) NewWhatIf(limit int) *WhatIf {
	res, view := r.now.Result, r.now.View
	w := &WhatIf{ScoredFrom: r.plan.Missing.ScoredFrom, HealthyFrom: r.plan.Missing.HealthyFrom}
	base := &r.plan.Rules[0]
	for _, b := range base.Bands {
		w.Bands = append(w.Bands, b.Name)
	}
	place := map[uint8]int{}
	place[0] = w.addRules(base, base)
	sums := make([]struct{ all, rest cents }, len(w.Bands)+1)
	for _, name := range append(slices.Clone(w.Bands), notScoredStatus) {
		w.Now = append(w.Now, WhatIfStatus{Status: name})
	}
	var live, all cents
	for _, at := range r.order {
		i := int(at)
		if !view.Class[i].Scored() {
			continue
		}
		status := int(res.Status[i])
		if status < 0 {
			status = len(w.Bands)
		}
		sum := &sums[status]
		w.Now[status].Accounts++
		sum.all.add(view.ARR[i])
		all.add(view.ARR[i])
		if len(w.Rows) >= limit {
			w.Now[status].RestHeld++
			sum.rest.add(view.ARR[i])
			continue
		}
		live.add(view.ARR[i])
		rules, ok := place[res.Rules[i]]
		if !ok {
			rules = w.addRules(&r.plan.Rules[res.Rules[i]], base)
			place[res.Rules[i]] = rules
		}
		row := WhatIfRow{
			ID: r.table.ID[i], Name: r.table.Name[i], ARR: maybe(view.ARR[i]), Rules: rules, Status: w.Now[status].Status,
			Best: int(res.Ceiling[i]), BestThin: max(int(res.Ceiling[i]), firstWithoutExpand(r.plan.Rules[res.Rules[i]].Bands)),
		}
		row.Coverage = maybe(res.Coverage[i])
		if v, ok := res.Score(i); ok {
			row.Score = Amount(v)
		}
		for p := range r.plan.Pillars {
			share := math.NaN()
			if !math.IsNaN(res.Pillars[p][i]) {
				share = res.PillarCoverage[p][i]
			}
			row.Pillars = append(row.Pillars, maybe(res.Pillars[p][i]))
			row.Share = append(row.Share, maybe(share))
			row.Known = append(row.Known, maybe(res.PillarKnown[p][i]))
		}
		w.Rows = append(w.Rows, row)
	}
	for k := range w.Now {
		w.Now[k].ARR, w.Now[k].RestARR = sums[k].all.float(), sums[k].rest.float()
	}
	w.Live = rate(live.float(), all.float())
	return w
}

func (w *WhatIf) addRules(r, base *plan.Rules) int {
	sum := 0.0
	for _, v := range r.Weights {
		sum += v
	}
	out := WhatIfRules{
		Name: r.Name, Weights: slices.Clone(r.Weights),
		Sum:             math.Round(sum*1e6) / 1e6,
		InheritsWeights: r != base && slices.Equal(r.Weights, base.Weights), InheritsCuts: r != base,
	}
	for i, b := range r.Bands[:len(r.Bands)-1] {
		out.Cuts = append(out.Cuts, b.Min)
		out.InheritsCuts = out.InheritsCuts && b.Min == base.Bands[i].Min
	}
	w.Rules = append(w.Rules, out)
	return len(w.Rules) - 1
}

// firstWithoutExpand is the best status that thin coverage leaves open.
func firstWithoutExpand(bands []plan.Band) int {
	return max(0, slices.IndexFunc(bands, func(b plan.Band) bool { return !b.Expand }))
}

// Held is how many accounts are not in Rows and keep their status.
func (w *WhatIf) Held() (n int64) {
	for _, s := range w.Now {
		n += s.RestHeld
	}
	return n
}

// First returns what NewWhatIf would have prepared for the first n of the rows: the
// others join the rest.
func (w *WhatIf) First(n int) *WhatIf {
	if n >= len(w.Rows) {
		return w
	}
	out := *w
	out.Now, out.Rows = slices.Clone(w.Now), w.Rows[:n]
	used := 0
	for i := range out.Rows {
		used = max(used, out.Rows[i].Rules)
	}
	out.Rules = w.Rules[:used+1]
	live := toCents(w.Live.Num)
	for _, row := range w.Rows[n:] {
		k := slices.IndexFunc(out.Now, func(s WhatIfStatus) bool { return s.Status == row.Status })
		s := &out.Now[k]
		s.RestHeld++
		if row.ARR.Defined {
			s.RestARR = (toCents(s.RestARR) + toCents(row.ARR.Value)).float()
			live -= toCents(row.ARR.Value)
		}
	}
	out.Live = rate(live.float(), w.Live.Den)
	return &out
}
