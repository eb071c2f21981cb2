package warehouse

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// TestPagesCarryChecksums walks every page of a written file: its CRC is that of
// its bytes, and chunks end where the metadata says.
func TestPagesCarryChecksums(t *testing.T) {
	for _, codec := range []Codec{ZSTD, Snappy, Uncompressed} {
		var buf bytes.Buffer
		w, err := NewWriter(&buf, allTypes, WriterOptions{Codec: codec, RowGroup: 30_000})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(allVectors(70_000)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		b := buf.Bytes()
		var meta format.FileMetaData
		n := binary.LittleEndian.Uint32(b[len(b)-8:])
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[len(b)-8-int(n):len(b)-8], &meta); err != nil {
			t.Fatal(err)
		}
		pages := 0
		for _, g := range meta.RowGroups {
			for _, c := range g.Columns {
				at := chunkStart(&c.MetaData)
				end := at + c.MetaData.TotalCompressedSize
				var values int64
				for at < end {
					var h format.PageHeader
					r := bytes.NewReader(b[at:end])
					if err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(r)).Decode(&h); err != nil {
						t.Fatal(err)
					}
					body := b[end-int64(r.Len()):][:h.CompressedPageSize]
					if h.CRC != int32(crc32.ChecksumIEEE(body)) {
						t.Fatalf("%v: a page at %d has another checksum", c.MetaData.PathInSchema, at)
					}
					if h.DataPageHeader.Valid {
						values += int64(h.DataPageHeader.V.NumValues)
					}
					at = end - int64(r.Len()) + int64(h.CompressedPageSize)
					pages++
				}
				if at != end || values != g.NumRows {
					t.Fatalf("%v ends at %d, not %d, with %d values of %d", c.MetaData.PathInSchema, at, end, values, g.NumRows)
				}
			}
		}
		if pages < 3*len(allTypes) {
			t.Errorf("only %d pages", pages)
		}
	}
}

// TestRowGroups: row groups encoded apart, out of order and with dictionaries of
// the caller's, read as they were given; statistics count used entries only.
func TestRowGroups(t *testing.T) {
	fields := []Field{{Name: "id", Optional: true}, {Name: "word", Dict: true, Optional: true}, {Name: "score", Type: Float64, Dict: true}, {Name: "x", Type: Float64, Optional: true}, {Name: "flag", Type: Bool}}
	var buf bytes.Buffer
	w, err := NewWriter(&buf, fields, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	groups := make([]*RowGroup, 3)
	for k := len(groups) - 1; k >= 0; k-- {
		g := w.NewRowGroup()
		g.Dictionary(1, &Vector{Strings: []string{"zero", "one", "two"}})
		g.Dictionary(2, &Vector{Floats: []float64{-5, 0, 1, 2, 99}})
		for page := range 2 {
			n := 1000 + 7*k + page
			var data []byte
			offsets := []int32{0}
			var valid []bool
			codes, scores, x, flags := make([]int32, n), make([]int32, n), make([]float64, n), make([]bool, n)
			for i := range n {
				codes[i], scores[i], x[i], flags[i] = int32(i%4)-1, int32(1+i%3), float64(i*k)+.5, i%3 == 0
				if valid = append(valid, i%5 > 0); valid[i] {
					data = fmt.Appendf(data, "%d-%d-%d", k, page, i)
				}
				offsets = append(offsets, int32(len(data)))
			}
			g.Texts(0, data, offsets, valid)
			g.Codes(1, codes)
			g.Codes(2, scores)
			g.Floats(3, x, valid)
			g.Bools(4, flags)
			if err := g.EndPage(); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.Finish(); err != nil {
			t.Fatal(err)
		}
		groups[k] = g
	}
	for k, g := range groups {
		if err := w.Append(g); err != nil {
			t.Fatal(err)
		}
		for page := range 2 {
			for i := range 1000 + 7*k + page {
				id, x := "∅", "∅"
				if i%5 > 0 {
					id, x = fmt.Sprintf("%d-%d-%d", k, page, i), fmt.Sprint(float64(i*k)+.5)
				}
				want = append(want, fmt.Sprint(id, " ", [...]string{"∅", "zero", "one", "two"}[i%4], " ", float64(i%3), " ", x, " ", i%3 == 0))
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c := contractOf(col("id", source.ID), col("word", source.Text), col("score", source.Number), col("x", source.Number), col("flag", source.Text))
	for _, encoded := range []bool{false, true} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		s, err := Open(t.Context(), memoryStore(buf.Bytes()), Spec{Path: "a.parquet", Contract: c}, Options{Encoded: encoded, BatchRows: 900, Allocator: mem})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		kinds := map[string]bool{}
		err = s.Scan(t.Context(), []string{"id", "word", "score", "x", "flag"}, func(b *Batch) error {
			for k := range 5 {
				kinds[b.Record.Column(k).DataType().String()] = true
			}
			for i := range int(b.Record.NumRows()) {
				line := ""
				for k := range 5 {
					line += shown(b.Record.Column(k), i) + " "
				}
				got = append(got, line)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		mem.AssertSize(t, 0)
		if encoded != kinds["utf8"] || encoded != kinds["dictionary<values=float64, indices=uint8, ordered=false>"] {
			t.Errorf("encoded %v gives %v", encoded, kinds)
		}
		if len(got) != len(want) {
			t.Fatalf("%d rows of %d", len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i]+" " {
				t.Fatalf("encoded %v, row %d: %s, want %s", encoded, i, got[i], want[i])
			}
		}
	}
	var meta format.FileMetaData
	b := buf.Bytes()
	n := binary.LittleEndian.Uint32(b[len(b)-8:])
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[len(b)-8-int(n):len(b)-8], &meta); err != nil {
		t.Fatal(err)
	}
	stats := meta.RowGroups[0].Columns[2].MetaData.Statistics
	if low, high := math.Float64frombits(binary.LittleEndian.Uint64(stats.MinValue)), math.Float64frombits(binary.LittleEndian.Uint64(stats.MaxValue)); low != 0 || high != 2 {
		t.Errorf("score is said to lie between %v and %v", low, high)
	}
	if s := meta.RowGroups[0].Columns[1].MetaData.Statistics; string(s.MinValue) != "one" || string(s.MaxValue) != "zero" || s.NullCount == 0 {
		t.Errorf("word: %q to %q, %d nulls", s.MinValue, s.MaxValue, s.NullCount)
	}
}

// shown writes a cell in whatever form its column comes.
func shown(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return "∅"
	}
	switch a := a.(type) {
	case *array.Float64:
		return fmt.Sprint(a.Value(i))
	case *array.String:
		return a.Value(i)
	case *array.Dictionary:
		return shown(a.Dictionary(), a.GetValueIndex(i))
	}
	return a.DataType().String()
}

// TestDictionaryOutgrown: a column whose dictionary grows too large goes on in
// plain pages, and a stored read of it crosses from one to the other.
func TestDictionaryOutgrown(t *testing.T) {
	const n = 200_000
	v := Vector{Floats: make([]float64, n)}
	for i := range v.Floats {
		v.Floats[i] = float64(i%150_000) / 8
	}
	dir := t.TempDir()
	put(t, dir, "a.parquet", []Field{{Name: "x", Type: Float64, Dict: true}}, WriterOptions{RowGroup: n}, v)
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, encoded := range []bool{false, true} {
		s, err := Open(t.Context(), st, Spec{Path: "a.parquet", Contract: contractOf(col("x", source.Number))}, Options{Encoded: encoded, BatchRows: 10_000, Allocator: &Recycler{}})
		if err != nil {
			t.Fatal(err)
		}
		i, coded := 0, 0
		err = s.Scan(t.Context(), []string{"x"}, func(b *Batch) error {
			for k := range int(b.Record.NumRows()) {
				var x float64
				switch a := b.Record.Column(0).(type) {
				case *array.Float64:
					x = a.Value(k)
				case *array.Dictionary:
					x = a.Dictionary().(*array.Float64).Value(a.GetValueIndex(k))
					coded++
				}
				if x != v.Floats[i] {
					return fmt.Errorf("row %d holds %v, not %v", i, x, v.Floats[i])
				}
				i++
			}
			return nil
		})
		if err != nil || i != n || (coded > 0) != encoded || coded == n {
			t.Errorf("encoded %v: %d rows, %d with a dictionary: %v", encoded, i, coded, err)
		}
	}
}
