package job

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/overrides"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/publish"
	"accounthealth/internal/store"
)

// bookSuffix ends the names of workbooks.
const bookSuffix = ".xlsx"

// readOverrides reads the values set by hand: those of the mapped source, and
// those that came back in books.
func (j *Job) readOverrides(ctx context.Context, d *Data) (err error) {
	var in *intake.Input
	if mapped, ok := d.Inputs["overrides"]; ok {
		in = &mapped
	}
	books, err := j.returnedBooks(ctx)
	if err != nil || in == nil && len(books) == 0 {
		return err
	}
	d.Books = books
	d.Overrides, err = overrides.Read(ctx, in, books, j.Framework.Plan, d.Table.Lookup, j.AsOf)
	return err
}

// returnedBooks reads the workbooks that owners sent back.
func (j *Job) returnedBooks(ctx context.Context) ([]overrides.Book, error) {
	files, err := j.Files.List(ctx, store.Join(j.Settings.Returned, "*"+bookSuffix))
	if store.IsNothing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []overrides.Book
	for _, f := range files {
		if strings.HasPrefix(path.Base(f.Path), "~$") { // the lock of an open workbook
			continue
		}
		content, found, err := j.Files.ReadSmall(ctx, f.Path)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, overrides.Book{Name: f.Path, Content: content})
		}
	}
	return out, nil
}

// byHand counts the scores of the as-of date that rest on values set by hand.
func (r *Result) byHand() int {
	now, _ := r.Scores.At(r.Job.AsOf)
	n, last := 0, int32(-1)
	for _, v := range now.Result.Manual { // by row
		if v.Row != last && now.Result.Status[v.Row] >= 0 {
			n++
		}
		last = v.Row
	}
	return n
}

// manualWarnings are the sentences about values set by hand on the Summary. One
// that expired or was replaced is in order and only listed with the data quality.
func (r *Result) manualWarnings() []diag.Warning {
	var out []diag.Warning
	switch n := r.byHand(); {
	case n == 1:
		out = append(out, diag.Warning{Code: "overrides", Subject: "score", Text: "1 score holds manual values"})
	case n > 1:
		out = append(out, diag.Warning{Code: "overrides", Subject: "score", Text: fmt.Sprintf("%d scores hold manual values", n)})
	}
	for _, f := range r.Data.Overrides.Left() {
		if refused(f.Code) {
			c := r.Data.Overrides.Count()
			out = append(out, diag.Warning{Code: "overrides_refused", Subject: "overrides", Text: fmt.Sprintf(
				"%d of %d manual values cannot be applied and are left out, such as %s", c.Refused, c.Rows, place(f))})
			break
		}
	}
	return out
}

// refused reports whether a finding about a manual value is a mistake in its row.
func refused(code diag.Code) bool {
	return code != overrides.Expired && code != overrides.Superseded && code != diag.FutureDate
}

// place writes a finding with the row it is about.
func place(f diag.Finding) string {
	s := path.Base(f.File)
	switch {
	case f.Cell != "":
		s += " " + f.Cell
	case f.Code != diag.Unparsable || f.Key != "" || !strings.HasSuffix(s, bookSuffix):
		s += fmt.Sprintf(" row %d", f.Row+1)
	}
	if f.Key != "" {
		s += ", " + f.Key
	}
	return s + ": " + f.Value
}

// treatments says what was done with rows of each finding; the others were left
// out.
var treatments = map[diag.Code]string{
	overrides.Expired:    "no longer applied; still is on the past dates it was in force",
	overrides.Superseded: "left out, the newest one in force is used",
	diag.FutureDate:      "not applied before the day it is set",
}

// auditOverrides adds the rows that were not applied to the data quality, with
// their reasons. They decide no gate.
func (r *Result) auditOverrides(q *portfolio.Quality) {
	if r.Data.Overrides == nil {
		return
	}
	c, left := r.Data.Overrides.Count(), diag.Tally{}
	for _, f := range r.Data.Overrides.Left() {
		left.Add(f)
	}
	share := func(n int64) portfolio.Figure {
		f := portfolio.Figure{Num: float64(n), Den: float64(c.Rows)}
		if f.Defined = c.Rows > 0; f.Defined {
			f.Value = f.Num / f.Den
		}
		return f
	}
	for _, g := range left.Groups() {
		row := portfolio.FindingRow{
			Source: g.Source, Column: g.Column, Code: string(g.Code), Count: g.Count, Share: share(g.Count),
			Treatment: cmp.Or(treatments[g.Code], "row left out"),
		}
		for _, e := range g.Examples {
			row.Examples = append(row.Examples, place(e))
		}
		q.Findings = append(q.Findings, row)
	}
	slices.SortStableFunc(q.Findings, func(a, b portfolio.FindingRow) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code))
	})
	i := slices.IndexFunc(q.Sources, func(s portfolio.SourceRow) bool { return s.Name == "overrides" })
	if i < 0 || c.Rows == 0 {
		return
	}
	s := &q.Sources[i]
	repeated := left.Count(diag.Duplicate, "overrides") + left.Count(diag.Conflict, "overrides")
	orphans := left.Count(diag.Orphan, "overrides")
	s.Duplicates, s.Orphans, s.Invalid = share(repeated), share(orphans), share(int64(c.Refused)-repeated-orphans)
	s.Reason = strings.TrimPrefix(s.Reason+"; "+fates(c), "; ")
	if c.Refused > 0 && s.Verdict == "pass" {
		s.Verdict = "warn"
	}
}

// fates says what became of the rows: "4 in force, 1 expired".
func fates(c overrides.Counts) string {
	out := fmt.Sprintf("%d in force", c.InForce)
	for _, part := range []struct {
		n    int
		what string
	}{{c.Superseded, "replaced"}, {c.Expired, "expired"}, {c.Pending, "not yet set"}, {c.Refused, "refused"}} {
		if part.n > 0 {
			out += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	return out
}

// overridesUsed is what the manifest says about values set by hand; nil where
// the source is not mapped.
func (r *Result) overridesUsed() *publish.Overrides {
	if r.Data.Overrides == nil {
		return nil
	}
	c, became := r.Data.Overrides.Count(), map[string]int{}
	for i := range r.Portfolio.Overrides {
		became[r.Portfolio.Overrides[i].Outcome]++
	}
	return &publish.Overrides{
		BorneOut: became[portfolio.BorneOut], NotBorneOut: became[portfolio.NotBorneOut], Open: became[portfolio.Open],
		Rows: c.Rows, InForce: c.InForce, Scores: r.byHand(),
		Superseded: c.Superseded, Expired: c.Expired, Pending: c.Pending, Refused: c.Refused,
	}
}
