package warehouse

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding"
)

// dictionaryType is the type of every ID and Text column.
var dictionaryType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// text is a column of ids or texts. A chunk's own dictionary is converted once
// and shared by all batches that need nothing else. Rows of plain pages get a
// dictionary of their batch, which continues the chunk's where a batch has both.
type text struct {
	*cursor
	mem  memory.Allocator
	zone *zone

	dict      texts // the chunk's dictionary
	dictMarks marks
	dictArray arrow.Array
	dictLook  map[string]int32 // made when first needed

	plain      texts // the page's values; unused while index is in use
	plainMarks marks
	index      []int32
	isPlain    bool
	tooLong    bool

	grown texts            // what the batch adds
	look  map[string]int32 // into grown; keys are views of its bytes, which are never changed
}

func (c *text) close() {
	c.cursor.close()
	if c.dictArray != nil {
		c.dictArray.Release()
		c.dictArray = nil
	}
}

func (c *text) next() error {
	err := c.cursor.next(
		func(v encoding.Values, n int) {
			c.dictMarks.reset()
			toText(c.leaf, v, n, &c.dict, &c.dictMarks, c.zone)
			if c.dictArray != nil {
				c.dictArray.Release()
			}
			c.dictLook = nil
			c.tooLong = len(c.dict.data) > maxText
			if !c.tooLong {
				c.dictArray = stringArray(c.mem, &c.dict, nil)
			}
		},
		func(index []int32) {
			c.index, c.isPlain = append(c.index[:0], index...), false
		},
		func(v encoding.Values, n int) {
			c.plainMarks.reset()
			toText(c.leaf, v, n, &c.plain, &c.plainMarks, c.zone)
			c.isPlain, c.tooLong = true, len(c.plain.data) > maxText
		})
	if err == nil && c.tooLong {
		err = fmt.Errorf("more than 2 GiB of text in a page: %w", errBudget)
	}
	return err
}

func (c *text) read(n int) (arrow.Array, faults, error) {
	buf := newBuffer(c.mem, 4*n)
	out := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), n)
	var v validity
	var f faults
	b := textBatch{out: out, n: n, v: &v, f: &f}
	c.grown.reset()
	clear(c.look)
	for done := 0; done < n; {
		if c.row == c.rows {
			if err := c.next(); err != nil {
				buf.Release()
				if v.buf != nil {
					v.buf.Release()
				}
				return nil, f, err
			}
			continue
		}
		take := min(n-done, c.rows-c.row)
		if c.isPlain {
			c.fillPlain(&b, done, take)
		} else {
			b.fromDict = true
			c.fillIndexed(&b, done, take)
		}
		c.row += take
		done += take
	}
	if len(c.grown.data)+len(c.dict.data) > maxText {
		buf.Release()
		if v.buf != nil {
			v.buf.Release()
		}
		return nil, f, fmt.Errorf("more than 2 GiB of text in a batch: %w", errBudget)
	}
	return c.finish(&b, buf), f, nil
}

// textBatch is the array under construction.
type textBatch struct {
	out      []int32
	n        int
	v        *validity
	f        *faults
	fromDict bool // rows refer to the chunk's dictionary
	base     int32
	plain    bool // rows refer to the batch's own entries, which start at base
}

func (b *textBatch) null(mem memory.Allocator, row int) {
	b.out[row] = 0
	b.v.clear(mem, row, b.n)
}

func (c *text) fillIndexed(b *textBatch, done, take int) {
	if b.plain && b.base == 0 && c.dict.len() > 0 {
		c.rebase(b, done)
	}
	dense := len(c.defs) == 0
	if dense && !c.dictMarks.any() {
		copy(b.out[done:done+take], c.index[c.at:])
		c.at += take
		return
	}
	full := byte(c.leaf.maxDef)
	for i := range take {
		if !dense && c.defs[c.row+i] != full {
			b.null(c.mem, done+i)
			continue
		}
		entry := c.index[c.at]
		c.at++
		if c.dictMarks.any() && c.dictMarks.state[entry] != 0 {
			b.null(c.mem, done+i)
			if c.dictMarks.state[entry] == markBad {
				b.f.add(done+i, &c.dictMarks, int(entry))
			}
			continue
		}
		b.out[done+i] = entry
	}
}

// rebase makes room for the chunk's dictionary below the batch's own entries, for
// a page that uses it after a plain one.
func (c *text) rebase(b *textBatch, done int) {
	b.base = int32(c.dict.len())
	for i := range done {
		b.out[i] += b.base
	}
}

func (c *text) fillPlain(b *textBatch, done, take int) {
	if !b.plain {
		b.plain = true
		if b.fromDict {
			b.base = int32(c.dict.len())
		}
	}
	full := byte(c.leaf.maxDef)
	for i := range take {
		if len(c.defs) > 0 && c.defs[c.row+i] != full {
			b.null(c.mem, done+i)
			continue
		}
		entry := c.at
		c.at++
		if c.plainMarks.any() && c.plainMarks.state[entry] != 0 {
			b.null(c.mem, done+i)
			if c.plainMarks.state[entry] == markBad {
				b.f.add(done+i, &c.plainMarks, entry)
			}
			continue
		}
		b.out[done+i] = c.entryOf(c.plain.at(entry), b)
	}
}

// entryOf finds or adds a value in the batch's dictionary.
func (c *text) entryOf(s []byte, b *textBatch) int32 {
	if b.base > 0 {
		if c.dictLook == nil {
			c.dictLook = make(map[string]int32, c.dict.len())
			for i := range c.dict.len() {
				if _, seen := c.dictLook[view(c.dict.at(i))]; !seen {
					c.dictLook[view(c.dict.at(i))] = int32(i)
				}
			}
		}
		if x, ok := c.dictLook[view(s)]; ok {
			return x
		}
	}
	x, ok := c.look[view(s)]
	if !ok {
		if c.look == nil {
			c.look = map[string]int32{}
		}
		x = int32(c.grown.len())
		c.grown.data = append(c.grown.data, s...)
		c.grown.end()
		c.look[view(c.grown.at(int(x)))] = x
	}
	return b.base + x
}

func (c *text) finish(b *textBatch, buf *memory.Buffer) arrow.Array {
	dict := c.dictArray
	switch {
	case b.plain && b.base > 0:
		dict = stringArray(c.mem, &c.dict, &c.grown)
		defer dict.Release()
	case b.plain || dict == nil:
		dict = stringArray(c.mem, &c.grown, nil)
		defer dict.Release()
	}
	d := array.NewDataWithDictionary(dictionaryType, b.n, []*memory.Buffer{b.v.buf, buf}, b.v.nulls, 0, dict.Data().(*array.Data))
	defer d.Release()
	buf.Release()
	if b.v.buf != nil {
		b.v.buf.Release()
	}
	return array.NewDictionaryData(d)
}

// stringArray joins one or two runs of strings.
func stringArray(mem memory.Allocator, first, second *texts) arrow.Array {
	n, size := first.len(), len(first.data)
	if second != nil {
		n += second.len()
		size += len(second.data)
	}
	offsets, data := newBuffer(mem, 4*(n+1)), newBuffer(mem, size)
	to := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(offsets.Bytes()))), n+1)
	copy(to, first.offsets)
	copy(data.Bytes(), first.data)
	if second != nil {
		copy(data.Bytes()[len(first.data):], second.data)
		for i, x := range second.offsets {
			to[first.len()+i] = x + int32(len(first.data))
		}
	}
	d := array.NewData(arrow.BinaryTypes.String, n, []*memory.Buffer{nil, offsets, data}, nil, 0, 0)
	defer d.Release()
	offsets.Release()
	data.Release()
	return array.NewStringData(d)
}
