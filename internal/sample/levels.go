package sample

// Levels of the latents at which the exported facts change. They are spread so
// that each pillar's score, read from the default framework's point tables,
// rises by about 20 points for a unit of its latent, with noise of 8 to 11; the
// package's tests measure both.
const (
	// Product.
	activityAt    = .505 // active share of seats at latent 0
	activitySlope = .165
	featuresAt    = .475 // share of features used at latent 0
	featuresSlope = .13
	sporadicBelow = -.75 // sign-ins days or weeks apart
	darkBelow     = -1.75

	// Support.
	csatAt        = 3.80
	csatSlope     = .50
	negativeBelow = -.85
	positiveAbove = .45
	openBelow     = -1.45 // an escalation stays open

	// Financial.
	lateBelow    = -.30
	overdueBelow = -1.60
	expandAbove  = .35
	upgradeAbove = .95
	shrinkBelow  = -1.15

	// Relationship.
	sponsorAbove  = -.05
	championAbove = -.55
	championLeave = -2.1
	npsAt         = 7.85 // the survey answer before rounding at latent 0
	npsSlope      = 1.15
	attendAbove   = .35
	meetAbove     = -1.35
)
