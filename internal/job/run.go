package job

import (
	"context"
	"fmt"
	"math"

	"accounthealth/calibrate"
	"accounthealth/internal/advise"
	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/reports"
)

// Steps is about how many steps a full run announces.
const Steps = 9

// Result is everything a run computed.
type Result struct {
	Job       *Job
	Data      *Data
	Scores    *Scores
	Advice    *advise.Advice
	Portfolio *portfolio.Report
	Rows      *portfolio.Rows
	// Gate is the gate that stops publication, or nil; the figures above are
	// complete all the same.
	Gate error

	// The calibration is nil without a churn source.
	Cohort      *cohort.Cohort
	Calibration *calibrate.Result
	Book        *reports.CalibrationBook
	Suggested   []byte // the suggested framework file
	// Horizons are how score and pillars related to losses within 30 and 180 days,
	// beside the quarter that decides.
	Horizons []calibrate.Horizon

	pillars  []int // of the plan, by pillar of Calibration: those that were measured
	arrKnown bool  // the ARR of the calibration's rows is known
}

// Release frees the Arrow memory of the run.
func (r *Result) Release() { r.Scores.Release() }

// Run computes everything, from the exports to the figures of the reports. It
// publishes nothing.
func (j *Job) Run(ctx context.Context) (*Result, error) {
	data, err := j.Load(ctx)
	if err != nil {
		return nil, err
	}
	dates := j.Dates()
	if !j.ScoreOnly && data.knowsLosses() {
		if dates, err = j.JudgedDates(data); err != nil {
			return nil, err
		}
	}
	scores, err := j.Score(ctx, data, dates)
	if err != nil {
		return nil, err
	}
	r := &Result{Job: j, Data: data, Scores: scores}
	if err := r.finish(ctx); err != nil {
		scores.Release()
		return nil, err
	}
	return r, nil
}

func (r *Result) finish(ctx context.Context) error {
	j := r.Job
	now, _ := r.Scores.At(j.AsOf)
	j.step("advise")
	var err error
	if r.Advice, err = advise.Advise(j.Framework.Plan, now.Signals, now.Result, now.View); err != nil {
		return err
	}
	if err := r.calibrate(ctx); err != nil {
		return err
	}
	j.step("put figures together")
	return r.report(ctx)
}

// report fills the portfolio figures.
func (r *Result) report(ctx context.Context) error {
	j, table := r.Job, r.Data.Table
	now, _ := r.Scores.At(j.AsOf)
	in := portfolio.Input{
		Plan: j.Framework.Plan, Table: table, Currency: j.Settings.Currency, Now: now,
		YearAgo: r.yearBefore(j.AsOf), PriorYearAgo: r.yearBefore(r.Scores.Dates.Compare),
	}
	for _, m := range r.Scores.Dates.Months {
		if s, ok := r.known(m); ok {
			in.History = append(in.History, s)
		}
	}
	if table.HasTerms() {
		in.Dated = table.At(j.AsOf, false)
		r.openings(&in)
	}
	for _, d := range r.Scores.Dates.All() {
		if s, ok := r.Scores.Measured(d); ok && d < j.AsOf {
			in.Past = append(in.Past, s)
		}
	}
	if prior, ok := r.known(r.Scores.Dates.Compare); ok {
		in.Prior = &prior
		var err error
		if in.Change, err = j.change(r.Data, r.Scores, prior.View.AsOf, j.AsOf); err != nil {
			return err
		}
	}
	in.Reported = r.Scores.Published(r.Scores.Dates.Compare)
	trend, day90 := r.optional(r.Scores.Dates.Review), r.optional(r.Scores.Dates.Day90)
	in.Rows = portfolio.NewRows(j.Framework.Plan, table, now, trend, day90, r.Advice)
	r.Rows = in.Rows
	p := portfolio.Build(in)
	if n := j.Settings.WhatIfAccounts; n > 0 {
		p.WhatIf = in.Rows.NewWhatIf(n)
	}
	var err error
	if p.Alerts, err = r.raise(ctx); err != nil {
		return err
	}
	if p.Accuracy, err = r.accuracy(ctx, in); err != nil {
		return err
	}
	if p.MissingPolicies, p.MissingRows, err = in.Rows.DependsOnMissing(); err != nil {
		return err
	}
	p.Overrides = portfolio.Judge(r.Data.Overrides, table, r.measuredDays())
	if err = r.act(ctx, p); err != nil {
		return err
	}
	p.Tie = r.tieOut(now.View, p.Classes)
	p.Warnings = append(r.warnings(), passedRenewals(p.Renewals)...)
	p.Glossary, p.LeftOut = r.glossary(), r.leftOut(p)
	if p.Changes, err = r.allChanges(ctx); err != nil {
		return err
	}
	next, scored, warning := r.next(now)
	p.Next = next
	in.Rows.ShowNext(scored)
	if warning != nil {
		p.Warnings = append(p.Warnings, *warning)
	}
	if r.Book != nil {
		p.Verdict = r.Book.Verdict.Headline
	}
	p.Quality, err = r.audit(ctx, now, p.Tie, p.Classes)
	if err != nil && diag.ClassOf(err) != diag.Gate {
		return err
	}
	p.Warnings = append(p.Warnings, sourceWarnings(p.Quality.Alerts)...)
	p.Quality.Exclusions = p.Classes
	r.auditOverrides(&p.Quality)
	touch(p)
	if scorecards := r.scorecards(p); scorecards != nil {
		return scorecards
	}
	r.Portfolio, r.Gate = p, err
	return nil
}

// measuredDays are the scored days from the exports alone, ascending, the as-of
// date last.
func (r *Result) measuredDays() []portfolio.Scored {
	var out []portfolio.Scored
	for _, d := range r.Scores.Dates.All() {
		if s, ok := r.Scores.Measured(d); ok && d <= r.Job.AsOf {
			out = append(out, s)
		}
	}
	return out
}

// known returns a day's scores where anybody was scored on it.
func (r *Result) known(d int32) (portfolio.Scored, bool) {
	s, ok := r.Scores.At(d)
	if !ok {
		return s, false
	}
	for i := range s.Result.Status {
		if s.Result.Status[i] >= 0 {
			return s, true
		}
	}
	return s, false
}

func (r *Result) optional(d int32) *portfolio.Scored {
	if s, ok := r.known(d); ok {
		return &s
	}
	return nil
}

// yearBefore returns the population a year before a day, or nil where its ARR is
// not known.
func (r *Result) yearBefore(d int32) *population.View {
	if v := r.Data.Table.At(d-portfolio.YearDays, false); knowsARR(v) {
		return v
	}
	return nil
}

// knowsARR reports whether anybody paid on a day and what most paid is known.
func knowsARR(v *population.View) bool {
	var paying, known int
	for i, c := range v.Class {
		if c.Scored() || c == population.InNotice {
			paying++
			if v.ARR[i] > 0 {
				known++
			}
		}
	}
	return known > 0 && 20*known >= 19*paying
}

// openings sets the days from which the ARR is followed to the as-of date: the
// day the Summary compares with and a year ago, where their ARR is known.
func (r *Result) openings(in *portfolio.Input) {
	add := func(name string, view *population.View) {
		o := portfolio.Opening{Name: name, View: view}
		if len(r.Data.rates) > 0 {
			o.Then = r.Data.Table.Revalued(view, r.Data.rates.at(view.AsOf))
		}
		in.Openings = append(in.Openings, o)
	}
	// What is compared here is dated by terms on both days, whatever was published.
	if s, ok := r.Scores.Measured(r.Scores.Dates.Compare); ok && knowsARR(s.View) {
		add("Since the last quarter-end", s.View)
	}
	if in.YearAgo != nil {
		add("12 months", in.YearAgo)
	}
}

// warnings are the sentences that stand beside the Summary's figures.
func (r *Result) warnings() []diag.Warning {
	var out []diag.Warning
	add := func(code, subject, format string, args ...any) {
		out = append(out, diag.Warning{Code: code, Subject: subject, Text: fmt.Sprintf(format, args...)})
	}
	now, _ := r.Scores.At(r.Job.AsOf)
	if r.Data.Later.Yes() {
		add("later_exports", "as-of date", "%s", r.Data.Later.text(r.Job))
	}
	if n := r.Data.Table.Folded.Pending; n > 0 {
		add("merge_pending", "merged_ids", "%d merges of account ids are dated after %s and not yet in force", n, day.Format(r.Job.AsOf))
	}
	p := r.Job.Framework.Plan
	for s, collected := range now.Signals.Collected {
		switch {
		case collected:
		case p.Signals[s].Kind == plan.Flag:
			add("not_collected", p.Signals[s].Name, "%s is not collected: no source is mapped for it, so this risk is never shown", p.Signals[s].Label)
		default:
			add("not_collected", p.Signals[s].Name, "%s is not collected: no source is mapped for it, so it is left out of every score", p.Signals[s].Label)
		}
	}
	for _, g := range r.Data.Findings.Groups() {
		if g.Code == diag.FutureDate && r.Data.Later.Yes() {
			continue // later rows are not yet known on the date, and that is said once
		}
		if m := r.meter(g.Source); m != nil && float64(g.Count) > 0.01*float64(m.RowsFor(g.Code)) {
			add("findings", g.Source, "%d of %d rows of %s: %s in %s", g.Count, m.RowsFor(g.Code), g.Source, g.Code.Words(), g.Column)
		}
	}
	for _, o := range r.Data.Sources {
		if len(o.Untrue) > 0 {
			g := o.Untrue[0]
			add("footers", o.Name, "the footers of %s date %d row groups wrongly, such as that from row %d of %s: it is said to begin on %s. Their rows were read; the program that writes these files should be looked at", o.Name, len(o.Untrue), g.FirstRow+1, g.File, day.Format(g.First))
		}
	}
	var unknown int
	for i, c := range now.View.Class {
		if (c.Scored() || c == population.InNotice) && math.IsNaN(now.View.ARR[i]) {
			unknown++
		}
	}
	if unknown > 0 {
		add("arr_unknown", "ARR", "the ARR of %d paying accounts is unknown and in no sum: no amount, or no rate for its currency", unknown)
	}
	var depends int
	for i, d := range now.Result.DependsOnMissing {
		if d && now.Result.Status[i] >= 0 {
			depends++
		}
	}
	out = append(out, r.manualWarnings()...)
	out = append(out, r.historyWarnings()...)
	switch {
	case depends == 1:
		add("depends_on_missing", "status", "the status of 1 account depends on missing data: it would be worse with the missing values at their worst")
	case depends > 1:
		add("depends_on_missing", "status", "the status of %d accounts depends on missing data: it would be worse with the missing values at their worst", depends)
	}
	if _, ok := r.known(r.Scores.Dates.Compare); !ok {
		add("no_prior", "change", "there is no scored snapshot of %s to compare with", day.Format(r.Scores.Dates.Compare))
	}
	return out
}
