package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/portfolio"
)

func newOverrides(env *Env) *cobra.Command {
	c := &configured{env: env}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "overrides",
		Short: "List the values set by hand, and whether they were right",
		Long: `Overrides lists every usable value that somebody set by hand: what it sets, why, who
says so, until when, and whether it was borne out: by the account's loss, or by what
is measured since. Values that cannot be used are listed with the data quality.`,
		Example: `  accounthealth overrides -c health.yaml
  accounthealth overrides -c health.yaml --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.overrides(cmd.Context(), asJSON) },
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

// handList is what overrides prints as JSON.
type handList struct {
	Schema  int          `json:"schema_version"`
	AsOf    string       `json:"as_of"`
	Rows    int          `json:"rows"`
	Refused int          `json:"refused"`
	Values  []handResult `json:"values"`
}

// handResult is one value set by hand as JSON.
type handResult struct {
	ID      string `json:"account_id"`
	Name    string `json:"account_name"`
	Owner   string `json:"owner"`
	Target  string `json:"target"`
	Value   string `json:"value"`
	Reason  string `json:"reason"`
	Author  string `json:"author"`
	From    string `json:"from"`
	Until   string `json:"until,omitempty"`
	State   string `json:"state"`
	Outcome string `json:"outcome"`
	Because string `json:"because"`
}

func (c *configured) overrides(ctx context.Context, asJSON bool) error {
	r, err := c.compute(ctx, true)
	if err != nil {
		return err
	}
	defer r.Release()
	rows := r.Portfolio.Overrides
	count := r.Data.Overrides.Count()
	if asJSON {
		out := handList{1, day.Format(r.Job.AsOf), count.Rows, count.Refused, []handResult{}}
		for _, v := range rows {
			out.Values = append(out.Values, handResult{
				v.ID, v.Name, v.Owner, v.Target, v.Value, v.Reason, v.Author, day.Format(v.From), until(v.Until), string(v.State), v.Outcome, v.Because,
			})
		}
		return printJSON(c.env.Out, out)
	}
	w := c.env.Out
	if r.Data.Overrides == nil {
		fmt.Fprintln(w, "no source of overrides is mapped")
		return nil
	}
	fmt.Fprintf(w, "as of %s: %d rows, %d in force, %d expired, %d superseded, %d not yet set, %d refused\n\n",
		day.Format(r.Job.AsOf), count.Rows, count.InForce, count.Expired, count.Superseded, count.Pending, count.Refused)
	t := table(w)
	fmt.Fprint(t, "account\tname\tset to\tfrom\tuntil\tstate\toutcome\tbecause\treason\tauthor\t\n")
	became := map[string]int{}
	for _, v := range rows {
		became[v.Outcome]++
		fmt.Fprintf(t, "%s\t%s\t%s = %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", v.ID, shorten(v.Name, 26), v.Target, v.Value,
			day.Format(v.From), orTilde(until(v.Until)), v.State, v.Outcome, v.Because, shorten(v.Reason, 40), v.Author)
	}
	t.Flush()
	fmt.Fprintf(w, "\n%d borne out, %d not, %d open\n", became[portfolio.BorneOut], became[portfolio.NotBorneOut], became[portfolio.Open])
	return nil
}

func until(d int32) string {
	if d == day.None {
		return ""
	}
	return day.Format(d)
}
