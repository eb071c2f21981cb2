package quality

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/day"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

// Meter hands a warehouse source on to intake and counts what passes. Only the
// first scan is counted.
type Meter struct {
	from    *warehouse.Source
	name    string
	layout  source.Layout
	time    string
	asOf    int32
	lookup  func(id string) int32
	counted bool

	keyed          bool // the source has an account_id
	fresh          bool // rows are expected every day
	files          int64
	rows           int64
	bytes          int64
	oldest, newest int32
	missing        []string
	accounts       []uint64 // bitset over population rows
}

// NewMeter wraps a source. lookup gives the population row of an account id, or
// -1; it may be nil for sources that define the population.
func NewMeter(s *warehouse.Source, c *source.Contract, layout source.Layout, asOf int32, accounts int, lookup func(string) int32) *Meter {
	m := &Meter{
		from: s, name: c.Name, layout: layout, time: c.Time, asOf: asOf, lookup: lookup, oldest: day.None, newest: day.None,
		fresh: c.Name == "usage" && layout == source.Events, accounts: make([]uint64, (accounts+63)/64),
	}
	for _, f := range s.Files() {
		m.files++
		m.bytes += f.Size
	}
	m.rows = s.Rows()
	for _, col := range c.Columns {
		if !s.Has(col.Name) {
			m.missing = append(m.missing, col.Name)
		} else if col.Name == "account_id" {
			m.keyed = true
		}
	}
	return m
}

// Has reports whether the source has a column.
func (m *Meter) Has(column string) bool { return m.from.Has(column) }

// Name returns the source's name.
func (m *Meter) Name() string { return m.name }

// RowCount returns the number of rows of the source.
func (m *Meter) RowCount() int64 { return m.rows }

// Cover marks a population row as covered by the source.
func (m *Meter) Cover(row int32) { m.accounts[row/64] |= 1 << (row % 64) }

func (m *Meter) seen(row int) bool { return m.accounts[row/64]>>(row%64)&1 == 1 }

// Scan implements intake.Source.
func (m *Meter) Scan(ctx context.Context, columns []string, fn func(*warehouse.Batch) error) error {
	if m.counted {
		return m.from.Scan(ctx, columns, fn)
	}
	m.counted = true
	key, when := -1, -1
	for i, c := range columns {
		switch c {
		case "account_id":
			key = i
		case m.time:
			when = i
		}
	}
	var dict *array.String
	var codes []int32 // population row of each dictionary entry
	return m.from.Scan(ctx, columns, func(b *warehouse.Batch) error {
		if key >= 0 && m.lookup != nil {
			d := b.Record.Column(key).(*array.Dictionary)
			if words := d.Dictionary().(*array.String); words != dict || len(codes) != words.Len() {
				dict, codes = words, codes[:0]
				for i := range words.Len() {
					codes = append(codes, m.lookup(words.Value(i)))
				}
			}
			for i := range d.Len() {
				if d.IsValid(i) {
					if row := codes[d.GetValueIndex(i)]; row >= 0 {
						m.Cover(row)
					}
				}
			}
		}
		if when >= 0 {
			m.dates(b.Record.Column(when).(*array.Timestamp))
		}
		return fn(b)
	})
}

func (m *Meter) dates(t *array.Timestamp) {
	for i := range t.Len() {
		if t.IsNull(i) {
			continue
		}
		d := intake.DayOf(int64(t.Value(i)))
		if d > m.asOf { // not yet known, or impossible: it is no sign of freshness
			continue
		}
		if m.oldest == day.None || d < m.oldest {
			m.oldest = d
		}
		if m.newest == day.None || d > m.newest {
			m.newest = d
		}
	}
}

// Missing lists the canonical columns that the export does not have.
func (m *Meter) Missing() []string { return m.missing }
