package assess

import "math"

// Beta is the three-parameter calibration map of M. Kull, T. Silva Filho, P.
// Flach, AISTATS 54 (2017) 623: logit P = C + A ln q - B ln(1-q). A = B = 1, C = 0
// is the identity, A = B a logistic map on the logit scale; A > B bends one end
// more than the other.
type Beta struct {
	A      float64 `json:"a"`
	B      float64 `json:"b"`
	C      float64 `json:"c"`
	LogLik float64 `json:"log_lik"`
	OK     bool    `json:"ok"`
	Why    string  `json:"why,omitempty"`
}

// clipped keeps a probability off 0 and 1, where its logarithms are infinite.
func clipped(q float64) float64 { return max(1e-6, min(1-1e-6, q)) }

// P returns the calibrated probability of q; 0 where the map is undefined.
func (b Beta) P(q float64) float64 {
	if !b.OK {
		return 0
	}
	q = clipped(q)
	return 1 / (1 + math.Exp(-b.C-b.A*math.Log(q)+b.B*math.Log1p(-q)))
}

// BetaCalibration fits the map to crude probabilities q (a health score s gives
// q = 1 - s/100), kept within [1e-6, 1-1e-6], by maximum likelihood without a
// bound: A or B may come out negative, which is no order-preserving map.
func BetaCalibration(q []float64, churned []bool) Beta {
	fit, why := fitBeta(q, churned, true, true)
	if why != "" {
		return Beta{Why: why}
	}
	return Beta{C: fit.Coef[0], A: fit.Coef[1], B: fit.Coef[2], LogLik: fit.LogLik, OK: true}
}

// MonotoneBeta is BetaCalibration with A, B >= 0: where the free fit has one
// below 0, that term is left out and the other fitted again, as the authors do.
// Undefined where no term is positive: the risk does not rise with q.
func MonotoneBeta(q []float64, churned []bool) Beta {
	b := BetaCalibration(q, churned)
	if b.OK && b.A >= 0 && b.B >= 0 {
		return b
	}
	if b.OK && b.A < 0 && b.B < 0 {
		return Beta{Why: whyContraryRisk}
	}
	first := !b.OK || b.A >= 0 // which single term to try
	fit, why := fitBeta(q, churned, first, !first)
	switch {
	case why != "":
		return Beta{Why: why}
	case fit.Coef[1] < 0:
		return Beta{Why: whyContraryRisk}
	}
	m := Beta{C: fit.Coef[0], LogLik: fit.LogLik, OK: true}
	if first {
		m.A = fit.Coef[1]
	} else {
		m.B = fit.Coef[1]
	}
	return m
}

const whyContraryRisk = "churn does not rise with the risk"

func fitBeta(q []float64, churned []bool, useA, useB bool) (Logistic, string) {
	if _, _, why := outcomes(q, churned); why != "" {
		return Logistic{}, why
	}
	a, b := make([]float64, len(q)), make([]float64, len(q))
	for i, v := range q {
		if v < 0 || v > 1 {
			return Logistic{}, "a probability is outside 0 to 1"
		}
		v = clipped(v)
		a[i], b[i] = math.Log(v), -math.Log1p(-v)
	}
	var x [][]float64
	if useA {
		x = append(x, a)
	}
	if useB {
		x = append(x, b)
	}
	f := FitLogistic(churned, x...)
	return f, f.Why
}
