package calibrate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestDegenerate: every sample without an answer gets one in words: no panic, no
// NaN (a Result with one does not encode), the current weights.
func TestDegenerate(t *testing.T) {
	base := func() *Sample { return simulate(300, 3, 2, []float64{.4, .3, .2, .1}, 2.4, .09, 1) }
	all := func(v bool) func(*Sample) {
		return func(s *Sample) {
			for i := range s.Y {
				s.Y[i] = v
			}
		}
	}
	cases := []struct {
		name   string
		change func(*Sample)
		words  string // in the decision
		fits   bool   // a refit is possible
	}{
		{"no rows", func(s *Sample) { cut(s, 0) }, "the sample has no rows", false},
		{"one row", func(s *Sample) { cut(s, 1) }, "one account", false},
		{"five rows", func(s *Sample) { cut(s, 5) }, "Keep", false},
		{"nobody churned", all(false), "no period and segment has both", false},
		{"everybody churned", all(true), "no period and segment has both", false},
		{"one event", func(s *Sample) { all(false)(s); s.Y[17] = true }, "Keep", true},
		{"one segment", func(s *Sample) { s.Segment, s.Segments = nil, nil }, "", true},
		{"one date", func(s *Sample) { s.Period, s.Periods = nil, nil }, "", true},
		{"one account", func(s *Sample) { clear(s.Account) }, "Keep", false},
		{"constant pillar", func(s *Sample) { fill(s.X[1], 50) }, "", true},
		{"one pillar varies", func(s *Sample) { fill(s.X[1], 50); fill(s.X[2], 0); fill(s.X[3], 100) }, "only a varies", false},
		{"all pillars constant", func(s *Sample) { fill(s.X[0], 1); fill(s.X[1], 50); fill(s.X[2], 0); fill(s.X[3], 100) }, "every pillar has one value only", false},
		{"duplicated pillar", func(s *Sample) { s.X[2] = slices.Clone(s.X[0]) }, "exact combination", false},
		{"pillar is the segment", func(s *Sample) {
			for i := range s.Y {
				s.X[3][i] = float64(20 * s.Segment[i])
			}
		}, "exact combination", false},
		{"perfect separation", func(s *Sample) {
			for i := range s.Y {
				s.Y[i] = s.X[0][i] < 50
			}
		}, "Keep", true},
		{"never measured", func(s *Sample) { fill(s.X[0], math.NaN()) }, "no row has every pillar measured", false},
		{"contrary pillars", func(s *Sample) {
			for i := range s.Y {
				s.Y[i] = s.X[0][i]+s.X[1][i]+s.X[2][i]+s.X[3][i]+7*float64(i%9) > 290
			}
		}, "no pillar foretells churn", true},
		{"weights at a corner", func(s *Sample) { s.Weights = []float64{0, 0, 0, 1} }, "", true},
		{"weight on a constant pillar", func(s *Sample) { s.Weights = []float64{0, 0, 0, 1}; fill(s.X[3], 5) }, "no weight to share", false},
		{"one pillar", func(s *Sample) { s.Pillars, s.X, s.Weights = s.Pillars[:1], s.X[:1], []float64{1} }, "one pillar", false},
		{"two pillars", func(s *Sample) { s.Pillars, s.X, s.Weights = s.Pillars[:2], s.X[:2], []float64{.5, .5} }, "", true},
		{"no score", func(s *Sample) { s.Score = make([]float64, len(s.Y)); fill(s.Score, math.NaN()) }, "", true},
		{"no ARR", func(s *Sample) { clear(s.ARR) }, "Keep", true},
		{"period without churn", func(s *Sample) {
			for i := range s.Y {
				s.Y[i] = s.Y[i] && s.Period[i] != 1
			}
		}, "Keep", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := base()
			c.change(s)
			s.Rules = slices.Concat(ladder("usage", s.X[0], []float64{50, 70}, []float64{0, 10, 30}), ladder("one", s.X[0], []float64{50}, []float64{-5}))
			before := fmt.Sprint(s)
			r := mustRun(t, s, Options{Replicates: 25, Today: s.X, Cuts: []float64{40, 60, 80}, Labels: []string{"critical", "poor", "fair", "good"}, Map: &ProbabilityMap{1, -.1}, Ridge: true, Capacity: 7})
			encode(t, r)
			if fmt.Sprint(s) != before {
				t.Error("the sample was modified")
			}
			d := r.Decision
			if d.Words == "" || !strings.Contains(d.Words, c.words) || strings.Contains(d.Words, "NaN") {
				t.Errorf("words: %s", d.Words)
			}
			if r.Claim.Words == "" || r.Claim.Level == "" || r.Claim.Level != Probabilities && r.Claim.Reason == "" {
				t.Errorf("claim: %+v", r.Claim)
			}
			if r.Ridge == nil || !r.Ridge.OK && r.Ridge.Why == "" || !r.Probability.OK && r.Probability.Why == "" || len(r.Rules) != 4 {
				t.Errorf("ridge %+v, probability %s", r.Ridge, r.Probability.Why)
			}
			if r.Refit.OK != c.fits {
				t.Errorf("refit ok = %v (%s)", r.Refit.OK, r.Refit.Why)
			}
			if len(d.Gates) != 5 || len(d.Weights) != len(s.Pillars) || sum(d.PerCent) != 100 {
				t.Errorf("%d gates, weights %v, per cent %v", len(d.Gates), d.Weights, d.PerCent)
			}
			for _, cut := range r.Calibration.Cuts {
				if e := cut.Suggested; e.Interval && !(e.Lo < e.Hi) || !e.Interval && cut.Proposed != cut.Current || !e.Interval && e.Why == "" {
					t.Errorf("a cut-off moves without an interval, or has one of no length: %+v", cut)
				}
			}
			for _, g := range d.Gates {
				if g.Reason == "" {
					t.Errorf("gate %d gives no reason", g.Number)
				}
			}
			if strings.Contains(d.Words, "no row") && slices.ContainsFunc(r.Warnings, func(w Warning) bool { return w.Code == "constant" }) {
				t.Error("of a pillar that no fit has seen it is said that it has one value only")
			}
			if r.Sample.Rows != r.Sample.Incomplete+r.Sample.Uninformative+r.Sample.Fitted {
				t.Errorf("rows do not add up: %+v", r.Sample)
			}
		})
	}
}

// TestManyPillars: nine pillars, two of which matter and one of which is
// contrary.
func TestManyPillars(t *testing.T) {
	truth := []float64{.6, .4, 0, 0, 0, 0, 0, 0, 0}
	s := simulate(1500, 3, 2, truth, 3, .11, 11)
	equal := slices.Repeat([]float64{1. / 9}, 9)
	s.Weights = equal
	r := mustRun(t, s, Options{Replicates: 40})
	if !r.Refit.OK || sum(r.Decision.PerCent) != 100 {
		t.Fatal(r.Refit.Why, r.Decision.PerCent)
	}
	zeros, total := 0, 0.0
	for _, p := range r.Refit.Pillars {
		total += p.Free.Value
		if p.AtZero {
			zeros++
			if !(p.Coefficient.Value < 0) {
				t.Errorf("%s is at zero with a protective coefficient %v", p.Name, p.Coefficient.Value)
			}
		}
	}
	if math.Abs(total-1) > 1e-12 || zeros == 0 || r.Refit.Pillars[0].Rank > 2 || r.Refit.Pillars[1].Rank > 2 {
		t.Errorf("sum %v, %d at zero, ranks %d and %d", total, zeros, r.Refit.Pillars[0].Rank, r.Refit.Pillars[1].Rank)
	}
	encode(t, r)
}

func sum(v []int) int {
	s := 0
	for _, x := range v {
		s += x
	}
	return s
}

func fill(v []float64, x float64) {
	for i := range v {
		v[i] = x
	}
}

func cut(s *Sample, n int) {
	for k := range s.X {
		s.X[k] = s.X[k][:n]
	}
	s.Y, s.Account, s.Period, s.Segment, s.ARR = s.Y[:n], s.Account[:n], s.Period[:n], s.Segment[:n], s.ARR[:n]
}
