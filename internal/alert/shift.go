package alert

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
)

// SourceShift is the rule name in the conditions of alerts about a source.
const SourceShift = "source_shift"

const sourceShifted = "The source shifted"

// shift is a signal that got worse for much of the portfolio at once.
type shift struct {
	sig            int
	worse, lost, n int     // accounts with a lower row, without a value any more, of those with one before
	before, now    float64 // mean points over accounts with a value at both
	open           bool    // an earlier alert tells it already
	held           int     // accounts whose triggers it explains
}

// findShifts finds the signals that shifted since the review, and rescores every
// account with those signals where they were.
func (r *raiser) findShifts() error {
	for sig := range r.plan.Signals {
		s := r.compare(sig)
		if bad := s.worse + s.lost; s.n > 0 && bad >= r.rules.Shift.Accounts && float64(bad) >= r.rules.Shift.Share*float64(s.n) {
			r.shifts = append(r.shifts, s)
		}
	}
	if len(r.shifts) == 0 {
		return nil
	}
	what, err := r.Scorer.WhatIf(r.Now.Signals, r.Now.Result.Rules, r.Now.Result.Manual...)
	if err != nil {
		return err
	}
	n := len(r.Now.Result.Tenths)
	r.held = &score.Result{Plan: r.plan, Tenths: make([]int32, n), Status: make([]int8, n)}
	for range r.plan.Pillars {
		r.held.Pillars = append(r.held.Pillars, make([]float64, n))
	}
	for i := range n {
		r.hold(i, what)
	}
	return nil
}

// hold rescores one account with the shifted signals on their rows of the review.
func (r *raiser) hold(i int, what *score.WhatIf) {
	now, held := r.Now.Result, r.held
	held.Tenths[i], held.Status[i] = now.Tenths[i], now.Status[i]
	for p := range r.plan.Pillars {
		held.Pillars[p][i] = now.Pillars[p][i]
	}
	if _, ok := r.past(i); !ok || now.Tenths[i] < 0 || r.since.Result.Rules[i] != now.Rules[i] {
		return
	}
	what.Load(i)
	for _, s := range r.shifts {
		if was := r.since.Result.Rung[s.sig][i]; was >= 0 {
			what.Set(s.sig, int(was))
		}
		p := r.plan.Signals[s.sig].Pillar
		held.Pillars[p][i] = what.Pillar(p)
	}
	held.Tenths[i] = score.Tenths(what.Composite())
	// The status keeps what lowered it, and rises by as much as the score allows.
	rules := &r.plan.Rules[now.Rules[i]]
	lift := rules.BandOf(int(now.Tenths[i]/10)) - rules.BandOf(int(held.Tenths[i]/10))
	held.Status[i] = int8(max(0, int(now.Status[i])-max(0, lift)))
	old, _ := r.past(i)
	for k := range r.rules.Rules {
		rule := &r.rules.Rules[k]
		if rule.On == plan.Drop && float64(old-now.Tenths[i]) >= 10*rule.Points && float64(old-held.Tenths[i]) < 10*rule.Points {
			for j := range r.shifts {
				r.shifts[j].held++
			}
			break
		}
	}
}

// compare counts what became of a signal since the review.
func (r *raiser) compare(sig int) (s shift) {
	s.sig = sig
	both := 0
	for i, c := range r.Now.View.Class {
		if !c.Scored() || !r.since.View.Class[i].Scored() || r.since.Result.Rules[i] != r.Now.Result.Rules[i] {
			continue
		}
		was, is := r.since.Result.Rung[sig][i], r.Now.Result.Rung[sig][i]
		if was < 0 {
			continue
		}
		s.n++
		if is < 0 {
			s.lost++
			continue
		}
		ladder := r.plan.Rules[r.Now.Result.Rules[i]].Ladders[sig]
		both++
		s.before += ladder[was].Points
		s.now += ladder[is].Points
		if ladder[is].Points < ladder[was].Points {
			s.worse++
		}
	}
	if both > 0 {
		s.before, s.now = plan.Round9(s.before/float64(both)), plan.Round9(s.now/float64(both))
	}
	return s
}

func (r *raiser) shifted(sig int) bool {
	for _, s := range r.shifts {
		if s.sig == sig {
			return true
		}
	}
	return false
}

// sourceOf names the source that a signal is first derived from.
func (r *raiser) sourceOf(sig int) string {
	name := ""
	r.plan.Signals[sig].Derive.Aggs(func(a *plan.Agg) { name = cmp.Or(name, a.Source) })
	return cmp.Or(name, "signals")
}

// sourceAlert is the one alert about a source whose signals shifted.
func (r *raiser) sourceAlert(source string, shifts []shift) portfolio.AlertRow {
	asOf := r.Now.View.AsOf
	a := portfolio.AlertRow{
		Key: "source:" + source + ":" + day.Format(asOf), State: portfolio.AlertNew, Source: source, Role: r.rules.Shift.Owner,
		Severity: plan.Critical.String(), Triggers: []string{sourceShifted},
		Raised: asOf, Deadline: asOf + int32(r.rules.Shift.Days), Closed: portfolio.NoDay, Channel: r.rules.Shift.Channel,
	}
	var parts []string
	for _, s := range shifts {
		def := &r.plan.Signals[s.sig]
		part := fmt.Sprintf("%s got worse for %d of %d accounts (mean points %.1f, were %.1f)", def.Label, s.worse, s.n, s.now, s.before)
		if s.lost > 0 {
			part += fmt.Sprintf(" and is not known any more for %d", s.lost)
		}
		parts = append(parts, part)
		a.Conditions = append(a.Conditions, portfolio.AlertCondition{Rule: SourceShift, Subject: def.Name, Before: s.before, Now: s.now})
	}
	a.Reason = fmt.Sprintf("since %s: %s. What shifted explains the fall of %d accounts, which raise no alert for it. Check the export first; if it is right, this is news about everybody",
		words(r.since.View.AsOf), strings.Join(parts, "; "), shifts[0].held)
	return a
}

// carrySource keeps an alert about a source open until half of the fall is made
// good.
func (r *raiser) carrySource(a portfolio.AlertRow) {
	for k := range r.shifts {
		told := func(c portfolio.AlertCondition) bool { return c.Subject == r.plan.Signals[r.shifts[k].sig].Name }
		r.shifts[k].open = r.shifts[k].open || slices.ContainsFunc(a.Conditions, told)
	}
	for _, c := range a.Conditions {
		sig := -1
		for k := range r.plan.Signals {
			if r.plan.Signals[k].Name == c.Subject {
				sig = k
			}
		}
		if mean := r.mean(sig); sig >= 0 && (math.IsNaN(mean) || mean < (c.Before+c.Now)/2) {
			a.State = portfolio.AlertOpen
			r.shiftedOn = max(r.shiftedOn, a.Raised)
			r.add(a)
			return
		}
	}
	r.add(r.close(a, "its signals are back"))
}

// mean is the mean of the points that a signal gives today; NaN where it is known
// nowhere.
func (r *raiser) mean(sig int) float64 {
	if sig < 0 {
		return math.NaN()
	}
	sum, n := 0.0, 0
	for i, c := range r.Now.View.Class {
		if k := r.Now.Result.Rung[sig][i]; c.Scored() && k >= 0 {
			sum += r.plan.Rules[r.Now.Result.Rules[i]].Ladders[sig][k].Points
			n++
		}
	}
	return sum / float64(n)
}

// shiftRow shows the rule of source alerts on the workflow sheet.
func (r *raiser) shiftRow() portfolio.AlertRuleRow {
	return portfolio.AlertRuleRow{
		Name: SourceShift, Label: sourceShifted,
		Trigger:  fmt.Sprintf("a signal worse, or not known any more, for %.0f%% of the accounts and at least %d since the previous review", r.rules.Shift.Share*100, r.rules.Shift.Accounts),
		Severity: plan.Critical.String(), Channel: r.rules.Shift.Channel, Owner: r.rules.Shift.Owner, Days: r.rules.Shift.Days,
		Play: "check the export", Suppression: "none; one alert a source",
	}
}
