package publish

import (
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/store"
)

// What the next run compares with comes back as it was written.
func TestQualityIsReadBack(t *testing.T) {
	asOf := day.Of(2026, 6, 30)
	none := portfolio.NoDay
	q := &portfolio.Quality{
		Sources: []portfolio.SourceRow{
			{Name: "usage", Rows: 1000, CoveredShare: portfolio.Amount(0.75), Oldest: asOf - 9, Newest: asOf, Verdict: "warn", Reason: "thin"},
			{Name: "fx_rates", Rows: 12, Oldest: none, Newest: none, Verdict: "pass"},
		},
		Columns: []portfolio.ColumnRow{
			{
				Source: "usage", Name: "active_users", File: "DAU", Type: "INT32, INT64", Role: "number", Measured: true, Rows: 1000, Nulls: 3,
				RecentRows: 280, RecentEmpty: 4, RecentAccounts: 10, ZeroDays: []int32{asOf - 1, asOf},
				Bins:   []portfolio.Bin{{Upto: -0.5, Rows: 2}, {Upto: 1.0078125, Rows: 7}, {Upto: math.Inf(1), Rows: 267}},
				Oldest: asOf - 9, Newest: asOf, First: none, Last: none,
			},
			{Source: "usage", Name: "plan", File: "plan", Type: "BYTE_ARRAY (STRING)", Role: "text", Measured: true, Rows: 1000, Bins: []portfolio.Bin{{Word: "a \"b\"", Rows: 3}}, Oldest: none, Newest: none, First: none, Last: none},
			{Source: "usage", Name: "note", File: "note", Type: "DOUBLE", Oldest: none, Newest: none, First: none, Last: none},
		},
		Alerts:   []portfolio.SourceAlert{{Severity: "warn", Source: "usage", Check: "thin day", Text: "thin"}, {Severity: "fail", Check: "tie-out", Text: "off"}},
		Findings: []portfolio.FindingRow{{Source: "usage", Column: "date", Code: "future_date", Count: 2}},
		Controls: []portfolio.ControlRow{{What: "All accounts", Unit: portfolio.Count, Stated: 3, Found: 4, Difference: 1}},
	}
	files, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := files.WriteFile(t.Context(), "q.parquet", func(w io.Writer) error { return QualityTable(w, &plan.Plan{}, asOf, q) }); err != nil {
		t.Fatal(err)
	}
	sources, columns, err := ReadQuality(t.Context(), files, "q.parquet")
	if err != nil {
		t.Fatal(err)
	}
	wantSources := []portfolio.SourceRow{{Name: "usage", Rows: 1000, CoveredShare: portfolio.Amount(0.75)}, {Name: "fx_rates", Rows: 12}}
	if d := cmp.Diff(wantSources, sources); d != "" {
		t.Error(d)
	}
	var want []portfolio.ColumnRow
	for _, c := range q.Columns {
		c.Nulls, c.Oldest, c.Newest, c.First, c.Last = 0, 0, 0, 0, 0 // not compared with
		want = append(want, c)
	}
	if d := cmp.Diff(want, columns); d != "" {
		t.Error(d)
	}
	if lines := qualityLines(q); len(lines) != 2+3+2+1+1 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestDamagedBinsAreRefused(t *testing.T) {
	if _, err := parseBins("[{"); err == nil {
		t.Error("no error")
	}
}
