package job

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	"accounthealth/calibrate"
	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/labelled"
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
	GapDays int32              `json:"gap_days"`
	DataEnd string             `json:"data_end"`
	Dates   []string           `json:"dates"`  // snapshot dates with rows
	Ledger  []RecordLedgerLine `json:"ledger"` // every account-date, in or out
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
}

// Record returns the calibration as it is published; nil where there is none.
func (r *Result) Record() *CalibrationRecord {
	if r.Calibration == nil {
		return nil
	}
	return r.Job.record(FromExports, r.Cohort, r.Calibration, r.Horizons)
}

// FrameworkRecord names a framework.
func FrameworkRecord(f *framework.Framework) RecordFramework {
	return RecordFramework{Name: f.Plan.Name, Version: f.Plan.Version, Digest: f.Plan.Digest}
}

func recordCohort(c *cohort.Cohort) *RecordCohort {
	out := &RecordCohort{GapDays: c.Rule.Gap, DataEnd: day.Format(c.Rule.DataEnd), Dates: []string{}, Ledger: []RecordLedgerLine{}}
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
