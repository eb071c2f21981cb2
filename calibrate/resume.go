package calibrate

import "math"

// cubic is the third derivative of the loss at an origin, over the intercept and
// the four slopes: sum of h (1-2p) v_i v_j v_k, v = (1, -x).
type cubic [5][5][5]float64

// cubicOf returns the third derivative of a one-cell design at the fitter's a, b,
// whose residuals are those of the last evaluation there.
func (f *fitter) cubicOf(d *design) *cubic {
	var t cubic
	for j := range d.row {
		p := indicator(d.churned[j]) - f.residual[j]
		h := p * (1 - p) * (1 - 2*p)
		v := [5]float64{1, -d.x[4*j], -d.x[4*j+1], -d.x[4*j+2], -d.x[4*j+3]}
		for a := range 5 {
			for b := range a + 1 {
				hab := h * v[a] * v[b]
				for c := range b + 1 {
					t[a][b][c] += hab * v[c]
				}
			}
		}
	}
	for a := range 5 {
		for b := range 5 {
			for c := range 5 {
				x, y, z := max(a, b, c), 0, min(a, b, c)
				y = a + b + c - x - z
				t[a][b][c] = t[x][y][z]
			}
		}
	}
	return &t
}

// along contracts the third derivative with a step.
func (t *cubic) along(s *[5]float64) (h [5][5]float64) {
	for a := range 5 {
		for b := range a + 1 {
			for c := range 5 {
				h[a][b] += t[a][b][c] * s[c]
			}
			h[b][a] = h[a][b]
		}
	}
	return h
}

// step returns the present step as (intercept, slopes).
func (f *fitter) step() *[5]float64 {
	return &[5]float64{f.da[0] + f.da[1], f.db[0], f.db[1], f.db[2], f.db[3]}
}

// nearEnough is how far, in standard errors over the root of the events, the last
// full pass of a resumed fit may be from the optimum: what it leaves out of the
// information is then under 1e-6 of it.
const nearEnough = 1e-5

// resume refits a resample of a one-cell design from the origin of the whole
// sample with one full pass over the rows instead of three, and a lighter one:
//
//   - at the origin, gradient and information are sums over accounts (exact), and
//     the Newton step is corrected by the whole sample's third derivative
//     (Chebyshev's method);
//   - one full pass there; the Newton step that follows is a small fraction of a
//     standard error;
//   - at the optimum, the residuals are those of that pass moved along the step, row
//     by row: their squares are below rounding. Their sum over the rows is the
//     gradient, whose optimality conditions are checked; their sums by account are
//     the clustered scores. The information moves by the third derivative.
//
// It returns false, and leaves the fit to go on from where it got to, where the last
// step is not so small. On return the elimination is that of the optimum, and cov its clustered
// covariance (see clusteredCovariance).
func (f *fitter) resume(d *design, mult []int32, start *origin, cov []float64) (clusters float64, ok bool) {
	defer func() {
		if !ok && (math.IsNaN(f.loss) || math.IsInf(f.loss, 0) || f.runningOff()) {
			copy(f.a, start.a)
			copy(f.b, start.b)
		}
	}()
	f.evaluateAt(d, mult, start.sums)
	if f.eliminate() >= 0 || math.IsNaN(f.newtonStep(unbounded)) {
		return 0, false
	}
	before := f.loss
	s := f.step()
	h := start.third.along(s)
	var t [5]float64
	for a := range 5 {
		for b := range 5 {
			t[a] += h[a][b] * s[b] / 2
		}
	}
	f.ga[0] += t[0]
	f.ga[1] += t[0]
	for i := range 4 {
		f.gb[i] += t[i+1]
		f.gr[i] = f.gb[i] - f.m[i]*f.ga[0] - f.m[4+i]*f.ga[1]
	}
	f.newtonStep(unbounded)
	f.move(1)
	f.evaluate(d, mult)
	if !(f.loss <= before+1e-12*before) {
		copy(f.a, start.a)
		copy(f.b, start.b)
		return 0, false
	}
	if f.runningOff() || f.eliminate() >= 0 {
		return 0, false
	}
	if decrease := f.newtonStep(unbounded); !(decrease < nearEnough*nearEnough*f.churned) {
		return 0, false
	}
	s = f.step()
	f.move(1)
	h = start.third.along(s)
	h0 := f.haa[0]*f.haa[0] + h[0][0] // the elimination left its root
	f.haa[0], f.haa[2], f.haa[3] = h0, h0, h0
	for i := range 4 {
		f.hab[i] += h[0][i+1]
		f.hab[4+i] += h[0][i+1]
		for j := range i + 1 {
			f.hbb[i*4+j] += h[i+1][j+1]
		}
	}
	f.ga[0], f.ga[1] = 0, 0
	clear(f.gb)
	if f.eliminate() >= 0 {
		return 0, false
	}
	clusters = f.covarianceMoved(d, mult, s, cov)
	for i := range 4 {
		f.gr[i] = f.gb[i] - f.m[i]*f.ga[0] - f.m[4+i]*f.ga[1]
	}
	return clusters, f.violation(unbounded) <= kktTolerance
}

// covarianceMoved is clusteredCovariance of a one-cell design with four pillars,
// with every residual first moved along a step of the parameters, and sums the
// gradient there.
func (f *fitter) covarianceMoved(d *design, mult []int32, s *[5]float64, cov []float64) float64 {
	var shift [4]float64
	for i := range shift {
		shift[i] = f.m[i] + f.m[4+i]
	}
	var v [10]float64
	var g [5]float64
	clusters := 0.0
	for _, r := range d.runs {
		mi := mult[r.account]
		if mi == 0 {
			continue
		}
		m := float64(mi)
		clusters += m
		var sum, u0, u1, u2, u3 float64
		x := d.x[4*int(r.lo) : 4*int(r.hi)]
		churned := d.churned[r.lo:r.hi]
		for j, res := range f.residual[r.lo:r.hi] {
			row := x[4*j : 4*j+4 : 4*j+4]
			p := -res
			if churned[j] {
				p = 1 - res
			}
			res -= p * (1 - p) * (s[0] - (s[1]*row[0] + s[2]*row[1]) - (s[3]*row[2] + s[4]*row[3]))
			sum += res
			u0 += res * row[0]
			u1 += res * row[1]
			u2 += res * row[2]
			u3 += res * row[3]
		}
		g[0] += m * sum
		g[1] += m * u0
		g[2] += m * u1
		g[3] += m * u2
		g[4] += m * u3
		u0 = -u0 - shift[0]*sum
		u1 = -u1 - shift[1]*sum
		u2 = -u2 - shift[2]*sum
		u3 = -u3 - shift[3]*sum
		v[0] += m * u0 * u0
		v[1] += m * u1 * u0
		v[2] += m * u1 * u1
		v[3] += m * u2 * u0
		v[4] += m * u2 * u1
		v[5] += m * u2 * u2
		v[6] += m * u3 * u0
		v[7] += m * u3 * u1
		v[8] += m * u3 * u2
		v[9] += m * u3 * u3
	}
	f.ga[0], f.ga[1] = -g[0], -g[0]
	copy(f.gb, g[1:])
	n := 0
	for i := range 4 {
		for j := range i + 1 {
			cov[i*4+j] = v[n]
			n++
		}
	}
	f.finishCovariance(cov, clusters)
	return clusters
}
