package explain

import "testing"

// A trend is restated under the framework in force now, so what another framework
// made of the score neither counts nor explains it.
func TestSinceLeavesTheFrameworkOut(t *testing.T) {
	drivers := []Driver{
		{Part: "framework", Points: -6.8, What: "Product by the framework's rules"},
		{Part: "data", Points: 4, What: "the other signals weigh otherwise"},
		{Part: "behaviour", Points: -3, What: "No executive sponsor is active", Event: "2026-06-04"},
		{Part: "behaviour", Points: -1, What: "NPS: passive"},
	}
	for _, c := range []struct {
		change float64
		want   string
	}{
		{-4.3, "down 4.3 since 2026-06-04: no executive sponsor is active (-3.0)"},
		{2, "up 2.0: the other signals weigh otherwise (+4.0)"},
		{0, ""},
	} {
		if got := since(c.change, drivers); got != c.want {
			t.Errorf("since(%v) = %q, want %q", c.change, got, c.want)
		}
	}
	if got := since(-6.8, drivers[:2]); got != "" {
		t.Errorf("with the framework's part alone: %q", got)
	}
}
