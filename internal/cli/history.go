package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"accounthealth/internal/history"
	"accounthealth/internal/store"
)

func newHistory(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List the kept snapshots, or erase an account from them",
		Long: `The history keeps every scored snapshot: signal values, scores and framework. The
first one published for a date is in force and never rewritten; later runs of the
date and dates computed from the exports are kept beside it as rebuilt. It is a
Hive-partitioned Parquet table that any engine reads:

  SELECT * FROM read_parquet('history/*/*/snapshot.parquet', hive_partitioning = true, union_by_name = true)`,
		Example: `  accounthealth history list -c health.yaml
  accounthealth history erase -c health.yaml 00010007`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return usage{fmt.Errorf("there is no command %q; see %s --help", args[0], c.CommandPath())}
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newHistoryList(env), newHistoryErase(env))
	return cmd
}

func newHistoryList(env *Env) *cobra.Command {
	c := &configured{env: env}
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the dates of the history and what is kept of each",
		Example: `  accounthealth history list -c health.yaml --json`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.historyList(cmd.Context(), asJSON) },
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

func (c *configured) historyList(ctx context.Context, asJSON bool) error {
	j, files, err := c.open(ctx)
	if err != nil {
		return err
	}
	dates, err := history.Dates(ctx, files, j.Settings.History)
	if err != nil {
		return err
	}
	erased, err := history.ReadErased(ctx, files, j.Settings.History)
	if err != nil {
		return err
	}
	out := historyDates{history.Schema, erased.Len(), []history.Runs{}}
	for _, d := range dates {
		runs, err := history.Read(ctx, files, j.Settings.History, d)
		if err != nil {
			return err
		}
		out.Dates = append(out.Dates, *runs)
	}
	if asJSON {
		return printJSON(c.env.Out, out)
	}
	t := table(c.env.Out)
	fmt.Fprint(t, "as of\tin force\tframework\taccounts\truns\t\n")
	for _, r := range out.Dates {
		shown, force := r.Runs[len(r.Runs)-1], "none: rebuilt from the exports"
		if run := r.Reported(); run != nil {
			shown, force = *run, run.Digest[:min(16, len(run.Digest))]
		}
		fmt.Fprintf(t, "%s\t%s\t%s version %d\t%s\t%d\t\n", r.AsOf, force, shown.Name, shown.Version, whole(int64(shown.Accounts)), len(r.Runs))
	}
	t.Flush()
	if out.Erased > 0 {
		fmt.Fprintln(c.env.Out, erasedText(out.Erased))
	}
	return nil
}

// historyDates is what history list prints as JSON.
type historyDates struct {
	Schema int            `json:"schema_version"`
	Erased int            `json:"accounts_erased"`
	Dates  []history.Runs `json:"dates"`
}

func newHistoryErase(env *Env) *cobra.Command {
	c := &configured{env: env}
	cmd := &cobra.Command{
		Use:   "erase ACCOUNT",
		Short: "Take an account out of every kept snapshot, and keep it out",
		Long: `Erase rewrites every snapshot that holds the account without it, and remembers a
digest of its id, so that no later run stores it again. Published figures, which are
sums, stay as they were published; run.json counts the accounts erased. What was
published in the out folders, and the exports, are not touched.`,
		Example: `  accounthealth history erase -c health.yaml 00010007`,
		Args:    oneArg("account id"),
		RunE:    func(cmd *cobra.Command, args []string) error { return c.historyErase(cmd.Context(), args[0]) },
	}
	c.flags(cmd)
	return cmd
}

func (c *configured) historyErase(ctx context.Context, id string) error {
	j, files, err := c.open(ctx)
	if err != nil {
		return err
	}
	lock, err := files.Lock(ctx, historyLock(j.Settings.History))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	e, err := history.Erase(ctx, files, j.Settings.History, id)
	if err != nil {
		return err
	}
	again := ""
	if e.Already {
		again = " again"
	}
	fmt.Fprintf(c.env.Out, "%s erased%s: %d rows in %d snapshots rewritten; later runs keep it out as well\n", id, again, e.Rows, e.Snapshots)
	return nil
}

// historyLock is held by whoever writes to the history, which several out folders
// may share.
func historyLock(root string) string { return store.Join(root, ".lock") }

func erasedText(n int) string {
	if n == 1 {
		return "1 account is erased and kept out"
	}
	return fmt.Sprintf("%d accounts are erased and kept out", n)
}
