package warehouse

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding"

	"accounthealth/internal/kernel"
)

// dictionaryType is the type of every ID and Text column.
var dictionaryType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// text is a column of ids or texts. A chunk's own dictionary is converted once
// and shared by all batches that need nothing else. Rows of plain pages get a
// dictionary of their batch, which continues the chunk's where a batch has both.
// Values of plain pages that are nearly all different are not looked up: an entry
// each, so that a value may have several.
type text struct {
	*cursor
	mem  memory.Allocator
	zone *zone

	dictMarks marks
	dictArray arrow.Array
	dictLook  map[string]int32 // made when first needed

	// A page's values: entries of the dictionary, or converted ones, or texts as
	// they stand in the page.
	kind      textPage
	index     []int32
	converted texts
	marks     marks
	raw       []byte

	tooLong bool

	look map[string]int32 // into grown; keys are views of its bytes, which are never changed
	// looked and found count the values that were looked up in the batch, and
	// those that were there; apart says that hardly any were.
	looked, found int
	apart         bool
}

type textPage uint8

const (
	textIndexed textPage = iota
	textConverted
	textRaw
)

func (c *text) close() {
	c.cursor.close()
	if c.dictArray != nil {
		c.dictArray.Release()
		c.dictArray = nil
	}
}

func (c *text) wantsText() bool { return c.leaf.form == formText }

func (c *text) dictionary(v encoding.Values, n int) {
	c.dictMarks.reset()
	toText(c.leaf, v, n, &c.stream.dict, &c.dictMarks, c.zone)
	if c.dictArray != nil {
		c.dictArray.Release()
		c.dictArray = nil
	}
	c.dictLook = nil
	if c.tooLong = len(c.stream.dict.data) > maxText; !c.tooLong {
		c.dictArray = stringArray(c.mem, &c.stream.dict, nil)
	}
}

func (c *text) indexes(index []int32) { c.index, c.kind = index, textIndexed }

func (c *text) plain(v encoding.Values, n int) {
	c.marks.reset()
	toText(c.leaf, v, n, &c.converted, &c.marks, c.zone)
	c.kind, c.tooLong = textConverted, c.tooLong || len(c.converted.data) > maxText
}

func (c *text) text(raw []byte, _ int) { c.raw, c.kind = raw, textRaw }

func (c *text) next() error {
	err := c.cursor.next(c)
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
	c.stream.grown.reset()
	clear(c.look)
	c.looked, c.found = 0, 0
	fail := func(err error) (arrow.Array, faults, error) {
		buf.Release()
		v.release()
		return nil, f, err
	}
	for done := 0; done < n; {
		if c.row == c.rows {
			c.into = buf.Bytes()[4*done:]
			err := c.next()
			if c.into = nil; err != nil {
				return fail(err)
			}
			continue
		}
		take := min(n-done, c.rows-c.row)
		switch c.kind {
		case textIndexed:
			b.fromDict = true
			c.fillIndexed(&b, done, take)
		case textConverted:
			b.start(c)
			c.fillConverted(&b, done, take)
		default:
			b.start(c)
			c.fillRaw(&b, done, take)
		}
		if len(c.stream.grown.data)+len(c.stream.dict.data) > maxText {
			return fail(fmt.Errorf("more than 2 GiB of text in a batch: %w", errBudget))
		}
		c.row += take
		done += take
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

// start prepares a batch for values that are not the chunk's dictionary's.
func (b *textBatch) start(c *text) {
	if !b.plain {
		b.plain = true
		if b.fromDict {
			b.base = int32(c.stream.dict.len())
		}
	}
}

func (c *text) fillIndexed(b *textBatch, done, take int) {
	if b.plain && b.base == 0 && c.stream.dict.len() > 0 {
		c.rebase(b, done)
	}
	if c.dictMarks.any() {
		c.fillMarked(b, done, take)
		return
	}
	rows := b.out[done : done+take]
	switch {
	case c.placed:
		c.at += take
		return
	case c.present == nil:
		c.at += copy(rows, c.index[c.at:])
		return
	}
	used := kernel.Expand(rows, c.index[c.at:], c.present, c.row)
	c.at += used
	b.v.set(c.mem, done, b.n, c.present, c.row, take, used)
}

// fillMarked is fillIndexed for a dictionary with blank or unreadable entries.
func (c *text) fillMarked(b *textBatch, done, take int) {
	for i := range take {
		if !c.has(i) {
			b.null(c.mem, done+i)
			continue
		}
		entry := c.index[c.at]
		c.at++
		if k := c.dictMarks.state[entry]; k != 0 {
			b.null(c.mem, done+i)
			if k == markBad {
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
	b.base = int32(c.stream.dict.len())
	for i := range done {
		b.out[i] += b.base
	}
}

func (c *text) fillConverted(b *textBatch, done, take int) {
	for i := range take {
		if !c.has(i) {
			b.null(c.mem, done+i)
			continue
		}
		entry := c.at
		c.at++
		if c.marks.any() && c.marks.state[entry] != 0 {
			b.null(c.mem, done+i)
			if c.marks.state[entry] == markBad {
				b.f.add(done+i, &c.marks, entry)
			}
			continue
		}
		b.out[done+i] = c.entryOf(c.converted.at(entry), b)
	}
}

// fillRaw takes texts from the page as it is: four bytes of length before each.
// The page was walked before, so that every length is within it.
func (c *text) fillRaw(b *textBatch, done, take int) {
	for i := range take {
		if c.apart && b.base == 0 && c.present == nil && i%lookedEnough == 0 {
			if first := int32(c.stream.grown.len()); c.appendRaw(take - i) {
				for k := range b.out[done+i : done+take] {
					b.out[done+i+k] = first + int32(k)
				}
				return
			}
		}
		if !c.has(i) {
			b.null(c.mem, done+i)
			continue
		}
		switch s, k := c.nextRaw(); k {
		case 0:
			b.out[done+i] = c.entryOf(s, b)
		case markBad:
			b.f.addText(done+i, string(s))
			fallthrough
		default:
			b.null(c.mem, done+i)
		}
	}
}

// nextRaw takes a text from the page; it returns what is written where it is
// unreadable.
func (c *text) nextRaw() ([]byte, mark) {
	n := 4 + int(binary.LittleEndian.Uint32(c.raw))
	s := c.raw[4:n:n]
	c.raw = c.raw[n:]
	switch {
	case len(s) == 0:
		return nil, markBlank
	case !ascii(s) && !utf8.Valid(s):
		return []byte(strconv.Quote(string(s))), markBad
	}
	return s, 0
}

// appendRaw appends the page's next rows, which all have a value, an entry each.
// It gives up, and leaves everything as it was, at an empty text or a byte that
// is not ASCII.
func (c *text) appendRaw(rows int) bool {
	raw, g := c.raw, &c.stream.grown
	data := slices.Grow(g.data, len(raw)+kernel.ShortText)
	offsets := slices.Grow(g.offsets, rows)
	at := len(data)
	data, offsets = data[:cap(data)], offsets[:len(offsets)+rows]
	ends := offsets[len(offsets)-rows:]
	seen := uint64(0)
	for i := range ends {
		n := int(binary.LittleEndian.Uint32(raw))
		raw = raw[4:]
		if n == 0 {
			return false
		}
		if n <= kernel.ShortText && len(raw) >= kernel.ShortText {
			// Whole words are copied: the next text overwrites what is too much.
			from, to := raw[:kernel.ShortText], data[at:at+kernel.ShortText]
			a, b := binary.LittleEndian.Uint64(from), binary.LittleEndian.Uint64(from[8:])
			binary.LittleEndian.PutUint64(to, a)
			binary.LittleEndian.PutUint64(to[8:], b)
			if seen |= a | b; n > 16 {
				a, b = binary.LittleEndian.Uint64(from[16:]), binary.LittleEndian.Uint64(from[24:])
				binary.LittleEndian.PutUint64(to[16:], a)
				binary.LittleEndian.PutUint64(to[24:], b)
				seen |= a | b
			}
		} else {
			copy(data[at:], raw[:n])
			if !ascii(raw[:n]) {
				return false
			}
		}
		raw = raw[n:]
		at += n
		ends[i] = int32(at)
	}
	// A long text's length among the words may look like a byte that is not
	// ASCII: then the rows are read one by one.
	if seen&notASCII != 0 {
		return false
	}
	c.raw, g.data, g.offsets = raw, data[:at], offsets
	return true
}

// notASCII are the bits of eight bytes that no ASCII character has.
const notASCII = 0x8080808080808080

// entryOf finds or adds a value in the batch's dictionary.
func (c *text) entryOf(s []byte, b *textBatch) int32 {
	if b.base > 0 {
		if c.dictLook == nil {
			c.dictLook = make(map[string]int32, c.stream.dict.len())
			for i := range c.stream.dict.len() {
				if _, seen := c.dictLook[view(c.stream.dict.at(i))]; !seen {
					c.dictLook[view(c.stream.dict.at(i))] = int32(i)
				}
			}
		}
		if x, ok := c.dictLook[view(s)]; ok {
			return x
		}
	}
	if c.apart && b.base == 0 {
		return c.append(s)
	}
	x, ok := c.look[view(s)]
	c.looked++
	if ok {
		c.found++
	} else {
		if c.look == nil {
			c.look = map[string]int32{}
		}
		x = c.append(s)
		c.look[view(c.stream.grown.at(int(x)))] = x
	}
	if c.looked == lookedEnough {
		c.apart = c.found < lookedEnough/4
	}
	return b.base + x
}

// lookedEnough is how many values tell whether looking them up is worth it.
const lookedEnough = 256

// append adds an entry to the batch's own, unless it equals the last one.
func (c *text) append(s []byte) int32 {
	k := c.stream.grown.len()
	if k > 0 && string(c.stream.grown.at(k-1)) == string(s) {
		return int32(k - 1)
	}
	c.stream.grown.data = append(c.stream.grown.data, s...)
	c.stream.grown.end()
	return int32(k)
}

func (c *text) finish(b *textBatch, buf *memory.Buffer) arrow.Array {
	dict := c.dictArray
	switch {
	case b.plain && b.base > 0:
		dict = stringArray(c.mem, &c.stream.dict, &c.stream.grown)
		defer dict.Release()
	case b.plain || dict == nil:
		dict = stringArray(c.mem, &c.stream.grown, nil)
		defer dict.Release()
	}
	d := array.NewDataWithDictionary(dictionaryType, b.n, []*memory.Buffer{b.v.buf, buf}, b.v.nulls, 0, dict.Data().(*array.Data))
	defer d.Release()
	buf.Release()
	b.v.release()
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
