package kernel

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"unsafe"
)

// A page leaves its nulls out. The functions of this file give the values that
// are there their places among the rows: present has a bit a row that has a
// value, from says at which bit the rows start, and the rows of nulls become
// zero. They return how many values were used. There must be as many values as rows
// that have one; Slack behind them makes it faster.

// Expand writes values to the rows out.
func Expand[T int32 | int64 | float64 | bool](out, values []T, present []byte, from int) (used int) {
	var zero T
	switch unsafe.Sizeof(zero) {
	case 1:
		return expandWords(View[uint8](out), View[uint8](values), present, from)
	case 4:
		return expandWords(View[uint32](out), View[uint32](values), present, from)
	}
	rows, used := wideExpandWords(View[uint64](out), View[uint64](values), present, from)
	return used + expandWords(View[uint64](out[rows:]), View[uint64](values[used:]), present, from+rows)
}

// ExpandIndexed writes the entries of table that index names to the rows out.
func ExpandIndexed[T int32 | int64 | float64 | bool](out, table []T, index []int32, present []byte, from int) (used int) {
	var zero T
	switch unsafe.Sizeof(zero) {
	case 1:
		return expandEntries(View[uint8](out), View[uint8](table), index, present, from)
	case 4:
		return expandEntries(View[uint32](out), View[uint32](table), index, present, from)
	}
	return expandEntries(View[uint64](out), View[uint64](table), index, present, from)
}

func expandWords[W uint8 | uint16 | uint32 | uint64](out, values []W, present []byte, from int) (used int) {
	i := 0
	if cap(values) > len(values) {
		for ; i+64 <= len(out); i += 64 {
			used = expand64Words(unsafe.Pointer(&out[i]), values[:cap(values)], used, bits64(present, from+i))
		}
	}
	for ; i < len(out); i++ {
		var x W
		if present[(from+i)>>3]>>((from+i)&7)&1 == 1 {
			x = values[used]
			used++
		}
		out[i] = x
	}
	return used
}

// expand64Words writes 64 rows; values are taken from used on, and there is one more
// behind them. A null takes the value of the row after it, masked: a branch on every
// row would be mispredicted as often as nulls are.
//
//go:noinline
func expand64Words[W uint8 | uint16 | uint32 | uint64](out unsafe.Pointer, values []W, used int, present uint64) int {
	from := unsafe.Pointer(unsafe.SliceData(values))
	for at := range uintptr(64) {
		bit := present & 1
		present >>= 1
		size := unsafe.Sizeof(W(0))
		*(*W)(unsafe.Add(out, at*size)) = *(*W)(unsafe.Add(from, uintptr(used)*size)) & -W(bit)
		used += int(bit)
	}
	return used
}

func expandEntries[W uint8 | uint32 | uint64](out, table []W, index []int32, present []byte, from int) (used int) {
	one := func(i int) {
		var x W
		if present[(from+i)>>3]>>((from+i)&7)&1 == 1 {
			x = table[index[used]]
			used++
		}
		out[i] = x
	}
	i := 0
	for ; i < len(out) && (from+i)&7 != 0; i++ {
		one(i)
	}
	for ; i+8 <= len(out); i += 8 {
		m := present[(from+i)>>3]
		if used+8 > len(index) { // the last groups
			for j := range 8 {
				one(i + j)
			}
			continue
		}
		rows, x := (*[8]W)(out[i:]), (*[8]int32)(index[used:])
		if m == 0xFF {
			rows[0], rows[1], rows[2], rows[3] = table[x[0]], table[x[1]], table[x[2]], table[x[3]]
			rows[4], rows[5], rows[6], rows[7] = table[x[4]], table[x[5]], table[x[6]], table[x[7]]
			used += 8
			continue
		}
		k := 0
		for j := range rows {
			bit := m >> j & 1
			rows[j] = table[x[k&7]] & -W(bit)
			k += int(bit)
		}
		used += k
	}
	for ; i < len(out); i++ {
		one(i)
	}
	return used
}

// deposits has, for a byte of present bits and a byte of values, the values in
// their places.
var deposits = sync.OnceValue(func() *[256][256]byte {
	var t [256][256]byte
	for m := range t {
		for v := range t[m] {
			k := 0
			for j := range 8 {
				if m>>j&1 == 1 {
					t[m][v] |= byte(v>>k&1) << j
					k++
				}
			}
		}
	}
	return &t
})

// ExpandBits writes values, from bit at on, to the bits out, for take rows that
// start at a whole byte of out and of present.
func ExpandBits(out, values []byte, at int, present []byte, take int) (used int) {
	t := deposits()
	for i := range (take + 7) / 8 {
		m := present[i]
		if rest := take - 8*i; rest < 8 {
			m &= 1<<rest - 1
		}
		out[i] = t[m][bitsFrom(values, at+used)]
		used += int(ones[m])
	}
	return used
}

// bitsFrom returns eight bits; those beyond the end are zero.
func bitsFrom(b []byte, at int) byte {
	k := at >> 3
	switch {
	case k+1 < len(b):
		return byte(binary.LittleEndian.Uint16(b[k:]) >> (at & 7))
	case k < len(b):
		return b[k] >> (at & 7)
	}
	return 0
}

// ones counts the bits of a byte.
var ones = func() (n [256]uint8) {
	for i := range n {
		n[i] = n[i>>1] + uint8(i&1)
	}
	return n
}()

// moves has, for a byte of present bits, which bytes of a word move up by four
// places, then by two, then by one, so that eight values come to stand where their
// bits are; and which do not stay empty.
var moves = func() (t [256][4]uint64) {
	for m := range t {
		t[m][3] = movesOf(t[m][:3], uint(m), 8)
	}
	return t
}()

// shortMoves is moves for half a byte of present bits and words of four values.
var shortMoves = func() (t [16][4]uint64) {
	for m := range t {
		t[m][2] = movesOf(t[m][:2], uint(m), 4)
	}
	return t
}()

// movesOf fills in the lanes of a word that values move to, the widest move first,
// and returns the lanes that have a value in the end.
func movesOf(to []uint64, present uint, lanes int) (full uint64) {
	lane := ^uint64(0) >> (64 - 64/lanes)
	value := 0
	for row := range lanes {
		if present>>row&1 == 0 {
			continue
		}
		full |= lane << (row * 64 / lanes)
		at := value
		for k := range to {
			if step := lanes / 2 >> k; (row-value)&step != 0 {
				at += step
				to[k] |= lane << (at * 64 / lanes)
			}
		}
		value++
	}
	return full
}

// ExpandBytes is Expand for bytes, eight at a time.
func ExpandBytes(out, values, present []byte, from int) (used int) {
	i, used := wideExpandBytes(out, values, present, from)
	if cap(values) >= len(values)+8 {
		for ; i+64 <= len(out); i += 64 {
			used = expand64(unsafe.Pointer(&out[i]), unsafe.Pointer(unsafe.SliceData(values)), used, bits64(present, from+i))
		}
	}
	return used + expandWords(out[i:], values[used:], present, from+i)
}

// expand64 writes 64 rows of bytes; values are taken from used on, and there is room
// behind them.
//
//go:noinline
func expand64(out, values unsafe.Pointer, used int, present uint64) int {
	for at := 0; at < 64; at += 8 {
		t := &moves[uint8(present)]
		x := binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(values, used))[:])
		x ^= (x ^ x<<32) & t[0]
		x ^= (x ^ x<<16) & t[1]
		x ^= (x ^ x<<8) & t[2]
		binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(out, at))[:], x&t[3])
		used += int(ones[uint8(present)])
		present >>= 8
	}
	return used
}

// ExpandShorts is Expand for values of two bytes, four at a time.
func ExpandShorts(out, values []uint16, present []byte, from int) (used int) {
	i, used := wideExpandShorts(out, values, present, from)
	if cap(values) >= len(values)+4 {
		for ; i+64 <= len(out); i += 64 {
			used = expandShort64(unsafe.Pointer(&out[i]), unsafe.Pointer(unsafe.SliceData(values)), used, bits64(present, from+i))
		}
	}
	return used + expandWords(out[i:], values[used:], present, from+i)
}

// expandShort64 is expand64 for values of two bytes.
//
//go:noinline
func expandShort64(out, values unsafe.Pointer, used int, present uint64) int {
	for at := 0; at < 128; at += 8 {
		t := &shortMoves[present&15]
		x := binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(values, 2*used))[:])
		x ^= (x ^ x<<32) & t[0]
		x ^= (x ^ x<<16) & t[1]
		binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(out, at))[:], x&t[2])
		used += int(ones[present&15])
		present >>= 4
	}
	return used
}

// bits64 returns 64 bits, which are all there.
func bits64(b []byte, at int) uint64 {
	b = b[at>>3:]
	x := binary.LittleEndian.Uint64(b)
	if at &= 7; at > 0 {
		x = x>>at | uint64(b[8])<<(64-at)
	}
	return x
}

// RunOfOnes counts the bits that are set from bit at on, up to limit of them.
func RunOfOnes(b []byte, at, limit int) int {
	for n := 0; n < limit; {
		set := bits.TrailingZeros8(^bitsFrom(b, at+n))
		if n += set; set < 8 {
			return min(n, limit)
		}
	}
	return limit
}
