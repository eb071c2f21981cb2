package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/day"
)

const leastSettings = "version: 1\nsources:\n  accounts: {path: accounts}\n"

func TestControlTotals(t *testing.T) {
	s, err := Parse("health.yaml", []byte(leastSettings+`control_totals:
  as_of: 2026-06-30
  tolerance: 0.5%
  accounts: 1240
  arr: 45000000.25
  segments:
    Enterprise: {accounts: 210, arr: 30000000, tolerance: 1%}
  currencies:
    EUR: {arr: 1000000}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &ControlTotals{AsOf: day.Of(2026, 6, 30), Totals: []ControlTotal{
		{Accounts: 1240, ARR: 45000000.25, Tolerance: 0.005},
		{Segment: "Enterprise", Accounts: 210, ARR: 30000000, Tolerance: 0.01},
		{Currency: "EUR", Accounts: -1, ARR: 1000000, Tolerance: 0.005},
	}}
	if d := cmp.Diff(want, s.ControlTotals); d != "" {
		t.Error(d)
	}
	if s, err := Parse("health.yaml", []byte(leastSettings)); err != nil || s.ControlTotals != nil {
		t.Errorf("without a section: %+v, %v", s.ControlTotals, err)
	}
}

func TestControlTotalsMistakes(t *testing.T) {
	for section, want := range map[string]string{
		"control_totals: {tolerance: 1%}\n":                     "states no figure",
		"control_totals: {accounts: 3.5}\n":                     "not a whole number",
		"control_totals: {accounts: 3, segment: {A: 1}}\n":      `unknown key "segment"`,
		"control_totals: {segments: {A: {acounts: 3}}}\n":       `unknown key "acounts"`,
		"control_totals: {arr: 1, as_of: yesterday}\n":          "not a date",
		"control_totals: {arr: 1, currencies: {EUR: 1000.0}}\n": "not a map",
	} {
		if _, err := Parse("health.yaml", []byte(leastSettings+section)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", section, err, want)
		}
	}
}
