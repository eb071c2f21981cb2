package assess

import (
	"math"
	"slices"
)

// Correlation is a coefficient of association with its p-value and, for
// Pearson's r, its interval. P and the interval take the rows as independent;
// where an account has several rows, read a clustered interval instead (see
// Obuchowski).
type Correlation struct {
	R        float64 `json:"r"`
	P        float64 `json:"p"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
	N        int     `json:"n"`
	OK       bool    `json:"ok"`
	Interval bool    `json:"interval"`
	Why      string  `json:"why,omitempty"`
}

// Number returns the coefficient alone.
func (c Correlation) Number() Number { return Number{Value: c.R, OK: c.OK, Why: c.Why} }

// PointBiserial returns Pearson's r between a score and the outcome as 0/1;
// negative where low scores churn.
func PointBiserial(score []float64, churned []bool) Correlation {
	return Pearson(score, indicator(churned))
}

// Pearson returns the product-moment correlation of x and y, its two-sided p by
// Student's t with n-2 degrees of freedom, and Fisher's interval
// tanh(atanh r +- 1.96/sqrt(n-3)) for n > 3.
func Pearson(x, y []float64) Correlation {
	if why := columns(x, y); why != "" {
		return Correlation{N: len(x), Why: why}
	}
	r, ok := productMoment(x, y)
	if !ok {
		return Correlation{N: len(x), Why: whyConstant}
	}
	c := Correlation{R: r, P: studentP(r, len(x)), N: len(x), OK: true}
	if c.N > 3 && math.Abs(r) < 1 {
		z, h := math.Atanh(r), Z975/math.Sqrt(float64(c.N-3))
		c.Lo, c.Hi, c.Interval = math.Tanh(z-h), math.Tanh(z+h), true
	}
	return c
}

// Spearman returns the Pearson correlation of the mid-ranks of x and y, and the
// same t approximation of its p.
func Spearman(x, y []float64) Correlation {
	if why := columns(x, y); why != "" {
		return Correlation{N: len(x), Why: why}
	}
	r, ok := productMoment(Rank(x).Mid(), Rank(y).Mid())
	if !ok {
		return Correlation{N: len(x), Why: whyConstant}
	}
	return Correlation{R: r, P: studentP(r, len(x)), N: len(x), OK: true}
}

// KendallTauB returns Kendall's tau-b, which corrects for ties in both columns:
// (concordant - discordant) / sqrt((n0-n1)(n0-n2)), with n0 all pairs and n1, n2
// the pairs tied in x, in y; its p is the normal approximation with the
// tie-corrected variance. O(n log n) by counting the exchanges of a merge sort:
// W. R. Knight, JASA 61 (1966) 436; the variance is in M. Kendall, Rank
// Correlation Methods (1970).
func KendallTauB(x, y []float64) Correlation {
	if why := columns(x, y); why != "" {
		return Correlation{N: len(x), Why: why}
	}
	n := len(x)
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		case y[a] < y[b]:
			return -1
		case y[a] > y[b]:
			return 1
		}
		return 0
	})
	var tx, txy, ty ties
	runX, runXY := 1, 1
	for i := 1; i <= n; i++ {
		sameX := i < n && x[order[i]] == x[order[i-1]]
		if sameX && y[order[i]] == y[order[i-1]] {
			runXY++
		} else {
			txy.add(runXY)
			runXY = 1
		}
		if sameX {
			runX++
		} else {
			tx.add(runX)
			runX = 1
		}
	}
	v := make([]float64, n)
	for i, j := range order {
		v[i] = y[j]
	}
	discordant := exchanges(v, make([]float64, n))
	for i, run := 1, 1; i <= n; i++ { // v is now sorted
		if i < n && v[i] == v[i-1] {
			run++
		} else {
			ty.add(run)
			run = 1
		}
	}
	fn := float64(n)
	pairs := fn * (fn - 1) / 2
	if tx.pairs == pairs || ty.pairs == pairs {
		return Correlation{N: n, Why: whyConstant}
	}
	s := pairs - tx.pairs - ty.pairs + txy.pairs - 2*float64(discordant)
	tau := s / math.Sqrt(pairs-tx.pairs) / math.Sqrt(pairs-ty.pairs)
	c := Correlation{R: max(-1, min(1, tau)), P: 1, N: n, OK: true}
	if n > 2 {
		m := fn * (fn - 1)
		variance := (m*(2*fn+5)-tx.cubic-ty.cubic)/18 + 2*tx.pairs*ty.pairs/m + tx.triples*ty.triples/(9*m*(fn-2))
		if variance > 0 {
			c.P = min(1, 2*NormalSurvival(math.Abs(s)/math.Sqrt(variance)))
		}
	}
	return c
}

// Spearman is Spearman's rho of the ranked column with the outcome. The ranks of
// two classes are a linear function of 0 and 1, so no second sort is needed.
func (r *Ranking) Spearman(churned []bool) Correlation {
	if _, _, why := r.classes(churned); why != "" {
		return Correlation{N: len(churned), Why: why}
	}
	return Pearson(r.Mid(), indicator(churned))
}

// TauB is Kendall's tau-b of the ranked column with the outcome: with m churned
// and n kept rows, (1 - 2 AUC) mn / sqrt((n0-n1) mn).
func (r *Ranking) TauB(churned []bool) Number {
	m, n, why := r.classes(churned)
	if why != "" {
		return Undefined(why)
	}
	var t ties
	for lo, hi := range r.groups {
		t.add(hi - lo)
	}
	all, between := float64(m+n), float64(m)*float64(n)
	untied := all*(all-1)/2 - t.pairs
	if untied == 0 {
		return Undefined(whyConstant)
	}
	return Defined((1 - 2*r.AUC(churned).Value) * math.Sqrt(between/untied))
}

// ties sums over the runs of equal values what tau's variance needs.
type ties struct{ pairs, triples, cubic float64 }

func (t *ties) add(run int) {
	c := float64(run)
	t.pairs += c * (c - 1) / 2
	t.triples += c * (c - 1) * (c - 2)
	t.cubic += c * (c - 1) * (2*c + 5)
}

// exchanges sorts v by merging and returns how many pairs were out of order.
func exchanges(v, buf []float64) int64 {
	n := len(v)
	if n < 2 {
		return 0
	}
	h := n / 2
	count := exchanges(v[:h], buf[:h]) + exchanges(v[h:], buf[h:])
	i, j, k := 0, h, 0
	for i < h && j < n {
		if v[j] < v[i] {
			buf[k] = v[j]
			count += int64(h - i)
			j++
		} else {
			buf[k] = v[i]
			i++
		}
		k++
	}
	copy(buf[k:], v[i:h])
	copy(buf[k+h-i:], v[j:])
	copy(v, buf[:n])
	return count
}

// columns checks that two columns can be correlated.
func columns(x, y []float64) string {
	switch {
	case len(x) != len(y):
		return whyLengths
	case len(x) < 2:
		return whyFewRows
	case !allFinite(x) || !allFinite(y):
		return whyNotFinite
	}
	return ""
}

// productMoment is Pearson's r by two passes; false where a column is constant.
func productMoment(x, y []float64) (float64, bool) {
	mx, my := mean(x), mean(y)
	var sxx, syy, sxy float64
	for i, v := range x {
		dx, dy := v-mx, y[i]-my
		sxx += dx * dx
		syy += dy * dy
		sxy += dx * dy
	}
	if degenerate(sxx, mx, len(x)) || degenerate(syy, my, len(y)) {
		return 0, false
	}
	return max(-1, min(1, sxy/math.Sqrt(sxx)/math.Sqrt(syy))), true
}

// degenerate says that a sum of squared deviations is rounding noise only.
func degenerate(ss, mean float64, n int) bool {
	eps := 1e-13 * math.Abs(mean)
	return ss <= eps*eps*float64(n)
}

func studentP(r float64, n int) float64 {
	df := float64(n - 2)
	if df <= 0 {
		return 1
	}
	if r*r >= 1 {
		return 0
	}
	return min(1, 2*StudentSurvival(math.Abs(r)*math.Sqrt(df/((1-r)*(1+r))), df))
}

func mean(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

func indicator(churned []bool) []float64 {
	y := make([]float64, len(churned))
	for i, c := range churned {
		if c {
			y[i] = 1
		}
	}
	return y
}
