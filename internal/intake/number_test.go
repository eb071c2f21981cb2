package intake

import "testing"

// Amounts of a million are written out.
func TestFormatNumber(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 1e6: "1000000", 1234567.89: "1234567.89", -2.5e9: "-2500000000", 0.1: "0.1", 1e-7: "0.0000001", 1e-12: "1e-12", 1e300: "1e+300", 9007199254740993: "9.007199254740992e+15",
	} {
		if got := FormatNumber(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}
