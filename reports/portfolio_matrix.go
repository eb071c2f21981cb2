package reports

import (
	"strings"

	"accounthealth/internal/portfolio"
)

// matrix lays the cells of risk and opportunity out as a grid, with what to do in
// each, and lists them beneath.
func (p *portfolioBook) matrix() {
	m := p.r.Matrix
	g := p.page(sheetMatrix, presentation, 18, 38, 38, 38, 12, 16)
	g.title("Risk and opportunity", "As of "+dayText(p.r.AsOf)+"   |   what to do with which accounts, and who does it")
	p.grid(g)
	g.gap(1)
	type cell = portfolio.MatrixCell
	g.section("The same as a list", "")
	put(g, table[cell]{name: "Matrix", bare: true, rows: m.Cells, total: []cell{{
		Risk: "Not placed", Opportunity: "no score, or in notice", Accounts: m.Unplaced, ARR: m.UnplacedARR,
	}}, cols: []col[cell]{
		{head: "Risk", as: asText, get: func(c cell) value { return str(c.Risk) }},
		{head: "Opportunity", as: asText, get: func(c cell) value { return str(c.Opportunity) }},
		{head: "Play", as: asWrap, get: func(c cell) value { return str(c.Play) }},
		{head: "Who acts", as: asWrap, get: func(c cell) value { return str(c.Owner) }},
		{head: "Accounts", as: asCount, get: func(c cell) value { return count(c.Accounts) }},
		{head: "ARR" + p.money, as: asMoney, get: func(c cell) value { return num(c.ARR) }},
	}})
	g.gap(1)
	g.terms("Where an account stands: risk", "Risk_grades", "Grade", "An account is there if", m.Risk)
	g.terms("Where an account stands: opportunity", "Opportunity_grades", "Grade", "An account is there if", m.Opportunity)
	g.freeze(1, 4)
	g.pages(1)
	g.seal()
}

// grid draws the cells: rows of equal risk, high first, columns of equal
// opportunity, high first.
func (p *portfolioBook) grid(g *page) {
	m := p.r.Matrix
	n := len(m.Grades)
	head := p.style(look{bold: true, colour: headInk, fill: headFill, align: "center"})
	side := p.style(look{bold: true, colour: headInk, fill: headFill, wrap: true, align: "left", indent: 1})
	play := p.style(look{bold: true, wrap: true, fill: tileFill, top: ruleDark, left: rule, align: "left", indent: 1})
	who := p.style(look{colour: inkSoft, wrap: true, fill: tileFill, left: rule, align: "left", indent: 1})
	size := p.style(look{colour: ink, wrap: true, fill: tileFill, left: rule, bottom: ruleDark, align: "left", indent: 1})
	g.set(g.left, g.row, str("Risk  \\  opportunity"), side)
	for k, grade := range m.Grades {
		g.set(g.left+1+k, g.row, str(grade+" opportunity"), head)
	}
	g.height(g.row, 22)
	g.row++
	for r, grade := range m.Grades {
		for line := range 3 {
			g.set(g.left, g.row+line, value{}, side)
		}
		g.set(g.left, g.row, str(grade+" risk"), side)
		for k := range n {
			c := m.Cells[r*n+k]
			g.set(g.left+1+k, g.row, str(c.Play), play)
			g.set(g.left+1+k, g.row+1, str(c.Owner), who)
			g.set(g.left+1+k, g.row+2, str(grouped(float64(c.Accounts))+" accounts, "+p.sum(c.ARR)), size)
		}
		g.height(g.row, 34)
		g.height(g.row+1, 18)
		g.height(g.row+2, 30)
		g.row += 3
	}
}

// workflow shows who is told what, when, and what must happen then; the reviews;
// and the monthly checklist.
func (p *portfolioBook) workflow() {
	r := p.r
	g := p.page(sheetWorkflow, presentation, 26, 72, 13, 18, 20, 14, 22, 26, 44)
	g.title("Alerts and workflow", "As of "+dayText(r.AsOf)+"   |   who is told what, and what happens then")
	if len(r.Cadence) > 0 {
		p.cadence(g)
	}
	if len(r.Monthly) > 0 {
		g.section("Monthly checklist", "")
		type box = portfolio.CheckRow
		put(g, table[box]{name: "Monthly_checklist", bare: true, rows: r.Monthly, cols: []col[box]{
			{head: "Done (write x)", as: asMark, get: func(box) value { return str("☐") }},
			{head: "What", as: asText, get: func(b box) value { return str(b.Text) }},
		}})
		g.gap(1)
	}
	if r.Alerts != nil {
		p.raised(g)
	}
	if len(r.Plays) > 0 {
		p.plays(g)
	}
	if r.Alerts != nil {
		p.alertList(g)
	}
	g.freeze(1, 4)
	g.seal()
}

func (p *portfolioBook) cadence(g *page) {
	type review = portfolio.CadenceRow
	g.section("Reviews", "The day of the last one is entered in the framework file.")
	put(g, table[review]{name: "Reviews", bare: true, rows: p.r.Cadence, cols: []col[review]{
		{head: "Review", as: asText, get: func(c review) value { return str(c.Label) }},
		{head: "What", as: asWrap, get: func(c review) value { return str(c.What) }},
		{head: "Every", as: asMark, get: func(c review) value { return str(c.Every) }},
		{head: "Who", as: asWrap, get: func(c review) value { return str(c.Owner) }},
		{head: "Last done", as: asDate, get: func(c review) value {
			if c.LastDone == portfolio.NoDay {
				return str("not recorded")
			}
			return day(c.LastDone)
		}},
		{head: "Next due", as: asDate, get: func(c review) value { return day(c.NextDue) }},
		{head: "State", as: asMark, get: func(c review) value {
			if c.Overdue {
				return str("overdue")
			}
			return str("in time")
		}},
	}})
	g.gap(1)
}

// alertsShown bounds the list of alerts; all of them are in alerts.parquet.
const alertsShown = 100

func (p *portfolioBook) raised(g *page) {
	w := p.r.Alerts
	g.section("Alerts", "")
	since := w.Since
	if w.Before != portfolio.NoDay {
		since = w.Before
	}
	g.callout(grouped(float64(w.New)) + " new since " + dayText(since) + ", " + grouped(float64(w.Open)) + " still open, " +
		grouped(float64(w.Closed)) + " closed, " + grouped(float64(w.HeldBack)) + " held back.")
	g.gap(1)
	type owner = portfolio.OwnerAlerts
	if len(w.Owners) > 0 {
		g.section("Alerts by owner", "")
		put(g, table[owner]{name: "Alerts_by_owner", bare: true, rows: w.Owners, cols: []col[owner]{
			{head: "Owner", as: asText, get: func(o owner) value { return str(o.Owner) }},
			{head: "Scored accounts", as: asCount, get: func(o owner) value { return count(o.Accounts) }},
			{head: "New", as: asCount, get: func(o owner) value { return count(o.New) }},
			{head: "New and critical", as: asCount, get: func(o owner) value { return count(o.Critical) }},
			{head: "Still open", as: asCount, get: func(o owner) value { return count(o.Open) }},
			{head: "Overdue", as: asCount, get: func(o owner) value { return count(o.Overdue) }},
			{head: "New a week", as: asScore, get: func(o owner) value { return num(o.PerWeek) }},
		}})
		g.gap(1)
	}
	type rule = portfolio.AlertRuleRow
	if len(w.Rules) > 0 {
		g.section("What raises an alert", "")
		put(g, table[rule]{name: "Alert_rules", bare: true, rows: w.Rules, cols: []col[rule]{
			{head: "Trigger", as: asWrap, get: func(r rule) value { return str(r.Label) }},
			{head: "Threshold", as: asWrap, get: func(r rule) value { return str(r.Trigger) }},
			{head: "Severity", as: asMark, get: func(r rule) value { return str(r.Severity) }},
			{head: "Channel", as: asWrap, get: func(r rule) value { return str(r.Channel) }},
			{head: "Who acts", as: asWrap, get: func(r rule) value { return str(r.Owner) }},
			{head: "Days to act", as: asCount, get: func(r rule) value { return count(int64(r.Days)) }},
			{head: "CRM field", as: asText, get: func(r rule) value { return str(r.Field) }},
			{head: "Play", as: asWrap, get: func(r rule) value { return str(r.Play) }},
			{head: "Held back when; new and open now", as: asWrap, get: func(r rule) value {
				return str(strings.TrimPrefix(r.Suppression+"\n"+itoa(r.New)+" new, "+itoa(r.Open)+" open", "\n"))
			}},
		}})
		g.gap(1)
	}
}

func (p *portfolioBook) plays(g *page) {
	type play = portfolio.PlayCard
	g.section("Plays", "What is done, by whom, and for which accounts it is next.")
	put(g, table[play]{name: "Plays", bare: true, rows: p.r.Plays, cols: []col[play]{
		{head: "Play", as: asWrap, get: func(c play) value { return str(c.Label) }},
		{head: "When", as: asWrap, get: func(c play) value { return str(c.Trigger) }},
		{head: "Days", as: asCount, get: func(c play) value { return count(int64(c.Days)) }},
		{head: "Who acts", as: asWrap, get: func(c play) value { return str(c.Owner) }},
		{head: "It worked if", as: asWrap, get: func(c play) value { return str(c.KPI) }},
		{head: "Accounts", as: asCount, get: func(c play) value { return count(c.Accounts) }},
		{head: "ARR" + p.money, as: asMoney, get: func(c play) value { return num(c.ARR) }},
		{head: "Answers", as: asWrap, get: func(c play) value { return str(c.Answers) }},
		{head: "Steps", as: asWrap, get: func(c play) value { return str(strings.Join(c.Steps, "\n")) }},
	}})
	g.gap(1)
}

// alertList lists the alerts; it is the last block, so that its headings can be
// repeated on every page.
func (p *portfolioBook) alertList(g *page) {
	w := p.r.Alerts
	type row = portfolio.AlertRow
	shown := w.Alerts[:min(len(w.Alerts), alertsShown)]
	if len(shown) > 0 {
		g.section("Alerts, one by one", "Sources first, then what is new; of those the most severe and the most ARR on top.")
		a := put(g, table[row]{name: "Alerts", rows: shown, cols: []col[row]{
			{head: "Account or source", as: asWrap, get: func(a row) value { return str(nameOr(nameOr(a.Name, a.ID), a.Source)) }, link: func(a row) string { return p.accountLink(a.ID) }},
			{head: "Why", as: asWrap, get: func(a row) value { return str(a.Reason) }},
			{head: "Severity", as: asMark, get: func(a row) value { return str(a.Severity) }},
			{head: "State", as: asWrap, get: func(a row) value {
				if a.Why != "" {
					return str(a.State + ": " + a.Why)
				}
				return str(a.State)
			}},
			{head: "Who acts", as: asWrap, get: func(a row) value { return str(strings.Trim(a.Role+", "+a.Owner, ", ")) }},
			{head: "Act by", as: asDate, get: func(a row) value { return day(a.Deadline) }},
			{head: "Play", as: asWrap, get: func(a row) value { return str(a.Play) }},
			{head: "Channel", as: asText, get: func(a row) value { return str(a.Channel) }},
			{head: "In the CRM; for a person to decide", as: asWrap, get: func(a row) value {
				return str(strings.Trim(a.Field+"\n"+strings.Join(a.Escalate, "; "), "\n"))
			}},
		}})
		if len(shown) < len(w.Alerts) {
			g.footnote("The first " + itoa(alertsShown) + " of " + itoa(len(w.Alerts)) + "; all of them are in alerts.parquet.")
		}
		g.repeat(a.head, a.head, 0)
	}
}
