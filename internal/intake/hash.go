package intake

import "math/bits"

// hash is a 128-bit mixing hash of words, built from two folded multiplications
// with different odd constants. It is fixed, so that digests are the same in
// every process.
type hash struct{ a, b uint64 }

const (
	seedA, seedB = 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f
	mulA, mulB   = 0xa0761d6478bd642f, 0xe7037ed1a0b428db
)

func newHash() hash { return hash{seedA, seedB} }

func fold(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}

func (h *hash) add(x uint64) {
	h.a = fold(h.a^x, mulA) + seedB
	h.b = fold(h.b+x, mulB) ^ bits.RotateLeft64(h.b, 23)
}

func (h *hash) text(s string) {
	h.add(uint64(len(s)))
	for len(s) > 0 {
		var w uint64
		n := min(len(s), 8)
		for i := range n {
			w |= uint64(s[i]) << (8 * i)
		}
		h.add(w)
		s = s[n:]
	}
}

func (h *hash) sum() [2]uint64 { return [2]uint64{fold(h.a, seedA|1), fold(h.b, seedB|1)} }
