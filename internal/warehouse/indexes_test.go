package warehouse

import (
	"encoding/binary"
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
