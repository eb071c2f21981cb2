package saveplan_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/advise"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/outcome"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/saveplan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
)

var asOf = day.Of(2026, 3, 15)

// planned returns the plans of TechCorp and RetailMax under a shipped framework.
func planned(t *testing.T, facts [2]saveplan.Facts, saves *portfolio.SaveRates, change ...func(*plan.Plan)) (plans [2]portfolio.SavePlan, p *plan.Plan, now portfolio.Scored) {
	t.Helper()
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	p = fw.Plan
	for _, f := range change {
		f(p)
	}
	table := &population.Table{
		ID: []string{"1", "2"}, Name: []string{"TechCorp Solutions", "RetailMax Inc"}, Owner: []string{"Ana", "Bo"},
		Parent: make([]string, 2), CRMID: make([]string, 2), Segment: make([]string, 2), Tier: make([]string, 2), Industry: make([]string, 2), Region: make([]string, 2),
		Start: []int32{asOf - 730, asOf - 540}, Products: make([]int32, 2), Strategic: []bool{false, true}, Legal: []bool{false, true}, Merger: []bool{false, true},
	}
	renewals := []int32{day.Of(2026, 9, 30), day.Of(2026, 4, 30)}
	view := &population.View{
		AsOf: asOf, Class: make([]population.Class, 2), ARR: []float64{120_000, 85_000}, TenureMonths: []int32{24, 18},
		Renewal: renewals, Deadline: []int32{renewals[0] - 60, renewals[1] - 30},
	}
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	snap := scoretest.Snapshot(p, asOf, [][]scoretest.Cell{scoretest.TechCorp(p), scoretest.RetailMax(p)})
	r, err := s.Score(snap, score.Rows{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := advise.Advise(p, snap, r, view)
	if err != nil {
		t.Fatal(err)
	}
	now = portfolio.Scored{View: view, Result: r, Signals: snap}
	rows := portfolio.NewRows(p, table, now, nil, nil, a)
	for i := range plans {
		x := saveplan.Account{Plan: p, Table: table, Now: now, Advice: a, Row: i, Facts: facts[i], Currency: "USD", Saves: saves}
		rows.Of(i, &x.Shown)
		ok := false
		if plans[i], ok = saveplan.For(x); !ok {
			t.Fatalf("account %d has no plan", i)
		}
	}
	return plans, p, now
}

var none = [2]saveplan.Facts{saveplan.NoFacts(), saveplan.NoFacts()}

// TestRetailMax: four phases of four tasks, filled from its own facts, and the
// planning assumption of 40%: (30% * 21.25 + 60% * 18.33 + 45% * 17.86 + 35% * 25)
// / 82.44 = 41.4%, rounded to 5.
func TestRetailMax(t *testing.T) {
	facts := none
	facts[1].Escalations, facts[1].Gone, facts[1].Seats = 2, "Kim Doe", 50
	plans, _, _ := planned(t, facts, nil)
	p := plans[1]
	if c := p.Chance; !c.Assumed || math.Abs(c.Share.Value-0.40) > 1e-12 || !strings.Contains(c.Sentence, "40%, a planning assumption with n = 0") {
		t.Errorf("%+v", c)
	}
	if p.Banner != "EXECUTIVE ESCALATION: 1 month to the renewal, 3 critical risks" {
		t.Errorf("banner %q", p.Banner)
	}
	phases := map[string]int{}
	var text strings.Builder
	for _, task := range p.Tasks {
		phases[task.Phase]++
		text.WriteString(task.Task + "\n")
		if task.Due < task.From && task.Phase != "Weeks 9-12: Renewal" || task.Due > asOf+saveplan.Days || task.Due <= asOf || task.Owner == "" {
			t.Errorf("%+v", task)
		}
	}
	if len(phases) != 4 || len(p.Tasks) != 16 || phases["Weeks 2-4: Stabilise"] != 4 {
		t.Errorf("%v", phases)
	}
	for _, own := range []string{"2 open", "Kim Doe", "Active users 24% of licensed seats", "NPS 5", "from 24% to > 70% (from 12 to more than 35 of 50 seats)", "licensed seats, 12 of 50", "against 17.6 today", "who decides by 31 Mar 2026"} {
		if !strings.Contains(text.String(), own) {
			t.Errorf("%q is in no task:\n%s", own, text.String())
		}
	}
	if len(p.IfItFails) != 4 || strings.Contains(strings.ToLower(text.String()), "expan") {
		t.Errorf("%v\n%s", p.IfItFails, text.String())
	}
	if want := []string{"strategic account", "legal or contract dispute", "merger or acquisition under way"}; !slices.Equal(p.Escalate[:3], want) {
		t.Errorf("a person decides because %v", p.Escalate)
	}
	months := saveplan.ByMonth(p, asOf)
	if len(months.Tasks) != 16 || months.Tasks[0].Phase != "Days 1-30" || months.Tasks[15].Phase != "Days 61-90" {
		t.Errorf("%v ... %v", months.Tasks[0], months.Tasks[15])
	}
}

// TestTechCorp gets expansion, relationship and mitigation actions from its own
// gaps.
func TestTechCorp(t *testing.T) {
	facts := none
	facts[0].Discussions, facts[0].Expansion, facts[0].Sponsor, facts[0].Champion = 1, 24_000, "Lee Poe", "Sam Roe"
	plans, _, _ := planned(t, facts, nil)
	got := map[string]string{}
	for _, task := range plans[0].Tasks {
		got[task.Phase] += task.Task + "\n"
	}
	for phase, want := range map[string][]string{
		"Expansion":       {"Close the open expansion: 24,000 USD in discussion", "72% of today's are used", "reference or a case study (NPS 9"},
		"Relationship":    {"two more stakeholders", "Invite Lee Poe to the advisory board", "early access to the next feature to Sam Roe"},
		"Risk mitigation": {"Build a backup for Sam Roe", "before the renewal on 30 Sep 2026"},
	} {
		for _, w := range want {
			if !strings.Contains(got[phase], w) {
				t.Errorf("%s lacks %q:\n%s", phase, w, got[phase])
			}
		}
	}
	if plans[0].Chance.Sentence != "" || plans[0].IfItFails != nil || plans[0].Banner != "" {
		t.Errorf("%+v", plans[0])
	}
}

// TestObservedRate: from 20 closed saves on the observed rate of the status, with
// n and its interval (Wilson: statsmodels proportion_confint, 15 of 24).
func TestObservedRate(t *testing.T) {
	saves := &portfolio.SaveRates{Closed: 24, ByStatus: []portfolio.SaveRate{outcome.Rate("Critical", 15, 24)}}
	plans, _, _ := planned(t, none, saves)
	c := plans[1].Chance
	if c.Assumed || c.Share.Num != 15 || c.Share.Den != 24 || math.Abs(c.Low-0.42710) > 1e-5 || math.Abs(c.High-0.78841) > 1e-5 {
		t.Errorf("%+v", c)
	}
	saves.Closed = 19
	if plans, _, _ = planned(t, none, saves); !plans[1].Chance.Assumed {
		t.Errorf("19 closed saves replace the assumption: %+v", plans[1].Chance)
	}
}

// TestWithoutPlays: four phases of four tasks also where the framework has no play,
// from the signals' own actions.
func TestWithoutPlays(t *testing.T) {
	plans, _, _ := planned(t, none, nil, func(p *plan.Plan) { p.Plays, p.Matrix = nil, nil })
	phases := map[string]int{}
	var text strings.Builder
	for _, task := range plans[1].Tasks {
		phases[task.Phase]++
		text.WriteString(task.Task + "\n")
	}
	if len(phases) != 4 || len(plans[1].Tasks) != 16 || phases["Week 1: Triage"] != 4 {
		t.Errorf("%v", phases)
	}
	if !strings.Contains(text.String(), "Find and win a new champion before the renewal talks begin (Champion: left, not replaced)") || strings.Contains(text.String(), "expansion") {
		t.Errorf("%s", text.String())
	}
}
