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
	if u := int64(x); float64(u) == x && u > -9e9 && u < 9e9 { // most measurements are counts
		u *= nano
		return decimal{u >> 63, uint64(u)}
	}
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

// mean returns the float64 nearest to the sum over a positive count. It is not
// rounded to nine decimals: what is computed from it is, once, so that a change
// of exactly a tenth compares as a tenth.
func (d decimal) mean(n int32) float64 {
	if u := int64(d.lo); d.hi == u>>63 && u > -1<<53 && u < 1<<53 && int64(n) < 1<<53/nano {
		return float64(u) / float64(int64(n)*nano) // both exact, so the quotient is correctly rounded
	}
	f, _ := new(big.Rat).SetFrac(d.int(), new(big.Int).Mul(big.NewInt(int64(n)), big.NewInt(nano))).Float64()
	return f
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
	f, _ := new(big.Rat).SetFrac(d.int(), big.NewInt(nano)).Float64()
	return f
}

// int returns the sum as a count of 1e-9.
func (d decimal) int() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(d.hi), 64)
	return n.Add(n, new(big.Int).SetUint64(d.lo))
}
