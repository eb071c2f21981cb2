package calibrate

import (
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate/assess"
)

// subject is what a refit is about: complete rows, and the weights it shrinks to.
// A pillar with one value only cannot be fitted; it is held at its centre, and
// the others share the rest in the same way.
type subject struct {
	f      *frame
	centre []float64 // K
	fitted []int     // pillars that vary
	mass   float64   // sum of their centres
	to     []float64 // their centres, sum 1
	d      *design
	why    string // why there is nothing to refit
}

func newSubject(f *frame, rows []int32, centre []float64, by Intercepts) *subject {
	s := &subject{f: f, centre: centre}
	var columns [][]float64
	for k, col := range f.X {
		if varies(col, rows) {
			s.fitted = append(s.fitted, k)
			columns = append(columns, col)
			s.mass += centre[k]
		}
	}
	for _, k := range s.fitted {
		s.to = append(s.to, centre[k]/max(s.mass, math.SmallestNonzeroFloat64))
	}
	s.d = newDesign(f, columns, rows, by)
	switch {
	case len(f.Y) == 0:
		s.why = "the sample has no rows"
	case len(rows) == 0:
		s.why = "no row has every pillar measured"
	case distinct(s.d.account) < 2:
		s.why = oneDecider
	case len(f.Pillars) == 1:
		s.why = "there is one pillar, so there is nothing to weigh"
	case len(s.fitted) == 0:
		s.why = "every pillar has one value only"
	case len(s.fitted) == 1:
		s.why = fmt.Sprintf("only %s varies, so there is nothing to weigh", f.Pillars[s.fitted[0]])
	case s.mass <= 0:
		s.why = "the pillars that vary have no weight to share"
	}
	return s
}

// oneDecider is why nothing can be said of uncertainty, which is counted by account.
const oneDecider = "all rows are of one account, or of accounts with one parent, which decide together"

func varies(col []float64, rows []int32) bool {
	for _, i := range rows {
		if col[i] != col[rows[0]] {
			return true
		}
	}
	return false
}

// expand turns weights of the fitted pillars into K weights.
func (s *subject) expand(w []float64) []float64 {
	out := slices.Clone(s.centre)
	for j, k := range s.fitted {
		out[k] = s.mass * w[j]
	}
	return out
}

// estimate refits the whole subject; by Firth's method under separation.
func (s *subject) estimate(f *fitter, separation float64) *estimate {
	f.separation = separation
	e := newEstimate(s.d.k)
	f.refit(s.d, nil, s.to, nil, exact, e)
	if e.status == separated || e.status == diverged {
		f.refitFirth(s.d, s.to, e)
	}
	return e
}

// reason says in words why an estimate failed.
func (s *subject) reason(e *estimate) string {
	switch e.status {
	case noContrast:
		return "no period and segment has both churned and kept accounts"
	case collinear:
		return fmt.Sprintf("%s is an exact combination of other pillars, periods or segments, so its weight cannot be told", s.f.Pillars[s.fitted[e.culprit]])
	case separated:
		return "the pillars separate churned from kept accounts perfectly"
	case fewAccounts:
		return "there are too few accounts to say how sure the fit is"
	}
	return "the fit did not converge"
}

// informative counts the subject's rows in cells with a contrast.
func (s *subject) informative() int {
	f := newFitter(s.d)
	if !f.prepare(s.d, nil) {
		return 0
	}
	return int(f.rows)
}

// likelihoodRatio is the chi-square, k degrees of freedom, of all fitted pillars
// against the intercepts alone on the same rows; 0 if these cannot be fitted.
func likelihoodRatio(d *design, e *estimate) float64 {
	base := *d
	base.k, base.x = 0, nil
	f := newFitter(&base)
	if !f.prepare(&base, nil) {
		return 0
	}
	if status, _ := f.fit(&base, nil, unbounded, exact); status != converged {
		return 0
	}
	return max(0, 2*(f.loss-e.loss))
}

// report turns an estimate into a Refit, without intervals.
func (s *subject) report(e *estimate, events int) Refit {
	why := s.why
	if why == "" && e.status != converged {
		why = s.reason(e)
	}
	r := Refit{OK: why == "", Why: why, Method: "maximum likelihood", Bootstrap: Bootstrap{SameOrder: assess.Undefined("no replicate was drawn")}}
	undefined := assess.Undefined(why)
	for k, name := range s.f.Pillars {
		p := PillarFit{Name: name, Held: !slices.Contains(s.fitted, k), Centre: s.centre[k]}
		p.Coefficient.N, p.Coefficient.Why = len(s.d.row), why
		p.Free, p.ShareAtZero, p.SameRank = undefined, undefined, undefined
		p.Shrunk = assess.Estimate{N: len(s.d.row), Why: why}
		if p.Held {
			p.Coefficient.Why = "the pillar has one value only"
		}
		r.Pillars = append(r.Pillars, p)
	}
	if !r.OK {
		test := assess.Test{Why: why}
		r.Slope, r.Shrinkage, r.Heuristic = undefined, undefined, undefined
		r.Direction, r.F, r.LR = test, test, test
		return r
	}
	if e.firth {
		r.Method = "Firth penalised likelihood, because the pillars separate the outcomes"
	}
	r.Contrary = e.contrary
	free, shrunk := s.expand(e.free), s.expand(e.shrunk)
	for k := range r.Pillars {
		r.Pillars[k].Shrunk.Value, r.Pillars[k].Shrunk.OK = shrunk[k], true
		r.Pillars[k].Free = assess.Defined(free[k])
	}
	for j, k := range s.fitted {
		p := &r.Pillars[k]
		p.AtZero = !e.contrary && e.free[j] == 0
		se := math.Sqrt(max(0, e.cov[j*s.d.k+j]))
		p.Coefficient = assess.Estimate{Value: e.beta[j], SE: se, Lo: e.beta[j] - assess.Z975*se, Hi: e.beta[j] + assess.Z975*se, N: len(s.d.row), OK: true, Interval: true}
	}
	for k, rank := range ranks(shrunk) {
		r.Pillars[k].Rank = rank
	}
	k := float64(s.d.k)
	r.Slope = assess.Defined(e.slope)
	if e.contrary {
		r.Slope = assess.Undefined("no pillar is protective")
	}
	r.Shrinkage = assess.Defined(e.c)
	r.Direction = assess.Test{Statistic: e.wald, DF: k - 1, P: assess.ChiSquareSurvival(e.wald, k-1), OK: true}
	if df2 := float64(events) - (k - 1); df2 > 0 {
		stat := e.wald / (k - 1)
		r.F = assess.Test{Statistic: stat, DF: k - 1, DF2: df2, P: assess.FSurvival(stat, k-1, df2), OK: true}
	} else {
		r.F = assess.Test{Why: "there are no more churned accounts than pillars"}
	}
	r.LR, r.Heuristic = assess.Test{Why: "a penalised likelihood has no ratio test"}, assess.Undefined("a penalised likelihood has no ratio test")
	if !e.firth {
		lr := likelihoodRatio(s.d, e)
		r.LR = assess.Test{Statistic: lr, DF: k, P: assess.ChiSquareSurvival(lr, k), OK: true}
		if lr > 0 {
			r.Heuristic = assess.Defined((lr - k) / lr)
		} else {
			r.Heuristic = assess.Undefined("the pillars explain nothing")
		}
	}
	return r
}

// ranks numbers weights from the largest, 1; ties in order.
func ranks(w []float64) []int {
	order := make([]int, len(w))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case w[a] > w[b]:
			return -1
		case w[a] < w[b]:
			return 1
		}
		return 0
	})
	out := make([]int, len(w))
	for r, i := range order {
		out[i] = r + 1
	}
	return out
}
