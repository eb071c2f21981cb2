package publish

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// The records of quality.parquet, by its first column.
const (
	recordSource  = "source"
	recordColumn  = "column"
	recordAlert   = "alert"
	recordFinding = "finding"
	recordControl = "control"
)

// qualityLine is one row of quality.parquet.
type qualityLine struct {
	record, source, column, code, verdict, text, example string
	count                                                int64
	src                                                  *portfolio.SourceRow  // of a source, and of its findings
	col                                                  *portfolio.ColumnRow  // of a column
	control                                              *portfolio.ControlRow // of a control total
}

// qualityLines lists the rows in order: each source followed by its columns,
// alerts and findings, then what concerns no source.
func qualityLines(q *portfolio.Quality) []qualityLine {
	var out []qualityLine
	about := func(name string, s *portfolio.SourceRow) {
		for _, a := range q.Alerts {
			if a.Source == name {
				out = append(out, qualityLine{
					record: recordAlert, source: name, column: strings.Join(a.Columns, ", "), code: a.Check,
					verdict: a.Severity, text: a.Text, example: first(a.Examples), src: s,
				})
			}
		}
	}
	for i := range q.Sources {
		s := &q.Sources[i]
		out = append(out, qualityLine{record: recordSource, source: s.Name, code: recordSource, verdict: s.Verdict, text: s.Reason, count: s.Rows, src: s})
		for k := range q.Columns {
			if c := &q.Columns[k]; c.Source == s.Name {
				out = append(out, qualityLine{record: recordColumn, source: s.Name, column: c.Name, code: recordColumn, count: c.Rows, col: c})
			}
		}
		about(s.Name, s)
		for _, f := range q.Findings {
			if f.Source == s.Name {
				out = append(out, qualityLine{
					record: recordFinding, source: s.Name, column: f.Column, code: f.Code, verdict: s.Verdict,
					text: f.Treatment, example: first(f.Examples), count: f.Count, src: s,
				})
			}
		}
	}
	for _, a := range q.Alerts {
		if !slices.ContainsFunc(q.Sources, func(s portfolio.SourceRow) bool { return s.Name == a.Source }) {
			out = append(out, qualityLine{record: recordAlert, source: a.Source, code: a.Check, verdict: a.Severity, text: a.Text})
		}
	}
	for i := range q.Controls {
		c := &q.Controls[i]
		l := qualityLine{record: recordControl, code: string(c.Unit), verdict: portfolio.Pass, text: c.What, control: c}
		if !c.Passed {
			l.verdict = portfolio.Fail
		}
		out = append(out, l)
	}
	return out
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// QualityTable writes quality.parquet: one row a source, column, alert, group of
// row findings and control total, told apart by record. Figures that a record
// does not have are null. The columns' recent distributions are what the next run
// compares with; see ReadQuality.
func QualityTable(w io.Writer, p *plan.Plan, asOf int32, q *portfolio.Quality) error {
	lines := qualityLines(q)
	f := warehouse.NewFrame(len(lines))
	text := func(name string, get func(*qualityLine) string) {
		f.Text(name, func(i int) string { return get(&lines[i]) })
	}
	figure := func(name string, src func(*portfolio.SourceRow) portfolio.Figure, col func(*portfolio.ColumnRow) portfolio.Figure) {
		f.Number(name, func(i int) float64 {
			switch l := &lines[i]; {
			case l.record == recordSource && src != nil:
				return value(src(l.src))
			case l.col != nil && col != nil:
				return value(col(l.col))
			}
			return math.NaN()
		})
	}
	whole := func(name string, src func(*portfolio.SourceRow) int64, col func(*portfolio.ColumnRow) int64) {
		f.Int(name, func(i int) (int64, bool) {
			switch l := &lines[i]; {
			case l.src != nil && src != nil:
				return src(l.src), true
			case l.col != nil && l.col.Measured && col != nil:
				return col(l.col), true
			}
			return 0, false
		})
	}
	date := func(name string, src func(*portfolio.SourceRow) int32, col func(*portfolio.ColumnRow) int32) {
		f.Date(name, func(i int) int32 {
			switch l := &lines[i]; {
			case l.src != nil && src != nil:
				return src(l.src)
			case l.col != nil:
				return col(l.col)
			}
			return warehouse.NoDate
		})
	}
	type (
		src = portfolio.SourceRow
		col = portfolio.ColumnRow
		fig = portfolio.Figure
	)
	f.Key("record", func(i int) string { return lines[i].record })
	text("source", func(l *qualityLine) string { return l.source })
	f.Date("as_of", func(int) int32 { return asOf })
	text("column", func(l *qualityLine) string { return l.column })
	text("code", func(l *qualityLine) string { return l.code })
	f.Int("count", func(i int) (int64, bool) {
		l := &lines[i]
		return l.count, l.record == recordSource || l.record == recordFinding || l.col != nil && l.col.Measured
	})
	whole("rows", func(s *src) int64 { return s.Rows }, func(c *col) int64 { return c.Rows })
	whole("rows_not_read", func(s *src) int64 { return s.NotRead }, nil)
	whole("accounts_covered", func(s *src) int64 { return s.AccountsCovered }, func(c *col) int64 { return c.Accounts })
	date("oldest", func(s *src) int32 { return s.Oldest }, func(c *col) int32 { return c.Oldest })
	date("newest", func(s *src) int32 { return s.Newest }, func(c *col) int32 { return c.Newest })
	text("verdict", func(l *qualityLine) string { return l.verdict })
	text("text", func(l *qualityLine) string { return l.text })
	text("example", func(l *qualityLine) string { return l.example })

	figure("accounts_share", func(s *src) fig { return s.CoveredShare }, func(c *col) fig { return c.AccountsShare })
	figure("arr_share", func(s *src) fig { return s.ARRCovered }, func(c *col) fig { return c.ARRShare })
	figure("invalid_share", func(s *src) fig { return s.Invalid }, func(c *col) fig { return c.InvalidShare })
	figure("duplicate_share", func(s *src) fig { return s.Duplicates }, nil)
	figure("orphan_share", func(s *src) fig { return s.Orphans }, nil)

	column := func(get func(*col) string) func(*qualityLine) string {
		return func(l *qualityLine) string {
			if l.col == nil {
				return ""
			}
			return get(l.col)
		}
	}
	text("file_column", column(func(c *col) string { return c.File }))
	text("type", column(func(c *col) string { return c.Type }))
	text("role", column(func(c *col) string { return c.Role }))
	whole("nulls", nil, func(c *col) int64 { return c.Nulls })
	whole("invalid", nil, func(c *col) int64 { return c.Invalid })
	whole("later", nil, func(c *col) int64 { return c.Later })
	figure("fill", nil, func(c *col) fig { return c.Fill })
	figure("distinct", nil, func(c *col) fig { return c.Distinct })
	figure("min", nil, func(c *col) fig { return c.Min })
	figure("max", nil, func(c *col) fig { return c.Max })
	date("first", nil, func(c *col) int32 { return c.First })
	date("last", nil, func(c *col) int32 { return c.Last })
	whole("recent_rows", nil, func(c *col) int64 { return c.RecentRows })
	whole("recent_empty", nil, func(c *col) int64 { return c.RecentEmpty })
	whole("recent_accounts", nil, func(c *col) int64 { return c.RecentAccounts })
	figure("recent_mean", nil, func(c *col) fig { return c.Mean })
	for k, name := range deciles {
		figure(name, nil, func(c *col) fig {
			if k < len(c.Deciles) {
				return portfolio.Amount(c.Deciles[k])
			}
			return fig{}
		})
	}
	text("recent_bins", column(func(c *col) string { return binsText(c.Bins) }))
	figure("drift", nil, func(c *col) fig { return c.Drift })
	figure("moved_share", nil, func(c *col) fig { return c.Moved })
	text("zero_days", column(func(c *col) string {
		var days []string
		for _, d := range c.ZeroDays {
			days = append(days, day.Format(d))
		}
		return strings.Join(days, " ")
	}))
	control := func(name string, get func(*portfolio.ControlRow) float64) {
		f.Number(name, func(i int) float64 {
			if c := lines[i].control; c != nil {
				return get(c)
			}
			return math.NaN()
		})
	}
	control("stated", func(c *portfolio.ControlRow) float64 { return c.Stated })
	control("found", func(c *portfolio.ControlRow) float64 { return c.Found })
	control("difference", func(c *portfolio.ControlRow) float64 { return c.Difference })
	return f.Write(w, options(p))
}

var deciles = []string{"p10", "p20", "p30", "p40", "p50", "p60", "p70", "p80", "p90"}

// bin is a bin as it is filed: a word, or an upper edge that the last one lacks.
type bin struct {
	Word *string  `json:"word,omitempty"`
	Upto *float64 `json:"upto,omitempty"`
	Rows int64    `json:"rows"`
}

// binsText writes bins as JSON; "" for none.
func binsText(bins []portfolio.Bin) string {
	if len(bins) == 0 {
		return ""
	}
	out := make([]bin, len(bins))
	for i := range bins {
		b := &bins[i]
		out[i].Rows = b.Rows
		switch {
		case b.Word != "":
			out[i].Word = &b.Word
		case !math.IsInf(b.Upto, 1):
			out[i].Upto = &b.Upto
		}
	}
	text, err := json.Marshal(out)
	if err != nil { // finite numbers and text always encode
		return ""
	}
	return string(text)
}

// parseBins reads binsText back.
func parseBins(text string) ([]portfolio.Bin, error) {
	var filed []bin
	if err := json.Unmarshal([]byte(text), &filed); err != nil {
		return nil, err
	}
	out := make([]portfolio.Bin, len(filed))
	for i, b := range filed {
		out[i] = portfolio.Bin{Rows: b.Rows}
		switch {
		case b.Word != nil:
			out[i].Word = *b.Word
		case b.Upto != nil:
			out[i].Upto = *b.Upto
		default:
			out[i].Upto = math.Inf(1)
		}
	}
	return out, nil
}

// filed is what ReadQuality takes of quality.parquet. A file of a version that
// did not keep columns has fewer and is read as far as it goes.
var filed = source.Contract{Name: "quality.parquet", Columns: []source.Column{
	{Name: "record", Role: source.Text},
	{Name: "source", Role: source.Text},
	{Name: "column", Role: source.Text},
	{Name: "rows", Role: source.Number},
	{Name: "accounts_share", Role: source.Number},
	{Name: "file_column", Role: source.Text},
	{Name: "type", Role: source.Text},
	{Name: "role", Role: source.Text},
	{Name: "recent_rows", Role: source.Number},
	{Name: "recent_empty", Role: source.Number},
	{Name: "recent_accounts", Role: source.Number},
	{Name: "recent_bins", Role: source.Text},
	{Name: "zero_days", Role: source.Text},
}}

// ReadQuality reads what the sources and columns were in an earlier run: rows,
// the share of accounts covered, types, and the figures of the recent window. It
// returns nothing for a file without records.
func ReadQuality(ctx context.Context, st store.Source, path string) ([]portfolio.SourceRow, []portfolio.ColumnRow, error) {
	src, err := warehouse.Open(ctx, st, warehouse.Spec{Contract: &filed, Path: path, Layout: source.Current}, warehouse.Options{})
	if err != nil || !src.Has("record") {
		return nil, nil, err
	}
	var names []string
	for _, c := range filed.Columns {
		if src.Has(c.Name) {
			names = append(names, c.Name)
		}
	}
	in := intake.Input{Contract: &filed, Layout: source.Current, Rows: src}
	var sources []portfolio.SourceRow
	var columns []portfolio.ColumnRow
	err = in.Read(ctx, names, 0, nil, func(b *intake.Batch) error {
		for i := range b.Len {
			r := filedRow{b, i}
			switch r.text("record") {
			case recordSource:
				s := portfolio.SourceRow{Name: r.text("source"), Rows: r.whole("rows")}
				if v, ok := r.number("accounts_share"); ok {
					s.CoveredShare = portfolio.Amount(v)
				}
				sources = append(sources, s)
			case recordColumn:
				c, err := r.column()
				if err != nil {
					return &diag.Error{Class: diag.Data, Where: path, What: "the audit of an earlier run is damaged", Fix: "remove that run's folder", Cause: err}
				}
				columns = append(columns, c)
			}
		}
		return nil
	})
	return sources, columns, err
}

// filedRow is a row of quality.parquet being read.
type filedRow struct {
	b *intake.Batch
	i int
}

func (r filedRow) cell(name string) *intake.Column {
	for k := range r.b.Columns {
		if c := &r.b.Columns[k]; c.Name == name && c.Status[r.i] == intake.Known {
			return c
		}
	}
	return nil
}

func (r filedRow) text(name string) string {
	if c := r.cell(name); c != nil {
		return strings.Clone(c.Text(r.i))
	}
	return ""
}

func (r filedRow) number(name string) (float64, bool) {
	if c := r.cell(name); c != nil {
		return c.Numbers[r.i], true
	}
	return 0, false
}

func (r filedRow) whole(name string) int64 {
	v, _ := r.number(name)
	return int64(v)
}

func (r filedRow) column() (portfolio.ColumnRow, error) {
	c := portfolio.ColumnRow{
		Source: r.text("source"), Name: r.text("column"), File: r.text("file_column"), Type: r.text("type"), Role: r.text("role"),
		Rows: r.whole("rows"), RecentRows: r.whole("recent_rows"), RecentEmpty: r.whole("recent_empty"), RecentAccounts: r.whole("recent_accounts"),
	}
	_, c.Measured = r.number("rows")
	for _, word := range strings.Fields(r.text("zero_days")) {
		d, err := day.Parse(word)
		if err != nil {
			return c, err
		}
		c.ZeroDays = append(c.ZeroDays, d)
	}
	text := r.text("recent_bins")
	if text == "" {
		return c, nil
	}
	var err error
	c.Bins, err = parseBins(text)
	return c, err
}
