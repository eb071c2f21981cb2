package score_test

import (
	"math"
	"reflect"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// drawAccount draws a plan and one account that is scored under the base rules.
func drawAccount(t *rapid.T) (*score.Scorer, *plan.Plan, []scoretest.Cell, *score.Result) {
	p := drawPlan(t)
	if !measurable(p) {
		t.Skip("one measured pillar")
	}
	collected := drawCollected(t, p)
	cells := drawCells(t, p, collected)
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Score(snapshot(p, collected, cells), score.Rows{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Tenths[0] < 0 {
		t.Skip("not scored")
	}
	return s, p, cells, r
}

// snapshot keeps a signal collected even where every account lacks it.
func snapshot(p *plan.Plan, collected []bool, cells ...[]scoretest.Cell) *signal.Snapshot {
	snap := scoretest.Snapshot(p, asOf, cells)
	if collected != nil {
		copy(snap.Collected, collected)
	}
	return snap
}

func isMissing(p *plan.Plan, sig int, c scoretest.Cell) bool {
	switch c.State {
	case signal.Known:
		_, ok := lookUp(p, &p.Rules[0], sig, c)
		return !ok
	case signal.NotApplicable, signal.NotCollected:
		return false
	}
	return true
}

// TestBounds: scores, shares and weights stay in range, and contributions sum to
// the composite.
func TestBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, p, _, r := drawAccount(t)
		within := func(what string, x, hi float64) {
			if !(x >= -1e-9 && x <= hi+1e-9) {
				t.Fatalf("%s = %v", what, x)
			}
		}
		within("composite", r.Composite[0], 100)
		within("coverage", r.Coverage[0], 1)
		within("low", r.Low[0], r.Composite[0])
		within("composite", r.Composite[0], r.High[0])
		within("high", r.High[0], 100)
		weights, sum := 0.0, 0.0
		for j := range p.Pillars {
			weights += r.Weights[j][0]
			if !math.IsNaN(r.Pillars[j][0]) {
				within("pillar", r.Pillars[j][0], 100)
			}
		}
		for sig := range p.Signals {
			sum += r.Contribution[sig][0]
			within("cost", r.Cost[sig][0], 100)
		}
		if math.Abs(weights-1) > 1e-12 || math.Abs(sum-r.Composite[0]) > 1e-9 {
			t.Fatalf("weights sum to %v, contributions to %v, composite %v", weights, sum, r.Composite[0])
		}
	})
}

// TestInterval: every completion lies in the interval, and its ends are reached,
// by a completion or by today's composite.
func TestInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, p, cells, r := drawAccount(t)
		completions := [][]scoretest.Cell{cells}
		for sig := range cells {
			if !isMissing(p, sig, cells[sig]) {
				continue
			}
			var next [][]scoretest.Cell
			for _, c := range completions {
				for k := range p.Rules[0].Ladders[sig] {
					d := append([]scoretest.Cell(nil), c...)
					d[sig] = on(&p.Rules[0].Ladders[sig][k])
					next = append(next, d)
				}
			}
			if completions = next; len(completions) > 5000 {
				t.Skip("too many completions")
			}
		}
		all, err := s.Score(snapshot(p, nil, completions...), score.Rows{})
		if err != nil {
			t.Fatal(err)
		}
		low, high := r.Composite[0], r.Composite[0]
		for i := range completions {
			low, high = min(low, all.Composite[i]), max(high, all.Composite[i])
		}
		if math.Abs(low-r.Low[0]) > 1e-9 || math.Abs(high-r.High[0]) > 1e-9 {
			t.Fatalf("completions span %v..%v around %v, the interval is %v..%v", low, high, r.Composite[0], r.Low[0], r.High[0])
		}
	})
}

// TestCompositeOutsideCompletions holds the case for which the interval includes
// today's composite. Product is fully known at its worst. Support knows 10 of 100
// level points, at their worst, and a modifier of span 100 at its best, so it
// scores 100/110 at a weight of 0.5*0.1; completed, at least 100/200 at 0.5.
// Today 0.05/0.55 * 90.909 = 8.2645; completions run from 25.
func TestCompositeOutsideCompletions(t *testing.T) {
	words := func(points ...float64) (out []plan.Rung) {
		for i, x := range points {
			out = append(out, plan.Rung{Words: []int{i}, Points: x})
		}
		return out
	}
	sig := func(name string, pillar int, k plan.Kind) plan.Signal {
		return plan.Signal{Name: name, Pillar: pillar, Kind: k, Words: []string{"best", "worst"}}
	}
	p := &plan.Plan{
		Signals: []plan.Signal{sig("use", 0, plan.Level), sig("small", 1, plan.Level), sig("large", 1, plan.Level), sig("mood", 1, plan.Modifier)},
		Pillars: []plan.Pillar{{Name: "product", Signals: []int{0}}, {Name: "support", Signals: []int{1, 2, 3}}},
		Rules: []plan.Rules{{
			Weights: []float64{0.5, 0.5},
			Ladders: [][]plan.Rung{words(10, 0), words(10, 0), words(90, 0), words(100, 0)},
			Bands:   []plan.Band{{Name: "good", Min: 20, Expand: true}, {Name: "bad"}},
		}},
	}
	r := scored(t, p, score.Rows{}, []scoretest.Cell{scoretest.Num(1), scoretest.Num(1), scoretest.Absent(signal.Missing), scoretest.Num(0)})
	near(t, "composite", r.Composite[0], 100.0/110*100*0.05/0.55, 1e-9)
	near(t, "low", r.Low[0], r.Composite[0], 0)
	near(t, "high", r.High[0], 0.5*100*190/200, 1e-9)
	if r.DependsOnMissing[0] {
		t.Error("the status would only be better with the missing value at its worst")
	}
}

// TestMonotone: a known signal on a better row never lowers the composite, the
// interval or the status, and gains exactly the cost of its row when it is the
// best.
func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, p, cells, r := drawAccount(t)
		sig := rapid.IntRange(0, len(cells)-1).Draw(t, "signal")
		if r.Rung[sig][0] < 0 {
			t.Skip("not known")
		}
		ladder := p.Rules[0].Ladders[sig]
		to := rapid.IntRange(0, len(ladder)-1).Draw(t, "rung")
		if ladder[to].Points < r.Points(sig, 0) {
			t.Skip("a worse row")
		}
		collected := make([]bool, len(cells))
		for i := range cells {
			collected[i] = cells[i].State != signal.NotCollected
		}
		better := append([]scoretest.Cell(nil), cells...)
		better[sig] = on(&ladder[to])
		b, err := s.Score(snapshot(p, collected, better), score.Rows{})
		if err != nil {
			t.Fatal(err)
		}
		if b.Composite[0] < r.Composite[0]-1e-9 || b.Low[0] < r.Low[0]-1e-9 || b.High[0] < r.High[0]-1e-9 ||
			b.Tenths[0] < r.Tenths[0] || b.Status[0] > r.Status[0] || b.Coverage[0] != r.Coverage[0] {
			t.Fatalf("better %v..%v..%v status %d, before %v..%v..%v status %d", b.Low[0], b.Composite[0], b.High[0], b.Status[0],
				r.Low[0], r.Composite[0], r.High[0], r.Status[0])
		}
		if _, high := bounds(ladder); ladder[to].Points == high && math.Abs(b.Composite[0]-r.Composite[0]-r.Cost[sig][0]) > 1e-9 {
			t.Fatalf("the best row gains %v, cost %v", b.Composite[0]-r.Composite[0], r.Cost[sig][0])
		}
	})
}

// TestWhatIf: an answer equals a rescoring bit for bit.
func TestWhatIf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, p, cells, r := drawAccount(t)
		collected := make([]bool, len(cells))
		for i := range cells {
			collected[i] = cells[i].State != signal.NotCollected
		}
		w, err := s.WhatIf(snapshot(p, collected, cells), nil)
		if err != nil {
			t.Fatal(err)
		}
		w.Load(0)
		if w.Composite() != r.Composite[0] {
			t.Fatalf("composite %v, scored %v", w.Composite(), r.Composite[0])
		}
		sig := rapid.IntRange(0, len(cells)-1).Draw(t, "signal")
		to := rapid.IntRange(0, len(p.Rules[0].Ladders[sig])-1).Draw(t, "rung")
		tried := w.Try(sig, to)
		if w.Composite() != r.Composite[0] {
			t.Fatal("Try changed the account")
		}
		w.Set(sig, to)
		changed := append([]scoretest.Cell(nil), cells...)
		if w.Open(sig) {
			changed[sig] = on(&p.Rules[0].Ladders[sig][to])
		}
		b, err := s.Score(snapshot(p, collected, changed), score.Rows{})
		if err != nil {
			t.Fatal(err)
		}
		if w.Composite() != b.Composite[0] || tried != b.Composite[0] {
			t.Fatalf("what if %v, tried %v, rescored %v", w.Composite(), tried, b.Composite[0])
		}
		// Composite >= target exactly when the pulls reach 0.
		for _, target := range []float64{b.Composite[0] - 1, b.Composite[0] + 1} {
			pull := 0.0
			for j := range p.Pillars {
				pull += w.Pull(j, target)
			}
			if (pull >= 0) != (b.Composite[0] >= target) {
				t.Fatalf("pulls %v at target %v, composite %v", pull, target, b.Composite[0])
			}
		}
	})
}

// TestOrder: neither the order of rows, nor how they fall into chunks, nor the
// number of processors changes a row's numbers.
func TestOrder(t *testing.T) {
	p := scoretest.DefaultPlan()
	many := scoretest.Accounts(p, 1700, 5)
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	run := func(procs int, cells [][]scoretest.Cell) *score.Result {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		r, err := s.Score(scoretest.Snapshot(p, asOf, cells), score.Rows{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one := run(1, many)
	reversed := make([][]scoretest.Cell, len(many))
	for i := range many {
		reversed[len(many)-1-i] = many[i]
	}
	four, back := run(4, many), run(3, reversed)
	row := func(r *score.Result, i int) []any {
		out := []any{
			math.Float64bits(r.Composite[i]), math.Float64bits(r.Low[i]), math.Float64bits(r.High[i]),
			math.Float64bits(r.Coverage[i]), r.Tenths[i], r.Status[i], r.Provisional[i], r.DependsOnMissing[i],
		}
		for sig := range p.Signals {
			out = append(out, r.Rung[sig][i], r.Points(sig, i), r.Contribution[sig][i], r.Cost[sig][i])
		}
		return out
	}
	for i := range many {
		if want := row(one, i); !reflect.DeepEqual(row(four, i), want) || !reflect.DeepEqual(row(back, len(many)-1-i), want) {
			t.Fatalf("row %d differs by order or number of processors", i)
		}
	}
}

func BenchmarkScore(b *testing.B) {
	p := scoretest.DefaultPlan()
	const n = 100_000
	snap := scoretest.Snapshot(p, asOf, scoretest.Accounts(p, n, 1))
	s, err := score.New(p)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Score(snap, score.Rows{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/account")
}
