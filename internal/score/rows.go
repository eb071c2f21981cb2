package score

import (
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// Rows is what the population says about the rows of a snapshot. Slices are by
// row; a nil slice is all zeros.
type Rows struct {
	Rules []uint8 // index into Plan.Rules
	// Hold keeps a row out of the Expand bands whatever its coverage (onboarding).
	Hold []bool
	// Out marks rows outside the scored population: pillars, coverage and rungs
	// are computed, but no composite, contribution, interval or status.
	Out []bool
	// Manual holds the values set by hand that are in force, sorted by row, at
	// most one a row and target. Those of pillars replace the pillar's score;
	// those of signals are in the snapshot (signal.Override) and only carried on.
	Manual []overrides.Value
	// Brief leaves out what only explanations and archives read, most of a result's
	// memory: PillarCoverage, Weights, Low, High, Contribution and Cost.
	Brief bool
}

// RulesOf returns the rules of every account by its segment and tier.
func RulesOf(p *plan.Plan, t *population.Table) []uint8 {
	type key struct{ segment, tier string }
	seen := map[key]uint8{}
	out := make([]uint8, t.Len())
	for i := range out {
		k := key{t.Segment[i], t.Tier[i]}
		r, ok := seen[k]
		if !ok {
			r = uint8(p.RulesFor(k.segment, k.tier))
			seen[k] = r
		}
		out[i] = r
	}
	return out
}

// RowsOf returns the Rows of a population as of the view's day: rules by segment
// and tier, onboarding accounts held, all that are not scored out.
func RowsOf(p *plan.Plan, t *population.Table, v *population.View) Rows {
	rows := Rows{Rules: RulesOf(p, t), Hold: make([]bool, t.Len()), Out: make([]bool, t.Len())}
	for i, c := range v.Class {
		rows.Hold[i] = c == population.Onboarding
		rows.Out[i] = !c.Scored()
	}
	return rows
}
