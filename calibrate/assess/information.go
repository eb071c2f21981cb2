package assess

import (
	"math"
	"sort"
)

// smoothing is added to every cell count before shares are taken, so that an
// empty cell has a finite logarithm.
const smoothing = 0.5

// Tenths are the edges of the ten bins [0,10), ..., [90,100] of a 0-100 score.
func Tenths() []float64 { return []float64{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100} }

// Histogram counts x into the bins [edges[j], edges[j+1]); the last bin includes
// its upper edge, and values beyond the ends belong to the end bins. edges
// ascend. It is nil where there are fewer than two edges or a value is not finite.
func Histogram(x, edges []float64) []int {
	if len(edges) < 2 || !allFinite(x) {
		return nil
	}
	inner := edges[1 : len(edges)-1]
	count := make([]int, len(edges)-1)
	for _, v := range x {
		count[sort.Search(len(inner), func(j int) bool { return inner[j] > v })]++
	}
	return count
}

// Information is the information value of a binned score.
type Information struct {
	IV  Number    `json:"iv"`
	WoE []float64 `json:"woe"` // per bin: ln(share of kept / share of churned)
}

// InformationValue returns sum (g-b) ln(g/b) with g, b the shares of kept and of
// churned rows per bin, 0.5 added to every cell before normalising. Positive
// weight of evidence is a bin of kept rows. Under 0.02 is nothing, over 0.5 is
// suspiciously much (N. Siddiqi, Credit Risk Scorecards, 2006).
func InformationValue(score []float64, churned []bool, edges []float64) Information {
	if _, _, why := outcomes(score, churned); why != "" {
		return Information{IV: Undefined(why)}
	}
	var kept, lost []float64
	for i, c := range churned {
		if c {
			lost = append(lost, score[i])
		} else {
			kept = append(kept, score[i])
		}
	}
	g, b := Histogram(kept, edges), Histogram(lost, edges)
	if g == nil {
		return Information{IV: Undefined("there are fewer than two bin edges")}
	}
	sg, sb := shares(g), shares(b)
	info := Information{WoE: make([]float64, len(sg))}
	var iv float64
	for j := range sg {
		info.WoE[j] = math.Log(sg[j] / sb[j])
		iv += (sg[j] - sb[j]) * info.WoE[j]
	}
	info.IV = Defined(iv)
	return info
}

// PSI returns the population stability index sum (a-e) ln(a/e) between the
// counts of two samples in the same bins, 0.5 added to every count. It grows
// with chance alone in small samples: compare it with PSICritical.
func PSI(expected, actual []int) Number {
	switch {
	case len(expected) != len(actual):
		return Undefined(whyLengths)
	case len(expected) < 2:
		return Undefined("there are fewer than two bins")
	case total(expected) == 0 || total(actual) == 0:
		return Undefined("a sample is empty")
	}
	e, a := shares(expected), shares(actual)
	var psi float64
	for j := range e {
		psi += (a[j] - e[j]) * math.Log(a[j]/e[j])
	}
	return Defined(psi)
}

// PSICritical returns the value PSI exceeds with probability 5% when two samples
// of n and m rows come from one distribution over the given bins:
// chi2(0.95, bins-1) (1/n + 1/m). B. Yurdakul, J. Naranjo, J. Risk Model
// Validation 14 (2020).
func PSICritical(bins, n, m int) Number {
	if bins < 2 || n < 1 || m < 1 {
		return Undefined("a sample is empty")
	}
	return Defined(ChiSquareQuantile(0.95, float64(bins-1)) * (1/float64(n) + 1/float64(m)))
}

func shares(count []int) []float64 {
	s := make([]float64, len(count))
	sum := float64(total(count)) + smoothing*float64(len(count))
	for j, c := range count {
		s[j] = (float64(c) + smoothing) / sum
	}
	return s
}

func total(count []int) int {
	t := 0
	for _, c := range count {
		t += c
	}
	return t
}
