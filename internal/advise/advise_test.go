package advise_test

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"accounthealth/internal/advise"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

const asOf = 20_629 // 2026-06-25

// advised scores and advises; view may be nil.
func advised(t testing.TB, p *plan.Plan, rows score.Rows, view *population.View, cells ...[]scoretest.Cell) (*advise.Advice, *score.Result) {
	t.Helper()
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	snap := scoretest.Snapshot(p, asOf, cells)
	r, err := s.Score(snap, rows)
	if err != nil {
		t.Fatal(err)
	}
	a, err := advise.Advise(p, snap, r, view)
	if err != nil {
		t.Fatal(err)
	}
	return a, r
}

// TestRetailMaxRisks: the scoring rules name champion, activity and NPS as
// critical, then escalations and the one commercial factor. Costs are best minus
// current row: champion 0.25*55/165, activity 0.3*30/120, NPS 0.25*45/165,
// escalations 0.2*45/120, commercial the downgrade's 0.25*30/140 (payment's is
// 0.25*20/140), QBR 0.25*35/165, adoption and login 0.3*20/120, CSAT 0.2*30/120,
// sponsor 0.25*30/165, sentiment 0.2*25/120, each times 100. Growth = none and a
// contract of 12 months are no risks.
func TestRetailMaxRisks(t *testing.T) {
	p := scoretest.DefaultPlan()
	a, _ := advised(t, p, score.Rows{}, nil, scoretest.TechCorp(p), scoretest.RetailMax(p))
	want := []struct {
		factor   string
		severity plan.Severity
		cost     float64
	}{
		{"champion", plan.Critical, 25.0 / 3},
		{"activity", plan.Critical, 7.5},
		{"nps", plan.Critical, 25 * 45.0 / 165},
		{"escalations", plan.High, 7.5},
		{"commercial", plan.High, 25 * 30.0 / 140},
		{"qbr", plan.Medium, 25 * 35.0 / 165},
		{"feature_adoption", plan.Medium, 5},
		{"days_since_login", plan.Medium, 5},
		{"csat", plan.Medium, 5},
		{"sponsor", plan.Medium, 25 * 30.0 / 165},
		{"sentiment", plan.Medium, 20 * 25.0 / 120},
	}
	got := a.RisksOf(1)
	if len(got) != len(want) {
		t.Fatalf("%d risks: %v", len(got), a.Risks(1))
	}
	for i, w := range want {
		if got[i].Factor != w.factor || got[i].Severity != w.severity || math.Abs(got[i].Cost-w.cost) > 1e-12 {
			t.Errorf("risk %d: %s %s %v, want %s %s %v", i, got[i].Factor, got[i].Severity, got[i].Cost, w.factor, w.severity, w.cost)
		}
	}
	lines := a.Risks(1)
	for i, w := range map[int]string{
		0: "Champion left (Champion: left, not replaced, 25 Jun 2026)",
		1: "Low activity (Activity 24%, 25 Jun 2026)",
		2: "NPS detractor (NPS 5, 25 Jun 2026)",
		4: "Downgrade risk; Late payment (Downgrade risk: yes, 25 Jun 2026; Payment 15 days, 25 Jun 2026)",
		7: "Logins have paused (8 days since last login, 25 Jun 2026)",
		9: "No active sponsor (Executive sponsor: none, 25 Jun 2026)",
		8: "Low CSAT (CSAT 3.2, 25 Jun 2026)",
	} {
		if lines[i] != w {
			t.Errorf("line %d: %q, want %q", i, lines[i], w)
		}
	}
	if a.TopRisk(1) != "Champion left" || a.Lead[1] != scoretest.Champion || a.Severity[1] != plan.Critical {
		t.Errorf("top risk %q", a.TopRisk(1))
	}
	if a.TopRisk(0) != "" || a.RisksOf(0) != nil || a.Lead[0] != advise.None {
		t.Errorf("TechCorp has risks: %v", a.Risks(0))
	}
}

// TestFactorAlone: each member of the commercial factor alone is the same risk.
func TestFactorAlone(t *testing.T) {
	p := scoretest.DefaultPlan()
	late := scoretest.TechCorp(p)
	late[scoretest.Payment] = scoretest.Num(60)
	down := scoretest.TechCorp(p)
	down[scoretest.DowngradeRisk] = scoretest.Word(p, scoretest.DowngradeRisk, "true")
	a, _ := advised(t, p, score.Rows{}, nil, late, down)
	for i, want := range []struct {
		severity plan.Severity
		cost     float64
		text     string
	}{{plan.Critical, 25 * 50.0 / 140, "Payment 60 days late"}, {plan.High, 25 * 30.0 / 140, "Downgrade risk"}} {
		got := a.RisksOf(i)
		if len(got) != 1 || got[0].Factor != "commercial" || got[0].Severity != want.severity ||
			math.Abs(got[0].Cost-want.cost) > 1e-12 || a.TopRisk(i) != want.text || len(got[0].Evidence) != 1 {
			t.Errorf("account %d: %+v", i, got)
		}
	}
}

// TestWorkedActions. TechCorp: an upgrade instead of a discussion gives 10 of
// 140 points at 0.25; nothing else a team can cause is short. RetailMax: a
// champion gives 25*55/165 = 8.33, to 25.89; with activity and escalations (7.5
// each) it reaches 40.89, two changes at most 15.83.
func TestWorkedActions(t *testing.T) {
	p := scoretest.DefaultPlan()
	a, r := advised(t, p, score.Rows{}, nil, scoretest.TechCorp(p), scoretest.RetailMax(p))
	if a.Change[0] != scoretest.Growth || a.Rung[0] != 0 || math.Abs(a.Gain[0]-250.0/140) > 1e-9 || a.After[0] != 946 {
		t.Errorf("TechCorp: signal %d, gain %v, after %d", a.Change[0], a.Gain[0], a.After[0])
	}
	text, gain, ok := a.Action(1)
	if a.Change[1] != scoretest.Champion || math.Abs(gain-25.0/3) > 1e-9 || a.After[1] != 259 || !ok || text != "Improve Champion." {
		t.Errorf("RetailMax: %q, signal %d, gain %v, after %d", text, a.Change[1], gain, a.After[1])
	}
	b, err := a.BundleOf(1, 200)
	if err != nil || !b.Reached || !slices.Equal(b.Signals, []int{scoretest.Activity, scoretest.Escalations, scoretest.Champion}) ||
		b.After != 409 || math.Abs(b.Gain-(25.0/3+15)) > 1e-9 {
		t.Errorf("RetailMax bundle %+v, %v", b, err)
	}
	if b, err := a.BundleOf(0, 200); err != nil || b.Reached || b.Signals != nil {
		t.Errorf("TechCorp cannot gain 20 points: %+v, %v (score %d)", b, err, r.Tenths[0])
	}
}

func TestNothingToDo(t *testing.T) {
	p := scoretest.DefaultPlan()
	best := scoretest.TechCorp(p)
	best[scoretest.Growth] = scoretest.Word(p, scoretest.Growth, "upgrade_completed")
	thin := scoretest.RetailMax(p) // coverage 0.39: risks, but no score and no gain
	for sig := scoretest.Payment; sig <= scoretest.QBR; sig++ {
		thin[sig] = scoretest.Absent(signal.Missing)
	}
	view := &population.View{Class: []population.Class{population.Customer, population.Customer, population.InNotice}}
	a, r := advised(t, p, score.Rows{}, view, best, thin, scoretest.RetailMax(p))
	if _, _, ok := a.Action(0); ok || a.Change[0] != advise.None || a.After[0] != score.NotScored {
		t.Error("an account at its best has an action")
	}
	if r.Tenths[1] >= 0 || a.Change[1] != advise.None || a.Gain[1] != 0 || a.TopRisk(1) != "Low activity" {
		t.Errorf("not scored: change %d, top risk %q", a.Change[1], a.TopRisk(1))
	}
	if b, err := a.BundleOf(1, 200); err != nil || b.Reached {
		t.Errorf("not scored: %+v, %v", b, err)
	}
	if a.RisksOf(2) != nil || a.Change[2] != advise.None || a.PlayIndex[2] != advise.None {
		t.Error("an account in notice gets advice")
	}
}

func TestPlays(t *testing.T) {
	p := scoretest.DefaultPlan()
	p.Plays = []plan.Play{
		{Name: "expand", Label: "Expand", Status: "Healthy", Owner: "Account manager", Days: 30},
		{Name: "engage", Label: "Engage", Status: "Monitor", Owner: "CSM", Days: 14},
		{Name: "escalate", Label: "Escalate", Status: "Critical", Owner: "Head of CS", Days: 2},
		{Name: "champion", Label: "Win a champion", Signal: "champion", Owner: "CSM", Days: 7},
		{Name: "champion-now", Label: "Win a champion now", Signal: "champion", Status: "Critical", Owner: "Executive", Days: 1},
		{Name: "pay", Label: "Collect", Signal: "payment", Owner: "Finance", Days: 5},
		{Name: "reference", Label: "Ask for a reference", Signal: "contract_term", Status: "Healthy", Owner: "CSM", Days: 9},
	}
	w := func(sig int, word string) scoretest.Cell { return scoretest.Word(p, sig, word) }
	change := func(sig int, c scoretest.Cell) []scoretest.Cell {
		cells := scoretest.TechCorp(p)
		cells[sig] = c
		return cells
	}
	down := scoretest.TechCorp(p)
	down[scoretest.DowngradeRisk], down[scoretest.Payment] = w(scoretest.DowngradeRisk, "true"), scoretest.Num(5)
	down[scoretest.NPS] = scoretest.Num(8) // no risk
	held := change(scoretest.ContractTerm, scoretest.Num(1))
	dim := scoretest.RetailMax(p) // Critical, top risk activity, for which no play exists
	dim[scoretest.Champion] = w(scoretest.Champion, "weak")
	a, r := advised(t, p, score.Rows{Hold: []bool{false, false, false, false, true, false, false}}, nil,
		scoretest.TechCorp(p),  // healthy, no risk
		scoretest.RetailMax(p), // critical, champion left
		change(scoretest.Champion, w(scoretest.Champion, "left")), // top risk champion, not critical
		down, // the lead is downgrade risk, which has no play; payment has
		held, // held at Monitor: no play of the healthy
		dim,
		change(scoretest.ContractTerm, scoretest.Num(1)), // healthy with that risk
	)
	for i, want := range []struct {
		label, owner string
		days         int32
	}{
		{"Expand", "Account manager", 30},
		{"Win a champion now", "Executive", 1},
		{"Win a champion", "CSM", 7},
		{"Collect", "Finance", 5},
		{"Engage", "CSM", 14},
		{"Escalate", "Head of CS", 2},
		{"Ask for a reference", "CSM", 9},
	} {
		label, owner, deadline, ok := a.Play(i)
		if !ok || label != want.label || owner != want.owner || deadline != asOf+want.days {
			t.Errorf("account %d (%s): %q, %q, day %d, %v; want %+v", i, r.Band(i).Name, label, owner, deadline, ok, want)
		}
	}
	p.Plays = nil
	a, _ = advised(t, p, score.Rows{}, nil, scoretest.TechCorp(p))
	if _, _, deadline, ok := a.Play(0); ok || deadline != population.NoDay {
		t.Error("a play without plays")
	}
}

func TestForeignArguments(t *testing.T) {
	p := scoretest.DefaultPlan()
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	snap := scoretest.Snapshot(p, asOf, [][]scoretest.Cell{scoretest.TechCorp(p)})
	r, err := s.Score(snap, score.Rows{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := advise.Advise(scoretest.DefaultPlan(), snap, r, nil); err == nil || diag.ClassOf(err) != diag.Internal {
		t.Errorf("another plan: %v", err)
	}
	if _, err := advise.Advise(p, snap, r, &population.View{}); err == nil {
		t.Error("another population was accepted")
	}
}

// TestProcessors: columns do not depend on how rows fall to workers.
func TestProcessors(t *testing.T) {
	p := scoretest.DefaultPlan()
	cells := scoretest.Accounts(p, 1300, 3)
	all, _ := advised(t, p, score.Rows{}, nil, cells...)
	for i := 0; i < len(cells); i += 97 {
		one, _ := advised(t, p, score.Rows{}, nil, cells[i])
		if all.Change[i] != one.Change[0] || all.Gain[i] != one.Gain[0] || all.After[i] != one.After[0] || all.Lead[i] != one.Lead[0] ||
			!reflect.DeepEqual(all.RisksOf(i), one.RisksOf(0)) {
			t.Fatalf("row %d differs from the account alone", i)
		}
		if risks := all.RisksOf(i); len(risks) > 0 && (risks[0].Text != all.TopRisk(i) || risks[0].Severity != all.Severity[i]) {
			t.Fatalf("row %d: top risk %q is not the first of %v", i, all.TopRisk(i), all.Risks(i))
		}
	}
}

func BenchmarkAdvise(b *testing.B) {
	p := scoretest.DefaultPlan()
	const n = 50_000
	snap := scoretest.Snapshot(p, asOf, scoretest.Accounts(p, n, 1))
	s, err := score.New(p)
	if err != nil {
		b.Fatal(err)
	}
	r, err := s.Score(snap, score.Rows{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := advise.Advise(p, snap, r, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/account")
}

func BenchmarkBundle(b *testing.B) {
	p := scoretest.DefaultPlan()
	a, _ := advised(b, p, score.Rows{}, nil, scoretest.Accounts(p, 512, 1)...)
	i := 0
	for b.Loop() {
		if _, err := a.BundleOf(i%512, 200); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// TestShippedAdvice: under the shipped framework RetailMax's risks come in the
// stated order, and every signal that a team can cause has its action in words.
func TestShippedAdvice(t *testing.T) {
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := advised(t, fw.Plan, score.Rows{}, nil, scoretest.TechCorp(fw.Plan), scoretest.RetailMax(fw.Plan))
	var got []string
	for _, r := range a.RisksOf(1) {
		if r.Severity >= plan.High {
			got = append(got, r.Factor)
		}
	}
	if want := []string{"champion", "activity", "nps", "escalations", "commercial"}; !slices.Equal(got, want) {
		t.Errorf("RetailMax: %v, want %v", got, want)
	}
	if len(a.Risks(0)) != 0 {
		t.Errorf("TechCorp: %v", a.Risks(0))
	}
	for _, s := range fw.Plan.Signals {
		if s.Causable && s.Action == "" {
			t.Errorf("%s has no action", s.Name)
		}
	}
	for row := range 2 {
		if _, _, _, ok := a.Play(row); !ok {
			t.Errorf("account %d has no play", row)
		}
	}
}
