package job

import (
	"context"
	"fmt"
	"math"

	"accounthealth/internal/alert"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/publish"
)

// raise finds who must be told what, against the review before and the alerts of
// the newest earlier run.
func (r *Result) raise(ctx context.Context) (*portfolio.Workflow, error) {
	j := r.Job
	now, _ := r.Scores.At(j.AsOf)
	in := alert.Input{
		Table: r.Data.Table, Advice: r.Advice, Scorer: r.Scores.Scorer, Now: now,
		Review: r.Scores.Dates.Review, Snoozes: r.Data.Snoozes, Before: portfolio.NoDay,
	}
	for _, d := range r.Scores.Dates.All() {
		if s, ok := r.known(d); ok && d < j.AsOf {
			in.Past = append(in.Past, s)
		}
	}
	earlier, err := j.newest(ctx, math.MinInt32, j.AsOf)
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		table, err := earlier.file(ctx, j.Files, publish.AlertsFile)
		if err != nil {
			return nil, err
		}
		if table != "" {
			in.Before = earlier.AsOf
			if in.Open, err = publish.ReadAlerts(ctx, j.Files, table); err != nil {
				return nil, err
			}
		}
	}
	return alert.Raise(in)
}

// AlertsSentence says what a run raised, for the terminal: "alerts: 31 raised (4
// critical), ...".
func AlertsSentence(w *portfolio.Workflow) string {
	critical, sources := 0, 0
	for _, a := range w.Alerts {
		if a.State == portfolio.AlertNew && a.Severity == "critical" {
			critical++
		}
		if a.Source != "" && a.State != portfolio.AlertClosed {
			sources++
		}
	}
	s := fmt.Sprintf("%d raised (%d critical), %d open from before, %d closed, %d held back", w.New, critical, w.Open, w.Closed, w.HeldBack)
	if sources > 0 {
		s += fmt.Sprintf("; %d about sources", sources)
	}
	if w.PerOwnerWeek.Defined && len(w.Owners) > 0 {
		most := w.Owners[0]
		s += fmt.Sprintf("; %.1f an owner and week, most %s with %.1f", w.PerOwnerWeek.Value, most.Owner, most.PerWeek)
	}
	return s
}

// alertsUsed is what run.json tells of the alerts.
func alertsUsed(w *portfolio.Workflow) *publish.Alerts {
	if w == nil {
		return nil
	}
	out := &publish.Alerts{New: w.New, Open: w.Open, Closed: w.Closed, HeldBack: w.HeldBack, Weeks: w.Weeks}
	if w.PerOwnerWeek.Defined {
		out.PerOwnerWeek = &w.PerOwnerWeek.Value
	}
	for _, o := range w.Owners {
		out.Owners = append(out.Owners, publish.OwnerAlerts{Owner: o.Owner, New: o.New, Open: o.Open, Overdue: o.Overdue, PerWeek: o.PerWeek})
	}
	return out
}
