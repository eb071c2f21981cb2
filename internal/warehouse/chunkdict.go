package warehouse

import (
	"encoding/binary"
	"math"
	"slices"
)

// dictionary maps a chunk's values to codes, in order of first appearance, or
// holds the values that the column was given with its codes.
type dictionary struct {
	n      int
	values []byte // in the plain encoding
	fixed  bool
	used   []bool // of a fixed dictionary

	narrow bool // words take 4 bytes
	words  []uint64
	slots  []int32 // open addressing: a code + 1
	look   map[string]int32
	texts  []string
}

func (d *dictionary) reset() {
	d.n, d.values, d.fixed = 0, d.values[:0], false
	d.words, d.texts = d.words[:0], d.texts[:0]
	clear(d.slots)
	clear(d.look)
}

// word returns the code of a number's bits.
func (d *dictionary) word(x uint64) int32 {
	if 2*(len(d.words)+1) > len(d.slots) {
		d.grow()
	}
	mask := uint64(len(d.slots) - 1)
	for at := mix(x) & mask; ; at = (at + 1) & mask {
		k := d.slots[at]
		if k == 0 {
			d.slots[at] = int32(len(d.words)) + 1
			d.words = append(d.words, x)
			if d.narrow {
				d.values = binary.LittleEndian.AppendUint32(d.values, uint32(x))
			} else {
				d.values = binary.LittleEndian.AppendUint64(d.values, x)
			}
			d.n++
			return int32(d.n) - 1
		}
		if d.words[k-1] == x {
			return k - 1
		}
	}
}

func (d *dictionary) grow() {
	d.slots = make([]int32, max(256, 2*len(d.slots)))
	mask := uint64(len(d.slots) - 1)
	for k, x := range d.words {
		at := mix(x) & mask
		for d.slots[at] != 0 {
			at = (at + 1) & mask
		}
		d.slots[at] = int32(k) + 1
	}
}

// mix spreads the bits of doubles, whose low ones are often zero.
func mix(x uint64) uint64 {
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	return x ^ x>>29
}

// text returns the code of a text.
func (d *dictionary) text(s string) int32 {
	k, ok := d.look[s]
	if !ok {
		if d.look == nil {
			d.look = map[string]int32{}
		}
		s = string(append([]byte(nil), s...)) // the caller's bytes may be reused
		k = int32(d.n)
		d.look[s] = k
		d.texts = append(d.texts, s)
		d.values = binary.LittleEndian.AppendUint32(d.values, uint32(len(s)))
		d.values = append(d.values, s...)
		d.n++
	}
	return k
}

// fix makes the dictionary that of a column that is given codes.
func (d *dictionary) fix(f *Field, v *Vector) {
	d.reset()
	d.fixed, d.n = true, v.len(f.Type)
	d.used = slices.Grow(d.used[:0], d.n)[:d.n]
	clear(d.used)
	for i := range d.n {
		switch f.Type {
		case String:
			s := v.Strings[i]
			d.texts = append(d.texts, s)
			d.values = binary.LittleEndian.AppendUint32(d.values, uint32(len(s)))
			d.values = append(d.values, s...)
		case Float64:
			d.words = append(d.words, math.Float64bits(v.Floats[i]))
			d.values = binary.LittleEndian.AppendUint64(d.values, d.words[i])
		default:
			d.words = append(d.words, uint64(v.Ints[i]))
			if f.narrow() {
				d.values = binary.LittleEndian.AppendUint32(d.values, uint32(v.Ints[i]))
			} else {
				d.values = binary.LittleEndian.AppendUint64(d.values, d.words[i])
			}
		}
	}
}

// bound widens bounds by the values that rows use.
func (d *dictionary) bound(f *Field, b *bounds) {
	for i := range d.n {
		switch {
		case d.fixed && !d.used[i]:
		case f.Type == String:
			b.text([]byte(d.texts[i]))
		case f.Type == Float64:
			b.float(math.Float64frombits(d.words[i]))
		default:
			b.int(int64(d.words[i]))
		}
	}
}
