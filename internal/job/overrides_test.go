package job

import (
	"bytes"
	"context"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/overrides"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/sample"
	"accounthealth/internal/settings"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// sampled writes a sample warehouse with its settings.
func sampled(t *testing.T, opt sample.Options) *store.Router {
	t.Helper()
	files, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	staging, err := files.Stage(context.Background(), "exports")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sample.Generate(t.Context(), staging, opt); err != nil {
		t.Fatal(err)
	}
	if err := staging.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	src, err := sample.HealthYAML(opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := files.WriteFile(context.Background(), "health.yaml", func(w io.Writer) error { _, err := w.Write(src); return err }); err != nil {
		t.Fatal(err)
	}
	return files
}

// ran runs the job with the overrides at a path below exports; "" maps none.
func ran(t *testing.T, files *store.Router, path string) *Result {
	t.Helper()
	j, err := New(context.Background(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j.Settings.Calibration.Bootstrap = 0 // nothing here depends on it
	i := slices.IndexFunc(j.Settings.Sources, func(s settings.Source) bool { return s.Name == "overrides" })
	j.Settings.Sources[i].Path = path
	if path == "" {
		j.Settings.Sources = slices.Delete(j.Settings.Sources, i, i+1)
	}
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Release)
	return r
}

// row is one row of an overrides export; "" is null.
type row struct{ account, target, value, reason, author, set, expires string }

func writeOverrides(t *testing.T, files *store.Router, path string, rows []row) {
	t.Helper()
	f := warehouse.NewFrame(len(rows))
	for _, c := range []struct {
		name string
		at   func(r row) string
	}{
		{"account_id", func(r row) string { return r.account }},
		{"target", func(r row) string { return r.target }},
		{"value", func(r row) string { return r.value }},
		{"reason", func(r row) string { return r.reason }},
		{"author", func(r row) string { return r.author }},
		{"set_at", func(r row) string { return r.set }},
		{"expires_at", func(r row) string { return r.expires }},
	} {
		f.Text(c.name, func(i int) string { return c.at(rows[i]) })
	}
	if err := files.WriteFile(context.Background(), path, func(w io.Writer) error { return f.Write(w, warehouse.WriterOptions{}) }); err != nil {
		t.Fatal(err)
	}
}

// sameBut fails where the scores of a day differ in an account that is not named.
func sameBut(t *testing.T, d int32, a, b portfolio.Scored, named map[int32]bool) {
	t.Helper()
	for i := range a.Result.Composite {
		x, y := a.Result.Composite[i], b.Result.Composite[i]
		if !named[int32(i)] && (math.Float64bits(x) != math.Float64bits(y) || a.Result.Status[i] != b.Result.Status[i]) {
			t.Errorf("%s: account %d scores %v with overrides and %v without", day.Format(d), i, x, y)
		}
	}
}

// The notes of the sample warehouse take effect, on their accounts and days
// only, and leave no trace in what calibration learns from.
func TestSampleOverridesTakeEffect(t *testing.T) {
	files := sampled(t, sample.Options{Accounts: 900, Months: 15})
	with, without := ran(t, files, "overrides"), ran(t, files, "")
	if n := with.Data.Overrides.Count(); n.Rows < 5 || n.InForce != n.Rows {
		t.Errorf("counts %+v, want at least 5 rows, all in force", n)
	}
	for _, d := range with.Scores.Dates.All() {
		a, _ := with.Scores.At(d)
		b, _ := without.Scores.At(d)
		named := map[int32]bool{}
		for _, v := range with.Data.Overrides.At(d) {
			named[v.Row] = true
			if got := a.Result.Pillars[v.Pillar][v.Row]; got != v.Value {
				t.Errorf("%s: %s is %v", day.Format(d), v.Sentence(a.Result.Plan), got)
			}
		}
		sameBut(t, d, a, b, named)
		if m, _ := with.Scores.Measured(d); !cmp.Equal(m.Result.Composite, b.Result.Composite, cmpopts.EquateNaNs()) {
			t.Errorf("%s: measured scores hold manual values", day.Format(d))
		}
	}
	calibratedAlike(t, with, without)
}

// Values by hand on every calibrated date change published scores and nothing
// that calibration sees.
func TestOverridesNeverEnterAFit(t *testing.T) {
	files := sampled(t, sample.Options{Accounts: 400, Months: 15})
	without := ran(t, files, "")
	var notes []row
	for _, id := range without.Data.Table.ID[:200] {
		notes = append(notes, row{id, "support", "0", "outage", "Ana", "2023-01-02", ""}, row{id, "nps", "0", "outage", "Ana", "2023-01-02", ""})
	}
	writeOverrides(t, files, "exports/notes.parquet", notes)
	with := ran(t, files, "notes.parquet")
	for _, q := range with.Cohort.Dates {
		a, _ := with.Scores.At(q)
		b, _ := without.Scores.At(q)
		if cmp.Equal(a.Result.Tenths, b.Result.Tenths) {
			t.Errorf("%s: no published score changed", day.Format(q))
		}
	}
	calibratedAlike(t, with, without)
}

// calibratedAlike fails where overrides left a trace in the calibration.
func calibratedAlike(t *testing.T, with, without *Result) {
	t.Helper()
	x, _ := with.Cohort.Sample(with.Data.Table, with.Job.Framework.Plan)
	y, _ := without.Cohort.Sample(without.Data.Table, without.Job.Framework.Plan)
	if d := cmp.Diff(x, y, cmpopts.EquateNaNs()); d != "" {
		t.Errorf("the calibration sample depends on overrides: %s", d)
	}
	now := func(r *Result) [][]float64 {
		s, _ := r.Scores.Measured(r.Job.AsOf)
		return today(s, r.pillars)
	}
	if d := cmp.Diff(now(with), now(without), cmpopts.EquateNaNs()); d != "" {
		t.Errorf("the drift gate depends on overrides: %s", d)
	}
	if a, b := with.Calibration.Decision, without.Calibration.Decision; !cmp.Equal(a.Weights, b.Weights) || a.Words != b.Words {
		t.Errorf("the decision depends on overrides: %+v, %+v", a, b)
	}
	if d := cmp.Diff(with.misses(), without.misses(), cmpopts.EquateNaNs()); d != "" {
		t.Errorf("the false greens depend on overrides: %s", d)
	}
}

// Sound, expired, misspelt and orphaned notes side by side: what is sound is
// applied and shown everywhere, the rest is listed with its reason, and however
// many rows are wrong no gate stops.
func TestOverridesAreShown(t *testing.T) {
	files := sampled(t, sample.Options{Accounts: 120, Months: 8})
	plain := ran(t, files, "")
	now, _ := plain.Scores.At(plain.Job.AsOf)
	prior, _ := plain.Scores.At(plain.Scores.Dates.Compare)
	var ids []string
	var rows []int32
	for i := range now.Result.Status { // green on both days: every kind of change shows
		if now.Result.Status[i] == 0 && prior.Result.Status[i] >= 0 && len(ids) < 4 {
			ids, rows = append(ids, plain.Data.Table.ID[i]), append(rows, int32(i))
		}
	}
	if len(ids) < 4 {
		t.Fatal("the sample has too few healthy accounts")
	}
	writeOverrides(t, files, "exports/notes.parquet", []row{
		{ids[0], "support", "5", "outage", "Ana", "2026-06-10", "2026-09-30"},
		{ids[1], "champion", "left", "met her successor", "Bo", "2026-06-20", ""},
		{ids[2], "support", "5", "outage", "Ana", "2026-03-01", "2026-04-15"}, // in force at the quarter-end before
		{ids[3], "suport", "5", "outage", "Ana", "2026-06-10", ""},
		{"nobody", "support", "5", "outage", "Ana", "2026-06-10", ""},
	})
	r := ran(t, files, "notes.parquet")
	if r.Gate != nil {
		t.Fatalf("a mistyped note stops the run: %v", r.Gate)
	}
	shown, _ := r.Scores.At(r.Job.AsOf)
	sameBut(t, r.Job.AsOf, shown, now, map[int32]bool{rows[0]: true, rows[1]: true})
	was, _ := r.Scores.At(r.Scores.Dates.Compare)
	sameBut(t, r.Scores.Dates.Compare, was, prior, map[int32]bool{rows[2]: true})

	path, err := r.Job.change(r.Data, r.Scores, r.Scores.Dates.Compare, r.Job.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	plainly, err := plain.Job.change(plain.Data, plain.Scores, plain.Scores.Dates.Compare, plain.Job.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	before := plainly.Moves()
	for k, m := range path.Moves() {
		set := m.Row == rows[0] || m.Row == rows[1]
		by := m.By[compare.Override]
		if m.By[compare.Framework]+m.By[compare.Data]+by+m.By[compare.Behaviour] != m.Delta() || set != (by < 0) || (m.Row == rows[2]) != (by > 0) {
			t.Errorf("%+v", m)
		}
		if !set && m.Row != rows[2] && !cmp.Equal(m, before[k]) {
			t.Errorf("a move changed: %+v, %+v", m, before[k])
		}
	}

	var a portfolio.AccountRow
	r.Rows.Of(int(rows[0]), &a)
	if a.Override != "support = 5 until 2026-09-30 (outage, Ana)" || a.Overridden != "support" || a.Pillars[1].Value != 5 {
		t.Errorf("account row %+v", a)
	}
	r.Rows.Of(int(rows[1]), &a)
	if a.Override != "champion = left without end (met her successor, Bo)" || a.Overridden != "champion" {
		t.Errorf("account row %+v", a)
	}
	if r.Rows.Of(int(rows[2]), &a); a.Override != "" || a.Overridden != "" {
		t.Errorf("an expired value is shown: %+v", a)
	}

	var warned []string
	for _, w := range r.Portfolio.Warnings {
		if strings.HasPrefix(w.Code, "overrides") {
			warned = append(warned, w.Text)
		}
	}
	if d := cmp.Diff([]string{
		"2 scores hold manual values",
		"2 of 5 manual values cannot be applied and are left out, such as notes.parquet row 4, " + ids[3] +
			`: "suport": neither a pillar nor a signal of the framework; did you mean "support"`,
	}, warned); d != "" {
		t.Error(d)
	}
	var listed []string
	for _, f := range r.Portfolio.Quality.Findings {
		if f.Source == "overrides" {
			listed = append(listed, f.Column+" "+f.Code+": "+f.Examples[0])
		}
	}
	if d := cmp.Diff([]string{
		"account_id orphan: notes.parquet row 5, nobody: nobody: not in accounts",
		"expires_at expired: notes.parquet row 3, " + ids[2] + ": support = 5 expired on 2026-04-15",
		"target unknown_word: notes.parquet row 4, " + ids[3] + `: "suport": neither a pillar nor a signal of the framework; did you mean "support"`,
	}, listed); d != "" {
		t.Error(d)
	}
	m, err := r.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o := m.Overrides; o == nil || o.Rows != 5 || o.InForce != 2 || o.Expired != 1 || o.Refused != 2 || o.Scores != 2 {
		t.Errorf("manifest %+v", o)
	}
	var table bytes.Buffer
	if err := r.Files()[0].Write(&table); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(table.Bytes(), []byte("overridden")) {
		t.Error("scores.parquet has no column overridden")
	}
	if got := shown.Result.Manual; len(got) != 2 || got[0].Signal == overrides.None && got[1].Signal == overrides.None {
		t.Errorf("manual values behind the scores: %+v", got)
	}
}
