package warehouse

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"pgregory.net/rapid"
)

// Runs of every width, with or without repeats, come back as the library wrote
// them; one index beyond the dictionary is refused wherever it stands.
func TestIndexesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(0, 20).Draw(t, "width")
		few := rapid.Bool().Draw(t, "few")
		top := int32(1)<<width - 1
		gen := rapid.Int32Range(0, top)
		if few {
			gen = rapid.SampledFrom([]int32{0, top, top / 2})
		}
		want := rapid.SliceOfN(gen, 1, 300).Draw(t, "indexes")
		size := int(slices.Max(want)) + 1
		b, err := new(rle.DictionaryEncoding).EncodeInt32(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeIndexes(nil, b, len(want), size)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v %v, want %v", got, err, want)
		}
		if _, err := decodeIndexes(nil, b, len(want), size-1); err == nil {
			t.Fatalf("%v is accepted for a dictionary of %d", want, size-1)
		}
		bytes := codeSize(size)
		codes := make([]byte, bytes*len(want))
		var scratch []int32
		err = decodeCodes(codes, bytes, b, len(want), size, &scratch)
		for i, x := range want {
			if err != nil || codeAt(codes, bytes, i) != int(x) {
				t.Fatalf("codes of %d bytes: %v %v, want %v", bytes, codes, err, want)
			}
		}
		if err := decodeCodes(codes, bytes, b, len(want), size-1, &scratch); err == nil {
			t.Fatalf("%v as codes is accepted for a dictionary of %d", want, size-1)
		}
		if cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut"); len(b) > 2 {
			_, _ = decodeIndexes(nil, b[:cut], len(want), size) // may fail, may not panic
			_ = decodeCodes(codes, bytes, b[:cut], len(want), size, &scratch)
		}
	})
}

// A code beyond the dictionary is seen wherever it stands and whatever it is.
func TestBeyondCodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 2).Draw(t, "bytes")
		entries := rapid.IntRange(0, 1<<(8*size)).Draw(t, "entries")
		codes := make([]byte, 0, 200)
		want := false
		last := max(entries-1, 0)
		few := rapid.SampledFrom([]int{0, last / 2, last, last, last, min(entries, 1<<(8*size)-1), 1<<(8*size) - 1})
		for _, x := range rapid.SliceOfN(few, 0, 90).Draw(t, "codes") {
			want = want || x >= entries
			if codes = append(codes, byte(x)); size == 2 {
				codes = append(codes, byte(x>>8))
			}
		}
		if got := beyondCodes(codes, size, entries); got != want {
			t.Fatalf("%v of %d bytes for %d entries: %v", codes, size, entries, got)
		}
	})
}

// Values find their places among nulls whatever the page's and the batch's
// alignment, and levels of one bit become the right bits.
func TestSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Bool(), 1, 200).Draw(t, "present")
		from := rapid.IntRange(0, len(rows)-1).Draw(t, "from")
		levels := make([]uint8, len(rows))
		var values, index []int32
		var want []int32
		flags := make([]byte, 40)
		for i, ok := range rows {
			if ok {
				levels[i] = 1
			}
			if i < from {
				continue
			}
			if want = append(want, 0); ok {
				x := int32(i*7%5 + 1)
				want[len(want)-1] = x
				if x&1 == 1 {
					flags[len(values)>>3] |= 1 << (len(values) & 7)
				}
				values, index = append(values, x), append(index, x-1)
			}
		}
		e := rle.Encoding{BitWidth: 1}
		coded, err := e.EncodeLevels(nil, levels)
		if err != nil {
			t.Fatal(err)
		}
		present := make([]byte, (len(rows)+7)/8)
		n, err := markLevels(present, coded, len(rows))
		all := 0
		for i, ok := range rows {
			if all += int(levels[i]); ok != (present[i>>3]>>(i&7)&1 == 1) {
				t.Fatalf("row %d", i)
			}
		}
		if err != nil || n != all {
			t.Fatalf("%d of %d, %v", n, all, err)
		}
		got := make([]int32, len(want))
		if used := spread(got, values, present, from); used != len(values) || !slices.Equal(got, want) {
			t.Fatalf("spread: %d, %v, want %v", used, got, want)
		}
		if used := spreadIndexed(got, []int32{1, 2, 3, 4, 5}, index, present, from); used != len(values) || !slices.Equal(got, want) {
			t.Fatalf("spreadIndexed: %d, %v, want %v", used, got, want)
		}
		narrow, short := make([]byte, len(values), len(values)+wordSlack), make([]uint16, len(values), len(values)+wordSlack)
		for i, x := range values {
			narrow[i], short[i] = byte(x), uint16(x)
		}
		for _, slack := range []int{0, wordSlack} {
			bytes, shorts := make([]byte, len(want)), make([]uint16, len(want))
			used := spreadBytes(bytes, narrow[:len(values):len(values)+slack], present, from)
			of2 := spreadShorts(shorts, short[:len(values):len(values)+slack], present, from)
			for i, x := range want {
				if bytes[i] != byte(x) || shorts[i] != uint16(x) || used != len(values) || of2 != len(values) {
					t.Fatalf("spread of narrow values: %d, %v, %d, %v, want %v", used, bytes, of2, shorts, want)
				}
			}
		}
		wide, table := make([]float64, len(values)), []float64{1, 2, 3, 4, 5}
		for i, x := range values {
			wide[i] = float64(x)
		}
		for name, fill := range map[string]func([]float64) int{
			"spread":        func(out []float64) int { return spread(out, wide, present, from) },
			"spreadIndexed": func(out []float64) int { return spreadIndexed(out, table, index, present, from) },
		} {
			out := make([]float64, len(want))
			used := fill(out)
			for i, x := range want {
				if out[i] != float64(x) || used != len(values) {
					t.Fatalf("%s of doubles: %d, %v, want %v", name, used, out, want)
				}
			}
		}
		odd := make([]bool, len(want))
		spreadIndexed(odd, []bool{true, false, true, false, true}, index, present, from)
		for i, x := range want {
			if odd[i] != (x&1 == 1) {
				t.Fatalf("spreadIndexed of flags: row %d of %v", i, want)
			}
		}
		if from&7 == 0 {
			out := make([]byte, (len(want)+7)/8)
			if used := spreadBits(out, flags, 0, present[from>>3:], len(want)); used != len(values) {
				t.Fatalf("spreadBits: %d", used)
			}
			for i, x := range want {
				if out[i>>3]>>(i&7)&1 != byte(x&1) {
					t.Fatalf("spreadBits: row %d of %v", i, want)
				}
			}
		}
	})
}

// Levels in runs of any length, as some writers mix them, become the right bits.
func TestMixedRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var coded []byte
		var want []bool
		for range rapid.IntRange(1, 12).Draw(t, "runs") {
			if rapid.Bool().Draw(t, "repeated") {
				n, one := rapid.IntRange(1, 40).Draw(t, "length"), rapid.Bool().Draw(t, "value")
				coded = append(binary.AppendUvarint(coded, uint64(n)<<1), 0)
				if one {
					coded[len(coded)-1] = 1
				}
				want = append(want, slices.Repeat([]bool{one}, n)...)
				continue
			}
			b := rapid.SliceOfN(rapid.Byte(), 1, 12).Draw(t, "packed")
			coded = append(binary.AppendUvarint(coded, uint64(len(b))<<1|1), b...)
			for i := range 8 * len(b) {
				want = append(want, b[i>>3]>>(i&7)&1 == 1)
			}
		}
		n := rapid.IntRange(1, len(want)).Draw(t, "rows")
		out, all := make([]byte, (n+7)/8), 0
		for i := range out {
			out[i] = 0xA5
		}
		defined, err := markLevels(out, coded, n)
		for i, x := range want[:n] {
			if x {
				all++
			}
			if err != nil || out[i>>3]>>(i&7)&1 == 1 != x {
				t.Fatalf("row %d, %v: %x", i, err, out)
			}
		}
		if defined != all || out[len(out)-1]>>((n-1)&7)>>1 != 0 {
			t.Fatalf("%d values of %d, the last byte is %x", defined, all, out[len(out)-1])
		}
	})
}

// A block of one literal is its own content; anything else is left to the codec.
func TestLiteral(t *testing.T) {
	for _, n := range []int{1, 60, 61, 256, 257, 70_000} {
		plain := make([]byte, n)
		for i := range plain {
			plain[i] = byte(i * i >> 3 * 7)
		}
		head := binary.AppendUvarint(nil, uint64(n))
		switch m := n - 1; {
		case m < 60:
			head = append(head, byte(m)<<2)
		case m < 1<<8:
			head = append(head, 60<<2, byte(m))
		case m < 1<<16:
			head = append(head, 61<<2, byte(m), byte(m>>8))
		default:
			head = append(head, 62<<2, byte(m), byte(m>>8), byte(m>>16))
		}
		block := append(head, plain...)
		whole, err := s2.Decode(nil, block)
		if got, ok := literal(block); err != nil || !ok || !slices.Equal(got, whole) || !slices.Equal(got, plain) {
			t.Errorf("%d bytes: %v, %d", n, ok, len(got))
		}
		for _, bad := range [][]byte{block[:len(block)-1], append(slices.Clone(block), 0), block[:1], nil} {
			if _, ok := literal(bad); ok {
				t.Errorf("%d bytes of %d are taken", len(bad), n)
			}
		}
	}
	if _, ok := literal(s2.EncodeSnappy(nil, make([]byte, 1000))); ok {
		t.Error("zeros are no literal")
	}
}

func TestOnesAndTail(t *testing.T) {
	for i := range ones {
		if int(ones[i]) != bits.OnesCount8(uint8(i)) {
			t.Error(i)
		}
	}
	b := binary.LittleEndian.AppendUint64(nil, 0x0807060504030201)
	if tail(b[:3]) != 0x030201 {
		t.Error(tail(b[:3]))
	}
}
