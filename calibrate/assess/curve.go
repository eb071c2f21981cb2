package assess

import "math"

// KolmogorovSmirnov is the largest vertical distance between the score
// distributions of churned and kept rows.
type KolmogorovSmirnov struct {
	D   float64 `json:"d"`  // sup |F_churned - F_kept|
	At  float64 `json:"at"` // the lowest score where it is reached
	P   float64 `json:"p"`  // asymptotic, rows taken as independent
	OK  bool    `json:"ok"`
	Why string  `json:"why,omitempty"`
}

// KS returns the two-sample Kolmogorov-Smirnov distance in one pass over the
// order. P is the limiting distribution 2 sum (-1)^(k-1) exp(-2 k^2 z^2) with
// z = D sqrt(mn/(m+n)), without small-sample correction, as R's ks.test with
// exact = FALSE.
func (r *Ranking) KS(churned []bool) KolmogorovSmirnov {
	m, n, why := r.classes(churned)
	if why != "" {
		return KolmogorovSmirnov{Why: why}
	}
	k := KolmogorovSmirnov{OK: true, At: r.x[r.order[0]]}
	c, seen := 0, 0
	for lo, hi := range r.groups {
		for _, i := range r.order[lo:hi] {
			if churned[i] {
				c++
			}
		}
		seen = hi
		if d := math.Abs(float64(c)/float64(m) - float64(seen-c)/float64(n)); d > k.D {
			k.D, k.At = d, r.x[r.order[lo]]
		}
	}
	k.P = kolmogorov(k.D * math.Sqrt(float64(m)*float64(n)/float64(m+n)))
	return k
}

// kolmogorov is the upper tail of the limiting distribution. Below z = 0.3 it is
// 1 to full precision and the alternating series converges slowly.
func kolmogorov(z float64) float64 {
	if z < 0.3 {
		return 1
	}
	var s float64
	sign := 1.0
	for k := 1.0; k <= 100; k++ {
		t := math.Exp(-2 * k * k * z * z)
		s += sign * t
		if t < 1e-18*s {
			break
		}
		sign = -sign
	}
	return max(0, min(1, 2*s))
}

// Gini returns 2 AUC - 1, the accuracy ratio.
func Gini(auc Number) Number {
	if !auc.OK {
		return auc
	}
	return Defined(2*auc.Value - 1)
}

// AveragePrecision returns the area under the precision-recall curve as
// sum (R_k - R_(k-1)) P_k over the distinct scores from the riskiest up, without
// interpolation. Its chance level is the churn rate, not 0.5.
func (r *Ranking) AveragePrecision(churned []bool) Number {
	m, _, why := r.classes(churned)
	if why != "" && why != whyNoKept {
		return Undefined(why)
	}
	var ap float64
	found := 0
	for lo, hi := range r.groups {
		c := 0
		for _, i := range r.order[lo:hi] {
			if churned[i] {
				c++
			}
		}
		found += c
		ap += float64(c) / float64(m) * float64(found) / float64(hi)
	}
	return Defined(ap)
}

// Decile is one tenth of the rows by score.
type Decile struct {
	Decile     int     `json:"decile"` // 1 is the riskiest
	N          int     `json:"n"`
	Churned    int     `json:"churned"`
	Rate       Number  `json:"rate"`
	Lift       Number  `json:"lift"`        // rate over the overall rate
	Capture    Number  `json:"capture"`     // share of all churned rows in this and riskier deciles
	ARRCapture Number  `json:"arr_capture"` // the same for the ARR that was lost
	MinScore   float64 `json:"min_score"`
	MaxScore   float64 `json:"max_score"`
}

// Deciles cuts the rows, lowest score first and ties in row order, into ten
// groups whose sizes differ by at most one: the row of ascending rank i (from 0)
// is in decile floor(10 i / n) + 1. lost is the ARR that each row lost, churned or
// not; it may be nil. Groups without a row are left out; nil where the column has no
// order.
func (r *Ranking) Deciles(churned []bool, lost []float64) []Decile {
	n := len(r.order)
	if r.why != "" || n == 0 || len(churned) != n || lost != nil && len(lost) != n {
		return nil
	}
	var m int
	var allLost float64
	for i, c := range churned {
		if c {
			m++
		}
		if lost != nil {
			allLost += lost[i]
		}
	}
	ratio := func(a, b float64, why string) Number {
		if !(b > 0) {
			return Undefined(why)
		}
		return Defined(a / b)
	}
	var out []Decile
	var cum int
	var cumARR float64
	for lo, d := 0, 0; d < 10; d++ {
		hi := lo
		for hi < n && hi*10/n == d {
			hi++
		}
		if hi == lo {
			continue
		}
		g := Decile{Decile: d + 1, N: hi - lo, MinScore: r.x[r.order[lo]], MaxScore: r.x[r.order[hi-1]]}
		for _, i := range r.order[lo:hi] {
			if churned[i] {
				g.Churned++
			}
			if lost != nil {
				cumARR += lost[i]
			}
		}
		cum += g.Churned
		g.Rate = ratio(float64(g.Churned), float64(g.N), whyEmpty)
		g.Lift = ratio(g.Rate.Value, float64(m)/float64(n), whyNoChurned)
		g.Capture = ratio(float64(cum), float64(m), whyNoChurned)
		g.ARRCapture = ratio(cumARR, allLost, whyNothingLost)
		out = append(out, g)
		lo = hi
	}
	return out
}
