package warehouse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
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

// codesAs views bytes as codes, and the room behind them.
func codesAs[W uint8 | uint16 | int32](b []byte) []W {
	size := int(unsafe.Sizeof(W(0)))
	return unsafe.Slice((*W)(unsafe.Pointer(unsafe.SliceData(b))), cap(b)/size)[:len(b)/size]
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
		c.stream.codes = grow(c.stream.codes, room+wordSlack)
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
			narrowTo(codesAs[uint8](dst), index)
		case 2:
			narrowTo(codesAs[uint16](dst), index)
		default:
			copy(codesAs[int32](dst), index)
		}
		return nil
	}
	var err error
	outside := false
	if size == 1 {
		_, err = unpackRuns(dst, b[1:], width, n)
		outside = err == nil && 1<<width > entries && beyondCodes(dst, 1, entries)
	} else {
		_, err = unpackRuns(codesAs[uint16](dst), b[1:], width, n)
		outside = err == nil && 1<<width > entries && beyondCodes(dst, 2, entries)
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

// beyondCodes says whether a code of 1 or 2 bytes is not below entries. Those of a
// word are tested at a time: adding what is missing to a lane's highest bit sets
// that bit in lanes that are too large, and never carries into the next.
func beyondCodes(codes []byte, size, entries int) bool {
	lanes, top := uint64(0x0101010101010101), 1<<7
	if size == 2 {
		lanes, top = 0x0001000100010001, 1<<15
	}
	high := lanes * uint64(top)
	low := high - lanes // the bits below the highest of each lane
	outside := uint64(0)
	if entries <= top {
		add := lanes * uint64(top-entries)
		for ; len(codes) >= 32; codes = codes[32:] {
			b := (*[32]byte)(codes)
			x, y := binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
			outside |= x | (x&low + add) | y | (y&low + add)
			x, y = binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
			outside |= x | (x&low + add) | y | (y&low + add)
		}
		for ; len(codes) >= 8; codes = codes[8:] {
			x := binary.LittleEndian.Uint64(codes)
			outside |= x | (x&low + add)
		}
		x := tail(codes)
		if n := len(codes); n > 0 {
			outside |= (x | (x&low + add)) & (1<<(8*n) - 1)
		}
	} else {
		add := lanes * uint64(2*top-entries)
		for ; len(codes) >= 8; codes = codes[8:] {
			x := binary.LittleEndian.Uint64(codes)
			outside |= x & (x&low + add)
		}
		x := tail(codes)
		outside |= x & (x&low + add) // nothing is not too large
	}
	return outside&high != 0
}

// unpackBytes unpacks groups of eight values of at most 8 bits.
func unpackBytes(out []uint8, b []byte, width int) {
	switch width {
	case 0:
		clear(out)
		return
	case 8:
		copy(out, b)
		return
	}
	// The eight values of a word are halved three times, the upper half moving to
	// where it belongs each time; a product moves it without a shift of a variable
	// number of places.
	w := uint(width)
	all := uint64(1)<<(8*w) - 1
	four := uint64(1)<<(4*w) - 1
	two := (uint64(1)<<(2*w) - 1) * 0x00000001_00000001
	one := (uint64(1)<<w - 1) * 0x0001_0001_0001_0001
	by4, by2, by1 := uint64(1)<<((32-4*w)&63), uint64(1)<<((16-2*w)&63), uint64(1)<<((8-w)&63)
	spaced := func(x uint64) uint64 {
		x &= all
		h := x & four
		x = (x^h)*by4 | h
		h = x & two
		x = (x^h)*by2 | h
		h = x & one
		return (x^h)*by1 | h
	}
	groups := len(out) / 8
	words := 0 // groups for which a whole word can be read
	if len(b) >= 8 {
		words = min(groups, (len(b)-8)/width+1)
	}
	from, to := unsafe.Pointer(unsafe.SliceData(b)), unsafe.Pointer(unsafe.SliceData(out))
	for i := range words {
		x := binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(from, i*width))[:])
		binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(to, 8*i))[:], spaced(x))
	}
	for i := words; i < groups; i++ {
		binary.LittleEndian.PutUint64(out[8*i:], spaced(tail(b[width*i:])))
	}
}

// unpackShorts unpacks groups of eight values of at most 16 bits.
func unpackShorts(out []uint16, b []byte, width int) {
	if width == 0 {
		clear(out)
		return
	}
	w := uint(width)
	all := uint64(1)<<(4*w) - 1 // of 16 bits, none is left out
	two := uint64(1)<<(2*w) - 1
	one := (uint64(1)<<w - 1) * 0x00000001_00000001
	by2, by1 := uint64(1)<<((32-2*w)&63), uint64(1)<<((16-w)&63)
	spaced := func(x uint64) uint64 {
		x &= all
		h := x & two
		x = (x^h)*by2 | h
		h = x & one
		return (x^h)*by1 | h
	}
	half, odd := int(4*w)>>3, 4*w&7 // where the second four values start: an odd width has 60 bits at most
	groups := len(out) / 8
	words := 0 // groups for which whole words can be read
	if len(b) >= half+8 {
		words = min(groups, (len(b)-half-8)/width+1)
	}
	from, to := unsafe.Pointer(unsafe.SliceData(b)), unsafe.Pointer(unsafe.SliceData(out))
	for i := range words {
		at := unsafe.Add(from, i*width)
		x, y := binary.LittleEndian.Uint64((*[8]byte)(at)[:]), binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(at, half))[:])
		eight := (*[16]byte)(unsafe.Add(to, 16*i))
		binary.LittleEndian.PutUint64(eight[:], spaced(x))
		binary.LittleEndian.PutUint64(eight[8:], spaced(y>>(odd&7)))
	}
	for i := words; i < groups; i++ {
		last := b[width*i:]
		to := wordsOf[uint8](out[8*i : 8*i+8])
		binary.LittleEndian.PutUint64(to, spaced(tail(last[:min(8, len(last))])))
		binary.LittleEndian.PutUint64(to[8:], spaced(tail(last[half:min(half+8, len(last))])>>(odd&7)))
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
// one; next reads the page after. It stops before a page of another kind: done is
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
		used = spreadBytes(out, from, c.present, c.row)
	case b.size == 2:
		used = spreadShorts(codesAs[uint16](out), codesAs[uint16](from), c.present, c.row)
	default:
		used = spread(codesAs[int32](out), codesAs[int32](from), c.present, c.row)
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
