package sample

import "math"

// The latents are normal before shocks: part of each is shared by all four
// pillars, part is the account's nature and part drifts.
const (
	sharedLoading = .72  // loading on the shared factor: correlation .52 between pillars
	nature        = .60  // loading on what never changes, in factor and pillar alike
	weekToWeek    = .985 // correlation of the drifting part from week to week; half of it is gone in 46 weeks
	spread        = 1.13 // standard deviation of the latents before shocks
	healthLevel   = .47  // mean of the latents before shocks
	shockKeep     = .975 // share of a shock that is left a week later
)

// event is something that happens to an account.
type event int

const (
	championLeaves event = iota
	incident
	budgetCut
	merger
	rivalPilot
	newUseCase
	events
)

// shocks say how often an event happens in a year, and what it does to the
// latents.
var shocks = [events]struct {
	rate   float64
	effect [pillars]float64
}{
	championLeaves: {.10, [pillars]float64{-.3, -.1, -.2, -1.3}},
	incident:       {.10, [pillars]float64{-.3, -1.4, -.1, -.2}},
	budgetCut:      {.08, [pillars]float64{-.3, -.1, -1.5, -.3}},
	merger:         {.02, [pillars]float64{-.3, -.1, -.6, -.9}},
	rivalPilot:     {.08, [pillars]float64{-1.5, -.2, -.3, -.3}},
	newUseCase:     {.10, [pillars]float64{.9, .4, .7, .7}},
}

var (
	outageEffect  = [pillars]float64{-.2, -.6, 0, -.1}
	upgradeEffect = [pillars]float64{.3, .1, .3, .2}
	outageReach   = .5 // share of a region's accounts that an outage hurts
)

// drawHealth returns the latents of an account before anything happens to it.
func (w *world) drawHealth(a *account) {
	r := w.generator(forLatents, a.number)
	own := math.Sqrt(1 - sharedLoading*sharedLoading)
	moving := math.Sqrt(1 - nature*nature)
	shared := nature * r.NormFloat64()
	sharedDrift := newDrift(r, moving, weekToWeek)
	var base [pillars]float64
	var drifts [pillars]drift
	for k := range pillars {
		base[k] = nature * r.NormFloat64()
		drifts[k] = newDrift(r, moving, weekToWeek)
		a.health[k] = make([]float64, w.weeks)
	}
	for t := range w.weeks {
		f := shared + sharedDrift.step(r)
		for k := range pillars {
			own := own * (base[k] + drifts[k].step(r))
			a.health[k][t] = healthLevel + float64(spread*(float64(sharedLoading*f)+own))
		}
	}
}
