package assess

import "slices"

// Ranking is the ascending order of a column. It is computed once and serves
// every measure of that column that depends on order only. It keeps a reference
// to the column, which must not change while the ranking is in use.
type Ranking struct {
	x     []float64
	order []int32
	why   string // why there is no order
}

// Rank sorts a column in O(n log n). Ties keep the order of their rows. A column
// with a value that is not finite has no order; every measure of it is undefined.
func Rank(x []float64) *Ranking {
	r := &Ranking{x: x}
	if !allFinite(x) {
		r.why = whyNotFinite
		return r
	}
	r.order = make([]int32, len(x))
	for i := range r.order {
		r.order[i] = int32(i)
	}
	slices.SortFunc(r.order, func(a, b int32) int {
		switch u, v := x[a], x[b]; {
		case u < v:
			return -1
		case u > v:
			return 1
		}
		return int(a) - int(b)
	})
	return r
}

// Mid returns the mid-ranks, 1-based, by row: tied values share the mean of the
// ranks they occupy. It is nil where there is no order.
func (r *Ranking) Mid() []float64 {
	if r.why != "" {
		return nil
	}
	mid := make([]float64, len(r.order))
	for lo, hi := range r.groups {
		v := float64(lo+hi+1) / 2
		for _, i := range r.order[lo:hi] {
			mid[i] = v
		}
	}
	return mid
}

// groups yields the half-open bounds in order of each run of equal values.
func (r *Ranking) groups(yield func(lo, hi int) bool) {
	for lo := 0; lo < len(r.order); {
		hi := lo + 1
		for hi < len(r.order) && r.x[r.order[hi]] == r.x[r.order[lo]] {
			hi++
		}
		if !yield(lo, hi) {
			return
		}
		lo = hi
	}
}

// classes checks the outcomes that go with the ranked column.
func (r *Ranking) classes(churned []bool) (m, n int, why string) {
	switch {
	case len(churned) != len(r.x):
		return 0, 0, whyLengths
	case len(churned) == 0:
		return 0, 0, whyEmpty
	case r.why != "":
		return 0, 0, r.why
	}
	for _, c := range churned {
		if c {
			m++
		}
	}
	n = len(churned) - m
	switch {
	case m == 0:
		why = whyNoChurned
	case n == 0:
		why = whyNoKept
	}
	return m, n, why
}

// byStratum returns the order regrouped: rows of one stratum together, strata by
// first appearance, scores ascending within; and the bounds of each stratum.
func (r *Ranking) byStratum(stratum []int32) (rows []int32, bounds []int) {
	if stratum == nil {
		return r.order, []int{0, len(r.order)}
	}
	slot, count := dense(stratum)
	bounds = make([]int, count+1)
	for _, s := range slot {
		bounds[s+1]++
	}
	for s := range count {
		bounds[s+1] += bounds[s]
	}
	next := append([]int(nil), bounds[:count]...)
	rows = make([]int32, len(r.order))
	for _, i := range r.order {
		rows[next[slot[i]]] = i
		next[slot[i]]++
	}
	return rows, bounds
}
