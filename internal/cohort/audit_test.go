package cohort

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// Six accounts on two dates, one of them published: every row and every
// account-date that is left out can be counted by hand.
func TestAuditRows(t *testing.T) {
	nan := math.NaN()
	q1, q2 := mustParse(t, "2025-12-31"), mustParse(t, "2026-03-31")
	table := &population.Table{
		ID: []string{"a", "b", "c", "d", "e", "f"}, Segment: []string{"S", "S", "L", "L", "", "S"}, Owner: make([]string, 6),
		Parent: []string{"", "a", "", "x", "x", ""}, // b belongs to a; d and e to one that is no account
		Losses: []population.Loss{
			{Account: 1, Event: q1 + 30, Logo: true, Counts: true, ARRLost: 15},                   // inside the first window
			{Account: 2, Event: q1 + 40, Logo: true, Counts: false, ARRBefore: nan, ARRLost: nan}, // acquired
			{Account: 3, Event: q1 + 5, Logo: true, Counts: true},                                 // too late to act
			{Account: 4, Event: q2 + 60, Logo: true, Counts: true},                                // inside the second
		},
	}
	view := func(asOf int32, class ...population.Class) *population.View {
		return &population.View{AsOf: asOf, Class: class, ARR: []float64{10, 20, 30, 40, 50, nan}, TenureMonths: []int32{3, 6, 12, 24, -1, 100}}
	}
	const c, gone, onboarding = population.Customer, population.Lost, population.Onboarding
	first := InForce{
		View: view(q1, c, c, c, c, c, onboarding), Score: []float64{90, 30, 55, 20, nan, 70}, Status: []int32{1, 0, 0, 0, -1, 1},
		Pillars: [][]float64{{90, 30, 55, 20, nan, 70}}, ScoredOn: q1, Rebuilt: true,
	}
	second := InForce{
		View: view(q2, c, gone, gone, gone, c, c), Score: []float64{80, nan, nan, nan, 65, 75}, Status: []int32{1, -1, -1, -1, 1, 1},
		Pillars: [][]float64{{80, nan, nan, nan, 65, 75}}, ScoredOn: q2 - 10,
	}
	a := Audit{
		Table: table, Plan: &plan.Plan{Pillars: []plan.Pillar{{Name: "p"}}, Rules: []plan.Rules{{}}},
		Rule: Rule{Gap: 14, DataEnd: q2 + 200}, Labels: []string{"red", "green"}, Cuts: []float64{60}, Flagged: 1,
		Worked: [][]int32{nil, {q1 + 20}, nil, nil, {q1 + 20}, nil}, Paths: []InForce{first, second},
	}
	got := a.Build([]InForce{second, first})
	s := got.Sample
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if want := []int32{0, 0, 2, 3, 0, 3, 5}; !slices.Equal(s.Cluster, want) {
		t.Errorf("clusters %v, want %v", s.Cluster, want)
	}
	text := fmt.Sprint(s.Account, s.Period, s.Y, s.Excused, s.Rebuilt, s.Status, s.TenureBand, s.Worked, s.Score[0], s.Periods, s.Segments)
	want := "[0 1 2 4 0 4 5] [0 0 0 0 1 1 1] [false true false false false true false] [false false true false false false false] " +
		"[true true true true false false false] [1 0 0 -1 1 1 1] [0 1 2 -1 0 -1 3] [false true false true false false false] 90 [2025-12-31 2026-03-31] [(none) L S]"
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var lost []float64
	for _, r := range got.Rows {
		lost = append(lost, r.Lost)
	}
	// b lost 15 of 20; the acquired c states nothing and lost its 30, which is excused.
	if !slices.Equal(lost, []float64{0, 15, 30, 0, 0, 0, 0}) || got.LostARR != (LostARR{Rows: 1, ARR: 15}) {
		t.Errorf("lost %v, %+v", lost, got.LostARR)
	}
	var ledger []string
	for _, l := range got.Ledger {
		ledger = append(ledger, fmt.Sprintf("%s %s: %d, %.0f", day.Format(l.AsOf), l.Outcome, l.Accounts, l.ARR))
	}
	if want := []string{
		"2025-12-31 kept as stayed: 2, 60", "2025-12-31 kept as churned: 1, 20", "2025-12-31 decided inside the gap: too late to act: 1, 40",
		"2025-12-31 lost for a reason that is no verdict on health: 1, 30", "2025-12-31 onboarding: 1, 0",
		"2026-03-31 kept as stayed: 2, 10", "2026-03-31 kept as churned: 1, 50", "2026-03-31 loss already decided or in notice: 3, 90",
	}; !slices.Equal(ledger, want) {
		t.Errorf("%q", ledger)
	}
	// The published score of the second date was 10 days old; b's path is the
	// rebuilt one, e's the published one, and neither sees the other kind.
	if len(s.Paths) != 2 || s.Paths[0].Account != 4 || s.Paths[0].Rebuilt || !slices.Equal(s.Paths[0].Days, []int32{70}) ||
		s.Paths[1].Account != 1 || !s.Paths[1].Rebuilt || !slices.Equal(s.Paths[1].Days, []int32{30}) {
		t.Errorf("%+v", s.Paths)
	}
	// One row in seven has no ARR: amounts are not known.
	if got.KnowsARR || s.ARR != nil {
		t.Error("amounts of a seventh of the rows are unknown, and were added up")
	}
}
