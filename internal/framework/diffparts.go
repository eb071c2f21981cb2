package framework

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/source"
)

// segments compares the overrides: who they apply to, and, where they were not
// simply inherited, what they resolve to. What the base changed and an override
// inherits is listed with the base only.
func (d *differ) segments() {
	a, b := d.old.Plan, d.now.Plan
	pairs(overrideNames(a), overrideNames(b), func(name string, i, j int) {
		if !d.whole("segments", "override", name, i, j) {
			return
		}
		where := "segments." + name
		x, y := a.Overrides[i], b.Overrides[j]
		d.text(where, "segments", strings.Join(x.Segments, ", "), strings.Join(y.Segments, ", "))
		d.text(where, "tiers", strings.Join(x.Tiers, ", "), strings.Join(y.Tiers, ", "))
		d.rules(where+".", d.own(d.old, x.Rules, d.now, y.Rules), d.own(d.now, y.Rules, d.old, x.Rules))
	})
}

func overrideNames(p *plan.Plan) []string {
	var out []string
	for _, o := range p.Overrides {
		out = append(out, p.Rules[o.Rules].Name)
	}
	return out
}

// own returns the rules k of f in which everything that neither f nor other sets
// there is neutral, so that a comparison of the two finds only what is theirs.
func (d *differ) own(f *Framework, k int, other *Framework, l int) *plan.Rules {
	r := f.Plan.Rules[k]
	mine, theirs := f.Own[k], other.Own[l]
	set := func(list []bool, i int) bool { return i >= 0 && i < len(list) && list[i] }
	if !mine.Weights && !theirs.Weights {
		r.Weights = make([]float64, len(r.Weights))
	}
	r.Ladders = append([][]plan.Rung(nil), r.Ladders...)
	for i := range r.Ladders {
		j := slices.Index(signalNames(other.Plan), f.Plan.Signals[i].Name)
		if !set(mine.Ladders, i) && !set(theirs.Ladders, j) {
			r.Ladders[i] = nil
		}
	}
	r.Bands = append([]plan.Band(nil), r.Bands...)
	for i := range r.Bands {
		j := slices.Index(bandNames(other.Plan.Rules[l].Bands), r.Bands[i].Name)
		if !set(mine.Bands, i) && !set(theirs.Bands, j) {
			r.Bands[i].Min = 0
		}
	}
	if !mine.Trend && !theirs.Trend {
		r.Trend = plan.Trend{}
	}
	if len(mine.Caps)+len(theirs.Caps) == 0 {
		r.Caps = nil
	}
	return &r
}

func (d *differ) plays() {
	a, b := d.old.Plan.Plays, d.now.Plan.Plays
	names := func(plays []plan.Play) []string {
		var out []string
		for _, p := range plays {
			out = append(out, p.Name)
		}
		return out
	}
	pairs(names(a), names(b), func(name string, i, j int) {
		if !d.whole("plays", "play", name, i, j) {
			return
		}
		where, x, y := "plays."+name, a[i], b[j]
		d.text(where, "label", x.Label, y.Label)
		d.text(where, "status", x.Status, y.Status)
		d.text(where, "signal", x.Signal, y.Signal)
		d.text(where, "owner", x.Owner, y.Owner)
		d.text(where, "days", strconv.Itoa(x.Days), strconv.Itoa(y.Days))
		d.text(where, "steps", strings.Join(x.Steps, "; "), strings.Join(y.Steps, "; "))
		d.text(where, "kpi", x.KPI, y.KPI)
		d.text(where, "trigger", x.Trigger, y.Trigger)
		d.text(where, "assets", strings.Join(x.Assets, "; "), strings.Join(y.Assets, "; "))
		d.text(where, "expands", strconv.FormatBool(x.Expands), strconv.FormatBool(y.Expands))
		d.text(where, "money", strconv.FormatBool(x.Money), strconv.FormatBool(y.Money))
	})
}

// sources compares what the frameworks declare beside the canonical sources, and
// when they doubt a source.
func (d *differ) sources() {
	a, b := d.old.Sources, d.now.Sources
	names := func(list []source.Contract) []string {
		var out []string
		for _, s := range list {
			out = append(out, s.Name)
		}
		return out
	}
	pairs(names(a), names(b), func(name string, i, j int) {
		if d.whole("sources", "source", name, i, j) && !reflect.DeepEqual(a[i], b[j]) {
			d.text("sources."+name, "columns", describe(a[i]), describe(b[j]))
		}
	})
	if d.old.Accuracy != d.now.Accuracy {
		d.text("accuracy", "thresholds", fmt.Sprintf("%+v", d.old.Accuracy), fmt.Sprintf("%+v", d.now.Accuracy))
	}
	if d.old.Audit != d.now.Audit {
		d.text("audit", "thresholds", fmt.Sprintf("%+v", d.old.Audit), fmt.Sprintf("%+v", d.now.Audit))
	}
}

func describe(c source.Contract) string {
	var out []string
	for _, col := range c.Columns {
		text := col.Name + " " + col.Role.String()
		if col.Bounded {
			text += " from " + formatNumber(col.Min, false) + " to " + formatNumber(col.Max, false)
		}
		if col.Help != "" {
			text += " (" + col.Help + ")"
		}
		out = append(out, text)
	}
	return strings.Join(append(out, "time "+c.Time, "key "+strings.Join(c.Key, " ")), ", ")
}
