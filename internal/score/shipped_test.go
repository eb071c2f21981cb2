package score_test

import (
	"math"
	"testing"

	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
)

// TestShippedTables compares the shipped default framework with the tables typed
// in from the scoring rules: every word, and numbers on and beside every boundary
// of either, must give the same points and severity.
func TestShippedTables(t *testing.T) {
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	got, want := fw.Plan, scoretest.DefaultPlan()
	for _, s := range got.Signals[len(want.Signals):] {
		if s.Kind != plan.Flag {
			t.Errorf("%s gives points, but is in no table", s.Name)
		}
	}
	if len(got.Pillars) != len(want.Pillars) || len(got.Rules) != 1 {
		t.Fatalf("%d pillars, %d rules", len(got.Pillars), len(got.Rules))
	}
	if got.Missing != want.Missing || got.Scale != want.Scale || got.Rules[0].Trend != want.Rules[0].Trend {
		t.Errorf("missing %+v, scale %v, trend %+v", got.Missing, got.Scale, got.Rules[0].Trend)
	}
	for i := range want.Pillars {
		if got.Pillars[i].Name != want.Pillars[i].Name || got.Rules[0].Weights[i] != want.Rules[0].Weights[i] {
			t.Errorf("pillar %s weighs %v", got.Pillars[i].Name, got.Rules[0].Weights[i])
		}
	}
	for i, b := range want.Rules[0].Bands {
		if got.Rules[0].Bands[i] != b {
			t.Errorf("band %+v, want %+v", got.Rules[0].Bands[i], b)
		}
	}
	for sig := range want.Signals {
		g, w := &got.Signals[sig], &want.Signals[sig]
		if g.Name != w.Name || g.Pillar != w.Pillar || g.Kind != w.Kind || g.Causable != w.Causable || g.Factor != w.Factor || g.MinTenureMonths != w.MinTenureMonths {
			t.Errorf("signal %s: pillar %d, kind %v, causable %v, factor %s, tenure %d", g.Name, g.Pillar, g.Kind, g.Causable, g.Factor, g.MinTenureMonths)
			continue
		}
		for word, name := range w.Words {
			k := scoretest.Word(got, sig, name).Value
			if a, b := rungAt(got, sig, k), rungAt(want, sig, float64(word)); a == nil || a.Points != b.Points || a.Severity != b.Severity {
				t.Errorf("%s %s: %+v, want %+v", w.Name, name, a, b)
			}
		}
		if w.IsWord() {
			continue
		}
		for _, p := range []*plan.Plan{got, want} {
			for _, r := range p.Rules[0].Ladders[sig] {
				for _, x := range []float64{r.Range.Lo - 1e-6, r.Range.Lo, r.Range.Lo + 1e-6, r.Range.Hi - 1e-6, r.Range.Hi, r.Range.Hi + 1e-6} {
					a, b := rungAt(got, sig, x), rungAt(want, sig, x)
					if (a == nil) != (b == nil) || a != nil && (a.Points != b.Points || a.Severity != b.Severity) {
						t.Errorf("%s %v: %+v, want %+v", w.Name, x, a, b)
					}
				}
			}
		}
	}
}

func rungAt(p *plan.Plan, sig int, x float64) *plan.Rung {
	for i := range p.Rules[0].Ladders[sig] {
		r := &p.Rules[0].Ladders[sig][i]
		if !p.Signals[sig].IsWord() && r.Range.Contains(plan.Round9(x)) {
			return r
		}
		for _, w := range r.Words {
			if float64(w) == x {
				return r
			}
		}
	}
	return nil
}

// TestShippedWorkedAccounts: the worked accounts hold under the shipped files.
// Literal sums: see TestClampedAccounts.
func TestShippedWorkedAccounts(t *testing.T) {
	for name, want := range map[string][2]int32{framework.Default: {928, 176}, framework.Literal: {700, 0}} {
		fw, err := framework.Shipped(name)
		if err != nil {
			t.Fatal(err)
		}
		r := scored(t, fw.Plan, score.Rows{}, scoretest.TechCorp(fw.Plan), scoretest.RetailMax(fw.Plan))
		if r.Tenths[0] != want[0] || r.Tenths[1] != want[1] {
			t.Errorf("%s: %d and %d tenths, want %v", name, r.Tenths[0], r.Tenths[1], want)
		}
	}
}

// TestShippedBoundaries: under every shipped framework, every row of every ladder
// is hit, and each boundary falls on the side that the row says, in the value
// itself and in the nearest values that rounding to nine decimals tells apart and
// does not.
func TestShippedBoundaries(t *testing.T) {
	for _, name := range framework.Names() {
		fw, err := framework.Shipped(name)
		if err != nil {
			t.Fatal(err)
		}
		p := fw.Plan
		for sig := range p.Signals {
			def, ladder := &p.Signals[sig], p.Rules[0].Ladders[sig]
			var values []float64
			for _, r := range ladder {
				for _, w := range r.Words {
					values = append(values, float64(w))
				}
				for _, b := range []float64{r.Range.Lo, r.Range.Hi} {
					if def.IsWord() || math.IsInf(b, 0) {
						continue
					}
					values = append(values, b, math.Nextafter(b, b-1), math.Nextafter(b, b+1), b-4e-10, b+4e-10, b-6e-10, b+6e-10, b-1e-6, b+1e-6)
				}
			}
			if len(values) == 0 {
				t.Fatalf("%s: %s has one row without a boundary", name, def.Name)
			}
			cells := make([][]scoretest.Cell, len(values))
			for i, x := range values {
				for k := range p.Signals {
					cells[i] = append(cells[i], on(&p.Rules[0].Ladders[k][0]))
				}
				cells[i][sig] = scoretest.Num(x)
			}
			r := scored(t, p, score.Rows{}, cells...)
			hit := make([]bool, len(ladder))
			for i, x := range values {
				want := rungAt(p, sig, x)
				k := r.Rung[sig][i]
				switch {
				case want == nil && k >= 0:
					t.Errorf("%s: %s %v is outside the domain but gives row %q", name, def.Name, x, ladder[k].Label)
				case want != nil && (k < 0 || &ladder[k] != want || r.Points(sig, i) != want.Points):
					t.Errorf("%s: %s %v gives row %d, want %q", name, def.Name, x, k, want.Label)
				}
				if k >= 0 {
					hit[k] = true
				}
			}
			for k := range ladder {
				if !hit[k] {
					t.Errorf("%s: %s: no value hit row %q", name, def.Name, ladder[k].Label)
				}
			}
		}
	}
}
