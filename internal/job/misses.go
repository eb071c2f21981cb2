package job

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/reports"
)

const (
	// missesShown bounds each list of accounts that the score got wrong.
	missesShown = 50
	// pathDays is how far back the path to a loss goes.
	pathDays = 180
)

// misses lists accounts that churned while their status was good, then accounts
// that were flagged and stayed: the former with most lost ARR first, the latter with
// most ARR. Losses too few to move weights are all listed, flagged ones after the
// others: so few can be read one by one.
func (r *Result) misses() []reports.MissRow {
	t := r.Data.Table
	var missed, caught, kept []cohort.Row
	few := r.Calibration.Power.Missing > 0
	for _, row := range r.Cohort.Rows {
		s, _ := r.Scores.Measured(r.Cohort.Dates[row.Date])
		band := s.Result.Band(int(row.Account))
		switch {
		case band == nil:
		case row.Churned && !band.AtRisk:
			missed = append(missed, row)
		case row.Churned && few:
			caught = append(caught, row)
		case !row.Churned && band.AtRisk:
			kept = append(kept, row)
		}
	}
	arr := func(row cohort.Row) float64 {
		s, _ := r.Scores.Measured(r.Cohort.Dates[row.Date])
		return s.View.ARR[row.Account] // unknown ones come last
	}
	lost := func(row cohort.Row) float64 { return row.Lost }
	var out []reports.MissRow
	for _, list := range []struct {
		rows []cohort.Row
		by   func(cohort.Row) float64
	}{{missed, lost}, {caught, lost}, {kept, arr}} {
		slices.SortStableFunc(list.rows, func(a, b cohort.Row) int {
			return cmp.Or(cmp.Compare(list.by(b), list.by(a)), cmp.Compare(arr(b), arr(a)), cmp.Compare(t.ID[a.Account], t.ID[b.Account]))
		})
		for _, row := range list.rows[:min(len(list.rows), missesShown)] {
			s, _ := r.Scores.Measured(r.Cohort.Dates[row.Date])
			out = append(out, r.miss(row, s))
		}
	}
	return out
}

// miss describes a row of the sample that was scored on a day.
func (r *Result) miss(row cohort.Row, s portfolio.Scored) reports.MissRow {
	t, i := r.Data.Table, int(row.Account)
	v, _ := s.Result.Score(i)
	band := s.Result.Band(i).Name
	miss := reports.MissRow{
		Kind: "kept, judged " + band, ID: t.ID[i], Name: t.Name[i], Owner: t.Owner[i], Segment: t.Segment[i],
		Event: portfolio.NoDay, ScoreBefore: portfolio.Amount(v), Band: band,
		Note: "scored " + day.Format(s.View.AsOf),
	}
	if arr := s.View.ARR[i]; !math.IsNaN(arr) { // else nobody can say what was lost of it
		miss.ARR, miss.ARRLost = portfolio.Amount(arr), portfolio.Amount(row.Lost)
	}
	steps := []step{{0, s}}
	switch {
	case row.Partial:
		miss.Kind = "lost a part, judged " + band
	case row.Churned:
		miss.Kind = "churned, judged " + band
	}
	if row.Churned {
		miss.Event = row.Event
		if reason := reasonOf(t.Losses, row); reason != "" {
			miss.Note += "; reason given: " + reason
		}
		steps = r.before(row.Event, i)
	}
	miss.Days, miss.Score, miss.Pillars = pathOf(steps, i, len(s.Result.Plan.Pillars))
	if !row.Churned {
		miss.Days = ""
	}
	return miss
}

// reasonOf is the reason of the loss that labels a row; losses are by account.
func reasonOf(losses []population.Loss, row cohort.Row) string {
	k, _ := slices.BinarySearchFunc(losses, row.Account, func(l population.Loss, a int32) int { return cmp.Compare(l.Account, a) })
	for ; k < len(losses) && losses[k].Account == row.Account; k++ {
		if l := &losses[k]; l.Event == row.Event && l.Counts && l.Reason != "" {
			return l.Reason
		}
	}
	return ""
}

// step is a scored day so many days before a loss.
type step struct {
	days int32
	portfolio.Scored
}

// before lists the scored month-ends of the half year before an event on which the
// account had a score, oldest first.
func (r *Result) before(event int32, account int) []step {
	var out []step
	for _, d := range r.Scores.Dates.All() {
		s, ok := r.Scores.Measured(d)
		if ok && d == day.MonthEnd(d) && d < event && d >= event-pathDays && s.Result.Status[account] >= 0 {
			out = append(out, step{event - d, s})
		}
	}
	return out
}

// pathOf writes what the score and the pillars were on the way, and how many days
// before the loss.
func pathOf(steps []step, account, pillars int) (days, score string, by []string) {
	const to = "→"
	write := func(of func(s step) float64) string {
		var parts []string
		for _, s := range steps {
			if v := of(s); math.IsNaN(v) {
				parts = append(parts, "~")
			} else {
				parts = append(parts, fmt.Sprintf("%.0f", v))
			}
		}
		return strings.Join(parts, to)
	}
	days = write(func(s step) float64 { return float64(s.days) })
	score = write(func(s step) float64 { v, _ := s.Result.Score(account); return v })
	for k := range pillars {
		by = append(by, write(func(s step) float64 { return s.Result.Pillars[k][account] }))
	}
	return days, score, by
}

// pillarScores writes an account's pillar scores.
func pillarScores(s portfolio.Scored, i int) string {
	var parts []string
	for k, p := range s.Result.Plan.Pillars {
		v := "~"
		if x := s.Result.Pillars[k][i]; !math.IsNaN(x) {
			v = fmt.Sprintf("%.0f", x)
		}
		parts = append(parts, p.Name+" "+v)
	}
	return strings.Join(parts, ", ")
}
