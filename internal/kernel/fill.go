package kernel

import (
	"encoding/binary"
	"unsafe"
)

// Fill sets all values to x, which is not negative. What lies behind them, up to the
// capacity, may be overwritten: most runs of a page are short, and whole words are
// written.
func Fill[W uint8 | uint16 | int32](out []W, x W) {
	word := uint64(x)
	for bits := 8 * unsafe.Sizeof(x); bits < 64; bits *= 2 {
		word |= word << bits
	}
	b := View[uint8](out)
	if whole := (len(b) + 7) &^ 7; whole <= cap(b) {
		b = b[:whole]
	}
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, word)
	}
	for i := range b {
		b[i] = byte(word >> (8 * i))
	}
}
