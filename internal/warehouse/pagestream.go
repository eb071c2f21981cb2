package warehouse

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/brotli"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/kernel"
)

const (
	// readAhead is how much of a column chunk is read at once.
	readAhead = 256 << 10
	// maxHeader bounds a page header, whose statistics may quote long texts.
	maxHeader = 64 << 20
	// pageSlack is the room behind a page's content that lets decoders read
	// whole words.
	pageSlack = 64
	// keptBuffers is the most memory of a chunk's buffers that is handed on.
	keptBuffers = 16 << 20
)

// pageStream reads a column chunk page by page, from start to end. Each page is
// read, checked against its CRC, uncompressed within the memory budget and held
// against what it claims before anything is decoded.
type pageStream struct {
	*pageBuffers
	left   int64 // bytes of the chunk not read yet
	codec  compress.Codec
	budget int64
	leaf   *leaf
	lazy   bool  // plain texts are held against the page's claims by whoever takes them
	values int64 // values of the data pages seen, nulls included
	claims int64 // values that the chunk claims
	// encodings are those of the data pages seen, in order of first appearance.
	encodings []format.Encoding
	body      []byte // the page as read: a view of src's buffer, or of large
}

// pageBuffers is the memory that reading a column chunk takes. Chunks hand it on
// to each other.
type pageBuffers struct {
	src          *bufio.Reader
	large, plain []byte // a page as read that src's buffer cannot hold, and one uncompressed

	present []byte // a bit a row of the page that has a value
	decoded []byte // the page's values as the library decodes them
	offsets []uint32
	index   []int32
	codes   []byte
	dict    texts // see text
	grown   texts
	table   []int64 // see fixed
	fixed   []int64
}

// size is about what the buffers take.
func (b *pageBuffers) size() int {
	return cap(b.large) + cap(b.plain) + cap(b.decoded) + cap(b.codes) + cap(b.dict.data) + cap(b.grown.data) +
		4*(cap(b.offsets)+cap(b.index)+cap(b.dict.offsets)+cap(b.grown.offsets)) + 8*(cap(b.table)+cap(b.fixed))
}

var freeBuffers = sync.Pool{New: func() any { return &pageBuffers{src: bufio.NewReaderSize(nil, readAhead)} }}

// page is a page that was read and checked.
type page struct {
	dictionary bool
	n          int // values, nulls included; entries of a dictionary
	defined    int // of them, those that are not null
	pageParts      // levels are empty where the leaf has none
}

func newPageStream(r io.ReaderAt, chunk *format.ColumnMetaData, leaf *leaf, budget int64) (*pageStream, error) {
	codec := parquet.LookupCompressionCodec(chunk.Codec)
	switch chunk.Codec {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Zstd, format.Lz4Raw:
	case format.Brotli:
		// Its readers keep what a damaged page had too much, and would take it for
		// the start of the next page that any column gives them.
		codec = new(brotli.Codec)
	default:
		return nil, fmt.Errorf("codec %s: %w", chunk.Codec, errCodec)
	}
	s := &pageStream{
		pageBuffers: freeBuffers.Get().(*pageBuffers), left: chunk.TotalCompressedSize,
		codec: codec, budget: budget, leaf: leaf, claims: chunk.NumValues,
	}
	s.dict.reset()
	s.grown.reset()
	s.src.Reset(io.NewSectionReader(r, chunkStart(chunk), chunk.TotalCompressedSize))
	return s, nil
}

// close hands the buffers on: no view of a page may be used afterwards.
func (s *pageStream) close() {
	if s.pageBuffers == nil {
		return
	}
	s.src.Reset(nil)
	if s.src.Size() == readAhead && s.size() <= keptBuffers {
		freeBuffers.Put(s.pageBuffers)
	}
	s.pageBuffers, s.body = nil, nil
}

var (
	errCodec  = errors.New("the codec is not supported")
	errBudget = errors.New("a page exceeds the memory budget")
	errCRC    = errors.New("a page does not match its checksum")
)

// page reads and checks the next page, or returns io.EOF after the last one. Its
// parts are valid until the next call.
func (s *pageStream) page() (page, error) {
	if s.values == s.claims {
		return page{}, io.EOF
	}
	header, err := s.header()
	if err == nil {
		err = s.readBody(&header)
	}
	if err != nil {
		return page{}, err
	}
	return s.checked(&header)
}

// checked uncompresses the page and holds it against its claims.
func (s *pageStream) checked(header *format.PageHeader) (page, error) {
	levels := 0
	var p page
	switch {
	case header.Type == format.DataPage && header.DataPageHeader.Valid:
		p.n, p.encoding = int(header.DataPageHeader.V.NumValues), header.DataPageHeader.V.Encoding
	case header.Type == format.DataPageV2 && header.DataPageHeaderV2.Valid:
		h := &header.DataPageHeaderV2.V
		p.n, p.encoding = int(h.NumValues), h.Encoding
		levels = int(h.RepetitionLevelsByteLength) + int(h.DefinitionLevelsByteLength)
		if h.RepetitionLevelsByteLength < 0 || h.DefinitionLevelsByteLength < 0 || levels > len(s.body) || h.NumNulls < 0 || h.NumNulls > h.NumValues ||
			h.NumRows < 0 || h.NumRows > h.NumValues || h.NumRows != h.NumValues && s.leaf.maxRep == 0 {
			return p, errCompact
		}
	case header.Type == format.DictionaryPage && header.DictionaryPageHeader.Valid:
		p.n, p.dictionary, p.encoding = int(header.DictionaryPageHeader.V.NumValues), true, format.Plain
	default:
		return p, fmt.Errorf("a page of type %s: %w", header.Type, errCompact)
	}
	if p.n < 0 || int64(p.n) > s.budget/16 {
		return p, fmt.Errorf("%d values: %w", p.n, errBudget)
	}
	content, err := s.uncompress(header, levels)
	if err != nil {
		return p, err
	}
	if p.dictionary {
		p.values, p.defined = content, p.n
		return p, checkDictionaryPage(s.leaf, p.n, content)
	}
	if s.values += int64(p.n); s.values > s.claims {
		return p, errors.New("its pages hold more values than it claims")
	}
	if !slices.Contains(s.encodings, p.encoding) {
		s.encodings = append(s.encodings, p.encoding)
	}
	if h := &header.DataPageHeaderV2.V; s.leaf.maxRep == 0 && h.RepetitionLevelsByteLength > 0 {
		// Levels of a column that has none: some writers write them all the same.
		content, h.RepetitionLevelsByteLength = content[h.RepetitionLevelsByteLength:], 0
	}
	if err := s.checkDataPage(header, &p, content); err != nil {
		return p, err
	}
	return p, plainInt32(s.leaf, &p)
}

// header reads the next page header.
func (s *pageStream) header() (format.PageHeader, error) {
	var header format.PageHeader
	if s.left == 0 {
		return header, fmt.Errorf("its pages hold %d values of %d", s.values, s.claims)
	}
	for want := int64(512); ; want *= 8 {
		b, err := s.src.Peek(int(min(want, s.left, int64(s.src.Size()))))
		if err != nil {
			return header, errors.Join(io.ErrUnexpectedEOF, err)
		}
		n, err := compactExtent(b)
		if errors.Is(err, errShort) && int64(len(b)) < s.left && len(b) < maxHeader {
			if len(b) == s.src.Size() {
				s.src = bufio.NewReaderSize(s.src, 8*len(b))
			}
			continue
		}
		if err != nil {
			return header, err
		}
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[:n], &header); err != nil {
			return header, err
		}
		s.left -= int64(n)
		_, err = s.src.Discard(n)
		return header, err
	}
}

func (s *pageStream) readBody(header *format.PageHeader) error {
	n := int64(header.CompressedPageSize)
	if n < 0 || header.UncompressedPageSize < 0 {
		return errCompact
	}
	if n > s.left {
		return fmt.Errorf("a page of %d bytes in a column chunk with %d left", n, s.left)
	}
	if n > s.budget || int64(header.UncompressedPageSize) > s.budget {
		return fmt.Errorf("%d bytes: %w", max(n, int64(header.UncompressedPageSize)), errBudget)
	}
	if err := s.take(int(n)); err != nil {
		return err
	}
	s.left -= n
	// The format cannot tell a checksum of 0 from none.
	if header.CRC != 0 && uint32(header.CRC) != crc32.ChecksumIEEE(s.body) {
		return errCRC
	}
	return nil
}

// take reads n bytes, without a copy where the buffer holds them.
func (s *pageStream) take(n int) (err error) {
	if n > s.src.Size() {
		s.large = grow(s.large, n)
		s.body = s.large
		_, err = io.ReadFull(s.src, s.body)
		return err
	}
	if s.body, err = s.src.Peek(n); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	_, err = s.src.Discard(n) // the bytes stay until the next read
	return err
}

// uncompress returns the page's content; the first levels bytes of the body are
// never compressed.
func (s *pageStream) uncompress(header *format.PageHeader, levels int) ([]byte, error) {
	if v2 := &header.DataPageHeaderV2; header.Type == format.DataPageV2 && v2.V.IsCompressed.Valid && !v2.V.IsCompressed.V {
		return s.body, nil
	}
	if s.codec.CompressionCodec() == format.Uncompressed {
		return s.body, nil
	}
	packed := s.body[levels:]
	if len(packed) == 0 {
		return s.body, nil
	}
	if claimed, ok := claimedSize(s.codec.CompressionCodec(), packed); ok && claimed > uint64(s.budget) {
		return nil, fmt.Errorf("%d bytes: %w", claimed, errBudget)
	}
	if s.codec.CompressionCodec() == format.Snappy {
		if plain, ok := literal(packed); ok && levels == 0 {
			return plain, nil
		}
	}
	// The claim is a hint: few pages shrink to less than a 64th, and the codecs
	// ask for more where it falls short.
	room := min(max(int(header.UncompressedPageSize)-levels, 0), 64*len(packed)+4096)
	codec := s.codec.Decode
	if s.codec.CompressionCodec() == format.Lz4Raw {
		codec = func(dst, src []byte) ([]byte, error) { return lz4Block(dst, src, int(s.budget)) }
	}
	plain, err := unpacked(codec, grow(s.plain, room+pageSlack)[:room], packed)
	if err != nil {
		return nil, err
	}
	s.plain = plain
	if int64(len(plain)) > s.budget {
		return nil, fmt.Errorf("%d bytes: %w", len(plain), errBudget)
	}
	if levels == 0 {
		return plain, nil
	}
	return append(s.body[:levels:levels], plain...), nil
}

// unpacked uncompresses a block. The library panics with the codec's error where a
// block does not start as it should.
func unpacked(codec func(dst, src []byte) ([]byte, error), dst, b []byte) (out []byte, err error) {
	defer func() {
		if x := recover(); x != nil {
			told, ok := x.(error)
			if _, fault := x.(runtime.Error); !ok || fault {
				panic(x)
			}
			err = told
		}
	}()
	return codec(dst, b)
}

// literal returns the content of a Snappy block in which nothing was found to
// compress: one literal. It needs no copy.
func literal(b []byte) ([]byte, bool) {
	size, k := binary.Uvarint(b)
	if k <= 0 || k == len(b) || b[k]&3 != 0 || size == 0 {
		return nil, false
	}
	n, b := uint64(b[k]>>2), b[k+1:]
	if n >= 60 { // the length follows in so many bytes
		more := int(n) - 59
		if len(b) < more {
			return nil, false
		}
		n, b = kernel.Word(b[:more]), b[more:]
	}
	return b, n+1 == size && uint64(len(b)) == size
}

// grow returns a slice of n elements, b's own memory where it suffices.
func grow[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n)
	}
	return b[:n]
}
