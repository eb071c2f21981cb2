package calibrate

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// simulate draws a panel with known truth: logit P(churn) = a - b (w x), pillar
// scores with an account effect, on a 0-100 scale in tenths.
func simulate(accounts, periods, segments int, w []float64, intercept, slope float64, seed uint64) *Sample {
	rng := rand.New(rand.NewPCG(seed, 1))
	k := len(w)
	s := &Sample{X: make([][]float64, k)}
	for j := range k {
		s.Pillars = append(s.Pillars, string(rune('a'+j)))
		s.Weights = append(s.Weights, 1/float64(k))
	}
	for g := range segments {
		s.Segments = append(s.Segments, string(rune('A'+g)))
	}
	for p := range periods {
		s.Periods = append(s.Periods, string(rune('0'+p)))
	}
	for a := range accounts {
		level := make([]float64, k)
		for j := range level {
			level[j] = 60 + 12*rng.NormFloat64()
		}
		arr := math.Exp(9 + rng.NormFloat64())
		for p := range periods {
			eta := intercept + 0.1*float64(p%3)
			for j := range k {
				x := math.Round(10*max(0, min(100, level[j]+10*rng.NormFloat64()))) / 10
				s.X[j] = append(s.X[j], x)
				eta -= slope * w[j] * x
			}
			y := rng.Float64() < 1/(1+math.Exp(-eta))
			s.Y = append(s.Y, y)
			s.Account = append(s.Account, int32(a))
			s.Period = append(s.Period, int32(p))
			s.Segment = append(s.Segment, int32(a%segments))
			s.ARR = append(s.ARR, arr)
			if y {
				break
			}
		}
	}
	return s
}

// BenchmarkBootstrap: 1000 account resamples of 16,000 rows, 4 pillars, 8 dates
// and 3 segments, refitted and shrunk.
func BenchmarkBootstrap(b *testing.B) {
	s := simulate(2240, 8, 3, []float64{.45, .1, .15, .3}, 1.6, .09, 5)
	f := newFrame(s)
	sub := newSubject(f, f.complete, s.Weights, ByPeriodAndSegment)
	ft := newFitter(sub.d)
	e := newEstimate(4)
	ft.refit(sub.d, nil, sub.to, nil, exact, e)
	start := ft.origin()
	b.Logf("%d rows, %d churned", f.n, f.churnedAccounts(f.complete))
	for b.Loop() {
		if _, err := sub.bootstrap(context.Background(), 1000, 1, 2, 10, start); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRun: everything but the bootstrap, on 16,000 rows.
func BenchmarkRun(b *testing.B) {
	s := simulate(2240, 8, 3, []float64{.45, .1, .15, .3}, 1.6, .09, 5)
	for b.Loop() {
		mustRun(b, s, Options{Replicates: -1})
	}
}
