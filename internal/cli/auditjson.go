package cli

import (
	"encoding/json"
	"io"
	"slices"

	"accounthealth/internal/day"
	"accounthealth/internal/job"
	"accounthealth/internal/portfolio"
)

// The JSON form of an audit; docs/data.md describes it. Figures that are not
// defined are null.
type (
	auditJSON struct {
		Version  int           `json:"schema_version"`
		AsOf     string        `json:"as_of"`
		Prior    string        `json:"prior,omitempty"`
		Window   int32         `json:"window_days"`
		Currency string        `json:"currency"`
		Sources  []sourceJSON  `json:"sources"`
		Findings []alertJSON   `json:"findings"`
		Rows     []rowsJSON    `json:"row_findings"`
		Drift    []driftJSON   `json:"drift"`
		Schema   []schemaJSON  `json:"schema"`
		TieOut   tieJSON       `json:"tie_out"`
		Controls []controlJSON `json:"control_totals"`
		Gates    []gateJSON    `json:"gates"`
	}
	sourceJSON struct {
		Name           string       `json:"name"`
		Verdict        string       `json:"verdict"`
		Reason         string       `json:"reason,omitempty"`
		Layout         string       `json:"layout"`
		Files          int64        `json:"files"`
		Bytes          int64        `json:"bytes"`
		Rows           int64        `json:"rows"`
		PriorRows      *float64     `json:"prior_rows"`
		Accounts       int64        `json:"accounts"`
		AccountsShare  *float64     `json:"accounts_share"`
		ARRShare       *float64     `json:"arr_share"`
		Oldest         string       `json:"oldest,omitempty"`
		Newest         string       `json:"newest,omitempty"`
		AgeDays        *float64     `json:"age_days"`
		Invalid        *float64     `json:"invalid_share"`
		Duplicates     *float64     `json:"duplicate_share"`
		Orphans        *float64     `json:"orphan_share"`
		ColumnsMissing []string     `json:"columns_missing"`
		Columns        []columnJSON `json:"columns"`
	}
	columnJSON struct {
		Name          string    `json:"name"`
		File          string    `json:"file_column,omitempty"`
		Type          string    `json:"type,omitempty"`
		Role          string    `json:"role,omitempty"`
		Rows          int64     `json:"rows"`
		Nulls         int64     `json:"nulls"`
		Invalid       int64     `json:"invalid"`
		Later         int64     `json:"later"`
		Fill          *float64  `json:"fill"`
		Accounts      int64     `json:"accounts"`
		AccountsShare *float64  `json:"accounts_share"`
		ARRShare      *float64  `json:"arr_share"`
		Newest        string    `json:"newest,omitempty"`
		Distinct      *float64  `json:"distinct"`
		Min           *float64  `json:"min"`
		Max           *float64  `json:"max"`
		First         string    `json:"first,omitempty"`
		Last          string    `json:"last,omitempty"`
		RecentRows    int64     `json:"recent_rows"`
		RecentEmpty   int64     `json:"recent_empty"`
		Mean          *float64  `json:"recent_mean"`
		Deciles       []float64 `json:"recent_deciles,omitempty"`
		Drift         *float64  `json:"drift"`
		Moved         *float64  `json:"moved_share"`
		ZeroDays      []string  `json:"zero_days,omitempty"`
	}
	alertJSON struct {
		Severity string   `json:"severity"`
		Source   string   `json:"source,omitempty"`
		Columns  []string `json:"columns,omitempty"`
		Check    string   `json:"check"`
		Text     string   `json:"text"`
		Examples []string `json:"examples,omitempty"`
	}
	rowsJSON struct {
		Source    string   `json:"source"`
		Column    string   `json:"column,omitempty"`
		Code      string   `json:"code"`
		Rows      int64    `json:"rows"`
		Share     *float64 `json:"share"`
		Treatment string   `json:"treatment"`
		Examples  []string `json:"examples"`
	}
	driftJSON struct {
		Source  string   `json:"source"`
		Column  string   `json:"column"`
		Against string   `json:"against"`
		Rows    int64    `json:"rows"`
		Before  int64    `json:"rows_before"`
		PSI     *float64 `json:"psi"`
		Noise   *float64 `json:"noise"`
		Verdict string   `json:"verdict"`
		Largest string   `json:"largest_change"`
	}
	schemaJSON struct {
		Source  string `json:"source"`
		Column  string `json:"column,omitempty"`
		Change  string `json:"change"`
		Before  string `json:"before,omitempty"`
		Now     string `json:"now,omitempty"`
		Verdict string `json:"verdict"`
	}
	tieJSON struct {
		Steps              []stepJSON `json:"steps"`
		DifferenceAccounts int64      `json:"difference_accounts"`
		DifferenceARR      float64    `json:"difference_arr"`
	}
	stepJSON struct {
		What     string   `json:"what"`
		Accounts int64    `json:"accounts"`
		ARR      *float64 `json:"arr"`
		Total    bool     `json:"total"`
	}
	controlJSON struct {
		What       string  `json:"what"`
		Unit       string  `json:"unit"`
		Stated     float64 `json:"stated"`
		Found      float64 `json:"found"`
		Difference float64 `json:"difference"`
		Tolerance  float64 `json:"tolerance"`
		Passed     bool    `json:"passed"`
	}
	gateJSON struct {
		Gate      string `json:"gate"`
		Figure    string `json:"figure"`
		Threshold string `json:"threshold"`
		Passed    bool   `json:"passed"`
		Allowed   bool   `json:"allowed"`
	}
)

// writeAudit writes the audit as JSON.
func writeAudit(w io.Writer, a *job.Audited) error {
	q := a.Quality
	out := auditJSON{
		Version: 1,
		AsOf:    day.Format(a.Job.AsOf), Prior: isoDate(q.Prior), Window: q.Window, Currency: a.Job.Settings.Currency,
		Sources: []sourceJSON{}, Findings: []alertJSON{}, Rows: []rowsJSON{}, Drift: []driftJSON{}, Schema: []schemaJSON{}, Controls: []controlJSON{}, Gates: []gateJSON{},
		TieOut: tieJSON{Steps: []stepJSON{}, DifferenceAccounts: a.Tie.DifferenceAccounts, DifferenceARR: a.Tie.DifferenceARR},
	}
	for _, s := range q.Sources {
		out.Sources = append(out.Sources, sourceJSON{
			Name: s.Name, Verdict: s.Verdict, Reason: s.Reason, Layout: s.Layout, Files: s.Files, Bytes: s.Bytes, Rows: s.Rows, PriorRows: orNull(s.PriorRows),
			Accounts: s.AccountsCovered, AccountsShare: orNull(s.CoveredShare), ARRShare: orNull(s.ARRCovered), Oldest: isoDate(s.Oldest), Newest: isoDate(s.Newest),
			AgeDays: orNull(s.AgeDays), Invalid: orNull(s.Invalid), Duplicates: orNull(s.Duplicates), Orphans: orNull(s.Orphans),
			ColumnsMissing: slices.Concat([]string{}, s.ColumnsMissing), Columns: columnsJSON(s.Name, q.Columns),
		})
	}
	for _, f := range q.Alerts {
		out.Findings = append(out.Findings, alertJSON(f))
	}
	for _, f := range q.Findings {
		out.Rows = append(out.Rows, rowsJSON{f.Source, f.Column, f.Code, f.Count, orNull(f.Share), f.Treatment, slices.Concat([]string{}, f.Examples)})
	}
	for _, d := range q.Drift {
		out.Drift = append(out.Drift, driftJSON{d.Source, d.Column, d.Against, d.Rows, d.Before, orNull(d.Index), orNull(d.Noise), d.Verdict, d.Largest})
	}
	for _, s := range q.Schema {
		out.Schema = append(out.Schema, schemaJSON{s.Source, s.Column, s.Change, s.Before, s.Now, s.Verdict})
	}
	for _, s := range q.Tie {
		out.TieOut.Steps = append(out.TieOut.Steps, stepJSON{s.What, s.Accounts, orNull(s.ARR), s.Total})
	}
	for _, c := range q.Controls {
		out.Controls = append(out.Controls, controlJSON{c.What, string(c.Unit), c.Stated, c.Found, c.Difference, c.Tolerance, c.Passed})
	}
	for _, g := range q.Gates {
		out.Gates = append(out.Gates, gateJSON{g.Gate, g.Figure, g.Threshold, g.Passed, g.Allowed})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

func columnsJSON(name string, columns []portfolio.ColumnRow) []columnJSON {
	out := []columnJSON{}
	for _, c := range columns {
		if c.Source != name {
			continue
		}
		x := columnJSON{
			Name: c.Name, File: c.File, Type: c.Type, Role: c.Role, Rows: c.Rows, Nulls: c.Nulls, Invalid: c.Invalid, Later: c.Later, Fill: orNull(c.Fill),
			Accounts: c.Accounts, AccountsShare: orNull(c.AccountsShare), ARRShare: orNull(c.ARRShare), Newest: isoDate(c.Newest), Distinct: orNull(c.Distinct),
			Min: orNull(c.Min), Max: orNull(c.Max), First: isoDate(c.First), Last: isoDate(c.Last), RecentRows: c.RecentRows, RecentEmpty: c.RecentEmpty,
			Mean: orNull(c.Mean), Deciles: c.Deciles, Drift: orNull(c.Drift), Moved: orNull(c.Moved),
		}
		for _, d := range c.ZeroDays {
			x.ZeroDays = append(x.ZeroDays, day.Format(d))
		}
		out = append(out, x)
	}
	return out
}

func orNull(f portfolio.Figure) *float64 {
	if !f.Defined {
		return nil
	}
	return &f.Value
}

func isoDate(d int32) string {
	if d == portfolio.NoDay {
		return ""
	}
	return day.Format(d)
}
