package warehouse

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"accounthealth/internal/kernel"
)

// marks says which values of a page or a dictionary are not plain values: blank
// ones, which are null without a complaint, and ones that cannot be read. The
// zero value marks nothing.
type marks struct {
	state []mark
	text  map[int]string // unreadable values as written
}

type mark uint8

const (
	markBlank mark = iota + 1
	markBad
)

func (m *marks) reset() {
	m.state = m.state[:0]
	clear(m.text)
}

func (m *marks) any() bool { return len(m.state) > 0 }

func (m *marks) set(i, n int, k mark) {
	if len(m.state) == 0 {
		m.state = grow(m.state, n)
		clear(m.state)
	}
	m.state[i] = k
}

func (m *marks) blank(i, n int) { m.set(i, n, markBlank) }

func (m *marks) bad(i, n int, text string) {
	m.set(i, n, markBad)
	if m.text == nil {
		m.text = map[int]string{}
	}
	m.text[i] = text
}

// converter turns the first n values of a page or a dictionary into a role's
// type.
type converter[T any] func(l *leaf, values encoding.Values, n int, out []T, m *marks)

// eachText calls f for each of n byte strings. The string is a view of the page.
func eachText(l *leaf, values encoding.Values, n int, f func(i int, s string)) {
	if l.kind == parquet.FixedLenByteArray {
		data, _ := values.FixedLenByteArray()
		for i := range n {
			f(i, view(data[i*l.width:(i+1)*l.width]))
		}
		return
	}
	data, offsets := values.ByteArray()
	for i := range n {
		f(i, view(data[offsets[i]:offsets[i+1]]))
	}
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func toNumbers(l *leaf, values encoding.Values, n int, out []float64, m *marks) {
	switch l.form {
	case formBool:
		bits := values.Boolean()
		for i := range n {
			out[i] = float64(bits[i>>3] >> (i & 7) & 1)
		}
	case formInt:
		if l.kind == parquet.Int32 {
			widen(out, values.Int32()[:n])
		} else {
			widen(out, values.Int64()[:n])
		}
	case formUint:
		if l.kind == parquet.Int32 {
			widen(out, values.Uint32()[:n])
		} else {
			widen(out, values.Uint64()[:n])
		}
	case formFloat:
		in := out[:n]
		switch l.kind {
		case parquet.Float:
			widen(out, values.Float()[:n])
		case parquet.Double:
			in = values.Double()[:n]
		default:
			data, _ := values.FixedLenByteArray()
			for i := range n {
				out[i] = half(binary.LittleEndian.Uint16(data[2*i:]))
			}
		}
		for i := 0; i < n; i++ {
			if i += kernel.Finite(out[i:n], in[i:]); i == n {
				break
			}
			x := in[i]
			if out[i] = x; x != x {
				m.blank(i, n)
			} else {
				m.bad(i, n, strconv.FormatFloat(x, 'g', -1, 64))
			}
		}
	case formDecimal:
		if shortDecimals(l, values, n, out) {
			return
		}
		eachDecimal(l, values, n, func(i int, d decimal) { out[i] = m.finite(i, n, d.float(), d) })
	default:
		eachText(l, values, n, func(i int, s string) {
			x, k := parseNumber(s)
			out[i] = x
			m.parsed(i, n, k, s)
		})
	}
}

func widen[T int32 | int64 | uint32 | uint64 | float32](out []float64, in []T) {
	for i, x := range in {
		out[i] = float64(x)
	}
}

// half returns the value of an IEEE 754 number of 16 bits: a sign, five bits of
// exponent with a bias of 15, ten of fraction.
func half(x uint16) float64 {
	exponent, fraction := int(x>>10&0x1f), float64(x&0x3ff)
	var v float64
	switch {
	case exponent == 0: // zero and the subnormals
		v = math.Ldexp(fraction, -24)
	case exponent < 0x1f:
		v = math.Ldexp(1024+fraction, exponent-25)
	case fraction == 0:
		v = math.Inf(1)
	default:
		return math.NaN()
	}
	if x>>15 == 1 {
		v = -v
	}
	return v
}

// finite marks a decimal that no float64 can hold.
func (m *marks) finite(i, n int, x float64, d decimal) float64 {
	if math.IsInf(x, 0) {
		m.bad(i, n, string(d.append(nil)))
	}
	return x
}

// parsed records the outcome of parsing the text s.
func (m *marks) parsed(i, n int, k mark, s string) {
	switch k {
	case markBlank:
		m.blank(i, n)
	case markBad:
		m.bad(i, n, strings.Clone(s))
	}
}

// toMoney is toNumbers rounded to whole cents, half a cent away from zero.
func toMoney(l *leaf, values encoding.Values, n int, out []float64, m *marks) {
	switch l.form {
	case formDecimal:
		if l.scale <= 2 && shortDecimals(l, values, n, out) {
			return
		}
		eachDecimal(l, values, n, func(i int, d decimal) { out[i] = m.finite(i, n, d.cents(), d) })
	case formText:
		eachText(l, values, n, func(i int, s string) {
			x, k := parseMoney(s)
			out[i] = x
			m.parsed(i, n, k, s)
		})
	default:
		toNumbers(l, values, n, out, m)
		if l.form == formFloat {
			for i := range n {
				out[i] = roundCents(out[i])
			}
		}
	}
}

// roundCents rounds a float to cents; beyond 2^53 cents a float has none.
func roundCents(x float64) float64 {
	if c := x * 100; math.Abs(c) < 1<<53 {
		return math.Round(c)/100 + 0
	}
	return x
}

// parseNumber reads a decimal number with an optional exponent. Blank text and
// NaN are null; infinities, hexadecimals, separators and units are unreadable.
func parseNumber(s string) (float64, mark) {
	s = strings.TrimSpace(s)
	if d, ok := parseDecimal(s); ok {
		return d.float(), 0
	}
	return parseFloat(s)
}

func parseMoney(s string) (float64, mark) {
	s = strings.TrimSpace(s)
	if d, ok := parseDecimal(s); ok {
		return d.cents(), 0
	}
	x, k := parseFloat(s)
	return roundCents(x), k
}

func parseFloat(s string) (float64, mark) {
	if s == "" || strings.EqualFold(s, "nan") {
		return 0, markBlank
	}
	if strings.Trim(s, "+-.0123456789eE") != "" {
		return 0, markBad
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, markBad
	}
	return x + 0, 0
}

func toFlags(l *leaf, values encoding.Values, n int, out []bool, m *marks) {
	number := func(i int, x float64) {
		out[i] = x == 1
		if x != 0 && x != 1 {
			m.bad(i, n, strconv.FormatFloat(x, 'g', -1, 64))
		}
	}
	switch l.form {
	case formBool:
		bits := values.Boolean()
		for i := range n {
			out[i] = bits[i>>3]>>(i&7)&1 == 1
		}
	case formText:
		eachText(l, values, n, func(i int, s string) {
			b, k := parseFlag(s)
			out[i] = b
			m.parsed(i, n, k, s)
		})
	default:
		x := make([]float64, n)
		toNumbers(l, values, n, x, m)
		for i := range n {
			if !m.any() || m.state[i] == 0 {
				number(i, x[i])
			}
		}
	}
}

// parseFlag reads true/false, t/f, yes/no, y/n and 1/0 in any case.
func parseFlag(s string) (bool, mark) {
	s = strings.TrimSpace(s)
	for _, w := range [...]string{"true", "t", "yes", "y", "1"} {
		if strings.EqualFold(s, w) {
			return true, 0
		}
	}
	for _, w := range [...]string{"false", "f", "no", "n", "0"} {
		if strings.EqualFold(s, w) {
			return false, 0
		}
	}
	if s == "" {
		return false, markBlank
	}
	return false, markBad
}
