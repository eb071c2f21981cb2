package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/diag"
	"accounthealth/internal/explain"
	"accounthealth/internal/job"
)

func newExplain(env *Env) *cobra.Command {
	c := &configured{env: env}
	var asJSON, markdown bool
	var rows int
	cmd := &cobra.Command{
		Use:   "explain ACCOUNT",
		Short: "Explain one account's score down to the row and rule",
		Long: `Explain prints one account's score: its pillars, every signal with its value, the
ladder row it hit, what that adds and the rows it came from; what is missing and
what it could change; the risks; what moved the score since the previous review and
since the last quarter-end, split into framework, data, override and behaviour, with
the signals that drove it and the day that began it; and what to do first. ACCOUNT is
an account id, or a name that only one account has. --rows N also lists the rows of
the exports behind each signal, N of each: file, row, key and what was read of it.
--markdown prints a scorecard to paste, --json everything (docs/json.md).`,
		Example: `  accounthealth explain -c health.yaml 00010007
  accounthealth explain -c health.yaml 00010007 --rows 3
  accounthealth explain -c health.yaml "Corport Castings Group" --markdown > scorecard.md
  accounthealth explain -c health.yaml 00010007 --as-of 2026-03-31 --json`,
		Args: oneArg("account"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON && markdown {
				return usage{errBoth}
			}
			if rows < 0 || rows > maxRows {
				return usage{fmt.Errorf("--rows %d: choose a number from 0 to %d", rows, maxRows)}
			}
			return c.explain(cmd.Context(), args[0], rows, func(card *explain.Card) error { return printCard(env.Out, card, asJSON, markdown) })
		},
	}
	c.flags(cmd)
	cmd.Flags().IntVar(&rows, "rows", 0, "list this many rows behind each signal")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the explanation as JSON")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print a scorecard in Markdown")
	return cmd
}

// maxRows bounds what --rows holds in memory.
const maxRows = 10_000

func (c *configured) explain(ctx context.Context, account string, rows int, print func(*explain.Card) error) error {
	r, err := c.compute(ctx, true)
	if err != nil {
		return err
	}
	defer r.Release()
	row, err := find(r, account)
	if err != nil {
		return err
	}
	if t := r.Data.Table; !strings.EqualFold(account, t.ID[row]) && !strings.EqualFold(account, t.Name[row]) {
		fmt.Fprintf(c.env.Err, "%s: its rows count for %s (merged or rolled up)\n", account, t.ID[row])
	}
	source, err := r.Explain()
	if err != nil {
		return err
	}
	card, err := source.Of(row)
	if err != nil {
		return err
	}
	if rows > 0 && len(card.Signals) > 0 { // nothing is scored of an account in notice
		parts, err := r.Evidence(ctx, row, rows)
		if err != nil {
			return err
		}
		source.Attach(card, row, parts)
	}
	return print(card)
}

// idLike returns the only id that is the same but for leading zeros, blanks and case,
// which spreadsheets change.
func idLike(ids []string, written string) (alike string) {
	bare := func(s string) string { return strings.ToLower(strings.TrimLeft(strings.TrimSpace(s), "0")) }
	for _, id := range ids {
		if bare(id) == bare(written) {
			if alike != "" {
				return ""
			}
			alike = id
		}
	}
	return alike
}

// find returns the population row of an id, or of a name that only one account
// has.
func find(r *job.Result, account string) (int, error) {
	t := r.Data.Table
	if i := t.Lookup(account); i >= 0 {
		return int(i), nil
	}
	var named []int
	for i, n := range t.Name {
		if strings.EqualFold(n, account) {
			named = append(named, i)
		}
	}
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		near := slices.IndexFunc(t.ID, func(id string) bool { return strings.EqualFold(id, account) })
		if near >= 0 {
			return near, nil
		}
		fix := "use an account id of the accounts export"
		if alike := idLike(t.ID, account); alike != "" {
			fix = fmt.Sprintf("did you mean %q", alike)
		}
		return 0, diag.Errorf(diag.Config, account, fix, "no account has this id or name")
	}
	return 0, diag.Errorf(diag.Config, account, "use one of the ids "+t.ID[named[0]]+", "+t.ID[named[1]], "%d accounts have this name", len(named))
}
