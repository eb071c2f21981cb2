package framework

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"accounthealth/internal/plan"
	"accounthealth/internal/source"

	"github.com/google/go-cmp/cmp"
)

func loadShipped(t *testing.T, name string) *Framework {
	t.Helper()
	f, err := Shipped(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// rungOf returns the one rung of a signal that holds a value, failing unless
// there is exactly one.
func rungOf(t *testing.T, f *Framework, signal, value string) plan.Rung {
	t.Helper()
	p := f.Plan
	var found []plan.Rung
	for i, s := range p.Signals {
		if s.Name != signal {
			continue
		}
		for _, r := range p.Rules[0].Ladders[i] {
			if s.IsWord() {
				for _, w := range r.Words {
					if s.Words[w] == value {
						found = append(found, r)
					}
				}
				continue
			}
			var x float64
			if _, err := fmt.Sscan(value, &x); err != nil {
				t.Fatal(err)
			}
			if !s.Domain.Contains(x) {
				t.Errorf("%s: %v is outside the domain", signal, x)
			}
			if r.Range.Contains(plan.Round9(x)) {
				found = append(found, r)
			}
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s %s: %d rungs", signal, value, len(found))
	}
	return found[0]
}

// The expected points are the point tables of the default framework as given,
// with a value on each boundary and on both sides of it; the severities are
// those of its risk rules.
func TestPointTable(t *testing.T) {
	f := loadShipped(t, Default)
	for signal, rows := range map[string]string{
		"activity":         "0 0 critical, 0.2999 0 critical, 0.3 10 none, 0.4999 10 none, 0.5 20 none, 0.7 20 none, 0.7000001 30 none, 1.4 30 none",
		"feature_adoption": "0 5 medium, 0.3999 5 medium, 0.4 15 none, 0.6 15 none, 0.600001 25 none, 1 25 none",
		"days_since_login": "0 0 none, 6 0 none, 7 -20 medium, 29 -20 medium, 30 -40 critical, 4000 -40 critical",
		"usage_trend":      "up 15 none, stable 0 none, down -15 medium",
		"csat":             "5 30 none, 4.51 30 none, 4.5 20 none, 4 20 none, 3.99 10 none, 3.5 10 none, 3.49 0 medium, 1 0 medium",
		"escalations":      "none 25 none, resolved 15 none, open -20 high",
		"sentiment":        "positive 0 none, neutral 0 none, negative -25 medium",
		"ticket_trend":     "down 10 none, stable 0 none, up -10 medium",
		"payment":          "0 30 none, 1 10 high, 59 10 high, 60 -20 critical, 900 -20 critical",
		"growth":           "upgrade_completed 30 none, expansion_in_discussion 20 none, none 0 none",
		"downgrade_risk":   "true -30 high, false 0 none",
		"contract_term":    "36 20 none, 13 20 none, 12 0 none, 2 0 none, 1 -10 medium, 0 -10 medium",
		"sponsor":          "active 30 none, passive 0 medium, gone 0 medium, none 0 medium",
		"champion":         "engaged 25 none, weak 0 none, none 0 none, left -30 critical",
		"nps":              "10 25 none, 9 25 none, 8 10 none, 7 10 none, 6 -20 critical, 0 -20 critical",
		"qbr":              "regular 20 none, sporadic 0 none, none -15 medium",
	} {
		for row := range strings.SplitSeq(rows, ", ") {
			c := strings.Fields(row)
			r := rungOf(t, f, signal, c[0])
			if got := fmt.Sprintf("%v %v", r.Points, r.Severity); got != c[1]+" "+c[2] {
				t.Errorf("%s %s: got %s, want %s %s", signal, c[0], got, c[1], c[2])
			}
			if (r.Risk != "") != (r.Severity > plan.None) || r.Label == "" {
				t.Errorf("%s %s: severity %v, risk %q, label %q", signal, c[0], r.Severity, r.Risk, r.Label)
			}
		}
	}
}

// Pillars, weights, bands, trend and missing-data limits as given.
func TestShippedRules(t *testing.T) {
	f := loadShipped(t, Default)
	p, r := f.Plan, f.Plan.Rules[0]
	var pillars []string
	for i, pl := range p.Pillars {
		var signals []string
		for _, s := range pl.Signals {
			signals = append(signals, p.Signals[s].Name)
			if p.Signals[s].Pillar != i {
				t.Errorf("%s points to pillar %d", p.Signals[s].Name, p.Signals[s].Pillar)
			}
		}
		pillars = append(pillars, fmt.Sprintf("%s %v %s %s", pl.Name, r.Weights[i], pl.Question, strings.Join(signals, " ")))
	}
	want := []string{
		"product 0.3 Are they using the product? activity feature_adoption days_since_login usage_trend",
		"support 0.2 Are they happy with service? csat escalations sentiment ticket_trend ticket_spike",
		"financial 0.25 Are they paying and growing? payment growth downgrade_risk contract_term",
		"relationship 0.25 Do we have strong contacts? sponsor champion nps qbr stakeholder merger",
	}
	if d := cmp.Diff(want, pillars); d != "" {
		t.Error(d)
	}
	bands := []plan.Band{
		{Name: "Healthy", Min: 80, Colour: "green", Action: "Expand, get referrals", Expand: true},
		{Name: "Monitor", Min: 60, Colour: "yellow", Action: "Proactive engagement"},
		{Name: "At Risk", Min: 40, Colour: "orange", Action: "Intervention required", AtRisk: true},
		{Name: "Critical", Min: 0, Colour: "red", Action: "Executive escalation", AtRisk: true},
	}
	if d := cmp.Diff(bands, r.Bands); d != "" {
		t.Error(d)
	}
	if r.Trend != (plan.Trend{Improving: 10, Stable: 5}) || p.Missing != (plan.Missing{ScoredFrom: 0.6, HealthyFrom: 0.75}) || p.Scale != plan.MinMax {
		t.Error(r.Trend, p.Missing, p.Scale)
	}
	kinds := map[plan.Kind]string{}
	var causable, levels []string
	for _, s := range p.Signals {
		kinds[s.Kind] += " " + s.Name
		if s.Causable {
			causable = append(causable, s.Name)
		}
		if s.Kind == plan.Level {
			levels = append(levels, s.Name)
		}
	}
	if got := kinds[plan.Modifier]; got != " usage_trend sentiment ticket_trend growth downgrade_risk" {
		t.Errorf("modifiers%s", got)
	}
	if len(levels) != 11 || strings.Join(causable, " ") != "activity feature_adoption days_since_login csat escalations sentiment payment growth downgrade_risk sponsor champion qbr" {
		t.Errorf("levels %v, causable %v", levels, causable)
	}
}

// Derivations, absence, age and tenure as given in the derivation table.
func TestShippedDerivations(t *testing.T) {
	f := loadShipped(t, Default)
	signals := map[string]plan.Signal{}
	for _, s := range f.Plan.Signals {
		signals[s.Name] = s
	}
	day, opened := []string{"date"}, []string{"opened_at"}
	mean := plan.Agg{Source: "usage", Func: plan.Mean, Column: "active_users", At: day, Window: 28, Days: plan.WorkingDays}
	is := func(column string, in ...string) plan.Cond { return plan.Cond{Column: column, In: in} }
	deal := func(at []string, from, until string, where ...plan.Cond) plan.Test {
		return plan.Test{AtLeast: 1, Agg: plan.Agg{Source: "opportunities", Func: plan.Count, At: at, From: from, Until: until, Window: 365, Where: where}}
	}
	contact := func(at []string, from, until string, window int32, where ...plan.Cond) []plan.Test {
		return []plan.Test{{AtLeast: 1, Agg: plan.Agg{Source: "contacts", Func: plan.Count, At: at, From: from, Until: until, Window: window, Where: where}}}
	}
	reviews := []plan.Cond{is("kind", "qbr"), {Column: "attended", In: []string{"true"}, Null: true}}
	periods := func(n float64) []plan.Test {
		return []plan.Test{{AtLeast: n, Agg: plan.Agg{Source: "meetings", Func: plan.Periods, At: []string{"held_at"}, Window: 365, Parts: 4, Where: reviews}}}
	}
	openDowngrade := deal(nil, "opened_at", "closed_at", is("kind", "downgrade"))
	openDowngrade.Agg.Window = 0
	for name, want := range map[string]plan.Derivation{
		"activity": {FirstOf: []plan.FirstOf{
			{Basis: "licensed seats", Derive: plan.Derivation{Ratio: &plan.Ratio{Num: mean, Den: plan.Agg{Source: "usage", Column: "licensed_seats", At: day}}}},
			{Basis: "monthly active users", Derive: plan.Derivation{Ratio: &plan.Ratio{Num: mean, Den: plan.Agg{Source: "usage", Column: "monthly_active_users", At: day, Window: 28}}}},
		}},
		"days_since_login": {FirstOf: []plan.FirstOf{
			{Basis: "last login recorded", Derive: plan.Derivation{DaysSince: &plan.Agg{Source: "usage", Func: plan.Max, Column: "last_login_at", At: day}}},
			{Basis: "last day with logins", Derive: plan.Derivation{DaysSince: &plan.Agg{Source: "usage", Func: plan.Max, Column: "date", At: day, Where: []plan.Cond{{Column: "logins", Bounded: true, AtLeast: 1, Below: math.Inf(1)}}}}},
		}},
		"usage_trend":  {Trend: &plan.TrendOf{Tolerance: 0.1, Agg: plan.Agg{Source: "usage", Func: plan.Mean, Column: "active_users", At: day, Window: 28}}},
		"ticket_trend": {Trend: &plan.TrendOf{Tolerance: 0.1, MinChange: 2, Agg: plan.Agg{Source: "tickets", Func: plan.Count, At: opened, Window: 90}}},
		"csat":         {Agg: &plan.Agg{Source: "tickets", Func: plan.Mean, Column: "csat", At: []string{"closed_at", "opened_at"}, Window: 90}},
		"escalations": {Case: &plan.Case{Else: 0, Branches: []plan.Branch{
			{Word: 2, Tests: []plan.Test{{AtLeast: 1, Agg: plan.Agg{Source: "tickets", Func: plan.Count, From: "opened_at", Until: "closed_at", Where: []plan.Cond{is("escalated", "true")}}}}},
			{Word: 1, Tests: []plan.Test{{AtLeast: 1, Agg: plan.Agg{Source: "tickets", Func: plan.Count, At: []string{"closed_at"}, Window: 90, Where: []plan.Cond{is("escalated", "true")}}}}},
		}}},
		"sentiment": {LatestOf: []*plan.Agg{{Source: "tickets", Column: "sentiment", At: opened}, {Source: "pulse", Column: "sentiment", At: []string{"rated_at"}}}},
		"payment":   {DaysSince: &plan.Agg{Source: "invoices", Func: plan.Min, Column: "due_date", From: "due_date", Until: "paid_at"}},
		"growth": {Case: &plan.Case{Else: 2, Branches: []plan.Branch{
			{Word: 0, Tests: []plan.Test{deal([]string{"closed_at"}, "", "", is("kind", "upgrade"), is("stage", "won"))}},
			{Word: 1, Tests: []plan.Test{deal(nil, "opened_at", "closed_at", is("kind", "expansion", "upgrade"))}},
		}}},
		"downgrade_risk": {Case: &plan.Case{Else: 0, Branches: []plan.Branch{
			{Word: 1, Tests: []plan.Test{openDowngrade, deal([]string{"closed_at"}, "", "", is("kind", "downgrade"), is("stage", "won"))}},
		}}},
		"contract_term": {Agg: &plan.Agg{Source: "subscriptions", Func: plan.MaxBy, Column: "term_months", By: "arr", From: "start", Until: "end"}},
		"champion": {Case: &plan.Case{Else: 2, Branches: []plan.Branch{
			{Word: 0, Tests: contact(nil, "since", "left_at", 0, is("role", "champion"), is("status", "engaged", "strong", "active"))},
			{Word: 1, Tests: contact(nil, "since", "left_at", 0, is("role", "champion"))},
			{Word: 3, Tests: contact([]string{"left_at"}, "", "", 180, is("role", "champion"))},
		}}},
		"nps": {Agg: &plan.Agg{Source: "nps", Column: "score", At: []string{"responded_at"}}},
		"qbr": {Case: &plan.Case{Else: 2, Branches: []plan.Branch{
			{Word: 2, Tests: []plan.Test{{Below: 1, Agg: plan.Agg{Source: "meetings", Func: plan.Count, At: []string{"held_at"}, Window: 183, Where: reviews}}}},
			{Word: 0, Tests: periods(3)},
			{Word: 1, Tests: periods(1)},
		}}},
	} {
		if d := cmp.Diff(want, signals[name].Derive); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
	for name, want := range map[string]string{
		"activity": "missing 0 0", "feature_adoption": "missing 0 0", "days_since_login": "missing 0 0", "usage_trend": "missing 0 0",
		"csat": "missing 180 0", "escalations": "none once source 0 0", "sentiment": "missing 90 0", "ticket_trend": "stable once source 0 0",
		"payment": "0 once account 0 0", "growth": "none once source 0 0", "downgrade_risk": "false once source 0 0", "contract_term": "missing 0 0",
		"sponsor": "none once account 0 0", "champion": "none once account 0 0", "nps": "missing 365 0", "qbr": "none once source 0 6",
	} {
		s := signals[name]
		absent := "missing"
		if s.Absent.Once != plan.Never {
			absent = fmt.Sprint(s.Absent.Value)
			if s.IsWord() {
				absent = s.Words[int(s.Absent.Value)]
			}
			absent += map[plan.Once]string{plan.SourceExists: " once source", plan.AccountInRows: " once account"}[s.Absent.Once]
		}
		if got := fmt.Sprintf("%s %d %d", absent, s.MaxAge, s.MinTenureMonths); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// literal is the default but for its name, its scale and its description.
func TestLiteralHasTheSameTables(t *testing.T) {
	a, b := loadShipped(t, Default), loadShipped(t, Literal)
	if b.Plan.Scale != plan.Clamp || b.Name != Literal || a.Plan.Digest == b.Plan.Digest {
		t.Error(b.Plan.Scale, b.Name)
	}
	p := *b.Plan
	p.Name, p.Scale, p.Digest = a.Plan.Name, a.Plan.Scale, a.Plan.Digest
	if d := cmp.Diff(*a.Plan, p); d != "" {
		t.Error(d)
	}
	if _, err := Shipped("acount-health"); err == nil || !strings.Contains(err.Error(), `did you mean "account-health"`) {
		t.Error(err)
	}
}

// Every play of the default names an owner and its target; every status and
// every causable signal has one.
func TestShippedPlaysAnswerEverything(t *testing.T) {
	f := loadShipped(t, Default)
	answered := map[string]bool{}
	for _, p := range f.Plan.Plays {
		answered[p.Status+p.Signal] = true
	}
	for _, b := range f.Plan.Rules[0].Bands {
		if !answered[b.Name] {
			t.Errorf("no play for %s", b.Name)
		}
	}
	for _, s := range f.Plan.Signals {
		if s.Causable && !answered[s.Name] {
			t.Errorf("no play for %s", s.Name)
		}
	}
}

// A framework's own sources, columns and signal columns become contracts.
func TestOwnSources(t *testing.T) {
	f := loadSmall(t)
	surveys := f.Contract("surveys")
	if surveys == nil || surveys.Time != "answered_at" {
		t.Fatal(surveys)
	}
	if c, ok := surveys.Column("effort"); !ok || c.Role != source.Number || c.Min != 1 || c.Max != 7 || !c.Bounded {
		t.Error(c)
	}
	if _, ok := surveys.Column("account_id"); !ok {
		t.Error("no account_id")
	}
	if c, ok := f.Contract("usage").Column("api_calls"); !ok || c.Role != source.Number {
		t.Error(c)
	}
	if _, ok := source.Find("usage").Column("api_calls"); ok {
		t.Error("the canonical contract was changed")
	}
	if c, ok := f.Contract("signals").Column("rating"); !ok || c.Role != source.Number {
		t.Error(c)
	}
	if f.Contract("nps") != source.Find("nps") {
		t.Error("nps is not the canonical contract")
	}
}

// Overrides are resolved copies of the base.
func TestOverrides(t *testing.T) {
	p := loadSmall(t).Plan
	big, free := p.Rules[p.RulesFor("Enterprise", "")], p.Rules[p.RulesFor("", "Free")]
	if d := cmp.Diff([]float64{0.5, 0.5}, big.Weights); d != "" {
		t.Error(d)
	}
	if big.Bands[0].Min != 60 || big.Bands[1].Min != 0 || big.Trend != (plan.Trend{Improving: 12, Stable: 5}) || len(big.Ladders[0]) != 2 {
		t.Error(big)
	}
	if d := cmp.Diff(p.Rules[0].Ladders[1:], big.Ladders[1:]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]bool{false, false, false, true, false}, free.NotApplicable); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(p.Rules[0].Weights, free.Weights); d != "" {
		t.Error(d)
	}
	if p.RulesFor("SMB", "Gold") != 0 || p.Rules[0].NotApplicable[3] || p.Rules[0].Bands[0].Min != 50 {
		t.Error("the base was changed")
	}
}
