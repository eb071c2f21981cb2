package job

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/settings"
	"accounthealth/internal/store"
)

// small runs the job on the committed sample warehouse, with its settings edited.
func small(t *testing.T, edit ...func(*settings.Calibration)) *Result {
	t.Helper()
	files, err := store.Open(filepath.Join("..", "..", "testdata", "exports", "small"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := New(context.Background(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j.Settings.Calibration.Bootstrap = 20
	for _, e := range edit {
		e(&j.Settings.Calibration)
	}
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Release)
	return r
}

// by judges accounts in the given way.
func by(sampling string) func(*settings.Calibration) {
	return func(c *settings.Calibration) { c.Sampling = sampling }
}

// Every total of the report must add up from its parts, and the same figure must
// be the same wherever it stands.
func TestFiguresTieOut(t *testing.T) {
	r := small(t)
	p := r.Portfolio
	count := func(what string, got, want int64) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	money := func(what string, got, want float64) {
		t.Helper()
		if math.Round(got*100) != math.Round(want*100) {
			t.Errorf("%s: %.2f, want %.2f", what, got, want)
		}
	}

	var accounts int64
	classes := map[string]portfolio.ClassRow{}
	var classARR float64
	for _, c := range p.Classes {
		classes[c.Class] = c
		accounts += c.Accounts
		classARR += c.ARR
	}
	count("accounts in classes", accounts, int64(r.Data.Table.Len()))
	count("tie-out of accounts", p.Tie.DifferenceAccounts, 0)
	money("tie-out of ARR", p.Tie.DifferenceARR, 0)
	money("ARR of the export", p.Tie.SourceARR, classARR)
	if r.Gate != nil {
		t.Errorf("gate: %v", r.Gate)
	}

	scored := classes["Scored"].Accounts + classes["Onboarding"].Accounts
	var inBands int64
	var bandARR, riskARR float64
	for _, b := range p.Bands {
		inBands += b.Accounts
		bandARR += b.ARR
		if b.AtRisk {
			riskARR += b.ARR
		}
	}
	count("accounts in bands", inBands, scored)
	count("band total", p.BandTotal.Accounts, scored)
	money("ARR in bands", bandARR, classes["Scored"].ARR+classes["Onboarding"].ARR)
	money("KPI ARR at risk", p.KPIs[0].Now.Value, riskARR)
	money("its denominator", p.KPIs[0].Now.Den, bandARR)
	last := p.History[len(p.History)-1]
	for i, b := range p.Bands {
		count("history, "+b.Band, last.Accounts[i], b.Accounts)
		money("history, "+b.Band, last.ARR[i], b.ARR)
	}

	var atRisk float64
	for _, a := range p.AtRisk {
		atRisk += a.ARR
	}
	money("At risk rows", atRisk, riskARR)

	var rows, rowsScored int64
	var rowARR float64
	var row portfolio.AccountRow
	for i := range p.Accounts.Len() {
		p.Accounts.Row(i, &row)
		rows++
		rowARR += row.ARR.Value
		if row.Score.Defined {
			rowsScored++
		}
	}
	paying := scored + classes["Not scored"].Accounts + classes["In notice"].Accounts
	count("rows on Accounts", rows, paying)
	count("scored rows on Accounts", rowsScored, scored)
	money("ARR on Accounts", rowARR, bandARR+classes["Not scored"].ARR+classes["In notice"].ARR)

	var binned int64
	for _, b := range p.Scores {
		binned += b.Accounts
	}
	count("histogram", binned, scored)
	hit := map[string]int64{}
	known := map[string]int64{}
	for _, s := range p.Shape {
		hit[s.Signal] += s.Accounts
		known[s.Signal] = s.Known
	}
	for signal := range hit {
		count("ladder rows of "+signal, hit[signal], known[signal])
	}

	for _, list := range [][]portfolio.Mover{p.Movers.Up, p.Movers.Down, p.Movers.Slipping} {
		for _, m := range list {
			parts := math.Round(m.Behaviour*10) + math.Round(m.Framework*10) + math.Round(m.Data*10) + math.Round(m.Override*10)
			if parts != math.Round(m.Delta*10) || math.Round((m.Score-m.PriorScore)*10) != parts {
				t.Errorf("%s: the parts do not add up to the change: %+v", m.ID, m)
			}
		}
	}

	now, _ := r.Scores.At(r.Job.AsOf)
	for i := range now.Result.Composite {
		if now.Result.Tenths[i] < 0 {
			continue
		}
		sum := 0.0
		for s := range now.Result.Contribution {
			sum += now.Result.Contribution[s][i]
		}
		for k := range now.Result.Pillars {
			v, _ := now.Result.ByHand(k, i)
			sum += v
		}
		if math.Abs(sum-now.Result.Composite[i]) > 1e-9 {
			t.Errorf("row %d: contributions sum to %v, composite %v", i, sum, now.Result.Composite[i])
		}
	}
}

// Every account is counted exactly once on every labelled date, however accounts are
// judged, and the audit judges the same account-dates.
func TestLedgerCountsEveryAccountDate(t *testing.T) {
	dates := map[string]int{}
	for _, sampling := range []string{"calendar", "renewal"} {
		t.Run(sampling, func(t *testing.T) {
			r := small(t, by(sampling))
			ledgerTies(t, r)
			audit, err := r.Job.judge(t.Context(), r.Data, r.Scores, 0)
			if err != nil {
				t.Fatal(err)
			}
			scored := 0
			for _, l := range audit.Ledger {
				if l.Outcome.In() {
					scored += int(l.Accounts)
				}
			}
			for _, l := range r.Cohort.Ledger {
				if l.Outcome == cohort.NotScored {
					scored -= int(l.Accounts)
				}
			}
			if scored != len(r.Cohort.Rows) {
				t.Errorf("the audit judges %d account-dates with a score, the calibration %d", scored, len(r.Cohort.Rows))
			}
			d := r.Scores.Dates
			if d.Sampling.Used() != sampling || r.Record().Cohort.Sampling.Used != sampling {
				t.Errorf("judged by %s", d.Sampling.Used())
			}
			if dates[sampling] = len(d.Judged()); len(d.Renewals) > 0 && (day.Format(d.Renewals[0]) != "2024-03-31" || d.Renewals[len(d.Renewals)-1] != r.Job.AsOf) {
				t.Errorf("month-ends from %s to %s", day.Format(d.Renewals[0]), day.Format(d.Renewals[len(d.Renewals)-1]))
			}
		})
	}
	// Eight quarters of either; the newest month-end whose outcome can be known is 90
	// days before the recording of losses ends, and those since are counted.
	if dates["calendar"] != 10 || dates["renewal"] != 24+4 {
		t.Errorf("days judged %v", dates)
	}
}

func ledgerTies(t *testing.T, r *Result) {
	t.Helper()
	byDate := map[int32]int64{}
	var in int64
	for _, l := range r.Cohort.Ledger {
		byDate[l.AsOf] += l.Accounts
		if l.Outcome.In() {
			in += l.Accounts
		}
	}
	for _, q := range r.Scores.Dates.Judged() {
		if byDate[q] != int64(r.Data.Table.Len()) {
			t.Errorf("day %d: %d accounts in the ledger of %d", q, byDate[q], r.Data.Table.Len())
		}
	}
	if in != int64(len(r.Cohort.Rows)) || int(in) != r.Calibration.Sample.Rows {
		t.Errorf("%d rows in by the ledger, %d in the sample, %d calibrated", in, len(r.Cohort.Rows), r.Calibration.Sample.Rows)
	}
	events := map[int32]int{}
	for _, row := range r.Cohort.Rows {
		if row.Churned {
			events[row.Account]++
		}
	}
	for account, n := range events {
		if n > 1 {
			t.Errorf("account %d churns in %d windows", account, n)
		}
	}
}

// The tie-out compares with the sum that stands in the export's rows: amounts
// that go missing on the way must show.
func TestTieOutNoticesARRThatGoesMissing(t *testing.T) {
	r := small(t)
	now, _ := r.Scores.At(r.Job.AsOf)
	view := *now.View
	view.ARR = append([]float64(nil), view.ARR...)
	for i := range view.ARR {
		if view.ARR[i] > 0 && !math.IsNaN(r.Data.Table.ARRToday[i]) {
			view.ARR[i] -= 1.25
			break
		}
	}
	classes := append([]portfolio.ClassRow(nil), r.Portfolio.Classes...)
	classes[0].ARR -= 1.25
	if tie := r.tieOut(&view, classes); math.Round(tie.DifferenceARR*100) != 125 {
		t.Errorf("difference %.2f, want 1.25", tie.DifferenceARR)
	}
}
