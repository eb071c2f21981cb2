package advise

import (
	"math"
	"math/bits"
	"slices"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
)

// Bundle is a smallest set of changes that raises an account's score by a target.
type Bundle struct {
	// Reached is false where no set of changes that a team can cause reaches the
	// target, or the account is not scored; the rest is then zero.
	Reached bool
	Signals []int   // each to its best rung; in the order of the framework
	Gain    float64 // composite points, exact
	After   int32   // score after all changes, tenths
}

// widest is how many missing levels of one pillar are tried in every
// combination. Where more are missing, the others keep out of bundles.
const widest = 14

// BundleOf returns the smallest bundle whose score is at least raise tenths above
// the account's score (200: 20 points). Of bundles of equal size it takes one
// with the most margin, ties to the earlier signals.
//
// A composite is at least a target T exactly when the sum over pillars of weight *
// level coverage * (score - T) is at least 0, so a pillar's best choice of k
// changes for T is independent of the other pillars. Within a pillar, bounds and
// weight depend only on which missing levels become known; given those, gains
// add up and the k largest are the best k. The pillars' choices are then combined
// by size.
func (a *Advice) BundleOf(row int, raise int32) (Bundle, error) {
	what, err := a.whatIf()
	if err != nil {
		return Bundle{}, err
	}
	return a.bundle(row, what, raise), nil
}

// whatIf opens the snapshot for questions about single accounts.
func (a *Advice) whatIf() (*score.WhatIf, error) {
	return a.scorer.WhatIf(a.snap, a.result.Rules, a.result.Manual...)
}

func (a *Advice) bundle(row int, what *score.WhatIf, raise int32) Bundle {
	if !a.advised(row) || a.result.Tenths[row] < 0 {
		return Bundle{}
	}
	want := a.result.Tenths[row] + raise
	if raise <= 0 || want > 1000 {
		return Bundle{}
	}
	what.Load(row)
	before := what.Composite()
	// The least composite that rounds half up to the wanted score.
	target := float64(want)/10 - 0.05

	if a.Plan.Scale == plan.MinMax {
		if b, ok := a.greedy(row, what, before, want); ok {
			return b
		}
		what.Load(row)
	}
	// best[n] is the best combination of n changes over the pillars so far.
	best := []pick{{}}
	for p := range a.Plan.Pillars {
		best = combine(best, a.picksOf(what, row, p, target))
	}
	for _, choice := range best {
		if choice.pull < -1e-6 { // short by more than rounding
			continue
		}
		what.Load(row)
		for _, sig := range choice.signals {
			what.Set(sig, what.Best(sig))
		}
		if after := what.Composite(); score.Tenths(after) >= want {
			slices.Sort(choice.signals)
			return Bundle{Reached: true, Signals: choice.signals, Gain: after - before, After: score.Tenths(after)}
		}
	}
	return Bundle{}
}

// greedy finds the bundle where every gain keeps bounds and weights: gains add
// up then, and the largest are the best. ok is false where a missing level is
// among the changes.
func (a *Advice) greedy(row int, what *score.WhatIf, before float64, want int32) (b Bundle, ok bool) {
	type gain struct {
		sig    int
		points float64 // composite, rounded so that equal gains tie
	}
	var buffer [64]gain
	gains := buffer[:0]
	for _, sig := range a.causable {
		if !a.open(row, sig) || !what.Open(sig) {
			continue
		}
		points, fixed := what.Headroom(sig)
		if !fixed {
			return b, false
		}
		if points > 0 {
			gains = append(gains, gain{sig, plan.Round9(what.Try(sig, what.Best(sig)) - before)})
		}
	}
	slices.SortStableFunc(gains, func(x, y gain) int {
		switch {
		case x.points > y.points:
			return -1
		case x.points < y.points:
			return 1
		}
		return 0
	})
	for k, g := range gains {
		what.Set(g.sig, what.Best(g.sig))
		after := what.Composite()
		if score.Tenths(after) < want {
			continue
		}
		b = Bundle{Reached: true, Gain: after - before, After: score.Tenths(after)}
		for _, g := range gains[:k+1] {
			b.Signals = append(b.Signals, g.sig)
		}
		slices.Sort(b.Signals)
		break
	}
	return b, true
}

// Smallest returns the smallest bundle that raises an account's score by Raise:
// what BundleOf gives, computed for every account at once.
func (a *Advice) Smallest(row int) Bundle {
	b := Bundle{Signals: a.bundles.of(row)}
	if b.Reached = len(b.Signals) > 0; b.Reached {
		b.Gain, b.After = a.bundleGain[row], a.bundleAfter[row]
	}
	return b
}

// sets holds a set of signals for every row.
type sets struct {
	words int // of 64 signals
	bits  []uint64
}

func newSets(rows, signals int) sets {
	words := (signals + 63) / 64
	return sets{words, make([]uint64, rows*words)}
}

func (s *sets) put(row int, signals []int) {
	for _, sig := range signals {
		s.bits[row*s.words+sig/64] |= 1 << (sig % 64)
	}
}

func (s *sets) of(row int) (signals []int) {
	for w, word := range s.bits[row*s.words : (row+1)*s.words] {
		for ; word != 0; word &= word - 1 {
			signals = append(signals, 64*w+bits.TrailingZeros64(word))
		}
	}
	return signals
}

// pick is a set of changes and how far it pulls the composite above the target.
type pick struct {
	pull    float64
	signals []int
}

// picksOf returns the best pick of k changes within one pillar, for every k.
func (a *Advice) picksOf(what *score.WhatIf, row, pillar int, target float64) []pick {
	what.Load(row)
	var fixed, unknown []int
	headroom := map[int]float64{}
	for _, sig := range a.causable {
		if a.Plan.Signals[sig].Pillar != pillar || !a.open(row, sig) || !improvable(what, sig) {
			continue
		}
		points, isFixed := what.Headroom(sig)
		headroom[sig] = plan.Round9(points)
		if isFixed {
			fixed = append(fixed, sig)
		} else {
			unknown = append(unknown, sig)
		}
	}
	slices.SortStableFunc(fixed, func(x, y int) int {
		switch {
		case headroom[x] > headroom[y]:
			return -1
		case headroom[x] < headroom[y]:
			return 1
		}
		return 0
	})
	unknown = unknown[:min(len(unknown), widest)]

	out := make([]pick, len(fixed)+len(unknown)+1)
	for k := range out {
		out[k].pull = math.Inf(-1)
	}
	for mask := range uint(1) << len(unknown) {
		what.Load(row)
		var chosen []int
		for i, sig := range unknown {
			if mask>>i&1 == 1 {
				chosen = append(chosen, sig)
				what.Set(sig, what.Best(sig))
			}
		}
		known := bits.OnesCount(mask)
		for k := 0; ; k++ {
			if pull := what.Pull(pillar, target); pull > out[known+k].pull {
				out[known+k] = pick{pull, slices.Clone(chosen)}
			}
			if k == len(fixed) {
				break
			}
			chosen = append(chosen, fixed[k])
			what.Set(fixed[k], what.Best(fixed[k]))
		}
	}
	return out
}

// combine joins the best picks of some pillars with those of one more.
func combine(a, b []pick) []pick {
	out := make([]pick, len(a)+len(b)-1)
	for k := range out {
		out[k].pull = math.Inf(-1)
	}
	for i := range a {
		for j := range b {
			if pull := a[i].pull + b[j].pull; pull > out[i+j].pull {
				out[i+j] = pick{pull, slices.Concat(a[i].signals, b[j].signals)}
			}
		}
	}
	return out
}
