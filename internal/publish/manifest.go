// Package publish writes a run's folder, out/<as-of>/: the Parquet outputs, the
// workbooks it is handed as writers, the suggested framework, and last of all
// run.json, the manifest that says what went in, what came out and what was left
// out. The folder is complete or absent; nothing is computed here.
package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"slices"

	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/store"
)

// ManifestSchema is the version of run.json.
const ManifestSchema = 1

// Manifest is run.json. Everything in it but Timings follows from the inputs.
type Manifest struct {
	Schema     int                 `json:"schema"`
	AsOf       string              `json:"as_of"`
	Tool       string              `json:"tool_version"`
	Framework  Framework           `json:"framework"`
	Settings   map[string]any      `json:"settings"`
	Inputs     []Input             `json:"inputs"`
	Outputs    []Output            `json:"outputs"`
	Population []Count             `json:"population"`
	Calibrated []Count             `json:"calibration_sample"`
	Findings   []Finding           `json:"findings"`
	History    History             `json:"history"`
	Overrides  *Overrides          `json:"overrides,omitempty"` // nil where no source is mapped
	Alerts     *Alerts             `json:"alerts,omitempty"`    // nil where the framework raises none
	TieOut     TieOut              `json:"tie_out"`
	Gates      []portfolio.GateRow `json:"gates"`
	Warnings   []diag.Warning      `json:"warnings"`
	Verdict    string              `json:"verdict,omitempty"`
	Timings    map[string]float64  `json:"timings_seconds"`
}

// Framework names the framework behind the scores.
type Framework struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Digest  string `json:"sha256"`
}

// Input is one file that was read.
type Input struct {
	Source string `json:"source"`
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"`
	// NotRead are those of the rows that no date of the run can use and that were
	// counted from the file's footer alone.
	NotRead int64  `json:"rows_not_read,omitempty"`
	SHA256  string `json:"sha256"`
}

// Output is one file that was written.
type Output struct {
	Path string `json:"path"`
	// Object is where the file of this very run lies, below the folder, where that is
	// not Path: see store.Staging.Address.
	Object string `json:"object,omitempty"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Output returns what the run says of a file, or nil where it has none of the name.
func (m *Manifest) Output(name string) *Output {
	i := slices.IndexFunc(m.Outputs, func(o Output) bool { return o.Path == name })
	if i < 0 {
		return nil
	}
	return &m.Outputs[i]
}

// Count is a number of accounts or account-dates with its ARR and its reason.
type Count struct {
	What string  `json:"what"`
	N    int64   `json:"n"`
	ARR  float64 `json:"arr"`
	Why  string  `json:"why,omitempty"`
}

// Finding counts rows with one defect.
type Finding struct {
	Source   string   `json:"source"`
	Column   string   `json:"column,omitempty"`
	Code     string   `json:"code"`
	Rows     int64    `json:"rows"`
	Examples []string `json:"examples"`
}

// History says what the run compared with and what it may not keep.
type History struct {
	Erased   int    `json:"accounts_erased"`        // accounts that are kept out of it
	Review   string `json:"review,omitempty"`       // the previous review
	Reviewed string `json:"review_basis,omitempty"` // published or rebuilt
	Compared string `json:"compared,omitempty"`     // the day that the Summary compares with
	Basis    string `json:"compared_basis,omitempty"`
}

// Overrides counts the values set by hand: what became of every row, and how
// many scores rest on them. InForce to Refused sum to Rows.
type Overrides struct {
	Rows       int `json:"rows"`
	InForce    int `json:"in_force"`
	Superseded int `json:"superseded"`
	Expired    int `json:"expired"`
	Pending    int `json:"not_yet_set"`
	Refused    int `json:"refused"`
	Scores     int `json:"scores"`
	// What became of every usable one, whatever its state.
	BorneOut    int `json:"borne_out"`
	NotBorneOut int `json:"not_borne_out"`
	Open        int `json:"open"`
}

// Alerts counts the alerts of a run.
type Alerts struct {
	New          int64         `json:"raised"`
	Open         int64         `json:"open"`
	Closed       int64         `json:"closed"`
	HeldBack     int64         `json:"held_back"`
	Weeks        float64       `json:"weeks"` // since the last run, or the review
	PerOwnerWeek *float64      `json:"raised_per_owner_and_week,omitempty"`
	Owners       []OwnerAlerts `json:"owners"`
}

// OwnerAlerts counts the alerts of one owner's accounts.
type OwnerAlerts struct {
	Owner   string  `json:"owner"`
	New     int64   `json:"raised"`
	Open    int64   `json:"open"`
	Overdue int64   `json:"overdue"`
	PerWeek float64 `json:"raised_per_week"`
}

// TieOut is portfolio.TieOut as it is filed.
type TieOut struct {
	Rows        int64   `json:"rows_in_export"`
	Accounts    int64   `json:"accounts_in_export"`
	Reported    int64   `json:"accounts_reported"`
	SourceARR   float64 `json:"arr_in_export"`
	ReportedARR float64 `json:"arr_reported"`
	Difference  float64 `json:"arr_difference"`
	Explained   []Count `json:"explained"` // what leads from the export to the report
}

// File is one output of a run.
type File struct {
	Name  string // below the run's folder, with forward slashes
	Write func(io.Writer) error
}

// Run publishes a folder: the files in their order, then run.json with the
// digest of each, then the folder as a whole. last is called when every file is
// written and before run.json is: what must hold once the folder is there, and
// must not where it never comes to be, belongs in it. It may complete m.
func Run(ctx context.Context, sink store.Sink, dir string, files []File, m *Manifest, last func() error) error {
	staging, err := sink.Stage(ctx, dir)
	if err != nil {
		return err
	}
	defer staging.Abort()
	staging.ByContent()
	for _, f := range files {
		out, err := write(staging, f)
		if err != nil {
			return err
		}
		if at := staging.Address(f.Name); at != f.Name {
			out.Object = at
		}
		m.Outputs = append(m.Outputs, out)
	}
	if err := last(); err != nil {
		return err
	}
	manifest := File{Name: "run.json", Write: func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(m)
	}}
	if _, err := write(staging, manifest); err != nil {
		return err
	}
	return staging.Commit(ctx)
}

func write(staging *store.Staging, f File) (Output, error) {
	w, err := staging.Create(f.Name)
	if err != nil {
		return Output{}, err
	}
	d := &digesting{w: w, h: sha256.New()}
	if err := f.Write(d); err != nil {
		w.Close()
		return Output{}, err
	}
	if err := w.Close(); err != nil {
		return Output{}, err
	}
	return Output{Path: f.Name, Bytes: d.n, SHA256: hex.EncodeToString(d.h.Sum(nil))}, nil
}

// digesting counts and hashes what passes through.
type digesting struct {
	w io.Writer
	h hash.Hash
	n int64
}

func (d *digesting) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	d.h.Write(p[:n])
	d.n += int64(n)
	return n, err
}
