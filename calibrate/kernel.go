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
	loss     float64 // lacks m log(product[m])
	product  [repeats + 1]float64
	g0, h0   float64
	g, cross [4]float64
	h        [10]float64
}

const (
	// repeats is the largest multiplicity whose logarithms are those of a product.
	repeats = 8
	// batchRows is how many rows are evaluated before they are added up.
	batchRows = 256
)

// batch is some rows of one cell, their multiplicities m, and m times their residuals and
// information.
type batch struct {
	row  [batchRows]int32
	m    [batchRows]float64
	g, h [batchRows]float64
}

// rows4 adds the first n rows of the fitter's batch to the sums of designs with four
// pillars. Rows are evaluated first and added up then, in two loops whose sums stay in
// registers.
//
// With e = exp(-|eta|), log(1+e) is summed as the logarithm of running products, one for
// each multiplicity, which costs a multiplication per row instead of a logarithm.
func (f *fitter) rows4(d *design, base float64, n int, s *pass) {
	b0, b1, b2, b3 := f.b[0], f.b[1], f.b[2], f.b[3]
	rows, ms, gs, hs := f.batch.row[:n], f.batch.m[:n], f.batch.g[:n], f.batch.h[:n]
	for i, j := range rows {
		x := (*[4]float64)(d.x[4*int(j):])
		m := ms[i]
		eta := base - (b0*x[0] + b1*x[1]) - (b2*x[2] + b3*x[3])
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
		if d.churned[j] {
			res = complement
			s.loss -= m * eta
		}
		f.residual[j] = res
		if m <= repeats {
			product := &s.product[int(m)]
			*product *= 1 + e
			if *product > 1e250 {
				s.loss += m * math.Log(*product)
				*product = 1
			}
		} else {
			s.loss += m * math.Log1p(e)
		}
		gs[i], hs[i] = m*res, m*prob*complement
	}
	var g0, g1, g2, g3, g4, h0, h1, h2, h3, h4 float64
	for i, j := range rows {
		x := (*[4]float64)(d.x[4*int(j):])
		g, h := gs[i], hs[i]
		g0 += g
		g1 += g * x[0]
		g2 += g * x[1]
		g3 += g * x[2]
		g4 += g * x[3]
		h0 += h
		h1 += h * x[0]
		h2 += h * x[1]
		h3 += h * x[2]
		h4 += h * x[3]
	}
	s.g0 += g0
	s.h0 += h0
	s.g[0], s.g[1], s.g[2], s.g[3] = s.g[0]+g1, s.g[1]+g2, s.g[2]+g3, s.g[3]+g4
	s.cross[0], s.cross[1], s.cross[2], s.cross[3] = s.cross[0]+h1, s.cross[1]+h2, s.cross[2]+h3, s.cross[3]+h4
	var h00, h10, h11, h20, h21, h22, h30, h31, h32, h33 float64
	for i, j := range rows {
		x := (*[4]float64)(d.x[4*int(j):])
		h := hs[i]
		t := h * x[0]
		h00 += t * x[0]
		h10 += t * x[1]
		h20 += t * x[2]
		h30 += t * x[3]
		t = h * x[1]
		h11 += t * x[1]
		h21 += t * x[2]
		h31 += t * x[3]
		t = h * x[2]
		h22 += t * x[2]
		h32 += t * x[3]
		h33 += h * x[3] * x[3]
	}
	for i, v := range [10]float64{h00, h10, h11, h20, h21, h22, h30, h31, h32, h33} {
		s.h[i] += v
	}
}

// put adds a cell's sums to the fitter's.
func (s *pass) put(f *fitter, segment, period int) {
	f.loss += s.loss
	for m, v := range s.product {
		f.loss += float64(m) * math.Log(v)
	}
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
		var s pass
		for m := range s.product {
			s.product[m] = 1
		}
		base := f.a[cl.segment] + f.a[d.segments+cl.period]
		n := 0
		for _, r := range d.runs[cl.runLo:cl.runHi] {
			m := int32(1)
			if mult != nil {
				if m = mult[r.account]; m == 0 {
					continue
				}
			}
			for j := r.lo; j < r.hi; j++ {
				f.batch.row[n], f.batch.m[n] = j, float64(m)
				if n++; n == batchRows {
					f.rows4(d, base, n, &s)
					n = 0
				}
			}
		}
		f.rows4(d, base, n, &s)
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
