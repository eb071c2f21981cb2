package calibrate

import (
	"fmt"
	"math"
	"strings"

	"accounthealth/calibrate/assess"
)

// gather is what the gates look at.
type gather struct {
	rules   Rules
	events  int
	partial int // of the events, accounts that lost a part only
	refit   Refit
	oof     OutOfFold
	drift   []Check
	p       assess.Number // of the direction test, adjusted over segments where it is one of several
}

// Names of checks whose figures have a unit: a p-value, and a change of a weight.
const (
	DirectionCheck = "chance of such losses if the current weights were right (p)"
	SizeCheck      = "largest change of a weight, before the cap"
)

// gates judges the five conditions of a Decision.
func (g gather) gates() []Gate {
	r := g.rules
	events := check("churned accounts", assess.Defined(float64(g.events)), ">=", float64(r.MinEvents),
		fmt.Sprintf("%s are held, %d are needed", ByKind(g.events, g.partial, "churned accounts"), r.MinEvents))
	heuristic := check("share of the pattern that should hold on new data (expected slope)", g.refit.Heuristic, ">=", r.MinHeuristic,
		fmt.Sprintf("the pillars' signal would hold up to %s on new data, at least %.2f is needed", figure(g.refit.Heuristic, "%.2f"), r.MinHeuristic))
	direction := check(DirectionCheck, g.p, "<", r.MaxP,
		fmt.Sprintf("that the current weights point the right way has p %s, under %.2f is needed", probability(g.p), r.MaxP))
	loss := check("error on accounts not seen, new less current weights (log loss)", g.oof.LogLoss.Gain, "<", 0,
		fmt.Sprintf("out of fold, log loss changes by %s and should fall", figure(g.oof.LogLoss.Gain, "%+.5f")))
	auc := check("ranking of accounts not seen, new less current weights (AUC)", g.oof.AUC.Gain, ">=", r.MinAUCGain,
		fmt.Sprintf("out of fold, AUC changes by %s, at least %+.3f is needed", figure(g.oof.AUC.Gain, "%+.4f"), r.MinAUCGain))
	arr := check("ARR-weighted ranking of the same, new less current weights (AUC)", g.oof.ARRWeighted.Gain, ">=", -r.MaxARRLoss,
		fmt.Sprintf("out of fold, ARR-weighted AUC changes by %s, at least %+.3f is needed", figure(g.oof.ARRWeighted.Gain, "%+.4f"), -r.MaxARRLoss))
	segment := check("ranking in the worst segment, new less current weights (AUC)", g.oof.WorstSegment, ">=", -r.MaxSegmentLoss,
		fmt.Sprintf("the worst segment's AUC changes by %s, at least %+.3f is needed", figure(g.oof.WorstSegment, "%+.4f"), -r.MaxSegmentLoss))
	if len(g.oof.SegmentAUC) == 0 {
		segment = unassessed(segment, fmt.Sprintf("no segment has %d churned accounts", r.MinEvents))
	}
	change := assess.Undefined(g.refit.Why)
	if g.refit.OK {
		largest := 0.0
		for _, p := range g.refit.Pillars {
			largest = max(largest, math.Abs(p.Shrunk.Value-p.Centre))
		}
		change = assess.Defined(largest)
	}
	size := check(SizeCheck, change, ">=", r.MinChange,
		fmt.Sprintf("the largest change is %s, at least %.2f is worth the disturbance", figure(change, "%.3f"), r.MinChange))
	drift := g.drift
	if len(drift) == 0 {
		drift = []Check{unassessed(Check{Name: "drift", Relation: "<=", Threshold: r.MaxPSI}, "today's portfolio was not given")}
	}
	return []Gate{
		gate(1, "enough data", events, heuristic),
		gate(2, "the current weights are contradicted", direction),
		gate(3, "better on accounts not seen", loss, auc, arr, segment),
		gate(4, "large enough to matter", size),
		gate(5, "the portfolio is still like the sample", drift...),
	}
}

func figure(n assess.Number, format string) string {
	if !n.OK {
		return "unknown"
	}
	return fmt.Sprintf(format, n.Value)
}

// probability writes a p-value with its sign; a small one is not zero.
func probability(p assess.Number) string {
	if p.OK && p.Value < 0.0005 {
		return "< 0.001"
	}
	return "= " + figure(p, "%.3f")
}

// check judges one figure; an undefined one fails.
func check(name string, value assess.Number, relation string, threshold float64, reason string) Check {
	c := Check{Name: name, Value: value, Relation: relation, Threshold: threshold, Assessed: true, Reason: reason}
	// A gain of exactly the threshold passes although subtraction left it a hair short.
	const hair = 1e-12
	switch {
	case !value.OK:
		c.Reason = name + " is unknown: " + value.Why
	case relation == ">=":
		c.Passed = value.Value >= threshold-hair
	case relation == "<=":
		c.Passed = value.Value <= threshold+hair
	case relation == ">":
		c.Passed = value.Value > threshold
	case relation == "<":
		c.Passed = value.Value < threshold
	}
	return c
}

// unassessed marks a check for which there is nothing to judge; it does not block.
func unassessed(c Check, why string) Check {
	c.Assessed, c.Passed, c.Reason, c.Value = false, true, "not assessed: "+why, assess.Undefined(why)
	return c
}

func gate(number int, name string, checks ...Check) Gate {
	g := Gate{Number: number, Name: name, Passed: true, Checks: checks}
	var failed, passed []string
	for _, c := range checks {
		if c.Passed {
			passed = append(passed, c.Reason)
		} else {
			g.Passed = false
			failed = append(failed, c.Reason)
		}
	}
	g.Reason = strings.Join(passed, "; ")
	if !g.Passed {
		g.Reason = strings.Join(failed, "; ")
	}
	return g
}

// driftChecks compares each pillar's distribution in the fitting sample, or in the
// portfolio that it was taken from, with today's portfolio.
func driftChecks(f *frame, past, today [][]float64, r Rules) []Check {
	if today == nil {
		return nil
	}
	var out []Check
	for k, col := range today {
		var now, then []float64
		for _, v := range col {
			if !math.IsNaN(v) {
				now = append(now, v)
			}
		}
		if len(past) > 0 {
			for _, v := range past[k] {
				if !math.IsNaN(v) {
					then = append(then, v)
				}
			}
		} else {
			for _, i := range f.complete {
				then = append(then, f.X[k][i])
			}
		}
		name := "shift of " + f.Pillars[k] + " since the sample (PSI)"
		if len(now) == 0 || len(then) == 0 {
			out = append(out, unassessed(Check{Name: name, Relation: "<=", Threshold: r.MaxPSI}, "the pillar is not measured in both"))
			continue
		}
		edges := assess.Tenths()
		limit := max(r.MaxPSI, assess.PSICritical(len(edges)-1, len(then), len(now)).Value)
		psi := assess.PSI(assess.Histogram(then, edges), assess.Histogram(now, edges))
		out = append(out, check(name, psi, "<=", limit, fmt.Sprintf("%s moved by a PSI of %s since the sample, the limit is %.2f", f.Pillars[k], figure(psi, "%.3f"), limit)))
	}
	return out
}

// decide applies the gates and finishes the weights. Recalibrate is decided
// later, from the cut-offs and the map of the weights kept here.
func (g gather) decide(centre []float64) Decision {
	d := Decision{Verdict: Keep, Gates: g.gates(), Weights: centre, PerCent: perCent(centre), Change: make([]float64, len(centre))}
	d.LowEvidence = g.events < g.rules.FirmEvents
	var failed []string
	for _, gate := range d.Gates {
		if !gate.Passed {
			failed = append(failed, fmt.Sprintf("gate %d (%s): %s", gate.Number, gate.Name, gate.Reason))
		}
	}
	switch {
	case !g.refit.OK:
		d.Words = "Keep the current weights: they cannot be refitted, because " + g.refit.Why + "."
		return d
	case g.refit.Contrary:
		d.Words = "Keep the current weights: no pillar foretells churn in the expected direction, so there are no better weights to move to; look at the pillars themselves."
		return d
	case len(failed) > 0:
		d.Words = "Keep the current weights. Failed " + strings.Join(failed, ". Failed ") + "."
		return d
	}
	shrunk := make([]float64, len(centre))
	for k, p := range g.refit.Pillars {
		shrunk[k] = p.Shrunk.Value
	}
	var capped []float64
	capped, d.Capped = capChange(centre, shrunk, g.rules.MaxChange)
	d.Verdict, d.PerCent = Propose, perCent(capped)
	d.Weights = fromPerCent(d.PerCent)
	moves := make([]string, len(centre))
	for k, p := range g.refit.Pillars {
		d.Change[k] = d.Weights[k] - centre[k]
		moves[k] = fmt.Sprintf("%s %.0f%% to %d%%", p.Name, 100*centre[k], d.PerCent[k])
	}
	d.Words = "Propose new weights: " + strings.Join(moves, ", ") + "."
	if d.LowEvidence {
		d.Words += fmt.Sprintf(" The evidence is low: %s, under %d.", ByKind(g.events, g.partial, "churned accounts"), g.rules.FirmEvents)
	}
	return d
}
