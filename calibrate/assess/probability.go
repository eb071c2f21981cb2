package assess

import "math"

// Brier returns the mean squared difference of a churn probability and the
// outcome. weight may be nil. G. Brier, Monthly Weather Review 78 (1950) 1.
func Brier(p []float64, churned []bool, weight []float64) Number {
	return meanLoss(p, churned, weight, func(p float64, c bool) float64 {
		if c {
			p = 1 - p
		}
		return p * p
	})
}

// LogLoss returns the mean of -ln(probability given to what happened), with
// probabilities kept within [1e-15, 1-1e-15]. weight may be nil.
func LogLoss(p []float64, churned []bool, weight []float64) Number {
	return meanLoss(p, churned, weight, func(p float64, c bool) float64 {
		p = max(1e-15, min(1-1e-15, p))
		if c {
			return -math.Log(p)
		}
		return -math.Log1p(-p)
	})
}

func meanLoss(p []float64, churned []bool, weight []float64, loss func(float64, bool) float64) Number {
	switch {
	case len(p) != len(churned) || weight != nil && len(weight) != len(p):
		return Undefined(whyLengths)
	case len(p) == 0:
		return Undefined(whyEmpty)
	case !validWeights(weight):
		return Undefined("a weight is negative or not finite")
	}
	var sum, all float64
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return Undefined("a probability is outside 0 to 1")
		}
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		sum += w * loss(v, churned[i])
		all += w
	}
	if !(all > 0) {
		return Undefined("all weights are 0")
	}
	return Defined(sum / all)
}

// CalibrationLine says how probabilities relate to outcomes.
type CalibrationLine struct {
	Intercept  Number `json:"intercept"`    // of logit(outcome) on logit(p)
	Slope      Number `json:"slope"`        // 1 is right; below 1 the probabilities are too extreme
	InTheLarge Number `json:"in_the_large"` // the shift of logit(p) that makes the mean right; 0 is right
	Ratio      Number `json:"ratio"`        // churned rows over the sum of p
}

// Calibrate fits logit P(churned) = intercept + slope logit(p) by Newton's
// method, and the intercept alone with slope 1: D. Cox, Biometrika 45 (1958) 562.
// p must lie strictly between 0 and 1. Undefined figures: one outcome only, all p
// equal (slope), or outcomes separated perfectly by p (slope).
func Calibrate(p []float64, churned []bool) CalibrationLine {
	_, _, why := outcomes(p, churned)
	x := make([]float64, len(p))
	var expected, happened float64
	for i, v := range p {
		if why != "" {
			break
		}
		if !(v > 0 && v < 1) {
			why = "a probability is not strictly between 0 and 1"
			break
		}
		x[i] = math.Log(v) - math.Log1p(-v)
		expected += v
		if churned[i] {
			happened++
		}
	}
	if why != "" {
		u := Undefined(why)
		return CalibrationLine{u, u, u, u}
	}
	line := CalibrationLine{Ratio: Defined(happened / expected)}
	if a, _, ok := fitLine(x, churned, true); ok {
		line.InTheLarge = Defined(a)
	} else {
		line.InTheLarge = Undefined("the fit did not converge")
	}
	fit := LogisticLine(x, churned)
	if !fit.OK {
		line.Intercept = Undefined(fit.Why)
		line.Slope = line.Intercept
		return line
	}
	line.Intercept, line.Slope = Defined(fit.Intercept), Defined(fit.Slope)
	return line
}

// Line is a logistic regression on one column: logit P(churned) = Intercept +
// Slope x.
type Line struct {
	Intercept float64 `json:"intercept"`
	Slope     float64 `json:"slope"`
	OK        bool    `json:"ok"`
	Why       string  `json:"why,omitempty"`
}

// P returns the probability at x; 0 where the line is undefined.
func (l Line) P(x float64) float64 {
	if !l.OK {
		return 0
	}
	return 1 / (1 + math.Exp(-l.Intercept-l.Slope*x))
}

// LogisticLine fits a Line by maximum likelihood (Newton). Undefined: one outcome
// only, x constant, or a threshold on x that separates the outcomes.
func LogisticLine(x []float64, churned []bool) Line {
	if _, _, why := outcomes(x, churned); why != "" {
		return Line{Why: why}
	}
	if separated(x, churned) {
		return Line{Why: "one threshold separates the outcomes perfectly, or there is only one value"}
	}
	m := mean(x)
	z := make([]float64, len(x)) // centred, for the conditioning of the Hessian
	for i, v := range x {
		z[i] = v - m
	}
	a, b, ok := fitLine(z, churned, false)
	if !ok {
		return Line{Why: "the fit did not converge"}
	}
	return Line{Intercept: a - b*m, Slope: b, OK: true}
}

// separated says that one threshold on x divides the outcomes, so that the
// likelihood has no maximum.
func separated(x []float64, churned []bool) bool {
	lo := [2]float64{math.Inf(1), math.Inf(1)}
	hi := [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, v := range x {
		c := 0
		if churned[i] {
			c = 1
		}
		lo[c], hi[c] = min(lo[c], v), max(hi[c], v)
	}
	return hi[0] <= lo[1] || hi[1] <= lo[0]
}

// fitLine maximises the likelihood of logit P = a + b x by Newton with step
// halving, b fixed at 1 if fixedSlope.
func fitLine(x []float64, churned []bool, fixedSlope bool) (a, b float64, ok bool) {
	if fixedSlope {
		b = 1
	}
	loss := math.Inf(1)
	var da, db float64
	for range 100 {
		var l, ga, gb, haa, hab, hbb float64
		for i, v := range x {
			eta := a + b*v
			e := math.Exp(-math.Abs(eta))
			p := 1 / (1 + e)
			if eta < 0 {
				p = e / (1 + e)
			}
			l += max(eta, 0) + math.Log1p(e)
			g, h := p, e/((1+e)*(1+e))
			if churned[i] {
				l -= eta
				g--
			}
			ga += g
			gb += g * v
			haa += h
			hab += h * v
			hbb += h * v * v
		}
		if l > loss+1e-10*math.Abs(loss) { // too far: halve the last step
			da, db = da/2, db/2
			a, b = a+da, b+db
			continue
		}
		loss = l
		if fixedSlope {
			da, db = ga/haa, 0
		} else {
			det := haa*hbb - hab*hab
			if !(det > 1e-12*haa*hbb) {
				return 0, 0, false
			}
			da, db = (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		}
		if !finite(da) || !finite(db) || math.Abs(b-db) > 1e6 {
			return 0, 0, false
		}
		a, b = a-da, b-db
		if da*ga+db*gb < 1e-18*(1+math.Abs(l)) {
			return a, b, true
		}
	}
	return 0, 0, false
}
