package job

import (
	"context"
	"fmt"
	"slices"

	"accounthealth/calibrate"
	"accounthealth/internal/cohort"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
)

// Rule returns the labelling rule of the settings. The recording of losses is
// complete some days before the as-of date; the newest loss says nothing about
// that.
func (j *Job) Rule() cohort.Rule {
	c := j.Settings.Calibration
	r := cohort.Rule{Gap: c.GapDays, DataEnd: j.AsOf - c.CompleteAfterDays}
	if c.Partial {
		r.Partial = c.PartialFrom
	}
	return r
}

// ruleOf is the rule by which the planned days are judged.
func (j *Job) ruleOf(d Dates) cohort.Rule {
	rule := j.Rule()
	rule.AtRenewal = d.Sampling.AtRenewal
	return rule
}

// calibrate labels the quarter-ends and refits the weights. Without losses there
// is nothing to calibrate with and the result stays nil.
func (r *Result) calibrate(ctx context.Context) error {
	j := r.Job
	if j.ScoreOnly || !r.Data.knowsLosses() {
		return nil
	}
	j.step("calibrate")
	var dated []cohort.Dated
	for _, q := range r.Scores.Dates.Labelled() {
		s, _ := r.Scores.Measured(q)
		dated = append(dated, cohort.Dated{View: s.View, Result: s.Result})
	}
	f, err := j.fit(ctx, r.Data, dated, r.Scores)
	if err != nil {
		return err
	}
	r.Cohort, r.Calibration, r.pillars, r.arrKnown = f.cohort, f.result, f.pillars, f.knowsARR
	r.Horizons = f.horizons
	if r.Suggested, err = j.suggest(r.Record()); err != nil {
		return err
	}
	r.Book, err = r.book()
	return err
}

// fitted is what came of labelling dates and calibrating with them.
type fitted struct {
	cohort   *cohort.Cohort
	result   *calibrate.Result
	pillars  []int // of the plan, by pillar of the result
	knowsARR bool
	horizons []calibrate.Horizon
}

// otherHorizons are the outcome windows, in days, that are reported beside the one
// that decides.
var otherHorizons = []int32{30, 180}

// only keeps the scored dates that are among some days.
func only(dated []cohort.Dated, days []int32) (out []cohort.Dated) {
	for _, d := range dated {
		if slices.Contains(days, d.View.AsOf) {
			out = append(out, d)
		}
	}
	return out
}

// fit labels scored dates with the losses that followed and calibrates. Today's
// scores are the portfolio that new weights would meet.
func (j *Job) fit(ctx context.Context, data *Data, dated []cohort.Dated, scores *Scores) (*fitted, error) {
	table := data.Table
	now, _ := scores.Measured(j.AsOf)
	judged, quarters := only(dated, scores.Dates.Judged()), only(dated, scores.Dates.Quarters)
	f := &fitted{cohort: cohort.Build(table, judged, j.ruleOf(scores.Dates))}
	var sample calibrate.Sample
	sample, f.pillars = f.cohort.Sample(table, j.Framework.Plan)
	f.knowsARR = sample.ARR != nil
	opt := j.calibrateOptions()
	opt.Today = today(now, f.pillars)
	if f.cohort.Rule.AtRenewal {
		f.portfolio(&opt, only(judged, f.cohort.Dates))
	}
	opt.Cuts, opt.Labels = cuts(j.Framework.Plan.Rules[0])
	opt.FlaggedStatuses = min(atRisk(j.Framework.Plan.Rules[0]), len(opt.Cuts))
	var err error
	if f.result, err = calibrate.Run(ctx, sample, opt); err != nil {
		return f, err
	}
	f.result.Warnings = append(f.result.Warnings, j.unsound(data)...)
	for _, days := range otherHorizons {
		rule := j.Rule()
		rule.Horizon = days
		other, _ := cohort.Build(table, quarters, rule).Sample(table, j.Framework.Plan)
		h, err := calibrate.Associate(other, int(days), days > 92)
		if err != nil {
			return f, err
		}
		f.horizons = append(f.horizons, *h)
	}
	return f, nil
}

// portfolio gives all scored customers on the sample's dates, of which decisions
// are a part.
func (f *fitted) portfolio(opt *calibrate.Options, dated []cohort.Dated) {
	opt.Then, opt.ThenScore = make([][]float64, len(f.pillars)), []float64{}
	for _, d := range dated {
		for i, class := range d.View.Class {
			if class != population.Customer || d.Result.Status[i] < 0 {
				continue
			}
			for k, p := range f.pillars {
				opt.Then[k] = append(opt.Then[k], d.Result.Pillars[p][i])
			}
			v, _ := d.Result.Score(i)
			opt.ThenScore = append(opt.ThenScore, v)
		}
	}
}

// suggest writes the weights that a calibration decided on into a copy of the
// framework, with the reasons and the digest of the record.
func (j *Job) suggest(r *CalibrationRecord) ([]byte, error) {
	digest, err := r.Digest()
	if err != nil {
		return nil, err
	}
	where := "as of " + r.AsOf
	if r.Table != nil {
		where = "in " + r.Table.File
	}
	return j.Framework.Propose(framework.Proposal{
		Weights: spread(j.Framework.Plan, r.Result.Pillars, r.Result.Decision.Weights),
		Cutoffs: proposedCutoffs(r.Result), Why: reasons(where, digest, r),
	})
}

// proposedCutoffs returns the cut-offs that a calibration would move to, best
// status first; nil where they all stay.
func proposedCutoffs(res *calibrate.Result) []int {
	var out []int
	moved := false
	for _, c := range slices.Backward(res.Calibration.Cuts) {
		out = append(out, int(c.Proposed))
		moved = moved || c.Proposed != c.Current
	}
	if !moved || res.Decision.Verdict == calibrate.Keep {
		return nil
	}
	return out
}

// knowsLosses reports whether the exports tell who left: a churn source, or
// losses derived from subscriptions.
func (d *Data) knowsLosses() bool {
	_, ok := d.Inputs["churn"]
	return ok || len(d.Table.Losses) > 0
}

// judgedDates plans the days of a command that only judges scores, and refuses
// where nobody is known to have left.
func (j *Job) judgedDates(d *Data) (Dates, error) {
	if !d.knowsLosses() {
		return Dates{}, diag.Errorf(diag.Config, "", "", "%s", CalibrationNeeds)
	}
	return j.JudgedDates(d)
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

// today returns the scores of some pillars of today's scored customers, for the
// drift gate.
func today(now portfolio.Scored, pillars []int) [][]float64 {
	out := make([][]float64, len(pillars))
	for i, class := range now.View.Class {
		if class != population.Customer || now.Result.Status[i] < 0 {
			continue
		}
		for k, p := range pillars {
			out[k] = append(out[k], now.Result.Pillars[p][i])
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
func reasons(where, digest string, r *CalibrationRecord) []string {
	res := r.Result
	c := res.Sample
	lines := []string{
		fmt.Sprintf("Evidence %s: %d account-dates of %d accounts, %s.", where, c.Rows, c.Accounts, calibrate.ByKind(c.ChurnedAccounts, c.PartialAccounts, "accounts churned")),
		"Evidence digest (calibration.json, sha256): " + digest,
		fmt.Sprintf("Verdict: %s. %s", res.Decision.Verdict, res.Decision.Words),
	}
	if r.Cohort != nil {
		lines = append(lines, r.Cohort.Sampling.Words)
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

// restated scores today's portfolio with the proposed weights and cut-offs.
func (r *Result) restated() (portfolio.Scored, error) {
	now, _ := r.Scores.At(r.Job.AsOf)
	fw, err := r.Job.Framework.WithWeights(spread(r.Job.Framework.Plan, r.Calibration.Pillars, r.Calibration.Decision.Weights))
	if cuts := proposedCutoffs(r.Calibration); err == nil && cuts != nil {
		fw, err = fw.WithCutoffs(cuts)
	}
	if err != nil {
		return now, err
	}
	res, err := r.Job.scoreWith(fw, r.Data, now)
	return portfolio.Scored{View: now.View, Signals: now.Signals, Result: res}, err
}
