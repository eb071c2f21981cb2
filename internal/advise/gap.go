package advise

import (
	"accounthealth/internal/plan"
	"accounthealth/internal/signal"
)

// Gap is a signal that applies to an account and has no value.
type Gap struct {
	Signal int
	State  signal.State // missing, stale, invalid or not datable
	// Low and High are the least and greatest change of the composite that any of
	// its values would bring, in points; exact. They are 0 where the account has no
	// composite.
	Low, High float64
}

// GapsOf returns what is not known about an account, in the order of the
// framework. Signals of a pillar that is set by hand are no gaps, nor are flags.
func (a *Advice) GapsOf(row int) ([]Gap, error) {
	if !a.advised(row) {
		return nil, nil
	}
	what, err := a.whatIf()
	if err != nil {
		return nil, err
	}
	what.Load(row)
	before := what.Composite()
	var out []Gap
	for sig := range a.Plan.Signals {
		if a.Plan.Signals[sig].Kind == plan.Flag || !what.Open(sig) || what.Rung(sig) >= 0 {
			continue
		}
		g := Gap{Signal: sig, State: signal.State(a.snap.States(sig).Value(row))}
		for k := range a.Plan.Rules[a.result.Rules[row]].Ladders[sig] {
			change := what.Try(sig, k) - before
			if k == 0 || change < g.Low {
				g.Low = change
			}
			if k == 0 || change > g.High {
				g.High = change
			}
		}
		if a.result.Tenths[row] < 0 {
			g.Low, g.High = 0, 0
		}
		out = append(out, g)
	}
	return out, nil
}
