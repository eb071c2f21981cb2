package assess

import "math"

// AUC returns P(score of a churned row < score of a kept row) plus half the
// ties, over all pairs: the area under the ROC curve of the risk -score.
func AUC(score []float64, churned []bool) Number { return Rank(score).AUC(churned) }

// AUC is the AUC of the ranked column.
func (r *Ranking) AUC(churned []bool) Number {
	m, n, why := r.classes(churned)
	if why != "" {
		return Undefined(why)
	}
	var won float64 // pairs won, ties half
	below := 0      // churned rows below the group
	for lo, hi := range r.groups {
		c := 0
		for _, i := range r.order[lo:hi] {
			if churned[i] {
				c++
			}
		}
		won += float64(hi-lo-c) * (float64(below) + float64(c)/2)
		below += c
	}
	return Defined(won / float64(m) / float64(n))
}

// placements returns for each churned row the share of kept rows above it (ties
// half), for each kept row the share of churned rows below it, by row. Their
// class means are both the AUC. E. DeLong et al., Biometrics 44 (1988) 837.
func (r *Ranking) placements(churned []bool, m, n int) []float64 {
	v := make([]float64, len(churned))
	churnedBelow, keptBelow := 0, 0
	for lo, hi := range r.groups {
		c := 0
		for _, i := range r.order[lo:hi] {
			if churned[i] {
				c++
			}
		}
		k := hi - lo - c
		above := (float64(n-keptBelow) - float64(k)/2) / float64(n)
		below := (float64(churnedBelow) + float64(c)/2) / float64(m)
		for _, i := range r.order[lo:hi] {
			if churned[i] {
				v[i] = above
			} else {
				v[i] = below
			}
		}
		churnedBelow += c
		keptBelow += k
	}
	return v
}

// MannWhitney returns the two-sided rank-sum test that churned and kept rows
// have one score distribution: normal approximation, tie-corrected variance, no
// continuity correction. The statistic z is positive where churned rows score
// lower. It takes the rows as independent.
func (r *Ranking) MannWhitney(churned []bool) Test {
	m, n, why := r.classes(churned)
	if why != "" {
		return Test{Why: why}
	}
	var t ties3
	for lo, hi := range r.groups {
		t.add(hi - lo)
	}
	fm, fn := float64(m), float64(n)
	all := fm + fn
	variance := fm * fn / 12 * (all + 1 - t.sum/(all*(all-1)))
	if !(variance > 0) {
		return Test{Why: whyConstant}
	}
	return normalTest((r.AUC(churned).Value - 0.5) * fm * fn / math.Sqrt(variance))
}

// ties3 sums t^3 - t over the runs of equal values.
type ties3 struct{ sum float64 }

func (t *ties3) add(run int) { c := float64(run); t.sum += c*c*c - c }

// WeightedAUC is AUC with each pair weighted by the product of its rows'
// weights, which must be finite and not negative: the ARR-weighted AUC, or the
// AUC of a resample given as multiplicities.
func WeightedAUC(score []float64, churned []bool, weight []float64) Number {
	e := StratifiedAUC(score, churned, Strata{Weight: weight})
	return Number{Value: e.Value, OK: e.OK, Why: e.Why}
}

// Strata says how StratifiedAUC forms and weighs its pairs. Every field may be
// nil.
type Strata struct {
	Stratum []int32   // pairs are formed within equal values; nil is one stratum
	Weight  []float64 // a pair weighs the product of its rows; nil is 1
	Cluster []int32   // rows with one value depend on each other; nil: no interval
}

// StratifiedAUC returns the AUC over the pairs of a churned and a kept row of
// one stratum (one snapshot date: the within-date AUC, which no drift of the
// base rate between dates can flatter). Strata with one outcome add no pairs.
//
// The interval, with Cluster given, is the linearised ratio of two sums over
// clusters: with D all pair weights and e_c the sum over the rows i of cluster c
// of (pairs won by i - AUC * pairs of i), the variance is G/(G-1) sum e_c^2 / D^2.
func StratifiedAUC(score []float64, churned []bool, s Strata) Estimate {
	return Rank(score).StratifiedAUC(churned, s)
}

// StratifiedAUC is the StratifiedAUC of the ranked column.
func (r *Ranking) StratifiedAUC(churned []bool, s Strata) Estimate {
	e := Estimate{N: len(r.x)}
	var sums []float64
	if e.Value, sums, e.Why = r.within(churned, s); e.Why != "" {
		return e
	}
	e.OK = true
	if len(sums) > 1 {
		e.setInterval(math.Sqrt(crossed(sums, sums)), 0, 1)
	}
	return e
}

// StratifiedAUCs returns the stratified areas of several scores on the same rows,
// with the covariance matrix of their linearised ratios; none without Cluster, or
// with fewer than two clusters of either outcome.
func StratifiedAUCs(churned []bool, s Strata, scores ...*Ranking) AUCs {
	a := AUCs{N: len(churned)}
	sums := make([][]float64, len(scores))
	for j, r := range scores {
		var value float64
		if value, sums[j], a.Why = r.within(churned, s); a.Why != "" {
			return a
		}
		a.Value = append(a.Value, value)
	}
	a.OK = true
	if s.Cluster == nil || !twoOfEach(churned, s.Cluster) {
		a.covWhy = whyFewClusters
		return a
	}
	a.Cov = square(len(scores))
	for j := range sums {
		for l := range sums {
			a.Cov[j][l] = crossed(sums[j], sums[l])
		}
	}
	return a
}

// crossed is G/(G-1) times the sum of the products of G clusters' shares.
func crossed(a, b []float64) float64 {
	var total float64
	for c := range a {
		total += a[c] * b[c]
	}
	g := float64(len(a))
	return total * g / (g - 1)
}

// within returns the stratified AUC and what each cluster adds to its deviation;
// nothing of these without Cluster.
func (r *Ranking) within(churned []bool, s Strata) (auc float64, sums []float64, why string) {
	_, _, why = r.classes(churned)
	n := len(r.x)
	if why == "" && (s.Stratum != nil && len(s.Stratum) != n || s.Weight != nil && len(s.Weight) != n || s.Cluster != nil && len(s.Cluster) != n) {
		why = whyLengths
	}
	if why == "" && !validWeights(s.Weight) {
		why = "a weight is negative or not finite"
	}
	if why != "" {
		return 0, nil, why
	}
	won, pairs := make([]float64, n), make([]float64, n) // by row
	var wins, all float64
	rows, bounds := r.byStratum(s.Stratum)
	for t := range len(bounds) - 1 {
		a, d := pairsWithin(rows[bounds[t]:bounds[t+1]], r.x, churned, s.Weight, won, pairs)
		wins += a
		all += d
	}
	if !(all > 0) {
		return 0, nil, "no stratum has both outcomes"
	}
	auc = wins / all
	if s.Cluster == nil {
		return auc, nil, ""
	}
	slot, clusters := dense(s.Cluster)
	sums = make([]float64, clusters)
	for i, c := range slot {
		sums[c] += (won[i] - auc*pairs[i]) / all
	}
	return auc, sums, ""
}

// pairsWithin fills won and pairs for the rows of one stratum, given in order of
// score, and returns the stratum's totals.
func pairsWithin(rows []int32, score []float64, churned []bool, weight, won, pairs []float64) (wins, all float64) {
	w := func(i int32) float64 {
		if weight == nil {
			return 1
		}
		return weight[i]
	}
	var m, n float64
	for _, i := range rows {
		if churned[i] {
			m += w(i)
		} else {
			n += w(i)
		}
	}
	var cBelow, kBelow float64
	for lo := 0; lo < len(rows); {
		var c, k float64
		hi := lo
		for ; hi < len(rows) && score[rows[hi]] == score[rows[lo]]; hi++ {
			if churned[rows[hi]] {
				c += w(rows[hi])
			} else {
				k += w(rows[hi])
			}
		}
		for _, i := range rows[lo:hi] {
			if churned[i] {
				won[i], pairs[i] = w(i)*(n-kBelow-k/2), w(i)*n
			} else {
				won[i], pairs[i] = w(i)*(cBelow+c/2), w(i)*m
			}
		}
		wins += k * (cBelow + c/2)
		cBelow += c
		kBelow += k
		lo = hi
	}
	return wins, m * n
}

// setInterval adds a symmetric normal interval, cut to [lo, hi].
func (e *Estimate) setInterval(se, lo, hi float64) {
	if !finite(se) {
		return
	}
	e.SE, e.Interval = se, true
	e.Lo, e.Hi = max(lo, e.Value-Z975*se), min(hi, e.Value+Z975*se)
}

func validWeights(w []float64) bool {
	for _, v := range w {
		if !finite(v) || v < 0 {
			return false
		}
	}
	return true
}
