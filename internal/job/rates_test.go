package job

import (
	"io"
	"math"
	"strings"
	"testing"

	"accounthealth/internal/sample"
	"accounthealth/internal/store"
)

// foreign runs the job on a warehouse in which half the accounts are billed in
// other currencies than the reporting one; edit may change its settings.
func foreign(t *testing.T, edit func(string) string) (*Result, *sample.Manifest) {
	t.Helper()
	opt := sample.Options{Accounts: 120, Months: 18, Foreign: 0.5}
	files, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	staging, err := files.Stage(t.Context(), "exports")
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := sample.Generate(t.Context(), staging, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := staging.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	settings, err := sample.HealthYAML(opt)
	if err != nil {
		t.Fatal(err)
	}
	err = files.WriteFile(t.Context(), "health.yaml", func(w io.Writer) error {
		_, err := io.WriteString(w, edit(string(settings)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	j, err := New(t.Context(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j.Settings.Calibration.Bootstrap = 0
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Release)
	return r, manifest
}

// Amounts of other currencies enter sums at their newest rate, and without a
// rate they enter none.
func TestCurrenciesAreNeverAddedWithoutARate(t *testing.T) {
	r, m := foreign(t, func(s string) string { return s })
	var all, want float64
	for currency, cents := range m.ARR {
		rate := 1.0
		if currency != "USD" {
			rate = r.Data.rates.at(r.Job.AsOf)[currency]
		}
		if rate == 0 {
			t.Fatalf("no rate for %s", currency)
		}
		all += float64(cents) / 100
		want += float64(cents) / 100 * rate
	}
	got := r.Portfolio.Tie.ReportedARR
	if len(m.ARR) < 2 || math.Abs(all-want) < 1000 || math.Abs(got-want) > 1 {
		t.Errorf("reported %.2f, at the newest rates %.2f, as they are %.2f", got, want, all)
	}

	r, m = foreign(t, func(s string) string {
		i := strings.Index(s, "  fx_rates:")
		return s[:i] + s[i+strings.Index(s[i:], "\n\n"):]
	})
	if got, want := r.Portfolio.Tie.ReportedARR, float64(m.ARR["USD"])/100; math.Abs(got-want) > 0.01 {
		t.Errorf("without rates %.2f is reported, %.2f is in the reporting currency", got, want)
	}
	warned := false
	for _, w := range r.Portfolio.Warnings {
		warned = warned || w.Code == "arr_unknown"
	}
	if !warned {
		t.Error("unknown amounts are not mentioned")
	}
}
