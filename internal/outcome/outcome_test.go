package outcome_test

import (
	"math"
	"strings"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/outcome"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
)

var april, may, june = day.Of(2026, 3, 31), day.Of(2026, 4, 30), day.Of(2026, 5, 31)

func shipped(t *testing.T) *plan.Plan {
	t.Helper()
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	return fw.Plan
}

// scored is a day on which the accounts below left have no champion any more, the
// others being TechCorp; the accounts below bad are RetailMax.
func scored(t *testing.T, p *plan.Plan, d int32, n, left, bad int) portfolio.Scored {
	t.Helper()
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	view := &population.View{AsOf: d, Class: make([]population.Class, n), ARR: make([]float64, n)}
	var rows [][]scoretest.Cell
	for i := range n {
		cells := scoretest.TechCorp(p)
		if i < bad {
			cells = scoretest.RetailMax(p)
		} else if i < left {
			cells[scoretest.Champion] = scoretest.Word(p, scoretest.Champion, "left")
		}
		rows, view.ARR[i] = append(rows, cells), float64(100*(i+1))
	}
	snap := scoretest.Snapshot(p, d, rows)
	r, err := s.Score(snap, score.Rows{})
	if err != nil {
		t.Fatal(err)
	}
	return portfolio.Scored{View: view, Result: r, Signals: snap}
}

func loss(account int32, d int32, counts bool) population.Loss {
	return population.Loss{Account: account, Event: d, Logo: true, Counts: counts}
}

// TestEarly: of 40 accounts whose champion left at the end of March 9 left within
// 30 days and one whose loss is no verdict on health is out; of 160 others 4 did.
// The rate on the level is 9 of 39, that of all 13 of 199. One-sided Fisher:
// scipy.stats.fisher_exact([[9, 30], [4, 156]], alternative="greater").
func TestEarly(t *testing.T) {
	p := shipped(t)
	table := &population.Table{}
	for i := range 200 {
		table.ID = append(table.ID, string(rune('a'+i/26))+string(rune('a'+i%26)))
	}
	for i := range int32(9) {
		table.Losses = append(table.Losses, loss(i, april+5+i, true))
	}
	table.Losses = append(table.Losses, loss(9, april+3, false), loss(10, april+31, true))
	for i := range int32(4) {
		table.Losses = append(table.Losses, loss(100+i, april+30, true))
	}
	now := scored(t, p, june, 200, 20, 0)
	e := outcome.Early(outcome.EarlyInput{
		Table: table, Now: now, Past: []portfolio.Scored{scored(t, p, april, 200, 40, 0), scored(t, p, may, 200, 0, 0)}, DataEnd: april + 45,
	})
	if len(e.Signals) != 1 || e.From != april || e.To != april {
		t.Fatalf("%+v", e)
	}
	w := e.Signals[0]
	if w.Signal != "Champion" || w.Horizon != 30 || w.Lost != 9 || w.N != 39 || w.OtherLost != 4 || w.OtherN != 160 {
		t.Errorf("%+v", w)
	}
	if math.Abs(w.Lift.Value-(9.0/39)/(13.0/199)) > 1e-12 || math.Abs(w.P-wantP) > 1e-7*wantP {
		t.Errorf("lift %v, p %v", w.Lift.Value, w.P)
	}
	// 2 levels of the champion hold 20 account-reviews or more: engaged and left.
	if e.Tried != 2 || math.Abs(w.Q-2*w.P) > 1e-12 {
		t.Errorf("%d tried, q %v", e.Tried, w.Q)
	}
	if w.Firing != 20 || w.FiringARR != 100*20*21/2 || len(w.Where) != 5 || w.Where[0] != table.ID[19] {
		t.Errorf("firing %d, %v, %v", w.Firing, w.FiringARR, w.Where)
	}
}

// TestNoLosses: without a loss nothing was tried, and the note says so.
func TestNoLosses(t *testing.T) {
	p := shipped(t)
	table := &population.Table{}
	for range 200 {
		table.ID = append(table.ID, "")
	}
	e := outcome.Early(outcome.EarlyInput{
		Table: table, Now: scored(t, p, june, 200, 20, 0), Past: []portfolio.Scored{scored(t, p, april, 200, 40, 0)}, DataEnd: april + 45,
	})
	if e.Tried != 0 || len(e.Signals)+len(e.Rest) != 0 || !strings.HasPrefix(e.Note, "No loss that counts is on record after the reviews from 2026-03-31") {
		t.Errorf("%+v", e)
	}
}

const wantP = 7.289452521471517e-05

// TestSaves counts by play, owner and status at the start, and follows accounts at
// risk with and without a play before the review.
func TestSaves(t *testing.T) {
	p := shipped(t)
	table := &population.Table{ID: []string{"a", "b", "c", "d"}}
	table.Losses = []population.Loss{loss(1, april+50, true), loss(2, april+91, true)}
	runs := []outcome.Run{
		{Account: 0, Play: "value_review", Started: april - 10, Owner: "Ana", State: outcome.Saved},
		{Account: 1, Play: "value_review", Started: april + 2, Owner: "Bo", State: outcome.Lost},
		{Account: 3, Play: "own play", Started: april + 3, Owner: "Ana", State: outcome.Running},
	}
	s := outcome.Saves(outcome.SavesInput{
		Table: table, Plan: p, Past: []portfolio.Scored{scored(t, p, april-31, 4, 0, 3), scored(t, p, april, 4, 0, 3)}, Runs: runs, Unusable: 2, DataEnd: april + 90,
	})
	if s.Closed != 2 || s.Open != 1 || s.Unusable != 2 || len(s.ByPlay) != 1 || s.ByPlay[0].Of != "Value review" || s.ByPlay[0].Hits != 1 || s.ByPlay[0].N != 2 {
		t.Errorf("%+v", s)
	}
	if len(s.ByStatus) != 1 || s.ByStatus[0].Of != "Critical" || len(s.ByOwner) != 2 {
		t.Errorf("%+v, %+v", s.ByStatus, s.ByOwner)
	}
	// Account a had a play before the review and stayed; b, whose play came later,
	// left; c left a day after the window.
	if len(s.Reviews) != 1 || len(s.Worked) != 1 || s.Worked[0].Hits != 1 || s.Worked[0].N != 1 || s.Unworked[0].Hits != 1 || s.Unworked[0].N != 2 {
		t.Errorf("%v, %+v, %+v", s.Reviews, s.Worked, s.Unworked)
	}
}
