package score

import (
	"math"

	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
)

// The codes of a signal without a rung. Known signals carry their rung.
const (
	missing int8 = -1 // open, but without a value
	closed  int8 = -2 // not collected or not applicable
)

// sums is what one pillar of one account adds up to, in points.
type sums struct {
	level, levelKnown float64 // spans of open levels; of those known
	mod, modKnown     float64 // spans of open modifiers; of those known
	points            float64 // of known signals
	lowKnown          float64 // lowest points of known signals
	lowLevel, lowMod  float64 // lowest points of missing levels; of missing modifiers
	gap               bool    // a signal is missing
}

// add counts one signal with its code.
func (s *sums) add(l *ladder, kind plan.Kind, code int8) {
	switch {
	case code >= 0:
		s.points += l.points[code]
		s.lowKnown += l.low
		if kind == plan.Level {
			s.level += l.span
			s.levelKnown += l.span
		} else {
			s.mod += l.span
			s.modKnown += l.span
		}
	case code == closed, kind == plan.Flag:
	case kind == plan.Level:
		s.level += l.span
		s.lowLevel += l.low
		s.gap = true
	default:
		s.mod += l.span
		s.lowMod += l.low
		s.gap = true
	}
}

// score returns the pillar's score; at least one level must be known.
func (s *sums) score(scale plan.Scale) float64 {
	if scale == plan.Clamp {
		return clamp(s.points)
	}
	return 100 * (s.points - s.lowKnown - s.lowMod) / (s.levelKnown + s.mod)
}

// extremes returns the pillar's least and greatest score once every missing
// signal has a value.
func (s *sums) extremes(scale plan.Scale) (low, high float64) {
	unknown := (s.level - s.levelKnown) + (s.mod - s.modKnown)
	if scale == plan.Clamp {
		least := s.points + s.lowLevel + s.lowMod
		return clamp(least), clamp(least + unknown)
	}
	above, span := s.points-s.lowKnown, s.level+s.mod
	return 100 * above / span, 100 * (above + unknown) / span
}

func clamp(x float64) float64 { return max(0, min(100, x)) }

// account is one account's pillars added up and all that follows from them.
type account struct {
	// By pillar: what add was given; settle turns weights into effective ones.
	score, weight []float64

	base, effective, cover float64
	worst, best            float64
	gap                    bool

	scored    bool
	composite float64 // NaN where there is none
	low, high float64
	coverage  float64
}

func newAccount(pillars int) account {
	return account{score: make([]float64, pillars), weight: make([]float64, pillars)}
}

// start begins an account without pillars.
func (a *account) start() {
	a.base, a.effective, a.cover, a.worst, a.best, a.gap = 0, 0, 0, 0, 0, false
}

// add counts a pillar; every pillar is added once, in their order.
func (a *account) add(p int, o *outcome) {
	a.score[p], a.weight[p] = o.score, o.weight
	a.base += o.base
	a.effective += o.weight
	a.cover += o.cover
	a.worst += o.low
	a.best += o.high
	a.gap = a.gap || o.gap
}

// byHand returns the score that somebody set for a pillar.
func byHand(manual []overrides.Value, p int) (score float64, ok bool) {
	for i := range manual {
		if v := &manual[i]; v.Signal == overrides.None && v.Pillar == p {
			return v.Value, true
		}
	}
	return 0, false
}

// settle computes everything from the pillars that were added. scoredFrom is the
// least coverage, unrounded, of a scored account. Products are rounded before they
// are added, so that results do not depend on fused instructions.
func (a *account) settle(scoredFrom float64) {
	a.coverage = 0
	if a.base > 0 {
		a.coverage = a.cover / a.base
	}
	a.scored = a.effective > 0 && a.coverage >= scoredFrom
	if a.effective == 0 {
		a.composite, a.low, a.high = math.NaN(), math.NaN(), math.NaN()
		return
	}
	composite := 0.0
	for p, w := range a.weight {
		if w > 0 {
			w /= a.effective
			a.weight[p] = w
			composite += float64(w * a.score[p])
		}
	}
	a.composite, a.low, a.high = composite, composite, composite
	if a.gap {
		a.low, a.high = min(composite, a.worst/a.base), max(composite, a.best/a.base)
	}
}

// Tenths rounds a composite half up to tenths and returns it times 10. It rounds
// to nine decimals first, so that a sum that should be 79.95 is not lost to the
// last bits. NaN gives NotScored.
func Tenths(composite float64) int32 {
	if math.IsNaN(composite) {
		return NotScored
	}
	const tenth = 100_000_000 // in units of 1e-9
	return int32((int64(math.Floor(composite*1e9+0.5)) + tenth/2) / tenth)
}
