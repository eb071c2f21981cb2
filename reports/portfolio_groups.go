package reports

import (
	"slices"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// chartedGroups is how many groups a chart shows: those that are ranked first.
const chartedGroups = 15

// owners and segments show the portfolio by who looks after it and by kind.
func (p *portfolioBook) owners() {
	p.groups(sheetOwners, "Owners", "Owner", p.r.Owners, p.r.OwnerTotal)
}

func (p *portfolioBook) segments() {
	p.groups(sheetSegments, "Segments", "Segment", p.r.Segments, p.r.SegmentTotal)
}

func (p *portfolioBook) groups(sheet, title, noun string, rows []portfolio.GroupRow, total portfolio.GroupRow) {
	type row = portfolio.GroupRow
	cols := []col[row]{
		{head: noun, as: asText, width: 26, get: func(r row) value { return str(r.Name) }},
		{head: "Rank", as: asMark, width: 7, help: "By ARR at risk. * marks fewer than " + itoa(portfolio.SmallGroup) + " scored accounts: not ranked.", get: func(r row) value {
			switch {
			case r.Small:
				return str("*")
			case r.Rank == 0:
				return value{}
			}
			return count(int64(r.Rank))
		}},
		{head: "Scored accounts", as: asCount, width: 12, get: func(r row) value { return count(r.Scored) }},
		{head: "ARR" + p.money, as: asMoney, width: 13, help: "Of all paying accounts: scored, not scored and in notice.", get: func(r row) value { return num(r.ARR) }},
		{head: "Mean score", as: asScore, width: 9, get: func(r row) value { return fig(r.Mean) }},
	}
	arr := len(cols)
	for i, b := range p.r.Bands {
		cols = append(cols, col[row]{head: b.Band + " ARR" + p.money, as: asMoney, width: 13, get: func(r row) value { return num(r.Bands[i].ARR) }})
	}
	for i, b := range p.r.Bands {
		cols = append(cols, col[row]{head: b.Band + " accounts", as: asCount, width: 12, get: func(r row) value { return count(r.Bands[i].Accounts) }})
	}
	cols = append(cols, []col[row]{
		{head: "ARR at risk" + p.money, as: asMoney, width: 13, bar: true, help: "ARR of the statuses that need intervention.", get: func(r row) value { return num(r.AtRisk.ARR) }},
		{head: "At risk, of scored ARR", as: asPercent, width: 14, get: func(r row) value { return fig(r.AtRiskShare) }},
		{head: "Decide soon" + p.money, as: asMoney, width: 13, help: "ARR whose last day to decide is within " + itoa(int(portfolio.RenewalDays)) + " days or has passed.", get: func(r row) value { return num(r.Renewing.ARR) }},
		{head: "Of it at risk" + p.money, as: asMoney, width: 13, get: func(r row) value { return num(r.RenewingAtRisk.ARR) }},
		{head: "In notice" + p.money, as: asMoney, width: 13, get: func(r row) value { return num(r.InNotice.ARR) }},
		{head: "Values missing or stale", as: asPercent, width: 11, help: "Of the collected values that apply to the scored accounts, how many have no current value.", get: func(r row) value { return fig(r.Stale) }},
	}...)
	g := p.page(sheet, presentation)
	fit(g, cols)
	g.title(title, "As of "+dayText(p.r.AsOf)+"   |   the most ARR at risk first")
	if slices.ContainsFunc(rows, func(r row) bool { return r.Small }) {
		g.footnote("* fewer than " + itoa(portfolio.SmallGroup) + " scored accounts: one account more or less would change the place, so these are not ranked.")
	}
	a := put(g, table[row]{name: sheet, rows: rows, cols: cols, total: []row{total}})
	g.gap(1)
	if n := min(rankedFirst(rows), chartedGroups); n > 1 {
		const high = 320
		shown := area{sheet: a.sheet, left: a.left, head: a.head, cols: a.cols, rows: n}
		ch := chart{
			kind: excelize.ColStacked, title: "ARR by status, the ranked first", x: noun, y: "ARR" + p.money, number: thousands,
			width: 1200, height: high, gap: 45, legend: true, alt: "ARR by status, one column a " + noun,
		}
		for i, b := range p.bands {
			ch.series = append(ch.series, series{name: shown.heading(arr + i), categories: shown.values(0), values: shown.values(arr + i), tone: b.tone.fill})
		}
		g.draw(g.left, g.row, ch)
		g.gap(chartRows(high))
	}
	g.freeze(3, a.first())
	g.repeat(a.head, a.head, 0)
	g.seal()
}

// rankedFirst counts the groups that are ranked; they stand before the others.
func rankedFirst(rows []portfolio.GroupRow) int {
	n := 0
	for n < len(rows) && !rows[n].Small {
		n++
	}
	return n
}
