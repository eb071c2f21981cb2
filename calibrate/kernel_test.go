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

// The kernel for four pillars gives the figures of the general loop, row by row
// and from the sums of runs.
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
		sums := ft.sums4(d)
		if (sums == nil) != (by != Single) {
			t.Errorf("%v: sums of %d runs for %d rows: %v", by, len(d.runs), len(d.row), sums != nil)
		}
		if sums != nil {
			ft.evaluateAt(d, mult, sums)
			check("runs")
		}
	}
}

// A resumed refit is the refit: the same slopes, covariance, Wald statistic and
// shrinkage as one that begins anew and goes on until nothing changes.
func TestResumedRefitIsTheRefit(t *testing.T) {
	s := simulate(20_000, 9, 1, []float64{.45, .1, .15, .3}, 0.9, .09, 5)
	f := newFrame(s)
	sub := newSubject(f, f.complete, s.Weights, Single)
	ft := newFitter(sub.d)
	ft.refit(sub.d, nil, sub.to, nil, exact, newEstimate(4))
	start := sub.unconstrainedOrigin(ft)
	if start.third == nil {
		t.Fatal("the design is not resumed")
	}
	groups, mult := strata(f, sub.d), make([]int32, sub.d.accounts)
	got, want := newEstimate(4), newEstimate(4)
	resumed := 0
	for r := range 12 {
		draw(mult, groups, 3, r)
		if _, ok := ft.try(sub.d, mult, start, make([]float64, 16)); ok {
			resumed++
		}
		ft.refit(sub.d, mult, sub.to, start, rough, got)
		newFitter(sub.d).refit(sub.d, mult, sub.to, nil, exact, want)
		for i := range 4 {
			if d := math.Abs(got.beta[i] - want.beta[i]); d > 1e-9*math.Abs(want.beta[i]) {
				t.Errorf("%d: slope %d is off by %g of %g", r, i, d, want.beta[i])
			}
			if d := math.Abs(got.shrunk[i] - want.shrunk[i]); d > 1e-7 {
				t.Errorf("%d: weight %d is off by %g", r, i, d)
			}
			for j := range 4 {
				if d := math.Abs(got.cov[i*4+j] - want.cov[i*4+j]); d > 1e-6*math.Sqrt(want.cov[i*5]*want.cov[j*5]) {
					t.Errorf("%d: covariance %d %d is off by %g", r, i, j, d)
				}
			}
		}
		if math.Abs(got.wald-want.wald) > 1e-6*want.wald || got.clusters != want.clusters {
			t.Errorf("%d: Wald %g, want %g; clusters %g, want %g", r, got.wald, want.wald, got.clusters, want.clusters)
		}
	}
	if resumed < 3 {
		t.Errorf("%d of 12 resamples were resumed: the test says nothing", resumed)
	}
}

func (f *fitter) try(d *design, mult []int32, start *origin, cov []float64) (float64, bool) {
	f.prepare(d, mult)
	copy(f.a, start.a)
	copy(f.b, start.b)
	return f.resume(d, mult, start, cov)
}
