package calibrate

import "math"

const (
	// blockOf is how many resamples are refitted together: what is read of an account
	// serves them all.
	blockOf = 16
	// proven is the error of the slopes, in standard errors of the whole sample's, that a
	// refit by accounts may have at most, by its bound.
	proven = 1e-8
	// The covariance takes the clustered scores of the last pass if that was within
	// nearEnough standard errors of the optimum, and the polynomial's information if that
	// leaves the share c of shrinkage right to informed: one more pass computes it otherwise.
	// A relative error e of the information moves the Wald statistic W = (k-1)/(1-c) by about
	// e of itself, and c by (1-c) e. As e counts beta times the resample's distance from the
	// whole sample, since only the departure of its fifth derivative is left out; seen
	// were up to a tenth of that.
	nearEnough = 1e-5
	informed   = 2e-6
	// farthestMove bounds the move of a row's logit: tanh(z/2) is then good to 1e-10. Up to
	// nearMove a shorter formula is as good.
	farthestMove = 1
	nearMove     = 0.125
	mostPasses   = 4
	mostSteps    = 12
)

// block refits blockOf resamples at a time by an expansion of the accounts. Where refit makes
// three or four passes over the rows, each with an exponential a row, it makes one that is a third
// as long.
//
//  1. The terms of the accounts drawn are summed: the resample's loss as a polynomial.
//  2. Newton's method minimises it.
//  3. One pass over the rows drawn gives gradient and clustered scores there, to rounding: a
//     row's probability moves by 2h t/(1 + (2p-1) t), t = tanh(z/2), which needs no exponential.
//  4. A last Newton step, whose error is bounded (settle); where the bound is over proven,
//     steps 3 and 4 again.
//  5. Where a slope is negative, steps 2 to 4 under b >= 0.
//
// A resample whose polynomial has no minimum near by, or whose bound does not get under
// proven in mostPasses, is refitted row by row (refit), from where it got to.
type block struct {
	x      *expansion
	f      *fitter
	centre []float64
	mult   []int32
	slots  [blockOf]slot
	draw   func(mult []int32, i int) // fills the multiplicities of slot i

	step, g        []float64 // p
	h              []float64 // p*p
	third, fourth  []float64 // every element
	f4, f3, f2, f1 []float64 // the fifth derivative, contracted
	q3, q2, q1     []float64
	t2, t1, h1     []float64
	start          *origin // scratch
}

func newBlock(x *expansion, f *fitter, centre []float64) *block {
	p := x.p
	many := func(order int) []float64 { return make([]float64, pow(p, order)) }
	b := &block{
		x: x, f: f, centre: centre, mult: make([]int32, x.d.accounts), step: many(1), g: many(1), h: many(2), third: many(3), fourth: many(4),
		f4: many(4), f3: many(3), f2: many(2), f1: many(1), q3: many(3), q2: many(2), q1: many(1), t2: many(2), t1: many(1), h1: many(1), start: f.origin(),
	}
	for i := range b.slots {
		b.slots[i] = slot{
			e: newEstimate(x.d.k), drawn: make([]drawn, len(x.d.runs)), tile: make([]int32, x.tiles()+1),
			sums: make([]float64, x.size), theta: many(1), free: many(1), g: many(1), meat: many(2),
		}
	}
	return b
}

// refit refits n resamples, whose multiplicities draw fills, into the slots' estimates.
func (b *block) refit(n int, draw func(mult []int32, i int)) {
	b.draw = draw
	slots := b.slots[:n]
	for i := range slots {
		slots[i].index = i
		draw(b.mult, i)
		slots[i].list(b.x, b.mult)
	}
	for t := range b.x.tiles() {
		add(b.x, t, slots)
	}
	for i := range slots {
		b.begin(&slots[i])
	}
	for waiting := true; waiting; {
		waiting = false
		for t := range b.x.tiles() {
			for i := range slots {
				if s := &slots[i]; s.stage == passDue {
					waiting = true
					if t == 0 {
						clear(s.g)
						clear(s.meat)
						s.near = b.x.farthest(s.theta, b.x.norm(s.theta)) <= nearMove
					}
					s.read(b.x, t)
				}
			}
		}
		for i := range slots {
			if slots[i].stage == passDue {
				b.settle(&slots[i])
			}
		}
	}
	for i := range slots {
		if slots[i].stage != done {
			b.byRows(&slots[i])
		}
	}
}

// begin minimises the polynomial without the bound.
func (b *block) begin(s *slot) {
	x := b.x
	s.stage, s.by, s.pass = rowsDue, unbounded, 0
	if s.churned == 0 || s.churned == s.rows {
		return
	}
	clear(s.theta)
	b.place(s.theta)
	b.model(s)
	s.apart, s.trace = x.whitened(b.h)
	if b.minimise(s) {
		s.stage = passDue
	}
}

// place moves the fitter to theta.
func (b *block) place(theta []float64) {
	clear(b.f.a)
	b.f.a[0] = b.x.a + theta[0]
	for i, v := range b.x.b {
		b.f.b[i] = v - theta[i+1]
	}
}

// where is the inverse of place.
func (b *block) where(theta []float64) {
	theta[0] = -b.x.a
	for _, a := range b.f.a {
		theta[0] += a
	}
	for i, v := range b.f.b {
		theta[i+1] = b.x.b[i] - v
	}
}

// minimise minimises the slot's polynomial by Newton's method from where the fitter is, and
// says whether theta is a minimum near enough to look at.
func (b *block) minimise(s *slot) bool {
	f := b.f
	for range mostSteps {
		b.where(s.theta)
		b.model(s)
		b.put(b.g)
		if f.eliminate() >= 0 {
			return false
		}
		decrease := f.newtonStep(s.by)
		if math.IsNaN(decrease) {
			return false
		}
		f.move(1)
		if decrease < exact {
			b.where(s.theta)
			return b.x.farthest(s.theta, b.x.norm(s.theta)) <= farthestMove
		}
	}
	return false
}

// model fills gradient g and information h of the slot's polynomial at its theta.
func (b *block) model(s *slot) {
	x, theta := b.x, s.theta
	p := x.p
	second := s.sums[p:]
	third := second[multisets(p, 2):]
	fourth := third[multisets(p, 3):]
	for i, t := range x.third {
		b.third[i] = third[t]
	}
	for i, t := range x.fourth {
		b.fourth[i] = fourth[t]
	}
	contract(b.f4, x.fifth, theta)
	contract(b.f3, b.f4, theta)
	contract(b.f2, b.f3, theta)
	contract(b.f1, b.f2, theta)
	contract(b.q3, b.fourth, theta)
	contract(b.q2, b.q3, theta)
	contract(b.q1, b.q2, theta)
	contract(b.t2, b.third, theta)
	contract(b.t1, b.t2, theta)
	for i := range p {
		for j := range i + 1 {
			b.h[i*p+j] = second[i*(i+1)/2+j]
			b.h[j*p+i] = b.h[i*p+j]
		}
	}
	contract(b.h1, b.h, theta)
	for i := range b.g {
		b.g[i] = s.sums[i] + b.h1[i] + b.t1[i]/2 + b.q1[i]/6 + b.f1[i]/24
	}
	for i := range b.h {
		b.h[i] += b.t2[i] + b.q2[i]/2 + b.f2[i]/6
	}
}

// put gives the fitter a gradient and the information h.
func (b *block) put(g []float64) {
	f, p := b.f, b.x.p
	f.clear()
	f.putIntercepts(0, 1, -g[0], b.h[0])
	for i := range f.k {
		f.gb[i] = -g[i+1]
		f.hab[i], f.hab[f.k+i] = -b.h[i+1], -b.h[i+1]
		for j := range i + 1 {
			f.hbb[i*f.k+j] = b.h[(i+1)*p+j+1]
		}
	}
}

// settle takes the Newton step from theta, where the gradient is exact and the information H the
// polynomial's, and bounds the error left.
//
// After a step s the gradient is (H' - H) s plus rounding, H' the mean of the true information
// along it, and the same holds under the bound for the conditions of optimality. Convexity then
// bounds the distance from the optimum by |(H' - H) s| / mu, mu the least curvature
// there. In the metric of expansion, with z the farthest move of a logit up to there,
//
//	|H' - H| <= beta + e^z |s| sum w h |v|^3,  mu >= (1 - |H_w - H0|) e^-z,
//
// H_w the resample's information at the origin; sum w h |v|^3 is bounded from the sums of
// |v|^2 and |v|^5 (Hölder). Distances are in standard errors, so a slope's error is at
// most that many of its own.
func (b *block) settle(s *slot) {
	x, f := b.x, b.f
	s.stage = rowsDue
	if s.by == nonNegative {
		s.stage = boundedDue
	}
	b.place(s.theta)
	b.model(s)
	b.put(s.g)
	if f.eliminate() >= 0 || math.IsNaN(f.newtonStep(s.by)) {
		return
	}
	b.step[0] = f.da[0] + f.da[1]
	for i, v := range f.db {
		b.step[i+1] = -v
	}
	length, step := x.norm(s.theta), x.norm(b.step)
	f.move(1)
	b.where(s.theta)
	z := x.farthest(s.theta, length) + x.longest*step
	if !(z <= farthestMove && s.apart < 1) {
		return
	}
	if s.by == unbounded {
		s.stage = rowsFromNow
	}
	growth, fifth := math.Exp(z), s.sums[x.terms]
	beta := length * length * length / 6 * (growth*fifth + x.spread)
	bend := growth * math.Cbrt(s.trace*s.trace*fifth) * step
	approximate := growth * growth * moveError(z/2, s.near) * length * s.trace
	s.beta, s.off = beta, ((beta+bend)*step+approximate)*growth/(1-s.apart)
	if !(s.off <= proven) || s.by == unbounded && step > nearEnough {
		if s.pass++; s.pass < mostPasses {
			s.stage = passDue
		}
		return
	}
	if s.by == nonNegative {
		f.weigh(x.d, b.centre, s.e)
		s.stage = done
		return
	}
	e := s.e
	e.culprit, e.firth, e.contrary, e.loss = -1, false, false, math.NaN()
	for _, byRows := range []bool{false, true} {
		if !b.covariance(s, byRows) {
			return
		}
		e.status = converged
		f.judge(x.d, b.centre, e)
		if e.status == converged && (1-e.c)*beta*s.apart <= informed {
			break
		}
	}
	s.stage = done
	if e.status != converged {
		return
	}
	copy(s.free, s.theta)
	if !f.clip() {
		f.weigh(x.d, b.centre, e)
		return
	}
	s.by, s.pass, s.stage = nonNegative, 0, boundedDue
	if b.minimise(s) {
		s.stage = passDue
	}
}

// covariance fills the estimate's clustered covariance of the standardised slopes, with the
// polynomial's information or with that of a pass over the rows.
func (b *block) covariance(s *slot, byRows bool) bool {
	f, p, k := b.f, b.x.p, b.f.k
	if byRows {
		b.draw(b.mult, s.index)
		f.prepare(b.x.d, b.mult)
		b.place(s.theta)
		f.evaluate(b.x.d, b.mult)
	} else {
		b.model(s)
		b.put(b.g)
	}
	if f.eliminate() >= 0 {
		return false
	}
	for i := range k {
		mi := f.m[i] + f.m[k+i]
		for j := range i + 1 {
			mj := f.m[j] + f.m[k+j]
			s.e.cov[i*k+j] = s.meat[(i+1)*p+j+1] + mi*s.meat[(j+1)*p] + mj*s.meat[(i+1)*p] + mi*mj*s.meat[0]
		}
	}
	f.finishCovariance(s.e.cov, s.e.clusters)
	return true
}

// byRows does what is left of the slot's refit row by row.
func (b *block) byRows(s *slot) {
	f := b.f
	b.draw(b.mult, s.index)
	switch s.stage {
	case boundedDue:
		f.prepare(b.x.d, b.mult)
		b.place(s.free)
		f.constrain(b.x.d, b.mult, b.centre, rough, s.e)
		return
	case rowsDue:
		clear(s.theta)
	}
	b.place(s.theta)
	copy(b.start.a, f.a)
	copy(b.start.b, f.b)
	f.refit(b.x.d, b.mult, b.centre, b.start, rough, s.e)
}
