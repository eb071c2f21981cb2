package warehouse

import (
	"encoding/binary"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/parquet-go/parquet-go/encoding/rle"

	"accounthealth/internal/kernel"
)

// narrow is the widest index that is unpacked here; wider ones come in long runs,
// for which the library is faster.
const narrow = 16

// decodeIndexes decodes n dictionary indexes, a byte with their width in bits and
// then a hybrid of run-length and bit-packed runs, and checks that all of them
// are below size. It uses the memory of dst where it suffices.
func decodeIndexes(dst []int32, b []byte, n, size int) ([]int32, error) {
	if len(b) == 0 || b[0] > 32 {
		return dst, errCompact
	}
	width := int(b[0])
	var err error
	if width > narrow {
		if _, err = checkRuns(b[1:], width, n); err != nil {
			return dst, err
		}
		dst = grow(dst, n+runSlack+8)
		dst, err = new(rle.DictionaryEncoding).DecodeInt32(dst, b)
	} else {
		dst = grow(dst, n)
		dst, err = unpackRuns(dst, b[1:], width, n)
	}
	if err != nil {
		return dst, err
	}
	if len(dst) < n {
		return dst, errClaim
	}
	dst = dst[:n]
	if width == 31 || 1<<width > size {
		if x := kernel.AnyBeyond(dst, size); x {
			return dst, errBeyond(size)
		}
	}
	return dst, nil
}

// unpackRuns decodes n values of at most 16 bits, or 8 of bytes; dst has room for
// them.
func unpackRuns[W uint8 | uint16 | int32](dst []W, b []byte, width, n int) ([]W, error) {
	size := (width + 7) / 8 // of a run's one value
	for at := 0; at < n; {
		head, rest, err := runHead(b, n)
		if err != nil {
			return dst[:at], err
		}
		b = rest
		if head&1 == 0 {
			if size > len(b) {
				return dst[:at], errShort
			}
			value := kernel.Word(b[:size])
			if value>>width != 0 {
				return dst[:at], errCompact
			}
			x := W(value)
			b = b[size:]
			k := min(head>>1, n-at)
			kernel.Fill(dst[at:at+k], x)
			at += k
			continue
		}
		groups := head >> 1
		if groups*width > len(b) {
			return dst[:at], errShort
		}
		packed := b // a whole word can be read where more runs follow
		b = b[groups*width:]
		whole := min(groups, (n-at)/8)
		unpackGroups(dst[at:at+8*whole], packed, width)
		if at += 8 * whole; whole < groups && at < n { // the page ends within a group
			var last [8]W
			unpackGroups(last[:], packed[whole*width:], width)
			at += copy(dst[at:n], last[:])
		}
	}
	return dst[:n], nil
}

// unpackGroups unpacks groups of eight values.
func unpackGroups[W uint8 | uint16 | int32](out []W, b []byte, width int) {
	switch unsafe.Sizeof(W(0)) {
	case 1:
		kernel.UnpackBytes(kernel.View[uint8](out), b, width)
	case 2:
		kernel.UnpackShorts(kernel.View[uint16](out), b, width)
	default:
		kernel.UnpackInts(kernel.View[int32](out), b, width)
	}
}

// runHead reads the head of a run of a page of n values: twice the number of
// values, or of groups of eight where it is odd.
func runHead(b []byte, n int) (head int, rest []byte, err error) {
	if len(b) > 0 && b[0] < 0x80 {
		head, rest = int(b[0]), b[1:]
	} else {
		v, k := binary.Uvarint(b)
		if k == 0 {
			return 0, b, errClaim // the runs end before the page does
		}
		if k < 0 || v>>1 > uint64(n+runSlack) {
			return 0, b, errClaim
		}
		head, rest = int(v), b[k:]
	}
	if head>>1 > n+runSlack {
		return 0, b, errClaim
	}
	return head, rest, nil
}

// markLevels sets the bits of those of n rows whose definition level, of one bit,
// is 1, clears the others, and counts them.
func markLevels(out, b []byte, n int) (defined int, err error) {
	for at := 0; at < n; {
		head, rest, err := runHead(b, n)
		if err != nil {
			return 0, err
		}
		b = rest
		count := min(head>>1, n-at)
		if head&1 == 1 {
			count = min(8*(head>>1), n-at)
			size := head >> 1
			if size > len(b) {
				return 0, errShort
			}
			putBits(out, at, b[:(count+7)>>3])
			b = b[size:]
			at += count
			continue
		}
		if len(b) == 0 {
			return 0, errShort
		}
		switch {
		case at&7 == 0 && count&7 == 0:
			var x byte
			if b[0] == 1 {
				x = 0xFF
			}
			for i := range out[at>>3 : (at+count)>>3] {
				out[at>>3+i] = x
			}
		default:
			bitutil.SetBitsTo(out, int64(at), int64(count), b[0] == 1)
		}
		b = b[1:]
		at += count
	}
	if rest := n & 7; rest > 0 {
		out[n>>3] &= 1<<rest - 1
	}
	return bitutil.CountSetBits(out, 0, n), nil
}

// putBits writes bytes of bits from bit at on. The bits behind them may be anything.
func putBits(out []byte, at int, b []byte) {
	out = out[at>>3:]
	shift := at & 7
	if shift == 0 {
		copy(out, b)
		return
	}
	low := out[0] & (1<<shift - 1)
	for i, x := range b {
		out[i] = low | x<<shift
		low = x >> (8 - shift)
	}
	if len(b) < len(out) {
		out[len(b)] = low
	}
}
