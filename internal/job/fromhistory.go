package job

import (
	"context"
	"fmt"
	"slices"

	"accounthealth/calibrate"
	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/history"
	"accounthealth/internal/score"
)

// publishedDays lists the days up to the as-of date with a run that was published
// for them, ascending.
func (j *Job) publishedDays(ctx context.Context) ([]int32, map[int32]*history.Run, error) {
	all, err := history.Dates(ctx, j.Files, j.Settings.History)
	if err != nil {
		return nil, nil, err
	}
	runs := map[int32]*history.Run{}
	var days []int32
	for _, d := range all {
		if d > j.AsOf {
			continue
		}
		found, err := history.Read(ctx, j.Files, j.Settings.History, d)
		if err != nil {
			return nil, nil, err
		}
		if run := found.Reported(); run != nil {
			days, runs[d] = append(days, d), run
		}
	}
	return days, runs, nil
}

// inForceOn returns the published day whose score was in force on day q: the
// newest of the quarter up to it.
func inForceOn(days []int32, q int32) (int32, bool) {
	at, _ := slices.BinarySearch(days, q+1)
	if at == 0 || q-days[at-1] >= inForceDays {
		return day.None, false
	}
	return days[at-1], true
}

// CalibrateHistory calibrates with what was published alone: at every past
// quarter-end the snapshot then in force, its stored signals scored under the
// framework in force now, without values set by hand. Dates of which nothing was
// published are left out, never filled from the exports, which tell the losses and
// the population only.
func (j *Job) CalibrateHistory(ctx context.Context) (*Judged, error) {
	data, err := j.Load(ctx)
	if err != nil {
		return nil, err
	}
	days, _, err := j.publishedDays(ctx)
	if err != nil {
		return nil, err
	}
	dates, err := j.judgedDates(data)
	if err != nil {
		return nil, err
	}
	dates.Months = days // restored from the history in the order of time
	scores, err := j.Score(ctx, data, dates)
	if err != nil {
		return nil, err
	}
	defer scores.Release()
	j.step("calibrate")
	var dated []cohort.Dated
	for _, q := range dates.Labelled() {
		d, ok := inForceOn(days, q)
		if !ok || d == j.AsOf {
			continue
		}
		was := scores.stored[d]
		res, err := scores.Scorer.Score(was.Signals, score.RowsOf(j.Framework.Plan, data.Table, was.View))
		if err != nil {
			return nil, err
		}
		now, _ := scores.Measured(q)
		dated = append(dated, cohort.Dated{View: now.View, Result: res})
	}
	if len(dated) == 0 {
		return nil, diag.Errorf(diag.Config, j.Settings.History, "publish with accounthealth run each quarter, or calibrate from the exports", "nothing was published for a past quarter-end yet")
	}
	f, err := j.fit(ctx, data, dated, scores)
	if err != nil {
		return nil, err
	}
	out := &Judged{Record: j.record(FromHistory, f.cohort, dates.Sampling, f.result, f.horizons)}
	out.Suggested, err = j.suggest(out.Record)
	return out, err
}

// record is the record of a calibration whose sample was cut from scored dates.
func (j *Job) record(source string, c *cohort.Cohort, sampling cohort.Sampling, res *calibrate.Result, horizons []calibrate.Horizon) *CalibrationRecord {
	s := j.Settings.Calibration
	return &CalibrationRecord{
		Schema: RecordSchema, Kind: "calibration", Source: source, AsOf: day.Format(j.AsOf), Framework: FrameworkRecord(j.Framework),
		Settings: RecordSettings{Seed: s.Seed, Replicates: s.Bootstrap, Intercepts: fmt.Sprint(calibrate.ByPeriodAndSegment)},
		Cohort:   recordCohort(j.Settings, c, sampling), Horizons: horizons, Result: res,
	}
}
