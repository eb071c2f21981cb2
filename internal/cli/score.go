package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"accounthealth/internal/framework"
	"accounthealth/internal/job"
	"accounthealth/internal/publish"
)

func newScore(env *Env) *cobra.Command {
	c := &configured{env: env}
	var w wide
	cmd := &cobra.Command{
		Use:   "score",
		Short: "Score the accounts and write scores.parquet and contributions.parquet",
		Long: `Score reads the exports, scores every account as of the date, and writes
scores.parquet, contributions.parquet and quality.parquet to a folder. It neither
calibrates nor publishes, and leaves the history alone.` + wideHelp,
		Example: `  accounthealth score -c health.yaml --out scores
  accounthealth score --wide accounts.parquet --to scores.parquet
  accounthealth score --wide accounts.parquet --columns account_id=ACCT,csat=CSAT_AVG --framework framework.yaml
  accounthealth score --wide accounts.parquet --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			other, does := []string{"to", "framework", "columns", "codec"}, "goes with --wide only"
			if w.file != "" {
				other, does = []string{"out", "log-format"}, "does not go with --wide"
			}
			for _, name := range other {
				if cmd.Flags().Changed(name) {
					return usage{fmt.Errorf("--%s %s; see accounthealth score --help", name, does)}
				}
			}
			if w.file != "" {
				return c.scoreWide(cmd.Context(), w, cmd.Flags().Changed("config"))
			}
			return c.part(cmd.Context(), "scores", true, func(r *job.Result) []publish.File { return r.Files()[:3] })
		},
	}
	c.flags(cmd)
	c.outFlag(cmd)
	c.jsonFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&w.file, "wide", "", "score one wide `file` and nothing else")
	f.StringVar(&w.to, "to", "scores.parquet", "with --wide: the `file` to write")
	f.StringVar(&w.framework, "framework", "", "with --wide: the `framework` to score with (default: that of -c, else "+framework.Default+")")
	f.StringToStringVar(&w.columns, "columns", nil, "with --wide: `name=COLUMN` pairs for columns that are called otherwise")
	f.StringVar(&w.codec, "codec", "zstd", "with --wide: compress the result with `zstd`, snappy or none")
	return cmd
}
