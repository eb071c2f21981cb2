package mapping

import (
	"fmt"
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
	Ratio  bool     // a share: 0.8, not 80
	// Routes are the alternative ways to derive it; one whose needs are all
	// mapped suffices. A column of the signals source always does.
	Routes [][]Need
}

// Need is one column that a derivation reads.
type Need struct {
	Source, Column string
	// Placing: it only places rows in time, so a current table, which is as of
	// today, can do without it; but not where the derivation compares times.
	Placing bool
}

// maxRoutes bounds the alternatives of one signal; beyond, later ones are not
// looked at.
const maxRoutes = 32

// SignalsOf reads the signals of a compiled framework.
func SignalsOf(p *plan.Plan) []Signal {
	out := make([]Signal, 0, len(p.Signals))
	for i := range p.Signals {
		s := &p.Signals[i]
		if s.Kind == plan.Flag {
			continue // no score waits for it
		}
		sig := Signal{
			Name: s.Name, Words: s.Words, Lo: s.Domain.Lo, Hi: s.Domain.Hi,
			Ratio: s.Unit == "ratio", Routes: routes(&s.Derive),
		}
		if s.Pillar >= 0 && s.Pillar < len(p.Pillars) {
			sig.Pillar = p.Pillars[s.Pillar].Name
		}
		out = append(out, sig)
	}
	return out
}

// routes lists the sets of columns of which any one suffices: both sides of a
// ratio, one test of every branch of a case, any alternative of the rest.
func routes(d *plan.Derivation) [][]Need {
	switch {
	case d.Agg != nil:
		return needs(d.Agg, false)
	case d.DaysSince != nil:
		return needs(d.DaysSince, false)
	case d.Ratio != nil:
		return both(needs(&d.Ratio.Num, false), needs(&d.Ratio.Den, false))
	case d.Trend != nil:
		return needs(&d.Trend.Agg, true)
	case d.Case != nil:
		out := [][]Need{nil}
		for i := range d.Case.Branches {
			var any [][]Need
			for j := range d.Case.Branches[i].Tests {
				any = append(any, needs(&d.Case.Branches[i].Tests[j].Agg, false)...)
			}
			out = both(out, any)
		}
		return out
	case d.Signal != nil:
		return [][]Need{{{Source: "signals", Column: d.Signal.Column}}}
	}
	var out [][]Need
	for i := range d.FirstOf {
		out = append(out, routes(&d.FirstOf[i].Derive)...)
	}
	for _, a := range d.LatestOf {
		out = append(out, needs(a, false)...)
	}
	return out
}

// both joins every route of a with every route of b.
func both(a, b [][]Need) [][]Need {
	var out [][]Need
	for _, x := range a {
		for _, y := range b {
			joined := slices.Clone(x)
			for _, n := range y {
				if !slices.Contains(joined, n) {
					joined = append(joined, n)
				}
			}
			if len(out) < maxRoutes {
				out = append(out, joined)
			}
		}
	}
	return out
}

// needs lists what an aggregate reads: everything but its At columns, of which
// one is enough.
func needs(a *plan.Agg, compares bool) [][]Need {
	var all []Need
	add := func(column string) {
		n := Need{Source: a.Source, Column: column}
		if column != "" && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	add(a.Column)
	add(a.By)
	for _, c := range a.Where {
		add(c.Column)
	}
	add(a.From)
	add(a.Until)
	if len(a.At) == 0 {
		return [][]Need{all}
	}
	placing := !compares && a.Shift == 0 && a.Func != plan.Periods && a.Func != plan.Count
	var out [][]Need
	for _, at := range slices.Backward(a.At) { // the last resort is the likeliest
		if slices.Contains(all, Need{Source: a.Source, Column: at}) {
			return [][]Need{all}
		}
		out = append(out, append(slices.Clone(all), Need{a.Source, at, placing}))
	}
	return out
}

func (s *Signal) target() target {
	tg := target{source: "signals", name: s.Name, words: s.Words, isSignal: true, weight: 1, lo: s.Lo, hi: s.Hi, ratio: s.Ratio, role: source.Number}
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
	case tg.ratio && c.lo >= 0 && c.hi > 5 && c.hi <= 1000:
		r.problem = fmt.Sprintf("reaches %s, so it is a percentage; export it as a share, 0.8 for 80%%", short(c.hi))
	case c.lo >= tg.lo && c.hi <= tg.hi:
		if tg.hi <= 1000 || tg.ratio {
			r.say("values lie between %s and %s", short(c.lo), short(c.hi))
			return 0.6
		}
		return 0.2
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
		case src != nil && src.column(n.Column) != nil:
			today = today || src.Layout == source.Current
		case src != nil && src.Layout == source.Current && n.Placing:
		case src != nil && src.Layout == source.Current && !n.Placing && src.isTime(n.Column):
			out = append(out, "dated rows ("+n.Source+"."+n.Column+")")
		default:
			out = append(out, n.Source+"."+n.Column)
		}
	}
	return out, today
}

// isTime reports whether a column is what dates the source's rows.
func (s *Source) isTime(column string) bool {
	c := source.Find(s.Name)
	return c != nil && c.Time == column
}

func routeText(route []Need) string {
	var cols []string
	if len(route) == 0 {
		return "nothing"
	}
	for _, n := range route {
		if !n.Placing {
			cols = append(cols, n.Source+"."+n.Column)
		}
	}
	if cols == nil {
		cols = append(cols, route[0].Source+"."+route[0].Column)
	}
	return strings.Join(cols, ", ")
}
