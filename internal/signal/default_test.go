package signal

import (
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

type rows map[string][]intaketest.Row

const asOf = "2026-06-30" // a Tuesday

// derived evaluates the default framework for account "a" with a tenure of two
// years as of a date, the sources having been exported on 2026-06-30.
func derived(t *testing.T, date string, src rows) *Snapshot {
	t.Helper()
	return derivedWith(t, date, src, 24)
}

func derivedWith(t *testing.T, date string, src rows, tenure int32) *Snapshot {
	t.Helper()
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	req := Request{
		Plan: fw.Plan, Table: &population.Table{ID: []string{"a", "b"}}, Inputs: map[string]Input{}, Allocator: mem,
		Dates: []int32{intaketest.Day(date)}, Tenure: [][]int32{{tenure, tenure}}, Today: intaketest.Day(asOf),
	}
	for name, list := range src {
		list = slices.Clone(list)
		for i := range list {
			if _, ok := list[i]["account_id"]; !ok {
				list[i]["account_id"] = "a"
			}
		}
		in := intaketest.Canonical(mem, name, list...)
		for _, c := range in.Contract.Columns { // every column is mapped
			if s := in.Rows.(*intaketest.Source); !s.Has(c.Name) {
				s.Columns = append(s.Columns, c.Name)
			}
		}
		req.Inputs[name] = in
	}
	return compute(t, req)[0]
}

// value reads a signal of account "a": its word or number, or its state.
func value(t *testing.T, s *Snapshot, name string) any {
	t.Helper()
	i := slices.IndexFunc(s.Plan.Signals, func(x plan.Signal) bool { return x.Name == name })
	if i < 0 {
		t.Fatalf("the default framework has no signal %s", name)
	}
	v, ok := s.Value(i, 0)
	switch {
	case !ok:
		return State(s.States(i).Value(0))
	case s.Plan.Signals[i].IsWord():
		return s.Plan.Signals[i].Words[int(v)]
	}
	return v
}

func usage(date string, active any, more ...any) intaketest.Row {
	r := intaketest.Row{"date": date, "active_users": active}
	for i := 0; i < len(more); i += 2 {
		r[more[i].(string)] = more[i+1]
	}
	return r
}

// TestDerivations goes through the derivation table of the default framework:
// windows, absence and ages. Expected values are counted by hand from the rows.
func TestDerivations(t *testing.T) {
	for _, c := range []struct {
		name, date, signal string
		src                rows
		want               any
	}{
		{"active share of seats, working days only", asOf, "activity", rows{"usage": {
			usage("2026-06-29", 80, "licensed_seats", 100), usage("2026-06-30", 90, "licensed_seats", 100),
			usage("2026-06-28", 2, "licensed_seats", 100), // a Sunday
			usage("2026-06-02", 1),                        // day 28 back, outside
		}}, 0.85},
		{"the first working day inside the window", asOf, "activity", rows{"usage": {
			usage("2026-06-03", 40, "licensed_seats", 80), usage("2026-06-30", 20),
		}}, 0.375},
		{"monthly users where no seats are known", asOf, "activity", rows{"usage": {
			usage("2026-06-30", 20, "monthly_active_users", 50),
		}}, 0.4},
		{"no usage at all is missing", asOf, "activity", rows{"usage": {usage("2026-06-30", 5, "account_id", "b")}}, Missing},
		{"no usage source", asOf, "activity", rows{}, NotCollected},
		{"features of the newest row", asOf, "feature_adoption", rows{"usage": {
			{"date": "2026-06-20", "features_used": 30, "features_available": 50}, {"date": "2026-06-29", "features_used": 36, "features_available": 50},
		}}, 0.72},
		{"features four weeks ago", asOf, "feature_adoption", rows{"usage": {{"date": "2026-06-02", "features_used": 36, "features_available": 50}}}, Missing},
		{"login yesterday", asOf, "days_since_login", rows{"usage": {
			{"date": "2026-06-30", "last_login_at": "2026-06-29 23:59"}, {"date": "2026-06-29", "last_login_at": "2026-06-20"},
		}}, 1.0},
		{"a login after the date is not known yet", "2026-06-25", "days_since_login", rows{"usage": {
			{"date": "2026-06-25", "last_login_at": "2026-06-29"}, {"date": "2026-06-24", "last_login_at": "2026-06-20"},
		}}, 5.0},
		{"last day with logins", asOf, "days_since_login", rows{"usage": {{"date": "2026-05-01", "logins": 3}, {"date": "2026-06-29", "logins": 0}}}, 60.0},
		{"usage up", asOf, "usage_trend", rows{"usage": {usage("2026-06-20", 12), usage("2026-05-20", 10)}}, "up"},
		{"usage up by exactly 10% is stable", asOf, "usage_trend", rows{"usage": {usage("2026-06-20", 11), usage("2026-05-20", 10)}}, "stable"},
		{"usage down", asOf, "usage_trend", rows{"usage": {usage("2026-06-20", 8), usage("2026-05-20", 10)}}, "down"},
		{"usage without a past", asOf, "usage_trend", rows{"usage": {usage("2026-06-20", 8)}}, Missing},

		{"mean rating", asOf, "csat", rows{"tickets": {
			{"opened_at": "2026-05-01", "closed_at": "2026-05-02", "csat": 5},
			{"opened_at": "2026-05-03", "closed_at": "2026-05-04", "csat": 4.6},
			{"opened_at": "2025-12-01", "closed_at": "2025-12-02", "csat": 1},
		}}, 4.8},
		{"a rating is known when its ticket was closed", "2026-05-10", "csat", rows{"tickets": {
			{"opened_at": "2026-05-01", "closed_at": "2026-05-20", "csat": 2}, {"opened_at": "2026-05-01", "closed_at": "2026-05-09", "csat": 4},
		}}, 4.0},
		{"ratings older than the window and younger than max_age", asOf, "csat", rows{"tickets": {{"opened_at": "2026-03-01", "closed_at": "2026-03-02", "csat": 5}}}, Missing},
		{"ratings older than max_age", asOf, "csat", rows{"tickets": {{"opened_at": "2025-12-01", "closed_at": "2025-12-02", "csat": 5}}}, Stale},
		{"an impossible rating alone", asOf, "csat", rows{"tickets": {{"opened_at": "2026-06-01", "csat": 0}}}, Invalid},
		{"an impossible rating among others", asOf, "csat", rows{"tickets": {{"opened_at": "2026-06-01", "csat": 9}, {"opened_at": "2026-06-01", "csat": 4}}}, 4.0},

		{"open escalation, closed later", "2026-05-10", "escalations", rows{"tickets": {{"opened_at": "2026-05-01", "closed_at": "2026-05-20", "escalated": true}}}, "open"},
		{"resolved escalation", asOf, "escalations", rows{"tickets": {{"opened_at": "2026-05-01", "closed_at": "2026-05-20", "escalated": true}}}, "resolved"},
		{"escalation resolved long ago", asOf, "escalations", rows{"tickets": {{"opened_at": "2026-01-01", "closed_at": "2026-02-20", "escalated": true}}}, "none"},
		{"closed on the date is closed", "2026-05-20", "escalations", rows{"tickets": {{"opened_at": "2026-05-01", "closed_at": "2026-05-20 17:00", "escalated": true}}}, "resolved"},
		{"no tickets of this account", asOf, "escalations", rows{"tickets": {{"account_id": "b", "opened_at": "2026-05-01", "escalated": true}}}, "none"},

		{"the newest of tickets and pulse", asOf, "sentiment", rows{
			"tickets": {{"opened_at": "2026-06-01 10:00", "sentiment": "Positive"}}, "pulse": {{"rated_at": "2026-06-01 11:00", "sentiment": "negative"}},
		}, "negative"},
		{"one source is enough", asOf, "sentiment", rows{"pulse": {{"rated_at": "2026-06-01", "sentiment": "neutral"}}}, "neutral"},
		{"a sentiment of last winter", asOf, "sentiment", rows{"pulse": {{"rated_at": "2026-01-01", "sentiment": "neutral"}}}, Stale},
		{"a word nobody knows", asOf, "sentiment", rows{"pulse": {{"rated_at": "2026-06-01", "sentiment": "meh"}, {"rated_at": "2026-05-01", "sentiment": "neutral"}}}, Invalid},

		{"tickets up by two", asOf, "ticket_trend", rows{"tickets": {{"opened_at": "2026-06-01"}, {"opened_at": "2026-06-02"}}}, "up"},
		{"one more ticket is no trend", asOf, "ticket_trend", rows{"tickets": {{"opened_at": "2026-06-01"}}}, "stable"},
		{"tickets down", asOf, "ticket_trend", rows{"tickets": {{"opened_at": "2026-03-01"}, {"opened_at": "2026-03-02"}}}, "down"},
		{"no tickets", asOf, "ticket_trend", rows{"tickets": {{"account_id": "b", "opened_at": "2026-06-01"}}}, "stable"},

		{"15 days late", asOf, "payment", rows{"invoices": {{"due_date": "2026-06-15"}, {"due_date": "2026-06-20"}, {"due_date": "2026-07-20"}}}, 15.0},
		{"paid after the date was unpaid on it", "2026-05-31", "payment", rows{"invoices": {{"due_date": "2026-05-01", "paid_at": "2026-06-10"}}}, 30.0},
		{"all paid", asOf, "payment", rows{"invoices": {{"due_date": "2026-05-01", "paid_at": "2026-06-10"}}}, 0.0},
		{"never invoiced", asOf, "payment", rows{"invoices": {{"account_id": "b", "due_date": "2026-05-01"}}}, Missing},
		{"not invoiced yet", "2026-04-30", "payment", rows{"invoices": {{"due_date": "2026-05-01", "paid_at": "2026-06-10"}}}, Missing},

		{"upgrade won within the year", asOf, "growth", rows{"opportunities": {
			{"kind": "upgrade", "stage": "won", "opened_at": "2025-08-01", "closed_at": "2025-09-01"}, {"kind": "expansion", "stage": "open", "opened_at": "2026-05-01"},
		}}, "upgrade_completed"},
		{"expansion in discussion", asOf, "growth", rows{"opportunities": {{"kind": "Expansion", "stage": "open", "opened_at": "2026-05-01"}}}, "expansion_in_discussion"},
		{"not won yet", "2026-05-31", "growth", rows{"opportunities": {{"kind": "upgrade", "stage": "won", "opened_at": "2026-05-01", "closed_at": "2026-06-10"}}}, "expansion_in_discussion"},
		{"no opportunity", asOf, "growth", rows{"opportunities": {{"kind": "renewal", "opened_at": "2026-05-01"}}}, "none"},
		{"downgrade in discussion", asOf, "downgrade_risk", rows{"opportunities": {{"kind": "downgrade", "stage": "open", "opened_at": "2026-05-01"}}}, "true"},
		{"downgrade avoided", asOf, "downgrade_risk", rows{"opportunities": {{"kind": "downgrade", "stage": "lost", "opened_at": "2026-05-01", "closed_at": "2026-06-01"}}}, "false"},
		{"the largest live term", asOf, "contract_term", rows{"subscriptions": {
			{"start": "2026-01-01", "end": "2027-01-01", "term_months": 12, "arr": 5000},
			{"start": "2025-01-01", "end": "2027-01-01", "term_months": 24, "arr": 90000},
			{"start": "2023-01-01", "end": "2026-01-01", "term_months": 36, "arr": 900000},
		}}, 24.0},

		{"active sponsor", asOf, "sponsor", rows{"contacts": {{"role": "sponsor", "status": "active", "since": "2025-01-01"}}}, "active"},
		{"sponsor gone", asOf, "sponsor", rows{"contacts": {{"role": "sponsor", "status": "active", "since": "2025-01-01", "left_at": "2026-05-01"}}}, "gone"},
		{"no sponsor among the contacts", asOf, "sponsor", rows{"contacts": {{"role": "user", "since": "2025-01-01"}}}, "none"},
		{"no contact known", asOf, "sponsor", rows{"contacts": {{"account_id": "b", "role": "user", "since": "2025-01-01"}}}, Missing},
		{"champion left and was not replaced", asOf, "champion", rows{"contacts": {{"role": "champion", "status": "strong", "since": "2025-01-01", "left_at": "2026-04-30"}}}, "left"},
		{"champion left and was replaced", asOf, "champion", rows{"contacts": {
			{"role": "champion", "status": "strong", "since": "2025-01-01", "left_at": "2026-04-30"}, {"role": "champion", "status": "weak", "since": "2026-06-01"},
		}}, "weak"},
		{"champion who leaves later is in the seat", "2026-04-15", "champion", rows{"contacts": {{"role": "champion", "status": "strong", "since": "2025-01-01", "left_at": "2026-04-30"}}}, "engaged"},
		{"champion left long ago", asOf, "champion", rows{"contacts": {{"role": "champion", "since": "2024-01-01", "left_at": "2025-06-01"}}}, "none"},

		{"newest answer", asOf, "nps", rows{"nps": {{"responded_at": "2026-01-01", "score": 9}, {"responded_at": "2025-10-01", "score": 3}}}, 9.0},
		{"the newest answer is impossible", asOf, "nps", rows{"nps": {{"responded_at": "2026-01-01", "score": 14}, {"responded_at": "2025-10-01", "score": 3}}}, Invalid},
		{"an older answer is impossible", asOf, "nps", rows{"nps": {{"responded_at": "2026-01-01", "score": 9}, {"responded_at": "2025-10-01", "score": 14}}}, 9.0},
		{"an answer of 366 days ago", asOf, "nps", rows{"nps": {{"responded_at": "2025-06-29", "score": 9}}}, Stale},
		{"an answer of 365 days ago", asOf, "nps", rows{"nps": {{"responded_at": "2025-06-30", "score": 9}}}, 9.0},
		{"an answer of tomorrow", asOf, "nps", rows{"nps": {{"responded_at": "2026-07-01", "score": 9}}}, Missing},

		{"attended three quarters of four", asOf, "qbr", rows{"meetings": {
			{"kind": "QBR", "held_at": "2026-06-01", "attended": true},
			{"kind": "qbr", "held_at": "2026-02-01", "attended": true},
			{"kind": "qbr", "held_at": "2025-11-01", "attended": true},
			{"kind": "qbr", "held_at": "2025-08-01", "attended": false},
		}}, "regular"},
		{"attended once", asOf, "qbr", rows{"meetings": {{"kind": "qbr", "held_at": "2026-06-01", "attended": true}}}, "sporadic"},
		{"none in half a year", asOf, "qbr", rows{"meetings": {{"kind": "qbr", "held_at": "2025-12-28", "attended": true}, {"kind": "qbr", "held_at": "2025-09-01", "attended": true}}}, "none"},
		{"never met", asOf, "qbr", rows{"meetings": {{"account_id": "b", "kind": "qbr", "held_at": "2026-06-01"}}}, "none"},
	} {
		t.Run(c.signal+"/"+c.name, func(t *testing.T) {
			if got := value(t, derived(t, c.date, c.src), c.signal); got != c.want {
				t.Errorf("%s = %v, want %v", c.signal, got, c.want)
			}
		})
	}
}

func TestNotApplicableUnderTenure(t *testing.T) {
	src := rows{"meetings": {{"kind": "qbr", "held_at": "2026-06-01", "attended": true}}}
	for tenure, want := range map[int32]any{5: NotApplicable, 6: "sporadic", -1: "sporadic"} {
		if got := value(t, derivedWith(t, asOf, src, tenure), "qbr"); got != want {
			t.Errorf("tenure %d: qbr = %v, want %v", tenure, got, want)
		}
	}
}

// TestWorkedAccounts rebuilds the inputs of the two worked accounts of the
// scoring rules from raw rows, as their systems would have recorded them.
func TestWorkedAccounts(t *testing.T) {
	techCorp := rows{
		"usage":         {usage("2026-06-30", 85, "licensed_seats", 100, "features_used", 72, "features_available", 100, "last_login_at", "2026-06-30 09:00")},
		"tickets":       {{"opened_at": "2026-06-01", "closed_at": "2026-06-02", "csat": 4.8, "escalated": false, "sentiment": "positive"}},
		"invoices":      {{"due_date": "2026-06-01", "paid_at": "2026-05-28"}},
		"opportunities": {{"kind": "expansion", "stage": "open", "opened_at": "2026-06-10"}},
		"subscriptions": {{"start": "2024-09-01", "end": "2026-09-01", "term_months": 24, "arr": 120000}},
		"contacts":      {{"role": "sponsor", "status": "active", "since": "2024-07-01"}, {"role": "champion", "status": "strong", "since": "2024-07-01"}},
		"nps":           {{"responded_at": "2026-05-01", "score": 9}},
		"meetings": {
			{"kind": "qbr", "held_at": "2026-06-01", "attended": true}, {"kind": "qbr", "held_at": "2026-03-01", "attended": true}, {"kind": "qbr", "held_at": "2025-12-01", "attended": true},
		},
	}
	retailMax := rows{
		"usage":         {usage("2026-06-30", 12, "licensed_seats", 50, "features_used", 35, "features_available", 100, "last_login_at", "2026-06-22 16:00")},
		"tickets":       {{"opened_at": "2026-06-01", "csat": 3.2, "escalated": true, "sentiment": "negative"}, {"opened_at": "2026-05-30", "escalated": true}},
		"invoices":      {{"due_date": "2026-06-15"}},
		"opportunities": {{"kind": "downgrade", "stage": "open", "opened_at": "2026-06-10"}},
		"subscriptions": {{"start": "2026-04-01", "end": "2027-04-01", "term_months": 12, "arr": 85000}},
		"contacts":      {{"role": "champion", "status": "engaged", "since": "2025-01-01", "left_at": "2026-04-30"}},
		"nps":           {{"responded_at": "2026-05-01", "score": 5}},
		"meetings":      {{"kind": "kickoff", "held_at": "2025-01-15", "attended": true}},
	}
	for _, c := range []struct {
		name string
		src  rows
		want map[string]any
	}{
		{"TechCorp Solutions", techCorp, map[string]any{
			"activity": 0.85, "feature_adoption": 0.72, "days_since_login": 0.0, "usage_trend": Missing,
			"csat": 4.8, "escalations": "none", "sentiment": "positive", "payment": 0.0, "growth": "expansion_in_discussion",
			"downgrade_risk": "false", "contract_term": 24.0, "sponsor": "active", "champion": "engaged", "nps": 9.0, "qbr": "regular",
		}},
		{"RetailMax Inc", retailMax, map[string]any{
			"activity": 0.24, "feature_adoption": 0.35, "days_since_login": 8.0, "usage_trend": Missing,
			"csat": 3.2, "escalations": "open", "sentiment": "negative", "payment": 15.0, "growth": "none",
			"downgrade_risk": "true", "contract_term": 12.0, "sponsor": "none", "champion": "left", "nps": 5.0, "qbr": "none",
		}},
	} {
		s := derived(t, asOf, c.src)
		for name, want := range c.want {
			if got := value(t, s, name); got != want {
				t.Errorf("%s: %s = %v, want %v", c.name, name, got, want)
			}
		}
		if s.Flawed[0] {
			t.Errorf("%s is flawed", c.name)
		}
	}
}

// TestTrendIsExactAtItsTolerance: a mean of n days with k users in all is k/n,
// which has no end in decimals; a change of exactly a tenth must still be within
// it. Rounding the means before their ratio would not keep that.
func TestTrendIsExactAtItsTolerance(t *testing.T) {
	days := func(from string, n, users int) []intaketest.Row {
		var out []intaketest.Row
		for i := range n {
			active := users / n
			if i < users%n {
				active++
			}
			out = append(out, usage(day.Format(intaketest.Day(from)+int32(i)), active))
		}
		return out
	}
	for _, c := range []struct {
		before, now int
		want        string
	}{{10, 9, "stable"}, {10, 8, "down"}, {20, 22, "stable"}, {20, 23, "up"}, {30, 33, "stable"}, {30, 27, "stable"}} {
		src := rows{"usage": append(days("2026-05-06", 28, c.before), days("2026-06-03", 28, c.now)...)}
		if got := value(t, derived(t, asOf, src), "usage_trend"); got != c.want {
			t.Errorf("%d users in 28 days after %d: %v, want %s", c.now, c.before, got, c.want)
		}
	}
}
