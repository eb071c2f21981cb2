package explain

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// Raise is how many tenths the smallest bundle of changes shall gain.
const Raise = 200

// Of explains one row.
func (s *Source) Of(row int) (*Card, error) {
	var a portfolio.AccountRow
	s.Rows.Of(row, &a)
	c := s.heading(row, &a)
	if s.Now.View.Class[row].Scored() {
		s.dimensions(c, row)
		s.signals(c, row)
		s.byHand(c, row)
		s.risks(c, row)
		if err := s.missing(c, row); err != nil {
			return nil, err
		}
		s.changes(c, row)
		if err := s.toDo(c, row, &a); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// figure is a number that may not exist.
func figure(f portfolio.Figure) *float64 {
	if !f.Defined {
		return nil
	}
	return &f.Value
}

func number(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

func points(tenths int32) *float64 {
	if tenths < 0 {
		return nil
	}
	return number(float64(tenths) / 10)
}

func iso(d int32) string {
	if d == day.None {
		return ""
	}
	return day.Format(d)
}

func (s *Source) heading(row int, a *portfolio.AccountRow) *Card {
	res := s.Now.Result
	p := res.Plan
	rules := &p.Rules[res.Rules[row]]
	c := &Card{
		Schema: Schema, ID: a.ID, Name: a.Name, AsOf: day.Format(s.Now.View.AsOf),
		Framework: Framework{p.Name, p.Version, p.Digest, rules.Name},
		Segment:   a.Segment, Tier: a.Tier, Owner: a.Owner, Class: a.Class, ARR: figure(a.ARR), Currency: s.Currency,
		Renewal: iso(a.Renewal), Deadline: iso(a.Deadline), Tenure: figure(a.TenureMonths),
		Score: figure(a.Score), Headline: figure(a.Headline), Status: a.Band, Colour: a.Colour,
		CappedBy: a.CappedBy, Coverage: figure(a.Coverage), Low: figure(a.Low), High: figure(a.High),
		Provisional: a.Provisional, Depends: a.DependsOnMissing, Delta90: figure(a.Delta90),
		NeedsPerson: reasons(a.Escalate),
		Changes:     []Delta{}, Dimensions: []Dimension{}, Signals: []Signal{}, Gaps: []Gap{}, Risks: []Risk{}, ByHand: []Manual{},
	}
	if n := s.Next; n != nil && a.NextScore.Defined {
		c.Next = &Next{n.Framework.Version, day.Format(n.Effective), figure(a.NextScore), a.NextBand}
	}
	if band := res.Band(row); band != nil && a.Score.Defined {
		c.Composite, c.StatusAction = number(res.Composite[row]), band.Action
		c.Banner = s.Advice.Banner(row, a.Renewal)
		c.Fall = a.Fall
	}
	return c
}

// reasons splits the reasons for a person to decide.
func reasons(joined string) []string {
	if joined == "" {
		return []string{}
	}
	return strings.Split(joined, "; ")
}

func (s *Source) dimensions(c *Card, row int) {
	res := s.Now.Result
	p := res.Plan
	for k := range p.Pillars {
		v := res.Pillars[k][row]
		d := Dimension{
			Name: p.Pillars[k].Name, Label: p.Pillars[k].Label, Score: number(v), Weight: p.Rules[res.Rules[row]].Weights[k],
			Effective: res.Weights[k][row], Weighted: number(v * res.Weights[k][row]), Coverage: number(res.PillarCoverage[k][row]),
			KeyFactor: s.keyFactor(k, row), ByHand: res.PillarByHand(k, row),
		}
		c.Dimensions = append(c.Dimensions, d)
	}
}

// keyFactor is the signal that costs the pillar most, of equals the graver risk,
// or the one that adds most where nothing costs.
func (s *Source) keyFactor(pillar, row int) string {
	res := s.Now.Result
	p := res.Plan
	if res.PillarByHand(pillar, row) {
		return "set by hand"
	}
	best, cost, gain := -1, 0.0, 0.0
	graver := func(k int) bool { return best < 0 || s.rung(k, row).Severity > s.rung(best, row).Severity }
	for _, k := range p.Pillars[pillar].Signals {
		if res.Rung[k][row] < 0 {
			continue
		}
		switch c := plan.Round9(res.Cost[k][row]); {
		case c > cost, c > 0 && c == cost && graver(k):
			best, cost = k, c
		case cost == 0 && res.Contribution[k][row] > gain:
			best, gain = k, res.Contribution[k][row]
		}
	}
	if best < 0 {
		return "nothing known"
	}
	return p.Signals[best].Label + ": " + s.rung(best, row).Label
}

func (s *Source) rung(sig, row int) *plan.Rung {
	res := s.Now.Result
	return &res.Plan.Rules[res.Rules[row]].Ladders[sig][res.Rung[sig][row]]
}

func (s *Source) signals(c *Card, row int) {
	res, snap := s.Now.Result, s.Now.Signals
	p := res.Plan
	for k := range p.Signals {
		def := &p.Signals[k]
		one := Signal{
			Name: def.Name, Label: def.Label, Pillar: p.Pillars[def.Pillar].Name, Kind: def.Kind.String(),
			State: signal.State(snap.States(k).Value(row)).String(), Adds: res.Contribution[k][row], Costs: res.Cost[k][row],
		}
		if s.Note != nil {
			one.Note = s.Note(row, k)
		}
		if v, ok := snap.Value(k, row); ok {
			one.Value, one.Text = v, text(def, v)
			if def.IsWord() {
				one.Value = def.Words[int(v)]
			}
		}
		if res.Rung[k][row] >= 0 {
			rung := s.rung(k, row)
			one.Row, one.Points = rung.Label, &rung.Points
			s.behind(&one, k, row)
		}
		c.Signals = append(c.Signals, one)
	}
}

// text writes a value for people.
func text(def *plan.Signal, v float64) string {
	switch {
	case def.IsWord():
		return strings.ReplaceAll(def.Words[int(v)], "_", " ")
	case def.Unit == "ratio":
		return fmt.Sprintf("%.1f%%", v*100)
	}
	out := rounded(v)
	switch {
	case def.Unit == "":
	case v == 1:
		out += " " + strings.TrimSuffix(def.Unit, "s")
	default:
		out += " " + def.Unit
	}
	return out
}

// rounded writes a number to four digits, the whole ones all.
func rounded(v float64) string {
	if math.Abs(v) >= 1000 {
		return intake.FormatNumber(math.Round(v))
	}
	return fmt.Sprintf("%.4g", v)
}

// behind says which rows a value comes from, how many, and how new they are.
func (s *Source) behind(one *Signal, sig, row int) {
	def, snap := &s.Now.Result.Plan.Signals[sig], s.Now.Signals
	for _, v := range s.Now.Result.ManualOf(row) {
		if v.Signal == sig {
			one.From = "set by hand on " + day.Format(v.From)
			return
		}
	}
	one.Rows = snap.RowsBehind(sig).Value(row)
	derive := chosen(def, int(snap.Basis(sig).Value(row)))
	for i := range def.Derive.FirstOf {
		if derive == &def.Derive.FirstOf[i].Derive {
			one.Basis = def.Derive.FirstOf[i].Basis
		}
	}
	if s.Note != nil { // values of a form stand for themselves
		return
	}
	one.Sources = sources(derive)
	if one.From = "no row: absence counts"; one.Rows > 0 {
		one.From = fmt.Sprintf("%d rows", one.Rows)
		if one.Rows == 1 {
			one.From = "1 row"
		}
		if d := snap.Newest(sig); d.IsValid(row) {
			one.Newest = day.Format(int32(d.Value(row)))
			one.From += ", newest " + one.Newest
		}
	}
	if len(one.Sources) > 0 {
		one.From = strings.Join(one.Sources, ", ") + ": " + one.From
	}
	if one.Basis != "" {
		one.From = one.Basis + "; " + one.From
	}
}

// chosen is the derivation that gave a value.
func chosen(def *plan.Signal, basis int) *plan.Derivation {
	if basis < len(def.Derive.FirstOf) {
		return &def.Derive.FirstOf[basis].Derive
	}
	return &def.Derive
}

// sources lists what a derivation reads: "usage.active_users", "contacts" where it
// counts rows.
func sources(d *plan.Derivation) []string {
	if d.Signal != nil {
		return []string{"signals." + d.Signal.Column}
	}
	var out []string
	d.Aggs(func(a *plan.Agg) {
		name := a.Source
		if a.Column != "" {
			name += "." + a.Column
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	})
	return out
}

func (s *Source) byHand(c *Card, row int) {
	p := s.Now.Result.Plan
	values := s.Now.Result.ManualOf(row)
	for i := range values {
		v := &values[i]
		c.ByHand = append(c.ByHand, Manual{
			Target: v.Target(p), Value: v.Text(p), From: day.Format(v.From), Until: iso(v.Until), Reason: v.Reason, Author: v.Author, Text: v.Sentence(p),
		})
	}
	if len(values) == 0 || s.Measured.Result == nil {
		return
	}
	c.WithoutHand = &Bare{Score: points(s.Measured.Result.Tenths[row]), Status: compare.Unscored}
	if b := s.Measured.Result.Band(row); b != nil {
		c.WithoutHand.Status = b.Name
	}
}

func (s *Source) risks(c *Card, row int) {
	for _, r := range s.Advice.RisksOf(row) {
		one := Risk{Severity: r.Severity.String(), Factor: r.Factor, Text: r.Text, Cost: r.Cost}
		for _, e := range r.Evidence {
			one.Evidence = append(one.Evidence, e.String())
			if s.Note != nil && s.Note(row, e.Signal) != "" {
				one.Notes = append(one.Notes, s.Note(row, e.Signal))
			}
		}
		c.Risks = append(c.Risks, one)
	}
}

// missing fills the gaps and what other ways to treat them would give.
func (s *Source) missing(c *Card, row int) error {
	gaps, err := s.Advice.GapsOf(row)
	if err != nil {
		return err
	}
	p := s.Now.Result.Plan
	for _, g := range gaps {
		c.Gaps = append(c.Gaps, Gap{p.Signals[g.Signal].Name, p.Signals[g.Signal].Label, g.State.String(), g.Low, g.High})
	}
	if len(gaps) == 0 {
		return nil
	}
	t, err := s.Rows.Treated()
	if err != nil {
		return err
	}
	for _, policy := range score.Policies() {
		one := Policy{Policy: policy.String(), Status: compare.Unscored, Score: points(score.Tenths(t.Composite[policy][row]))}
		if b := t.Status[policy][row]; b >= 0 {
			one.Status = p.Rules[s.Now.Result.Rules[row]].Bands[b].Name
		}
		c.Policies = append(c.Policies, one)
	}
	return nil
}

func (s *Source) toDo(c *Card, row int, a *portfolio.AccountRow) error {
	if a.Action != "" {
		c.Action = &Action{a.Action, figure(a.Gain)}
	}
	if play := s.Advice.PlayIndex[row]; play >= 0 {
		p := &s.Now.Result.Plan.Plays[play]
		c.Play = &Play{p.Label, p.Owner, iso(a.PlayDeadline), p.Steps, p.KPI}
	}
	if c.Score == nil {
		return nil
	}
	b, err := s.Advice.BundleOf(row, Raise)
	if err != nil {
		return err
	}
	c.Bundle = &Bundle{Target: Raise / 10, Reached: b.Reached, Gain: b.Gain, Signals: []string{}, Actions: []string{}}
	if b.Reached {
		c.Bundle.After = points(b.After)
	}
	for _, sig := range b.Signals {
		def := &s.Now.Result.Plan.Signals[sig]
		c.Bundle.Signals, c.Bundle.Actions = append(c.Bundle.Signals, def.Name), append(c.Bundle.Actions, def.Action)
	}
	return nil
}
