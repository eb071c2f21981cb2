package framework

import (
	"slices"

	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// actions reads everything that says what people are told and asked to do.
func (c *compiler) actions(root *yamlfile.Node) {
	unasked := c.plays(root.Field("plays"))
	matrix := root.Field("matrix")
	named := c.matrix(matrix)
	named = append(named, c.alerts(root.Field("alerts"))...)
	for _, n := range unasked {
		if !slices.Contains(named, n.Name()) {
			c.playNames.unused(n.Name(), func() {
				n.ProblemAtKey("add status or signal, or name it in the matrix or an alert", "play %s answers neither a status nor a signal", n.Name())
			})
		}
	}
	c.crm(root.Field("crm"))
	c.cadence(root.Field("cadence"))
	if n := root.Field("checklist"); n.Present() {
		c.fw.Plan.Checklist = n.Texts()
	}
	c.saves(root.Field("saves"))
	c.humans(root.Field("escalate"))
}

// plays reads the play cards and returns those that answer neither a status nor
// a signal.
func (c *compiler) plays(n *yamlfile.Node) (unasked []*yamlfile.Node) {
	p := c.fw.Plan
	type target struct{ status, signal string }
	answered := map[target]string{}
	for name, v := range n.Pairs() {
		c.name(v, "play")
		c.playNames.defineKey(v)
		play := plan.Play{
			Name:    name,
			Label:   v.Need("label").Text(),
			Trigger: v.Field("trigger").Text(),
			Owner:   v.Need("owner").Text(),
			Days:    v.Need("days").Int(1, 365),
			Steps:   v.Need("steps").Texts(),
			KPI:     v.Need("kpi").Text(),
			Expands: v.Field("expands").Bool(),
			Money:   v.Field("money").Bool(),
		}
		if a := v.Field("assets"); a.Present() {
			play.Assets = a.Texts()
		}
		status := v.Field("status")
		if status.Present() {
			if k := c.status(status); k >= 0 {
				play.Status = p.Rules[0].Bands[k].Name
			}
		}
		if s := v.Field("signal"); s.Present() && c.signalIndex(s) >= 0 {
			play.Signal = s.Text()
		}
		if !status.Present() && !v.Field("signal").Present() && v.Kind() == yamlfile.Map {
			unasked = append(unasked, v)
		}
		if len(play.Steps) == 0 && v.Field("steps").Kind() == yamlfile.List {
			v.Field("steps").Problem("write at least one step", "play %s has no steps", name)
		}
		if play.Expands && play.Status != "" && !c.expanding(play.Status) {
			status.Problem("run it in a status that expands, or remove expands", "play %s sells more, but %s does not expand", name, play.Status)
		}
		key := target{play.Status, play.Signal}
		if first := answered[key]; first != "" && key != (target{}) {
			v.ProblemAtKey("join them", "play %s answers the same as %s", name, first)
		}
		answered[key] = name
		v.Done()
		p.Plays = append(p.Plays, play)
	}
	return unasked
}

// expanding reports whether a status allows to sell more.
func (c *compiler) expanding(status string) bool {
	return slices.ContainsFunc(c.fw.Plan.Rules[0].Bands, func(b plan.Band) bool { return b.Name == status && b.Expand })
}

// playIndex reads the name of a play, -1 for an unknown one.
func (c *compiler) playIndex(n *yamlfile.Node) int {
	return c.playNames.refer(n, n.Text(), "no play is called %q")
}

var grades = []string{plan.HighGrade.String(), plan.MiddleGrade.String(), plan.LowGrade.String()}

// matrix reads the matrix and returns the plays that its cells name.
func (c *compiler) matrix(n *yamlfile.Node) (named []string) {
	if !n.Present() {
		return nil
	}
	m := &plan.Matrix{}
	unread := false // a status, so what the grades hold is not known
	risk, opportunity, cells := n.Need("risk"), n.Need("opportunity"), n.Need("cells")
	for g := plan.HighGrade; g > plan.LowGrade; g-- {
		v := risk.Need(g.String())
		if s := v.Field("statuses"); s.Present() {
			for _, e := range s.Items() {
				if k := c.status(e); k >= 0 {
					m.Risk[g].Statuses = append(m.Risk[g].Statuses, c.fw.Plan.Rules[0].Bands[k].Name)
				} else {
					unread = true
				}
			}
		}
		if s := v.Field("severity"); s.Present() {
			m.Risk[g].Severity = plan.Severity(max(0, slices.Index(severities, s.Enum(severities[1:]...))))
		}
		v.Done()
		for _, e := range opportunity.Need(g.String()).Items() {
			if one, ok := c.condition(e); ok {
				m.Opportunity[g] = append(m.Opportunity[g], one)
			}
			e.Done()
		}
	}
	for r := plan.LowGrade; r < plan.Grades; r++ {
		row := cells.Need(r.String())
		for o := plan.LowGrade; o < plan.Grades; o++ {
			cell := row.Need(o.String())
			i := c.playIndex(cell)
			if m.Cells[r][o] = i; i < 0 {
				continue
			}
			play := &c.fw.Plan.Plays[i]
			named = append(named, play.Name)
			if play.Expands && !unread && !c.expands(m, r) {
				cell.Problem("name another play, or move the statuses that do not expand to a higher risk", "play %s sells more, but accounts at %s risk need not be in a status that expands", play.Name, r)
			}
		}
		row.Done()
	}
	risk.Done()
	opportunity.Done()
	cells.Done()
	n.Done()
	c.fw.Plan.Matrix = m
	return named
}

// expands reports whether every account of a risk grade is in a status that
// expands: its statuses do, and those that do not are at another grade for sure.
func (c *compiler) expands(m *plan.Matrix, g plan.Grade) bool {
	if g > plan.LowGrade {
		return false
	}
	for _, b := range c.fw.Plan.Rules[0].Bands {
		if !b.Expand && !slices.Contains(m.Risk[plan.HighGrade].Statuses, b.Name) && !slices.Contains(m.Risk[plan.MiddleGrade].Statuses, b.Name) {
			return false
		}
	}
	return true
}

// condition reads a signal and some of its values.
func (c *compiler) condition(n *yamlfile.Node) (one plan.Condition, ok bool) {
	if !n.Is(yamlfile.Map) {
		return one, false
	}
	sig := c.signalIndex(n.Need("signal"))
	when := n.Need("when")
	if sig < 0 {
		return one, false
	}
	return c.values(when, sig)
}

// saves reads the planning figures.
func (c *compiler) saves(n *yamlfile.Node) {
	s := plan.Saves{From: 20, Step: 0.05, Listed: 50}
	if n.Present() {
		p := c.fw.Plan
		if f := n.Field("planning"); f.Present() {
			s.Planning = make([]float64, len(p.Pillars))
			for _, v := range f.Pairs() {
				if k := c.pillarNames.referKey(v, "no pillar is called %q"); k >= 0 {
					s.Planning[k] = v.Share(0, 1)
				}
			}
			for k := range p.Pillars {
				if name := p.Pillars[k].Name; !f.Field(name).Present() {
					c.pillarNames.unused(name, func() { f.Need(name) })
				}
			}
		}
		if f := n.Field("from"); f.Present() {
			s.From = f.Int(1, 100_000)
		}
		if f := n.Field("round_to"); f.Present() {
			s.Step = f.Share(0.001, 0.5)
		}
		if f := n.Field("listed"); f.Present() {
			s.Listed = f.Int(0, 10_000)
		}
		n.Done()
	}
	c.fw.Plan.Saves = s
}

// humans reads when a person decides.
func (c *compiler) humans(n *yamlfile.Node) {
	if !n.Present() {
		return
	}
	h := &c.fw.Plan.Humans
	if f := n.Field("products"); f.Present() {
		h.Products = f.Int(2, 1_000_000)
	}
	h.Strategic, h.Legal = n.Field("strategic").Bool(), n.Field("legal_dispute").Bool()
	h.Merger, h.Money = n.Field("merger").Bool(), n.Field("money").Bool()
	n.Done()
}
