package advise

import (
	"runtime"
	"sync"
	"sync/atomic"

	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// Raise is how many tenths of score the smallest bundle gains: 20 points.
const Raise = 200

// None marks the absence of a signal, rung or play in an Advice's columns.
const None = -1

// Advice is what to do about the accounts of one snapshot. Slices are by
// snapshot row. Its methods explain one row at a time and read the snapshot,
// which must not be released before; they are safe for concurrent use.
type Advice struct {
	Plan *plan.Plan
	AsOf int32

	// Lead is the signal that leads the top risk (see Risk), or None.
	Lead     []int16
	Severity []plan.Severity // of the top risk

	// Change is the signal whose change to its best rung, Rung, gains most among
	// those that a team can cause; ties go to the earlier signal. None where the
	// account is not scored or nothing would gain.
	Change []int16
	Rung   []int8
	Gain   []float64 // composite points, exact; 0 where there is no change
	After  []int32   // score after the change, tenths; score.NotScored where there is no change

	PlayIndex []int16 // into Plan.Plays, or None

	bundles     sets // see Smallest
	bundleGain  []float64
	bundleAfter []int32
	falls       sets // see FallOf
	fallRung    []int8
	fallLoss    []float64
	fallAfter   []int32

	snap     *signal.Snapshot
	result   *score.Result
	advised  func(row int) bool
	scorer   *score.Scorer
	causable []int // signals
	factors  factors
	plays    playbook
}

// Advise computes the advice for a scored snapshot. Rows whose class in view is
// not scored get none; a nil view leaves none out. The result does not depend on
// the number of processors. It fails with class Internal when the arguments are
// not of one run, and as score.New and Score do.
func Advise(p *plan.Plan, snap *signal.Snapshot, result *score.Result, view *population.View) (*Advice, error) {
	n := snap.Rows()
	if result.Plan != p || len(result.Tenths) != n || view != nil && len(view.Class) != n {
		return nil, diag.Errorf(diag.Internal, "advice", "hand in the plan, snapshot and population that the result was scored with",
			"the scores belong to another plan, snapshot or population")
	}
	scorer, err := score.New(p)
	if err != nil {
		return nil, err
	}
	a := &Advice{
		Plan: p, AsOf: snap.AsOf,
		Lead: make([]int16, n), Severity: make([]plan.Severity, n),
		Change: make([]int16, n), Rung: make([]int8, n), Gain: make([]float64, n), After: make([]int32, n),
		PlayIndex: make([]int16, n),
		bundles:   newSets(n, len(p.Signals)), bundleGain: make([]float64, n), bundleAfter: make([]int32, n),
		falls: newSets(n, len(p.Signals)), fallRung: make([]int8, n), fallLoss: make([]float64, n), fallAfter: make([]int32, n),
		snap: snap, result: result, scorer: scorer,
		advised: func(row int) bool { return view == nil || view.Class[row].Scored() },
		factors: newFactors(p), plays: newPlaybook(p),
	}
	for sig := range p.Signals {
		if p.Signals[sig].Causable {
			a.causable = append(a.causable, sig)
		}
	}
	return a, a.fill(n)
}

// chunk is how many rows a worker takes at a time.
const chunk = 512

func (a *Advice) fill(n int) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk)
	errs := make([]error, workers)
	for k := range workers {
		wg.Go(func() {
			what, err := a.whatIf()
			if err != nil {
				errs[k] = err
				return
			}
			scratch := make([]tally, len(a.factors.names))
			for {
				lo := int(next.Add(chunk)) - chunk
				if lo >= n {
					return
				}
				for row := lo; row < min(lo+chunk, n); row++ {
					a.advise(row, what, scratch)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// advise fills one row's columns.
func (a *Advice) advise(row int, what *score.WhatIf, scratch []tally) {
	a.Lead[row], a.Change[row], a.Rung[row], a.After[row], a.PlayIndex[row] = None, None, None, score.NotScored, None
	if !a.advised(row) {
		return
	}
	a.tally(row, scratch)
	top := topOf(scratch)
	if top != None {
		a.Lead[row], a.Severity[row] = int16(scratch[top].lead), scratch[top].severity
	}
	a.PlayIndex[row] = a.choosePlay(row, top)
	if a.result.Tenths[row] >= 0 {
		what.Load(row)
		a.bestChange(row, what)
		if b := a.bundle(row, what, Raise); b.Reached {
			a.bundles.put(row, b.Signals)
			a.bundleGain[row], a.bundleAfter[row] = b.Gain, b.After
		}
		if f := a.fall(row, what); f.Possible {
			a.falls.put(row, f.Signals)
			a.fallRung[row], a.fallLoss[row], a.fallAfter[row] = int8(f.Rungs[0]), f.Loss, f.After
		}
	}
}
