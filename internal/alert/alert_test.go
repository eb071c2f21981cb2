package alert_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/advise"
	"accounthealth/internal/alert"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

var may, june, july = day.Of(2026, 5, 31), day.Of(2026, 6, 30), day.Of(2026, 7, 31)

// desk is a portfolio that is scored month after month.
type desk struct {
	t     *testing.T
	plan  *plan.Plan
	table *population.Table
	past  []portfolio.Scored
	last  *portfolio.Workflow
}

func newDesk(t *testing.T, accounts int) *desk {
	t.Helper()
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, plan: fw.Plan, table: &population.Table{}}
	for i := range accounts {
		d.table.ID = append(d.table.ID, fmt.Sprintf("A%04d", i))
		d.table.Name = append(d.table.Name, fmt.Sprintf("Account %d", i))
		d.table.Owner = append(d.table.Owner, []string{"Ana", "Bo"}[i%2])
		d.table.Start = append(d.table.Start, day.Of(2024, 1, 1))
	}
	d.table.Products = make([]int32, accounts)
	d.table.Strategic, d.table.Legal, d.table.Merger = make([]bool, accounts), make([]bool, accounts), make([]bool, accounts)
	return d
}

// month scores a day and raises its alerts; change alters single cells.
func (d *desk) month(asOf, review int32, snoozes []alert.Snooze, change func(row int, cells []scoretest.Cell)) *portfolio.Workflow {
	d.t.Helper()
	before := portfolio.NoDay
	if d.last != nil {
		before = d.past[len(d.past)-1].View.AsOf
	}
	return d.run(asOf, review, before, snoozes, change)
}

// since is month after a last run on another day than the newest scored one.
func (d *desk) since(asOf, review, before int32, change func(row int, cells []scoretest.Cell)) *portfolio.Workflow {
	d.t.Helper()
	return d.run(asOf, review, before, nil, change)
}

func (d *desk) run(asOf, review, before int32, snoozes []alert.Snooze, change func(row int, cells []scoretest.Cell)) *portfolio.Workflow {
	d.t.Helper()
	s, err := score.New(d.plan)
	if err != nil {
		d.t.Fatal(err)
	}
	n := len(d.table.ID)
	view := &population.View{AsOf: asOf}
	var rows [][]scoretest.Cell
	for i := range n {
		cells := scoretest.TechCorp(d.plan)
		if change != nil {
			change(i, cells)
		}
		rows = append(rows, cells)
		view.Class, view.ARR = append(view.Class, population.Customer), append(view.ARR, float64(1000*(i+1)))
		view.TenureMonths = append(view.TenureMonths, 24)
	}
	snap := scoretest.Snapshot(d.plan, asOf, rows)
	r, err := s.Score(snap, score.Rows{})
	if err != nil {
		d.t.Fatal(err)
	}
	a, err := advise.Advise(d.plan, snap, r, view)
	if err != nil {
		d.t.Fatal(err)
	}
	now := portfolio.Scored{View: view, Result: r, Signals: snap}
	in := alert.Input{
		Table: d.table, Advice: a, Scorer: s, Now: now, Past: d.past, Review: review, Snoozes: snoozes, Before: before,
	}
	if d.last != nil {
		in.Open = d.last.Alerts
	}
	w, err := alert.Raise(in)
	if err != nil {
		d.t.Fatal(err)
	}
	again, err := alert.Raise(in)
	if err != nil || !reflect.DeepEqual(w, again) {
		d.t.Errorf("%s: a second run of the day differs", day.Format(asOf))
	}
	d.past, d.last = append(d.past, now), w
	return w
}

func states(w *portfolio.Workflow) string {
	var out []string
	for _, a := range w.Alerts {
		out = append(out, a.State+" "+a.Key)
	}
	return strings.Join(out, ", ")
}

func (d *desk) word(cells []scoretest.Cell, sig int, word string) {
	cells[sig] = scoretest.Word(d.plan, sig, word)
}

// TestOneMessageFromRaisedToClosed: a champion who leaves takes 25 * 55 / 165 =
// 8.3 points and a third of the pillar; with an escalation, 7.5, the score falls
// by 15.8. That is one alert. It is not told again while it holds, and closes with
// its reason.
func TestOneMessageFromRaisedToClosed(t *testing.T) {
	d := newDesk(t, 3)
	if w := d.month(may, day.Of(2026, 4, 30), nil, nil); len(w.Alerts) != 0 || w.Since != portfolio.NoDay {
		t.Fatalf("without an earlier review: %s", states(w))
	}
	bad := func(row int, cells []scoretest.Cell) {
		if row == 1 {
			d.word(cells, scoretest.Champion, "left")
			d.word(cells, scoretest.Escalations, "open")
		}
	}
	w := d.month(june, may, nil, bad)
	if got := states(w); got != "new account:A0001:2026-06-30" {
		t.Fatal(got)
	}
	a := w.Alerts[0]
	want := []string{"The score fell", "The status got worse", "A pillar fell", "The champion left", "New open escalation"}
	if !slices.Equal(a.Triggers, want) || a.Severity != "critical" || a.Play != "Rebuild the champion" || a.Role != "Customer success manager" {
		t.Errorf("%+v", a)
	}
	if a.Deadline != june+2 { // the escalation's, the shortest
		t.Errorf("deadline %s", day.Format(a.Deadline))
	}
	for _, part := range []string{"score down 15.8 since 31 May 2026, from 92.8 to 77.0", "status Monitor, was Healthy", "Champion: left"} {
		if !strings.Contains(a.Reason, part) {
			t.Errorf("%q is not in %q", part, a.Reason)
		}
	}
	if w.Owners[0].Owner != "Bo" || w.Owners[0].New != 1 || w.PerOwnerWeek.Num != 1 || w.PerOwnerWeek.Den != 2*30.0/7 {
		t.Errorf("%+v %+v", w.Owners, w.PerOwnerWeek)
	}
	if got := states(d.month(july, june, nil, bad)); got != "open account:A0001:2026-06-30" {
		t.Errorf("while it holds: %s", got)
	}
	w = d.month(day.Of(2026, 8, 31), july, nil, nil)
	if got := states(w); got != "closed account:A0001:2026-06-30" || w.Alerts[0].Closed != day.Of(2026, 8, 31) || !strings.Contains(w.Alerts[0].Why, "the score is back at 92.8") {
		t.Errorf("%s: %q", got, w.Alerts[0].Why)
	}
	if got := states(d.month(day.Of(2026, 9, 30), day.Of(2026, 8, 31), nil, nil)); got != "" {
		t.Errorf("after it is closed: %s", got)
	}
}

// TestFallsFurther: a fall of the threshold again while the first is open is news.
func TestFallsFurther(t *testing.T) {
	d := newDesk(t, 1)
	d.month(may, 0, nil, nil)
	d.month(june, may, nil, func(_ int, cells []scoretest.Cell) {
		d.word(cells, scoretest.Champion, "left")
		d.word(cells, scoretest.Sponsor, "gone")
	})
	w := d.month(july, june, nil, func(_ int, cells []scoretest.Cell) {
		d.word(cells, scoretest.Champion, "left")
		d.word(cells, scoretest.Sponsor, "gone")
		cells[scoretest.Activity] = scoretest.Num(0.1)
		d.word(cells, scoretest.Sentiment, "negative")
	})
	if got := states(w); got != "new account:A0000:2026-07-31, open account:A0000:2026-06-30" {
		t.Fatal(got)
	}
	if !slices.Contains(w.Alerts[0].Triggers, "The score fell") || slices.Contains(w.Alerts[0].Triggers, "The champion left") {
		t.Errorf("%v", w.Alerts[0].Triggers)
	}
}

// TestHeldBack: a young account and a snoozed one raise nothing, are listed, and
// raise what still holds once nothing holds it back.
func TestHeldBack(t *testing.T) {
	d := newDesk(t, 3)
	d.table.Start[0] = june - 29
	snooze := []alert.Snooze{
		{Account: 1, Rule: "champion_left", From: june - 5, To: june, Reason: "successor starts on the first", Author: "Bo"},
		{Account: 2, Rule: "new_detractor", From: june - 5, To: june, Reason: "other rule", Author: "Ana"},
	}
	left := func(_ int, cells []scoretest.Cell) { d.word(cells, scoretest.Champion, "left") }
	d.plan.Alerts.Shift.Share = 1 // all three are no shift here
	d.plan.Alerts.Shift.Accounts = 4
	d.plan.Alerts.Rules = slices.DeleteFunc(d.plan.Alerts.Rules, func(r plan.AlertRule) bool { return r.On != plan.Event })
	d.month(may, 0, nil, nil)
	w := d.month(june, may, snooze, left)
	if got := states(w); got != "new account:A0002:2026-06-30, held back account:A0001:2026-06-30:held, held back account:A0000:2026-06-30:held" {
		t.Fatal(got)
	}
	if w.Alerts[1].Why != "snoozed until 2026-06-30 by Bo: successor starts on the first" || w.Alerts[2].Why != "a customer for 29 days only" {
		t.Errorf("%q, %q", w.Alerts[1].Why, w.Alerts[2].Why)
	}
	if got := states(d.month(july, june, snooze, left)); got != "new account:A0001:2026-07-31, new account:A0000:2026-07-31, open account:A0002:2026-06-30" {
		t.Errorf("once nothing holds them back: %s", got)
	}
}

// TestSourceShift: active users collapse for everybody: one alert about the
// source; an account that also lost its champion still raises its own, with the
// champion's part only. The source alert closes once the signal is back.
func TestSourceShift(t *testing.T) {
	d := newDesk(t, 200)
	d.month(may, 0, nil, nil)
	gone := func(row int, cells []scoretest.Cell) {
		cells[scoretest.Activity], cells[scoretest.FeatureAdoption], cells[scoretest.DaysSinceLogin] = scoretest.Num(0), scoretest.Num(0), scoretest.Num(31)
		if row == 7 {
			d.word(cells, scoretest.Champion, "left")
		}
	}
	w := d.month(june, may, nil, gone)
	if got := states(w); got != "new source:usage:2026-06-30, new account:A0007:2026-06-30" {
		t.Fatal(got)
	}
	if r := w.Alerts[0].Reason; !strings.Contains(r, "since 31 May 2026: Active users got worse for 200 of 200 accounts") || !strings.Contains(r, "the fall of 200 accounts") {
		t.Errorf("%q", r)
	}
	if a := w.Alerts[1]; !slices.Equal(a.Triggers, []string{"A pillar fell", "The champion left"}) {
		t.Errorf("%+v", a)
	}
	if got := states(d.month(july, june, nil, gone)); strings.Contains(got, "new") {
		t.Errorf("while it lasts: %s", got)
	}
	w = d.month(day.Of(2026, 8, 31), july, nil, nil)
	if w.New != 0 || w.Open != 0 || w.Closed != 2 {
		t.Errorf("once it is back: %s", states(w))
	}
}

// TestSkippedRun: what happened in a month without a run is not lost: changes are
// measured from the last run, not from the review that nobody saw.
func TestSkippedRun(t *testing.T) {
	d := newDesk(t, 1)
	left := func(_ int, cells []scoretest.Cell) { d.word(cells, scoretest.Champion, "left") }
	d.month(may, 0, nil, nil)
	scored := d.past[0]
	d.month(june, may, nil, left)
	unseen := d.past[1]
	d.past, d.last = []portfolio.Scored{unseen, scored}, &portfolio.Workflow{}
	slices.SortFunc(d.past, func(a, b portfolio.Scored) int { return int(a.View.AsOf - b.View.AsOf) })
	w := d.since(july, june, may, left)
	if got := states(w); got != "new account:A0000:2026-07-31" || w.Since != may {
		t.Errorf("%s since %s", got, day.Format(w.Since))
	}
}

// TestNothingIsSoldByAlert: a healthy account's own play may sell more; its alert
// names another.
func TestNothingIsSoldByAlert(t *testing.T) {
	d := newDesk(t, 1)
	d.month(may, 0, nil, func(_ int, cells []scoretest.Cell) { d.word(cells, scoretest.Growth, "upgrade_completed") })
	w := d.month(june, may, nil, func(_ int, cells []scoretest.Cell) {
		d.word(cells, scoretest.Sentiment, "negative")
		cells[scoretest.CSAT] = scoretest.Num(4.2)
		cells[scoretest.FeatureAdoption] = scoretest.Num(0.5)
	})
	if len(w.Alerts) != 1 {
		t.Fatal(states(w))
	}
	for _, p := range d.plan.Plays {
		if p.Expands && p.Label == w.Alerts[0].Play {
			t.Errorf("play %q", p.Label)
		}
	}
}

// TestClearedAndBack: what cleared while its alert stayed open for something else
// is news when it comes back; what cannot be scored has not cleared.
func TestClearedAndBack(t *testing.T) {
	d := newDesk(t, 1)
	august := day.Of(2026, 8, 31)
	both := func(_ int, cells []scoretest.Cell) {
		d.word(cells, scoretest.Champion, "left")
		cells[scoretest.NPS] = scoretest.Num(3)
	}
	d.month(may, 0, nil, nil)
	if got := states(d.month(june, may, nil, both)); got != "new account:A0000:2026-06-30" {
		t.Fatal(got)
	}
	w := d.month(july, june, nil, func(_ int, cells []scoretest.Cell) { cells[scoretest.NPS] = scoretest.Num(3) })
	if got := states(w); got != "open account:A0000:2026-06-30" {
		t.Fatal(got)
	}
	w = d.month(august, july, nil, both)
	if got := states(w); got != "new account:A0000:2026-08-31, open account:A0000:2026-06-30" || !slices.Contains(w.Alerts[0].Triggers, "The champion left") {
		t.Fatalf("%s: %v", got, w.Alerts[0].Triggers)
	}
	w = d.month(day.Of(2026, 9, 30), august, nil, func(_ int, cells []scoretest.Cell) {
		for k := range cells {
			cells[k] = scoretest.Absent(signal.Missing)
		}
	})
	if w.Open != 2 || w.New != 0 || w.Closed != 0 {
		t.Errorf("without a score: %s", states(w))
	}
}
