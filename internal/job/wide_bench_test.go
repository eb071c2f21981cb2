package job

import (
	"context"
	"io"
	"runtime"
	"testing"

	"accounthealth/internal/framework"
	"accounthealth/internal/sample"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// BenchmarkWide scores a wide file of 1,000,000 accounts, and says what reading
// alone and reading and scoring alone take of it.
func BenchmarkWide(b *testing.B) {
	const accounts = 1_000_000
	files, err := store.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	err = files.WriteFile(b.Context(), "wide.parquet", func(w io.Writer) error {
		return sample.Wide(b.Context(), w, sample.Options{Accounts: accounts})
	})
	if err != nil {
		b.Fatal(err)
	}
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		run  func(r *wideRun) error
	}{
		{"decode", func(r *wideRun) error {
			return r.src.Scan(b.Context(), r.columns, func(*warehouse.Batch) error { return nil })
		}},
		{"decode+score", func(r *wideRun) error {
			r.scoreOnly = true
			_, err := r.run(b.Context())
			return err
		}},
		{"decode+score+encode", func(r *wideRun) error {
			_, err := r.run(b.Context())
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				w := &Wide{Framework: fw, Files: files, Path: "wide.parquet", AsOf: 20634, Codec: warehouse.Snappy}
				r, err := w.open(context.Background(), io.Discard)
				if err != nil {
					b.Fatal(err)
				}
				if err := c.run(r); err != nil {
					b.Fatal(err)
				}
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/accounts, "ns/account")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/accounts, "B/account")
		})
	}
}
