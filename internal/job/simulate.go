package job

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"slices"

	"accounthealth/calibrate"
	"accounthealth/internal/cohort"
	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
)

// Simulated is what other weights or cut-offs would have done in the past, and
// would do to today's portfolio.
type Simulated struct {
	Job       *Job
	Data      *Data
	Now       portfolio.Scored
	Framework *framework.Framework // with the weights and cut-offs tried
	Past      *calibrate.Simulation
	Cohort    *cohort.Cohort
	Sampling  cohort.Sampling
	KnowsARR  bool
	Today     compare.Migration
}

// WithEdit returns the job's framework with some weights, by pillar name, and other
// cut-offs, best status first; nil keeps either. Weights that are not named share
// the rest in proportion.
func (j *Job) WithEdit(weights map[string]float64, cutoffs []int) (*framework.Framework, error) {
	fw := j.Framework
	names := make([]string, len(fw.Plan.Pillars))
	for k := range names {
		names[k] = fw.Plan.Pillars[k].Name
	}
	w, err := Reweighed(names, fw.Plan.Rules[0].Weights, weights)
	if err != nil {
		return nil, err
	}
	if weights != nil {
		if fw, err = fw.WithWeights(writable(w, names, weights)); err != nil {
			return nil, err
		}
	}
	if cutoffs != nil {
		return fw.WithCutoffs(cutoffs)
	}
	return fw, nil
}

// writable rounds shared weights to millionths, so that what is
// tried is what a file will say; the largest of them takes what rounding leaves.
func writable(w []float64, names []string, named map[string]float64) []float64 {
	out := slices.Clone(w)
	left, largest := 1.0, -1
	for k, name := range names {
		if v, ok := named[name]; ok {
			out[k] = v
		} else {
			out[k] = math.Round(w[k]*1e6) / 1e6
			if largest < 0 || out[k] > out[largest] {
				largest = k
			}
		}
		left -= out[k]
	}
	if largest >= 0 {
		out[largest] = math.Round((out[largest]+left)*1e12) / 1e12
	}
	return out
}

// Simulate scores past quarter-ends and today under the framework in force and
// under another one that measures the same, and compares both with the losses that
// followed. Values set by hand are left out of the past and kept in today's scores.
// It publishes nothing.
func (j *Job) Simulate(ctx context.Context, other *framework.Framework) (*Simulated, error) {
	data, err := j.Load(ctx)
	if err != nil {
		return nil, err
	}
	dates, err := j.judgedDates(data)
	if err != nil {
		return nil, err
	}
	scores, err := j.Score(ctx, data, dates)
	if err != nil {
		return nil, err
	}
	defer scores.Release()
	j.step("simulate")
	var dated []cohort.Dated
	then := map[int32]*score.Result{}
	for _, q := range dates.Judged() {
		s, _ := scores.Measured(q)
		dated = append(dated, cohort.Dated{View: s.View, Result: s.Result})
		if then[q], err = j.scoreWith(other, data, s); err != nil {
			return nil, err
		}
	}
	out := &Simulated{Job: j, Data: data, Framework: other, Sampling: dates.Sampling, Cohort: cohort.Build(data.Table, dated, j.ruleOf(dates))}
	sample, _ := out.Cohort.Sample(data.Table, j.Framework.Plan)
	out.KnowsARR = sample.ARR != nil
	s := calibrate.SimulateSample{
		Y: sample.Y, Account: sample.Account, Cluster: sample.Cluster, Period: sample.Period, Segment: sample.Segment, Segments: sample.Segments, Kind: sample.Kind, Kinds: sample.Kinds,
		ARR: sample.ARR, Lost: sample.Lost, Partial: sample.Partial, Flagged: atRisk(j.Framework.Plan.Rules[0]),
	}
	s.Current.Cuts, s.Labels = cuts(j.Framework.Plan.Rules[0])
	s.Other.Cuts, _ = cuts(other.Plan.Rules[0])
	for _, row := range out.Cohort.Rows {
		q := out.Cohort.Dates[row.Date]
		now, _ := scores.Measured(q)
		addScore(&s.Current, now.Result, int(row.Account), s.Labels)
		addScore(&s.Other, then[q], int(row.Account), s.Labels)
	}
	opt := j.calibrateOptions()
	if out.Past, err = calibrate.Simulate(ctx, s, opt); err != nil {
		return nil, err
	}
	out.Now, _ = scores.At(j.AsOf)
	after, err := j.scoreWith(other, data, out.Now)
	if err != nil {
		return nil, err
	}
	out.Today = compare.Migrate(out.Now.Result, after, out.Now.View.ARR, func(i int) bool { return out.Now.View.Class[i].Scored() })
	return out, nil
}

// addScore adds an account's score and status.
func addScore(v *calibrate.Variant, r *score.Result, i int, labels []string) {
	value, status := math.NaN(), int32(-1)
	if x, ok := r.Score(i); ok {
		value = x
	}
	if b := r.Band(i); b != nil {
		status = int32(slices.Index(labels, b.Name))
	}
	v.Score, v.Status = append(v.Score, value), append(v.Status, status)
}

// Judgement is a person's own edit with what it would have done, written down
// before it is decided on.
type Judgement struct {
	Schema    int                   `json:"schema_version"`
	Kind      string                `json:"kind"` // "judgement"
	AsOf      string                `json:"as_of"`
	Author    string                `json:"author"`
	Date      string                `json:"date"`
	Reason    string                `json:"reason"`
	Framework RecordFramework       `json:"framework"`
	Changes   []framework.Change    `json:"changes"`
	Sampling  RecordSampling        `json:"sampling"`
	Past      *calibrate.Simulation `json:"past"`
	Today     JudgedToday           `json:"today"`
}

// JudgedToday is what the edit would do to today's portfolio.
type JudgedToday struct {
	Rescored int64     `json:"rescored"`
	Moved    int64     `json:"moved"`
	MovedARR *float64  `json:"moved_arr"`         // null where it is known of none of them
	Unknown  int64     `json:"moved_arr_unknown"` // accounts whose ARR is not known, not in the sum
	Currency string    `json:"currency"`
	Statuses []string  `json:"statuses"` // of rows and columns
	Accounts [][]int64 `json:"accounts"`
}

// Judge writes a simulation down as a judgement, and the suggested framework that
// framework apply takes.
func (s *Simulated) Judge(author, date, reason string) (*Judgement, []byte, error) {
	f := s.Job.Framework
	out := &Judgement{
		Schema: RecordSchema, Kind: "judgement", AsOf: day.Format(s.Job.AsOf), Author: author, Date: date, Reason: reason,
		Framework: FrameworkRecord(f), Sampling: RecordOf(s.Sampling), Past: s.Past,
		Today: JudgedToday{Rescored: s.Today.Rescored, Moved: int64(len(s.Today.Moved)), Currency: s.Job.Settings.Currency, Statuses: s.Today.From, Accounts: s.Today.Accounts},
	}
	arr := s.Today.MovedARR()
	out.Today.MovedARR, out.Today.Unknown = arr.Value(), arr.Unknown
	p := framework.Proposal{}
	if !slices.Equal(f.Plan.Rules[0].Weights, s.Framework.Plan.Rules[0].Weights) {
		p.Weights = s.Framework.Plan.Rules[0].Weights
	}
	for _, b := range s.Framework.Plan.Rules[0].Bands[:len(s.Framework.Plan.Rules[0].Bands)-1] {
		p.Cutoffs = append(p.Cutoffs, b.Min)
	}
	src, err := f.Propose(p)
	if err != nil {
		return nil, nil, err
	}
	next, err := framework.Load("framework.suggested.yaml", src)
	if err != nil {
		return nil, nil, err
	}
	out.Changes = framework.Diff(f, next)
	digest, err := digestOf(out.Write)
	if err != nil {
		return nil, nil, err
	}
	p.Why = []string{"A judgement of " + author + ", " + date + ": " + reason, "Evidence digest (judgement.json, sha256): " + digest, s.Past.Words}
	src, err = f.Propose(p)
	return out, src, err
}

// Write writes the judgement as indented JSON.
func (j *Judgement) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(j)
}

// Digest is the SHA-256 of what Write writes, in hexadecimal.
func (j *Judgement) Digest() (string, error) { return digestOf(j.Write) }

// JudgementFile is the name of a recorded judgement.
const JudgementFile = "judgement.json"
