// Package scoretest gives tests the default framework's tables as a plan, typed
// in by hand from the scoring rules and so independent of the shipped file, and a
// builder of snapshots. It is for tests only; it derives nothing.
package scoretest

import (
	"math"

	"accounthealth/internal/plan"
)

// The default framework's signals, in order.
const (
	Activity = iota
	FeatureAdoption
	DaysSinceLogin
	UsageTrend
	CSAT
	Escalations
	Sentiment
	TicketTrend
	Payment
	Growth
	DowngradeRisk
	ContractTerm
	Sponsor
	Champion
	NPS
	QBR
)

var inf = math.Inf(1)

// row is a rung; exactly one of the range and the words is used.
type row struct {
	in       plan.Interval
	words    []string
	points   float64
	label    string
	severity plan.Severity
	risk     string
}

type def struct {
	name, label string
	pillar      int
	kind        plan.Kind
	unit        string
	domain      plan.Interval
	tenure      int32
	causable    bool
	factor      string
	rows        []row
}

func closed(lo, hi float64) plan.Interval { return plan.Interval{Lo: lo, Hi: hi} }
func from(lo, hi float64) plan.Interval   { return plan.Interval{Lo: lo, Hi: hi, HiOpen: true} }
func over(lo, hi float64) plan.Interval   { return plan.Interval{Lo: lo, Hi: hi, LoOpen: true} }
func inside(lo, hi float64) plan.Interval {
	return plan.Interval{Lo: lo, Hi: hi, LoOpen: true, HiOpen: true}
}

func words(w ...string) []string { return w }

var defs = []def{
	{"activity", "Activity", 0, plan.Level, "ratio", from(0, inf), 0, true, "", []row{
		{in: inside(0.7, inf), points: 30, label: "> 70%"},
		{in: closed(0.5, 0.7), points: 20, label: "50-70%"},
		{in: from(0.3, 0.5), points: 10, label: "30-50%"},
		{in: from(0, 0.3), points: 0, label: "< 30%", severity: plan.Critical, risk: "Low activity"},
	}},
	{"feature_adoption", "Feature adoption", 0, plan.Level, "ratio", from(0, inf), 0, true, "", []row{
		{in: inside(0.6, inf), points: 25, label: "> 60%"},
		{in: closed(0.4, 0.6), points: 15, label: "40-60%"},
		{in: from(0, 0.4), points: 5, label: "< 40%", severity: plan.Medium, risk: "Few features used"},
	}},
	{"days_since_login", "Days since last login", 0, plan.Level, "days", from(0, inf), 0, true, "", []row{
		{in: from(0, 7), points: 0, label: "< 7 days"},
		{in: from(7, 30), points: -20, label: "7-29 days", severity: plan.Medium, risk: "Logins have paused"},
		{in: from(30, inf), points: -40, label: ">= 30 days", severity: plan.Critical, risk: "No login for 30 days"},
	}},
	{"usage_trend", "Usage trend", 0, plan.Modifier, "", plan.Interval{}, 0, false, "", []row{
		{words: words("up"), points: 15, label: "up"},
		{words: words("stable"), points: 0, label: "stable"},
		{words: words("down"), points: -15, label: "down", severity: plan.Medium, risk: "Usage is falling"},
	}},
	{"csat", "CSAT", 1, plan.Level, "rating", closed(1, 5), 0, true, "", []row{
		{in: over(4.5, 5), points: 30, label: "> 4.5"},
		{in: closed(4, 4.5), points: 20, label: "4.0-4.5"},
		{in: from(3.5, 4), points: 10, label: "3.5-4.0"},
		{in: from(1, 3.5), points: 0, label: "< 3.5", severity: plan.Medium, risk: "Low CSAT"},
	}},
	{"escalations", "Escalations", 1, plan.Level, "", plan.Interval{}, 0, true, "", []row{
		{words: words("none"), points: 25, label: "none in 90 days"},
		{words: words("resolved"), points: 15, label: "resolved, none open"},
		{words: words("open"), points: -20, label: "open", severity: plan.High, risk: "Open escalation"},
	}},
	{"sentiment", "Sentiment", 1, plan.Modifier, "", plan.Interval{}, 0, true, "", []row{
		{words: words("positive", "neutral"), points: 0, label: "positive or neutral"},
		{words: words("negative"), points: -25, label: "negative", severity: plan.Medium, risk: "Negative sentiment"},
	}},
	{"ticket_trend", "Ticket trend", 1, plan.Modifier, "", plan.Interval{}, 0, false, "", []row{
		{words: words("down"), points: 10, label: "down"},
		{words: words("stable"), points: 0, label: "stable"},
		{words: words("up"), points: -10, label: "up", severity: plan.Medium, risk: "More tickets"},
	}},
	{"payment", "Payment", 2, plan.Level, "days", from(0, inf), 0, true, "commercial", []row{
		{in: closed(0, 0), points: 30, label: "current"},
		{in: inside(0, 60), points: 10, label: "1-59 days late", severity: plan.High, risk: "Late payment"},
		{in: from(60, inf), points: -20, label: ">= 60 days late", severity: plan.Critical, risk: "Payment 60 days late"},
	}},
	{"growth", "Growth", 2, plan.Modifier, "", plan.Interval{}, 0, true, "", []row{
		{words: words("upgrade_completed"), points: 30, label: "upgraded in the last 12 months"},
		{words: words("expansion_in_discussion"), points: 20, label: "expansion in discussion"},
		{words: words("none"), points: 0, label: "none"},
	}},
	{"downgrade_risk", "Downgrade risk", 2, plan.Modifier, "", plan.Interval{}, 0, true, "commercial", []row{
		{words: words("false"), points: 0, label: "no"},
		{words: words("true"), points: -30, label: "yes", severity: plan.High, risk: "Downgrade risk"},
	}},
	{"contract_term", "Contract term", 2, plan.Level, "months", from(0, inf), 0, false, "", []row{
		{in: inside(12, inf), points: 20, label: "> 12 months"},
		{in: over(1, 12), points: 0, label: "2-12 months"},
		{in: closed(0, 1), points: -10, label: "monthly", severity: plan.Medium, risk: "Monthly contract"},
	}},
	{"sponsor", "Executive sponsor", 3, plan.Level, "", plan.Interval{}, 0, true, "", []row{
		{words: words("active"), points: 30, label: "active"},
		{words: words("passive", "gone", "none"), points: 0, label: "passive, gone or none", severity: plan.Medium, risk: "No active sponsor"},
	}},
	{"champion", "Champion", 3, plan.Level, "", plan.Interval{}, 0, true, "", []row{
		{words: words("engaged"), points: 25, label: "engaged"},
		{words: words("weak", "none"), points: 0, label: "weak or none"},
		{words: words("left"), points: -30, label: "left, not replaced", severity: plan.Critical, risk: "Champion left"},
	}},
	{"nps", "NPS", 3, plan.Level, "rating", closed(0, 10), 0, false, "", []row{
		{in: closed(9, 10), points: 25, label: ">= 9"},
		{in: from(7, 9), points: 10, label: "7-8"},
		{in: from(0, 7), points: -20, label: "< 7", severity: plan.Critical, risk: "NPS detractor"},
	}},
	{"qbr", "QBR", 3, plan.Level, "", plan.Interval{}, 6, true, "", []row{
		{words: words("regular"), points: 20, label: "regular"},
		{words: words("sporadic"), points: 0, label: "sporadic"},
		{words: words("none"), points: -15, label: "none", severity: plan.Medium, risk: "No QBR"},
	}},
}

// DefaultPlan returns the default framework's tables: pillars, weights, ladders,
// bands, trend limits and missing-data policy. Derivations and plays are left
// out.
func DefaultPlan() *plan.Plan {
	p := &plan.Plan{
		Name: "account-health", Version: 1,
		Pillars: []plan.Pillar{
			{Name: "product", Label: "Product"},
			{Name: "support", Label: "Support"},
			{Name: "financial", Label: "Financial"},
			{Name: "relationship", Label: "Relationship"},
		},
		Missing: plan.Missing{ScoredFrom: 0.60, HealthyFrom: 0.75},
	}
	rules := plan.Rules{
		Weights: []float64{0.30, 0.20, 0.25, 0.25},
		Bands: []plan.Band{
			{Name: "Healthy", Min: 80, Colour: "green", Action: "Expand, get referrals", Expand: true},
			{Name: "Monitor", Min: 60, Colour: "yellow", Action: "Proactive engagement"},
			{Name: "At Risk", Min: 40, Colour: "orange", Action: "Intervention required", AtRisk: true},
			{Name: "Critical", Min: 0, Colour: "red", Action: "Executive escalation", AtRisk: true},
		},
		Trend:         plan.Trend{Improving: 10, Stable: 5},
		NotApplicable: make([]bool, len(defs)),
	}
	for i, d := range defs {
		s := plan.Signal{
			Name: d.name, Label: d.label, Pillar: d.pillar, Kind: d.kind, Unit: d.unit, Domain: d.domain,
			MinTenureMonths: d.tenure, Causable: d.causable, Factor: d.factor, Action: "Improve " + d.label + ".",
		}
		if s.Factor == "" {
			s.Factor = s.Name
		}
		var ladder []plan.Rung
		for _, r := range d.rows {
			rung := plan.Rung{Range: r.in, Points: r.points, Label: r.label, Severity: r.severity, Risk: r.risk}
			for _, w := range r.words {
				rung.Words = append(rung.Words, len(s.Words))
				s.Words = append(s.Words, w)
			}
			ladder = append(ladder, rung)
		}
		p.Signals = append(p.Signals, s)
		p.Pillars[d.pillar].Signals = append(p.Pillars[d.pillar].Signals, i)
		rules.Ladders = append(rules.Ladders, ladder)
	}
	p.Rules = []plan.Rules{rules}
	return p
}
