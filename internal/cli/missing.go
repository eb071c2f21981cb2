package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
	"accounthealth/internal/yamlfile"
)

// rowsShown is how many accounts a terminal lists; the JSON has them all.
const rowsShown = 25

func newMissing(env *Env) *cobra.Command {
	c := &configured{env: env}
	var policy string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "missing",
		Short: "List the accounts whose status depends on missing data",
		Long: `Missing lists the accounts whose status would be another one if their missing values
were treated otherwise: all at their worst, all at their best, or neutral (levels
half-way, modifiers worth nothing). The framework's own rule leaves them out. Every
account comes with its coverage, the interval of its score, the effective weights of
its pillars and what is missing. --policy keeps those that one policy would move.`,
		Example: `  accounthealth missing -c health.yaml
  accounthealth missing -c health.yaml --policy worst --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.missing(cmd.Context(), policy, asJSON)
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&policy, "policy", "", "only accounts that this `policy` moves: "+strings.Join(otherPolicies(), ", "))
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

// otherPolicies are those beside the framework's own rule.
func otherPolicies() []string {
	var out []string
	for _, p := range score.Policies()[1:] {
		out = append(out, p.String())
	}
	return out
}

// missingList is what missing prints as JSON.
type missingList struct {
	Schema   int             `json:"schema_version"`
	AsOf     string          `json:"as_of"`
	Currency string          `json:"currency"`
	Policies []policyCount   `json:"policies"`
	Accounts []missingResult `json:"accounts"` // most ARR first
}

type policyCount struct {
	Policy    string  `json:"policy"`
	Worse     int64   `json:"worse"`
	WorseARR  float64 `json:"worse_arr"`
	Better    int64   `json:"better"`
	BetterARR float64 `json:"better_arr"`
	Scored    int64   `json:"newly_scored"` // not scored under the framework's rule
	ScoredARR float64 `json:"newly_scored_arr"`
}

type missingResult struct {
	ID       string              `json:"account_id"`
	Name     string              `json:"account_name"`
	Segment  string              `json:"segment"`
	Owner    string              `json:"owner"`
	ARR      *float64            `json:"arr"` // null where it is unknown
	Status   string              `json:"status"`
	Score    *float64            `json:"score"`
	Policies map[string]string   `json:"status_by_policy"`
	Scores   map[string]*float64 `json:"score_by_policy"`
	Coverage *float64            `json:"coverage"`
	Low      *float64            `json:"low"`
	High     *float64            `json:"high"`
	Weights  map[string]*float64 `json:"effective_weights"`
	Missing  []string            `json:"missing"`
}

func (c *configured) missing(ctx context.Context, policy string, asJSON bool) error {
	only := slices.Index(otherPolicies(), policy)
	if policy != "" && only < 0 {
		return usage{fmt.Errorf("--policy %s: %s", policy, yamlfile.Near(policy, otherPolicies()))}
	}
	r, err := c.compute(ctx, true)
	if err != nil {
		return err
	}
	defer r.Release()
	p := r.Portfolio
	rows := p.MissingRows
	if policy != "" {
		rows = slices.DeleteFunc(slices.Clone(rows), func(m portfolio.MissingRow) bool { return m.ByPolicy[only+1] == m.Status })
	}
	if asJSON {
		return printJSON(c.env.Out, missingOf(p, rows))
	}
	printMissing(c.env.Out, p, rows)
	return nil
}

func missingOf(p *portfolio.Report, rows []portfolio.MissingRow) missingList {
	out := missingList{Schema: 1, AsOf: day.Format(p.AsOf), Currency: p.Currency, Policies: []policyCount{}, Accounts: []missingResult{}}
	for _, m := range p.MissingPolicies {
		out.Policies = append(out.Policies, policyCount{m.Policy, m.Worse.Accounts, m.Worse.ARR, m.Better.Accounts, m.Better.ARR, m.Scored.Accounts, m.Scored.ARR})
	}
	number := func(f portfolio.Figure) *float64 {
		if !f.Defined {
			return nil
		}
		return &f.Value
	}
	for _, m := range rows {
		one := missingResult{
			ID: m.ID, Name: m.Name, Segment: m.Segment, Owner: m.Owner, ARR: number(m.ARR), Status: m.Status, Score: number(m.Score),
			Policies: map[string]string{}, Scores: map[string]*float64{}, Weights: map[string]*float64{},
			Coverage: number(m.Coverage), Low: number(m.Low), High: number(m.High), Missing: m.Missing,
		}
		for k, policy := range score.Policies() {
			one.Policies[policy.String()], one.Scores[policy.String()] = m.ByPolicy[k], number(m.ScoreByPolicy[k])
		}
		for k, w := range m.Weights {
			one.Weights[p.PillarDefs[k].Name] = number(w)
		}
		out.Accounts = append(out.Accounts, one)
	}
	return out
}

func printMissing(w io.Writer, p *portfolio.Report, rows []portfolio.MissingRow) {
	fmt.Fprintf(w, "status depends on missing data, as of %s: %s accounts\n\n", day.Format(p.AsOf), whole(int64(len(p.MissingRows))))
	t := table(w)
	fmt.Fprint(t, "missing values\tworse status\tARR\tbetter status\tARR\tnewly scored\tARR\t\n")
	for _, m := range p.MissingPolicies {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", m.Policy, whole(m.Worse.Accounts), money(m.Worse.ARR),
			whole(m.Better.Accounts), money(m.Better.ARR), whole(m.Scored.Accounts), money(m.Scored.ARR))
	}
	t.Flush()
	if len(rows) == 0 {
		return
	}
	t = table(w)
	fmt.Fprint(t, "\naccount\tname\tARR\tstatus\tscore\t")
	for _, name := range otherPolicies() {
		fmt.Fprint(t, name, "\t")
	}
	fmt.Fprint(t, "coverage\tinterval\tweights\tmissing\t\n")
	for i := range rows[:min(len(rows), rowsShown)] {
		m := &rows[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t", m.ID, shorten(m.Name, 26), amount(m.ARR), m.Status, maybe(m.Score))
		for k := range otherPolicies() {
			fmt.Fprint(t, m.ByPolicy[k+1], "\t")
		}
		var weights []string
		for _, x := range m.Weights {
			weights = append(weights, fmt.Sprintf("%.0f", x.Value*100))
		}
		fmt.Fprintf(t, "%.1f%%\t%s to %s\t%s\t%s\t\n", m.Coverage.Value*100, maybe(m.Low), maybe(m.High), strings.Join(weights, "/"), strings.Join(m.Missing, ", "))
	}
	t.Flush()
	if n := len(rows) - rowsShown; n > 0 {
		fmt.Fprintf(w, "and %s more: see --json\n", whole(int64(n)))
	}
}

func maybe(f portfolio.Figure) string {
	if !f.Defined {
		return "~"
	}
	return fmt.Sprintf("%.1f", f.Value)
}
