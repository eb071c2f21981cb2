package warehouse

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/kernel"
)

// A batch that keeps its dictionary needs only as many bytes a row as tell the
// entries apart: most columns of words take one where Arrow's customary index
// takes four. Codes are therefore unpacked, spread among nulls and handed on in
// their own width, several in a word at a time.

// codeSize is the number of bytes of a code that names one of n entries: 1, 2 or
// 4.
func codeSize(n int) int {
	switch {
	case n <= 1<<8:
		return 1
	case n <= 1<<16:
		return 2
	}
	return 4
}

// codeType is the Arrow type of codes of so many bytes.
func codeType(size int) arrow.DataType {
	switch size {
	case 1:
		return arrow.PrimitiveTypes.Uint8
	case 2:
		return arrow.PrimitiveTypes.Uint16
	}
	return arrow.PrimitiveTypes.Int32
}

// narrowCodes decodes a page of dictionary indexes into codes of c.size bytes and
// checks that all of them are in the dictionary.
func (c *cursor) narrowCodes(p *page) ([]byte, error) {
	if c.dict < 0 && p.defined > 0 {
		return nil, errors.New("a page refers to a dictionary that is not there")
	}
	c.size = codeSize(c.dict)
	if p.defined == 0 {
		return []byte{}, nil
	}
	room := p.defined * c.size
	dst := c.into
	if c.placed = p.defined == p.n && room <= len(dst); !c.placed {
		c.stream.codes = grow(c.stream.codes, room+kernel.Slack)
		dst = c.stream.codes
	}
	return dst[:room], decodeCodes(dst[:room], c.size, p.values, p.defined, c.dict, &c.stream.index)
}

// decodeCodes decodes n dictionary indexes below entries, as decodeIndexes does,
// into codes of size bytes. scratch is used where a page's indexes are wider than
// its dictionary needs.
func decodeCodes(dst []byte, size int, b []byte, n, entries int, scratch *[]int32) error {
	if len(b) == 0 || b[0] > 32 {
		return errCompact
	}
	width := int(b[0])
	if size == 4 || width > 8*size {
		index, err := decodeIndexes(*scratch, b, n, entries)
		if *scratch = index[:cap(index)]; err != nil {
			return err
		}
		switch size {
		case 1:
			narrowTo(kernel.View[uint8](dst), index)
		case 2:
			narrowTo(kernel.View[uint16](dst), index)
		default:
			copy(kernel.View[int32](dst), index)
		}
		return nil
	}
	var err error
	outside := false
	if size == 1 {
		_, err = unpackRuns(dst, b[1:], width, n)
		outside = err == nil && 1<<width > entries && kernel.AnyByteBeyond(dst, entries)
	} else {
		_, err = unpackRuns(kernel.View[uint16](dst), b[1:], width, n)
		outside = err == nil && 1<<width > entries && kernel.AnyShortBeyond(kernel.View[uint16](dst), entries)
	}
	if outside {
		return errBeyond(entries)
	}
	return err
}

func errBeyond(entries int) error {
	return fmt.Errorf("a page refers to an entry beyond its dictionary of %d", entries)
}

func narrowTo[W uint8 | uint16](dst []W, index []int32) {
	for i, x := range index[:len(dst)] {
		dst[i] = W(x)
	}
}

// codedBatch is a batch of codes under construction.
type codedBatch struct {
	buf  *memory.Buffer
	size int // bytes of a code
	v    validity
	f    faults
}

func (b *codedBatch) release() {
	b.buf.Release()
	b.v.release()
}

// readCodes takes up to n rows from pages of codes, of which the current one is
// one, taken or not; next reads the page after. It stops before a page of another kind: done is
// the number of rows taken.
func (c *cursor) readCodes(n int, mem memory.Allocator, m *marks, next func() error) (b codedBatch, done int, err error) {
	b = codedBatch{buf: newBuffer(mem, n*c.size), size: c.size}
	out := b.buf.Bytes()
	for done < n {
		if c.row == c.rows {
			c.into = out[done*b.size:]
			err := next()
			if c.into = nil; err != nil {
				b.release()
				return b, done, err
			}
			continue
		}
		if c.codes == nil {
			return b, done, nil
		}
		take := min(n-done, c.rows-c.row)
		c.takeCodes(&b, out[done*b.size:(done+take)*b.size], mem, done, n)
		if m.any() {
			b.marked(c, m, mem, out, done, take, n)
		}
		c.row += take
		done += take
	}
	return b, done, nil
}

// takeCodes takes the page's next rows, as many as out has room for; nulls are
// code 0.
func (c *cursor) takeCodes(b *codedBatch, out []byte, mem memory.Allocator, done, n int) {
	take := len(out) / b.size
	from := c.codes[c.at*b.size:]
	used := take
	switch {
	case c.placed:
	case c.present == nil:
		copy(out, from)
	case b.size == 1:
		used = kernel.ExpandBytes(out, from, c.present, c.row)
	case b.size == 2:
		used = kernel.ExpandShorts(kernel.View[uint16](out), kernel.View[uint16](from), c.present, c.row)
	default:
		used = kernel.Expand(kernel.View[int32](out), kernel.View[int32](from), c.present, c.row)
	}
	c.at += used
	b.v.set(mem, done, n, c.present, c.row, take, used)
}

// marked makes rows null whose entry of the dictionary is blank or unreadable.
func (b *codedBatch) marked(c *cursor, m *marks, mem memory.Allocator, out []byte, done, take, n int) {
	for i := range take {
		if !c.has(i) {
			continue
		}
		entry := codeAt(out, b.size, done+i)
		if k := m.state[entry]; k != 0 {
			clear(out[(done+i)*b.size : (done+i+1)*b.size])
			b.v.clear(mem, done+i, n)
			if k == markBad {
				b.f.add(done+i, m, entry)
			}
		}
	}
}

// codeAt returns a code of size bytes.
func codeAt(codes []byte, size, i int) int {
	switch size {
	case 1:
		return int(codes[i])
	case 2:
		return int(binary.LittleEndian.Uint16(codes[2*i:]))
	}
	return int(binary.LittleEndian.Uint32(codes[4*i:]))
}

// widen hands the page's codes to the sink as indexes, for a batch that has values
// of another page before them.
func (c *cursor) widen(to sink) {
	if c.codes == nil {
		return
	}
	n := len(c.codes) / c.size
	c.stream.index = grow(c.stream.index, n)
	for i := range n {
		c.stream.index[i] = int32(codeAt(c.codes, c.size, i))
	}
	c.codes = nil
	to.indexes(c.stream.index[:n])
}
