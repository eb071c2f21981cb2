package portfolio

import (
	"fmt"
	"math"

	"accounthealth/internal/day"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// What became of a value set by hand.
const (
	BorneOut    = "borne out"
	NotBorneOut = "not borne out"
	Open        = "open" // it is too early to say, or nothing was measured to compare with
)

// judgedAfter is how many days a value set by hand must be old before measured
// values may contradict it.
const judgedAfter = 90

// OverrideRow is one value set by hand and whether it was right.
type OverrideRow struct {
	ID, Name, Owner  string
	Target           string // pillar or signal
	Value            string
	Reason, Author   string
	From, Until      int32 // Until is NoDay without end
	State            overrides.State
	Outcome, Because string
}

// Judge says of every value set by hand what its state is and whether it was
// borne out. days are the scored days from the exports alone, ascending, the
// as-of date last.
//
// A value says that an account is better, or worse, than what was measured on the
// last scored day before it was set: by the pillar's score, or by the points of
// the signal's row. The loss of the account, decided later, bears out "worse" and
// refutes "better". Without a loss, a value that is 90 days old or no longer in
// force is borne out where what is measured now has come at least half the way to
// it, and not borne out where it has not.
func Judge(set *overrides.Set, table *population.Table, days []Scored) []OverrideRow {
	var out []OverrideRow
	asOf := days[len(days)-1].View.AsOf
	values, states := set.All(asOf)
	for k := range values {
		v := &values[k]
		p := set.Plan()
		row := OverrideRow{
			ID: table.ID[v.Row], Name: table.Name[v.Row], Owner: table.Owner[v.Row], Target: v.Target(p), Value: v.Text(p),
			Reason: v.Reason, Author: v.Author, From: v.From, Until: v.Until, State: states[k],
		}
		row.Outcome, row.Because = judge(v, states[k], table, days, asOf)
		out = append(out, row)
	}
	return out
}

func judge(v *overrides.Value, state overrides.State, table *population.Table, days []Scored, asOf int32) (outcome, because string) {
	if state == overrides.Pending {
		return Open, "not in force yet"
	}
	before := -1
	for i := range days {
		if days[i].View.AsOf < v.From {
			before = i
		}
	}
	if before < 0 {
		return Open, "no day before it was set is scored"
	}
	on := "on " + day.Format(days[before].View.AsOf)
	was, ok := measured(v, &days[before])
	hand := handed(v, &days[before])
	if !ok {
		return Open, "nothing was measured " + on
	}
	gap := hand - was
	if math.Abs(gap) < 1e-9 {
		return Open, "the same was measured " + on
	}
	for _, l := range table.Losses {
		if l.Account != v.Row || !l.Logo || l.Event < v.From || l.Event > asOf {
			continue
		}
		if gap < 0 {
			return BorneOut, "the loss was decided on " + day.Format(l.Event)
		}
		return NotBorneOut, "the loss was decided on " + day.Format(l.Event)
	}
	if state == overrides.InForce && asOf-v.From < judgedAfter {
		return Open, fmt.Sprintf("set %d days ago", asOf-v.From)
	}
	now, ok := measured(v, &days[len(days)-1])
	if !ok {
		return Open, "nothing is measured now"
	}
	if (now-was)/gap >= 0.5 {
		return BorneOut, fmt.Sprintf("measured %g %s, %g now, by hand %g", round2(was), on, round2(now), round2(hand))
	}
	return NotBorneOut, fmt.Sprintf("measured %g %s, %g now, by hand %g", round2(was), on, round2(now), round2(hand))
}

func round2(x float64) float64 { return math.Round(x*100) / 100 }

// measured is the pillar's score, or the points of the signal's row, on a day.
func measured(v *overrides.Value, s *Scored) (float64, bool) {
	if v.Signal == overrides.None {
		x := s.Result.Pillars[v.Pillar][v.Row]
		return x, !math.IsNaN(x)
	}
	g := s.Result.Rung[v.Signal][v.Row]
	if g < 0 {
		return 0, false
	}
	return s.Result.Plan.Rules[s.Result.Rules[v.Row]].Ladders[v.Signal][g].Points, true
}

// handed is the same for the value set by hand.
func handed(v *overrides.Value, s *Scored) float64 {
	if v.Signal == overrides.None {
		return v.Value
	}
	def := &s.Result.Plan.Signals[v.Signal]
	for _, r := range s.Result.Plan.Rules[s.Result.Rules[v.Row]].Ladders[v.Signal] {
		if onRung(def, &r, v.Value) {
			return r.Points
		}
	}
	return 0
}

func onRung(def *plan.Signal, r *plan.Rung, value float64) bool {
	if !def.IsWord() {
		return r.Range.Contains(plan.Round9(value))
	}
	for _, w := range r.Words {
		if float64(w) == value {
			return true
		}
	}
	return false
}
