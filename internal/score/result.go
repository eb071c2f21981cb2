package score

import (
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
)

// NotScored marks rows without a score in Result.Status and Result.Tenths.
const NotScored = -1

// Result is the scores of one snapshot, column-wise: slices are by snapshot row,
// or by pillar or signal of Plan and then by row. In a brief result (Rows.Brief)
// PillarCoverage, Weights, Low, High, Contribution and Cost are nil.
type Result struct {
	AsOf  int32
	Plan  *plan.Plan
	Rules []uint8 // index into Plan.Rules

	Pillars        [][]float64 // 0..100; NaN where no level is known
	PillarCoverage [][]float64 // level coverage, 0..1; NaN where nothing applies
	// PillarKnown is the known share of the pillar's open points, modifiers included,
	// 0..1; NaN where nothing applies. Nil in a brief result.
	PillarKnown [][]float64
	Weights     [][]float64 // effective weights; sum 1 where scored; 0 where not scored or the pillar has no score

	Composite []float64 // 0..100, unrounded; NaN where not scored
	Tenths    []int32   // composite rounded half up to tenths, times 10; NotScored
	Headline  []int16   // floor of the score; NotScored
	Status    []int8    // index into the rules' Bands; NotScored

	Coverage []float64 // 0..1: known share of the collected, applicable point range; 0 where nothing applies
	// Low and High are the interval's ends, unrounded: the least and greatest
	// composite over all values of the missing signals; NaN where not scored. People
	// are shown Interval.
	Low, High []float64
	// Provisional: coverage is below Missing.HealthyFrom, or the row is flawed: the
	// status may change when data arrive. False where not scored.
	Provisional []bool
	Capped      []bool // the status was lowered because coverage is below Missing.HealthyFrom
	// CappedBy is the index into the rules' Caps of the cap that lowered the status;
	// -1 where none did.
	CappedBy []int8
	// Ceiling is the index of the best band that is open to the row whatever its
	// score and coverage: that of the strictest cap that holds, and no Expand band
	// for a row that is held. Nil in a brief result.
	Ceiling []int8
	// DependsOnMissing: the status would be worse with missing values at their worst.
	DependsOnMissing []bool

	Rung [][]int8 // by signal: index into the ladder; -1 where the signal has no value
	// Contribution is by signal, in composite points: what the signal's points add
	// above its own lowest; a missing modifier's 0 points count too. On the clamp
	// scale: what its points add, in proportion where the sum is clamped. On both
	// they sum to Composite, together with ByHand of the pillars set by hand, whose
	// signals contribute 0.
	Contribution [][]float64
	// Cost is by signal, in composite points: best row minus current row, exactly
	// what the composite would gain; 0 where the signal has no value or its pillar
	// is set by hand.
	Cost [][]float64

	// What only streams have: by pillar, the place of the score among those that the
	// pillar can have, -1 where it has none; and the interval in tenths.
	ranks     [][]int32
	low, high []int32

	// Manual holds the values set by hand that the scores rest on, as in Rows.
	Manual []overrides.Value
}

// Brief reports whether the result holds only what Rows.Brief leaves.
func (r *Result) Brief() bool { return r.Weights == nil }

// ManualOf returns the values set by hand for row i: pillars first, then signals,
// in the order of the framework.
func (r *Result) ManualOf(i int) []overrides.Value { return overrides.Of(r.Manual, i) }

// Interval returns row i's interval in points, its ends rounded as the score is,
// so that it always holds the score; ok is false where there is none.
func (r *Result) Interval(i int) (low, high float64, ok bool) {
	return float64(Tenths(r.Low[i])) / 10, float64(Tenths(r.High[i])) / 10, r.Tenths[i] >= 0
}

// ByHand returns what pillar p of row i adds to the composite where it was set by
// hand, in composite points: the part that no signal's Contribution holds.
func (r *Result) ByHand(p, i int) (points float64, ok bool) {
	if !r.PillarByHand(p, i) || r.Tenths[i] < 0 {
		return 0, false
	}
	return r.Weights[p][i] * r.Pillars[p][i], true
}

// PillarByHand reports whether pillar p of row i was set by hand.
func (r *Result) PillarByHand(p, i int) bool {
	_, ok := byHand(r.ManualOf(i), p)
	return ok
}

// Score returns row i's score in points (tenths), and whether it has one.
func (r *Result) Score(i int) (float64, bool) {
	return float64(r.Tenths[i]) / 10, r.Tenths[i] >= 0
}

// Band returns row i's band, or nil where it is not scored.
func (r *Result) Band(i int) *plan.Band {
	if r.Status[i] < 0 {
		return nil
	}
	return &r.Plan.Rules[r.Rules[i]].Bands[r.Status[i]]
}

// Cap returns the cap that lowered row i's status, or nil.
func (r *Result) Cap(i int) *plan.Cap {
	if r.CappedBy[i] < 0 {
		return nil
	}
	return &r.Plan.Rules[r.Rules[i]].Caps[r.CappedBy[i]]
}

// Points returns what a signal gives row i; 0 where it has no value.
func (r *Result) Points(sig, i int) float64 {
	if k := r.Rung[sig][i]; k >= 0 {
		return r.Plan.Rules[r.Rules[i]].Ladders[sig][k].Points
	}
	return 0
}
