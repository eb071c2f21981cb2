package cohort

import (
	"math"
	"slices"

	"accounthealth/calibrate"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
)

// Sample returns the rows as calibrate wants them: pillar scores as of each
// date under the current framework, clustered by parent where the account has
// one, else by account, with today's segment as stratum. Segment and owner are
// labels known today; they group rows and are never inputs of a fit, and the ledger
// says so.
//
// A pillar that is measured on no row is left out, since nothing can be told of
// its weight: pillars gives the plan's pillars that are in, and their weights keep
// their proportions. Where none is measured, all are in.
func (c *Cohort) Sample(table *population.Table, p *plan.Plan) (s calibrate.Sample, pillars []int) {
	s = calibrate.Sample{
		Y:           make([]bool, len(c.Rows)),
		Account:     make([]int32, len(c.Rows)),
		Cluster:     make([]int32, len(c.Rows)),
		Period:      make([]int32, len(c.Rows)),
		Segment:     make([]int32, len(c.Rows)),
		ARR:         make([]float64, len(c.Rows)),
		Lost:        make([]float64, len(c.Rows)),
		Score:       make([]float64, len(c.Rows)),
		Provisional: make([]bool, len(c.Rows)),
		Owner:       make([]int32, len(c.Rows)),
	}
	var mass float64
	pillars = c.measured(p)
	for _, k := range pillars {
		s.Pillars, s.X = append(s.Pillars, p.Pillars[k].Name), append(s.X, make([]float64, len(c.Rows)))
		s.Weights = append(s.Weights, p.Rules[0].Weights[k])
		mass += p.Rules[0].Weights[k]
	}
	for k := range s.Weights {
		switch {
		case mass <= 0:
			s.Weights[k] = 1 / float64(len(s.Weights))
		case len(pillars) < len(p.Pillars):
			s.Weights[k] /= mass
		}
	}
	period, names := c.Rule.periods(c.Dates)
	s.Periods = names
	s.Kind, s.Kinds = c.Rule.kinds(c.Rows)
	clusters := clustersOf(table)
	segments, owners := c.labels(table.Segment), c.labels(table.Owner)
	s.Segments, s.Owners = segments.names, owners.names
	for i, row := range c.Rows {
		d, a := c.dated[row.Date], row.Account
		for k, at := range pillars {
			s.X[k][i] = d.Result.Pillars[at][a]
		}
		s.Y[i], s.Account[i], s.Period[i] = row.Churned, a, period[row.Date]
		s.Cluster[i] = clusters[a]
		s.Segment[i], s.Owner[i] = segments.of[table.Segment[a]], owners.of[table.Owner[a]]
		s.ARR[i] = positive(d.View.ARR[a])
		s.Lost[i] = row.Lost
		s.Score[i], _ = d.Result.Score(int(a))
		s.Provisional[i] = d.Result.Provisional[a]
	}
	if !c.KnowsARR {
		s.ARR, s.Lost = nil, nil
	}
	if c.Rule.Partial > 0 {
		for _, row := range c.Rows {
			s.Partial = append(s.Partial, row.Partial)
		}
	}
	s.Rules = c.rules()
	return s, pillars
}

// measured lists the plan's pillars that have a score on any row; all where none
// has.
func (c *Cohort) measured(p *plan.Plan) []int {
	var out, all []int
	for k := range p.Pillars {
		all = append(all, k)
		for _, row := range c.Rows {
			if !math.IsNaN(c.dated[row.Date].Result.Pillars[k][row.Account]) {
				out = append(out, k)
				break
			}
		}
	}
	if out == nil {
		return all
	}
	return out
}

// clustersOf numbers the accounts that decide together: an account's ultimate
// parent where that is an account of the table, else the first account that names
// the same parent, else the account itself.
func clustersOf(t *population.Table) []int32 {
	out := make([]int32, t.Len())
	first := map[string]int32{}
	for i := range out {
		out[i] = int32(i)
		if len(t.Parent) == 0 || t.Parent[i] == "" || t.Parent[i] == t.ID[i] {
			continue
		}
		if up := t.Lookup(t.Parent[i]); up >= 0 {
			out[i] = up
			continue
		}
		if k, ok := first[t.Parent[i]]; ok {
			out[i] = k
		} else {
			first[t.Parent[i]] = int32(i)
		}
	}
	for i := range out { // parents of parents; a ring ends where it began
		at := out[i]
		for range 16 {
			if at == out[at] {
				break
			}
			at = out[at]
		}
		out[i] = at
	}
	return out
}

// rules says, for every row of the base ladders, on which rows of the sample it
// gave its points.
func (c *Cohort) rules() []calibrate.Rule {
	if len(c.dated) == 0 {
		return nil
	}
	return firedRules(c.dated[0].Result.Plan, c.Rows, func(date int32) *score.Result { return c.dated[date].Result })
}

// firedRules says for every row of the base ladders on which rows it gave its
// points. Accounts whose segment has a ladder of its own count as not measured
// there, and so do rows of a date without a result.
func firedRules(p *plan.Plan, rows []Row, result func(date int32) *score.Result) []calibrate.Rule {
	var out []calibrate.Rule
	for sig := range p.Signals {
		first := len(out)
		for _, rung := range p.Rules[0].Ladders[sig] {
			out = append(out, calibrate.Rule{
				Name: rung.Label, Signal: p.Signals[sig].Label, Points: rung.Points, Fired: make([]bool, len(rows)),
			})
		}
		for i, row := range rows {
			d := result(row.Date)
			if d == nil {
				continue
			}
			if g := d.Rung[sig][row.Account]; g >= 0 && p.SameLadder(0, int(d.Rules[row.Account]), sig) {
				out[first+int(g)].Fired[i] = true
			}
		}
	}
	return out
}

// unlabelled stands for accounts without a segment or owner.
const unlabelled = "(none)"

type labels struct {
	names []string
	of    map[string]int32
}

// labels numbers the texts that the sample's rows carry, in sorted order.
func (c *Cohort) labels(text []string) labels {
	l := labels{of: map[string]int32{}}
	for _, row := range c.Rows {
		l.of[text[row.Account]] = 0
	}
	for t := range l.of {
		l.names = append(l.names, t)
	}
	slices.Sort(l.names)
	for i, t := range l.names {
		l.of[t] = int32(i)
		if t == "" {
			l.names[i] = unlabelled
		}
	}
	return l
}
