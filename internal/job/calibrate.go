package job

import (
	"context"
	"fmt"

	"accounthealth/calibrate"
	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
)

// Rule returns the labelling rule of the settings. The recording of losses is
// complete some days before the as-of date; the newest loss says nothing about
// that.
func (j *Job) Rule() cohort.Rule {
	c := j.Settings.Calibration
	return cohort.Rule{Gap: c.GapDays, DataEnd: j.AsOf - c.CompleteAfterDays}
}

// calibrate labels the quarter-ends and refits the weights. Without losses there
// is nothing to calibrate with and the result stays nil.
func (r *Result) calibrate(ctx context.Context) error {
	j := r.Job
	if j.ScoreOnly || !r.knowsLosses() {
		return nil
	}
	j.step("calibrate")
	var dated []cohort.Dated
	for _, q := range r.Scores.Dates.Quarters {
		s, _ := r.Scores.Measured(q)
		dated = append(dated, cohort.Dated{View: s.View, Result: s.Result})
	}
	r.Cohort = cohort.Build(r.Data.Table, dated, j.Rule())
	base := j.Framework.Plan.Rules[0]
	opt := j.calibrateOptions()
	opt.Today = r.today()
	opt.Cuts, opt.Labels = cuts(base)
	sample := r.Cohort.Sample(r.Data.Table)
	r.arrKnown = sample.ARR != nil
	if len(sample.Pillars) == 0 { // no date has a row; the verdict says so
		for i, p := range j.Framework.Plan.Pillars {
			sample.Pillars = append(sample.Pillars, p.Name)
			sample.Weights = append(sample.Weights, base.Weights[i])
			sample.X = append(sample.X, nil)
		}
	}
	res, err := calibrate.Run(ctx, sample, opt)
	if err != nil {
		return err
	}
	r.Calibration = res
	digest, err := r.Record().Digest()
	if err != nil {
		return err
	}
	if r.Suggested, err = j.Framework.Suggest(res.Decision.Weights, reasons("as of "+day.Format(j.AsOf), digest, res)); err != nil {
		return err
	}
	r.Book, err = r.book()
	return err
}

// knowsLosses reports whether the exports tell who left: a churn source, or
// losses derived from subscriptions.
func (r *Result) knowsLosses() bool {
	_, ok := r.Data.Inputs["churn"]
	return ok || len(r.Data.Table.Losses) > 0
}

// cuts returns the bands as calibrate wants them, riskiest first.
func cuts(rules plan.Rules) (cuts []float64, labels []string) {
	for i := len(rules.Bands) - 1; i >= 0; i-- {
		labels = append(labels, rules.Bands[i].Name)
		if rules.Bands[i].Min > 0 {
			cuts = append(cuts, float64(rules.Bands[i].Min))
		}
	}
	return cuts, labels
}

// today returns the measured pillar scores of today's scored customers, for the
// drift gate.
func (r *Result) today() [][]float64 {
	now, _ := r.Scores.Measured(r.Job.AsOf)
	out := make([][]float64, len(now.Result.Pillars))
	for i, class := range now.View.Class {
		if class != population.Customer || now.Result.Status[i] < 0 {
			continue
		}
		for k := range out {
			out[k] = append(out[k], now.Result.Pillars[k][i])
		}
	}
	return out
}

// calibrateOptions are the options that the settings give.
func (j *Job) calibrateOptions() calibrate.Options {
	o := calibrate.Options{Seed: j.Settings.Calibration.Seed, Replicates: j.Settings.Calibration.Bootstrap}
	if o.Replicates == 0 {
		o.Replicates = -1
	}
	return o
}

// reasons gives the lines that explain a suggested framework to its reader.
// digest names the record of the calibration.
func reasons(where, digest string, res *calibrate.Result) []string {
	c := res.Sample
	lines := []string{
		fmt.Sprintf("Evidence %s: %d account-dates of %d accounts, %d accounts churned.", where, c.Rows, c.Accounts, c.ChurnedAccounts),
		"Evidence digest (calibration.json, sha256): " + digest,
		fmt.Sprintf("Verdict: %s. %s", res.Decision.Verdict, res.Decision.Words),
	}
	for _, g := range res.Decision.Gates {
		state := "passed"
		if !g.Passed {
			state = "failed"
		}
		lines = append(lines, fmt.Sprintf("Gate %d, %s: %s. %s", g.Number, g.Name, state, g.Reason))
	}
	return lines
}

// restated scores today's portfolio with the proposed weights.
func (r *Result) restated() (portfolio.Scored, error) {
	now, _ := r.Scores.At(r.Job.AsOf)
	fw, err := r.Job.Framework.WithWeights(r.Calibration.Decision.Weights)
	if err != nil {
		return now, err
	}
	res, err := r.Job.scoreWith(fw, r.Data, now)
	return portfolio.Scored{View: now.View, Signals: now.Signals, Result: res}, err
}
