package assess

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// EffectiveN returns Kish's effective number of rows under unequal weights,
// (sum w)^2 / sum w^2: as many equal rows would be as uncertain. L. Kish, Survey
// Sampling (1965).
func EffectiveN(w []float64) Number {
	if !validWeights(w) {
		return Undefined("a weight is negative or not finite")
	}
	var s, ss float64
	for _, v := range w {
		s += v
		ss += v * v
	}
	if !(ss > 0) {
		return Undefined("all weights are 0")
	}
	return Defined(s * s / ss)
}

// MinimumSample is how many rows a logistic model needs, by three criteria.
type MinimumSample struct {
	R2        Number `json:"r2"`        // Cox-Snell
	R2Max     Number `json:"r2_max"`    // the largest possible at this churn rate
	Shrinkage Number `json:"shrinkage"` // rows for an expected slope of 0.9 on new data
	Optimism  Number `json:"optimism"`  // rows for at most 0.05 of apparent R2 (Nagelkerke) that is not real
	Risk      Number `json:"risk"`      // rows for a churn rate known within 0.05
	Rows      Number `json:"rows"`      // the largest of the three
	Churned   Number `json:"churned"`   // churned rows among so many
}

// RileyMinimum returns the minimum sample for p parameters, from the
// likelihood-ratio chi-square lr that a sample of n rows with churned events
// gave: R. Riley et al., Statistics in Medicine 38 (2019) 1276, criteria i to
// iii.
func RileyMinimum(p, n, churned int, lr float64) MinimumSample {
	u := Undefined("the pillars foretell nothing")
	if n <= 0 || churned <= 0 || churned >= n || p < 1 || !finite(lr) {
		u = Undefined("there is one outcome only")
		return MinimumSample{u, u, u, u, u, u, u}
	}
	m := MinimumSample{u, u, u, u, u, u, u}
	base, fp := float64(churned)/float64(n), float64(p)
	r2 := -math.Expm1(-lr / float64(n))
	null := math.Exp(base*math.Log(base) + (1-base)*math.Log1p(-base))
	m.R2, m.R2Max = Defined(r2), Defined(1-null*null)
	m.Risk = Defined((1.96 / .05) * (1.96 / .05) * base * (1 - base))
	if !(lr > 0) || r2 >= 0.9 {
		return m
	}
	s := r2 / (r2 + .05*m.R2Max.Value)
	m.Shrinkage = Defined(fp / ((.9 - 1) * math.Log1p(-r2/.9)))
	m.Optimism = Defined(fp / ((s - 1) * math.Log1p(-r2/s)))
	if m.Shrinkage.OK && m.Optimism.OK {
		m.Rows = Defined(math.Ceil(max(m.Shrinkage.Value, m.Optimism.Value, m.Risk.Value)))
		m.Churned = Defined(math.Ceil(m.Rows.Value * base))
	}
	return m
}

// Spread is how far groups differ beyond chance.
type Spread struct {
	Q    Test   `json:"q"`    // chi-square: all groups share the centre
	Tau2 Number `json:"tau2"` // variance between groups, by moments
}

// Heterogeneity tests that the vectors contrast[g], with covariances cov[g], are
// all 0: Q = sum_g c' V^-1 c, and tau2 = max(0, (Q - df) / sum_g trace V^-1), the
// moment estimate of R. DerSimonian, N. Laird, Controlled Clinical Trials 7
// (1986) 177, about a fixed centre. Groups with a singular covariance are left
// out.
func Heterogeneity(contrast [][]float64, cov [][][]float64) Spread {
	out := Spread{Q: Test{Why: "no group can be compared"}, Tau2: Undefined("no group can be compared")}
	if len(contrast) != len(cov) {
		out.Q.Why = whyLengths
		return out
	}
	var q, df, trace float64
	for g, c := range contrast {
		stat, ok := quadraticForm(cov[g], c)
		if !ok {
			continue
		}
		q += stat
		df += float64(len(c))
		for j := range c {
			unit := make([]float64, len(c))
			unit[j] = 1
			t, _ := quadraticForm(cov[g], unit)
			trace += t
		}
	}
	if df == 0 {
		return out
	}
	out.Q = Test{Statistic: q, DF: df, P: ChiSquareSurvival(q, df), OK: true}
	out.Tau2 = Defined(max(0, (q-df)/trace))
	return out
}

// quadraticForm returns v' A^-1 v for a symmetric positive definite A.
func quadraticForm(a [][]float64, v []float64) (float64, bool) {
	n := len(v)
	if len(a) != n || n == 0 {
		return 0, false
	}
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		if len(a[i]) != n {
			return 0, false
		}
		for j := range i + 1 {
			if !finite(a[i][j]) {
				return 0, false
			}
			sym.SetSym(i, j, a[i][j])
		}
	}
	var chol mat.Cholesky
	x, b := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	for i, u := range v {
		b.SetVec(i, u)
	}
	if !chol.Factorize(sym) || chol.Cond() > 1/singular || chol.SolveVecTo(x, b) != nil {
		return 0, false
	}
	return mat.Dot(x, b), true
}
