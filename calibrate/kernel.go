package calibrate

import "math"

// run is the rows lo..hi-1 of one account within one cell.
type run struct {
	lo, hi  int32
	account int32
	churned int32 // rows
}

// pass is what one pass over some rows adds up: the intercept's gradient and
// information, the loss, and for slopes their gradient, the cross terms with the
// intercept, and the lower triangle of the information.
type pass struct {
	loss, product float64 // the loss lacks log(product)
	g0, h0        float64
	g, cross      [4]float64
	h             [10]float64
}

// rows4 adds the rows of a run to the sums of designs with four pillars, each row
// counted m times. It is evaluate's inner loop with everything in registers.
//
// With e = exp(-|eta|), log(1+e) is summed as the logarithm of a running product,
// which costs a multiplication per row instead of a logarithm.
func (f *fitter) rows4(d *design, r run, base, m float64, s *pass) {
	b0, b1, b2, b3 := f.b[0], f.b[1], f.b[2], f.b[3]
	churned := d.churned[r.lo:r.hi]
	residual := f.residual[r.lo:r.hi:r.hi]
	x := d.x[4*int(r.lo) : 4*int(r.hi) : 4*int(r.hi)]
	times := int(m)
	for j, lost := range churned {
		row := x[4*j : 4*j+4 : 4*j+4]
		x0, x1, x2, x3 := row[0], row[1], row[2], row[3]
		eta := base - (b0*x0 + b1*x1) - (b2*x2 + b3*x3)
		// e = expNegative(-|eta|), written out: a call costs as much as it does.
		t := -math.Abs(eta)
		var e float64
		if t >= expLeast {
			z := t*expPerLn2 + expShift
			n := int64(math.Float64bits(z)) << 12 >> 12
			z -= expShift
			q := t - z*expHi - z*expLo
			q += q * q * (0.5 + q*(1./6+q*(1./24+q*(1./120))))
			w := expTable[n&(1<<expBits-1)]
			e = math.Float64frombits(math.Float64bits(w+w*q) + uint64(n>>expBits)<<52)
		} else {
			e = math.Exp(t)
		}
		inv := 1 / (1 + e)
		prob, complement := inv, e*inv
		if eta < 0 {
			prob, complement = complement, prob
		} else {
			s.loss += m * eta
		}
		res := -prob
		if lost {
			res = complement
			s.loss -= m * eta
		}
		residual[j] = res
		if times <= 64 {
			for range times {
				s.product *= 1 + e
			}
			if s.product > 1e250 {
				s.loss += math.Log(s.product)
				s.product = 1
			}
		} else {
			s.loss += m * math.Log1p(e)
		}
		h, g := m*prob*complement, m*res
		s.g0 += g
		s.h0 += h
		s.g[0] += g * x0
		s.g[1] += g * x1
		s.g[2] += g * x2
		s.g[3] += g * x3
		h0, h1, h2, h3 := h*x0, h*x1, h*x2, h*x3
		s.cross[0] += h0
		s.cross[1] += h1
		s.cross[2] += h2
		s.cross[3] += h3
		s.h[0] += h0 * x0
		s.h[1] += h1 * x0
		s.h[2] += h1 * x1
		s.h[3] += h2 * x0
		s.h[4] += h2 * x1
		s.h[5] += h2 * x2
		s.h[6] += h3 * x0
		s.h[7] += h3 * x1
		s.h[8] += h3 * x2
		s.h[9] += h3 * x3
	}
}

// put adds a cell's sums to the fitter's.
func (s *pass) put(f *fitter, segment, period int) {
	f.loss += s.loss + math.Log(s.product)
	for i, g := range s.g {
		f.gb[i] += g
		f.hab[segment*4+i] -= s.cross[i]
		f.hab[period*4+i] -= s.cross[i]
	}
	n := 0
	for i := range 4 {
		for j := range i + 1 {
			f.hbb[i*4+j] += s.h[n]
			n++
		}
	}
	f.putIntercepts(segment, period, s.g0, s.h0)
}

// evaluate4 is evaluate for four pillars without a penalty.
func (f *fitter) evaluate4(d *design, mult []int32) {
	for c, cl := range d.cells {
		if !f.active[c] {
			continue
		}
		s := pass{product: 1}
		base := f.a[cl.segment] + f.a[d.segments+cl.period]
		for _, r := range d.runs[cl.runLo:cl.runHi] {
			m := int32(1)
			if mult != nil {
				if m = mult[r.account]; m == 0 {
					continue
				}
			}
			f.rows4(d, r, base, float64(m), &s)
		}
		s.put(f, cl.segment, d.segments+cl.period)
	}
}

const (
	expBits   = 6 // the binary logarithm of the entries of expTable
	expPerLn2 = (1 << expBits) / math.Ln2
	// ln 2 / 64 in two parts, the first with trailing zeros, so that a whole number
	// times it is exact.
	expHi    = 0.010830424695086549
	expLo    = 1.162596423439437e-12
	expShift = 3 << 51 // added, it rounds to the nearest integer in the low bits
	expLeast = -700
)

// expTable holds 2^(j/64).
var expTable = func() (t [1 << expBits]float64) {
	for j := range t {
		t[j] = math.Exp2(float64(j) / (1 << expBits))
	}
	return t
}()

// expNegative is exp(x) for x <= 0, within 2 units in the last place; 0 below
// -700. exp(x) = 2^(n/64) exp(r) with |r| <= ln 2 / 128, of which a polynomial of
// degree 5 leaves an error under 1e-17.
func expNegative(x float64) float64 {
	if !(x >= expLeast) {
		return math.Exp(x)
	}
	z := x*expPerLn2 + expShift
	n := int64(math.Float64bits(z)) << 12 >> 12 // the integer, in two's complement
	z -= expShift
	r := x - z*expHi - z*expLo
	p := r + r*r*(0.5+r*(1./6+r*(1./24+r*(1./120))))
	t := expTable[n&(1<<expBits-1)]
	return math.Float64frombits(math.Float64bits(t+t*p) + uint64(n>>expBits)<<52)
}
