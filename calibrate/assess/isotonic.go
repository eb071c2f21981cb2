package assess

// PoolAdjacentViolators returns the non-decreasing sequence closest to y in
// weighted least squares, in O(n): M. Ayer et al., Ann. Math. Stat. 26 (1955)
// 641. w are positive weights, nil for all 1. nil where the lengths differ, a
// value is not finite or a weight is not positive.
func PoolAdjacentViolators(y, w []float64) []float64 {
	if w != nil && len(w) != len(y) || !allFinite(y) || !allFinite(w) {
		return nil
	}
	type block struct {
		sum, weight float64
		n           int
	}
	blocks := make([]block, 0, len(y))
	for i, v := range y {
		b := block{v, 1, 1}
		if w != nil {
			if !(w[i] > 0) {
				return nil
			}
			b = block{v * w[i], w[i], 1}
		}
		for k := len(blocks) - 1; k >= 0 && blocks[k].sum*b.weight >= b.sum*blocks[k].weight; k-- {
			b = block{blocks[k].sum + b.sum, blocks[k].weight + b.weight, blocks[k].n + b.n}
			blocks = blocks[:k]
		}
		blocks = append(blocks, b)
	}
	fit := make([]float64, 0, len(y))
	for _, b := range blocks {
		for range b.n {
			fit = append(fit, b.sum/b.weight)
		}
	}
	return fit
}

// Step is one level of a fitted step function of the score.
type Step struct {
	FromScore float64 `json:"from_score"` // lowest and highest score observed at this level
	ToScore   float64 `json:"to_score"`
	N         int     `json:"n"`
	Churned   int     `json:"churned"`
	Rate      float64 `json:"rate"`
}

// IsotonicRates returns the churn rate as the best-fitting non-increasing step
// function of the score, steps by ascending score. Rows with one score are one
// observation. nil where the column has no order.
func (r *Ranking) IsotonicRates(churned []bool) []Step {
	if r.why != "" || len(churned) != len(r.order) {
		return nil
	}
	var steps []Step
	for lo, hi := range r.groups {
		s := Step{FromScore: r.x[r.order[lo]], ToScore: r.x[r.order[lo]], N: hi - lo}
		for _, i := range r.order[lo:hi] {
			if churned[i] {
				s.Churned++
			}
		}
		// Merge while the rate does not fall: integers, so that no rounding
		// decides.
		for k := len(steps) - 1; k >= 0 && int64(steps[k].Churned)*int64(s.N) <= int64(s.Churned)*int64(steps[k].N); k-- {
			s = Step{FromScore: steps[k].FromScore, ToScore: s.ToScore, N: steps[k].N + s.N, Churned: steps[k].Churned + s.Churned}
			steps = steps[:k]
		}
		steps = append(steps, s)
	}
	for i := range steps {
		steps[i].Rate = float64(steps[i].Churned) / float64(steps[i].N)
	}
	return steps
}
