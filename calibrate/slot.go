package calibrate

import "math"

// stage is what a slot waits for.
type stage uint8

const (
	done        stage = iota
	passDue           // a pass at theta
	rowsDue           // the refit by rows
	boundedDue        // the bounded fit by rows
	rowsFromNow       // the refit by rows, from theta
)

// drawn is a run of rows and how many times its account was drawn.
type drawn struct{ at, times int32 }

// slot is one resample of a block.
type slot struct {
	index int
	e     *estimate
	stage stage
	by    bound
	pass  int

	drawn         []drawn
	tile          []int32 // where the accounts of each tile begin in drawn
	odd, pairs    []int32 // of one tile: the accounts of odd multiplicity; each as often as half its multiplicity
	rows, churned int
	sums          []float64 // of features
	theta, free   []float64 // where it is; where it was without the bound
	g             []float64 // gradient at theta
	meat          []float64 // p*p, lower: sum of w u u', u an account's gradient at theta
	near          bool      // no row's logit is moved by more than nearMove at theta
	apart, trace  float64   // see expansion.whitened, of the information at the origin
	off, beta     float64   // the bounds of settle
}

// list notes the accounts drawn, in the order of the design.
func (s *slot) list(x *expansion, mult []int32) {
	s.rows, s.churned, s.e.clusters = 0, 0, 0
	n, times := 0, 0
	for i, r := range x.d.runs {
		if i%tileAccounts == 0 {
			s.tile[i/tileAccounts] = int32(n)
		}
		m := mult[r.account]
		s.drawn[n] = drawn{int32(i), m}
		n += int(uint32(-m) >> 31) // 1 if it was drawn
		times += int(m)
		s.rows += int(m) * int(r.hi-r.lo)
		s.churned += int(m) * int(r.churned)
	}
	s.tile[len(s.tile)-1] = int32(n)
	s.e.clusters = float64(times)
	clear(s.sums)
}

// add adds the features of a tile's accounts, once for an odd multiplicity and twice for
// every pair, so that the sums need additions only. A lane group of the tile stays in the
// first-level cache for all slots.
func add(x *expansion, t int, slots []slot) {
	features, lo, n := x.tile(t)
	for i := range slots {
		s := &slots[i]
		s.odd, s.pairs = s.odd[:0], s.pairs[:0]
		for _, r := range s.drawn[s.tile[t]:s.tile[t+1]] {
			at := r.at - int32(lo)
			if r.times&1 == 1 {
				s.odd = append(s.odd, at)
			}
			for range r.times / 2 {
				s.pairs = append(s.pairs, at)
			}
		}
	}
	for group := range x.size / lanes {
		lane := features[group*n : (group+1)*n]
		for i := range slots {
			s := &slots[i]
			sums := (*[lanes]float64)(s.sums[lanes*group:])
			addLanes(sums, lane, s.odd, 1)
			addLanes(sums, lane, s.pairs, 2)
		}
	}
}

// addLanes adds the lanes of the accounts at, times a weight.
func addLanes(sums *[lanes]float64, lane [][lanes]float64, at []int32, weight float64) {
	var s0, s1, s2, s3, s4, s5, s6, s7 float64
	for _, i := range at {
		x := &lane[i]
		s0 += x[0]
		s1 += x[1]
		s2 += x[2]
		s3 += x[3]
		s4 += x[4]
		s5 += x[5]
		s6 += x[6]
		s7 += x[7]
	}
	sums[0] += weight * s0
	sums[1] += weight * s1
	sums[2] += weight * s2
	sums[3] += weight * s3
	sums[4] += weight * s4
	sums[5] += weight * s5
	sums[6] += weight * s6
	sums[7] += weight * s7
}

// read adds gradient and squared scores of a tile's accounts at theta.
func (s *slot) read(x *expansion, t int) {
	list := s.drawn[s.tile[t]:s.tile[t+1]]
	features, lo, _ := x.tile(t)
	if x.p == 5 {
		s.read4(x, list, features, lo)
	} else {
		s.readAny(x, list, features, lo)
	}
}

// readAny is read for any number of pillars.
func (s *slot) readAny(x *expansion, list []drawn, features [][lanes]float64, lo int) {
	p := x.p
	var room [mostExpanded + 1]float64
	u := room[:p]
	for _, r := range list {
		run := x.d.runs[r.at]
		copy(u, features[int(r.at)-lo][:])
		for j := int(run.lo); j < int(run.hi); j++ {
			row := x.d.x[j*(p-1) : (j+1)*(p-1)]
			z := s.theta[0]
			for i, v := range row {
				z += s.theta[i+1] * v
			}
			moved := probabilityMove(&x.lean[j], z/2, s.near)
			u[0] += moved
			for i, v := range row {
				u[i+1] += moved * v
			}
		}
		for i, v := range u {
			m := float64(r.times) * v
			s.g[i] += m
			for j, w := range u[:i+1] {
				s.meat[i*p+j] += m * w
			}
		}
	}
}

// probabilityMove is by how much a probability p moves if its logit does by 2z, given q = 2p-1
// and (1-q^2)/2: (1-q^2)/2 t/(1+qt), t = tanh z, by a Padé approximant of tanh: near,
// z(15 + z^2)/(15 + 6 z^2), else z(945 + 105 z^2 + z^4)/(945 + 420 z^2 + 15 z^4).
func probabilityMove(lean *[2]float64, z float64, near bool) float64 {
	y := z * z
	n, d := z*(15+y), 15+6*y
	if !near {
		n, d = z*(945+y*(105+y)), 945+y*(420+15*y)
	}
	return lean[1] * n / (d + lean[0]*n)
}

// moveError bounds the relative error of probabilityMove but for the growth of p(1-p): the first
// term that the continued fraction of tanh z leaves out.
func moveError(z float64, near bool) float64 {
	if near {
		return math.Pow(z, 6) / 1575
	}
	return math.Pow(z, 10) / 9_823_275
}

// read4 is readAny for four pillars, with everything in registers and probabilityMove
// written out.
func (s *slot) read4(x *expansion, list []drawn, features [][lanes]float64, lo int) {
	t0, t1, t2, t3, t4 := s.theta[0]/2, s.theta[1]/2, s.theta[2]/2, s.theta[3]/2, s.theta[4]/2
	near := s.near
	g, v := (*[5]float64)(s.g), (*[25]float64)(s.meat)
	for _, r := range list {
		run := &x.d.runs[r.at]
		u := &features[int(r.at)-lo]
		var u0, u1, u2, u3, u4 float64
		lean := x.lean[run.lo:run.hi]
		rows := x.d.x[4*int(run.lo) : 4*int(run.hi)]
		for j := range lean {
			row := rows[4*j : 4*j+4 : 4*j+4]
			x0, x1, x2, x3 := row[0], row[1], row[2], row[3]
			z := t0 + (t1*x0 + t2*x1) + (t3*x2 + t4*x3)
			y := z * z
			n, d := z*(15+y), 15+6*y
			if !near {
				n, d = z*(945+y*(105+y)), 945+y*(420+15*y)
			}
			p := &lean[j]
			moved := p[1] * n / (d + p[0]*n)
			u0 += moved
			u1 += moved * x0
			u2 += moved * x1
			u3 += moved * x2
			u4 += moved * x3
		}
		u0, u1, u2, u3, u4 = u0+u[0], u1+u[1], u2+u[2], u3+u[3], u4+u[4]
		m := float64(r.times)
		m0, m1, m2, m3, m4 := m*u0, m*u1, m*u2, m*u3, m*u4
		g[0] += m0
		g[1] += m1
		g[2] += m2
		g[3] += m3
		g[4] += m4
		v[0] += m0 * u0
		v[5] += m1 * u0
		v[6] += m1 * u1
		v[10] += m2 * u0
		v[11] += m2 * u1
		v[12] += m2 * u2
		v[15] += m3 * u0
		v[16] += m3 * u1
		v[17] += m3 * u2
		v[18] += m3 * u3
		v[20] += m4 * u0
		v[21] += m4 * u1
		v[22] += m4 * u2
		v[23] += m4 * u3
		v[24] += m4 * u4
	}
}
