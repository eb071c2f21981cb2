package warehouse

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/source"
)

// constant is a column with one value for a whole file: a partition key, or null
// where the file has no such column.
type constant struct {
	mem    memory.Allocator
	role   source.Role
	null   bool
	bad    bool // the key cannot be read as the role
	raw    string
	number float64
	micros int64
	flag   bool
}

func newConstant(mem memory.Allocator, role source.Role, key *string, z *zone) *constant {
	c := &constant{mem: mem, role: role, null: key == nil}
	if key != nil {
		var k mark
		c.raw = *key
		c.number, c.micros, c.flag, k = parseConstant(role, c.raw, z)
		c.null, c.bad = k != 0, k == markBad
	}
	return c
}

func (c *constant) close() {}

func (c *constant) read(n int) (arrow.Array, faults, error) {
	var f faults
	if c.bad {
		f.text = []string{c.raw}
		for i := range n {
			f.at = append(f.at, int32(i))
		}
	}
	var v validity
	if c.null && n > 0 {
		v.buf = newBuffer(c.mem, int(bitutil.BytesForBits(int64(n))))
		clear(v.buf.Bytes())
		v.nulls = n
	}
	switch c.role {
	case source.ID, source.Text:
		return c.text(n, &v), f, nil
	case source.Flag:
		buf := newBuffer(c.mem, int(bitutil.BytesForBits(int64(n))))
		clear(buf.Bytes())
		bitutil.SetBitsTo(buf.Bytes(), 0, int64(n), c.flag)
		return finish(arrowType(c.role), n, &v, buf), f, nil
	case source.Time:
		return finish(arrowType(c.role), n, &v, repeated(c.mem, n, c.micros)), f, nil
	default:
		return finish(arrowType(c.role), n, &v, repeated(c.mem, n, c.number)), f, nil
	}
}

func (c *constant) text(n int, v *validity) arrow.Array {
	var one texts
	one.reset()
	if !c.null {
		one.data = append(one.data, c.raw...)
		one.end()
	}
	dict := stringArray(c.mem, &one, nil)
	defer dict.Release()
	buf := repeated(c.mem, n, int32(0))
	d := array.NewDataWithDictionary(dictionaryType, n, []*memory.Buffer{v.buf, buf}, v.nulls, 0, dict.Data().(*array.Data))
	defer d.Release()
	buf.Release()
	if v.buf != nil {
		v.buf.Release()
	}
	return array.NewDictionaryData(d)
}

func repeated[T int32 | int64 | float64](mem memory.Allocator, n int, x T) *memory.Buffer {
	buf := newBuffer(mem, n*int(unsafe.Sizeof(x)))
	out := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), n)
	for i := range out {
		out[i] = x
	}
	return buf
}

// arrowType is the one type in which a role's values are handed out.
func arrowType(r source.Role) arrow.DataType {
	switch r {
	case source.ID, source.Text:
		return dictionaryType
	case source.Time:
		return wallClock
	case source.Flag:
		return arrow.FixedWidthTypes.Boolean
	}
	return arrow.PrimitiveTypes.Float64
}

// wallClock is a timestamp without a zone: the clock of the reporting time zone.
var wallClock = &arrow.TimestampType{Unit: arrow.Microsecond}
