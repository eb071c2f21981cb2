package quality

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/intake"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/settings"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

type row = intaketest.Row

var asOf = day.Of(2026, 6, 30) // a Tuesday

// exported is a source in memory with what its files would say.
type exported struct {
	*intaketest.Source
	types map[string]string // as written; "INT64" where not given
	extra []string          // columns that are not mapped
}

func (e exported) Rows() (n int64) {
	for _, f := range e.Source.Files {
		n += int64(len(f))
	}
	return n
}

func (e exported) Outside() int64 { return 0 }

func (e exported) Files() []warehouse.File {
	out := make([]warehouse.File, len(e.Source.Files))
	for i, rows := range e.Source.Files {
		out[i] = warehouse.File{Path: fmt.Sprintf("part-%d", i), Size: 100, Rows: int64(len(rows))}
	}
	return out
}

func (e exported) FileColumns() []warehouse.FileColumn {
	var out []warehouse.FileColumn
	for _, name := range slices.Concat(e.Columns, e.extra) {
		c := warehouse.FileColumn{Name: strings.ToUpper(name), Types: []string{"INT64"}, First: []string{"part-0"}, Files: 1, Rows: e.Rows()}
		if t, ok := e.types[name]; ok {
			c.Types[0] = t
		}
		if slices.Contains(e.Columns, name) {
			c.Canonical = []string{name}
		}
		out = append(out, c)
	}
	return out
}

// bench is one source with the accounts a0, a1, ... it is about; all pay 100.
type bench struct {
	name     string
	layout   source.Layout
	accounts int
	rows     []row
	batch    int
	types    map[string]string
	extra    []string
	late     bool // measured before there is a population
}

func (b bench) table() *population.Table {
	t := &population.Table{}
	for i := range b.accounts {
		t.ID = append(t.ID, fmt.Sprintf("a%d", i))
		t.Segment = append(t.Segment, []string{"Enterprise", "SMB"}[i%2])
		t.Currency = append(t.Currency, "USD")
	}
	slices.Sort(t.ID)
	return t
}

// meter reads the rows through a meter.
func (b bench) meter(t *testing.T) *Meter {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	c := source.Find(b.name)
	src := intaketest.Input(mem, c, b.layout, b.rows...).Rows.(*intaketest.Source)
	src.Batch = b.batch
	contract := intake.ForLayout(c, b.layout)
	m := NewMeter(exported{src, b.types, b.extra}, contract, b.layout, asOf, 28)
	table := b.table()
	if !b.late {
		m.Bind(table.Len(), table.Lookup)
	}
	var found diag.Tally
	in := intake.Input{Contract: contract, Layout: b.layout, Rows: m}
	if err := in.Read(context.Background(), src.Columns, asOf, &found, func(*intake.Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if b.late {
		m.Bind(table.Len(), table.Lookup)
	}
	return m
}

func (b bench) input(t *testing.T) Input {
	t.Helper()
	s := settings.Default()
	in := Input{
		AsOf: asOf, Meters: []*Meter{b.meter(t)}, Findings: &diag.Tally{}, Table: b.table(),
		View: &population.View{}, Classes: []portfolio.ClassRow{{Class: "Scored", Accounts: int64(b.accounts)}}, Rules: framework.DefaultAudit(), Limits: s.Limits, Gates: s.Gates,
	}
	for range b.accounts {
		in.View.Class = append(in.View.Class, population.Customer)
		in.View.ARR = append(in.View.ARR, 100)
	}
	return in
}

// days calls f for every account and each of the last n days, oldest first.
func days(accounts, n int, f func(account, ago int) row) []row {
	var out []row
	for ago := n - 1; ago >= 0; ago-- {
		for a := range accounts {
			if r := f(a, ago); r != nil {
				r["account_id"], r["date"] = fmt.Sprintf("a%d", a), asOf-int32(ago)
				out = append(out, r)
			}
		}
	}
	return out
}

func alertsOf(q portfolio.Quality, check string) []portfolio.SourceAlert {
	return slices.DeleteFunc(slices.Clone(q.Alerts), func(a portfolio.SourceAlert) bool { return a.Check != check })
}

func columnOf(t *testing.T, q portfolio.Quality, name string) portfolio.ColumnRow {
	t.Helper()
	i := slices.IndexFunc(q.Columns, func(c portfolio.ColumnRow) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no column %s", name)
	}
	return q.Columns[i]
}
