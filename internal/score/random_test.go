package score_test

import (
	"fmt"
	"math"

	"pgregory.net/rapid"

	"accounthealth/internal/plan"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// drawPlan draws a valid plan of two to four pillars with up to three signals
// each, two sets of rules and points in halves, so that sums of points are exact
// in any order.
func drawPlan(t *rapid.T) *plan.Plan {
	p := &plan.Plan{Name: "random", Missing: plan.Missing{
		ScoredFrom:  rapid.SampledFrom([]float64{0, 0.3, 0.6}).Draw(t, "scored from"),
		HealthyFrom: rapid.SampledFrom([]float64{0.5, 0.75, 1}).Draw(t, "healthy from"),
	}}
	if rapid.Bool().Draw(t, "clamp") {
		p.Scale = plan.Clamp
	}
	for pillar := range rapid.IntRange(2, 4).Draw(t, "pillars") {
		p.Pillars = append(p.Pillars, plan.Pillar{Name: fmt.Sprint("pillar", pillar)})
		for k := range rapid.IntRange(1, 3).Draw(t, "signals") {
			s := plan.Signal{Name: fmt.Sprint("s", len(p.Signals)), Pillar: pillar, Causable: rapid.Bool().Draw(t, "causable")}
			s.Factor = s.Name
			if k > 0 && rapid.Bool().Draw(t, "modifier") {
				s.Kind = plan.Modifier
			}
			if rapid.Bool().Draw(t, "word") {
				s.Words = []string{"a", "b", "c", "d"}[:rapid.IntRange(1, 4).Draw(t, "words")]
			} else {
				s.Domain = plan.Interval{Lo: 0, Hi: math.Inf(1), HiOpen: true}
			}
			p.Pillars[pillar].Signals = append(p.Pillars[pillar].Signals, len(p.Signals))
			p.Signals = append(p.Signals, s)
		}
	}
	for i := range 2 {
		r := plan.Rules{Name: []string{"", "other"}[i], Trend: plan.Trend{Improving: 10, Stable: 5}}
		sum := 0.0
		for range p.Pillars {
			w := float64(rapid.IntRange(1, 9).Draw(t, "weight"))
			r.Weights = append(r.Weights, w)
			sum += w
		}
		for j := range r.Weights {
			r.Weights[j] /= sum
		}
		for sig := range p.Signals {
			r.Ladders = append(r.Ladders, drawLadder(t, &p.Signals[sig]))
			r.NotApplicable = append(r.NotApplicable, i == 1 && rapid.IntRange(0, 5).Draw(t, "n/a") == 0)
		}
		r.Bands = []plan.Band{{Name: "good", Min: 70, Expand: true}, {Name: "fair", Min: 40}, {Name: "bad", AtRisk: true}}
		p.Rules = append(p.Rules, r)
	}
	return p
}

// drawLadder partitions a signal's domain into rows in drawn order.
func drawLadder(t *rapid.T, s *plan.Signal) []plan.Rung {
	var rows []plan.Rung
	if s.IsWord() {
		for w := range s.Words {
			if w > 0 && rapid.Bool().Draw(t, "same row") {
				rows[len(rows)-1].Words = append(rows[len(rows)-1].Words, w)
			} else {
				rows = append(rows, plan.Rung{Words: []int{w}})
			}
		}
	} else {
		at, open := 0.0, false
		for range rapid.IntRange(0, 3).Draw(t, "cuts") {
			next, nextOpen := plan.Round9(at+float64(rapid.IntRange(1, 7).Draw(t, "width"))/10), rapid.Bool().Draw(t, "open")
			rows = append(rows, plan.Rung{Range: plan.Interval{Lo: at, LoOpen: open, Hi: next, HiOpen: !nextOpen}})
			at, open = next, nextOpen
		}
		rows = append(rows, plan.Rung{Range: plan.Interval{Lo: at, LoOpen: open, Hi: math.Inf(1), HiOpen: true}})
	}
	for i := range rows {
		rows[i].Label = fmt.Sprint("row ", i)
		rows[i].Points = float64(rapid.IntRange(-80, 80).Draw(t, "points")) / 2
	}
	if s.Kind == plan.Modifier {
		rows[rapid.IntRange(0, len(rows)-1).Draw(t, "neutral")].Points = 0
	}
	return rapid.Permutation(rows).Draw(t, "order")
}

// drawCells draws one account, collected signals only.
func drawCells(t *rapid.T, p *plan.Plan, collected []bool) []scoretest.Cell {
	cells := make([]scoretest.Cell, len(p.Signals))
	for sig := range cells {
		switch k := rapid.IntRange(0, 13).Draw(t, "state"); {
		case !collected[sig]:
			cells[sig] = scoretest.Absent(signal.NotCollected)
		case k < 5:
			cells[sig] = scoretest.Absent([]signal.State{signal.Missing, signal.NotApplicable, signal.Stale, signal.Invalid, signal.NotDatable}[k])
		case p.Signals[sig].IsWord():
			cells[sig] = scoretest.Num(float64(rapid.IntRange(0, len(p.Signals[sig].Words)-1).Draw(t, "word")))
		default: // on, just beside and beyond boundaries
			x := float64(rapid.IntRange(0, 30).Draw(t, "value")) / 10
			x += rapid.SampledFrom([]float64{0, 0, 4e-10, -4e-10, 6e-10, -6e-10, 0.05}).Draw(t, "beside")
			cells[sig] = scoretest.Num(x)
		}
	}
	return cells
}

// drawCollected leaves signals out, but never a pillar's first, a level.
func drawCollected(t *rapid.T, p *plan.Plan) []bool {
	out := make([]bool, len(p.Signals))
	for i := range p.Pillars {
		for k, sig := range p.Pillars[i].Signals {
			out[sig] = k == 0 || rapid.IntRange(0, 4).Draw(t, "collected") > 0
		}
	}
	return out
}

// measurable reports whether two pillars have a level that tells accounts apart.
func measurable(p *plan.Plan) bool {
	n := 0
	for i := range p.Pillars {
		low, high := bounds(p.Rules[0].Ladders[p.Pillars[i].Signals[0]])
		if high > low {
			n++
		}
	}
	return n >= 2
}

// bounds returns a ladder's lowest and highest points.
func bounds(ladder []plan.Rung) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, r := range ladder {
		low, high = min(low, r.Points), max(high, r.Points)
	}
	return low, high
}

// on returns a value on a row.
func on(r *plan.Rung) scoretest.Cell {
	switch {
	case r.Words != nil:
		return scoretest.Num(float64(r.Words[0]))
	case math.IsInf(r.Range.Hi, 1):
		return scoretest.Num(r.Range.Lo + 1)
	}
	return scoretest.Num((r.Range.Lo + r.Range.Hi) / 2)
}
