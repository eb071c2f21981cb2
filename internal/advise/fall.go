package advise

import (
	"math"
	"slices"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
)

// Fall is the least that would have to go wrong for an account to get the next
// worse status.
type Fall struct {
	// Possible is false where the account is not scored, has the worst status
	// already, or no set of signals getting worse would do; the rest is then zero.
	Possible bool
	Signals  []int // in the order of the framework
	// Rungs are where they fall to. One signal falls as little as is enough;
	// several fall to their worst rung each.
	Rungs []int
	Loss  float64 // composite points, exact
	After int32   // score after it, tenths
}

// FallOf returns the smallest fall: the single signal that would lose the fewest
// points and still be enough, ties to the earlier signal and the better rung;
// where no single one is enough, a smallest set of signals on their worst rungs.
// A signal counts when it is known, or a missing modifier: both keep their
// pillar's bounds and weight, so that losses within a pillar add up.
func (a *Advice) FallOf(row int) Fall {
	f := Fall{Signals: a.falls.of(row)}
	if f.Possible = len(f.Signals) > 0; !f.Possible {
		return Fall{}
	}
	f.Loss, f.After = a.fallLoss[row], a.fallAfter[row]
	if len(f.Signals) == 1 {
		f.Rungs = []int{int(a.fallRung[row])}
		return f
	}
	for _, sig := range f.Signals {
		f.Rungs = append(f.Rungs, a.worst(row, sig))
	}
	return f
}

func (a *Advice) ladder(row, sig int) []plan.Rung {
	return a.Plan.Rules[a.result.Rules[row]].Ladders[sig]
}

// worst returns the rung with the fewest points, the first as written.
func (a *Advice) worst(row, sig int) int {
	ladder, worst := a.ladder(row, sig), 0
	for k := range ladder {
		if ladder[k].Points < ladder[worst].Points {
			worst = k
		}
	}
	return worst
}

// fall finds the smallest fall; what holds any row.
func (a *Advice) fall(row int, what *score.WhatIf) Fall {
	status := int(a.result.Status[row])
	bands := a.Plan.Rules[a.result.Rules[row]].Bands
	if status < 0 || status == len(bands)-1 {
		return Fall{}
	}
	floor := int32(10 * bands[status].Min) // scores below it have a worse status
	what.Load(row)
	before := what.Composite()
	best := Fall{}
	drop := make([]float64, len(a.Plan.Signals)) // points to the worst rung; 0: cannot fall
	for sig := range a.Plan.Signals {
		now, ok := a.pointsNow(row, sig, what)
		if !ok {
			continue
		}
		worst := a.worst(row, sig)
		if drop[sig] = plan.Round9(now - a.ladder(row, sig)[worst].Points); drop[sig] <= 0 {
			drop[sig] = 0
			continue
		}
		if score.Tenths(what.Try(sig, worst)) >= floor {
			continue // no better rung would do either
		}
		for k, rung := range a.ladder(row, sig) {
			if rung.Points >= now {
				continue
			}
			after := what.Try(sig, k)
			if score.Tenths(after) >= floor {
				continue
			}
			if loss := before - after; !best.Possible || plan.Round9(loss) < plan.Round9(best.Loss) {
				best = Fall{true, []int{sig}, []int{k}, loss, score.Tenths(after)}
			}
		}
	}
	if best.Possible {
		return best
	}
	return a.fallTogether(row, what, before, floor, drop)
}

// pointsNow returns what a signal gives that can get worse without changing its
// pillar's bounds.
func (a *Advice) pointsNow(row, sig int, what *score.WhatIf) (points float64, ok bool) {
	switch s := &a.Plan.Signals[sig]; {
	case s.Kind == plan.Flag || !what.Open(sig):
		return 0, false
	case what.Rung(sig) >= 0:
		return a.ladder(row, sig)[what.Rung(sig)].Points, true
	default:
		return 0, s.Kind == plan.Modifier
	}
}

// fallTogether finds a smallest set of signals whose falls to their worst rungs
// are enough, as bundle does for gains.
func (a *Advice) fallTogether(row int, what *score.WhatIf, before float64, floor int32, drop []float64) Fall {
	target := float64(floor)/10 - 0.05
	best := []pick{{}}
	for p := range a.Plan.Pillars {
		signals := slices.DeleteFunc(slices.Clone(a.Plan.Pillars[p].Signals), func(sig int) bool { return drop[sig] == 0 })
		slices.Sort(signals)
		slices.SortStableFunc(signals, func(x, y int) int {
			switch {
			case drop[x] > drop[y]:
				return -1
			case drop[x] < drop[y]:
				return 1
			}
			return 0
		})
		what.Load(row)
		own := []pick{{pull: -what.Pull(p, target)}}
		for k, sig := range signals {
			what.Set(sig, a.worst(row, sig))
			own = append(own, pick{-what.Pull(p, target), signals[: k+1 : k+1]})
		}
		best = combine(best, own)
	}
	for _, choice := range best {
		if math.IsInf(choice.pull, -1) || choice.pull < -1e-6 {
			continue
		}
		what.Load(row)
		for _, sig := range choice.signals {
			what.Set(sig, a.worst(row, sig))
		}
		if after := what.Composite(); score.Tenths(after) < floor {
			slices.Sort(choice.signals)
			f := Fall{Possible: true, Signals: choice.signals, Loss: before - after, After: score.Tenths(after)}
			for _, sig := range f.Signals {
				f.Rungs = append(f.Rungs, a.worst(row, sig))
			}
			return f
		}
	}
	return Fall{}
}
