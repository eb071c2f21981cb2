package calibrate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// expNegative agrees with math.Exp to a few units in the last place.
func TestExpNegative(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 400_000 {
		x := -rng.Float64() * []float64{1e-9, 1e-3, 1, 40, 750}[i%5]
		got, want := expNegative(x), math.Exp(x)
		if d := math.Abs(got - want); d > 4e-16*want && d > 1e-300 {
			t.Fatalf("exp(%g) = %.17g, want %.17g", x, got, want)
		}
	}
	for x, want := range map[float64]float64{0: 1, math.Inf(-1): 0, -1000: 0} {
		if got := expNegative(x); got != want {
			t.Errorf("exp(%g) = %g", x, got)
		}
	}
	if !math.IsNaN(expNegative(math.NaN())) {
		t.Error("exp(NaN) is a number")
	}
}

// The kernel for four pillars gives the figures of the general loop.
func TestKernelAgreesWithTheGeneralLoop(t *testing.T) {
	s := simulate(300, 6, 3, []float64{.4, .3, .2, .1}, 1.5, .08, 9)
	f := newFrame(s)
	for _, by := range []Intercepts{ByPeriodAndSegment, Single} {
		d := newDesign(f, s.X, f.complete, by)
		mult := make([]int32, d.accounts)
		draw(mult, strata(f, d), 1, 3)
		mult[0] = 70 // beyond what the product takes
		ft := newFitter(d)
		ft.prepare(d, mult)
		for i := range ft.b {
			ft.b[i] = .3 * float64(i-1)
		}
		want := newFitter(d)
		want.prepare(d, mult)
		copy(want.a, ft.a)
		copy(want.b, ft.b)
		want.general(d, mult)
		check := func(what string) {
			t.Helper()
			near := func(name string, a, b []float64) {
				for i := range a {
					if math.Abs(a[i]-b[i]) > 1e-11*(1+math.Abs(b[i])) {
						t.Errorf("%v %s: %s[%d] = %g, want %g", by, what, name, i, a[i], b[i])
					}
				}
			}
			near("loss", []float64{ft.loss}, []float64{want.loss})
			near("ga", ft.ga, want.ga)
			near("gb", ft.gb, want.gb)
			near("haa", ft.haa, want.haa)
			near("hab", ft.hab, want.hab)
			near("hbb", ft.hbb, want.hbb)
		}
		ft.evaluate(d, mult)
		check("rows")
		for j := range want.residual {
			if math.Abs(ft.residual[j]-want.residual[j]) > 1e-15 {
				t.Fatalf("residual %d: %g, want %g", j, ft.residual[j], want.residual[j])
			}
		}
	}
}

// below draws what Rand draws, powers of two and sizes that reject included.
func TestBelow(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 7, 1000, 1 << 20, 118_123, 1<<63 + 1, 1<<64 - 1} {
		var source rand.PCG
		source.Seed(n, 5)
		rng := rand.New(rand.NewPCG(n, 5))
		for range 200 {
			if got, want := below(&source, n), rng.Uint64N(n); got != want {
				t.Fatalf("below %d: %d, want %d", n, got, want)
			}
		}
	}
}
