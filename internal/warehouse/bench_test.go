package warehouse

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"accounthealth/internal/source"
)

// BenchmarkScan reads 10 columns of a million rows; bytes are those of the file.
// testdata/bench compares a wider scan with other readers.
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
