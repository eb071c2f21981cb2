package job

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/portfolio"
	"accounthealth/internal/store"
)

// The audit alone measures every mapped column; a run measures those that it
// reads anyway, to the same figures and the same verdicts.
func TestAuditMeasuresWhatARunDoesAndMore(t *testing.T) {
	files, err := store.Open(filepath.Join("..", "..", "testdata", "exports", "small"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := New(t.Context(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	audit, err := j.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if audit.Gate != nil {
		t.Errorf("gate: %v", audit.Gate)
	}
	run := small(t).Portfolio
	unread := 0
	for i, c := range audit.Quality.Columns {
		if c.Role != "" && !c.Measured {
			t.Errorf("%s.%s is not measured", c.Source, c.Name)
		}
		r := run.Quality.Columns[i]
		if !r.Measured {
			if c.Measured {
				unread++
			}
			continue
		}
		if d := cmp.Diff(c, r); d != "" {
			t.Errorf("%s.%s: %s", c.Source, c.Name, d)
		}
	}
	if unread == 0 {
		t.Error("the run read every column: it did so for the audit alone")
	}
	if d := cmp.Diff(audit.Tie, run.Tie) + cmp.Diff(audit.Quality.Tie, run.Quality.Tie) + cmp.Diff(audit.Quality.Gates, run.Quality.Gates); d != "" {
		t.Error(d)
	}
	// The sample holds 4 repeated tickets; what the run counted, the audit counts
	// once as well.
	for _, f := range run.Quality.Findings {
		if !slices.ContainsFunc(audit.Quality.Findings, func(a portfolio.FindingRow) bool { return cmp.Equal(a, f) }) {
			t.Errorf("the audit has no finding like %+v", f)
		}
	}
	last := audit.Quality.Tie[len(audit.Quality.Tie)-1]
	if last.Accounts != run.BandTotal.Accounts || last.ARR.Value != run.BandTotal.ARR {
		t.Errorf("the steps end at %d accounts and %.2f, the score holds %d and %.2f", last.Accounts, last.ARR.Value, run.BandTotal.Accounts, run.BandTotal.ARR)
	}
}
