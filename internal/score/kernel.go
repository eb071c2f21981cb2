package score

import (
	"math"

	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
)

// chunk is how many rows a kernel takes at a time: its codes and states stay in
// the first-level cache.
const chunk = 512

// kernel scores runs of rows, for a snapshot and for a stream alike. Its memory is
// made once; nothing is allocated in its loops.
type kernel struct {
	s      *Scorer
	cols   []column
	rows   Rows // of the rows that run is given
	flawed []bool
	res    *Result

	codes []int8    // by signal, then row of the chunk
	state []int32   // by pillar, then row of the chunk: index into its table
	loose []outcome // by pillar, then row of the chunk: of pillars without a table
	units []float64 // by pillar, then row of the chunk: outcome.unit; nil unless explained
	hand  []outcome // by pillar: of the account at work
	acct  account
	at    int // the result's row of the chunk's first
}

func (s *Scorer) newKernel(cols []column, rows Rows, flawed []bool, res *Result) *kernel {
	pillars := len(s.plan.Pillars)
	k := &kernel{
		s: s, cols: cols, rows: rows, flawed: flawed, res: res,
		codes: make([]int8, chunk*len(cols)), state: make([]int32, chunk*pillars),
		hand: make([]outcome, pillars), acct: newAccount(pillars),
	}
	for p := range pillars {
		if s.tables.states[0][p] == nil && k.loose == nil {
			k.loose = make([]outcome, chunk*pillars)
		}
	}
	if res.Contribution != nil {
		k.units = make([]float64, chunk*pillars)
	}
	return k
}

// run scores rows lo to lo+n-1 into the result's rows from at on: rungs signal by
// signal, then accounts row by row, then contributions signal by signal.
func (k *kernel) run(lo, n, at int) {
	var rules []uint8
	if k.rows.Rules != nil {
		rules = k.rows.Rules[lo : lo+n]
	}
	k.at = at
	clear(k.state)
	for sig := range k.cols {
		k.look(sig, lo, n, rules)
	}
	if k.loose != nil {
		k.compute(n, rules)
	}
	k.settle(lo, n)
	if k.units != nil {
		for sig := range k.cols {
			k.explain(sig, n, rules)
		}
		k.hide(lo, n)
	}
}

// look finds every row's rung of one signal and counts it in its pillar's state.
func (k *kernel) look(sig, lo, n int, rules []uint8) {
	c := &k.cols[sig]
	codes := k.codes[sig*chunk:][:n]
	c.fill(codes, lo, rules)
	if stride := k.s.tables.stride[sig]; stride != 0 {
		state := k.state[c.pillar*chunk:][:n]
		for i, code := range codes {
			state[i] += int32(code+slots) * stride
		}
	}
	if k.res.Rung != nil {
		rungs := k.res.Rung[sig][k.at : k.at+n]
		for i, code := range codes {
			rungs[i] = max(code, missing)
		}
	}
}

// compute settles the pillars that have no table.
func (k *kernel) compute(n int, rules []uint8) {
	for p, members := range k.s.members {
		if k.s.tables.states[0][p] != nil {
			continue
		}
		for i := range n {
			var sum sums
			r := uint8(0)
			if rules != nil {
				r = rules[i]
			}
			for _, sig := range members {
				c := &k.cols[sig]
				sum.add(&c.ladders[r], c.kind, k.codes[sig*chunk+i])
			}
			k.loose[p*chunk+i] = outcomeOf(&sum, k.s.rules[r].weights[p], k.s.plan.Scale)
		}
	}
}

// settle turns every row's pillars into its score.
func (k *kernel) settle(lo, n int) {
	s, res, a := k.s, k.res, &k.acct
	manual := k.rows.Manual
	for i := range n {
		row := k.at + i
		r := res.Rules[row]
		rb := &s.rules[r]
		a.start()
		var own []overrides.Value
		if len(manual) > 0 {
			own = overrides.Of(manual, lo+i)
		}
		for j := range s.tables.states[r] {
			o := k.outcome(j, i, r)
			if len(own) > 0 {
				o = k.byHand(o, j, own, rb)
			}
			a.add(j, o)
			if k.res.ranks != nil {
				k.res.ranks[j][row] = o.rank
			}
			if k.res.Pillars != nil {
				k.res.Pillars[j][row] = o.score
			}
		}
		a.settle(s.scoredFrom)
		scored := a.scored && !(len(k.rows.Out) > 0 && k.rows.Out[lo+i])
		if res.Weights != nil {
			k.weights(row, i, r, scored, own)
		}
		res.Coverage[row] = a.coverage
		held, ruled, by, lurking := int8(0), int8(0), int8(-1), int8(0)
		if len(k.rows.Hold) > 0 && k.rows.Hold[lo+i] {
			held = rb.capped
		}
		if len(rb.caps) > 0 {
			ruled, by, lurking = k.caps(rb, lo+i, i)
		}
		if res.Ceiling != nil {
			res.Ceiling[row] = max(held, ruled)
		}
		if !scored {
			nan := math.NaN()
			res.Composite[row] = nan
			k.interval(row, nan, nan, NotScored, NotScored)
			res.Tenths[row], res.Headline[row], res.Status[row] = NotScored, NotScored, NotScored
			res.Provisional[row], res.Capped[row], res.DependsOnMissing[row], res.CappedBy[row] = false, false, false, -1
			continue
		}
		res.Composite[row] = a.composite
		tenths := Tenths(a.composite)
		low, high := tenths, tenths
		if a.low != a.composite {
			low = Tenths(a.low)
		}
		if a.high != a.composite {
			high = Tenths(a.high)
		}
		k.interval(row, a.low, a.high, low, high)
		res.Tenths[row], res.Headline[row] = tenths, int16(tenths/10)

		thin := a.coverage < s.healthyFrom
		best := held
		if thin {
			best = rb.capped
		}
		band := rb.bandOf[tenths/10]
		status := max(band, best, ruled)
		res.Status[row] = status
		res.Capped[row] = thin && best > band
		if ruled <= max(band, best) {
			by = -1
		}
		res.CappedBy[row] = by
		res.Provisional[row] = thin || len(k.flawed) > 0 && k.flawed[lo+i]
		// The values are still missing at their worst, so a cap stays.
		res.DependsOnMissing[row] = max(rb.bandOf[low/10], best, ruled, lurking) != status
	}
}

// interval writes a row's interval as the result holds it.
func (k *kernel) interval(row int, low, high float64, lowTenths, highTenths int32) {
	if k.res.Low != nil {
		k.res.Low[row], k.res.High[row] = low, high
	}
	if k.res.low != nil {
		k.res.low[row], k.res.high[row] = lowTenths, highTenths
	}
}

// byHand returns the outcome of a pillar that is set by hand, else o.
func (k *kernel) byHand(o *outcome, p int, manual []overrides.Value, rb *rulebook) *outcome {
	if v, ok := byHand(manual, p); ok {
		k.hand[p] = handOutcome(v, rb.weights[p])
		return &k.hand[p]
	}
	return o
}

// weights writes level coverage and effective weights, and the units that
// explain needs; i is the row within the chunk.
func (k *kernel) weights(row, i int, rules uint8, scored bool, manual []overrides.Value) {
	res := k.res
	for j := range res.Weights {
		o := k.outcome(j, i, rules)
		if len(manual) > 0 {
			o = k.byHand(o, j, manual, &k.s.rules[rules])
		}
		w, unit := 0.0, 0.0
		if scored {
			w = k.acct.weight[j]
			unit = o.unit(w, k.s.plan.Scale)
		}
		res.PillarCoverage[j][row], res.Weights[j][row] = o.share, w
		if k.units != nil {
			res.PillarKnown[j][row] = o.known
			k.units[j*chunk+i] = unit
		}
	}
}

// outcome returns what the signals say about a pillar; i is the row within the
// chunk.
func (k *kernel) outcome(p, i int, rules uint8) *outcome {
	if table := k.s.tables.states[rules][p]; table != nil {
		return &table[k.state[p*chunk+i]]
	}
	return &k.loose[p*chunk+i]
}

// explain writes one signal's contribution and cost. It follows settle, which
// leaves the units of rows that are not scored at 0.
func (k *kernel) explain(sig, n int, rules []uint8) {
	c := &k.cols[sig]
	codes := k.codes[sig*chunk:][:n]
	at := k.at
	contribution, cost := k.res.Contribution[sig][at:at+n], k.res.Cost[sig][at:at+n]
	units := k.units[c.pillar*chunk:][:n]
	clamped := k.s.plan.Scale == plan.Clamp
	for i, code := range codes {
		if code == closed || code == missing && c.kind == plan.Level {
			continue
		}
		l := c.ladder(rules, i)
		points := 0.0 // a missing modifier
		if code >= 0 {
			points = l.points[code]
			cost[i] = units[i] * (l.high - points)
			if clamped {
				r := uint8(0)
				if rules != nil {
					r = rules[i]
				}
				sum := k.outcome(c.pillar, i, r).points
				cost[i] = k.res.Weights[c.pillar][at+i] * (clamp(sum-points+l.high) - clamp(sum))
			}
		}
		if clamped {
			contribution[i] = units[i] * points
		} else {
			contribution[i] = units[i] * (points - l.low)
		}
	}
}

// hide takes back the costs of signals whose pillar is set by hand: on the clamp
// scale they do not follow from the unit, which is 0 there.
func (k *kernel) hide(lo, n int) {
	for _, v := range k.rows.Manual {
		if int(v.Row) < lo || int(v.Row) >= lo+n || v.Signal != overrides.None {
			continue
		}
		for _, sig := range k.s.members[v.Pillar] {
			k.res.Cost[sig][k.at+int(v.Row)-lo] = 0
		}
	}
}
