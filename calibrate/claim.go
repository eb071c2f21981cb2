package calibrate

import (
	"fmt"
	"math"

	"accounthealth/calibrate/assess"
)

// ClaimLevel is how much a report may say about the score.
type ClaimLevel string

const (
	// OrderOnly: lower scores may be called riskier than higher ones, no rate.
	OrderOnly ClaimLevel = "order only"
	// ObservedRates: the churn rate that each status had, always with its counts.
	ObservedRates ClaimLevel = "observed rates"
	// Probabilities: the probability of a single account.
	Probabilities ClaimLevel = "probabilities"
)

// Claim is which words the figures of a Result allow. Every report follows it.
type Claim struct {
	Level  ClaimLevel `json:"level"`
	Words  string     `json:"words"`  // what may be said, and how
	Reason string     `json:"reason"` // why not more; empty at the highest level
	Checks []Check    `json:"checks"` // in the order of the levels
	// Counts is the score in force in the counts a leadership page uses. Empty
	// without cut-offs or churned accounts.
	Counts string `json:"counts,omitempty"`
	// Alerts is how many of all scores were flagged: of the sample, or of the
	// portfolio that it was taken from where that is given.
	Alerts assess.Share `json:"alerts"`
}

// minStatusEvents is how many churned accounts make a status' rate worth
// printing.
const minStatusEvents = 8

// The out-of-fold figures between which probabilities count as calibrated.
const (
	minRatio = 0.8
	maxRatio = 1.25
	maxOff   = 0.25
	// laterP is smaller than MaxP: the test on the last date does not know how
	// uncertain the map fitted before it is.
	laterP = 0.01
)

// claim applies the gate: rates need falling rates and eight churned accounts in
// every status; probabilities need that, and a map that held on accounts it had
// not seen.
func claim(r *Result, kinds int, o Options, events eventKinds) Claim {
	auc := r.Evidence[0].Measures[len(r.Pillars)].AUC
	c := claimOf(auc, r.Statuses, probabilityChecks(r.Probability, kinds, o.Rules))
	if n := flaggedStatuses(o); n > 0 && len(r.Curves.AtCuts) >= n {
		f := r.Curves.AtCuts[n-1].Flagged
		c.Alerts = f.Alerts
		if o.ThenScore != nil {
			c.Alerts = shareBelow(o.ThenScore, o.Cuts[n-1])
		}
		c.Counts = inCounts(f, events, " (below "+fmt.Sprintf("%g", o.Cuts[n-1])+")", flaggedOfAll(c.Alerts, o.ThenScore != nil))
	}
	return c
}

// claimOf applies the gate to a score's AUC, its statuses and the checks of its
// probabilities.
func claimOf(auc assess.Estimate, statuses Statuses, probable Gate) Claim {
	c := Claim{Level: OrderOnly}
	bound := assess.Undefined("the score's AUC has no interval")
	if auc.Interval {
		bound = assess.Defined(auc.Lo)
	}
	order := check("lower end of the score's AUC", bound, ">", 0.5, fmt.Sprintf("the interval of the score's AUC begins at %s, chance is 0.5", figure(bound, "%.3f")))

	least := assess.Undefined(statuses.Why)
	riskiest := ""
	for _, s := range statuses.Rows {
		if s.Rate.N > 0 && (!least.OK || float64(s.ChurnedAccounts) < least.Value) {
			least, riskiest = assess.Defined(float64(s.ChurnedAccounts)), s.Label
		}
	}
	events := check("churned accounts in the status with the fewest", least, ">=", minStatusEvents,
		fmt.Sprintf("%s has %s churned account(s), every status needs %d", riskiest, figure(least, "%.0f"), minStatusEvents))
	monotone := Check{Name: "rates fall from status to status", Relation: ">=", Threshold: 1, Assessed: true, Reason: "the churn rates do not fall from each status to the next"}
	monotone.Value = assess.Defined(indicator(statuses.Monotone))
	if monotone.Passed = statuses.Monotone; monotone.Passed {
		monotone.Reason = "the churn rates fall from each status to the next"
	}

	c.Checks = append([]Check{order, events, monotone}, probable.Checks...)
	rates := gate(0, "", events, monotone)
	switch {
	case rates.Passed && order.Passed && probable.Passed:
		c.Level = Probabilities
		c.Words = "The churn probability of an account may be given, in per cent and with the period it is about. It held on accounts that the map had not seen."
	case rates.Passed && order.Passed:
		c.Level, c.Reason = ObservedRates, "no probabilities: "+probable.Reason
		c.Words = "Say what share of each status churned, always with the counts; give no account a probability."
	default:
		c.Reason = "no rates: " + rates.Reason
		if rates.Passed {
			c.Reason = "no rates: " + order.Reason
		}
		c.Words = "Say that lower scores are riskier than higher ones, and no rate."
		if !order.Passed {
			c.Words = "Call the score an order of attention that these data have not confirmed; give no rate."
			if auc.Interval && auc.Hi < 0.5 {
				c.Words = "Do not call low scores riskier: in these data they churned less."
			}
		}
	}
	return c
}

// probabilityChecks asks whether a map held: on accounts it had not seen, in each
// tenth of them, and on a later date (where there is one with enough churn). The
// last two fail only where the map is off both beyond chance and by more than
// matters, since in a large sample any map is off beyond chance.
//
// Where rows are of several kinds no probability is about one stretch of time.
func probabilityChecks(p Probability, kinds int, r Rules) Gate {
	one := Check{Name: "kinds of rows", Value: assess.Defined(float64(max(1, kinds))), Relation: "<=", Threshold: 1, Assessed: true, Passed: kinds <= 1}
	one.Reason = fmt.Sprintf("the rows are of %d kinds, whose outcome windows differ, so one probability would not say over which time", kinds)
	if one.Passed {
		one.Reason = "the rows are of one kind"
	}
	ratio := check("churned over expected, out of fold", p.Line.Ratio, "<=", maxRatio,
		fmt.Sprintf("%s times as many accounts churned as said, %.2f to %.2f is needed", figure(p.Line.Ratio, "%.2f"), minRatio, maxRatio))
	ratio.Passed = ratio.Passed && p.Line.Ratio.Value >= minRatio
	test := assess.Number{Value: p.Test.P, OK: p.Test.OK, Why: p.Test.Why}
	fits := check("p of intercept 0 and slope 1, out of fold", test, ">=", r.MaxP,
		fmt.Sprintf("that the probabilities are right on accounts not seen has p = %s, at least %.2f is needed", figure(test, "%.3f"), r.MaxP))

	off := p.ECE // as a share of the churn rate
	if off.OK && p.Brier.OK {
		churned, n := 0, 0
		for _, b := range p.Table {
			churned, n = churned+b.Rate.Churned, n+b.Rate.N
		}
		off.Value *= float64(n) / float64(max(1, churned))
	}
	tenths := check("distance of the tenths from what was said, over the churn rate", off, "<=", maxOff,
		fmt.Sprintf("the tenths of the accounts are off by %s of the churn rate (p = %.3f); over %.2f beyond chance is too much", figure(off, "%.2f"), p.HosmerLemeshow.P, maxOff))
	tenths.Passed = tenths.Passed || off.OK && p.HosmerLemeshow.OK && p.HosmerLemeshow.P >= r.MaxP

	later := check("churned over expected on the last date", p.Later.Line.Ratio, "<=", maxRatio,
		fmt.Sprintf("on the last date %d churned where %.1f were said (p = %.3f); outside %.2f to %.2f beyond chance is too far", p.Later.Churned, p.Later.Expected, p.Later.Test.P, minRatio, maxRatio))
	later.Passed = later.Passed && later.Value.Value >= minRatio || p.Later.Test.OK && p.Later.Test.P >= laterP
	if p.OK && (!p.Later.OK || p.Later.Churned < minStatusEvents) {
		later = unassessed(later, fmt.Sprintf("the last date has %d churned, or there is no earlier one", p.Later.Churned))
	}
	if !one.Passed {
		return gate(0, "", one, ratio, fits, tenths, later)
	}
	return gate(0, "", ratio, fits, tenths, later)
}

// shareBelow counts the scores under a cut-off, of those that are there.
func shareBelow(score []float64, cut float64) assess.Share {
	n, below := 0, 0
	for _, s := range score {
		if !math.IsNaN(s) {
			n++
			below += int(indicator(s < cut))
		}
	}
	return assess.ShareOf(below, n)
}

// flaggedStatuses is how many of the riskiest statuses count as flagged.
func flaggedStatuses(o Options) int {
	if o.FlaggedStatuses > 0 {
		return o.FlaggedStatuses
	}
	return len(o.Labels) / 2
}
