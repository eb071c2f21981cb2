package reports

import (
	"strings"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// shape shows which rows of the point tables accounts hit, and how scores and
// pillars are spread.
func (p *portfolioBook) shape() {
	r := p.r
	g := p.page(sheetShape, presentation, 18, 26, 28, 12, 13, 13, 13, 16, 13, 20)
	g.title("Shape of the score", "As of "+dayText(r.AsOf)+"   |   needs no churn data: read this first when the framework is new")
	if len(r.Scores) > 0 {
		p.scoreHistogram(g)
	}
	if len(r.Pillars) > 0 {
		type pillar = portfolio.PillarShape
		g.section("Pillars", "Distribution of each pillar over scored accounts, 0 to 100. P10 and P90: one account in ten lies below, one in ten above.")
		put(g, table[pillar]{name: "Pillars", bare: true, rows: r.Pillars, cols: []col[pillar]{
			{head: "Pillar", as: asText, get: func(s pillar) value { return str(s.Name) }},
			{head: "Accounts", as: asCount, get: func(s pillar) value { return count(s.Accounts) }},
			{head: "Mean", as: asScore, get: func(s pillar) value { return num(s.Mean) }},
			{head: "Lowest", as: asScore, get: func(s pillar) value { return num(s.Min) }},
			{head: "P10", as: asScore, get: func(s pillar) value { return num(s.P10) }},
			{head: "Median", as: asScore, get: func(s pillar) value { return num(s.P50) }},
			{head: "P90", as: asScore, get: func(s pillar) value { return num(s.P90) }},
			{head: "Highest", as: asScore, get: func(s pillar) value { return num(s.Max) }},
			{head: "Coverage", as: asPercent, help: "Mean share of the pillar's points that could be judged from known values.", get: func(s pillar) value { return num(s.Coverage) }},
		}})
		g.gap(1)
	}
	if len(r.Quality.States) > 0 {
		p.states(g)
	}
	if len(r.Shape) > 0 {
		p.ladders(g)
	}
	g.freeze(3, 4)
	g.seal()
}

func (p *portfolioBook) scoreHistogram(g *page) {
	type bin = portfolio.HistogramBin
	g.section("Scores", "")
	top := g.row
	rows := make([]bin, 0, len(p.r.Scores))
	rows = append(rows, p.r.Scores...)
	last := rows[len(rows)-1]
	a := put(g, table[bin]{name: "Scores", bare: true, rows: rows, cols: []col[bin]{
		{head: "Score", as: asMark, get: func(b bin) value {
			if b == last {
				return str(grouped(b.Lo) + " to " + grouped(b.Hi))
			}
			return str(grouped(b.Lo) + " to <" + grouped(b.Hi))
		}},
		{head: "Accounts", as: asCount, get: func(b bin) value { return count(b.Accounts) }},
		{head: "ARR" + p.money, as: asMoney, get: func(b bin) value { return num(b.ARR) }},
	}})
	const high = 270
	g.draw(g.left+4, top, chart{
		kind: excelize.Col, title: "Accounts by score", x: "Score", y: "Accounts", number: "#,##0",
		width: 640, height: high, gap: 25,
		series: []series{{name: a.heading(1), categories: a.values(0), values: a.values(1), tone: accent}},
		alt:    "Number of accounts per ten points of score",
	})
	g.row = max(g.row, top+chartRows(high)) + 1
}

func (p *portfolioBook) states(g *page) {
	type state = portfolio.StateRow
	g.section("What is known about each signal", "Scored accounts by the state of the signal's value. Not collected: no source is mapped, so the signal does not exist for this portfolio.")
	put(g, table[state]{name: "Signal_states", rows: p.r.Quality.States, cols: []col[state]{
		{head: "Pillar", as: asText, get: func(s state) value { return str(s.Pillar) }},
		{head: "Signal", as: asText, get: func(s state) value { return str(s.Signal) }},
		{head: "Collected", as: asText, get: func(s state) value {
			if s.Collected {
				return str("yes")
			}
			return str("not collected")
		}},
		{head: "Known", as: asCount, get: func(s state) value { return count(s.Known) }},
		{head: "Missing", as: asCount, get: func(s state) value { return count(s.Missing) }},
		{head: "Stale", as: asCount, help: "Older than the signal's maximum age; treated as missing.", get: func(s state) value { return count(s.Stale) }},
		{head: "Invalid", as: asCount, help: "Impossible or unreadable; treated as missing.", get: func(s state) value { return count(s.Invalid) }},
		{head: "Not applicable", as: asCount, get: func(s state) value { return count(s.NotApplicable) }},
		{head: "Not datable", as: asCount, help: "Known today, but not when it became so; left out of rebuilt snapshots.", get: func(s state) value { return count(s.NotDatable) }},
	}})
	g.gap(1)
}

func (p *portfolioBook) ladders(g *page) {
	type row = portfolio.ShapeRow
	g.section("Rows of the point tables", "A row that nearly everybody hits, or nearly nobody, does not tell accounts apart; it is flagged.")
	put(g, table[row]{name: "Point_rows", rows: p.r.Shape, cols: []col[row]{
		{head: "Pillar", as: asText, get: func(s row) value { return str(s.Pillar) }},
		{head: "Signal", as: asText, get: func(s row) value { return str(s.Signal) }},
		{head: "Row", as: asText, get: func(s row) value { return str(s.Row) }},
		{head: "Points", as: asSigned, get: func(s row) value { return num(s.Points) }},
		{head: "Accounts", as: asCount, get: func(s row) value { return count(s.Accounts) }},
		{head: "Out of known", as: asCount, help: "Accounts whose value is known: the denominator of the share.", get: func(s row) value { return count(s.Known) }},
		{head: "Share", as: asPercent, bar: true, get: func(s row) value { return fig(s.Share) }},
		{head: "ARR" + p.money, as: asMoney, get: func(s row) value { return num(s.ARR) }},
		{head: "Share of ARR", as: asPercent, get: func(s row) value { return fig(s.ShareARR) }},
		{head: "Flag", as: asText, get: func(s row) value { return str(s.Flag) }},
	}})
}

// quality shows that nothing was lost, and how far each source can be trusted.
func (p *portfolioBook) quality() {
	q := p.r.Quality
	g := p.page(sheetQuality, presentation, 22, 17, 15, 15, 15, 40, 34, 12, 12, 12, 13, 13, 9, 10, 12, 12, 9)
	g.title("Data quality", "As of "+dayText(p.r.AsOf)+"   |   what came in, what was left out, and that the totals agree")
	p.tieOut(g)
	if len(q.Gates) > 0 {
		type gate = portfolio.GateRow
		yes := func(b bool, word string) value {
			if b {
				return str(word)
			}
			return value{}
		}
		g.section("Gates", "A failed gate stops publication unless somebody allowed it.")
		put(g, table[gate]{name: "Gates", bare: true, rows: q.Gates, cols: []col[gate]{
			{head: "Gate", as: asWrap, get: func(x gate) value { return str(x.Gate) }},
			{head: "Figure", as: asWrap, get: func(x gate) value { return str(x.Figure) }},
			{head: "Threshold", as: asWrap, get: func(x gate) value { return str(x.Threshold) }},
			{head: "Result", as: asMark, get: func(x gate) value {
				if x.Passed {
					return str("passed")
				}
				return str("failed")
			}},
			{head: "Allowed", as: asMark, get: func(x gate) value { return yes(x.Allowed, "allowed") }},
		}})
		g.gap(1)
	}
	if len(q.Sources) > 0 {
		p.sources(g)
	}
	if len(q.Exclusions) > 0 {
		g.section("Left out of the score", "")
		put(g, table[portfolio.ClassRow]{name: "Exclusions", bare: true, rows: q.Exclusions, cols: p.classColumns()})
		g.gap(1)
	}
	if len(q.Findings) > 0 {
		type finding = portfolio.FindingRow
		g.section("Findings in rows", "Rows that could not be used as they are. None is dropped silently.")
		put(g, table[finding]{name: "Findings", rows: q.Findings, cols: []col[finding]{
			{head: "Source", as: asText, get: func(f finding) value { return str(f.Source) }},
			{head: "Column", as: asText, get: func(f finding) value { return str(f.Column) }},
			{head: "Finding", as: asText, get: func(f finding) value { return str(strings.ReplaceAll(f.Code, "_", " ")) }},
			{head: "Rows", as: asCount, get: func(f finding) value { return count(f.Count) }},
			{head: "Share of rows", as: asPercent, get: func(f finding) value { return fig(f.Share) }},
			{head: "What was done", as: asWrap, get: func(f finding) value { return str(f.Treatment) }},
			{head: "For example", as: asWrap, get: func(f finding) value { return str(strings.Join(f.Examples, "\n")) }},
		}})
	}
	g.freeze(3, 4)
	g.seal()
}

// tieOut shows that the export and the report hold the same accounts and ARR.
func (p *portfolioBook) tieOut(g *page) {
	t := p.r.Tie
	type line struct {
		what                   string
		source, reported, diff value
	}
	g.section("Tie-out with the accounts export", "The export has "+grouped(float64(t.SourceRows))+" rows, "+
		grouped(float64(t.Duplicates))+" of them repeat an account and "+grouped(float64(t.MissingKey))+" have no account id.")
	a := put(g, table[line]{
		name: "Tie_out", bare: true,
		rows: []line{
			{"Accounts", count(t.Accounts).in(asCount), count(t.Reported).in(asCount), count(t.DifferenceAccounts).in(asCount)},
			{"ARR" + p.money, num(t.SourceARR), num(t.ReportedARR), num(t.DifferenceARR)},
		},
		cols: []col[line]{
			{head: "What", as: asText, get: func(l line) value { return str(l.what) }},
			{head: "In the export", as: asCents, get: func(l line) value { return l.source }},
			{head: "In this report", as: asCents, get: func(l line) value { return l.reported }},
			{head: "Difference", as: asCents, get: func(l line) value { return l.diff }},
		},
	})
	p.define("Tie_out_accounts", absRef(a.sheet, a.left+3, a.first()))
	p.define("Tie_out_ARR", absRef(a.sheet, a.left+3, a.first()+1))
	g.gap(1)
}

func (p *portfolioBook) sources(g *page) {
	type source = portfolio.SourceRow
	g.section("Sources", "")
	put(g, table[source]{name: "Sources", rows: p.r.Quality.Sources, cols: []col[source]{
		{head: "Source", as: asText, get: func(s source) value { return str(s.Name) }},
		{head: "Layout", as: asText, help: "events: a row happened once; snapshot: a full copy per date; scd: rows with valid-from and valid-to; current: one table that is overwritten.", get: func(s source) value { return str(s.Layout) }},
		{head: "Verdict", as: asMark, get: func(s source) value { return str(s.Verdict) }},
		{head: "Rows", as: asCount, get: func(s source) value { return count(s.Rows) }},
		{head: "Rows, last run", as: asCount, get: func(s source) value { return fig(s.PriorRows) }},
		{head: "Why", as: asWrap, get: func(s source) value { return str(s.Reason) }},
		{head: "Columns it does not have", as: asWrap, get: func(s source) value { return str(strings.Join(s.ColumnsMissing, ", ")) }},
		{head: "Accounts covered", as: asCount, get: func(s source) value { return count(s.AccountsCovered) }},
		{head: "Share of accounts", as: asPercent, get: func(s source) value { return fig(s.CoveredShare) }},
		{head: "Share of ARR", as: asPercent, get: func(s source) value { return fig(s.ARRCovered) }},
		{head: "Oldest row", as: asDate, get: func(s source) value { return day(s.Oldest) }},
		{head: "Newest row", as: asDate, get: func(s source) value { return day(s.Newest) }},
		{head: "Age, days", as: asCount, help: "From the newest row to the as-of date.", get: func(s source) value { return fig(s.AgeDays) }},
		{head: "Invalid rows", as: asPercent, get: func(s source) value { return fig(s.Invalid) }},
		{head: "Repeated rows", as: asPercent, get: func(s source) value { return fig(s.Duplicates) }},
		{head: "Unknown account", as: asPercent, help: "Rows whose account is not in the accounts export.", get: func(s source) value { return fig(s.Orphans) }},
		{head: "Files", as: asCount, get: func(s source) value { return count(s.Files) }},
	}})
	g.gap(1)
}
