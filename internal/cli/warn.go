package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/job"
	"accounthealth/internal/outcome"
	"accounthealth/internal/portfolio"
)

func newWarn(env *Env) *cobra.Command {
	c := &configured{env: env}
	var asJSON, all bool
	var within int32
	cmd := &cobra.Command{
		Use:   "warn",
		Short: "Say which signals preceded losses here, and which are firing now",
		Long: `Warn counts, in this portfolio's own history, how many customers on each level of each
signal decided to leave within 30, 60, 90 and 180 days, against all customers on other
levels. A level is shown when the difference holds after correction for the number of
comparisons that were tried (Fisher's exact test, one-sided; Benjamini and Hochberg at
5%), with the accounts on it now. It says what came before losses, not why. The text
shows one horizon, --within; --json has all four.`,
		Example: `  accounthealth warn -c health.yaml
  accounthealth warn -c health.yaml --within 30 --all
  accounthealth warn -c health.yaml --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.warn(cmd.Context(), within, asJSON, all) },
	}
	c.flags(cmd)
	cmd.Flags().Int32Var(&within, "within", 90, "losses within so many `days`: 30, 60, 90 or 180")
	cmd.Flags().BoolVar(&all, "all", false, "also the levels that do not hold")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print everything as JSON")
	return cmd
}

func (c *configured) warn(ctx context.Context, within int32, asJSON, all bool) error {
	if !slices.Contains(outcome.Horizons, within) {
		return usage{fmt.Errorf("--within %d: losses are counted within %v days", within, outcome.Horizons)}
	}
	r, err := c.compute(ctx, true)
	if err != nil {
		return err
	}
	defer r.Release()
	e := r.Portfolio.Early
	switch {
	case e == nil:
		return usage{fmt.Errorf("%s", job.CalibrationNeeds)}
	case asJSON:
		return printJSON(c.env.Out, warningsJSON(e, r.Job.AsOf))
	}
	warnings(c.env.Out, e, r.Portfolio.Currency, within, all)
	return nil
}

func warnings(w io.Writer, e *portfolio.EarlyWarnings, currency string, within int32, all bool) {
	if e.Tried == 0 {
		fmt.Fprintln(w, e.Note)
		return
	}
	fmt.Fprintf(w, "%d of %d levels and horizons preceded losses more than chance would (reviews from %s to %s)\n",
		len(e.Signals), e.Tried, day.Format(e.From), day.Format(e.To))
	at := func(list []portfolio.EarlyWarning) []portfolio.EarlyWarning {
		return slices.DeleteFunc(slices.Clone(list), func(x portfolio.EarlyWarning) bool { return x.Horizon != within })
	}
	rows := func(list []portfolio.EarlyWarning, firing bool) {
		t := table(w)
		fmt.Fprint(t, "signal\tlevel\tlost\trate\t95% interval\tothers\tlift\tq\t")
		if firing {
			fmt.Fprintf(t, "now\tARR %s\tlargest", currency)
		}
		fmt.Fprint(t, "\t\n")
		for _, x := range list {
			others := "~"
			if x.OtherN > 0 {
				others = fmt.Sprintf("%.1f%%", 100*float64(x.OtherLost)/float64(x.OtherN))
			}
			fmt.Fprintf(t, "%s\t%s\t%d of %d\t%.1f%%\t%.1f%% to %.1f%%\t%s\t%s\t%.2g\t", x.Signal, x.Level, x.Lost, x.N,
				x.Rate.Value*100, x.Low*100, x.High*100, others, times(x.Lift), x.Q)
			if firing {
				fmt.Fprintf(t, "%s accounts\t%s\t%s\t", whole(x.Firing), money(x.FiringARR), strings.Join(x.Where[:min(len(x.Where), 3)], ", "))
			}
			fmt.Fprint(t, "\n")
		}
		t.Flush()
	}
	if list := at(e.Signals); len(list) > 0 {
		fmt.Fprintf(w, "within %d days:\n", within)
		rows(list, true)
	}
	if list := at(e.Rest); all && len(list) > 0 {
		fmt.Fprintln(w, "\ndo not hold")
		rows(list, false)
	}
	fmt.Fprintln(w, e.Note)
}

func times(f portfolio.Figure) string {
	if !f.Defined {
		return "~"
	}
	return fmt.Sprintf("%.1fx", f.Value)
}

type warning struct {
	Signal    string   `json:"signal"`
	Level     string   `json:"level"`
	Horizon   int32    `json:"horizon_days"`
	Lost      int64    `json:"lost"`
	N         int64    `json:"n"`
	Rate      *float64 `json:"rate"`
	Low       float64  `json:"low"`
	High      float64  `json:"high"`
	OtherLost int64    `json:"other_lost"`
	OtherN    int64    `json:"other_n"`
	Lift      *float64 `json:"lift"`
	P         float64  `json:"p"`
	Q         float64  `json:"q"`
	Holds     bool     `json:"holds"`
	Firing    int64    `json:"firing_now"`
	FiringARR float64  `json:"firing_arr"`
	Where     []string `json:"largest_now"`
}

// warningList is what --json prints.
type warningList struct {
	Schema   int       `json:"schema_version"`
	AsOf     string    `json:"as_of"`
	Tried    int       `json:"tried"`
	From     string    `json:"reviews_from,omitempty"`
	To       string    `json:"reviews_to,omitempty"`
	Note     string    `json:"note"`
	Warnings []warning `json:"warnings"`
}

func warningsJSON(e *portfolio.EarlyWarnings, asOf int32) warningList {
	out := warningList{Schema: 1, AsOf: day.Format(asOf), Tried: e.Tried, Note: e.Note, Warnings: []warning{}}
	if e.From != portfolio.NoDay {
		out.From, out.To = day.Format(e.From), day.Format(e.To)
	}
	for k, list := range [][]portfolio.EarlyWarning{e.Signals, e.Rest} {
		for _, x := range list {
			out.Warnings = append(out.Warnings, warning{
				x.Signal, x.Level, x.Horizon, x.Lost, x.N, defined(x.Rate), x.Low, x.High, x.OtherLost, x.OtherN, defined(x.Lift), x.P, x.Q,
				k == 0, x.Firing, x.FiringARR, append([]string{}, x.Where...),
			})
		}
	}
	return out
}
