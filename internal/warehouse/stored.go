package warehouse

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/source"
)

// codedTypes are the types of columns that come with the dictionaries that they are
// stored with, by the bytes of a code.
var codedTypes = func() map[codedType]*arrow.DictionaryType {
	out := map[codedType]*arrow.DictionaryType{}
	for _, size := range []int{1, 2, 4} {
		for _, of := range []arrow.DataType{arrow.BinaryTypes.String, arrowType(source.Number), arrowType(source.Time)} {
			out[codedType{size, of.ID()}] = &arrow.DictionaryType{IndexType: codeType(size), ValueType: of}
		}
	}
	return out
}()

type codedType struct {
	size int
	of   arrow.Type
}

// array makes an array of the batch, which it takes over, and the entries of its
// dictionary.
func (b *codedBatch) array(n int, entries arrow.Array) arrow.Array {
	typ := codedTypes[codedType{b.size, entries.DataType().ID()}]
	d := array.NewDataWithDictionary(typ, n, []*memory.Buffer{b.v.buf, b.buf}, b.v.nulls, 0, entries.Data().(*array.Data))
	defer d.Release()
	b.release()
	return array.NewDictionaryData(d)
}

// storable returns the column as it is stored where the options ask for that.
func storable[T float64 | int64](c *fixed[T], opt Options) column {
	if !opt.Encoded {
		return c
	}
	c.coded = true
	return &storedFixed[T]{fixed: c}
}

// storedFixed is a column of numbers or times that keeps the chunk's dictionary for
// the batches that need nothing else.
type storedFixed[T float64 | int64] struct {
	*fixed[T]
	dict arrow.Array
}

func (c *storedFixed[T]) close() {
	c.fixed.close()
	if c.dict != nil {
		c.dict.Release()
		c.dict = nil
	}
}

func (c *storedFixed[T]) read(n int) (arrow.Array, faults, error) {
	next := func() error { return c.next(c.fixed) }
	for c.row == c.rows && c.rows == 0 { // of what kind the first page is
		if err := next(); err != nil {
			return nil, faults{}, err
		}
	}
	if c.codes == nil {
		return c.fixed.read(n)
	}
	b, done, err := c.readCodes(n, c.mem, &c.dictMarks, next)
	if err != nil {
		return nil, b.f, err
	}
	if done < n { // plain values follow
		plain := fixedBatch[T]{v: b.v, f: b.f}
		plain.open(c.fixed, n)
		for i := range done {
			if k := codeAt(b.buf.Bytes(), b.size, i); k < len(c.dictValues) { // there is none where all are null
				plain.out[i] = c.dictValues[k]
			} else {
				plain.out[i] = 0
			}
		}
		b.buf.Release()
		return plain.read(c.fixed, done)
	}
	if c.dict == nil {
		buf := newBuffer(c.mem, 8*len(c.dictValues))
		copy(unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), len(c.dictValues)), c.dictValues)
		c.dict = finish(c.typ, len(c.dictValues), &validity{}, buf)
	}
	return b.array(n, c.dict), b.f, nil
}

// flagText is a column of booleans that is read as text: every batch has the same
// dictionary of two words.
type flagText struct {
	*bools
	dict arrow.Array
}

func (c *flagText) close() {
	c.bools.close()
	if c.dict != nil {
		c.dict.Release()
		c.dict = nil
	}
}

func (c *flagText) read(n int) (arrow.Array, faults, error) {
	if c.dict == nil {
		words := texts{data: []byte("falsetrue"), offsets: []int32{0, 5, 9}}
		c.dict = stringArray(c.mem, &words, nil)
	}
	flags, f, err := c.bools.read(n)
	if err != nil {
		return nil, f, err
	}
	defer flags.Release()
	valid := flags.Data().Buffers()[0]
	if valid != nil {
		valid.Retain()
	}
	b := codedBatch{buf: newBuffer(c.mem, n), size: 1, v: validity{buf: valid, nulls: flags.NullN()}}
	out, bits := b.buf.Bytes(), flags.Data().Buffers()[1].Bytes()
	for i := range out {
		out[i] = bits[i>>3] >> (i & 7) & 1
	}
	return b.array(n, c.dict), f, nil
}
