package alert

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
)

// fire returns the rules whose condition is new for an account, in the order of
// the framework. known are the conditions of its open alerts.
func (r *raiser) fire(i int, known []portfolio.AlertCondition) (out []fired) {
	if r.since == nil {
		return nil
	}
	dropped := false
	for k := range r.rules.Rules {
		rule := &r.rules.Rules[k]
		add := func(c portfolio.AlertCondition, format string, args ...any) {
			c.Rule = rule.Name
			if rule.On == plan.Drop {
				dropped = true
			}
			if !r.heard(known, rule, c) {
				out = append(out, fired{k, c, fmt.Sprintf(format, args...)})
			}
		}
		switch rule.On {
		case plan.Drop:
			r.drop(i, rule, add)
		case plan.BelowHigh:
			if !dropped { // the fall since the review says it already
				r.belowHigh(i, rule, add)
			}
		case plan.WorseStatus:
			r.worseStatus(i, add)
		case plan.PillarDrop:
			r.pillarDrop(i, rule, add)
		case plan.Event:
			r.event(i, rule, add)
		}
	}
	return out
}

// heard reports whether an open alert tells a condition already. A figure that
// fell by the threshold once more since it was told is news. A fall since the
// review and one below a recent high are the same news.
func (r *raiser) heard(known []portfolio.AlertCondition, rule *plan.AlertRule, c portfolio.AlertCondition) bool {
	return slices.ContainsFunc(known, func(k portfolio.AlertCondition) bool {
		same := k.Rule == c.Rule && k.Subject == c.Subject
		if rule.On == plan.BelowHigh {
			same = same || slices.ContainsFunc(r.rules.Rules, func(o plan.AlertRule) bool { return o.Name == k.Rule && o.On == plan.Drop })
		}
		return same && (rule.Points == 0 || c.Now > k.Now-rule.Points)
	})
}

type adder func(c portfolio.AlertCondition, format string, args ...any)

func (r *raiser) drop(i int, rule *plan.AlertRule, add adder) {
	old, ok := r.past(i)
	now, _ := r.scored(i)
	if ok && float64(old-now) >= 10*rule.Points {
		add(fall(old, now), "score down %.1f since %s, from %.1f to %.1f", float64(old-now)/10, words(r.since.View.AsOf), float64(old)/10, float64(now)/10)
	}
}

// fall is the condition of a score that fell, from tenths.
func fall(old, now int32) portfolio.AlertCondition {
	return portfolio.AlertCondition{Before: float64(old) / 10, Now: float64(now) / 10}
}

func (r *raiser) belowHigh(i int, rule *plan.AlertRule, add adder) {
	now, _ := r.scored(i)
	high, on := now, r.Now.View.AsOf
	for k := range r.Past {
		s := &r.Past[k]
		if d := s.View.AsOf; d < r.Now.View.AsOf-rule.Window || d < r.shiftedOn || !s.View.Class[i].Scored() {
			continue
		}
		if t := s.Result.Tenths[i]; t > high {
			high, on = t, s.View.AsOf
		}
	}
	if float64(high-now) >= 10*rule.Points {
		add(fall(high, now), "score %.1f below its %d-day high of %.1f on %s", float64(high-now)/10, rule.Window, float64(high)/10, words(on))
	}
}

func (r *raiser) worseStatus(i int, add adder) {
	now, status := r.scored(i)
	old, ok := r.past(i)
	if !ok || status <= r.since.Result.Status[i] {
		return
	}
	bands := r.plan.Rules[r.Now.Result.Rules[i]].Bands
	c := fall(old, now)
	c.Subject = bands[status].Name
	add(c, "status %s, was %s on %s", bands[status].Name, r.since.Result.Band(i).Name, words(r.since.View.AsOf))
}

func (r *raiser) pillarDrop(i int, rule *plan.AlertRule, add adder) {
	if _, ok := r.past(i); !ok {
		return
	}
	for p := range r.plan.Pillars {
		old, now := r.since.Result.Pillars[p][i], r.pillar(p, i)
		if math.IsNaN(old) || math.IsNaN(now) || plan.Round9(old-now) < rule.Points {
			continue
		}
		c := portfolio.AlertCondition{Subject: r.plan.Pillars[p].Name, Before: plan.Round9(old), Now: plan.Round9(now)}
		add(c, "%s down %.0f, from %.0f to %.0f", r.plan.Pillars[p].Label, old-now, old, now)
	}
}

// event fires when the condition holds and did not at the review. An account
// that was no customer then has nothing to compare with: what holds is new.
func (r *raiser) event(i int, rule *plan.AlertRule, add adder) {
	if r.shifted(rule.When.Signal) || !r.holds(&r.Now, &rule.When, i) {
		return
	}
	if r.since.View.Class[i].Scored() && r.holds(r.since, &rule.When, i) {
		return
	}
	text := r.Advice.EvidenceOf(rule.When.Signal, i)
	add(portfolio.AlertCondition{}, "%s (%s)", rule.Label, text)
}

func (r *raiser) holds(s *portfolio.Scored, c *plan.Condition, i int) bool {
	def := &r.plan.Signals[c.Signal]
	v, ok := s.Signals.Value(c.Signal, i)
	if !def.IsWord() {
		v = plan.Round9(v)
	}
	return ok && c.Holds(def, v)
}

// still returns the conditions of an earlier alert that hold, and why the others
// do not.
func (r *raiser) still(a portfolio.AlertRow, i int) (still []portfolio.AlertCondition, why string) {
	var over []string
	tenths, status := r.Now.Result.Tenths[i], r.Now.Result.Status[i]
	now := float64(tenths) / 10
	for _, c := range a.Conditions {
		k := slices.IndexFunc(r.rules.Rules, func(rule plan.AlertRule) bool { return rule.Name == c.Rule })
		if k < 0 {
			over = append(over, "the framework has no alert "+c.Rule+" any more")
			continue
		}
		rule := &r.rules.Rules[k]
		holds, reason := false, ""
		switch rule.On {
		case plan.Drop, plan.BelowHigh:
			holds = plan.Round9(c.Before-now) >= rule.Points
			reason = fmt.Sprintf("the score is back at %.1f", now)
		case plan.WorseStatus:
			name := r.plan.Rules[r.Now.Result.Rules[i]].Bands[status].Name
			holds, reason = name == c.Subject, "the status is "+name+" now"
		case plan.PillarDrop:
			p := slices.IndexFunc(r.plan.Pillars, func(p plan.Pillar) bool { return p.Name == c.Subject })
			if p < 0 {
				reason = "the framework has no pillar " + c.Subject + " any more"
				break
			}
			v := r.Now.Result.Pillars[p][i]
			holds, reason = plan.Round9(c.Before-v) >= rule.Points, fmt.Sprintf("%s is back at %.0f", r.plan.Pillars[p].Label, v)
			if math.IsNaN(v) {
				reason = r.plan.Pillars[p].Label + " is not known any more"
			}
		case plan.Event:
			holds = r.holds(&r.Now, &rule.When, i)
			if reason = r.Advice.EvidenceOf(rule.When.Signal, i); reason == "" {
				reason = r.plan.Signals[rule.When.Signal].Label + " is not known any more"
			}
		}
		if holds {
			still = append(still, c)
		} else {
			over = append(over, reason)
		}
	}
	return still, strings.Join(over, "; ")
}

// again makes what was held back fire, now that nothing may hold it back.
func (r *raiser) again(still []portfolio.AlertCondition, i int) (out []fired) {
	for _, c := range still {
		k := slices.IndexFunc(r.rules.Rules, func(rule plan.AlertRule) bool { return rule.Name == c.Rule })
		rule := &r.rules.Rules[k]
		text := rule.Label
		if rule.On == plan.Event {
			text += " (" + r.Advice.EvidenceOf(rule.When.Signal, i) + ")"
		} else if c.Before > c.Now {
			text += fmt.Sprintf(" from %.1f to %.1f", c.Before, c.Now)
		}
		out = append(out, fired{k, c, text})
	}
	return out
}

// change is a signal that gives an account fewer points than at the review.
type change struct {
	sig    int
	points float64
	text   string
}

// changes lists what got worse for an account since the review, most points
// first; signals that shifted as a whole are left out.
func (r *raiser) changes(i int) []change {
	if _, ok := r.past(i); !ok || r.since.Result.Rules[i] != r.Now.Result.Rules[i] {
		return nil
	}
	var out []change
	for sig := range r.plan.Signals {
		was, is := r.since.Result.Rung[sig][i], r.Now.Result.Rung[sig][i]
		if was < 0 || is < 0 || was == is || r.shifted(sig) {
			continue
		}
		ladder := r.plan.Rules[r.Now.Result.Rules[i]].Ladders[sig]
		if lost := ladder[was].Points - ladder[is].Points; lost > 0 {
			out = append(out, change{sig, lost, fmt.Sprintf("%s, was %s", cmp.Or(r.Advice.EvidenceOf(sig, i), r.plan.Signals[sig].Label), ladder[was].Label)})
		}
	}
	slices.SortStableFunc(out, func(a, b change) int { return cmp.Compare(b.points, a.points) })
	return out
}

// worsened names up to three signals that got worse.
func (r *raiser) worsened(i int) string {
	var parts []string
	for _, c := range r.changes(i) {
		if len(parts) == 3 {
			break
		}
		parts = append(parts, c.text)
	}
	return strings.Join(parts, "; ")
}

// ruleRow shows a rule on the workflow sheet.
func (r *raiser) ruleRow(rule *plan.AlertRule) portfolio.AlertRuleRow {
	row := portfolio.AlertRuleRow{
		Name: rule.Name, Label: rule.Label, Trigger: framework.TriggerText(rule), Severity: rule.Severity.String(), Channel: rule.Channel,
		Owner: rule.Owner, Days: rule.Days, Field: rule.Field, Play: "the account's own",
		Suppression: fmt.Sprintf("the first %d days as a customer; a snooze; a shift of the source", r.rules.QuietDays),
	}
	if rule.Play >= 0 {
		row.Play = r.plan.Plays[rule.Play].Label
	}
	return row
}

// words writes a day for a sentence.
func words(d int32) string { return day.Time(d).Format("2 Jan 2006") }
