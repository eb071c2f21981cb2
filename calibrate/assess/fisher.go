package assess

import "math"

// FisherGreater returns the one-sided p-value of Fisher's exact test that group
// 1, with a of n churned, churns more than group 2, with b of m: the chance under
// the hypergeometric distribution of a or more in group 1, given both totals.
// R. A. Fisher, JRSS 85 (1922) 87. Undefined for an empty group or counts outside
// their group.
func FisherGreater(a, n, b, m int) Number {
	if n <= 0 || m <= 0 || a < 0 || b < 0 || a > n || b > m {
		return Undefined(whyEmpty)
	}
	churned, total := a+b, n+m
	all := logChoose(total, churned)
	// The smallest terms first, so that they are not lost in the sum.
	p := 0.0
	for k := min(n, churned); k >= a; k-- {
		if churned-k > m {
			continue
		}
		p += math.Exp(logChoose(n, k) + logChoose(m, churned-k) - all)
	}
	return Defined(min(1, p))
}

// logChoose returns ln(n choose k).
func logChoose(n, k int) float64 {
	x, _ := math.Lgamma(float64(n + 1))
	y, _ := math.Lgamma(float64(k + 1))
	z, _ := math.Lgamma(float64(n - k + 1))
	return x - y - z
}
