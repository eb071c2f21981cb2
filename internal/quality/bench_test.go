package quality

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

// BenchmarkMeter is the cost of measuring beside reading: 100,000 usage rows of
// 500 accounts over 200 days, three number columns.
func BenchmarkMeter(b *testing.B) {
	rows := days(500, 200, func(a, ago int) row { return row{"active_users": a + ago, "logins": a, "features_used": ago} })
	c := source.Find("usage")
	src := intaketest.Input(memory.NewGoAllocator(), c, source.Events, rows...).Rows.(*intaketest.Source)
	src.Batch = 16 << 10
	e := exported{Source: src}
	var kept []*warehouse.Batch
	if err := src.Scan(context.Background(), src.Columns, func(x *warehouse.Batch) error {
		x.Record.Retain()
		kept = append(kept, &warehouse.Batch{Record: x.Record, File: x.File, FirstRow: x.FirstRow})
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	table := bench{accounts: 500}.table()
	for b.Loop() {
		m := NewMeter(held{e, kept}, c, source.Events, asOf, 28)
		m.Bind(table.Len(), table.Lookup)
		if err := m.Scan(context.Background(), src.Columns, func(*warehouse.Batch) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/row")
}

// held hands over batches that are built already.
type held struct {
	exported
	batches []*warehouse.Batch
}

func (h held) Scan(_ context.Context, _ []string, fn func(*warehouse.Batch) error) error {
	for _, b := range h.batches {
		if err := fn(b); err != nil {
			return err
		}
	}
	return nil
}
