package job

import (
	"math"
	"strings"
	"testing"

	"accounthealth/calibrate"
	"accounthealth/calibrate/assess"
	"accounthealth/internal/diag"
)

// Commands that judge without a gate say what a gate would have stopped: bad rows of
// customers, terms and losses beyond the limits, and none within them.
func TestBadRowsStandBesideTheVerdict(t *testing.T) {
	r := small(t)
	if got := r.Job.unsound(r.Data); len(got) > 0 {
		t.Fatalf("the sample is sound: %v", got)
	}
	var rows int64
	for _, o := range r.Data.Sources {
		if o.Name == "churn" {
			rows = o.Meter.RowsFor(diag.Reversed)
		}
	}
	most := int64(r.Job.Settings.Limits.Invalid * float64(rows))
	for _, g := range []diag.Group{
		{Code: diag.Reversed, Source: "churn", Column: "decision_date", Count: most},
		{Code: diag.Reversed, Source: "churn", Column: "notice_date", Count: most + 1},
		{Code: diag.Placeholder, Source: "churn", Column: "end_date", Count: rows},
		{Code: diag.OutOfRange, Source: "nps", Column: "score", Count: 1e6},
	} {
		r.Data.Findings.MergeGroup(g)
	}
	got := r.Job.unsound(r.Data)
	if len(got) != 1 || got[0].Subject != "churn" || !strings.Contains(got[0].Text, " rows of churn: reversed in notice_date. A run would publish nothing") {
		t.Errorf("%v", got)
	}
}

// What cannot be computed is not a finding against other weights.
func TestTheSentenceOfAnUnknownFigure(t *testing.T) {
	c := &calibrate.Result{Refit: calibrate.Refit{OK: true}, Decision: calibrate.Decision{Verdict: calibrate.Keep, Gates: []calibrate.Gate{
		{Number: 3, Checks: []calibrate.Check{{Passed: true, Value: assess.Defined(1)}, {Value: assess.Defined(0)}}},
	}}}
	if got := keepReasons[3](c); got != "other weights would not have ordered accounts noticeably better" {
		t.Error(got)
	}
	c.Decision.Gates[0].Checks[1].Value = assess.Undefined("no ARR was lost")
	if got := keepReasons[3](c); got != "a figure that would show whether other weights order accounts better is not known" {
		t.Error(got)
	}
}

// An ARR that nobody knows is no 0 in the list of accounts whose status depends on
// missing data.
func TestMissingDataOfAnUnknownARR(t *testing.T) {
	r := small(t)
	rows := r.Portfolio.MissingRows
	if len(rows) == 0 || !rows[0].ARR.Defined || !(rows[0].ARR.Value > 0) {
		t.Fatalf("nothing is tested: %+v", rows)
	}
	now, _ := r.Scores.At(r.Job.AsOf)
	now.View.ARR[r.Data.Table.Lookup(rows[0].ID)] = math.NaN()
	_, rows, err := r.Rows.DependsOnMissing()
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].ARR.Defined || rows[0].ARR.Value != 0 {
		t.Errorf("%+v", rows[0].ARR)
	}
}
