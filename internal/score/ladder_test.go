package score_test

import (
	"math"
	"strings"
	"testing"

	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// TestLadders gives both sides of every boundary of the default tables, and what
// rounding to nine decimals does to ratios. Points are typed in from the scoring
// rules; NaN marks values outside the domain, which count as missing.
func TestLadders(t *testing.T) {
	nan := math.NaN()
	p := scoretest.DefaultPlan()
	for _, c := range []struct {
		sig    int
		points map[float64]float64
	}{
		{scoretest.Activity, map[float64]float64{
			1.4: 30, 0.71: 30, 0.700000001: 30, 0.7000000006: 30, 0.7000000004: 20, 0.7: 20,
			0.5: 20, 0.4999999996: 20, 0.4999999994: 10, 0.3: 10, 0.30000000000000004: 10, 0.299999999: 0, 0.2999999996: 10, 0: 0, -0.01: nan, math.Inf(1): nan,
		}},
		{scoretest.FeatureAdoption, map[float64]float64{1: 25, 0.61: 25, 0.6: 15, 0.4: 15, 0.39: 5, 0: 5, 1.01: 25}},
		{scoretest.DaysSinceLogin, map[float64]float64{0: 0, 6: 0, 7: -20, 29: -20, 30: -40, 4000: -40, -1: nan}},
		{scoretest.CSAT, map[float64]float64{5: 30, 4.51: 30, 4.5: 20, 4: 20, 3.99: 10, 3.5: 10, 3.49: 0, 1: 0, 0.5: nan, 5.5: nan, nan: nan}},
		{scoretest.Payment, map[float64]float64{0: 30, 1: 10, 59: 10, 60: -20, 61: -20}},
		{scoretest.ContractTerm, map[float64]float64{13: 20, 12: 0, 2: 0, 1.01: 0, 1: -10, 0: -10}},
		{scoretest.NPS, map[float64]float64{10: 25, 9: 25, 8: 10, 7: 10, 6: -20, 0: -20, 14: nan}},
	} {
		for x, want := range c.points {
			cells := scoretest.TechCorp(p)
			cells[c.sig] = scoretest.Num(x)
			r := scored(t, p, score.Rows{}, cells)
			rung := r.Rung[c.sig][0]
			if math.IsNaN(want) {
				if rung != -1 || r.Points(c.sig, 0) != 0 {
					t.Errorf("%s %v: rung %d, want none", p.Signals[c.sig].Name, x, rung)
				}
				continue
			}
			if rung < 0 || r.Points(c.sig, 0) != want || p.Rules[0].Ladders[c.sig][rung].Points != want {
				t.Errorf("%s %v: rung %d, %v points, want %v", p.Signals[c.sig].Name, x, rung, r.Points(c.sig, 0), want)
			}
		}
	}
	for _, c := range []struct {
		sig    int
		points map[string]float64
	}{
		{scoretest.UsageTrend, map[string]float64{"up": 15, "stable": 0, "down": -15}},
		{scoretest.Escalations, map[string]float64{"none": 25, "resolved": 15, "open": -20}},
		{scoretest.Sentiment, map[string]float64{"positive": 0, "neutral": 0, "negative": -25}},
		{scoretest.TicketTrend, map[string]float64{"down": 10, "stable": 0, "up": -10}},
		{scoretest.Growth, map[string]float64{"upgrade_completed": 30, "expansion_in_discussion": 20, "none": 0}},
		{scoretest.DowngradeRisk, map[string]float64{"false": 0, "true": -30}},
		{scoretest.Sponsor, map[string]float64{"active": 30, "passive": 0, "gone": 0, "none": 0}},
		{scoretest.Champion, map[string]float64{"engaged": 25, "weak": 0, "none": 0, "left": -30}},
		{scoretest.QBR, map[string]float64{"regular": 20, "sporadic": 0, "none": -15}},
	} {
		for word, want := range c.points {
			cells := scoretest.TechCorp(p)
			cells[c.sig] = scoretest.Word(p, c.sig, word)
			if r := scored(t, p, score.Rows{}, cells); r.Points(c.sig, 0) != want {
				t.Errorf("%s %s: %v points, want %v", p.Signals[c.sig].Name, word, r.Points(c.sig, 0), want)
			}
		}
	}
}

// TestRefusals holds one defect each.
func TestRefusals(t *testing.T) {
	ladder := func(p *plan.Plan, sig int) []plan.Rung { return p.Rules[0].Ladders[sig] }
	for _, c := range []struct {
		name, want string
		spoil      func(*plan.Plan)
	}{
		{"gap", "gap or overlap at 0.5", func(p *plan.Plan) { ladder(p, scoretest.Activity)[1].Range.LoOpen = true }},
		{"overlap", "gap or overlap at 7", func(p *plan.Plan) { ladder(p, scoretest.NPS)[2].Range.HiOpen = false }},
		{"short domain", "the domain does not", func(p *plan.Plan) { ladder(p, scoretest.NPS)[0].Range.Hi = 9.5 }},
		{"empty row", "holds no value", func(p *plan.Plan) {
			ladder(p, scoretest.Payment)[0].Range.HiOpen = true
			ladder(p, scoretest.Payment)[1].Range.LoOpen = false
		}},
		{"lost word", `"stable" is in no row`, func(p *plan.Plan) { ladder(p, scoretest.UsageTrend)[1].Words = nil }},
		{"double word", `"up" is in two rows`, func(p *plan.Plan) { ladder(p, scoretest.UsageTrend)[1].Words = []int{0, 1} }},
		{"one-sided modifier", "missing modifier is worth 0", func(p *plan.Plan) {
			for i := range ladder(p, scoretest.UsageTrend) {
				ladder(p, scoretest.UsageTrend)[i].Points += 20
			}
		}},
		{"infinite points", "finite", func(p *plan.Plan) { ladder(p, scoretest.NPS)[0].Points = math.Inf(1) }},
		{"weights", "sum to 1.1", func(p *plan.Plan) { p.Rules[0].Weights[0] += 0.1 }},
		{"negative weight", "weighs -0.3", func(p *plan.Plan) { p.Rules[0].Weights[0] = -0.3 }},
		{"bands from 1", "cover every headline", func(p *plan.Plan) { p.Rules[0].Bands[3].Min = 1 }},
		{"band order", "does not start below", func(p *plan.Plan) { p.Rules[0].Bands[1].Min = 90 }},
		{"expanding below", "a better band does not", func(p *plan.Plan) { p.Rules[0].Bands[2].Expand = true }},
		{"all expand", "every band expands", func(p *plan.Plan) {
			for i := range p.Rules[0].Bands {
				p.Rules[0].Bands[i].Expand = true
			}
		}},
		{"orphan signal", "in no pillar", func(p *plan.Plan) { p.Pillars[3].Signals = p.Pillars[3].Signals[:3] }},
		{"signal twice", "in two pillars", func(p *plan.Plan) { p.Pillars[3].Signals[3] = scoretest.NPS }},
		{"no rules", "0 sets of rules", func(p *plan.Plan) { p.Rules = nil }},
	} {
		p := scoretest.DefaultPlan()
		c.spoil(p)
		_, err := score.New(p)
		if err == nil || !strings.Contains(err.Error(), c.want) || diag.ClassOf(err) != diag.Config {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

func TestTwoPillarsNeeded(t *testing.T) {
	p := scoretest.DefaultPlan()
	cells := scoretest.TechCorp(p)
	for sig := range cells { // product stays; support keeps only its modifiers
		if sig > scoretest.UsageTrend && sig != scoretest.Sentiment && sig != scoretest.TicketTrend {
			cells[sig] = scoretest.Absent(signal.NotCollected)
		}
	}
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Score(scoretest.Snapshot(p, asOf, [][]scoretest.Cell{cells}), score.Rows{})
	const want = "only 1 of 4 pillars can be measured, at least 2 are needed (no level signal collected: support, financial, relationship)"
	if err == nil || !strings.Contains(err.Error(), want) || diag.ClassOf(err) != diag.Config {
		t.Fatalf("err = %v", err)
	}
	cells[scoretest.NPS] = scoretest.Num(9)
	if _, err := s.Score(scoretest.Snapshot(p, asOf, [][]scoretest.Cell{cells}), score.Rows{}); err != nil {
		t.Fatal(err)
	}
}

func TestForeignSnapshot(t *testing.T) {
	p, other := scoretest.DefaultPlan(), scoretest.DefaultPlan()
	other.Signals[scoretest.Champion].Words = []string{"engaged", "none", "weak", "left"}
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	snap := scoretest.Snapshot(other, asOf, [][]scoretest.Cell{scoretest.TechCorp(other)})
	if _, err := s.Score(snap, score.Rows{}); diag.ClassOf(err) != diag.Config || err == nil {
		t.Errorf("words in another order: %v", err)
	}
	own := scoretest.Snapshot(p, asOf, [][]scoretest.Cell{scoretest.TechCorp(p)})
	for _, rows := range []score.Rows{{Rules: []uint8{1}}, {Rules: []uint8{0, 0}}, {Hold: []bool{true, true}}} {
		if _, err := s.Score(own, rows); err == nil {
			t.Errorf("rows %v were accepted", rows)
		}
	}
}
