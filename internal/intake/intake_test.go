package intake_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

var columns = []string{"account_id", "date", "active_users", "last_login_at"}

func TestValuesAreChecked(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	in := intaketest.Canonical(mem, "usage",
		intaketest.Row{"account_id": "007", "date": "2026-06-30", "active_users": 1e9, "last_login_at": "2026-07-01 00:00"},
		intaketest.Row{"account_id": "007", "date": "1969-12-31 23:59", "active_users": -1},
		intaketest.Row{"account_id": "008", "date": intaketest.Bad, "active_users": math.NaN()},
		intaketest.Row{"date": "2026-06-30", "active_users": math.Inf(1)},
	)
	in.Rows.(*intaketest.Source).Batch = 3
	found := &diag.Tally{}
	var got []string
	err := in.Read(context.Background(), columns, intaketest.Day("2026-06-30"), found, func(b *intake.Batch) error {
		for i := range b.Len {
			var s []intake.Status
			for k := range b.Columns {
				s = append(s, b.Columns[k].Status[i])
			}
			line := fmt.Sprint(s, b.First+int64(i))
			if s[1] == intake.Known {
				line += fmt.Sprint(" ", b.Columns[1].Days[i])
			}
			got = append(got, line)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Known 0, Null 1, Bad 2; days count from 1970-01-01, downwards before it.
	want := []string{"[0 0 0 0] 0 20634", "[0 0 2 1] 1 -1", "[0 2 2 1] 2", "[1 0 2 1] 3 20634"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var groups []string
	for _, g := range found.Groups() {
		e := g.Examples[0]
		groups = append(groups, fmt.Sprintf("%s %s %d: %s row %d key %q value %q", g.Column, g.Code, g.Count, e.File, e.Row, e.Key, e.Value))
	}
	if want := []string{
		`active_users out_of_range 3: part-0 row 1 key "007" value "-1"`,
		`date unparsable 1: part-0 row 2 key "008" value "said"`,
		`last_login_at future_date 1: part-0 row 0 key "007" value "2026-07-01"`,
	}; !slices.Equal(groups, want) {
		t.Errorf("got %q\nwant %q", groups, want)
	}
}

// TestDigests compares rows over batches whose dictionaries differ.
func TestDigests(t *testing.T) {
	mem := memory.NewGoAllocator()
	row := func(id string, users any) intaketest.Row {
		return intaketest.Row{"account_id": id, "date": "2026-06-30", "active_users": users}
	}
	in := intaketest.Canonical(mem, "usage", row("a", 1), row("a", 0.0), row("b", nil), row("b", 1), row("a", 1), row("a", math.Copysign(0, -1)), row("b", nil))
	in.Rows.(*intaketest.Source).Batch = 2
	var got [][2]uint64
	if err := in.Read(context.Background(), columns[:3], 30000, nil, func(b *intake.Batch) error {
		for i := range b.Len {
			got = append(got, b.Digest(i))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i, twin := range map[int]int{4: 0, 5: 1, 6: 2} {
		if got[i] != got[twin] {
			t.Errorf("row %d differs from its copy, row %d", i, twin)
		}
	}
	slices.SortFunc(got, func(a, b [2]uint64) int {
		return slices.Compare(a[:], b[:])
	})
	if n := len(slices.Compact(got)); n != 4 {
		t.Errorf("%d distinct rows, want 4", n)
	}
}

// shared hands over two batches with one dictionary array.
type shared struct{ batches []*warehouse.Batch }

func (shared) Has(string) bool { return true }

func (s shared) Scan(_ context.Context, _ []string, fn func(*warehouse.Batch) error) error {
	for _, b := range s.batches {
		if err := fn(b); err != nil {
			return err
		}
	}
	return nil
}

func TestSharedDictionaryIsReadOnce(t *testing.T) {
	mem := memory.NewGoAllocator()
	words := array.NewStringBuilder(mem)
	words.AppendValues([]string{"a", "b"}, nil)
	dict := words.NewArray()
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	var s shared
	for _, codes := range [][]int32{{0, 1}, {1, 1}} {
		b := array.NewInt32Builder(mem)
		b.AppendValues(codes, nil)
		col := array.NewDictionaryArray(typ, b.NewArray(), dict)
		s.batches = append(s.batches, &warehouse.Batch{Record: array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "account_id", Type: typ}}, nil), []arrow.Array{col}, 2)})
	}
	in := intake.Input{Contract: source.Find("usage"), Rows: s}
	var dicts []*intake.Dict
	read := func(columns ...string) error {
		return in.Read(context.Background(), columns, 0, nil, func(b *intake.Batch) error {
			dicts = append(dicts, b.Columns[0].Dict)
			return nil
		})
	}
	if err := read("account_id"); err != nil || len(dicts) != 2 || dicts[0] != dicts[1] {
		t.Errorf("dictionaries %v, error %v", dicts, err)
	}
	if err := read("account_id", "date"); err == nil {
		t.Error("a batch with a column too few is read")
	}
	if err := read("date"); err == nil {
		t.Error("text is read as a time")
	}
}

func TestLayoutsNeedTheirDates(t *testing.T) {
	mem := memory.NewGoAllocator()
	row := intaketest.Row{"account_id": "a", "opened_at": "2026-06-30", "snapshot_date": "2026-06-30", "valid_from": "2026-06-30"}
	for _, c := range []struct {
		layout source.Layout
		row    intaketest.Row
		stamp  string
		ok     bool
	}{
		{source.Snapshot, row, "snapshot_date", true},
		{source.Snapshot, intaketest.Row{"account_id": "a", "opened_at": "2026-06-30"}, "", false}, // the day a ticket was opened is no snapshot date
		{source.SCD, row, "", true},
		{source.SCD, intaketest.Row{"account_id": "a"}, "", false},
		{source.Current, intaketest.Row{"account_id": "a"}, "", true},
	} {
		in := intaketest.Input(mem, source.Find("tickets"), c.layout, c.row)
		if err := in.CheckLayout(); (err == nil) != c.ok || err != nil && diag.ClassOf(err) != diag.Config || c.layout == source.Snapshot && in.Stamp() != c.stamp {
			t.Errorf("%s of %v: stamp %q, error %v", c.layout, c.row, in.Stamp(), err)
		}
	}
	signals := intaketest.Canonical(mem, "signals", intaketest.Row{"account_id": "a", "date": "2026-06-30"})
	if err := signals.CheckLayout(); err != nil || signals.Stamp() != "date" {
		t.Errorf("signals: stamp %q, error %v", signals.Stamp(), err)
	}
}

// TestEventsMayCarryTheirAvailability: in any layout, unless the contract is not
// one of events or lists the column itself.
func TestEventsMayCarryTheirAvailability(t *testing.T) {
	count := func(c *source.Contract) (n int) {
		for _, col := range c.Columns {
			if col.Name == intake.AvailableAt {
				n++
			}
		}
		return n
	}
	own := source.Contract{Name: "calls", Layout: source.Events, Time: "at", Columns: []source.Column{
		{Name: "account_id", Role: source.ID}, {Name: "at", Role: source.Time}, {Name: intake.AvailableAt, Role: source.Time},
	}}
	for _, c := range []struct {
		contract *source.Contract
		layout   source.Layout
		want     int
	}{
		{source.Find("usage"), source.Events, 1},
		{source.Find("usage"), source.Snapshot, 1},
		{source.Find("contacts"), source.SCD, 1},
		{source.Find("accounts"), source.Current, 0},
		{source.Find("signals"), source.Snapshot, 0},
		{&own, source.Events, 1},
	} {
		got := intake.ForLayout(c.contract, c.layout)
		if n := count(got); n != c.want {
			t.Errorf("%s as %s has the column %d times, want %d", c.contract.Name, c.layout, n, c.want)
		}
		if col, ok := got.Column(intake.AvailableAt); ok != (c.want > 0) || ok && (col.Role != source.Time || col.Required) {
			t.Errorf("%s as %s: column %+v, %v", c.contract.Name, c.layout, col, ok)
		}
	}
}
