package assess

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// NormalSurvival returns P(Z > z) for a standard normal Z, accurate in the far
// tail, where 1 - CDF(z) would be 0.
func NormalSurvival(z float64) float64 { return 0.5 * math.Erfc(z/math.Sqrt2) }

// StudentSurvival returns P(T > t) for Student's t with df > 0 degrees of
// freedom, by the regularised incomplete beta function; 0 for df <= 0.
func StudentSurvival(t, df float64) float64 {
	if !(df > 0) {
		return 0
	}
	tail := 0.5 * mathext.RegIncBeta(df/2, 0.5, df/(df+t*t))
	if t < 0 {
		return 1 - tail
	}
	return tail
}

// ChiSquareSurvival returns P(X > x) for a chi-square X with df > 0 degrees of
// freedom, by the complementary incomplete gamma function; 1 for x <= 0.
func ChiSquareSurvival(x, df float64) float64 {
	if !(x > 0) || !(df > 0) {
		return 1
	}
	return mathext.GammaIncRegComp(df/2, x/2)
}

// ChiSquareQuantile returns the p-quantile, 0 <= p < 1, of a chi-square with
// df > 0 degrees of freedom.
func ChiSquareQuantile(p, df float64) float64 {
	if !(p > 0) || p >= 1 || !(df > 0) {
		return 0
	}
	return distuv.ChiSquared{K: df}.Quantile(p)
}

// FSurvival returns P(X > x) for an F distribution with d1 > 0 and d2 > 0
// degrees of freedom; 1 for x <= 0.
func FSurvival(x, d1, d2 float64) float64 {
	if !(x > 0) || !(d1 > 0) || !(d2 > 0) {
		return 1
	}
	return mathext.RegIncBeta(d2/2, d1/2, d2/(d2+d1*x))
}
