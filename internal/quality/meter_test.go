package quality

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/framework"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

// Ten rows of three accounts, one an orphan: 2 without a value, 1 unreadable, 1
// impossible, 6 usable, of which one is before the recent window.
func TestColumnFigures(t *testing.T) {
	on := func(account, date string, users any) row {
		return row{"account_id": account, "date": date, "active_users": users}
	}
	b := bench{name: "usage", layout: source.Events, accounts: 4, rows: []row{
		on("a0", "2026-06-30", 4), on("a0", "2026-06-29", 8), on("a0", "2026-06-28", nil), on("a0", "2026-06-27", intaketest.Bad),
		on("a1", "2026-06-30", -1), on("a1", "2026-06-02", 0), on("a1", "2026-06-03", 6), on("a2", "2026-06-30", nil),
		on("zz", "2026-06-30", 2), on("a1", "2026-05-01", 100),
	}}
	q, err := Audit(b.input(t))
	if err != nil {
		t.Fatal(err)
	}
	c := columnOf(t, q, "active_users")
	c.Deciles, c.Bins = nil, nil
	want := portfolio.ColumnRow{
		Source: "usage", Name: "active_users", File: "ACTIVE_USERS", Type: "INT64", Role: "number", Measured: true,
		Rows: 10, Nulls: 2, Invalid: 2,
		Fill:          portfolio.Figure{Value: 0.8, Defined: true, Num: 8, Den: 10},
		InvalidShare:  portfolio.Figure{Value: 0.2, Defined: true, Num: 2, Den: 10},
		Accounts:      2, // a0 and a1; a2 has rows, but no value
		AccountsShare: portfolio.Figure{Value: 0.5, Defined: true, Num: 2, Den: 4},
		ARRShare:      portfolio.Figure{Value: 0.5, Defined: true, Num: 200, Den: 400},
		Oldest:        asOf - 60, Newest: asOf, First: portfolio.NoDay, Last: portfolio.NoDay,
		Min: portfolio.Amount(0), Max: portfolio.Amount(100),
		// The window is the 28 days from 3 June: 4, 8, 6 and 2 are usable, four are not;
		// 2 June is the day before it.
		RecentRows: 8, RecentEmpty: 4, RecentAccounts: 3, Mean: portfolio.Amount(5),
	}
	if d := cmp.Diff(want, c); d != "" {
		t.Error(d)
	}
	s := q.Sources[0]
	if s.AccountsCovered != 3 || s.CoveredShare.Value != 0.75 || s.ARRCovered.Value != 0.75 || s.Oldest != asOf-60 || s.Newest != asOf || s.AgeDays.Value != 0 || s.Rows != 10 {
		t.Errorf("%+v", s)
	}
}

// The figures do not depend on how rows are cut into batches, on their order, or
// on whether the population was known when they passed.
func TestFiguresDoNotDependOnOrderOrBatches(t *testing.T) {
	rows := days(30, 70, func(a, ago int) row {
		return row{"active_users": float64(a*ago%17+1) / 10, "logins": (a + ago) % 5, "last_login_at": asOf - int32(ago)}
	})
	whole := bench{name: "usage", layout: source.Events, accounts: 30, rows: rows}
	figures := func(b bench) ([]portfolio.ColumnRow, []portfolio.SourceRow, []portfolio.DriftRow) {
		q, err := Audit(b.input(t))
		if err != nil {
			t.Fatal(err)
		}
		return q.Columns, q.Sources, q.Drift
	}
	columns, sources, drift := figures(whole)
	if len(drift) == 0 || !columns[2].Moved.Defined {
		t.Fatal("nothing was compared")
	}
	cut, back, late := whole, whole, whole
	cut.batch, late.late = 7, true
	back.rows = slices.Clone(rows)
	slices.Reverse(back.rows)
	for name, b := range map[string]bench{"cut": cut, "backwards": back, "late": late} {
		c, s, d := figures(b)
		if x := cmp.Diff(columns, c) + cmp.Diff(sources, s) + cmp.Diff(drift, d); x != "" {
			t.Errorf("%s: %s", name, x)
		}
	}
}

// A scan without the columns that say whose row it is and when is passed on and
// measures nothing; a column counts once, however often it is read.
func TestColumnsAreMeasuredOnce(t *testing.T) {
	rows := days(3, 5, func(a, ago int) row { return row{"active_users": a, "logins": ago} })
	m := bench{name: "usage", layout: source.Events, accounts: 3, rows: rows}.meter(t)
	if len(m.Unread()) != 0 || !m.Passed() {
		t.Fatalf("unread %v", m.Unread())
	}
	rowsBefore := m.columns[2].rows
	read := func(columns ...string) {
		t.Helper()
		if err := m.Scan(t.Context(), columns, func(*warehouse.Batch) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	read("account_id", "date", "active_users")
	if rowsBefore != 15 || m.columns[2].rows != 15 {
		t.Errorf("%d rows, then %d; want 15", rowsBefore, m.columns[2].rows)
	}
	m.columns[2].measured, m.columns[3].measured = false, false
	read("date")
	read("account_id", "active_users")
	if got := m.Unread(); len(got) != 2 {
		t.Errorf("measured without accounts or dates; unread %v", got)
	}
}

// Spells count where they are in force: on the as-of date, and one window before.
func TestSpellsAreInForceOnADate(t *testing.T) {
	b := bench{name: "accounts", layout: source.SCD, accounts: 3, rows: []row{
		{"account_id": "a0", "arr": 10, "valid_from": "2026-01-01", "valid_to": "2026-06-10"}, // before only
		{"account_id": "a0", "arr": 20, "valid_from": "2026-06-10"},                           // now only
		{"account_id": "a1", "arr": 40, "valid_from": "2026-01-01"},                           // both
		{"account_id": "a2", "arr": 80, "valid_from": "2026-01-01", "valid_to": "2026-02-01"}, // neither
	}}
	m := b.meter(t)
	i := slices.IndexFunc(m.columns, func(c *column) bool { return c.Name == "arr" })
	arr := m.columns[i]
	if now, then := arr.dist[recent].mean().Value, arr.dist[before].mean().Value; now != 30 || then != 25 {
		t.Errorf("means %v now, %v before; want 30, 25", now, then)
	}
	if m.InForce() != 2 {
		t.Errorf("%d rows in force, want 2", m.InForce())
	}
}

// Of snapshots the newest copy is in force.
func TestNewestSnapshotIsInForce(t *testing.T) {
	b := bench{name: "accounts", layout: source.Snapshot, accounts: 3, rows: []row{
		{"account_id": "a0", "snapshot_date": "2026-05-31"},
		{"account_id": "a1", "snapshot_date": "2026-05-31"},
		{"account_id": "a2", "snapshot_date": "2026-05-31"},
		{"account_id": "a0", "snapshot_date": "2026-06-30"},
		{"account_id": "a1", "snapshot_date": "2026-06-30"},
		{"account_id": "a1", "snapshot_date": "2026-07-01"},
	}}
	if m := b.meter(t); m.InForce() != 2 || m.newest != asOf {
		t.Errorf("%d rows in force, newest %d", m.InForce(), m.newest)
	}
}

// Changes of 20%, 10%, -20%, and one account without a value before: 1 of 3 rose
// and 1 of 3 fell by more than 15%.
func TestTogether(t *testing.T) {
	values := func(before, now float64) pair {
		p := pair{n: [2]int32{2, 1}}
		p.sum[recent], p.sum[1] = 2*now, before
		return p
	}
	rules := framework.DefaultAudit()
	rules.MinAccounts = 3
	m := together([]pair{values(10, 12), values(10, 11), values(10, 8), values(0, 5)}, rules)
	if m.share.Num != 1 || m.share.Den != 3 || m.down {
		t.Errorf("%+v", m)
	}
	m = together([]pair{values(10, 8), values(10, 2), values(10, 11.5)}, rules)
	if math.Abs(m.share.Value-2.0/3) > 1e-12 || !m.down || !reflect.DeepEqual(m.largest, []int32{1, 0}) {
		t.Errorf("%+v", m)
	}
	rules.MinAccounts = 4
	if m := together([]pair{values(10, 8), values(10, 2), values(10, 11.5)}, rules); m.share.Defined {
		t.Errorf("three accounts are too few: %+v", m)
	}
}
