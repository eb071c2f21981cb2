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

// account is one account's sums and all that follows from them. Slices are by
// pillar and reused from account to account.
type account struct {
	sums   []sums
	manual []overrides.Value // the account's values set by hand

	pillar []float64 // score, NaN where no level is known
	share  []float64 // level coverage, NaN where no level is open
	weight []float64 // effective; 0 without a score

	scored    bool
	complete  bool // nothing is missing in a pillar that counts
	composite float64
	low, high float64
	coverage  float64
}

func newAccount(pillars int) account {
	f := make([]float64, 3*pillars)
	return account{pillar: f[:pillars:pillars], share: f[pillars : 2*pillars : 2*pillars], weight: f[2*pillars:]}
}

// byHand returns the score that somebody set for a pillar.
func (a *account) byHand(p int) (score float64, ok bool) {
	for i := range a.manual {
		if v := &a.manual[i]; v.Signal == overrides.None && v.Pillar == p {
			return v.Value, true
		}
	}
	return 0, false
}

// settle computes everything from the sums. Products are rounded before they are
// added, so that results do not depend on fused instructions.
func (a *account) settle(weights []float64, scale plan.Scale, scoredFrom float64) {
	var base, effective, cover, low, high float64
	a.complete = true
	for p := range a.sums {
		s := &a.sums[p]
		a.pillar[p], a.share[p], a.weight[p] = math.NaN(), math.NaN(), 0
		w := weights[p]
		if v, ok := a.byHand(p); ok {
			a.pillar[p], a.share[p], a.weight[p] = v, 1, w
			base += w
			effective += w
			cover += w
			low += float64(w * v)
			high += float64(w * v)
			continue
		}
		if s.level == 0 {
			continue
		}
		base += w
		a.share[p] = s.levelKnown / s.level
		cover += float64(w * ((s.levelKnown + s.modKnown) / (s.level + s.mod)))
		l, h := s.extremes(scale)
		low += float64(w * l)
		high += float64(w * h)
		a.complete = a.complete && !s.gap
		if s.levelKnown == 0 {
			continue
		}
		a.pillar[p] = s.score(scale)
		a.weight[p] = w * a.share[p]
		effective += a.weight[p]
	}
	a.composite, a.low, a.high, a.coverage = math.NaN(), math.NaN(), math.NaN(), 0
	if base > 0 {
		a.coverage = cover / base
	}
	a.scored = effective > 0 && plan.Round9(a.coverage) >= scoredFrom
	if effective == 0 {
		return
	}
	composite := 0.0
	for p, w := range a.weight {
		if w > 0 {
			a.weight[p] = w / effective
			composite += float64(a.weight[p] * a.pillar[p])
		}
	}
	a.composite, a.low, a.high = composite, composite, composite
	if !a.complete {
		a.low, a.high = min(composite, low/base), max(composite, high/base)
	}
}

// unit returns the composite points that one point in pillar p is worth (the
// clamp scale: on average over the pillar's points). Points are worth nothing in
// a pillar that is set by hand.
func (a *account) unit(p int, scale plan.Scale) float64 {
	s := &a.sums[p]
	if _, ok := a.byHand(p); ok {
		return 0
	}
	switch {
	case a.weight[p] == 0:
		return 0
	case scale == plan.MinMax:
		return a.weight[p] * 100 / (s.levelKnown + s.mod)
	case s.points < 0:
		return 0
	case s.points > 100:
		return a.weight[p] * (100 / s.points)
	}
	return a.weight[p]
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
