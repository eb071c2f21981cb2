package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"accounthealth/internal/day"
	"accounthealth/internal/explain"
	"accounthealth/internal/job"
	"accounthealth/internal/store"
)

// Every account with a manual value says what was set, when, until when, why and
// by whom, and what it would score without; no other account mentions any.
func TestExplainManualValues(t *testing.T) {
	dir := t.TempDir()
	env := Env{Out: io.Discard, Err: t.Output(), Now: time.Now}
	if code := Run(t.Context(), env, []string{"sample", "--out", dir, "--accounts", "900", "--months", "15"}); code != 0 {
		t.Fatalf("sample exits with %d", code)
	}
	files, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	j, err := job.New(context.Background(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j.Settings.Calibration.Bootstrap = 0
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	values := r.Data.Overrides.At(j.AsOf)
	if len(values) == 0 {
		t.Fatal("the sample has no manual value")
	}
	source, err := r.Explain()
	if err != nil {
		t.Fatal(err)
	}
	named := map[int]bool{}
	p := j.Framework.Plan
	for _, v := range values {
		named[int(v.Row)] = true
		var out strings.Builder
		explained(t, &out, source, int(v.Row))
		for _, want := range []string{
			fmt.Sprintf("set by hand on %s: %s = %s until %s (%s, %s)\n", day.Format(v.From), v.Target(p), v.Text(p), day.Format(v.Until), v.Reason, v.Author),
			"from the data alone: score ",
			fmt.Sprintf("%.2f", v.Value),
			"set by hand  ", // the pillar's key factor
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in:\n%s", want, out.String())
			}
		}
	}
	for row := range 50 {
		var out strings.Builder
		explained(t, &out, source, row)
		if !named[row] && strings.Contains(out.String(), "by hand") {
			t.Errorf("a manual value leaked:\n%s", out.String())
		}
	}
}

func explained(t *testing.T, w io.Writer, source *explain.Source, row int) {
	t.Helper()
	card, err := source.Of(row)
	if err != nil {
		t.Fatal(err)
	}
	cardText(w, card)
}
