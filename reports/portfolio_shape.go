package reports

import (
	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// shape shows which rows of the point tables accounts hit, and how scores and
// pillars are spread.
func (p *portfolioBook) shape() {
	r := p.r
	g := p.page(sheetShape, presentation, 18, 34, 34, 12, 13, 13, 13, 16, 13, 20)
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
	a := put(g, table[row]{name: "Point_rows", rows: p.r.Shape, cols: []col[row]{
		{head: "Pillar", as: asText, get: func(s row) value { return str(s.Pillar) }},
		{head: "Signal", as: asText, get: func(s row) value { return str(s.Signal) }},
		{head: "Row", as: asText, get: func(s row) value { return str(s.Row) }},
		{head: "Points", as: asSigned, get: func(s row) value { return num(s.Points) }},
		{head: "Accounts", as: asCount, get: func(s row) value { return count(s.Accounts) }},
		{head: "Out of known", as: asCount, help: "Accounts whose value is known: the denominator of the share.", get: func(s row) value { return count(s.Known) }},
		{head: "Share", as: asPercent, bar: true, full: 1, get: func(s row) value { return fig(s.Share) }},
		{head: "ARR" + p.money, as: asMoney, get: func(s row) value { return num(s.ARR) }},
		{head: "Share of ARR", as: asPercent, get: func(s row) value { return fig(s.ShareARR) }},
		{head: "Flag", as: asText, get: func(s row) value { return str(s.Flag) }},
	}})
	g.repeat(a.head, a.head, 0)
}
