package calibrate

import (
	"context"
	"math"
	"slices"
)

const (
	// lanes is how many sums a kernel keeps in registers at a time.
	lanes = 8
	// tileAccounts is how many accounts are read for all resamples of a block before
	// the next ones are: their rows stay in the second-level cache, a lane group of
	// their features in the first.
	tileAccounts = 256
	// mostExpanded is the number of pillars up to which accounts are expanded: the terms of
	// fourth order grow with the fourth power.
	mostExpanded = 5
	// mostFeatures bounds the memory of an expansion, in numbers of 8 bytes: 1 GiB, which
	// is a million accounts with four pillars.
	mostFeatures = 1 << 27
)

// expansion is the loss of every account as a polynomial about the optimum of the
// whole sample, so that the loss of a resample is a weighted sum over accounts
// instead of a pass over rows.
//
// Its parameters are theta = (a, -b), the intercept and the slopes with their sign
// changed, less their value at the origin; a row is v = (1, x) and its logit moves
// by z = v'theta. With p the row's probability at the origin and h = p(1-p), an
// account's terms are the sums over its rows of
//
//	-(y-p) v, h vv', h(1-2p) vvv, h(1-6h) vvvv
//
// the gradient, information, and third and fourth derivatives, of which each
// element that differs is kept once: 1 KiB an account with four pillars. The fifth
// derivative, h(1-2p)(1-12h) vvvvv, is the whole sample's for every resample.
//
// What is left out is bounded. In the metric of the whole sample's information H0
// (|theta|^2 = theta'H0 theta, so that 1 is one standard error, and |v|^2 = v'H0^-1 v),
// every derivative of p is at most h in size, and h grows by at most a factor e^|z|
// along z, so that the information of a resample with account weights w at theta
// differs from its polynomial by at most
//
//	beta = |theta|^3/6 (e^|z| sum w h |v|^5 + sum h |v|^5).
//
// See block.settle for what follows for the slopes.
type expansion struct {
	d       *design
	p       int // parameters: the intercept and the slopes
	a       float64
	b       []float64
	lean    [][2]float64     // of every row, q = 2p-1 and (1-q^2)/2
	size    int              // features of an account: its terms, the sum of h|v|^5, and zeros to a multiple of lanes
	terms   int              // where the sum of h|v|^5 is
	feature [][lanes]float64 // by tile, lane group, account of the tile
	third   []int            // of every element of the third derivative, which term it is
	fourth  []int
	fifth   []float64 // every element
	root    []float64 // p*p, the lower Cholesky factor of H0
	whiten  []float64 // p*p, its inverse
	reach   []float64 // the largest |v_j| of any row
	longest float64   // the largest |v|
	spread  float64   // sum of h|v|^5
}

// expand returns the expansion of a design about the fitter's present a, b; nil for more
// than one intercept, more than five pillars, fewer than two rows an account or
// more than 1 GiB, where resamples are refitted row by row. The error is the context's.
func (f *fitter) expand(ctx context.Context, d *design, workers int) (*expansion, error) {
	p := d.k + 1
	e := &expansion{d: d, p: p, b: slices.Clone(f.b)}
	for order := 1; order <= 4; order++ {
		e.terms += multisets(p, order)
	}
	e.size = (e.terms + lanes) / lanes * lanes
	if len(d.cells) != 1 || d.k > mostExpanded || 2*len(d.runs) > len(d.row) || e.size*len(d.runs) > mostFeatures {
		return nil, nil
	}
	e.a = f.a[d.cells[0].segment] + f.a[d.segments+d.cells[0].period]
	if !e.measure() {
		return nil, nil
	}
	e.third, e.fourth = termsOf(p, 3), termsOf(p, 4)
	e.feature = make([][lanes]float64, e.size/lanes*len(d.runs))
	// By tile, so that the sums over all of them do not depend on the workers.
	sums, terms := make([]tileSums, e.tiles()), multisets(p, 5)
	err := parallel(ctx, e.tiles(), workers, func() powers { return newPowers(p, 5) }, func(w powers, t int) {
		sums[t].fifth = make([]float64, terms)
		e.expandTile(t, w, &sums[t])
	})
	if err != nil {
		return nil, err
	}
	fifth := make([]float64, terms)
	for _, s := range sums {
		e.spread += s.spread
		e.longest = max(e.longest, s.longest)
		for i, x := range s.fifth {
			fifth[i] += x
		}
	}
	e.fifth = make([]float64, pow(p, 5))
	for i, t := range termsOf(p, 5) {
		e.fifth[i] = fifth[t]
	}
	return e, nil
}

// tileSums is what the accounts of a tile add to the whole sample's.
type tileSums struct {
	fifth           []float64
	spread, longest float64
}

// expandTile fills the features of a tile's accounts.
func (e *expansion) expandTile(t int, power powers, sums *tileSums) {
	features, lo, n := e.tile(t)
	one, v := make([]float64, e.size), power.of[0]
	for i, r := range e.d.runs[lo : lo+n] {
		clear(one)
		for j := r.lo; j < r.hi; j++ {
			e.row(int(j), v)
			power.raise()
			q, h := e.lean[j][0], e.lean[j][1]/2
			g := (1 + q) / 2
			if e.d.churned[j] {
				g = (q - 1) / 2
			}
			at := 0
			for n, c := range [4]float64{g, h, -h * q, h * (1 - 6*h)} {
				addTimes(one[at:], power.of[n], c)
				at += len(power.of[n])
			}
			addTimes(sums.fifth, power.of[4], -h*q*(1-12*h))
			l := e.length(v)
			one[e.terms] += h * l * l * l * l * l
			sums.longest = max(sums.longest, l)
		}
		sums.spread += one[e.terms]
		for t, x := range one {
			features[t/lanes*n+i][t%lanes] = x
		}
	}
}

// addTimes adds c x to the first elements of sum.
func addTimes(sum, x []float64, c float64) {
	sum = sum[:len(x)]
	for i, v := range x {
		sum[i] += c * v
	}
}

// measure fills lean, whiten and the reach of rows; false if the information is
// singular.
func (e *expansion) measure() bool {
	d, p := e.d, e.p
	e.lean, e.reach, e.whiten = make([][2]float64, len(d.row)), make([]float64, p), make([]float64, p*p)
	info, square := make([]float64, multisets(p, 2)), newPowers(p, 2)
	v := square.of[0]
	for j := range d.row {
		e.row(j, v)
		square.raise()
		eta := e.a
		for i, b := range e.b {
			eta -= b * v[i+1]
		}
		q := math.Tanh(eta / 2)
		e.lean[j] = [2]float64{q, (1 - q*q) / 2}
		h := (1 - q*q) / 4
		for i, x := range square.of[1] {
			info[i] += h * x
		}
		for i, x := range v {
			e.reach[i] = max(e.reach[i], math.Abs(x))
		}
	}
	e.root = make([]float64, p*p)
	l := e.root
	for i := range p {
		for j := range i + 1 {
			s := info[i*(i+1)/2+j]
			for m := range j {
				s -= l[i*p+m] * l[j*p+m]
			}
			if i != j {
				l[i*p+j] = s / l[j*p+j]
				continue
			}
			if !(s > redundantPivot*info[i*(i+1)/2+i]) {
				return false
			}
			l[i*p+i] = math.Sqrt(s)
		}
	}
	for c := range p { // column c of the inverse
		for i := c; i < p; i++ {
			s := indicator(i == c)
			for m := c; m < i; m++ {
				s -= l[i*p+m] * e.whiten[m*p+c]
			}
			e.whiten[i*p+c] = s / l[i*p+i]
		}
	}
	return true
}

// row fills v with (1, x) of a row.
func (e *expansion) row(j int, v []float64) {
	v[0] = 1
	copy(v[1:], e.d.x[j*e.d.k:(j+1)*e.d.k])
}

// length is |v|.
func (e *expansion) length(v []float64) float64 {
	ss := 0.0
	for i := range v {
		s := 0.0
		for j, x := range v[:i+1] {
			s += e.whiten[i*e.p+j] * x
		}
		ss += s * s
	}
	return math.Sqrt(ss)
}

// norm is |theta|.
func (e *expansion) norm(theta []float64) float64 {
	ss := 0.0
	for j := range theta {
		s := 0.0
		for i := j; i < e.p; i++ {
			s += e.root[i*e.p+j] * theta[i]
		}
		ss += s * s
	}
	return math.Sqrt(ss)
}

// whitened returns the distance (Frobenius) of an information from H0 in its metric, and its
// trace there.
func (e *expansion) whitened(h []float64) (distance, trace float64) {
	p := e.p
	for i := range p {
		for j := range p {
			s := 0.0
			for a := range i + 1 {
				for b := range j + 1 {
					s += e.whiten[i*p+a] * h[a*p+b] * e.whiten[j*p+b]
				}
			}
			distance += (s - indicator(i == j)) * (s - indicator(i == j))
			if i == j {
				trace += s
			}
		}
	}
	return math.Sqrt(distance), trace
}

// tile returns the features of a tile's accounts, the first of them and their number.
func (e *expansion) tile(t int) (features [][lanes]float64, lo, n int) {
	lo = t * tileAccounts
	hi := min(lo+tileAccounts, len(e.d.runs))
	groups := e.size / lanes
	return e.feature[groups*lo : groups*hi], lo, hi - lo
}

func (e *expansion) tiles() int { return (len(e.d.runs) + tileAccounts - 1) / tileAccounts }

// farthest bounds |z| over all rows for a step of the given length.
func (e *expansion) farthest(theta []float64, length float64) float64 {
	box := 0.0
	for i, t := range theta {
		box += math.Abs(t) * e.reach[i]
	}
	return min(box, e.longest*length)
}

// multisets is the number of elements of a symmetric tensor that differ.
func multisets(p, order int) int {
	n := 1
	for i := range order {
		n = n * (p + i) / (i + 1)
	}
	return n
}

func pow(p, order int) int {
	n := 1
	for range order {
		n *= p
	}
	return n
}

// powers are the outer powers of a vector: of each, the elements with indices i1 >= i2
// >= ..., in lexicographic order.
type powers struct {
	of   [][]float64
	upto [][]int // of[n][:upto[n][i]] are the elements with indices up to i
}

func newPowers(p, orders int) powers {
	w := powers{of: make([][]float64, orders), upto: make([][]int, orders)}
	for n := range orders {
		w.of[n] = make([]float64, multisets(p, n+1))
		for i := range p {
			w.upto[n] = append(w.upto[n], multisets(i+1, n+1))
		}
	}
	return w
}

// raise fills the others from the first.
func (w *powers) raise() {
	for n, out := range w.of[1:] {
		at := 0
		for i, x := range w.of[0] {
			lower := w.of[n][:w.upto[n][i]]
			part := out[at : at+len(lower)]
			for j, y := range lower {
				part[j] = x * y
			}
			at += len(lower)
		}
	}
}

// termsOf says of every element of a symmetric tensor which element of powers it is.
func termsOf(p, order int) []int {
	out := make([]int, pow(p, order))
	index := make([]int, order)
	for n := range out {
		for i, rest := 0, n; i < order; i, rest = i+1, rest/p {
			at := i
			for ; at > 0 && index[at-1] < rest%p; at-- {
				index[at] = index[at-1]
			}
			index[at] = rest % p
		}
		for i, v := range index {
			out[n] += multisets(v, order-i)
		}
	}
	return out
}

// contract multiplies the last index of a tensor with v: out has a p-th of its
// elements.
func contract(out, tensor, v []float64) {
	p := len(v)
	for i := range out {
		s := 0.0
		for j, t := range tensor[i*p : (i+1)*p : (i+1)*p] {
			s += t * v[j]
		}
		out[i] = s
	}
}
