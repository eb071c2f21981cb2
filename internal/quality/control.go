package quality

import (
	"fmt"
	"math"
	"strings"

	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/settings"
)

// paying says whom coverage and control totals are about: accounts that are
// scored, could be, or pay until their notice ends.
func paying(c population.Class) bool { return c.Scored() || c == population.InNotice }

// cents is an amount in whole cents, 0 where it is unknown.
func cents(v float64) int64 {
	if math.IsNaN(v) {
		return 0
	}
	return int64(math.Round(v * 100))
}

// controls compares finance's figures with the population's; nil where none are
// given for the as-of date.
func (in *Input) controls() []portfolio.ControlRow {
	c := in.Controls
	if c == nil || c.AsOf != settings.NoDay && c.AsOf != in.AsOf {
		return nil
	}
	var out []portfolio.ControlRow
	for _, t := range c.Totals {
		var accounts, arr int64
		for i, class := range in.View.Class {
			if paying(class) && in.within(t, i) {
				accounts++
				arr += cents(in.View.ARR[i])
			}
		}
		what := "All accounts"
		switch {
		case t.Segment != "":
			what = "Segment " + t.Segment
		case t.Currency != "":
			what = "Currency " + t.Currency
		}
		if t.Accounts >= 0 {
			r := portfolio.ControlRow{What: what, Unit: portfolio.Count, Stated: float64(t.Accounts), Found: float64(accounts), Tolerance: math.Floor(t.Tolerance*float64(t.Accounts) + 1e-9)}
			r.Difference = r.Found - r.Stated
			r.Passed = math.Abs(r.Difference) <= r.Tolerance
			out = append(out, r)
		}
		if t.ARR >= 0 {
			stated, allowed := cents(t.ARR), cents(t.Tolerance*t.ARR)
			out = append(out, portfolio.ControlRow{
				What: what, Unit: portfolio.Currency, Stated: float64(stated) / 100, Found: float64(arr) / 100,
				Difference: float64(arr-stated) / 100, Tolerance: float64(allowed) / 100, Passed: max(arr-stated, stated-arr) <= allowed,
			})
		}
	}
	return out
}

// within reports whether an account belongs to the part that a total is for.
func (in *Input) within(t settings.ControlTotal, row int) bool {
	switch {
	case t.Segment != "":
		return in.Table != nil && strings.EqualFold(in.Table.Segment[row], t.Segment)
	case t.Currency != "":
		return in.Table != nil && strings.EqualFold(in.Table.Currency[row], t.Currency)
	}
	return true
}

// tieSteps leads from the rows of the accounts export to the scored accounts.
func (in *Input) tieSteps() []portfolio.TieStep {
	t := in.Tie
	if t.SourceRows == 0 {
		return nil
	}
	out := []portfolio.TieStep{{What: "Rows of the accounts export", Accounts: t.SourceRows, ARR: portfolio.Amount(t.SourceARR), Why: "those in force on the date, amounts as exported"}}
	for _, l := range t.Lines {
		out = append(out, portfolio.TieStep{What: l.What, Accounts: l.Accounts, ARR: portfolio.Amount(l.ARR), Why: fmt.Sprintf("%d rows: %s", l.Rows, l.Why)})
	}
	if t.DifferenceAccounts != 0 || t.DifferenceARR != 0 {
		out = append(out, portfolio.TieStep{What: "Not explained", Accounts: -t.DifferenceAccounts, ARR: portfolio.Amount(-t.DifferenceARR), Why: "must be 0"})
	}
	out = append(out, portfolio.TieStep{What: "Accounts", Accounts: t.Reported, ARR: portfolio.Amount(t.ReportedARR), Total: true, Why: "each counted in one class"})
	scored, arr := t.Reported, cents(t.ReportedARR)
	for _, c := range in.Classes {
		if c.Accounts == 0 || c.Class == "Scored" || c.Class == "Onboarding" {
			continue
		}
		scored -= c.Accounts
		arr -= cents(c.ARR)
		out = append(out, portfolio.TieStep{What: c.Class, Accounts: -c.Accounts, ARR: portfolio.Amount(float64(-cents(c.ARR)) / 100), Why: c.Why})
	}
	return append(out, portfolio.TieStep{What: "With a score", Accounts: scored, ARR: portfolio.Amount(float64(arr) / 100), Total: true, Why: "onboarding included"})
}

// RawARR adds up arr over the rows of an accounts table that is overwritten, as it
// stands there, impossible amounts included; undefined where the rows in force are
// only some of the rows.
func RawARR(meters []*Meter) portfolio.Figure {
	for _, m := range meters {
		if m.name != "accounts" || m.when != "" {
			continue
		}
		for _, c := range m.columns {
			if c.Name == "arr" && c.measured {
				return portfolio.Amount(float64(cents(c.dist[recent].sum.over(1))+cents(c.beyond.over(1))) / 100)
			}
		}
	}
	return portfolio.Figure{}
}
