package cli

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/job"
	"accounthealth/internal/plan"
	"accounthealth/internal/settings"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// wide holds the flags of score that read one wide file.
type wide struct {
	file, to, framework, codec string
	columns                    map[string]string
}

// wideHelp is the part of score's help about wide files.
const wideHelp = `

With --wide it scores one wide Parquet file instead, one row an account with a
column a signal, and writes one Parquet file with a row for every row, in the same
order: the id, the pillars, composite, score, headline, status, coverage, interval
and why a status is provisional. It streams: memory does not grow with the rows, so
the file may hold millions (8 bytes a row, about 128 MiB at most, tell repeated ids).
Columns are found by the names of the signals, and account_id, segment, tier (which
choose the rules of a segment) and start_date (signals that ask for a tenure do not
apply before it); --columns names others, or take framework and columns from a
health.yaml with -c. A value that a signal cannot have is missing, counted and
reported, and makes the account provisional; for a word the words that the signal has
are listed. An id that an earlier row has is counted and reported too; both rows are
scored.

What a wide file alone cannot say is not done: everybody in it is scored, also who
is no customer or is onboarding; accounts that are in it twice are scored twice;
values have no date, so none is stale; there is no history and no trend. The job
does all that: accounthealth init --exports FOLDER, then accounthealth run.`

func (c *configured) scoreWide(ctx context.Context, w wide, useSettings bool) error {
	codec, ok := map[string]warehouse.Codec{"zstd": warehouse.ZSTD, "snappy": warehouse.Snappy, "none": warehouse.Uncompressed}[w.codec]
	if !ok {
		return usage{fmt.Errorf("--codec %s: use zstd, snappy or none", w.codec)}
	}
	if w.to == w.file {
		return usage{fmt.Errorf("--to %s is the file that is read; name another", w.to)}
	}
	in := &job.Wide{Columns: map[string]string{}, Codec: codec, Findings: &diag.Tally{}}
	if err := c.wideInput(ctx, in, w, useSettings); err != nil {
		return err
	}
	folder, name := store.Split(w.file)
	files, err := c.env.connect(folder)
	if err != nil {
		return err
	}
	in.Files, in.Path = files, name
	folder, name = store.Split(w.to)
	out, err := c.env.connect(folder)
	if err != nil {
		return err
	}
	var r *job.WideResult
	err = out.WriteFile(ctx, name, func(o io.Writer) (err error) {
		r, err = in.Run(ctx, o)
		return err
	})
	if err != nil {
		return err
	}
	if c.asJSON {
		return printJSON(c.env.Out, wideOf(in.Framework.Plan, w.to, r, in.Findings))
	}
	if !c.quiet {
		wideSummary(c.env.Out, in.Framework.Plan, w.to, r, in.Findings)
	}
	return nil
}

// wideInput fills what the settings or the flags say about the file.
func (c *configured) wideInput(ctx context.Context, in *job.Wide, w wide, useSettings bool) error {
	asOf := settings.NoDay
	if useSettings {
		j, _, err := c.open(ctx)
		if err != nil {
			return err
		}
		in.Framework, asOf = j.Framework, j.AsOf
		for _, name := range []string{"accounts", "signals"} {
			if s := j.Settings.Source(name); s != nil {
				for canonical, column := range s.Columns {
					in.Columns[canonical] = column
				}
			}
		}
	}
	if in.Framework == nil || w.framework != "" {
		name := w.framework
		if name == "" {
			name = framework.Default
		}
		fw, err := loadFramework(ctx, c.env, name)
		if err != nil {
			return err
		}
		in.Framework = fw
	}
	var err error
	switch {
	case c.asOf != "":
		if in.AsOf, err = day.Parse(c.asOf); err != nil {
			return usage{fmt.Errorf("--as-of: %w", err)}
		}
	case asOf != settings.NoDay:
		in.AsOf = asOf
	default:
		in.AsOf = day.OfTime(c.env.Now()) - 1
	}
	known := job.WideColumns(in.Framework.Plan)
	for name := range in.Columns { // the settings map columns for other uses, too
		if !slices.Contains(known, name) {
			delete(in.Columns, name)
		}
	}
	for name, column := range w.columns {
		if !slices.Contains(known, name) {
			return usage{fmt.Errorf("--columns %s=%s: there is no such column; the columns are %s", name, column, strings.Join(known, ", "))}
		}
		in.Columns[name] = column
	}
	return nil
}

// permitted lists the words of the signal in whose column unknown ones were found.
func permitted(p *plan.Plan, g diag.Group) []string {
	i := slices.IndexFunc(p.Signals, func(s plan.Signal) bool { return s.Name == g.Column })
	if g.Code != diag.UnknownWord || i < 0 {
		return nil
	}
	return p.Signals[i].Words
}

// wideIDCounts divides the rows of a wide file by their ids: every row is the first of
// its id, repeats one, or has none.
type wideIDCounts struct{ Distinct, Repeated, None int64 }

func idsOf(r *job.WideResult, found *diag.Tally) (c wideIDCounts) {
	for _, g := range found.Groups() {
		switch g.Code {
		case diag.Duplicate:
			c.Repeated += g.Count
		case diag.MissingKey:
			c.None += g.Count
		}
	}
	c.Distinct = r.Rows - c.Repeated - c.None
	return c
}

func wideSummary(w io.Writer, p *plan.Plan, to string, r *job.WideResult, found *diag.Tally) {
	ids := idsOf(r, found)
	fmt.Fprintf(w, "%s: %s", to, several(r.Rows, "row"))
	if ids.Distinct != r.Rows {
		fmt.Fprintf(w, " of %s; %s with an id that an earlier row has, %s without an id", several(ids.Distinct, "account"), whole(ids.Repeated), whole(ids.None))
	}
	fmt.Fprintln(w)
	t := table(w)
	for _, s := range r.Statuses {
		fmt.Fprintf(t, "  %s\t%d\t%s\n", s.Name, s.Accounts, percent64(s.Accounts, r.Rows))
	}
	_ = t.Flush()
	if len(r.Missing) > 0 {
		fmt.Fprintf(w, "no column: %s\n", strings.Join(r.Missing, ", "))
	}
	if r.Invalid > 0 {
		fmt.Fprintf(w, "rows with a value that could not be used, which counts as missing: %s\n", whole(r.Invalid))
	}
	for _, g := range found.Groups() {
		fmt.Fprintf(w, "  %s: %s, %s", g.Column, several(g.Count, "value"), g.Code.Words())
		if words := permitted(p, g); len(words) > 0 {
			fmt.Fprintf(w, " (write %s)", strings.Join(words, ", "))
		}
		for i, f := range g.Examples[:min(3, len(g.Examples))] {
			sep := "; such as "
			if i > 0 {
				sep = ", "
			}
			if g.Code == diag.MissingKey { // there is no value to show
				fmt.Fprintf(w, "%s%s row %d", sep, path.Base(f.File), f.Row+1)
			} else {
				fmt.Fprintf(w, "%s%q in %s row %d", sep, f.Value, path.Base(f.File), f.Row+1)
			}
		}
		fmt.Fprintln(w)
	}
}

func percent64(n, of int64) string {
	if of == 0 {
		return "~"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}
