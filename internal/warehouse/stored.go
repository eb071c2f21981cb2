package warehouse

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// numbersType is the type of a Number column that comes as it is stored.
var numbersType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.PrimitiveTypes.Float64}

// storedNumbers is a column of numbers that keeps the chunk's dictionary for the
// batches that need nothing else.
type storedNumbers struct {
	*fixed[float64]
	dict  arrow.Array
	dicts int // fixed.dicts when dict was made
}

func (c *storedNumbers) close() {
	c.fixed.close()
	if c.dict != nil {
		c.dict.Release()
		c.dict = nil
	}
}

func (c *storedNumbers) read(n int) (arrow.Array, faults, error) {
	for c.row == c.rows {
		if err := c.next(c.fixed); err != nil {
			return nil, faults{}, err
		}
	}
	// A batch that reaches the next page cannot know what it will find there.
	if c.index == nil || c.rows-c.row < n {
		return c.fixed.read(n)
	}
	if c.dicts != c.fixed.dicts || c.dict == nil {
		if c.dict != nil {
			c.dict.Release()
		}
		buf := newBuffer(c.mem, 8*len(c.dictValues))
		copy(unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), len(c.dictValues)), c.dictValues)
		c.dict, c.dicts = finish(arrow.PrimitiveTypes.Float64, len(c.dictValues), &validity{}, buf), c.fixed.dicts
	}
	buf := newBuffer(c.mem, 4*n)
	out := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), n)
	var v validity
	var f faults
	c.codes(out, &v, &f)
	c.row += n
	d := array.NewDataWithDictionary(numbersType, n, []*memory.Buffer{v.buf, buf}, v.nulls, 0, c.dict.Data().(*array.Data))
	defer d.Release()
	buf.Release()
	v.release()
	return array.NewDictionaryData(d), f, nil
}

// codes writes the dictionary codes of the page's next rows; nulls are code 0.
func (c *storedNumbers) codes(out []int32, v *validity, f *faults) {
	n := len(out)
	if !c.current.any() {
		if c.present == nil {
			c.at += copy(out, c.index[c.at:])
			return
		}
		used := spread(out, c.index[c.at:], c.present, c.row)
		c.at += used
		v.set(c.mem, 0, n, c.present, c.row, n, used)
		return
	}
	for i := range out {
		if out[i] = 0; !c.has(i) {
			v.clear(c.mem, i, n)
			continue
		}
		entry := c.index[c.at]
		c.at++
		if k := c.current.state[entry]; k != 0 {
			v.clear(c.mem, i, n)
			if k == markBad {
				f.add(i, c.current, int(entry))
			}
			continue
		}
		out[i] = entry
	}
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
	buf := newBuffer(c.mem, 4*n)
	out := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), n)
	bits := flags.Data().Buffers()[1].Bytes()
	for i := range out {
		out[i] = int32(bits[i>>3] >> (i & 7) & 1)
	}
	valid := flags.Data().Buffers()[0]
	d := array.NewDataWithDictionary(dictionaryType, n, []*memory.Buffer{valid, buf}, flags.NullN(), 0, c.dict.Data().(*array.Data))
	defer d.Release()
	buf.Release()
	return array.NewDictionaryData(d), f, nil
}

// storedText is a column of ids that makes no dictionary of plain pages.
type storedText struct{ *text }

func (c *storedText) read(n int) (arrow.Array, faults, error) {
	for c.row == c.rows {
		if err := c.next(); err != nil {
			return nil, faults{}, err
		}
	}
	if c.kind == textIndexed && c.rows-c.row >= n {
		return c.text.read(n)
	}
	var v validity
	var f faults
	g := &c.stream.grown
	g.reset()
	for done := 0; done < n; {
		if c.row == c.rows {
			if err := c.next(); err != nil {
				v.release()
				return nil, f, err
			}
			continue
		}
		take := min(n-done, c.rows-c.row)
		if c.kind != textRaw || c.present != nil || !c.appendRaw(take) {
			c.gather(done, take, n, &v, &f)
		}
		if len(g.data) > maxText {
			v.release()
			return nil, f, fmt.Errorf("more than 2 GiB of text in a batch: %w", errBudget)
		}
		c.row += take
		done += take
	}
	return stringsOf(c.mem, g, &v), f, nil
}

// gather appends the page's next rows to grown; nulls are empty texts. done is the
// first row's place in a batch of n.
func (c *storedText) gather(done, take, n int, v *validity, f *faults) {
	g := &c.stream.grown
	for i := range take {
		s, k := c.value(i)
		if k == 0 {
			g.data = append(g.data, s...)
		} else {
			v.clear(c.mem, done+i, n)
			if k == markBad {
				f.addText(done+i, string(s))
			}
		}
		g.end()
	}
}

// value takes the i-th row from the current one: its text, or that it is null, or
// what is written where it is unreadable.
func (c *storedText) value(i int) ([]byte, mark) {
	if !c.has(i) {
		return nil, markBlank
	}
	entry, run, m := c.at, &c.converted, &c.marks
	c.at++
	switch c.kind {
	case textRaw:
		return c.nextRaw()
	case textIndexed:
		entry, run, m = int(c.index[entry]), &c.stream.dict, &c.dictMarks
	}
	if m.any() && m.state[entry] != 0 {
		return []byte(m.text[entry]), m.state[entry]
	}
	return run.at(entry), 0
}

// stringsOf makes an array of a run of strings and takes the validity over.
func stringsOf(mem memory.Allocator, t *texts, v *validity) arrow.Array {
	n, first := t.len(), t.offsets[0]
	data := t.data[first:t.offsets[n]]
	offsets, text := newBuffer(mem, 4*(n+1)), newBuffer(mem, len(data))
	to := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(offsets.Bytes()))), n+1)
	for i, x := range t.offsets {
		to[i] = x - first
	}
	copy(text.Bytes(), data)
	d := array.NewData(arrow.BinaryTypes.String, n, []*memory.Buffer{v.buf, offsets, text}, nil, v.nulls, 0)
	defer d.Release()
	offsets.Release()
	text.Release()
	v.release()
	return array.NewStringData(d)
}
