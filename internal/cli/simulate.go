package cli

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/calibrate"
	measure "accounthealth/calibrate/assess"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/job"
	"accounthealth/internal/publish"
	"accounthealth/internal/store"
)

func newSimulate(env *Env) *cobra.Command {
	c := &configured{env: env}
	var asJSON, record bool
	var weights, cutoffs []string
	var reason, author string
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Say what other weights or cut-offs would have done",
		Long: `Simulate scores past dates (those that calibrate judges) and today's accounts under
other weights or cut-offs and sets them beside those in force: how many of the losses
that followed would have been flagged and with how many flags, with intervals, and
which accounts would change status today. Weights that are not named share the rest in proportion.
It changes nothing and publishes nothing.

With --record it writes the edit down as a judgement, before it is decided on: a
folder below out/judgements with judgement.json and the framework.suggested.yaml that
framework apply takes.`,
		Example: `  accounthealth simulate -c health.yaml --weights support=15%
  accounthealth simulate -c health.yaml --weights product=.35,support=.15 --cutoffs 75,55,35
  accounthealth simulate -c health.yaml --weights support=.15 --record --reason "agreed in the Q3 review"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			named, err := parseWeights(weights)
			if err != nil {
				return err
			}
			cuts, err := wholeCuts(cutoffs)
			if err != nil {
				return err
			}
			switch {
			case named == nil && cuts == nil:
				return usage{fmt.Errorf("simulate needs --weights or --cutoffs; see %s --help", cmd.CommandPath())}
			case record && reason == "":
				return usage{fmt.Errorf("--record needs a --reason")}
			case !record && (reason != "" || author != ""):
				return usage{fmt.Errorf("--reason and --author go with --record")}
			}
			return c.simulate(cmd, named, cuts, asJSON, record, reason, author)
		},
	}
	c.flags(cmd)
	c.outFlag(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&weights, "weights", nil, "weights to try, `pillar=share`; the others share the rest in proportion")
	f.StringSliceVar(&cutoffs, "cutoffs", nil, "lowest scores of the statuses to try, best first, such as `75,55,35`")
	f.BoolVar(&record, "record", false, "write the edit down as a judgement")
	f.StringVar(&reason, "reason", "", "why, in `words`, with --record")
	f.StringVar(&author, "author", "", "`who` judges, with --record (default: the user's name)")
	f.BoolVar(&asJSON, "json", false, "print the complete result as JSON")
	return cmd
}

// wholeCuts reads cut-offs, which are whole scores, best status first.
func wholeCuts(list []string) ([]int, error) {
	cuts, err := parseCuts(list)
	if err != nil || cuts == nil {
		return nil, err
	}
	slices.Reverse(cuts)
	out := make([]int, len(cuts))
	for i, v := range cuts {
		if v != math.Trunc(v) {
			return nil, usage{fmt.Errorf("--cutoffs %g: write whole scores", v)}
		}
		out[i] = int(v)
	}
	return out, nil
}

// who names the person behind a change.
func (e *Env) who(author string) string {
	if author != "" || e.Getenv == nil {
		return author
	}
	for _, key := range []string{"GIT_AUTHOR_NAME", "USER", "LOGNAME", "USERNAME"} {
		if v := e.Getenv(key); v != "" {
			return v
		}
	}
	return ""
}

func (c *configured) simulate(cmd *cobra.Command, weights map[string]float64, cutoffs []int, asJSON, record bool, reason, author string) error {
	ctx := cmd.Context()
	j, files, err := c.open(ctx)
	if err != nil {
		return err
	}
	if author = c.env.who(author); record && author == "" {
		return usage{fmt.Errorf("--record needs an --author")}
	}
	other, err := j.WithEdit(weights, cutoffs)
	if err != nil {
		return err
	}
	p := newProgress(c.env, c.logFormat, c.quiet, job.Steps)
	defer p.Close()
	j.Step = p.Step
	s, err := j.Simulate(ctx, other)
	if err != nil {
		return err
	}
	p.Close()
	today := day.Format(day.OfTime(c.env.Now().In(j.Settings.Location)))
	judgement, suggested, err := s.Judge(author, today, reason)
	if err != nil {
		return err
	}
	if asJSON {
		err = judgement.Write(c.env.Out)
	} else {
		printSimulated(c.env.Out, s)
	}
	if err != nil || !record {
		return err
	}
	digest, err := judgement.Digest()
	if err != nil {
		return err
	}
	folder := store.Join(j.Settings.Out, "judgements/"+judgement.AsOf+"-"+digest[:8])
	written := []publish.File{
		{Name: job.JudgementFile, Write: judgement.Write},
		{Name: job.SuggestedFile, Write: func(w io.Writer) error { _, err := w.Write(suggested); return err }},
	}
	for _, f := range written {
		if err := files.WriteFile(ctx, store.Join(folder, f.Name), f.Write); err != nil {
			return err
		}
	}
	if !asJSON {
		at := folder
		if home, _ := store.Split(c.file); home != "." && home != "" && !store.IsAddress(folder) && !filepath.IsAbs(folder) {
			at = store.Join(home, folder)
		}
		fmt.Fprintf(c.env.Out, "\nrecorded: %s\nto accept it: accounthealth framework apply -c %s %s\n", at, c.file, store.Join(at, job.SuggestedFile))
	}
	return nil
}

// printSimulated writes a simulation for a terminal.
func printSimulated(w io.Writer, s *job.Simulated) {
	for _, d := range framework.Diff(s.Job.Framework, s.Framework) {
		fmt.Fprintf(w, "~ %s: %s %s -> %s\n", d.Where, d.What, d.Old, d.New)
	}
	r := s.Past
	fmt.Fprintf(w, "\n%s\npast scores: %s account-dates of %s accounts, %d of them churned: %s\n%s\n", s.Sampling.Words(), whole(int64(r.Rows)), whole(int64(r.Accounts)), r.Churned, calibrate.ByKind(r.Lost, r.Partial, "accounts"), r.Words)
	if r.Unscored > 0 {
		fmt.Fprintf(w, "left out: %d account-dates that either way gives no score\n", r.Unscored)
	}
	amount := func(v float64) string {
		if !s.KnowsARR {
			return "~"
		}
		return money(v)
	}
	if r.OK {
		a, b := r.Current.Flagged, r.Other.Flagged
		of := func(x measure.Share) string { return fmt.Sprintf("%d of %d", x.Count, x.Of) }
		t := table(w)
		fmt.Fprintln(t, "\n\tin force\ttried\tdifference, 95% interval\t")
		fmt.Fprintf(t, "losses flagged\t%s\t%s\t%s\t\n", of(a.Recall), of(b.Recall), points(r.Recall))
		fmt.Fprintf(t, "flags\t%s\t%s\t%s\t\n", of(a.Alerts), of(b.Alerts), points(r.Alerts))
		fmt.Fprintf(t, "flags that were losses\t%s\t%s\t%s\t\n", of(a.Precision), of(b.Precision), points(r.Precision))
		reached := points(r.ARRRecall)
		if !s.KnowsARR {
			reached = "the ARR of those dates is not known"
		}
		fmt.Fprintf(t, "lost ARR flagged\t%s of %s\t%s of %s\t%s\t\n", amount(a.ARRReached), amount(a.ARRLost), amount(b.ARRReached), amount(b.ARRLost), reached)
		area := func(e measure.Estimate) string { return around(measure.Estimate{Value: e.Value, OK: e.OK}, 1, "%.3f") }
		fmt.Fprintf(t, "AUC\t%s\t%s\t%s\t\n", area(r.Current.AUC), area(r.Other.AUC), around(r.AUC, 1, "%+.3f"))
		t.Flush()
		statuses(w, r)
	}
	m := s.Today
	fmt.Fprintf(w, "\ntoday, %s: %s accounts have another score, %s another status (ARR %s)\n",
		day.Format(s.Job.AsOf), whole(m.Rescored), whole(int64(len(m.Moved))), arrText(m.MovedARR(), s.Job.Settings.Currency))
	accountChangesOf(&m, s.Data.Table, day.Format(s.Job.AsOf), s.Job.Settings.Currency).printMoves(w)
}

// statuses sets churn per status under both ways side by side: counts, which need
// no leave of the claim gate.
func statuses(w io.Writer, r *calibrate.Simulation) {
	t := table(w)
	fmt.Fprintln(t, "\nchurned of account-dates\tin force\ttried\t")
	for k, a := range r.Current.Statuses.Rows {
		b := r.Other.Statuses.Rows[k]
		fmt.Fprintf(t, "%s\t%d of %d\t%d of %d\t\n", a.Label, a.Rate.Churned, a.Rate.N, b.Rate.Churned, b.Rate.N)
	}
	t.Flush()
}

// points writes a difference of shares in percentage points.
func points(e measure.Estimate) string { return around(e, 100, "%+.1f") }

func around(e measure.Estimate, scale float64, format string) string {
	write := func(v float64) string {
		text := fmt.Sprintf(format, scale*v)
		if strings.Trim(text, "-0.") == "" { // nothing is left of it: no sign
			return fmt.Sprintf(format, 0.0)
		}
		return text
	}
	switch {
	case !e.OK:
		return "~"
	case !e.Interval:
		return write(e.Value)
	}
	return write(e.Value) + ", " + write(e.Lo) + " to " + write(e.Hi)
}
