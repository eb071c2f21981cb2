package reports

import (
	"strings"

	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
)

// quality shows that nothing was lost, and how far each source can be trusted.
// All its tables share one grid: names and verdicts in the first columns, prose
// in the fifth and sixth, figures behind them.
func (p *portfolioBook) quality() {
	q := p.r.Quality
	g := p.page(sheetQuality, presentation, 22, 21, 18, 18, 40, 46, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 9)
	against := "no earlier run to compare with"
	if q.Prior != portfolio.NoDay {
		against = "compared with the run of " + dayText(q.Prior)
	}
	g.title("Data quality", "As of "+dayText(p.r.AsOf)+"   |   "+against+"   |   what came in, what was left out, and that the totals agree")
	p.alerts(g)
	p.gates(g)
	p.tieOut(g)
	p.controls(g)
	if len(q.Sources) > 0 {
		p.sources(g)
	}
	p.columns(g)
	p.drift(g)
	p.schema(g)
	if len(q.Exclusions) > 0 {
		g.section("Left out of the score", "")
		put(g, table[portfolio.ClassRow]{name: "Exclusions", bare: true, rows: q.Exclusions, cols: p.classColumns(1)})
		g.gap(1)
	}
	p.findings(g)
	g.storage()
	g.freeze(3, 4)
	g.seal()
}

// serious marks rows in bold.
func serious(verdict string) bool { return verdict == portfolio.Fail }

func (p *portfolioBook) alerts(g *page) {
	type alert = portfolio.SourceAlert
	rows := p.r.Quality.Alerts
	if len(rows) == 0 {
		return
	}
	g.section("What stands out", "Most severe first. One cause is one line, in however many columns it shows.")
	put(g, table[alert]{name: "Source_findings", rows: rows, emph: func(a alert) bool { return serious(a.Severity) }, cols: []col[alert]{
		{head: "Source", as: asText, get: func(a alert) value {
			if a.Source == "" {
				return str("(all sources)")
			}
			return str(a.Source)
		}},
		{head: "Check", as: asText, get: func(a alert) value { return str(a.Check) }},
		{head: "Severity", as: asMark, help: "fail: do not rely on it; warn: look at it; info: nothing to do.", get: func(a alert) value { return str(a.Severity) }},
		{head: "Columns", as: asCount, get: func(a alert) value { return countOf(len(a.Columns)) }},
		{head: "What was found", as: asWrap, get: func(a alert) value { return str(a.Text) }},
		{head: "For example", as: asWrap, get: func(a alert) value { return str(strings.Join(a.Examples, "\n")) }},
	}})
	g.gap(1)
}

// countOf is a count whose 0 is left blank.
func countOf(n int) value {
	if n == 0 {
		return value{}
	}
	return count(int64(n))
}

func (p *portfolioBook) gates(g *page) {
	type gate = portfolio.GateRow
	rows := p.r.Quality.Gates
	if len(rows) == 0 {
		return
	}
	word := func(b bool, yes, no string) value {
		if b {
			return str(yes)
		}
		return str(no)
	}
	g.section("Gates", "A failed gate stops publication unless somebody allowed it.")
	put(g, table[gate]{name: "Gates", bare: true, rows: rows, emph: func(x gate) bool { return !x.Passed }, cols: []col[gate]{
		{head: "Gate", as: asWrap, get: func(x gate) value { return str(x.Gate) }},
		{head: "Result", as: asMark, get: func(x gate) value { return word(x.Passed, "passed", "failed") }},
		{head: "Allowed", as: asMark, get: func(x gate) value { return word(x.Allowed, "allowed", "") }},
		{head: "Stops the run", as: asMark, get: func(x gate) value { return word(!x.Passed && !x.Allowed, "yes", "no") }},
		{head: "Figure", as: asWrap, get: func(x gate) value { return str(x.Figure) }},
		{head: "Threshold", as: asWrap, get: func(x gate) value { return str(x.Threshold) }},
	}})
	g.gap(1)
}

// tieOut shows that the export and the report hold the same accounts and ARR,
// and the steps from one to the score.
func (p *portfolioBook) tieOut(g *page) {
	t := p.r.Tie
	type line struct {
		what                              string
		source, explained, reported, diff value
	}
	g.section("Tie-out with the accounts export", "The export has "+grouped(float64(t.SourceRows))+" rows, "+
		grouped(float64(t.Duplicates))+" of them repeat an account and "+grouped(float64(t.MissingKey))+" have no account id.")
	a := put(g, table[line]{
		name: "Tie_out", bare: true,
		rows: []line{
			{"Accounts", count(t.SourceRows).in(asCount), count(t.ExplainedAccounts).in(asCount), count(t.Reported).in(asCount), count(t.DifferenceAccounts).in(asCount)},
			{"ARR" + p.money, num(t.SourceARR), num(t.ExplainedARR), num(t.ReportedARR), num(t.DifferenceARR)},
		},
		cols: []col[line]{
			{head: "What", as: asText, get: func(l line) value { return str(l.what) }},
			{head: "In the export", as: asCents, get: func(l line) value { return l.source }},
			{head: "Explained below", as: asCents, get: func(l line) value { return l.explained }},
			{head: "In this report", as: asCents, get: func(l line) value { return l.reported }},
			{head: "Difference", as: asCents, get: func(l line) value { return l.diff }},
		},
	})
	p.define("Tie_out_accounts", absRef(a.sheet, a.left+4, a.first()))
	p.define("Tie_out_ARR", absRef(a.sheet, a.left+4, a.first()+1))
	g.gap(1)
	type step = portfolio.TieStep
	steps := p.r.Quality.Tie
	if len(steps) == 0 {
		return
	}
	g.section("From the export to the score", "")
	put(g, table[step]{name: "Tie_out_steps", bare: true, rows: steps, emph: func(s step) bool { return s.Total }, cols: []col[step]{
		{head: "Step", as: asWrap, get: func(s step) value { return str(s.What) }},
		{head: "Accounts", as: asCount, get: func(s step) value { return count(s.Accounts) }},
		{head: "ARR" + p.money, as: asCents, get: func(s step) value { return fig(s.ARR) }},
		{head: "Why", as: asText, spill: 1, get: func(s step) value { return str(s.Why) }},
	}})
	g.gap(1)
}

func (p *portfolioBook) controls(g *page) {
	type control = portfolio.ControlRow
	rows := p.r.Quality.Controls
	if len(rows) == 0 {
		return
	}
	as := func(c control, v float64) value {
		if c.Unit == portfolio.Count {
			return num(v).in(asCount)
		}
		return num(v)
	}
	g.section("Control totals", "Finance's own figures for paying accounts, from the settings.")
	put(g, table[control]{name: "Control_totals", bare: true, rows: rows, emph: func(c control) bool { return !c.Passed }, cols: []col[control]{
		{head: "Total", as: asWrap, get: func(c control) value {
			if c.Unit == portfolio.Count {
				return str(c.What + ": accounts")
			}
			return str(c.What + ": ARR" + p.money)
		}},
		{head: "Finance", as: asCents, get: func(c control) value { return as(c, c.Stated) }},
		{head: "In this report", as: asCents, get: func(c control) value { return as(c, c.Found) }},
		{head: "Difference", as: asCents, get: func(c control) value { return as(c, c.Difference) }},
		{head: "Verdict", as: asWrap, get: func(c control) value {
			switch {
			case c.Passed && c.Difference == 0:
				return str("agrees")
			case c.Passed:
				return str("agrees within the tolerance of " + grouped(c.Tolerance))
			}
			return str("differs by more than the tolerance of " + grouped(c.Tolerance))
		}},
	}})
	g.gap(1)
}

func (p *portfolioBook) sources(g *page) {
	type source = portfolio.SourceRow
	g.section("Sources", "Accounts and ARR are those of paying customers, in notice included.")
	put(g, table[source]{name: "Sources", rows: p.r.Quality.Sources, emph: func(s source) bool { return serious(s.Verdict) }, cols: []col[source]{
		{head: "Source", as: asText, get: func(s source) value { return str(s.Name) }},
		{head: "Layout", as: asText, help: "events: a row happened once; snapshot: a full copy per date; scd: rows with valid-from and valid-to; current: one table that is overwritten.", get: func(s source) value { return str(s.Layout) }},
		{head: "Verdict", as: asMark, get: func(s source) value { return str(s.Verdict) }},
		{head: "Rows", as: asCount, get: func(s source) value { return count(s.Rows) }},
		{head: "Not read", as: asCount, help: "Those of the rows that no date of this run can use: their files' footers say that they are dated after the as-of date. They are counted, not read; shares are of the rows that were.", get: func(s source) value { return count(s.NotRead) }},
		{head: "Why", as: asWrap, get: func(s source) value { return str(s.Reason) }},
		{head: "Columns it does not have", as: asWrap, get: func(s source) value { return str(strings.Join(s.ColumnsMissing, ", ")) }},
		{head: "Rows, last run", as: asCount, get: func(s source) value { return fig(s.PriorRows) }},
		{head: "Accounts", as: asCount, help: "Paying accounts with a row; blank where a run had no reason to read the source.", get: func(s source) value {
			if !s.CoveredShare.Defined {
				return value{}
			}
			return count(s.AccountsCovered)
		}},
		{head: "Of accounts", as: asPercent, get: func(s source) value { return fig(s.CoveredShare) }},
		{head: "Of ARR", as: asPercent, get: func(s source) value { return fig(s.ARRCovered) }},
		{head: "Oldest row", as: asDate, get: func(s source) value { return day(s.Oldest) }},
		{head: "Newest row", as: asDate, get: func(s source) value { return day(s.Newest) }},
		{head: "Age, days", as: asCount, help: "From the newest row to the as-of date.", get: func(s source) value { return fig(s.AgeDays) }},
		{head: "Invalid", as: asPercent, get: func(s source) value { return fig(s.Invalid) }},
		{head: "Repeats", as: asPercent, get: func(s source) value { return fig(s.Duplicates) }},
		{head: "Orphans", as: asPercent, help: "Rows whose account is not in the accounts export.", get: func(s source) value { return fig(s.Orphans) }},
		{head: "Files", as: asCount, get: func(s source) value { return count(s.Files) }},
	}})
	g.gap(1)
}

func (p *portfolioBook) columns(g *page) {
	type column = portfolio.ColumnRow
	rows := p.r.Quality.Columns
	if len(rows) == 0 {
		return
	}
	recent := "the last " + itoa(p.r.Quality.Window) + " days"
	role := func(c column) value {
		switch {
		case c.Role == "":
			return str("not mapped")
		case !c.Measured:
			return str(c.Role + ", not read")
		}
		return str(c.Role)
	}
	rowsOf := func(c column) value {
		if !c.Measured {
			return value{}
		}
		return count(c.Rows)
	}
	amount := func(f portfolio.Figure) value {
		if v := fig(f); v.num < 1000 && v.num > -1000 {
			return v
		}
		return fig(f).in(asCount)
	}
	least := func(f portfolio.Figure, d int32) value {
		if v := day(d); v.kind != blank {
			return v.in(asDate)
		}
		return amount(f)
	}
	g.section("Columns", "What the files hold, column by column. A run measures the columns that the framework reads; the command audit-sources measures all. Recent figures are about "+recent+"; flags count as 0 and 1.")
	put(g, table[column]{name: "Source_columns", rows: rows, cols: []col[column]{
		{head: "Source", as: asText, get: func(c column) value { return str(c.Source) }},
		{head: "Column", as: asText, get: func(c column) value { return str(c.Name) }},
		{head: "Role", as: asText, get: role},
		{head: "Rows", as: asCount, get: rowsOf},
		{head: "Written as", as: asWrap, get: func(c column) value { return str(c.Type) }},
		{head: "Name in the files", as: asText, get: func(c column) value { return str(c.File) }},
		{head: "Fill", as: asPercent, help: "Share of rows with a value.", get: func(c column) value { return fig(c.Fill) }},
		{head: "Invalid", as: asPercent, help: "Share of rows whose value cannot be read or is impossible. Dates after the as-of date are not among them: they are not known yet, and counted below, among the findings in rows.", get: func(c column) value { return fig(c.InvalidShare) }},
		{head: "Of accounts", as: asPercent, help: "Share of paying accounts with a usable value.", get: func(c column) value { return fig(c.AccountsShare) }},
		{head: "Of ARR", as: asPercent, get: func(c column) value { return fig(c.ARRShare) }},
		{head: "Newest row", as: asDate, get: func(c column) value { return day(c.Newest) }},
		{head: "Texts", as: asCount, help: "Different texts; beyond 1,024 an estimate to about 2%.", get: func(c column) value { return fig(c.Distinct) }},
		{head: "Least", as: asScore, get: func(c column) value { return least(c.Min, c.First) }},
		{head: "Most", as: asScore, get: func(c column) value { return least(c.Max, c.Last) }},
		{head: "Recent mean", as: asScore, get: func(c column) value { return amount(c.Mean) }},
		{head: "Drift", as: asDecimal, help: "Population stability index of the recent values, the largest of the comparisons made. Up to 0.1 is little, over 0.25 is much.", get: func(c column) value { return fig(c.Drift) }},
		{head: "Moved together", as: asPercent, help: "Share of accounts whose recent mean rose, or fell, by more than the framework's limit (15% by default) against the window before.", get: func(c column) value { return fig(c.Moved) }},
		{head: "Zero days", as: asCount, help: "Recent days on which nearly every row is 0 or empty, although such weekdays usually are not.", get: func(c column) value { return countOf(len(c.ZeroDays)) }},
	}})
	g.gap(1)
}

func (p *portfolioBook) drift(g *page) {
	type drift = portfolio.DriftRow
	rows := p.r.Quality.Drift
	if len(rows) == 0 {
		return
	}
	g.section("Drift", "How the recent values are spread, against the last run and against the window before. An index within the noise says nothing: so few accounts differ that much by chance. Columns of too few accounts to tell are left out.")
	put(g, table[drift]{name: "Drift", rows: rows, emph: func(d drift) bool { return serious(d.Verdict) }, cols: []col[drift]{
		{head: "Source", as: asText, get: func(d drift) value { return str(d.Source) }},
		{head: "Column", as: asText, get: func(d drift) value { return str(d.Column) }},
		{head: "Verdict", as: asMark, get: func(d drift) value { return str(d.Verdict) }},
		{head: "Index", as: asDecimal, help: "Population stability index.", get: func(d drift) value { return fig(d.Index) }},
		{head: "Largest change", as: asWrap, get: func(d drift) value { return str(d.Largest) }},
		{head: "Against", as: asText, get: func(d drift) value { return str(d.Against) }},
		{head: "Noise", as: asDecimal, help: "The index exceeds this by chance in one comparison of twenty.", get: func(d drift) value { return fig(d.Noise) }},
		{head: "Rows", as: asCount, get: func(d drift) value { return count(d.Rows) }},
		{head: "Rows before", as: asCount, get: func(d drift) value { return count(d.Before) }},
	}})
	g.gap(1)
}

func (p *portfolioBook) schema(g *page) {
	type change = portfolio.SchemaRow
	rows := p.r.Quality.Schema
	if len(rows) == 0 {
		return
	}
	g.section("Changes of the files' columns", "Since the last run.")
	put(g, table[change]{name: "Schema_changes", bare: true, rows: rows, emph: func(s change) bool { return serious(s.Verdict) }, cols: []col[change]{
		{head: "Source", as: asText, get: func(s change) value { return str(s.Source) }},
		{head: "Column", as: asText, get: func(s change) value {
			if s.Column == "" {
				return str("(the whole source)")
			}
			return str(s.Column)
		}},
		{head: "Change", as: asText, get: func(s change) value { return str(s.Change) }},
		{head: "Severity", as: asMark, get: func(s change) value { return str(s.Verdict) }},
		{head: "Before", as: asWrap, get: func(s change) value { return str(s.Before) }},
		{head: "Now", as: asWrap, get: func(s change) value { return str(s.Now) }},
	}})
	g.gap(1)
}

func (p *portfolioBook) findings(g *page) {
	type finding = portfolio.FindingRow
	rows := p.r.Quality.Findings
	if len(rows) == 0 {
		return
	}
	g.section("Findings in rows", "Rows that could not be used as they are. None is dropped silently.")
	put(g, table[finding]{name: "Findings", rows: rows, cols: []col[finding]{
		{head: "Source", as: asText, get: func(f finding) value { return str(f.Source) }},
		{head: "Column", as: asText, get: func(f finding) value { return str(f.Column) }},
		{head: "Finding", as: asText, get: func(f finding) value { return str(diag.Code(f.Code).Words()) }},
		{head: "Rows", as: asCount, get: func(f finding) value { return count(f.Count) }},
		{head: "What was done", as: asWrap, get: func(f finding) value { return str(f.Treatment) }},
		{head: "For example", as: asWrap, get: func(f finding) value { return str(strings.Join(f.Examples[:min(len(f.Examples), 3)], "\n")) }},
		{head: "Share of rows", as: asPercent, get: func(f finding) value { return fig(f.Share) }},
	}})
}
