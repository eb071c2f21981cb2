package warehouse

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding"

	"accounthealth/internal/kernel"
)

// column produces a column's next rows as an Arrow array.
type column interface {
	// read takes the next n rows. The caller releases the array.
	read(n int) (arrow.Array, faults, error)
	// close releases what the column holds.
	close()
}

// faults are the positions of a batch's unreadable values, with the text of the
// first few.
type faults struct {
	at   []int32
	text []string
}

// maxFaultTexts is how many unreadable values of a batch are kept as text; it is
// no less than a tally keeps of a whole source.
const maxFaultTexts = 8

func (f *faults) add(row int, m *marks, entry int) { f.addText(row, m.text[entry]) }

func (f *faults) addText(row int, s string) {
	f.at = append(f.at, int32(row))
	if len(f.text) < maxFaultTexts {
		f.text = append(f.text, s)
	}
}

// validity is an Arrow validity bitmap that starts with every row valid and
// takes memory at the first null.
type validity struct {
	buf   *memory.Buffer
	nulls int
}

// clear makes a row of n null.
func (v *validity) clear(mem memory.Allocator, row, n int) {
	bitutil.ClearBit(v.bits(mem, n), row)
	v.nulls++
}

func (v *validity) bits(mem memory.Allocator, n int) []byte {
	if v.buf == nil {
		v.buf = newBuffer(mem, int(bitutil.BytesForBits(int64(n))))
		b := v.buf.Bytes()
		for i := range b {
			b[i] = 0xFF
		}
	}
	return v.buf.Bytes()
}

// set takes over take bits of present, of which used are set, for the rows from
// row on.
func (v *validity) set(mem memory.Allocator, row, n int, present []byte, from, take, used int) {
	if used == take {
		return
	}
	if v.buf == nil && row == 0 && take == n && from&7 == 0 {
		v.buf = newBuffer(mem, int(bitutil.BytesForBits(int64(n))))
		copy(v.buf.Bytes(), present[from>>3:])
		v.nulls = take - used
		return
	}
	out := v.bits(mem, n)
	if row&7 == 0 && from&7 == 0 && take&7 == 0 {
		copy(out[row>>3:], present[from>>3:(from+take)>>3])
	} else {
		bitutil.CopyBitmap(present, from, take, out, row)
	}
	v.nulls += take - used
}

func (v *validity) release() {
	if v.buf != nil {
		v.buf.Release()
	}
}

func newBuffer(mem memory.Allocator, n int) *memory.Buffer {
	b := memory.NewResizableBuffer(mem)
	b.Resize(n)
	return b
}

// finish makes an array of a type from buffers that it takes over.
func finish(t arrow.DataType, n int, v *validity, data *memory.Buffer) arrow.Array {
	d := array.NewData(t, n, []*memory.Buffer{v.buf, data}, nil, v.nulls, 0)
	defer d.Release()
	data.Release()
	if v.buf != nil {
		v.buf.Release()
	}
	return array.MakeFromData(d)
}

// fixed is a column of numbers, times or flags.
type fixed[T float64 | int64 | bool] struct {
	*cursor
	mem     memory.Allocator
	typ     arrow.DataType
	convert converter[T]

	dictValues []T
	dictMarks  marks
	values     []T // of the page; of the dictionary while index is in use
	index      []int32
	marks      marks
	current    *marks
	scratch    []T // a batch of flags before they become bits

	// rest is what a batch still wants. The values of a plain page that lies within it
	// and has no nulls are converted there, which inRest tells.
	rest   []T
	inRest bool
}

func (c *fixed[T]) wantsText() bool { return false }

func (c *fixed[T]) text([]byte, int) {}

// room returns memory for n values and some more, of b's where it suffices.
func room[T float64 | int64 | bool](b *[]int64, n int) []T {
	const slack = kernel.Slack / 8
	*b = grow(*b, n+slack)
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(*b))), n+slack)[:n]
}

func (c *fixed[T]) dictionary(v encoding.Values, n int) {
	c.dictValues = room[T](&c.stream.table, n)
	c.dictMarks.reset()
	c.convert(c.leaf, v, n, c.dictValues, &c.dictMarks)
}

func (c *fixed[T]) indexes(index []int32) {
	c.values, c.index, c.current = c.dictValues, index, &c.dictMarks
}

func (c *fixed[T]) plain(v encoding.Values, n int) {
	if c.inRest = c.present == nil && n <= len(c.rest); c.inRest {
		c.values = c.rest[:n]
	} else {
		c.values = room[T](&c.stream.fixed, n)
	}
	c.index, c.current = nil, &c.marks
	c.marks.reset()
	c.convert(c.leaf, v, n, c.values, &c.marks)
}

func (c *fixed[T]) read(n int) (arrow.Array, faults, error) {
	var b fixedBatch[T]
	b.open(c, n)
	return b.read(c, 0)
}

// fixedBatch is an array under construction.
type fixedBatch[T float64 | int64 | bool] struct {
	buf *memory.Buffer // nil for flags, which become bits in the end
	out []T
	v   validity
	f   faults
}

func (b *fixedBatch[T]) open(c *fixed[T], n int) {
	var zero T
	if _, flags := any(zero).(bool); flags {
		c.scratch = grow(c.scratch, n)
		b.out = c.scratch
		return
	}
	b.buf = newBuffer(c.mem, n*int(unsafe.Sizeof(zero)))
	b.out = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b.buf.Bytes()))), n)
}

// read takes the rows from done on and finishes the array.
func (b *fixedBatch[T]) read(c *fixed[T], done int) (arrow.Array, faults, error) {
	n := len(b.out)
	for done < n {
		if c.row == c.rows {
			c.rest = b.out[done:]
			err := c.next(c)
			if c.rest = nil; err != nil {
				if b.buf != nil {
					b.buf.Release()
				}
				b.v.release()
				return nil, b.f, err
			}
			c.widen(c)
			continue
		}
		take := min(n-done, c.rows-c.row)
		c.fill(b.out, done, take, &b.v, &b.f, n)
		c.row += take
		done += take
	}
	if b.buf == nil {
		b.buf = newBuffer(c.mem, int(bitutil.BytesForBits(int64(n))))
		packBits(b.buf.Bytes(), any(b.out).([]bool))
	}
	return finish(c.typ, n, &b.v, b.buf), b.f, nil
}

// packBits writes flags as bits.
func packBits(out []byte, flags []bool) {
	clear(out)
	for i, x := range flags {
		if x {
			bitutil.SetBit(out, i)
		}
	}
}

// fill writes the page's next take rows to out from row done on.
func (c *fixed[T]) fill(out []T, done, take int, v *validity, f *faults, n int) {
	rows := out[done : done+take]
	switch {
	case c.current.any():
		c.fillMarked(out, done, take, v, f, n)
		return
	case c.present == nil && c.index == nil && c.inRest:
		c.at += take
		return
	case c.present == nil && c.index == nil:
		c.at += copy(rows, c.values[c.at:])
		return
	case c.present == nil:
		table := c.values
		for i, x := range c.index[c.at : c.at+take] {
			rows[i] = table[x]
		}
		c.at += take
		return
	}
	used := 0
	if c.index == nil {
		used = kernel.Expand(rows, c.values[c.at:], c.present, c.row)
	} else {
		used = kernel.ExpandIndexed(rows, c.values, c.index[c.at:], c.present, c.row)
	}
	c.at += used
	v.set(c.mem, done, n, c.present, c.row, take, used)
}

// fillMarked is fill where some values are blank or unreadable.
func (c *fixed[T]) fillMarked(out []T, done, take int, v *validity, f *faults, n int) {
	var zero T
	for i := range take {
		if !c.has(i) {
			out[done+i] = zero
			v.clear(c.mem, done+i, n)
			continue
		}
		entry := c.at
		c.at++
		if c.index != nil {
			entry = int(c.index[entry])
		}
		if c.current.state[entry] != 0 {
			out[done+i] = zero
			v.clear(c.mem, done+i, n)
			if c.current.state[entry] == markBad {
				f.add(done+i, c.current, entry)
			}
			continue
		}
		out[done+i] = c.values[entry]
	}
}
