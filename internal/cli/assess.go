package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/form"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
)

func newAssess(env *Env) *cobra.Command {
	var file, fw string
	var asJSON, blank bool
	cmd := &cobra.Command{
		Use:   "assess FORM.yaml",
		Short: "Assess one account from a form filled in by hand",
		Long: `Assess reads a form with one account's facts and prints the whole assessment: the
score and its status, the pillars with their weights, every signal with the row it
hits, what is not known and what it could change, the risks, and what to do. It needs
no exports. What the form leaves out is missing; a value may also be unknown or not
applicable. With --blank it prints an empty form of the framework to fill in.`,
		Example: `  accounthealth assess --blank > account.yaml
  accounthealth assess account.yaml
  accounthealth assess --form account.yaml --framework framework.yaml --json`,
		Args: mostArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := loadFramework(cmd.Context(), env, fw)
			if err != nil {
				return err
			}
			switch {
			case blank:
				blankForm(env.Out, f.Plan, day.OfTime(env.Now()))
				return nil
			case len(args) == 1 && file != "":
				return usage{fmt.Errorf("assess takes one form, got %s and --form %s", args[0], file)}
			case len(args) == 1:
				file = args[0]
			case file == "":
				return usage{fmt.Errorf("assess needs a form; write one with: accounthealth assess --blank > account.yaml")}
			}
			return assess(cmd.Context(), env, f, file, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "form", "", "the `file` to read")
	flags.StringVar(&fw, "framework", framework.Default, "the `framework` to score with")
	flags.BoolVar(&asJSON, "json", false, "print the assessment as JSON")
	flags.BoolVar(&blank, "blank", false, "print an empty form")
	return cmd
}

func assess(ctx context.Context, env *Env, fw *framework.Framework, file string, asJSON bool) error {
	src, found, err := readBeside(ctx, env, file)
	if err != nil {
		return err
	}
	if !found {
		return diag.Errorf(diag.Config, file, "write one with: accounthealth assess --blank", "there is no such form")
	}
	f, err := form.Read(file, src, fw.Plan, day.OfTime(env.Now()))
	if err != nil {
		return err
	}
	a, err := form.Assess(fw.Plan, []*form.Form{f})
	if err != nil {
		return err
	}
	defer a.Release()
	x := explained{now: a.Now, advice: a.Advice, currency: f.Currency}
	x.note = func(sig int) string { return f.Notes[sig] }
	x.from = x.note
	a.Rows.Of(0, &x.account)
	if asJSON {
		out, err := x.assessment()
		if err != nil {
			return err
		}
		return printJSON(env.Out, out)
	}
	return x.assessed(env.Out)
}

// raise is how many tenths the smallest bundle of changes shall gain.
const raise = 200

// assessed prints the assessment of a form.
func (x *explained) assessed(w io.Writer) error {
	x.title(w, x.account.Name)
	if x.status(w) {
		x.banner(w)
		x.certainty(w)
	}
	if err := x.body(w); err != nil {
		return err
	}
	if !x.account.Score.Defined {
		return nil
	}
	b, err := x.advice.BundleOf(x.row, raise)
	if err != nil {
		return err
	}
	if !b.Reached {
		fmt.Fprintf(w, "no set of changes that a team can cause raises the score by %d points\n", raise/10)
	} else {
		fmt.Fprintf(w, "\nsmallest set of changes that gains %d points (%+.1f, to %.1f)\n", raise/10, b.Gain, float64(b.After)/10)
		for _, sig := range b.Signals {
			fmt.Fprintf(w, "  - %s\n", x.now.Result.Plan.Signals[sig].Action)
		}
	}
	if play := x.advice.PlayIndex[x.row]; play >= 0 {
		p := &x.now.Result.Plan.Plays[play]
		fmt.Fprintf(w, "\nplay: %s, %s, by %s\n", p.Label, p.Owner, day.Format(x.account.PlayDeadline))
		for i, step := range p.Steps {
			fmt.Fprintf(w, "  %d. %s\n", i+1, step)
		}
		fmt.Fprintf(w, "  done when: %s\n", p.KPI)
	}
	return nil
}

// banner opens the assessment of an account in the worst status.
func (x *explained) banner(w io.Writer) {
	band := x.now.Result.Band(x.row)
	if !band.AtRisk || band.Min > 0 {
		return
	}
	critical := 0
	for _, r := range x.advice.RisksOf(x.row) {
		if r.Severity == plan.Critical {
			critical++
		}
	}
	renewal := "no renewal date"
	if r := x.account.Renewal; r != day.None {
		switch months := day.MonthsBetween(x.now.Result.AsOf, r); {
		case r < x.now.Result.AsOf:
			renewal = "renewal overdue"
		case months == 0:
			renewal = "renews within a month"
		case months == 1:
			renewal = "1 month to the renewal"
		default:
			renewal = fmt.Sprintf("%d months to the renewal", months)
		}
	}
	risks := fmt.Sprintf("%d critical risks", critical)
	if critical == 1 {
		risks = "1 critical risk"
	}
	fmt.Fprintf(w, "*** %s: %s, %s ***\n", strings.ToUpper(band.Action), renewal, risks)
}

// assessment is an assessed form as JSON. Numbers that do not exist are null.
type assessment struct {
	Account   string         `json:"account"`
	AsOf      string         `json:"as_of"`
	Framework string         `json:"framework"`
	Version   int            `json:"framework_version"`
	Digest    string         `json:"framework_digest"`
	Score     *float64       `json:"score"`
	Composite *float64       `json:"composite"`
	Headline  *float64       `json:"headline"`
	Status    string         `json:"status"`
	CappedBy  string         `json:"capped_by,omitempty"`
	Coverage  *float64       `json:"coverage"`
	Low       *float64       `json:"low"`
	High      *float64       `json:"high"`
	Pillars   []pillarResult `json:"pillars"`
	Signals   []signalResult `json:"signals"`
	Gaps      []gapResult    `json:"gaps"`
	Risks     []riskResult   `json:"risks"`
	Action    string         `json:"first_action,omitempty"`
	Gain      *float64       `json:"first_action_gain"`
	Bundle    []string       `json:"bundle"` // signals to change for 20 points more; empty where none does it
	Play      string         `json:"play,omitempty"`
	PlayOwner string         `json:"play_owner,omitempty"`
	PlayDue   string         `json:"play_due,omitempty"`
}

type pillarResult struct {
	Name      string   `json:"name"`
	Score     *float64 `json:"score"`
	Weight    float64  `json:"weight"` // effective
	Weighted  *float64 `json:"weighted"`
	KeyFactor string   `json:"key_factor"`
}

type signalResult struct {
	Name   string   `json:"name"`
	State  string   `json:"state"`
	Value  any      `json:"value"` // a number, a word or null
	Row    string   `json:"row,omitempty"`
	Points *float64 `json:"points"`
	Adds   float64  `json:"adds"`
	Costs  float64  `json:"costs"`
	Note   string   `json:"note,omitempty"`
}

type gapResult struct {
	Signal string  `json:"signal"`
	State  string  `json:"state"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

type riskResult struct {
	Severity string   `json:"severity"`
	Text     string   `json:"text"`
	Cost     float64  `json:"cost"`
	Evidence []string `json:"evidence"`
}

func (x *explained) assessment() (*assessment, error) {
	a, res, p, row := &x.account, x.now.Result, x.now.Result.Plan, x.row
	figure := func(f portfolio.Figure) *float64 {
		if !f.Defined {
			return nil
		}
		return &f.Value
	}
	number := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		return &v
	}
	out := &assessment{
		Account: a.Name, AsOf: day.Format(res.AsOf), Framework: p.Name, Version: p.Version, Digest: p.Digest,
		Score: figure(a.Score), Composite: number(res.Composite[row]), Headline: figure(a.Headline), Status: a.Band, CappedBy: a.CappedBy,
		Coverage: figure(a.Coverage), Low: figure(a.Low), High: figure(a.High),
		Gaps: []gapResult{}, Risks: []riskResult{}, Bundle: []string{},
		Action: a.Action, Gain: figure(a.Gain), Play: a.Play, PlayOwner: a.PlayOwner,
	}
	if a.PlayDeadline != day.None {
		out.PlayDue = day.Format(a.PlayDeadline)
	}
	for k := range p.Pillars {
		v := res.Pillars[k][row]
		out.Pillars = append(out.Pillars, pillarResult{p.Pillars[k].Name, number(v), res.Weights[k][row], number(v * res.Weights[k][row]), keyFactor(x.now, k, row)})
	}
	for k := range p.Signals {
		s := signalResult{Name: p.Signals[k].Name, State: x.state(k), Adds: res.Contribution[k][row], Costs: res.Cost[k][row], Note: x.note(k)}
		if v, ok := x.now.Signals.Value(k, row); ok {
			if s.Value = v; p.Signals[k].IsWord() {
				s.Value = p.Signals[k].Words[int(v)]
			}
		}
		if res.Rung[k][row] >= 0 {
			s.Row, s.Points = rung(x.now, k, row).Label, &res.Points[k][row]
		}
		out.Signals = append(out.Signals, s)
	}
	gaps, err := x.advice.GapsOf(row)
	if err != nil {
		return nil, err
	}
	for _, g := range gaps {
		out.Gaps = append(out.Gaps, gapResult{p.Signals[g.Signal].Name, g.State.String(), g.Low, g.High})
	}
	for _, r := range x.advice.RisksOf(row) {
		one := riskResult{Severity: r.Severity.String(), Text: r.Text, Cost: r.Cost}
		for _, e := range r.Evidence {
			one.Evidence = append(one.Evidence, e.String())
		}
		out.Risks = append(out.Risks, one)
	}
	b, err := x.advice.BundleOf(row, raise)
	for _, sig := range b.Signals {
		out.Bundle = append(out.Bundle, p.Signals[sig].Name)
	}
	return out, err
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
