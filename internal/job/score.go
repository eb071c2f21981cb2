package job

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
	"accounthealth/internal/source"
)

// Dates says which days a run scores and what each is for.
type Dates struct {
	AsOf     int32
	Review   int32   // the previous review: the month-end before the as-of date
	Compare  int32   // what the Summary compares with: the quarter-end before
	Day90    int32   // 90 days before
	Months   []int32 // month-ends rebuilt, oldest first
	Quarters []int32 // quarter-ends for calibration, oldest first
	// Renewals are month-ends from which renewal decisions are scored, oldest first,
	// and Sampling says whether they are; only a run that judges scores has them.
	Renewals []int32
	Sampling cohort.Sampling
}

// Dates plans the days of a full run.
func (j *Job) Dates() Dates {
	d := Dates{
		AsOf: j.AsOf, Review: day.PrevMonthEnd(j.AsOf), Compare: day.PrevQuarterEnd(j.AsOf), Day90: j.AsOf - 90,
		Months: day.MonthEnds(j.AsOf, j.Settings.HistoryMonths),
	}
	rule := j.Rule()
	for q, complete := day.QuarterEnd(j.AsOf), 0; complete < j.Settings.Calibration.Quarters; q = day.PrevQuarterEnd(q) {
		if q > j.AsOf {
			continue
		}
		if q+rule.Gap+rule.HorizonAt(q) <= rule.DataEnd {
			complete++
		}
		d.Quarters = append(d.Quarters, q)
	}
	slices.Reverse(d.Quarters)
	return d
}

// JudgedDates plans the days of a run that judges scores by the losses that
// followed: those of Dates and, where accounts are judged at their renewals, the
// month-ends from which these are scored. There are three for every quarter asked
// for, up to the newest from which an outcome can be known, and those since.
func (j *Job) JudgedDates(data *Data) (Dates, error) {
	d := j.Dates()
	rule := j.Rule()
	rule.AtRenewal = true
	newest := day.MonthEnd(rule.DataEnd - cohort.Lead)
	if newest > rule.DataEnd-cohort.Lead {
		newest = day.PrevMonthEnd(newest)
	}
	months := append(day.MonthEnds(newest, 3*j.Settings.Calibration.Quarters-1), newest)
	for m := day.MonthEnd(newest + 1); m <= j.AsOf; m = day.MonthEnd(m + 1) {
		months = append(months, m)
	}
	views := make([]*population.View, len(months))
	for i, t := range months {
		views[i] = data.Table.At(t, false)
	}
	d.Sampling = cohort.Choose(j.Settings.Calibration.Sampling, data.Table, views, rule)
	if !d.Sampling.AtRenewal {
		return d, nil
	}
	if rule.Gap >= cohort.Lead {
		return d, diag.Errorf(diag.Config, "calibration.gap_days", fmt.Sprintf("write fewer than %d days, or sampling: calendar", cohort.Lead),
			"sampling is renewal, where decisions are scored %d days before their deadline, and losses in the first %d days are too late to act", cohort.Lead, rule.Gap)
	}
	if d.Sampling.Dated == 0 {
		return d, diag.Errorf(diag.Config, "calibration.sampling", "map subscriptions with start and renewal_date (or end), or write auto or calendar",
			"sampling is renewal, and no contract has a renewal date on a past date")
	}
	d.Renewals = months
	return d, nil
}

// All returns every day to score, ascending and distinct.
func (d Dates) All() []int32 {
	all := append([]int32{d.AsOf, d.Review, d.Compare, d.Day90}, d.Months...)
	all = append(append(all, d.Quarters...), d.Renewals...)
	slices.Sort(all)
	return slices.Compact(all)
}

// Judged returns the days whose account-dates are judged, ascending.
func (d Dates) Judged() []int32 {
	if d.Sampling.AtRenewal {
		return d.Renewals
	}
	return d.Quarters
}

// Labelled returns the days judged and the quarter-ends, which other outcome windows
// are measured from whatever is judged, ascending.
func (d Dates) Labelled() []int32 {
	days := slices.Concat(d.Quarters, d.Renewals)
	slices.Sort(days)
	return slices.Compact(days)
}

// explained reports whether what each signal gave on a day is kept: it is over all
// days most of a run's memory.
func (d Dates) explained(t int32) bool { return t == d.AsOf || t == d.Compare || t == d.Review }

// Scores holds the scored days of a run.
type Scores struct {
	Scorer   *score.Scorer
	Dates    Dates
	byDay    map[int32]portfolio.Scored // with the values set by hand
	measured map[int32]portfolio.Scored // without them; the same where none is in force
	stored   map[int32]stored           // past days that are shown as the history has them
	blank    *signal.Blank
}

// At returns a scored day as it is shown, with the values set by hand that were in
// force on it: what is stored of it, under the framework in force now, where it was
// published, else what the exports say. ok is false for a day that was not planned.
func (s *Scores) At(d int32) (portfolio.Scored, bool) {
	v, ok := s.byDay[d]
	return v, ok
}

// Published returns what was published for a past day, or nil.
func (s *Scores) Published(d int32) *portfolio.Published { return s.stored[d].published }

// Measured returns a scored day from the exports alone. It is what calibration
// learns from: values set by hand never enter a fit.
func (s *Scores) Measured(d int32) (portfolio.Scored, bool) {
	v, ok := s.measured[d]
	return v, ok
}

// Release frees the Arrow memory of all days.
func (s *Scores) Release() {
	for d, v := range s.measured {
		if shown, ok := s.byDay[d]; ok && shown.Signals != v.Signals {
			shown.Signals.Release()
		}
		v.Signals.Release()
	}
	for d, v := range s.stored {
		if s.byDay[d].Signals != v.Signals {
			v.Signals.Release()
		}
	}
}

// knows reports whether a source describes the as-of date: a table that is
// overwritten does only where it was exported then.
func (j *Job) knows(name string, d *Data) bool {
	s := j.Settings.Source(name)
	return s == nil || s.Layout != source.Current || !d.Later.Yes()
}

// Collected says which signals the opened exports give, and refuses a portfolio
// that cannot be scored with them. It reads no rows.
func (j *Job) Collected(d *Data) ([]bool, error) {
	scorer, err := score.New(j.Framework.Plan)
	if err != nil {
		return nil, err
	}
	collected, err := signal.Collected(j.Framework.Plan, d.Inputs)
	if err != nil {
		return nil, err
	}
	return collected, scorer.Measured(collected)
}

// Score computes the signals of every planned day in one pass over the exports
// and scores them.
func (j *Job) Score(ctx context.Context, d *Data, dates Dates) (*Scores, error) {
	scorer, err := score.New(j.Framework.Plan)
	if err != nil {
		return nil, err
	}
	days := dates.All()
	views := make([]*population.View, len(days))
	tenure := make([][]int32, len(days))
	for i, t := range days {
		views[i] = d.Table.At(t, t == j.AsOf && j.knows("accounts", d))
		tenure[i] = views[i].TenureMonths
	}
	j.step("compute signals")
	snapshots, err := signal.Compute(ctx, signal.Request{
		Plan: j.Framework.Plan, Table: d.Table, Inputs: d.Inputs, Dates: days, Tenure: tenure,
		Today: j.AsOf, Later: d.Later.Yes(), Holidays: j.Settings.Holidays, Findings: d.Findings, Temp: j.Temp,
	})
	if err != nil {
		return nil, err
	}
	d.countLater()
	j.step("score")
	if len(snapshots) > 0 {
		d.Overrides.Collected(snapshots[0].Collected)
	}
	out := &Scores{
		Scorer: scorer, Dates: dates,
		byDay: make(map[int32]portfolio.Scored, len(days)), measured: make(map[int32]portfolio.Scored, len(days)),
		stored: map[int32]stored{}, blank: signal.NewBlank(d.Table.Len()),
	}
	for i, snap := range snapshots {
		day := portfolio.Scored{View: views[i], Signals: snap, Rebuilt: days[i] != j.AsOf || d.Later.Yes()}
		if err := out.add(d, day); err != nil {
			out.Release()
			return nil, err
		}
	}
	if err := j.restore(ctx, d, out); err != nil {
		out.Release()
		return nil, err
	}
	return out, nil
}

// add scores one day from the exports alone, and again with the values set by
// hand where any is in force.
func (s *Scores) add(d *Data, day portfolio.Scored) (err error) {
	t := day.View.AsOf
	rows := score.RowsOf(day.Signals.Plan, d.Table, day.View)
	rows.Brief = !s.Dates.explained(t)
	defer func() {
		if rows.Brief && err == nil {
			s.measured[t].Signals.DropProvenance(s.blank)
			if s.byDay[t].Signals != s.measured[t].Signals {
				s.byDay[t].Signals.DropProvenance(s.blank)
			}
		}
	}()
	day.Result, err = s.Scorer.Score(day.Signals, rows)
	s.measured[t], s.byDay[t] = day, day
	if rows.Manual = d.Overrides.At(t); err != nil || len(rows.Manual) == 0 {
		return err
	}
	day.Signals = signal.Override(memory.DefaultAllocator, day.Signals, rows.Manual)
	day.Result, err = s.Scorer.Score(day.Signals, rows)
	s.byDay[t] = day
	return err
}

// full returns a day's scores with what is not kept of the days that are not
// explained.
func (s *Scores) full(d *Data, day portfolio.Scored) (*score.Result, error) {
	if !day.Result.Brief() {
		return day.Result, nil
	}
	rows := score.RowsOf(day.Signals.Plan, d.Table, day.View)
	rows.Manual = day.Result.Manual
	return s.Scorer.Score(day.Signals, rows)
}

// scoreWith scores a day's signals under another framework of the same signals.
func (j *Job) scoreWith(fw *framework.Framework, d *Data, day portfolio.Scored) (*score.Result, error) {
	scorer, err := score.New(fw.Plan)
	if err != nil {
		return nil, err
	}
	rows := score.RowsOf(fw.Plan, d.Table, day.View)
	rows.Manual = day.Result.Manual
	return scorer.Score(day.Signals, rows)
}
