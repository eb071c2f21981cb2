package calibrate

import (
	"cmp"
	"math"
	"slices"
)

// estimate is one refit of the weights towards a centre, in the units of the
// pillars. Its slices are made once and filled again by each refit.
type estimate struct {
	status  fitStatus
	culprit int // the slope a collinear design cannot separate, else -1
	firth   bool

	loss     float64   // negative log-likelihood of the unconstrained fit
	beta     []float64 // unconstrained slopes, positive where high scores keep
	cov      []float64 // k*k, their account-clustered covariance
	clusters float64   // accounts, with multiplicity
	wald     float64   // chi-square, k-1 df, of "direction = centre"
	c        float64   // share of the way from the centre to the free weights

	free     []float64 // weights of the fit under beta >= 0; the centre if contrary
	slope    float64   // sum of beta under beta >= 0
	contrary bool      // no pillar is protective: the free weights do not exist
	shrunk   []float64 // centre + c (free - centre)
}

func newEstimate(k int) *estimate {
	return &estimate{beta: make([]float64, k), cov: make([]float64, k*k), free: make([]float64, k), shrunk: make([]float64, k)}
}

// shrinkage is the share of the way from the centre to the free weights that the
// evidence allows: c = max(0, 1 - (k-1)/W), the positive-part James-Stein factor
// for a Wald chi-square W of k-1 degrees of freedom.
func shrinkage(wald float64, k int) float64 {
	if !(wald > 0) {
		return 0
	}
	return max(0, 1-float64(k-1)/wald)
}

// refit fits the design without and with the bound, and shrinks. mult are account
// multiplicities (nil: 1); an account drawn m times is m clusters. start is where
// the unconstrained fit begins, nil for the base rate. The state of f afterwards
// is that of the last fit it made.
func (f *fitter) refit(d *design, mult []int32, centre []float64, start *origin, tolerance float64, out *estimate) {
	out.status, out.culprit, out.firth, out.contrary = noContrast, -1, false, false
	if !f.prepare(d, mult) {
		return
	}
	if start != nil {
		copy(f.a, start.a)
		copy(f.b, start.b)
	}
	if out.status, out.culprit = f.fit(d, mult, unbounded, tolerance); out.status != converged {
		return
	}
	out.loss = f.loss
	out.clusters = f.clusteredCovariance(d, mult, out.cov)
	if f.judge(d, centre, out); out.status != converged {
		return
	}
	f.constrain(d, mult, centre, tolerance, out)
}

// judge takes the unconstrained slopes from the fitter and tests their direction; the
// covariance given is that of standardised slopes. It sets the status where they run off
// or the test is not defined.
func (f *fitter) judge(d *design, centre []float64, out *estimate) {
	k := f.k
	if max(slices.Max(f.b), -slices.Min(f.b)) > f.separation {
		out.status = separated
		return
	}
	for i := range k {
		out.beta[i] = f.b[i] / d.sd[i]
		for j := range k {
			out.cov[i*k+j] /= d.sd[i] * d.sd[j]
		}
	}
	wald, ok := directionTest(out.beta, out.cov, centre, f.contrast, f.cross)
	if !ok {
		out.status = fewAccounts
		return
	}
	out.wald, out.c = wald, shrinkage(wald, k)
}

// constrain goes on from the unconstrained slopes to the bounded fit, and shrinks.
func (f *fitter) constrain(d *design, mult []int32, centre []float64, tolerance float64, out *estimate) {
	if f.clip() {
		if out.status, _ = f.fit(d, mult, nonNegative, tolerance); out.status != converged {
			return
		}
	}
	f.weigh(d, centre, out)
}

// clip sets negative slopes to 0 and says whether there were any.
func (f *fitter) clip() bool {
	clipped := slices.Min(f.b) < 0
	for i := range f.b {
		f.b[i] = max(0, f.b[i])
	}
	return clipped
}

// weigh turns the fitter's bounded slopes into weights, and shrinks them.
func (f *fitter) weigh(d *design, centre []float64, out *estimate) {
	for i, b := range f.b {
		out.free[i] = b / d.sd[i]
	}
	out.shrink(centre)
}

// shrink turns the bounded slopes in free into weights, and shrinks them.
func (e *estimate) shrink(centre []float64) {
	e.slope = 0
	for _, b := range e.free {
		e.slope += b
	}
	if e.contrary = !(e.slope > 0); e.contrary {
		e.slope = 0
		copy(e.free, centre)
	} else {
		for i := range e.free {
			e.free[i] /= e.slope
		}
	}
	for i, w0 := range centre {
		e.shrunk[i] = w0 + e.c*(e.free[i]-w0)
	}
}

// origin is where a fit starts.
type origin struct {
	a, b []float64
	near *expansion // of the accounts there; nil where resamples are fitted by rows
}

func (f *fitter) origin() *origin { return &origin{a: slices.Clone(f.a), b: slices.Clone(f.b)} }

// clusteredCovariance fills cov (k*k, standardised slopes) with
// A (sum_c m_c u_c u_c') A * G/(G-1), A the inverse information on the slopes, u_c
// the sum of the account's efficient scores, G the accounts with multiplicity;
// and returns G. K.-Y. Liang, S. Zeger, Biometrika 73 (1986) 13. With one account
// the covariance is not defined and is 0.
func (f *fitter) clusteredCovariance(d *design, mult []int32, cov []float64) float64 {
	k := f.k
	clear(f.scores)
	f.epoch++
	var clusters float64
	shift := f.cross
	for c, cl := range d.cells {
		if !f.active[c] {
			continue
		}
		ms, mp := f.m[cl.segment*k:], f.m[(d.segments+cl.period)*k:]
		for i := range k {
			shift[i] = ms[i] + mp[i]
		}
		for j := cl.lo; j < cl.hi; j++ {
			a := d.account[j]
			m := int32(1)
			if mult != nil {
				if m = mult[a]; m == 0 {
					continue
				}
			}
			if f.seen[a] != f.epoch {
				f.seen[a] = f.epoch
				clusters += float64(m)
			}
			r := f.residual[j]
			u, x := f.scores[int(a)*k:int(a+1)*k], d.x[j*k:(j+1)*k]
			for i := range u {
				u[i] += r * (-x[i] - shift[i])
			}
		}
	}
	clear(cov)
	for a := range f.seen {
		if f.seen[a] != f.epoch {
			continue
		}
		m := 1.0
		if mult != nil {
			m = float64(mult[a])
		}
		u := f.scores[a*k : (a+1)*k]
		for i, ui := range u {
			for j := range i + 1 {
				cov[i*k+j] += m * ui * u[j]
			}
		}
	}
	f.finishCovariance(cov, clusters)
	return clusters
}

// finishCovariance turns the lower triangle of the summed squares of the scores
// into the covariance of the slopes.
func (f *fitter) finishCovariance(cov []float64, clusters float64) {
	k := f.k
	factor := 0.0
	if clusters > 1 {
		factor = clusters / (clusters - 1)
	}
	for i := range k {
		for j := range i + 1 {
			cov[i*k+j] *= factor
			cov[j*k+i] = cov[i*k+j]
		}
	}
	sandwich(f.chol, k, cov)
}

// sandwich replaces the symmetric v by A v A, A the inverse of L L'.
func sandwich(l []float64, k int, v []float64) {
	for range 2 { // columns of v become A v; then transpose and repeat
		for i := range k {
			solveFactor(l, k, v[i*k:(i+1)*k])
		}
		for i := range k {
			for j := range i {
				v[i*k+j], v[j*k+i] = v[j*k+i], v[i*k+j]
			}
		}
	}
}

// directionTest returns the Wald chi-square, k-1 degrees of freedom, of the
// hypothesis that beta is a multiple of the weights w0: the contrasts
// beta_i - w0_i sum(beta), of which any k-1 are independent. false where their
// covariance is singular. l (k*k) and t (k) are scratch.
func directionTest(beta, cov, w0, l, t []float64) (float64, bool) {
	k := len(beta)
	var sum, all float64
	for i, b := range beta {
		sum += b
		t[i] = 0
		for j := range k {
			t[i] += cov[i*k+j]
			all += cov[i*k+j]
		}
	}
	// Contrast covariance: C_ij - w_i R_j - w_j R_i + w_i w_j T, R row sums, T total.
	for i := range k - 1 {
		for j := range i + 1 {
			l[i*k+j] = cov[i*k+j] - w0[i]*t[j] - w0[j]*t[i] + w0[i]*w0[j]*all
		}
	}
	for i := range k - 1 {
		diag := l[i*k+i]
		for j := range i + 1 {
			s := l[i*k+j]
			for m := range j {
				s -= l[i*k+m] * l[j*k+m]
			}
			if i != j {
				l[i*k+j] = s / l[j*k+j]
				continue
			}
			if !(s > 1e-12*diag) {
				return 0, false
			}
			l[i*k+i] = math.Sqrt(s)
		}
	}
	wald := 0.0
	for i := range k - 1 {
		v := beta[i] - w0[i]*sum
		for j := range i {
			v -= l[i*k+j] * t[j]
		}
		t[i] = v / l[i*k+i]
		wald += t[i] * t[i]
	}
	return wald, true
}

// capChange scales the whole change from the weights w0 so that no weight moves
// by more than limit, and says whether it had to.
func capChange(w0, w []float64, limit float64) ([]float64, bool) {
	largest := largestChange(w0, w)
	if largest <= limit {
		return slices.Clone(w), false
	}
	out := make([]float64, len(w))
	for i := range w {
		out[i] = w0[i] + (w[i]-w0[i])*limit/largest
	}
	return out, true
}

func largestChange(w0, w []float64) float64 {
	largest := 0.0
	for i := range w {
		largest = max(largest, math.Abs(w[i]-w0[i]))
	}
	return largest
}

// perCent rounds weights of sum 1 to whole per cent of sum 100 by largest
// remainder, equal remainders to the larger weight, then the first.
func perCent(w []float64) []int {
	out, order, left := make([]int, len(w)), make([]int, len(w)), 100
	remainder := make([]float64, len(w))
	for i, x := range w {
		// A weight of 40% that arithmetic left at 39.9999999999 is 40.
		v := math.Floor(100*x + 1e-9)
		out[i], order[i], remainder[i] = int(v), i, math.Round(1e9*max(0, 100*x-v))
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(remainder[b], remainder[a]), cmp.Compare(w[b], w[a]))
	})
	for _, i := range order {
		if left <= 0 {
			break
		}
		out[i]++
		left--
	}
	return out
}

// fromPerCent is the weights that whole per cent say.
func fromPerCent(p []int) []float64 {
	w := make([]float64, len(p))
	for i, v := range p {
		w[i] = float64(v) / 100
	}
	return w
}
