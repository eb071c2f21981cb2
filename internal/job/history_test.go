package job

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/store"
)

// A quarter is published under one framework and the next one scored under
// another, from exports that say something else of the first by then. What was
// published stands as reported; the change splits into the new weights and what
// the accounts did, and sums exactly.
func TestChangeSincePublishedUnderOtherWeights(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "testdata", "exports", "small"))); err != nil {
		t.Fatal(err)
	}
	files, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	at := func(date string, weights []float64) *Result {
		t.Helper()
		j, err := New(context.Background(), files, "health.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if j.AsOf, err = day.Parse(date); err != nil {
			t.Fatal(err)
		}
		j.Settings.Calibration.Bootstrap = 0
		if weights != nil {
			if j.Framework, err = j.Framework.WithWeights(weights); err != nil {
				t.Fatal(err)
			}
		}
		r, err := j.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Release)
		return r
	}
	before := at("2026-03-31", nil)
	before.Gate = nil // the exports are newer than the date
	timings := func() map[string]float64 { return nil }
	if err := before.Publish(t.Context(), timings); err != nil {
		t.Fatal(err)
	}
	then, _ := before.Scores.At(before.Job.AsOf)
	reported := map[string]portfolio.Figure{}
	for _, k := range before.Portfolio.KPIs {
		reported[k.Key] = k.Now
	}

	other := []float64{0.1, 0.1, 0.1, 0.7}
	r := at("2026-06-30", other)
	prior, _ := r.Scores.At(r.Scores.Dates.Compare)
	if prior.Rebuilt || r.Scores.Dates.Compare != before.Job.AsOf {
		t.Fatal("the published quarter is not used")
	}
	for _, k := range r.Portfolio.KPIs {
		want := reported[k.Key]
		if k.Prior.Value != want.Value || k.Prior.Num != want.Num || k.Prior.Den != want.Den {
			t.Errorf("%s as reported is %+v, was %+v", k.Key, k.Prior, want)
		}
	}
	now, _ := r.Scores.At(r.Job.AsOf)
	path, err := r.Job.change(r.Data, r.Scores, r.Scores.Dates.Compare, r.Job.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	framework := 0
	for _, m := range path.Moves() {
		i := before.Data.Table.Lookup(r.Data.Table.ID[m.Row])
		if m.From != then.Result.Tenths[i] || m.To != now.Result.Tenths[m.Row] {
			t.Errorf("%s: from %d, published %d", r.Data.Table.ID[m.Row], m.From, then.Result.Tenths[i])
		}
		if m.By[0]+m.By[1]+m.By[2]+m.By[3] != m.Delta() {
			t.Errorf("%+v does not sum to %d", m, m.Delta())
		}
		restated := 0.0
		for k, w := range other { // coverage is full for most accounts of the sample
			restated += w * then.Result.Pillars[k][i]
		}
		if then.Result.Coverage[i] == 1 && math.Abs(restated-then.Result.Composite[i]-float64(m.By[compare.Framework])/10) > 0.1+1e-9 {
			t.Errorf("%s: the weights alone give %v, the framework's part is %d tenths", r.Data.Table.ID[m.Row], restated-then.Result.Composite[i], m.By[compare.Framework])
		}
		if m.By[compare.Framework] != 0 {
			framework++
		}
	}
	if framework < 10 {
		t.Errorf("only %d accounts changed by the framework", framework)
	}
	published := r.Scores.Published(r.Scores.Dates.Compare)
	var accounts int64
	for _, s := range published.Statuses {
		accounts += s.Accounts
	}
	if int64(reported["Accounts_scored"].Value) != accounts {
		t.Errorf("%d accounts as published, %v scored then", accounts, reported["Accounts_scored"])
	}
	if i := slices.IndexFunc(r.Portfolio.History, func(h portfolio.HistoryPoint) bool { return h.AsOf == before.Job.AsOf }); i < 0 || r.Portfolio.History[i].Rebuilt {
		t.Error("the published quarter is shown as rebuilt")
	}

	// Under the same framework nothing is the framework's.
	same := at("2026-06-30", nil)
	path, err = same.Job.change(same.Data, same.Scores, same.Scores.Dates.Compare, same.Job.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range path.Moves() {
		if m.By[compare.Framework] != 0 {
			t.Errorf("%s: %+v", same.Data.Table.ID[m.Row], m)
		}
	}
	// The same bytes again, though the history now holds the date.
	var one, two bytes.Buffer
	if err := before.Files()[0].Write(&one); err != nil {
		t.Fatal(err)
	}
	if err := at("2026-03-31", nil).Files()[0].Write(&two); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("a rerun of a published date gives other scores")
	}
}
