package quality

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/settings"
	"accounthealth/internal/source"
)

// usual is a usage export of 40 accounts over 12 weeks: seats every day, work on
// working days only.
func usual(change func(account, ago int, r row) row) bench {
	weekend := func(ago int) bool { d := (4 - ago%7 + 7 - 2) % 7; return d == 0 || d == 6 } // day 0 is a Tuesday
	return bench{name: "usage", layout: source.Events, accounts: 40, rows: days(40, 84, func(a, ago int) row {
		r := row{"active_users": 5 + a%9, "logins": 7 + (a+ago)%5, "licensed_seats": 20 + a}
		if weekend(ago) {
			r["active_users"], r["logins"] = 0, 0
		}
		if change != nil {
			return change(a, ago, r)
		}
		return r
	})}
}

func TestAnOrdinaryExportPasses(t *testing.T) {
	q, err := Audit(usual(nil).input(t))
	if err != nil || len(q.Alerts) != 0 || q.Sources[0].Verdict != "pass" {
		t.Errorf("%+v, %v", q.Alerts, err)
	}
	for _, g := range q.Gates {
		if !g.Passed {
			t.Errorf("gate %+v", g)
		}
	}
}

// Usage of everybody falls to zero on the last day: one alert with examples and
// one gate, however many columns and checks it could show in.
func TestUsageOfEverybodyFallsToZero(t *testing.T) {
	b := usual(func(a, ago int, r row) row {
		if ago == 0 {
			r["active_users"], r["logins"] = 0, nil
		}
		return r
	})
	q, err := Audit(b.input(t))
	if err == nil || diag.ClassOf(err) != diag.Gate || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "gate zero: usage: ") {
		t.Errorf("err = %v", err)
	}
	if len(q.Alerts) != 1 {
		t.Fatalf("%d alerts: %+v", len(q.Alerts), q.Alerts)
	}
	a := q.Alerts[0]
	if a.Severity != "fail" || a.Source != "usage" || a.Check != GateZero || !slices.Equal(a.Columns, []string{"active_users", "logins"}) {
		t.Errorf("%+v", a)
	}
	if want := "active_users and logins fell to zero for everyone on 2026-06-30: 0 or empty in 40 of 40 rows, usually in 0%"; a.Text != want {
		t.Errorf("%q, want %q", a.Text, want)
	}
	// 84 days of 40 rows: the last day begins with row 83*40+1.
	if want := []string{"part-0 row 3321, a0: active_users 0", "part-0 row 3322, a1: active_users 0", "part-0 row 3323, a2: active_users 0"}; !slices.Equal(a.Examples, want) {
		t.Errorf("%q, want %q", a.Examples, want)
	}
	if q.Sources[0].Verdict != "fail" || q.Sources[0].Reason != a.Text {
		t.Errorf("%+v", q.Sources[0])
	}
	if c := columnOf(t, q, "logins"); !slices.Equal(c.ZeroDays, []int32{asOf}) {
		t.Errorf("zero days %v", c.ZeroDays)
	}
	if c := columnOf(t, q, "licensed_seats"); len(c.ZeroDays) != 0 {
		t.Errorf("seats did not fall: %v", c.ZeroDays)
	}
}

func TestZeroDays(t *testing.T) {
	zeroOn := func(agos ...int) bench {
		return usual(func(a, ago int, r row) row {
			if slices.Contains(agos, ago) {
				r["active_users"] = 0
			}
			return r
		})
	}
	prior := func(column string, days ...int32) *Prior {
		return &Prior{AsOf: asOf - 1, Columns: []portfolio.ColumnRow{{Source: "usage", Name: column, Measured: true, ZeroDays: days}}}
	}
	for _, c := range []struct {
		name     string
		zero     []int
		change   func(*Input)
		severity string // "" nothing
		gate     bool
	}{
		{"most of the week before", []int{6, 7, 8}, nil, "warn", false},
		{"known to the last run", []int{6}, func(in *Input) { in.Prior = prior("active_users", asOf-6) }, "warn", false},
		{"new since the last run", []int{6}, func(in *Input) { in.Prior = prior("active_users") }, "fail", true},
		{"a column the last run did not measure", []int{6}, func(in *Input) { in.Prior = prior("logins") }, "warn", false},
		{"a holiday", []int{0}, func(in *Input) { in.Holidays = []int32{asOf} }, "", false},
		{"before the window", []int{28}, nil, "", false},
		{"too few rows to judge", []int{0}, func(in *Input) { in.Rules.ZeroRows = 41 }, "", false},
		{"an outage of four weeks", []int{0, 7, 14, 21, 1, 6, 8, 13, 15}, nil, "fail", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := zeroOn(c.zero...).input(t)
			if c.change != nil {
				c.change(&in)
			}
			q, err := Audit(in)
			if (err != nil) != c.gate {
				t.Errorf("err = %v", err)
			}
			a := alertsOf(q, GateZero)
			if c.severity == "" {
				if len(q.Alerts) != 0 {
					t.Errorf("%+v", q.Alerts)
				}
				return
			}
			if len(a) != 1 || a[0].Severity != c.severity {
				t.Errorf("%+v", q.Alerts)
			}
		})
	}
}

func TestHalfADayIsThin(t *testing.T) {
	b := usual(func(a, ago int, r row) row {
		if ago == 0 && a >= 19 {
			return nil
		}
		return r
	})
	q, err := Audit(b.input(t))
	a := alertsOf(q, "thin day")
	if err != nil || len(q.Alerts) != 1 || len(a) != 1 || a[0].Text != "19 rows on 2026-06-30, usually about 40 on such a weekday: the day may be half unloaded" {
		t.Errorf("%+v, %v", q.Alerts, err)
	}
}

// Everybody's users halve four weeks ago: the accounts move together and the
// values are spread otherwise.
func TestAccountsThatMoveTogether(t *testing.T) {
	b := usual(func(a, ago int, r row) row {
		if ago < 28 && a < 36 {
			r["active_users"] = float64(r["active_users"].(int)) / 2
		}
		return r
	})
	q, err := Audit(b.input(t))
	if err != nil {
		t.Fatal(err)
	}
	a := alertsOf(q, "moved")
	if len(a) != 1 || a[0].Severity != "fail" || !slices.Equal(a[0].Columns, []string{"active_users"}) ||
		!strings.HasPrefix(a[0].Text, "active_users fell by more than 15% for 36 of 40 accounts against the 28 days before") {
		t.Errorf("%+v", a)
	}
	// All of them halve. a17, a26, a35 and a8 have the most users: 13 on 20 of 28
	// days and 0 on the others.
	if len(a[0].Examples) != 3 || !strings.HasPrefix(a[0].Examples[0], "a17: active_users was 9.28571, is 4.64286") {
		t.Errorf("%q", a[0].Examples)
	}
	if c := columnOf(t, q, "active_users"); c.Moved.Value != 0.9 {
		t.Errorf("moved %v, want 36 of 40", c.Moved)
	}
	if c := columnOf(t, q, "logins"); c.Moved.Value != 0 {
		t.Errorf("logins did not move: %v", c.Moved)
	}
	drift := alertsOf(q, "drift")
	if len(drift) != 1 || drift[0].Severity != "fail" {
		t.Errorf("%+v", q.Drift)
	}
}

// A source is compared with what the last run stored: the same figures give an
// index of 0, words that were not there give a large one.
func TestDriftAgainstTheLastRun(t *testing.T) {
	tickets := func(category func(i int) string) bench {
		b := bench{name: "tickets", layout: source.Events, accounts: 400}
		for i := range 400 {
			b.rows = append(b.rows, row{"account_id": fmt.Sprintf("a%d", i), "ticket_id": fmt.Sprint(i), "opened_at": asOf - int32(i%20), "category": category(i), "csat": 1 + i%5})
		}
		return b
	}
	even := func(i int) string { return []string{"bug", "how-to"}[i%2] }
	was, err := Audit(tickets(even).input(t))
	if err != nil {
		t.Fatal(err)
	}
	prior := &Prior{AsOf: asOf - 1, Columns: was.Columns}
	again := tickets(even).input(t)
	again.Prior = prior
	q, _ := Audit(again)
	if len(q.Drift) != 2 || q.Drift[0].Index.Value != 0 || len(q.Alerts) != 0 {
		t.Errorf("%+v, %+v", q.Drift, q.Alerts)
	}
	other := tickets(func(i int) string {
		if i < 300 {
			return "Bug"
		}
		return even(i)
	}).input(t)
	other.Prior = prior
	q, _ = Audit(other)
	a := alertsOf(q, "drift")
	if len(a) != 1 || a[0].Severity != "fail" || !slices.Equal(a[0].Columns, []string{"category"}) || a[0].Examples[0] != "category, Bug: 0% of rows, 75% now" {
		t.Errorf("%+v", a)
	}
}

func TestFewAccountsSayNothingAboutDrift(t *testing.T) {
	b := bench{name: "tickets", layout: source.Events, accounts: 2}
	for i := range 200 { // many rows, but of two accounts
		b.rows = append(b.rows, row{"account_id": fmt.Sprintf("a%d", i%2), "ticket_id": fmt.Sprint(i), "opened_at": asOf - int32(i%56), "csat": 1 + i%56/28*4})
	}
	q, err := Audit(b.input(t))
	if err != nil || len(q.Drift) != 0 || len(alertsOf(q, "drift")) != 0 {
		t.Errorf("%+v, %v", q.Drift, err)
	}
}

// csat was there in all of 100 recent rows and is in 60 now; with 10 rows that
// could be chance.
func TestValuesGoMissing(t *testing.T) {
	tickets := func(n, filled int) bench {
		b := bench{name: "tickets", layout: source.Events, accounts: n}
		for i := range n {
			r := row{"account_id": fmt.Sprintf("a%d", i), "ticket_id": fmt.Sprint(i), "opened_at": asOf}
			if i < filled {
				r["csat"] = 4
			}
			b.rows = append(b.rows, r)
		}
		return b
	}
	for _, c := range []struct {
		n, filled int
		severity  string
	}{{100, 60, "fail"}, {100, 85, "warn"}, {100, 95, ""}, {10, 7, ""}} {
		was, err := Audit(tickets(c.n, c.n).input(t))
		if err != nil {
			t.Fatal(err)
		}
		in := tickets(c.n, c.filled).input(t)
		in.Prior = &Prior{AsOf: asOf - 30, Columns: was.Columns}
		q, _ := Audit(in)
		a := alertsOf(q, "fill")
		if c.severity == "" && len(a) != 0 || c.severity != "" && (len(a) != 1 || a[0].Severity != c.severity) {
			t.Errorf("%d of %d: %+v", c.filled, c.n, a)
		}
		if c.severity == "fail" && a[0].Text != "values went missing: csat in 60% of recent rows, in the last run in 100%" {
			t.Errorf("%q", a[0].Text)
		}
	}
}

func TestSchemaChanges(t *testing.T) {
	before := usual(nil)
	before.types, before.extra = map[string]string{"logins": "INT32", "note": "INT32"}, []string{"note", "gone"}
	was, err := Audit(before.input(t))
	if err != nil {
		t.Fatal(err)
	}
	after := usual(func(_, _ int, r row) row { delete(r, "licensed_seats"); return r })
	after.types, after.extra = map[string]string{"logins": "DOUBLE", "note": "DOUBLE"}, []string{"note", "fresh"}
	in := after.input(t)
	in.Prior = &Prior{AsOf: asOf - 1, Columns: was.Columns, Sources: []portfolio.SourceRow{{Name: "usage"}, {Name: "nps"}}}
	q, err := Audit(in)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range q.Schema {
		got = append(got, strings.TrimSpace(strings.Join([]string{s.Verdict, s.Source, s.Column, s.Change, s.Before, s.Now}, " ")))
	}
	want := []string{
		"warn usage LOGINS type changed INT32 DOUBLE", "info usage NOTE type changed INT32 DOUBLE", "info usage FRESH added  INT64",
		"fail usage LICENSED_SEATS removed INT64", "info usage GONE removed INT64", "info nps  removed",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	a := alertsOf(q, "schema")
	if len(a) != 4 || a[0].Severity != "fail" || a[1].Severity != "warn" || a[1].Examples[0] != "part-0: LOGINS DOUBLE" {
		t.Errorf("%+v", a)
	}
}

func TestControlTotals(t *testing.T) {
	b := bench{name: "usage", layout: source.Events, accounts: 10, rows: days(10, 1, func(a, _ int) row { return row{"logins": a} })}
	run := func(c settings.ControlTotals, allowed ...string) (portfolio.Quality, error) {
		in := b.input(t) // ten accounts of 100: a0, a2, ... are Enterprise
		in.Controls, in.Allowed = &c, allowed
		return Audit(in)
	}
	all := func(accounts int64, arr, tolerance float64) settings.ControlTotals {
		return settings.ControlTotals{AsOf: asOf, Totals: []settings.ControlTotal{{Accounts: accounts, ARR: arr, Tolerance: tolerance}}}
	}
	if q, err := run(all(10, 1000, 0)); err != nil || len(q.Controls) != 2 || !q.Controls[0].Passed || !q.Controls[1].Passed {
		t.Errorf("%+v, %v", q.Controls, err)
	}
	if _, err := run(all(-1, 1010, 0.01)); err != nil { // a hundredth of 1010 is 10.10
		t.Error(err)
	}
	q, err := run(all(11, 1010.11, 0.01))
	if err == nil || diag.ClassOf(err) != diag.Gate || strings.Count(err.Error(), "gate control-totals") != 2 || !strings.Contains(err.Error(), "ARR 1000.00, finance has 1010.11 (difference -10.11, tolerance 10.10)") {
		t.Errorf("err = %v", err)
	}
	if len(alertsOf(q, GateControl)) != 2 {
		t.Errorf("%+v", q.Alerts)
	}
	if q, err := run(all(11, -1, 0), GateControl); err != nil || q.Controls[0].Passed {
		t.Errorf("allowed, but %v, %+v", err, q.Controls)
	}
	part := all(-1, -1, 0)
	part.Totals = []settings.ControlTotal{{Segment: "enterprise", Accounts: 5, ARR: 500}, {Currency: "EUR", Accounts: 1, ARR: -1}}
	q, err = run(part)
	if err == nil || !q.Controls[0].Passed || !q.Controls[1].Passed || q.Controls[2].Passed || q.Controls[2].Found != 0 {
		t.Errorf("%+v, %v", q.Controls, err)
	}
	old := all(99, 99, 0)
	old.AsOf = asOf - 90
	if q, err := run(old); err != nil || q.Controls != nil || len(q.Alerts) != 1 || q.Alerts[0].Severity != "info" {
		t.Errorf("figures of another day: %+v, %v", q, err)
	}
}

// TestNotesDoNotStop: mistyped snoozes are told, and everybody's scores published.
func TestNotesDoNotStop(t *testing.T) {
	b := bench{name: "snoozes", layout: source.Events, accounts: 1, rows: []row{
		{"account_id": "a0", "set_at": asOf, "until": asOf + 9, "reason": "on leave", "author": "Ana"},
		{"account_id": "zz", "set_at": asOf, "until": asOf + 9, "reason": "on leave", "author": "Ana"},
	}}
	in := b.input(t)
	in.Findings.AddN(diag.Finding{Code: diag.Orphan, Source: "snoozes", Column: "account_id", File: "snoozes.csv", Row: 1, Key: "zz"}, 1)
	in.Findings.CountRow(diag.Orphan, "snoozes", 1, false)
	q, err := Audit(in)
	if err != nil {
		t.Fatal(err)
	}
	if a := alertsOf(q, GateLimits); len(a) != 1 || a[0].Severity != portfolio.Warn || !strings.Contains(a[0].Text, "50.00% of rows are orphans (limit 5.00%), mostly orphan in account_id (snoozes.csv row 2, zz)") {
		t.Errorf("%+v", a)
	}
}

func TestGates(t *testing.T) {
	bad := func(n int64, code diag.Code) func(*Input) {
		return func(in *Input) {
			in.Findings.AddN(diag.Finding{Code: code, Source: "usage", Column: "active_users", File: "usage/part-0.parquet", Row: 17, Key: "A-12", Value: "-3"}, n)
			for range n {
				in.Findings.CountRow(code, "usage", 0, code.Spoils())
			}
		}
	}
	newest := func(ago int) func(*Input) {
		return func(in *Input) {
			in.Meters[0].newest = asOf - int32(ago)
			for k := range ago {
				in.Meters[0].days[k].rows = 0
			}
		}
	}
	prior := func(rows int64) func(*Input) {
		return func(in *Input) { in.Prior = &Prior{AsOf: asOf - 1, Rows: map[string]int64{"usage": rows}} }
	}
	for _, c := range []struct {
		name   string
		change func(*Input)
		gate   string // "" passes
		text   string
	}{
		// 1,000 rows.
		{"five per cent invalid is the limit", bad(50, diag.OutOfRange), "", ""},
		{"more than five per cent invalid", bad(51, diag.OutOfRange), GateLimits, "5.10% of rows are invalid (limit 5.00%), mostly out of range in active_users (part-0.parquet row 18, A-12: -3)"},
		{"orphans", bad(51, diag.Orphan), GateLimits, "orphans"},
		{"duplicates", bad(21, diag.Conflict), GateLimits, "duplicates"},
		{"rows at four fifths", prior(1250), "", ""},
		{"rows below four fifths", prior(1251), GateRows, "1000 rows, 80% of the last run's"},
		{"an empty source after rows", func(in *Input) { in.Meters[0].rows = 0; prior(10)(in) }, GateRows, "0 rows"},
		{"yesterday's rows", newest(1), "", ""},
		{"two days old", newest(2), GateFresh, "newest row 2026-06-28"},
		{"one stray row does not make an old export fresh", func(in *Input) {
			newest(30)(in)
			in.Meters[0].newest, in.Meters[0].days[0].rows = asOf, 1
			in.Meters[0].knownRows = 3000 // 30 a day
		}, GateFresh, "newest day with the usual rows 2026-05-31 (single rows up to 2026-06-30)"},
		{"an empty usage export on the first run", func(in *Input) { in.Meters[0].rows = 0 }, GateRows, "has no rows"},
		{"usage that lies ahead", func(in *Input) { in.Meters[0].newest = day.None }, GateRows, "none of 1000 rows is dated up to the as-of date"},
		{"nobody has a score", func(in *Input) { in.Classes = []portfolio.ClassRow{{Class: "Not yet a customer", Accounts: 10}} }, GateScored, "0 of 0 paying accounts have a score"},
		{"a cent is missing", func(in *Input) { in.Tie = portfolio.TieOut{DifferenceARR: 0.01} }, GateTieOut, "0.01 ARR"},
		{"an account is missing", func(in *Input) { in.Tie = portfolio.TieOut{DifferenceAccounts: 1} }, GateTieOut, "1 accounts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := bench{name: "usage", layout: source.Events, accounts: 10, rows: days(10, 100, func(a, _ int) row { return row{"active_users": a} })}
			in := b.input(t)
			c.change(&in)
			q, err := Audit(in)
			if c.gate == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || diag.ClassOf(err) != diag.Gate || !strings.Contains(err.Error(), "gate "+c.gate) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("err = %v", err)
			}
			if c.gate != GateScored && (len(q.Alerts) == 0 || q.Alerts[0].Severity != "fail" || q.Alerts[0].Check != c.gate) {
				t.Errorf("%+v", q.Alerts)
			}
			in.Allowed = []string{c.gate}
			q, err = Audit(in)
			if err != nil {
				t.Errorf("allowed, but %v", err)
			}
			for _, g := range q.Gates {
				if g.Gate == c.gate && (g.Passed || !g.Allowed) {
					t.Errorf("an allowed failure must still show: %+v", g)
				}
			}
		})
	}
}

func TestCoverageFalls(t *testing.T) {
	b := bench{name: "usage", layout: source.Events, accounts: 10, rows: days(7, 1, func(a, _ int) row { return row{"logins": a} })}
	in := b.input(t)
	for was, want := range map[float64]string{0.74: "", 0.8: "warn", 0.95: "fail"} {
		in.Prior = &Prior{AsOf: asOf - 1, Sources: []portfolio.SourceRow{{Name: "usage", CoveredShare: portfolio.Amount(was)}}}
		q, _ := Audit(in)
		a := alertsOf(q, "coverage")
		if want == "" && len(a) != 0 || want != "" && (len(a) != 1 || a[0].Severity != want) {
			t.Errorf("from %v to 0.7: %+v", was, a)
		}
	}
}

// The steps lead from the export's rows to the scored accounts, in accounts and
// cents.
func TestTieSteps(t *testing.T) {
	in := Input{
		Tie: portfolio.TieOut{SourceRows: 12, Duplicates: 2, Accounts: 10, Reported: 10, SourceARR: 1100.5, ReportedARR: 1000.5, Lines: []portfolio.TieLine{{What: "Repeated rows", Rows: 2, Accounts: -2, ARR: -100}}},
		Classes: []portfolio.ClassRow{
			{Class: "Scored", Accounts: 6, ARR: 700},
			{Class: "Onboarding", Accounts: 1, ARR: 100},
			{Class: "Lost", Accounts: 2},
			{Class: "In notice", Accounts: 1, ARR: 200.5},
		},
	}
	var got []string
	for _, s := range in.tieSteps() {
		got = append(got, fmt.Sprintf("%s %d %v %v", s.What, s.Accounts, s.ARR.Value, s.Total))
	}
	want := []string{"Rows of the accounts export 12 1100.5 false", "Repeated rows -2 -100 false", "Accounts 10 1000.5 true", "Lost -2 0 false", "In notice -1 -200.5 false", "With a score 7 800 true"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
