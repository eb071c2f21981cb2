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
	index   entryCodes
	valid   []byte // Arrow's bitmap of rows with a value; nil where all have one

	dict   arrow.ArrayData // behind the entries; nil for plain numbers
	values []float64       // by entry: the number, or the word's index
	lookup [][]int8        // by rules, then entry: the code
	bad    []bool          // by entry: it cannot be a value of the signal; nil where none is

	start   *starts         // first day as a customer; nil unless it matters
	late    arrow.Timestamp // the signal does not apply to accounts that start then or later
	invalid func(row int, value string)
}

// starts are the first days as a customer of a batch's accounts.
type starts struct {
	of arrow.Array // null where unknown
	at []arrow.Timestamp
}

// open takes up a column of days, plain or with a dictionary.
func (s *starts) open(a arrow.Array) error {
	s.of = a
	switch a := a.(type) {
	case *array.Timestamp:
		s.at = a.TimestampValues()
		return nil
	case *array.Dictionary:
		days, ok := a.Dictionary().(*array.Timestamp)
		if !ok {
			break
		}
		s.at = make([]arrow.Timestamp, a.Len())
		for i := range s.at {
			if a.IsValid(i) {
				s.at[i] = days.Value(a.GetValueIndex(i))
			}
		}
		return nil
	}
	return diag.Errorf(diag.Internal, "start", "", "its column arrives as %s", a.DataType())
}

// entryCodes say which entry of a dictionary each row has, in one of three widths.
type entryCodes struct {
	bytes  []uint8
	shorts []uint16
	words  []int32
}

// codesOf returns an array's codes; ok is false for any other type.
func codesOf(a arrow.Array) (e entryCodes, ok bool) {
	switch a := a.(type) {
	case *array.Uint8:
		e.bytes = a.Uint8Values()
	case *array.Uint16:
		e.shorts = a.Uint16Values()
	case *array.Int32:
		e.words = a.Int32Values()
	default:
		return e, false
	}
	return e, true
}

func (e *entryCodes) any() bool { return e.bytes != nil || e.shorts != nil || e.words != nil }

func (e *entryCodes) at(row int) int {
	switch {
	case e.bytes != nil:
		return int(e.bytes[row])
	case e.shorts != nil:
		return int(e.shorts[row])
	}
	return int(e.words[row])
}

// exact is the magnitude from which a float64 no longer holds every integer; no
// measurement is that large.
const exact = 1 << 53

// open takes up a batch's column. A dictionary that was seen last is not looked
// up again.
func (c *stored) open(a arrow.Array) error {
	c.numbers, c.index, c.valid = nil, entryCodes{}, nil
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
		index, ok := codesOf(a.Indices())
		if !ok || a.Data().Offset() != 0 {
			break
		}
		c.index = index
		if dict := a.Dictionary(); c.dict == nil || c.dict != dict.Data() {
			if !c.read(dict) {
				break
			}
			c.dict = dict.Data()
		}
		return nil
	case *array.String: // its own dictionary
		if a.Data().Offset() != 0 || !c.read(a) {
			break
		}
		c.index.words = make([]int32, a.Len())
		for i := range c.index.words {
			c.index.words[i] = int32(i)
		}
		c.dict = a.Data()
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
	case !c.index.any():
		return plan.Round9(c.numbers[row])
	case c.def.IsWord():
		return c.values[c.index.at(row)]
	}
	return plan.Round9(c.values[c.index.at(row)])
}

// fill writes the codes of rows lo, lo+1, ... and reports values that the signal
// cannot have.
func (c *stored) fill(codes []int8, lo int, rules []uint8) {
	switch {
	case c.index.bytes != nil:
		lookUp(codes, c.index.bytes[lo:], c.lookup, rules)
	case c.index.shorts != nil:
		lookUp(codes, c.index.shorts[lo:], c.lookup, rules)
	case c.index.words != nil:
		lookUp(codes, c.index.words[lo:], c.lookup, rules)
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
		for i, t := range c.start.at[lo:][:len(codes)] {
			if t >= c.late && c.start.of.IsValid(lo+i) {
				codes[i] = closed
			}
		}
	}
	if !c.index.any() || c.bad != nil {
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

// lookUp writes the codes of rows by their entries.
func lookUp[E uint8 | uint16 | int32](codes []int8, entries []E, lookup [][]int8, rules []uint8) {
	entries = entries[:len(codes)]
	if rules != nil {
		for i, e := range entries {
			codes[i] = lookup[rules[i]][e]
		}
		return
	}
	of := lookup[0]
	for i, e := range entries {
		codes[i] = of[e]
	}
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
		case !c.index.any():
			c.invalid(row, strconv.FormatFloat(c.numbers[row], 'g', -1, 64))
		case c.bad[c.index.at(row)]:
			c.invalid(row, c.entry(c.index.at(row)))
		}
	}
}

// entry writes a dictionary's entry for people.
func (c *stored) entry(e int) string {
	if !c.def.IsWord() {
		return strconv.FormatFloat(c.values[e], 'g', -1, 64)
	}
	d := array.NewStringData(c.dict)
	defer d.Release()
	return string(append([]byte(nil), d.Value(e)...))
}
