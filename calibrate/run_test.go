package calibrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func mustRun(t testing.TB, s *Sample, o Options) *Result {
	t.Helper()
	r, err := Run(context.Background(), *s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func encode(t testing.TB, r *Result) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatalf("the result does not encode: %v", err)
	}
	return string(b)
}

// TestRunReference checks what Run reports of sim_quarterly against the
// reference panels (*.py.json, shrinkage.json, stratified.json).
func TestRunReference(t *testing.T) {
	s, _ := loadSample(t, "sim_quarterly")
	r := mustRun(t, s, Options{Seed: 1, Replicates: 100, Intercepts: Single, Cuts: []float64{40, 60, 80}, Labels: []string{"critical", "poor", "fair", "good"}})
	var py struct {
		AUC     map[string]struct{ AUC float64 }
		KS      struct{ Stat float64 }
		IV      map[string]json.RawMessage // and a definition in words
		AP      float64                    `json:"average_precision"`
		VIF     []float64
		Cluster struct {
			Obuchowski map[string]struct{ SE float64 }
		}
		Score  struct{ Coef []float64 }           `json:"logit_score"`
		Target map[string]struct{ Score float64 } `json:"threshold_by_target"`
		Bands  map[string]struct {
			N, Events  int
			Rate       float64
			Wilson     []float64 `json:"wilson95"`
			ARR        float64
			ARRChurned float64 `json:"arr_churned"`
		} `json:"bands_80_60_40"`
		Trend struct{ Z float64 } `json:"cochran_armitage"`
	}
	readJSON(t, "sim_quarterly.py.json", &py)
	var strat map[string]struct {
		Within map[string]float64 `json:"within_date_auc"`
		Dates  []struct {
			N, Events int
			AUC       float64
		} `json:"by_date"`
	}
	readJSON(t, "stratified.json", &strat)
	a := &agreement{t: t}
	for k, m := range r.Evidence[0].Measures {
		name := m.Name
		if m.Composite {
			name = "score"
		}
		a.relative(name+" AUC", m.AUC.Value, py.AUC[name].AUC, 1e-9)
		a.relative(name+" clustered se", m.AUC.SE, py.Cluster.Obuchowski[name].SE, 1e-9)
		a.relative(name+" within date", m.WithinDate.Value, strat["sim_quarterly"].Within[name], 1e-9)
		var iv struct {
			IV float64 `json:"iv_fixed10"`
		}
		if err := json.Unmarshal(py.IV[name], &iv); err != nil {
			t.Fatal(err)
		}
		a.relative(name+" IV", m.IV.Value, iv.IV, 1e-9)
		if k < 4 {
			a.relative(name+" VIF", r.Collinearity.VIF[k].Value, py.VIF[k], 1e-9)
		}
	}
	composite := r.Evidence[0].Measures[4]
	a.relative("KS", composite.KS.D, py.KS.Stat, 1e-9)
	a.relative("average precision", composite.PRAUC.Value, py.AP, 1e-9)
	dates := 0
	for _, e := range r.Evidence {
		if e.Scope != "period" {
			continue
		}
		want := strat["sim_quarterly"].Dates[dates]
		m := e.Measures[4]
		if m.Rows != want.N || m.ChurnedRows != want.Events {
			t.Errorf("%s: %d of %d churned", e.Name, m.ChurnedRows, m.Rows)
		}
		a.relative(e.Name+" AUC", m.AUC.Value, want.AUC, 1e-9)
		dates++
	}
	if dates != len(strat["sim_quarterly"].Dates) {
		t.Errorf("%d dates", dates)
	}
	a.relative("map intercept", r.Calibration.Intercept, py.Score.Coef[0], 1e-8)
	a.relative("map slope", r.Calibration.Slope, py.Score.Coef[1], 1e-8)
	for j, k := range []string{"2x_base", "1x_base", "0.5x_base"} {
		c := r.Calibration.Cuts[j]
		a.relative("cut "+k, c.Suggested.Value, py.Target[k].Score, 1e-8)
		if !c.Suggested.Interval || math.Abs(c.Proposed-c.Current) > 10 || c.Inside != (c.Suggested.Lo <= c.Current && c.Current <= c.Suggested.Hi) {
			t.Errorf("cut %s: %+v", k, c)
		}
	}
	for _, b := range r.Statuses.Rows {
		w := py.Bands[b.Label]
		if b.Rate.N != w.N || b.Rate.Churned != w.Events {
			t.Errorf("%s: %d of %d", b.Label, b.Rate.Churned, b.Rate.N)
		}
		a.relative(b.Label+" lo", b.Rate.Lo.Value, w.Wilson[0], 1e-9)
		a.relative(b.Label+" hi", b.Rate.Hi.Value, w.Wilson[1], 1e-9)
		a.relative(b.Label+" ARR", b.ARR, w.ARR, 1e-9)
		a.relative(b.Label+" ARR churned", b.ARRChurned, w.ARRChurned, 1e-9)
	}
	a.relative("trend", r.Statuses.Trend.Statistic, py.Trend.Z, 1e-9)
	a.relative("shrinkage", r.Refit.Shrinkage.Value, 0.36447100600138327, 1e-8) // shrinkage.json
	a.report("Run on sim_quarterly")
	if r.Decision.Verdict == Propose || r.Decision.Gates[1].Passed {
		t.Errorf("the direction test has p > 0.05 here, yet: %s", r.Decision.Words)
	}
	if len(r.Decision.Gates) != 5 || r.Power.Held != 93 || !r.Decision.LowEvidence {
		t.Errorf("%d gates, %d events, low evidence %v", len(r.Decision.Gates), r.Power.Held, r.Decision.LowEvidence)
	}
	encode(t, r)
}

// TestDecisions: a clear contradiction of the current weights is found, and the
// truth is kept.
func TestDecisions(t *testing.T) {
	truth := []float64{.60, .05, .05, .30}
	s := simulate(1600, 4, 2, truth, 3.4, .11, 3)
	o := Options{Seed: 9, Replicates: 100, Today: s.X}
	r := mustRun(t, s, o)
	d := r.Decision
	if d.Verdict != Propose {
		t.Fatalf("kept: %s", d.Words)
	}
	sum, largest := 0, 0.0
	for k, p := range d.PerCent {
		sum += p
		largest = max(largest, math.Abs(d.Change[k]))
		if d.Weights[k] != float64(p)/100 {
			t.Errorf("weight %v is not %d%%", d.Weights[k], p)
		}
	}
	if sum != 100 || largest > .10+.005 || !d.Capped {
		t.Errorf("per cent %v, largest change %v, capped %v", d.PerCent, largest, d.Capped)
	}
	if d.Weights[0] <= .25 || d.Weights[1] >= .25 || d.Weights[2] >= .25 {
		t.Errorf("moved the wrong way: %v", d.PerCent)
	}
	for k, p := range r.Refit.Pillars {
		if !p.Shrunk.Interval || !(p.Shrunk.Lo <= p.Shrunk.Value && p.Shrunk.Value <= p.Shrunk.Hi) {
			t.Errorf("%s: %+v", p.Name, p.Shrunk)
		}
		if math.Abs(p.Free.Value-truth[k]) > .12 {
			t.Errorf("%s: free weight %.3f, truth %.2f", p.Name, p.Free.Value, truth[k])
		}
	}
	for _, g := range d.Gates {
		if !g.Passed {
			t.Errorf("gate %d: %s", g.Number, g.Reason)
		}
	}

	// Each gate alone can stop it.
	shifted := slices.Clone(s.X)
	shifted[2] = make([]float64, len(s.Y))
	stops := []struct {
		gate   int
		change func(*Options)
	}{
		{1, func(o *Options) { o.Rules.MinEvents = 100000 }},
		{1, func(o *Options) { o.Rules.MinHeuristic = .99999 }},
		{2, func(o *Options) { o.Rules.MaxP = 1e-300 }},
		{3, func(o *Options) { o.Rules.MinAUCGain = .5 }},
		{4, func(o *Options) { o.Rules.MinChange = .9 }},
		{5, func(o *Options) { o.Today = shifted }},
	}
	for _, c := range stops {
		o := o
		o.Replicates = -1
		c.change(&o)
		d := mustRun(t, s, o).Decision
		if d.Verdict == Propose {
			t.Errorf("gate %d did not stop the refit", c.gate)
		}
		for _, g := range d.Gates {
			if g.Passed == (g.Number == c.gate) {
				t.Errorf("stopped by gate %d: gate %d passed = %v: %s", c.gate, g.Number, g.Passed, g.Reason)
			}
		}
		if !strings.Contains(d.Words, fmt.Sprintf("gate %d", c.gate)) || !slices.Equal(d.Weights, s.Weights) {
			t.Errorf("%s %v", d.Words, d.Weights)
		}
	}

	kept := *s
	kept.Weights = truth
	if d := mustRun(t, &kept, Options{Seed: 9, Replicates: -1, Today: s.X}).Decision; d.Verdict == Propose {
		t.Errorf("the true weights were not kept: %s", d.Words)
	}
}

// TestRecalibrate: right weights under a wrong probability map are recalibrated,
// under the right map they are kept.
func TestRecalibrate(t *testing.T) {
	w := []float64{.25, .25, .25, .25}
	s := simulate(2000, 3, 1, w, 2.4, .09, 4)
	right := mustRun(t, s, Options{Replicates: -1, Intercepts: Single})
	if !right.Calibration.OK {
		t.Fatal(right.Calibration.Why)
	}
	o := Options{Replicates: -1, Map: &ProbabilityMap{right.Calibration.Intercept, right.Calibration.Slope}}
	if r := mustRun(t, s, o); r.Decision.Verdict != Keep || r.Calibration.MapTest.P < .99 {
		t.Errorf("%s %+v", r.Decision.Words, r.Calibration.MapTest)
	}
	o.Map = &ProbabilityMap{right.Calibration.Intercept + 1, right.Calibration.Slope}
	r := mustRun(t, s, o)
	if r.Decision.Verdict != Recalibrate || !slices.Equal(r.Decision.Weights, s.Weights) {
		t.Errorf("%s", r.Decision.Words)
	}
	if got := r.Calibration.Line.InTheLarge.Value; math.Abs(got+1) > 1e-6 {
		t.Errorf("the map is 1 too high, found %v", got)
	}
}

// TestSegments: a segment with its own truth and enough events gets its own
// weights, the others inherit.
func TestSegments(t *testing.T) {
	a := simulate(1200, 3, 1, []float64{.25, .25, .25, .25}, 2.4, .09, 6)
	b := simulate(1200, 3, 1, []float64{.80, .10, .05, .05}, 2.4, .11, 7)
	c := simulate(40, 3, 1, []float64{.25, .25, .25, .25}, 2.4, .09, 8)
	s := *a
	s.Segments = []string{"A", "B", "C"}
	for g, x := range []*Sample{b, c} {
		for k := range s.X {
			s.X[k] = slices.Concat(s.X[k], x.X[k])
		}
		for i := range x.Y {
			s.Account = append(s.Account, x.Account[i]+int32(10000*(g+1)))
			s.Segment = append(s.Segment, int32(g+1))
		}
		s.Y, s.Period, s.ARR = slices.Concat(s.Y, x.Y), slices.Concat(s.Period, x.Period), slices.Concat(s.ARR, x.ARR)
	}
	r := mustRun(t, &s, Options{Replicates: -1, Rules: Rules{MinChange: .9}}) // the global weights stay
	if len(r.Segments) != 3 || r.Segments[0].Own || r.Segments[2].Own || r.Segments[2].Refit != nil {
		t.Errorf("%+v", r.Segments)
	}
	if r = mustRun(t, &s, Options{Replicates: 30}); !r.Segments[1].Own || r.Segments[1].Weights[0] <= r.Decision.Weights[0] {
		t.Errorf("segment B: %s", r.Segments[1].Reason)
	}
	if !r.Segments[1].PAdjusted.OK || !r.Segments[1].Refit.Pillars[0].Shrunk.Interval {
		t.Errorf("segment B: %+v", r.Segments[1])
	}
	encode(t, r)
}

// TestWorkersAndRowOrder: the result does not depend on parallelism, and the
// fitted part not on the order of rows.
func TestWorkersAndRowOrder(t *testing.T) {
	s := simulate(400, 4, 2, []float64{.5, .1, .1, .3}, 2.4, .09, 2)
	o := Options{Seed: 4, Replicates: 60, Workers: 1, Ridge: true, Cuts: []float64{40, 60, 80}, Labels: []string{"a", "b", "c", "d"}}
	one := mustRun(t, s, o)
	o.Workers = 7
	if encode(t, one) != encode(t, mustRun(t, s, o)) {
		t.Error("the number of workers changed the result")
	}
	p := permuteRows(s, 12)
	two := mustRun(t, p, o)
	for _, part := range [][2]any{{one.Refit, two.Refit}, {one.Decision, two.Decision}, {one.Segments, two.Segments}, {one.Influence, two.Influence}, {one.Calibration, two.Calibration}, {one.Probability, two.Probability}, {one.Ridge, two.Ridge}, {one.Claim, two.Claim}} {
		x, _ := json.Marshal(part[0])
		y, _ := json.Marshal(part[1])
		if string(x) != string(y) {
			t.Errorf("the order of rows changed the result:\n%s\n%s", x, y)
		}
	}
	o.Seed = 5
	if encode(t, one) == encode(t, mustRun(t, s, o)) {
		t.Error("the seed changes nothing")
	}
}

func permuteRows(s *Sample, seed uint64) *Sample {
	order := rand.New(rand.NewPCG(seed, 0)).Perm(len(s.Y))
	p := *s
	p.X = make([][]float64, len(s.X))
	for k := range s.X {
		p.X[k] = pick(s.X[k], order)
	}
	p.Y, p.Account, p.Period, p.Segment, p.ARR = pick(s.Y, order), pick(s.Account, order), pick(s.Period, order), pick(s.Segment, order), pick(s.ARR, order)
	return &p
}

func pick[T any](v []T, order []int) []T {
	out := make([]T, len(order))
	for j, i := range order {
		out[j] = v[i]
	}
	return out
}

// TestPillarOrder: naming the pillars in another order permutes the answer.
func TestPillarOrder(t *testing.T) {
	s := simulate(1500, 4, 2, []float64{.45, .1, .15, .3}, 2.4, .09, 2)
	o := Options{Replicates: 40, Rules: Rules{MinAUCGain: 1e-9, MaxP: .5, MinChange: .001}}
	r := mustRun(t, s, o)
	order := []int{2, 0, 3, 1}
	p := *s
	p.Pillars, p.X, p.Weights = pick(s.Pillars, order), pick(s.X, order), pick(s.Weights, order)
	q := mustRun(t, &p, o)
	if r.Decision.Verdict != q.Decision.Verdict {
		t.Errorf("%s / %s", r.Decision.Verdict, q.Decision.Verdict)
	}
	for j, k := range order {
		a, b := r.Refit.Pillars[k], q.Refit.Pillars[j]
		for _, d := range []float64{a.Coefficient.Value - b.Coefficient.Value, a.Free.Value - b.Free.Value, a.Shrunk.Value - b.Shrunk.Value, a.Shrunk.Lo - b.Shrunk.Lo, a.Coefficient.SE - b.Coefficient.SE} {
			if math.Abs(d) > 1e-7 {
				t.Errorf("%s: %+v became %+v", a.Name, a, b)
			}
		}
		if r.Decision.PerCent[k] != q.Decision.PerCent[j] {
			t.Errorf("%s: %d%% became %d%%", a.Name, r.Decision.PerCent[k], q.Decision.PerCent[j])
		}
	}
}

// TestHeldPillar: a constant pillar keeps its weight and the others share the
// rest.
func TestHeldPillar(t *testing.T) {
	s := simulate(1500, 3, 1, []float64{.6, .1, .1, .2}, 3, .1, 2)
	for i := range s.X[2] {
		s.X[2][i] = 70
	}
	r := mustRun(t, s, Options{Replicates: 30})
	p := r.Refit.Pillars[2]
	if !r.Refit.OK || !p.Held || p.Shrunk.Value != .25 || p.Coefficient.OK {
		t.Errorf("%+v", p)
	}
	var sum float64
	for _, p := range r.Refit.Pillars {
		sum += p.Shrunk.Value
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("shrunk weights sum to %v", sum)
	}
	if r.Refit.Direction.DF != 2 {
		t.Errorf("df = %v", r.Refit.Direction.DF)
	}
}

// TestMissingPillars: unmeasured pillars take their rows out of the fit only, and
// are compared with the rest.
func TestMissingPillars(t *testing.T) {
	s := simulate(800, 3, 1, []float64{.4, .2, .2, .2}, 2.4, .09, 2)
	whole := mustRun(t, s, Options{Replicates: -1})
	s.X[1] = slices.Clone(s.X[1])
	gone := 0
	for i := range s.Y {
		if s.Account[i]%10 == 0 {
			s.X[1][i] = math.NaN()
			gone++
		}
	}
	r := mustRun(t, s, Options{Replicates: 20})
	if r.Sample.Incomplete != gone || r.Sample.Fitted+r.Sample.Uninformative != len(s.Y)-gone || r.Missing[1].Missing.N != gone {
		t.Errorf("%d missing: %+v %+v", gone, r.Sample, r.Missing[1])
	}
	if a, b := r.Evidence[0].Measures[0], whole.Evidence[0].Measures[0]; a.Rows != b.Rows || a.AUC != b.AUC {
		t.Error("another pillar's gaps changed the first pillar's evidence")
	}
	if r.Evidence[0].Measures[1].Rows != len(s.Y)-gone {
		t.Error("gaps entered the evidence")
	}
	encode(t, r)
}

func TestValidate(t *testing.T) {
	s := simulate(10, 2, 1, []float64{.5, .5}, 0, .05, 1)
	s.Weights = []float64{.5, .6}
	s.X[0][1], s.X[1][0] = 101, math.Inf(1)
	s.Account = s.Account[1:]
	s.ARR[3] = math.NaN()
	s.Segment[0] = 5
	_, err := Run(context.Background(), *s, Options{Folds: 1, Cuts: []float64{60, 40}, Labels: []string{"x"}, Previous: []float64{1}})
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"Weights sum to 1.1", `X["a"] row 1`, `X["b"] row 0`, "Account has", "ARR row 3", "Segment row 0", "Folds is 1", "Labels has 1", "Cuts must ascend", "Previous has 1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := Run(ctx, *simulate(50, 2, 1, []float64{.5, .5}, 2, .05, 1), Options{}); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", r, err)
	}
}
