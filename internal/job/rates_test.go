package job

import (
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"accounthealth/internal/portfolio"
	"accounthealth/internal/sample"
	"accounthealth/internal/store"
)

// foreign runs the job on a warehouse in which a share of the accounts is billed
// in other currencies than the reporting one; edit may change its settings, and
// rates are more rows of fx_rates, "currency,date,rate".
func foreign(t *testing.T, share float64, edit func(string) string, rates ...string) (*Result, *sample.Manifest) {
	t.Helper()
	opt := sample.Options{Accounts: 120, Months: 18, Foreign: share}
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
	if len(rates) > 0 {
		err := files.WriteFile(t.Context(), "exports/fx_rates/part-later.csv", func(w io.Writer) error {
			_, err := io.WriteString(w, "currency,date,rate\n"+strings.Join(rates, "\n")+"\n")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
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
	r, m := foreign(t, 0.5, func(s string) string { return s })
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

	r, m = foreign(t, 0.5, func(s string) string {
		i := strings.Index(s, "  fx_rates:")
		return s[:i] + s[i+strings.Index(s[i:], "\n\n"):]
	})
	if got, want := r.Portfolio.Tie.ReportedARR, float64(m.ARR["USD"])/100; math.Abs(got-want) > 0.01 {
		t.Errorf("without rates %.2f is reported, %.2f is in the reporting currency", got, want)
	}
	warned, counted := false, false
	for _, w := range r.Portfolio.Warnings {
		warned = warned || w.Code == "arr_unknown"
		counted = counted || w.Code == "findings" && strings.Contains(w.Text, "no rate in currency")
		if w.Code == "findings" && strings.Contains(w.Text, "_rate") {
			t.Errorf("a key instead of words: %s", w.Text)
		}
	}
	if !warned || !counted {
		t.Errorf("unknown amounts are not mentioned: %v", r.Portfolio.Warnings)
	}
}

// A rate of a later day is not known yet: it changes nothing, and is no invalid row.
func TestRatesAfterTheAsOfDateAreNotInvalid(t *testing.T) {
	r, _ := foreign(t, 0.5, func(s string) string { return s }, "EUR,2026-07-01,99", "GBP,2027-01-01,99")
	if rate := r.Data.rates.at(r.Job.AsOf)["EUR"]; rate == 99 || rate == 0 {
		t.Errorf("the rate of EUR is %v", rate)
	}
	q := r.Portfolio.Quality
	for _, s := range q.Sources {
		if s.Name == "fx_rates" && s.Invalid.Num != 0 {
			t.Errorf("%v rows of fx_rates are invalid", s.Invalid.Num)
		}
	}
	columns, found := 0, int64(0)
	for _, c := range q.Columns {
		if c.Source == "fx_rates" && c.Name == "date" {
			columns++
			if c.Later != 2 || c.Invalid != 0 || c.Last > r.Job.AsOf {
				t.Errorf("%d later, %d invalid, last %d", c.Later, c.Invalid, c.Last)
			}
		}
	}
	for _, f := range q.Findings {
		if f.Source == "fx_rates" {
			found += f.Count
			if f.Code != "future_date" || !strings.HasPrefix(f.Examples[0], "part-later.csv row 1") {
				t.Errorf("finding %+v", f)
			}
		}
	}
	if columns != 1 || found != 2 {
		t.Errorf("%d columns, %d findings", columns, found)
	}
}

// Comparisons are in constant currency: where every rate doubles on the last day,
// every amount of both days does, the rest of the bridge is a step of its own, and
// retention stays.
func TestComparisonsAreInConstantCurrency(t *testing.T) {
	same := func(s string) string { return s }
	was, m := foreign(t, 1, same)
	if len(m.ARR) < 2 || m.ARR["USD"] > 0 {
		t.Fatalf("ARR %v", m.ARR)
	}
	var rates []string
	for currency := range m.ARR {
		rates = append(rates, currency+",2026-06-30,"+double(was, currency))
	}
	now, _ := foreign(t, 1, same, rates...)
	a, b := was.Portfolio, now.Portfolio
	cent := func(what string, got, want float64) {
		if math.Abs(got-want) > 0.5 || want == 0 {
			t.Errorf("%s: %.2f, want %.2f", what, got, want)
		}
	}
	cent("ARR", b.Tie.ReportedARR, 2*a.Tie.ReportedARR)
	if b.Tie.DifferenceARR != 0 || b.Tie.DifferenceAccounts != 0 {
		t.Errorf("tie-out differs by %.2f and %d", b.Tie.DifferenceARR, b.Tie.DifferenceAccounts)
	}
	if len(a.Bridges) == 0 || len(b.Bridges) != len(a.Bridges) {
		t.Fatalf("%d and %d bridges", len(a.Bridges), len(b.Bridges))
	}
	for i, x := range a.Bridges {
		y := b.Bridges[i]
		for k, step := range x.Steps {
			switch step.Key {
			case "opening":
				cent(x.Name+" opening", y.Steps[k].ARR, step.ARR)
			case "currency":
				cent(x.Name+" currency", y.Steps[k].ARR, 2*step.ARR+x.Step("opening").ARR)
			default:
				if step.ARR != 0 || y.Steps[k].ARR != 0 {
					cent(x.Name+" "+step.Key, y.Steps[k].ARR, 2*step.ARR)
				}
			}
		}
		for name, pair := range map[string][2]portfolio.Figure{"Logo": {x.Logo, y.Logo}, "GRR": {x.GRR, y.GRR}, "NRR": {x.NRR, y.NRR}} {
			if !pair[0].Defined || math.Abs(pair[0].Value-pair[1].Value) > 1e-6 {
				t.Errorf("%s %s: %v, was %v", x.Name, name, pair[1].Value, pair[0].Value)
			}
		}
	}
}

// double is twice the rate in force.
func double(r *Result, currency string) string {
	return strconv.FormatFloat(2*r.Data.rates.at(r.Job.AsOf)[currency], 'f', -1, 64)
}
