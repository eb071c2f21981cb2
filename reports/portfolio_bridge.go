package reports

import (
	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// bridgeSheet leads from the ARR of an earlier day to today's, step by step.
func (p *portfolioBook) bridgeSheet() {
	r := p.r
	g := p.page(sheetBridge, presentation, 28, 12, 26, 16, 16, 84)
	g.title("ARR bridge", "To "+dayText(r.AsOf)+"   |   amounts at today's exchange rates, but for the opening ARR   |   closing ARR equals the tie-out on "+sheetQuality)
	type step = portfolio.BridgeStep
	for i, b := range r.Bridges {
		n := itoa(i + 1)
		g.section(b.Name+": "+dayText(b.From)+" to "+dayText(b.To), "")
		a := put(g, table[step]{name: "ARR_bridge_" + n, bare: true, rows: b.Steps, emph: func(s step) bool { return s.Total }, cols: []col[step]{
			{head: "Step", as: asText, get: func(s step) value { return str(s.Name) }},
			{head: "Accounts", as: asCount, get: func(s step) value { return count(s.Accounts) }},
			{head: "ARR" + p.money, as: asSignedUSD, get: func(s step) value {
				if s.Total {
					return num(s.ARR).in(asMoney)
				}
				return num(s.ARR)
			}},
			{head: "Adds", as: asMoney, get: func(s step) value { return fig(s.Adds) }},
			{head: "Takes", as: asMoney, get: func(s step) value { return fig(s.Takes) }},
			{head: "What it counts", as: asWrap, get: func(s step) value { return str(s.Why) }},
		}})
		g.gap(1)
		put(g, table[retentionRow]{name: "Retention_" + n, bare: true, rows: retentionRows(b), cols: []col[retentionRow]{
			{head: "Retention", as: asText, get: func(x retentionRow) value { return str(x.name) }},
			{head: "Rate", as: asPercent, get: func(x retentionRow) value { return fig(x.rate) }},
			{head: "Part of whole", as: asMark, get: func(x retentionRow) value { return str(ofText(x.rate)) }},
			{head: "Counted so", as: asText, spill: 2, get: func(x retentionRow) value { return str(x.why) }},
		}})
		g.gap(1)
		const high = 280
		moved := area{sheet: a.sheet, left: a.left, head: a.head + 1, cols: a.cols, rows: a.rows - 2} // without the totals
		g.draw(g.left, g.row, chart{
			kind: excelize.ColStacked, title: "What moved ARR", x: "Step", y: "ARR" + p.money, number: signedThousands, low: true,
			width: 1040, height: high, gap: 40, alt: "What added to ARR and what took from it, one bar a step", legend: true,
			series: []series{
				{name: a.heading(3), categories: moved.values(0), values: moved.values(3), tone: rising},
				{name: a.heading(4), categories: moved.values(0), values: moved.values(4), tone: falling},
			},
		})
		g.gap(chartRows(high))
		if i < len(r.Bridges)-1 {
			g.newPage()
		}
	}
	g.freeze(1, 4)
	g.seal()
}

// retentionRow is one retention rate of a bridge.
type retentionRow struct {
	name, why string
	rate      portfolio.Figure
}

func retentionRows(b *portfolio.Bridge) []retentionRow {
	return []retentionRow{
		{"Accounts kept", "accounts that still pay something, of those whose ARR is known on both days", b.Logo},
		{"Gross retention (GRR)", "opening ARR less contraction and churn, out of the opening ARR: expansion is left out", b.GRR},
		{"Net retention (NRR)", "the same with expansion: what the opening accounts pay now, out of what they paid then", b.NRR},
	}
}
