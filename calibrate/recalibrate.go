package calibrate

import (
	"context"
	"fmt"
	"strings"
)

// recalibrate calibrates the composite that the decision leaves in force, and
// turns Keep into Recalibrate where the weights stay, there are enough events,
// and either the probability map in force fails its test (p under MaxP) or a
// current cut-off lies outside the interval of its suggested position.
func (r *Result) recalibrate(ctx context.Context, f *frame, o Options, events eventKinds) error {
	name, composite := "score in force", f.score
	if r.Decision.Verdict == Propose {
		name, composite = "proposed weights", make([]float64, f.n)
		for i := range composite {
			composite[i] = f.composite(r.Decision.Weights, i)
		}
	}
	var err error
	if r.Probability, err = probabilityFigures(ctx, f, composite, o); err != nil {
		return err
	}
	if r.Calibration, err = calibrateComposite(ctx, f, name, composite, o, r.Decision.Verdict == Keep); err != nil {
		return err
	}
	if events.accounts < o.Rules.MinEvents {
		for j := range r.Calibration.Cuts {
			c := &r.Calibration.Cuts[j]
			if c.Proposed != c.Current {
				c.Words = fmt.Sprintf("stays: %s are too few to move it", ByKind(events.accounts, events.partial, "churned accounts"))
			}
			c.Proposed = c.Current
		}
		return nil
	}
	if r.Decision.Verdict == Propose {
		return nil
	}
	var why []string
	if t := r.Calibration.MapTest; t.OK && t.P < o.Rules.MaxP {
		why = append(why, fmt.Sprintf("the probability map in force does not fit (p = %.3g)", t.P))
	}
	for j, c := range r.Calibration.Cuts {
		if c.Suggested.Interval && !c.Inside {
			why = append(why, fmt.Sprintf("the cut-off between %s and %s is at %g, and %.3g times the base rate is reached at %.1f (%.0f%% interval %.1f to %.1f)",
				o.Labels[j], o.Labels[j+1], c.Current, c.Multiple, c.Suggested.Value, 100*o.Rules.CutIntervalShare, c.Suggested.Lo, c.Suggested.Hi))
		}
	}
	if len(why) > 0 {
		r.Decision.Verdict = Recalibrate
		r.Decision.Words = "Recalibrate: " + strings.Join(why, "; ") + ". " + r.Decision.Words
	}
	return nil
}

// suspicious is an AUC that a health score does not reach without knowing the
// outcome.
const suspicious = 0.90

// warnings lists what a reader of the figures must know beside them, in the order
// of the result.
func warnings(f *frame, r *Result, o Options) []Warning {
	out := []Warning{}
	add := func(code, subject, format string, args ...any) {
		out = append(out, Warning{code, subject, fmt.Sprintf(format, args...)})
	}
	c := r.Sample
	switch {
	case c.Rows == 0:
		add("empty", "", "The sample has no rows.")
	case c.ChurnedRows == 0:
		add("no_churn", "", "Nobody churned in the sample; nothing can be said about weights.")
	case c.ChurnedRows == c.Rows:
		add("all_churned", "", "Every row churned; nothing can be said about weights.")
	}
	if f.kinds(f.allRows()).overlap() {
		add("overlap", "", "%d churned rows are of %d accounts: outcome windows overlap, and a loss is counted on several rows. Uncertainty is counted by account; counts of rows are not.", c.ChurnedRows, c.ChurnedAccounts)
	}
	if c.Incomplete > 0 {
		add("incomplete", "", "%d of %d rows miss a pillar and are in no fit.", c.Incomplete, c.Rows)
	}
	if c.Uninformative > 0 && c.Fitted > 0 {
		add("uninformative", "", "%d rows are in a period or segment in which nobody, or everybody, churned; they say nothing about weights.", c.Uninformative)
	}
	for _, m := range r.Evidence[0].Measures {
		if m.AUC.OK && m.AUC.Value > suspicious {
			add("suspicious_auc", m.Name, "%s has an AUC of %.3f; over %.2f usually means that it knows the outcome (leakage).", m.Name, m.AUC.Value, suspicious)
		}
		if m.AUC.Interval && m.AUC.Hi < 0.5 {
			add("contrary", m.Name, "%s points the wrong way: accounts with a low %s churn less (AUC %.3f, interval %.3f to %.3f).", m.Name, m.Name, m.AUC.Value, m.AUC.Lo, m.AUC.Hi)
		}
	}
	for k, v := range r.Collinearity.VIF {
		if v.OK && v.Value > 10 {
			add("collinear", f.Pillars[k], "%s is nearly a combination of the other pillars (variance inflation %.1f); their weights cannot be told apart well.", f.Pillars[k], v.Value)
		}
	}
	for _, p := range r.Refit.Pillars {
		if p.Held && c.Incomplete < c.Rows {
			add("constant", p.Name, "%s has one value only in the sample; its weight is not fitted and stays.", p.Name)
		}
		if p.AtZero && p.Coefficient.OK {
			add("at_zero", p.Name, "%s is at zero in the free fit; unconstrained, a point changes the log-odds of churn by %+.4f (interval %+.4f to %+.4f).", p.Name, -p.Coefficient.Value, -p.Coefficient.Hi, -p.Coefficient.Lo)
		}
	}
	if strings.HasPrefix(r.Refit.Method, "Firth") && r.Refit.OK {
		add("separated", "", "The pillars separate churned from kept accounts perfectly; Firth's penalised likelihood was used, and its intervals do not know about repeated rows of an account.")
	}
	switch b := r.Refit.Bootstrap; {
	case b.Replicates > 0 && b.Why != "":
		add("no_intervals", "", "There are no intervals of the weights: %s.", b.Why)
	case b.Replicates > 0 && 20*b.Failed > b.Replicates:
		add("replicates_failed", "", "%d of %d resamples could not be fitted; the intervals are of the rest.", b.Failed, b.Replicates)
	}
	for _, e := range r.Rules {
		if e.Verdict == RuleDead || e.Verdict == RuleContrary || e.Redundant != "" {
			code := "rule_" + string(e.Verdict)
			if e.Redundant != "" && e.Verdict != RuleContrary {
				code = "rule_redundant"
			}
			add(code, e.Signal+": "+e.Name, "%s", e.Words)
		}
	}
	if o.Today == nil {
		add("drift_unassessed", "", "Today's portfolio was not given, so the drift gate was not assessed.")
	}
	for _, i := range r.Influence {
		if i.OK && i.Shift.OK && i.Shift.Value >= o.Rules.MinChange {
			add("influential", i.Name, "Without %s a shrunk weight would differ by %.3f.", i.Name, i.Shift.Value)
		}
	}
	return out
}
