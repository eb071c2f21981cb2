package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/job"
	"accounthealth/internal/quality"
	"accounthealth/internal/settings"
	"accounthealth/internal/store"
)

// configured holds the flags of every command that works on a health.yaml.
type configured struct {
	env       *Env
	file      string
	asOf      string
	out       string
	logFormat string
	quiet     bool
	asJSON    bool // for commands with jsonFlag
	allow     []string
	tell      string // findings of this severity or worse end with exitFindings
}

func (c *configured) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&c.file, "config", "c", "health.yaml", "settings `file`, or its address in a bucket")
	f.StringVar(&c.asOf, "as-of", "", "`date` to score, such as 2026-06-30 (default: as_of in the settings, else yesterday)")
	f.StringVar(&c.logFormat, "log-format", "text", "log as `text` or json")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "no progress and no log")
}

func (c *configured) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.asJSON, "json", false, "print the summary as JSON")
}

func (c *configured) outFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.out, "out", "", "`folder` for results (default: out in the settings)")
}

func (c *configured) allowFlag(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&c.allow, "allow", nil, "publish although this `gate` fails: "+strings.Join(quality.GateNames(), ", "))
}

// open reads the settings and decides the date; files is rooted at the settings'
// folder.
func (c *configured) open(ctx context.Context) (*job.Job, *store.Router, error) {
	for _, g := range c.allow {
		if !slices.Contains(quality.GateNames(), g) {
			return nil, nil, usage{fmt.Errorf("--allow %s: there is no such gate; the gates are %s", g, strings.Join(quality.GateNames(), ", "))}
		}
	}
	if c.logFormat != "text" && c.logFormat != "json" {
		return nil, nil, usage{fmt.Errorf("--log-format %s: use text or json", c.logFormat)}
	}
	folder, name := store.Split(c.file)
	files, err := c.env.connect(folder)
	if err != nil {
		return nil, nil, err
	}
	j, err := job.New(ctx, files, name)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case c.asOf != "":
		if j.AsOf, err = day.Parse(c.asOf); err != nil {
			return nil, nil, usage{fmt.Errorf("--as-of: %w", err)}
		}
	case j.AsOf == settings.NoDay:
		j.AsOf = day.OfTime(c.env.Now().In(j.Settings.Location)) - 1
	}
	if err := j.Settle(ctx); err != nil {
		return nil, nil, err
	}
	if c.out != "" {
		if j.Settings.Out, err = standing(c.out); err != nil {
			return nil, nil, err
		}
	}
	j.Allow = c.allow
	j.Version = c.env.Version
	return j, files, nil
}

// standing makes a path of the command line, which is relative to where the user
// stands and not to the settings, absolute. An address stays as it is.
func standing(path string) (string, error) {
	if store.IsAddress(path) {
		return path, nil
	}
	return filepath.Abs(path)
}

func newRun(env *Env) *cobra.Command {
	c := &configured{env: env}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Score, calibrate and report, and publish the results",
		Long: `Run does the whole job: it reads the exports, scores every account as of the
date, rebuilds past month-ends, labels past scores with the churn that followed,
calibrates the weights, writes the workbooks, and publishes everything to
out/<as-of>/ at once, run.json last. A failed run publishes nothing.

The settings, and every path in them, may lie in a bucket: s3://BUCKET/PREFIX or
azblob://ACCOUNT/CONTAINER/PREFIX. Credentials are taken as the clouds' own tools
take them; AWS_ENDPOINT_URL or the settings' stores section names other servers.`,
		Example: `  accounthealth run -c health.yaml
  accounthealth run -c health.yaml --as-of 2026-06-30 --log-format json
  accounthealth run -c s3://bucket/health.yaml --as-of 2026-06-30
  accounthealth run -c health.yaml --allow rows
  accounthealth run -c health.yaml --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context()) },
	}
	c.flags(cmd)
	c.outFlag(cmd)
	c.allowFlag(cmd)
	c.tellFlag(cmd)
	c.jsonFlag(cmd)
	return cmd
}

func (c *configured) run(ctx context.Context) error {
	if err := c.checkTell(); err != nil {
		return err
	}
	j, files, err := c.open(ctx)
	if err != nil {
		return err
	}
	lock, err := files.Lock(ctx, store.Join(j.Settings.Out, ".lock"))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	kept, err := files.Lock(ctx, historyLock(j.Settings.History))
	if err != nil {
		return err
	}
	defer kept.Unlock()
	temp, err := files.Temp(j.Settings.Out) // under the lock: it sweeps what a killed run left
	if err != nil {
		return err
	}
	defer temp.Close()
	j.Temp = temp
	p := newProgress(c.env, c.logFormat, c.quiet, job.Steps)
	defer p.Close()
	j.Step = p.Step
	r, err := j.Run(ctx)
	if err != nil {
		return err
	}
	defer r.Release()
	if err := r.Publish(ctx, p.Timings); err != nil {
		return err
	}
	p.Close()
	switch {
	case c.asJSON:
		if err := printJSON(c.env.Out, publishedOf(r)); err != nil {
			return err
		}
	case !c.quiet:
		summary(c.env.Out, r)
	}
	return c.told(r.Portfolio.Quality.Alerts)
}
