package assess

import "math"

// Quantile returns the p-quantile, 0 <= p <= 1, of values sorted ascending, by
// linear interpolation of the order statistics at 1 + (n-1)p (type 7 of R.
// Hyndman, Y. Fan, Am. Stat. 50 (1996) 361). Undefined for no values or p outside
// [0, 1].
func Quantile(sorted []float64, p float64) Number {
	if len(sorted) == 0 || !(p >= 0 && p <= 1) {
		return Undefined(whyEmpty)
	}
	h := float64(len(sorted)-1) * p
	j := int(math.Floor(h))
	if j+1 >= len(sorted) {
		return Defined(sorted[len(sorted)-1])
	}
	return Defined(sorted[j] + (h-float64(j))*(sorted[j+1]-sorted[j]))
}
