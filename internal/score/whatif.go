package score

import (
	"math"

	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/signal"
)

// WhatIf answers what one account's score would be with other values. It uses
// the arithmetic of Score on one row, so an answer equals a full rescoring bit
// for bit. It is not safe for concurrent use; Load starts over.
type WhatIf struct {
	s      *Scorer
	cols   []column
	rules  []uint8
	manual []overrides.Value

	rule  uint8
	codes []int8    // by signal
	sums  []sums    // by pillar
	each  []outcome // by pillar
	hand  []overrides.Value
	acct  account
	stale bool // sums changed since acct was settled
}

// WhatIf opens a snapshot for questions. manual is that of Rows: the signals of a
// pillar that is set by hand are closed, as no value of theirs changes the score.
// It fails as Score does.
func (s *Scorer) WhatIf(snap *signal.Snapshot, rules []uint8, manual ...overrides.Value) (*WhatIf, error) {
	cols, err := s.bind(snap)
	if err != nil {
		return nil, err
	}
	if err := s.checkRows(Rows{Rules: rules, Manual: manual}, snap.Rows()); err != nil {
		return nil, err
	}
	w := &WhatIf{s: s, cols: cols, rules: rules, manual: manual, codes: make([]int8, len(cols))}
	pillars := len(s.plan.Pillars)
	w.sums, w.each, w.acct = make([]sums, pillars), make([]outcome, pillars), newAccount(pillars)
	return w, nil
}

// Load takes up a row as it is.
func (w *WhatIf) Load(row int) {
	var rules []uint8
	w.rule = 0
	if w.rules != nil {
		rules, w.rule = w.rules[row:row+1], w.rules[row]
	}
	for sig := range w.cols {
		w.cols[sig].fill(w.codes[sig:sig+1], row, rules)
	}
	w.hand = overrides.Of(w.manual, row)
	for p := range w.sums {
		if _, ok := byHand(w.hand, p); ok {
			for _, sig := range w.s.members[p] {
				w.codes[sig] = closed
			}
		}
		w.add(p)
	}
}

// Set puts a signal on a rung; a negative rung makes it missing. A signal that is
// not collected or not applicable, or whose pillar is set by hand, stays as it is.
func (w *WhatIf) Set(sig, rung int) {
	if w.codes[sig] == closed {
		return
	}
	w.codes[sig] = max(int8(rung), missing)
	w.add(w.cols[sig].pillar)
}

// add sums a pillar from its codes, in the order of the signals as Score does.
func (w *WhatIf) add(p int) {
	w.sums[p], w.stale = sums{}, true
	for _, sig := range w.s.members[p] {
		c := &w.cols[sig]
		w.sums[p].add(&c.ladders[w.rule], c.kind, w.codes[sig])
	}
}

// account returns the account, settled.
func (w *WhatIf) account() *account {
	if w.stale {
		weights := w.s.rules[w.rule].weights
		w.acct.start()
		for p := range w.each {
			if v, ok := byHand(w.hand, p); ok {
				w.each[p] = handOutcome(v, weights[p])
			} else {
				w.each[p] = outcomeOf(&w.sums[p], weights[p], w.s.plan.Scale)
			}
			w.acct.add(p, &w.each[p])
		}
		w.acct.settle(w.s.scoredFrom)
		w.stale = false
	}
	return &w.acct
}

// Composite returns the composite, NaN where there is none.
func (w *WhatIf) Composite() float64 {
	if a := w.account(); a.scored {
		return a.composite
	}
	return math.NaN()
}

// Pillar returns a pillar's score, NaN where no level of it is known.
func (w *WhatIf) Pillar(p int) float64 {
	w.account()
	return w.each[p].score
}

// Try returns the composite that Set would give, and leaves the account as it is.
func (w *WhatIf) Try(sig, rung int) float64 {
	p := w.cols[sig].pillar
	code, sum := w.codes[sig], w.sums[p]
	w.Set(sig, rung)
	c := w.Composite()
	w.codes[sig], w.sums[p], w.stale = code, sum, true
	return c
}

// Open reports whether the signal is collected, applies to the account, and is in
// a pillar that is not set by hand.
func (w *WhatIf) Open(sig int) bool { return w.codes[sig] != closed }

// Rung returns the signal's rung, -1 where it has none.
func (w *WhatIf) Rung(sig int) int { return int(max(w.codes[sig], missing)) }

// Best returns the signal's rung with the highest points, the first as written.
func (w *WhatIf) Best(sig int) int { return int(w.cols[sig].ladders[w.rule].best) }

// Headroom returns how many points the signal's best rung is above what the
// signal gives now, and whether its pillar's bounds and weight stay as they are
// when it gets there: true unless it is a missing level.
func (w *WhatIf) Headroom(sig int) (points float64, fixed bool) {
	c := &w.cols[sig]
	l := &c.ladders[w.rule]
	if code := w.codes[sig]; code >= 0 {
		return l.high - l.points[code], true
	}
	return l.high, c.kind != plan.Level
}

// Pull returns how far a pillar pulls the composite above a target: its weight
// times its level coverage times (score - target). The composite is at least the
// target exactly when the pulls of all pillars sum to at least 0.
func (w *WhatIf) Pull(p int, target float64) float64 {
	w.account()
	o := &w.each[p]
	if math.IsNaN(o.score) {
		return 0
	}
	return o.weight * (o.score - target)
}
