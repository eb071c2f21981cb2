package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/explain"
	"accounthealth/internal/form"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
)

func newAssess(env *Env) *cobra.Command {
	var earlier []string
	var fw string
	var asJSON, markdown, blank bool
	cmd := &cobra.Command{
		Use:   "assess FORM.yaml",
		Short: "Assess one account from a form filled in by hand",
		Long: `Assess reads a form with one account's facts and prints the whole assessment: the
score and its status, the pillars with their weights, every signal with the row it
hits, what is not known and what it could change, the risks, and what to do. It needs
no exports. What the form leaves out is missing; a value may also be unknown or not
applicable. With --form it prints an empty form of the framework to fill in. Forms of
the same account as of earlier days give the trend and what moved the score.`,
		Example: `  accounthealth assess --form > account.yaml
  accounthealth assess account.yaml
  accounthealth assess account.yaml --earlier march.yaml --earlier june.yaml
  accounthealth assess account.yaml --framework framework.yaml --markdown`,
		Args: mostArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := loadFramework(cmd.Context(), env, fw)
			if err != nil {
				return err
			}
			switch {
			case asJSON && markdown:
				return usage{errBoth}
			case blank && len(args) == 0:
				blankForm(env.Out, f.Plan, day.OfTime(env.Now()))
				return nil
			case blank:
				return usage{fmt.Errorf("--form prints an empty form; to assess a filled one: accounthealth assess %s", args[0])}
			case len(args) == 0:
				return usage{fmt.Errorf("assess needs a form; write one with: accounthealth assess --form > account.yaml")}
			}
			return assess(cmd.Context(), env, f, args[0], earlier, asJSON, markdown)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&blank, "form", false, "print an empty form to fill in")
	flags.StringArrayVar(&earlier, "earlier", nil, "a `form` of the same account as of an earlier day; may be repeated")
	flags.StringVar(&fw, "framework", framework.Default, "the `framework` to score with")
	flags.BoolVar(&asJSON, "json", false, "print the assessment as JSON")
	flags.BoolVar(&markdown, "markdown", false, "print the assessment in Markdown")
	return cmd
}

func assess(ctx context.Context, env *Env, fw *framework.Framework, file string, earlier []string, asJSON, markdown bool) error {
	f, err := readForm(ctx, env, fw, file)
	if err != nil {
		return err
	}
	var before []*form.Form
	for _, name := range earlier {
		e, err := readForm(ctx, env, fw, name)
		if err != nil {
			return err
		}
		before = append(before, e)
	}
	a, err := form.Assess(fw.Plan, []*form.Form{f})
	if err != nil {
		return err
	}
	defer a.Release()
	source, err := a.Explain(fw.Plan, before)
	if err != nil {
		return err
	}
	card, err := source.Of(0)
	if err != nil {
		return err
	}
	card.ID = "" // a form has none
	out := assessment{Card: card}
	p, planned := a.Plan(fw.Plan, 0)
	if p.ID = ""; planned {
		out.Plan = new(planJSON(&p, f.AsOf, f.Currency))
	}
	switch {
	case asJSON:
		return printJSON(env.Out, out)
	case markdown:
		if err := cardMarkdown(env.Out, card); err != nil || !planned {
			return err
		}
		fmt.Fprintln(env.Out)
		planMarkdown(env.Out, &p, f.AsOf, f.Currency)
		return nil
	}
	cardText(env.Out, card)
	if planned {
		planText(env.Out, &p)
	}
	return nil
}

// assessment is what assess prints as JSON: the explanation, and the plan of an
// account with a score.
type assessment struct {
	*explain.Card
	Plan *planned `json:"plan"`
}

func readForm(ctx context.Context, env *Env, fw *framework.Framework, file string) (*form.Form, error) {
	src, found, err := readBeside(ctx, env, file)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, diag.Errorf(diag.Config, file, "write one with: accounthealth assess --form", "there is no such form")
	}
	return form.Read(file, src, fw.Plan, day.OfTime(env.Now()))
}

// blankForm prints a form with every signal of a framework and the values it can
// have. What stays unknown is missing.
func blankForm(w io.Writer, p *plan.Plan, today int32) {
	fmt.Fprintf(w, `# A form for accounthealth assess. Fill in what is known; leave the rest unknown, or
# write "not applicable" where a signal makes no sense for the account.
account: New account
as_of: %s
# segment: Enterprise
# tier: Premium
# owner: Jane Doe
# arr: 120000
# currency: USD
# renewal: 2026-12-31
# notice_days: 60
# tenure_months: 24

# {value: open, note: 2 open} keeps a note beside a value.
signals:
`, day.Format(today))
	for _, pl := range p.Pillars {
		fmt.Fprintf(w, "  # %s: %s\n", pl.Label, pl.Question)
		for _, i := range pl.Signals {
			s := &p.Signals[i]
			help := strings.Join(s.Words, ", ")
			if !s.IsWord() {
				help = "a number " + framework.Domain(s)
				if s.Unit == "ratio" {
					help = "a share such as 72% or 18/25"
				} else if s.Unit != "" {
					help += ", " + s.Unit
				}
			}
			fmt.Fprintf(w, "  %s: unknown # %s: %s\n", s.Name, s.Label, help)
		}
	}
}
