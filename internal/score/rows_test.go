package score_test

import (
	"math"
	"reflect"
	"testing"

	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// TestSegmentRules scores TechCorp under the base, under other weights, and where
// support does not apply. Pillars are 87.5, 91.667, 92.857 and 100:
// 0.4*87.5 + 0.15*91.6667 + 0.25*92.8571 + 0.2*100 = 91.9643;
// (0.3*87.5 + 0.25*92.8571 + 0.25*100) / 0.8 = 93.0804.
func TestSegmentRules(t *testing.T) {
	p := scoretest.DefaultPlan()
	touch, quiet := p.Rules[0], p.Rules[0]
	touch.Name, touch.Weights = "low-touch", []float64{0.40, 0.15, 0.25, 0.20}
	quiet.Name, quiet.NotApplicable = "no support", make([]bool, len(p.Signals))
	for _, sig := range p.Pillars[1].Signals {
		quiet.NotApplicable[sig] = true
	}
	p.Rules = append(p.Rules, touch, quiet)
	p.Overrides = []plan.Override{{Segments: []string{"smb"}, Rules: 1}, {Tiers: []string{"self-serve"}, Rules: 2}}
	table := &population.Table{
		ID:      []string{"a", "b", "c", "d", "e"},
		Segment: []string{"enterprise", "smb", "mid", "smb", ""},
		Tier:    []string{"", "", "self-serve", "self-serve", ""},
	}
	view := &population.View{Class: []population.Class{
		population.Customer, population.Customer, population.Customer, population.Onboarding, population.InNotice,
	}}
	rows := score.RowsOf(p, table, view)
	want := score.Rows{Rules: []uint8{0, 1, 2, 1, 0}, Hold: []bool{false, false, false, true, false}, Out: []bool{false, false, false, false, true}}
	if !reflect.DeepEqual(rows, want) {
		t.Fatalf("rows %+v, want %+v", rows, want)
	}
	cells := make([][]scoretest.Cell, table.Len())
	for i := range cells {
		cells[i] = scoretest.TechCorp(p)
	}
	r := scored(t, p, rows, cells...)
	for i, want := range []float64{92.797619, 91.964286, 93.080357, 91.964286} {
		near(t, table.ID[i], r.Composite[i], want, 1e-6)
	}
	if !math.IsNaN(r.Composite[4]) || r.Band(3).Name != "Monitor" || r.Rung[scoretest.CSAT][2] != -1 {
		t.Error("want no score in notice, Monitor while onboarding, no rung where a signal does not apply")
	}
}

func TestCountStates(t *testing.T) {
	p := scoretest.DefaultPlan()
	var cells [][]scoretest.Cell
	for _, st := range []signal.State{signal.Stale, signal.NotDatable, signal.NotDatable, signal.NotApplicable, signal.Missing} {
		c := scoretest.TechCorp(p)
		c[scoretest.QBR], c[scoretest.UsageTrend] = scoretest.Absent(st), scoretest.Absent(signal.NotCollected)
		cells = append(cells, c)
	}
	got := score.CountStates(scoretest.Snapshot(p, asOf, cells), []bool{false, false, false, false, true})
	var qbr, trend score.StateCounts
	qbr[signal.Stale], qbr[signal.NotDatable], qbr[signal.NotApplicable] = 1, 2, 1
	trend[signal.NotCollected] = 4
	if got[scoretest.QBR] != qbr || got[scoretest.UsageTrend] != trend || got[scoretest.QBR].Missing() != 3 {
		t.Errorf("qbr %v, usage trend %v", got[scoretest.QBR], got[scoretest.UsageTrend])
	}
}
