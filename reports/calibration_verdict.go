package reports

import (
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

var decisionWords = map[string]string{
	"keep":        "Keep the current weights",
	"recalibrate": "Keep the weights, move the cut-offs or the probabilities",
	"refit":       "New weights are proposed",
}

var relationWords = map[string]string{">=": "at least", "<=": "at most", ">": "over", "<": "under"}

// verdict is the page to decide from: four tables, two by two, and two charts.
func (p *calibrationBook) verdict() {
	c := p.c
	k := len(c.Bands)
	spread := max(2*k, 6) // columns of the left tables behind the first
	widths := []float64{50}
	for range spread {
		widths = append(widths, 12.5)
	}
	widths = append(widths, 3, 24)
	for range 7 {
		widths = append(widths, 13)
	}
	g := p.page(sheetVerdict, presentation, widths...)
	right := g.left + spread + 2

	subtitle := "As of " + dayText(c.AsOf)
	if c.From != portfolio.NoDay && c.To != portfolio.NoDay {
		subtitle += "   |   snapshots from " + dayText(c.From) + " to " + dayText(c.To)
	}
	g.title(p.about.title, subtitle+"   |   framework "+c.Framework.Name+", version "+itoa(c.Framework.Version)+"   |   a person decides")
	words := decisionWords[c.Verdict.Decision]
	if words == "" {
		words = c.Verdict.Decision
	}
	g.section(words, "")
	if c.Verdict.Headline != "" {
		g.callout(c.Verdict.Headline)
	}
	for _, why := range c.Verdict.Why {
		g.note(why)
	}
	for _, w := range c.Warnings {
		text := w.Text
		if !strings.Contains(text, w.Subject) {
			text = w.Subject + ": " + text
		}
		g.warning(text)
	}
	g.gap(1)

	var weights, rates area
	g.beside(right, len(c.Verdict.Checks) > 0, func() { p.checks(g) }, func(at int) { weights = p.weights(g, at) })
	g.beside(right, len(c.Moves) > 0, func() { p.moves(g) }, func(at int) { rates = p.rates(g, at) })

	p.verdictCharts(g, right, weights, rates)
	g.pages(1)
	g.freeze(1, 4)
	g.seal()
}

// beside lays out two blocks next to each other, the second one from column
// right, or alone at the left where the first has nothing to show.
func (p *page) beside(right int, both bool, first func(), second func(at int)) {
	if !both {
		second(p.left)
		p.gap(1)
		return
	}
	top := p.row
	first()
	bottom := p.row
	p.row = top
	second(right)
	p.row = max(p.row, bottom) + 1
}

func (p *calibrationBook) checks(g *page) {
	if len(p.c.Verdict.Checks) == 0 {
		return
	}
	g.section("1  Why: new weights need every check to pass", "")
	level := func(c Check, f portfolio.Figure) value { l, _ := unitFormat(c.Unit); return fig(f).in(l) }
	put(g, table[Check]{name: "Checks", bare: true, rows: p.c.Verdict.Checks, cols: []col[Check]{
		{head: "Check", as: asWrap, get: func(c Check) value { return str(c.Name) }},
		{head: "Figure", as: asCount, get: func(c Check) value { return level(c, c.Figure) }},
		{head: "Needs", as: asMark, get: func(c Check) value { return str(nameOr(relationWords[c.Relation], c.Relation)) }},
		{head: "Threshold", as: asCount, get: func(c Check) value { return level(c, portfolio.Amount(c.Threshold)) }},
		{head: "Result", as: asMark, get: func(c Check) value { return str(c.result()) }},
	}})
}

// result is a check's outcome in one word or two.
func (c Check) result() string {
	switch {
	case !c.Assessed:
		return "not assessed"
	case c.Passed:
		return "passed"
	}
	return "failed"
}

func (p *calibrationBook) weights(g *page, at int) area {
	g.sectionAt(at, "2  Weights, current and suggested", "")
	t := table[WeightRow]{name: "Weights", bare: true, at: at, rows: p.c.Weights, cols: []col[WeightRow]{
		{head: "Pillar", as: asText, get: func(w WeightRow) value { return str(w.Pillar) }},
		{head: "Current", as: asPercent, get: func(w WeightRow) value { return num(w.Current) }},
		{head: "Suggested", as: asPercent, get: func(w WeightRow) value { return fig(w.Suggested) }},
		{head: "Change", as: asSignedPct, help: "In percentage points.", get: func(w WeightRow) value { return fig(w.Change) }},
		{head: "From", as: asPercent, help: "Lower end of the 95% interval of the suggestion.", get: func(w WeightRow) value { return fig(w.Low) }},
		{head: "To", as: asPercent, help: "Upper end of the 95% interval of the suggestion.", get: func(w WeightRow) value { return fig(w.High) }},
		{head: "Best fit", as: asPercent, help: "The weight that fits the sample best, before it is drawn back towards the current one.", get: func(w WeightRow) value { return fig(w.Free) }},
	}}
	if !p.suggests() {
		t.cols = t.cols[:2]
	}
	return put(g, t)
}

// suggests says whether any pillar has a suggested weight.
func (p *calibrationBook) suggests() bool {
	return slices.ContainsFunc(p.c.Weights, func(w WeightRow) bool { return w.Suggested.Defined })
}

func (p *calibrationBook) moves(g *page) {
	if len(p.c.Moves) == 0 {
		return
	}
	g.section("3  What would move: accounts and ARR, status now against status then", "")
	t := table[MoveRow]{name: "Moves", bare: true, rows: p.c.Moves, cols: []col[MoveRow]{
		{head: "Status now", as: asBand, get: func(m MoveRow) value { return str(m.From) }},
	}}
	for i, b := range p.c.Bands {
		t.cols = append(t.cols, col[MoveRow]{head: "Accounts to " + b.Name, as: asCount, heat: true, get: func(m MoveRow) value { return count(m.Accounts[i]) }})
	}
	for i, b := range p.c.Bands {
		t.cols = append(t.cols, col[MoveRow]{head: "ARR to " + b.Name + p.money, as: asMoney, get: func(m MoveRow) value { return num(m.ARR[i]) }})
	}
	put(g, t)
}

func (p *calibrationBook) rates(g *page, at int) area {
	if len(p.c.Rates) == 0 {
		return area{}
	}
	g.sectionAt(at, "4  How often each status churned", "")
	base := []BandRate{}
	if p.c.Base.Band != "" {
		base = append(base, p.c.Base)
	}
	t := table[BandRate]{name: "Rates", bare: true, at: at, rows: p.c.Rates, total: base, cols: []col[BandRate]{
		{head: "Status", as: asBand, get: func(r BandRate) value { return str(r.Band) }},
		{head: "Rows", as: asCount, help: "One row is an account at one snapshot date.", get: func(r BandRate) value { return num(r.Rate.Den) }},
		{head: "Churned", as: asCount, get: func(r BandRate) value { return num(r.Rate.Num) }},
		{head: "Churn rate", as: asPercent, get: func(r BandRate) value { return fig(r.Rate) }},
		{head: "From", as: asPercent, help: "Lower end of the 95% interval (Wilson).", get: func(r BandRate) value { return fig(r.Low) }},
		{head: "To", as: asPercent, help: "Upper end of the 95% interval (Wilson).", get: func(r BandRate) value { return fig(r.High) }},
		{head: "ARR" + p.money, as: asMoney, get: func(r BandRate) value { return num(r.ARR) }},
		{head: "ARR lost" + p.money, as: asMoney, help: "By all rows of the status, those that lost a part and stayed too.", get: func(r BandRate) value { return num(r.ARRChurned) }},
	}}
	if p.c.Base.Parts > 0 {
		t.cols = append(t.cols, col[BandRate]{head: "Parts", as: asCount, help: "Of the churned rows, accounts that lost a part only and stayed.", get: func(r BandRate) value { return count(r.Parts) }})
	}
	a := put(g, t)
	if !p.saysRates() {
		g.paragraph(noRates, look{size: 9, colour: inkSoft}, at, at+7)
	}
	if p.c.Monotone != "" {
		g.paragraph(p.c.Monotone, look{size: 9, colour: inkSoft}, at, at+7)
	}
	return a
}

// noRates stands under counts whose rates may not be said.
const noRates = "No rate of each status is printed, because there are too few losses or they do not fall from status to status: the counts stand for themselves."

// saysRates reports whether the rate of any status may be said.
func (p *calibrationBook) saysRates() bool {
	return slices.ContainsFunc(p.c.Rates, func(r BandRate) bool { return r.Rate.Defined })
}

func (p *calibrationBook) verdictCharts(g *page, right int, weights, rates area) {
	const high = 260
	drawn := false
	if weights.rows > 0 {
		ch := chart{
			kind: excelize.Col, title: "Weights", x: "Pillar", y: "Weight", number: "0%",
			width: 820, height: high, gap: 60, legend: true, min: ptr(0.0),
			series: []series{{name: weights.heading(1), categories: weights.values(0), values: weights.values(1), tone: accentLo}},
			alt:    "Current and suggested weight of each pillar",
		}
		if p.suggests() {
			ch.series = append(ch.series, series{name: weights.heading(2), categories: weights.values(0), values: weights.values(2), tone: accent})
		}
		g.draw(g.left, g.row, ch)
		drawn = true
	}
	if rates.rows > 0 && p.saysRates() {
		ch := chart{
			kind: excelize.Col, title: "Churn rate by status", x: "Status", y: "Churn rate", number: "0%",
			width: 820, height: high, gap: 60, min: ptr(0.0), labels: true,
			series: []series{{name: rates.heading(3), categories: rates.values(0), values: rates.values(3), tone: accent}},
			alt:    "Churn rate of each status in the sample",
		}
		g.draw(right, g.row, ch)
		drawn = true
	}
	if drawn {
		g.gap(chartRows(high))
	}
}
