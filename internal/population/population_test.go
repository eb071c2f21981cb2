package population

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/source"
)

type row = intaketest.Row

var on = intaketest.Day

func settings() Settings {
	return Settings{AsOf: on("2026-06-30"), OnboardingDays: 90, OutStages: []string{"trial", "internal"}}
}

// load reads rows of the three sources; nil rows are a source that is not mapped.
func load(t *testing.T, accounts, subscriptions, churn []row) (*Table, *diag.Tally) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	input := func(name string, rows []row) *intake.Input {
		if rows == nil {
			return nil
		}
		in := intaketest.Canonical(mem, name, rows...)
		return &in
	}
	found := &diag.Tally{}
	table, err := Load(context.Background(), input("accounts", accounts), input("subscriptions", subscriptions), input("churn", churn), settings(), found)
	if err != nil {
		t.Fatal(err)
	}
	return table, found
}

func counts(found *diag.Tally) (out []string) {
	for _, g := range found.Groups() {
		out = append(out, fmt.Sprintf("%s.%s %s %d", g.Source, g.Column, g.Code, g.Count))
	}
	return out
}

func TestLoadAccounts(t *testing.T) {
	table, found := load(t, []row{
		{"account_id": "b", "account_name": "Beta", "arr": 10.5, "start_date": "2025-01-01", "notice_days": 30, "strategic": true},
		{"account_id": "00123", "account_name": "Alpha", "arr": 5, "products": 3},
		{"account_id": "b", "account_name": "Beta", "arr": 10.5, "start_date": "2025-01-01", "notice_days": 30, "strategic": true},
		{"account_id": "00123", "account_name": "Other", "arr": 7},
		{"account_name": "nobody"},
		{"account_id": "123", "arr": intaketest.Bad},
		{"account_id": "c", "arr": -4, "start_date": "2026-09-01"},
	}, nil, nil)
	if want := []string{"00123", "123", "b", "c"}; !slices.Equal(table.ID, want) {
		t.Fatalf("ids %v, want %v: exact text, sorted", table.ID, want)
	}
	if table.Name[0] != "Alpha" || table.Lookup("b") != 2 || table.Lookup("B") != -1 || table.Notice[2] != 30 || table.Notice[0] != 60 || !table.Strategic[2] || table.Products[0] != 3 {
		t.Errorf("table %+v", table)
	}
	if !math.IsNaN(table.ARRToday[1]) || !math.IsNaN(table.ARRToday[3]) || table.ARRToday[2] != 10.5 {
		t.Errorf("ARR %v", table.ARRToday)
	}
	want := []string{
		"accounts. conflict 1", "accounts. duplicate 1", "accounts.account_id missing_key 1",
		"accounts.arr out_of_range 1", "accounts.arr unparsable 1", "accounts.start_date future_date 1",
	}
	if d := cmp.Diff(want, counts(found)); d != "" {
		t.Error(d)
	}
}

func TestClasses(t *testing.T) {
	accounts := []row{
		{"account_id": "customer", "arr": 100, "start_date": "2024-01-15", "renewal_date": "2026-12-31"},
		{"account_id": "onboarding", "arr": 100, "start_date": "2026-05-01"},
		{"account_id": "day 90", "arr": 100, "start_date": "2026-04-01"},
		{"account_id": "trial", "arr": 0, "lifecycle_stage": " Trial"},
		{"account_id": "zero", "arr": 0, "start_date": "2024-01-01"},
		{"account_id": "unknown arr", "start_date": "2024-01-01"},
		{"account_id": "later", "arr": 10, "start_date": "2026-07-01"},
		{"account_id": "leaving", "arr": 50, "start_date": "2024-01-01"},
		{"account_id": "left", "arr": 0, "start_date": "2024-01-01"},
		{"account_id": "smaller", "arr": 50, "start_date": "2024-01-01"},
		{"account_id": "no end", "arr": 50, "start_date": "2024-01-01"},
		{"account_id": "back", "arr": 70, "start_date": "2023-01-01"},
	}
	churn := []row{
		{"account_id": "leaving", "notice_date": "2026-06-01", "end_date": "2026-08-31", "kind": "logo", "arr_before": 50},
		{"account_id": "left", "notice_date": "2026-01-10", "decision_date": "2026-01-20", "end_date": "2026-03-31", "arr_before": 80},
		{"account_id": "smaller", "decision_date": "2026-02-01", "kind": "Downsell", "arr_before": 90, "arr_lost": 40},
		{"account_id": "no end", "decision_date": "2026-05-15"},
		{"account_id": "back", "decision_date": "2024-06-01", "end_date": "2024-08-31"},
	}
	subscriptions := []row{{"account_id": "back", "subscription_id": "s2", "start": "2025-03-01", "arr": 70}}
	table, found := load(t, accounts, nil, churn)
	if got := counts(found); !slices.Equal(got, []string{"accounts.start_date future_date 1"}) {
		t.Errorf("findings %v", got)
	}
	withTerms, _ := load(t, accounts, subscriptions, churn)
	at := func(table *Table, date string, today bool) map[string]Class {
		v := table.At(on(date), today)
		out := map[string]Class{}
		for i, c := range v.Class {
			out[table.ID[i]] = c
		}
		return out
	}
	if d := cmp.Diff(map[string]Class{
		"customer": Customer, "onboarding": Onboarding, "day 90": Customer, "trial": OutByStage, "zero": ZeroARR, "unknown arr": Customer,
		"later": NotYet, "leaving": InNotice, "left": Lost, "smaller": Customer, "no end": InNotice, "back": Lost,
	}, at(table, "2026-06-30", true)); d != "" {
		t.Error(d)
	}
	past := at(table, "2026-02-15", false)
	for id, want := range map[string]Class{"left": InNotice, "leaving": Customer, "onboarding": NotYet, "zero": Customer, "no end": Customer} {
		if past[id] != want {
			t.Errorf("in February %s is %s, want %s", id, past[id], want)
		}
	}
	// Sixty days of notice after the decision of 15 May end on 14 July, the last day
	// of service.
	for date, want := range map[string]Class{"2026-05-14": Customer, "2026-07-13": InNotice, "2026-07-15": Lost} {
		if got := at(table, date, false)["no end"]; got != want {
			t.Errorf("no end on %s is %s, want %s", date, got, want)
		}
	}
	for date, want := range map[string]Class{"2024-07-01": InNotice, "2024-12-31": Lost, "2025-03-31": Onboarding, "2026-06-30": Customer} {
		if got := at(withTerms, date, date == "2026-06-30")["back"]; got != want {
			t.Errorf("back on %s is %s, want %s", date, got, want)
		}
	}
	if v := withTerms.At(on("2026-06-30"), true); v.TenureMonths[withTerms.Lookup("back")] != 15 || v.TenureMonths[withTerms.Lookup("customer")] != 29 || v.TenureMonths[withTerms.Lookup("trial")] != -1 {
		t.Errorf("tenure: back %d, customer %d", v.TenureMonths[withTerms.Lookup("back")], v.TenureMonths[withTerms.Lookup("customer")])
	}
}

// TestARR follows one account through terms, and accounts without terms through
// their losses. Today's column never answers for the past.
func TestARR(t *testing.T) {
	accounts := []row{
		{"account_id": "a", "arr": 999, "renewal_date": "2030-01-01", "notice_days": 10},
		{"account_id": "lost", "arr": 0},
		{"account_id": "none", "arr": 5},
		{"account_id": "free", "arr": 0},
	}
	churn := []row{{"account_id": "lost", "decision_date": "2026-03-01", "end_date": "2026-04-30", "arr_before": 321}}
	subscriptions := []row{
		{"account_id": "a", "subscription_id": "1", "start": "2025-01-01", "end": "2026-01-01", "arr": 100.1, "currency": "USD"},
		{"account_id": "a", "subscription_id": "2", "start": "2025-06-01", "arr": 50.2, "renewal_date": "2026-06-01", "notice_days": 30, "currency": "USD"},
		{"account_id": "a", "subscription_id": "3", "start": "2026-02-01", "arr": 7, "currency": "EUR"},
		{"account_id": "a", "subscription_id": "4", "arr": 7},
		{"account_id": "a", "subscription_id": "5", "start": intaketest.Bad},
		{"account_id": "a", "subscription_id": "6", "start": "2026-02-01", "end": "2026-01-01"},
		{"account_id": "zz", "subscription_id": "7", "start": "2026-02-01"},
		{"account_id": "a", "subscription_id": "1", "start": "2025-01-01", "end": "2026-01-01", "arr": 100.1, "currency": "USD"},
	}
	table, found := load(t, accounts, subscriptions, churn)
	if d := cmp.Diff([]string{
		"subscriptions. duplicate 1", "subscriptions.account_id orphan 1", "subscriptions.end reversed 1", "subscriptions.start undated 1", "subscriptions.start unparsable 1",
	}, counts(found)); d != "" {
		t.Error(d)
	}
	for _, c := range []struct {
		id, date string
		today    bool
		want     float64
	}{
		{"a", "2024-12-31", false, 0},
		{"a", "2025-03-01", false, 100.1},
		{"a", "2025-12-31", false, 150.3},
		{"a", "2026-01-01", false, 50.2},
		{"a", "2026-02-01", false, math.NaN()}, // dollars and euros without a rate
		{"a", "2026-06-30", true, 999},
		{"lost", "2026-01-31", false, 321},
		{"lost", "2026-03-31", false, 321},
		{"lost", "2026-04-30", false, 0},
		{"none", "2026-01-31", false, math.NaN()},
		{"none", "2026-06-30", true, 5},
		{"free", "2026-01-31", false, 0},
	} {
		got := table.At(on(c.date), c.today).ARR[table.Lookup(c.id)]
		if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("ARR of %s on %s = %v, want %v", c.id, c.date, got, c.want)
		}
	}
	for date, want := range map[string][2]string{
		"2025-03-01": {"2026-01-01", "2025-12-22"}, // the term's end, less the account's 10 days
		"2026-01-15": {"2026-06-01", "2026-05-02"}, // the term's renewal, less its own 30
	} {
		v := table.At(on(date), false)
		if i := table.Lookup("a"); v.Renewal[i] != on(want[0]) || v.Deadline[i] != on(want[1]) {
			t.Errorf("on %s renewal %d, deadline %d", date, v.Renewal[i], v.Deadline[i])
		}
	}
	i := table.Lookup("a")
	if v := table.At(on("2026-06-30"), true); v.Renewal[i] != on("2030-01-01") || v.Deadline[i] != on("2029-12-22") {
		t.Errorf("today's renewal %d", v.Renewal[i])
	}
	if v := table.At(on("2026-06-15"), false); v.Renewal[i] != NoDay || v.Deadline[i] != NoDay {
		t.Errorf("today's renewal answers for the past: %d", v.Renewal[i])
	}
	plain, _ := load(t, accounts, nil, nil)
	if v := plain.At(on("2026-01-31"), false); !math.IsNaN(v.ARR[i]) || v.Class[i] != Customer {
		t.Errorf("without subscriptions ARR of the past is %v", v.ARR[i])
	}
}

func TestLosses(t *testing.T) {
	var accounts []row
	for i := range 40 {
		accounts = append(accounts, row{"account_id": fmt.Sprintf("%02d", i), "notice_days": 20})
	}
	churn := []row{
		{"account_id": "00", "notice_date": "2026-01-01", "decision_date": "2026-02-01", "end_date": "2026-03-01", "reason": "price", "counts": false},
		{"account_id": "01", "end_date": "2026-03-31"},
		{"account_id": "02", "decision_date": "2026-05-01", "end_date": "2026-04-01"},
		{"account_id": "03", "decision_date": "2026-05-01", "kind": "partial", "arr_before": 100, "arr_lost": 30},
		{"account_id": "04"},
		{"account_id": "05", "decision_date": "2026-08-01"},
		{"account_id": "06", "end_date": "2026-12-31"},
		{"account_id": "00", "notice_date": "2026-01-01", "decision_date": "2026-02-01", "end_date": "2026-03-01", "reason": "price", "counts": false},
	}
	table, found := load(t, accounts, nil, churn)
	want := []Loss{
		{Account: 0, Event: on("2026-01-01"), End: on("2026-03-01"), Logo: true, Reason: "price"},
		{Account: 1, Event: on("2026-03-11"), Imputed: true, End: on("2026-03-31"), Logo: true, Counts: true},
		{Account: 2, Event: on("2026-04-01"), End: on("2026-04-01"), Logo: true, Counts: true},
		{Account: 3, Event: on("2026-05-01"), End: NoDay, ARRBefore: 100, ARRLost: 30, Counts: true},
	}
	for i := range table.Losses {
		if l := &table.Losses[i]; math.IsNaN(l.ARRBefore) {
			l.ARRBefore, l.ARRLost = 0, 0
		}
	}
	if d := cmp.Diff(want, table.Losses); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{
		"churn. duplicate 1", "churn.decision_date future_date 1", "churn.decision_date reversed 1", "churn.decision_date undated 1",
		"churn.end_date future_date 1", "churn.kind unknown_word 1",
	}, counts(found)); d != "" {
		t.Error(d)
	}
}

// TestLossesFromTerms derives losses where no churn source is mapped.
func TestLossesFromTerms(t *testing.T) {
	accounts := []row{{"account_id": "a"}, {"account_id": "b"}, {"account_id": "c"}, {"account_id": "d"}}
	table, _ := load(t, accounts, []row{
		{"account_id": "a", "start": "2024-01-01", "end": "2025-01-01", "arr": 10},
		{"account_id": "a", "start": "2025-01-20", "end": "2026-01-01", "arr": 20}, // a successor within 30 days
		{"account_id": "b", "start": "2024-01-01", "end": "2025-01-01", "arr": 10},
		{"account_id": "b", "start": "2025-06-01", "arr": 10}, // came back
		{"account_id": "c", "start": "2025-06-01", "end": "2026-12-31", "arr": 10},
		{"account_id": "d", "start": "2025-06-01", "end": "2025-07-01", "arr": 0}, // a trial
	}, nil)
	var got []string
	for _, l := range table.Losses {
		got = append(got, fmt.Sprintf("%s %d %d %v %v", table.ID[l.Account], l.Event-on("2025-01-01"), l.End-on("2025-01-01"), l.ARRBefore, l.Imputed && l.Logo))
	}
	// 60 days of notice before the end; 2026-01-01 is 365 days after 2025-01-01.
	if want := []string{"a 305 364 20 true", "b -60 -1 10 true"}; !slices.Equal(got, want) {
		t.Errorf("losses %q, want %q", got, want)
	}
}

// A date that no contract reaches stands for none, and is counted: an account that
// renews on the last day of time would be one with a renewal date.
func TestPlaceholderDates(t *testing.T) {
	table, found := load(t, []row{{"account_id": "a", "arr": 5, "renewal_date": "9999-12-31", "start_date": "2024-01-01"}, {"account_id": "b", "arr": 5, "renewal_date": "2027-06-30"}}, []row{
		{"account_id": "a", "subscription_id": "1", "start": "2025-06-01", "end": "9999-12-31", "renewal_date": "2099-12-31", "arr": 50, "term_months": 12},
		{"account_id": "b", "subscription_id": "2", "start": "2025-06-01", "renewal_date": "2070-01-01", "arr": 50},
		{"account_id": "b", "subscription_id": "3", "start": "2025-06-01", "renewal_date": "1900-01-01", "arr": 50, "term_months": 12},
	}, []row{{"account_id": "a", "decision_date": "2026-06-01", "end_date": "9999-12-31", "kind": "logo"}})
	if table.Renewal[0] != NoDay || table.Renewal[1] != on("2027-06-30") {
		t.Errorf("renewals of accounts %v", table.Renewal)
	}
	if x := table.Terms[0]; x.End != NoDay || x.Renewal != NoDay {
		t.Errorf("%+v", x)
	}
	if l := table.Losses[0]; l.End != NoDay || l.Event != on("2026-06-01") {
		t.Errorf("%+v", l)
	}
	want := []string{
		"accounts.renewal_date placeholder 1", "churn.end_date placeholder 1", "subscriptions.renewal_date placeholder 1",
	}
	if d := cmp.Diff(want, counts(found)); d != "" {
		t.Error(d)
	}
	var ahead []string
	for a := range table.Renewals(1, on("2025-09-01")) {
		ahead = append(ahead, fmt.Sprint(a.Renewal != NoDay))
	}
	if d := cmp.Diff([]string{"false", "true"}, ahead); d != "" { // one before the start of its term is not its own
		t.Error(d)
	}
	if v := table.At(on("2026-06-30"), true); v.Renewal[0] != NoDay || v.Renewal[1] != on("2070-01-01") {
		t.Errorf("renewals %v", v.Renewal)
	}
}

func TestRefusals(t *testing.T) {
	mem := memory.NewGoAllocator()
	accounts := intaketest.Canonical(mem, "accounts", row{"account_id": "a"})
	churn := intaketest.Canonical(mem, "churn", row{"account_id": "a", "decision_date": "2026-01-01"}, row{"account_id": "gone", "decision_date": "2026-01-01"})
	if _, err := Load(context.Background(), &accounts, nil, &churn, settings(), &diag.Tally{}); diag.ClassOf(err) != diag.Data {
		t.Errorf("accounts without former customers: %v", err)
	}
	if _, err := Load(context.Background(), nil, nil, nil, settings(), nil); diag.ClassOf(err) != diag.Config {
		t.Errorf("no accounts: %v", err)
	}
	snapshots := intaketest.Input(mem, source.Find("accounts"), source.Snapshot, row{"account_id": "a"})
	if _, err := Load(context.Background(), &snapshots, nil, nil, settings(), nil); diag.ClassOf(err) != diag.Config {
		t.Errorf("snapshots without a date: %v", err)
	}
}

// TestLayouts reads accounts kept as snapshots and as spells: what holds on the
// as-of day counts.
func TestLayouts(t *testing.T) {
	mem := memory.NewGoAllocator()
	for layout, rows := range map[source.Layout][]row{
		source.Snapshot: {
			{"account_id": "a", "segment": "old", "snapshot_date": "2026-05-31"},
			{"account_id": "a", "segment": "now", "snapshot_date": "2026-06-29"},
			{"account_id": "a", "segment": "later", "snapshot_date": "2026-07-01"},
		},
		source.SCD: {
			{"account_id": "a", "segment": "old", "valid_from": "2026-01-01", "valid_to": "2026-06-30"}, {"account_id": "a", "segment": "now", "valid_from": "2026-06-30"},
		},
	} {
		in := intaketest.Input(mem, source.Find("accounts"), layout, rows...)
		found := &diag.Tally{}
		table, err := Load(context.Background(), &in, nil, nil, settings(), found)
		if err != nil {
			t.Fatal(err)
		}
		if table.Len() != 1 || table.Segment[0] != "now" || found.Count(diag.Duplicate, "accounts")+found.Count(diag.Conflict, "accounts") != 0 {
			t.Errorf("%s: segments %v, findings %v", layout, table.Segment, counts(found))
		}
	}
}

// TestRates converts into the reporting currency; an amount without a rate is
// unknown and counted.
func TestRates(t *testing.T) {
	mem := memory.NewGoAllocator()
	accounts := intaketest.Canonical(mem, "accounts",
		row{"account_id": "a", "arr": 100, "currency": "EUR"}, row{"account_id": "b", "arr": 100, "currency": "usd"}, row{"account_id": "c", "arr": 100, "currency": "XYZ"})
	s := settings()
	s.Currency, s.Rates = "USD", map[string]float64{"EUR": 1.5}
	found := &diag.Tally{}
	table, err := Load(context.Background(), &accounts, nil, nil, s, found)
	if err != nil {
		t.Fatal(err)
	}
	if table.ARRToday[0] != 150 || table.ARRToday[1] != 100 || !math.IsNaN(table.ARRToday[2]) || found.Count(diag.NoRate, "accounts") != 1 {
		t.Errorf("ARR %v, findings %v", table.ARRToday, counts(found))
	}
}

// TestAvailability: rows that were not in the warehouse by the as-of date do not
// exist, not even as the first of their key; a row delivered again is a copy.
func TestAvailability(t *testing.T) {
	accounts := []row{{"account_id": "a", "arr": 10, "start_date": "2024-01-01"}, {"account_id": "b", "arr": 10, "start_date": "2024-01-01"}}
	table, found := load(t, accounts,
		[]row{
			{"account_id": "a", "subscription_id": "1", "start": "2025-01-01", "arr": 99, "available_at": "2026-07-01"},
			{"account_id": "a", "subscription_id": "1", "start": "2025-01-01", "arr": 10, "available_at": "2026-06-30 23:00"},
			{"account_id": "a", "subscription_id": "1", "start": "2025-01-01", "arr": 10},
			{"account_id": "b", "subscription_id": "2", "start": "2025-01-01", "arr": 10, "available_at": intaketest.Bad},
			{"account_id": "zz", "subscription_id": "3", "start": "2025-01-01", "arr": 10},
			{"account_id": "zz", "subscription_id": "3", "start": "2025-01-01", "arr": 10},
		},
		[]row{{"account_id": "b", "decision_date": "2026-03-01", "end_date": "2026-04-30", "available_at": "2026-07-02"}})
	if len(table.Terms) != 1 || table.Terms[0].ARR != 10 || len(table.Losses) != 0 {
		t.Errorf("terms %+v, losses %+v", table.Terms, table.Losses)
	}
	if d := cmp.Diff([]string{
		"subscriptions. duplicate 1", "subscriptions.account_id orphan 2", "subscriptions.available_at unparsable 1",
	}, counts(found)); d != "" {
		t.Error(d)
	}
}
