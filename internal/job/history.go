package job

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/explain"
	"accounthealth/internal/framework"
	"accounthealth/internal/history"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/publish"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// stored is a past day as the history has it.
type stored struct {
	*history.Restored
	published *portfolio.Published
}

// restore puts what was published in the place of what was rebuilt, for every
// past day of which a snapshot is in force: its values as they were known then,
// scored under the framework in force now. Measured days stay those of the
// exports.
func (j *Job) restore(ctx context.Context, d *Data, s *Scores) error {
	for _, t := range s.Dates.All() {
		if t >= j.AsOf {
			continue
		}
		snap, err := history.Load(ctx, j.Files, j.Settings.History, t)
		if err != nil {
			return err
		}
		if snap == nil {
			continue
		}
		rebuilt := s.measured[t]
		r := snap.Restore(d.Table, j.Framework.Plan, history.Scored{View: rebuilt.View, Signals: rebuilt.Signals, Result: rebuilt.Result})
		if shown := s.byDay[t]; shown.Signals != rebuilt.Signals {
			shown.Signals.Release()
		}
		shown := portfolio.Scored{View: r.View, Signals: r.Signals}
		rows := score.RowsOf(j.Framework.Plan, d.Table, r.View)
		if rows.Manual = r.Manual; len(r.Manual) > 0 {
			shown.Signals = signal.Override(nil, r.Signals, r.Manual)
		}
		rows.Brief = !s.Dates.explained(t)
		s.stored[t] = stored{r, published(snap)}
		if shown.Result, err = s.Scorer.Score(shown.Signals, rows); err != nil {
			shown.Signals, s.byDay[t] = rebuilt.Signals, rebuilt
			return err
		}
		s.byDay[t] = shown
		if rows.Brief {
			r.Signals.DropProvenance(s.blank)
			if shown.Signals != r.Signals {
				shown.Signals.DropProvenance(s.blank)
			}
		}
	}
	return nil
}

// published sums up what was published on a day.
func published(s *history.Stored) *portfolio.Published {
	out := &portfolio.Published{
		AsOf: s.AsOf, KPIs: map[string]portfolio.Figure{},
		Framework: portfolio.FrameworkRef{Name: s.Run.Name, Version: s.Run.Version, Digest: s.Run.Framework},
	}
	for key, k := range s.Run.KPIs {
		out.KPIs[key] = portfolio.Figure{Value: k.Value, Defined: true, Num: k.Num, Den: k.Den}
	}
	var cents []int64
	for i, status := range s.Status {
		if status == "" {
			continue
		}
		k := slices.IndexFunc(out.Statuses, func(p portfolio.PublishedStatus) bool { return p.Status == status })
		if k < 0 {
			k = len(out.Statuses)
			out.Statuses, cents = append(out.Statuses, portfolio.PublishedStatus{Status: status}), append(cents, 0)
		}
		out.Statuses[k].Accounts++
		if !math.IsNaN(s.ARR[i]) {
			cents[k] += int64(math.Round(s.ARR[i] * 100))
		}
	}
	for k, c := range cents {
		out.Statuses[k].ARR = float64(c) / 100
	}
	return out
}

// change leads from one scored day to another: the day as it was published, its
// values under the framework in force now, what only the data changed, then what
// only the values set by hand did, the rest being behaviour.
func (j *Job) change(d *Data, s *Scores, from, to int32) (*compare.Path, error) {
	old, _ := s.Measured(from)
	now, _ := s.Measured(to)
	values := compare.Values{Signals: old.Signals, Manual: d.Overrides.At(from)}
	was, published := s.stored[from]
	if published {
		values = compare.Values{Signals: was.Signals, Manual: was.Manual}
	}
	rows := score.RowsOf(j.Framework.Plan, d.Table, now.View)
	path, err := compare.Between(s.Scorer, rows, s.byDay[from].Result, s.byDay[to].Result, values, compare.Values{Signals: now.Signals, Manual: d.Overrides.At(to)})
	if published && err == nil {
		path.Reported = was.Reported
	}
	return path, err
}

// ChangeSince leads from a scored day that anybody was scored on to the as-of
// date; nil where there was none.
func (r *Result) ChangeSince(d int32) (*compare.Path, error) {
	if _, ok := r.known(d); !ok {
		return nil, nil
	}
	return r.Job.change(r.Data, r.Scores, d, r.Job.AsOf)
}

// Explain returns what accounts are explained from: the as-of date, the changes
// since the previous review and since the day that the Summary compares with, and
// every scored day before.
func (r *Result) Explain() (*explain.Source, error) {
	now, _ := r.Scores.At(r.Job.AsOf)
	s := &explain.Source{Now: now, Rows: r.Rows, Advice: r.Advice, Currency: r.Job.Settings.Currency}
	if r.Portfolio != nil {
		s.Next = r.Portfolio.Next
	}
	if len(now.Result.Manual) > 0 {
		s.Measured, _ = r.Scores.Measured(r.Job.AsOf)
	}
	days := []int32{r.Scores.Dates.Review}
	if r.Scores.Dates.Compare != r.Scores.Dates.Review {
		days = append(days, r.Scores.Dates.Compare)
	}
	for _, d := range days {
		path, err := r.ChangeSince(d)
		if err != nil {
			return nil, err
		}
		if path != nil {
			from, _ := r.Scores.At(d)
			basis := explain.Published
			if from.Rebuilt {
				basis = explain.Rebuilt
			}
			s.Changes = append(s.Changes, explain.Change{From: from, Path: path, Basis: basis})
		}
	}
	for _, d := range r.Scores.Dates.All() {
		if day, ok := r.known(d); ok && d < r.Job.AsOf {
			s.Days = append(s.Days, day)
		}
	}
	return s, nil
}

// Evidence reads the exports again for the rows behind an account's signals as of
// the as-of date, at most limit of an aggregate.
func (r *Result) Evidence(ctx context.Context, row, limit int) ([][]signal.Part, error) {
	j := r.Job
	now, _ := r.Scores.Measured(j.AsOf)
	basis := make([]uint8, len(j.Framework.Plan.Signals))
	for k := range basis {
		basis[k] = now.Signals.Basis(k).Value(row)
	}
	return signal.Evidence(ctx, signal.Request{
		Plan: j.Framework.Plan, Table: r.Data.Table, Inputs: r.Data.Inputs, Today: j.AsOf, Later: r.Data.Later.Yes(), Holidays: j.Settings.Holidays, Temp: j.Temp,
	}, int32(row), j.AsOf, basis, limit)
}

// historyUsed is what the manifest says about the history.
func (r *Result) historyUsed(ctx context.Context) (publish.History, error) {
	erased, err := history.ReadErased(ctx, r.Job.Files, r.Job.Settings.History)
	h := publish.History{Erased: erased.Len()}
	basis := func(d int32) (date, how string) {
		s, ok := r.known(d)
		switch {
		case !ok:
			return "", ""
		case s.Rebuilt:
			return day.Format(d), explain.Rebuilt
		}
		return day.Format(d), explain.Published
	}
	h.Review, h.Reviewed = basis(r.Scores.Dates.Review)
	h.Compared, h.Basis = basis(r.Scores.Dates.Compare)
	return h, err
}

// allChanges is the change log: the accepted versions, and how the framework that was
// published changed otherwise from one date to the next, the run's own included.
func (r *Result) allChanges(ctx context.Context) ([]portfolio.Term, error) {
	j := r.Job
	dates, err := history.Dates(ctx, j.Files, j.Settings.History)
	if err != nil {
		return nil, err
	}
	var out []portfolio.Term
	var last []byte
	var digest string
	add := func(d int32, version int, src []byte, now string) {
		accepted := slices.ContainsFunc(j.Changes, func(a framework.Accepted) bool { return a.Version == version })
		if digest != "" && !accepted {
			out = append(out, logged(d, last, src))
		}
		last, digest = src, now
	}
	for _, d := range dates {
		if d >= j.AsOf {
			break
		}
		runs, err := history.Read(ctx, j.Files, j.Settings.History, d)
		if err != nil {
			return nil, err
		}
		run := runs.Reported()
		if run == nil || run.Framework == digest {
			continue
		}
		src, err := history.FrameworkOf(ctx, j.Files, j.Settings.History, d, run)
		if err != nil {
			return nil, err
		}
		add(d, run.Version, src, run.Framework)
	}
	if p := j.Framework.Plan; p.Digest != digest {
		add(j.AsOf, p.Version, j.Framework.Source, p.Digest)
	}
	slices.Reverse(out)
	return append(j.changeLog(), out...), nil
}

// logged is one entry of the change log. A framework that this version can no
// longer read is still named.
func logged(d int32, before, after []byte) portfolio.Term {
	old, errOld := framework.Load("framework.yaml", before)
	now, errNow := framework.Load("framework.yaml", after)
	if errOld != nil || errNow != nil {
		return portfolio.Term{Name: "Published from " + day.Format(d), Text: "another framework, which this version cannot read"}
	}
	p := now.Plan
	t := portfolio.Term{Name: fmt.Sprintf("%s version %d, published from %s", p.Name, p.Version, day.Format(d))}
	for _, c := range framework.Diff(old, now) {
		if c.Where == "framework" && (c.What == "version" || c.What == "name") {
			continue
		}
		t.Text += fmt.Sprintf("; %s: %s %s to %s", c.Where, c.What, orNothing(c.Old), orNothing(c.New))
	}
	if t.Text = strings.TrimPrefix(t.Text, "; "); t.Text == "" {
		t.Text = "nothing that scores follow from"
	}
	return t
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// keep stores the as-of date, and every month-end of which nothing was published.
func (r *Result) keep(ctx context.Context) error {
	j := r.Job
	erased, err := history.ReadErased(ctx, j.Files, j.Settings.History)
	if err != nil {
		return err
	}
	for _, d := range append(slices.Clone(r.Scores.Dates.Months), j.AsOf) {
		s, ok := r.known(d)
		if _, there := r.Scores.stored[d]; !ok || there {
			continue
		}
		measured, _ := r.Scores.Measured(d)
		full, err := r.Scores.full(r.Data, s)
		if err != nil {
			return err
		}
		snap := history.Snapshot{
			Table: r.Data.Table, Scored: history.Scored{View: s.View, Signals: measured.Signals, Result: full},
			Framework: j.Framework.Source, Kind: history.Rebuilt,
		}
		if d == j.AsOf {
			snap.Kind, snap.KPIs = history.Published, map[string]history.KPI{}
			for _, k := range r.Portfolio.KPIs {
				if k.Now.Defined {
					snap.KPIs[k.Key] = history.KPI{Value: k.Now.Value, Num: k.Now.Num, Den: k.Now.Den}
				}
			}
		}
		if _, err := history.Keep(ctx, j.Files, j.Settings.History, &snap, erased); err != nil {
			return err
		}
	}
	return nil
}

// historyWarnings say what of a stored snapshot could not be compared with.
func (r *Result) historyWarnings() []diag.Warning {
	var out []diag.Warning
	was, ok := r.Scores.stored[r.Scores.Dates.Compare]
	if !ok {
		return nil
	}
	on := day.Format(r.Scores.Dates.Compare)
	if was.Gone > 0 {
		out = append(out, diag.Warning{Code: "history_gone", Subject: "change", Text: fmt.Sprintf(
			"%d accounts that were published for %s are no longer in the accounts export; restated figures are without them", was.Gone, on)})
	}
	for _, k := range was.Rebuilt {
		s := &r.Job.Framework.Plan.Signals[k]
		out = append(out, diag.Warning{Code: "history_rebuilt", Subject: s.Name, Text: fmt.Sprintf(
			"%s was not measured as it is now when %s was published; its value of that date is rebuilt from the exports", s.Label, on)})
	}
	if was.Lapsed > 0 {
		out = append(out, diag.Warning{Code: "history_lapsed", Subject: "overrides", Text: fmt.Sprintf(
			"%d manual values of %s have no place in the framework in force now", was.Lapsed, on)})
	}
	return out
}
