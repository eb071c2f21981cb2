package mapping

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/source"
)

// Signal is what init has to know about one signal of the framework.
type Signal struct {
	Name   string
	Pillar string
	Words  []string // closed vocabulary; nil for a number
	Lo, Hi float64  // domain of a number
	// Routes are the alternative ways to derive it; one whose needs are all
	// mapped suffices. A column of the signals source always does.
	Routes [][]Need
}

// Need is one column that a derivation reads.
type Need struct {
	Source, Column string
	Time           bool // it only places rows in time: not needed of a current table
	History        bool // it needs dated rows: a current table cannot give it
}

// SignalsOf reads the signals of a compiled framework.
func SignalsOf(p *plan.Plan) []Signal {
	out := make([]Signal, 0, len(p.Signals))
	for i := range p.Signals {
		s := &p.Signals[i]
		sig := Signal{Name: s.Name, Words: s.Words, Lo: s.Domain.Lo, Hi: s.Domain.Hi, Routes: routes(&s.Derive)}
		if s.Pillar >= 0 && s.Pillar < len(p.Pillars) {
			sig.Pillar = p.Pillars[s.Pillar].Name
		}
		out = append(out, sig)
	}
	return out
}

// routes flattens a derivation: alternatives are alternatives, everything else
// is needed together. A ready-made column needs no route.
func routes(d *plan.Derivation) [][]Need {
	var out [][]Need
	for i := range d.FirstOf {
		out = append(out, routes(&d.FirstOf[i].Derive)...)
	}
	for _, a := range d.LatestOf {
		out = append(out, needs(a, false))
	}
	if d.Signal != nil {
		return [][]Need{{{Source: "signals", Column: d.Signal.Column}}}
	}
	if out != nil {
		return out
	}
	var all []Need
	d.Aggs(func(a *plan.Agg) {
		for _, n := range needs(a, d.Trend != nil || a.Shift > 0 || a.Func == plan.Periods) {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	})
	if all == nil {
		return nil
	}
	return [][]Need{all}
}

func needs(a *plan.Agg, history bool) []Need {
	var out []Need
	add := func(column string, time bool) {
		n := Need{Source: a.Source, Column: column, Time: time, History: history}
		if column != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	add(a.Column, false)
	add(a.By, false)
	for _, c := range a.Where {
		add(c.Column, false)
	}
	add(a.From, true)
	if len(a.At) > 0 {
		// The moment is the first that is known: the last resort is always there
		// where rows are placed at all, so it alone is needed.
		add(a.At[len(a.At)-1], true)
	}
	return out
}

// DefaultSignals restates, for init's purposes, what the shipped framework
// account-health reads; SignalsOf gives the same for any compiled framework.
func DefaultSignals() []Signal {
	now := func(cols ...string) []Need { return parseNeeds(false, cols) }
	past := func(cols ...string) []Need { return parseNeeds(true, cols) }
	inf := math.Inf(1)
	number := func(pillar, name string, lo, hi float64, routes ...[]Need) Signal {
		return Signal{Name: name, Pillar: pillar, Lo: lo, Hi: hi, Routes: routes}
	}
	word := func(pillar, name, words string, routes ...[]Need) Signal {
		return Signal{Name: name, Pillar: pillar, Words: strings.Fields(words), Routes: routes}
	}
	return []Signal{
		number("product", "activity", 0, 1, now("usage.active_users", "usage.licensed_seats", "@usage.date"), now("usage.active_users", "usage.monthly_active_users", "@usage.date")),
		number("product", "feature_adoption", 0, 1, now("usage.features_used", "usage.features_available", "@usage.date")),
		number("product", "days_since_login", 0, inf, now("usage.last_login_at", "@usage.date"), past("usage.logins", "@usage.date")),
		word("product", "usage_trend", "up stable down", past("usage.active_users", "@usage.date")),
		number("support", "csat", 1, 5, now("tickets.csat", "@tickets.opened_at")),
		word("support", "escalations", "none resolved open", now("tickets.escalated", "tickets.closed_at", "@tickets.opened_at")),
		word("support", "sentiment", "negative neutral positive", now("tickets.sentiment", "@tickets.opened_at"), now("pulse.sentiment", "@pulse.rated_at")),
		word("support", "ticket_trend", "down stable up", past("@tickets.opened_at")),
		number("financial", "payment", 0, inf, now("invoices.due_date", "invoices.paid_at")),
		word("financial", "growth", "upgrade expansion none", now("opportunities.kind", "opportunities.stage", "@opportunities.opened_at")),
		word("financial", "downgrade_risk", "true false", now("opportunities.kind", "opportunities.stage", "@opportunities.opened_at")),
		number("financial", "contract_term", 0, inf, now("subscriptions.term_months", "@subscriptions.start")),
		word("relationship", "sponsor", "active passive gone none", now("contacts.role", "contacts.status", "@contacts.since")),
		word("relationship", "champion", "engaged strong weak none left", now("contacts.role", "contacts.status", "contacts.left_at", "@contacts.since")),
		number("relationship", "nps", 0, 10, now("nps.score", "@nps.responded_at")),
		word("relationship", "qbr", "regular sporadic none", past("meetings.kind", "meetings.attended", "@meetings.held_at")),
	}
}

// parseNeeds reads "source.column"; "@" marks a column that places rows in time.
func parseNeeds(history bool, cols []string) []Need {
	var out []Need
	for _, c := range cols {
		c, time := strings.CutPrefix(c, "@")
		src, col, _ := strings.Cut(c, ".")
		out = append(out, Need{Source: src, Column: col, Time: time, History: history})
	}
	return out
}

func (s *Signal) target() target {
	tg := target{source: "signals", name: s.Name, words: s.Words, isSignal: true, weight: 1, lo: s.Lo, hi: s.Hi, role: source.Number}
	if s.Words != nil {
		tg.role = source.Text
	}
	tg.names = vocabulary().signals[s.Name]
	if tg.names == nil {
		tg.names = parseAliases(strings.ReplaceAll(s.Name, "_", " "))
	}
	return tg
}

// signalValues weighs a column against a signal's words or domain.
func (r *rating) signalValues(tg *target, c *column, samples []string) float64 {
	if tg.words != nil {
		yesNo := slices.Contains(tg.words, "true")
		switch {
		case c.kind == Flag && yesNo:
			r.say("values are flags")
			return 0.8
		case len(samples) == 0:
			return 0
		}
		fit := r.vocabularyFit(samples, func(v string) bool {
			return slices.ContainsFunc(tg.words, func(w string) bool { return strings.EqualFold(w, strings.TrimSpace(v)) })
		})
		if fit < 0 {
			r.problem = fmt.Sprintf("holds values such as %q; export the words %s", first(samples), strings.Join(tg.words, ", "))
		} else if fit < 0.8 {
			r.doubt = "not all of its values are words of the signal: " + strings.Join(tg.words, ", ")
		}
		return fit
	}
	if !c.ranged {
		return 0
	}
	switch {
	case c.lo >= tg.lo && c.hi <= tg.hi:
		if tg.hi <= 1000 {
			r.say("values lie between %s and %s", short(c.lo), short(c.hi))
			return 0.6
		}
		return 0.2
	case tg.lo == 0 && tg.hi == 1 && c.lo >= 0 && c.hi <= 200:
		r.problem = fmt.Sprintf("reaches %s, so it is a percentage; export it as a share between 0 and 1", short(c.hi))
	default:
		r.problem = fmt.Sprintf("holds values from %s to %s, outside %s to %s", short(c.lo), short(c.hi), short(tg.lo), short(tg.hi))
	}
	return -1
}

// SignalState says whether a signal can be computed with a mapping.
type SignalState struct {
	Name, Pillar string
	Computable   bool
	From         string // "usage.active_users, usage.licensed_seats" or what it lacks
	// TodayOnly: it comes from a table without dates, so no past date has it.
	TodayOnly bool
}

// states judges every signal against the usable sources.
func (m *Mapping) states(signals []Signal) []SignalState {
	out := make([]SignalState, 0, len(signals))
	for i := range signals {
		s := &signals[i]
		st := SignalState{Name: s.Name, Pillar: s.Pillar}
		if src := m.usable("signals"); src != nil && src.column(s.Name) != nil {
			st.Computable, st.From = true, "signals."+s.Name
			st.TodayOnly = src.Layout == source.Current
		}
		var shortest []string
		for _, route := range s.Routes {
			if st.Computable {
				break
			}
			lacks, today := m.lacks(route)
			if len(lacks) == 0 {
				st.Computable, st.TodayOnly, st.From = true, today, routeText(route)
			} else if shortest == nil || len(lacks) < len(shortest) {
				shortest = lacks
			}
		}
		if !st.Computable {
			st.From = "needs " + strings.Join(shortest, ", ")
			if shortest == nil {
				st.From = "needs signals." + s.Name
			}
		}
		out = append(out, st)
	}
	return out
}

// lacks lists the needs of a route that the mapping does not meet, and whether
// what it has is known today only.
func (m *Mapping) lacks(route []Need) (out []string, today bool) {
	for _, n := range route {
		src := m.usable(n.Source)
		switch {
		case src == nil || src.column(n.Column) == nil:
			if src != nil && src.Layout == source.Current && n.Time && !n.History {
				continue
			}
			out = append(out, n.Source+"."+n.Column)
		case src.Layout == source.Current && n.History:
			out = append(out, "dated rows in "+n.Source)
		case src.Layout == source.Current:
			today = true
		}
	}
	return out, today
}

func routeText(route []Need) string {
	var cols []string
	for _, n := range route {
		if !n.Time {
			cols = append(cols, n.Source+"."+n.Column)
		}
	}
	if cols == nil {
		cols = append(cols, route[0].Source+"."+route[0].Column)
	}
	return strings.Join(cols, ", ")
}
