package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// churnNeeds are the columns that calibration cannot do without, and the one
// that makes it better.
var churnNeeds = []Unfound{
	{"account_id", true, "the account that was lost, as accounts names it"},
	{"decision_date", true, "the day the customer decided; end_date (last day of service) where that is not recorded"},
	{"kind", false, "logo or downsell, or a reason: losses that say nothing about health can then be left out"},
}

// churn says what calibration has, and where losses could be read from instead.
func (g *guesser) churn() Churn {
	var out Churn
	if s := g.m.usable("churn"); s != nil && (s.Column("decision_date") != "" || s.Column("end_date") != "" || s.Column("notice_date") != "") {
		out.Found = true
		return out
	}
	out.Needs = slices.Clone(churnNeeds)
	if g.home >= 0 {
		t := &g.tables[g.home]
		for j := range t.cols {
			if hint := churnHint(&t.cols[j]); hint != "" {
				out.Hints = append(out.Hints, fmt.Sprintf("%s.%s %s", t.Path, t.cols[j].Name, hint))
			}
		}
	}
	if s := g.m.usable("subscriptions"); s != nil && s.Column("end") != "" {
		out.Hints = append(out.Hints, fmt.Sprintf("%s.%s: a subscription that ends without a successor is a loss", s.Path, s.Column("end")))
	}
	return out
}

var (
	lossWords   = set("churned churn cancelled canceled lost former inactive terminated closed ex-customer")
	endingNames = parseAliases("churn date|churned at|cancelled at|cancellation date|cancel date|termination date|terminated at|deleted at|closed at|end date|contract end date|service end date|lost date|deactivated at|offboarded at")
	statusNames = parseAliases("status|account status|lifecycle stage|customer stage|customer status|account type|is churned|churned|is active|active")
)

// churnHint says how a column of the accounts table could date or tell losses.
func churnHint(c *column) string {
	best := func(names []alias) float64 {
		s := 0.0
		for _, a := range names {
			s = max(s, similarity(c.words, a.words))
		}
		return s
	}
	switch {
	case c.kind == Time && best(endingNames) >= 0.9 && !c.empty:
		return "could date losses: its rows with a date, as account_id and end_date"
	case best(statusNames) < 0.85:
		return ""
	case c.kind == Flag:
		return "tells which accounts were lost, but not when: add the date"
	}
	for _, s := range c.Samples {
		if lossWords[strings.ToLower(strings.TrimSpace(s))] {
			return fmt.Sprintf("tells which accounts were lost (%q), but not when: add the date", strings.TrimSpace(s))
		}
	}
	return ""
}
