package advise

import (
	"accounthealth/internal/plan"
	"accounthealth/internal/score"
)

// bestChange finds the single change with the largest gain, by rescoring the
// account with each causable signal on its best rung. A signal without a value
// counts as changed once it is known to be on its best rung, with all that its
// being known does to bounds and weights.
func (a *Advice) bestChange(row int, what *score.WhatIf) {
	before, best := what.Composite(), 0.0
	for _, sig := range a.causable {
		if !a.open(row, sig) || !improvable(what, sig) {
			continue
		}
		after := what.Try(sig, what.Best(sig))
		if gain := plan.Round9(after - before); gain > best {
			best = gain
			a.Change[row], a.Rung[row], a.Gain[row], a.After[row] = int16(sig), int8(what.Best(sig)), after-before, score.Tenths(after)
		}
	}
}

// open reports whether a signal may be what to do for an account: one that sells
// more is only in a status that expands.
func (a *Advice) open(row, sig int) bool {
	if !a.Plan.Signals[sig].Expands {
		return true
	}
	band := a.result.Band(row)
	return band != nil && band.Expand
}

// improvable reports whether putting a signal on its best rung changes anything.
func improvable(what *score.WhatIf, sig int) bool {
	if !what.Open(sig) {
		return false
	}
	points, fixed := what.Headroom(sig)
	return points > 0 || !fixed
}

// Action returns the single change that gains most, in words, and its gain in
// composite points; ok is false where nothing that a team can cause would gain.
func (a *Advice) Action(row int) (text string, gain float64, ok bool) {
	if a.Change[row] == None {
		return "", 0, false
	}
	return a.ActionOn(int(a.Change[row])), a.Gain[row], true
}

// ActionOn returns what to do about a signal, in words.
func (a *Advice) ActionOn(sig int) string {
	s := &a.Plan.Signals[sig]
	if s.Action != "" {
		return s.Action
	}
	return "Improve " + s.Label + "."
}
