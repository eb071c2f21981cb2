package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/explain"
	"accounthealth/internal/job"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/yamlfile"
)

// compared chooses the accounts to set side by side.
type compared struct {
	*configured
	top    int
	where  []string
	sort   string
	asJSON bool
}

func newCompare(env *Env) *cobra.Command {
	c := &compared{configured: &configured{env: env}}
	cmd := &cobra.Command{
		Use:   "compare [ACCOUNT...]",
		Short: "Set accounts side by side",
		Long: `Compare sets accounts side by side: score, status, trend, every dimension with its
weight and key factor, risks, ARR, renewal, what moved the score and what to do first.
Name accounts by id or name, or choose them with --where and --top. Up to five stand
in columns; more are listed one a row.

--where takes KEY=VALUE, compared without case; several must all hold. Keys: ` + strings.Join(filterNames(), ", ") + `.`,
		Example: `  accounthealth compare -c health.yaml 00010007 00010322 00010336
  accounthealth compare -c health.yaml --top 10
  accounthealth compare -c health.yaml --where segment=enterprise --where status="At Risk" --sort deadline --json`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	c.flags(cmd)
	f := cmd.Flags()
	f.IntVar(&c.top, "top", 0, "the first `n` accounts in the order of --sort")
	f.StringArrayVar(&c.where, "where", nil, "only accounts with this `key=value`; may be repeated")
	f.StringVar(&c.sort, "sort", "arr", "`order`: "+strings.Join(orderNames(), ", "))
	f.BoolVar(&c.asJSON, "json", false, "print the explanations of the accounts as JSON")
	return cmd
}

// filters are the keys of --where.
var filters = []struct {
	name string
	of   func(*portfolio.AccountRow) string
}{
	{"segment", func(a *portfolio.AccountRow) string { return a.Segment }},
	{"tier", func(a *portfolio.AccountRow) string { return a.Tier }},
	{"owner", func(a *portfolio.AccountRow) string { return a.Owner }},
	{"region", func(a *portfolio.AccountRow) string { return a.Region }},
	{"industry", func(a *portfolio.AccountRow) string { return a.Industry }},
	{"status", func(a *portfolio.AccountRow) string { return a.Band }},
	{"class", func(a *portfolio.AccountRow) string { return a.Class }},
	{"parent", func(a *portfolio.AccountRow) string { return a.Parent }},
}

func filterNames() []string {
	var out []string
	for _, f := range filters {
		out = append(out, f.name)
	}
	return out
}

// orders are the values of --sort; accounts without the figure come last.
var orders = []struct {
	name    string
	compare func(a, b *portfolio.AccountRow) int
}{
	{"arr", func(a, b *portfolio.AccountRow) int { return figures(b.ARR, a.ARR) }},
	{"score", func(a, b *portfolio.AccountRow) int { return figures(a.Score, b.Score) }},
	{"change", func(a, b *portfolio.AccountRow) int { return figures(a.Delta, b.Delta) }},
	{"deadline", func(a, b *portfolio.AccountRow) int {
		return figures(dayFigure(a.Deadline), dayFigure(b.Deadline))
	}},
}

func orderNames() []string {
	var out []string
	for _, o := range orders {
		out = append(out, o.name)
	}
	return out
}

func dayFigure(d int32) portfolio.Figure {
	return portfolio.Figure{Value: float64(d), Defined: d != portfolio.NoDay}
}

func figures(a, b portfolio.Figure) int {
	switch {
	case a.Defined != b.Defined && a.Defined:
		return -1
	case a.Defined != b.Defined:
		return 1
	}
	return cmp.Compare(a.Value, b.Value)
}

// filter is one --where that holds.
type filter struct {
	of   func(*portfolio.AccountRow) string
	want string
}

func (c *compared) filters() ([]filter, error) {
	var out []filter
	for _, w := range c.where {
		key, value, ok := strings.Cut(w, "=")
		i := slices.Index(filterNames(), strings.ToLower(strings.TrimSpace(key)))
		if !ok || i < 0 {
			return nil, usage{fmt.Errorf("--where %s: write KEY=VALUE; %s", w, yamlfile.Near(key, filterNames()))}
		}
		out = append(out, filter{filters[i].of, strings.TrimSpace(value)})
	}
	return out, nil
}

func (c *compared) run(ctx context.Context, args []string) error {
	where, err := c.filters()
	if err != nil {
		return err
	}
	order := slices.Index(orderNames(), c.sort)
	switch {
	case order < 0:
		return usage{fmt.Errorf("--sort %s: %s", c.sort, yamlfile.Near(c.sort, orderNames()))}
	case len(args) > 0 && (len(where) > 0 || c.top > 0):
		return usage{fmt.Errorf("compare takes accounts, or --top and --where, not both; see compare --help")}
	case len(args) == 0 && len(where) == 0 && c.top <= 0:
		return usage{fmt.Errorf("compare needs accounts, --top or --where; see compare --help")}
	}
	r, err := c.compute(ctx, true)
	if err != nil {
		return err
	}
	defer r.Release()
	var rows []int
	if len(args) > 0 {
		for _, name := range args {
			row, err := find(r, name)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	} else if rows = c.choose(r, where, order); len(rows) == 0 {
		return usage{fmt.Errorf("no paying account has %s", strings.Join(c.where, ", "))}
	}
	source, err := r.Explain()
	if err != nil {
		return err
	}
	out := comparison{Schema: explain.Schema}
	for _, row := range rows {
		card, err := source.Of(row)
		if err != nil {
			return err
		}
		out.AsOf = card.AsOf
		out.Accounts = append(out.Accounts, card)
	}
	switch {
	case c.asJSON:
		return printJSON(c.env.Out, out)
	case len(rows) <= columnsShown:
		out.columns(c.env.Out)
	default:
		out.rows(c.env.Out)
	}
	return nil
}

// choose lists population rows of paying accounts.
func (c *compared) choose(r *job.Result, where []filter, order int) []int {
	var chosen []portfolio.AccountRow
	for i := range r.Rows.Len() {
		var a portfolio.AccountRow
		r.Rows.Row(i, &a)
		holds := func(f filter) bool { return strings.EqualFold(f.of(&a), f.want) }
		if !slices.ContainsFunc(where, func(f filter) bool { return !holds(f) }) {
			chosen = append(chosen, a)
		}
	}
	slices.SortStableFunc(chosen, func(a, b portfolio.AccountRow) int { return orders[order].compare(&a, &b) })
	if c.top > 0 {
		chosen = chosen[:min(len(chosen), c.top)]
	}
	var rows []int
	for i := range chosen {
		rows = append(rows, int(r.Data.Table.Lookup(chosen[i].ID)))
	}
	return rows
}

// columnsShown is how many accounts stand side by side.
const columnsShown = 5

// comparison is what compare prints.
type comparison struct {
	Schema   int             `json:"schema_version"`
	AsOf     string          `json:"as_of"`
	Accounts []*explain.Card `json:"accounts"`
}

// columns sets accounts side by side.
func (x *comparison) columns(w io.Writer) {
	first := x.Accounts[0]
	fmt.Fprintf(w, "as of %s, framework %s version %d\n\n", x.AsOf, first.Framework.Name, first.Framework.Version)
	t := table(w)
	line := func(name string, of func(c *explain.Card) string) {
		fmt.Fprint(t, name, "\t")
		for _, c := range x.Accounts {
			fmt.Fprint(t, of(c), "\t")
		}
		fmt.Fprintln(t)
	}
	line("", func(c *explain.Card) string { return c.ID })
	line("name", func(c *explain.Card) string { return shorten(c.Name, 30) })
	line("segment, tier", func(c *explain.Card) string { return strings.Trim(c.Segment+", "+c.Tier, ", ") })
	line("owner", func(c *explain.Card) string { return orNone(c.Owner) })
	line("ARR", func(c *explain.Card) string { return sumOf(c.ARR, c.Currency) })
	line("renewal", func(c *explain.Card) string { return orTilde(c.Renewal) })
	line("decides by", func(c *explain.Card) string { return orTilde(c.Deadline) })
	line("score", func(c *explain.Card) string { return fixed(c.Score, 1) })
	line("status", func(c *explain.Card) string { return c.Status })
	line("trend", trendOf)
	line("change since the review", func(c *explain.Card) string { return change(sinceReview(c)) })
	line("  by", byParts)
	line("change over 90 days", func(c *explain.Card) string { return change(c.Delta90) })
	line("coverage", func(c *explain.Card) string { return share(c.Coverage) })
	line("interval", func(c *explain.Card) string { return fixed(c.Low, 1) + " to " + fixed(c.High, 1) })
	for k := range x.dimensions() {
		name := strings.ToLower(x.dimensions()[k].Label)
		at := func(of func(d *explain.Dimension) string) func(c *explain.Card) string {
			return func(c *explain.Card) string {
				if k >= len(c.Dimensions) {
					return "~"
				}
				return of(&c.Dimensions[k])
			}
		}
		line(name, at(func(d *explain.Dimension) string {
			return fmt.Sprintf("%s at %.1f%%", fixed(d.Score, 1), d.Effective*100)
		}))
		line("  key factor", at(func(d *explain.Dimension) string { return shorten(d.KeyFactor, 44) }))
	}
	for k := range x.most(func(c *explain.Card) int { return min(len(c.Risks), risksCompared) }) {
		line(fmt.Sprintf("risk %d", k+1), func(c *explain.Card) string {
			if k >= len(c.Risks) {
				return ""
			}
			return c.Risks[k].Severity + ": " + shorten(c.Risks[k].Text, 44)
		})
	}
	line("first action", func(c *explain.Card) string {
		if c.Action == nil {
			return "~"
		}
		return fmt.Sprintf("%s %s", change(c.Action.Gain), shorten(c.Action.Text, 44))
	})
	t.Flush()
}

// risksCompared is how many risks of each account stand side by side.
const risksCompared = 3

// dimensions are those of the first account that has any.
func (x *comparison) dimensions() []explain.Dimension {
	for _, c := range x.Accounts {
		if len(c.Dimensions) > 0 {
			return c.Dimensions
		}
	}
	return nil
}

func (x *comparison) most(of func(*explain.Card) int) int {
	n := 0
	for _, c := range x.Accounts {
		n = max(n, of(c))
	}
	return n
}

// rows lists accounts one a row.
func (x *comparison) rows(w io.Writer) {
	first := x.Accounts[0]
	fmt.Fprintf(w, "as of %s, framework %s version %d, %d accounts\n\n", x.AsOf, first.Framework.Name, first.Framework.Version, len(x.Accounts))
	t := table(w)
	fmt.Fprint(t, "account\tname\tARR\tdecides by\tscore\tstatus\ttrend\tchange\t")
	for _, d := range x.dimensions() {
		fmt.Fprint(t, strings.ToLower(d.Label), "\t")
	}
	fmt.Fprint(t, "coverage\ttop risk\t\n")
	for _, c := range x.Accounts {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t", c.ID, shorten(c.Name, 26), sumOf(c.ARR, ""), orTilde(c.Deadline), fixed(c.Score, 1), c.Status, trendOf(c), change(sinceReview(c)))
		for k := range x.dimensions() {
			v := "~"
			if k < len(c.Dimensions) {
				v = fixed(c.Dimensions[k].Score, 0)
			}
			fmt.Fprint(t, v, "\t")
		}
		risk := ""
		if len(c.Risks) > 0 {
			risk = c.Risks[0].Severity + ": " + shorten(c.Risks[0].Text, 50)
		}
		fmt.Fprintf(t, "%s\t%s\t\n", share(c.Coverage), risk)
	}
	t.Flush()
}

func trendOf(c *explain.Card) string {
	if c.Trend == nil {
		return "~"
	}
	return c.Trend.Phrase
}

func sinceReview(c *explain.Card) *float64 {
	if c.Trend == nil {
		return nil
	}
	return c.Trend.Change
}

// byParts names the parts of the change since the review that are not nothing.
func byParts(c *explain.Card) string {
	if c.Trend == nil || c.Trend.Change == nil || len(c.Changes) == 0 {
		return ""
	}
	d := c.Changes[0]
	var out []string
	for _, p := range []struct {
		name string
		v    float64
	}{{"framework", d.Framework}, {"data", d.Data}, {"override", d.Override}, {"behaviour", d.Behaviour}} {
		if p.v != 0 {
			out = append(out, fmt.Sprintf("%s %+.1f", p.name, p.v))
		}
	}
	return strings.Join(out, ", ")
}

func orTilde(s string) string {
	if s == "" {
		return "~"
	}
	return s
}
