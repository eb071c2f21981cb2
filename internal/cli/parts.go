package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"accounthealth/internal/job"
	"accounthealth/internal/publish"
	"accounthealth/internal/store"
)

// compute runs the job without publishing; scoreOnly leaves the calibration out.
func (c *configured) compute(ctx context.Context, scoreOnly bool) (*job.Result, error) {
	j, _, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	p := newProgress(c.env, c.logFormat, c.quiet, job.Steps)
	defer p.Close()
	j.Step, j.ScoreOnly = p.Step, scoreOnly
	return j.Run(ctx)
}

// part computes and writes some of the outputs to a folder of their own.
func (c *configured) part(ctx context.Context, folder string, scoreOnly bool, files func(*job.Result) []publish.File) error {
	r, err := c.compute(ctx, scoreOnly)
	if err != nil {
		return err
	}
	defer r.Release()
	if c.out != "" {
		folder = c.out
	}
	written := files(r)
	if err := c.write(ctx, folder, written); err != nil {
		return err
	}
	if c.asJSON {
		s := summaryOf(r)
		for _, f := range written {
			s.Files = append(s.Files, store.Join(folder, f.Name))
		}
		if err := printJSON(c.env.Out, s); err != nil {
			return err
		}
	}
	return r.Gate // the files are there to look at; a run would not publish them
}

// write puts files below a folder that the user named.
func (c *configured) write(ctx context.Context, folder string, files []publish.File) error {
	out, err := c.env.connect(folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := out.WriteFile(ctx, f.Name, f.Write); err != nil {
			return err
		}
		if !c.asJSON {
			fmt.Fprintln(c.env.Out, store.Join(folder, f.Name))
		}
	}
	return nil
}

func newValidate(env *Env) *cobra.Command {
	c := &configured{env: env}
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check settings, framework and exports without scoring",
		Long: `Validate reads the settings and the framework, opens every source, checks its
columns against what the job needs, and prints what it found. Every problem is
reported at once, with file, line and column or with source and column.`,
		Example: `  accounthealth validate -c health.yaml
  accounthealth validate -c health.yaml --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			j, _, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			d, err := j.Load(cmd.Context())
			if err != nil {
				return err
			}
			collected, err := j.Collected(d)
			if c.asJSON {
				return errors.Join(err, printJSON(env.Out, checkedOf(j, d, collected)))
			}
			validated(env.Out, j, d, collected)
			return err
		},
	}
	c.flags(cmd)
	c.jsonFlag(cmd)
	return cmd
}
