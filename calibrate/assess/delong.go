package assess

import (
	"cmp"
	"math"
	"slices"
)

// AUCs holds the areas of several scores on the same rows with the covariance
// matrix of their estimates.
type AUCs struct {
	Value   []float64   // per score
	Cov     [][]float64 // nil where undefined: fewer than two clusters or rows of a class
	N       int         // rows
	OK      bool        // Value is defined
	Why     string
	covWhy  string
	perRank []*Ranking
}

// DeLong returns the areas of several scores and their covariance where every
// row is its own cluster: E. DeLong, D. DeLong, D. Clarke-Pearson, Biometrics 44
// (1988) 837, in O(n log n) by ranks (X. Sun, W. Xu, IEEE SPL 21 (2014) 1389).
// The covariance needs two churned and two kept rows.
func DeLong(churned []bool, scores ...[]float64) AUCs { return aucs(churned, nil, rankAll(scores)) }

// Obuchowski returns the areas of several scores and their covariance where rows
// with one cluster value depend on each other (one account on several dates): N.
// Obuchowski, Biometrics 53 (1997) 567. It needs two clusters with a churned row
// and two with a kept row. With one row per cluster it adds to DeLong's only the
// factor of its cross term, which is then 0.
func Obuchowski(churned []bool, cluster []int32, scores ...[]float64) AUCs {
	return aucs(churned, cluster, rankAll(scores))
}

// AUCsOf is Obuchowski, or DeLong where cluster is nil, on columns that are
// ranked already.
func AUCsOf(churned []bool, cluster []int32, scores ...*Ranking) AUCs {
	return aucs(churned, cluster, scores)
}

func rankAll(scores [][]float64) []*Ranking {
	r := make([]*Ranking, len(scores))
	for j, s := range scores {
		r[j] = Rank(s)
	}
	return r
}

func aucs(churned []bool, cluster []int32, scores []*Ranking) AUCs {
	a := AUCs{N: len(churned)}
	var m, n int
	for _, r := range scores {
		if m, n, a.Why = r.classes(churned); a.Why != "" {
			return a
		}
	}
	if cluster != nil && len(cluster) != len(churned) {
		a.Why = whyLengths
		return a
	}
	a.OK, a.perRank = true, scores
	k := len(scores)
	dev := make([][]float64, k) // placement minus AUC, by row
	for j, r := range scores {
		auc := r.AUC(churned).Value
		a.Value = append(a.Value, auc)
		dev[j] = r.placements(churned, m, n)
		for i := range dev[j] {
			dev[j][i] -= auc
		}
	}
	if cluster == nil {
		a.independent(churned, dev, m, n)
	} else {
		a.clustered(churned, cluster, dev, m, n)
	}
	return a
}

func (a *AUCs) independent(churned []bool, dev [][]float64, m, n int) {
	if m < 2 || n < 2 {
		a.covWhy = "fewer than two churned or two kept rows"
		return
	}
	a.Cov = square(len(dev))
	for p := range dev {
		for q := range p + 1 {
			var s10, s01 float64
			for i, c := range churned {
				if c {
					s10 += dev[p][i] * dev[q][i]
				} else {
					s01 += dev[p][i] * dev[q][i]
				}
			}
			v := s10/float64(m-1)/float64(m) + s01/float64(n-1)/float64(n)
			a.Cov[p][q], a.Cov[q][p] = v, v
		}
	}
}

func (a *AUCs) clustered(churned []bool, cluster []int32, dev [][]float64, m, n int) {
	slot, count := dense(cluster)
	i10, i01 := clustersOfEach(churned, slot, count)
	if i10 < 2 || i01 < 2 {
		a.covWhy = whyFewClusters
		return
	}
	k := len(dev)
	d10, d01 := make([][]float64, k), make([][]float64, k)
	for j := range dev {
		d10[j], d01[j] = make([]float64, count), make([]float64, count)
		for i, c := range churned {
			if c {
				d10[j][slot[i]] += dev[j][i]
			} else {
				d01[j][slot[i]] += dev[j][i]
			}
		}
	}
	fm, fn, fi := float64(m), float64(n), float64(count)
	f10, f01, f11 := i10/((i10-1)*fm)/fm, i01/((i01-1)*fn)/fn, fi/(fi-1)/(fm*fn)
	a.Cov = square(k)
	for p := range k {
		for q := range p + 1 {
			var s10, s01, s11 float64
			for c := range count {
				s10 += d10[p][c] * d10[q][c]
				s01 += d01[p][c] * d01[q][c]
				s11 += d10[p][c]*d01[q][c] + d10[q][c]*d01[p][c]
			}
			v := f10*s10 + f01*s01 + f11*s11
			a.Cov[p][q], a.Cov[q][p] = v, v
		}
	}
}

const whyFewClusters = "fewer than two clusters with a churned or with a kept row"

// clustersOfEach counts the clusters, 0..count-1 by row, with a churned and with a
// kept row.
func clustersOfEach(churned []bool, slot []int32, count int) (of, kept float64) {
	hasChurned, hasKept := make([]bool, count), make([]bool, count)
	for i, c := range churned {
		hasChurned[slot[i]] = hasChurned[slot[i]] || c
		hasKept[slot[i]] = hasKept[slot[i]] || !c
	}
	for c := range count {
		if hasChurned[c] {
			of++
		}
		if hasKept[c] {
			kept++
		}
	}
	return of, kept
}

func twoOfEach(churned []bool, cluster []int32) bool {
	slot, count := dense(cluster)
	of, kept := clustersOfEach(churned, slot, count)
	return of >= 2 && kept >= 2
}

// Estimate returns the j-th area with its standard error and interval, cut to
// [0, 1].
func (a AUCs) Estimate(j int) Estimate {
	e := Estimate{N: a.N, Why: cmp.Or(a.Why, whyNoScore)}
	if !a.OK || j < 0 || j >= len(a.Value) {
		return e
	}
	e.Value, e.OK, e.Why = a.Value[j], true, a.covWhy
	if a.Cov != nil {
		e.setInterval(math.Sqrt(max(0, a.Cov[j][j])), 0, 1)
	}
	return e
}

// Difference returns area i minus area j, paired on the same rows. It is invalid
// for two nested models on the data they were fitted to: O. Demler et al.,
// Statistics in Medicine 31 (2012) 2577.
func (a AUCs) Difference(i, j int) (Estimate, Test) {
	e := Estimate{N: a.N, Why: a.Why}
	k := len(a.Value)
	if !a.OK || i < 0 || j < 0 || i >= k || j >= k {
		e.Why = cmp.Or(a.Why, whyNoScore)
		return e, Test{Why: e.Why}
	}
	e.Value, e.OK, e.Why = a.Value[i]-a.Value[j], true, a.covWhy
	if a.Cov == nil {
		return e, Test{Why: a.covWhy}
	}
	se := math.Sqrt(max(0, a.Cov[i][i]+a.Cov[j][j]-2*a.Cov[i][j]))
	e.setInterval(se, -1, 1)
	return e, normalTest(e.Value / se)
}

// AgainstChance returns the two-sided test that area j is 0.5. It uses the
// estimate's own (clustered) variance, or, where a perfect or degenerate ranking
// leaves none, the Mann-Whitney variance under independence (none over strata).
func (a AUCs) AgainstChance(j int, churned []bool) Test {
	if !a.OK || j < 0 || j >= len(a.Value) {
		return Test{Why: cmp.Or(a.Why, whyNoScore)}
	}
	if a.Cov != nil && a.Cov[j][j] > 0 {
		return normalTest((a.Value[j] - 0.5) / math.Sqrt(a.Cov[j][j]))
	}
	if a.perRank == nil {
		return Test{Why: cmp.Or(a.covWhy, "the ranking does not vary")}
	}
	return a.perRank[j].MannWhitney(churned)
}

func square(k int) [][]float64 {
	flat := make([]float64, k*k)
	rows := make([][]float64, k)
	for i := range rows {
		rows[i] = flat[i*k : (i+1)*k]
	}
	return rows
}

// dense numbers the distinct values of v from 0 by first appearance.
func dense(v []int32) (slot []int32, count int) {
	slot = make([]int32, len(v))
	if len(v) == 0 {
		return slot, 0
	}
	lo, hi := slices.Min(v), slices.Max(v)
	if span := int64(hi) - int64(lo); span < 4*int64(len(v))+1024 { // a table beats a map
		at := make([]int32, span+1)
		for i, c := range v {
			if at[c-lo] == 0 {
				count++
				at[c-lo] = int32(count)
			}
			slot[i] = at[c-lo] - 1
		}
		return slot, count
	}
	seen := make(map[int32]int32, len(v))
	for i, c := range v {
		s, ok := seen[c]
		if !ok {
			s = int32(len(seen))
			seen[c] = s
		}
		slot[i] = s
	}
	return slot, len(seen)
}
