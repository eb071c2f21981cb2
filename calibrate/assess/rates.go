package assess

import "math"

// Rate is churned rows of all rows with Wilson's interval.
type Rate struct {
	N       int    `json:"n"`
	Churned int    `json:"churned"`
	Rate    Number `json:"rate"`
	Lo      Number `json:"lo"`
	Hi      Number `json:"hi"`
}

// Wilson returns churned/n with Wilson's 95% score interval, which stays in
// [0, 1] and is honest for 0 of n: E. Wilson, JASA 22 (1927) 209. Undefined for
// n <= 0 or churned outside 0..n.
func Wilson(churned, n int) Rate {
	r := Rate{N: n, Churned: churned}
	if n <= 0 || churned < 0 || churned > n {
		r.Rate = Undefined(whyEmpty)
		r.Lo, r.Hi = r.Rate, r.Rate
		return r
	}
	fn, p := float64(n), float64(churned)/float64(n)
	z2 := Z975 * Z975
	mid := (p + z2/(2*fn)) / (1 + z2/fn)
	half := Z975 * math.Sqrt(p*(1-p)/fn+z2/(4*fn*fn)) / (1 + z2/fn)
	lo, hi := max(0, mid-half), min(1, mid+half)
	if churned == 0 {
		lo = 0
	}
	if churned == n {
		hi = 1
	}
	r.Rate, r.Lo, r.Hi = Defined(p), Defined(lo), Defined(hi)
	return r
}

// CochranArmitage returns the two-sided test for a linear trend of the rate over
// ordered groups, scored 0, 1, 2, ...; z is negative where the rate falls. It
// uses the binomial variance under no trend, N in the denominator: P. Armitage,
// Biometrics 11 (1955) 375. Empty groups keep their place. Rows are taken as
// independent.
func CochranArmitage(churned, n []int) Test {
	if len(churned) != len(n) {
		return Test{Why: whyLengths}
	}
	var events, rows, tn, ttn, te float64
	for j := range n {
		t := float64(j)
		events += float64(churned[j])
		rows += float64(n[j])
		te += t * float64(churned[j])
		tn += t * float64(n[j])
		ttn += t * t * float64(n[j])
	}
	if rows == 0 {
		return Test{Why: whyEmpty}
	}
	p := events / rows
	variance := p * (1 - p) * (ttn - tn*tn/rows)
	if !(variance > 0) {
		return Test{Why: "one group or one outcome only"}
	}
	return normalTest((te - p*tn) / math.Sqrt(variance))
}
