package assess

import (
	"math"
	"testing"
)

// Expected values: scipy.stats.fisher_exact(alternative="greater"), 1.17.1.
func TestFisherGreater(t *testing.T) {
	for _, c := range []struct {
		a, n, b, m int
		want       float64
	}{
		{8, 20, 10, 200, 2.7254076011028743e-05},
		{0, 5, 3, 50, 1},
		{5, 5, 1, 10, 0.001998001998001998},
		{30, 400, 60, 4000, 8.116058830221686e-11},
		{3, 10, 3, 10, 0.6857585139318885},
		{12, 1500, 700, 90000, 0.5013936074700488},
	} {
		got := FisherGreater(c.a, c.n, c.b, c.m)
		if !got.OK || math.Abs(got.Value-c.want) > 1e-7*c.want {
			t.Errorf("%d of %d against %d of %d: %v, want %v", c.a, c.n, c.b, c.m, got, c.want)
		}
	}
	for _, c := range [][4]int{{0, 0, 1, 5}, {1, 5, 0, 0}, {6, 5, 1, 5}, {-1, 5, 1, 5}} {
		if got := FisherGreater(c[0], c[1], c[2], c[3]); got.OK {
			t.Errorf("%v: %v", c, got)
		}
	}
}
