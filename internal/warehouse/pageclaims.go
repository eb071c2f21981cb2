package warehouse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// The decoders allocate what a page claims before they see that it is not
// there. The functions of this file walk a page's claims without allocating.

// plainDictionary is how files of version 1 call RLE_DICTIONARY; the library
// reads it and deprecates its name.
const plainDictionary format.Encoding = 2

var errClaim = errors.New("a page claims more values than it holds")

// claimedSize reads the uncompressed size that a block states before any of it
// is uncompressed, where the codec states one.
func claimedSize(codec format.CompressionCodec, b []byte) (uint64, bool) {
	switch codec {
	case format.Snappy:
		n, k := binary.Uvarint(b)
		return n, k > 0
	case format.Zstd: // RFC 8878, 3.1.1.1
		if len(b) < 5 || binary.LittleEndian.Uint32(b) != 0xFD2FB528 {
			return 0, false
		}
		flags := b[4]
		at := 5 + [4]int{0, 1, 2, 4}[flags&3]
		single := flags>>5&1 == 1
		if !single {
			at++
		}
		width := [4]int{0, 2, 4, 8}[flags>>6]
		if width == 0 && single {
			width = 1
		}
		if width == 0 || len(b) < at+width {
			return 0, false
		}
		var wide [8]byte
		copy(wide[:], b[at:at+width])
		n := binary.LittleEndian.Uint64(wide[:])
		if width == 2 {
			n += 256
		}
		return n, true
	}
	return 0, false
}

// lz4Block appends the content of an LZ4 block to dst[:0], at most limit bytes.
// The library's reader asks for twice the room until it succeeds, which it never
// does where the block is damaged.
func lz4Block(dst, b []byte, limit int) ([]byte, error) {
	dst = dst[:0]
	for i := 0; i < len(b); {
		token := b[i]
		i++
		literals, err := lz4Length(b, &i, int(token>>4))
		if err != nil || literals > len(b)-i {
			return nil, errShort
		}
		dst = append(dst, b[i:i+literals]...)
		if i += literals; i == len(b) {
			return dst, nil // the last sequence has no match
		}
		if len(b)-i < 2 {
			return nil, errShort
		}
		offset := int(binary.LittleEndian.Uint16(b[i:]))
		i += 2
		match, err := lz4Length(b, &i, int(token&15))
		if err != nil || offset == 0 || offset > len(dst) {
			return nil, errCompact
		}
		match += 4
		if match+len(dst) > limit {
			return nil, errBudget
		}
		for match > 0 { // a match may reach into what it writes
			from := len(dst) - offset
			k := min(match, offset)
			dst = append(dst, dst[from:from+k]...)
			match -= k
		}
	}
	return nil, errShort
}

func lz4Length(b []byte, i *int, n int) (int, error) {
	for more := n == 15; more; *i++ {
		if *i >= len(b) {
			return 0, errShort
		}
		n += int(b[*i])
		more = b[*i] == 255
	}
	return n, nil
}

// checkDataPage finds the parts of an uncompressed data page of p.n values, nulls
// included, and walks its levels and values. Levels of one bit become s.present.
func (s *pageStream) checkDataPage(header *format.PageHeader, p *page, content []byte) (err error) {
	l := s.leaf
	if p.pageParts, err = splitLevels(l, header, content); err != nil {
		return err
	}
	if l.maxRep > 0 {
		if _, err := countDefined(p.reps, l.maxRep, p.n); err != nil {
			return err
		}
	}
	p.defined = p.n
	switch {
	case l.maxDef == 1 && l.maxRep == 0:
		s.present = grow(s.present, (p.n+7)/8)
		if p.defined, err = markLevels(s.present, p.defs, p.n); err != nil {
			return err
		}
	case l.maxDef > 0:
		if p.defined, err = countDefined(p.defs, l.maxDef, p.n); err != nil {
			return err
		}
	}
	// Writers disagree on whether an empty list counts as a null.
	if header.Type == format.DataPageV2 && l.maxRep == 0 && int(header.DataPageHeaderV2.V.NumNulls) != p.n-p.defined {
		return errors.New("a page claims another number of nulls than it has")
	}
	if p.defined == 0 || s.lazy && p.encoding == format.Plain && l.kind == parquet.ByteArray {
		return nil
	}
	return checkEncoded(l, p.encoding, p.defined, p.values, s.budget)
}

// pageParts are the parts of a data page; levels are there where the leaf has
// them.
type pageParts struct {
	reps, defs, values []byte
	encoding           format.Encoding
}

// splitLevels finds the parts of an uncompressed data page.
func splitLevels(l *leaf, header *format.PageHeader, content []byte) (p pageParts, err error) {
	if header.Type == format.DataPageV2 {
		h := &header.DataPageHeaderV2.V
		r, d := int(h.RepetitionLevelsByteLength), int(h.DefinitionLevelsByteLength)
		if r+d > len(content) || r > 0 && l.maxRep == 0 {
			return p, errCompact
		}
		return pageParts{reps: content[:r], defs: content[r : r+d], values: content[r+d:], encoding: h.Encoding}, nil
	}
	h := &header.DataPageHeader.V
	p.encoding, p.values = h.Encoding, content
	if l.maxRep > 0 {
		if h.RepetitionLevelEncoding != format.RLE {
			return p, fmt.Errorf("levels in the withdrawn encoding %s: %w", h.RepetitionLevelEncoding, errCompact)
		}
		if p.reps, p.values, err = prefixed(p.values); err != nil {
			return p, err
		}
	}
	if l.maxDef > 0 {
		if h.DefinitionLevelEncoding != format.RLE {
			return p, fmt.Errorf("levels in the withdrawn encoding %s: %w", h.DefinitionLevelEncoding, errCompact)
		}
		p.defs, p.values, err = prefixed(p.values)
	}
	return p, err
}

// checkEncoded walks a page's n values.
func checkEncoded(l *leaf, encoding format.Encoding, n int, content []byte, budget int64) error {
	switch encoding {
	case format.Plain:
		return checkPlain(l, n, content)
	case plainDictionary, format.RLEDictionary:
		if l.list == nil && l.form != formForeign && l.form != formNull {
			return nil // decodeIndexes walks and decodes them in one
		}
		if len(content) == 0 || content[0] > 32 {
			return errCompact
		}
		_, err := checkRuns(content[1:], int(content[0]), n)
		return err
	case format.RLE:
		runs, _, err := prefixed(content)
		if err != nil {
			return err
		}
		if total, err := checkRuns(runs, 1, n); err != nil || total < n {
			return errors.Join(err, errClaim)
		}
		return nil
	case format.DeltaBinaryPacked:
		_, err := deltaWidth(content, n)
		return err
	case format.DeltaLengthByteArray:
		sum, rest, err := deltaLengths(content, n)
		if err == nil && sum > int64(len(rest)) {
			err = errClaim
		}
		return err
	case format.DeltaByteArray:
		prefixes, rest, err := deltaLengths(content, n)
		if err != nil {
			return err
		}
		suffixes, rest, err := deltaLengths(rest, n)
		if err == nil && (suffixes > int64(len(rest)) || prefixes > budget) {
			err = errClaim
		}
		return err
	case format.ByteStreamSplit:
		if len(content) != n*l.width {
			return errClaim
		}
		return nil
	}
	return fmt.Errorf("encoding %s: %w", encoding, errCompact)
}

// checkPlain walks n plain values; byte arrays carry their lengths.
func checkPlain(l *leaf, n int, content []byte) error {
	switch l.kind {
	case parquet.Boolean:
		if len(content) < (n+7)/8 {
			return errClaim
		}
	case parquet.ByteArray:
		i := 0
		for ; n > 0; n-- {
			if i+4 > len(content) {
				return errClaim
			}
			size := int(binary.LittleEndian.Uint32(content[i:]))
			if size > len(content)-i-4 {
				return errShort
			}
			i += 4 + size
		}
		if i != len(content) {
			return errCompact
		}
	default:
		if len(content) < n*l.width {
			return errClaim
		}
	}
	return nil
}

// checkDictionaryPage holds a dictionary's size against its content.
func checkDictionaryPage(l *leaf, n int, content []byte) error {
	if l.kind == parquet.Boolean {
		return errCompact // the format has no dictionary of booleans
	}
	return checkPlain(l, n, content)
}

// prefixed splits off a block that starts with its length.
func prefixed(b []byte) (block, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errShort
	}
	n := int(binary.LittleEndian.Uint32(b))
	if n > len(b)-4 {
		return nil, nil, errShort
	}
	return b[4 : 4+n], b[4+n:], nil
}

// runSlack is how far a run may pass the page's last value: bit-packed runs come
// in groups of eight, and some writers round up further.
const runSlack = 1024

// runs walks a hybrid of run-length and bit-packed runs.
type runs struct {
	b     []byte
	bits  int // of a value
	limit int // values of any one run
}

// next returns the next run: its values, and either their bytes or, where packed
// is nil, the one value.
func (r *runs) next() (count int, packed []byte, value byte, err error) {
	var head uint64
	if len(r.b) > 0 && r.b[0] < 0x80 {
		head, r.b = uint64(r.b[0]), r.b[1:]
	} else {
		v, k := binary.Uvarint(r.b)
		if k <= 0 {
			return 0, nil, 0, errCompact
		}
		head, r.b = v, r.b[k:]
	}
	n := head >> 1
	if n > uint64(r.limit) {
		return 0, nil, 0, errClaim
	}
	if head&1 == 0 {
		width := (r.bits + 7) / 8
		if width > len(r.b) {
			return 0, nil, 0, errShort
		}
		if width > 0 {
			value = r.b[0]
		}
		r.b = r.b[width:]
		return int(n), nil, value, nil
	}
	size := int(n) * r.bits
	if size > len(r.b) {
		return 0, nil, 0, errShort
	}
	packed, r.b = r.b[:size:size], r.b[size:]
	return int(n) * 8, packed, 0, nil
}

// checkRuns walks runs of n values and returns how many there are, which the
// rounding of the last run may make more.
func checkRuns(b []byte, bits, n int) (int, error) {
	r, total := runs{b: b, bits: bits, limit: n + runSlack}, 0
	for len(r.b) > 0 {
		count, _, _, err := r.next()
		if err != nil {
			return 0, err
		}
		if total += count; total > n+runSlack {
			return 0, errClaim
		}
	}
	return total, nil
}

// countDefined walks the definition levels of n rows and counts those of level
// max, which are the ones that have a value.
func countDefined(b []byte, maxLevel, n int) (int, error) {
	width := bits.Len(uint(maxLevel))
	r, total, defined := runs{b: b, bits: width, limit: n + runSlack}, 0, 0
	for len(r.b) > 0 {
		count, packed, value, err := r.next()
		if err != nil {
			return 0, err
		}
		used := min(count, n-total)
		switch {
		case total+count > n+runSlack:
			return 0, errClaim
		case packed == nil:
			if int(value) == maxLevel {
				defined += used
			}
		case width == 1:
			for _, x := range packed[:used/8] {
				defined += bits.OnesCount8(x)
			}
			if rest := used % 8; rest > 0 {
				defined += bits.OnesCount8(packed[used/8] & (1<<rest - 1))
			}
		default:
			for i := range used {
				if int(unpack(packed, i*width, width)) == maxLevel {
					defined++
				}
			}
		}
		total += used
	}
	if total < n {
		return 0, errClaim
	}
	return defined, nil
}
