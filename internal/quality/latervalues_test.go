package quality

import (
	"slices"
	"testing"

	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
)

// Values that come after their row are empty on every newest day: that is not a day
// that fell to zero. Zeros are, and so is a day that had two weeks to fill.
func TestZeroDaysOfLaterValues(t *testing.T) {
	rules := framework.Audit{Window: 28, ZeroShare: 0.95, ZeroUsual: 0.5, ZeroRows: 20}
	days := func(at map[int]dayCount) ledger {
		l := make(ledger, horizon(rules.Window))
		for ago := range l {
			l[ago] = dayCount{rows: 40, empty: 10}
			if d, ok := at[ago]; ok {
				l[ago] = d
			}
		}
		return l
	}
	none := func(int) bool { return false }
	for _, c := range []struct {
		name  string
		at    map[int]dayCount
		later []int
		now   []int
	}{
		{"the newest day is empty", map[int]dayCount{0: {rows: 40, empty: 40}}, nil, []int{0}},
		{"an old day is empty", map[int]dayCount{20: {rows: 40, empty: 40}}, []int{20}, []int{20}},
		{"the newest day is zero", map[int]dayCount{0: {rows: 40, zeros: 39}}, []int{0}, []int{0}},
		{"few values are there, all of them zero", map[int]dayCount{3: {rows: 40, zeros: 5, empty: 35}}, nil, []int{3}},
	} {
		l := days(c.at)
		if got := l.zeroDays(rules, none, true); !slices.Equal(got, c.later) {
			t.Errorf("%s, later: %v, want %v", c.name, got, c.later)
		}
		if got := l.zeroDays(rules, none, false); !slices.Equal(got, c.now) {
			t.Errorf("%s: %v, want %v", c.name, got, c.now)
		}
	}
}

// A loss with its days reversed is not left out, and the list of findings says so.
func TestTreatmentOfReversedLosses(t *testing.T) {
	if got := treatment("churn", diag.Reversed); got != "the loss counts, decided on its last day of service" {
		t.Error(got)
	}
	if got := treatment("subscriptions", diag.Reversed); got != "row left out" {
		t.Error(got)
	}
}
