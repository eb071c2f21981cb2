package cli

import (
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/job"
	"accounthealth/internal/plan"
)

// runSummary is what run and score print as JSON.
type runSummary struct {
	Schema      int              `json:"schema_version"`
	AsOf        string           `json:"as_of"`
	Currency    string           `json:"currency"`
	Framework   frameworkVersion `json:"framework"`
	Published   string           `json:"published,omitempty"` // the folder, where something was published
	Files       []string         `json:"files,omitempty"`     // that score wrote
	Classes     []classSum       `json:"classes"`             // together every account of the export
	Statuses    []classSum       `json:"statuses"`            // best first
	TieOut      tieSum           `json:"tie_out"`
	Warnings    []warningSum     `json:"warnings"`
	Gates       []gateSum        `json:"gates"`
	Alerts      string           `json:"alerts,omitempty"`
	Calibration string           `json:"calibration,omitempty"` // the verdict, or what it would need
}

type frameworkVersion struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Digest  string `json:"sha256,omitempty"`
}

type classSum struct {
	Name     string  `json:"name"`
	Accounts int64   `json:"accounts"`
	ARR      float64 `json:"arr"`
}

type tieSum struct {
	ReportedAccounts   int64   `json:"reported_accounts"`
	ReportedARR        float64 `json:"reported_arr"`
	DifferenceAccounts int64   `json:"difference_accounts"`
	DifferenceARR      float64 `json:"difference_arr"`
}

type warningSum struct {
	Code    string `json:"code"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

type gateSum struct {
	Gate      string `json:"gate"`
	Passed    bool   `json:"passed"`
	Allowed   bool   `json:"allowed"`
	Figure    string `json:"figure"`
	Threshold string `json:"threshold"`
}

// summaryOf says what summary says, for programs.
func summaryOf(r *job.Result) runSummary {
	p := r.Portfolio
	out := runSummary{
		Schema: 1, AsOf: day.Format(p.AsOf), Currency: p.Currency,
		Framework: frameworkVersion{p.Framework.Name, p.Framework.Version, p.Framework.Digest},
		Classes:   []classSum{}, Statuses: []classSum{}, Warnings: []warningSum{}, Gates: []gateSum{},
		TieOut: tieSum{p.Tie.Reported, p.Tie.ReportedARR, p.Tie.DifferenceAccounts, p.Tie.DifferenceARR},
	}
	for _, c := range p.Classes {
		out.Classes = append(out.Classes, classSum{c.Class, c.Accounts, c.ARR})
	}
	for _, b := range p.Bands {
		out.Statuses = append(out.Statuses, classSum{b.Band, b.Accounts, b.ARR})
	}
	for _, w := range p.Warnings {
		out.Warnings = append(out.Warnings, warningSum{w.Code, w.Subject, w.Text})
	}
	for _, g := range p.Quality.Gates {
		out.Gates = append(out.Gates, gateSum{g.Gate, g.Passed, g.Allowed, g.Figure, g.Threshold})
	}
	return out
}

// publishedOf is the summary of a run that was published.
func publishedOf(r *job.Result) runSummary {
	out := summaryOf(r)
	out.Published, out.Calibration = r.Folder(), job.CalibrationNeeds
	if r.Calibration != nil {
		out.Calibration = r.Portfolio.Verdict
	}
	if r.Portfolio.Alerts != nil {
		out.Alerts = job.AlertsSentence(r.Portfolio.Alerts)
	}
	return out
}

// wideScored is what score --wide prints as JSON.
type wideScored struct {
	Schema   int           `json:"schema_version"`
	File     string        `json:"file"`
	Accounts int64         `json:"accounts"` // rows, of which the three below are the parts
	Distinct int64         `json:"distinct_ids"`
	Repeated int64         `json:"rows_with_an_earlier_id"`
	NoID     int64         `json:"rows_without_an_id"`
	Statuses []statusCount `json:"statuses"` // best first, those not scored last
	NoColumn []string      `json:"signals_without_column"`
	Invalid  int64         `json:"accounts_with_unusable_values"`
	Findings []wideFinding `json:"findings"`
}

type statusCount struct {
	Status   string `json:"status"`
	Accounts int64  `json:"accounts"`
}

type wideFinding struct {
	Column   string        `json:"column"`
	Finding  string        `json:"finding"`
	Values   int64         `json:"values"`
	Words    []string      `json:"words,omitempty"` // that the signal has, where unknown ones were found
	Examples []wideExample `json:"examples"`        // the first by file and row
}

type wideExample struct {
	File  string `json:"file"`
	Row   int64  `json:"row"` // from 1
	Value string `json:"value"`
}

func wideOf(p *plan.Plan, to string, r *job.WideResult, found *diag.Tally) wideScored {
	ids := idsOf(r, found)
	out := wideScored{Schema: 1, File: to, Accounts: r.Rows, Distinct: ids.Distinct, Repeated: ids.Repeated, NoID: ids.None, Statuses: []statusCount{}, NoColumn: list(r.Missing), Invalid: r.Invalid, Findings: []wideFinding{}}
	for _, s := range r.Statuses {
		out.Statuses = append(out.Statuses, statusCount{s.Name, s.Accounts})
	}
	for _, g := range found.Groups() {
		one := wideFinding{Column: g.Column, Finding: g.Code.Words(), Values: g.Count, Words: permitted(p, g), Examples: []wideExample{}}
		for _, f := range g.Examples {
			one.Examples = append(one.Examples, wideExample{f.File, f.Row + 1, f.Value})
		}
		out.Findings = append(out.Findings, one)
	}
	return out
}

// checked is what validate prints as JSON.
type checked struct {
	Schema       int              `json:"schema_version"`
	AsOf         string           `json:"as_of"`
	Framework    frameworkVersion `json:"framework"`
	Accounts     int              `json:"accounts"`
	Sources      []checkedSource  `json:"sources"`
	NotCollected []string         `json:"not_collected"` // signals that no source gives
}

type checkedSource struct {
	Name    string   `json:"name"`
	Files   int      `json:"files"`
	Rows    int64    `json:"rows"`
	Without []string `json:"columns_missing"`
}

func checkedOf(j *job.Job, d *job.Data, collected []bool) checked {
	p := j.Framework.Plan
	out := checked{
		Schema: 1, AsOf: day.Format(j.AsOf), Framework: frameworkVersion{Name: p.Name, Version: p.Version},
		Accounts: d.Table.Len(), Sources: []checkedSource{}, NotCollected: notCollected(p, collected),
	}
	for _, o := range d.Sources {
		out.Sources = append(out.Sources, checkedSource{o.Name, len(o.Source.Files()), o.Source.Rows(), list(o.Meter.Missing())})
	}
	return out
}
