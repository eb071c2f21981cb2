package reports

import (
	"accounthealth/internal/portfolio"
)

// bandSheet shows accounts and ARR per status: over time, and now against the
// prior snapshot.
func (p *portfolioBook) bandSheet() {
	r := p.r
	g := p.page(sheetBands, presentation, 24, 15, 14, 15, 15, 15, 15, 15, 15, 15, 15, 13, 13)
	g.title("Accounts and ARR by status", "As of "+dayText(r.AsOf)+"   |   high scores are healthy")
	subtitle := ""
	if p.hasPrior() {
		subtitle = "Changes are measured from " + dayText(r.Prior) + ", restated under the framework in force now."
	}
	g.section("Now", subtitle)
	type band = portfolio.BandRow
	cols := []col[band]{
		{head: "Status", as: asBand, get: func(b band) value { return str(b.Band) }},
		{head: "Score", as: asMark, get: func(b band) value { return str(b.Headlines) }},
		{head: "Accounts", as: asCount, get: func(b band) value { return count(b.Accounts) }},
		{head: "ARR" + p.money, as: asMoney, get: func(b band) value { return unless(b.NoARR, num(b.ARR)) }},
		{head: "Share of ARR", as: asPercent, get: func(b band) value { return fig(b.ShareARR) }},
		{head: "ARR counted" + p.money, as: asMoney, help: "The numerator of the share.", get: func(b band) value { return shareOf(b.ShareARR.Num, b.ShareARR) }},
		{head: "Out of ARR" + p.money, as: asMoney, help: "The denominator of the share: the ARR of all scored accounts.", get: func(b band) value { return shareOf(b.ShareARR.Den, b.ShareARR) }},
		{head: "Prior accounts", as: asCount, get: func(b band) value { return count(b.PriorAccounts) }},
		{head: "Prior ARR" + p.money, as: asMoney, get: func(b band) value { return fig(b.PriorARR) }},
		{head: "Change in accounts", as: asSignedN, get: func(b band) value { return count(b.DeltaAccounts) }},
		{head: "Change in ARR" + p.money, as: asSignedUSD, get: func(b band) value { return fig(b.DeltaARR) }},
	}
	if !p.hasPrior() {
		cols = cols[:7]
	}
	put(g, table[band]{name: "Bands", bare: true, cols: cols, rows: r.Bands, total: p.bandTotal()})
	g.gap(1)
	p.overTime(g)
	g.pages(1)
	g.freeze(3, 4)
	g.seal()
}

// overTime shows the stored and rebuilt snapshots, as a table and as charts.
func (p *portfolioBook) overTime(g *page) {
	r := p.r
	if len(r.History) == 0 {
		return
	}
	g.section("Over time", "Each snapshot under the framework in force now. Rebuilt: computed later from dated exports, not stored on the day.")
	a := put(g, p.historyTable())
	p.history = a
	g.gap(1)
	if len(r.History) > 1 {
		const wide, high = 640, 300
		g.draw(g.left, g.row, p.historyChart(a, "ARR by status", "ARR"+p.money, historyARR, wide, high))
		accounts := p.historyChart(a, "Accounts by status", "Accounts", historyARR+len(r.Bands), wide, high)
		accounts.number = "#,##0"
		g.draw(g.left+6, g.row, accounts)
		g.gap(chartRows(high))
	}
}

func (p *portfolioBook) historyTable() table[portfolio.HistoryPoint] {
	type point = portfolio.HistoryPoint
	label := snapshotLabels(p.r.History)
	t := table[point]{name: "Snapshots", rows: p.r.History, bare: true, cols: []col[point]{
		{head: "Snapshot", as: asText, get: func(h point) value { return str(label(h)) }},
		{head: "As of", as: asDate, get: func(h point) value { return day(h.AsOf) }},
		{head: "Source", as: asMark, get: func(h point) value {
			if h.Rebuilt {
				return str("rebuilt")
			}
			return str("stored")
		}},
		{head: "Scored accounts", as: asCount, get: func(h point) value { return count(h.Scored) }},
		{head: "Mean score", as: asScore, get: func(h point) value { return num(h.Mean) }},
	}}
	for i, b := range p.r.Bands {
		t.cols = append(t.cols, col[point]{head: b.Band + " ARR" + p.money, as: asMoney, get: func(h point) value { return num(h.ARR[i]) }})
	}
	for i, b := range p.r.Bands {
		t.cols = append(t.cols, col[point]{head: b.Band + " accounts", as: asCount, get: func(h point) value { return count(h.Accounts[i]) }})
	}
	return t
}

// snapshotLabels names snapshots for chart axes: by month, by day where two fall
// into one month.
func snapshotLabels(hs []portfolio.HistoryPoint) func(portfolio.HistoryPoint) string {
	layout := "Jan 2006"
	for i := 1; i < len(hs); i++ {
		if dayTime(hs[i].AsOf).Format(layout) == dayTime(hs[i-1].AsOf).Format(layout) {
			layout = "2 Jan 2006"
			break
		}
	}
	return func(h portfolio.HistoryPoint) string { return dayTime(h.AsOf).Format(layout) }
}

// shareOf shows the numerator or denominator of a share, where there is one.
func shareOf(part float64, f portfolio.Figure) value {
	if f.Num == 0 && f.Den == 0 {
		return value{}
	}
	return num(part)
}

// movers lists whose score or status changed.
func (p *portfolioBook) movers() {
	m := p.r.Movers
	g := p.page(sheetMovers, presentation)
	cols := p.moverColumns()
	fit(g, cols)
	g.title("Movers", "From "+dayText(p.r.Prior)+" to "+dayText(p.r.AsOf)+"   |   the earlier score as reported and as the framework in force now would have it")
	g.callout(grouped(float64(m.UpAccounts)) + " accounts with " + p.sum(m.UpARR) + " of ARR moved to a better status; " +
		grouped(float64(m.DownAccounts)) + " accounts with " + p.sum(m.DownARR) + " of ARR moved to a worse one.")
	g.footnote("Each change is split into what the customer did (behaviour), a change of the framework, missing or stale data, and manual overrides; the four parts add up to the change.")
	g.gap(1)
	headed := false
	for _, part := range []struct {
		heading, note, name string
		rows                []portfolio.Mover
	}{
		{"Going down", "The largest by ARR.", "Movers_down", m.Down},
		{"Still green, but falling", "In the best status, down by ten points or more.", "Slipping", m.Slipping},
		{"Going up", "The largest by ARR.", "Movers_up", m.Up},
	} {
		if len(part.rows) == 0 {
			g.section(part.heading, "No account.")
			g.gap(1)
			continue
		}
		g.section(part.heading, part.note)
		a := put(g, table[portfolio.Mover]{name: part.name, cols: cols, rows: part.rows})
		if !headed {
			g.repeat(a.head, a.head, 0) // all three tables have these columns
			headed = true
		}
		g.gap(1)
	}
	g.freeze(4, 4)
	g.seal()
}

func (p *portfolioBook) moverColumns() []col[portfolio.Mover] {
	type mover = portfolio.Mover
	link := func(m mover) string { return p.accountLink(m.ID) }
	return []col[mover]{
		{head: "Account id", as: asID, width: 13, get: func(m mover) value { return str(m.ID) }},
		{head: "Account", as: asText, width: 32, link: link, get: func(m mover) value { return str(m.Name) }},
		{head: "Segment", as: asText, width: 14, get: func(m mover) value { return str(m.Segment) }},
		{head: "Owner", as: asText, width: 19, get: func(m mover) value { return str(m.Owner) }},
		{head: "ARR" + p.money, as: asMoney, width: 14, get: func(m mover) value { return num(m.ARR) }},
		{head: "Score before, reported", as: asScore, width: 12, help: "As it was published; where nothing was, as it is computed now for that day.", get: func(m mover) value { return num(m.PriorScore) }},
		{head: "Score before, restated", as: asScore, width: 12, help: "The same values under the framework in force now.", get: func(m mover) value { return num(m.Restated) }},
		{head: "Score now", as: asScore, width: 11, get: func(m mover) value { return num(m.Score) }},
		{head: "Change", as: asSigned, width: 11, get: func(m mover) value { return num(m.Delta) }},
		{head: "Status before", as: asBand, width: 13, get: func(m mover) value { return str(m.PriorBand) }},
		{head: "Status now", as: asBand, width: 13, get: func(m mover) value { return str(m.Band) }},
		{head: "Behaviour", as: asSigned, width: 13, help: "Points of the change that come from what the customer did.", get: func(m mover) value { return num(m.Behaviour) }},
		{head: "Framework", as: asSigned, width: 15, help: "Points that come from a change of weights or point tables.", get: func(m mover) value { return num(m.Framework) }},
		{head: "Data", as: asSigned, width: 10, help: "Points that come from values that became missing, stale or known.", get: func(m mover) value { return num(m.Data) }},
		{head: "Override", as: asSigned, width: 12, help: "Points that come from values entered by hand.", get: func(m mover) value { return num(m.Override) }},
		{head: "Why", as: asWrap, width: 52, get: func(m mover) value { return str(m.Why) }},
	}
}
