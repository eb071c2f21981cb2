package job

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"accounthealth/calibrate"
	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/labelled"
	"accounthealth/internal/settings"
)

// RecordSchema is the version of a CalibrationRecord. It is raised where a field
// changes its meaning or goes; new fields do not raise it.
const RecordSchema = 1

// What a calibration rests on. They are never pooled.
const (
	FromExports = "exports" // pillars rebuilt from the exports for past dates
	FromHistory = "history" // scores that were published on their own date
	FromSample  = "sample"  // a team's own labelled table
)

// CalibrationRecord is the complete result of one calibration with what it rests
// on, as calibration.json and `calibrate --json` hold it.
type CalibrationRecord struct {
	Schema    int             `json:"schema_version"`
	Kind      string          `json:"kind"`   // "calibration"
	Source    string          `json:"source"` // exports, history, sample
	AsOf      string          `json:"as_of,omitempty"`
	Framework RecordFramework `json:"framework"`
	Settings  RecordSettings  `json:"settings"`
	Cohort    *RecordCohort   `json:"cohort,omitempty"` // exports and history
	Table     *RecordTable    `json:"table,omitempty"`  // own sample
	// Horizons are other outcome windows on the same dates; they decide nothing.
	Horizons []calibrate.Horizon `json:"horizons,omitempty"`
	Result   *calibrate.Result   `json:"result"`
}

// RecordFramework names the framework whose weights were judged.
type RecordFramework struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Digest  string `json:"sha256"`
}

// RecordSettings are the settings that shape the result.
type RecordSettings struct {
	Seed       uint64 `json:"seed"`
	Replicates int    `json:"replicates"`
	Intercepts string `json:"intercepts"` // period-and-segment, period, segment, single
}

// RecordCohort says how the sample was cut.
type RecordCohort struct {
	Sampling RecordSampling     `json:"sampling"`
	GapDays  int32              `json:"gap_days"`
	DataEnd  string             `json:"data_end"`
	Dates    []string           `json:"dates"`  // snapshot dates with rows
	Ledger   []RecordLedgerLine `json:"ledger"` // every account-date, in or out
	Losses   *RecordLosses      `json:"losses"` // every loss, counted or not
	// AssumedNotice counts the rows whose last day to opt out rests on the notice period
	// of the settings.
	AssumedNotice int `json:"rows_with_assumed_notice"`
	// RenewalOfRow counts the rows whose renewal is the end of a subscription row that
	// states neither a renewal date nor a term.
	RenewalOfRow int `json:"rows_with_renewal_from_row_end"`
}

// RecordSampling says which account-dates were judged, and why these.
type RecordSampling struct {
	Asked    string `json:"asked"` // auto, calendar, renewal
	Used     string `json:"used"`  // calendar, renewal
	Dated    int    `json:"accounts_with_renewal_date"`
	Accounts int    `json:"accounts"`
	Words    string `json:"words"`
}

// RecordOf returns a sampling as records hold it.
func RecordOf(s cohort.Sampling) RecordSampling {
	return RecordSampling{Asked: s.Asked, Used: s.Used(), Dated: s.Dated, Accounts: s.Accounts, Words: s.Words()}
}

// RecordLedgerLine counts the account-dates of one date with one outcome.
type RecordLedgerLine struct {
	AsOf     string  `json:"as_of"`
	Outcome  string  `json:"outcome"`
	In       bool    `json:"in_sample"`
	Accounts int64   `json:"accounts"`
	ARR      float64 `json:"arr"`
}

// RecordTable says how an own labelled table was read. Rows read = rows of the
// result + NoOutcome + AlreadyLost.
type RecordTable struct {
	File        string            `json:"file"`
	Columns     []labelled.Column `json:"columns"`
	Unused      []string          `json:"unused_columns"`
	RowsRead    int               `json:"rows_read"`
	NoOutcome   int               `json:"no_outcome"`
	AlreadyLost int               `json:"decided_on_or_before_the_snapshot"`
	Lost        RecordTableLost   `json:"arr_lost"`
}

// RecordTableLost says what the lost ARR of an own table's rows rests on.
type RecordTableLost struct {
	KnowsARR bool `json:"arr_known"` // false: rows count alike, and the fields below are 0
	Stated   bool `json:"stated"`    // the table has a column of it
	// Whole churned rows state no amount: all of their ARR is taken.
	Whole int `json:"whole_arr"`
	// Over rows state more than their ARR; OverARR above it is not counted.
	Over    int     `json:"over"`
	OverARR float64 `json:"over_arr"`
}

// TableLost says what the lost ARR of an own table rests on.
func TableLost(t *labelled.Table) RecordTableLost {
	how, ok := t.HowLost()
	if !ok {
		return RecordTableLost{Stated: how.Stated}
	}
	return RecordTableLost{KnowsARR: true, Stated: how.Stated, Whole: how.Whole, Over: how.Over, OverARR: how.OverARR}
}

// Words says it in one sentence; amount writes an amount.
func (l RecordTableLost) Words(amount func(float64) string) string {
	text := ""
	switch {
	case !l.KnowsARR && l.Stated:
		return "lost ARR is not used: the rows' ARR is not known"
	case !l.KnowsARR:
		return ""
	case !l.Stated:
		return "lost ARR: a churned row loses all of its ARR, since no column arr_lost says otherwise"
	case l.Whole > 0:
		text = fmt.Sprintf("; %d churned rows state none and lose all of their ARR", l.Whole)
	}
	if l.Over > 0 {
		text += fmt.Sprintf("; %d rows state more than their ARR, and %s above it are not counted", l.Over, amount(l.OverARR))
	}
	return "lost ARR: as arr_lost says" + text
}

// Record returns the calibration as it is published; nil where there is none.
func (r *Result) Record() *CalibrationRecord {
	if r.Calibration == nil {
		return nil
	}
	return r.Job.record(FromExports, r.Cohort, r.Scores.Dates.Sampling, r.Calibration, r.Horizons)
}

// FrameworkRecord names a framework.
func FrameworkRecord(f *framework.Framework) RecordFramework {
	return RecordFramework{Name: f.Plan.Name, Version: f.Plan.Version, Digest: f.Plan.Digest}
}

func recordCohort(s *settings.Settings, c *cohort.Cohort, sampling cohort.Sampling) *RecordCohort {
	out := &RecordCohort{
		Sampling: RecordOf(sampling), GapDays: c.Rule.Gap, DataEnd: day.Format(c.Rule.DataEnd), Dates: []string{}, Ledger: []RecordLedgerLine{},
		Losses: recordLosses(s, c.Losses, c.LostARR, c.KnowsARR), AssumedNotice: c.Assumed, RenewalOfRow: c.OfRows,
	}
	for _, d := range c.Dates {
		out.Dates = append(out.Dates, day.Format(d))
	}
	for _, l := range c.Ledger {
		out.Ledger = append(out.Ledger, RecordLedgerLine{day.Format(l.AsOf), l.Outcome.String(), l.Outcome.In(), l.Accounts, l.ARR})
	}
	return out
}

// Write writes the record as indented JSON.
func (c *CalibrationRecord) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(c)
}

// Digest is the SHA-256 of what Write writes, in hexadecimal: it names the
// evidence that a change of weights rests on.
func (c *CalibrationRecord) Digest() (string, error) { return digestOf(c.Write) }

// digestOf is the SHA-256 of what write writes, in hexadecimal.
func digestOf(write func(io.Writer) error) (string, error) {
	h := sha256.New()
	if err := write(h); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
