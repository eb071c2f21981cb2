package cli

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/calibrate"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/job"
)

func newAudit(env *Env) *cobra.Command {
	c := &configured{env: env}
	l := &labelledFlags{}
	var asJSON bool
	var bar string
	var capacity int
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Say how well the score that was in force foretold who left",
		Long: `Audit judges the scores that people saw: at past quarter-ends, or 90 days before
the last day to opt out of a renewal (calibration.sampling), the published score
then in force, and where nothing was published the score rebuilt under the framework
of the time. The two are never pooled. It prints the base rate first, then churn per
status, what the cut-offs and a capacity reached, how early, by date, contract,
segment, tenure and ARR, the losses it missed and the alarms that were false, accounts that are
healthy on paper only, drift, and what became of flagged accounts that were worked
and of every loss on record; with under 50 losses also the way to each. Losses of parts
are events where calibration.events says so; their ARR counts either way. It proposes
nothing.

With --bar it ends with exit code 5 where the score was worse than the bar: the
framework's accuracy section, or the figures named. With --sample it judges the score
of a labelled table of your own (see calibrate --help).`,
		Example: `  accounthealth audit -c health.yaml
  accounthealth audit -c health.yaml --capacity 40 --json > audit.json
  accounthealth audit -c health.yaml --bar
  accounthealth audit -c health.yaml --bar=recall=60%,lift=2.5
  accounthealth audit --sample labelled.csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.alone(cmd); err != nil {
				return err
			}
			if capacity < 0 {
				return usage{fmt.Errorf("--capacity %d: write 0 or more", capacity)}
			}
			a, bars, err := c.accuracy(cmd, l, bar, capacity)
			if err != nil {
				return err
			}
			if a.checks(bars); asJSON {
				err = printJSON(env.Out, a)
			} else {
				a.print(env.Out)
			}
			return cmp.Or(err, a.worse(bar != ""))
		},
	}
	c.flags(cmd)
	l.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&bar, "bar", "", "end with exit code 5 where the score was worse: framework (its accuracy section), or `recall=60%,lift=2,alerts=30%,auc=0.7,monotone`")
	f.Lookup("bar").NoOptDefVal = "framework"
	f.IntVar(&capacity, "capacity", 0, "how many `accounts` can be worked at each date judged (where renewals are judged: in each quarter)")
	f.BoolVar(&asJSON, "json", false, "print the complete result as JSON")
	return cmd
}

// auditSchemaVersion is raised where a field of auditRecord goes or changes its
// meaning.
const auditSchemaVersion = 1

// auditRecord is what audit prints.
type auditRecord struct {
	Schema    int                    `json:"schema_version"`
	Kind      string                 `json:"kind"`   // "audit"
	Source    string                 `json:"source"` // exports (with the history's published scores), sample
	AsOf      string                 `json:"as_of,omitempty"`
	Framework job.RecordFramework    `json:"framework"`
	Sampling  *job.RecordSampling    `json:"sampling,omitempty"` // exports
	Dates     []auditDate            `json:"dates"`
	Ledger    []job.RecordLedgerLine `json:"ledger"`
	Losses    *job.RecordLosses      `json:"losses,omitempty"` // every loss, counted or not; not for an own sample
	// Lost says what the lost ARR of an own sample rests on.
	Lost     *job.RecordTableLost   `json:"arr_lost,omitempty"`
	KnowsARR bool                   `json:"arr_known"` // false: ARR in the result counts rows
	Bars     calibrate.Bars         `json:"bars"`
	Checks   []kindChecks           `json:"checks"`
	Result   *calibrate.AuditResult `json:"result"`
	// Rows names the account and date of every row that the result lists.
	Rows     []auditRow `json:"rows"`
	Warnings []string   `json:"warnings"`

	currency string
	row      map[int32]auditRow
}

type auditDate struct {
	Date      string `json:"date"`
	Published bool   `json:"published"`
	ScoredOn  string `json:"scored_on"` // the day whose score was in force
}

type kindChecks struct {
	Kind   string            `json:"kind"`
	Checks []calibrate.Check `json:"checks"`
}

type auditRow struct {
	Row     int32  `json:"row"`
	ID      string `json:"account_id"`
	Name    string `json:"account_name,omitempty"`
	Owner   string `json:"owner,omitempty"`
	Date    string `json:"date,omitempty"`
	Segment string `json:"segment,omitempty"`
	// ARR is that of the date, null where it is unknown.
	ARR *float64 `json:"arr"`
}

// paid is the ARR of a row, NaN where it is unknown.
func (r auditRow) paid() float64 {
	if r.ARR == nil {
		return math.NaN()
	}
	return *r.ARR
}

// amountOf is an amount that may be unknown (NaN), as JSON has it.
func amountOf(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// accuracy judges what the flags name and reads the bars.
func (c *configured) accuracy(cmd *cobra.Command, l *labelledFlags, bar string, capacity int) (*auditRecord, calibrate.Bars, error) {
	ctx := cmd.Context()
	if l.sample != "" {
		return c.sampleAccuracy(cmd, l, bar, capacity)
	}
	j, _, err := c.open(ctx)
	if err != nil {
		return nil, calibrate.Bars{}, err
	}
	bars, err := parseBars(bar, j.Framework.Accuracy)
	if err != nil {
		return nil, bars, err
	}
	p := newProgress(c.env, c.logFormat, c.quiet, auditSteps)
	defer p.Close()
	j.Step = p.Step
	a, err := j.Accuracy(ctx, capacity)
	if err != nil {
		return nil, bars, err
	}
	return recordOf(a), bars, nil
}

func recordOf(a *job.Accuracy) *auditRecord {
	r := &auditRecord{
		Schema: auditSchemaVersion, Kind: "audit", Source: job.FromExports, AsOf: day.Format(a.Job.AsOf), Framework: job.FrameworkRecord(a.Job.Framework),
		Dates: []auditDate{}, Ledger: []job.RecordLedgerLine{}, Losses: a.Losses, KnowsARR: a.KnowsARR, Result: a.Audit, Warnings: []string{}, currency: a.Job.Settings.Currency,
	}
	sampling := job.RecordOf(a.Sampling)
	r.Sampling = &sampling
	for k, d := range a.Dates {
		r.Dates = append(r.Dates, auditDate{day.Format(d), a.Published[k], day.Format(a.ScoredOn[k])})
	}
	for _, x := range a.Ledger {
		r.Ledger = append(r.Ledger, job.RecordLedgerLine{AsOf: day.Format(x.AsOf), Outcome: x.Outcome.String(), In: x.Outcome.In(), Accounts: x.Accounts, ARR: x.ARR})
	}
	for _, w := range a.Warnings {
		r.Warnings = append(r.Warnings, w.Text)
	}
	t := a.Data.Table
	r.name(func(i int32) auditRow {
		x := a.Rows[i]
		return auditRow{Row: i, ID: t.ID[x.Account], Name: t.Name[x.Account], Owner: t.Owner[x.Account], Date: day.Format(a.Dates[x.Date]), Segment: t.Segment[x.Account], ARR: amountOf(a.ARR[i])}
	})
	return r
}

// sampleAccuracy judges the score of an own labelled table.
func (c *configured) sampleAccuracy(cmd *cobra.Command, l *labelledFlags, bar string, capacity int) (*auditRecord, calibrate.Bars, error) {
	j, t, own, err := c.table(cmd.Context(), cmd, l)
	if err != nil {
		return nil, calibrate.Bars{}, err
	}
	bars, err := parseBars(bar, j.Framework.Accuracy)
	if err != nil {
		return nil, bars, err
	}
	s, err := j.AuditSample(t, own, capacity)
	if err != nil {
		return nil, bars, err
	}
	res, err := calibrate.Audit(cmd.Context(), s, calibrate.Options{})
	if err != nil {
		return nil, bars, err
	}
	r := &auditRecord{
		Schema: auditSchemaVersion, Kind: "audit", Source: job.FromSample, Framework: job.FrameworkRecord(j.Framework),
		Dates: []auditDate{}, Ledger: []job.RecordLedgerLine{}, KnowsARR: s.ARR != nil, Result: res, Warnings: []string{}, Lost: new(job.TableLost(t)),
	}
	for _, d := range s.Periods {
		r.Dates = append(r.Dates, auditDate{d, true, d})
	}
	r.name(func(i int32) auditRow {
		x := auditRow{Row: i, ID: t.Account[i], Date: day.Format(t.Date[i]), Segment: t.Segment[i], ARR: amountOf(t.ARR[i])}
		return x
	})
	return r, bars, nil
}

// name fills Rows with every row that the result lists.
func (a *auditRecord) name(of func(i int32) auditRow) {
	a.row = map[int32]auditRow{}
	add := func(i int32) { a.row[i] = of(i) }
	for _, k := range a.kinds() {
		for _, g := range slices.Concat(k.FalseGreens, k.Lost) {
			add(g.Row)
		}
		for _, i := range k.FalseReds {
			add(i)
		}
		for _, p := range k.Patterns {
			for _, i := range p.Rows {
				add(i)
			}
		}
	}
	a.Rows = []auditRow{}
	for _, r := range a.row {
		a.Rows = append(a.Rows, r)
	}
	slices.SortFunc(a.Rows, func(x, y auditRow) int { return cmp.Compare(x.Row, y.Row) })
}

func (a *auditRecord) kinds() []*calibrate.KindAudit {
	var out []*calibrate.KindAudit
	for _, k := range []*calibrate.KindAudit{a.Result.Published, a.Result.Rebuilt} {
		if k != nil {
			out = append(out, k)
		}
	}
	return out
}

func (a *auditRecord) checks(bars calibrate.Bars) {
	a.Bars, a.Checks = bars, []kindChecks{}
	for _, k := range a.kinds() {
		a.Checks = append(a.Checks, kindChecks{k.Kind, k.Against(bars)})
	}
}

// worse ends the command with its own exit code where a bar was asked for and the
// score was worse: the published one, or the rebuilt one where no published one
// can be judged yet.
func (a *auditRecord) worse(asked bool) error {
	if !asked {
		return nil
	}
	for _, k := range a.Checks {
		var failed []string
		judged := 0
		for _, c := range k.Checks {
			if c.Assessed {
				judged++
			}
			if !c.Passed {
				failed = append(failed, c.Name+": "+c.Reason)
			}
		}
		if len(failed) > 0 {
			return findings{k.Kind + " score worse than the bar: " + strings.Join(failed, "; ")}
		}
		if judged == len(k.Checks) && judged > 0 {
			return nil
		}
	}
	return nil
}

// parseBars reads --bar; the framework's where it names none.
func parseBars(text string, fw framework.Accuracy) (calibrate.Bars, error) {
	if text == "" || text == "framework" {
		return job.Bars(fw), nil
	}
	var b calibrate.Bars
	for _, part := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		per, percent := strings.CutSuffix(value, "%")
		v, err := strconv.ParseFloat(per, 64)
		if percent {
			v /= 100
		}
		most := 1.0
		if name == "lift" {
			most = 100
		}
		into := map[string]*float64{"recall": &b.Recall, "lift": &b.Lift, "alerts": &b.Alerts, "auc": &b.AUC}[name]
		switch {
		case name == "monotone" && value == "":
			b.Monotone = true
		case into == nil || err != nil || !(v > 0 && v <= most):
			return b, usage{fmt.Errorf("--bar %s: write framework, or figures such as recall=60%%,lift=2,alerts=30%%,auc=0.7,monotone", part)}
		default:
			*into = v
		}
	}
	return b, nil
}
