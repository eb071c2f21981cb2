package score

import "accounthealth/internal/signal"

// StateCounts is how many accounts have a signal in each state, by signal.State.
type StateCounts [signal.NotDatable + 1]int64

// Missing returns how many accounts lack a value that counts against coverage:
// missing, stale, invalid or not datable.
func (c StateCounts) Missing() int64 {
	return c[signal.Missing] + c[signal.Stale] + c[signal.Invalid] + c[signal.NotDatable]
}

// CountStates counts the states of every signal of a snapshot over the rows that
// are not out. A signal that no source is mapped for is not collected on every
// row.
func CountStates(snap *signal.Snapshot, out []bool) []StateCounts {
	counts := make([]StateCounts, len(snap.Plan.Signals))
	for sig := range counts {
		states := snap.States(sig).Uint8Values()
		for i, st := range states {
			switch {
			case len(out) > 0 && out[i]:
			case !snap.Collected[sig]:
				counts[sig][signal.NotCollected]++
			case int(st) < len(counts[sig]):
				counts[sig][st]++
			}
		}
	}
	return counts
}
