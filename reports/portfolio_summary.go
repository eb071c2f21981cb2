package reports

import (
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// maxTiles is how many headline numbers a reader takes in.
const maxTiles = 6

// summary fills the first sheet last, when the tables that its charts draw from
// have their place.
func (p *portfolioBook) summary(g *page, sections []section) {
	r := p.r
	subtitle := "As of " + dayText(r.AsOf)
	if p.hasPrior() {
		subtitle += ", compared with " + dayText(r.Prior)
	}
	subtitle += "   |   score 0 to 100, high = healthy   |   framework " + r.Framework.Name + ", version " + itoa(r.Framework.Version)
	g.title(p.about.title, subtitle)

	var ts []tile
	for _, k := range r.KPIs[:min(len(r.KPIs), maxTiles)] {
		level, change := unitFormat(k.Unit)
		name := k.Name
		if k.Unit == portfolio.Currency {
			name += p.money
		}
		ts = append(ts, tile{
			label: name, value: fig(k.Now).in(level), change: fig(k.Change).in(change),
			good: k.Good, detail: ofText(k.Now), warn: k.Warning != "",
		})
	}
	if len(ts) > 0 {
		g.tiles(ts)
		g.gap(1)
	}
	p.howGood(g)
	if len(r.Warnings) > 0 {
		g.section("Before you rely on a number", "")
		for _, w := range r.Warnings {
			g.warning(strings.TrimPrefix(w.Subject+": ", ": ") + w.Text)
		}
		g.gap(1)
	}
	p.kpiTable(g)
	p.bandSummary(g)
	p.topRisks(g)
	p.overTimeSummary(g)
	if len(r.Classes) > 0 {
		g.section("Where every account is", "Together these are all accounts of the export.")
		put(g, table[portfolio.ClassRow]{name: "Population", bare: true, rows: r.Classes, cols: p.classColumns(3)})
		g.gap(1)
	}
	g.section("In this workbook", "")
	var targets [][3]string
	for _, s := range sections[1:] {
		if s.present {
			targets = append(targets, [3]string{s.name, quoteSheet(s.name) + "!A1", s.about})
		}
	}
	g.linkList(targets)
	g.freeze(1, 4)
	g.seal()
}

// howGood answers how good the score has been, in counts.
func (p *portfolioBook) howGood(g *page) {
	r := p.r
	if r.Verdict == "" && r.Foreseen == nil && r.Accuracy == nil {
		return
	}
	g.section("How good is this score?", "")
	switch {
	case r.Foreseen != nil:
		g.callout(strings.TrimSpace(r.Foreseen.Words + " " + r.Foreseen.WithoutWords))
	case r.Accuracy != nil:
		g.callout(r.Accuracy.Kinds[0].Headline)
	}
	if r.Verdict != "" {
		g.note(r.Verdict)
	}
	if p.present[sheetAccuracy] {
		g.linkList([][3]string{{sheetAccuracy, quoteSheet(sheetAccuracy) + "!A1", "per status, how early, and the accounts lost while they looked healthy"}})
	}
	g.gap(1)
}

// classColumns show a population class; the reason runs on over the next columns.
func (p *portfolioBook) classColumns(next int) []col[portfolio.ClassRow] {
	return []col[portfolio.ClassRow]{
		{head: "Class", as: asText, get: func(c portfolio.ClassRow) value { return str(c.Class) }},
		{head: "Accounts", as: asCount, get: func(c portfolio.ClassRow) value { return count(c.Accounts) }},
		{head: "ARR" + p.money, as: asMoney, get: func(c portfolio.ClassRow) value { return unless(c.NoARR, num(c.ARR)) }},
		{head: "Why", as: asText, spill: next, get: func(c portfolio.ClassRow) value { return str(c.Why) }},
	}
}

func (p *portfolioBook) kpiTable(g *page) {
	if len(p.r.KPIs) == 0 {
		return
	}
	type kpi = portfolio.KPI
	level := func(k kpi, f portfolio.Figure) value { l, _ := unitFormat(k.Unit); return fig(f).in(l) }
	g.section("Headline figures", "")
	cols := []col[kpi]{
		{head: "Measure", as: asWrap, get: func(k kpi) value {
			if k.Unit == portfolio.Currency {
				return str(k.Name + p.money)
			}
			return str(k.Name)
		}},
		{head: "Now", as: asCount, get: func(k kpi) value { return level(k, k.Now) }},
		{head: "Prior, as reported", as: asCount, help: "The figure that was published at the prior review.", get: func(k kpi) value { return level(k, k.Prior) }},
		{head: "Prior, restated", as: asCount, help: "The prior review recomputed under the framework in force now.", get: func(k kpi) value { return level(k, k.Restated) }},
		{
			head: "Change", as: asCount, help: "Now minus prior restated, or minus prior as reported where nothing is restated. Rates change in percentage points.",
			get: func(k kpi) value { _, change := unitFormat(k.Unit); return fig(k.Change).in(change) },
		},
		{head: "Part of whole", as: asMark, get: func(k kpi) value { return str(ofText(k.Now)) }},
		{head: "What it counts", as: asWrap, get: func(k kpi) value {
			if k.Warning == "" {
				return str(k.Note)
			}
			return str(strings.TrimSpace(k.Note + "\nWarning: " + k.Warning))
		}},
	}
	some := func(of func(kpi) portfolio.Figure) bool {
		return slices.ContainsFunc(p.r.KPIs, func(k kpi) bool { return of(k).Defined })
	}
	reported := some(func(k kpi) portfolio.Figure { return k.Prior })
	compared := reported || some(func(k kpi) portfolio.Figure { return k.Restated })
	cols = columnsIf(cols, func(h string) bool {
		switch h {
		case "Prior, as reported", "Prior, restated", "Change":
			return compared
		}
		return true
	})
	if !compared {
		cols[len(cols)-1].as = asText
	}
	a := put(g, table[kpi]{name: "Headline_figures", bare: true, rows: p.r.KPIs, cols: cols})
	for i, k := range p.r.KPIs {
		key := k.Key
		if key == "" {
			key = k.Name
		}
		p.define(key, absRef(a.sheet, a.left+1, a.first()+i))
	}
	if p.hasPrior() && !reported {
		g.footnote("Nothing was published on " + dayText(p.r.Prior) + ", so there are no figures as reported then; the prior figures are computed now for that day.")
	}
	g.footnote("A blank means that the figure is not known or not defined; it never means zero.")
	g.gap(1)
}

// bandSummary shows accounts and ARR per band.
func (p *portfolioBook) bandSummary(g *page) {
	if len(p.r.Bands) == 0 {
		return
	}
	g.section("Accounts and ARR by status", "")
	cols := []col[portfolio.BandRow]{
		{head: "Status", as: asBand, get: func(b portfolio.BandRow) value { return str(b.Band) }},
		{head: "Score", as: asMark, get: func(b portfolio.BandRow) value { return str(b.Headlines) }},
		{head: "Accounts", as: asCount, get: func(b portfolio.BandRow) value { return count(b.Accounts) }},
		{head: "ARR" + p.money, as: asMoney, get: func(b portfolio.BandRow) value { return unless(b.NoARR, num(b.ARR)) }},
		{head: "Share of ARR", as: asPercent, get: func(b portfolio.BandRow) value { return fig(b.ShareARR) }},
		{head: "Change in ARR" + p.money, as: asSignedUSD, get: func(b portfolio.BandRow) value { return fig(b.DeltaARR) }},
	}
	if !p.hasPrior() {
		cols = cols[:len(cols)-1]
	}
	a := put(g, table[portfolio.BandRow]{name: "Status_now", bare: true, rows: p.r.Bands, cols: cols, total: p.bandTotal()})
	for i, b := range p.r.Bands {
		p.define("Accounts_"+b.Band, absRef(a.sheet, a.left+2, a.first()+i))
		p.define("ARR_"+b.Band, absRef(a.sheet, a.left+3, a.first()+i))
	}
	g.gap(1)
}

// overTimeSummary draws how ARR per status developed.
func (p *portfolioBook) overTimeSummary(g *page) {
	if len(p.r.History) < 2 || len(p.r.Bands) == 0 {
		return
	}
	const high = 300
	g.draw(g.left, g.row, p.historyChart(p.history, "ARR by status over time", "ARR"+p.money, historyARR, 1240, high))
	g.gap(chartRows(high))
}

// bandTotal is the total row, if the caller filled it.
func (p *portfolioBook) bandTotal() []portfolio.BandRow {
	if p.r.BandTotal.Band == "" {
		return nil
	}
	return []portfolio.BandRow{p.r.BandTotal}
}

// topRisks lists the accounts that make most of the ARR at risk.
func (p *portfolioBook) topRisks(g *page) {
	top := p.r.AtRisk[:min(len(p.r.AtRisk), 10)]
	if len(top) == 0 {
		return
	}
	g.section("Largest accounts at risk", "Click a name to see the account's row. All of them are on "+sheetAtRisk+". A day to decide that has passed is red.")
	type row = portfolio.AtRiskRow
	put(g, table[row]{name: "Largest_at_risk", bare: true, rows: top, cols: []col[row]{
		{
			head: "Account", as: asText, get: func(a row) value { return str(nameOr(a.Name, a.ID)) },
			link: func(a row) string { return p.accountLink(a.ID) },
		},
		{head: "ARR" + p.money, as: asMoney, get: func(a row) value { return num(a.ARR) }},
		{head: "Status", as: asBand, get: func(a row) value { return str(a.Band) }},
		{head: "Score", as: asScore, get: func(a row) value { return num(a.Score) }},
		{head: "Decide by", as: asDate, due: true, help: "The last day to give notice: renewal minus the notice period.", get: func(a row) value { return day(a.Deadline) }},
		{head: "Owner", as: asText, get: func(a row) value { return str(a.Owner) }},
		{head: "What happens next", as: asWrap, get: func(a row) value { return str(a.Action) }},
	}})
	g.gap(1)
}

func nameOr(name, id string) string {
	if name == "" {
		return id
	}
	return name
}

// historyARR is how many columns of the history table stand before those per band.
const historyARR = 5

// historyChart stacks one column of the history table per band, the healthiest
// at the bottom, in the bands' colours.
func (p *portfolioBook) historyChart(a area, title, y string, from int, width, height uint) chart {
	ch := chart{
		kind: excelize.ColStacked, title: title, x: "Snapshot", y: y, number: thousands,
		width: width, height: height, gap: 45, legend: true,
		alt: title + ", one column a snapshot, stacked by status",
	}
	for i, b := range p.bands {
		ch.series = append(ch.series, series{
			name: a.heading(from + i), categories: a.values(0), values: a.values(from + i), tone: b.tone.fill,
		})
	}
	return ch
}
