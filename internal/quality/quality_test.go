package quality

import (
	"strings"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/settings"
	"accounthealth/internal/source"
)

// usage is a meter of 1,000 usage rows up to a day, covering account 0 of 2.
func usage(newest int32) *Meter {
	m := &Meter{name: "usage", layout: source.Events, keyed: true, fresh: true, rows: 1000, oldest: newest - 100, newest: newest, accounts: make([]uint64, 1)}
	m.Cover(0)
	return m
}

var asOf = day.Of(2026, 6, 30)

func input(newest int32) Input {
	s := settings.Default()
	return Input{
		AsOf: asOf, Meters: []*Meter{usage(newest)}, Findings: &diag.Tally{}, Limits: s.Limits, Gates: s.Gates,
		View: &population.View{Class: []population.Class{population.Customer, population.InNotice, population.Lost}, ARR: []float64{300, 100, 0}},
	}
}

func TestCoverageCountsPayingAccountsAndTheirARR(t *testing.T) {
	q, err := Audit(input(asOf))
	if err != nil {
		t.Fatal(err)
	}
	s := q.Sources[0]
	if s.AccountsCovered != 1 || s.CoveredShare.Den != 2 || s.ARRCovered.Value != 0.75 || s.Verdict != "pass" || s.AgeDays.Value != 0 {
		t.Errorf("%+v", s)
	}
	for _, g := range q.Gates {
		if !g.Passed {
			t.Errorf("gate %+v", g)
		}
	}
}

func TestGates(t *testing.T) {
	bad := func(n int64, code diag.Code) func(*Input) {
		return func(in *Input) {
			in.Findings.AddN(diag.Finding{Code: code, Source: "usage", Column: "active_users", File: "usage/part-0.parquet", Row: 17, Key: "A-12", Value: "-3"}, n)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*Input)
		gate   string // "" passes
		text   string
	}{
		{"five per cent invalid is the limit", bad(50, diag.OutOfRange), "", ""},
		{"more than five per cent invalid", bad(51, diag.OutOfRange), GateLimits, "5.10% of rows are invalid (limit 5.00%), mostly out of range in active_users (part-0.parquet row 17, A-12: -3)"},
		{"orphans", bad(51, diag.Orphan), GateLimits, "orphans"},
		{"duplicates", bad(21, diag.Conflict), GateLimits, "duplicates"},
		{"rows at four fifths", func(in *Input) { in.PriorRows = map[string]int64{"usage": 1250} }, "", ""},
		{"rows below four fifths", func(in *Input) { in.PriorRows = map[string]int64{"usage": 1251} }, GateRows, "1000 rows, 80% of the last run's"},
		{"an empty source after rows", func(in *Input) { in.Meters[0].rows = 0; in.PriorRows = map[string]int64{"usage": 10} }, GateRows, "0 rows"},
		{"yesterday's rows", func(in *Input) { in.Meters[0].newest = asOf - 1 }, "", ""},
		{"two days old", func(in *Input) { in.Meters[0].newest = asOf - 2 }, GateFresh, "newest row 2026-06-28"},
		{"a cent is missing", func(in *Input) { in.Tie = portfolio.TieOut{DifferenceARR: 0.01} }, GateTieOut, "0.01 ARR"},
		{"an account is missing", func(in *Input) { in.Tie = portfolio.TieOut{DifferenceAccounts: 1} }, GateTieOut, "1 accounts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := input(asOf)
			c.change(&in)
			_, err := Audit(in)
			if c.gate == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || diag.ClassOf(err) != diag.Gate || !strings.Contains(err.Error(), "gate "+c.gate) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("err = %v", err)
			}
			in.Allowed = []string{c.gate}
			q, err := Audit(in)
			if err != nil {
				t.Errorf("allowed, but %v", err)
			}
			for _, g := range q.Gates {
				if g.Gate == c.gate && (g.Passed || !g.Allowed) {
					t.Errorf("an allowed failure must still show: %+v", g)
				}
			}
		})
	}
}
