package job

import (
	"context"
	"slices"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// Dates says which days a run scores and what each is for.
type Dates struct {
	AsOf     int32
	Review   int32   // the previous review: the month-end before the as-of date
	Compare  int32   // what the Summary compares with: the quarter-end before
	Day90    int32   // 90 days before
	Months   []int32 // month-ends rebuilt, oldest first
	Quarters []int32 // quarter-ends for calibration, oldest first
}

// yearDays is the length of the retention window.
const yearDays = 365

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

// All returns every day to score, ascending and distinct.
func (d Dates) All() []int32 {
	all := append([]int32{d.AsOf, d.Review, d.Compare, d.Day90}, d.Months...)
	all = append(all, d.Quarters...)
	slices.Sort(all)
	return slices.Compact(all)
}

// Scores holds the scored days of a run.
type Scores struct {
	Scorer *score.Scorer
	Dates  Dates
	byDay  map[int32]portfolio.Scored
}

// At returns a scored day; ok is false for a day that was not planned.
func (s *Scores) At(d int32) (portfolio.Scored, bool) {
	v, ok := s.byDay[d]
	return v, ok
}

// Release frees the Arrow memory of all days.
func (s *Scores) Release() {
	for _, v := range s.byDay {
		v.Signals.Release()
	}
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
		views[i] = d.Table.At(t, t == j.AsOf)
		tenure[i] = views[i].TenureMonths
	}
	j.step("compute signals")
	snapshots, err := signal.Compute(ctx, signal.Request{
		Plan: j.Framework.Plan, Table: d.Table, Inputs: d.Inputs, Dates: days, Tenure: tenure,
		Today: j.AsOf, Holidays: j.Settings.Holidays, Findings: d.Findings,
	})
	if err != nil {
		return nil, err
	}
	j.step("score")
	out := &Scores{Scorer: scorer, Dates: dates, byDay: make(map[int32]portfolio.Scored, len(days))}
	for i, snap := range snapshots {
		res, err := scorer.Score(snap, score.RowsOf(j.Framework.Plan, d.Table, views[i]))
		if err != nil {
			out.Release()
			return nil, err
		}
		out.byDay[days[i]] = portfolio.Scored{View: views[i], Result: res, Signals: snap, Rebuilt: days[i] != j.AsOf}
	}
	return out, nil
}

// moves decomposes the change between two scored days.
func (j *Job) moves(d *Data, s *Scores, from, to portfolio.Scored) ([]compare.Move, error) {
	blend := signal.Blend(memory.DefaultAllocator, from.Signals, to.Signals)
	defer blend.Release()
	between, err := s.Scorer.Score(blend, score.RowsOf(j.Framework.Plan, d.Table, to.View))
	if err != nil {
		return nil, err
	}
	return compare.Moves(from.Result, between, to.Result), nil
}

// scoreWith scores a day's signals under another framework of the same signals.
func (j *Job) scoreWith(fw *framework.Framework, d *Data, day portfolio.Scored) (*score.Result, error) {
	scorer, err := score.New(fw.Plan)
	if err != nil {
		return nil, err
	}
	return scorer.Score(day.Signals, score.RowsOf(fw.Plan, d.Table, day.View))
}
