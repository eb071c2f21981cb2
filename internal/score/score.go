package score

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"accounthealth/internal/diag"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/signal"
)

// chunk is how many rows a worker takes at a time: its sums and codes stay in the
// second-level cache.
const chunk = 512

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
	res := newResult(s.plan, snap.AsOf, n)
	copy(res.Rules, rows.Rules)
	res.Manual = rows.Manual

	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk) {
		wg.Go(func() {
			w := newWorker(s, cols, rows, snap.Flawed, res)
			for {
				lo := int(next.Add(chunk)) - chunk
				if lo >= n {
					return
				}
				w.run(lo, min(chunk, n-lo))
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

// worker scores chunks of rows. Its memory is made once.
type worker struct {
	s      *Scorer
	cols   []column
	rows   Rows
	flawed []bool
	res    *Result

	codes []int8    // by signal, then row of the chunk
	sums  []sums    // by row of the chunk, then pillar
	unit  []float64 // by row of the chunk, then pillar: account.unit
	acct  account
}

func newWorker(s *Scorer, cols []column, rows Rows, flawed []bool, res *Result) *worker {
	pillars := len(s.plan.Pillars)
	return &worker{
		s: s, cols: cols, rows: rows, flawed: flawed, res: res,
		codes: make([]int8, chunk*len(cols)),
		sums:  make([]sums, chunk*pillars),
		unit:  make([]float64, chunk*pillars),
		acct:  newAccount(pillars),
	}
}

// run scores rows lo to lo+n-1: ladders and sums signal by signal, then accounts
// row by row, then contributions signal by signal.
func (w *worker) run(lo, n int) {
	var rules []uint8
	if w.rows.Rules != nil {
		rules = w.rows.Rules[lo : lo+n]
	}
	clear(w.sums)
	for sig := range w.cols {
		w.look(sig, lo, n, rules)
	}
	for i := range n {
		w.settle(lo+i, i)
	}
	for sig := range w.cols {
		w.explain(sig, lo, n, rules)
	}
	w.hide(lo, n)
}

// look finds every row's rung of one signal and adds it to its pillar's sums.
func (w *worker) look(sig, lo, n int, rules []uint8) {
	c := &w.cols[sig]
	codes := w.codes[sig*chunk:][:n]
	c.fill(codes, lo, rules)
	rungs, points := w.res.Rung[sig][lo:lo+n], w.res.Points[sig][lo:lo+n]
	pillars := len(w.s.plan.Pillars)
	for i, code := range codes {
		l := c.ladder(rules, i)
		w.sums[i*pillars+c.pillar].add(l, c.kind, code)
		rungs[i] = max(code, -1)
		if code >= 0 {
			points[i] = l.points[code]
		}
	}
}

// settle turns one row's sums into its score; i is the row within the chunk.
func (w *worker) settle(row, i int) {
	pillars := len(w.s.plan.Pillars)
	p, res, a := w.s.plan, w.res, &w.acct
	rb := &w.s.rules[res.Rules[row]]
	a.sums = w.sums[i*pillars:][:pillars]
	a.manual = nil
	if len(w.rows.Manual) > 0 {
		a.manual = overrides.Of(w.rows.Manual, row)
	}
	a.settle(rb.weights, p.Scale, p.Missing.ScoredFrom)

	scored := a.scored && !(len(w.rows.Out) > 0 && w.rows.Out[row])
	for j := range pillars {
		res.Pillars[j][row], res.PillarCoverage[j][row] = a.pillar[j], a.share[j]
		w.unit[i*pillars+j] = 0
		if scored {
			res.Weights[j][row] = a.weight[j]
			w.unit[i*pillars+j] = a.unit(j, p.Scale)
		}
	}
	res.Coverage[row] = a.coverage
	if !scored {
		res.Composite[row], res.Low[row], res.High[row] = math.NaN(), math.NaN(), math.NaN()
		res.Tenths[row], res.Headline[row], res.Status[row] = NotScored, NotScored, NotScored
		return
	}
	res.Composite[row], res.Low[row], res.High[row] = a.composite, a.low, a.high
	res.Tenths[row] = Tenths(a.composite)
	res.Headline[row] = int16(res.Tenths[row] / 10)

	thin := plan.Round9(a.coverage) < p.Missing.HealthyFrom
	best := int8(0)
	if thin || len(w.rows.Hold) > 0 && w.rows.Hold[row] {
		best = rb.capped
	}
	band := rb.bandOf[res.Headline[row]]
	ruled, by, lurking := w.caps(rb, row, i)
	status := max(band, best, ruled)
	res.Status[row] = status
	res.Capped[row] = thin && best > band
	if ruled > max(band, best) {
		res.CappedBy[row] = by
	}
	res.Provisional[row] = thin || len(w.flawed) > 0 && w.flawed[row]
	// The values are still missing at their worst, so a cap stays.
	res.DependsOnMissing[row] = max(rb.bandOf[Tenths(a.low)/10], best, ruled, lurking) != status
}

// explain writes one signal's contribution and cost. It follows settle, which
// leaves the units of rows that are not scored at 0.
func (w *worker) explain(sig, lo, n int, rules []uint8) {
	c := &w.cols[sig]
	codes := w.codes[sig*chunk:][:n]
	contribution, cost := w.res.Contribution[sig][lo:lo+n], w.res.Cost[sig][lo:lo+n]
	pillars := len(w.s.plan.Pillars)
	clamped := w.s.plan.Scale == plan.Clamp
	for i, code := range codes {
		if code == closed || code == missing && c.kind == plan.Level {
			continue
		}
		l := c.ladder(rules, i)
		unit := w.unit[i*pillars+c.pillar]
		points := 0.0 // a missing modifier
		if code >= 0 {
			points = l.points[code]
			cost[i] = unit * (l.high - points)
			if clamped {
				sum := w.sums[i*pillars+c.pillar].points
				cost[i] = w.res.Weights[c.pillar][lo+i] * (clamp(sum-points+l.high) - clamp(sum))
			}
		}
		if clamped {
			contribution[i] = unit * points
		} else {
			contribution[i] = unit * (points - l.low)
		}
	}
}

// hide takes back the costs of signals whose pillar is set by hand: on the clamp
// scale they do not follow from the unit, which is 0 there.
func (w *worker) hide(lo, n int) {
	for _, v := range w.rows.Manual {
		if int(v.Row) < lo || int(v.Row) >= lo+n || v.Signal != overrides.None {
			continue
		}
		for _, sig := range w.s.members[v.Pillar] {
			w.res.Cost[sig][v.Row] = 0
		}
	}
}

func newResult(p *plan.Plan, asOf int32, n int) *Result {
	floats := func(k int) [][]float64 {
		all, out := make([]float64, k*n), make([][]float64, k)
		for i := range out {
			out[i] = all[i*n : (i+1)*n : (i+1)*n]
		}
		return out
	}
	pillars, signals := len(p.Pillars), len(p.Signals)
	r := &Result{
		AsOf: asOf, Plan: p, Rules: make([]uint8, n),
		Pillars: floats(pillars), PillarCoverage: floats(pillars), Weights: floats(pillars),
		Composite: make([]float64, n), Tenths: make([]int32, n), Headline: make([]int16, n), Status: make([]int8, n),
		Coverage: make([]float64, n), Low: make([]float64, n), High: make([]float64, n),
		Provisional: make([]bool, n), Capped: make([]bool, n), DependsOnMissing: make([]bool, n),
		CappedBy: slices.Repeat([]int8{-1}, n),
		Rung:     make([][]int8, signals), Points: floats(signals), Contribution: floats(signals), Cost: floats(signals),
	}
	rungs := make([]int8, signals*n)
	for i := range r.Rung {
		r.Rung[i] = rungs[i*n : (i+1)*n : (i+1)*n]
	}
	return r
}
