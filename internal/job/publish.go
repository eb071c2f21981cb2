package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"accounthealth/internal/day"
	"accounthealth/internal/publish"
	"accounthealth/internal/store"
)

// The files of a run that speak of the calibration, beside calibration.xlsx.
const (
	CalibrationFile = "calibration.json"
	SuggestedFile   = "framework.suggested.yaml"
)

// Publish writes the run's files, stores the snapshots in the history, and then
// publishes the folder: a run whose workbooks cannot be written never comes into
// force. Where a gate stops the run it returns that gate's error and writes
// nothing. timings is asked for the seconds of each step before the last.
func (r *Result) Publish(ctx context.Context, timings func() map[string]float64) error {
	if r.Gate != nil {
		return r.Gate
	}
	j := r.Job
	j.step("digest inputs")
	manifest, err := r.manifest(ctx)
	if err != nil {
		return err
	}
	j.step("write workbooks")
	return publish.Run(ctx, j.Files, r.Folder(), r.Files(), manifest, func() error {
		j.step("write history")
		err := r.keep(ctx)
		manifest.Timings = timings()
		return err
	})
}

// Folder is where the run is published.
func (r *Result) Folder() string { return r.Job.Folder() }

// Folder is where a run of the as-of date is published.
func (j *Job) Folder() string { return store.Join(j.Settings.Out, day.Format(j.AsOf)) }

// Files lists the outputs of the run but the manifest.
func (r *Result) Files() []publish.File {
	plan, asOf := r.Job.Framework.Plan, r.Job.AsOf
	now, _ := r.Scores.At(asOf)
	files := []publish.File{
		{Name: "scores.parquet", Write: func(w io.Writer) error {
			return publish.Scores(w, plan, asOf, r.Portfolio.Accounts)
		}},
		{Name: "contributions.parquet", Write: func(w io.Writer) error {
			return publish.Contributions(w, r.Data.Table, now)
		}},
		{Name: qualityFile, Write: func(w io.Writer) error {
			return publish.QualityTable(w, plan, asOf, &r.Portfolio.Quality)
		}},
	}
	if w := r.Portfolio.Alerts; w != nil {
		files = append(files, publish.File{Name: publish.AlertsFile, Write: func(out io.Writer) error {
			return publish.AlertsTable(out, plan, asOf, w.Alerts)
		}}, publish.File{Name: "alerts.jsonl", Write: func(out io.Writer) error {
			return publish.AlertLines(out, asOf, w.Alerts)
		}})
	}
	files = append(files, publish.File{Name: publish.CRMFile, Write: func(out io.Writer) error {
		return publish.CRMTable(out, plan, asOf, r.Portfolio.Accounts)
	}}, publish.File{Name: "crm.csv", Write: func(out io.Writer) error {
		return publish.CRMLines(out, plan, asOf, r.Portfolio.Accounts)
	}})
	material := r.Material()
	files = append(files, material.Books()...)
	files = append(files, material.File(r.Job.Version)...)
	if record := r.Record(); record != nil {
		files = append(files, publish.File{Name: CalibrationFile, Write: record.Write})
	}
	if r.Suggested != nil {
		files = append(files, publish.File{Name: SuggestedFile, Write: func(w io.Writer) error {
			_, err := w.Write(r.Suggested)
			return err
		}})
	}
	return files
}

// Books lists the workbooks.
func (r *Result) Books() []publish.File { return r.Material().Books() }

func (r *Result) manifest(ctx context.Context) (*publish.Manifest, error) {
	j, p := r.Job, r.Portfolio
	var err error
	m := &publish.Manifest{
		Schema: publish.ManifestSchema, AsOf: day.Format(j.AsOf), Tool: j.Version,
		Framework: publish.Framework{Name: j.Framework.Plan.Name, Version: j.Framework.Plan.Version, Digest: j.Framework.Plan.Digest},
		Settings:  j.settingsUsed(), Gates: p.Quality.Gates, Warnings: p.Warnings, Verdict: p.Verdict,
		TieOut: publish.TieOut{
			Rows: p.Tie.SourceRows, Accounts: p.Tie.Accounts, Explained: []publish.Count{}, Reported: p.Tie.Reported, SourceARR: p.Tie.SourceARR,
			ReportedARR: p.Tie.ReportedARR, Difference: p.Tie.DifferenceARR,
		},
	}
	for _, l := range p.Tie.Lines {
		m.TieOut.Explained = append(m.TieOut.Explained, publish.Count{What: l.What, N: l.Rows, ARR: l.ARR, Why: l.Why})
	}
	for _, o := range r.Data.Sources {
		for _, f := range o.Read.Files() {
			sum, err := f.SHA256(ctx)
			if err != nil {
				return nil, err
			}
			m.Inputs = append(m.Inputs, publish.Input{Source: o.Name, Path: f.Path, Bytes: f.Size, Rows: f.Rows, NotRead: f.Outside, SHA256: sum})
		}
	}
	for _, b := range r.Data.Books {
		sum := sha256.Sum256(b.Content)
		m.Inputs = append(m.Inputs, publish.Input{Source: "overrides", Path: b.Name, Bytes: int64(len(b.Content)), SHA256: hex.EncodeToString(sum[:])})
	}
	for _, c := range p.Classes {
		m.Population = append(m.Population, publish.Count{What: c.Class, N: c.Accounts, ARR: c.ARR, Why: c.Why})
	}
	if r.Cohort != nil {
		for _, l := range r.Cohort.Ledger {
			m.Calibrated = append(m.Calibrated, publish.Count{What: day.Format(l.AsOf), N: l.Accounts, ARR: l.ARR, Why: l.Outcome.String()})
		}
	}
	for _, f := range p.Quality.Findings {
		m.Findings = append(m.Findings, publish.Finding{Source: f.Source, Column: f.Column, Code: f.Code, Rows: f.Count, Examples: f.Examples})
	}
	m.Overrides = r.overridesUsed()
	m.Alerts = alertsUsed(p.Alerts)
	m.History, err = r.historyUsed(ctx)
	return m, err
}

// settingsUsed lists the settings that shape results, defaults included.
func (j *Job) settingsUsed() map[string]any {
	s := j.Settings
	sources := map[string]string{}
	for _, src := range s.Sources {
		sources[src.Name] = fmt.Sprintf("%s (%s)", src.Path, src.Layout)
	}
	used := map[string]any{
		"time_zone": s.Location.String(), "currency": s.Currency, "history_months": s.HistoryMonths, "sources": sources,
		"population": s.Population, "calibration": s.Calibration, "limits": s.Limits, "gates": s.Gates, "allow": j.Allow,
	}
	if c := s.ControlTotals; c != nil {
		used["control_totals"] = c.Totals
	}
	return used
}
