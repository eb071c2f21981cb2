package portfolio

import (
	"math"
	"testing"

	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// silent gives no advice.
type silent struct{}

func (silent) TopRisk(int) string                     { return "" }
func (silent) Risks(int) []string                     { return nil }
func (silent) Action(int) (string, float64, bool)     { return "", 0, false }
func (silent) Play(int) (string, string, int32, bool) { return "", "", NoDay, false }
func (silent) PlayOf(int) int                         { return plan.NoPlay }
func (silent) BundleText(int) (string, int32, bool)   { return "", 0, false }
func (silent) FallText(int) string                    { return "" }

func (silent) Place(int) (risk, opportunity plan.Grade, ok bool) { return 0, 0, false }
func (silent) NeedsPerson(*population.Table, int) []string       { return nil }

// scoredAs is a day on which every account has the given score in whole points;
// -1 is not scored.
func scoredAs(p *plan.Plan, view *population.View, points ...int) Scored {
	n := len(points)
	r := &score.Result{
		AsOf: view.AsOf, Plan: p, Rules: make([]uint8, n), Tenths: make([]int32, n), Headline: make([]int16, n), Status: make([]int8, n),
		Coverage: make([]float64, n), Low: make([]float64, n), High: make([]float64, n), Provisional: make([]bool, n),
		Capped: make([]bool, n), CappedBy: make([]int8, n), DependsOnMissing: make([]bool, n),
	}
	for range p.Pillars {
		r.Pillars = append(r.Pillars, make([]float64, n))
	}
	for i, v := range points {
		r.Tenths[i], r.Headline[i], r.Status[i], r.CappedBy[i] = score.NotScored, score.NotScored, score.NotScored, -1
		if v >= 0 {
			r.Tenths[i], r.Headline[i], r.Status[i] = int32(v*10), int16(v), int8(p.Rules[0].BandOf(v))
		}
	}
	return Scored{View: view, Result: r, Signals: &signal.Snapshot{AsOf: view.AsOf, Plan: p, Flawed: make([]bool, n)}}
}

func viewOf(asOf int32, class []population.Class, arr []float64) *population.View {
	v := &population.View{AsOf: asOf, Class: class, ARR: arr}
	for range class {
		v.TenureMonths = append(v.TenureMonths, 24)
		v.Renewal, v.Deadline = append(v.Renewal, population.NoDay), append(v.Deadline, population.NoDay)
	}
	return v
}

// Accounts fall into the window of their decision deadline; deadlines that have
// passed, renewals that have passed and unknown ones are told apart, and accounts
// in notice stand aside by the end of their service.
func TestRenewalWindows(t *testing.T) {
	p := scoretest.DefaultPlan()
	const asOf = 20000
	type account struct {
		score             int
		renewal, deadline int32
		window            string
	}
	list := []account{
		{30, asOf + 30, asOf - 30, "overdue"},
		{30, asOf, asOf - 60, "overdue"}, // renews today
		{50, asOf + 60, asOf, "overdue"}, // the last day to decide ends with the as-of date
		{90, asOf + 61, asOf + 1, "30"},
		{30, asOf + 90, asOf + 30, "30"},
		{30, asOf + 91, asOf + 31, "60"},
		{30, asOf + 150, asOf + 90, "90"},
		{30, asOf + 151, asOf + 91, "180"},
		{30, asOf + 241, asOf + 181, "later"},
		{30, asOf - 1, asOf - 61, "passed"},
		{30, NoDay, NoDay, "undated"},
		{-1, asOf + 90, asOf + 30, "30"},
	}
	n := len(list) + 1
	ids, points, class, arr := make([]string, n), make([]int, n), make([]population.Class, n), make([]float64, n)
	for i := range n {
		ids[i], arr[i] = string(rune('a'+i)), float64(int(1)<<i)
	}
	ids[n-1], class[n-1], points[n-1] = "z", population.InNotice, -1
	table := tableOf(t, "2026-06-30", nil, ids, make([]float64, n), nil,
		population.Loss{Account: int32(n - 1), Event: asOf - 10, End: asOf + 40, Logo: true, ARRBefore: 1, ARRLost: 1, Counts: true, Reason: "price"})
	view := viewOf(asOf, class, arr)
	for i, a := range list {
		points[i], view.Renewal[i], view.Deadline[i] = a.score, a.renewal, a.deadline
	}
	now := scoredAs(p, view, points...)
	in := Input{Plan: p, Table: table, Now: now, Rows: NewRows(p, table, now, nil, nil, silent{})}
	got := renewals(in)

	want := map[string]Amounts{}
	notScored := Amounts{}
	for i, a := range list {
		if a.score < 0 {
			notScored = Amounts{1, arr[i]}
			continue
		}
		w := want[a.window]
		want[a.window] = Amounts{w.Accounts + 1, w.ARR + arr[i]}
	}
	for _, w := range got.Windows {
		if w.Total != want[w.Key] {
			t.Errorf("%s: %+v, want %+v", w.Key, w.Total, want[w.Key])
		}
		if w.Key == "30" && w.NotScored != notScored {
			t.Errorf("not scored in the next 30 days: %+v", w.NotScored)
		}
		if (w.InNotice == Amounts{1, arr[n-1]}) != (w.Key == "60") {
			t.Errorf("%s: in notice %+v", w.Key, w.InNotice)
		}
	}
	// At risk and due within 90 days or overdue, most ARR first.
	var ids90 string
	for _, r := range got.Top {
		ids90 += r.ID
	}
	if ids90 != "gfecba" || got.TopShare.Value != 1 || got.Top[5].Days != -30 {
		t.Errorf("top renewals %q, share %+v, the last one in %d days", ids90, got.TopShare, got.Top[5].Days)
	}
	if l := got.Leaving; len(l) != 1 || l[0].End != asOf+40 || l[0].Reason != "price" {
		t.Errorf("leaving %+v", l)
	}
	if k := measures(now, nil, nil); k[1].Num != float64(1+2+4+16+32+64) || k[1].Den != k[1].Num+8 {
		t.Errorf("renewals at risk %+v", k[1])
	}
}

func TestMigration(t *testing.T) {
	p := scoretest.DefaultPlan()
	c, notice, lost, early := population.Customer, population.InNotice, population.Lost, population.NotYet
	was := scoredAs(p, viewOf(100, []population.Class{c, c, c, c, early, lost, c}, []float64{1, 2, 4, 8, 0, 0, math.NaN()}), 85, 85, 30, 65, -1, -1, -1)
	is := scoredAs(p, viewOf(200, []population.Class{c, c, lost, notice, c, lost, c}, []float64{1, 20, 0, 8, 32, 0, 64}), 85, 50, -1, -1, 70, -1, 45)
	m := migrate(Input{Plan: p, Now: is, Prior: &was})
	at := func(from, to string, n int64, arr float64) {
		t.Helper()
		for r := range m.Rows {
			for k := range m.Columns {
				if m.Rows[r] == from && m.Columns[k] == to && (m.Accounts[r][k] != n || m.ARR[r][k] != arr) {
					t.Errorf("%s to %s: %d accounts, %v; want %d, %v", from, to, m.Accounts[r][k], m.ARR[r][k], n, arr)
				}
			}
		}
	}
	at("Healthy", "Healthy", 1, 1)
	at("Healthy", "At Risk", 1, 2) // what it paid then
	at("Critical", "Churned", 1, 4)
	at("Monitor", "In notice", 1, 8)
	at("New", "Monitor", 1, 32) // what it pays now
	at("New", "Churned", 0, 0)
	at("Not scored", "At Risk", 1, 0)
	if m.Same != 1 || m.Worse != 1 || m.Better != 0 {
		t.Errorf("%d the same, %d worse, %d better", m.Same, m.Worse, m.Better)
	}
	var all int64
	for r := range m.Rows {
		all += m.RowAccounts[r]
	}
	if all != 6 || m.Churned[3].Value != 1 || migrate(Input{Plan: p, Now: is}) != nil {
		t.Errorf("%d accounts, %v of Critical churned", all, m.Churned[3])
	}
}

// A loss counts as foreseen by the newest score at least 60 days before its
// decision, and by no earlier one.
func TestForeseen(t *testing.T) {
	p := scoretest.DefaultPlan()
	const asOf = 20000
	n := 6
	class := make([]population.Class, n)
	arr := []float64{100, 200, 300, 400, 500, 600}
	class[4] = population.NotYet
	day := func(d int32, points ...int) Scored { return scoredAs(p, viewOf(d, class, arr), points...) }
	loss := func(i int32, event int32, lost float64, counts bool) population.Loss {
		return population.Loss{Account: i, Event: event, End: event + 30, Logo: true, ARRBefore: lost, ARRLost: lost, Counts: counts, Reason: "r"}
	}
	table := tableOf(t, "2026-06-30", nil, []string{"a", "b", "c", "d", "e", "f"}, make([]float64, n), nil,
		loss(0, asOf-40, 100, true),        // judged by asOf-100: at risk
		loss(1, asOf-30, 200, true),        // judged by asOf-90: healthy
		loss(2, asOf-41, math.NaN(), true), // judged by asOf-101, its ARR from that day: critical
		loss(3, asOf-50, 400, false),       // no verdict on health
		loss(4, asOf-20, 500, true),        // was no customer then
		loss(5, asOf-YearDays, 600, true),  // a year and more ago
	)
	f := foresee(Input{Plan: p, Table: table, Now: Scored{View: &population.View{AsOf: asOf}}, Past: []Scored{
		day(asOf-90, 85, 85, 85, 85, -1, 85), day(asOf-101, 85, 85, 20, 20, -1, 85), day(asOf-100, 45, 45, 45, 45, -1, 85),
	}})
	if f.Lost != (Amounts{4, 1100}) || f.Excused != (Amounts{1, 400}) || f.Unjudged != (Amounts{1, 500}) {
		t.Errorf("lost %+v, excused %+v, unjudged %+v", f.Lost, f.Excused, f.Unjudged)
	}
	if f.Flagged.Num != 2 || f.Flagged.Den != 3 || f.FlaggedARR.Num != 400 || f.FlaggedARR.Den != 600 {
		t.Errorf("flagged %+v, of ARR %+v", f.Flagged, f.FlaggedARR)
	}
	// The three largest are all there is.
	if len(f.Largest) != 3 || f.WithoutLargest.Defined {
		t.Errorf("without %v: %+v", f.Largest, f.WithoutLargest)
	}
	// On the three days judged by, 5 accounts each have a score: 2 and 4 are flagged.
	if f.Alerts.Num != 6 || f.Alerts.Den != 15 {
		t.Errorf("alerts %+v", f.Alerts)
	}
	if got := f.Rows[0]; got.ID != "e" || got.Judged != NoDay || f.Rows[1].ID != "c" || f.Rows[1].Judged != asOf-101 {
		t.Errorf("rows %+v", f.Rows)
	}
}
