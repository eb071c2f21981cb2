package cli

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/diag"
	"accounthealth/internal/job"
	"accounthealth/internal/settings"
)

// reporting is the report command's flags.
type reporting struct {
	*configured
	only     []string
	accounts string
	whatIf   int
}

// asPublished leaves the What-if sheet as it is.
const asPublished = -1

func newReport(env *Env) *cobra.Command {
	c := &reporting{configured: &configured{env: env}}
	cmd := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Make the workbooks of a published run again",
		Long: `Report makes the workbooks of a published run again from what was filed with
it, without the exports and without scoring: the same bytes as were published,
or fewer books, or Accounts and What-if sheets of another length. RUN is the run's folder;
without it, that of --as-of below out in the settings, else the newest there.

The run must have been published by a version whose results have the same
fields; another one says so. Nothing is published and the history is left alone.`,
		Example: `  accounthealth report -c health.yaml --out books
  accounthealth report out/2026-06-30 --only portfolio --accounts 500 --what-if 100
  accounthealth report s3://bucket/out/2026-06-30 --only calibration,books`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage{fmt.Errorf("%s takes one run, got %d; see %s --help", cmd.CommandPath(), len(args), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("what-if") {
				c.whatIf = asPublished
			}
			return c.report(cmd.Context(), args)
		},
	}
	c.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&c.out, "out", "books", "`folder` for the workbooks")
	f.StringSliceVar(&c.only, "only", nil, "make only these `books`: "+strings.Join(job.BookKinds(), ", "))
	f.StringVar(&c.accounts, "accounts", "all", "`number` of accounts on the Accounts sheet, those with the most ARR first; or all")
	f.IntVar(&c.whatIf, "what-if", 0, "`number` of accounts that the What-if sheet computes again, up to what_if_accounts of the run's settings; 0 leaves the sheet out (default: as published)")
	return cmd
}

func (c *reporting) report(ctx context.Context, args []string) error {
	for _, kind := range c.only {
		if !slices.Contains(job.BookKinds(), kind) {
			return usage{fmt.Errorf("--only %s: there are no such books; choose from %s", kind, strings.Join(job.BookKinds(), ", "))}
		}
	}
	limit := math.MaxInt
	if c.accounts != "all" {
		var err error
		if limit, err = strconv.Atoi(c.accounts); err != nil || limit < 0 {
			return usage{fmt.Errorf("--accounts %s: give a number from 0, or all", c.accounts)}
		}
	}
	if c.whatIf < asPublished {
		return usage{fmt.Errorf("--what-if %d: give a number from 0", c.whatIf)}
	}
	m, err := c.published(ctx, args)
	if err != nil {
		return err
	}
	if m.Calibration == nil && slices.Contains(c.only, job.CalibrationBook) {
		return diag.Errorf(diag.Data, "--only calibration", "leave it out", "the run has no calibration workbook: %s", job.CalibrationNeeds)
	}
	m.LimitAccounts(limit)
	if c.whatIf != asPublished {
		if err := m.LimitWhatIf(c.whatIf); err != nil {
			return err
		}
	}
	return c.write(ctx, c.out, m.Books(c.only...))
}

// published reads back the run that the command line names.
func (c *reporting) published(ctx context.Context, args []string) (*job.Material, error) {
	if len(args) == 1 {
		files, err := c.env.connect(".")
		if err != nil {
			return nil, err
		}
		return job.Published(ctx, files, args[0])
	}
	out := c.out
	c.out = "" // where the books go, not where runs are published
	j, files, err := c.open(ctx)
	c.out = out
	if err != nil {
		return nil, err
	}
	folder := j.Folder()
	if c.asOf == "" && j.Settings.AsOf == settings.NoDay {
		if folder, err = j.Newest(ctx); err != nil {
			return nil, err
		}
		if folder == "" {
			return nil, diag.Errorf(diag.Data, j.Settings.Out, "publish one: accounthealth run -c "+c.file, "there is no published run")
		}
	}
	return job.Published(ctx, files, folder)
}
