package calibrate

import (
	"math"
	"slices"
	"strings"
	"testing"

	"accounthealth/calibrate/assess"
)

// twoKinds is a sample of two kinds of rows: the second churns three times as often
// at the same score, and, being what sound accounts sign, scores higher.
func twoKinds() *Sample {
	s := simulate(1500, 4, 2, []float64{.3, .2, .25, .25}, 2.4, .09, 3)
	s.Kinds = []string{"quarter", "decision"}
	s.Kind = make([]int32, len(s.Y))
	for i := range s.Y {
		if s.X[2][i] > 55 { // the third pillar chooses the contract
			s.Kind[i] = 1
			s.Y[i] = s.Y[i] || (i*7919)%100 < 25
		}
	}
	return s
}

// Kinds have intercepts of their own within each segment: the refit is that of a
// sample whose segments are split by kind. Ignoring them takes the pillar that
// chooses the kind for a contrary one.
func TestKindsHaveBaseRatesOfTheirOwn(t *testing.T) {
	s := twoKinds()
	o := Options{Replicates: -1}
	got := mustRun(t, s, o)
	split := *s
	split.Kind, split.Kinds, split.Segment, split.Segments = nil, nil, make([]int32, len(s.Y)), nil
	for _, name := range s.Segments {
		for _, kind := range s.Kinds {
			split.Segments = append(split.Segments, name+", "+kind)
		}
	}
	for i := range s.Y {
		split.Segment[i] = s.Segment[i]*2 + s.Kind[i]
	}
	want := mustRun(t, &split, o)
	blind := *s
	blind.Kind, blind.Kinds = nil, nil
	ignored := mustRun(t, &blind, o)
	for k, p := range got.Refit.Pillars {
		if d := p.Coefficient.Value - want.Refit.Pillars[k].Coefficient.Value; math.Abs(d) > 1e-9 {
			t.Errorf("%s: coefficient %g, split by segment %g", p.Name, p.Coefficient.Value, want.Refit.Pillars[k].Coefficient.Value)
		}
	}
	if a, b := got.Refit.Pillars[2].Coefficient, ignored.Refit.Pillars[2].Coefficient; !(a.Lo > 0) || !(b.Hi < 0) {
		t.Errorf("the pillar that chooses the kind: %+v with kinds, %+v without", a, b)
	}
}

// Rankings, rules and lifts compare rows of one kind, and no probability is
// claimed.
func TestKindsAreComparedApart(t *testing.T) {
	s := twoKinds()
	fired, other := make([]bool, len(s.Y)), make([]bool, len(s.Y))
	for i, k := range s.Kind {
		fired[i] = k == 1 != (i%10 == 0) // mostly what the kind says
		other[i] = !fired[i]
	}
	s.Rules = []Rule{{Name: "yearly", Signal: "term", Points: 30, Fired: fired}, {Name: "rolling", Signal: "term", Points: 0, Fired: other}}
	o := Options{Replicates: 30, Cuts: []float64{40, 60, 80}, Labels: []string{"a", "b", "c", "d"}, Then: s.X, Today: s.X}
	o.ThenScore = slices.Repeat([]float64{50}, len(s.Y))
	r := mustRun(t, s, o)
	composite := r.Evidence[0].Measures[len(s.Pillars)]
	want := assess.StratifiedAUC(newFrame(s).score, s.Y, assess.Strata{Stratum: s.Kind})
	if composite.AUC.Value != want.Value || !composite.AUC.Interval {
		t.Errorf("AUC %+v, over pairs of one kind %g", composite.AUC, want.Value)
	}
	scopes := 0
	for _, e := range r.Evidence {
		if e.Scope == "kind" {
			scopes++
		}
	}
	if scopes != 2 {
		t.Errorf("evidence of %d kinds", scopes)
	}
	for _, e := range r.Rules {
		// Over all rows the yearly ones churn far more often; within a kind they do not.
		if e.Verdict == RuleContrary || !(e.Fired.Rate.Value > 1.5*e.NotFired.Rate.Value) && e.Name == "yearly" {
			t.Errorf("rule %s: %s, %s", e.Name, e.Verdict, e.Words)
		}
	}
	if r.Claim.Level == Probabilities || !slices.ContainsFunc(r.Claim.Checks, func(c Check) bool { return c.Name == "kinds of rows" && !c.Passed }) {
		t.Errorf("claim %+v", r.Claim)
	}
	if r.Claim.Alerts.Count != len(s.Y) || !strings.Contains(r.Claim.Counts, "100% of all scores on those dates were") {
		t.Errorf("flagged of the portfolio: %+v, %q", r.Claim.Alerts, r.Claim.Counts)
	}
	// A cut-off is where all rows, each with its kind's intercept, would have the rate.
	m := mustCurve(t, newFrame(s))
	for _, c := range r.Calibration.Cuts {
		var rate float64
		for k, a := range m.a {
			rate += m.share[k] / (1 + math.Exp(-a-m.slope*c.Suggested.Value))
		}
		if want := c.Multiple * r.Calibration.Base.Value; c.Suggested.OK && math.Abs(rate-want) > 1e-9 {
			t.Errorf("at %g the rate is %g, not %g", c.Suggested.Value, rate, want)
		}
	}
}

func mustCurve(t *testing.T, f *frame) riskCurve {
	t.Helper()
	d := newDesign(f, [][]float64{f.score}, f.complete, byKind)
	m, _, status := newFitter(d).riskCurve(d, nil, nil, exact)
	if status != converged || len(m.a) != 2 {
		t.Fatalf("%v %+v", status, m)
	}
	return m
}

// Three rows of ten churn where flagged, in two kinds whose rates are .4 and .1.
func TestLiftOfKind(t *testing.T) {
	kind := []int32{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	churned := make([]bool, 15)
	churned[0], churned[1], churned[5] = true, true, true
	// Flagged: rows 0, 1, 2 and 5: three churned, 3 x .4 + 1 x .1 were to be expected.
	got := liftOfKind(kind, churned, func(i int) bool { return i < 3 || i == 5 })
	if !got.OK || math.Abs(got.Value-3/1.3) > 1e-12 {
		t.Errorf("%+v, want %g", got, 3/1.3)
	}
	if got := liftOfKind(kind, churned, func(int) bool { return false }); got.OK {
		t.Errorf("nothing flagged: %+v", got)
	}
}

// The drift gate compares today with the portfolio that the sample was taken from.
func TestDriftAgainstThePortfolio(t *testing.T) {
	s := twoKinds()
	today := [][]float64{}
	for range s.Pillars {
		today = append(today, slices.Repeat([]float64{10, 30, 50, 70, 90}, 200))
	}
	r := mustRun(t, s, Options{Replicates: -1, Today: today, Then: today})
	for _, c := range r.Decision.Gates[4].Checks {
		if c.Value.Value != 0 || !c.Passed {
			t.Errorf("%s: %+v", c.Name, c)
		}
	}
	if r := mustRun(t, s, Options{Replicates: -1, Today: today}); r.Decision.Gates[4].Passed {
		t.Error("today is unlike the sample, and nothing says so")
	}
}

// A simulation compares both ways within kinds: its areas are those of each kind's
// pairs, and their difference has the interval of clustered accounts.
func TestSimulateWithinKinds(t *testing.T) {
	s := twoKinds()
	sim := SimulateSample{
		Y: s.Y, Account: s.Account, Kind: s.Kind, Kinds: s.Kinds, ARR: s.ARR, Labels: []string{"low", "high"}, Flagged: 1,
		Current: Variant{Cuts: []float64{60}, Score: newFrame(s).score}, Other: Variant{Cuts: []float64{50}, Score: s.X[0]},
	}
	sim.Current.Status, sim.Other.Status = statusOf(sim.Current.Score, sim.Current.Cuts), statusOf(sim.Other.Score, sim.Other.Cuts)
	r, err := Simulate(t.Context(), sim, Options{Replicates: 30})
	if err != nil {
		t.Fatal(err)
	}
	within := func(score []float64) assess.Estimate {
		return assess.StratifiedAUC(score, s.Y, assess.Strata{Stratum: s.Kind, Cluster: s.Account})
	}
	a, b := within(sim.Current.Score), within(sim.Other.Score)
	for _, c := range [][2]assess.Estimate{{r.Current.AUC, a}, {r.Other.AUC, b}} {
		if math.Abs(c[0].Value-c[1].Value) > 1e-12 || math.Abs(c[0].SE-c[1].SE) > 1e-12 {
			t.Errorf("%+v, within kinds %+v", c[0], c[1])
		}
	}
	if d := r.AUC; math.Abs(d.Value-(b.Value-a.Value)) > 1e-12 || !(d.SE > 0 && d.SE < a.SE+b.SE) || !(d.SE > math.Abs(a.SE-b.SE)) {
		t.Errorf("difference %+v of %+v and %+v", d, b, a)
	}
	if r.Current.Flagged.Lift == assess.FlagRows(flags(sim.Current.Status), s.Y, nil, nil).Lift {
		t.Error("the lift is over rows of all kinds")
	}
}

func flags(status []int32) []bool {
	out := make([]bool, len(status))
	for i, s := range status {
		out[i] = s == 0
	}
	return out
}
