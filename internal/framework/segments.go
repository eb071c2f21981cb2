package framework

import (
	"slices"

	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// segments reads the overrides: resolved copies of the base rules.
func (c *compiler) segments(n *yamlfile.Node) {
	p := c.fw.Plan
	taken := map[string]string{} // "segment X" or "tier X" to the override that has it
	for name, v := range n.Pairs() {
		o := plan.Override{
			Segments: v.Field("segments").Texts(),
			Tiers:    v.Field("tiers").Texts(),
			Rules:    len(p.Rules),
		}
		if len(o.Segments)+len(o.Tiers) == 0 && v.Kind() == yamlfile.Map {
			v.ProblemAtKey("add segments or tiers", "%s names no segment and no tier", name)
		}
		claim := func(list *yamlfile.Node, kind string, values []string) {
			for _, s := range values {
				if first := taken[kind+s]; first != "" {
					list.Problem("keep it in one of them", "%s %q is in %s already", kind, s, first)
				}
				taken[kind+s] = name
			}
		}
		claim(v.Field("segments"), "segment", o.Segments)
		claim(v.Field("tiers"), "tier", o.Tiers)
		r, own := c.override(name, v)
		p.Rules = append(p.Rules, r)
		p.Overrides = append(p.Overrides, o)
		c.fw.Own = append(c.fw.Own, own)
		v.Done()
	}
}

// override resolves one segment's rules, and says what it sets itself.
func (c *compiler) override(name string, v *yamlfile.Node) (r plan.Rules, own Own) {
	p := c.fw.Plan
	base := &p.Rules[0]
	own = Own{
		Trend:   v.Field("trend").Present(),
		Ladders: make([]bool, len(p.Signals)), NotApplicable: make([]bool, len(p.Signals)), Bands: make([]bool, len(base.Bands)),
	}
	r = plan.Rules{
		Name:          name,
		Weights:       slices.Clone(base.Weights),
		Ladders:       slices.Clone(base.Ladders),
		NotApplicable: slices.Clone(base.NotApplicable),
		Bands:         slices.Clone(base.Bands),
		Trend:         readTrend(v.Field("trend"), base.Trend),
	}
	weights := v.Field("weights")
	if own.Weights = weights.Present(); own.Weights {
		for _, w := range weights.Pairs() {
			i := c.pillarNames.referKey(w, "no pillar is called %q")
			if i < 0 {
				continue
			}
			r.Weights[i] = w.Share(0, 1)
		}
		if c.weightsSound {
			r.Weights, _ = readWeights(weights, r.Weights)
		}
	}
	for _, rows := range v.Field("ladders").Pairs() {
		i := c.signalNames.referKey(rows, "no signal is called %q")
		if i < 0 {
			continue
		}
		r.Ladders[i], own.Ladders[i] = c.ladder(rows, &p.Signals[i]), true
	}
	bands := v.Field("bands")
	for _, from := range bands.Pairs() {
		i := c.bandNames.referKey(from, "no band is called %q")
		if i < 0 {
			continue
		}
		r.Bands[i].Min, own.Bands[i] = from.Int(0, 100), true
	}
	if bands.Kind() == yamlfile.Map && c.bandsSound {
		checkBands(bands, r.Bands, func(i int) *yamlfile.Node {
			if at := bands.Field(r.Bands[i].Name); at.Present() {
				return at
			}
			return bands.Field(r.Bands[max(i-1, 0)].Name)
		})
	}
	na := v.Field("not_applicable")
	for _, e := range na.Items() {
		if i := c.signalIndex(e); i >= 0 {
			r.NotApplicable[i], own.NotApplicable[i] = true, true
		}
	}
	own.Caps = c.caps(v.Field("caps"), &r, base.Caps)
	return r, own
}
