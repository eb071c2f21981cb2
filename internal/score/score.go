package score

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"accounthealth/internal/diag"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/signal"
)

// Score scores every row of a snapshot. The result does not depend on the number
// of processors.
//
// It fails with class Config when fewer than two pillars can be measured or the
// snapshot was computed for other signals, and with class Internal when rows has
// another length than the snapshot or names rules the plan does not have.
func (s *Scorer) Score(snap *signal.Snapshot, rows Rows) (*Result, error) {
	cols, err := s.bind(snap)
	if err != nil {
		return nil, err
	}
	n := snap.Rows()
	if err := s.checkRows(rows, n); err != nil {
		return nil, err
	}
	res := newResult(s.plan, snap.AsOf, n, rows.Brief)
	copy(res.Rules, rows.Rules)
	res.Manual = rows.Manual

	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk) {
		wg.Go(func() {
			k := s.newKernel(cols, rows, snap.Flawed, res)
			for {
				lo := int(next.Add(chunk)) - chunk
				if lo >= n {
					return
				}
				k.run(lo, min(chunk, n-lo), lo)
			}
		})
	}
	wg.Wait()
	return res, nil
}

func (s *Scorer) checkRows(rows Rows, n int) error {
	for _, l := range []struct {
		name string
		n    int
	}{{"rules", len(rows.Rules)}, {"hold", len(rows.Hold)}, {"out", len(rows.Out)}} {
		if l.n != 0 && l.n != n {
			return diag.Errorf(diag.Internal, "rows", "hand in one entry a row", "%s has %d entries for %d accounts", l.name, l.n, n)
		}
	}
	for i, r := range rows.Rules {
		if int(r) >= len(s.rules) {
			return diag.Errorf(diag.Internal, "rows", "resolve rules with the same framework", "account %d has rules %d of %d", i, r, len(s.rules))
		}
	}
	return s.checkManual(rows.Manual, n)
}

func (s *Scorer) checkManual(manual []overrides.Value, n int) error {
	for i, v := range manual {
		sound := v.Row >= 0 && int(v.Row) < n && (i == 0 || manual[i-1].Row <= v.Row)
		if v.Signal == overrides.None {
			sound = sound && v.Pillar >= 0 && v.Pillar < len(s.plan.Pillars) && v.Value >= 0 && v.Value <= 100
		}
		if !sound {
			return diag.Errorf(diag.Internal, "rows", "hand in pillar scores from 0 to 100, sorted by row",
				"value %d set by hand is for row %d of %d, pillar %d, score %v", i, v.Row, n, v.Pillar, v.Value)
		}
	}
	return nil
}

func newResult(p *plan.Plan, asOf int32, n int, brief bool) *Result {
	pillars, signals := len(p.Pillars), len(p.Signals)
	r := newColumns(p, n)
	r.AsOf = asOf
	r.Pillars, r.Rung = columnsOf[float64](pillars, n), columnsOf[int8](signals, n)
	if !brief {
		r.PillarCoverage, r.Weights = columnsOf[float64](pillars, n), columnsOf[float64](pillars, n)
		r.Low, r.High = make([]float64, n), make([]float64, n)
		r.PillarKnown, r.Ceiling = columnsOf[float64](pillars, n), make([]int8, n)
		r.Contribution, r.Cost = columnsOf[float64](signals, n), columnsOf[float64](signals, n)
	}
	return r
}

// newPage makes the part of a result that streams fill.
func newPage(p *plan.Plan, n int) *Result {
	r := newColumns(p, n)
	r.ranks, r.low, r.high = columnsOf[int32](len(p.Pillars), n), make([]int32, n), make([]int32, n)
	return r
}

// newColumns makes what every result holds.
func newColumns(p *plan.Plan, n int) *Result {
	return &Result{
		Plan: p, Rules: make([]uint8, n), Composite: make([]float64, n), Tenths: make([]int32, n), Headline: make([]int16, n),
		Status: make([]int8, n), Coverage: make([]float64, n), Provisional: make([]bool, n), Capped: make([]bool, n),
		DependsOnMissing: make([]bool, n), CappedBy: slices.Repeat([]int8{-1}, n),
	}
}

// columnsOf makes k columns of n rows in one piece.
func columnsOf[T any](k, n int) [][]T {
	all, out := make([]T, k*n), make([][]T, k)
	for i := range out {
		out[i] = all[i*n : (i+1)*n : (i+1)*n]
	}
	return out
}
