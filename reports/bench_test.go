package reports

import (
	"io"
	"testing"

	"accounthealth/internal/portfolio"
)

// repeated is n rows made of a few, as a generator would yield them.
type repeated struct {
	rows rowsOf
	n    int
}

func (r repeated) Len() int                             { return r.n }
func (r repeated) Row(i int, out *portfolio.AccountRow) { r.rows.Row(i%len(r.rows), out) }

// BenchmarkAccounts writes 100,000 accounts of 37 columns.
func BenchmarkAccounts(b *testing.B) {
	r := fixture(500)
	r.Accounts = repeated{r.Accounts.(rowsOf), 100_000}
	for b.Loop() {
		if err := WritePortfolio(io.Discard, r, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
