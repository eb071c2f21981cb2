package reports

import (
	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// reach shows what flagging below each cut-off, or working a share of the
// accounts, would have found.
func (p *calibrationBook) reach() {
	g := p.page(sheetReach, presentation, 44, 13, 20, 13, 18, 13, 18, 11, 11, 11, 13)
	g.title("Reach", "What flagging below a cut-off, or working so many accounts, would have found")
	type row = ReachRow
	cols := []col[row]{{head: "Chosen", as: asWrap, get: func(r row) value { return str(r.Chosen) }}}
	cols = append(cols, countsOf("Flagged", "Of all account-dates.", func(r row) portfolio.Figure { return r.Alerts })...)
	cols = append(cols, countsOf("Found", "Churned and flagged, of those that churned (recall).", func(r row) portfolio.Figure { return r.Found })...)
	cols = append(cols, countsOf("Right", "Churned, of those flagged (precision).", func(r row) portfolio.Figure { return r.Right })...)
	cols = append(cols, []col[row]{
		{head: "Right from", as: asPercent, help: "Lower end of the 95% interval (Wilson).", get: func(r row) value { return enough(r.RightLow, r.Right.Den) }},
		{head: "Right to", as: asPercent, help: "Upper end of the 95% interval (Wilson).", get: func(r row) value { return enough(r.RightHigh, r.Right.Den) }},
		{head: "Lift", as: asDecimal, help: "Churn rate of the flagged over that of all.", get: func(r row) value { return fig(r.Lift) }},
		{head: "ARR found", as: asPercent, help: "Flagged, of the ARR that churned.", get: func(r row) value { return fig(r.ARR) }},
	}...)
	put(g, table[row]{name: "Reach", bare: true, rows: p.c.Reach, cols: cols})
	g.gap(1)
	if p.c.ReachNote != "" {
		g.footnote(p.c.ReachNote)
	}
	g.footnote(fewNote)
	g.footnote("In the sample that the current score was in force for. A team that works on flagged accounts and keeps them makes the score look less right than it was.")
	g.freeze(2, 4)
	g.seal()
}

// curves draws ranking, lift, reliability and net benefit, each beside the
// figures it is drawn from.
func (p *calibrationBook) curves() {
	c := p.c
	g := p.page(sheetCurves, presentation, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15)
	g.title("Curves", "How the score orders accounts, and what its probabilities are worth")
	const wide, high = 620, 320
	if len(c.Deciles) > 0 {
		g.section("Lift", "Account-dates in tenths, lowest scores first.")
		type row = DecileRow
		a := put(g, table[row]{name: "Deciles", bare: true, rows: c.Deciles, cols: []col[row]{
			{head: "Tenth", as: asCount, get: func(r row) value { return count(r.Decile) }},
			{head: "Score from", as: asScore, get: func(r row) value { return num(r.From) }},
			{head: "Score to", as: asScore, get: func(r row) value { return num(r.To) }},
			{head: "Churn rate", as: asPercent, get: func(r row) value { return fig(r.Rate) }},
			{head: "Counts", as: asMark, get: func(r row) value { return str(ofText(r.Rate)) }},
			{head: "Lift", as: asDecimal, help: "Churn rate over that of all.", get: func(r row) value { return fig(r.Lift) }},
			{head: "Found", as: asPercent, help: "Churned in this tenth and lower ones, of all that churned.", get: func(r row) value { return fig(r.Found) }},
			{head: "ARR found", as: asPercent, get: func(r row) value { return fig(r.FoundARR) }},
			{head: "At random", as: asPercent, help: "What choosing as many at random would have found.", get: func(r row) value { return num(r.FoundBlind) }},
		}})
		g.gap(1)
		g.draw(g.left, g.row, chart{
			kind: excelize.Col, title: "Lift by tenth of the score", x: "Tenth, lowest scores first", y: "Churn rate over that of all", number: "0.0",
			width: wide, height: high, gap: 50, labels: true, alt: "Lift by tenth",
			series: []series{{name: a.heading(5), categories: a.values(0), values: a.values(5), tone: accent}},
		})
		g.draw(g.left+6, g.row, chart{
			kind: excelize.Line, title: "Found, working from the lowest score up", x: "Tenths worked", y: "Of all that churned", number: "0%",
			width: wide, height: high, legend: true, max: ptr(1.0), min: ptr(0.0), alt: "Share of churned account-dates found by tenths worked",
			series: []series{
				{name: a.heading(6), categories: a.values(0), values: a.values(6), tone: accent},
				{name: a.heading(8), categories: a.values(0), values: a.values(8), tone: inkSoft, dashed: true},
			},
		})
		g.gap(chartRows(high))
	}
	if len(c.Reliable) > 0 {
		p.reliability(g, wide, high)
	}
	if len(c.Benefit) > 0 {
		p.benefit(g, wide, high)
	}
	if len(c.Ranking) > 0 { // the longest table stands last
		p.ranking(g, wide, high)
	}
	g.freeze(1, 4)
	g.seal()
}

func (p *calibrationBook) ranking(g *page, wide, high uint) {
	type row = RankingRow
	g.newPage()
	g.section("Ranking (ROC)", "From flagging nobody to flagging everybody. A score that tells nothing lies on the diagonal.")
	at := g.row
	g.gap(chartRows(high))
	a := put(g, table[row]{name: "ROC", bare: true, rows: p.c.Ranking, cols: []col[row]{
		{head: "Flagged below", as: asScore, get: func(r row) value { return num(r.Below) }},
		{head: "False alarms", as: asPercent, help: "Of the account-dates that stayed.", get: func(r row) value { return num(r.FalseAlarms) }},
		{head: "Found", as: asPercent, help: "Of the account-dates that churned.", get: func(r row) value { return num(r.Found) }},
		{head: "Chance", as: asPercent, help: "What a score that tells nothing would find.", get: func(r row) value { return num(r.FalseAlarms) }},
		{head: "Flagged", as: asPercent, help: "Of all.", get: func(r row) value { return num(r.Alerts) }},
	}})
	g.repeat(a.head, a.head, 0)
	g.draw(g.left, at, chart{
		kind: excelize.Scatter, title: "Found against false alarms", x: "False alarms, of those that stayed", y: "Found, of those that churned", number: "0%", xnumber: "0%",
		width: wide, height: high, legend: true, min: ptr(0.0), max: ptr(1.0), xmax: ptr(1.0), alt: "ROC curve",
		series: []series{
			{name: a.heading(2), categories: a.values(1), values: a.values(2), tone: accent},
			{name: a.heading(3), categories: a.values(1), values: a.values(3), tone: inkSoft, dashed: true},
		},
	})
	g.gap(1)
}

func (p *calibrationBook) reliability(g *page, wide, high uint) {
	type row = ReliabilityRow
	n := p.c.Certain
	g.newPage()
	g.section("Reliability: what was said and what happened", "Out of fold. Method: "+n.Method+". "+n.Reason)
	a := put(g, table[row]{name: "Reliability", bare: true, rows: p.c.Reliable, cols: []col[row]{
		{head: "Said, from", as: asPercent, get: func(r row) value { return num(r.From) }},
		{head: "Said, to", as: asPercent, get: func(r row) value { return num(r.To) }},
		{head: "Said, mean", as: asPercent, get: func(r row) value { return fig(r.Said) }},
		{head: "Happened", as: asPercent, get: func(r row) value { return fig(r.Happened) }},
		{head: "Perfect", as: asPercent, help: "What would have happened had the probability been right.", get: func(r row) value { return fig(r.Said) }},
		{head: "Counts", as: asMark, get: func(r row) value { return str(ofText(r.Happened)) }},
		{head: "From", as: asPercent, help: "Lower end of the 95% interval (Wilson).", get: func(r row) value { return fig(r.Low) }},
		{head: "To", as: asPercent, help: "Upper end of the 95% interval (Wilson).", get: func(r row) value { return fig(r.High) }},
	}})
	type note struct {
		what string
		f    portfolio.Figure
	}
	g.gap(1)
	put(g, table[note]{name: "Reliability_figures", bare: true, rows: []note{
		{"Log loss", n.Loss}, {"Log loss of the base rate", n.BaseLoss}, {"Calibration error", n.Error},
	}, cols: []col[note]{
		{head: "Figure", as: asText, get: func(x note) value { return str(x.what) }},
		{head: "  ", as: asText, get: func(note) value { return value{} }},
		{head: "Value", as: asFine, get: func(x note) value { return fig(x.f) }},
	}})
	g.footnote("Binning: " + n.Binning)
	g.gap(1)
	g.draw(g.left, g.row, chart{
		kind: excelize.Scatter, title: "What happened against what was said", x: "Said: mean probability of the group", y: "Happened: churn rate of the group", number: "0%", xnumber: "0%",
		width: wide, height: high, legend: true, min: ptr(0.0), alt: "Reliability diagram",
		series: []series{
			{name: a.heading(3), categories: a.values(2), values: a.values(3), tone: accent, points: true},
			{name: a.heading(4), categories: a.values(2), values: a.values(4), tone: inkSoft, dashed: true},
		},
	})
	g.gap(chartRows(high))
}

func (p *calibrationBook) benefit(g *page, wide, high uint) {
	type row = BenefitRow
	g.section("Decision curve", "What acting on the score is worth, by how many needless actions one saved account is worth. Acting on nobody is 0.")
	a := put(g, table[row]{name: "Net_benefit", bare: true, rows: p.c.Benefit, cols: []col[row]{
		{head: "Act from probability", as: asPercent, get: func(r row) value { return num(r.Threshold) }},
		{head: "Needless actions per save", as: asScore, get: func(r row) value { return num(r.Needless) }},
		{head: "By the score", as: asFine, help: "Net benefit of acting where the probability is at least this.", get: func(r row) value { return num(r.Score) }},
		{head: "On everybody", as: asFine, get: func(r row) value { return num(r.Everybody) }},
		{head: "Acted on", as: asPercent, help: "Of all account-dates.", get: func(r row) value { return num(r.Alerts) }},
	}})
	g.gap(1)
	g.draw(g.left, g.row, chart{
		kind: excelize.Line, title: "Net benefit", x: "Act from this probability", y: "Net benefit per account", number: "0.000",
		width: wide, height: high, legend: true, low: true, alt: "Decision curve",
		series: []series{
			{name: a.heading(2), categories: a.values(0), values: a.values(2), tone: accent},
			{name: a.heading(3), categories: a.values(0), values: a.values(3), tone: inkSoft, dashed: true},
		},
	})
	g.gap(chartRows(high))
}
