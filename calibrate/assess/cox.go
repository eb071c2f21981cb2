package assess

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Ties says how a Cox model treats several events at one time.
type Ties uint8

const (
	// Efron averages over the orders in which the events may have come: B. Efron,
	// JASA 72 (1977) 557. The default, and close to exact.
	Efron Ties = iota
	// Breslow lets every event face the whole risk set.
	Breslow
)

// Cox is a fitted proportional-hazards model: the hazard of leaving is multiplied
// by exp(Coef[k]) per unit of column k. Columns may change over time (one row per
// stretch).
type Cox struct {
	Coef     []float64   `json:"coef"`
	SE       []float64   `json:"se"`        // of the model
	RobustSE []float64   `json:"robust_se"` // clustered; nil without clusters
	Cov      [][]float64 `json:"cov"`
	Robust   [][]float64 `json:"robust"`
	LogLik   float64     `json:"log_lik"`
	NullLik  float64     `json:"null_lik"`
	Score    Test        `json:"score"` // all coefficients 0, chi-square
	N        int         `json:"n"`
	Events   int         `json:"events"`
	Clusters int         `json:"clusters,omitempty"`
	OK       bool        `json:"ok"`
	Why      string      `json:"why,omitempty"`
}

// FitCox maximises the partial likelihood (D. Cox, JRSS B 34 (1972) 187) of the
// columns x[k][i] by Newton's method. With cluster (one value per account) the
// sandwich covariance sums the dfbeta of a cluster's rows before squaring (D.
// Lin, L. Wei, JASA 84 (1989) 1074), without a small-sample factor.
func FitCox(f FollowUp, x [][]float64, ties Ties, cluster []int32) Cox {
	out := Cox{N: len(f.Stop)}
	c, why := newPartial(f, x, ties)
	if why == "" && cluster != nil && len(cluster) != len(f.Stop) {
		why = whyLengths
	}
	if why != "" {
		out.Why = why
		return out
	}
	out.Events = len(c.deaths)
	var chol mat.Cholesky
	step := mat.NewVecDense(c.k, nil)
	out.LogLik = c.evaluate()
	out.NullLik = out.LogLik
	for n := range maxSteps {
		if !chol.Factorize(c.info) || chol.Cond() > 1/singular || chol.SolveVecTo(step, c.grad) != nil {
			out.Why = whyCollinear
			return out
		}
		gain := mat.Dot(step, c.grad)
		if n == 0 {
			out.Score = Test{Statistic: gain, DF: float64(c.k), P: ChiSquareSurvival(gain, float64(c.k)), OK: true}
		}
		c.move(step, 1)
		before := out.LogLik
		out.LogLik = c.evaluate()
		if gain < stepLimit*(1+math.Abs(out.LogLik)) {
			out.OK = chol.Factorize(c.info)
			break
		}
		for scale := 0.5; !(out.LogLik >= before-1e-12*math.Abs(before)) && scale > 1e-9; scale /= 2 {
			c.move(step, -scale)
			out.LogLik = c.evaluate()
		}
		for _, b := range c.b {
			if !(math.Abs(b) <= runaway) {
				out.Why = "a column orders the events perfectly"
				return out
			}
		}
	}
	var inverse mat.SymDense
	if !out.OK || chol.InverseTo(&inverse) != nil {
		out.OK, out.Why = false, whyDiverged
		return out
	}
	for j := range c.k {
		if inverse.At(j, j) > uninformed {
			out.OK, out.Why = false, "a column orders the events perfectly"
			return out
		}
	}
	out.Cov = square(c.k)
	for j := range c.k {
		out.Coef = append(out.Coef, c.b[j]/c.sd[j])
		out.SE = append(out.SE, math.Sqrt(inverse.At(j, j))/c.sd[j])
		for m := range c.k {
			out.Cov[j][m] = inverse.At(j, m) / c.sd[j] / c.sd[m]
		}
	}
	if cluster != nil {
		c.sandwich(&out, &inverse, cluster)
	}
	return out
}

// partial is the partial likelihood of standardised columns.
type partial struct {
	f               FollowUp
	k               int
	efron           bool
	z               []float64 // row-major
	mean, sd        []float64
	b               []float64
	byStop, byStart []int32
	deaths          []int32 // ascending
	grad            *mat.VecDense
	info            *mat.SymDense
	weight          []float64 // exp(eta), per row
}

func newPartial(f FollowUp, x [][]float64, ties Ties) (*partial, string) {
	if why := f.check(); why != "" {
		return nil, why
	}
	c := &partial{f: f, k: len(x), efron: ties == Efron, deaths: f.deaths()}
	switch {
	case c.k == 0:
		return nil, whyNoScore
	case len(c.deaths) == 0:
		return nil, whyNoChurned
	}
	n := len(f.Stop)
	c.z = make([]float64, n*c.k)
	for j, col := range x {
		if len(col) != n {
			return nil, whyLengths
		}
		if !allFinite(col) {
			return nil, whyNotFinite
		}
		m, sd := moments(col)
		if sd == 0 {
			return nil, whyConstant
		}
		c.mean, c.sd = append(c.mean, m), append(c.sd, sd)
		for i, v := range col {
			c.z[i*c.k+j] = (v - m) / sd
		}
	}
	c.b, c.weight = make([]float64, c.k), make([]float64, n)
	c.grad, c.info = mat.NewVecDense(c.k, nil), mat.NewSymDense(c.k, nil)
	c.byStop, c.byStart = f.schedule()
	return c, ""
}

func (c *partial) move(step *mat.VecDense, scale float64) {
	for j := range c.b {
		c.b[j] += scale * step.AtVec(j)
	}
}

func (c *partial) row(i int32) []float64 { return c.z[int(i)*c.k : (int(i)+1)*c.k] }

// riskSums are sums over a set of rows of w, w z and w z z' (upper triangle).
type riskSums struct {
	w  float64
	z  []float64
	zz []float64
}

func newRiskSums(k int) *riskSums { return &riskSums{z: make([]float64, k), zz: make([]float64, k*k)} }

func (s *riskSums) add(w float64, z []float64) {
	k := len(z)
	s.w += w
	for j, v := range z {
		s.z[j] += w * v
		for m := j; m < k; m++ {
			s.zz[j*k+m] += w * v * z[m]
		}
	}
}

func (s *riskSums) reset() {
	s.w = 0
	clear(s.z)
	clear(s.zz)
}

// times walks the event times from the last to the first: risk are the sums over
// the rows at risk, tied over those that leave then.
func (c *partial) times(visit func(leavers []int32, risk, tied *riskSums)) {
	for i := range c.weight {
		eta := 0.0
		for j, v := range c.row(int32(i)) {
			eta += c.b[j] * v
		}
		c.weight[i] = math.Exp(eta)
	}
	risk, tied := newRiskSums(c.k), newRiskSums(c.k)
	in, gone := 0, 0
	for hi := len(c.deaths); hi > 0; {
		t := c.f.Stop[c.deaths[hi-1]]
		lo := hi
		for lo > 0 && c.f.Stop[c.deaths[lo-1]] == t {
			lo--
		}
		for ; in < len(c.byStop) && c.f.Stop[c.byStop[in]] >= t; in++ {
			risk.add(c.weight[c.byStop[in]], c.row(c.byStop[in]))
		}
		for ; gone < len(c.byStart) && c.f.start(int(c.byStart[gone])) >= t; gone++ {
			risk.add(-c.weight[c.byStart[gone]], c.row(c.byStart[gone]))
		}
		tied.reset()
		for _, i := range c.deaths[lo:hi] {
			tied.add(c.weight[i], c.row(i))
		}
		visit(c.deaths[lo:hi], risk, tied)
		hi = lo
	}
}

// part is the share of the tied rows' weight that the m-th of d events no longer
// faces.
func (c *partial) part(m, d int) float64 {
	if c.efron {
		return float64(m) / float64(d)
	}
	return 0
}

// evaluate fills gradient and information at b and returns the log-likelihood.
func (c *partial) evaluate() float64 {
	c.grad.Zero()
	c.info.Zero()
	raw := c.info.RawSymmetric()
	zbar := make([]float64, c.k)
	l := 0.0
	c.times(func(leavers []int32, risk, tied *riskSums) {
		for _, i := range leavers {
			for j, v := range c.row(i) {
				l += c.b[j] * v
				c.grad.SetVec(j, c.grad.AtVec(j)+v)
			}
		}
		for m := range leavers {
			out := c.part(m, len(leavers))
			w := risk.w - out*tied.w
			l -= math.Log(w)
			for j := range zbar {
				zbar[j] = (risk.z[j] - out*tied.z[j]) / w
				c.grad.SetVec(j, c.grad.AtVec(j)-zbar[j])
			}
			for j := range zbar {
				for n := j; n < c.k; n++ {
					raw.Data[j*raw.Stride+n] += (risk.zz[j*c.k+n]-out*tied.zz[j*c.k+n])/w - zbar[j]*zbar[n]
				}
			}
		}
	})
	return l
}

// sandwich adds the clustered covariance: the score residual of each row times
// the inverse information, summed by cluster.
func (c *partial) sandwich(out *Cox, inverse *mat.SymDense, cluster []int32) {
	k := c.k
	residual := make([]float64, len(c.z))
	// hazard[e] and pull[e*k:] cumulate 1/w and zbar/w over the event times from
	// the last to the e-th; time[e] is descending.
	var time, hazard, pull []float64
	total, drag := 0.0, make([]float64, k)
	c.times(func(leavers []int32, risk, tied *riskSums) {
		d := len(leavers)
		for m := range leavers {
			o := c.part(m, d)
			w := risk.w - o*tied.w
			total += 1 / w
			for j := range k {
				zbar := (risk.z[j] - o*tied.z[j]) / w
				drag[j] += zbar / w
				for _, i := range leavers {
					z := c.z[int(i)*k+j]
					residual[int(i)*k+j] += (z-zbar)/float64(d) + o*c.weight[i]*(z-zbar)/w
				}
			}
		}
		time = append(time, c.f.Stop[leavers[0]])
		hazard, pull = append(hazard, total), append(pull, drag...)
	})
	// after returns how many event times lie at t or later.
	after := func(t float64) int {
		lo, hi := 0, len(time)
		for lo < hi {
			if m := (lo + hi) / 2; time[m] >= t {
				lo = m + 1
			} else {
				hi = m
			}
		}
		return lo
	}
	slot, clusters := dense(cluster)
	dfbeta := make([]float64, clusters*k)
	sum := func(v []float64, e, width, j int) float64 {
		if e == 0 {
			return 0
		}
		return v[(e-1)*width+j]
	}
	u := make([]float64, k)
	for i := range c.f.Stop {
		// Event times in (start, stop].
		from, to := after(math.Nextafter(c.f.start(i), math.Inf(1))), after(math.Nextafter(c.f.Stop[i], math.Inf(1)))
		h := sum(hazard, from, 1, 0) - sum(hazard, to, 1, 0)
		for j := range k {
			u[j] = residual[i*k+j] - c.weight[i]*(c.z[i*k+j]*h-(sum(pull, from, k, j)-sum(pull, to, k, j)))
		}
		for j := range k {
			for m, v := range u {
				dfbeta[int(slot[i])*k+j] += inverse.At(j, m) * v / c.sd[j]
			}
		}
	}
	out.Clusters, out.Robust = clusters, square(k)
	for g := range clusters {
		for j := range k {
			for m := range k {
				out.Robust[j][m] += dfbeta[g*k+j] * dfbeta[g*k+m]
			}
		}
	}
	for j := range k {
		out.RobustSE = append(out.RobustSE, math.Sqrt(out.Robust[j][j]))
	}
}

// LinearPredictor returns sum_k Coef[k] x[k][i] per row: the log of the relative
// hazard. nil where the model is undefined.
func (c Cox) LinearPredictor(x [][]float64) []float64 {
	if !c.OK || len(x) != len(c.Coef) || len(x) == 0 {
		return nil
	}
	out := make([]float64, len(x[0]))
	for k, col := range x {
		for i, v := range col {
			out[i] += c.Coef[k] * v
		}
	}
	return out
}
