package kernel

import (
	"encoding/binary"
	"unsafe"
)

// The functions of this file unpack groups of eight values of width bits each, the
// first in the lowest bits (the format's bit-packed runs); a group is width bytes.
// len(out) is a multiple of eight; what lies behind it, up to its capacity, may be
// overwritten. b has all of the groups, and may go on behind them.

// UnpackBytes unpacks values of at most 8 bits.
func UnpackBytes(out []uint8, b []byte, width int) {
	switch width {
	case 0:
		clear(out)
		return
	case 8:
		copy(out, b)
		return
	}
	done := wideUnpackBytes(out, b, width)
	if out = out[done:]; len(out) == 0 {
		return
	}
	b = b[done/8*width:]
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
		binary.LittleEndian.PutUint64(out[8*i:], spaced(Word(b[width*i:])))
	}
}

// UnpackShorts unpacks values of at most 16 bits.
func UnpackShorts(out []uint16, b []byte, width int) {
	if width == 0 {
		clear(out)
		return
	}
	done := wideUnpackShorts(out, b, width)
	if out = out[done:]; len(out) == 0 {
		return
	}
	b = b[done/8*width:]
	w := uint(width)
	half, odd := int(4*w)>>3, 4*w&7 // where the second four values start: an odd width has 60 bits at most
	all := uint64(1)<<(4*w) - 1     // of 16 bits, none is left out
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
		to := View[uint8](out[8*i : 8*i+8])
		binary.LittleEndian.PutUint64(to, spaced(Word(last[:min(8, len(last))])))
		binary.LittleEndian.PutUint64(to[8:], spaced(Word(last[half:min(half+8, len(last))])>>(odd&7)))
	}
}

// UnpackInts unpacks values of at most 16 bits.
func UnpackInts(out []int32, b []byte, width int) {
	if width == 0 {
		clear(out)
		return
	}
	w := uint(width)
	mask := uint64(1)<<w - 1
	if width <= 8 {
		for len(out) >= 8 {
			var x uint64
			if len(b) >= 8 {
				x = binary.LittleEndian.Uint64(b)
			} else {
				x = Word(b)
			}
			o := (*[8]int32)(out)
			o[0] = int32(x & mask)
			x >>= w
			o[1] = int32(x & mask)
			x >>= w
			o[2] = int32(x & mask)
			x >>= w
			o[3] = int32(x & mask)
			x >>= w
			o[4] = int32(x & mask)
			x >>= w
			o[5] = int32(x & mask)
			x >>= w
			o[6] = int32(x & mask)
			x >>= w
			o[7] = int32(x & mask)
			out, b = out[8:], b[width:]
		}
		return
	}
	for len(out) >= 8 {
		o := (*[8]int32)(out)
		for half := range 2 {
			// Four values are at most 64 bits, and start in the middle of a byte
			// where the width is odd.
			bit := uint(4*half) * w
			part := b[bit>>3:]
			var x uint64
			if len(part) >= 8 {
				x = binary.LittleEndian.Uint64(part)
			} else {
				x = Word(part)
			}
			if shift := bit & 7; shift > 0 { // width is odd, so that 4*width+shift <= 64
				x >>= shift
			}
			o[4*half] = int32(x & mask)
			x >>= w
			o[4*half+1] = int32(x & mask)
			x >>= w
			o[4*half+2] = int32(x & mask)
			x >>= w
			o[4*half+3] = int32(x & mask)
		}
		out, b = out[8:], b[width:]
	}
}

// Word returns up to eight bytes as a little-endian word.
func Word(b []byte) (x uint64) {
	for i, c := range b {
		x |= uint64(c) << (8 * i)
	}
	return x
}
