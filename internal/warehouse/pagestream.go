package warehouse

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// readAhead is how much of a column chunk is read at once.
	readAhead = 256 << 10
	// maxHeader bounds a page header, whose statistics may quote long texts.
	maxHeader = 64 << 20
)

// pageStream is a column chunk as the decoder reads it. Each page is read,
// checked against its CRC, uncompressed within the memory budget and held
// against what it claims, and only then shown, as an uncompressed page. It
// implements io.ReaderAt for reading from start to end, which is all that the
// decoder does.
type pageStream struct {
	src    *bufio.Reader
	left   int64 // bytes of the chunk not read yet
	codec  compress.Codec
	budget int64
	leaf   *leaf
	values int64 // values of the data pages seen, nulls included
	claims int64 // values that the chunk claims
	// encodings are those of the data pages seen, in order of first appearance.
	encodings []format.Encoding

	body, plain   []byte // buffers: the page as read, and uncompressed
	head, content []byte // the page as shown
	from          int64  // where head starts in the shown stream
}

// shownStart is where the decoder looks for the first page (see decodedView).
const shownStart = 4

func newPageStream(r io.ReaderAt, chunk *format.ColumnMetaData, leaf *leaf, budget int64) (*pageStream, error) {
	codec := parquet.LookupCompressionCodec(chunk.Codec)
	switch chunk.Codec {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw:
	default:
		return nil, fmt.Errorf("codec %s: %w", chunk.Codec, errCodec)
	}
	section := io.NewSectionReader(r, chunkStart(chunk), chunk.TotalCompressedSize)
	return &pageStream{
		src: bufio.NewReaderSize(section, int(min(readAhead, max(chunk.TotalCompressedSize, 16)))), left: chunk.TotalCompressedSize,
		codec: codec, budget: budget, leaf: leaf, claims: chunk.NumValues, from: shownStart,
	}, nil
}

var (
	errCodec  = errors.New("the codec is not supported")
	errBudget = errors.New("a page exceeds the memory budget")
	errCRC    = errors.New("a page does not match its checksum")
)

// ReadAt implements io.ReaderAt, forward only. It never reads past the end of a
// page, so that the page shown last is the one the decoder is working on; the
// short reads that follow from it are what the decoder's buffer expects.
func (s *pageStream) ReadAt(p []byte, off int64) (int, error) {
	at := off - s.from
	if at == int64(len(s.head)+len(s.content)) {
		s.from, at = off, 0
		s.head, s.content = s.head[:0], nil
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	if at < 0 || at > int64(len(s.head)+len(s.content)) {
		return 0, errors.New("pages are read out of order")
	}
	if h := int64(len(s.head)); at >= h {
		return copy(p, s.content[at-h:]), nil
	}
	return copy(p, s.head[at:]), nil
}

// next prepares the next page for the decoder, or returns io.EOF after the last
// one.
func (s *pageStream) next() error {
	header, content, err := s.page()
	if err != nil {
		return err
	}
	return s.show(&header, content)
}

// page reads and checks the next page, or returns io.EOF after the last one. The
// content is valid until the next call.
func (s *pageStream) page() (format.PageHeader, []byte, error) {
	if s.values == s.claims {
		return format.PageHeader{}, nil, io.EOF
	}
	header, err := s.header()
	if err == nil {
		err = s.readBody(&header)
	}
	var content []byte
	if err == nil {
		content, err = s.checked(&header)
	}
	return header, content, err
}

// checked uncompresses the page and holds it against its claims.
func (s *pageStream) checked(header *format.PageHeader) ([]byte, error) {
	levels, values, dictionary := 0, 0, false
	encoding := format.Plain
	switch {
	case header.Type == format.DataPage && header.DataPageHeader.Valid:
		values, encoding = int(header.DataPageHeader.V.NumValues), header.DataPageHeader.V.Encoding
	case header.Type == format.DataPageV2 && header.DataPageHeaderV2.Valid:
		h := &header.DataPageHeaderV2.V
		values, encoding = int(h.NumValues), h.Encoding
		levels = int(h.RepetitionLevelsByteLength) + int(h.DefinitionLevelsByteLength)
		if h.RepetitionLevelsByteLength < 0 || h.DefinitionLevelsByteLength < 0 || levels > len(s.body) || h.NumNulls < 0 || h.NumNulls > h.NumValues ||
			h.NumRows < 0 || h.NumRows > h.NumValues || h.NumRows != h.NumValues && s.leaf.maxRep == 0 {
			return nil, errCompact
		}
	case header.Type == format.DictionaryPage && header.DictionaryPageHeader.Valid:
		values, dictionary = int(header.DictionaryPageHeader.V.NumValues), true
	default:
		return nil, fmt.Errorf("a page of type %s: %w", header.Type, errCompact)
	}
	if values < 0 || int64(values) > s.budget/16 {
		return nil, fmt.Errorf("%d values: %w", values, errBudget)
	}
	content, err := s.uncompress(header, levels)
	if err != nil {
		return nil, err
	}
	if dictionary {
		return content, checkDictionaryPage(s.leaf, values, content)
	}
	if s.values += int64(values); s.values > s.claims {
		return nil, errors.New("its pages hold more values than it claims")
	}
	if !slices.Contains(s.encodings, encoding) {
		s.encodings = append(s.encodings, encoding)
	}
	if h := &header.DataPageHeaderV2.V; s.leaf.maxRep == 0 && h.RepetitionLevelsByteLength > 0 {
		// Levels of a column that has none: some writers write them all the same.
		content, h.RepetitionLevelsByteLength = content[h.RepetitionLevelsByteLength:], 0
	}
	if err := checkDataPage(s.leaf, header, values, content, s.budget); err != nil {
		return nil, err
	}
	return plainInt32(s.leaf, header, values, content)
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
	s.body = grow(s.body, int(n))
	if _, err := io.ReadFull(s.src, s.body); err != nil {
		return err
	}
	s.left -= n
	// The format cannot tell a checksum of 0 from none.
	if header.CRC != 0 && uint32(header.CRC) != crc32.ChecksumIEEE(s.body) {
		return errCRC
	}
	return nil
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
	// The claim is a hint: few pages shrink to less than a 64th, and the codecs
	// ask for more where it falls short.
	room := min(max(int(header.UncompressedPageSize)-levels, 0), 64*len(packed)+4096)
	codec := s.codec.Decode
	if s.codec.CompressionCodec() == format.Lz4Raw {
		codec = func(dst, src []byte) ([]byte, error) { return lz4Block(dst, src, int(s.budget)) }
	}
	plain, err := codec(grow(s.plain, room), packed)
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

// show lays out the page as the decoder will read it.
func (s *pageStream) show(header *format.PageHeader, content []byte) error {
	shown := format.PageHeader{
		Type: header.Type, UncompressedPageSize: int32(len(content)), CompressedPageSize: int32(len(content)),
		DictionaryPageHeader: header.DictionaryPageHeader,
	}
	if h := header.DataPageHeader; h.Valid {
		h.V.Statistics = format.Statistics{}
		shown.DataPageHeader = h
	}
	if h := header.DataPageHeaderV2; h.Valid {
		h.V.Statistics = format.Statistics{}
		h.V.IsCompressed = thrift.New(false)
		shown.DataPageHeaderV2 = h
	}
	b, err := thrift.Marshal(new(thrift.CompactProtocol), &shown)
	if err != nil {
		return err
	}
	s.head, s.content = b, content
	return nil
}

// grow returns a slice of n elements, b's own memory where it suffices.
func grow[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n)
	}
	return b[:n]
}
