package advise_test

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// TestBruteForce: on random accounts with many missing values, the single change
// and the size of the bundle are what rescoring every subset of causable signals
// on their best rows gives.
func TestBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 0))
	sizes := map[int]int{}
	for round := range 40 {
		p := scoretest.DefaultPlan()
		p.Missing.ScoredFrom = 0.25
		if round%3 == 0 {
			p.Scale = plan.Clamp
		}
		if round%2 == 0 { // uneven weights
			p.Rules[0].Weights = []float64{0.5, 0.05, 0.15, 0.3}
		}
		cells := scoretest.Accounts(p, 1, uint64(round))[0]
		for sig := range cells {
			if rng.IntN(4) == 0 {
				cells[sig] = scoretest.Absent([]signal.State{signal.Missing, signal.Stale, signal.NotApplicable}[rng.IntN(3)])
			}
		}
		a, r := advised(t, p, score.Rows{}, nil, cells)
		if r.Tenths[0] < 0 {
			continue
		}
		single, gain, smallest := rescoreSubsets(t, p, cells, r, 200)
		if gain > 0 && (int(a.Change[0]) != single || math.Abs(a.Gain[0]-gain) > 1e-9) || gain == 0 && a.Change[0] >= 0 {
			t.Errorf("round %d: change %d gains %v, rescoring says %d, %v", round, a.Change[0], a.Gain[0], single, gain)
		}
		b, err := a.BundleOf(0, 200)
		if err != nil {
			t.Fatal(err)
		}
		if b.Reached != (smallest >= 0) || b.Reached && len(b.Signals) != smallest {
			t.Errorf("round %d (score %d): bundle %+v, the smallest has %d", round, r.Tenths[0], b, smallest)
		}
		if b.Reached && b.After < r.Tenths[0]+200 {
			t.Errorf("round %d: bundle %+v misses the target", round, b)
		}
		sizes[smallest]++
	}
	if sizes[-1] == 0 || sizes[2] == 0 || sizes[3] == 0 {
		t.Errorf("too little variety to show anything: sizes %v", sizes)
	}
}

// rescoreSubsets returns the best single change (the earlier on ties), its gain
// and the size of the smallest subset that raises the score, -1 for none.
func rescoreSubsets(t *testing.T, p *plan.Plan, cells []scoretest.Cell, now *score.Result, raise int32) (single int, gain float64, smallest int) {
	t.Helper()
	var causable []int
	for sig := range p.Signals {
		if p.Signals[sig].Causable && cells[sig].State != signal.NotApplicable {
			causable = append(causable, sig)
		}
	}
	subsets := make([][]scoretest.Cell, 1<<len(causable))
	for mask := range subsets {
		changed := append([]scoretest.Cell(nil), cells...)
		for i, sig := range causable {
			if mask>>i&1 == 1 {
				changed[sig] = bestOf(p, sig)
			}
		}
		subsets[mask] = changed
	}
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	snap := scoretest.Snapshot(p, asOf, subsets)
	for sig := range snap.Collected {
		snap.Collected[sig] = true
	}
	r, err := s.Score(snap, score.Rows{})
	if err != nil {
		t.Fatal(err)
	}
	single, smallest = -1, -1
	for i, sig := range causable {
		if g := plan.Round9(r.Composite[1<<i] - now.Composite[0]); g > gain {
			single, gain = sig, g
		}
	}
	for mask := range subsets {
		if size := bits.OnesCount(uint(mask)); r.Tenths[mask] >= now.Tenths[0]+raise && (smallest < 0 || size < smallest) {
			smallest = size
		}
	}
	return single, gain, smallest
}

// bestOf returns a value on the row with the most points.
func bestOf(p *plan.Plan, sig int) scoretest.Cell {
	best := p.Rules[0].Ladders[sig][0] // the default tables' rows are best first
	if best.Words != nil {
		return scoretest.Num(float64(best.Words[0]))
	}
	if math.IsInf(best.Range.Hi, 1) {
		return scoretest.Num(best.Range.Lo + 1)
	}
	return scoretest.Num((best.Range.Lo + best.Range.Hi) / 2)
}
