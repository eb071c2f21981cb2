package kernel

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// each runs a property with the loops in assembly, where the machine has what they
// need, and without them.
func each(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	for _, name := range withAndWithout(t) {
		t.Run(name.name, func(t *testing.T) {
			name.set()
			rapid.Check(t, property)
		})
	}
}

// fence returns n values in the middle of a larger piece of memory, with room behind
// them, and a function that tells whether anything outside of both was written.
func fence[W uint8 | uint16 | uint32 | uint64 | int32](n, room int) (values []W, whole func() bool) {
	const around = 64
	all := make([]W, around+n+room+around)
	for i := range all {
		all[i] = W(i*37 + 11)
	}
	was := slices.Clone(all)
	return all[around : around+n : around+n+room], func() bool {
		return slices.Equal(all[:around], was[:around]) && slices.Equal(all[around+n+room:], was[around+n+room:])
	}
}

// packed are values of width bits, the first in the lowest bits, and what may follow.
func packed[W uint8 | uint16](values []W, width int, more []byte) []byte {
	out := make([]byte, len(values)*width/8)
	for i, x := range values {
		for k := range width {
			if x>>k&1 == 1 {
				at := i*width + k
				out[at>>3] |= 1 << (at & 7)
			}
		}
	}
	return append(out, more...)[: len(out)+len(more) : len(out)+len(more)]
}

func testUnpack[W uint8 | uint16 | int32](t *rapid.T, widest int, unpack func([]W, []byte, int)) {
	width := rapid.IntRange(0, widest).Draw(t, "width")
	groups := rapid.IntRange(0, 20).Draw(t, "groups")
	want := make([]uint16, 8*groups)
	for i := range want {
		want[i] = rapid.Uint16().Draw(t, "value") & (1<<width - 1)
	}
	more := rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "more")
	out, whole := fence[W](len(want), rapid.IntRange(0, 40).Draw(t, "room"))
	unpack(out, packed(want, width, more), width)
	for i, x := range want {
		if out[i] != W(x) {
			t.Fatalf("value %d is %d, want %d", i, out[i], x)
		}
	}
	if !whole() {
		t.Fatal("values were written outside of the memory given")
	}
}

// Values of every width come back from their bits, whatever lies behind them.
func TestUnpack(t *testing.T) {
	each(t, func(t *rapid.T) {
		testUnpack(t, 8, UnpackBytes)
		testUnpack(t, 16, UnpackShorts)
		testUnpack(t, 16, UnpackInts)
	})
}

// A run fills its rows and nothing outside of the memory given.
func TestFill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, room := rapid.IntRange(0, 40).Draw(t, "rows"), rapid.IntRange(0, 20).Draw(t, "room")
		testFill[uint8](t, n, room, rapid.Byte().Draw(t, "byte"))
		testFill[uint16](t, n, room, rapid.Uint16().Draw(t, "short"))
		testFill[int32](t, n, room, rapid.Int32Range(0, math.MaxInt32).Draw(t, "int"))
	})
}

func testFill[W uint8 | uint16 | int32](t *rapid.T, n, room int, x W) {
	out, whole := fence[W](n, room)
	Fill(out, x)
	for i := range out {
		if out[i] != x {
			t.Fatalf("row %d is %d, want %d", i, out[i], x)
		}
	}
	if !whole() {
		t.Fatal("rows were written outside of the memory given")
	}
}

// An index beyond the dictionary is seen wherever it stands and whatever it is.
func TestBeyond(t *testing.T) {
	each(t, func(t *rapid.T) {
		most := rapid.SampledFrom([]int{1 << 8, 1 << 16}).Draw(t, "most")
		entries := rapid.IntRange(0, most).Draw(t, "entries")
		last := max(entries-1, 0)
		few := rapid.SampledFrom([]int{0, last / 2, last, last, last, last, last, last, min(entries, most-1), most - 1})
		codes := rapid.SliceOfN(few, 0, 150).Draw(t, "codes")
		want := false
		var narrow []uint8
		var short []uint16
		var index []int32
		for _, x := range codes {
			want = want || x >= entries
			narrow, short, index = append(narrow, uint8(x)), append(short, uint16(x)), append(index, int32(x))
		}
		if got := AnyShortBeyond(short, entries); got != want {
			t.Fatalf("%v as shorts for %d entries: %v", codes, entries, got)
		}
		if got := AnyBeyond(index, entries); got != want {
			t.Fatalf("%v for %d entries: %v", codes, entries, got)
		}
		if most == 1<<8 {
			if got := AnyByteBeyond(narrow, entries); got != want {
				t.Fatalf("%v as bytes for %d entries: %v", codes, entries, got)
			}
		}
		if at := rapid.IntRange(0, len(codes)).Draw(t, "negative"); at < len(codes) {
			if index[at] = -1; !AnyBeyond(index, entries) {
				t.Fatalf("an index of -1 is taken for one of %d entries", entries)
			}
		}
	})
}

// column is a column with nulls: which rows from a bit on have a value, and values.
type column struct {
	present []byte
	from    int
	values  []int // of rows with one
	rows    []int // 0 for nulls
}

func drawColumn(t *rapid.T) column {
	c := column{from: rapid.SampledFrom([]int{0, 0, 8, 16, 1, 7, 13}).Draw(t, "from")}
	dense := rapid.IntRange(0, 10).Draw(t, "dense")
	n := rapid.IntRange(0, 200).Draw(t, "rows")
	c.present = make([]byte, (c.from+n+7)/8)
	for i := range c.present {
		c.present[i] = 0xA5 // what is before the first row and behind the last does not count
	}
	for i := range n {
		at := c.from + i
		c.present[at>>3] &^= 1 << (at & 7)
		c.rows = append(c.rows, 0)
		if rapid.IntRange(0, 9).Draw(t, "present") < dense {
			c.present[at>>3] |= 1 << (at & 7)
			c.rows[i] = len(c.values)%251 + 1
			c.values = append(c.values, c.rows[i])
		}
	}
	return c
}

// filled are the column's values as the functions take them, with as much room behind
// them.
func filled[W uint8 | uint16 | uint32 | uint64 | int32 | int64 | float64](c column, room int) []W {
	out := make([]W, len(c.values)+room)
	for i := range out {
		out[i] = 255
	}
	for i, x := range c.values {
		out[i] = W(x)
	}
	return out[:len(c.values)]
}

// Values find their places among nulls whatever the page's and the batch's alignment
// and whatever room there is behind the values; nothing else is written.
func TestExpand(t *testing.T) {
	each(t, func(t *rapid.T) {
		c := drawColumn(t)
		room := rapid.SampledFrom([]int{0, 1, 4, 8, Slack}).Draw(t, "room")
		{
			out, whole := fence[uint8](len(c.rows), 0)
			used := ExpandBytes(out, filled[uint8](c, room), c.present, c.from)
			check(t, "ExpandBytes", c, out, used, whole)
		}
		{
			out, whole := fence[uint16](len(c.rows), 0)
			used := ExpandShorts(out, filled[uint16](c, room), c.present, c.from)
			check(t, "ExpandShorts", c, out, used, whole)
		}
		index := make([]int32, len(c.values))
		for i := range index {
			index[i] = int32(c.values[i] - 1)
		}
		{
			out, whole := fence[int32](len(c.rows), 0)
			used := Expand(out, filled[int32](c, room), c.present, c.from)
			check(t, "Expand", c, out, used, whole)
			used = ExpandIndexed(out, sequence[int32](), index, c.present, c.from)
			check(t, "ExpandIndexed", c, out, used, whole)
		}
		{
			out, whole := fence[uint64](len(c.rows), 0)
			used := Expand(int64s(out), int64s(filled[uint64](c, room)), c.present, c.from)
			check(t, "Expand of eight bytes", c, out, used, whole)
			used = ExpandIndexed(int64s(out), sequence[int64](), index, c.present, c.from)
			check(t, "ExpandIndexed of eight bytes", c, out, used, whole)
		}
		flags := make([]bool, len(c.values))
		packed := make([]byte, (len(flags)+7)/8)
		for i, x := range c.values {
			if flags[i] = x&1 == 1; flags[i] {
				packed[i>>3] |= 1 << (i & 7)
			}
		}
		odd := make([]bool, len(c.rows))
		if used := Expand(odd, flags, c.present, c.from); used != len(flags) {
			t.Fatalf("Expand of flags: %d", used)
		}
		for i, x := range c.rows {
			if odd[i] != (x&1 == 1) {
				t.Fatalf("Expand of flags: row %d of %v", i, c.rows)
			}
		}
		if c.from&7 == 0 {
			out := make([]byte, (len(c.rows)+7)/8)
			if used := ExpandBits(out, packed, 0, c.present[c.from>>3:], len(c.rows)); used != len(flags) {
				t.Fatalf("ExpandBits: %d", used)
			}
			for i, x := range c.rows {
				if out[i>>3]>>(i&7)&1 != byte(x&1) {
					t.Fatalf("ExpandBits: row %d of %v", i, c.rows)
				}
			}
		}
	})
}

// int64s views words as signed.
func int64s(x []uint64) []int64 {
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(x))), cap(x))[:len(x)]
}

// doubles views words as doubles.
func doubles(x []uint64) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(x))), cap(x))[:len(x)]
}

// sequence is the dictionary 1, 2, 3, ...
func sequence[T int32 | int64]() []T {
	out := make([]T, 256)
	for i := range out {
		out[i] = T(i + 1)
	}
	return out
}

func check[W uint8 | uint16 | int32 | uint64](t *rapid.T, name string, c column, out []W, used int, whole func() bool) {
	for i, x := range c.rows {
		if out[i] != W(x) {
			t.Fatalf("%s: row %d is %d, want %d", name, i, out[i], x)
		}
	}
	if used != len(c.values) {
		t.Fatalf("%s took %d of %d values", name, used, len(c.values))
	}
	if !whole() {
		t.Fatalf("%s wrote outside of the rows", name)
	}
}

// Texts come back as they are up to the first that is empty, long, or near one that is
// not ASCII.
func TestCopyTexts(t *testing.T) {
	each(t, func(t *rapid.T) {
		var raw []byte
		var want [][]byte
		for range rapid.IntRange(0, 30).Draw(t, "texts") {
			s := bytes.Repeat([]byte{byte(rapid.IntRange('a', 'z').Draw(t, "character"))}, rapid.IntRange(1, ShortText).Draw(t, "length"))
			switch rapid.IntRange(0, 60).Draw(t, "odd") {
			case 0:
				s = nil
			case 1:
				s = bytes.Repeat([]byte{'x'}, ShortText+1)
			case 2:
				s[len(s)/2] = 0xC3
			}
			raw = append(binary.LittleEndian.AppendUint32(raw, uint32(len(s))), s...)
			want = append(want, s)
		}
		raw = append(raw, make([]byte, rapid.SampledFrom([]int{0, 10, 64}).Draw(t, "more"))...)
		raw = raw[:len(raw):len(raw)]
		ends, endsWhole := fence[int32](len(want), 0)
		data, whole := fence[uint8](rapid.IntRange(0, 40*len(want)).Draw(t, "room"), 0)
		at := rapid.IntRange(0, 1000).Draw(t, "at")
		k, used, grown := CopyTexts(ends, data, raw, at)
		if !whole() || !endsWhole() {
			t.Fatal("CopyTexts wrote outside of its memory")
		}
		if used != grown+4*k {
			t.Fatalf("%d texts of %d bytes took %d", k, grown, used)
		}
		end := 0
		for i, s := range want[:k] {
			if len(s) == 0 || len(s) > ShortText || !bytes.Equal(data[end:end+len(s)], s) || int(ends[i]) != at+end+len(s) {
				t.Fatalf("text %d of %q is %q, up to %d", i, want, data[end:min(end+len(s), len(data))], ends[i])
			}
			end += len(s)
		}
		if end != grown {
			t.Fatalf("%d bytes, want %d", grown, end)
		}
		if k < len(want) { // there must be a reason
			s, rest := want[k], raw[used:]
			near := rest[4:min(4+ShortText, len(rest))]
			high := slices.ContainsFunc(near, func(b byte) bool { return b >= 0x80 })
			if len(s) > 0 && len(s) <= ShortText && !high && len(rest) >= 4+ShortText && len(data)-grown >= ShortText {
				t.Fatalf("stopped at text %d, %q, without a reason", k, s)
			}
		}
	})
}

// Numbers are copied up to the first that is not finite, and divided up to the first
// that is too large, to the same doubles as one by one.
func TestNumbers(t *testing.T) {
	each(t, func(t *rapid.T) {
		zero := math.Copysign(0, -1)
		number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, zero, zero, 1, -2.5, math.MaxFloat64, 5e-324}))
		if rapid.IntRange(0, 3).Draw(t, "odd") == 0 {
			number = rapid.OneOf(number, number, number, rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}))
		}
		in := rapid.SliceOfN(number, 0, 60).Draw(t, "numbers")
		words, whole := fence[uint64](len(in), 0)
		out := doubles(words)
		n := Finite(out, in)
		for i, x := range in[:n] {
			if math.Float64bits(out[i]) != math.Float64bits(x+0) || math.IsNaN(x) || math.IsInf(x, 0) {
				t.Fatalf("number %d of %v is %v", i, in, out[i])
			}
		}
		if n < len(in) && in[n]-in[n] == 0 {
			t.Fatalf("stopped at number %d of %v", n, in)
		}
		same := slices.Clone(in)
		if k := Finite(same, same); k != n || !slices.Equal(same[:n], out[:n]) {
			t.Fatalf("%d of %v in place: %v", k, in, same)
		}

		whole64 := rapid.OneOf(rapid.Int64Range(-1e9, 1e9), rapid.Int64Range(-1<<53+1, 1<<53-1), rapid.SampledFrom([]int64{1<<51 - 1, 1 << 51, -1 << 51, -1<<51 - 1}))
		if rapid.IntRange(0, 3).Draw(t, "large") == 0 {
			whole64 = rapid.OneOf(whole64, whole64, whole64, rapid.Int64(), rapid.SampledFrom([]int64{1 << 53, -1 << 53, math.MaxInt64, math.MinInt64}))
		}
		ints := rapid.SliceOfN(whole64, 0, 60).Draw(t, "integers")
		unit := math.Pow10(rapid.IntRange(0, 18).Draw(t, "scale"))
		words, scaledWhole := fence[uint64](len(ints), 0)
		out = doubles(words)
		n = Scale(out, ints, unit)
		for i, x := range ints[:n] {
			if out[i] != float64(x)/unit || math.Float64bits(out[i]) != math.Float64bits(float64(x)/unit) {
				t.Fatalf("integer %d of %v by %v is %v", i, ints, unit, out[i])
			}
		}
		if n < len(ints) && ints[n] > -1<<53 && ints[n] < 1<<53 {
			t.Fatalf("stopped at integer %d of %v", n, ints)
		}
		if !whole() || !scaledWhole() {
			t.Fatal("numbers were written outside of the memory given")
		}
	})
}

func TestOnesAndWord(t *testing.T) {
	for i := range ones {
		if int(ones[i]) != bits.OnesCount8(uint8(i)) {
			t.Error(i)
		}
	}
	b := binary.LittleEndian.AppendUint64(nil, 0x0807060504030201)
	if Word(b[:3]) != 0x030201 {
		t.Error(Word(b[:3]))
	}
	rows := []byte{0xF8, 0xFF, 0x01}
	for _, c := range []struct{ at, limit, want int }{{0, 9, 0}, {3, 40, 14}, {3, 5, 5}, {8, 8, 8}, {17, 3, 0}} {
		if got := RunOfOnes(rows, c.at, c.limit); got != c.want {
			t.Errorf("from bit %d, up to %d: %d, want %d", c.at, c.limit, got, c.want)
		}
	}
}
