package warehouse

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"runtime"
	"slices"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/kernel"
)

// cursor walks the pages of one column chunk. The values of a page are valid
// until the next one is read.
type cursor struct {
	leaf   *leaf
	stream *pageStream
	dict   int  // entries of the chunk's dictionary; -1 before it
	refers bool // a page of indexes was seen, perhaps of nulls only

	// present has a bit a row of the page that has a value; nil where all have.
	present []byte
	rows    int // rows of the page
	defined int // of them, those that have a value
	row     int // rows taken
	at      int // values taken, nulls excluded

	// coded asks for codes of as few bytes as the dictionary allows instead of
	// indexes. codes are those of the page, of size bytes each; nil where it has
	// none.
	coded bool
	codes []byte
	size  int

	// into is where the rest of a batch wants indexes or codes. Those of a page that
	// lies within it and has no nulls are decoded there, which placed tells.
	into   []byte
	placed bool
}

func openCursor(p *part, group int, l *leaf, r io.ReaderAt, budget int64) (*cursor, error) {
	stream, err := newPageStream(r, &p.meta.RowGroups[group].Columns[l.index].MetaData, l, budget)
	if err != nil {
		return nil, err
	}
	return &cursor{leaf: l, stream: stream, dict: -1}, nil
}

func (c *cursor) close() { c.stream.close() }

// has says whether the page's i-th row from the current one has a value.
func (c *cursor) has(i int) bool { return c.present == nil || bitutil.BitIsSet(c.present, c.row+i) }

// sink takes a page's values, n without the nulls.
type sink interface {
	// dictionary comes before the pages that use it.
	dictionary(values encoding.Values, n int)
	// indexes are those of a page that uses the dictionary, all of them in it. The
	// cursor keeps them itself where it was asked for codes.
	indexes(index []int32)
	// plain are the values of any other page; raw are its bytes where they are
	// in the plain encoding and text is set.
	plain(values encoding.Values, n int)
	text(raw []byte, n int)
	// wantsText says that plain pages of texts go to text.
	wantsText() bool
}

// next reads a page and hands its values to the sink.
func (c *cursor) next(to sink) error {
	for {
		p, err := c.stream.page()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("its pages end before the row group does: %w", io.ErrUnexpectedEOF)
			}
			return err
		}
		if p.dictionary {
			if c.dict >= 0 {
				return fmt.Errorf("a column chunk with two dictionaries: %w", errCompact)
			}
			if c.refers { // codes that were handed on have the size of no dictionary
				return fmt.Errorf("a dictionary behind pages that refer to it: %w", errCompact)
			}
			values, err := c.decode(&p)
			if err != nil {
				return err
			}
			to.dictionary(values, p.n)
			c.dict = p.n
			continue
		}
		return c.data(&p, to)
	}
}

func (c *cursor) data(p *page, to sink) error {
	c.rows, c.defined, c.row, c.at = p.n, p.defined, 0, 0
	c.present, c.placed, c.codes = nil, false, nil
	switch {
	case p.defined == p.n:
	case c.leaf.maxDef == 1:
		c.present = c.stream.present
	default:
		c.stream.present = grow(c.stream.present, int(bitutil.BytesForBits(int64(p.n))))
		c.present = c.stream.present
		if err := markDefined(c.present, p.defs, c.leaf.maxDef, p.n); err != nil {
			return err
		}
	}
	switch dictionary := p.encoding == plainDictionary || p.encoding == format.RLEDictionary; {
	case dictionary && c.coded:
		var err error
		c.refers = true
		c.codes, err = c.narrowCodes(p)
		return err
	case dictionary:
		c.refers = true
		index, err := c.indexes(p)
		if err != nil {
			return err
		}
		to.indexes(index)
	case p.encoding == format.Plain && c.leaf.kind == parquet.ByteArray && to.wantsText():
		to.text(p.values, p.defined)
	default:
		values, err := c.decode(p)
		if err != nil {
			return err
		}
		to.plain(values, p.defined)
	}
	return nil
}

// indexes decodes a page of dictionary indexes and checks that all of them are
// in the dictionary.
func (c *cursor) indexes(p *page) ([]int32, error) {
	if p.defined == 0 {
		return nil, nil
	}
	if c.dict < 0 {
		return nil, errors.New("a page refers to a dictionary that is not there")
	}
	if c.placed = p.defined == p.n && 4*p.n <= len(c.into) && len(p.values) > 0 && p.values[0] <= narrow; c.placed {
		return decodeIndexes(kernel.View[int32](c.into)[:p.n:p.n], p.values, p.defined, c.dict)
	}
	c.stream.index = grow(c.stream.index, p.defined+1) // see kernel.Expand
	index, err := decodeIndexes(c.stream.index, p.values, p.defined, c.dict)
	c.stream.index = index[:cap(index)]
	return index, err
}

// decode decodes the values of a page of any encoding but that of dictionary
// indexes.
func (c *cursor) decode(p *page) (encoding.Values, error) {
	b, l := c.stream.pageBuffers, c.leaf
	if p.defined == 0 {
		return l.typ.NewValues(nil, []uint32{0}), nil
	}
	if l.kind == parquet.Boolean && p.encoding == format.RLE {
		b.decoded = grow(b.decoded, (p.defined+7)/8)
		err := runsOfBools(b.decoded, p.values, p.defined)
		return l.typ.NewValues(b.decoded, nil), err
	}
	if size := p.defined * l.width; p.encoding == format.Plain && l.kind != parquet.Boolean && l.kind != parquet.ByteArray && size <= len(p.values) && aligned(p.values) {
		return l.typ.NewValues(p.values[:size:size], nil), nil // as they lie there
	}
	how := parquet.LookupEncoding(p.encoding)
	size := max(l.typ.EstimateDecodeSize(p.defined, p.values, how), p.defined*l.width)
	if b.decoded = grow(b.decoded, size); l.kind == parquet.ByteArray {
		b.offsets = grow(b.offsets, p.defined+1)
	}
	values, err := l.typ.Decode(l.typ.NewValues(b.decoded, b.offsets), p.values, how)
	if err != nil {
		return values, err
	}
	if data, offsets := values.Data(); cap(data) > cap(b.decoded) {
		b.decoded, b.offsets = data, offsets
	}
	return values, l.enough(values, p.defined)
}

// aligned says whether numbers of eight bytes can be read from b's start on.
func aligned(b []byte) bool {
	return runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" || uintptr(unsafe.Pointer(unsafe.SliceData(b)))&7 == 0
}

// enough checks that there are n values. The page's claims were checked before
// it was decoded; this holds the decoder itself to them.
func (l *leaf) enough(values encoding.Values, n int) error {
	data, offsets := values.Data()
	need := n * l.width
	switch l.kind {
	case parquet.Boolean:
		need = (n + 7) / 8
	case parquet.ByteArray:
		if len(offsets) < n+1 || !slices.IsSorted(offsets[:n+1]) {
			return errClaim
		}
		need = int(offsets[n])
	}
	if len(data) < need {
		return errClaim
	}
	return nil
}

// runsOfBools decodes n booleans in runs, after their length, into bits. The library
// writes the byte of a run's value instead of its eight bits, and has no run end
// within a byte.
func runsOfBools(out, b []byte, n int) error {
	block, _, err := prefixed(b)
	if err != nil {
		return err
	}
	clear(out)
	r, total := runs{b: block, bits: 1, limit: n + runSlack}, 0
	for total < n {
		count, packed, value, err := r.next()
		if err != nil {
			return err
		}
		used := min(count, n-total)
		if packed != nil {
			bitutil.CopyBitmap(packed, 0, used, out, total)
		} else if value&1 == 1 { // some writers fill the byte
			bitutil.SetBitsTo(out, int64(total), int64(used), true)
		}
		total += used
	}
	return nil
}

// markDefined sets the bits of those of n rows whose definition level is the
// highest, and clears the others. The levels were walked before.
func markDefined(out, b []byte, maxLevel, n int) error {
	clear(out)
	width := bits.Len(uint(maxLevel))
	r, total := runs{b: b, bits: width, limit: n + runSlack}, 0
	for total < n {
		count, packed, value, err := r.next()
		if err != nil {
			return err
		}
		used := min(count, n-total)
		switch {
		case packed == nil:
			if int(value) == maxLevel {
				bitutil.SetBitsTo(out, int64(total), int64(used), true)
			}
		case width == 1 && total&7 == 0:
			k := copy(out[total>>3:], packed[:(used+7)>>3])
			if used&7 != 0 {
				out[total>>3+k-1] &= 1<<(used&7) - 1
			}
		case width == 1:
			bitutil.CopyBitmap(packed, 0, used, out, total)
		default:
			for i := range used {
				if int(unpack(packed, i*width, width)) == maxLevel {
					bitutil.SetBit(out, total+i)
				}
			}
		}
		total += used
	}
	return nil
}
