package signal

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// Amounts in other currencies are converted before they are added up, compared or
// ranked; without a rate they cannot be used. The evidence shows both amounts.
func TestAmountsAreConverted(t *testing.T) {
	row := func(id, sub string, term int, arr, currency any) intaketest.Row {
		return intaketest.Row{"account_id": id, "subscription_id": sub, "start": int32(10), "term_months": term, "arr": arr, "currency": currency}
	}
	agg := func(f plan.Func, column, by string, where ...plan.Cond) plan.Signal {
		return plan.Signal{Name: fmt.Sprint(f, len(where)), Derive: plan.Derivation{Agg: &plan.Agg{Source: "subscriptions", Func: f, Column: column, By: by, From: "start", Where: where}}}
	}
	p := &plan.Plan{Signals: []plan.Signal{
		agg(plan.Sum, "arr", ""), agg(plan.MaxBy, "term_months", "arr"), agg(plan.Max, "arr", ""),
		agg(plan.Count, "", "", plan.Cond{Column: "arr", Bounded: true, AtLeast: 100, Below: 1e9}),
	}}
	table := &population.Table{ID: []string{"mixed", "none", "yen"}, Start: make([]int32, 3)}
	table.Arrange(population.Settings{AsOf: 100, Currency: "USD", Rates: map[string]float64{"EUR": 1.25, "JPY": 0.01}}, false)
	found := &diag.Tally{}
	req := Request{
		Plan: p, Table: table, Today: 100, Dates: []int32{100}, Findings: found,
		Inputs: map[string]Input{"subscriptions": intaketest.Canonical(memory.DefaultAllocator, "subscriptions",
			row("mixed", "S1", 12, 100.0, "USD"), row("mixed", "S2", 24, 90.0, " eur"), row("mixed", "S3", 36, 7.0, nil),
			row("yen", "S4", 1, 5000.0, "JPY"), row("yen", "S5", 24, 60.0, "USD"),
			row("none", "S6", 1, 5000.0, "XXX"))},
	}
	snapshots, err := Compute(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row := range 3 {
		for sig := range p.Signals {
			v, _ := snapshots[0].Value(sig, row)
			got = append(got, fmt.Sprint(v, " ", State(snapshots[0].States(sig).Value(row))))
		}
	}
	want := "219.5 known, 24 known, 112.5 known, 2 known, 0 invalid, 0 invalid, 0 invalid, 0 invalid, 110 known, 24 known, 60 known, 0 missing"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if g := found.Groups(); len(g) != 1 || g[0].Code != diag.NoRate || g[0].Count != 1 || g[0].Examples[0].Value != "XXX" || g[0].Examples[0].Key != "none" {
		t.Errorf("findings %+v", g)
	}
	shown := func(account int32, sig, row int) string {
		parts, err := Evidence(context.Background(), req, account, 100, make([]uint8, len(p.Signals)), 10)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(parts[sig][0].Value, " ", parts[sig][0].Shown[row].Read)
	}
	for _, c := range []struct{ got, want string }{
		{shown(0, 0, 0), "219.5 [{arr 100 0}]"},
		{shown(0, 0, 1), "219.5 [{arr 90 0} {currency  eur 0} {arr in USD 112.5 0}]"},
		{shown(0, 1, 0), "24 [{term_months 24 0} {arr 90 0} {currency  eur 0} {arr in USD 112.5 0}]"},
		{shown(1, 0, 0), "NaN [{arr 5000 0} {currency XXX 0} {arr in USD  2}]"},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}
