package job

import (
	"context"
	"maps"
	"math"
	"slices"

	"accounthealth/internal/intake"
	"accounthealth/internal/outcome"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/saveplan"
)

// act fills what is to be done and what became of what was: save rates, early
// warnings, and the save plans of the accounts at risk with most ARR.
func (r *Result) act(ctx context.Context, p *portfolio.Report) error {
	j := r.Job
	now, _ := r.Scores.At(j.AsOf)
	var shown, measured []portfolio.Scored
	for _, d := range r.Scores.Dates.All() {
		if d >= j.AsOf {
			continue
		}
		if s, ok := r.known(d); ok {
			shown = append(shown, s)
		}
		if s, ok := r.Scores.Measured(d); ok {
			measured = append(measured, s)
		}
	}
	dataEnd := j.Rule().DataEnd
	if r.Data.HasRuns {
		p.Saves = outcome.Saves(outcome.SavesInput{
			Table: r.Data.Table, Plan: j.Framework.Plan, Past: shown, Runs: r.Data.Runs, Unusable: r.Data.UnusableRuns, DataEnd: dataEnd,
		})
	}
	if r.Data.knowsLosses() {
		p.Early = outcome.Early(outcome.EarlyInput{Table: r.Data.Table, Now: now, Past: measured, DataEnd: dataEnd})
	}
	r.chances(p)
	return r.plans(ctx, p)
}

// chances puts the observed save rate of each status beside the accounts at risk,
// once enough closed saves are on record.
func (r *Result) chances(p *portfolio.Report) {
	if p.Saves == nil || p.Saves.Closed < int64(r.Job.Framework.Plan.Saves.From) {
		return
	}
	for k := range p.AtRisk {
		for _, rate := range p.Saves.ByStatus {
			if rate.Of == p.AtRisk[k].Band {
				p.AtRisk[k].Chance = rate.Rate
			}
		}
	}
}

// plans lists the save plans of the accounts at risk with most ARR.
func (r *Result) plans(ctx context.Context, p *portfolio.Report) error {
	listed := min(len(p.AtRisk), r.Job.Framework.Plan.Saves.Listed)
	p.Unlisted = int64(len(p.AtRisk) - listed)
	var rows []int32
	for _, a := range p.AtRisk[:listed] {
		rows = append(rows, r.Data.Table.Lookup(a.ID))
	}
	plans, err := r.plansOf(ctx, p, rows)
	if err != nil {
		return err
	}
	for k := range plans {
		i := slices.IndexFunc(p.AtRisk, func(a portfolio.AtRiskRow) bool { return a.ID == plans[k].ID })
		p.AtRisk[i].Plan = k
	}
	p.Plans = plans
	return nil
}

// seatDays is how old the newest row with an account's licensed seats may be for a
// plan to state them.
const seatDays = 90

// recent returns the inputs with only those row groups of one source that may hold
// rows since a day; those that do not say when their rows are stay.
func (d *Data) recent(ctx context.Context, name, column string, since int32) (map[string]intake.Input, error) {
	out := maps.Clone(d.Inputs)
	in, ok := out[name]
	i := slices.IndexFunc(d.Sources, func(o *Opened) bool { return o.Name == name })
	if !ok || i < 0 {
		return out, nil
	}
	rows, _, err := d.Sources[i].Read.Confirm(ctx, column, since, math.MaxInt32)
	in.Rows = rows
	out[name] = in
	return out, err
}

// plansOf writes the plans of some population rows, in their order; rows without
// a score have none.
func (r *Result) plansOf(ctx context.Context, p *portfolio.Report, rows []int32) ([]portfolio.SavePlan, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	j := r.Job
	now, _ := r.Scores.At(j.AsOf)
	inputs, err := r.Data.recent(ctx, "usage", "date", j.AsOf-seatDays)
	if err != nil {
		return nil, err
	}
	facts, err := saveplan.ReadFacts(ctx, inputs, rows, r.Data.Table.Lookup, j.AsOf, j.Settings.PersonalData)
	if err != nil {
		return nil, err
	}
	var out []portfolio.SavePlan
	for _, row := range rows {
		a := saveplan.Account{
			Plan: j.Framework.Plan, Table: r.Data.Table, Now: now, Advice: r.Advice, Row: int(row), Facts: facts[row],
			Currency: j.Settings.Currency, Saves: p.Saves,
		}
		r.Rows.Of(int(row), &a.Shown)
		if plan, ok := saveplan.For(a); ok {
			out = append(out, plan)
		}
	}
	return out, nil
}

// PlanOf writes the plan of one account by its population row; nil where it is
// not scored.
func (r *Result) PlanOf(ctx context.Context, row int) (*portfolio.SavePlan, error) {
	plans, err := r.plansOf(ctx, r.Portfolio, []int32{int32(row)})
	if err != nil || len(plans) == 0 {
		return nil, err
	}
	return &plans[0], nil
}
