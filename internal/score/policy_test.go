package score_test

import (
	"math"
	"testing"

	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// TechCorp without NPS and trends, by hand from the point tables.
//
//	left out  product 87.5, support 91.667, financial 92.857, relationship 75 over
//	          -45..75 = 100 at 8/11 of its weight: 92.271
//	worst     usage down -15: 15 less of 120 -> 75; tickets up -10: 10 less of 120 ->
//	          83.333; NPS -20: 55 over -65..100 = 72.727: 80.563
//	best      usage up -> 100; tickets down -> 100; NPS +25: 100: 98.214
//	neutral   the trends give 0; NPS half-way between 72.727 and 100: 89.388
func TestPoliciesWorked(t *testing.T) {
	p := scoretest.DefaultPlan()
	cells := scoretest.TechCorp(p)
	cells[scoretest.NPS] = scoretest.Absent(signal.Missing)
	full := scoretest.TechCorp(p)
	full[scoretest.UsageTrend], full[scoretest.TicketTrend] = scoretest.Word(p, scoretest.UsageTrend, "stable"), scoretest.Word(p, scoretest.TicketTrend, "stable")
	nothing := scoretest.TechCorp(p)
	for k := range nothing {
		if k != scoretest.Activity && k != scoretest.CSAT {
			nothing[k] = scoretest.Absent(signal.Missing)
		}
	}
	snap := scoretest.Snapshot(p, 20_000, [][]scoretest.Cell{cells, full, nothing})
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Score(snap, score.Rows{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Treat(snap, score.Rows{}, res)
	if err != nil {
		t.Fatal(err)
	}
	want := map[score.Policy]float64{
		score.LeftOut: (26.25 + 18.0 + 1.0/3 + 23.0 + 3.0/14 + 25*8.0/11) / (0.75 + 0.25*8/11),
		score.Worst:   0.3*75 + 0.2*(100*100.0/120) + 0.25*100*65.0/70 + 0.25*100*120.0/165,
		score.Best:    30 + 20 + 0.25*100*65.0/70 + 25,
		score.Neutral: 26.25 + 18 + 1.0/3 + 0.25*100*65.0/70 + 0.25*(100*120.0/165+100)/2,
	}
	for policy, w := range want {
		if c := got.Composite[policy][0]; math.Abs(c-w) > 1e-9 {
			t.Errorf("%s: %v, want %v", policy, c, w)
		}
	}
	if !got.Missing[0] || got.Missing[1] || got.Depends(1) {
		t.Errorf("missing %v", got.Missing)
	}
	if res.Status[2] != score.NotScored || got.Status[score.Worst][2] != 3 || got.Status[score.Best][2] != 1 || !got.Depends(2) {
		t.Errorf("an account that is not scored: %v, %v; the best is capped for its coverage", got.Status[score.Worst][2], got.Status[score.Best][2])
	}
}

// Worst and best enclose every policy, worst never gives a better status than the
// rule, and it is worse exactly where the result says that the status depends on
// missing data.
func TestPoliciesEnclose(t *testing.T) {
	p := scoretest.DefaultPlan()
	for seed := range uint64(10) {
		snap := scoretest.Snapshot(p, 20_000, scoretest.Accounts(p, 80, seed))
		s, err := score.New(p)
		if err != nil {
			t.Fatal(err)
		}
		res, err := s.Score(snap, score.Rows{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Treat(snap, score.Rows{}, res)
		if err != nil {
			t.Fatal(err)
		}
		for i := range res.Tenths {
			worst, best := got.Composite[score.Worst][i], got.Composite[score.Best][i]
			if half := got.Composite[score.Neutral][i]; got.Missing[i] && !(worst <= half+1e-9 && half <= best+1e-9) {
				t.Fatalf("seed %d, row %d: %v, %v, %v", seed, i, worst, half, best)
			}
			if res.Tenths[i] < 0 {
				continue
			}
			if worst < res.Low[i]-1e-9 || best > res.High[i]+1e-9 {
				t.Fatalf("seed %d, row %d: %v to %v outside %v to %v", seed, i, worst, best, res.Low[i], res.High[i])
			}
			if depends := got.Status[score.Worst][i] > res.Status[i]; depends != res.DependsOnMissing[i] && worst < res.Composite[i] {
				t.Fatalf("seed %d, row %d: worst %d, now %d, depends %v", seed, i, got.Status[score.Worst][i], res.Status[i], res.DependsOnMissing[i])
			}
		}
	}
}
