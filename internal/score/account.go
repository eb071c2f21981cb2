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

// account is one account's pillars and all that follows from them.
type account struct {
	pillars []*outcome

	weight    []float64 // by pillar, effective; 0 without a score
	scored    bool
	composite float64 // NaN where there is none
	low, high float64
	coverage  float64
}

func newAccount(pillars int) account {
	return account{pillars: make([]*outcome, pillars), weight: make([]float64, pillars)}
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

// settle computes everything from the pillars. Products are rounded before they
// are added, so that results do not depend on fused instructions.
func (a *account) settle(scoredFrom float64) {
	var base, effective, cover, low, high float64
	gap := false
	for _, o := range a.pillars {
		base += o.base
		effective += o.weight
		cover += o.cover
		low += o.low
		high += o.high
		gap = gap || o.gap
	}
	a.coverage = 0
	if base > 0 {
		a.coverage = cover / base
	}
	a.scored = effective > 0 && plan.Round9(a.coverage) >= scoredFrom
	if effective == 0 {
		a.composite, a.low, a.high = math.NaN(), math.NaN(), math.NaN()
		clear(a.weight)
		return
	}
	composite := 0.0
	for p, o := range a.pillars {
		a.weight[p] = 0
		if o.weight > 0 {
			w := o.weight / effective
			a.weight[p] = w
			composite += float64(w * o.score)
		}
	}
	a.composite, a.low, a.high = composite, composite, composite
	if gap {
		a.low, a.high = min(composite, low/base), max(composite, high/base)
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
	return int32((int64(math.Round(composite*1e9)) + tenth/2) / tenth)
}
