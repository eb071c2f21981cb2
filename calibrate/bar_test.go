package calibrate

import (
	"fmt"
	"testing"

	"accounthealth/calibrate/assess"
)

// The hand sample has 9 published rows, 5 of them churned; 3 of the 8 scored
// ones are flagged, of which 2 of the 4 scored losses.
func TestBars(t *testing.T) {
	k := mustAudit(t, handAudit()).Published
	judge := func(b Bars) string {
		var out []string
		for _, c := range k.Against(b) {
			out = append(out, fmt.Sprint(c.Assessed, " ", c.Passed, " ", c.Reason))
		}
		return fmt.Sprint(out)
	}
	if got := judge(Bars{}); got != "[]" {
		t.Errorf("nothing was asked: %s", got)
	}
	if got, want := judge(Bars{Recall: .5, Alerts: .3}), "[true true 2 of 4 (50%, interval 15% to 85%), the bar is 50% true false 3 of 8 (38%, interval 14% to 69%), the bar is 30%]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := judge(Bars{Lift: 1.5}), "[true false 2 of 3 flagged churned, 1.33 times the base rate, the bar is 1.50]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	k.AUC = assess.Estimate{Value: .7, N: 8, OK: true} // all accounts of one parent
	if got, want := judge(Bars{AUC: .6}), "[true true 0.700 over 8 rows (without an interval), the bar is 0.600]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s := handAudit()
	s.Y = make([]bool, len(s.Y)) // nobody churned: nothing to be worse than
	for _, c := range mustAudit(t, s).Published.Against(Bars{Recall: .9, Lift: 9, AUC: .9, Monotone: true}) {
		if c.Assessed || !c.Passed {
			t.Errorf("%+v", c)
		}
	}
}
