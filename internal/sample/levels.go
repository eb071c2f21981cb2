package sample

// Levels of the latents at which the exported facts change. They are spread so
// that each pillar's score, read from the default framework's point tables, is
// about 60 at latent 0 and rises by 16 to 20 points for a unit of its latent,
// with noise of 13 to 15; the package's tests measure both.
const (
	// Product.
	activityAt    = .46 // active share of seats at latent 0
	activitySlope = .20
	featuresAt    = .445 // share of features used at latent 0
	featuresSlope = .19
	sporadicBelow = -.4 // sign-ins days or weeks apart
	darkBelow     = -1.55

	// Support.
	csatAt        = 3.30
	csatSlope     = .88
	negativeBelow = -.5
	positiveAbove = .75
	openBelow     = -1.2 // an escalation stays open

	// Financial.
	lateBelow    = .0
	overdueBelow = -1.3
	expandAbove  = .35
	upgradeAbove = 1.2
	shrinkBelow  = -.9

	// Relationship.
	sponsorAbove  = 0
	championAbove = -.6
	championLeave = -2.1
	npsAt         = 7.6 // the survey answer before rounding at latent 0
	npsSlope      = 1.05
	attendAbove   = .85
	meetAbove     = -1.35
)
