package framework

import (
	"strings"

	"accounthealth/internal/plan"
)

// Resolved is what applies to the accounts of one segment and tier. Inherited
// marks what an override takes from the base; under the base nothing is.
type Resolved struct {
	Schema      int     `json:"schema_version"`
	Framework   string  `json:"framework"`
	Version     int     `json:"version"`
	Description string  `json:"description"`
	Digest      string  `json:"digest"` // sha256 of the file, hex
	Scale       string  `json:"scale"`
	ScoredFrom  float64 `json:"scored_from"`
	HealthyFrom float64 `json:"healthy_from"`

	Override string             `json:"override"` // "" for the base
	Segments []string           `json:"segments,omitempty"`
	Tiers    []string           `json:"tiers,omitempty"`
	Trend    ResolvedTrend      `json:"trend"`
	Statuses []ResolvedStatus   `json:"statuses"`
	Pillars  []ResolvedPillar   `json:"pillars"`
	Signals  []ResolvedSignal   `json:"signals"`
	Caps     []ResolvedCap      `json:"caps,omitempty"`
	Others   []ResolvedOverride `json:"overrides,omitempty"` // every override, in the order in which the first match counts
}

// ResolvedTrend holds the limits of the trend words.
type ResolvedTrend struct {
	Improving float64 `json:"improving"`
	Stable    float64 `json:"stable"`
	Inherited bool    `json:"inherited,omitempty"`
}

// ResolvedStatus is one band.
type ResolvedStatus struct {
	Name      string `json:"name"`
	From      int    `json:"from"`
	Colour    string `json:"colour"`
	Action    string `json:"action"`
	Inherited bool   `json:"inherited,omitempty"`
}

// ResolvedPillar is one pillar; Weight is normalised.
type ResolvedPillar struct {
	Name      string  `json:"name"`
	Question  string  `json:"question"`
	Weight    float64 `json:"weight"`
	Inherited bool    `json:"inherited,omitempty"`
}

// ResolvedSignal is one signal with its ladder.
type ResolvedSignal struct {
	Name      string        `json:"name"`
	Label     string        `json:"label"`
	Pillar    string        `json:"pillar"`
	Kind      string        `json:"kind"`
	Category  string        `json:"category"`
	Causable  bool          `json:"causable"`
	Applies   bool          `json:"applies"`
	Inherited bool          `json:"inherited,omitempty"`
	Rows      []ResolvedRow `json:"rows"`
}

// ResolvedRow is one row of a ladder.
type ResolvedRow struct {
	When     string  `json:"when"`
	Label    string  `json:"label"`
	Points   float64 `json:"points"`
	Severity string  `json:"severity,omitempty"`
	Risk     string  `json:"risk,omitempty"`
}

// ResolvedCap is one rule that keeps a status down.
type ResolvedCap struct {
	Name      string `json:"name"`
	Rule      string `json:"rule"`
	Inherited bool   `json:"inherited,omitempty"`
}

// ResolvedOverride says who an override applies to.
type ResolvedOverride struct {
	Name     string   `json:"name"`
	Segments []string `json:"segments,omitempty"`
	Tiers    []string `json:"tiers,omitempty"`
}

// Resolve returns what applies to the accounts of a segment and a tier; "" is an
// account without one.
func (f *Framework) Resolve(segment, tier string) Resolved {
	p := f.Plan
	k := p.RulesFor(segment, tier)
	rules, own := &p.Rules[k], f.Own[k]
	inherited := func(set []bool, i int) bool { return k > 0 && !set[i] }
	r := Resolved{
		Schema: 1, Framework: p.Name, Version: p.Version, Description: f.Description, Digest: p.Digest, Scale: p.Scale.String(),
		ScoredFrom: p.Missing.ScoredFrom, HealthyFrom: p.Missing.HealthyFrom,
		Override: rules.Name,
		Trend:    ResolvedTrend{rules.Trend.Improving, rules.Trend.Stable, k > 0 && !own.Trend},
	}
	for _, o := range p.Overrides {
		r.Others = append(r.Others, ResolvedOverride{p.Rules[o.Rules].Name, o.Segments, o.Tiers})
		if o.Rules == k {
			r.Segments, r.Tiers = o.Segments, o.Tiers
		}
	}
	for i, b := range rules.Bands {
		r.Statuses = append(r.Statuses, ResolvedStatus{b.Name, b.Min, b.Colour, b.Action, inherited(own.Bands, i)})
	}
	for i, pl := range p.Pillars {
		r.Pillars = append(r.Pillars, ResolvedPillar{pl.Name, pl.Question, rules.Weights[i], k > 0 && !own.Weights})
	}
	for _, pl := range p.Pillars {
		for _, i := range pl.Signals {
			s := &p.Signals[i]
			out := ResolvedSignal{
				Name: s.Name, Label: s.Label, Pillar: pl.Name, Kind: s.Kind.String(), Category: s.Category, Causable: s.Causable,
				Applies: !rules.NotApplicable[i], Inherited: inherited(own.Ladders, i),
			}
			for _, g := range rules.Ladders[i] {
				row := ResolvedRow{When: When(s, g.Range, g.Words), Label: g.Label, Points: g.Points, Risk: g.Risk}
				if g.Severity > plan.None {
					row.Severity = g.Severity.String()
				}
				out.Rows = append(out.Rows, row)
			}
			r.Signals = append(r.Signals, out)
		}
	}
	set := " " + strings.Join(own.Caps, " ") + " "
	for i := range rules.Caps {
		c := &rules.Caps[i]
		r.Caps = append(r.Caps, ResolvedCap{c.Name, CapText(p, rules, c), k > 0 && !strings.Contains(set, " "+c.Name+" ")})
	}
	return r
}
