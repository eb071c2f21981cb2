package explain

import (
	"math"
	"testing"

	"accounthealth/internal/plan"
)

// TestWhat reads aggregates as people say them.
func TestWhat(t *testing.T) {
	for want, a := range map[string]plan.Agg{
		"newest nps.score":                                {Source: "nps", Func: plan.Latest, Column: "score"},
		"rows of tickets in 30 days":                      {Source: "tickets", Func: plan.Count, Window: 30},
		"rows of tickets, days 31 to 60 back":             {Source: "tickets", Func: plan.Count, Window: 30, Shift: 30},
		"greatest invoices.amount, more than 7 days back": {Source: "invoices", Func: plan.Max, Column: "amount", Shift: 7},
		"mean of usage.logins in 28 days by date, working days only": {
			Source: "usage", Func: plan.Mean, Column: "logins", Window: 28, Days: plan.WorkingDays, At: []string{"date"},
		},
		"subscriptions.term_months where arr is greatest, open on the day: from start until end": {
			Source: "subscriptions", Func: plan.MaxBy, Column: "term_months", By: "arr", From: "start", Until: "end",
		},
		"parts, of 4, with a row of meetings in 365 days, kind qbr, attended true or empty": {
			Source: "meetings", Func: plan.Periods, Window: 365, Parts: 4,
			Where: []plan.Cond{{Column: "kind", In: []string{"qbr"}}, {Column: "attended", In: []string{"true"}, Null: true}},
		},
		"least a.x, kind not b or c, x at least 1, y below 2, z from 0 to below 1, w filled, v empty": {
			Source: "a", Func: plan.Min, Column: "x", Where: []plan.Cond{
				{Column: "kind", Not: true, In: []string{"b", "c"}},
				{Column: "x", Bounded: true, AtLeast: 1, Below: math.Inf(1)},
				{Column: "y", Bounded: true, AtLeast: math.Inf(-1), Below: 2},
				{Column: "z", Bounded: true, AtLeast: 0, Below: 1},
				{Column: "w", Not: true},
				{Column: "v", Null: true},
			},
		},
	} {
		if got := what(&a); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// Values are rounded to four digits, and never to fewer before the point.
func TestRounded(t *testing.T) {
	for x, want := range map[float64]string{3.14159: "3.142", 0: "0", 12500: "12500", 1234567.5: "1234568", 999.94: "999.9", 0.00012345: "0.0001234"} {
		if got := rounded(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}
