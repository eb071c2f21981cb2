package warehouse

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding"
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

func (f *faults) add(row int, m *marks, entry int) {
	f.at = append(f.at, int32(row))
	if len(f.text) < maxFaultTexts {
		f.text = append(f.text, m.text[entry])
	}
}

// validity is an Arrow validity bitmap that starts with every row valid and
// takes memory at the first null.
type validity struct {
	buf   *memory.Buffer
	nulls int
}

func (v *validity) clear(mem memory.Allocator, row, n int) {
	if v.buf == nil {
		v.buf = newBuffer(mem, int(bitutil.BytesForBits(int64(n))))
		b := v.buf.Bytes()
		for i := range b {
			b[i] = 0xFF
		}
	}
	bitutil.ClearBit(v.buf.Bytes(), row)
	v.nulls++
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
	pageValues []T
	pageIndex  []int32
	dicts      int // dictionaries seen
}

func (c *fixed[T]) next() error {
	return c.cursor.next(
		func(v encoding.Values, n int) {
			c.dictValues = grow(c.dictValues, n)
			c.dictMarks.reset()
			c.convert(c.leaf, v, n, c.dictValues, &c.dictMarks)
			c.dicts++
		},
		func(index []int32) {
			c.pageIndex = append(c.pageIndex[:0], index...)
			c.values, c.index, c.current = c.dictValues, c.pageIndex, &c.dictMarks
		},
		func(v encoding.Values, n int) {
			c.pageValues = grow(c.pageValues, n)
			c.marks.reset()
			c.convert(c.leaf, v, n, c.pageValues, &c.marks)
			c.values, c.index, c.current = c.pageValues, nil, &c.marks
		})
}

func (c *fixed[T]) read(n int) (arrow.Array, faults, error) {
	var zero T
	_, flags := any(zero).(bool)
	var buf *memory.Buffer
	var out []T
	if flags {
		c.scratch = grow(c.scratch, n)
		out = c.scratch
	} else {
		buf = newBuffer(c.mem, n*int(unsafe.Sizeof(zero)))
		out = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), n)
	}
	var v validity
	var f faults
	for done := 0; done < n; {
		if c.row == c.rows {
			if err := c.next(); err != nil {
				if buf != nil {
					buf.Release()
				}
				if v.buf != nil {
					v.buf.Release()
				}
				return nil, f, err
			}
			continue
		}
		take := min(n-done, c.rows-c.row)
		c.fill(out, done, take, &v, &f, n)
		c.row += take
		done += take
	}
	if flags {
		buf = newBuffer(c.mem, int(bitutil.BytesForBits(int64(n))))
		bits := buf.Bytes()
		clear(bits)
		for i, x := range any(out).([]bool) {
			if x {
				bitutil.SetBit(bits, i)
			}
		}
	}
	return finish(c.typ, n, &v, buf), f, nil
}

// fill writes the page's next take rows to out from row done on.
func (c *fixed[T]) fill(out []T, done, take int, v *validity, f *faults, n int) {
	dense := len(c.defs) == 0
	if dense && !c.current.any() {
		if c.index == nil {
			copy(out[done:done+take], c.values[c.at:])
		} else {
			for i, x := range c.index[c.at : c.at+take] {
				out[done+i] = c.values[x]
			}
		}
		c.at += take
		return
	}
	var zero T
	full := byte(c.leaf.maxDef)
	for i := range take {
		if !dense && c.defs[c.row+i] != full {
			out[done+i] = zero
			v.clear(c.mem, done+i, n)
			continue
		}
		entry := c.at
		c.at++
		if c.index != nil {
			entry = int(c.index[entry])
		}
		if c.current.any() && c.current.state[entry] != 0 {
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
