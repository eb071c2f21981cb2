package quality

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
)

// The gates, by the name that --allow takes.
const (
	GateLimits  = "limits"
	GateRows    = "rows"
	GateFresh   = "freshness"
	GateZero    = "zero"
	GateTieOut  = "tie-out"
	GateControl = "control-totals"
	// GateScored asks that anybody has a score.
	GateScored = "population"
)

// GateNames lists every gate.
func GateNames() []string {
	return []string{GateLimits, GateRows, GateFresh, GateZero, GateTieOut, GateControl, GateScored}
}

// gates completes the failed gates of the sources with those that passed.
func (in *Input) gates(failed []portfolio.GateRow) []portfolio.GateRow {
	out := slices.Clone(failed)
	for _, name := range []string{GateLimits, GateRows, GateFresh, GateZero} {
		if !slices.ContainsFunc(out, func(g portfolio.GateRow) bool { return g.Gate == name }) {
			out = append(out, portfolio.GateRow{Gate: name, Figure: "every source", Threshold: "as set", Passed: true})
		}
	}
	out = append(out, portfolio.GateRow{
		Gate: GateTieOut, Figure: fmt.Sprintf("difference %d accounts, %.2f ARR", in.Tie.DifferenceAccounts, in.Tie.DifferenceARR),
		Threshold: "0", Passed: in.Tie.DifferenceAccounts == 0 && in.Tie.DifferenceARR == 0,
	})
	scored := portfolio.GateRow{Gate: GateScored, Threshold: "at least one account with a score"}
	var paying, n int64
	for _, c := range in.Classes {
		switch c.Class {
		case "Scored", "Onboarding":
			n += c.Accounts
			paying += c.Accounts
		case "Not scored", "In notice":
			paying += c.Accounts
		}
	}
	scored.Figure, scored.Passed = fmt.Sprintf("%d of %d paying accounts have a score, of %d in the export", n, paying, in.Tie.Accounts), n > 0
	if n == 0 && in.View != nil {
		scored.Figure += " as of " + day.Format(in.AsOf)
	}
	out = append(out, scored)
	controls := in.controls()
	for _, c := range controls {
		if !c.Passed {
			out = append(out, portfolio.GateRow{Gate: GateControl, Figure: controlText(c), Threshold: "within the tolerance"})
		}
	}
	if len(controls) > 0 && !slices.ContainsFunc(out, func(g portfolio.GateRow) bool { return g.Gate == GateControl }) {
		out = append(out, portfolio.GateRow{Gate: GateControl, Figure: "every figure of finance", Threshold: "within the tolerance", Passed: true})
	}
	for i := range out {
		out[i].Allowed = slices.Contains(in.Allowed, out[i].Gate)
	}
	slices.SortStableFunc(out, func(a, b portfolio.GateRow) int { return cmp.Compare(a.Gate, b.Gate) })
	return out
}

// stop returns an error for every failed gate that is not allowed.
func stop(gates []portfolio.GateRow) error {
	var errs []error
	for _, g := range gates {
		if !g.Passed && !g.Allowed {
			errs = append(errs, diag.Errorf(diag.Gate, "gate "+g.Gate, fmt.Sprintf("mend the export, or publish all the same with --allow %s", g.Gate),
				"%s; required: %s", g.Figure, g.Threshold))
		}
	}
	return errors.Join(errs...)
}
