package history

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/store"
)

// snapshot is two accounts, TechCorp and RetailMax, as of 30 June 2026.
func snapshot(t *testing.T, kind Kind, login float64) *Snapshot {
	t.Helper()
	p := scoretest.DefaultPlan()
	p.Digest = "d1"
	asOf := day.Of(2026, 6, 30)
	cells := [][]scoretest.Cell{scoretest.TechCorp(p), scoretest.RetailMax(p)}
	cells[1][2] = scoretest.Num(login)
	signals := scoretest.Snapshot(p, asOf, cells)
	for i := range signals.Collected {
		signals.Collected[i] = true
	}
	t.Cleanup(signals.Release)
	scorer, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	res, err := scorer.Score(signals, score.Rows{})
	if err != nil {
		t.Fatal(err)
	}
	view := &population.View{AsOf: asOf, Class: make([]population.Class, 2), ARR: []float64{120_000, 85_000}}
	return &Snapshot{
		Table:  &population.Table{ID: []string{"00123", "A-2"}},
		Scored: Scored{View: view, Signals: signals, Result: res}, Framework: []byte("framework: account-health\n"), Kind: kind,
	}
}

func open(t *testing.T) (*store.Router, string) {
	t.Helper()
	dir := t.TempDir()
	files, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files, filepath.Join(dir, "history", "as_of=2026-06-30")
}

func keep(t *testing.T, files Files, s *Snapshot) *Runs {
	t.Helper()
	runs, err := Keep(context.Background(), files, "history", s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func TestTheFirstPublishedRunStaysInForce(t *testing.T) {
	files, _ := open(t)
	rebuilt := keep(t, files, snapshot(t, Rebuilt, 8))
	if rebuilt.InForce != "" || rebuilt.Current == "" || rebuilt.Reported() != nil {
		t.Fatalf("a rebuilt date must not be in force: %+v", rebuilt)
	}
	first := keep(t, files, snapshot(t, Published, 40))
	if first.InForce == "" || first.InForce != first.Current || len(first.Runs) != 2 {
		t.Fatalf("published: %+v", first)
	}
	second := keep(t, files, snapshot(t, Published, 3))
	if second.InForce != first.InForce || second.Current == first.Current || len(second.Runs) != 3 {
		t.Errorf("a later run of the date took over: %+v", second)
	}
	if second.Runs[2].Kind != Rebuilt {
		t.Errorf("a later run of the date is kept as %s", second.Runs[2].Kind)
	}
	if second.Reported().Digest != first.InForce {
		t.Error("Reported is not the run in force")
	}
}

func TestPublishingWhatWasRebuiltPutsItInForce(t *testing.T) {
	files, _ := open(t)
	keep(t, files, snapshot(t, Rebuilt, 8))
	s := snapshot(t, Published, 8)
	s.KPIs = map[string]KPI{"ARR_at_risk": {Value: 85_000, Num: 85_000, Den: 205_000}}
	runs := keep(t, files, s)
	if len(runs.Runs) != 2 || runs.Runs[1].Kind != Published || runs.Reported().KPIs["ARR_at_risk"].Value != 85_000 {
		t.Errorf("%+v", runs)
	}
}

func TestAnEqualRerunChangesNothing(t *testing.T) {
	files, dir := open(t)
	keep(t, files, snapshot(t, Published, 8))
	before, err := os.ReadFile(filepath.Join(dir, "_runs.json"))
	if err != nil {
		t.Fatal(err)
	}
	keep(t, files, snapshot(t, Published, 8))
	after, err := os.ReadFile(filepath.Join(dir, "_runs.json"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) || len(entries) != 2 {
		t.Errorf("a rerun changed the history: %d entries", len(entries))
	}
}

func TestADamagedOrNewerPointerIsRefused(t *testing.T) {
	for content, class := range map[string]diag.Class{"{": diag.Data, `{"schema": 99}`: diag.Config} {
		files, dir := open(t)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "_runs.json"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Keep(context.Background(), files, "history", snapshot(t, Published, 8), nil); diag.ClassOf(err) != class {
			t.Errorf("%s: %v", content, err)
		}
	}
}

// failing is a store on which the pointer cannot be written.
type failing struct{ *store.Router }

var errDisk = errors.New("the disk is full")

func (failing) WriteFile(context.Context, string, func(io.Writer) error) error { return errDisk }

func TestAFailedPointerLeavesTheDateAsItWas(t *testing.T) {
	files, dir := open(t)
	keep(t, files, snapshot(t, Published, 8))
	if _, err := Keep(context.Background(), failing{files}, "history", snapshot(t, Published, 40), nil); !errors.Is(err, errDisk) {
		t.Fatalf("err = %v", err)
	}
	src, err := os.ReadFile(filepath.Join(dir, "_runs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var runs Runs
	if err := json.Unmarshal(src, &runs); err != nil || len(runs.Runs) != 1 {
		t.Errorf("the pointer names %d runs: %v", len(runs.Runs), err)
	}
}
