package score_test

import (
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"pgregory.net/rapid"

	"accounthealth/internal/diag"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

func pillar(row, p int, v float64) overrides.Value {
	return overrides.Value{Row: int32(row), Pillar: p, Signal: overrides.None, Value: v}
}

// The numbers are worked by hand from those of TestWorkedAccounts: product 87.5,
// support 91.67, financial 92.857, relationship 100 for TechCorp; 29.17, 8.33,
// 28.571, 0 for RetailMax.
func TestManualPillars(t *testing.T) {
	p := scoretest.DefaultPlan()
	const support, relationship = 1, 3
	r := scored(t, p, score.Rows{Manual: []overrides.Value{pillar(0, support, 55), pillar(1, relationship, 60)}},
		scoretest.TechCorp(p), scoretest.RetailMax(p), scoretest.TechCorp(p))

	// 0.3*87.5 + 0.2*55 + 0.25*92.857 + 0.25*100
	near(t, "composite", r.Composite[0], 85.4643, 5e-5)
	// Of the two missing trends only usage's still matters: 55 product points, -15
	// to +15 more, over -50..70.
	near(t, "low", r.Low[0], 0.3*75+59.2143, 5e-5)
	near(t, "high", r.High[0], 0.3*100+59.2143, 5e-5)
	// Product: 90 of 120 points are known; everything else is.
	near(t, "coverage", r.Coverage[0], 0.3*0.75+0.7, 1e-12)
	near(t, "support", r.Pillars[support][0], 55, 0)
	near(t, "level coverage", r.PillarCoverage[support][0], 1, 0)
	sum, ok := r.ByHand(support, 0)
	if near(t, "by hand", sum, 0.2*55, 1e-9); !ok {
		t.Error("the pillar set by hand is not told")
	}
	for sig := range p.Signals {
		sum += r.Contribution[sig][0]
		if p.Signals[sig].Pillar == support && (r.Contribution[sig][0] != 0 || r.Cost[sig][0] != 0) {
			t.Errorf("%s adds %v and costs %v in a pillar set by hand", p.Signals[sig].Name, r.Contribution[sig][0], r.Cost[sig][0])
		}
	}
	near(t, "contributions and the manual pillar", sum, r.Composite[0], 1e-9)
	if r.Rung[scoretest.CSAT][0] != 0 || r.Points(scoretest.CSAT, 0) != 30 {
		t.Error("what was measured is gone")
	}

	// 0.3*29.1667 + 0.2*8.3333 + 0.25*28.5714 + 0.25*60
	near(t, "composite", r.Composite[1], 32.5595, 5e-5)
	if r.Tenths[1] != 326 || r.Band(1).Name != "Critical" {
		t.Errorf("score %d, %s", r.Tenths[1], r.Band(1).Name)
	}
	if r.Tenths[2] != 928 || len(r.ManualOf(2)) != 0 {
		t.Errorf("an account without manual values scores %d", r.Tenths[2])
	}
	if !r.PillarByHand(support, 0) || r.PillarByHand(support, 1) || r.PillarByHand(relationship, 0) || len(r.ManualOf(1)) != 1 {
		t.Error("the manual pillars are told wrongly")
	}
}

// RetailMax with an engaged champion and an NPS of 9 by hand: relationship
// 0+25+25-15 = 35 over -65..100 is 60.606; 8.75 + 1.6667 + 7.1429 + 15.1515.
func TestManualSignals(t *testing.T) {
	p := scoretest.DefaultPlan()
	snap := scoretest.Snapshot(p, asOf, [][]scoretest.Cell{scoretest.RetailMax(p)})
	values := []overrides.Value{
		{Pillar: overrides.None, Signal: scoretest.Champion, Value: scoretest.Word(p, scoretest.Champion, "engaged").Value},
		{Pillar: overrides.None, Signal: scoretest.NPS, Value: 9},
	}
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Score(signal.Override(memory.NewGoAllocator(), snap, values), score.Rows{Manual: values})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "composite", r.Composite[0], 32.7110, 5e-5)
	near(t, "relationship", r.Pillars[3][0], 60.6061, 5e-5)
}

// drawManual draws pillars set by hand, sorted by row.
func drawManual(t *rapid.T, p *plan.Plan, rows int) (out []overrides.Value) {
	for row := range rows {
		for j := range p.Pillars {
			if rapid.IntRange(0, 2).Draw(t, "by hand") == 0 {
				out = append(out, pillar(row, j, float64(rapid.IntRange(0, 100).Draw(t, "score"))))
			}
		}
	}
	return out
}

// instead returns a plan and cells in which the pillars set by hand have, in the
// place of their signals, one level that is known and gives exactly the score.
func instead(p *plan.Plan, cells []scoretest.Cell, manual []overrides.Value) (*plan.Plan, []scoretest.Cell) {
	q := *p
	q.Pillars, q.Signals, q.Rules = slices.Clone(p.Pillars), slices.Clone(p.Signals), slices.Clone(p.Rules)
	cells = slices.Clone(cells)
	for i := range q.Rules {
		q.Rules[i].Ladders = slices.Clone(q.Rules[i].Ladders)
		q.Rules[i].NotApplicable = slices.Clone(q.Rules[i].NotApplicable)
	}
	for _, v := range manual {
		sig := q.Pillars[v.Pillar].Signals[0]
		q.Pillars[v.Pillar].Signals = []int{sig}
		q.Signals[sig].Kind, q.Signals[sig].Words = plan.Level, []string{"worst", "set", "best"}
		cells[sig] = scoretest.Cell{Value: 1}
		for i := range q.Rules {
			q.Rules[i].NotApplicable[sig] = false
			q.Rules[i].Ladders[sig] = []plan.Rung{{Words: []int{0}}, {Words: []int{1}, Points: v.Value}, {Words: []int{2}, Points: 100}}
		}
	}
	return &q, cells
}

// TestManualReference: a pillar set by hand is worth what a pillar with one known
// signal of that score is, and accounts without one keep their numbers bit for
// bit.
func TestManualReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if !measurable(p) {
			t.Skip("one measured pillar")
		}
		collected := drawCollected(t, p)
		var cells [][]scoretest.Cell
		var rows score.Rows
		for range rapid.IntRange(1, 5).Draw(t, "accounts") {
			cells = append(cells, drawCells(t, p, collected))
			rows.Rules = append(rows.Rules, uint8(rapid.IntRange(0, 1).Draw(t, "rules")))
			rows.Hold = append(rows.Hold, rapid.IntRange(0, 4).Draw(t, "hold") == 0)
		}
		s, err := score.New(p)
		if err != nil {
			t.Fatal(err)
		}
		snap := snapshot(p, collected, cells...)
		plain, err := s.Score(snap, rows)
		if err != nil {
			t.Fatal(err)
		}
		rows.Manual = drawManual(t, p, len(cells))
		got, err := s.Score(snap, rows)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cells {
			manual := got.ManualOf(i)
			if len(manual) == 0 {
				if math.Float64bits(got.Composite[i]) != math.Float64bits(plain.Composite[i]) || got.Status[i] != plain.Status[i] || got.Coverage[i] != plain.Coverage[i] {
					t.Fatalf("account %d has no manual value and moved from %v to %v", i, plain.Composite[i], got.Composite[i])
				}
				continue
			}
			q, cell := instead(p, cells[i], manual)
			want := refer(q, &q.Rules[rows.Rules[i]], cell, rows.Hold[i])
			if math.Abs(math.Round(want.coverage*1e9)/1e9-p.Missing.ScoredFrom) < 2e-9 {
				continue // the two sums may round to different sides
			}
			for _, c := range []struct {
				what      string
				got, want float64
			}{{"composite", got.Composite[i], want.composite}, {"low", got.Low[i], want.low}, {"high", got.High[i], want.high}, {"coverage", got.Coverage[i], want.coverage}} {
				if math.IsNaN(c.got) != math.IsNaN(c.want) || math.Abs(c.got-c.want) > 1e-9 {
					t.Fatalf("account %d: %s = %v, want %v", i, c.what, c.got, c.want)
				}
			}
			sum := 0.0
			for j := range p.Pillars {
				if got.PillarByHand(j, i) && got.Tenths[i] >= 0 {
					sum += got.Weights[j][i] * got.Pillars[j][i]
				}
			}
			for sig := range p.Signals {
				sum += got.Contribution[sig][i]
				if got.PillarByHand(p.Signals[sig].Pillar, i) && got.Cost[sig][i] != 0 {
					t.Fatalf("account %d: signal %d costs %v in a pillar set by hand", i, sig, got.Cost[sig][i])
				}
			}
			if got.Tenths[i] >= 0 && math.Abs(sum-got.Composite[i]) > 1e-9 {
				t.Fatalf("account %d: contributions sum to %v, composite %v", i, sum, got.Composite[i])
			}
		}

		// What-if answers start from the same score, and leave such pillars alone.
		w, err := s.WhatIf(snap, rows.Rules, rows.Manual...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cells {
			if w.Load(i); math.Float64bits(w.Composite()) != math.Float64bits(got.Composite[i]) {
				t.Fatalf("account %d: what if %v, scored %v", i, w.Composite(), got.Composite[i])
			}
			pull := 0.0
			for j := range p.Pillars {
				pull += w.Pull(j, got.Composite[i])
				if !got.PillarByHand(j, i) {
					continue
				}
				for _, sig := range p.Pillars[j].Signals {
					before := w.Composite()
					if tried := w.Try(sig, w.Best(sig)); w.Open(sig) || math.Float64bits(tried) != math.Float64bits(before) {
						t.Fatalf("account %d: signal %d is open in a pillar set by hand", i, sig)
					}
				}
			}
			if got.Tenths[i] >= 0 && math.Abs(pull) > 1e-9 {
				t.Fatalf("account %d: pulls at the composite sum to %v", i, pull)
			}
		}
	})
}

func TestManualRefusals(t *testing.T) {
	p := scoretest.DefaultPlan()
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	snap := scoretest.Snapshot(p, asOf, [][]scoretest.Cell{scoretest.TechCorp(p), scoretest.RetailMax(p)})
	for _, manual := range [][]overrides.Value{
		{pillar(2, 0, 50)},
		{pillar(-1, 0, 50)},
		{pillar(0, 4, 50)},
		{pillar(0, -1, 50)},
		{pillar(0, 0, 101)},
		{pillar(0, 0, math.NaN())},
		{pillar(1, 0, 50), pillar(0, 0, 50)},
	} {
		if _, err := s.Score(snap, score.Rows{Manual: manual}); err == nil || diag.ClassOf(err) != diag.Internal {
			t.Errorf("%+v: error %v", manual, err)
		}
	}
}
