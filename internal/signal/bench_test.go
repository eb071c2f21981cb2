package signal

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/population"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

// usageBatches is a usage source whose batches are built once: accounts x days
// rows in date order, 16,384 rows a batch, one shared dictionary.
type usageBatches struct {
	batches []*warehouse.Batch
}

func (u *usageBatches) Has(c string) bool {
	_, ok := source.Find("usage").Column(c)
	return ok
}

func (u *usageBatches) Scan(_ context.Context, columns []string, fn func(*warehouse.Batch) error) error {
	for _, b := range u.batches {
		pick := make([]arrow.Array, len(columns))
		fields := make([]arrow.Field, len(columns))
		for i, c := range columns {
			k := b.Record.Schema().FieldIndices(c)[0]
			pick[i], fields[i] = b.Record.Column(k), b.Record.Schema().Field(k)
		}
		r := array.NewRecord(arrow.NewSchema(fields, nil), pick, b.Record.NumRows())
		err := fn(&warehouse.Batch{Record: r, File: b.File, FirstRow: b.FirstRow})
		r.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

func newUsage(ids []string, days int, today int32) *usageBatches {
	mem := memory.DefaultAllocator
	words := array.NewStringBuilder(mem)
	words.AppendValues(ids, nil)
	dict := words.NewStringArray()
	u := &usageBatches{}
	const size = 16 << 10
	total := len(ids) * days
	for at := 0; at < total; at += size {
		n := min(size, total-at)
		codes, dates := array.NewInt32Builder(mem), array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: arrow.Microsecond})
		logins := array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: arrow.Microsecond})
		var numbers [6]*array.Float64Builder
		for k := range numbers {
			numbers[k] = array.NewFloat64Builder(mem)
		}
		for i := at; i < at+n; i++ {
			d := int64(today) - int64(days-1-i/len(ids))
			codes.Append(int32(i % len(ids)))
			dates.Append(arrow.Timestamp(d * 86_400_000_000))
			logins.Append(arrow.Timestamp(d*86_400_000_000 - int64(i%7)*3_600_000_000))
			for k, b := range numbers {
				b.Append(float64(50 + (i*(k+3))%50))
			}
		}
		fields := []arrow.Field{
			{Name: "account_id", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}},
			{Name: "date", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
			{Name: "last_login_at", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
		}
		columns := []arrow.Array{array.NewDictionaryArray(fields[0].Type, codes.NewArray(), dict), dates.NewArray(), logins.NewArray()}
		for k, name := range []string{"active_users", "monthly_active_users", "licensed_seats", "features_used", "features_available", "logins"} {
			fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Float64})
			columns = append(columns, numbers[k].NewArray())
		}
		u.batches = append(u.batches, &warehouse.Batch{Record: array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(n)), File: "usage", FirstRow: int64(at)})
	}
	return u
}

// BenchmarkUsage is the default framework's usage signals over 2M rows, 2,000
// accounts and 25 month-ends.
func BenchmarkUsage(b *testing.B) {
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		b.Fatal(err)
	}
	var ids []string
	for i := range 2000 {
		ids = append(ids, fmt.Sprintf("%06d", i))
	}
	today := day.Of(2026, 6, 30)
	u := newUsage(ids, 1000, today)
	t := &population.Table{ID: ids}
	req := Request{
		Plan: fw.Plan, Table: t, Today: today, Dates: append(day.MonthEnds(today, 24), today),
		Inputs: map[string]Input{"usage": {Contract: source.Find("usage"), Layout: source.Events, Rows: u}},
	}
	for b.Loop() {
		out, err := Compute(context.Background(), req)
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range out {
			s.Release()
		}
	}
	b.ReportMetric(float64(len(ids)*1000)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
