package reports

import (
	"strings"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// renewals shows when customers can decide, and what ARR in which status does.
func (p *portfolioBook) renewals() {
	r := p.r.Renewals
	g := p.page(sheetRenewals, presentation, 32, 14, 14, 14, 14, 15, 19, 15, 14, 18, 20, 50)
	g.title("Renewals", "As of "+dayText(p.r.AsOf)+"   |   by the customer's last day to decide: renewal minus the notice period")
	if r.TopShare.Defined {
		g.callout("The " + itoa(len(r.Top)) + " largest accounts at risk that decide within " + itoa(int(portfolio.RenewalDays)) + " days or are overdue make " +
			p.sum(r.TopShare.Num) + " of the " + grouped(r.TopShare.Den) + " at risk in that time.")
		g.gap(1)
	}
	g.section("By decision deadline", "ARR"+p.money+" by status. In notice: the decision to leave is taken; by the end of service, and in no other column.")
	a := put(g, p.windowTable())
	for _, w := range r.Windows {
		if w.Why != "" {
			g.footnote(w.Name + ": " + w.Why + ".")
		}
	}
	g.gap(1)
	const high = 280
	ch := chart{
		kind: excelize.ColStacked, title: "ARR by decision deadline and status", x: "Last day to decide", y: "ARR" + p.money, number: thousands,
		width: 980, height: high, gap: 45, legend: true, alt: "ARR by decision deadline, one column a window, stacked by status",
	}
	for i, b := range p.bands {
		ch.series = append(ch.series, series{name: a.heading(1 + i), categories: a.values(0), values: a.values(1 + i), tone: b.tone.fill})
	}
	g.draw(g.left, g.row, ch)
	g.gap(chartRows(high))
	p.topRenewals(g)
	p.leaving(g)
	g.freeze(3, 4)
	g.seal()
}

func (p *portfolioBook) windowTable() table[portfolio.RenewalWindow] {
	type window = portfolio.RenewalWindow
	r := p.r.Renewals
	t := table[window]{name: "Renewals", bare: true, rows: r.Windows, total: []window{r.Total}, cols: []col[window]{
		{head: "Decides", as: asText, get: func(w window) value { return str(w.Name) }},
	}}
	for i, b := range p.r.Bands {
		t.cols = append(t.cols, col[window]{head: b.Band, as: asMoney, get: func(w window) value { return num(w.Bands[i].ARR) }})
	}
	t.cols = append(t.cols, []col[window]{
		{head: "All scored", as: asMoney, get: func(w window) value { return num(w.Total.ARR) }},
		{head: "Accounts", as: asCount, get: func(w window) value { return count(w.Total.Accounts) }},
		{head: p.risky(), as: asMoney, help: "ARR of the statuses that need intervention.", get: func(w window) value { return num(w.AtRisk.ARR) }},
		{head: "Of these, up to here", as: asMoney, help: "Overdue and every window up to this one.", get: func(w window) value { return fig(w.Ahead) }},
		{head: "Not scored", as: asMoney, get: func(w window) value { return num(w.NotScored.ARR) }},
		{head: "In notice, service ends", as: asMoney, help: "By the last day of service. The decision is taken; these accounts have no status.", get: func(w window) value { return num(w.InNotice.ARR) }},
	}...)
	return t
}

// risky names the statuses that need intervention.
func (p *portfolioBook) risky() string {
	var names []string
	for _, b := range p.r.Bands {
		if b.AtRisk {
			names = append(names, b.Band)
		}
	}
	return strings.Join(names, " and ")
}

func (p *portfolioBook) topRenewals(g *page) {
	rows := p.r.Renewals.Top
	if len(rows) == 0 {
		return
	}
	type row = portfolio.RenewalRow
	g.section("Largest at risk that decide soon", "Overdue or within "+itoa(int(portfolio.RenewalDays))+" days, the most ARR first. A click on a name leads to the account's row. A day that has passed is red.")
	put(g, table[row]{name: "Top_renewals", bare: true, rows: rows, cols: []col[row]{
		{head: "Account", as: asWrap, get: func(a row) value { return str(nameOr(a.Name, a.ID)) }, link: func(a row) string { return p.accountLink(a.ID) }},
		{head: "ARR" + p.money, as: asMoney, get: func(a row) value { return fig(a.ARR) }},
		{head: "Status", as: asBand, get: func(a row) value { return str(a.Band) }},
		{head: "Score", as: asScore, get: func(a row) value { return fig(a.Score) }},
		{head: "Change", as: asSigned, help: "Points since the prior review.", get: func(a row) value { return fig(a.Delta) }},
		{head: "Decide by", as: asDate, due: true, get: func(a row) value { return day(a.Deadline) }},
		{head: "Days left", as: asCount, help: "Negative: the day has passed.", get: func(a row) value { return count(int64(a.Days)) }},
		{head: "Renewal", as: asDate, get: func(a row) value { return day(a.Renewal) }},
		{head: "Play due", as: asDate, due: true, get: func(a row) value { return day(a.PlayDeadline) }},
		{head: "Owner", as: asWrap, get: func(a row) value { return str(a.Owner) }},
		{head: "Play", as: asWrap, get: func(a row) value { return str(a.Play) }},
		{head: "What happens next", as: asWrap, get: func(a row) value { return str(a.Action) }},
	}})
	g.gap(1)
}

func (p *portfolioBook) leaving(g *page) {
	rows := p.r.Renewals.Leaving
	if len(rows) == 0 {
		return
	}
	type row = portfolio.LeavingRow
	g.section("In notice", "Accounts that have decided to leave and still pay, the most ARR first.")
	put(g, table[row]{name: "In_notice", rows: rows, cols: []col[row]{
		{head: "Account", as: asWrap, get: func(a row) value { return str(nameOr(a.Name, a.ID)) }, link: func(a row) string { return p.accountLink(a.ID) }},
		{head: "ARR" + p.money, as: asMoney, get: func(a row) value { return fig(a.ARR) }},
		{head: "Decided", as: asDate, get: func(a row) value { return day(a.Decided) }},
		{head: "Service ends", as: asDate, get: func(a row) value { return day(a.End) }},
		{head: "Account id", as: asID, get: func(a row) value { return str(a.ID) }},
		{head: "Segment", as: asText, get: func(a row) value { return str(a.Segment) }},
		{head: "Owner", as: asWrap, get: func(a row) value { return str(a.Owner) }},
		{head: "Reason given", as: asWrap, get: func(a row) value { return str(a.Reason) }},
	}})
	g.gap(1)
}
