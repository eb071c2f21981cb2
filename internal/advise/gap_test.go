package advise_test

import (
	"math"
	"testing"

	"accounthealth/internal/advise"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// TechCorp does not know its trends: a usage trend moves product by 15 of 120
// points at weight 0.3, a ticket trend support by 10 of 120 at 0.2. A level that
// is missing changes bounds and weights, so its gaps are rescored.
func TestGaps(t *testing.T) {
	p := scoretest.DefaultPlan()
	bare := make([]scoretest.Cell, len(p.Signals))
	for i := range bare {
		bare[i] = scoretest.Absent(signal.Missing)
	}
	noNPS := scoretest.TechCorp(p)
	noNPS[scoretest.NPS], noNPS[scoretest.QBR] = scoretest.Absent(signal.Stale), scoretest.Absent(signal.NotApplicable)
	snap := scoretest.Snapshot(p, 20_000, [][]scoretest.Cell{scoretest.TechCorp(p), noNPS, bare})
	defer snap.Release()
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Score(snap, score.Rows{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := advise.Advise(p, snap, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	gaps := func(row int) []advise.Gap {
		out, err := a.GapsOf(row)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	g := gaps(0)
	if len(g) != 2 || g[0].Signal != scoretest.UsageTrend || g[1].Signal != scoretest.TicketTrend || g[0].State != signal.Missing {
		t.Fatalf("%+v", g)
	}
	near("usage down", g[0].Low, -3.75)
	near("usage up", g[0].High, 3.75)
	near("tickets up", g[1].Low, -0.2*1000/120)
	near("tickets down", g[1].High, 0.2*1000/120)

	g = gaps(1) // not applicable is no gap
	if len(g) != 3 || g[2].Signal != scoretest.NPS || g[2].State != signal.Stale {
		t.Fatalf("%+v", g)
	}
	for i, value := range []float64{9, 5} {
		cells := append([]scoretest.Cell(nil), noNPS...)
		cells[scoretest.NPS] = scoretest.Num(value)
		with := scoretest.Snapshot(p, 20_000, [][]scoretest.Cell{cells})
		known, err := s.Score(with, score.Rows{})
		if err != nil {
			t.Fatal(err)
		}
		near("NPS", []float64{g[2].High, g[2].Low}[i], known.Composite[0]-r.Composite[1])
		with.Release()
	}
	g = gaps(2) // nothing is known and nothing is scored
	if len(g) != len(p.Signals) || g[0].Low != 0 || g[0].High != 0 {
		t.Errorf("%d gaps, %+v", len(g), g[0])
	}
}
