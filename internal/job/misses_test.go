package job

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"accounthealth/calibrate"
	"accounthealth/internal/day"
	"accounthealth/internal/settings"
	"accounthealth/reports"
)

// withParts takes the loss of a part from 25% as an event.
func withParts(c *settings.Calibration) { c.Partial, c.PartialFrom = true, .25 }

// While there are too few losses to move weights every one of them is on the Misses
// sheet, flagged or not, with what the score and the pillars were on the month-ends of
// the half year before.
func TestLossesComeWithTheirPath(t *testing.T) {
	r := small(t, withParts)
	type event struct {
		id string
		on int32
	}
	want := map[event]string{}
	parts := 0
	for _, row := range r.Cohort.Rows {
		if row.Churned {
			want[event{r.Data.Table.ID[row.Account], row.Event}] = fmt.Sprintf("%v, lost %.2f", row.Partial, row.Lost)
			if row.Partial {
				parts++
			}
		}
	}
	if len(want) == 0 || parts == 0 || parts == len(want) {
		t.Fatalf("the sample has %d losses, %d of parts: nothing is tested", len(want), parts)
	}
	got := map[event]string{}
	for _, m := range r.Book.Misses {
		if m.Event == day.None {
			if !strings.HasPrefix(m.Kind, "kept, judged ") || m.Days != "" || strings.Contains(m.Score, "→") {
				t.Errorf("%+v", m)
			}
			continue
		}
		got[event{m.ID, m.Event}] = fmt.Sprintf("%v, lost %.2f", strings.HasPrefix(m.Kind, "lost a part, judged "), m.ARRLost.Value)
		checkPath(t, r, m)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	// An ARR that nobody knows is no ARR of 0.
	row := r.Cohort.Rows[0]
	s, _ := r.Scores.Measured(r.Cohort.Dates[row.Date])
	if m := r.miss(row, s); !m.ARR.Defined || !m.ARRLost.Defined {
		t.Errorf("ARR %v, lost %v", m.ARR, m.ARRLost)
	}
	s.View.ARR[row.Account] = math.NaN()
	if m := r.miss(row, s); m.ARR.Defined || m.ARRLost.Defined {
		t.Errorf("of an unknown ARR: ARR %v, lost %v", m.ARR, m.ARRLost)
	}
}

// checkPath compares a path with the scored month-ends.
func checkPath(t *testing.T, r *Result, m reports.MissRow) {
	t.Helper()
	account := int(r.Data.Table.Lookup(m.ID))
	text := func(v float64) string {
		if math.IsNaN(v) {
			return "~"
		}
		return fmt.Sprintf("%.0f", v)
	}
	var days, scores []string
	pillars := make([][]string, len(r.Book.Pillars))
	for d := m.Event - 180; d < m.Event; d++ {
		s, ok := r.Scores.Measured(d)
		if !ok || day.MonthEnd(d) != d || s.Result.Status[account] < 0 {
			continue
		}
		v, _ := s.Result.Score(account)
		days, scores = append(days, fmt.Sprint(m.Event-d)), append(scores, text(v))
		for k := range pillars {
			pillars[k] = append(pillars[k], text(s.Result.Pillars[k][account]))
		}
	}
	var by []string
	for _, p := range pillars {
		by = append(by, strings.Join(p, "→"))
	}
	if len(days) < 2 || m.Days != strings.Join(days, "→") || m.Score != strings.Join(scores, "→") || !slices.Equal(m.Pillars, by) {
		t.Errorf("%s: %s\n%s\n%v\nwant %v\n%v\n%v", m.ID, m.Days, m.Score, m.Pillars, days, scores, by)
	}
}

// The figures of losses agree wherever they stand: sample, evidence, ledger, record.
func TestLossesTieOut(t *testing.T) {
	for _, sampling := range []string{"calendar", "renewal"} {
		t.Run(sampling, func(t *testing.T) { lossesTieOut(t, small(t, withParts, by(sampling))) })
	}
}

func lossesTieOut(t *testing.T, r *Result) {
	t.Helper()
	c, record := r.Calibration, r.Record().Cohort.Losses
	if c.Sample.ChurnedAccounts != r.Cohort.Events || c.Sample.PartialAccounts != r.Cohort.Parts || record.Events != "logo_and_partial" || record.PartialFrom != .25 {
		t.Errorf("%+v, events %d, parts %d, %+v", c.Sample, r.Cohort.Events, r.Cohort.Parts, record)
	}
	cents := func(v float64) int64 { return int64(math.Round(v * 100)) }
	var lost, counted, losses int64
	for _, s := range c.Statuses.Rows {
		lost += cents(s.ARRChurned)
	}
	for _, l := range record.Lines {
		losses += l.Losses
		if l.Counted {
			counted += cents(l.ARR)
		}
	}
	if lost != cents(record.ARR) || lost != counted+cents(record.AssumedARR)-cents(record.OverARR) || lost != cents(c.Curves.AtCuts[0].Flagged.ARRLost) {
		t.Errorf("lost %d by status, %+v", lost, record)
	}
	if losses != int64(len(r.Data.Table.Losses)) {
		t.Errorf("%d losses of %d in the ledger", losses, len(r.Data.Table.Losses))
	}
	if len(r.Book.Losses) != len(record.Lines) || !strings.Contains(r.sentence(), "that lost a part)") {
		t.Errorf("%+v, %s", r.Book.Losses, r.sentence())
	}
}

// The audit follows losses over the same days as the Misses sheet: month-ends, not the
// other days on which scores are compared with today's.
func TestAuditPathsAreOfMonthEnds(t *testing.T) {
	r := small(t, withParts)
	a, err := r.Job.Accuracy(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, k := range []*calibrate.KindAudit{a.Audit.Published, a.Audit.Rebuilt} {
		if k == nil {
			continue
		}
		for _, l := range k.Lost {
			for _, s := range l.Path {
				steps++
				if d := a.Rows[l.Row].Event - int32(s.Days); d != day.MonthEnd(d) {
					t.Errorf("a loss is followed to %s", day.Format(d))
				}
			}
		}
	}
	if steps == 0 {
		t.Error("no loss has a path: nothing is tested")
	}
}
