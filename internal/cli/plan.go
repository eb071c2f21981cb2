package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/saveplan"
)

func newPlan(env *Env) *cobra.Command {
	c := &configured{env: env}
	var byMonth, asJSON bool
	cmd := &cobra.Command{
		Use:   "plan ACCOUNT",
		Short: "Write one account's plan for the next 90 days, with check boxes",
		Long: `Plan writes what is done about one account in the 90 days from the as-of date, as
Markdown with check boxes: for an account at risk a save plan of four phases with four
tasks each (--30-60-90 regroups them by month), the chance of a save, and what to do if
it fails; for every other account what deepens the relationship, what lowers its risks
and, where its status expands, what sells more. Tasks, owners and dates come from the
account's own risks, values and dates and from the framework's plays. ACCOUNT is an
account id, or a name that only one account has.`,
		Example: `  accounthealth plan 00010007 -c health.yaml
  accounthealth plan "Corport Castings Group" -c health.yaml --30-60-90 > plan.md
  accounthealth plan 00010007 -c health.yaml --json`,
		Args: oneArg("account"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.plan(cmd.Context(), args[0], byMonth, asJSON)
		},
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&byMonth, "30-60-90", false, "group the tasks by the 30 days in which they are due")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	return cmd
}

func (c *configured) plan(ctx context.Context, account string, byMonth, asJSON bool) error {
	r, err := c.compute(ctx, true)
	if err != nil {
		return err
	}
	defer r.Release()
	row, err := find(r, account)
	if err != nil {
		return err
	}
	p, err := r.PlanOf(ctx, row)
	if err != nil {
		return err
	}
	if p == nil {
		now, _ := r.Scores.At(r.Job.AsOf)
		return diag.Errorf(diag.Config, account, "see what is missing with: accounthealth explain", "the account has no score to plan from: it is %s", now.View.Class[row])
	}
	if byMonth {
		*p = saveplan.ByMonth(*p, r.Job.AsOf)
	}
	if asJSON {
		return printJSON(c.env.Out, planJSON(p, r.Job.AsOf, r.Portfolio.Currency))
	}
	planMarkdown(c.env.Out, p, r.Job.AsOf, r.Portfolio.Currency)
	return nil
}

// planMarkdown prints a plan with a box for every task.
func planMarkdown(w io.Writer, p *portfolio.SavePlan, asOf int32, currency string) {
	name := md(orNone(p.Name))
	if p.ID != "" { // a form has none
		name += " (" + p.ID + ")"
	}
	fmt.Fprintf(w, "# %s: plan from %s to %s\n\n", name, day.Format(asOf), day.Format(asOf+saveplan.Days))
	if p.Banner != "" {
		fmt.Fprintf(w, "> **%s**\n\n", md(p.Banner))
	}
	if len(p.Escalate) > 0 {
		fmt.Fprintf(w, "> A person decides: %s\n\n", md(strings.Join(p.Escalate, "; ")))
	}
	fmt.Fprintf(w, "%s\n\nOwner %s, ARR %s", md(p.Headline), md(orNone(p.Owner)), strings.TrimSpace(amount(p.ARR)+" "+currency))
	if p.Renewal != day.None {
		fmt.Fprintf(w, ", renews %s", day.Format(p.Renewal))
	}
	fmt.Fprintln(w, ".")
	if p.Chance.Sentence != "" {
		name := "Save rate observed"
		if p.Chance.Assumed {
			name = "Chance of a save"
		}
		fmt.Fprintf(w, "%s: %s.\n", name, p.Chance.Sentence)
	}
	phase := ""
	for _, t := range p.Tasks {
		if t.Phase != phase {
			phase = t.Phase
			fmt.Fprintf(w, "\n## %s (%s to %s)\n\n", phase, day.Format(t.From), day.Format(t.To))
		}
		fmt.Fprintf(w, "- [ ] %s. %s, by %s\n", md(strings.TrimSuffix(t.Task, ".")), md(t.Owner), day.Format(t.Due))
	}
	if len(p.IfItFails) > 0 {
		fmt.Fprint(w, "\n## If the save fails\n\n")
	}
	for _, t := range p.IfItFails {
		fmt.Fprintf(w, "- [ ] %s\n", md(t))
	}
}

// planText prints a plan's tasks for a terminal.
func planText(w io.Writer, p *portfolio.SavePlan) {
	fmt.Fprintf(w, "\nplan: %s\n", p.Headline)
	if p.Chance.Sentence != "" {
		name := "save rate observed"
		if p.Chance.Assumed {
			name = "chance of a save"
		}
		fmt.Fprintf(w, "%s: %s\n", name, p.Chance.Sentence)
	}
	phase := ""
	for _, t := range p.Tasks {
		if t.Phase != phase {
			phase = t.Phase
			fmt.Fprintf(w, "  %s\n", phase)
		}
		fmt.Fprintf(w, "    - %s. %s, by %s\n", strings.TrimSuffix(t.Task, "."), t.Owner, day.Format(t.Due))
	}
	for i, t := range p.IfItFails {
		if i == 0 {
			fmt.Fprintln(w, "  if the save fails")
		}
		fmt.Fprintf(w, "    - %s\n", t)
	}
}

type plannedTask struct {
	Phase string `json:"phase"`
	From  string `json:"from"`
	To    string `json:"to"`
	Task  string `json:"task"`
	Owner string `json:"owner"`
	Due   string `json:"due"`
}

type plannedChance struct {
	Share    *float64 `json:"share"` // null where nothing is known
	Assumed  bool     `json:"planning_assumption"`
	Saved    float64  `json:"saved,omitempty"`
	Closed   float64  `json:"closed,omitempty"`
	Low      *float64 `json:"low,omitempty"`
	High     *float64 `json:"high,omitempty"`
	Sentence string   `json:"sentence"`
}

type planned struct {
	Schema      int            `json:"schema_version"`
	AsOf        string         `json:"as_of"`
	ID          string         `json:"account_id"`
	Name        string         `json:"account_name"`
	Owner       string         `json:"owner,omitempty"`
	Status      string         `json:"status"`
	Score       float64        `json:"score"`
	ARR         *float64       `json:"arr"`
	Currency    string         `json:"currency"`
	Renewal     string         `json:"renewal,omitempty"`
	Banner      string         `json:"banner,omitempty"`
	Headline    string         `json:"headline"`
	NeedsPerson []string       `json:"needs_person"`
	Tasks       []plannedTask  `json:"tasks"`
	IfItFails   []string       `json:"if_the_save_fails,omitempty"`
	Chance      *plannedChance `json:"chance,omitempty"`
}

func planJSON(p *portfolio.SavePlan, asOf int32, currency string) planned {
	out := planned{
		Schema: 1, AsOf: day.Format(asOf), ID: p.ID, Name: p.Name, Owner: p.Owner, Status: p.Band, Score: p.Score, Currency: currency,
		Banner: p.Banner, Headline: p.Headline, NeedsPerson: append([]string{}, p.Escalate...), IfItFails: p.IfItFails, ARR: defined(p.ARR),
	}
	if p.Renewal != day.None {
		out.Renewal = day.Format(p.Renewal)
	}
	for _, t := range p.Tasks {
		out.Tasks = append(out.Tasks, plannedTask{t.Phase, day.Format(t.From), day.Format(t.To), t.Task, t.Owner, day.Format(t.Due)})
	}
	if c := p.Chance; c.Sentence != "" {
		out.Chance = &plannedChance{Share: defined(c.Share), Assumed: c.Assumed, Saved: c.Share.Num, Closed: c.Share.Den, Sentence: c.Sentence}
		if c.Share.Den > 0 {
			out.Chance.Low, out.Chance.High = &c.Low, &c.High
		}
	}
	return out
}

// defined returns a figure's value, nil where it has none.
func defined(f portfolio.Figure) *float64 {
	if !f.Defined {
		return nil
	}
	return &f.Value
}
