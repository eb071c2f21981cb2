//go:build long

package job

import (
	"math"
	"testing"

	"accounthealth/internal/sample"
)

// Over 20 sample warehouses whose churn is driven by the current weights, the
// decision rule must keep them in at least 18; over 20 whose churn is driven by
// other weights, the refit must move towards those. Minutes long: make test-long.
func TestLongDecisionOnSampleWarehouses(t *testing.T) {
	const seeds = 20
	kept, toward := 0, 0
	for seed := uint64(1); seed <= seeds; seed++ {
		fair := calibrated(t, sample.Options{Seed: seed, Truth: sample.Current()})
		if largest(fair.Calibration.Decision.Change) == 0 {
			kept++
		}
		moved := calibrated(t, sample.Options{Seed: seed, Truth: sample.Shifted()})
		gap := func(w func(k int) float64) (d float64) {
			for k, truth := range sample.Shifted().Weights {
				d += math.Abs(w(k) - truth)
			}
			return d
		}
		now := gap(func(k int) float64 { return moved.Calibration.Current[k] })
		refit := gap(func(k int) float64 { return moved.Calibration.Refit.Pillars[k].Shrunk.Value })
		if refit < now {
			toward++
		}
		t.Logf("seed %d: fair %s, shifted %s %v", seed, fair.Calibration.Decision.Verdict, moved.Calibration.Decision.Verdict, moved.Calibration.Decision.PerCent)
	}
	if kept < 18 {
		t.Errorf("the weights were kept in %d of %d warehouses whose truth they are", kept, seeds)
	}
	if toward < seeds {
		t.Errorf("the refit moved towards the truth in %d of %d warehouses", toward, seeds)
	}
}

func largest(change []float64) (m float64) {
	for _, c := range change {
		m = max(m, math.Abs(c))
	}
	return m
}

func calibrated(t *testing.T, opt sample.Options) *Result {
	t.Helper()
	j, err := New(t.Context(), sampled(t, opt), "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j.Settings.Calibration.Bootstrap = 0 // the weights do not depend on it
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Release)
	return r
}
