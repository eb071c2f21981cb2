package kernel

import (
	"encoding/binary"
	"unsafe"
)

// AnyBeyond says whether an index is negative or not below size.
func AnyBeyond(index []int32, size int) bool {
	// The sign of the difference shows an index that is too large, and that of
	// the index one that is negative. Two are tested at a time: a borrow between
	// them only occurs where the lower one is too large, which shows.
	last := uint64(uint32(int32(size - 1)))
	both := last<<32 | last
	outside := uint64(0)
	if size == 0 {
		return len(index) > 0
	}
	pairs := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(index))), len(index)/2)
	for len(pairs) >= 4 {
		x := (*[4]uint64)(pairs)
		outside |= (x[0] | (both - x[0])) | (x[1] | (both - x[1])) | ((x[2] | (both - x[2])) | (x[3] | (both - x[3])))
		pairs = pairs[4:]
	}
	for _, x := range pairs {
		outside |= x | (both - x)
	}
	if len(index)&1 == 1 {
		x := uint64(uint32(index[len(index)-1]))
		outside |= x | (last-x)&0xFFFFFFFF
	}
	return outside&0x80000000_80000000 != 0
}

// AnyByteBeyond says whether a code is not below entries, which are at most 256.
func AnyByteBeyond(codes []uint8, entries int) bool {
	tested := 0
	if 0 < entries && entries < 256 {
		var above bool
		if tested, above = wideAnyByteAbove(codes, uint8(entries-1)); above {
			return true
		}
	}
	return anyBeyond(codes[tested:], 1, entries)
}

// AnyShortBeyond says whether a code is not below entries, which are at most 65,536.
func AnyShortBeyond(codes []uint16, entries int) bool {
	return anyBeyond(View[uint8](codes), 2, entries)
}

// anyBeyond says whether a code of 1 or 2 bytes is not below entries. Those of a
// word are tested at a time: adding what is missing to a lane's highest bit sets
// that bit in lanes that are too large, and never carries into the next.
func anyBeyond(codes []byte, size, entries int) bool {
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
		x := Word(codes)
		if n := len(codes); n > 0 {
			outside |= (x | (x&low + add)) & (1<<(8*n) - 1)
		}
	} else {
		add := lanes * uint64(2*top-entries)
		for ; len(codes) >= 8; codes = codes[8:] {
			x := binary.LittleEndian.Uint64(codes)
			outside |= x & (x&low + add)
		}
		x := Word(codes)
		outside |= x & (x&low + add) // nothing is not too large
	}
	return outside&high != 0
}
