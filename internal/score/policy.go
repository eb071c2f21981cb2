package score

import (
	"math"
	"slices"

	"accounthealth/internal/plan"
	"accounthealth/internal/signal"
)

// Policy is a way to treat the missing values of a framework's signals. LeftOut is
// the rule that scores follow; the others tell what it decides.
type Policy uint8

const (
	LeftOut  Policy = iota // missing levels leave points and bounds, missing modifiers give 0
	Worst                  // every missing value is the one with the fewest points
	Best                   // every missing value is the one with the most points
	Neutral                // missing levels lie half-way between the two, missing modifiers give 0
	policies = iota
)

func (p Policy) String() string { return [...]string{"left out", "worst", "best", "neutral"}[p] }

// Policies lists them, the rule first.
func Policies() []Policy { return []Policy{LeftOut, Worst, Best, Neutral} }

// Treated is what accounts would score under each policy. Slices are by policy,
// then row.
//
// Values that are put in count as known, so an account with too little data for a
// score has one under every policy but LeftOut. What really is missing still keeps
// the status down: coverage below Missing.HealthyFrom stays a cap, and so does, for
// Worst, a cap whose signal is missing. Half-way is the mean of the composites with
// all missing levels at their worst and at their best.
type Treated struct {
	Composite [policies][]float64 // NaN where not scored
	Status    [policies][]int8    // NotScored where not scored
	Missing   []bool              // a signal of the account lacks a value that counts
}

// Depends reports whether row i has another status under some policy.
func (t *Treated) Depends(i int) bool {
	for p := range t.Status {
		if t.Status[p][i] != t.Status[LeftOut][i] {
			return true
		}
	}
	return false
}

// Treat scores a result's rows under every policy. rows are those that the result
// was scored with.
func (s *Scorer) Treat(snap *signal.Snapshot, rows Rows, res *Result) (*Treated, error) {
	what, err := s.WhatIf(snap, rows.Rules, rows.Manual...)
	if err != nil {
		return nil, err
	}
	n := snap.Rows()
	t := &Treated{Missing: make([]bool, n)}
	for p := range policies {
		t.Composite[p], t.Status[p] = slices.Clone(res.Composite), slices.Clone(res.Status)
	}
	for i := range n {
		if len(rows.Out) > 0 && rows.Out[i] {
			continue
		}
		what.Load(i)
		gaps := what.gaps()
		if len(gaps) == 0 {
			continue
		}
		t.Missing[i] = true
		worst, best, half := what.treat(gaps)
		for p, c := range map[Policy]float64{Worst: worst, Best: best, Neutral: half} {
			t.Composite[p][i], t.Status[p][i] = c, s.statusOf(what, c, p, rows, res, i)
		}
	}
	return t, nil
}

// gaps lists the loaded row's open signals without a value, flags left out.
func (w *WhatIf) gaps() []int {
	var out []int
	for sig, code := range w.codes {
		if code == missing && w.cols[sig].kind != plan.Flag {
			out = append(out, sig)
		}
	}
	return out
}

// treat returns the composites of the policies, and leaves the row changed.
func (w *WhatIf) treat(gaps []int) (worst, best, half float64) {
	at := func(levels, modifiers func(l *ladder) int) float64 {
		for _, sig := range gaps {
			l := &w.cols[sig].ladders[w.rule]
			if w.cols[sig].kind == plan.Level {
				w.Set(sig, levels(l))
			} else {
				w.Set(sig, modifiers(l))
			}
		}
		return w.Composite()
	}
	unknown := func(*ladder) int { return -1 }
	top := func(l *ladder) int { return int(l.best) }
	worst, best = at((*ladder).worst, (*ladder).worst), at(top, top)
	return worst, best, (at((*ladder).worst, unknown) + at(top, unknown)) / 2
}

// worst is the rung with the fewest points, the first as written.
func (l *ladder) worst() int { return slices.Index(l.points, l.low) }

// statusOf is the status of a composite under a policy, or NotScored.
func (s *Scorer) statusOf(what *WhatIf, composite float64, p Policy, rows Rows, res *Result, i int) int8 {
	if math.IsNaN(composite) {
		return NotScored
	}
	rb := &s.rules[res.Rules[i]]
	status := rb.bandOf[Tenths(composite)/10]
	if plan.Round9(res.Coverage[i]) < s.plan.Missing.HealthyFrom || len(rows.Hold) > 0 && rows.Hold[i] {
		status = max(status, rb.capped)
	}
	for k := range rb.caps {
		c := &rb.caps[k]
		col := &what.cols[c.Signal]
		known := col.known(i, rows.Rules)
		if known == missing && p == Worst || known >= 0 && c.Holds(&s.plan.Signals[c.Signal], col.value(i)) {
			status = max(status, int8(c.Band))
		}
	}
	return status
}

// known returns a row's code as the snapshot has it.
func (c *column) known(row int, rules []uint8) int8 {
	var code [1]int8
	var own []uint8
	if rules != nil {
		own = rules[row : row+1]
	}
	c.fill(code[:], row, own)
	return code[0]
}
