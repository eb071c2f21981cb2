package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/job"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

func newAuditSources(env *Env) *cobra.Command {
	c := &configured{env: env}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "audit-sources",
		Short: "Say how far each source and column can be trusted today",
		Long: `Audit-sources reads every mapped column of every source and prints, per source and
column, rows, accounts and ARR covered, freshness, fill, invalid values, drift
against the last run and the window before, changes of the schema, days on which
values fell to zero for everyone, and the tie-out from the accounts export to the
score and to the control totals of the settings. It publishes nothing. Exit code
4 says that a gate would stop a run.`,
		Example: `  accounthealth audit-sources -c health.yaml
  accounthealth audit-sources -c health.yaml --as-of 2026-06-30 --json
  accounthealth audit-sources -c health.yaml --tell`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.audit(cmd.Context(), asJSON) },
	}
	c.flags(cmd)
	c.allowFlag(cmd)
	c.tellFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the complete result as JSON")
	return cmd
}

func (c *configured) tellFlag(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.tell, "tell", "", "end with exit code 5 where sources have findings of this `severity` or worse: warn (the default) or fail")
	f.Lookup("tell").NoOptDefVal = portfolio.Warn
}

// checkTell refuses an unknown severity.
func (c *configured) checkTell() error {
	if c.tell != "" && c.tell != portfolio.Warn && c.tell != portfolio.Fail {
		return usage{fmt.Errorf("--tell %s: use --tell=warn or --tell=fail", c.tell)}
	}
	return nil
}

// told ends a command with its own exit code where findings were asked for and
// there are some.
func (c *configured) told(alerts []portfolio.SourceAlert) error {
	var warn, fail int
	for _, a := range alerts {
		switch a.Severity {
		case portfolio.Warn:
			warn++
		case portfolio.Fail:
			fail++
		}
	}
	if c.tell == portfolio.Fail && fail > 0 || c.tell == portfolio.Warn && fail+warn > 0 {
		return findings{fmt.Sprintf("source findings: %d failed, %d warned", fail, warn)}
	}
	return nil
}

func (c *configured) audit(ctx context.Context, asJSON bool) error {
	if err := c.checkTell(); err != nil {
		return err
	}
	j, _, err := c.open(ctx)
	if err != nil {
		return err
	}
	p := newProgress(c.env, c.logFormat, c.quiet, auditSteps)
	defer p.Close()
	j.Step = p.Step
	temp, err := store.Scratch()
	if err != nil {
		return err
	}
	defer temp.Close()
	j.Temp = temp
	a, err := j.Audit(ctx)
	if err != nil {
		return err
	}
	p.Close()
	if asJSON {
		err = writeAudit(c.env.Out, a)
	} else {
		err = printAudit(c.env.Out, a)
	}
	return cmp.Or(err, a.Gate, c.told(a.Quality.Alerts))
}

// auditSteps is about how many steps an audit announces.
const auditSteps = 6

// printAudit writes the audit for a terminal: a table a source, then what stands
// out, most severe first, then the totals and gates.
func printAudit(w io.Writer, a *job.Audited) error {
	q := a.Quality
	against := "there is no earlier run to compare with"
	if q.Prior != portfolio.NoDay {
		against = "compared with the run of " + day.Format(q.Prior)
	}
	fmt.Fprintf(w, "as of %s; %s; recent is the last %d days\n", day.Format(a.Job.AsOf), against, q.Window)
	for _, s := range q.Sources {
		printSource(w, s, q.Columns)
	}
	fmt.Fprintln(w, "\nfindings")
	for _, f := range q.Alerts {
		fmt.Fprintf(w, "  %s  %s\n", f.Severity, strings.TrimPrefix(f.Source+": "+f.Check+": "+f.Text, ": "))
		for _, e := range f.Examples {
			fmt.Fprintln(w, "        "+e)
		}
	}
	if len(q.Alerts) == 0 {
		fmt.Fprintln(w, "  none")
	}
	if len(q.Findings) > 0 {
		fmt.Fprintln(w, "\nrows that cannot be used as they are")
		t := table(w)
		for _, f := range q.Findings {
			name := strings.TrimSuffix(f.Source+"."+f.Column, ".")
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", name, diag.Code(f.Code).Words(), several(f.Count, "row"), rate(f.Share), strings.Join(f.Examples[:min(1, len(f.Examples))], ""))
		}
		t.Flush()
	}
	fmt.Fprintln(w, "\nfrom the accounts export to the score")
	t := table(w)
	for _, s := range q.Tie {
		arr := "~"
		if s.ARR.Defined {
			arr = strconv.FormatFloat(s.ARR.Value, 'f', 2, 64)
		}
		fmt.Fprintf(t, "  %s\t%s accounts\t%s %s\t\n", s.What, whole(s.Accounts), arr, a.Job.Settings.Currency)
	}
	for _, c := range q.Controls {
		verdict := "agrees with finance"
		if !c.Passed {
			verdict = "differs from finance"
		}
		fmt.Fprintf(t, "  %s, %s\t%.2f\tfinance %.2f, difference %+.2f\t%s\n", c.What, c.Unit, c.Found, c.Stated, c.Difference, verdict)
	}
	t.Flush()
	fmt.Fprintln(w, "\ngates")
	t = table(w)
	for _, g := range q.Gates {
		mark := "passed"
		switch {
		case !g.Passed && g.Allowed:
			mark = "failed, allowed"
		case !g.Passed:
			mark = "failed"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t\n", g.Gate, mark, g.Figure)
	}
	return t.Flush()
}

func printSource(w io.Writer, s portfolio.SourceRow, columns []portfolio.ColumnRow) {
	fmt.Fprintf(w, "\n%s: %s; %s, %s, %s", s.Name, s.Verdict, s.Layout, several(s.Files, "file"), several(s.Rows, "row"))
	if s.PriorRows.Defined {
		fmt.Fprintf(w, " (last run %.0f)", s.PriorRows.Value)
	}
	if s.CoveredShare.Defined {
		fmt.Fprintf(w, "; %s of %.0f paying accounts, %s of ARR", whole(s.AccountsCovered), s.CoveredShare.Den, rate(s.ARRCovered))
	}
	if s.Newest != portfolio.NoDay {
		fmt.Fprintf(w, "; newest %s", day.Format(s.Newest))
	}
	fmt.Fprintf(w, "; duplicates %s, orphans %s\n", rate(s.Duplicates), rate(s.Orphans))
	t := table(w)
	fmt.Fprintln(t, "  column\ttype\tfill\tinvalid\taccounts\tARR\tnewest\tleast\tmost\trecent mean\tdrift\tmoved\tzero days\t")
	for _, c := range columns {
		if c.Source != s.Name {
			continue
		}
		if c.Role == "" {
			fmt.Fprintf(t, "  %s\t%s\tnot mapped\t\t\t\t\t\t\t\t\t\t\t\n", c.Name, c.Type)
			continue
		}
		least, most := short(c.Min), short(c.Max)
		if c.Role == source.Time.String() {
			least, most = date(c.First), date(c.Last)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t\n", c.Name, c.Type, rate(c.Fill), rate(c.InvalidShare),
			rate(c.AccountsShare), rate(c.ARRShare), date(c.Newest), least, most, short(c.Mean), short(c.Drift), rate(c.Moved), len(c.ZeroDays))
	}
	t.Flush()
}

// several counts things: "1 file", "18 files".
func several(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return whole(n) + " " + what
}

// rate writes a share as a percentage, ~ where there is none.
func rate(f portfolio.Figure) string {
	if !f.Defined {
		return "~"
	}
	return strconv.FormatFloat(100*f.Value, 'f', 1, 64) + "%"
}

// short writes a number to four digits.
func short(f portfolio.Figure) string {
	if !f.Defined {
		return "~"
	}
	x, err := strconv.ParseFloat(strconv.FormatFloat(f.Value, 'g', 4, 64), 64)
	if err != nil {
		return "~"
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

func date(d int32) string {
	if d == portfolio.NoDay {
		return "~"
	}
	return day.Format(d)
}
