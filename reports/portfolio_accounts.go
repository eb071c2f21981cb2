package reports

import (
	"slices"
	"strings"

	"accounthealth/internal/portfolio"
)

// atRisk lists every account in an at-risk status, the most ARR first.
func (p *portfolioBook) atRisk() {
	type row = portfolio.AtRiskRow
	link := func(a row) string { return p.accountLink(a.ID) }
	t := table[row]{name: "At_risk", cols: []col[row]{
		{head: "Account id", as: asID, width: 13, get: func(a row) value { return str(a.ID) }},
		{head: "Account", as: asText, width: 32, link: link, get: func(a row) value { return str(a.Name) }},
		{head: "Owner", as: asText, width: 19, get: func(a row) value { return str(a.Owner) }},
		{head: "Segment", as: asText, width: 14, get: func(a row) value { return str(a.Segment) }},
		{head: "ARR" + p.money, as: asMoney, width: 14, get: func(a row) value { return num(a.ARR) }},
		{head: "Score", as: asScore, width: 10, get: func(a row) value { return num(a.Score) }},
		{head: "Status", as: asBand, width: 12, get: func(a row) value { return str(a.Band) }},
		{head: "Change", as: asSigned, width: 11, help: "Points since the prior review.", get: func(a row) value { return fig(a.Delta) }},
		{head: "Trend", as: asText, width: 21, get: func(a row) value { return str(a.Trend) }},
		{head: "Decide by", as: asDate, due: true, width: 14, help: "The last day to give notice: renewal minus the notice period.", get: func(a row) value { return day(a.Deadline) }},
		{head: "Days left", as: asCount, width: 9, help: "Days from the as-of date to the decision deadline; negative when it has passed.", get: func(a row) value { return fig(a.DaysToDeadline) }},
		{head: "Risks, most severe first", as: asWrap, width: 74, get: func(a row) value { return str(strings.Join(a.Risks, "\n")) }},
		{head: "First action", as: asWrap, width: 36, help: "The single change that would raise the score most.", get: func(a row) value { return str(a.Action) }},
		{head: "Gain, points", as: asSigned, width: 11, help: "Points the score would gain from the first action.", get: func(a row) value { return num(a.Gain) }},
		{head: "Play", as: asWrap, width: 20, get: func(a row) value { return str(a.Play) }},
		{head: "Play owner", as: asText, width: 26, get: func(a row) value { return str(a.PlayOwner) }},
		{head: "Play due", as: asDate, due: true, width: 14, get: func(a row) value { return day(a.PlayDeadline) }},
		{head: "Save plan", as: asText, width: 14, link: p.planLink, get: func(a row) value {
			if p.planLink(a) == "" {
				return value{}
			}
			return str("see the plan")
		}},
		{head: "Save rate", as: asPercent, width: 11, help: "Of the closed saves that began in the account's status, the share that succeeded.", get: func(a row) value { return fig(a.Chance) }},
		{head: "Saved of", as: asMark, width: 12, help: "The saves that succeeded, of those that were closed.", get: func(a row) value { return str(ofText(a.Chance)) }},
		{head: "For a person to decide", as: asWrap, width: 26, help: "Why nobody should leave this account to a routine.", get: func(a row) value { return str(strings.Join(a.Escalate, "; ")) }},
		{head: "Renewal", as: asDate, width: 14, get: func(a row) value { return day(a.Renewal) }},
	}}
	some := func(has func(row) bool) bool { return slices.ContainsFunc(p.r.AtRisk, has) }
	planned, rated := some(func(a row) bool { return p.planLink(a) != "" }), some(func(a row) bool { return a.Chance.Defined })
	decided := some(func(a row) bool { return len(a.Escalate) > 0 })
	t.cols = columnsIf(t.cols, func(head string) bool {
		switch head {
		case "Save plan":
			return planned
		case "Save rate", "Saved of":
			return rated
		case "For a person to decide":
			return decided
		}
		return true
	})
	g := p.page(sheetAtRisk, presentation)
	fit(g, t.cols)
	g.title("Accounts at risk", "As of "+dayText(p.r.AsOf)+"   |   the most ARR first   |   a click on a name leads to the account's row   |   a day that has passed is red")
	a := stream(g, t, len(p.r.AtRisk), func(i int) row { return p.r.AtRisk[i] })
	g.freeze(a.left+2, a.first())
	g.repeat(a.head, a.head, 3)
	g.seal()
}

// planLink is a formula for the place of the first task of an account's plan, ""
// where none is listed. Like accountLink it searches the ids.
func (p *portfolioBook) planLink(a portfolio.AtRiskRow) string {
	var c census
	key := wildcards.Replace(c.clean(a.ID))
	if a.Plan < 0 || a.Plan >= len(p.r.Plans) || p.r.Plans[a.Plan].ID != a.ID || len(p.r.Plans[a.Plan].Tasks) == 0 || tooLong(key) {
		return ""
	}
	sheet := quoteSheet(sheetPlans)
	return quoteText("#"+sheet+"!"+taskIDs) + "&MATCH(" + quoteText(key) + "," + sheet + "!$" + taskIDs + ":$" + taskIDs + ",0)"
}

// accountsSheet names the n-th sheet of accounts, from 0.
func accountsSheet(n int) string {
	if n == 0 {
		return sheetAccounts
	}
	return sheetAccounts + " " + itoa(n+1)
}

// accounts writes one row an account, on as many sheets as they need.
func (p *portfolioBook) accounts() {
	type row = *portfolio.AccountRow
	var buf portfolio.AccountRow
	per := p.opt.rowsPerSheet()
	for from := 0; from < p.accountRows(); from += per {
		name := accountsSheet(from / per)
		g := p.page(name, flat)
		t := table[row]{name: name, cols: p.accountColumns()}
		a := stream(g, t, min(per, p.accountRows()-from), func(i int) row {
			p.r.Accounts.Row(from+i, &buf)
			return &buf
		})
		g.freeze(3, a.first())
		g.repeat(1, 1, 2)
		g.print(3)
		g.seal()
	}
}

func (p *portfolioBook) accountColumns() []col[*portfolio.AccountRow] {
	type row = *portfolio.AccountRow
	yes := func(b bool) value {
		if b {
			return str("yes")
		}
		return str("no")
	}
	cols := []col[row]{
		{head: "Account id", as: asID, width: 14, get: func(a row) value { return str(a.ID) }},
		{head: "Account", as: asText, width: 32, get: func(a row) value { return str(a.Name) }},
		{head: "Owner", as: asText, width: 18, get: func(a row) value { return str(a.Owner) }},
		{head: "Segment", as: asText, width: 14, get: func(a row) value { return str(a.Segment) }},
		{head: "ARR" + p.money, as: asMoney, width: 14, get: func(a row) value { return fig(a.ARR) }},
		{head: "Score", as: asScore, width: 11, help: "0 to 100, high = healthy, rounded half up to tenths.", get: func(a row) value { return fig(a.Score) }},
		{head: "Headline", as: asCount, width: 12, help: "The score without its decimals; statuses are cut by it.", get: func(a row) value { return fig(a.Headline) }},
		{head: "Status", as: asBand, width: 13, get: func(a row) value { return str(a.Band) }},
		{head: "Colour", as: asText, width: 11, get: func(a row) value { return str(a.Colour) }},
		{head: "Trend", as: asText, width: 21, get: func(a row) value { return str(a.Trend) }},
		{head: "Change", as: asSigned, width: 12, help: "Points since the prior review, restated.", get: func(a row) value { return fig(a.Delta) }},
		{head: "Change, 90 days", as: asSigned, width: 12, get: func(a row) value { return fig(a.Delta90) }},
		{head: "Class", as: asText, width: 13, help: "Customer, not scored, onboarding, in notice and so on.", get: func(a row) value { return str(a.Class) }},
	}
	for i, d := range p.r.PillarDefs {
		cols = append(cols, col[row]{
			head: nameOr(d.Label, d.Name) + " score", as: asScore, width: 16, help: d.Question,
			get: func(a row) value {
				if i >= len(a.Pillars) {
					return value{}
				}
				return fig(a.Pillars[i])
			},
		})
	}
	return append(cols, []col[row]{
		{head: "Coverage", as: asPercent, width: 12, help: "The share of the points that could be judged from known values.", get: func(a row) value { return fig(a.Coverage) }},
		{head: "Lowest possible", as: asScore, width: 12, help: "The score if every missing value were the worst.", get: func(a row) value { return fig(a.Low) }},
		{head: "Highest possible", as: asScore, width: 12, help: "The score if every missing value were the best.", get: func(a row) value { return fig(a.High) }},
		{head: "Provisional because", as: asText, width: 26, get: func(a row) value { return str(a.Provisional) }},
		{head: "Capped by rule", as: asText, width: 26, help: "The rule of the framework that keeps the status down, whatever the score is.", get: func(a row) value { return str(a.CappedBy) }},
		{head: "Set by hand", as: asText, width: 32, help: "Values that people entered in the place of what the data say: what, until when, why and who.", get: func(a row) value { return str(a.Override) }},
		{head: "Status depends on missing data", as: asMark, width: 22, get: func(a row) value { return yes(a.DependsOnMissing) }},
		{head: "Top risk", as: asText, width: 40, get: func(a row) value { return str(a.TopRisk) }},
		{head: "First action", as: asText, width: 36, get: func(a row) value { return str(a.Action) }},
		{head: "Gain, points", as: asSigned, width: 12, get: func(a row) value { return fig(a.Gain) }},
		{head: "Play", as: asText, width: 28, get: func(a row) value { return str(a.Play) }},
		{head: "Play owner", as: asText, width: 26, get: func(a row) value { return str(a.PlayOwner) }},
		{head: "Play due", as: asDate, width: 14, get: func(a row) value { return day(a.PlayDeadline) }},
		{head: "Customer since", as: asDate, width: 14, get: func(a row) value { return day(a.Start) }},
		{head: "Renewal", as: asDate, width: 14, get: func(a row) value { return day(a.Renewal) }},
		{head: "Decide by", as: asDate, width: 14, help: "The last day to give notice: renewal minus the notice period.", get: func(a row) value { return day(a.Deadline) }},
		{head: "Tenure, months", as: asCount, width: 12, get: func(a row) value { return fig(a.TenureMonths) }},
		{head: "Tier", as: asText, width: 12, get: func(a row) value { return str(a.Tier) }},
		{head: "Industry", as: asText, width: 22, get: func(a row) value { return str(a.Industry) }},
		{head: "Region", as: asText, width: 14, get: func(a row) value { return str(a.Region) }},
		{head: "Parent", as: asID, width: 14, get: func(a row) value { return str(a.Parent) }},
		{head: "CRM id", as: asID, width: 24, get: func(a row) value { return str(a.CRMID) }},
	}...)
}
