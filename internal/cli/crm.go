package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/job"
	"accounthealth/internal/portfolio"
)

func newCRM(env *Env) *cobra.Command {
	c := &configured{env: env}
	var system, since string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "crm",
		Short: "Write what the CRM loads: every account, or only what changed",
		Long: `CRM writes crm.csv under the field names of the framework's crm section, or of
--system. With --changed-since it writes only the accounts of which a person would see
something new, against the newest run published on or before that day, and those that
are no customers any more. Rows carry a key that reruns of the day keep; text that a
spreadsheet would run as a formula is written with an apostrophe in front. Every run
publishes all rows as crm.csv and crm.parquet.`,
		Example: `  accounthealth crm -c health.yaml > crm.csv
  accounthealth crm -c health.yaml --system salesforce --changed-since 2026-05-31 > crm.csv
  accounthealth crm -c health.yaml --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.crm(cmd.Context(), system, since, asJSON) },
	}
	c.flags(cmd)
	c.outFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&system, "system", "", "use the field names of this `system`: "+strings.Join(framework.CRMSystems(), ", "))
	f.StringVar(&since, "changed-since", "", "only rows that changed since the run of this `date`")
	f.BoolVar(&asJSON, "json", false, "print the rows as JSON")
	return cmd
}

func (c *configured) crm(ctx context.Context, system, since string, asJSON bool) error {
	if system != "" && !slices.Contains(framework.CRMSystems(), system) {
		return usage{fmt.Errorf("--system %s: use %s", system, strings.Join(framework.CRMSystems(), ", "))}
	}
	from := portfolio.NoDay
	if since != "" {
		d, err := day.Parse(since)
		if err != nil {
			return usage{fmt.Errorf("--changed-since: %w", err)}
		}
		from = d
	}
	out := c.out // a folder for the file, and not that of the runs to compare with
	c.out = ""
	r, err := c.compute(ctx, true)
	if err != nil {
		return err
	}
	defer r.Release()
	p, changes, err := r.CRM(ctx, system, from)
	if err != nil {
		return err
	}
	if from != portfolio.NoDay && !c.quiet {
		fmt.Fprintf(c.env.Err, "%d of %d accounts changed since %s (%d of them new), %d are no customers any more\n",
			len(changes.Rows)-changes.Gone, changes.All, day.Format(changes.Against), changes.New, changes.Gone)
	}
	if asJSON {
		rows := []map[string]string{}
		for _, row := range changes.Rows {
			m := map[string]string{}
			for k, f := range p.CRM.Fields {
				m[f.Name] = row.Values[k]
			}
			rows = append(rows, m)
		}
		return printJSON(c.env.Out, rows)
	}
	write := func(w io.Writer) error { return job.WriteCRM(w, p, changes) }
	if out == "" {
		return write(c.env.Out)
	}
	files, err := c.env.connect(out)
	if err != nil {
		return err
	}
	return files.WriteFile(ctx, "crm.csv", write)
}
