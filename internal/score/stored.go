package score

import (
	"math/bits"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
	"accounthealth/internal/signal"
)

// stored is one signal of a stream in the form it comes in: numbers, or codes of
// a dictionary whose entries are looked up once.
type stored struct {
	def     *plan.Signal
	ladders []ladder

	numbers []float64
	index   []int32
	valid   []byte // Arrow's bitmap of rows with a value; nil where all have one

	dict   arrow.ArrayData // behind the entries; nil for plain numbers
	values []float64       // by entry: the number, or the word's index
	lookup [][]int8        // by rules, then entry: the code
	bad    []bool          // by entry: it cannot be a value of the signal; nil where none is

	start   *array.Timestamp // first day as a customer; nil unless it matters
	late    arrow.Timestamp  // the signal does not apply to accounts that start then or later
	invalid func(row int, value string)
}

// exact is the magnitude from which a float64 no longer holds every integer; no
// measurement is that large.
const exact = 1 << 53

// open takes up a batch's column. A dictionary that was seen last is not looked
// up again.
func (c *stored) open(a arrow.Array) error {
	c.numbers, c.index, c.valid = nil, nil, nil
	if a.NullN() > 0 {
		c.valid = a.NullBitmapBytes()
	}
	switch a := a.(type) {
	case *array.Float64:
		if c.def.IsWord() || a.Data().Offset() != 0 {
			break
		}
		c.numbers, c.dict = a.Float64Values(), nil
		return nil
	case *array.Dictionary:
		index, ok := a.Indices().(*array.Int32)
		if !ok || a.Data().Offset() != 0 {
			break
		}
		c.index = index.Int32Values()
		if dict := a.Dictionary(); c.dict == nil || c.dict != dict.Data() {
			if !c.read(dict) {
				break
			}
			c.dict = dict.Data()
		}
		return nil
	}
	return diag.Errorf(diag.Internal, "signal "+c.def.Name, "", "its column arrives as %s", a.DataType())
}

// read looks the entries of a dictionary up.
func (c *stored) read(dict arrow.Array) bool {
	c.bad = nil
	n := dict.Len()
	c.values = slices.Grow(c.values[:0], n)[:n]
	wrong := func(i int) {
		if c.bad == nil {
			c.bad = make([]bool, n)
		}
		c.bad[i] = true
	}
	missingAt := make([]bool, n)
	switch d := dict.(type) {
	case *array.Float64:
		if c.def.IsWord() {
			return false
		}
		copy(c.values, d.Float64Values())
	case *array.String:
		if !c.def.IsWord() {
			return false
		}
		for i := range n {
			w, blank := signal.WordOf(c.def.Words, d.Value(i))
			c.values[i] = float64(w)
			if missingAt[i] = w < 0; w < 0 && !blank {
				wrong(i)
			}
		}
	default:
		return false
	}
	c.lookup = slices.Grow(c.lookup[:0], len(c.ladders))[:len(c.ladders)]
	for r := range c.ladders {
		l := &c.ladders[r]
		codes := slices.Grow(c.lookup[r][:0], max(n, 1))[:max(n, 1)] // rows without a value are code 0
		codes[0] = missing
		for i := range n {
			switch {
			case !l.applies:
				codes[i] = closed
			case missingAt[i]:
				codes[i] = missing
			case c.def.IsWord():
				codes[i] = l.word(int8(c.values[i]))
			default:
				if codes[i] = c.step(l, c.values[i]); codes[i] == missing {
					wrong(i)
				}
			}
		}
		c.lookup[r] = codes
	}
	return true
}

// step returns a number's code; what lies outside the domain is missing.
func (c *stored) step(l *ladder, x float64) int8 {
	if !(x > -exact && x < exact) {
		return missing
	}
	return l.step(x)
}

// value returns the known value of a row as caps compare it.
func (c *stored) value(row int) float64 {
	switch {
	case c.index == nil:
		return plan.Round9(c.numbers[row])
	case c.def.IsWord():
		return c.values[c.index[row]]
	}
	return plan.Round9(c.values[c.index[row]])
}

// fill writes the codes of rows lo, lo+1, ... and reports values that the signal
// cannot have.
func (c *stored) fill(codes []int8, lo int, rules []uint8) {
	switch {
	case c.index != nil && rules == nil:
		lookup := c.lookup[0]
		for i, e := range c.index[lo:][:len(codes)] {
			codes[i] = lookup[e]
		}
	case c.index != nil:
		for i, e := range c.index[lo:][:len(codes)] {
			codes[i] = c.lookup[rules[i]][e]
		}
	default:
		l := &c.ladders[0]
		for i, x := range c.numbers[lo:][:len(codes)] {
			if rules != nil {
				l = &c.ladders[rules[i]]
			}
			if codes[i] = closed; l.applies {
				codes[i] = c.step(l, x)
			}
		}
	}
	if c.start != nil {
		for i, t := range c.start.TimestampValues()[lo:][:len(codes)] {
			if t >= c.late && c.start.IsValid(lo+i) {
				codes[i] = closed
			}
		}
	}
	if c.index == nil || c.bad != nil {
		c.report(codes, lo)
	}
	if c.valid == nil {
		return
	}
	c.nulls(lo, len(codes), func(i int) {
		if codes[i] != closed {
			l := &c.ladders[0]
			if rules != nil {
				l = &c.ladders[rules[i]]
			}
			if codes[i] = missing; !l.applies {
				codes[i] = closed
			}
		}
	})
}

// nulls calls f for every row without a value, counted from lo.
func (c *stored) nulls(lo, n int, f func(i int)) {
	for i := 0; i < n; {
		row := lo + i
		b := ^c.valid[row>>3] >> (row & 7)
		width := min(8-row&7, n-i)
		b &= byte(1<<width - 1)
		for b != 0 {
			f(i + bits.TrailingZeros8(b))
			b &= b - 1
		}
		i += width
	}
}

// report tells of the rows whose values are none of the signal's.
func (c *stored) report(codes []int8, lo int) {
	for i, code := range codes {
		row := lo + i
		if code != missing || c.valid != nil && c.valid[row>>3]>>(row&7)&1 == 0 {
			continue
		}
		switch {
		case c.index == nil:
			c.invalid(row, strconv.FormatFloat(c.numbers[row], 'g', -1, 64))
		case c.bad[c.index[row]]:
			c.invalid(row, c.entry(c.index[row]))
		}
	}
}

// entry writes a dictionary's entry for people.
func (c *stored) entry(e int32) string {
	if !c.def.IsWord() {
		return strconv.FormatFloat(c.values[e], 'g', -1, 64)
	}
	d := array.NewStringData(c.dict)
	defer d.Release()
	return string(append([]byte(nil), d.Value(int(e))...))
}
