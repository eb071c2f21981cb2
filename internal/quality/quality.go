// Package quality audits the sources: how many rows each has, how many accounts
// and how much ARR it covers, how fresh and how full it is, what was wrong with
// it, whether its values moved in a way that customers do not, and whether a
// limit or gate stops publication. It watches rows go by on their way to
// population and signal; a run never reads a source for it a second time. What it
// holds of a column is bounded by the accounts and by fixed sketches, and none of
// its figures depends on the order of rows.
//
// It mends nothing and drops nothing: what a bad value does to a number is for
// the readers of the rows to say.
package quality

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/settings"
	"accounthealth/internal/source"
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
	diag.NoRate:      "amount unknown, never added as it is",
	diag.Placeholder: "no date: it is unknown",

	diag.NoParent:     "the account stands alone",
	diag.ParentCircle: "the accounts of the circle stand alone",
}

// treatment says what the job did with rows of a finding.
func treatment(source string, code diag.Code) string {
	if source == "churn" && code == diag.Reversed {
		return "the loss counts, decided on its last day of service"
	}
	return treatments[code]
}

// Input is what an audit looks at.
type Input struct {
	AsOf     int32
	Meters   []*Meter // in the settings' order, bound to Table
	Findings *diag.Tally
	Table    *population.Table // names accounts in examples; may be nil
	View     *population.View
	Classes  []portfolio.ClassRow
	Rules    framework.Audit
	Limits   settings.Limits
	Gates    settings.Gates
	Holidays []int32
	Controls *settings.ControlTotals // may be nil
	Prior    *Prior                  // nil where nothing was published before
	Allowed  []string                // gates that may fail, by name
	Tie      portfolio.TieOut
}

// Audit fills the Data quality figures and decides the gates. Failed gates that
// are not allowed are returned as one error of class Gate for each; the figures
// are complete all the same.
func Audit(in Input) (portfolio.Quality, error) {
	q := portfolio.Quality{Prior: portfolio.NoDay, Window: in.Rules.Window, Tie: in.tieSteps(), Controls: in.controls()}
	if in.Prior != nil {
		q.Prior = in.Prior.AsOf
	}
	meters := map[string]*Meter{}
	for _, m := range in.Meters {
		meters[m.name] = m
		a := in.audit(m)
		q.Sources = append(q.Sources, a.source)
		q.Columns = append(q.Columns, a.columns...)
		q.Drift = append(q.Drift, a.drift...)
		q.Schema = append(q.Schema, a.schema...)
		q.Alerts = append(q.Alerts, a.alerts...)
		q.Gates = append(q.Gates, a.gates...)
	}
	q.Schema = append(q.Schema, in.newSources()...)
	sortDrift(q.Drift)
	for _, g := range in.Findings.Groups() {
		f := portfolio.FindingRow{
			Source: g.Source, Column: g.Column, Code: string(g.Code), Count: g.Count,
			Treatment: treatment(g.Source, g.Code),
		}
		if m := meters[g.Source]; m != nil {
			f.Share = share(g.Count, m.RowsFor(g.Code))
		} else {
			f.Share = share(g.Count, 0)
		}
		for _, e := range g.Examples {
			f.Examples = append(f.Examples, example(e))
		}
		q.Findings = append(q.Findings, f)
	}
	in.totals(&q)
	sortAlerts(q.Alerts)
	q.Gates = in.gates(q.Gates)
	return q, stop(q.Gates)
}

// audited is what is said about one source.
type audited struct {
	in      *Input
	m       *Meter
	source  portfolio.SourceRow
	columns []portfolio.ColumnRow
	drift   []portfolio.DriftRow
	schema  []portfolio.SchemaRow
	alerts  []portfolio.SourceAlert
	gates   []portfolio.GateRow
}

func (in *Input) audit(m *Meter) *audited {
	a := &audited{in: in, m: m, source: in.source(m), schema: in.schema(m)}
	for _, c := range m.columns {
		row := in.column(m, c)
		if c.measured {
			for _, d := range in.drift(m, c) {
				a.drift = append(a.drift, d)
				if !row.Drift.Defined || d.Index.Value > row.Drift.Value {
					row.Drift = d.Index
				}
			}
		}
		a.columns = append(a.columns, row)
	}
	for _, w := range m.written {
		if len(w.Canonical) == 0 {
			a.columns = append(a.columns, portfolio.ColumnRow{
				Source: m.name, Name: w.Name, File: w.Name, Type: strings.Join(w.Types, ", "),
				Rows: w.Rows, Oldest: day.None, Newest: day.None, First: day.None, Last: day.None,
			})
		}
	}
	a.judge()
	a.source.Verdict, a.source.Reason = verdict(a.alerts)
	return a
}

func share(n, of int64) portfolio.Figure {
	if of == 0 {
		return portfolio.Figure{Num: float64(n)}
	}
	return portfolio.Figure{Value: float64(n) / float64(of), Defined: true, Num: float64(n), Den: float64(of)}
}

func (in *Input) source(m *Meter) portfolio.SourceRow {
	row := portfolio.SourceRow{
		Name: m.name, Layout: m.layout.String(), Files: m.files, Rows: m.rows, NotRead: m.outside, Bytes: m.bytes,
		Oldest: m.oldest, Newest: m.newest, ColumnsMissing: m.missing,
	}
	if m.keyed && m.passed {
		row.AccountsCovered, row.CoveredShare, row.ARRCovered = in.covered(&m.accounts)
	}
	if m.newest != day.None {
		row.AgeDays = portfolio.Amount(float64(in.AsOf - m.newest))
	}
	if n, ok := in.Prior.rows(m.name); ok {
		row.PriorRows = portfolio.Amount(float64(n))
	}
	found := in.Findings
	repeated := found.Count(diag.Duplicate, m.name) + found.Count(diag.Conflict, m.name)
	read := m.RowCount()
	row.Invalid, row.Orphans, row.Duplicates = share(found.Spoilt(m.name, 0), read), share(found.Count(diag.Orphan, m.name), read), share(repeated, read)
	if m.layout == source.Snapshot && m.passed {
		// What counts is the copy in force: others are neither more rows nor more defects.
		at := m.newest
		row.Rows, row.NotRead = m.InForce(), 0
		row.Invalid, row.Orphans = share(found.Spoilt(m.name, at), row.Rows), share(found.RowsOf(diag.Orphan, m.name, at), row.Rows)
		if n := found.RowsOf(diag.Duplicate, m.name, at) + found.RowsOf(diag.Conflict, m.name, at); n > 0 || repeated == 0 {
			row.Duplicates = share(n, row.Rows)
		}
	}
	return row
}

// covered counts the paying accounts of a set, and their share of all paying
// accounts and of their ARR.
func (in *Input) covered(set *bitset) (accounts int64, ofAccounts, ofARR portfolio.Figure) {
	var all, inside, total int64
	for i, c := range in.View.Class {
		if !paying(c) {
			continue
		}
		all++
		total += cents(in.View.ARR[i])
		if set.has(i) {
			accounts++
			inside += cents(in.View.ARR[i])
		}
	}
	if total > 0 {
		ofARR = portfolio.Figure{Value: float64(inside) / float64(total), Defined: true, Num: float64(inside) / 100, Den: float64(total) / 100}
	}
	return accounts, share(accounts, all), ofARR
}

// column puts together what was measured of one contract column.
func (in *Input) column(m *Meter, c *column) portfolio.ColumnRow {
	row := portfolio.ColumnRow{
		Source: m.name, Name: c.Name, Role: c.Role.String(), Measured: c.measured,
		Oldest: c.oldest, Newest: c.newest, First: c.first, Last: c.last,
	}
	for _, w := range m.written {
		if slices.Contains(w.Canonical, c.Name) {
			row.File, row.Type = w.Name, strings.Join(w.Types, ", ")
		}
	}
	if !c.measured {
		return row
	}
	row.Rows, row.Nulls, row.Invalid, row.Later = c.rows, c.nulls, c.invalid, c.later
	row.Fill, row.InvalidShare = share(c.rows-c.nulls, c.rows), share(c.invalid, c.rows)
	row.RecentRows, row.RecentEmpty = c.recentRows, c.recentEmpty
	if m.keyed {
		row.Accounts, row.AccountsShare, row.ARRShare = in.covered(&c.accounts)
		row.RecentAccounts = m.inSpan[recent].count()
	}
	switch c.Role {
	case source.ID, source.Text:
		row.Distinct = portfolio.Amount(c.texts.count())
	case source.Number, source.Money, source.Flag:
		if !math.IsInf(c.min, 1) {
			row.Min, row.Max = portfolio.Amount(c.min), portfolio.Amount(c.max)
		}
		row.Mean, row.Deciles = c.dist[recent].mean(), c.dist[recent].deciles()
	}
	row.Bins = c.recentBins(recent)
	row.Moved = together(c.pairs, in.Rules).share
	for _, ago := range c.days.zeroDays(in.Rules, in.off, c.Later) {
		row.ZeroDays = append(row.ZeroDays, in.AsOf-int32(ago))
	}
	return row
}

// off reports whether a day before the as-of date is a holiday.
func (in *Input) off(ago int) bool { return slices.Contains(in.Holidays, in.AsOf-int32(ago)) }

// account names the account of a slot.
func (in *Input) account(slot int32) string {
	if in.Table == nil || slot < 0 || int(slot) >= in.Table.Len() {
		return ""
	}
	return in.Table.ID[slot]
}

// example writes a finding with the key of its row. Rows count from 1, the header of
// a CSV file left out.
func example(f diag.Finding) string {
	if f.File == "" { // about an account, not a row of one file
		return f.Key + ": " + f.Value
	}
	s := fmt.Sprintf("%s row %d", shortPath(f.File), f.Row+1)
	if f.Key != "" {
		s += ", " + f.Key
	}
	if f.Value != "" && f.Value != f.Key {
		s += ": " + f.Value
	}
	return s
}

// shortPath is a file's name with its partition folders.
func shortPath(p string) string {
	parts := strings.Split(p, "/")
	i := slices.IndexFunc(parts, func(s string) bool { return strings.Contains(s, "=") })
	if i < 0 {
		i = len(parts) - 1
	}
	return strings.Join(parts[i:], "/")
}
