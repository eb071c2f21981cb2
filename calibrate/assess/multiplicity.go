package assess

import (
	"cmp"
	"slices"
)

// BenjaminiHochberg returns the p-values adjusted to control the false discovery
// rate, in the order given: the running minimum from the largest down of
// p_(i) n / i. Reject where the result is at most the rate. Y. Benjamini, Y.
// Hochberg, JRSS B 57 (1995) 289.
func BenjaminiHochberg(p []float64) []float64 {
	n := len(p)
	adjusted, order := make([]float64, n), ascending(p)
	low := 1.0
	for i := n - 1; i >= 0; i-- {
		low = min(low, p[order[i]]*float64(n)/float64(i+1))
		adjusted[order[i]] = low
	}
	return adjusted
}

// Holm returns the p-values adjusted to control the chance of any false
// rejection, in the order given: the running maximum from the smallest up of
// (n-i+1) p_(i), at most 1. S. Holm, Scand. J. Stat. 6 (1979) 65.
func Holm(p []float64) []float64 {
	n := len(p)
	adjusted, order := make([]float64, n), ascending(p)
	high := 0.0
	for i, j := range order {
		high = max(high, min(1, p[j]*float64(n-i)))
		adjusted[j] = high
	}
	return adjusted
}

func ascending(p []float64) []int {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	return order
}
