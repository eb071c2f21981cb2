package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/sample"
	"accounthealth/internal/store"
)

func newSample(env *Env) *cobra.Command {
	var out, wide, truth, end string
	var opt sample.Options
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Generate a warehouse to try the job on",
		Long: `Sample writes DIR/exports/, a raw warehouse as an unload would leave it, and a
ready DIR/health.yaml. Everything is invented and follows from the seed: equal
flags give equal bytes. A hidden health of every account drives its usage,
tickets, payments and contacts and, with weights of its own, its churn, so that
the calibration has something true to find.

With --wide it writes one Parquet file instead: a row an account with 28 columns,
the account and every signal of the default framework, as one gets it by mail.
--accounts, --seed and --end apply.`,
		Example: `  accounthealth sample --out sample
  accounthealth sample --out big --accounts 100000 --months 24 --seed 7
  accounthealth sample --out fair --truth current
  accounthealth sample --wide mailed/accounts.parquet --accounts 5000000`,
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
			if wide != "" {
				for _, other := range []string{"out", "months", "truth"} {
					if cmd.Flags().Changed(other) {
						return usage{fmt.Errorf("--%s does not go with --wide, which writes one file", other)}
					}
				}
				return generateWide(cmd.Context(), env, wide, opt)
			}
			return generate(cmd.Context(), env, out, opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "sample", "`folder` to write to")
	f.StringVar(&wide, "wide", "", "write one wide `file` and nothing else")
	f.IntVar(&opt.Accounts, "accounts", 2000, "number of accounts")
	f.IntVar(&opt.Months, "months", 30, "months of history")
	f.Uint64Var(&opt.Seed, "seed", 1, "seed")
	f.StringVar(&end, "end", "2026-06-30", "last `date` of the exports")
	f.StringVar(&truth, "truth", "shifted", "the `weights` that drive churn: shifted, which a refit should find, or current, which it should keep")
	return cmd
}

// generateWide writes one wide file, whole or not at all.
func generateWide(ctx context.Context, env *Env, name string, opt sample.Options) error {
	folder, base := store.Split(name)
	files, err := env.connect(folder)
	if err != nil {
		return err
	}
	err = files.WriteFile(ctx, base, func(w io.Writer) error { return sample.Wide(ctx, w, opt) })
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Out, "wrote %s: %d accounts\nnext: accounthealth init --exports %s\n", name, opt.Accounts, folder)
	return nil
}
