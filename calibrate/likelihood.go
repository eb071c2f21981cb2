package calibrate

import "math"

// fitter is the memory of one fit at a time. It is made once per worker and
// design size; fitting allocates nothing.
//
// Parameters are the q = segments + periods intercepts a, and the k slopes b of
// the standardised columns: eta = a_segment + a_period - sum_k b_k x_k. Redundant
// intercepts (the last period, at least) are found by their zero pivot and stay
// where they are.
type fitter struct {
	q, k int
	a, b []float64

	loss         float64   // negative log-likelihood at a, b
	ga, gb       []float64 // its gradient
	haa          []float64 // q*q, lower triangle; the factor after eliminate
	hab          []float64 // q*k
	hbb          []float64 // k*k, lower triangle
	residual     []float64 // churned - p, per row
	skip         []bool    // redundant intercepts
	m            []float64 // q*k: haa^-1 hab
	schur        []float64 // k*k: information on b with the intercepts estimated
	chol         []float64 // k*k: its factor
	gr           []float64 // k: gradient of b with the intercepts at their optimum
	da, db       []float64 // the step
	cross        []float64 // k
	contrast     []float64 // k*k
	active       []bool    // per cell
	count        []float64
	events       []float64
	cellN, cellE []float64
	rows         float64 // weighted rows in active cells
	churned      float64 // weighted churned rows in active cells

	batch      batch
	penalty    []float64 // k*k, symmetric: adds b'(penalty)b/2 to the loss; nil is none
	separation float64   // a standardised slope beyond it is separation
	qp         boundedQuadratic
	scores     []float64 // accounts*k
	seen       []int32
	epoch      int32
}

func newFitter(d *design) *fitter {
	q, k, n := d.segments+d.periods, d.k, len(d.row)
	f := &fitter{
		q: q, k: k, a: make([]float64, q), b: make([]float64, k),
		ga: make([]float64, q), gb: make([]float64, k), haa: make([]float64, q*q), hab: make([]float64, q*k), hbb: make([]float64, k*k),
		residual: make([]float64, n), skip: make([]bool, q), m: make([]float64, q*k), schur: make([]float64, k*k), chol: make([]float64, k*k),
		gr: make([]float64, k), da: make([]float64, q), db: make([]float64, k), cross: make([]float64, k), contrast: make([]float64, k*k), active: make([]bool, len(d.cells)), count: make([]float64, q), events: make([]float64, q),
		cellN: make([]float64, len(d.cells)), cellE: make([]float64, len(d.cells)),
		scores: make([]float64, d.accounts*k), seen: make([]int32, d.accounts),
	}
	f.separation = 10
	f.qp = newBoundedQuadratic(k)
	return f
}

// clear forgets the sums of the last evaluation.
func (f *fitter) clear() {
	clear(f.ga)
	clear(f.gb)
	clear(f.haa)
	clear(f.hab)
	clear(f.hbb)
	f.loss = 0
}

// putIntercepts adds a cell's gradient and information of its intercepts.
func (f *fitter) putIntercepts(s, p int, g0, h0 float64) {
	f.ga[s] -= g0
	f.ga[p] -= g0
	f.haa[s*f.q+s] += h0
	f.haa[p*f.q+p] += h0
	f.haa[p*f.q+s] += h0
}

// evaluate computes loss, gradient, Hessian and residuals at a, b over the rows
// of active cells, each counted mult times (nil: once).
//
// With e = exp(-|eta|), log(1+e) is summed as the logarithm of a running product,
// which costs a multiplication per row instead of a logarithm.
func (f *fitter) evaluate(d *design, mult []int32) {
	f.clear()
	if f.k == 4 {
		f.evaluate4(d, mult)
	} else {
		f.general(d, mult)
	}
	if f.penalty != nil {
		f.penalise()
	}
}

// general adds up the rows for any number of pillars, onto cleared sums.
func (f *fitter) general(d *design, mult []int32) {
	k := f.k
	b, gb, hbb := f.b, f.gb, f.hbb
	product := 1.0
	for c, cl := range d.cells {
		if !f.active[c] {
			continue
		}
		s, p := cl.segment, d.segments+cl.period
		base := f.a[s] + f.a[p]
		var g0, h0, loss float64
		hs := f.hab[s*k : (s+1)*k]
		hp := f.hab[p*k : (p+1)*k]
		cross := f.cross
		clear(cross)
		for j := cl.lo; j < cl.hi; j++ {
			m := 1.0
			if mult != nil {
				mi := mult[d.account[j]]
				if mi == 0 {
					continue
				}
				m = float64(mi)
			}
			x := d.x[j*k : (j+1)*k : (j+1)*k]
			eta := base
			for i, v := range x {
				eta -= b[i] * v
			}
			e := math.Exp(-math.Abs(eta))
			inv := 1 / (1 + e)
			prob, complement := inv, e*inv
			if eta < 0 {
				prob, complement = complement, prob
			} else {
				loss += m * eta
			}
			r := -prob
			if d.churned[j] {
				r = complement
				loss -= m * eta
			}
			f.residual[j] = r
			if m <= 64 {
				for range int(m) {
					product *= 1 + e
				}
			} else {
				loss += m * math.Log1p(e)
			}
			if product > 1e250 {
				loss += math.Log(product)
				product = 1
			}
			h, g := m*e*inv*inv, m*r
			g0 += g
			h0 += h
			for i, v := range x {
				gb[i] += g * v
				hv := h * v
				cross[i] += hv
				row := hbb[i*k : i*k+i+1]
				for l := range row {
					row[l] += hv * x[l]
				}
			}
		}
		f.loss += loss
		f.putIntercepts(s, p, g0, h0)
		for i, v := range cross {
			hs[i] -= v
			hp[i] -= v
		}
	}
	f.loss += math.Log(product)
}

// penalise adds the penalty to loss, gradient and Hessian.
func (f *fitter) penalise() {
	k := f.k
	for i, b := range f.b {
		var g float64
		for j, c := range f.b {
			g += f.penalty[i*k+j] * c
		}
		f.loss += b * g / 2
		f.gb[i] += g
		for j := range i + 1 {
			f.hbb[i*k+j] += f.penalty[i*k+j]
		}
	}
}

// redundantPivot is the share of a diagonal element under which its pivot is
// rounding: the parameter is a combination of those before it.
const redundantPivot = 1e-10

// eliminate removes the intercepts: factors haa (skipping redundant ones), fills
// m = haa^-1 hab, schur = hbb - hab' m, gr = gb - m' ga, and factors schur. It
// returns the first slope that is a linear combination of the intercepts and the
// slopes before it, or -1.
func (f *fitter) eliminate() int {
	q, k := f.q, f.k
	for i := range q {
		diag := f.haa[i*q+i]
		for j := range i {
			s := f.haa[i*q+j]
			for l := range j {
				s -= f.haa[i*q+l] * f.haa[j*q+l]
			}
			if f.skip[j] {
				f.haa[i*q+j] = 0
			} else {
				f.haa[i*q+j] = s / f.haa[j*q+j]
			}
		}
		pivot := diag
		for l := range i {
			pivot -= f.haa[i*q+l] * f.haa[i*q+l]
		}
		f.skip[i] = !(pivot > redundantPivot*diag)
		f.haa[i*q+i] = 0
		if !f.skip[i] {
			f.haa[i*q+i] = math.Sqrt(pivot)
		}
	}
	for c := range k {
		for i := range q {
			f.m[i*k+c] = f.hab[i*k+c]
		}
		f.solveIntercepts(f.m[c:], k)
	}
	for i := range k {
		f.gr[i] = f.gb[i]
		for l := range q {
			f.gr[i] -= f.m[l*k+i] * f.ga[l]
		}
		for j := range i + 1 {
			s := f.hbb[i*k+j]
			for l := range q {
				s -= f.hab[l*k+i] * f.m[l*k+j]
			}
			f.schur[i*k+j], f.schur[j*k+i] = s, s
		}
	}
	for i := range k {
		for j := range i {
			s := f.schur[i*k+j]
			for l := range j {
				s -= f.chol[i*k+l] * f.chol[j*k+l]
			}
			f.chol[i*k+j] = s / f.chol[j*k+j]
		}
		pivot := f.schur[i*k+i]
		for l := range i {
			pivot -= f.chol[i*k+l] * f.chol[i*k+l]
		}
		if !(pivot > redundantPivot*f.hbb[i*k+i]) {
			return i
		}
		f.chol[i*k+i] = math.Sqrt(pivot)
	}
	return -1
}

// solveIntercepts solves haa z = v in place by the factor, v[i*stride]; redundant
// elements become 0.
func (f *fitter) solveIntercepts(v []float64, stride int) {
	q := f.q
	for i := range q {
		s := v[i*stride]
		for l := range i {
			s -= f.haa[i*q+l] * v[l*stride]
		}
		v[i*stride] = 0
		if !f.skip[i] {
			v[i*stride] = s / f.haa[i*q+i]
		}
	}
	for i := q - 1; i >= 0; i-- {
		s := v[i*stride]
		for l := i + 1; l < q; l++ {
			s -= f.haa[l*q+i] * v[l*stride]
		}
		v[i*stride] = 0
		if !f.skip[i] {
			v[i*stride] = s / f.haa[i*q+i]
		}
	}
}

// solveFactor solves L L' x = v in place for the lower triangle L of size k.
func solveFactor(l []float64, k int, v []float64) {
	for i := range k {
		s := v[i]
		for j := range i {
			s -= l[i*k+j] * v[j]
		}
		v[i] = s / l[i*k+i]
	}
	for i := k - 1; i >= 0; i-- {
		s := v[i]
		for j := i + 1; j < k; j++ {
			s -= l[j*k+i] * v[j]
		}
		v[i] = s / l[i*k+i]
	}
}
