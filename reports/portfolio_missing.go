package reports

import (
	"strings"

	"accounthealth/internal/portfolio"
)

// missing shows whose status depends on missing data: how many under each way to
// treat the missing values, then each account.
func (p *portfolioBook) missing() {
	r := p.r
	cols := p.missingColumns()
	g := p.page(sheetMissing, presentation)
	fit(g, cols)
	g.title("Status depends on missing data", "As of "+dayText(r.AsOf)+"   |   the most ARR first   |   these accounts would have another status if their missing values were treated otherwise")
	g.footnote("The framework leaves missing values out. Worst and best: every missing value as bad, or as good, as it can be. Neutral: a value on which the score rests is taken half-way, one that only corrects it counts nothing.")
	g.gap(1)
	type policy = portfolio.MissingPolicy
	put(g, table[policy]{name: "Missing_policies", bare: true, rows: r.MissingPolicies, cols: []col[policy]{
		{head: "Missing values", as: asText, get: func(m policy) value { return str(m.Policy) }},
		{head: "Worse status, accounts", as: asCount, get: func(m policy) value { return count(m.Worse.Accounts) }},
		{head: "Worse status, ARR" + p.money, as: asMoney, get: func(m policy) value { return num(m.Worse.ARR) }},
		{head: "Better status, accounts", as: asCount, get: func(m policy) value { return count(m.Better.Accounts) }},
		{head: "Better status, ARR" + p.money, as: asMoney, get: func(m policy) value { return num(m.Better.ARR) }},
		{head: "Newly scored, accounts", as: asCount, help: "Accounts that are not scored, because too little is known, and would be.", get: func(m policy) value { return count(m.Scored.Accounts) }},
		{head: "Newly scored, ARR" + p.money, as: asMoney, get: func(m policy) value { return num(m.Scored.ARR) }},
	}})
	g.gap(1)
	a := stream(g, table[portfolio.MissingRow]{name: "Missing_data", cols: cols}, len(r.MissingRows), func(i int) portfolio.MissingRow { return r.MissingRows[i] })
	g.freeze(a.left+2, 4)
	g.repeat(a.head, a.head, 3)
	g.seal()
}

func (p *portfolioBook) missingColumns() []col[portfolio.MissingRow] {
	type row = portfolio.MissingRow
	cols := []col[row]{
		{head: "Account id", as: asID, width: 16, get: func(m row) value { return str(m.ID) }},
		{head: "Account", as: asText, width: 32, link: func(m row) string { return p.accountLink(m.ID) }, get: func(m row) value { return str(m.Name) }},
		{head: "Owner", as: asText, width: 19, get: func(m row) value { return str(m.Owner) }},
		{head: "Segment", as: asText, width: 15, get: func(m row) value { return str(m.Segment) }},
		{head: "ARR" + p.money, as: asMoney, width: 16, get: func(m row) value { return fig(m.ARR) }},
		{head: "Status", as: asBand, width: 14, get: func(m row) value { return str(m.Status) }},
		{head: "Score", as: asScore, width: 16, get: func(m row) value { return fig(m.Score) }},
	}
	for k, policy := range p.r.MissingPolicies {
		cols = append(cols, col[row]{
			head: "Status, " + policy.Policy, as: asBand, width: 14, help: "With the missing values at their " + policy.Policy + ".",
			get: func(m row) value { return str(m.ByPolicy[k+1]) }, // the first is the framework's own
		}, col[row]{
			head: "Score, " + policy.Policy, as: asScore, width: 12, get: func(m row) value { return fig(m.ScoreByPolicy[k+1]) },
		})
		if policy.Policy == "neutral" {
			cols[len(cols)-2].help = "With the missing values half-way, or counting nothing."
		}
	}
	cols = append(cols,
		col[row]{head: "Coverage", as: asPercent, width: 12, help: "The known share of the points that the account's signals could give.", get: func(m row) value { return fig(m.Coverage) }},
		col[row]{head: "Lowest", as: asScore, width: 11, help: "The lowest score that any values of what is missing would give.", get: func(m row) value { return fig(m.Low) }},
		col[row]{head: "Highest", as: asScore, width: 11, get: func(m row) value { return fig(m.High) }},
	)
	for k := range p.r.PillarDefs {
		cols = append(cols, col[row]{
			head: "Weight of " + p.r.PillarDefs[k].Label, as: asPercent, width: 17, help: "The effective weight: the framework's, times what is known of the pillar.",
			get: func(m row) value { return fig(m.Weights[k]) },
		})
	}
	return append(cols, col[row]{head: "What is missing", as: asWrap, width: 60, get: func(m row) value { return str(strings.Join(m.Missing, "\n")) }})
}

// byHand lists the values that somebody set, and whether they were right.
func (p *portfolioBook) byHand() {
	type row = portfolio.OverrideRow
	cols := []col[row]{
		{head: "Account id", as: asID, width: 13, get: func(o row) value { return str(o.ID) }},
		{head: "Account", as: asText, width: 32, link: func(o row) string { return p.accountLink(o.ID) }, get: func(o row) value { return str(o.Name) }},
		{head: "Owner", as: asText, width: 19, get: func(o row) value { return str(o.Owner) }},
		{head: "What is set", as: asText, width: 20, get: func(o row) value { return str(o.Target) }},
		{head: "Value", as: asMark, width: 16, get: func(o row) value { return str(o.Value) }},
		{head: "From", as: asDate, width: 14, get: func(o row) value { return day(o.From) }},
		{head: "Until", as: asDate, width: 14, help: "The last day; blank without an end.", get: func(o row) value { return day(o.Until) }},
		{head: "State", as: asMark, width: 15, get: func(o row) value { return str(string(o.State)) }},
		{head: "Was it right?", as: asMark, width: 16, help: "A value says that an account is better, or worse, than what was measured. A loss, or what is measured 90 days later, tells.", get: func(o row) value { return str(o.Outcome) }},
		{head: "Because", as: asWrap, width: 44, get: func(o row) value { return str(o.Because) }},
		{head: "Reason given", as: asWrap, width: 44, get: func(o row) value { return str(o.Reason) }},
		{head: "Set by", as: asText, width: 20, get: func(o row) value { return str(o.Author) }},
	}
	g := p.page(sheetByHand, presentation)
	fit(g, cols)
	g.title("Values set by hand", "As of "+dayText(p.r.AsOf)+"   |   what people know better than the data, and whether they were right")
	a := stream(g, table[row]{name: "Set_by_hand", cols: cols}, len(p.r.Overrides), func(i int) row { return p.r.Overrides[i] })
	g.freeze(a.left+2, a.first())
	g.repeat(a.head, a.head, 3)
	g.seal()
}
