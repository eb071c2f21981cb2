package job

import (
	"context"
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate"
	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/history"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
)

// inForceDays is how long a published score stays in force when nothing newer is
// published: a quarter.
const inForceDays = 92

// Accuracy is the audit of the scores that were in force.
type Accuracy struct {
	Job   *Job
	Data  *Data
	Audit *calibrate.AuditResult
	// Rows and Dates say which account and date a row of the result is.
	Rows   []cohort.Row
	Dates  []int32
	Ledger []cohort.LedgerRow
	Losses *RecordLosses // what became of every loss
	// Sampling says which account-dates are judged.
	Sampling cohort.Sampling
	// ScoredOn is, by Dates, the day whose score was in force.
	ScoredOn []int32
	// Published says which dates were judged by published scores.
	Published []bool
	Worked    bool      // work on accounts is recorded
	ARR       []float64 // by Rows: that of the date, NaN where unknown
	KnowsARR  bool      // of the rows; otherwise they count alike, and sums of ARR are counts
	Warnings  []diag.Warning
}

// Accuracy judges the scores that were in force at past quarter-ends, published
// ones and rebuilt ones apart. capacity is how many accounts can be worked at each
// date; 0 is not asked. It publishes nothing and proposes nothing.
func (j *Job) Accuracy(ctx context.Context, capacity int) (*Accuracy, error) {
	data, err := j.Load(ctx)
	if err != nil {
		return nil, err
	}
	planned, err := j.judgedDates(data)
	if err != nil {
		return nil, err
	}
	scores, err := j.Score(ctx, data, planned)
	if err != nil {
		return nil, err
	}
	defer scores.Release()
	return j.judge(ctx, data, scores, capacity)
}

// judge audits the scores of days that are loaded and scored.
func (j *Job) judge(ctx context.Context, data *Data, scores *Scores, capacity int) (_ *Accuracy, err error) {
	j.step("judge earlier scores")
	b := &accuracyBuilder{job: j, data: data, scores: scores, out: &Accuracy{Job: j, Data: data, Sampling: scores.Dates.Sampling}, loaded: map[int32]*history.Stored{}}
	if b.days, b.runs, err = j.publishedDays(ctx); err != nil {
		return nil, err
	}
	for _, w := range j.unsound(data) {
		b.out.Warnings = append(b.out.Warnings, diag.Warning(w))
	}
	var dates []cohort.InForce
	for _, q := range scores.Dates.Judged() {
		d, err := b.inForce(ctx, q)
		if err != nil {
			return nil, err
		}
		dates = append(dates, d)
	}
	a, err := b.audit(ctx, dates, capacity)
	if err != nil {
		return nil, err
	}
	built := a.Build(dates)
	if b.out.Audit, err = calibrate.Audit(ctx, built.Sample, calibrate.Options{}); err != nil {
		return nil, err
	}
	b.out.Rows, b.out.Dates, b.out.Ledger, b.out.KnowsARR = built.Rows, built.Dates, built.Ledger, built.KnowsARR
	b.out.ARR = built.Paid
	b.out.Losses = recordLosses(j.Settings, built.Losses, built.LostARR, built.KnowsARR)
	for _, d := range built.Dates {
		at := slices.IndexFunc(dates, func(x cohort.InForce) bool { return x.View.AsOf == d })
		b.out.ScoredOn, b.out.Published = append(b.out.ScoredOn, dates[at].ScoredOn), append(b.out.Published, !dates[at].Rebuilt)
	}
	return b.out, nil
}

// Bars returns what the framework asks of the score.
func Bars(a framework.Accuracy) calibrate.Bars {
	return calibrate.Bars{Recall: a.Recall, Lift: a.Lift, Alerts: a.Alerts, AUC: a.AUC, Monotone: a.Monotone}
}

type accuracyBuilder struct {
	job    *Job
	data   *Data
	scores *Scores
	out    *Accuracy
	days   []int32 // with a published run, ascending
	runs   map[int32]*history.Run
	loaded map[int32]*history.Stored
}

func (b *accuracyBuilder) warn(code, subject, format string, args ...any) {
	w := diag.Warning{Code: code, Subject: subject, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(b.out.Warnings, w) {
		b.out.Warnings = append(b.out.Warnings, w)
	}
}

// stored reads the run that was published for a day, once.
func (b *accuracyBuilder) stored(ctx context.Context, d int32) (*history.Stored, error) {
	if s, ok := b.loaded[d]; ok {
		return s, nil
	}
	s, err := history.Load(ctx, b.job.Files, b.job.Settings.History, d)
	b.loaded[d] = s
	return s, err
}

// inForce returns the score in force on a quarter-end: the newest published one
// of the quarter up to it, else the day rebuilt under the framework then in force.
func (b *accuracyBuilder) inForce(ctx context.Context, q int32) (cohort.InForce, error) {
	now, _ := b.scores.At(q)
	measured, _ := b.scores.Measured(q)
	if t, ok := inForceOn(b.days, q); ok {
		s, err := b.stored(ctx, t)
		if err != nil {
			return cohort.InForce{}, err
		}
		return b.fromStored(s, now.View, measured), nil
	}
	scored, err := b.then(ctx, q, now)
	if err != nil {
		return cohort.InForce{}, err
	}
	d := fromScored(scored, b.job.Framework)
	d.Signals = measured.Result
	return d, nil
}

// then rescores a day under the framework of the last run published before it,
// where that is not the one in force now.
func (b *accuracyBuilder) then(ctx context.Context, q int32, now portfolio.Scored) (portfolio.Scored, error) {
	at, _ := slices.BinarySearch(b.days, q+1)
	if at == 0 || b.runs[b.days[at-1]].Framework == b.job.Framework.Plan.Digest {
		return now, nil
	}
	last := b.days[at-1]
	src, err := history.FrameworkOf(ctx, b.job.Files, b.job.Settings.History, last, b.runs[last])
	if err != nil {
		return now, err
	}
	fw, err := framework.Load("framework.yaml of "+day.Format(last), src)
	if err != nil {
		b.warn("old_framework", day.Format(q), "the framework in force on %s can no longer be read, so the date is rebuilt under today's: %v", day.Format(q), err)
		return now, nil
	}
	under := *b.job
	under.Framework, under.Step = fw, nil
	data, err := under.Load(ctx)
	if err != nil {
		return now, err
	}
	scores, err := under.Score(ctx, data, Dates{AsOf: q, Review: q, Compare: q, Day90: q})
	if err != nil {
		return now, err
	}
	defer scores.Release()
	then, _ := scores.At(q)
	return then, nil
}

// fromScored takes a scored day as the score in force. Statuses are matched by
// name.
func fromScored(s portfolio.Scored, fw *framework.Framework) cohort.InForce {
	n := len(s.View.Class)
	_, labels := cuts(fw.Plan.Rules[0])
	var v calibrate.Variant
	for i := range n {
		addScore(&v, s.Result, i, labels)
	}
	d := cohort.InForce{View: s.View, Score: v.Score, Status: v.Status, ScoredOn: s.View.AsOf, Rebuilt: true}
	d.Pillars = make([][]float64, len(fw.Plan.Pillars))
	for k, p := range fw.Plan.Pillars {
		d.Pillars[k] = unmeasured(n)
		for then, old := range s.Result.Plan.Pillars {
			if old.Name == p.Name {
				d.Pillars[k] = s.Result.Pillars[then]
			}
		}
	}
	return d
}

func unmeasured(n int) []float64 { return slices.Repeat([]float64{math.NaN()}, n) }

// fromStored takes a published snapshot as the score in force.
func (b *accuracyBuilder) fromStored(s *history.Stored, view *population.View, measured portfolio.Scored) cohort.InForce {
	n := len(view.Class)
	d := cohort.InForce{View: view, Score: unmeasured(n), Status: slices.Repeat([]int32{-1}, n), ScoredOn: s.AsOf, Signals: measured.Result}
	_, labels := cuts(b.job.Framework.Plan.Rules[0])
	row := make([]int32, len(s.ID))
	for k, id := range s.ID {
		i := b.data.Table.Lookup(id)
		if i >= 0 && b.data.Table.ID[i] != id {
			i = -1 // scored apart then, and part of another account now
		}
		if row[k] = i; i < 0 {
			continue
		}
		if s.Tenths[k] >= 0 {
			d.Score[i] = float64(s.Tenths[k]) / 10
		}
		if s.Status[k] == "" {
			continue
		}
		if d.Status[i] = int32(slices.Index(labels, s.Status[k])); d.Status[i] < 0 {
			b.warn("other_statuses", day.Format(s.AsOf), "the statuses published for %s are not those of today's framework; accounts in %q count as not scored", day.Format(s.AsOf), s.Status[k])
		}
	}
	d.Pillars = make([][]float64, len(b.job.Framework.Plan.Pillars))
	for k, p := range b.job.Framework.Plan.Pillars {
		d.Pillars[k] = unmeasured(n)
		at := slices.IndexFunc(s.Pillars, func(x history.StoredPillar) bool { return x.Name == p.Name })
		if at < 0 {
			continue
		}
		for r, i := range row {
			if i >= 0 {
				d.Pillars[k][i] = s.Pillars[at].Score[r]
			}
		}
	}
	return d
}

// atRisk counts the statuses that are at risk.
func atRisk(rules plan.Rules) (n int) {
	for _, band := range rules.Bands {
		if band.AtRisk {
			n++
		}
	}
	return n
}

// audit gathers what the audit needs beside the dates.
func (b *accuracyBuilder) audit(ctx context.Context, dates []cohort.InForce, capacity int) (cohort.Audit, error) {
	j := b.job
	base := j.Framework.Plan.Rules[0]
	a := cohort.Audit{Table: b.data.Table, Plan: j.Framework.Plan, Rule: j.ruleOf(b.scores.Dates), Capacity: capacity}
	a.Cuts, a.Labels = cuts(base)
	a.Flagged = atRisk(base)
	a.Worked = b.worked()
	b.out.Worked = a.Worked != nil
	for _, m := range b.scores.Dates.All() {
		// Comparisons with today are scored on other days too; not every loss has such a
		// day before it.
		if s, ok := b.scores.Measured(m); ok && m == day.MonthEnd(m) {
			a.Paths = append(a.Paths, fromScored(s, j.Framework))
		}
	}
	for k, d := range b.days {
		if k+1 < len(b.days) && day.MonthEnd(b.days[k+1]) == day.MonthEnd(d) && day.MonthEnd(d) != d {
			continue // one a month tells the path: its last
		}
		s, err := b.stored(ctx, d)
		if err != nil {
			return a, err
		}
		a.Paths = append(a.Paths, b.fromStored(s, b.data.Table.At(d, d == j.AsOf && j.knows("accounts", b.data)), portfolio.Scored{}))
	}
	slices.SortStableFunc(a.Paths, func(x, y cohort.InForce) int { return int(x.ScoredOn) - int(y.ScoredOn) })
	a.Drift = b.drift()
	return a, nil
}

// worked lists on which days somebody began to act on each account; nil where
// that is not recorded.
func (b *accuracyBuilder) worked() [][]int32 {
	if !b.data.HasRuns {
		return nil
	}
	out := make([][]int32, b.data.Table.Len())
	for _, r := range b.data.Runs {
		out[r.Account] = append(out[r.Account], r.Started)
	}
	for i := range out {
		slices.Sort(out[i])
	}
	return out
}

// drift compares today's pillars with the first date's, the last one's, and those
// of the same quarter a year ago, account by account.
func (b *accuracyBuilder) drift() []calibrate.DriftSample {
	quarters := b.scores.Dates.Quarters
	today, _ := b.scores.Measured(b.job.AsOf)
	var out []calibrate.DriftSample
	add := func(name string, q int32) {
		then, ok := b.scores.Measured(q)
		if !ok || q >= b.job.AsOf {
			return
		}
		d := calibrate.DriftSample{Name: name + ", " + day.Format(q), Paired: true, Then: make([][]float64, len(today.Result.Pillars)), Today: make([][]float64, len(today.Result.Pillars))}
		for i := range today.View.Class {
			if today.View.Class[i] != population.Customer || then.View.Class[i] != population.Customer {
				continue
			}
			for k := range d.Then {
				d.Then[k], d.Today[k] = append(d.Then[k], then.Result.Pillars[k][i]), append(d.Today[k], today.Result.Pillars[k][i])
			}
		}
		out = append(out, d)
	}
	last := day.PrevQuarterEnd(b.job.AsOf)
	year := last
	for range 3 {
		year = day.PrevQuarterEnd(year)
	}
	if len(quarters) > 0 {
		add("first", quarters[0])
	}
	add("last quarter", last)
	add("a year ago", year)
	return out
}
