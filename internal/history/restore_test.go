package history

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

func load1(t *testing.T, files Files) *Stored {
	t.Helper()
	s, err := Load(context.Background(), files, "history", day.Of(2026, 6, 30))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// today is the population of a later run: another account in front, RetailMax
// gone, and what the exports now say of 30 June.
func today(t *testing.T, p *plan.Plan) (*population.Table, Scored) {
	t.Helper()
	asOf := day.Of(2026, 6, 30)
	signals := scoretest.Snapshot(p, asOf, [][]scoretest.Cell{scoretest.RetailMax(p), scoretest.RetailMax(p)})
	t.Cleanup(signals.Release)
	for i := range signals.Collected {
		signals.Collected[i] = true
	}
	view := &population.View{
		AsOf: asOf, Class: make([]population.Class, 2), ARR: []float64{7, math.NaN()},
		TenureMonths: []int32{9, 9}, Renewal: []int32{1, 1}, Deadline: []int32{1, 1},
	}
	table := &population.Table{ID: []string{"00000", "00123"}, Segment: make([]string, 2), Tier: make([]string, 2)}
	return table, Scored{View: view, Signals: signals}
}

func rescore(t *testing.T, p *plan.Plan, r *Restored) *score.Result {
	t.Helper()
	t.Cleanup(r.Signals.Release)
	scorer, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]bool, len(r.View.Class))
	for i, c := range r.View.Class {
		out[i] = !c.Scored()
	}
	res, err := scorer.Score(r.Signals, score.Rows{Out: out, Manual: r.Manual})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// What is stored comes back on the rows of a later population, to the same score
// under the same framework: TechCorp's 92.8 (the worked account), whatever the
// exports say of the day by now.
func TestStoredValuesGiveTheStoredScore(t *testing.T) {
	files, _ := open(t)
	keep(t, files, snapshot(t, Published, 8))
	s := load1(t, files)
	if !slices.Equal(s.ID, []string{"00123", "A-2"}) || s.Tenths[0] != 928 || s.Status[1] != "Critical" || s.Run.Kind != Published {
		t.Fatalf("loaded %+v", s)
	}
	p := scoretest.DefaultPlan()
	table, now := today(t, p)
	r := s.Restore(table, p, now)
	res := rescore(t, p, r)
	if r.Gone != 1 || r.Rebuilt != nil || r.Lapsed != 0 {
		t.Errorf("gone %d, rebuilt %v, lapsed %d", r.Gone, r.Rebuilt, r.Lapsed)
	}
	if r.View.Class[0] != population.NotYet || res.Tenths[0] != score.NotScored {
		t.Error("an account that came to the exports later is scored on a day that was published without it")
	}
	if res.Tenths[1] != 928 || res.Composite[1] != r.Reported.Composite[1] || r.Reported.Status[1] != "Healthy" {
		t.Errorf("restored %d tenths, composite %v; published %+v", res.Tenths[1], res.Composite[1], r.Reported)
	}
	if r.View.ARR[0] != 7 || r.View.ARR[1] != 120_000 {
		t.Errorf("ARR %v: what the exports date, else what was stored", r.View.ARR)
	}
	if v, ok := r.Signals.Value(scoretest.UsageTrend, 1); ok || signal.State(r.Signals.States(scoretest.UsageTrend).Value(1)) != signal.Missing {
		t.Errorf("a missing value came back as %v", v)
	}
}

// Values are rescored under the framework in force now: product and
// relationship alone give TechCorp (87.5 + 100) / 2. A signal with a new word cannot be read out of the
// stored column and is rebuilt: RetailMax's champion, who left (-30 of 25).
func TestRestatedUnderAnotherFramework(t *testing.T) {
	files, _ := open(t)
	keep(t, files, snapshot(t, Published, 8))
	p := scoretest.DefaultPlan()
	p.Rules[0].Weights = []float64{0.5, 0, 0, 0.5}
	table, now := today(t, p)
	if res := rescore(t, p, load1(t, files).Restore(table, p, now)); res.Tenths[1] != 938 {
		t.Errorf("restated %d tenths", res.Tenths[1])
	}
	p.Signals[scoretest.Champion].Words[0] = "keen"
	table, now = today(t, p)
	r := load1(t, files).Restore(table, p, now)
	if !slices.Equal(r.Rebuilt, []int{scoretest.Champion}) {
		t.Fatalf("rebuilt %v", r.Rebuilt)
	}
	// sponsor 30, champion -30, nps 25, qbr 20 over -65..100: 100 * 110 / 165
	if res := rescore(t, p, r); math.Abs(res.Composite[1]-(87.5+100*110.0/165)/2) > 1e-9 {
		t.Errorf("composite %v", res.Composite[1])
	}
	p = scoretest.DefaultPlan()
	p.Signals[scoretest.NPS].Domain.Hi = 8
	table, now = today(t, p)
	if r := load1(t, files).Restore(table, p, now); signal.State(r.Signals.States(scoretest.NPS).Value(1)) != signal.Invalid {
		t.Error("a number that the signal can no longer have is used")
	}
}

// What was set by hand is stored beside what the exports said.
func TestManualValuesComeBack(t *testing.T) {
	files, _ := open(t)
	s := snapshot(t, Published, 8)
	manual := []overrides.Value{
		{Row: 0, Pillar: 1, Signal: overrides.None, Value: 55, Reason: "secret", Author: "Ana"},
		{Row: 0, Pillar: overrides.None, Signal: scoretest.Activity, Value: 0.725, Reason: "secret", Author: "Ana"},
	}
	s.Scored.Result.Manual = manual
	keep(t, files, s)
	stored := load1(t, files)
	if got := stored.Overrides[0]; got != "support = 55; activity = 72.5%" {
		t.Errorf("stored %q", got)
	}
	p := scoretest.DefaultPlan()
	table, now := today(t, p)
	r := stored.Restore(table, p, now)
	t.Cleanup(r.Signals.Release)
	if len(r.Manual) != 2 || r.Manual[0].Row != 1 || r.Manual[0].Pillar != 1 || r.Manual[0].Value != 55 || r.Manual[1].Value != 0.725 {
		t.Errorf("%+v", r.Manual)
	}
	p.Pillars[1].Name, p.Pillars[1].Label = "service", "Service"
	if r := stored.Restore(table, p, now); r.Lapsed != 1 || len(r.Manual) != 1 {
		t.Errorf("a value of a pillar that is gone: %+v", r.Manual)
	}
}

// The same scores with other figures, because a setting changed, are another run:
// what was published first stays in force, and the newest run has its own.
func TestOtherFiguresAreAnotherRun(t *testing.T) {
	files, _ := open(t)
	s := snapshot(t, Published, 8)
	s.KPIs = map[string]KPI{"Renewals_at_risk_90d": {Value: 1, Num: 1, Den: 2}}
	first := keep(t, files, s)
	s.KPIs = map[string]KPI{"Renewals_at_risk_90d": {Value: 5, Num: 5, Den: 9}}
	second := keep(t, files, s)
	if len(second.Runs) != 2 || second.InForce != first.InForce || second.Reported().KPIs["Renewals_at_risk_90d"].Value != 1 {
		t.Errorf("%+v", second)
	}
	if newest := second.Runs[1]; newest.Digest != second.Current || newest.KPIs["Renewals_at_risk_90d"].Den != 9 {
		t.Errorf("%+v", newest)
	}
}

// An erased account leaves every snapshot and does not return with the next run.
func TestErase(t *testing.T) {
	ctx := context.Background()
	files, dir := open(t)
	s := snapshot(t, Published, 8)
	s.KPIs = map[string]KPI{"ARR_at_risk": {Value: 85_000}}
	keep(t, files, s)
	keep(t, files, snapshot(t, Rebuilt, 40))
	out, err := Erase(ctx, files, "history", "A-2")
	if err != nil || out != (Erasure{Snapshots: 2, Rows: 2}) {
		t.Fatalf("%+v, %v", out, err)
	}
	if got := load1(t, files); !slices.Equal(got.ID, []string{"00123"}) || got.Tenths[0] != 928 || got.Run.Erased != 1 {
		t.Errorf("%+v", got)
	}
	for _, sub := range []string{dir, filepath.Dir(dir)} {
		err := filepath.WalkDir(sub, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			src, err := os.ReadFile(path)
			if strings.Contains(string(src), "A-2") {
				t.Errorf("%s still names the account", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	erased, err := ReadErased(ctx, files, "history")
	if err != nil || erased.Len() != 1 || !erased.Has("A-2") || erased.Has("00123") {
		t.Fatalf("%+v, %v", erased, err)
	}
	runs, err := Keep(ctx, files, "history", s, erased)
	if err != nil || len(runs.Runs) != 2 || runs.Current != runs.InForce {
		t.Errorf("an equal rerun after the erasure: %+v, %v", runs, err)
	}
	if out, err := Erase(ctx, files, "history", "A-2"); err != nil || !out.Already || out.Snapshots != 0 {
		t.Errorf("again: %+v, %v", out, err)
	}
}

// A history of schema 1 is read: its figures without denominators, its values
// without segment, dates and hand-set values.
func TestSchemaOne(t *testing.T) {
	files, dir := open(t)
	run := filepath.Join(dir, "run=abcdef0123456789")
	if err := os.MkdirAll(run, 0o755); err != nil {
		t.Fatal(err)
	}
	pointer := `{"schema": 1, "as_of": "2026-06-30", "in_force": "abcdef0123456789ff", "current": "abcdef0123456789ff", "runs": [
		{"digest": "abcdef0123456789ff", "kind": "published", "framework": "d1", "framework_version": 1, "accounts": 1, "kpis": {"GRR": 0.93}}]}`
	if err := os.WriteFile(filepath.Join(dir, "_runs.json"), []byte(pointer), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(run, "snapshot.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	table := warehouse.NewFrame(1)
	table.Key("account_id", func(int) string { return "00123" })
	table.Text("class", func(int) string { return "customer" })
	table.Money("arr", func(int) float64 { return 120_000 })
	table.Number("signal_nps", func(int) float64 { return 9 })
	table.Text("state_nps", func(int) string { return "known" })
	table.Number("pillar_relationship", func(int) float64 { return 100 })
	table.Number("composite", func(int) float64 { return 71.25 })
	table.Number("score", func(int) float64 { return 71.3 })
	table.Text("status", func(int) string { return "Monitor" })
	table.Number("coverage", func(int) float64 { return 1 })
	table.Flag("provisional", func(int) bool { return false })
	if err := table.Write(f, warehouse.WriterOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s := load1(t, files)
	if s.Run.KPIs["GRR"] != (KPI{Value: 0.93}) || s.Dated || s.Tenths[0] != 713 {
		t.Fatalf("%+v", s)
	}
	p := scoretest.DefaultPlan()
	other, now := today(t, p)
	r := s.Restore(other, p, now)
	t.Cleanup(r.Signals.Release)
	if r.View.TenureMonths[1] != 9 || len(r.Rebuilt) != len(p.Signals)-1 || r.Reported.Tenths[1] != 713 || r.Reported.Weighted != nil {
		t.Errorf("%+v, %+v", r, r.Reported)
	}
	if v, ok := r.Signals.Value(scoretest.NPS, 1); !ok || v != 9 {
		t.Errorf("nps %v", v)
	}
	if _, err := Erase(context.Background(), files, "history", "nobody"); err != nil {
		t.Error(err)
	}
}

func TestADamagedSnapshotIsNamed(t *testing.T) {
	files, dir := open(t)
	runs := keep(t, files, snapshot(t, Published, 8))
	path := filepath.Join(dir, "run="+runs.InForce[:16], "snapshot.parquet")
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	_, err := Load(context.Background(), files, "history", day.Of(2026, 6, 30))
	if err == nil || !strings.Contains(err.Error(), "snapshot.parquet") {
		t.Errorf("%v", err)
	}
}

var _ Files = (*store.Router)(nil)

// The framework of a kept run is read back as it was; one that is lost is named.
func TestFrameworkOf(t *testing.T) {
	files, dir := open(t)
	runs := keep(t, files, snapshot(t, Published, 8))
	asOf := day.Of(2026, 6, 30)
	src, err := FrameworkOf(t.Context(), files, "history", asOf, runs.Reported())
	if err != nil || string(src) != "framework: account-health\n" {
		t.Fatalf("%q, %v", src, err)
	}
	if err := os.Remove(filepath.Join(dir, "run="+runs.InForce[:16], frameworkFile)); err != nil {
		t.Fatal(err)
	}
	if _, err = FrameworkOf(t.Context(), files, "history", asOf, runs.Reported()); err == nil || !strings.Contains(err.Error(), "framework.yaml") {
		t.Error(err)
	}
}
