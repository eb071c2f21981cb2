package portfolio

import "accounthealth/internal/signal"

// CountStates counts the states of one signal over the accounts that were to be
// scored, by signal.State.
func (s *Scored) CountStates(sig int) [signal.NotDatable + 1]int64 {
	var out [signal.NotDatable + 1]int64
	states := s.Signals.States(sig)
	for i, c := range s.View.Class {
		if c.Scored() {
			out[states.Value(i)]++
		}
	}
	return out
}
