package calibrate

import "math"

// bound is the constraint on the slopes of a fit.
type bound uint8

const (
	unbounded   bound = iota
	nonNegative       // b >= 0
)

// fitStatus says how a fit ended.
type fitStatus uint8

const (
	converged   fitStatus = iota
	noContrast            // nobody or everybody churned, in every period or segment
	collinear             // a slope is a combination of others or of the intercepts
	separated             // a slope runs off to infinity
	diverged              // no convergence within maxNewton steps
	fewAccounts           // too few accounts for a clustered covariance
)

const (
	maxNewton = 60
	// A fit stops when the predicted decrease of the loss is under exact or
	// rough, and takes that last step: the error left is of the order of its
	// square root squared. In standard errors: about 1e-12 and 1e-8.
	exact = 1e-12
	rough = 1e-8
	// A rough fit whose last full evaluation meets the optimality conditions and
	// predicts a decrease under settled times the churned rows takes the step without
	// another pass over the rows: information and residuals then change by under 1e-8
	// of themselves, because a step of so many standard errors, divided by the root
	// of the events, is what they change by.
	settled = 1e-18
	// beyondReason is a standardised slope at which a fit is running off to
	// infinity and is stopped.
	beyondReason = 50
	// kktTolerance bounds the gradient left, in standard errors of its slope.
	kktTolerance = 1e-5
)

// prepare finds the cells that count and starts the intercepts at the base rate
// and the slopes at 0. It returns false if no cell has a contrast.
func (f *fitter) prepare(d *design, mult []int32) bool {
	f.rows, f.churned = d.contrasted(mult, f.active, f.count, f.events, f.cellN, f.cellE)
	clear(f.a)
	clear(f.b)
	if f.churned == 0 {
		return false
	}
	base := math.Log(f.churned / (f.rows - f.churned))
	for s := range d.segments {
		f.a[s] = base
	}
	return true
}

// fit minimises the loss from the present a, b by Newton's method, each step the
// exact minimum of the quadratic model under the bound, halved while the loss
// rises. The loss is convex, so a point that meets the Karush-Kuhn-Tucker
// conditions is the optimum over all supports; they are checked at the end. On
// return the gradient, Hessian, residuals and elimination are those of the
// solution. culprit is the slope of a collinear design, else -1.
func (f *fitter) fit(d *design, mult []int32, by bound, tolerance float64) (status fitStatus, culprit int) {
	f.evaluate(d, mult)
	for range maxNewton {
		if j := f.eliminate(); j >= 0 {
			if f.runningOff() {
				return separated, -1
			}
			return collinear, j
		}
		decrease := f.newtonStep(by)
		if math.IsNaN(decrease) {
			return diverged, -1
		}
		if tolerance > exact && decrease < settled*f.churned && f.violation(by) <= kktTolerance {
			f.move(1)
			return converged, -1
		}
		before := f.loss
		f.move(1)
		f.evaluate(d, mult)
		if decrease < tolerance {
			if f.eliminate() >= 0 || f.violation(by) > kktTolerance {
				return diverged, -1
			}
			return converged, -1
		}
		for scale := 0.5; !(f.loss <= before+1e-12*before) && scale > 1e-9; scale /= 2 {
			f.move(-scale)
			f.evaluate(d, mult)
		}
		if f.runningOff() {
			return separated, -1
		}
	}
	return diverged, -1
}

// newtonStep fills da, db and returns the predicted decrease of the loss, twice.
func (f *fitter) newtonStep(by bound) float64 {
	k := f.k
	if by == nonNegative {
		// In b + db: minimise x'Sx/2 - c'x over x >= 0 with c = S b - gr.
		for i := range k {
			c := -f.gr[i]
			for j := range k {
				c += f.schur[i*k+j] * f.b[j]
			}
			f.qp.c[i] = c
		}
		f.qp.solve(f.schur)
		for i := range k {
			f.db[i] = f.qp.x[i] - f.b[i]
		}
	} else {
		for i := range k {
			f.db[i] = -f.gr[i]
		}
		solveFactor(f.chol, k, f.db)
	}
	copy(f.da, f.ga)
	f.solveIntercepts(f.da, 1)
	decrease := 0.0
	for i := range f.da {
		f.da[i] = -f.da[i]
		for j := range k {
			f.da[i] -= f.m[i*k+j] * f.db[j]
		}
		decrease -= f.ga[i] * f.da[i]
	}
	for j := range k {
		decrease -= f.gb[j] * f.db[j]
	}
	return decrease
}

func (f *fitter) move(scale float64) {
	for i, d := range f.da {
		f.a[i] += scale * d
	}
	for j, d := range f.db {
		f.b[j] += scale * d
	}
}

func (f *fitter) runningOff() bool {
	for _, b := range f.b {
		if math.Abs(b) > beyondReason {
			return true
		}
	}
	return f.loss < 1e-6*f.rows
}

// violation is the largest breach of the optimality conditions, in standard
// errors of its slope: the gradient of a free slope, and the gradient that would
// push a slope at 0 into the feasible side.
func (f *fitter) violation(by bound) float64 {
	worst := 0.0
	for i, g := range f.gr {
		if by == nonNegative && f.b[i] <= 0 {
			g = min(g, 0)
		}
		worst = max(worst, math.Abs(g)/math.Sqrt(f.schur[i*f.k+i]))
	}
	return worst
}

// boundedQuadratic minimises x'Sx/2 - c'x over x >= 0 exactly, S positive
// definite, by the active-set method of C. Lawson, R. Hanson, Solving Least
// Squares Problems (1974), chapter 23.
type boundedQuadratic struct {
	k    int
	c, x []float64
	z    []float64
	free []bool
	set  []int
	l    []float64
}

func newBoundedQuadratic(k int) boundedQuadratic {
	return boundedQuadratic{k: k, c: make([]float64, k), x: make([]float64, k), z: make([]float64, k), free: make([]bool, k), set: make([]int, 0, k), l: make([]float64, k*k)}
}

func (q *boundedQuadratic) solve(s []float64) {
	k := q.k
	clear(q.x)
	clear(q.free)
	scale := 0.0
	for _, c := range q.c {
		scale = max(scale, math.Abs(c))
	}
	for range 3*k + 3 {
		enter, best := -1, 1e-13*scale
		for i := range k {
			if q.free[i] {
				continue
			}
			w := q.c[i]
			for j := range k {
				w -= s[i*k+j] * q.x[j]
			}
			if w > best {
				enter, best = i, w
			}
		}
		if enter < 0 {
			return
		}
		q.free[enter] = true
		for q.solveFree(s) {
			t, leave := 1.0, -1
			for _, i := range q.set {
				if q.z[i] <= 0 {
					if r := q.x[i] / (q.x[i] - q.z[i]); leave < 0 || r < t {
						t, leave = r, i
					}
				}
			}
			for _, i := range q.set {
				q.x[i] += t * (q.z[i] - q.x[i])
			}
			q.x[leave], q.free[leave] = 0, false
		}
		for _, i := range q.set {
			q.x[i] = q.z[i]
		}
	}
}

// solveFree solves for the free elements into z and says whether one of them is
// not positive.
func (q *boundedQuadratic) solveFree(s []float64) bool {
	q.set = q.set[:0]
	for i := range q.k {
		if q.free[i] {
			q.set = append(q.set, i)
		}
	}
	n := len(q.set)
	for i, si := range q.set {
		for j := range i + 1 {
			v := s[si*q.k+q.set[j]]
			for l := range j {
				v -= q.l[i*n+l] * q.l[j*n+l]
			}
			if i == j {
				q.l[i*n+i] = math.Sqrt(v)
			} else {
				q.l[i*n+j] = v / q.l[j*n+j]
			}
		}
	}
	for i, si := range q.set {
		v := q.c[si]
		for j := range i {
			v -= q.l[i*n+j] * q.z[q.set[j]]
		}
		q.z[si] = v / q.l[i*n+i]
	}
	negative := false
	for i := n - 1; i >= 0; i-- {
		v := q.z[q.set[i]]
		for j := i + 1; j < n; j++ {
			v -= q.l[j*n+i] * q.z[q.set[j]]
		}
		v /= q.l[i*n+i]
		q.z[q.set[i]] = v
		negative = negative || v <= 0
	}
	return negative
}
