package framework

import (
	"slices"

	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// caps reads the rules that keep a status down, beside the ones that are
// inherited: a cap of the same name is replaced in its place, "off" removes it.
// It returns the names that were set.
func (c *compiler) caps(n *yamlfile.Node, r *plan.Rules, inherited []plan.Cap) (set []string) {
	r.Caps = slices.Clone(inherited)
	for name, v := range n.Pairs() {
		c.name(v, "cap")
		set = append(set, name)
		i := slices.IndexFunc(r.Caps, func(k plan.Cap) bool { return k.Name == name })
		if v.Kind() == yamlfile.Scalar {
			if v.Enum("off") != "" && i < 0 {
				v.ProblemAtKey("remove it", "no cap %q is inherited", name)
			} else if i >= 0 {
				r.Caps = slices.Delete(r.Caps, i, i+1)
			}
			continue
		}
		one, ok := c.readCap(name, v)
		switch {
		case !ok:
		case i >= 0:
			r.Caps[i] = one
		default:
			r.Caps = append(r.Caps, one)
		}
	}
	return set
}

func (c *compiler) readCap(name string, v *yamlfile.Node) (one plan.Cap, ok bool) {
	if !v.Is(yamlfile.Map) {
		return one, false
	}
	one = plan.Cap{Name: name, Signal: c.signalIndex(v.Need("signal")), Reason: v.Need("reason").Text()}
	when, most := v.Need("when"), v.Need("at_most")
	one.Band = c.status(most)
	if one.Band == 0 {
		most.Problem("name a worse status", "%s is the best status: the cap would change nothing", most.Word())
	}
	if ok = one.Signal >= 0 && one.Band > 0; one.Signal >= 0 {
		held, sound := c.values(when, one.Signal)
		one.Range, one.Words, ok = held.Range, held.Words, ok && sound
		if s := &c.fw.Plan.Signals[one.Signal]; s.IsWord() && len(one.Words) == len(s.Words) {
			when.Problem("leave at least one word out", "every value of %s would be capped", s.Name)
		}
	}
	v.Done()
	return one, ok
}

// values reads some values of a signal, as a row of its ladder is written. Text
// names them for people.
func (c *compiler) values(when *yamlfile.Node, sig int) (held plan.Condition, ok bool) {
	s := &c.fw.Plan.Signals[sig]
	held.Signal = sig
	if s.IsWord() {
		var label string
		held.Words, label = c.wordsOf(when, s)
		held.Text = s.Label + ": " + label
		return held, len(held.Words) > 0
	}
	row, ok := readRange(when, s)
	held.Range, held.Text = row.inside, s.Label+" "+row.label
	return held, ok
}
