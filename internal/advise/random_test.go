package advise_test

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"accounthealth/internal/advise"
	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// randomPlan is a framework of word signals, whose k-th word is on the k-th rung:
// points in halves, rungs in any order, some signals causable, some selling more.
func randomPlan(r *rand.Rand) *plan.Plan {
	p := &plan.Plan{Name: "random", Missing: plan.Missing{ScoredFrom: 0.2, HealthyFrom: 0.5}}
	if r.IntN(3) == 0 {
		p.Scale = plan.Clamp
	}
	rules := plan.Rules{Trend: plan.Trend{Improving: 10, Stable: 5}}
	sum := 0.0
	for pillar := range 2 + r.IntN(3) {
		p.Pillars = append(p.Pillars, plan.Pillar{Name: fmt.Sprint("pillar", pillar)})
		w := float64(1 + r.IntN(9))
		rules.Weights, sum = append(rules.Weights, w), sum+w
		for k := range 1 + r.IntN(3) {
			s := plan.Signal{
				Name: fmt.Sprint("s", len(p.Signals)), Pillar: pillar, Causable: r.IntN(3) > 0, Expands: r.IntN(6) == 0,
				Words: []string{"a", "b", "c", "d"}[:2+r.IntN(3)],
			}
			s.Factor, s.Label = s.Name, s.Name
			if k > 0 && r.IntN(2) == 0 {
				s.Kind = plan.Modifier
			}
			var ladder []plan.Rung
			for w := range s.Words {
				ladder = append(ladder, plan.Rung{Words: []int{w}, Points: float64(r.IntN(121)-60) / 2, Label: s.Words[w]})
			}
			if ladder[0].Points == ladder[1].Points { // no ladder is flat
				ladder[0].Points += 10
			}
			rules.Ladders = append(rules.Ladders, ladder)
			rules.NotApplicable = append(rules.NotApplicable, false)
			p.Pillars[pillar].Signals = append(p.Pillars[pillar].Signals, len(p.Signals))
			p.Signals = append(p.Signals, s)
		}
	}
	for j := range rules.Weights {
		rules.Weights[j] /= sum
	}
	rules.Bands = []plan.Band{{Name: "good", Min: 70, Expand: true}, {Name: "fair", Min: 55}, {Name: "poor", Min: 35, AtRisk: true}, {Name: "bad", AtRisk: true}}
	p.Rules = []plan.Rules{rules}
	return p
}

// brute is what rescoring every combination gives.
type brute struct {
	single     int
	singleGain float64
	bundle     int // size, -1 for none
	fallSingle float64
	fallSize   int // size of the smallest set on worst rungs that is enough, -1 for none
}

// TestEveryChangeByRescoring: on random frameworks of every shape the #1 action,
// the size of the bundle and the smallest fall are what scoring every reachable
// state anew gives.
func TestEveryChangeByRescoring(t *testing.T) {
	seen := map[string]int{}
	for round := range 1500 {
		r := rand.New(rand.NewPCG(uint64(round), 7))
		p := randomPlan(r)
		cells := make([]scoretest.Cell, len(p.Signals))
		for sig := range cells {
			cells[sig] = scoretest.Num(float64(r.IntN(len(p.Signals[sig].Words))))
			if r.IntN(5) == 0 {
				cells[sig] = scoretest.Absent([]signal.State{signal.Missing, signal.Stale, signal.NotApplicable}[r.IntN(3)])
			}
		}
		s, err := score.New(p)
		if err != nil {
			continue // fewer than two measurable pillars, or a flat ladder
		}
		snap := scoretest.Snapshot(p, asOf, [][]scoretest.Cell{cells})
		for sig := range snap.Collected {
			snap.Collected[sig] = true
		}
		res, err := s.Score(snap, score.Rows{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := advise.Advise(p, snap, res, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.Tenths[0] < 0 {
			continue
		}
		want := rescore(t, p, s, cells, res)
		name := fmt.Sprintf("round %d (score %d)", round, res.Tenths[0])
		if want.singleGain > 0 && (int(a.Change[0]) != want.single || math.Abs(a.Gain[0]-want.singleGain) > 1e-9) || want.singleGain == 0 && a.Change[0] >= 0 {
			t.Errorf("%s: change %d gains %v, rescoring says %d, %v", name, a.Change[0], a.Gain[0], want.single, want.singleGain)
		}
		b := a.Smallest(0)
		if b.Reached != (want.bundle > 0) || b.Reached && (len(b.Signals) != want.bundle || b.After < res.Tenths[0]+advise.Raise) {
			t.Errorf("%s: bundle %+v, the smallest has %d", name, b, want.bundle)
		}
		if again, err := a.BundleOf(0, advise.Raise); err != nil || again.Reached != b.Reached || !slices.Equal(again.Signals, b.Signals) || again.After != b.After {
			t.Errorf("%s: asked alone %+v, for all %+v", name, again, b)
		}
		f := a.FallOf(0)
		switch {
		case want.fallSize < 0:
			if f.Possible {
				t.Errorf("%s: falls by %+v, rescoring finds none", name, f)
			}
		case len(f.Signals) != want.fallSize:
			t.Errorf("%s: falls by %+v, rescoring needs %d", name, f, want.fallSize)
		case want.fallSize == 1 && math.Abs(f.Loss-want.fallSingle) > 1e-9:
			t.Errorf("%s: loses %v, rescoring finds %v", name, f.Loss, want.fallSingle)
		}
		seen[fmt.Sprintf("bundle %d", want.bundle)]++
		seen[fmt.Sprintf("fall %d", want.fallSize)]++
	}
	for _, what := range []string{"bundle -1", "bundle 1", "bundle 2", "bundle 3", "fall -1", "fall 1", "fall 2"} {
		if seen[what] < 3 {
			t.Errorf("too little variety: %q %d times of %v", what, seen[what], seen)
		}
	}
}

func rescore(t *testing.T, p *plan.Plan, s *score.Scorer, cells []scoretest.Cell, now *score.Result) brute {
	t.Helper()
	ladders := p.Rules[0].Ladders
	at := func(sig int, best bool) scoretest.Cell {
		k := 0
		for i, rung := range ladders[sig] {
			if best && rung.Points > ladders[sig][k].Points || !best && rung.Points < ladders[sig][k].Points {
				k = i
			}
		}
		return scoretest.Num(float64(k))
	}
	score := func(states [][]scoretest.Cell) *score.Result {
		snap := scoretest.Snapshot(p, asOf, states)
		for sig := range snap.Collected {
			snap.Collected[sig] = true
		}
		r, err := s.Score(snap, nothing)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	with := func(signals []int, mask int, best bool) []scoretest.Cell {
		c := slices.Clone(cells)
		for i, sig := range signals {
			if mask>>i&1 == 1 {
				c[sig] = at(sig, best)
			}
		}
		return c
	}
	out := brute{single: -1, bundle: -1, fallSize: -1, fallSingle: math.Inf(1)}
	var causable, fallible []int
	for sig := range p.Signals {
		open := cells[sig].State != signal.NotApplicable
		if p.Signals[sig].Causable && open && (!p.Signals[sig].Expands || now.Band(0).Expand) {
			causable = append(causable, sig)
		}
		if open && (cells[sig].State == signal.Known || p.Signals[sig].Kind == plan.Modifier) {
			fallible = append(fallible, sig)
		}
	}
	var states [][]scoretest.Cell
	for mask := range 1 << len(causable) {
		states = append(states, with(causable, mask, true))
	}
	r := score(states)
	for mask := range states {
		size := bits.OnesCount(uint(mask))
		if g := plan.Round9(r.Composite[mask] - now.Composite[0]); size == 1 && g > out.singleGain {
			out.single, out.singleGain = causable[bits.TrailingZeros(uint(mask))], g
		}
		if r.Tenths[mask] >= now.Tenths[0]+advise.Raise && (out.bundle < 0 || size < out.bundle) {
			out.bundle = size
		}
	}
	status := int(now.Status[0])
	if status == len(p.Rules[0].Bands)-1 {
		return out
	}
	floor := int32(10 * p.Rules[0].Bands[status].Min)
	states = nil
	for mask := range 1 << len(fallible) {
		states = append(states, with(fallible, mask, false))
	}
	r = score(states)
	for mask := range states {
		if size := bits.OnesCount(uint(mask)); size > 0 && r.Tenths[mask] < floor && (out.fallSize < 0 || size < out.fallSize) {
			out.fallSize = size
		}
	}
	states = [][]scoretest.Cell{cells}
	for _, sig := range fallible {
		for k := range ladders[sig] {
			c := slices.Clone(cells)
			c[sig] = scoretest.Num(float64(k))
			states = append(states, c)
		}
	}
	r = score(states)
	for i := range states {
		if loss := now.Composite[0] - r.Composite[i]; r.Tenths[i] < floor && loss > 1e-9 {
			out.fallSingle = min(out.fallSingle, loss)
		}
	}
	return out
}

var nothing score.Rows
