package warehouse

import (
	"encoding/binary"
	"math/big"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"accounthealth/internal/kernel"
)

// decimal is unscaled / 10^scale. wide is used where 64 bits do not suffice.
type decimal struct {
	unscaled int64
	wide     *big.Int
	scale    int
}

// maxScale bounds the scale that is computed with; the format allows no more
// than the precision, which is below it.
const maxScale = 100

// exactPow10 are the powers of ten that a float64 and an int64 hold exactly.
var exactPow10 = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

func (d decimal) float() float64 {
	if d.wide == nil && d.scale < len(exactPow10) && d.unscaled > -1<<53 && d.unscaled < 1<<53 {
		// Both are exact, so that the quotient is correctly rounded.
		return float64(d.unscaled) / float64(exactPow10[d.scale])
	}
	x, _ := strconv.ParseFloat(string(d.append(nil)), 64) // out of range is ±Inf, refused as out of range later
	return x
}

// cents returns the value rounded to cents, half a cent away from zero, as the
// nearest float64.
func (d decimal) cents() float64 {
	if d.scale <= 2 {
		return d.float()
	}
	if d.wide == nil && d.scale-2 < len(exactPow10) {
		unit := exactPow10[d.scale-2]
		q, r := d.unscaled/unit, d.unscaled%unit
		if r < 0 {
			r = -r
		}
		if r >= unit-r {
			if d.unscaled < 0 {
				q--
			} else {
				q++
			}
		}
		return decimal{unscaled: q, scale: 2}.float()
	}
	v := d.big()
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.scale-2)), nil)
	half := new(big.Int).Rsh(unit, 1) // unit is even
	if v.Sign() < 0 {
		half.Neg(half)
	}
	v.Add(v, half)
	return decimal{wide: v.Quo(v, unit), scale: 2}.float()
}

// big returns the unscaled value as a new integer.
func (d decimal) big() *big.Int {
	if d.wide != nil {
		return new(big.Int).Set(d.wide)
	}
	return big.NewInt(d.unscaled)
}

// append writes the exact value without trailing zeros after the point.
func (d decimal) append(b []byte) []byte {
	start := len(b)
	if d.wide != nil {
		b = d.wide.Append(b, 10)
	} else {
		b = strconv.AppendInt(b, d.unscaled, 10)
	}
	if d.scale <= 0 {
		return b
	}
	if b[start] == '-' {
		start++
	}
	for len(b)-start <= d.scale { // at least one digit before the point
		b = append(b, 0)
		copy(b[start+1:], b[start:])
		b[start] = '0'
	}
	point := len(b) - d.scale
	b = append(b, 0)
	copy(b[point+1:], b[point:])
	b[point] = '.'
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return b
}

// parseDecimal reads digits with an optional sign and point, up to 18 digits in
// all. Anything else is left to other readers.
func parseDecimal(s string) (decimal, bool) {
	i, negative := 0, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	var d decimal
	digits, point := 0, false
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			d.unscaled = d.unscaled*10 + int64(c-'0')
			if digits++; digits > 18 {
				return d, false
			}
			if point {
				d.scale++
			}
		case c == '.' && !point:
			point = true
		default:
			return d, false
		}
	}
	if negative {
		d.unscaled = -d.unscaled
	}
	return d, digits > 0
}

// eachDecimal calls f for each of n values of a decimal leaf.
func eachDecimal(l *leaf, values encoding.Values, n int, f func(i int, d decimal)) {
	switch l.kind {
	case parquet.Int32:
		for i, x := range values.Int32()[:n] {
			f(i, decimal{unscaled: int64(x), scale: l.scale})
		}
	case parquet.Int64:
		for i, x := range values.Int64()[:n] {
			f(i, decimal{unscaled: x, scale: l.scale})
		}
	default:
		eachText(l, values, n, func(i int, s string) { f(i, bigEndian(s, l.scale)) })
	}
}

// shortDecimals converts decimals of at most 64 bits; it returns false for others.
func shortDecimals(l *leaf, values encoding.Values, n int, out []float64) bool {
	if l.scale < 0 || l.scale >= len(exactPow10) {
		return false
	}
	unit := float64(exactPow10[l.scale])
	one := func(x int64) float64 {
		if x > -1<<53 && x < 1<<53 {
			return float64(x) / unit // see decimal.float
		}
		return decimal{unscaled: x, scale: l.scale}.float()
	}
	switch {
	case l.kind == parquet.Int32:
		for i, x := range values.Int32()[:n] {
			out[i] = one(int64(x))
		}
	case l.kind == parquet.Int64:
		in := values.Int64()[:n]
		for i := 0; i < n; i++ {
			if i += kernel.Scale(out[i:n], in[i:], unit); i < n {
				out[i] = one(in[i])
			}
		}
	case l.kind == parquet.FixedLenByteArray && l.width <= 8:
		data, _ := values.FixedLenByteArray()
		for i := range n {
			var x int64
			if at := i * l.width; at+8 <= len(data) {
				x = int64(binary.BigEndian.Uint64(data[at:])) >> (64 - 8*l.width)
			} else {
				x = bigEndian(view(data[at:at+l.width]), 0).unscaled
			}
			out[i] = one(x)
		}
	default:
		return false
	}
	return true
}

// bigEndian reads a two's complement big-endian integer.
func bigEndian(s string, scale int) decimal {
	for len(s) > 8 && (s[0] == 0 && s[1] < 0x80 || s[0] == 0xFF && s[1] >= 0x80) {
		s = s[1:] // a byte of sign only
	}
	if len(s) <= 8 {
		var v int64
		if len(s) > 0 && s[0] >= 0x80 {
			v = -1
		}
		for i := range len(s) {
			v = v<<8 | int64(s[i])
		}
		return decimal{unscaled: v, scale: scale}
	}
	v := new(big.Int).SetBytes([]byte(s))
	if s[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(s))))
	}
	return decimal{wide: v, scale: scale}
}
