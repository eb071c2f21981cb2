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
		if err := c.next(); err != nil {
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
	if v.buf != nil {
		v.buf.Release()
	}
	return array.NewDictionaryData(d), f, nil
}

// codes writes the dictionary codes of the page's next rows; nulls are code 0.
func (c *storedNumbers) codes(out []int32, v *validity, f *faults) {
	dense, marked := len(c.defs) == 0, c.current.any()
	if dense && !marked {
		copy(out, c.index[c.at:])
		c.at += len(out)
		return
	}
	full := byte(c.leaf.maxDef)
	at := c.at
	for i := range out {
		if !dense && c.defs[c.row+i] != full {
			out[i] = 0
			v.clear(c.mem, i, len(out))
			continue
		}
		entry := c.index[at]
		at++
		if marked && c.current.state[entry] != 0 {
			out[i] = 0
			v.clear(c.mem, i, len(out))
			if c.current.state[entry] == markBad {
				f.add(i, c.current, int(entry))
			}
			continue
		}
		out[i] = entry
	}
	c.at = at
}

// flagText is a column of booleans that is read as text: every batch has the same
// dictionary of two words.
type flagText struct {
	*fixed[bool]
	dict arrow.Array
}

func (c *flagText) close() {
	c.fixed.close()
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
	flags, f, err := c.fixed.read(n)
	if err != nil {
		return nil, f, err
	}
	defer flags.Release()
	buf := newBuffer(c.mem, 4*n)
	out := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), n)
	for i, x := range c.scratch {
		if out[i] = 0; x {
			out[i] = 1
		}
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
	if !c.isPlain && c.rows-c.row >= n {
		return c.text.read(n)
	}
	var v validity
	var f faults
	if c.rows-c.row >= n && len(c.defs) == 0 && !c.plainMarks.any() {
		own := texts{data: c.plain.data, offsets: c.plain.offsets[c.at : c.at+n+1]}
		c.at += n
		c.row += n
		return stringsOf(c.mem, &own, &v), f, nil
	}
	c.grown.reset()
	for done := 0; done < n; {
		if c.row == c.rows {
			if err := c.next(); err != nil {
				if v.buf != nil {
					v.buf.Release()
				}
				return nil, f, err
			}
			continue
		}
		take := min(n-done, c.rows-c.row)
		c.gather(done, take, n, &v, &f)
		c.row += take
		done += take
	}
	if len(c.grown.data) > maxText {
		if v.buf != nil {
			v.buf.Release()
		}
		return nil, f, fmt.Errorf("more than 2 GiB of text in a batch: %w", errBudget)
	}
	return stringsOf(c.mem, &c.grown, &v), f, nil
}

// gather appends the page's next rows to grown; nulls are empty texts. done is the
// first row's place in a batch of n.
func (c *storedText) gather(done, take, n int, v *validity, f *faults) {
	full := byte(c.leaf.maxDef)
	run, m := &c.plain, &c.plainMarks
	if !c.isPlain {
		run, m = &c.dict, &c.dictMarks
	}
	for i := range take {
		if len(c.defs) > 0 && c.defs[c.row+i] != full {
			v.clear(c.mem, done+i, n)
			c.grown.end()
			continue
		}
		entry := c.at
		c.at++
		if !c.isPlain {
			entry = int(c.index[entry])
		}
		switch {
		case !m.any() || m.state[entry] == 0:
			c.grown.data = append(c.grown.data, run.at(entry)...)
		case m.state[entry] == markBad:
			f.add(done+i, m, entry)
			fallthrough
		default:
			v.clear(c.mem, done+i, n)
		}
		c.grown.end()
	}
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
	if v.buf != nil {
		v.buf.Release()
	}
	return array.NewStringData(d)
}
