package warehouse

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

var (
	scanRows = flag.Int("scan-rows", 1_000_000, "rows of BenchmarkProjectedScan's file")
	scanFile = flag.String("scan-file", "", "keep BenchmarkProjectedScan's file under this name, for other readers")
)

// BenchmarkScan reads 10 columns of a million rows; bytes are those of the file.
func BenchmarkScan(b *testing.B) {
	const rows = 1_000_000
	var buf bytes.Buffer
	fields := []Field{{Name: "account_id", Dict: true}, {Name: "date", Type: Date}, {Name: "tier", Dict: true, Optional: true}, {Name: "arr", Type: Money}}
	for i := range 6 {
		fields = append(fields, Field{Name: fmt.Sprintf("n%d", i), Type: Int32, Optional: i%2 == 0})
	}
	w, err := NewWriter(&buf, fields, WriterOptions{Codec: Snappy})
	if err != nil {
		b.Fatal(err)
	}
	const step = 10_000
	for at := 0; at < rows; at += step {
		v := make([]Vector, len(fields))
		for i := at; i < at+step; i++ {
			v[0].Strings = append(v[0].Strings, fmt.Sprintf("ACC-%06d", i/200))
			v[1].Ints = append(v[1].Ints, int64(20000+i%200))
			v[2].Strings = append(v[2].Strings, []string{"gold", "silver", "bronze"}[i%3])
			v[3].Ints = append(v[3].Ints, int64(i%100_000)*100)
			for j := 4; j < len(fields); j++ {
				v[j].Ints = append(v[j].Ints, int64(i*j%97))
			}
		}
		if err := w.Write(v); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	contract := contractOf(col("account_id", source.ID), col("date", source.Time), col("tier", source.Text), col("arr", source.Money))
	names := []string{"account_id", "date", "tier", "arr"}
	for i := range 6 {
		names = append(names, fmt.Sprintf("n%d", i))
		contract.Columns = append(contract.Columns, col(names[len(names)-1], source.Number))
	}
	s, err := Open(context.Background(), memoryStore(buf.Bytes()), Spec{Path: "a.parquet", Contract: contract}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(buf.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := int64(0)
		if err := s.Scan(context.Background(), names, func(x *Batch) error { n += x.Record.NumRows(); return nil }); err != nil {
			b.Fatal(err)
		}
		if n != rows {
			b.Fatalf("%d rows", n)
		}
	}
}

// wideFields are 28 columns, of which BenchmarkProjectedScan reads those of
// projected.
func wideFields() []Field {
	fields := []Field{
		{Name: "account_id", Dict: true},
		{Name: "date", Type: Date},
		{Name: "tier", Dict: true, Optional: true},
		{Name: "region", Dict: true},
		{Name: "owner", Dict: true},
		{Name: "note"},
		{Name: "arr", Type: Money},
		{Name: "mrr", Type: Money, Optional: true},
		{Name: "start", Type: Date},
		{Name: "renewal", Type: Date, Optional: true},
		{Name: "seen", Type: Timestamp},
		{Name: "strategic", Type: Bool},
	}
	for i := range 8 {
		fields = append(fields, Field{Name: fmt.Sprintf("n%d", i), Type: Int32, Optional: i%2 == 0}, Field{Name: fmt.Sprintf("x%d", i), Type: Float64, Optional: i%2 == 1})
	}
	return fields
}

var projected = []source.Column{
	col("account_id", source.ID), col("date", source.Time), col("tier", source.Text), col("arr", source.Money),
	col("seen", source.Time), col("strategic", source.Flag), col("n0", source.Number), col("x1", source.Number),
}

// wideVectors are rows from..to of the wide file.
func wideVectors(fields []Field, from, to int) []Vector {
	out := make([]Vector, len(fields))
	for c, f := range fields {
		v := &out[c]
		for i := from; i < to; i++ {
			mix := int64(uint32(i*2654435761)>>7) + int64(c)
			switch {
			case f.Type == Bool:
				v.Bools = append(v.Bools, mix%3 == 0)
			case f.Type == Float64:
				v.Floats = append(v.Floats, float64(mix%10_007)/64)
			case f.Name == "account_id":
				v.Strings = append(v.Strings, fmt.Sprintf("ACC-%06d", i/200))
			case f.Name == "note":
				v.Strings = append(v.Strings, fmt.Sprintf("note %d on row %d", mix%1000, i))
			case f.Type == String:
				v.Strings = append(v.Strings, fmt.Sprintf("%s %d", f.Name, mix%40))
			case f.Type == Timestamp:
				v.Ints = append(v.Ints, 1_700_000_000_000_000+mix*1_000_003)
			case f.Type == Date:
				v.Ints = append(v.Ints, 20_000+mix%700)
			default:
				v.Ints = append(v.Ints, mix%1_000_000)
			}
			if f.Optional {
				v.Valid = append(v.Valid, mix%11 != 0)
			}
		}
	}
	return out
}

// BenchmarkProjectedScan reads 8 of 28 columns of a file on disk, a million rows
// by default; bytes are those of the whole file.
func BenchmarkProjectedScan(b *testing.B) {
	path := *scanFile
	if path == "" {
		path = filepath.Join(b.TempDir(), "wide.parquet")
	}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	fields := wideFields()
	w, err := NewWriter(f, fields, WriterOptions{Codec: Snappy})
	const step = 10_000
	for at := 0; at < *scanRows && err == nil; at += step {
		err = w.Write(wideVectors(fields, at, min(at+step, *scanRows)))
	}
	if err == nil {
		err = w.Close()
	}
	info, statErr := f.Stat()
	if err != nil || statErr != nil || f.Close() != nil {
		b.Fatal(err, statErr)
	}
	st, err := store.Open(filepath.Dir(path))
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for _, c := range projected {
		names = append(names, c.Name)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(context.Background(), st, Spec{Path: filepath.Base(path), Contract: contractOf(projected...)}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		rows := 0
		if err := s.Scan(context.Background(), names, func(x *Batch) error { rows += int(x.Record.NumRows()); return nil }); err != nil {
			b.Fatal(err)
		}
		if rows != *scanRows {
			b.Fatalf("%d rows", rows)
		}
	}
}
