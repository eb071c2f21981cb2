package score_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// capped is the default plan with two caps: at most Monitor once the champion
// left, at most At Risk from 60 days past due.
func capped() *plan.Plan {
	p := scoretest.DefaultPlan()
	left := int(scoretest.Word(p, scoretest.Champion, "left").Value)
	p.Rules[0].Caps = []plan.Cap{
		{Name: "champion_left", Signal: scoretest.Champion, Words: []int{left}, Band: 1, Reason: "the champion left"},
		{Name: "unpaid", Signal: scoretest.Payment, Range: plan.Interval{Lo: 60, Hi: 1e9}, Band: 2, Reason: "an invoice is unpaid"},
	}
	return p
}

func TestCapsKeepTheStatusDown(t *testing.T) {
	p := capped()
	with := func(change map[int]scoretest.Cell) []scoretest.Cell {
		c := scoretest.TechCorp(p)
		for sig, cell := range change {
			c[sig] = cell
		}
		return c
	}
	left, lost := scoretest.Word(p, scoretest.Champion, "left"), scoretest.Absent(signal.Missing)
	r := scored(t, p, score.Rows{},
		with(nil),
		with(map[int]scoretest.Cell{scoretest.Champion: left}),
		with(map[int]scoretest.Cell{scoretest.Champion: left, scoretest.Payment: scoretest.Num(60)}),
		with(map[int]scoretest.Cell{scoretest.Payment: scoretest.Num(59.9999999999)}), // 60 once rounded to nine decimals
		with(map[int]scoretest.Cell{scoretest.Payment: scoretest.Num(59)}),
		with(map[int]scoretest.Cell{scoretest.Champion: lost}),
		with(map[int]scoretest.Cell{scoretest.Champion: scoretest.Absent(signal.NotApplicable)}),
		scoretest.RetailMax(p),
	)
	for i, want := range []struct {
		status, cap string
		depends     bool
	}{
		{"Healthy", "", false},
		{"Monitor", "champion_left", false}, // 84.5 points say Healthy
		{"At Risk", "unpaid", false},
		{"At Risk", "unpaid", false},
		{"Healthy", "", false},
		{"Healthy", "", true}, // had the champion left, the cap would hold
		{"Healthy", "", false},
		{"Critical", "", false}, // the cap holds, but the score is worse anyway
	} {
		name := ""
		if c := r.Cap(i); c != nil {
			name = c.Name
		}
		if r.Band(i).Name != want.status || name != want.cap || r.DependsOnMissing[i] != want.depends || r.Capped[i] {
			t.Errorf("account %d: %s by %q, depends on missing %v, capped by coverage %v; want %+v", i, r.Band(i).Name, name, r.DependsOnMissing[i], r.Capped[i], want)
		}
	}
	if r.Tenths[1] == r.Tenths[0] || r.Headline[1] < 80 {
		t.Errorf("headline %d: the cap is to change the status, not the score", r.Headline[1])
	}
}

// On random accounts a status is the worse of what the score and what every cap
// that holds allow, read off one by one; the scores are those without caps.
func TestCapsOnRandomAccounts(t *testing.T) {
	p, free := capped(), scoretest.DefaultPlan()
	cells := scoretest.Accounts(p, 2000, 5)
	rng := rand.New(rand.NewPCG(3, 0))
	hold := make([]bool, len(cells))
	for i := range hold {
		hold[i] = rng.IntN(9) == 0
	}
	r, plain := scored(t, p, score.Rows{Hold: hold}, cells...), scored(t, free, score.Rows{Hold: hold}, cells...)
	var changed, depend int
	for i := range cells {
		if r.Tenths[i] != plain.Tenths[i] || r.Coverage[i] != plain.Coverage[i] {
			t.Fatalf("account %d: %d tenths, %d without caps", i, r.Tenths[i], plain.Tenths[i])
		}
		if r.Status[i] < 0 {
			continue
		}
		want, by, worst := plain.Status[i], "", plain.Status[i]
		if plain.DependsOnMissing[i] {
			worst = int8(len(p.Rules[0].Bands)) // worse already
		}
		for _, c := range p.Rules[0].Caps {
			cell := cells[i][c.Signal]
			switch {
			case cell.State == signal.Missing:
				worst = max(worst, int8(c.Band))
			case cell.State == signal.Known && c.Holds(&p.Signals[c.Signal], plan.Round9(cell.Value)) && int8(c.Band) > want:
				want, by = int8(c.Band), c.Name
			}
		}
		got := ""
		if c := r.Cap(i); c != nil {
			got = c.Name
			changed++
		}
		if r.Status[i] != want || got != by {
			t.Fatalf("account %d: status %d by %q, want %d by %q", i, r.Status[i], got, want, by)
		}
		// A worse score may already be hidden behind a cap.
		if !plain.DependsOnMissing[i] && r.DependsOnMissing[i] != (worst > want) {
			t.Fatalf("account %d: depends on missing %v, worst %d of %d", i, r.DependsOnMissing[i], worst, want)
		}
		if r.DependsOnMissing[i] {
			depend++
		}
	}
	if changed < 20 || depend < 20 {
		t.Errorf("%d statuses capped, %d depend on missing: the accounts prove nothing", changed, depend)
	}
}

func TestCapsAreRefused(t *testing.T) {
	for _, c := range []plan.Cap{{Signal: 99, Band: 1}, {Signal: -1, Band: 1}, {Signal: 0, Band: 0}, {Signal: 0, Band: 4}} {
		p := scoretest.DefaultPlan()
		p.Rules[0].Caps = []plan.Cap{c}
		if _, err := score.New(p); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

// A flag changes nothing but its own rung: scores, coverage and intervals are the
// same bits whether it is known, missing or not there at all.
func TestFlagsGiveNothing(t *testing.T) {
	plain, p := scoretest.DefaultPlan(), scoretest.DefaultPlan()
	p.Signals = append(slices.Clone(p.Signals), plan.Signal{Name: "merger", Pillar: 1, Kind: plan.Flag, Words: []string{"no", "yes"}})
	p.Pillars = slices.Clone(p.Pillars)
	p.Pillars[1].Signals = append(slices.Clone(p.Pillars[1].Signals), len(p.Signals)-1)
	p.Rules[0].Ladders = append(slices.Clone(p.Rules[0].Ladders), []plan.Rung{{Words: []int{0}}, {Words: []int{1}, Severity: plan.High, Risk: "A merger"}})
	p.Rules[0].NotApplicable = nil
	cells := scoretest.Accounts(plain, 300, 9)
	var with [][]scoretest.Cell
	for i, c := range cells {
		flag := []scoretest.Cell{scoretest.Num(0), scoretest.Num(1), scoretest.Absent(signal.Missing), scoretest.Absent(signal.NotApplicable)}[i%4]
		with = append(with, append(slices.Clone(c), flag))
	}
	a, b := scored(t, plain, score.Rows{}, cells...), scored(t, p, score.Rows{}, with...)
	same := func(what string, x, y []float64) {
		for i := range x {
			if x[i] != y[i] && (x[i] == x[i] || y[i] == y[i]) {
				t.Fatalf("account %d: %s is %v, %v with a flag", i, what, x[i], y[i])
			}
		}
	}
	same("composite", a.Composite, b.Composite)
	same("coverage", a.Coverage, b.Coverage)
	same("low", a.Low, b.Low)
	same("high", a.High, b.High)
	for k := range plain.Pillars {
		same("weight", a.Weights[k], b.Weights[k])
	}
	for i := range cells {
		if want := []int8{0, 1, -1, -1}[i%4]; b.Rung[16][i] != want || b.Contribution[16][i] != 0 || b.Cost[16][i] != 0 || a.DependsOnMissing[i] != b.DependsOnMissing[i] {
			t.Fatalf("account %d: rung %d, want %d", i, b.Rung[16][i], want)
		}
	}
	p.Rules[0].Ladders[16][0].Points = 5
	if _, err := score.New(p); err == nil {
		t.Error("a flag with points was accepted")
	}
}
