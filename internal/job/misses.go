package job

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/portfolio"
	"accounthealth/reports"
)

// missesShown bounds each list of accounts that the score got wrong.
const missesShown = 50

// misses lists accounts that churned while their status was good, then accounts
// that were flagged and stayed, each with most ARR first.
func (r *Result) misses() []reports.MissRow {
	t := r.Data.Table
	var churned, kept []reports.MissRow
	for _, row := range r.Cohort.Rows {
		s, _ := r.Scores.Measured(r.Cohort.Dates[row.Date])
		i := int(row.Account)
		band := s.Result.Band(i)
		if band == nil || band.AtRisk == row.Churned {
			continue
		}
		v, _ := s.Result.Score(i)
		kind := "kept while "
		if row.Churned {
			kind = "churned while "
		}
		miss := reports.MissRow{
			Kind: kind + band.Name, ID: t.ID[i], Name: t.Name[i], Owner: t.Owner[i], Segment: t.Segment[i],
			ARR: s.View.ARR[i], Event: portfolio.NoDay, ScoreBefore: portfolio.Amount(v), Band: band.Name,
			Path: pillarPath(s, i), Note: "scored " + day.Format(s.View.AsOf),
		}
		if math.IsNaN(miss.ARR) {
			miss.ARR = 0
		}
		if !row.Churned {
			kept = append(kept, miss)
			continue
		}
		for _, l := range t.Losses {
			if l.Account == row.Account && l.Logo && l.Event > s.View.AsOf {
				miss.Event = l.Event
				if l.Reason != "" {
					miss.Note += "; reason given: " + l.Reason
				}
				break
			}
		}
		churned = append(churned, miss)
	}
	largest := func(list []reports.MissRow) []reports.MissRow {
		slices.SortStableFunc(list, func(a, b reports.MissRow) int {
			return cmp.Or(cmp.Compare(b.ARR, a.ARR), cmp.Compare(a.ID, b.ID))
		})
		return list[:min(len(list), missesShown)]
	}
	return append(largest(churned), largest(kept)...)
}

// pillarPath writes an account's pillar scores.
func pillarPath(s portfolio.Scored, i int) string {
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
