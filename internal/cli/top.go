package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/job"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/yamlfile"
)

// rankings are the values of top --by: who is on the list, and in which order.
// Ties, and accounts without the figure, follow by ARR.
var rankings = []struct {
	name, what string
	atRisk     bool // accounts in an at-risk status only
	of         func(a *portfolio.AccountRow) portfolio.Figure
	ascending  bool
}{
	{name: "arr-at-risk", what: "accounts at risk, most ARR first", atRisk: true, of: func(a *portfolio.AccountRow) portfolio.Figure { return a.ARR }},
	{name: "score", what: "lowest score first", of: func(a *portfolio.AccountRow) portfolio.Figure { return a.Score }, ascending: true},
	{name: "drop", what: "largest fall since the previous review first", of: func(a *portfolio.AccountRow) portfolio.Figure { return a.Delta }, ascending: true},
	{name: "gain", what: "largest gain of the first action first", of: func(a *portfolio.AccountRow) portfolio.Figure { return a.Gain }},
	{name: "deadline", what: "accounts at risk, next decision first", atRisk: true, of: func(a *portfolio.AccountRow) portfolio.Figure { return dayFigure(a.Deadline) }, ascending: true},
	{name: "arr", what: "most ARR first", of: func(a *portfolio.AccountRow) portfolio.Figure { return a.ARR }},
}

func rankingNames() (names []string) {
	for _, r := range rankings {
		names = append(names, r.name)
	}
	return names
}

func newTop(env *Env) *cobra.Command {
	c := &configured{env: env}
	var by, owner string
	var n int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "top",
		Short: "List the accounts to look at first, with what to do",
		Long: `Top lists accounts in the order that is asked for, each with its status, top risk,
first action and what it gains, play with owner and deadline, and whether a person must
decide. --by takes:
` + rankingHelp(),
		Example: `  accounthealth top -c health.yaml
  accounthealth top -c health.yaml --by drop -n 5
  accounthealth top -c health.yaml --by deadline --owner "Ivo Castellane" --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.top(cmd.Context(), by, owner, n, asJSON) },
	}
	c.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&by, "by", rankings[0].name, "`order`: "+strings.Join(rankingNames(), ", "))
	f.StringVar(&owner, "owner", "", "only accounts of this `owner`")
	f.IntVarP(&n, "number", "n", 10, "how many accounts")
	f.BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

func rankingHelp() string {
	var b strings.Builder
	for _, r := range rankings {
		fmt.Fprintf(&b, "  %-12s %s\n", r.name, r.what)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (c *configured) top(ctx context.Context, by, owner string, n int, asJSON bool) error {
	k := slices.Index(rankingNames(), by)
	switch {
	case k < 0:
		return usage{fmt.Errorf("--by %s: %s", by, yamlfile.Near(by, rankingNames()))}
	case n < 1:
		return usage{fmt.Errorf("--number %d: ask for at least one account", n)}
	}
	r, err := c.compute(ctx, true)
	if err != nil {
		return err
	}
	defer r.Release()
	list, of := ranked(r, k, owner, n)
	if asJSON {
		return printJSON(c.env.Out, topJSON(list, by, of, r))
	}
	topText(c.env.Out, list, rankings[k].what, of, r.Portfolio.Currency)
	return nil
}

// ranked returns the first n accounts of a ranking, and how many there are.
func ranked(r *job.Result, by int, owner string, n int) (list []portfolio.AccountRow, of int) {
	atRisk := make(map[string]bool, len(r.Portfolio.AtRisk))
	for i := range r.Portfolio.AtRisk {
		atRisk[r.Portfolio.AtRisk[i].ID] = true
	}
	rank := rankings[by]
	for i := range r.Rows.Len() {
		var a portfolio.AccountRow
		r.Rows.Row(i, &a)
		if a.Score.Defined && (!rank.atRisk || atRisk[a.ID]) && (owner == "" || strings.EqualFold(a.Owner, owner)) && rank.of(&a).Defined {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b portfolio.AccountRow) int {
		if rank.ascending {
			return cmp.Compare(rank.of(&a).Value, rank.of(&b).Value)
		}
		return cmp.Compare(rank.of(&b).Value, rank.of(&a).Value)
	})
	return list[:min(n, len(list))], len(list)
}

func topText(w io.Writer, list []portfolio.AccountRow, what string, of int, currency string) {
	fmt.Fprintf(w, "%d of %d accounts, %s\n", len(list), of, what)
	for i := range list {
		a := &list[i]
		fmt.Fprintf(w, "\n%d. %s (%s)  %s %s  score %.1f %s  %s since the previous review", i+1, orNone(a.Name), a.ID, amount(a.ARR), currency,
			a.Score.Value, strings.ToUpper(a.Band), change(defined(a.Delta)))
		if a.Deadline != day.None {
			fmt.Fprintf(w, "  decides by %s", day.Format(a.Deadline))
		}
		fmt.Fprintln(w)
		if a.Escalate != "" {
			fmt.Fprintf(w, "   a person decides: %s\n", a.Escalate)
		}
		if a.TopRisk != "" {
			fmt.Fprintf(w, "   risk: %s\n", a.TopRisk)
		}
		if a.Action != "" {
			fmt.Fprintf(w, "   first action: %s (%+.1f)\n", a.Action, a.Gain.Value)
		}
		switch {
		case a.Bundle != "":
			fmt.Fprintf(w, "   for 20 points, to %.1f: %s\n", a.BundleAfter.Value, a.Bundle)
		default:
			fmt.Fprintln(w, "   for 20 points: no set of changes that a team can cause reaches them")
		}
		if a.Play != "" {
			fmt.Fprintf(w, "   play: %s, %s, by %s\n", a.Play, a.PlayOwner, day.Format(a.PlayDeadline))
		}
	}
}

type topAccount struct {
	ID          string   `json:"account_id"`
	Name        string   `json:"account_name"`
	Owner       string   `json:"owner,omitempty"`
	ARR         *float64 `json:"arr"`
	Score       *float64 `json:"score"`
	Status      string   `json:"status"`
	Delta       *float64 `json:"change"`
	Deadline    string   `json:"decision_deadline,omitempty"`
	NeedsPerson string   `json:"needs_person,omitempty"`
	Risk        string   `json:"top_risk,omitempty"`
	Action      string   `json:"first_action,omitempty"`
	Gain        *float64 `json:"gain"`
	Bundle      string   `json:"bundle_for_20_points,omitempty"`
	BundleAfter *float64 `json:"score_after_bundle"`
	Fall        string   `json:"what_would_cost_the_status,omitempty"`
	Play        string   `json:"play,omitempty"`
	PlayOwner   string   `json:"play_owner,omitempty"`
	PlayBy      string   `json:"play_deadline,omitempty"`
}

// topList is what --json prints.
type topList struct {
	Schema   int          `json:"schema_version"`
	AsOf     string       `json:"as_of"`
	By       string       `json:"by"`
	Of       int          `json:"of"`
	Currency string       `json:"currency"`
	Accounts []topAccount `json:"accounts"`
}

func topJSON(list []portfolio.AccountRow, by string, of int, r *job.Result) topList {
	out := topList{1, day.Format(r.Job.AsOf), by, of, r.Portfolio.Currency, []topAccount{}}
	date := func(d int32) string {
		if d == day.None {
			return ""
		}
		return day.Format(d)
	}
	for i := range list {
		a := &list[i]
		out.Accounts = append(out.Accounts, topAccount{
			a.ID, a.Name, a.Owner, defined(a.ARR), defined(a.Score), a.Band, defined(a.Delta), date(a.Deadline), a.Escalate, a.TopRisk,
			a.Action, defined(a.Gain), a.Bundle, defined(a.BundleAfter), a.Fall, a.Play, a.PlayOwner, date(a.PlayDeadline),
		})
	}
	return out
}

// amount writes an amount without its cents, ~ where it is not known.
func amount(f portfolio.Figure) string {
	if !f.Defined {
		return "~"
	}
	return money(f.Value)
}
