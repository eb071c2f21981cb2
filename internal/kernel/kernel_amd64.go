//go:build !purego

package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// avx2 says that the loops in assembly can run. It is a variable for the tests.
var avx2 = cpu.X86.HasAVX2 && cpu.X86.HasPOPCNT

// lanes has, for one width, what takes 16 values of bytes, or 8 of shorts, apart:
// which bytes each lane takes, how it moves them so that the value stands at a known
// bit, and the value's bits.
type lanes struct {
	bytes [32]byte
	moves [32]byte
	mask  [32]byte
}

// byteLanes has 16 lanes of two bytes. The product with a power of two moves a
// value to the upper byte.
var byteLanes = func() (t [8]lanes) {
	for width := 1; width < len(t); width++ {
		l := &t[width]
		for i := range 16 {
			at := i * width
			l.bytes[2*i], l.bytes[2*i+1] = byte(at>>3), byte(at>>3+1)
			move := uint16(1) << (8 - at&7)
			l.moves[2*i], l.moves[2*i+1] = byte(move), byte(move>>8)
			l.mask[2*i] = 1<<width - 1
		}
	}
	return t
}()

// shortLanes has 8 lanes of four bytes; the upper four count from half of the group
// on. Moves are shifts to the right.
var shortLanes = func() (t [17]lanes) {
	for width := 1; width < len(t); width++ {
		l := &t[width]
		for i := range 8 {
			at := i * width
			if i >= 4 {
				at -= 4 * width &^ 7
			}
			for k := range 4 {
				l.bytes[4*i+k] = byte(at>>3 + k)
			}
			l.moves[4*i] = byte(at & 7)
			mask := uint16(1)<<width - 1
			l.mask[4*i], l.mask[4*i+1] = byte(mask), byte(mask>>8)
		}
	}
	return t
}()

// byteRows has, for a byte of present bits, which of the next eight values each row
// takes; the high bit says none.
var byteRows = func() (t [256][8]byte) {
	for m := range t {
		k := byte(0)
		for j := range t[m] {
			if t[m][j] = 0x80; m>>j&1 == 1 {
				t[m][j] = k
				k++
			}
		}
	}
	return t
}()

// shortRows is byteRows for values of two bytes.
var shortRows = func() (t [256][16]byte) {
	for m := range t {
		for j, k := range byteRows[m] {
			if t[m][2*j], t[m][2*j+1] = 0x80, 0x80; k != 0x80 {
				t[m][2*j], t[m][2*j+1] = 2*k, 2*k+1
			}
		}
	}
	return t
}()

// wideRows has, for half a byte of present bits, which of the next eight half values
// of four bytes each half row takes, and which half rows have one.
var wideRows = func() (t [16]struct{ takes, has [8]uint32 }) {
	for m := range t {
		for j := range 4 {
			if k := byteRows[m][j]; k != 0x80 {
				t[m].takes[2*j], t[m].takes[2*j+1] = 2*uint32(k), 2*uint32(k)+1
				t[m].has[2*j], t[m].has[2*j+1] = 1<<32-1, 1<<32-1
			}
		}
	}
	return t
}()

// wideUnpackBytes unpacks the first values, as many as it can, and returns their
// number. The last block may be written behind out, where there is room.
func wideUnpackBytes(out []uint8, b []byte, width int) int {
	// 32 values are 4*width bytes, of which the second half is read apart, and each
	// read is of 16 bytes.
	room := len(b) - 2*width - 16
	blocks := min(len(out)+31, cap(out)) / 32
	if !avx2 || room < 0 || blocks == 0 {
		return 0
	}
	blocks = min(blocks, room/(4*width)+1)
	unpackBytesAVX2(unsafe.SliceData(out), &b[0], blocks, width, &byteLanes[width])
	return min(32*blocks, len(out))
}

// wideUnpackShorts is wideUnpackBytes for shorts.
func wideUnpackShorts(out []uint16, b []byte, width int) int {
	// 16 values are 2*width bytes, and the last four start half a group from the end.
	half := 4 * width / 8
	room := len(b) - width - half - 16
	blocks := min(len(out)+15, cap(out)) / 16
	if !avx2 || room < 0 || blocks == 0 {
		return 0
	}
	blocks = min(blocks, room/(2*width)+1)
	unpackShortsAVX2(unsafe.SliceData(out), &b[0], blocks, width, half, &shortLanes[width])
	return min(16*blocks, len(out))
}

// wideExpandBytes writes the first rows, as many as it can, and returns their number,
// a multiple of 8, and that of the values that they took.
func wideExpandBytes(out, values, present []uint8, from int) (rows, used int) {
	groups := len(out) / 8
	if !avx2 || from&7 != 0 || groups == 0 || cap(values) < len(values)+8 {
		return 0, 0
	}
	present = present[from>>3:][:groups]
	return 8 * groups, expandBytesAVX2(&out[0], unsafe.SliceData(values), &present[0], groups, &byteRows)
}

// wideExpandShorts is wideExpandBytes for values of two bytes.
func wideExpandShorts(out, values []uint16, present []uint8, from int) (rows, used int) {
	groups := len(out) / 8
	if !avx2 || from&7 != 0 || groups == 0 || cap(values) < len(values)+8 {
		return 0, 0
	}
	present = present[from>>3:][:groups]
	return 8 * groups, expandShortsAVX2(&out[0], unsafe.SliceData(values), &present[0], groups, &shortRows)
}

// wideExpandWords is wideExpandBytes for values of eight bytes.
func wideExpandWords(out, values []uint64, present []uint8, from int) (rows, used int) {
	groups := len(out) / 8
	if !avx2 || from&7 != 0 || groups == 0 || cap(values) < len(values)+4 {
		return 0, 0
	}
	present = present[from>>3:][:groups]
	return 8 * groups, expandWordsAVX2(&out[0], unsafe.SliceData(values), &present[0], groups, &wideRows)
}

// wideAnyByteAbove says whether one of the first codes is above last, and how many it
// looked at.
func wideAnyByteAbove(codes []uint8, last uint8) (tested int, above bool) {
	blocks := len(codes) / 32
	if !avx2 || blocks == 0 {
		return 0, false
	}
	return 32 * blocks, anyByteAboveAVX2(&codes[0], blocks, last)
}

// wideCopyTexts is CopyTexts for as many texts as there is room for whatever their
// lengths.
func wideCopyTexts(ends []int32, data, raw []byte, at int) (k, used, grown int) {
	for avx2 {
		sure := min(len(ends)-k, (len(raw)-used)/(4+ShortText), (len(data)-grown)/ShortText)
		if sure <= 0 {
			break
		}
		n, u, g := copyTextsAVX2(&ends[k], sure, &data[grown], &raw[used], int32(at+grown))
		k, used, grown = k+n, used+u, grown+g
		if n < sure {
			break
		}
	}
	return k, used, grown
}

// wideFinite is Finite for as many blocks of four as are all finite.
func wideFinite(out, in []float64) int {
	if !avx2 || len(in) < 4 {
		return 0
	}
	return 4 * finiteAVX2(&out[0], &in[0], len(in)/4)
}

// wideScale is Scale for as many blocks of four as are from -2^51 to below 2^51.
func wideScale(out []float64, in []int64, unit float64) int {
	if !avx2 || len(in) < 4 {
		return 0
	}
	return 4 * scaleAVX2(&out[0], &in[0], len(in)/4, unit)
}

// unpackBytesAVX2 unpacks blocks of 32 values of 1 to 7 bits. It reads 16 bytes from
// 2*width behind each block's start.
//
//go:noescape
func unpackBytesAVX2(out, in *uint8, blocks, width int, l *lanes)

// unpackShortsAVX2 unpacks blocks of 16 values of 1 to 16 bits. It reads 16 bytes from
// width+half behind each block's start.
//
//go:noescape
func unpackShortsAVX2(out *uint16, in *uint8, blocks, width, half int, l *lanes)

// expandBytesAVX2 writes groups of eight rows, and returns how many values it took. It
// reads 8 bytes from the first value that is not taken.
//
//go:noescape
func expandBytesAVX2(out, values, present *uint8, groups int, rows *[256][8]byte) (used int)

// expandShortsAVX2 is expandBytesAVX2 for values of two bytes; it reads 16 bytes.
//
//go:noescape
func expandShortsAVX2(out, values *uint16, present *uint8, groups int, rows *[256][16]byte) (used int)

// expandWordsAVX2 is expandBytesAVX2 for values of eight bytes; it reads 32 bytes.
//
//go:noescape
func expandWordsAVX2(out, values *uint64, present *uint8, groups int, rows *[16]struct{ takes, has [8]uint32 }) (used int)

// anyByteAboveAVX2 says whether one of blocks of 32 bytes is above last.
//
//go:noescape
func anyByteAboveAVX2(codes *uint8, blocks int, last uint8) bool

// copyTextsAVX2 takes up to count short texts. It reads 36 bytes and writes 32 for
// each, and for the one that it stops at.
//
//go:noescape
func copyTextsAVX2(ends *int32, count int, to, from *uint8, at int32) (k, used, grown int)

// finiteAVX2 copies blocks of four up to the first that has a number that is not
// finite.
//
//go:noescape
func finiteAVX2(out, in *float64, blocks int) (done int)

// scaleAVX2 divides blocks of four up to the first that has an integer below -2^51 or
// not below 2^51.
//
//go:noescape
func scaleAVX2(out *float64, in *int64, blocks int, unit float64) (done int)
