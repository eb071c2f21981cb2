// Package quality audits the sources: how many rows each has, how many accounts
// and how much ARR it covers, how fresh it is, what was wrong with it, and
// whether a limit or gate stops publication. It watches rows go by on their way
// to signal and population; it never reads a source a second time.
package quality

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/settings"
)

// Treatments says what the job did with rows of each finding.
var treatments = map[diag.Code]string{
	diag.Unparsable:  "value treated as missing",
	diag.OutOfRange:  "value treated as missing; accounts that would have used it are provisional",
	diag.Duplicate:   "row left out, the first copy is used",
	diag.Conflict:    "row left out, the first row with the key is used",
	diag.Orphan:      "row left out",
	diag.FutureDate:  "row left out",
	diag.Undated:     "row left out",
	diag.MissingKey:  "row left out",
	diag.UnknownWord: "value treated as missing",
	diag.Reversed:    "row left out",
}

// invalid are the findings that count against Limits.Invalid.
var invalid = []diag.Code{diag.Unparsable, diag.OutOfRange, diag.FutureDate, diag.Undated, diag.MissingKey, diag.UnknownWord, diag.Reversed}

// Input is what an audit looks at.
type Input struct {
	AsOf     int32
	Meters   []*Meter // in the settings' order
	Findings *diag.Tally
	View     *population.View
	Limits   settings.Limits
	Gates    settings.Gates
	// PriorRows is the number of rows of each source in the last run, by name.
	PriorRows map[string]int64
	Allowed   []string // gates that may fail, by name
	Tie       portfolio.TieOut
}

// Audit fills the Data quality figures and decides the gates. A failed gate that
// is not allowed is returned as an error of class Gate that names every one; the
// figures are complete all the same.
func Audit(in Input) (portfolio.Quality, error) {
	var q portfolio.Quality
	groups := in.Findings.Groups()
	rows := map[string]int64{}
	for _, m := range in.Meters {
		rows[m.name] = m.rows
		q.Sources = append(q.Sources, in.source(m))
	}
	for _, g := range groups {
		f := portfolio.FindingRow{
			Source: g.Source, Column: g.Column, Code: string(g.Code), Count: g.Count,
			Share: share(g.Count, rows[g.Source]), Treatment: treatments[g.Code],
		}
		for _, e := range g.Examples {
			f.Examples = append(f.Examples, example(e))
		}
		q.Findings = append(q.Findings, f)
	}
	q.Gates = in.gates(q.Sources)
	return q, in.stop(q.Gates)
}

func example(f diag.Finding) string {
	s := fmt.Sprintf("%s row %d", path.Base(f.File), f.Row)
	if f.Key != "" {
		s += ", " + f.Key
	}
	if f.Value != "" {
		s += ": " + f.Value
	}
	return s
}

func share(n, of int64) portfolio.Figure {
	if of == 0 {
		return portfolio.Figure{Num: float64(n)}
	}
	return portfolio.Figure{Value: float64(n) / float64(of), Defined: true, Num: float64(n), Den: float64(of)}
}

func (in *Input) source(m *Meter) portfolio.SourceRow {
	row := portfolio.SourceRow{
		Name: m.name, Layout: m.layout.String(), Files: m.files, Rows: m.rows, Bytes: m.bytes,
		Oldest: m.oldest, Newest: m.newest, ColumnsMissing: m.missing,
	}
	var accounts, paying int64
	var covered, total float64
	for i, c := range in.View.Class {
		if !c.Scored() && c != population.InNotice {
			continue
		}
		paying++
		arr := in.View.ARR[i]
		if math.IsNaN(arr) {
			arr = 0
		}
		total += math.Round(arr * 100)
		if m.seen(i) {
			accounts++
			covered += math.Round(arr * 100)
		}
	}
	if m.keyed {
		row.AccountsCovered = accounts
		row.CoveredShare = share(accounts, paying)
		if total > 0 {
			row.ARRCovered = portfolio.Figure{Value: covered / total, Defined: true, Num: covered / 100, Den: total / 100}
		}
	}
	if m.newest != day.None {
		row.AgeDays = portfolio.Amount(float64(in.AsOf - m.newest))
	}
	if n, ok := in.PriorRows[m.name]; ok {
		row.PriorRows = portfolio.Amount(float64(n))
	}
	var bad int64
	for _, code := range invalid {
		bad += in.Findings.Count(code, m.name)
	}
	row.Invalid = share(bad, m.rows)
	row.Duplicates = share(in.Findings.Count(diag.Duplicate, m.name)+in.Findings.Count(diag.Conflict, m.name), m.rows)
	row.Orphans = share(in.Findings.Count(diag.Orphan, m.name), m.rows)
	row.Verdict, row.Reason = in.verdict(m, row)
	return row
}

// warnAt is the share of a limit from which a source is marked.
const warnAt = 0.5

func (in *Input) verdict(m *Meter, row portfolio.SourceRow) (verdict, reason string) {
	checks := []struct {
		what  string
		share portfolio.Figure
		limit float64
		codes []diag.Code
	}{
		{"invalid", row.Invalid, in.Limits.Invalid, invalid},
		{"duplicates", row.Duplicates, in.Limits.Duplicates, []diag.Code{diag.Duplicate, diag.Conflict}},
		{"orphans", row.Orphans, in.Limits.Orphans, []diag.Code{diag.Orphan}},
	}
	verdict = "pass"
	for _, c := range checks {
		text := fmt.Sprintf("%.2f%% of rows are %s (limit %.2f%%)", c.share.Value*100, c.what, c.limit*100)
		switch {
		case c.share.Value > c.limit:
			return "fail", text + in.mostly(m.name, c.codes)
		case c.share.Value > c.limit*warnAt && verdict == "pass":
			verdict, reason = "warn", text
		}
	}
	switch {
	case m.rows == 0:
		return "warn", "the source is mapped but has no rows"
	case in.stale(m) && verdict == "pass":
		return "warn", fmt.Sprintf("newest row is %d days old", in.AsOf-m.newest)
	}
	return verdict, reason
}

// mostly names the largest group of findings behind a share, with an example.
func (in *Input) mostly(name string, codes []diag.Code) string {
	var most diag.Group
	for _, g := range in.Findings.Groups() {
		if g.Source == name && slices.Contains(codes, g.Code) && g.Count > most.Count {
			most = g
		}
	}
	if most.Count == 0 {
		return ""
	}
	text := fmt.Sprintf(", mostly %s", strings.ReplaceAll(string(most.Code), "_", " "))
	if most.Column != "" {
		text += " in " + most.Column
	}
	if len(most.Examples) > 0 {
		text += " (" + example(most.Examples[0]) + ")"
	}
	return text
}

// stale reports whether an event source's newest row is older than the gate.
// Sources in which nothing need happen for days are not expected to be fresh.
func (in *Input) stale(m *Meter) bool {
	return m.fresh && m.newest != day.None && float64(in.AsOf-m.newest)+1 > in.Gates.FreshnessDays+0.5
}

// The gates, by the name that --allow takes.
const (
	GateLimits = "limits"
	GateRows   = "rows"
	GateFresh  = "freshness"
	GateTieOut = "tie-out"
)

// GateNames lists every gate.
func GateNames() []string { return []string{GateLimits, GateRows, GateFresh, GateTieOut} }

func (in *Input) gates(sources []portfolio.SourceRow) []portfolio.GateRow {
	var out []portfolio.GateRow
	add := func(gate, figure, threshold string, passed bool) {
		out = append(out, portfolio.GateRow{Gate: gate, Figure: figure, Threshold: threshold, Passed: passed, Allowed: slices.Contains(in.Allowed, gate)})
	}
	for i, s := range sources {
		if s.Verdict == "fail" {
			add(GateLimits, s.Name+": "+s.Reason, "limits in health.yaml", false)
		}
		if s.PriorRows.Defined {
			ratio := 1.0
			if s.PriorRows.Value > 0 {
				ratio = float64(s.Rows) / s.PriorRows.Value
			}
			if ratio < in.Gates.RowsShare {
				add(GateRows, fmt.Sprintf("%s: %d rows, %.0f%% of the last run's", s.Name, s.Rows, ratio*100),
					fmt.Sprintf("at least %.0f%%", in.Gates.RowsShare*100), false)
			}
		}
		if in.stale(in.Meters[i]) {
			add(GateFresh, fmt.Sprintf("%s: newest row %s", s.Name, day.Format(s.Newest)),
				fmt.Sprintf("at most %g days before the end of the as-of date", in.Gates.FreshnessDays), false)
		}
	}
	for _, name := range []string{GateLimits, GateRows, GateFresh} {
		if !slices.ContainsFunc(out, func(g portfolio.GateRow) bool { return g.Gate == name }) {
			add(name, "every source", "as set", true)
		}
	}
	tied := in.Tie.DifferenceAccounts == 0 && in.Tie.DifferenceARR == 0
	add(GateTieOut, fmt.Sprintf("difference %d accounts, %.2f ARR", in.Tie.DifferenceAccounts, in.Tie.DifferenceARR), "0", tied)
	slices.SortStableFunc(out, func(a, b portfolio.GateRow) int { return cmp.Compare(a.Gate, b.Gate) })
	return out
}

func (in *Input) stop(gates []portfolio.GateRow) error {
	for _, g := range gates {
		if !g.Passed && !g.Allowed {
			return diag.Errorf(diag.Gate, "gate "+g.Gate, fmt.Sprintf("mend the export, or publish all the same with --allow %s", g.Gate),
				"%s; required: %s", g.Figure, g.Threshold)
		}
	}
	return nil
}
