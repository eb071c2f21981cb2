package advise

import (
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// BundleText says what the smallest bundle does: its actions, joined.
func (a *Advice) BundleText(row int) (text string, after int32, ok bool) {
	b := a.Smallest(row)
	if !b.Reached {
		return "", 0, false
	}
	var parts []string
	for _, sig := range b.Signals {
		parts = append(parts, a.ActionOn(sig))
	}
	return strings.Join(parts, " "), b.After, true
}

// FallText says what would have to go wrong for the next worse status: "NPS falls
// to detractor: 61.2, Monitor".
func (a *Advice) FallText(row int) string {
	f := a.FallOf(row)
	if !f.Possible {
		return ""
	}
	var parts []string
	for i, sig := range f.Signals {
		parts = append(parts, a.Plan.Signals[sig].Label+" goes to "+a.ladder(row, sig)[f.Rungs[i]].Label)
	}
	rules := &a.Plan.Rules[a.result.Rules[row]]
	return fmt.Sprintf("%s: %d.%d, %s", strings.Join(parts, " and "), f.After/10, f.After%10, rules.Bands[rules.BandOf(int(f.After/10))].Name)
}

// Place returns where a scored account stands on the matrix; ok is false where
// the framework has none or the account has no status.
func (a *Advice) Place(row int) (risk, opportunity plan.Grade, ok bool) {
	m, band := a.Plan.Matrix, a.result.Band(row)
	if m == nil || band == nil || !a.advised(row) {
		return 0, 0, false
	}
	for g := plan.HighGrade; g > plan.LowGrade && risk == plan.LowGrade; g-- {
		test := &m.Risk[g]
		if slices.Contains(test.Statuses, band.Name) || test.Severity > plan.None && a.Lead[row] != None && a.Severity[row] >= test.Severity {
			risk = g
		}
	}
	for g := plan.HighGrade; g > plan.LowGrade && opportunity == plan.LowGrade; g-- {
		if slices.ContainsFunc(m.Opportunity[g], func(c plan.Condition) bool { return a.holds(&c, row) }) {
			opportunity = g
		}
	}
	return risk, opportunity, true
}

func (a *Advice) holds(c *plan.Condition, row int) bool {
	v, ok := a.snap.Value(c.Signal, row)
	if s := &a.Plan.Signals[c.Signal]; ok && !s.IsWord() {
		v = plan.Round9(v)
	}
	return ok && c.Holds(&a.Plan.Signals[c.Signal], v)
}

// NeedsPerson says why a person decides about an account whatever its play says,
// one clause a reason; nil where nothing asks for one.
func (a *Advice) NeedsPerson(t *population.Table, row int) (reasons []string) {
	h := a.Plan.Humans
	if h.Products > 0 && int(t.Products[row]) >= h.Products {
		reasons = append(reasons, fmt.Sprintf("%d products", t.Products[row]))
	}
	for _, r := range []struct {
		asked, is bool
		why       string
	}{
		{h.Strategic, t.Strategic[row], "strategic account"},
		{h.Legal, t.Legal[row], "legal or contract dispute"},
		{h.Merger, t.Merger[row], "merger or acquisition under way"},
	} {
		if r.asked && r.is {
			reasons = append(reasons, r.why)
		}
	}
	if p := a.PlayIndex[row]; h.Money && p != None && a.Plan.Plays[p].Money {
		reasons = append(reasons, "its play may cost money: "+a.Plan.Plays[p].Label)
	}
	return reasons
}
