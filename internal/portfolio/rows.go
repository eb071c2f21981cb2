package portfolio

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
)

// Advice is what to do about every account, by population row.
type Advice interface {
	// TopRisk returns the most severe risk in words, "" where there is none.
	TopRisk(row int) string
	// Risks returns every risk with its evidence, most severe first.
	Risks(row int) []string
	// Action returns the single change that gains most and its gain in composite
	// points; ok is false where nothing that a team can cause would gain.
	Action(row int) (text string, gain float64, ok bool)
	// Play returns the play that answers the account's state; deadline is a day.
	Play(row int) (label, owner string, deadline int32, ok bool)
	// PlayOf returns the index of that play in the plan, or plan.NoPlay.
	PlayOf(row int) int
	// BundleText returns the smallest set of changes that gains 20 points, in words,
	// and the score after it in tenths.
	BundleText(row int) (text string, after int32, ok bool)
	// FallText says what would have to go wrong for the next worse status, "" where
	// nothing would.
	FallText(row int) string
	// Place returns where the account stands on the matrix.
	Place(row int) (risk, opportunity plan.Grade, ok bool)
	// NeedsPerson says why a person decides, nil where nothing asks for one.
	NeedsPerson(t *population.Table, row int) []string
}

// Rows yields the flat account rows: every account that pays, in descending ARR,
// then by id.
type Rows struct {
	plan   *plan.Plan
	table  *population.Table
	now    Scored
	trend  *Scored // the previous review
	days90 *Scored // 90 days before
	advice Advice
	order  []int32
	next   *Scored // today under the version that comes into force later
	place  []int32 // by population row: the index in order, -1 for none

	treated *score.Treated // see Treated
}

// NewRows prepares the rows; trend and days90 may be nil.
func NewRows(p *plan.Plan, table *population.Table, now Scored, trend, days90 *Scored, advice Advice) *Rows {
	r := &Rows{plan: p, table: table, now: now, trend: trend, days90: days90, advice: advice}
	for i, c := range now.View.Class {
		if c.Pays() {
			r.order = append(r.order, int32(i))
		}
	}
	slices.SortFunc(r.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(toCents(now.View.ARR[b]), toCents(now.View.ARR[a])), cmp.Compare(a, b))
	})
	r.place = slices.Repeat([]int32{-1}, table.Len())
	for k, i := range r.order {
		r.place[i] = int32(k)
	}
	return r
}

// ShowNext adds today's scores under a framework that comes into force later; nil
// for none.
func (r *Rows) ShowNext(next *Scored) { r.next = next }

// RowOf implements AccountIndex.
func (r *Rows) RowOf(id string) (i int, ok bool) {
	row := r.table.Lookup(id)
	if row < 0 || r.place[row] < 0 {
		return 0, false
	}
	return int(r.place[row]), true
}

// Len implements AccountRows.
func (r *Rows) Len() int { return len(r.order) }

// Row implements AccountRows.
func (r *Rows) Row(i int, out *AccountRow) { r.fill(int(r.order[i]), out) }

// Of fills out with the account in a population row, whatever its class.
func (r *Rows) Of(row int, out *AccountRow) { r.fill(row, out) }

func (r *Rows) fill(i int, out *AccountRow) {
	t, view, res := r.table, r.now.View, r.now.Result
	pillars := out.Pillars[:0]
	*out = AccountRow{
		Escalate: strings.Join(r.advice.NeedsPerson(t, i), "; "),
		ID:       t.ID[i], Name: t.Name[i], Parent: t.Parent[i], CRMID: t.CRMID[i], Segment: t.Segment[i], Tier: t.Tier[i],
		Industry: t.Industry[i], Region: t.Region[i], Owner: t.Owner[i], Class: view.Class[i].String(),
		ARR: maybe(view.ARR[i]), Start: t.Start[i], Renewal: view.Renewal[i], Deadline: view.Deadline[i], PlayDeadline: NoDay,
	}
	if m := view.TenureMonths[i]; m >= 0 {
		out.TenureMonths = Amount(float64(m))
	}
	if view.Class[i] == population.InNotice {
		out.Band = "In notice"
		for range r.plan.Pillars {
			pillars = append(pillars, Figure{})
		}
		out.Pillars = pillars
		return
	}
	for p := range r.plan.Pillars {
		pillars = append(pillars, maybe(res.Pillars[p][i]))
	}
	out.Pillars = pillars
	out.Override, out.Overridden = r.manual(i)
	out.Coverage = maybe(res.Coverage[i])
	if low, high, ok := res.Interval(i); ok {
		out.Low, out.High = Amount(low), Amount(high)
	} else {
		out.Low, out.High = Figure{}, Figure{}
	}
	if res.Status[i] < 0 {
		out.Band = "Not scored"
		return
	}
	band := res.Band(i)
	v, _ := res.Score(i)
	out.Score, out.Headline = Amount(v), Amount(float64(res.Headline[i]))
	out.Band, out.Colour = band.Name, band.Colour
	if r.next != nil {
		if v, ok := r.next.Result.Score(i); ok {
			out.NextScore, out.NextBand = Amount(v), r.next.Result.Band(i).Name
		}
	}
	out.DependsOnMissing = res.DependsOnMissing[i]
	out.Provisional = r.provisional(i)
	if c := res.Cap(i); c != nil {
		out.CappedBy = "at most " + band.Name + ": " + c.Reason
	}
	out.Delta, out.Delta90 = r.delta(r.trend, i), r.delta(r.days90, i)
	out.Trend = r.trendWord(i)
	out.TopRisk = r.advice.TopRisk(i)
	if text, gain, ok := r.advice.Action(i); ok {
		out.Action, out.Gain = text, Amount(gain)
	}
	if label, owner, deadline, ok := r.advice.Play(i); ok {
		out.Play, out.PlayOwner, out.PlayDeadline = label, owner, deadline
	}
	if text, after, ok := r.advice.BundleText(i); ok {
		out.Bundle, out.BundleAfter = text, Amount(float64(after)/10)
	}
	out.Fall = r.advice.FallText(i)
	if risk, opportunity, ok := r.advice.Place(i); ok {
		out.Place = risk.String() + " risk, " + opportunity.String() + " opportunity"
	}
}

// provisional says in words why a status may change when data arrive.
func (r *Rows) provisional(i int) string {
	switch {
	case r.now.Result.Capped[i]:
		return "too little is known for a better status"
	case r.held(i):
		return "onboarding: never " + r.plan.Rules[r.now.Result.Rules[i]].Bands[0].Name
	case r.now.Signals.Flawed[i]:
		return "a row with an impossible value would have been used"
	case r.now.Result.Provisional[i]:
		return "data are incomplete"
	}
	return ""
}

// manual lists the values set by hand behind an account's score, and their
// targets.
func (r *Rows) manual(i int) (sentences, targets string) {
	for _, v := range r.now.Result.ManualOf(i) {
		sentences += "; " + v.Sentence(r.plan)
		targets += ", " + v.Target(r.plan)
	}
	return strings.TrimPrefix(sentences, "; "), strings.TrimPrefix(targets, ", ")
}

// held reports whether only its short tenure keeps an account out of a status
// that expands.
func (r *Rows) held(i int) bool {
	rules := &r.plan.Rules[r.now.Result.Rules[i]]
	by := rules.Bands[rules.BandOf(int(r.now.Result.Headline[i]))]
	return r.now.View.Class[i] == population.Onboarding && by.Expand && !r.now.Result.Band(i).Expand
}

// delta is the change of the score since an earlier snapshot, in points.
func (r *Rows) delta(before *Scored, i int) Figure {
	if before == nil || before.Result.Tenths[i] < 0 || !before.View.Class[i].Scored() {
		return Figure{}
	}
	return Amount(float64(r.now.Result.Tenths[i]-before.Result.Tenths[i]) / 10)
}

func (r *Rows) trendWord(i int) string {
	limits := r.plan.Rules[r.now.Result.Rules[i]].Trend
	var prior int32
	has := r.delta(r.trend, i).Defined
	if has {
		prior = r.trend.Result.Tenths[i]
	}
	return score.Trend(r.now.Result.Tenths[i], prior, has, limits).Phrase(r.now.Result.Band(i))
}

// risksShown is how many risks a row of a sheet names.
const risksShown = 5

// headline keeps the first n risks and counts the rest.
func headline(risks []string, n int) []string {
	if len(risks) <= n {
		return risks
	}
	return append(slices.Clone(risks[:n]), fmt.Sprintf("and %d more: see explain", len(risks)-n))
}

// atRisk lists every account in an at-risk band, most ARR first.
func (r *Rows) atRisk() []AtRiskRow {
	var out []AtRiskRow
	var row AccountRow
	for _, i := range r.order {
		if !r.now.counted(int(i)) || !r.now.Result.Band(int(i)).AtRisk {
			continue
		}
		r.fill(int(i), &row)
		a := AtRiskRow{
			ID: row.ID, Name: row.Name, Segment: row.Segment, Owner: row.Owner, ARR: row.ARR.Value, Score: row.Score.Value,
			Band: row.Band, Trend: row.Trend, Delta: row.Delta, Renewal: row.Renewal, Deadline: row.Deadline,
			Risks: headline(r.advice.Risks(int(i)), risksShown), Action: row.Action, Gain: row.Gain.Value,
			Play: row.Play, PlayOwner: row.PlayOwner, PlayDeadline: row.PlayDeadline,
			Bundle: row.Bundle, BundleAfter: row.BundleAfter, Fall: row.Fall, Plan: -1,
			Escalate: r.advice.NeedsPerson(r.table, int(i)),
		}
		if a.Bundle == "" {
			a.Bundle = "no set of changes that a team can cause gains 20 points"
		}
		if row.Deadline != day.None {
			a.DaysToDeadline = Amount(float64(row.Deadline - r.now.View.AsOf))
		}
		out = append(out, a)
	}
	return out
}
