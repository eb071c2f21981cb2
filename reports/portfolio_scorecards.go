package reports

import (
	"strings"

	"accounthealth/internal/portfolio"
)

// scorecards puts the largest accounts at risk on one page each: where the
// account stands, why, and what is done about it.
func (p *portfolioBook) scorecards() {
	g := p.page(sheetScorecards, presentation, 24, 12, 12, 14, 96)
	g.title("Scorecards", "As of "+dayText(p.r.AsOf)+"   |   the accounts at risk with the most ARR, one page each")
	for i, s := range p.r.Scorecards {
		if i > 0 {
			g.newPage()
		}
		p.scorecard(g, s, itoa(i+1))
	}
	g.freeze(1, 4)
	g.seal()
}

func (p *portfolioBook) scorecard(g *page, s portfolio.Scorecard, n string) {
	g.section(n+"  "+nameOr(s.Name, s.ID)+" ("+s.ID+")", strings.Trim(s.Segment+", "+s.Owner, ", "))
	put(g, table[portfolio.Scorecard]{name: "Scorecard_" + n, bare: true, rows: []portfolio.Scorecard{s}, cols: []col[portfolio.Scorecard]{
		{head: "Status", as: asBand, get: func(s portfolio.Scorecard) value { return str(s.Band) }},
		{head: "Score", as: asScore, get: func(s portfolio.Scorecard) value { return fig(s.Score) }},
		{head: "Decide by", as: asDate, get: func(s portfolio.Scorecard) value { return day(s.Deadline) }},
		{head: "ARR" + p.money, as: asMoney, get: func(s portfolio.Scorecard) value { return fig(s.ARR) }},
		{head: "Trend", as: asWrap, get: func(s portfolio.Scorecard) value {
			if s.Since != "" {
				return str(s.Trend + ": " + s.Since)
			}
			return str(s.Trend)
		}},
	}})
	g.gap(1)
	type pillar = portfolio.ScorecardPillar
	put(g, table[pillar]{name: "Scorecard_pillars_" + n, bare: true, rows: s.Pillars, cols: []col[pillar]{
		{head: "Pillar", as: asText, get: func(x pillar) value { return str(x.Label) }},
		{head: "Score", as: asScore, bar: true, full: 100, get: func(x pillar) value { return fig(x.Score) }},
		{head: "Weight", as: asPercent, help: "Of the pillars that are known for this account.", get: func(x pillar) value { return num(x.Weight) }},
		{head: "Adds, points", as: asScore, get: func(x pillar) value { return fig(x.Weighted) }},
		{head: "What decides it", as: asWrap, get: func(x pillar) value { return str(x.KeyFactor) }},
	}})
	g.gap(1)
	var todo []portfolio.Term
	add := func(name, text string) {
		if text != "" {
			todo = append(todo, portfolio.Term{Name: name, Text: text})
		}
	}
	add("Risks", strings.Join(s.Risks, "\n"))
	add("First action", s.Action)
	add("What it would take", s.Bundle)
	play := s.Play
	if s.PlayOwner != "" {
		play += "\n" + s.PlayOwner + ", by " + dayText(s.PlayDeadline)
	}
	add("Play", play)
	add("Steps", strings.Join(s.Steps, "\n"))
	add("Done when", s.DoneWhen)
	for _, t := range todo {
		g.set(g.left, g.row, str(t.Name), p.style(look{bold: true, bottom: rule, valign: "top"}))
		g.paragraph(t.Text, look{bottom: rule, valign: "top"}, g.left+1, g.right())
	}
	g.gap(1)
}
