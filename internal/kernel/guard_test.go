//go:build unix

package kernel

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// guards are pieces of memory of their own.
type guards [][]byte

func (g *guards) free() {
	for _, b := range *g {
		_ = syscall.Munmap(b)
	}
	*g = nil
}

// bytes returns n bytes with nothing behind them: reading on is a fault of the
// process.
func (g *guards) bytes(t *testing.T, n int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	size := (n + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip("no memory of its own: ", err)
	}
	*g = append(*g, all)
	if err := syscall.Mprotect(all[size:], syscall.PROT_NONE); err != nil {
		t.Skip("memory cannot be protected: ", err)
	}
	return all[size-n : size : size]
}

func guardedOf[W uint8 | uint16 | int32 | int64 | float64](t *testing.T, g *guards, n, room int) []W {
	t.Helper()
	var w W
	b := g.bytes(t, (n+room)*int(unsafe.Sizeof(w)))
	return unsafe.Slice((*W)(unsafe.Pointer(unsafe.SliceData(b))), n+room)[:n]
}

// No loop reads or writes behind the memory that it is given, whatever is in it.
func TestNothingBehindTheMemoryIsTouched(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, w := range withAndWithout(t) {
		t.Run(w.name, func(t *testing.T) {
			w.set()
			for range 3000 {
				step(t, rng)
			}
		})
	}
}

func step(t *testing.T, rng *rand.Rand) {
	g := &guards{}
	defer g.free()
	fill := func(b []byte) []byte {
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	groups, width, more, room := 1+rng.IntN(30), 1+rng.IntN(16), rng.IntN(3)*rng.IntN(40), rng.IntN(3)*rng.IntN(40)
	packed := fill(g.bytes(t, groups*width+more))
	UnpackShorts(guardedOf[uint16](t, g, 8*groups, room), packed, width)
	UnpackInts(guardedOf[int32](t, g, 8*groups, room), packed, width)
	width = 1 + rng.IntN(8)
	UnpackBytes(guardedOf[uint8](t, g, 8*groups, room), fill(g.bytes(t, groups*width+more)), width)
	Fill(guardedOf[uint8](t, g, 8*groups+rng.IntN(8), room), 3)

	rows, from := 1+rng.IntN(300), []int{0, 0, 8, 5}[rng.IntN(4)]
	present := fill(g.bytes(t, (from+rows+7)/8))
	if end := rng.IntN(len(present)); rng.IntN(2) == 0 {
		clear(present[end:]) // the last rows are nulls
	}
	values := 0
	for i := range rows {
		values += int(present[(from+i)>>3] >> ((from + i) & 7) & 1)
	}
	room = rng.IntN(Slack + 1)
	ExpandBytes(guardedOf[uint8](t, g, rows, 0), guardedOf[uint8](t, g, values, room), present, from)
	ExpandShorts(guardedOf[uint16](t, g, rows, 0), guardedOf[uint16](t, g, values, room/2), present, from)
	Expand(guardedOf[int32](t, g, rows, 0), guardedOf[int32](t, g, values, room/4), present, from)
	Expand(guardedOf[float64](t, g, rows, 0), guardedOf[float64](t, g, values, room/8), present, from)
	ExpandIndexed(guardedOf[float64](t, g, rows, 0), []float64{7}, guardedOf[int32](t, g, values, 0), present, from)
	if from &^= 7; from>>3 < len(present) {
		n := min(rows, 8*(len(present)-from>>3))
		ExpandBits(g.bytes(t, (n+7)/8), g.bytes(t, (n+7)/8), 0, present[from>>3:], n)
	}

	AnyByteBeyond(fill(g.bytes(t, rows)), 1+rng.IntN(255))
	AnyShortBeyond(guardedOf[uint16](t, g, rows, 0), 1+rng.IntN(1000))
	AnyBeyond(guardedOf[int32](t, g, rows, 0), 1+rng.IntN(1000))
	Finite(guardedOf[float64](t, g, rows, 0), guardedOf[float64](t, g, rows, 0))
	Scale(guardedOf[float64](t, g, rows, 0), guardedOf[int64](t, g, rows, 0), 100)

	raw, short := g.bytes(t, 1+rng.IntN(600)), rng.IntN(3)
	for at := 0; at+4 <= len(raw); {
		n := ShortText - rng.IntN(ShortText)*short/2
		raw[at] = byte(n)
		at += 4 + n
	}
	CopyTexts(guardedOf[int32](t, g, rng.IntN(60), 0), g.bytes(t, rng.IntN(600)), raw, 0)
}
