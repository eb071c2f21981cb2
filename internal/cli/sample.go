package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/sample"
)

func newSample(env *Env) *cobra.Command {
	var out, truth, end string
	var opt sample.Options
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Generate a warehouse to try the job on",
		Long: `Sample writes DIR/exports/, a raw warehouse as an unload would leave it, and a
ready DIR/health.yaml. Everything is invented and follows from the seed: equal
flags give equal bytes. A hidden health of every account drives its usage,
tickets, payments and contacts and, with weights of its own, its churn, so that
the calibration has something true to find.`,
		Example: `  accounthealth sample --out sample
  accounthealth sample --out big --accounts 100000 --months 24 --seed 7
  accounthealth sample --out fair --truth current`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if opt.End, err = day.Parse(end); err != nil {
				return usage{fmt.Errorf("--end: %w", err)}
			}
			switch truth {
			case "shifted":
				opt.Truth = sample.Shifted()
			case "current":
				opt.Truth = sample.Current()
			default:
				return usage{fmt.Errorf("--truth %s: use shifted or current", truth)}
			}
			return generate(cmd.Context(), env, out, opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "sample", "`folder` to write to")
	f.IntVar(&opt.Accounts, "accounts", 2000, "number of accounts")
	f.IntVar(&opt.Months, "months", 30, "months of history")
	f.Uint64Var(&opt.Seed, "seed", 1, "seed")
	f.StringVar(&end, "end", "2026-06-30", "last `date` of the exports")
	f.StringVar(&truth, "truth", "shifted", "the `weights` that drive churn: shifted, which a refit should find, or current, which it should keep")
	return cmd
}
