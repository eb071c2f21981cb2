package warehouse

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// PageRows is the number of rows of a written page: its values and indexes stay in
// the second-level cache while they are encoded.
const PageRows = 16 << 10

// maxBound is the longest text that statistics quote.
const maxBound = 256

// chunk is one column of one row group under construction. Rows are appended to
// an open page, which end turns into bytes; the memory is reused from group to
// group. Pages are of version 1, which every engine reads, and carry CRCs.
type chunk struct {
	field *Field
	codec compress.Codec

	// The open page: levels where the column is optional, and raw values or codes
	// of those that are not null.
	rows   int
	levels []uint8
	nulls  int
	raw    []byte
	codes  []int32

	dict dictionary
	// plain says that pages hold values, not codes: the field asks for no
	// dictionary, or it has outgrown its limit.
	plain bool

	pages      []byte // finished data pages with their headers
	total      int    // rows of finished pages
	totalNulls int
	unpacked   int64 // bytes before compression, headers included
	plainPages int32
	codedPages int32

	bounds bounds // of plain values; those of coded ones follow from the dictionary

	body, packed []byte // scratch
}

func (c *chunk) reset(f *Field, codec compress.Codec) {
	*c = chunk{
		field: f, codec: codec, levels: c.levels[:0], raw: c.raw[:0], codes: c.codes[:0], pages: c.pages[:0],
		body: c.body, packed: c.packed, dict: c.dict, plain: !f.Dict || f.Type == Bool,
	}
	c.dict.reset()
}

// skip appends the levels of n rows and returns whether all have a value.
func (c *chunk) level(valid []bool, n int) (dense bool) {
	c.rows += n
	if !c.field.Optional {
		return true
	}
	at := len(c.levels)
	c.levels = slices.Grow(c.levels, n)[:at+n]
	if valid == nil {
		for i := range c.levels[at:] {
			c.levels[at+i] = 1
		}
		return true
	}
	known := 0
	for i, ok := range valid {
		var l uint8
		if ok {
			l = 1
			known++
		}
		c.levels[at+i] = l
	}
	c.nulls += n - known
	return known == n
}

// floats appends doubles; valid is nil where all have a value.
func (c *chunk) floats(x []float64, valid []bool) {
	dense := c.level(valid, len(x))
	switch {
	case c.plain && dense:
		c.bounds.floats(x)
		c.raw = append(c.raw, bytesOf(x)...)
	case c.plain:
		for i, v := range x {
			if valid[i] {
				c.bounds.float(v)
				c.raw = binary.LittleEndian.AppendUint64(c.raw, math.Float64bits(v))
			}
		}
	default:
		for i, v := range x {
			if dense || valid[i] {
				c.codes = append(c.codes, c.dict.word(math.Float64bits(v)))
			}
		}
	}
}

// ints appends integers of whatever width the field has.
func (c *chunk) ints(x []int64, valid []bool) {
	dense := c.level(valid, len(x))
	narrow := c.field.narrow()
	for i, v := range x {
		switch {
		case !dense && !valid[i]:
		case !c.plain:
			c.codes = append(c.codes, c.dict.word(uint64(v)))
		default:
			c.bounds.int(v)
			if narrow {
				c.raw = binary.LittleEndian.AppendUint32(c.raw, uint32(int32(v)))
			} else {
				c.raw = binary.LittleEndian.AppendUint64(c.raw, uint64(v))
			}
		}
	}
}

// bools appends flags, one byte each until the page ends.
func (c *chunk) bools(x []bool, valid []bool) {
	dense := c.level(valid, len(x))
	for i, v := range x {
		if dense || valid[i] {
			c.bounds.flag(v)
			b := byte(0)
			if v {
				b = 1
			}
			c.raw = append(c.raw, b)
		}
	}
}

// strings appends texts.
func (c *chunk) strings(x []string, valid []bool) {
	dense := c.level(valid, len(x))
	for i, s := range x {
		switch {
		case !dense && !valid[i]:
		case c.plain:
			b := unsafe.Slice(unsafe.StringData(s), len(s))
			c.bounds.text(b)
			c.raw = binary.LittleEndian.AppendUint32(c.raw, uint32(len(b)))
			c.raw = append(c.raw, b...)
		default:
			c.codes = append(c.codes, c.dict.text(s))
		}
	}
}

// texts appends texts that lie one after the other: text i is data from
// offsets[i] to offsets[i+1].
func (c *chunk) texts(data []byte, offsets []int32, valid []bool) {
	n := len(offsets) - 1
	dense := c.level(valid, n)
	for i := range n {
		if !dense && !valid[i] {
			continue
		}
		b := data[offsets[i]:offsets[i+1]]
		c.bounds.text(b)
		c.raw = binary.LittleEndian.AppendUint32(c.raw, uint32(len(b)))
		c.raw = append(c.raw, b...)
	}
}

// coded appends codes of the dictionary that the column was given; codes below 0
// are nulls.
func (c *chunk) coded(codes []int32) {
	c.rows += len(codes)
	used := c.dict.used
	if !c.field.Optional {
		for _, k := range codes {
			used[k] = true
		}
		c.codes = append(c.codes, codes...)
		return
	}
	at := len(c.levels)
	c.levels = slices.Grow(c.levels, len(codes))[:at+len(codes)]
	levels := c.levels[at:]
	from := len(c.codes)
	c.codes = slices.Grow(c.codes, len(codes))[:from+len(codes)]
	out, k := c.codes[from:], 0
	for i, x := range codes {
		out[k] = x
		if x < 0 {
			levels[i] = 0
			continue
		}
		levels[i] = 1
		used[x] = true
		k++
	}
	c.codes = c.codes[:from+k]
	c.nulls += len(codes) - k
}

// end closes the open page.
func (c *chunk) end() error {
	if c.rows == 0 {
		return nil
	}
	body := c.body[:0]
	if c.field.Optional {
		body = append(body, 0, 0, 0, 0)
		body = appendLevels(body, c.levels, c.nulls)
		binary.LittleEndian.PutUint32(body, uint32(len(body)-4))
	}
	encoding := format.Plain
	switch {
	case !c.plain:
		encoding = format.RLEDictionary
		width := max(1, bits.Len(uint(max(c.dict.n, 1)-1)))
		body = append(body, byte(width))
		packed, err := (&rle.Encoding{BitWidth: width}).EncodeInt32(c.packed[:0], c.codes)
		if err != nil {
			return err
		}
		c.packed = packed
		body = append(body, packed...)
		c.codedPages++
	case c.field.Type == Bool:
		body = appendBits(body, c.raw)
		c.plainPages++
	default:
		body = append(body, c.raw...)
		c.plainPages++
	}
	c.body = body
	header := format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{
		NumValues: int32(c.rows), Encoding: encoding, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
		Statistics: format.Statistics{NullCount: int64(c.nulls)},
	})}
	var err error
	if c.pages, err = c.page(c.pages, header, body); err != nil {
		return err
	}
	c.total += c.rows
	c.totalNulls += c.nulls
	c.rows, c.nulls = 0, 0
	c.levels, c.raw, c.codes = c.levels[:0], c.raw[:0], c.codes[:0]
	if !c.plain && !c.dict.fixed && len(c.dict.values) > dictionaryLimit {
		c.plain = true
	}
	return nil
}

// page appends a header and a compressed body.
func (c *chunk) page(dst []byte, header format.PageHeader, body []byte) ([]byte, error) {
	header.UncompressedPageSize = int32(len(body))
	if c.codec.CompressionCodec() != format.Uncompressed {
		packed, err := c.codec.Encode(c.packed[:cap(c.packed)], body)
		if err != nil {
			return dst, err
		}
		c.packed, body = packed, packed
	}
	header.CompressedPageSize = int32(len(body))
	header.CRC = int32(crc32.ChecksumIEEE(body))
	head, err := thrift.Marshal(new(thrift.CompactProtocol), &header)
	if err != nil {
		return dst, err
	}
	c.unpacked += int64(len(head)) + int64(header.UncompressedPageSize)
	dst = append(dst, head...)
	return append(dst, body...), nil
}

// written is a finished column chunk: its pages, dictionary first, and its
// metadata with offsets from the chunk's start.
type written struct {
	dict, pages []byte
	meta        format.ColumnMetaData
}

// finish closes the chunk. The result's pages are valid until the next reset.
func (c *chunk) finish() (w written, err error) {
	if err := c.end(); err != nil {
		return w, err
	}
	w.pages = c.pages
	meta := format.ColumnMetaData{
		Type: c.field.physical(), PathInSchema: []string{c.field.Name}, Codec: c.codec.CompressionCodec(),
		NumValues: int64(c.total),
	}
	meta.Encoding = []format.Encoding{format.Plain, format.RLE}
	if c.codedPages > 0 {
		header := format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{
			NumValues: int32(c.dict.n), Encoding: format.Plain,
		})}
		if w.dict, err = c.page(nil, header, c.dict.values); err != nil {
			return w, err
		}
		c.dict.bound(c.field, &c.bounds)
		meta.Encoding = append(meta.Encoding, format.RLEDictionary)
		meta.EncodingStats = append(meta.EncodingStats,
			format.PageEncodingStats{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1},
			format.PageEncodingStats{PageType: format.DataPage, Encoding: format.RLEDictionary, Count: c.codedPages})
	}
	if c.plainPages > 0 {
		meta.EncodingStats = append(meta.EncodingStats, format.PageEncodingStats{PageType: format.DataPage, Encoding: format.Plain, Count: c.plainPages})
	}
	meta.TotalUncompressedSize = c.unpacked
	meta.TotalCompressedSize = int64(len(w.dict) + len(w.pages))
	meta.Statistics = c.bounds.statistics(c.field)
	meta.Statistics.NullCount = int64(c.totalNulls)
	w.meta = meta
	return w, nil
}

// appendLevels writes definition levels of 0 and 1 in the hybrid encoding.
func appendLevels(dst []byte, levels []uint8, nulls int) []byte {
	if nulls == 0 || nulls == len(levels) { // one run
		dst = binary.AppendUvarint(dst, uint64(len(levels))<<1)
		return append(dst, levels[0])
	}
	groups := (len(levels) + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	return appendBits(dst, levels)
}

// appendBits packs bytes of 0 and 1, the first into the lowest bit.
func appendBits(dst, flags []byte) []byte {
	for len(flags) >= 8 {
		// The product moves the lowest bit of byte i to bit 56+i.
		x := binary.LittleEndian.Uint64(flags)
		dst = append(dst, byte(x*0x0102040810204080>>56))
		flags = flags[8:]
	}
	if len(flags) > 0 {
		b := byte(0)
		for i, f := range flags {
			b |= f << i
		}
		dst = append(dst, b)
	}
	return dst
}

func bytesOf(x []float64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 8*len(x))
}

// bounds are the least and greatest value of a chunk, as statistics give them.
type bounds struct {
	some     bool
	low      float64
	high     float64
	least    int64
	greatest int64
	first    []byte
	last     []byte
	unbound  bool // a text is too long to be quoted, or a double is NaN
}

func (b *bounds) floats(x []float64) {
	for _, v := range x {
		b.float(v)
	}
}

func (b *bounds) float(v float64) {
	switch {
	case v != v:
		b.unbound = true
	case !b.some:
		b.some, b.low, b.high = true, v, v
	case v < b.low:
		b.low = v
	case v > b.high:
		b.high = v
	}
}

func (b *bounds) int(v int64) {
	switch {
	case !b.some:
		b.some, b.least, b.greatest = true, v, v
	case v < b.least:
		b.least = v
	case v > b.greatest:
		b.greatest = v
	}
}

func (b *bounds) flag(v bool) {
	x := int64(0)
	if v {
		x = 1
	}
	b.int(x)
}

func (b *bounds) text(v []byte) {
	switch {
	case b.unbound:
	case len(v) > maxBound:
		b.unbound = true
	case !b.some:
		b.some = true
		b.first, b.last = append(b.first[:0], v...), append(b.last[:0], v...)
	case bytes.Compare(v, b.last) > 0:
		b.last = append(b.last[:0], v...)
	case bytes.Compare(v, b.first) < 0:
		b.first = append(b.first[:0], v...)
	}
}

// statistics writes the bounds in the plain encoding. Zeros of a double get the
// signs that the format asks for.
func (b *bounds) statistics(f *Field) format.Statistics {
	var s format.Statistics
	if !b.some || b.unbound {
		return s
	}
	switch {
	case f.Type == String:
		s.MinValue, s.MaxValue = slices.Clone(b.first), slices.Clone(b.last)
		if s.MinValue == nil { // an empty text is a bound
			s.MinValue = []byte{}
		}
		if s.MaxValue == nil {
			s.MaxValue = []byte{}
		}
	case f.Type == Float64:
		low, high := b.low, b.high
		if low == 0 {
			low = math.Copysign(0, -1)
		}
		if high == 0 {
			high = 0
		}
		s.MinValue = binary.LittleEndian.AppendUint64(nil, math.Float64bits(low))
		s.MaxValue = binary.LittleEndian.AppendUint64(nil, math.Float64bits(high))
	case f.Type == Bool:
		s.MinValue, s.MaxValue = []byte{byte(b.least)}, []byte{byte(b.greatest)}
	case f.narrow():
		s.MinValue = binary.LittleEndian.AppendUint32(nil, uint32(int32(b.least)))
		s.MaxValue = binary.LittleEndian.AppendUint32(nil, uint32(int32(b.greatest)))
	default:
		s.MinValue = binary.LittleEndian.AppendUint64(nil, uint64(b.least))
		s.MaxValue = binary.LittleEndian.AppendUint64(nil, uint64(b.greatest))
	}
	return s
}
