package assess

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Logistic is a fitted logistic regression: logit P(churned) = Coef[0] +
// sum_k Coef[k+1] x_k.
type Logistic struct {
	Coef    []float64   `json:"coef"`     // intercept first
	Cov     [][]float64 `json:"cov"`      // inverse information; rows taken as independent
	LogLik  float64     `json:"log_lik"`  // at Coef
	NullLik float64     `json:"null_lik"` // of the intercept alone
	N       int         `json:"n"`
	Churned int         `json:"churned"`
	OK      bool        `json:"ok"`
	Why     string      `json:"why,omitempty"`
}

// LR is twice the gain in log-likelihood over the intercept alone.
func (f Logistic) LR() float64 { return 2 * (f.LogLik - f.NullLik) }

const (
	maxSteps   = 100
	runaway    = 50  // a standardised slope that large is on its way to infinity
	uninformed = 1e6 // so is one with that variance
	singular   = 1e-10
	stepLimit  = 1e-22 // squared step, in standard errors, at which Newton has arrived
)

// FitLogistic fits the columns x by maximum likelihood: Newton's method on
// standardised columns with a Cholesky factor. Undefined: one outcome only, a
// constant or collinear column, outcomes that a combination of the columns
// separates perfectly.
func FitLogistic(churned []bool, x ...[]float64) Logistic {
	f := Logistic{N: len(churned)}
	if f.Churned, _, f.Why = outcomes(make([]float64, len(churned)), churned); f.Why != "" {
		return f
	}
	k := len(x)
	mean, sd := make([]float64, k), make([]float64, k)
	z := make([]float64, len(churned)*(k+1)) // row-major, 1 first
	for j, col := range x {
		if len(col) != len(churned) {
			f.Why = whyLengths
			return f
		}
		if !allFinite(col) {
			f.Why = whyNotFinite
			return f
		}
		if mean[j], sd[j] = moments(col); sd[j] == 0 {
			f.Why = whyConstant
			return f
		}
	}
	for i := range churned {
		row := z[i*(k+1) : (i+1)*(k+1)]
		row[0] = 1
		for j, col := range x {
			row[j+1] = (col[i] - mean[j]) / sd[j]
		}
	}
	base := float64(f.Churned) / float64(f.N)
	f.NullLik = float64(f.Churned)*math.Log(base) + float64(f.N-f.Churned)*math.Log1p(-base)
	b := make([]float64, k+1)
	b[0] = math.Log(base) - math.Log1p(-base)
	var chol mat.Cholesky
	if f.LogLik, f.Why = newtonLogistic(z, churned, b, &chol); f.Why != "" {
		return f
	}
	f.OK = true
	f.unstandardise(b, &chol, mean, sd)
	return f
}

// newtonLogistic maximises the likelihood from b, in place; chol is the factor
// of the information there.
func newtonLogistic(z []float64, churned []bool, b []float64, chol *mat.Cholesky) (loglik float64, why string) {
	p := len(b)
	grad, step := mat.NewVecDense(p, nil), mat.NewVecDense(p, nil)
	info := mat.NewSymDense(p, nil)
	evaluate := func() float64 {
		grad.Zero()
		info.Zero()
		raw, l := info.RawSymmetric(), 0.0
		for i, c := range churned {
			row := z[i*p : (i+1)*p]
			eta := 0.0
			for j, v := range row {
				eta += b[j] * v
			}
			e := math.Exp(-math.Abs(eta))
			prob := 1 / (1 + e)
			if eta < 0 {
				prob = e / (1 + e)
			}
			l -= max(eta, 0) + math.Log1p(e)
			r := -prob
			if c {
				l += eta
				r++
			}
			h := e / ((1 + e) * (1 + e))
			for j, v := range row {
				grad.SetVec(j, grad.AtVec(j)+r*v)
				for m := j; m < p; m++ {
					raw.Data[j*raw.Stride+m] += h * v * row[m]
				}
			}
		}
		return l
	}
	loglik = evaluate()
	for range maxSteps {
		if !chol.Factorize(info) || chol.Cond() > 1/singular {
			if loglik > -1e-6*float64(len(churned)) || runsOff(b) {
				return 0, whySeparated
			}
			return 0, whyCollinear
		}
		if chol.SolveVecTo(step, grad) != nil {
			return 0, whyCollinear
		}
		gain := mat.Dot(step, grad)
		for j := range b {
			b[j] += step.AtVec(j)
		}
		before := loglik
		loglik = evaluate()
		if gain < stepLimit*(1+math.Abs(loglik)) {
			if !chol.Factorize(info) {
				return 0, whyCollinear
			}
			return loglik, ""
		}
		for scale := 0.5; !(loglik >= before-1e-12*math.Abs(before)) && scale > 1e-9; scale /= 2 {
			for j := range b {
				b[j] -= scale * step.AtVec(j)
			}
			loglik = evaluate()
		}
		if runsOff(b) {
			return 0, whySeparated
		}
	}
	return 0, whyDiverged
}

func runsOff(b []float64) bool {
	for _, v := range b[1:] {
		if !(math.Abs(v) <= runaway) {
			return true
		}
	}
	return false
}

// unstandardise turns the fit of (x - mean)/sd into that of x.
func (f *Logistic) unstandardise(b []float64, chol *mat.Cholesky, mean, sd []float64) {
	p := len(b)
	back := mat.NewDense(p, p, nil)
	back.Set(0, 0, 1)
	for j := 1; j < p; j++ {
		back.Set(0, j, -mean[j-1]/sd[j-1])
		back.Set(j, j, 1/sd[j-1])
	}
	var inverse mat.SymDense
	if chol.InverseTo(&inverse) != nil {
		f.OK, f.Why = false, whyCollinear
		return
	}
	for j := 1; j < p; j++ {
		if inverse.At(j, j) > uninformed {
			f.OK, f.Why = false, whySeparated
			return
		}
	}
	var half, cov mat.Dense
	half.Mul(back, &inverse)
	cov.Mul(&half, back.T())
	f.Coef, f.Cov = make([]float64, p), square(p)
	for i := range p {
		for j := range p {
			f.Coef[i] += back.At(i, j) * b[j]
			f.Cov[i][j] = (cov.At(i, j) + cov.At(j, i)) / 2
		}
	}
}

// moments returns the mean and the population standard deviation of x, which is
// exactly 0 where x is constant but for rounding.
func moments(x []float64) (m, sd float64) {
	m = mean(x)
	var ss float64
	for _, v := range x {
		ss += (v - m) * (v - m)
	}
	if degenerate(ss, m, len(x)) {
		return m, 0
	}
	return m, math.Sqrt(ss / float64(len(x)))
}
