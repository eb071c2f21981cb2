package portfolio

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/day"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
)

// Values set by hand are judged against what was measured before, what is measured
// now, and losses. Points of the one signal: good 10, poor 0.
func TestJudge(t *testing.T) {
	p := &plan.Plan{
		Pillars: []plan.Pillar{{Name: "support", Label: "Support"}},
		Signals: []plan.Signal{{Name: "champion", Label: "Champion", Words: []string{"good", "poor"}}},
		Rules:   []plan.Rules{{Ladders: [][]plan.Rung{{{Words: []int{0}, Points: 10}, {Words: []int{1}}}}}},
	}
	ids := []string{"A", "B", "C", "D", "E", "F", "G"}
	note := func(id, target, value, set string, expires any) intaketest.Row {
		return intaketest.Row{"account_id": id, "target": target, "value": value, "reason": "said so", "author": "Ana", "set_at": set, "expires_at": expires}
	}
	in := intaketest.Canonical(memory.NewGoAllocator(), "overrides",
		note("A", "support", "20", "2026-01-10", "2026-03-31"), // 80 then, 30 now: 5/6 of the way
		note("B", "support", "20", "2026-01-10", "2026-03-31"), // 80 then, 70 now: 1/6 of the way
		note("C", "support", "20", "2026-01-10", nil),          // lost: worse was right
		note("D", "champion", "good", "2026-01-10", nil),       // lost: better was wrong
		note("E", "support", "20", "2026-06-10", nil),          // 20 days old
		note("F", "champion", "poor", "2026-01-10", nil),       // poor by now, as said
		note("G", "support", "20", "2025-11-10", nil),          // before the first scored day
	)
	set, err := overrides.Read(context.Background(), &in, nil, p, func(id string) int32 {
		for i := range ids {
			if ids[i] == id {
				return int32(i)
			}
		}
		return -1
	}, day.Of(2026, 6, 30))
	if err != nil {
		t.Fatal(err)
	}
	scored := func(asOf int32, support []float64, champion []int8) Scored {
		n := len(ids)
		return Scored{View: &population.View{AsOf: asOf}, Result: &score.Result{Plan: p, Rules: make([]uint8, n), Pillars: [][]float64{support}, Rung: [][]int8{champion}}}
	}
	days := []Scored{
		scored(day.Of(2025, 12, 31), []float64{80, 80, 80, 80, 80, 80, 80}, []int8{0, 0, 0, 1, 0, 0, 0}),
		scored(day.Of(2026, 6, 30), []float64{30, 70, 80, 80, 80, 80, 80}, []int8{0, 0, 0, 1, 0, 1, 0}),
	}
	table := &population.Table{ID: ids, Name: ids, Owner: ids, Losses: []population.Loss{
		{Account: 2, Event: day.Of(2026, 4, 1), Logo: true},
		{Account: 3, Event: day.Of(2026, 4, 1), Logo: true},
		{Account: 4, Event: day.Of(2025, 1, 1), Logo: true}, // long before
	}}
	got := map[string]string{}
	for _, r := range Judge(set, table, days) {
		got[r.ID] = string(r.State) + ", " + r.Outcome
	}
	want := map[string]string{
		"A": "expired, borne out", "B": "expired, not borne out", "C": "in force, borne out", "D": "in force, not borne out",
		"E": "in force, open", "F": "in force, borne out", "G": "in force, open",
	}
	for id, w := range want {
		if got[id] != w {
			t.Errorf("%s: %s, want %s", id, got[id], w)
		}
	}
	if Judge(nil, table, days) != nil {
		t.Error("no source gives values")
	}
}
