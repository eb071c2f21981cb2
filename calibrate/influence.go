package calibrate

import (
	"cmp"
	"context"
	"math"
	"slices"

	"accounthealth/calibrate/assess"
)

// influence refits the subject without the three largest accounts, without each
// period, without each owner and without provisional rows.
func (s *subject) influence(ctx context.Context, o Options, full *estimate) ([]Influence, error) {
	f := s.f
	type omission struct {
		kind, name string
		accounts   []int32
		drop       func(row int32) bool
	}
	var cases []omission
	if s.why == "" && full.status == converged {
		largest := largestAccounts(f, s.d, 3)
		if len(largest) == 3 {
			var ids []int32
			for _, a := range largest {
				ids = append(ids, f.ids[a])
			}
			cases = append(cases, omission{"largest_accounts", "the three largest accounts", ids, func(i int32) bool { return slices.Contains(largest, f.account[i]) }})
		}
		if len(f.Periods) > 1 {
			for p, name := range f.Periods {
				cases = append(cases, omission{"period", name, nil, func(i int32) bool { return f.period[i] == int32(p) }})
			}
		}
		if f.Owner != nil {
			for p, name := range f.Owners {
				cases = append(cases, omission{"owner", name, nil, func(i int32) bool { return f.Owner[i] == int32(p) }})
			}
		}
		if slices.Contains(f.Provisional, true) {
			cases = append(cases, omission{"provisional", "provisional rows", nil, func(i int32) bool { return f.Provisional[i] }})
		}
	}
	out := make([]Influence, len(cases))
	err := parallel(ctx, len(cases), o.Workers, func() struct{} { return struct{}{} }, func(_ struct{}, n int) {
		c := cases[n]
		d := s.d.subset(func(j int) bool { return !c.drop(s.d.row[j]) })
		e, fit := newEstimate(d.k), newFitter(d)
		fit.separation = o.Rules.SeparationBeta
		fit.refit(d, nil, s.to, nil, exact, e)
		r := Influence{Kind: c.kind, Name: c.name, Accounts: c.accounts, Rows: len(d.row), ChurnedAccounts: f.churnedAccounts(d.row), PartialAccounts: f.partialAccounts(d.row), OK: e.status == converged}
		if !r.OK {
			r.Why = s.reason(e)
			r.Direction, r.Shift = assess.Test{Why: r.Why}, assess.Undefined(r.Why)
			out[n] = r
			return
		}
		df := float64(d.k - 1)
		r.Shrunk = s.expand(e.shrunk)
		r.Direction = assess.Test{Statistic: e.wald, DF: df, P: assess.ChiSquareSurvival(e.wald, df), OK: true}
		r.Shift = assess.Defined(largestChange(s.expand(full.shrunk), r.Shrunk))
		out[n] = r
	})
	return out, err
}

// largestAccounts returns the n accounts with the largest ARR on any row of the
// design, equal ones by number; fewer if there are not more than n accounts.
func largestAccounts(f *frame, d *design, n int) []int32 {
	arr := make([]float64, len(f.ids))
	for i := range arr {
		arr[i] = -1
	}
	for _, i := range d.row {
		arr[f.account[i]] = max(arr[f.account[i]], f.arr[i])
	}
	var order []int32
	for a, v := range arr {
		if v >= 0 {
			order = append(order, int32(a))
		}
	}
	if len(order) <= n {
		return nil
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(arr[b], arr[a]) })
	return order[:n]
}

// power says what the events held can show. The best pillar is the one with the
// largest overall AUC.
func power(f *frame, events int, rules Rules) Power {
	p := Power{Held: events, Needed: rules.MinEvents, Missing: max(0, rules.MinEvents-events)}
	var lost []float64
	for i, y := range f.Y {
		if y {
			lost = append(lost, f.lost[i])
		}
	}
	p.EffectiveARR = assess.EffectiveN(lost)
	present := make([]bool, f.periods)
	for _, q := range f.period {
		present[q] = true
	}
	periods := 0
	for _, ok := range present {
		if ok {
			periods++
		}
	}
	p.EventsPerPeriod, p.PeriodsToGo = assess.Undefined("there are no rows"), assess.Undefined("nobody churned, so no rate is known")
	if periods > 0 {
		rate := float64(events) / float64(periods)
		p.EventsPerPeriod = assess.Defined(rate)
		if rate > 0 {
			p.PeriodsToGo = assess.Defined(math.Ceil(float64(p.Missing) / rate))
		}
	}
	// z(0.975) + z(0.80)
	const detect = assess.Z975 + 0.8416212335729143
	var rows []int32
	for _, i := range f.complete {
		if !math.IsNaN(f.score[i]) {
			rows = append(rows, i)
		}
	}
	take := func(col []float64) []float64 {
		out := make([]float64, len(rows))
		for j, i := range rows {
			out[j] = col[i]
		}
		return out
	}
	churned, account, kind := make([]bool, len(rows)), make([]int32, len(rows)), make([]int32, len(rows))
	for j, i := range rows {
		churned[j], account[j], kind[j] = f.Y[i], f.account[i], f.kind[i]
	}
	scores := [][]float64{take(f.score)}
	for _, col := range f.X {
		scores = append(scores, take(col))
	}
	areas := f.areas(churned, account, kind, scores...)
	own := areas.Estimate(0)
	why := cmp.Or(own.Why, "there are too few churned or kept accounts")
	p.SmallestAUC, p.SmallestDifference = assess.Undefined(why), assess.Undefined(why)
	if !own.Interval {
		return p
	}
	p.SmallestAUC = assess.Defined(min(1, 0.5+detect*own.SE))
	best := 1
	for k := range f.X {
		if areas.Value[k+1] > areas.Value[best] {
			best = k + 1
		}
	}
	d, _ := areas.Difference(0, best)
	p.SmallestDifference, p.Against = assess.Defined(detect*d.SE), f.Pillars[best-1]
	if f.k == 1 {
		p.SmallestDifference, p.Against = assess.Undefined("there is one pillar"), ""
	}
	return p
}
