package saveplan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"accounthealth/internal/advise"
	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
)

// signal returns the index of a signal by name, -1 where the framework has none.
func (a *Account) signal(name string) int {
	return slices.IndexFunc(a.Plan.Signals, func(s plan.Signal) bool { return s.Name == name })
}

func (a *Account) ladder(sig int) []plan.Rung {
	return a.Plan.Rules[a.Now.Result.Rules[a.Row]].Ladders[sig]
}

func (a *Account) bestRung(sig int) int {
	best := 0
	for k, r := range a.ladder(sig) {
		if r.Points > a.ladder(sig)[best].Points {
			best = k
		}
	}
	return best
}

// level says where a signal is: its value, or its row.
func (a *Account) level(sig int) string {
	s := &a.Plan.Signals[sig]
	if v, ok := a.Now.Signals.Value(sig, a.Row); ok && !s.IsWord() {
		return number(s, v)
	}
	if k := a.Now.Result.Rung[sig][a.Row]; k >= 0 {
		return a.ladder(sig)[k].Label
	}
	return "unknown"
}

func number(s *plan.Signal, v float64) string {
	if s.Unit == "ratio" {
		return fmt.Sprintf("%.0f%%", v*100)
	}
	return strings.TrimSpace(strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) + " " + s.Unit)
}

// seatsUsed returns how many seats are in use, for a signal that divides by the
// licensed seats; ok is false for every other and where the seats are not known.
func (a *Account) seatsUsed(sig int) (used float64, ok bool) {
	d := &a.Plan.Signals[sig].Derive
	if k := int(a.Now.Signals.Basis(sig).Value(a.Row)); k < len(d.FirstOf) {
		d = &d.FirstOf[k].Derive
	}
	v, known := a.Now.Signals.Value(sig, a.Row)
	if !known || d.Ratio == nil || d.Ratio.Den.Source != "usage" || d.Ratio.Den.Column != "licensed_seats" || !(a.Facts.Seats > 0) {
		return 0, false
	}
	return math.Round(v * a.Facts.Seats), true
}

// seatTarget says in seats what a signal's best row asks for, "" where it is not
// one of seats.
func (a *Account) seatTarget(sig int) string {
	used, ok := a.seatsUsed(sig)
	goal := a.ladder(sig)[a.bestRung(sig)].Range
	if !ok || math.IsInf(goal.Lo, 0) || goal.Lo <= 0 {
		return ""
	}
	bound := plan.Round9(goal.Lo * a.Facts.Seats)
	word, seats := "at least", math.Ceil(bound)
	if goal.LoOpen {
		word, seats = "more than", math.Floor(bound)
	}
	return fmt.Sprintf(" (from %s to %s %s of %s seats)", portfolio.Thousands(used), word, portfolio.Thousands(seats), portfolio.Thousands(a.Facts.Seats))
}

// word returns a word signal's value for people, "" where it is not known.
func (a *Account) word(name string) string {
	sig := a.signal(name)
	if sig < 0 || !a.Plan.Signals[sig].IsWord() {
		return ""
	}
	v, ok := a.Now.Signals.Value(sig, a.Row)
	if !ok {
		return ""
	}
	return strings.ReplaceAll(a.Plan.Signals[sig].Words[int(v)], "_", " ")
}

// onBest returns where a signal is when that is its best row, else "".
func (a *Account) onBest(name string) string {
	sig := a.signal(name)
	if sig < 0 || a.Now.Result.Rung[sig][a.Row] < 0 || int(a.Now.Result.Rung[sig][a.Row]) != a.bestRung(sig) {
		return ""
	}
	return a.level(sig)
}

// ownerOf is the role that answers a signal's loss, lead where no play does.
func (a *Account) ownerOf(name, lead string) string {
	for i := range a.Plan.Plays {
		if p := &a.Plan.Plays[i]; p.Signal == name {
			return p.Owner
		}
	}
	return lead
}

// statusOwner is the role that answers a status, else the first play's.
func (a *Account) statusOwner(status string) string {
	for i := range a.Plan.Plays {
		if p := &a.Plan.Plays[i]; p.Status == status && p.Signal == "" {
			return p.Owner
		}
	}
	if len(a.Plan.Plays) > 0 {
		return a.Plan.Plays[0].Owner
	}
	return cmp.Or(a.Shown.Owner, "the account's owner")
}

func (a *Account) actionOn(name, otherwise string) string {
	if sig := a.signal(name); sig >= 0 {
		return a.Advice.ActionOn(sig)
	}
	return otherwise
}

func joinRisks(risks []advise.Risk, most int) string {
	var parts []string
	for _, r := range risks[:min(len(risks), most)] {
		parts = append(parts, r.Text)
	}
	return strings.Join(parts, "; ")
}

// evidence names the first three values behind the risks.
func evidence(risks []advise.Risk) string {
	var parts []string
	for _, r := range risks {
		for _, e := range r.Evidence {
			if len(parts) < 3 {
				parts = append(parts, e.String())
			}
		}
	}
	if len(parts) == 0 {
		return "no risk is known, only a low score"
	}
	return strings.Join(parts, "; ")
}

func orWord(name, otherwise string) string { return cmp.Or(name, otherwise) }

// words writes a day for a sentence.
func words(d int32) string { return day.Time(d).Format("2 Jan 2006") }

// ByMonth regroups a plan's tasks by the 30 days in which each is due.
func ByMonth(p portfolio.SavePlan, asOf int32) portfolio.SavePlan {
	tasks := slices.Clone(p.Tasks)
	for i := range tasks {
		t := &tasks[i]
		part := min(max(t.Due-asOf-1, 0)/30, 2)
		t.Phase = fmt.Sprintf("Days %d-%d", 30*part+1, 30*(part+1))
		t.From, t.To = asOf+30*part+1, asOf+30*(part+1)
	}
	slices.SortStableFunc(tasks, func(a, b portfolio.PlanTask) int { return cmp.Compare(a.Due, b.Due) })
	p.Tasks = tasks
	return p
}
