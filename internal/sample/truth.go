package sample

import "math"

// regime turns latents into the chance of a loss.
type regime struct {
	weights [pillars]float64
}

// The loss model: an account's yearly hazard at its decision dates is
// exp(hazardLevel + segment - hazardSlope*index), where index is the latents
// weighted by Truth.
const (
	hazardSlope = 1.45
	hazardLevel = -2.08
	// acquiredRate is the yearly rate of losses that are no verdict on health.
	acquiredRate = .006
)

var hazardSegment = [segments]float64{-.35, 0, .25}

func newRegime(t Truth) regime { return regime{weights: t.Weights} }

// index is the weighted latent health in one week.
func (g regime) index(a *account, week int) float64 {
	x := 0.0
	for k := range pillars {
		x += float64(g.weights[k] * a.health[k][week])
	}
	return x
}

// lossChance is the chance that a decision over so many years of contract ends
// in a loss.
func (g regime) lossChance(a *account, week int, years float64) float64 {
	rate := math.Exp(hazardLevel + hazardSegment[a.segment] - hazardSlope*g.index(a, week))
	return 1 - math.Exp(-rate*years)
}
