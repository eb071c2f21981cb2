package signal

import (
	"math"
	"math/big"
	"math/bits"
)

// decimal is an exact sum of values taken to nine decimals, as a two's
// complement 128-bit count of 1e-9. Integer addition makes a sum independent of
// the order of its rows; nine decimals are where ladders are compared. Values
// below 2^53 (all that intake lets through) and 2^31 rows cannot overflow it.
type decimal struct {
	hi int64
	lo uint64
}

const nano = 1_000_000_000

// decimalOf rounds x to nine decimals, halves away from zero.
func decimalOf(x float64) decimal {
	whole, frac := math.Modf(x)
	f := int64(math.Round(frac * nano))
	if math.Abs(whole) < 9e9 {
		u := int64(whole)*nano + f
		return decimal{u >> 63, uint64(u)}
	}
	hi, lo := bits.Mul64(uint64(math.Abs(whole)), nano)
	d := decimal{int64(hi), lo}
	if whole < 0 {
		d = d.negated()
	}
	return d.plus(decimal{f >> 63, uint64(f)})
}

func (d decimal) plus(e decimal) decimal {
	lo, carry := bits.Add64(d.lo, e.lo, 0)
	hi, _ := bits.Add64(uint64(d.hi), uint64(e.hi), carry)
	return decimal{int64(hi), lo}
}

func (d decimal) negated() decimal {
	lo, borrow := bits.Sub64(0, d.lo, 0)
	hi, _ := bits.Sub64(0, uint64(d.hi), borrow)
	return decimal{int64(hi), lo}
}

// over divides by a positive count, to the nearest 1e-9, halves away from zero.
func (d decimal) over(n int32) decimal {
	negative := d.hi < 0
	if negative {
		d = d.negated()
	}
	m := uint64(n)
	qhi, r := uint64(d.hi)/m, uint64(d.hi)%m
	qlo, r := bits.Div64(r, d.lo, m)
	q := decimal{int64(qhi), qlo}
	if r >= m-r {
		q = q.plus(decimal{0, 1})
	}
	if negative {
		q = q.negated()
	}
	return q
}

// float returns the nearest float64.
func (d decimal) float() float64 {
	if d.hi == int64(d.lo)>>63 { // fits 64 bits
		switch u := int64(d.lo); {
		case u%nano == 0:
			return float64(u / nano)
		case u > -1<<53 && u < 1<<53:
			return float64(u) / nano // both exact, so the quotient is correctly rounded
		}
	}
	n := new(big.Int).Lsh(big.NewInt(d.hi), 64)
	n.Add(n, new(big.Int).SetUint64(d.lo))
	f, _ := new(big.Rat).SetFrac(n, big.NewInt(nano)).Float64()
	return f
}
