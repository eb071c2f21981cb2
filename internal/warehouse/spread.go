package warehouse

import (
	"encoding/binary"
	"sync"
	"unsafe"
)

// A page leaves its nulls out. The functions of this file give the values that
// are there their places among the rows: present has a bit a row that has a
// value, from says at which bit the rows start, and the rows of nulls become
// zero. They return how many values were used.

// spread writes values to the rows out.
func spread[T int32 | int64 | float64 | bool](out, values []T, present []byte, from int) (used int) {
	var zero T
	switch unsafe.Sizeof(zero) {
	case 1:
		return spreadWords(wordsOf[uint8](out), wordsOf[uint8](values), present, from)
	case 4:
		return spreadWords(wordsOf[uint32](out), wordsOf[uint32](values), present, from)
	}
	return spreadWords(wordsOf[uint64](out), wordsOf[uint64](values), present, from)
}

// spreadIndexed writes the entries of table that index names to the rows out.
func spreadIndexed[T int32 | int64 | float64 | bool](out, table []T, index []int32, present []byte, from int) (used int) {
	var zero T
	switch unsafe.Sizeof(zero) {
	case 1:
		return spreadEntries(wordsOf[uint8](out), wordsOf[uint8](table), index, present, from)
	case 4:
		return spreadEntries(wordsOf[uint32](out), wordsOf[uint32](table), index, present, from)
	}
	return spreadEntries(wordsOf[uint64](out), wordsOf[uint64](table), index, present, from)
}

// wordsOf views values as words of their size, whose bits can be masked.
func wordsOf[W uint8 | uint32 | uint64, T int32 | int64 | float64 | bool](x []T) []W {
	return unsafe.Slice((*W)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func spreadWords[W uint8 | uint32 | uint64](out, values []W, present []byte, from int) (used int) {
	one := func(i int) {
		var x W
		if present[(from+i)>>3]>>((from+i)&7)&1 == 1 {
			x = values[used]
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
		if used+8 > len(values) { // the last groups
			for j := range 8 {
				one(i + j)
			}
			continue
		}
		rows, v := (*[8]W)(out[i:]), (*[8]W)(values[used:])
		if m == 0xFF {
			*rows = *v
			used += 8
			continue
		}
		// A null takes the value of the row after it, masked: a branch on every
		// row would be mispredicted as often as nulls are.
		k := 0
		for j := range rows {
			bit := m >> j & 1
			rows[j] = v[k&7] & -W(bit)
			k += int(bit)
		}
		used += k
	}
	for ; i < len(out); i++ {
		one(i)
	}
	return used
}

func spreadEntries[W uint8 | uint32 | uint64](out, table []W, index []int32, present []byte, from int) (used int) {
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

// spreadBits writes values, from bit at on, to the bits out, for take rows that
// start at a whole byte of out and of present.
func spreadBits(out, values []byte, at int, present []byte, take int) (used int) {
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
