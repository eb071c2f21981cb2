package warehouse

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"testing"

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
