package job

import (
	"context"

	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
)

// accuracy judges the scores that were in force in the past, for the
// portfolio's readers; nil where nobody is known to have left.
func (r *Result) accuracy(ctx context.Context, in portfolio.Input) (*portfolio.Accuracy, error) {
	if r.Job.ScoreOnly || !r.Data.knowsLosses() {
		return nil, nil
	}
	a, err := r.Job.judge(ctx, r.Data, r.Scores, 0)
	if err != nil {
		return nil, err
	}
	judged := portfolio.Judged{Audit: a.Audit, Sampling: a.Sampling.Words(), KnowsARR: a.KnowsARR, Row: func(i int32) (account, date int32) {
		return a.Rows[i].Account, a.Dates[a.Rows[i].Date]
	}}
	for i, d := range a.Dates {
		if a.Published[i] {
			judged.Published = append(judged.Published, d)
		} else {
			judged.Rebuilt = append(judged.Rebuilt, d)
		}
	}
	for _, w := range append(a.Warnings, warningsOf(a)...) {
		judged.Warnings = append(judged.Warnings, w.Text)
	}
	return portfolio.NewAccuracy(in, judged), nil
}

// warningsOf are the audit's own warnings.
func warningsOf(a *Accuracy) []diag.Warning {
	var out []diag.Warning
	if k := a.Audit.Published; k != nil {
		for _, w := range k.Warnings {
			out = append(out, diag.Warning(w))
		}
	}
	if k := a.Audit.Rebuilt; k != nil {
		for _, w := range k.Warnings {
			out = append(out, diag.Warning(w))
		}
	}
	return out
}
