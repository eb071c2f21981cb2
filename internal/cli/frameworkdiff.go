package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/job"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
	"accounthealth/internal/store"
)

func newFrameworkDiff(env *Env) *cobra.Command {
	c := &configured{env: env}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff [OLD] NEW",
		Short: "List what changed between two frameworks, and which accounts move because of it",
		Long: `Diff lists what changed: weights, points, rows, statuses, signals, caps, overrides,
plays and texts. Comments and the order of keys are no change.

Without OLD, NEW is compared with the framework of the settings where -c names them,
else with ` + framework.Default + `; without either, that of the settings with ` + framework.Default + `.

With -c it scores the accounts of the settings' exports under both, as of the same
day, and prints how many accounts and how much ARR change status because of it, and
the accounts, most ARR first. It publishes nothing.`,
		Example: `  accounthealth framework diff framework.yaml
  accounthealth framework diff -c health.yaml framework.next.yaml
  accounthealth framework diff framework.yaml framework.suggested.yaml -c health.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 2 || len(args) == 0 && c.file == "" {
				return usage{fmt.Errorf("%s takes an old and a new framework, or a new one, or -c; got %d; see %s --help", cmd.CommandPath(), len(args), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			old, now, err := c.sides(cmd.Context(), args)
			if err != nil {
				return err
			}
			return c.frameworkDiff(cmd.Context(), old, now, asJSON)
		},
	}
	c.flags(cmd)
	cmd.Flags().Lookup("config").DefValue, c.file = "", ""
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the changes as JSON")
	return cmd
}

// sides names the old and the new framework.
func (c *configured) sides(ctx context.Context, args []string) (old, now string, err error) {
	if len(args) == 2 {
		return args[0], args[1], nil
	}
	inForce := framework.Default
	if c.file != "" {
		j, _, err := c.open(ctx)
		if err != nil {
			return "", "", err
		}
		if inForce = j.Settings.Framework; !slices.Contains(framework.Names(), inForce) {
			folder, _ := store.Split(c.file)
			inForce = store.Join(folder, inForce)
		}
	}
	if len(args) == 1 {
		return inForce, args[0], nil
	}
	return framework.Default, inForce, nil
}

func (c *configured) frameworkDiff(ctx context.Context, oldName, newName string, asJSON bool) error {
	old, err := loadFramework(ctx, c.env, oldName)
	if err != nil {
		return err
	}
	now, err := loadFramework(ctx, c.env, newName)
	if err != nil {
		return err
	}
	out := frameworkChanges{Schema: 1, Old: oldName, New: newName, Changes: framework.Diff(old, now)}
	if out.Changes == nil {
		out.Changes = []framework.Change{}
	}
	if c.file != "" {
		if out.Accounts, err = c.moved(ctx, old, now); err != nil {
			return err
		}
	}
	if asJSON {
		return printJSON(c.env.Out, out)
	}
	out.print(c.env.Out)
	return nil
}

// frameworkChanges is what diff prints.
type frameworkChanges struct {
	Schema   int                `json:"schema_version"`
	Old      string             `json:"old"`
	New      string             `json:"new"`
	Changes  []framework.Change `json:"changes"`
	Accounts *accountChanges    `json:"accounts,omitempty"` // with -c
}

type accountChanges struct {
	AsOf     string       `json:"as_of"`
	Currency string       `json:"currency"`
	Compared int64        `json:"compared"`
	Rescored int64        `json:"rescored"`          // another score under the new framework
	Moved    int64        `json:"moved"`             // another status
	MovedARR *float64     `json:"moved_arr"`         // null where it is known of none of them
	Unknown  int64        `json:"moved_arr_unknown"` // accounts whose ARR is not known, in no sum
	Statuses []bandChange `json:"statuses"`          // every pair of statuses with accounts
	List     []bandMove   `json:"list"`              // accounts that moved, most ARR first

	moved compare.ARR
}

type bandChange struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Accounts int64    `json:"accounts"`
	ARR      *float64 `json:"arr"`         // null where it is known of none of them
	Unknown  int64    `json:"arr_unknown"` // accounts whose ARR is not known, not in the sum

	sum compare.ARR
}

type bandMove struct {
	ID       string   `json:"account_id"`
	Name     string   `json:"account_name"`
	ARR      *float64 `json:"arr"` // null where it is not known
	From     string   `json:"from"`
	To       string   `json:"to"`
	OldScore *float64 `json:"old_score"`
	NewScore *float64 `json:"new_score"`
}

// moved scores the exports' accounts under both frameworks.
func (c *configured) moved(ctx context.Context, old, now *framework.Framework) (*accountChanges, error) {
	j, _, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	p := newProgress(c.env, c.logFormat, c.quiet, job.Steps)
	defer p.Close()
	j.Step = p.Step
	before, data, release, err := scoreUnder(ctx, j, old)
	if err != nil {
		return nil, err
	}
	defer release()
	after, _, releaseNew, err := scoreUnder(ctx, j, now)
	if err != nil {
		return nil, err
	}
	defer releaseNew()
	m := compare.Migrate(before.Result, after.Result, before.View.ARR, func(i int) bool { return before.View.Class[i].Scored() })
	return accountChangesOf(&m, data.Table, day.Format(j.AsOf), j.Settings.Currency), nil
}

// accountChangesOf lays a migration out.
func accountChangesOf(m *compare.Migration, t *population.Table, asOf, currency string) *accountChanges {
	out := &accountChanges{AsOf: asOf, Currency: currency, Rescored: m.Rescored, Moved: int64(len(m.Moved)), List: []bandMove{}}
	for a, row := range m.Accounts {
		for b, n := range row {
			out.Compared += n
			if n > 0 {
				sum := m.Between(a, b)
				out.Statuses = append(out.Statuses, bandChange{m.From[a], m.To[b], n, sum.Value(), sum.Unknown, sum})
			}
		}
	}
	tenths := func(v int32) *float64 {
		if v == score.NotScored {
			return nil
		}
		x := float64(v) / 10
		return &x
	}
	for _, s := range m.Moved {
		out.List = append(out.List, bandMove{
			ID: t.ID[s.Row], Name: t.Name[s.Row], ARR: s.ARR().Value(),
			From: s.From, To: s.To, OldScore: tenths(s.FromTenths), NewScore: tenths(s.ToTenths),
		})
	}
	out.moved = m.MovedARR()
	out.MovedARR, out.Unknown = out.moved.Value(), out.moved.Unknown
	return out
}

// scoreUnder scores the as-of day under a framework; the caller releases.
func scoreUnder(ctx context.Context, j *job.Job, fw *framework.Framework) (scored portfolio.Scored, data *job.Data, release func(), err error) {
	under := *j
	under.Framework = fw
	if data, err = under.Load(ctx); err != nil {
		return scored, nil, nil, err
	}
	scores, err := under.Score(ctx, data, job.Dates{AsOf: j.AsOf, Review: j.AsOf, Compare: j.AsOf, Day90: j.AsOf})
	if err != nil {
		return scored, nil, nil, err
	}
	scored, _ = scores.At(j.AsOf)
	return scored, data, scores.Release, nil
}

// movesShown is how many accounts the terminal lists.
const movesShown = 20

func (f frameworkChanges) print(w io.Writer) {
	if len(f.Changes) == 0 {
		fmt.Fprintf(w, "%s and %s say the same\n", f.Old, f.New)
	}
	for _, c := range f.Changes {
		switch {
		case c.Old == "":
			fmt.Fprintf(w, "+ %s: %s %s\n", c.Where, c.What, c.New)
		case c.New == "":
			fmt.Fprintf(w, "- %s: %s %s\n", c.Where, c.What, c.Old)
		default:
			fmt.Fprintf(w, "~ %s: %s %s -> %s\n", c.Where, c.What, c.Old, c.New)
		}
	}
	a := f.Accounts
	if a == nil {
		return
	}
	fmt.Fprintf(w, "\nas of %s: %s accounts compared, %s have another score, %s another status (ARR %s)\n",
		a.AsOf, whole(a.Compared), whole(a.Rescored), whole(a.Moved), arrText(a.moved, a.Currency))
	a.printMoves(w)
}

// printMoves lists the moves between statuses, and the accounts that move.
func (a *accountChanges) printMoves(w io.Writer) {
	t := table(w)
	for _, s := range a.Statuses {
		if s.From != s.To {
			fmt.Fprintf(t, "  %s -> %s\t%s\tARR %s\t\n", s.From, s.To, several(s.Accounts, "account"), arrText(s.sum, a.Currency))
		}
	}
	t.Flush()
	if len(a.List) == 0 {
		return
	}
	text := func(v *float64) string {
		if v == nil {
			return "~"
		}
		return fmt.Sprintf("%.1f", *v)
	}
	fmt.Fprintln(t, "\naccount\tname\tARR\tscore\tnew score\tstatus\t")
	for _, m := range a.List[:min(len(a.List), movesShown)] {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t\n", m.ID, orNone(m.Name), sumOf(m.ARR, ""), text(m.OldScore), text(m.NewScore), m.From+" -> "+m.To)
	}
	t.Flush()
	if rest := len(a.List) - movesShown; rest > 0 {
		fmt.Fprintf(w, "and %d more: see --json\n", rest)
	}
}
