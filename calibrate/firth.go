package calibrate

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// firthFit is a fit by Firth's penalised likelihood, in standardised units.
type firthFit struct {
	theta     []float64     // intercepts that are not redundant, then slopes of use
	cov       *mat.SymDense // inverse Fisher information at theta
	slopes    int           // where the slopes begin
	penalised float64       // log-likelihood + log det(information) / 2
}

const (
	maxFirth       = 1000
	firthTolerance = 1e-11
	firthStep      = 2.0 // the longest move of a parameter in one iteration
)

// firth maximises loglik + log det(I)/2 over the intercepts and the slopes in use
// by modified scoring: the score of row i is y - p + h (1/2 - p), h its leverage.
// The estimate is finite whatever the data, also under perfect separation: D.
// Firth, Biometrika 80 (1993) 27; G. Heinze, M. Schemper, Stat. Med. 21 (2002)
// 2409. f must be prepared and eliminated on d, so that its active cells and
// redundant intercepts are known. false without convergence.
func (f *fitter) firth(d *design, use []int) (*firthFit, bool) {
	at := make([]int, f.q) // parameter of each intercept
	p := 0
	for i := range f.q {
		at[i] = -1
		if !f.skip[i] {
			at[i] = p
			p++
		}
	}
	out := &firthFit{slopes: p}
	p += len(use)
	out.theta = make([]float64, p)
	theta := out.theta
	for s := range d.segments {
		if at[s] >= 0 {
			theta[at[s]] = math.Log(f.churned / (f.rows - f.churned))
		}
	}
	z, score := make([]float64, p), make([]float64, p)
	inverse := mat.NewSymDense(p, nil)
	var chol mat.Cholesky
	// visit calls do with each row's covariates, probability and position.
	visit := func(do func(j int, prob float64)) {
		for c, cl := range d.cells {
			if !f.active[c] {
				continue
			}
			clear(z)
			for _, i := range []int{cl.segment, d.segments + cl.period} {
				if at[i] >= 0 {
					z[at[i]] = 1
				}
			}
			for j := cl.lo; j < cl.hi; j++ {
				for u, k := range use {
					z[out.slopes+u] = -d.x[j*d.k+k]
				}
				eta := 0.0
				for i, v := range z {
					eta += theta[i] * v
				}
				do(j, 1/(1+math.Exp(-eta)))
			}
		}
	}
	information := make([]float64, p*p)
	for range maxFirth {
		clear(information)
		loss := 0.0
		visit(func(j int, prob float64) {
			v := prob * (1 - prob)
			for a, za := range z {
				for b := a; b < p; b++ {
					information[a*p+b] += v * za * z[b]
				}
			}
			if d.churned[j] {
				loss -= math.Log(prob)
			} else {
				loss -= math.Log1p(-prob)
			}
		})
		if !chol.Factorize(mat.NewSymDense(p, slices.Clone(information))) || chol.InverseTo(inverse) != nil {
			return nil, false
		}
		clear(score)
		visit(func(j int, prob float64) {
			h := 0.0
			for a, za := range z {
				if za == 0 {
					continue
				}
				for b, zb := range z {
					h += za * zb * inverse.At(a, b)
				}
			}
			r := indicator(d.churned[j]) - prob + prob*(1-prob)*h*(0.5-prob)
			for a, za := range z {
				score[a] += r * za
			}
		})
		var step mat.VecDense
		step.MulVec(inverse, mat.NewVecDense(p, score))
		longest := mat.Norm(&step, math.Inf(1))
		if math.IsNaN(longest) {
			return nil, false
		}
		scale := min(1, firthStep/max(longest, 1e-300))
		for i := range theta {
			theta[i] += scale * step.AtVec(i)
		}
		if longest < firthTolerance {
			out.cov, out.penalised = inverse, chol.LogDet()/2-loss
			return out, true
		}
	}
	return nil, false
}

// refitFirth is refit for a separated design. The covariance is the inverse
// information, since residuals near 0 would make a sandwich look certain; slopes
// under 0 are removed one by one, the most negative first, each time refitting.
func (f *fitter) refitFirth(d *design, centre []float64, out *estimate) {
	k := f.k
	out.firth, out.culprit, out.contrary = true, -1, false
	if out.status = noContrast; !f.prepare(d, nil) {
		return
	}
	f.evaluate(d, nil)
	if out.culprit = f.eliminate(); out.culprit >= 0 {
		out.status = collinear
		return
	}
	use := make([]int, k)
	for i := range use {
		use[i] = i
	}
	full, ok := f.firth(d, use)
	if out.status = diverged; !ok {
		return
	}
	for i := range k {
		out.beta[i] = full.theta[full.slopes+i] / d.sd[i]
		for j := range k {
			out.cov[i*k+j] = full.cov.At(full.slopes+i, full.slopes+j) / (d.sd[i] * d.sd[j])
		}
	}
	out.loss, out.clusters = -full.penalised, 0
	if out.wald, ok = directionTest(out.beta, out.cov, centre, f.contrast, f.cross); !ok {
		return
	}
	out.c = shrinkage(out.wald, k)
	fit := full
	for {
		worst := -1
		for u := range use {
			if b := fit.theta[fit.slopes+u]; b < 0 && (worst < 0 || b < fit.theta[fit.slopes+worst]) {
				worst = u
			}
		}
		if worst < 0 {
			break
		}
		if use = slices.Delete(use, worst, worst+1); len(use) == 0 {
			break
		}
		if fit, ok = f.firth(d, use); !ok {
			return
		}
	}
	clear(out.free)
	for u, i := range use {
		out.free[i] = fit.theta[fit.slopes+u] / d.sd[i]
	}
	out.shrink(centre)
	out.status = converged
}
