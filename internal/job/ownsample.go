package job

import (
	"context"
	"fmt"
	"slices"

	"accounthealth/calibrate"
	"accounthealth/internal/diag"
	"accounthealth/internal/labelled"
	"accounthealth/internal/plan"
)

// OwnSample says how a team's own labelled table is judged. The zero value takes
// everything from the framework.
type OwnSample struct {
	Columns map[string]string // of labelled.Spec
	// Pillars replaces the framework's pillars; then Weights names the weight of
	// each, or is nil for equal weights.
	Pillars []string
	// Weights replaces the weights in force, by pillar; those not named share the
	// rest in their old proportions.
	Weights map[string]float64
	// Cuts replaces the framework's status cut-offs, ascending; nil keeps them.
	Cuts       []float64
	Intercepts calibrate.Intercepts
}

// Judged is an own labelled table with what calibrate made of it.
type Judged struct {
	Record    *CalibrationRecord
	Table     *labelled.Table
	Suggested []byte // framework.suggested.yaml; nil for pillars of the caller's own
}

// CalibrateSample reads an own labelled table and calibrates with it alone: it
// is never pooled with what the exports or the history tell. The job's exports are
// not read.
func (j *Job) CalibrateSample(ctx context.Context, table *labelled.Table, own OwnSample) (*Judged, error) {
	weights, err := j.ownWeights(table, own)
	if err != nil {
		return nil, err
	}
	opt := j.calibrateOptions()
	opt.Intercepts = own.Intercepts
	opt.Cuts, opt.Labels = own.statuses(j.Framework.Plan.Rules[0])
	res, err := calibrate.Run(ctx, table.Sample(weights), opt)
	if err != nil {
		return nil, err
	}
	out := &Judged{Table: table, Record: &CalibrationRecord{
		Schema: RecordSchema, Kind: "calibration", Source: FromSample, Framework: FrameworkRecord(j.Framework),
		Settings: RecordSettings{Seed: opt.Seed, Replicates: max(0, opt.Replicates), Intercepts: own.Intercepts.String()},
		Table: &RecordTable{
			File: table.File, Columns: table.Columns, Unused: append([]string{}, table.Unused...), RowsRead: table.Read,
			NoOutcome: table.NoOutcome, AlreadyLost: table.AlreadyLost, Lost: TableLost(table),
		},
		Result: res,
	}}
	if own.Pillars != nil || own.Weights != nil || own.Cuts != nil {
		return out, nil
	}
	out.Suggested, err = j.suggest(out.Record)
	return out, err
}

// ownWeights returns the weights in force of the table's pillars, of sum 1.
func (j *Job) ownWeights(table *labelled.Table, own OwnSample) ([]float64, error) {
	now := make([]float64, len(table.Pillars))
	for k, name := range table.Pillars {
		now[k] = 1 / float64(len(now))
		if own.Pillars == nil {
			i := slices.IndexFunc(j.Framework.Plan.Pillars, func(p plan.Pillar) bool { return p.Name == name })
			now[k] = j.Framework.Plan.Rules[0].Weights[i]
		}
	}
	return Reweighed(table.Pillars, normalised(now), own.Weights)
}

// statuses returns the cut-offs and the names of the statuses between them.
func (own OwnSample) statuses(base plan.Rules) ([]float64, []string) {
	c, labels := cuts(base)
	if own.Cuts == nil {
		return c, labels
	}
	if len(own.Cuts) != len(c) {
		labels = nil
		for k := range len(own.Cuts) + 1 {
			labels = append(labels, fmt.Sprintf("status %d", k+1))
		}
	}
	return own.Cuts, labels
}

// Reweighed sets some weights, by pillar name; the pillars that are not named
// share what is left in the proportions they have. Named weights must lie in 0..1
// and leave the others something to share, or sum to 1 where they name all.
func Reweighed(pillars []string, now []float64, named map[string]float64) ([]float64, error) {
	if len(named) == 0 {
		return now, nil
	}
	out := slices.Clone(now)
	var given, rest float64
	for _, name := range sortedNames(named) {
		k := slices.Index(pillars, name)
		w := named[name]
		switch {
		case k < 0:
			return nil, diag.Errorf(diag.Config, "weights", fmt.Sprintf("the pillars are %v", pillars), "there is no pillar %q", name)
		case !(w >= 0 && w <= 1):
			return nil, diag.Errorf(diag.Config, "weights", "write a share such as .35 or 35%%", "the weight of %s is %g, outside 0 to 1", name, w)
		}
		out[k] = w
		given += w
	}
	for k, name := range pillars {
		if _, ok := named[name]; !ok {
			rest += now[k]
		}
	}
	const hair = 0.005
	switch {
	case len(named) == len(pillars):
		if given < 1-hair || given > 1+hair {
			return nil, diag.Errorf(diag.Config, "weights", "let them sum to 1, or leave one out", "the weights sum to %.4g", given)
		}
	case given > 1+1e-9:
		return nil, diag.Errorf(diag.Config, "weights", "lower one", "the weights named sum to %.4g, over 1", given)
	case rest <= 0 && given < 1-hair:
		return nil, diag.Errorf(diag.Config, "weights", "name their weights too", "the pillars that are not named have no weight to share %.4g in proportion", 1-given)
	default:
		for k, name := range pillars {
			if _, ok := named[name]; !ok && rest > 0 {
				out[k] = now[k] / rest * max(0, 1-given)
			}
		}
	}
	return normalised(out), nil
}

func sortedNames(m map[string]float64) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// normalised divides weights by their sum, so that it is 1; all 0 become equal.
func normalised(w []float64) []float64 {
	var sum float64
	for _, x := range w {
		sum += x
	}
	out := make([]float64, len(w))
	for k, x := range w {
		out[k] = 1 / float64(len(w))
		if sum > 0 {
			out[k] = x / sum
		}
	}
	return out
}

// spread puts weights of some of a plan's pillars, of sum 1, into its weights: the
// pillars keep together what they weigh now, the others keep theirs.
func spread(p *plan.Plan, pillars []string, weights []float64) []float64 {
	out := slices.Clone(p.Rules[0].Weights)
	var mass float64
	at := make([]int, len(pillars))
	for k, name := range pillars {
		at[k] = slices.IndexFunc(p.Pillars, func(x plan.Pillar) bool { return x.Name == name })
		mass += out[at[k]]
	}
	for k, i := range at {
		out[i] = weights[k]
		if len(pillars) < len(out) {
			out[i] = weights[k] * mass
		}
	}
	return out
}

// AuditSample returns an own labelled table as the audit judges it: its score, or
// without one the weighted mean of its pillars, against the status cut-offs.
func (j *Job) AuditSample(table *labelled.Table, own OwnSample, capacity int) (calibrate.AuditSample, error) {
	weights, err := j.ownWeights(table, own)
	if err != nil {
		return calibrate.AuditSample{}, err
	}
	c, labels := own.statuses(j.Framework.Plan.Rules[0])
	flagged := len(labels) / 2
	if own.Cuts == nil {
		flagged = atRisk(j.Framework.Plan.Rules[0])
	}
	s := table.AuditSample(labels, c, flagged)
	if !table.Has(labelled.Score) {
		s.Score = table.Composite(weights)
	}
	s.Capacity = capacity
	return s, nil
}
