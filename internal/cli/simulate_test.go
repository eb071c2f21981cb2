package cli

import (
	"testing"

	measure "accounthealth/calibrate/assess"
)

// A difference of which nothing is left after rounding has no sign of its own.
func TestDifferencesThatRoundToNothing(t *testing.T) {
	e := measure.Estimate{Value: -0.0002, Lo: -0.0004, Hi: 0.0104, OK: true}
	if got := points(e); got != "+0.0" {
		t.Error(got)
	}
	if e.Interval = true; points(e) != "+0.0, +0.0 to +1.0" {
		t.Error(points(e))
	}
	if got := around(measure.Estimate{Value: -0.6, OK: true}, 1, "%+.3f"); got != "-0.600" {
		t.Error(got)
	}
}
