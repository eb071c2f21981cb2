package calibrate

import (
	"flag"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"accounthealth/calibrate/assess"
)

// TestBoundedFitIsTheBestSupport compares the bounded Newton fit with what it
// replaces: all unconstrained fits over the supports whose slopes are positive,
// the likeliest one taken.
func TestBoundedFitIsTheBestSupport(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	bounded := 0
	for round := range 40 {
		k := 2 + rng.IntN(4)
		truth := make([]float64, k)
		truth[0], truth[1] = .7, .3
		s := simulate(120, 2, 2, truth, 2, .07, uint64(round))
		f := newFrame(s)
		d := newDesign(f, s.X, f.complete, ByPeriodAndSegment)
		ft, e := newFitter(d), newEstimate(k)
		ft.refit(d, nil, s.Weights, nil, exact, e)
		if e.status != converged {
			continue
		}
		best, loss := make([]float64, k), math.Inf(1)
		for support := 0; support < 1<<k; support++ {
			var columns [][]float64
			var at []int
			for j := range k {
				if support>>j&1 == 1 {
					columns, at = append(columns, s.X[j]), append(at, j)
				}
			}
			sub := newDesign(f, columns, f.complete, ByPeriodAndSegment)
			g := newFitter(sub)
			g.prepare(sub, nil)
			if status, _ := g.fit(sub, nil, unbounded, exact); status != converged || slices.ContainsFunc(g.b, func(b float64) bool { return b < 0 }) {
				continue
			}
			if g.loss < loss {
				loss = g.loss
				clear(best)
				for m, j := range at {
					best[j] = g.b[m] / sub.sd[m]
				}
			}
		}
		total := 0.0
		for _, b := range best {
			total += b
		}
		for j := range k {
			if e.free[j] == 0 {
				bounded++
			}
			if got := e.free[j] * e.slope; math.Abs(got-best[j]) > 1e-8 {
				t.Errorf("round %d, K=%d: slope %d is %v, by enumeration %v", round, k, j, got, best[j])
			}
		}
		if math.Abs(e.slope-total) > 1e-8 {
			t.Errorf("round %d: slope %v, by enumeration %v", round, e.slope, total)
		}
	}
	if bounded < 10 {
		t.Errorf("the bound was active %d times only", bounded)
	}
}

// TestMultiplicityIsRepetition: an account drawn m times is m accounts.
func TestMultiplicityIsRepetition(t *testing.T) {
	s := simulate(200, 3, 2, []float64{.5, .3, .2}, 2, .08, 5)
	f := newFrame(s)
	d := newDesign(f, s.X, f.complete, ByPeriodAndSegment)
	mult := make([]int32, len(f.ids))
	draw(mult, strata(f, d), 1, 0)
	ft, e := newFitter(d), newEstimate(3)
	ft.refit(d, mult, s.Weights, nil, exact, e)

	var rows []int
	r := *s
	r.Account = nil
	for i, a := range f.account {
		for copy := range mult[a] {
			rows = append(rows, i)
			r.Account = append(r.Account, a*100+copy)
		}
	}
	r.X = make([][]float64, 3)
	for k := range s.X {
		r.X[k] = pick(s.X[k], rows)
	}
	r.Y, r.Period, r.Segment, r.ARR = pick(s.Y, rows), pick(s.Period, rows), pick(s.Segment, rows), pick(s.ARR, rows)
	g := newFrame(&r)
	d2 := newDesign(g, r.X, g.complete, ByPeriodAndSegment)
	e2 := newEstimate(3)
	newFitter(d2).refit(d2, nil, r.Weights, nil, exact, e2)
	for k := range 3 {
		if math.Abs(e.shrunk[k]-e2.shrunk[k]) > 1e-9 || math.Abs(e.beta[k]-e2.beta[k]) > 1e-9 {
			t.Errorf("%v, repeated %v", e.shrunk, e2.shrunk)
		}
	}
	if math.Abs(e.wald/e2.wald-1) > 1e-9 || e.clusters != e2.clusters {
		t.Errorf("wald %v of %v clusters, repeated %v of %v", e.wald, e.clusters, e2.wald, e2.clusters)
	}
}

func TestPerCent(t *testing.T) {
	cases := []struct {
		w    []float64
		want []int
	}{
		{[]float64{.3, .2, .25, .25}, []int{30, 20, 25, 25}},
		{[]float64{1. / 3, 1. / 3, 1. / 3}, []int{34, 33, 33}},
		{[]float64{.1 + .2, .7}, []int{30, 70}}, // 0.30000000000000004
		{[]float64{.125, .375, .5}, []int{12, 38, 50}},
		{[]float64{0, 0, 1}, []int{0, 0, 100}},
		{slices.Repeat([]float64{1. / 7}, 7), []int{15, 15, 14, 14, 14, 14, 14}},
	}
	for _, c := range cases {
		if got := perCent(c.w); !slices.Equal(got, c.want) {
			t.Errorf("perCent(%v) = %v, want %v", c.w, got, c.want)
		}
	}
	w0, w := []float64{.3, .2, .25, .25}, []float64{.5, .1, .2, .2}
	got, capped := capChange(w0, w, .1)
	for i, want := range []float64{.4, .15, .225, .225} {
		if math.Abs(got[i]-want) > 1e-12 || !capped {
			t.Errorf("capped change %v, want the whole vector halved", got)
		}
	}
}

// TestShrinkageFactor checks the literal cases of edge_cases.json.
func TestShrinkageFactor(t *testing.T) {
	var want struct {
		Shrinkage []struct{ Wald, C float64 }
	}
	readJSON(t, "edge_cases.json", &want)
	for _, c := range want.Shrinkage {
		if got := shrinkage(c.Wald, 4); math.Abs(got-c.C) > 1e-14 {
			t.Errorf("shrinkage(%v) = %v, want %v", c.Wald, got, c.C)
		}
	}
}

// TestRandomWeightsStayOnTheSimplex: whatever the data, shrunk and finished
// weights are weights.
func TestRandomWeightsStayOnTheSimplex(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	for round := range 30 {
		k := 2 + rng.IntN(7)
		truth := make([]float64, k)
		for j := range truth {
			truth[j] = rng.Float64() / float64(k)
		}
		s := simulate(60+rng.IntN(100), 1+rng.IntN(3), 1+rng.IntN(3), truth, rng.Float64()*3, .05+.1*rng.Float64(), uint64(round))
		total := 0.0
		for j := range s.Weights {
			s.Weights[j] = rng.Float64()
			total += s.Weights[j]
		}
		for j := range s.Weights {
			s.Weights[j] /= total
		}
		r := mustRun(t, s, Options{Replicates: -1, Seed: uint64(round)})
		var shrunk, free float64
		for _, p := range r.Refit.Pillars {
			if p.Shrunk.Value < 0 || p.Free.Value < 0 {
				t.Errorf("round %d: %+v", round, p)
			}
			shrunk += p.Shrunk.Value
			free += p.Free.Value
		}
		if r.Refit.OK && (math.Abs(shrunk-1) > 1e-9 || math.Abs(free-1) > 1e-9) {
			t.Errorf("round %d: free %v, shrunk %v", round, free, shrunk)
		}
		if sum(r.Decision.PerCent) != 100 {
			t.Errorf("round %d: %v", round, r.Decision.PerCent)
		}
		encode(t, r)
	}
}

// coverageSamples asks for the two simulations that are too long for every run.
var coverageSamples = flag.Int("coverage-samples", 0, "simulated samples to measure the coverage of intervals on")

// TestCoverage measures how often 95% intervals cover the truth, over simulated
// panels of 700 accounts and four dates. It is skipped unless asked for:
//
//	go test ./calibrate -run Coverage -v -coverage-samples 400
func TestCoverage(t *testing.T) {
	if *coverageSamples == 0 {
		t.Skip("no -coverage-samples")
	}
	truth, slope := []float64{.45, .10, .15, .30}, .09
	hits := map[string]int{}
	n, events := 0, 0
	for seed := range *coverageSamples {
		s := simulate(700, 4, 2, truth, 1.9, slope, uint64(1000+seed))
		f := newFrame(s)
		sub := newSubject(f, f.complete, s.Weights, ByPeriodAndSegment)
		o := Options{Replicates: 300, Seed: uint64(seed)}.withDefaults()
		r, _, err := sub.refit(t.Context(), o, f.churnedAccounts(f.complete), o.Replicates)
		if err != nil || !r.OK {
			continue
		}
		n++
		events += f.churnedAccounts(f.complete)
		for k, p := range r.Pillars {
			if covers(p.Coefficient, truth[k]*slope) {
				hits["unconstrained coefficient"]++
			}
			if covers(p.Shrunk, truth[k]) {
				hits["shrunk weight"]++
				if k == 0 {
					hits["shrunk weight of the pillar furthest from its centre"] += 4
				}
			}
		}
	}
	for _, what := range []string{"unconstrained coefficient", "shrunk weight", "shrunk weight of the pillar furthest from its centre"} {
		t.Logf("%s: %.1f%% of %d samples, %d events on average", what, 100*float64(hits[what])/float64(4*n), n, events/n)
	}
	if share := float64(hits["unconstrained coefficient"]) / float64(4*n); share < .92 || share > .98 {
		t.Errorf("intervals of unconstrained coefficients cover %.3f", share)
	}
}

func covers(e assess.Estimate, truth float64) bool { return e.Lo <= truth && truth <= e.Hi }

// TestDecisionRates measures how often new weights are proposed when the current
// ones are the truth, and when they are equal weights instead. Asked for like
// TestCoverage.
func TestDecisionRates(t *testing.T) {
	if *coverageSamples == 0 {
		t.Skip("no -coverage-samples")
	}
	truth := []float64{.45, .10, .15, .30}
	wrong, right, events := 0, 0, 0
	for seed := range *coverageSamples {
		s := simulate(700, 4, 2, truth, 2.7, .09, uint64(5000+seed))
		o := Options{Replicates: -1, Seed: uint64(seed)}
		r := mustRun(t, s, o)
		events += r.Sample.ChurnedAccounts
		if r.Decision.Verdict == Propose {
			right++
		}
		s.Weights = truth
		if mustRun(t, s, o).Decision.Verdict == Propose {
			wrong++
		}
	}
	n := *coverageSamples
	t.Logf("new weights proposed: %d of %d samples from equal weights, %d of %d from the true weights; %d events on average", right, n, wrong, n, events/n)
	if 20*wrong > n {
		t.Errorf("the true weights were replaced in %d of %d samples", wrong, n)
	}
}
