package score_test

import (
	"math"
	"testing"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

const asOf = 20_629 // any day

func scored(t *testing.T, p *plan.Plan, rows score.Rows, cells ...[]scoretest.Cell) *score.Result {
	t.Helper()
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	snap := scoretest.Snapshot(p, asOf, cells)
	defer snap.Release()
	r, err := s.Score(snap, rows)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s = %v, want %v within %v", what, got, want, within)
	}
}

// The four accounts' expected numbers are worked by hand from the point tables;
// the first two are also stated with the scoring rules.
//
// Bounds with every signal collected: product -50..70, support -55..65,
// financial -60..80, relationship -65..100 (spans 120, 120, 140, 165).
func TestWorkedAccounts(t *testing.T) {
	p := scoretest.DefaultPlan()
	w := func(sig int, word string) scoretest.Cell { return scoretest.Word(p, sig, word) }
	missing := scoretest.Absent(signal.Missing)
	num := scoretest.Num

	// TechCorp's twin: 35/60 -> 70%, one below or at every boundary.
	// product 20+15+0 = 35 -> 85/120; support 20+15+0 = 35 -> 90/120;
	// financial 30+0+0+0 = 30 -> 90/140; relationship 30+0+10+0 = 40 -> 105/165.
	techTwin := []scoretest.Cell{
		num(42.0 / 60), num(0.60), num(6), missing,
		num(4.5), w(scoretest.Escalations, "resolved"), w(scoretest.Sentiment, "neutral"), missing,
		num(0), w(scoretest.Growth, "none"), w(scoretest.DowngradeRisk, "false"), num(12),
		w(scoretest.Sponsor, "active"), w(scoretest.Champion, "weak"), num(8), w(scoretest.QBR, "sporadic"),
	}
	// RetailMax's twin: product 10+15-20 = 5 -> 55/120; support 10-20+0 = -10 ->
	// 45/120; financial -20+20+0-10 = -10 -> 50/140; relationship 0-30+10-15 = -35
	// -> 30/165.
	retailTwin := []scoretest.Cell{
		num(15.0 / 50), num(0.40), num(29), missing,
		num(3.5), w(scoretest.Escalations, "open"), w(scoretest.Sentiment, "neutral"), missing,
		num(60), w(scoretest.Growth, "expansion_in_discussion"), w(scoretest.DowngradeRisk, "false"), num(1),
		w(scoretest.Sponsor, "passive"), w(scoretest.Champion, "left"), num(7), w(scoretest.QBR, "none"),
	}
	r := scored(t, p, score.Rows{}, scoretest.TechCorp(p), scoretest.RetailMax(p), techTwin, retailTwin)

	for i, c := range []struct {
		name      string
		pillars   [4]float64
		composite float64
		tenths    int32
		headline  int16
		status    string
	}{
		{"TechCorp", [4]float64{87.50, 91.67, 92.86, 100}, 92.80, 928, 92, "Healthy"},
		{"RetailMax", [4]float64{29.17, 8.33, 28.57, 0}, 17.56, 176, 17, "Critical"},
		// 0.3*70.8333 + 0.2*75 + 0.25*64.2857 + 0.25*63.6364 = 68.2305
		{"TechCorp's twin", [4]float64{70.83, 75, 64.29, 63.64}, 68.23, 682, 68, "Monitor"},
		// 0.3*45.8333 + 0.2*37.5 + 0.25*35.7143 + 0.25*18.1818 = 34.7240
		{"RetailMax's twin", [4]float64{45.83, 37.50, 35.71, 18.18}, 34.72, 347, 34, "Critical"},
	} {
		for j, want := range c.pillars {
			near(t, c.name+" "+p.Pillars[j].Name, r.Pillars[j][i], want, 0.005)
			near(t, c.name+" weight", r.Weights[j][i], p.Rules[0].Weights[j], 1e-15)
		}
		near(t, c.name+" composite", r.Composite[i], c.composite, 0.005)
		if r.Tenths[i] != c.tenths || r.Headline[i] != c.headline || r.Band(i).Name != c.status {
			t.Errorf("%s: %d tenths, %d, %s; want %d, %d, %s", c.name, r.Tenths[i], r.Headline[i], r.Band(i).Name, c.tenths, c.headline, c.status)
		}
		// Both trends are missing: 30 of product's 120 points and 20 of support's.
		// 0.3*90/120 + 0.2*100/120 + 0.25 + 0.25 = 0.89167
		near(t, c.name+" coverage", r.Coverage[i], 0.8916666666666667, 1e-12)
		// A trend at its worst or best moves product by 15/120 and support by 10/120:
		// 0.3*12.5 + 0.2*8.3333 = 5.4167 either way.
		near(t, c.name+" low", r.Low[i], r.Composite[i]-5.416666666666667, 1e-9)
		near(t, c.name+" high", r.High[i], r.Composite[i]+5.416666666666667, 1e-9)
		if r.Capped[i] || r.Provisional[i] || r.DependsOnMissing[i] {
			t.Errorf("%s: capped %v, provisional %v, depends on missing %v; want none", c.name, r.Capped[i], r.Provisional[i], r.DependsOnMissing[i])
		}
	}
	// Cost is best minus current row: champion 55 of 165 points at weight 0.25.
	near(t, "RetailMax champion cost", r.Cost[scoretest.Champion][1], 0.25*100*55/165, 1e-12)
	// Contribution is the points above the signal's worst row: -20 above -40.
	near(t, "RetailMax login contribution", r.Contribution[scoretest.DaysSinceLogin][1], 0.3*100*20/120, 1e-12)
	// A missing trend gives 0 points, 15 above its worst.
	near(t, "RetailMax usage trend contribution", r.Contribution[scoretest.UsageTrend][1], 0.3*100*15/120, 1e-12)
	if r.Rung[scoretest.UsageTrend][1] != -1 || r.Rung[scoretest.Champion][1] != 2 {
		t.Error("rungs: want -1 for a missing value and 2 for champion left")
	}
}

// TestClampedAccounts: the literal sums. TechCorp: product 30+25+0 = 55, support
// 55, financial 70, relationship 100: 16.5 + 11 + 17.5 + 25 = 70. RetailMax: -15,
// -45, -20, -65 are all clamped to 0.
func TestClampedAccounts(t *testing.T) {
	p := scoretest.DefaultPlan()
	p.Scale = plan.Clamp
	r := scored(t, p, score.Rows{}, scoretest.TechCorp(p), scoretest.RetailMax(p))
	near(t, "TechCorp", r.Composite[0], 70, 1e-12)
	near(t, "RetailMax", r.Composite[1], 0, 0)
	// Usage up adds 15*0.3, fewer tickets 10*0.2.
	near(t, "TechCorp high", r.High[0], 76.5, 1e-12)
	near(t, "TechCorp low", r.Low[0], 63.5, 1e-12)
	// RetailMax's payment would rise by 20 points, but its sum stays at 0.
	near(t, "RetailMax payment cost", r.Cost[scoretest.Payment][1], 0, 0)
}

// TestMissingStates walks one account through the ways of not having a value.
func TestMissingStates(t *testing.T) {
	p := scoretest.DefaultPlan()
	with := func(change map[int]signal.State) []scoretest.Cell {
		c := scoretest.TechCorp(p)
		c[scoretest.UsageTrend] = scoretest.Word(p, scoretest.UsageTrend, "stable")
		c[scoretest.TicketTrend] = scoretest.Word(p, scoretest.TicketTrend, "stable")
		for sig, st := range change {
			c[sig] = scoretest.Absent(st)
		}
		return c
	}
	r := scored(t, p, score.Rows{},
		with(nil),
		with(map[int]signal.State{scoretest.NPS: signal.Missing}),
		with(map[int]signal.State{scoretest.NPS: signal.Stale}),
		with(map[int]signal.State{scoretest.NPS: signal.NotDatable}),
		with(map[int]signal.State{scoretest.NPS: signal.Invalid}),
		with(map[int]signal.State{scoretest.NPS: signal.NotApplicable}),
		with(map[int]signal.State{
			scoretest.Sponsor: signal.NotApplicable, scoretest.Champion: signal.NotApplicable,
			scoretest.NPS: signal.NotApplicable, scoretest.QBR: signal.NotApplicable,
		}),
		with(map[int]signal.State{
			scoretest.Sponsor: signal.Missing, scoretest.Champion: signal.Missing,
			scoretest.NPS: signal.Missing, scoretest.QBR: signal.Missing,
		}),
	)
	near(t, "complete coverage", r.Coverage[0], 1, 0)
	if r.Low[0] != r.Composite[0] || r.High[0] != r.Composite[0] {
		t.Errorf("complete interval %v..%v around %v", r.Low[0], r.High[0], r.Composite[0])
	}
	for i := 1; i <= 4; i++ { // NPS spans 45 of 165 level points
		near(t, "coverage without NPS", r.Coverage[i], 1-0.25*45/165, 1e-12)
		near(t, "level coverage without NPS", r.PillarCoverage[3][i], 120.0/165, 1e-12)
		near(t, "weight without NPS", r.Weights[3][i], 0.25*120/165/(0.75+0.25*120/165), 1e-12)
		if r.Provisional[i] != (i == 4) {
			t.Errorf("row %d provisional = %v: only an invalid value makes it so here", i, r.Provisional[i])
		}
	}
	near(t, "coverage, NPS not applicable", r.Coverage[5], 1, 0)
	near(t, "weight, NPS not applicable", r.Weights[3][5], 0.25, 1e-15)
	near(t, "coverage, relationship not applicable", r.Coverage[6], 1, 0)
	near(t, "product weight, relationship not applicable", r.Weights[0][6], 0.4, 1e-15)
	near(t, "coverage, relationship missing", r.Coverage[7], 0.75, 1e-15)
	if !math.IsNaN(r.Pillars[3][7]) || r.Weights[3][7] != 0 || !math.IsNaN(r.Pillars[3][6]) {
		t.Error("a pillar without a known level has a score")
	}
	if r.Band(7).Name != "Healthy" { // 75% is enough
		t.Errorf("status at coverage 75%% = %s", r.Band(7).Name)
	}
	// The worst relationship would leave 0.75 of the composite: from the seventies
	// to the sixties, Monitor.
	if !r.DependsOnMissing[7] || r.DependsOnMissing[6] {
		t.Error("depends on missing: want true with a missing, false with an inapplicable pillar")
	}
}

// TestCoverageLimits: TechCorp without relationship (0.6417) is scored, capped at
// Monitor and provisional; without financial as well it is not scored.
func TestCoverageLimits(t *testing.T) {
	p := scoretest.DefaultPlan()
	thin := scoretest.TechCorp(p)
	for sig := scoretest.Sponsor; sig <= scoretest.QBR; sig++ {
		thin[sig] = scoretest.Absent(signal.Missing)
	}
	none := append([]scoretest.Cell(nil), thin...)
	for sig := scoretest.Payment; sig <= scoretest.ContractTerm; sig++ {
		none[sig] = scoretest.Absent(signal.Stale)
	}
	// Low scores are provisional, too, but no cap lowers them.
	low := scoretest.RetailMax(p)
	copy(low[scoretest.Sponsor:], thin[scoretest.Sponsor:])
	r := scored(t, p, score.Rows{Hold: []bool{false, false, false, true, false}, Out: []bool{false, false, false, false, true}},
		thin, none, low, scoretest.TechCorp(p), scoretest.TechCorp(p))

	near(t, "coverage", r.Coverage[0], 0.6416666666666667, 1e-12)
	if r.Headline[0] < 80 || r.Band(0).Name != "Monitor" || !r.Capped[0] || !r.Provisional[0] {
		t.Errorf("thin: headline %d, %s, capped %v, provisional %v", r.Headline[0], r.Band(0).Name, r.Capped[0], r.Provisional[0])
	}
	if r.Band(1) != nil || r.Tenths[1] != score.NotScored || r.Headline[1] != score.NotScored || !math.IsNaN(r.Composite[1]) ||
		!math.IsNaN(r.Low[1]) || r.Provisional[1] || r.Weights[0][1] != 0 || r.Cost[scoretest.UsageTrend][1] != 0 {
		t.Error("coverage 0.39 was scored")
	}
	if _, ok := r.Score(1); ok {
		t.Error("Score gives a number for a row that is not scored")
	}
	if r.Band(2).Name != "Critical" || r.Capped[2] || !r.Provisional[2] {
		t.Errorf("low: %s, capped %v, provisional %v", r.Band(2).Name, r.Capped[2], r.Provisional[2])
	}
	if r.Headline[3] != 92 || r.Band(3).Name != "Monitor" || r.Capped[3] || r.Provisional[3] {
		t.Errorf("held: headline %d, %s, capped %v", r.Headline[3], r.Band(3).Name, r.Capped[3])
	}
	if r.Band(4) != nil || !math.IsNaN(r.Composite[4]) || math.IsNaN(r.Pillars[0][4]) || r.Contribution[0][4] != 0 {
		t.Error("an account outside the population needs pillars and no composite")
	}
}

// TestNotCollected leaves a whole signal out for everyone: no coverage is lost.
// Without usage trend product is 95/100 points wide at -35..55, TechCorp's 55 is
// its best.
func TestNotCollected(t *testing.T) {
	p := scoretest.DefaultPlan()
	c := scoretest.TechCorp(p)
	c[scoretest.UsageTrend] = scoretest.Absent(signal.NotCollected)
	r := scored(t, p, score.Rows{}, c)
	near(t, "product", r.Pillars[0][0], 100, 0)
	near(t, "coverage", r.Coverage[0], 0.8+0.2*100/120, 1e-12)
}

func TestTenths(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want int32
	}{
		{0, 0},
		{100, 1000},
		{79.95, 800},
		{79.949999999999989, 800},
		{79.9499999, 799},
		{0.05, 1},
		{0.15, 2},
		{0.25, 3},
		{17.5595238, 176},
		{100.00000000000001, 1000},
		{-1e-14, 0},
		{math.NaN(), score.NotScored},
	} {
		if got := score.Tenths(c.in); got != c.want {
			t.Errorf("Tenths(%v) = %d, want %d", c.in, got, c.want)
		}
	}
	for k := range int32(1001) { // every x.x5 rounds up
		if got := score.Tenths(float64(k)/10 + 0.05); got != k+1 {
			t.Errorf("Tenths(%v) = %d, want %d", float64(k)/10+0.05, got, k+1)
		}
	}
}
