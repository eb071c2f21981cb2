package framework

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// Change is one difference between two frameworks, as their author would say it.
// Old is "" where something was added, New where it was removed.
type Change struct {
	Where string `json:"where"` // "signals.nps.ladder"
	What  string `json:"what"`  // "points of >= 9"
	Old   string `json:"old"`
	New   string `json:"new"`
}

// Diff lists what changed from one framework to the next: general settings,
// pillars and weights, signals, ladders row by row, bands, caps, overrides, plays,
// matrix, alerts, CRM fields, reviews and sources, in the order of the new file with removals behind. Comments and the
// order of keys are no change. Nothing is listed exactly when both say the same.
func Diff(old, now *Framework) []Change {
	d := differ{old: old, now: now}
	a, b := old.Plan, now.Plan
	d.text("framework", "name", a.Name, b.Name)
	d.text("framework", "version", strconv.Itoa(a.Version), strconv.Itoa(b.Version))
	d.text("framework", "description", old.Description, now.Description)
	d.text("framework", "scale", a.Scale.String(), b.Scale.String())
	d.text("missing", "scored_from", yamlfile.FormatPercent(a.Missing.ScoredFrom), yamlfile.FormatPercent(b.Missing.ScoredFrom))
	d.text("missing", "healthy_from", yamlfile.FormatPercent(a.Missing.HealthyFrom), yamlfile.FormatPercent(b.Missing.HealthyFrom))
	d.pillars()
	d.signals()
	d.rules("", &a.Rules[0], &b.Rules[0])
	d.segments()
	d.plays()
	d.actions()
	d.sources()
	return d.out
}

type differ struct {
	old, now *Framework
	out      []Change
}

func (d *differ) text(where, what, old, now string) {
	if old != now {
		d.out = append(d.out, Change{where, what, old, now})
	}
}

// pairs calls f for every named thing of the new list, with its index in the old
// one or -1, and then for those of the old list that are gone, with -1 for the
// new.
func pairs(old, now []string, f func(name string, i, j int)) {
	for j, name := range now {
		f(name, slices.Index(old, name), j)
	}
	for i, name := range old {
		if !slices.Contains(now, name) {
			f(name, i, -1)
		}
	}
}

// whole notes that a named thing was added or removed; there reports whether it
// is on both sides.
func (d *differ) whole(where, kind, name string, i, j int) (there bool) {
	switch {
	case i < 0:
		d.text(where, kind, "", name)
	case j < 0:
		d.text(where, kind, name, "")
	}
	return i >= 0 && j >= 0
}

func pillarNames(p *plan.Plan) []string {
	var out []string
	for i := range p.Pillars {
		out = append(out, p.Pillars[i].Name)
	}
	return out
}

func signalNames(p *plan.Plan) []string {
	var out []string
	for i := range p.Signals {
		out = append(out, p.Signals[i].Name)
	}
	return out
}

func (d *differ) pillars() {
	a, b := d.old.Plan, d.now.Plan
	pairs(pillarNames(a), pillarNames(b), func(name string, i, j int) {
		where := "pillars." + name
		if !d.whole("pillars", "pillar", name, i, j) {
			return
		}
		d.text(where, "label", a.Pillars[i].Label, b.Pillars[j].Label)
		d.text(where, "question", a.Pillars[i].Question, b.Pillars[j].Question)
	})
}

func (d *differ) signals() {
	a, b := d.old.Plan, d.now.Plan
	pairs(signalNames(a), signalNames(b), func(name string, i, j int) {
		if !d.whole("signals", "signal", name, i, j) {
			return
		}
		s, t := &a.Signals[i], &b.Signals[j]
		where := "signals." + name
		d.text(where, "pillar", a.Pillars[s.Pillar].Name, b.Pillars[t.Pillar].Name)
		d.text(where, "label", s.Label, t.Label)
		d.text(where, "kind", s.Kind.String(), t.Kind.String())
		d.text(where, "category", s.Category, t.Category)
		d.text(where, "unit", s.Unit, t.Unit)
		if s.IsWord() == t.IsWord() {
			d.text(where, "domain", Domain(s), Domain(t))
		} else {
			d.text(where, "values", values(s), values(t))
		}
		d.text(where, "absent", absent(s), absent(t))
		d.text(where, "max_age", days(s.MaxAge), days(t.MaxAge))
		d.text(where, "not_applicable, months of tenure", strconv.Itoa(int(s.MinTenureMonths)), strconv.Itoa(int(t.MinTenureMonths)))
		d.text(where, "causable", strconv.FormatBool(s.Causable), strconv.FormatBool(t.Causable))
		d.text(where, "expands", strconv.FormatBool(s.Expands), strconv.FormatBool(t.Expands))
		d.text(where, "factor", s.Factor, t.Factor)
		d.text(where, "action", s.Action, t.Action)
		if !sameDerivation(s, t) {
			d.text(where, "derive", "as before", "computed otherwise")
		}
	})
}

func values(s *plan.Signal) string {
	if s.IsWord() {
		return "words"
	}
	return "numbers"
}

// Domain writes the values that a signal may have.
func Domain(s *plan.Signal) string {
	if s.IsWord() {
		words := slices.Sorted(slices.Values(s.Words))
		return strings.Join(words, ", ")
	}
	return formatInterval(s.Domain, inPercent(s))
}

func absent(s *plan.Signal) string {
	if s.Absent.Once == plan.Never {
		return "missing"
	}
	value := formatNumber(s.Absent.Value, false)
	if s.IsWord() {
		value = s.Words[int(s.Absent.Value)]
	}
	return value + " once " + map[plan.Once]string{plan.SourceExists: "the source", plan.AccountInRows: "the account"}[s.Absent.Once] + " is there"
}

// inPercent reports whether people read a signal's numbers in per cent.
func inPercent(s *plan.Signal) bool { return s.Unit == "ratio" || s.Derive.Ratio != nil }

func days(n int32) string {
	if n == 0 {
		return "no limit"
	}
	return fmt.Sprintf("%d days", n)
}

// sameDerivation compares how two signals are computed. Words are carried by
// their index into the vocabulary, which a reordered ladder changes.
func sameDerivation(s, t *plan.Signal) bool {
	x, y := s.Derive, t.Derive
	if x.Case == nil || y.Case == nil {
		return reflect.DeepEqual(x, y)
	}
	if len(x.Case.Branches) != len(y.Case.Branches) || s.Words[x.Case.Else] != t.Words[y.Case.Else] {
		return false
	}
	for i := range x.Case.Branches {
		p, q := &x.Case.Branches[i], &y.Case.Branches[i]
		if s.Words[p.Word] != t.Words[q.Word] || !reflect.DeepEqual(p.Tests, q.Tests) {
			return false
		}
	}
	return true
}

// rules compares what applies under one set of rules; prefix is "" for the base.
func (d *differ) rules(prefix string, r, q *plan.Rules) {
	a, b := d.old.Plan, d.now.Plan
	base := prefix == "" // what came or went is listed once, with the base
	pairs(pillarNames(a), pillarNames(b), func(name string, i, j int) {
		if !base && (i < 0 || j < 0) {
			return
		}
		weight := func(w []float64, k int) string {
			if k < 0 {
				return ""
			}
			return yamlfile.FormatPercent(plan.Round9(w[k]))
		}
		d.text(prefix+"pillars."+name, "weight", weight(r.Weights, i), weight(q.Weights, j))
	})
	pairs(signalNames(a), signalNames(b), func(name string, i, j int) {
		if i < 0 || j < 0 {
			return
		}
		if r.NotApplicable[i] != q.NotApplicable[j] {
			d.text(prefix+"signals."+name, "applies", yesNo(!r.NotApplicable[i]), yesNo(!q.NotApplicable[j]))
		}
		d.ladder(prefix+"signals."+name+".ladder", &a.Signals[i], &b.Signals[j], r.Ladders[i], q.Ladders[j])
	})
	pairs(bandNames(r.Bands), bandNames(q.Bands), func(name string, i, j int) {
		where := prefix + "bands." + name
		if !base && (i < 0 || j < 0) || !d.whole(prefix+"bands", "status", name, i, j) {
			return
		}
		x, y := r.Bands[i], q.Bands[j]
		d.text(where, "from", strconv.Itoa(x.Min), strconv.Itoa(y.Min))
		if base { // overrides only set where a status begins
			d.text(where, "colour", x.Colour, y.Colour)
			d.text(where, "action", x.Action, y.Action)
			d.text(where, "at_risk", yesNo(x.AtRisk), yesNo(y.AtRisk))
			d.text(where, "expand", yesNo(x.Expand), yesNo(y.Expand))
		}
	})
	d.text(prefix+"trend", "improving", formatNumber(r.Trend.Improving, false), formatNumber(q.Trend.Improving, false))
	d.text(prefix+"trend", "stable", formatNumber(r.Trend.Stable, false), formatNumber(q.Trend.Stable, false))
	pairs(capNames(r), capNames(q), func(name string, i, j int) {
		text := func(p *plan.Plan, r *plan.Rules, k int) string {
			if k < 0 {
				return ""
			}
			return CapText(p, r, &r.Caps[k])
		}
		d.text(prefix+"caps", name, text(a, r, i), text(b, q, j))
	})
}

func capNames(r *plan.Rules) []string {
	var out []string
	for i := range r.Caps {
		out = append(out, r.Caps[i].Name)
	}
	return out
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// CapText writes a cap for people: "at most Monitor where champion is left".
func CapText(p *plan.Plan, r *plan.Rules, c *plan.Cap) string {
	s := &p.Signals[c.Signal]
	return fmt.Sprintf("at most %s where %s is %s (%s)", r.Bands[c.Band].Name, s.Name, When(s, c.Range, c.Words), c.Reason)
}

// When writes the values of a row or a cap as the file does: "> 70%", "weak, none".
// Where a range reaches the end of the domain, that end goes without saying.
func When(s *plan.Signal, in plan.Interval, words []int) string {
	if !s.IsWord() {
		if !before(lower(s.Domain), lower(in)) {
			in.Lo, in.LoOpen = everything.Lo, true
		}
		if !before(upper(in), upper(s.Domain)) {
			in.Hi, in.HiOpen = everything.Hi, true
		}
		return formatInterval(in, inPercent(s))
	}
	var out []string
	for _, w := range words {
		out = append(out, s.Words[w])
	}
	return strings.Join(out, ", ")
}

// ladder compares two ladders row by row; rows are the same where they hold the
// same values.
func (d *differ) ladder(where string, s, t *plan.Signal, old, now []plan.Rung) {
	names := func(s *plan.Signal, rungs []plan.Rung) []string {
		var out []string
		for _, r := range rungs {
			words := slices.Clone(r.Words)
			slices.SortFunc(words, func(a, b int) int { return strings.Compare(s.Words[a], s.Words[b]) })
			out = append(out, When(s, r.Range, words))
		}
		return out
	}
	points := func(r plan.Rung) string { return fmt.Sprintf("%+g", r.Points) }
	pairs(names(s, old), names(t, now), func(name string, i, j int) {
		switch {
		case i < 0:
			d.text(where, "row "+name, "", points(now[j]))
			return
		case j < 0:
			d.text(where, "row "+name, points(old[i]), "")
			return
		}
		x, y := old[i], now[j]
		d.text(where, "points of "+name, points(x), points(y))
		d.text(where, "label of "+name, x.Label, y.Label)
		d.text(where, "severity of "+name, x.Severity.String(), y.Severity.String())
		if x.Severity > plan.None && y.Severity > plan.None {
			d.text(where, "risk of "+name, x.Risk, y.Risk)
		}
	})
}
