package assess

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// CorrelationMatrix returns the Pearson correlations of the columns x[k][i].
// Undefined pairs (a constant column) are 0 off the diagonal; ok is false if any
// column is constant, or the columns are empty, ragged or not finite.
func CorrelationMatrix(x [][]float64) (r [][]float64, ok bool) {
	k := len(x)
	r, ok = square(k), k > 0
	for i := range k {
		r[i][i] = 1
		for j := range i {
			c := Pearson(x[i], x[j])
			r[i][j], r[j][i] = c.R, c.R
			ok = ok && c.OK
		}
	}
	if k == 1 {
		ok = Pearson(x[0], x[0]).OK
	}
	return r, ok
}

// VIF returns each column's variance inflation factor 1/(1-R2), R2 from the
// regression on the other columns: the diagonal of the inverse correlation
// matrix. All are undefined where a column is constant or an exact linear
// combination of others.
func VIF(x [][]float64) []Number {
	out := make([]Number, len(x))
	r, ok := CorrelationMatrix(x)
	fail := func(why string) []Number {
		for j := range out {
			out[j] = Undefined(why)
		}
		return out
	}
	if !ok {
		return fail("a column is constant, incomplete or has too few rows")
	}
	k := len(x)
	sym := mat.NewSymDense(k, nil)
	for i := range k {
		for j := range i + 1 {
			sym.SetSym(i, j, r[i][j])
		}
	}
	var chol mat.Cholesky
	var inv mat.SymDense
	if !chol.Factorize(sym) || chol.Cond() > 1e12 || chol.InverseTo(&inv) != nil {
		return fail("a column is a linear combination of the others")
	}
	for j := range out {
		out[j] = Defined(max(1, inv.At(j, j)))
	}
	return out
}

// ConditionNumber returns the ratio of the largest to the smallest singular
// value of the standardised columns: sqrt of the eigenvalue ratio of their
// correlation matrix. Above 30 the coefficients are not separately estimable (D.
// Belsley et al., Regression Diagnostics, 1980).
func ConditionNumber(x [][]float64) Number {
	r, ok := CorrelationMatrix(x)
	if !ok {
		return Undefined("a column is constant, incomplete or has too few rows")
	}
	sym := mat.NewSymDense(len(x), nil)
	for i := range x {
		for j := range i + 1 {
			sym.SetSym(i, j, r[i][j])
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(sym, false) {
		return Undefined("the eigenvalues did not converge")
	}
	v := eig.Values(nil)
	if lo := v[0]; lo > 1e-13*v[len(v)-1] {
		return Defined(math.Sqrt(v[len(v)-1] / lo))
	}
	return Undefined("a column is a linear combination of the others")
}
