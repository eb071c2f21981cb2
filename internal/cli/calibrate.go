package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/calibrate"
	"accounthealth/internal/framework"
	"accounthealth/internal/job"
	"accounthealth/internal/labelled"
	"accounthealth/internal/publish"
	"accounthealth/internal/settings"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// labelledFlags are the flags of commands that take a labelled table of the
// team's own in place of the exports.
type labelledFlags struct {
	sample    string
	framework string
	columns   []string
	pillars   []string
	weights   []string
	cuts      []string
}

func (l *labelledFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.sample, "sample", "", "judge a labelled table of your own instead of the exports: a CSV or Parquet `file`")
	f.StringSliceVar(&l.columns, "columns", nil, "the sample's columns, where their names do not tell: `name=column`, such as churn=left_us; name= leaves one out")
	f.StringVar(&l.framework, "framework", "", "the `framework` whose pillars, weights and statuses the sample is judged with (default: the settings', else "+framework.Default+")")
	f.StringSliceVar(&l.pillars, "pillars", nil, "the sample's pillar `columns`, where they are not the framework's; they weigh the same unless --weights says otherwise")
	f.StringSliceVar(&l.weights, "weights", nil, "the weights in force of the sample's score, `pillar=share`")
	f.StringSliceVar(&l.cuts, "cutoffs", nil, "the status cut-offs of the sample's score, such as `75,55,35`")
}

// alone refuses flags that only mean something beside --sample.
func (l *labelledFlags) alone(cmd *cobra.Command) error {
	if l.sample != "" {
		return nil
	}
	for _, name := range []string{"columns", "framework", "pillars", "weights", "cutoffs"} {
		if cmd.Flags().Changed(name) {
			return usage{fmt.Errorf("--%s speaks of a labelled table: name one with --sample; see %s --help", name, cmd.CommandPath())}
		}
	}
	return nil
}

// spec turns the flags into what the job asks for.
func (l *labelledFlags) spec() (job.OwnSample, error) {
	own := job.OwnSample{Pillars: l.pillars, Columns: map[string]string{}}
	for _, c := range l.columns {
		as, column, ok := strings.Cut(c, "=")
		if !ok || as == "" {
			return own, usage{fmt.Errorf("--columns %s: write name=column, such as churn=left_us", c)}
		}
		own.Columns[as] = column
	}
	var err error
	if own.Weights, err = parseWeights(l.weights); err != nil {
		return own, err
	}
	own.Cuts, err = parseCuts(l.cuts)
	return own, err
}

// parseWeights reads pillar=share, a share being .35, 0.35 or 35%.
func parseWeights(list []string) (map[string]float64, error) {
	var out map[string]float64
	for _, w := range list {
		name, text, ok := strings.Cut(w, "=")
		name, text = strings.TrimSpace(name), strings.TrimSpace(text)
		per, percent := strings.CutSuffix(text, "%")
		v, err := strconv.ParseFloat(per, 64)
		if percent {
			v /= 100
		}
		if !ok || name == "" || err != nil || !(v >= 0 && v <= 1) {
			return nil, usage{fmt.Errorf("--weights %s: write pillar=share, such as product=.35 or product=35%%", w)}
		}
		if _, twice := out[name]; twice {
			return nil, usage{fmt.Errorf("--weights: %s is named twice", name)}
		}
		if out == nil {
			out = map[string]float64{}
		}
		out[name] = v
	}
	return out, nil
}

// parseCuts reads cut-offs in either order and returns them ascending.
func parseCuts(list []string) ([]float64, error) {
	var out []float64
	for _, text := range list {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || !(v > 0 && v < 100) {
			return nil, usage{fmt.Errorf("--cutoffs %s: write scores between 0 and 100, such as 75,55,35", text)}
		}
		out = append(out, v)
	}
	slices.Sort(out)
	if len(slices.Compact(slices.Clone(out))) != len(out) {
		return nil, usage{fmt.Errorf("--cutoffs: two are the same")}
	}
	return out, nil
}

// table reads the labelled table that the flags name, and the job to judge it
// with: the settings' where -c names some, else the defaults.
func (c *configured) table(ctx context.Context, cmd *cobra.Command, l *labelledFlags) (*job.Job, *labelled.Table, job.OwnSample, error) {
	own, err := l.spec()
	if err != nil {
		return nil, nil, own, err
	}
	defaults := settings.Default()
	j := &job.Job{Settings: &defaults}
	if cmd.Flags().Changed("config") {
		if j, _, err = c.open(ctx); err != nil {
			return nil, nil, own, err
		}
	}
	if l.framework != "" || j.Framework == nil {
		name := l.framework
		if name == "" {
			name = framework.Default
		}
		if j.Framework, err = loadFramework(ctx, c.env, name); err != nil {
			return nil, nil, own, err
		}
	}
	spec := labelled.Spec{Columns: own.Columns, Pillars: own.Pillars}
	if spec.Pillars == nil {
		for _, p := range j.Framework.Plan.Pillars {
			spec.Pillars = append(spec.Pillars, p.Name)
		}
	}
	folder, name := store.Split(l.sample)
	files, err := c.env.connect(folder)
	if err != nil {
		return nil, nil, own, err
	}
	t, err := labelled.Read(ctx, files, name, spec, warehouse.Options{Location: j.Settings.Location})
	return j, t, own, err
}

func newCalibrate(env *Env) *cobra.Command {
	c := &configured{env: env}
	l := &labelledFlags{}
	var asJSON bool
	var intercepts, from string
	var replicates int
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Say whether other weights would have foretold churn better",
		Long: `Calibrate labels past scores with the churn that followed, refits the weights,
and prints the verdict: keep, recalibrate or refit, with every gate's figure. Where
most accounts have renewal dates a past score is that of a renewal decision, taken 90
days before the last day to opt out, else that of an account at a quarter-end; the
setting calibration.sampling (auto, calendar, renewal) chooses, and the output says
which was used and why. With --out it writes the calibration's files: calibration.json with the
complete result, framework.suggested.yaml, and calibration.xlsx where the exports
were judged. It never changes the framework in force. Losses of parts of accounts are
events where calibration.events says so (logo_and_partial); their ARR counts either way.

With --sample it judges a labelled table of your own instead: CSV or Parquet, one
row per account or per account and date, with

  account_id      the account
  churn           1 if it churned afterwards, 0 if it stayed, empty if not known yet
  one column a pillar, 0 to 100, empty where not measured
  snapshot_date, segment, arr, arr_lost, score, decision_date, worked    (each optional)

With --from history it judges the snapshots that were published on their own dates
instead of dates rebuilt from the exports, scored under the framework in force now.

Columns are found by their names, as init finds those of exports; what a name does
not tell, --columns does. No settings are needed. The table is judged alone, never
together with what exports or history tell.`,
		Example: `  accounthealth calibrate -c health.yaml
  accounthealth calibrate -c health.yaml --json > calibration.json
  accounthealth calibrate -c health.yaml --out calibration
  accounthealth calibrate -c health.yaml --from history
  accounthealth calibrate --sample labelled.csv
  accounthealth calibrate --sample labelled.parquet --columns churn=left_us,arr=mrr_x12
  accounthealth calibrate --sample own.csv --pillars usage,value --weights usage=60%,value=40%`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.alone(cmd); err != nil {
				return err
			}
			by, ok := calibrate.ParseIntercepts(intercepts)
			if !ok {
				return usage{fmt.Errorf("--intercepts %s: use period-and-segment, period, segment or single", intercepts)}
			}
			if from != job.FromExports && from != job.FromHistory || from != job.FromExports && l.sample != "" {
				return usage{fmt.Errorf("--from %s: use exports or history, and not beside --sample", from)}
			}
			if l.sample != "" {
				return c.calibrateSample(cmd, l, by, replicates, asJSON)
			}
			for _, name := range []string{"intercepts", "bootstrap"} {
				if cmd.Flags().Changed(name) {
					return usage{fmt.Errorf("--%s goes with --sample; for exports, set calibration in the settings", name)}
				}
			}
			if from == job.FromHistory {
				return c.calibrateHistory(cmd.Context(), asJSON)
			}
			return c.calibrate(cmd.Context(), asJSON)
		},
	}
	c.flags(cmd)
	c.outFlag(cmd)
	l.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&from, "from", job.FromExports, "what is judged: exports (past dates rebuilt) or `history` (as published)")
	f.StringVar(&intercepts, "intercepts", calibrate.ByPeriodAndSegment.String(), "base rates of their own, with --sample: `period-and-segment`, period, segment or single")
	f.IntVar(&replicates, "bootstrap", 1000, "resamples of accounts for intervals, with --sample; 0 for none")
	f.BoolVar(&asJSON, "json", false, "print the complete result as JSON")
	return cmd
}

func (c *configured) calibrate(ctx context.Context, asJSON bool) error {
	r, err := c.compute(ctx, false)
	if err != nil {
		return err
	}
	defer r.Release()
	if r.Calibration == nil {
		return usage{fmt.Errorf("%s", job.CalibrationNeeds)}
	}
	if err := c.tellVerdict(r.Record(), asJSON); err != nil || c.out == "" {
		return err
	}
	files := slices.DeleteFunc(r.Files(), func(f publish.File) bool {
		return !slices.Contains([]string{"calibration.xlsx", job.CalibrationFile, job.SuggestedFile}, f.Name)
	})
	return c.write(ctx, c.out, files)
}

func (c *configured) calibrateSample(cmd *cobra.Command, l *labelledFlags, by calibrate.Intercepts, replicates int, asJSON bool) error {
	ctx := cmd.Context()
	j, t, own, err := c.table(ctx, cmd, l)
	if err != nil {
		return err
	}
	if own.Intercepts = by; replicates < 0 {
		return usage{fmt.Errorf("--bootstrap %d: write 0 or more", replicates)}
	}
	if cmd.Flags().Changed("bootstrap") {
		j.Settings.Calibration.Bootstrap = replicates
	}
	judged, err := j.CalibrateSample(ctx, t, own)
	if err != nil {
		return err
	}
	if !asJSON {
		howRead(c.env.Out, judged.Record.Table, judged.Record.Result.Sample)
	}
	if err := c.tellVerdict(judged.Record, asJSON); err != nil || c.out == "" {
		return err
	}
	return c.writeJudged(ctx, judged)
}

func (c *configured) calibrateHistory(ctx context.Context, asJSON bool) error {
	j, _, err := c.open(ctx)
	if err != nil {
		return err
	}
	p := newProgress(c.env, c.logFormat, c.quiet, job.Steps)
	defer p.Close()
	j.Step = p.Step
	judged, err := j.CalibrateHistory(ctx)
	if err != nil {
		return err
	}
	p.Close()
	if err := c.tellVerdict(judged.Record, asJSON); err != nil || c.out == "" {
		return err
	}
	return c.writeJudged(ctx, judged)
}

func (c *configured) writeJudged(ctx context.Context, judged *job.Judged) error {
	files := []publish.File{{Name: job.CalibrationFile, Write: judged.Record.Write}}
	if judged.Suggested != nil {
		files = append(files, publish.File{Name: job.SuggestedFile, Write: func(w io.Writer) error {
			_, err := w.Write(judged.Suggested)
			return err
		}})
	}
	return c.write(ctx, c.out, files)
}

func (c *configured) tellVerdict(r *job.CalibrationRecord, asJSON bool) error {
	if asJSON {
		return r.Write(c.env.Out)
	}
	verdict(c.env.Out, r.Result)
	if r.Cohort != nil {
		fmt.Fprintln(c.env.Out, r.Cohort.Sampling.Words)
		printLosses(c.env.Out, r.Cohort.Losses)
	}
	for _, h := range r.Horizons {
		fmt.Fprintln(c.env.Out, h.Words)
	}
	return nil
}

// howRead says what an own table was taken for.
func howRead(w io.Writer, t *job.RecordTable, c calibrate.Counts) {
	fmt.Fprintf(w, "%s: %s rows read, %s judged", t.File, whole(int64(t.RowsRead)), whole(int64(c.Rows)))
	if t.NoOutcome > 0 {
		fmt.Fprintf(w, ", %s without an outcome", whole(int64(t.NoOutcome)))
	}
	if t.AlreadyLost > 0 {
		fmt.Fprintf(w, ", %s decided on or before their date", whole(int64(t.AlreadyLost)))
	}
	var names []string
	for _, c := range t.Columns {
		name := c.As
		if c.Column != c.As {
			name += " = " + c.Column
		}
		names = append(names, name)
	}
	fmt.Fprintf(w, "\ncolumns: %s\n", strings.Join(names, ", "))
	if len(t.Unused) > 0 {
		fmt.Fprintf(w, "not used: %s\n", strings.Join(t.Unused, ", "))
	}
	if text := t.Lost.Words(money); text != "" {
		fmt.Fprintln(w, text)
	}
	fmt.Fprintln(w)
}

// verdict prints a calibration for a terminal: the verdict, what the score did in
// counts, the weights, the gates, and what a reader must know beside them.
func verdict(w io.Writer, c *calibrate.Result) {
	fmt.Fprintf(w, "Verdict: %s\n%s\n", c.Decision.Verdict, c.Decision.Words)
	if c.Claim.Counts != "" {
		fmt.Fprintln(w, c.Claim.Counts)
	}
	fmt.Fprintln(w)
	t := table(w)
	fmt.Fprintf(t, "pillar\tcurrent\tsuggested\tfree\tshrunk\t95%% interval\t\n")
	for k, name := range c.Pillars {
		fmt.Fprintf(t, "%s\t%s\t%s", name, perCent(c.Current[k]), perCent(c.Decision.Weights[k]))
		if len(c.Refit.Pillars) > k && c.Refit.Pillars[k].Shrunk.OK {
			f := c.Refit.Pillars[k]
			fmt.Fprintf(t, "\t%.1f%%\t%.1f%%", f.Free.Value*100, f.Shrunk.Value*100)
			if f.Shrunk.Interval {
				fmt.Fprintf(t, "\t%.1f%% to %.1f%%", f.Shrunk.Lo*100, f.Shrunk.Hi*100)
			} else {
				fmt.Fprint(t, "\t~")
			}
		} else {
			fmt.Fprint(t, "\t~\t~\t~")
		}
		fmt.Fprint(t, "\t\n")
	}
	t.Flush()
	fmt.Fprintln(w)
	for _, g := range c.Decision.Gates {
		mark := "passed"
		if !g.Passed {
			mark = "failed"
		}
		reason, unassessed := strings.CutPrefix(g.Reason, "not assessed: ")
		if unassessed {
			mark = "not assessed, which does not block"
		}
		fmt.Fprintf(w, "gate %d %s: %s. %s\n", g.Number, g.Name, mark, reason)
	}
	fmt.Fprintf(w, "\nsample: %s, %s, %s churned; %s fitted\n",
		several(int64(c.Sample.Rows), "row"), several(int64(c.Sample.Accounts), "account"), churnedAccounts(c.Sample), several(int64(c.Sample.Fitted), "row"))
	for _, v := range c.Warnings {
		if !strings.HasPrefix(v.Code, "rule_") && v.Code != "drift_unassessed" {
			fmt.Fprintln(w, "note: "+v.Text)
		}
	}
}

// churnedAccounts counts the events; accounts that lost a part only apart.
func churnedAccounts(c calibrate.Counts) string {
	if c.PartialAccounts == 0 {
		return several(int64(c.ChurnedAccounts), "account")
	}
	return calibrate.ByKind(c.ChurnedAccounts, c.PartialAccounts, "accounts")
}

// perCent writes a share with at most one decimal.
func perCent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1000)/10, 'f', -1, 64) + "%"
}
