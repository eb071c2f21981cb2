package assess

import (
	"math"
	"slices"
)

// Bin is a group of rows with similar probabilities: what was said and what
// happened.
type Bin struct {
	From float64 `json:"from"` // of equal-width bins the edges, else the lowest and highest probability
	To   float64 `json:"to"`
	Said Number  `json:"said"` // mean probability
	Rate Rate    `json:"rate"` // what happened, with Wilson's interval
	p    []float64
	y    []bool
}

// EqualWidthBins groups probabilities into k bins [j/k, (j+1)/k), the last with
// 1. Empty bins are left out. nil where the columns are unusable.
func EqualWidthBins(p []float64, churned []bool, k int) []Bin {
	if !probabilities(p, churned) || k < 1 {
		return nil
	}
	bins := make([]Bin, k)
	for j := range bins {
		bins[j].From, bins[j].To = float64(j)/float64(k), float64(j+1)/float64(k)
	}
	for i, v := range p {
		j := min(int(v*float64(k)), k-1)
		bins[j].add(v, churned[i])
	}
	return finished(bins)
}

// EqualMassBins groups the rows by ascending probability, ties in row order, into
// k bins whose sizes differ by at most one: the row of rank i (from 0) is in bin
// floor(k i / n). nil where the columns are unusable.
func EqualMassBins(p []float64, churned []bool, k int) []Bin {
	if !probabilities(p, churned) || k < 1 {
		return nil
	}
	bins := make([]Bin, k)
	for r, i := range ascending(p) {
		b := &bins[r*k/len(p)]
		if len(b.p) == 0 {
			b.From = p[i]
		}
		b.To = p[i]
		b.add(p[i], churned[i])
	}
	return finished(bins)
}

// QuantileBins groups the rows at the k-quantiles of p (type 7): bin j is
// (q_j, q_(j+1)], the first with its lower edge, equal edges merged. Equal
// probabilities never part, so bins can differ in size.
func QuantileBins(p []float64, churned []bool, k int) []Bin {
	if !probabilities(p, churned) || k < 1 || len(p) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(p))
	var edges []float64
	for j := range k + 1 {
		edges = append(edges, Quantile(sorted, float64(j)/float64(k)).Value)
	}
	edges = slices.Compact(edges)
	bins := make([]Bin, max(1, len(edges)-1))
	for j := range bins {
		bins[j].From, bins[j].To = edges[j], edges[min(j+1, len(edges)-1)]
	}
	for i, v := range p {
		j, _ := slices.BinarySearch(edges, v) // first edge >= v
		bins[min(max(0, j-1), len(bins)-1)].add(v, churned[i])
	}
	return finished(bins)
}

func (b *Bin) add(p float64, c bool) { b.p, b.y = append(b.p, p), append(b.y, c) }

// finished drops the empty bins and fills the figures of the others.
func finished(bins []Bin) []Bin {
	var out []Bin
	for _, b := range bins {
		if len(b.p) == 0 {
			continue
		}
		events := 0
		for _, c := range b.y {
			if c {
				events++
			}
		}
		b.Said, b.Rate = Defined(mean(b.p)), Wilson(events, len(b.p))
		out = append(out, b)
	}
	return out
}

// CalibrationError is the expected calibration error: the mean over rows of the
// distance between said and happened of the row's bin. It depends on the
// binning, which has to be stated beside it (M. Naeini et al., AAAI 29 (2015)).
func CalibrationError(bins []Bin) Number {
	var sum float64
	n := 0
	for _, b := range bins {
		sum += math.Abs(b.Rate.Rate.Value-b.Said.Value) * float64(b.Rate.N)
		n += b.Rate.N
	}
	if n == 0 {
		return Undefined(whyEmpty)
	}
	return Defined(sum / float64(n))
}

// BrierParts is Murphy's partition of the Brier score over bins: Brier =
// Reliability - Resolution + Uncertainty + WithinVariance - WithinCovariance.
// The last two are what the first three leave out where a bin holds different
// probabilities. A. Murphy, J. Appl. Meteorology 12 (1973) 595; D. Stephenson et
// al., Weather and Forecasting 23 (2008) 752.
type BrierParts struct {
	Brier            float64 `json:"brier"`
	Skill            Number  `json:"skill"`       // 1 - Brier / Uncertainty: against saying the base rate to everybody
	Reliability      float64 `json:"reliability"` // 0 is right
	Resolution       float64 `json:"resolution"`  // high is informative
	Uncertainty      float64 `json:"uncertainty"` // of the outcome itself
	WithinVariance   float64 `json:"within_variance"`
	WithinCovariance float64 `json:"within_covariance"`
	OK               bool    `json:"ok"`
	Why              string  `json:"why,omitempty"`
}

// Murphy partitions the Brier score over the bins that one of the binning
// functions returned.
func Murphy(bins []Bin) BrierParts {
	var d BrierParts
	n, events := 0, 0
	for _, b := range bins {
		n += b.Rate.N
		events += b.Rate.Churned
	}
	if n == 0 {
		return BrierParts{Why: whyEmpty}
	}
	base := float64(events) / float64(n)
	for _, b := range bins {
		said, rate, m := b.Said.Value, b.Rate.Rate.Value, float64(b.Rate.N)
		d.Reliability += m * (said - rate) * (said - rate)
		d.Resolution += m * (rate - base) * (rate - base)
		for i, p := range b.p {
			y := 0.0
			if b.y[i] {
				y = 1
			}
			d.Brier += (p - y) * (p - y)
			d.WithinVariance += (p - said) * (p - said)
			d.WithinCovariance += 2 * (y - rate) * (p - said)
		}
	}
	for _, v := range []*float64{&d.Brier, &d.Reliability, &d.Resolution, &d.WithinVariance, &d.WithinCovariance} {
		*v /= float64(n)
	}
	d.Uncertainty, d.OK = base*(1-base), true
	d.Skill = Undefined("there is one outcome only")
	if d.Uncertainty > 0 {
		d.Skill = Defined(1 - d.Brier/d.Uncertainty)
	}
	return d
}

// HosmerLemeshow returns the chi-square of churned and kept rows against the
// probabilities over k QuantileBins, bins-2 degrees of freedom: D. Hosmer, S.
// Lemeshow, Comm. Stat. A9 (1980) 1043. It takes the rows as independent and its
// power depends on k; the table behind it says more.
func HosmerLemeshow(p []float64, churned []bool, k int) Test {
	bins := QuantileBins(p, churned, k)
	if len(bins) < 3 {
		return Test{Why: "there are too few different probabilities"}
	}
	var stat float64
	for _, b := range bins {
		n, o := float64(b.Rate.N), float64(b.Rate.Churned)
		e := b.Said.Value * n
		if !(e > 0) || !(n-e > 0) {
			return Test{Why: "a bin has probability 0 or 1"}
		}
		stat += (o-e)*(o-e)/e + (o-e)*(o-e)/(n-e)
	}
	df := float64(len(bins) - 2)
	return Test{Statistic: stat, DF: df, P: ChiSquareSurvival(stat, df), OK: true}
}

// Spiegelhalter returns the two-sided test that the probabilities are right as
// they stand, z = sum (y-p)(1-2p) / sqrt(sum (1-2p)^2 p(1-p)): D. Spiegelhalter,
// Statistics in Medicine 5 (1986) 421. It takes the rows as independent.
func Spiegelhalter(p []float64, churned []bool) Test {
	if !probabilities(p, churned) || len(p) == 0 {
		return Test{Why: "the probabilities and outcomes are unusable"}
	}
	var num, variance float64
	for i, v := range p {
		y := 0.0
		if churned[i] {
			y = 1
		}
		num += (y - v) * (1 - 2*v)
		variance += (1 - 2*v) * (1 - 2*v) * v * (1 - v)
	}
	if !(variance > 0) {
		return Test{Why: "the statistic has no variance"}
	}
	return normalTest(num / math.Sqrt(variance))
}

// probabilities says that p are probabilities of the outcomes.
func probabilities(p []float64, churned []bool) bool {
	if len(p) != len(churned) {
		return false
	}
	for _, v := range p {
		if !(v >= 0 && v <= 1) {
			return false
		}
	}
	return true
}
