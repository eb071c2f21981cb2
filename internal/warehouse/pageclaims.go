package warehouse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// The decoders allocate what a page claims before they see that it is not
// there. The functions of this file walk a page's claims without allocating.

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

// lz4Size returns the uncompressed size of an LZ4 block, or an error where the
// block is damaged.
func lz4Size(b []byte) (int, error) {
	out := 0
	for i := 0; i < len(b); {
		token := b[i]
		i++
		literals, err := lz4Length(b, &i, int(token>>4))
		if err != nil || literals > len(b)-i {
			return 0, errShort
		}
		i += literals
		out += literals
		if i == len(b) {
			return out, nil // the last sequence has no match
		}
		if len(b)-i < 2 {
			return 0, errShort
		}
		offset := int(binary.LittleEndian.Uint16(b[i:]))
		i += 2
		match, err := lz4Length(b, &i, int(token&15))
		if err != nil || offset == 0 || offset > out {
			return 0, errCompact
		}
		out += match + 4
	}
	return 0, errShort
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

// checkDataPage walks the levels and the values of an uncompressed data page and
// returns how many bytes the values take.
func checkDataPage(l *leaf, header *format.PageHeader, n int, content []byte, budget int64) (int, error) {
	encoding, nonNull := format.Plain, -1
	if h := header.DataPageHeaderV2; header.Type == format.DataPageV2 {
		rep, def := int(h.V.RepetitionLevelsByteLength), int(h.V.DefinitionLevelsByteLength)
		if rep != 0 || def == 0 && l.maxDef > 0 {
			return 0, errCompact
		}
		if l.maxDef > 0 {
			if err := checkRuns(content[:def], levelBits(l.maxDef), n); err != nil {
				return 0, err
			}
		}
		encoding, content, nonNull = h.V.Encoding, content[def:], n-int(h.V.NumNulls)
	} else {
		encoding = header.DataPageHeader.V.Encoding
		if l.maxDef > 0 {
			if header.DataPageHeader.V.DefinitionLevelEncoding != format.RLE {
				return 0, fmt.Errorf("levels in the withdrawn encoding %s: %w", header.DataPageHeader.V.DefinitionLevelEncoding, errCompact)
			}
			size, rest, err := prefixed(content)
			if err != nil {
				return 0, err
			}
			if err := checkRuns(size, levelBits(l.maxDef), n); err != nil {
				return 0, err
			}
			content = rest
		}
	}
	if nonNull == 0 || len(content) == 0 {
		return len(content), nil
	}
	return len(content), checkEncoded(l, encoding, n, content, budget)
}

// checkEncoded walks a page's values, of which there are at most n.
func checkEncoded(l *leaf, encoding format.Encoding, n int, content []byte, budget int64) error {
	switch encoding {
	case format.Plain:
		return checkPlain(l, n, content)
	case format.PlainDictionary, format.RLEDictionary:
		if content[0] > 32 {
			return errCompact
		}
		return checkRuns(content[1:], int(content[0]), n)
	case format.RLE:
		runs, _, err := prefixed(content)
		if err != nil {
			return err
		}
		return checkRuns(runs, 1, n)
	case format.DeltaBinaryPacked:
		_, _, err := deltaHeader(content, n)
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
		if l.width == 0 || len(content) > n*l.width {
			return errClaim
		}
		return nil
	}
	return fmt.Errorf("encoding %s: %w", encoding, errCompact)
}

// checkPlain walks plain values; byte arrays carry their lengths.
func checkPlain(l *leaf, n int, content []byte) error {
	if l.kind != parquet.ByteArray {
		return nil
	}
	i := 0
	for ; i+4 <= len(content) && n > 0; n-- {
		size := int(binary.LittleEndian.Uint32(content[i:]))
		if size > len(content)-i-4 {
			return errShort
		}
		i += 4 + size
	}
	if i != len(content) {
		return errCompact
	}
	return nil
}

// checkDictionaryPage holds a dictionary's size against its content.
func checkDictionaryPage(l *leaf, n int, content []byte) error {
	if l.kind == parquet.ByteArray {
		if n > len(content)/4 {
			return errClaim
		}
		return checkPlain(l, n, content)
	}
	if n*l.width > len(content) {
		return errClaim
	}
	return nil
}

func levelBits(maxLevel int) int {
	bits := 0
	for ; maxLevel > 0; maxLevel >>= 1 {
		bits++
	}
	return bits
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

// checkRuns walks a hybrid of run-length and bit-packed runs of values of some
// bits each, at most n.
func checkRuns(b []byte, bits, n int) error {
	limit := uint64(n + runSlack)
	width := (bits + 7) / 8
	for total := uint64(0); len(b) > 0; {
		head, k := binary.Uvarint(b)
		if k <= 0 {
			return errCompact
		}
		b = b[k:]
		count, size := head>>1, uint64(width)
		if head&1 == 1 {
			if count > limit {
				return errClaim
			}
			size = count * uint64(bits)
			count *= 8
		}
		if total += count; count > limit || total > limit {
			return errClaim
		}
		if size > uint64(len(b)) {
			// A last bit-packed run may leave out its padding.
			if head&1 == 1 && total >= uint64(n) {
				return nil
			}
			return errShort
		}
		b = b[size:]
	}
	return nil
}

// deltaBlock is the head of a DELTA_BINARY_PACKED block.
type deltaBlock struct {
	blocks, perBlock, total int // mini-blocks a block, values a mini-block, values
	first                   int64
}

// deltaHeader reads the head of a block of at most n values.
func deltaHeader(b []byte, n int) (deltaBlock, []byte, error) {
	var head [3]uint64
	for i := range head {
		v, k := binary.Uvarint(b)
		if k <= 0 {
			return deltaBlock{}, nil, errCompact
		}
		head[i], b = v, b[k:]
	}
	first, k := binary.Varint(b)
	size, blocks, total := head[0], head[1], head[2]
	if k <= 0 || blocks == 0 || size == 0 || size > 65536 || size%128 != 0 || size%blocks != 0 || size/blocks%32 != 0 {
		return deltaBlock{}, nil, errCompact
	}
	if total > uint64(n) {
		return deltaBlock{}, nil, errClaim
	}
	return deltaBlock{int(blocks), int(size / blocks), int(total), first}, b[k:], nil
}

// deltaLengths walks a block of at most n lengths and returns their sum and what
// follows the block.
func deltaLengths(b []byte, n int) (int64, []byte, error) {
	d, b, err := deltaHeader(b, n)
	if err != nil || d.total == 0 {
		return 0, b, err
	}
	value, sum := d.first, d.first
	if value < 0 {
		return 0, nil, errCompact
	}
	for left := d.total - 1; left > 0; {
		least, k := binary.Varint(b)
		if k <= 0 || len(b)-k < d.blocks {
			return 0, nil, errShort
		}
		widths := b[k : k+d.blocks]
		b = b[k+d.blocks:]
		for _, bits := range widths {
			if left == 0 {
				break // mini-blocks without values are left out
			}
			packed := b[:min(d.perBlock*int(bits)/8, len(b))]
			b = b[len(packed):]
			take := min(left, d.perBlock)
			if bits > 64 || len(packed)*8 < take*int(bits) {
				return 0, nil, errShort
			}
			for i := range take {
				if value += least + int64(unpack(packed, i*int(bits), int(bits))); value < 0 || value > math.MaxInt32 {
					return 0, nil, errCompact
				}
				sum += value
			}
			left -= take
		}
	}
	return sum, b, nil
}

// unpack reads bits little-endian bits at a bit offset.
func unpack(b []byte, at, bits int) uint64 {
	var v uint64
	for got := 0; got < bits; {
		shift := at & 7
		k := min(8-shift, bits-got)
		v |= uint64(b[at>>3]>>shift&(1<<k-1)) << got
		got += k
		at += k
	}
	return v
}
