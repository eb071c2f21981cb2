package job

import (
	"fmt"
	"slices"
	"strings"

	"accounthealth/calibrate"
	"accounthealth/internal/plan"
)

// keepReasons says in plain words why a failed gate keeps the weights, by gate.
var keepReasons = map[int]func(c *calibrate.Result) string{
	1: func(c *calibrate.Result) string {
		if c.Power.Missing <= 0 {
			return "what the pillars tell of churn is too weak to hold up on other accounts"
		}
		return fmt.Sprintf("%s are too few to move them", lostAccounts(c))
	},
	2: func(c *calibrate.Result) string {
		return fmt.Sprintf("the %s give no clear sign that they are wrong", lostAccounts(c))
	},
	3: func(c *calibrate.Result) string {
		for _, g := range c.Decision.Gates {
			if g.Number == 3 && slices.ContainsFunc(g.Checks, func(x calibrate.Check) bool { return !x.Passed && !x.Value.OK }) {
				return "a figure that would show whether other weights order accounts better is not known"
			}
		}
		return "other weights would not have ordered accounts noticeably better"
	},
	4: func(c *calibrate.Result) string { return "the weights that fit best differ too little to matter" },
	5: func(c *calibrate.Result) string {
		return "today's portfolio differs too much from the past that other weights would rest on"
	},
}

// lostAccounts counts the accounts with a loss; those that lost a part apart.
func lostAccounts(c *calibrate.Result) string {
	noun := "lost accounts"
	if c.Sample.PartialAccounts > 0 {
		noun = "accounts with a loss"
	}
	return calibrate.ByKind(c.Sample.ChurnedAccounts, c.Sample.PartialAccounts, noun)
}

// sentence is the verdict for leadership, in counts and without the names of
// statistics: what is proposed, and how many of the lost accounts the score had
// flagged.
func (r *Result) sentence() string {
	c := r.Calibration
	verdict := ""
	switch c.Decision.Verdict {
	case calibrate.Propose:
		verdict = "Other weights are proposed: " + r.changes() + "."
	default:
		verdict = "Keep the current weights"
		if !c.Refit.OK {
			verdict += ": they cannot be judged, because " + c.Refit.Why + "."
			break
		}
		if c.Refit.Contrary {
			verdict += ": no pillar foretold churn in the expected direction."
			break
		}
		for _, g := range c.Decision.Gates {
			if !g.Passed {
				verdict += ": " + keepReasons[g.Number](c)
				break
			}
		}
		if c.Decision.Verdict == calibrate.Recalibrate {
			verdict += ". A status cut-off should move"
		}
		verdict += "."
	}
	return verdict + r.flagged()
}

// pillar returns the plan's pillar behind one of the calibration.
func (r *Result) pillar(k int) *plan.Pillar { return &r.Job.Framework.Plan.Pillars[r.pillars[k]] }

// changes lists the weights that would change.
func (r *Result) changes() string {
	var parts []string
	for k := range r.Calibration.Pillars {
		p := r.pillar(k)
		if d := r.Calibration.Decision.Change[k]; d > 1e-9 || d < -1e-9 {
			parts = append(parts, fmt.Sprintf("%s %.0f%% to %.0f%%", p.Label, r.Calibration.Current[k]*100, r.Calibration.Decision.Weights[k]*100))
		}
	}
	return strings.Join(parts, ", ")
}

// flagged says how many losses the score had flagged when it was taken, always with
// the share of all scores that it flags.
func (r *Result) flagged() string {
	bands := r.Job.Framework.Plan.Rules[0].Bands
	worst := ""
	for _, b := range bands {
		if b.AtRisk {
			worst = b.Name
			break
		}
	}
	var hit, losses, parts int
	for _, s := range r.Calibration.Statuses.Rows {
		for _, b := range bands {
			if b.Name == s.Label && b.AtRisk {
				hit += s.Rate.Churned
			}
		}
		losses += s.Rate.Churned
		parts += s.Parts
	}
	if losses == 0 || !r.Calibration.Claim.Alerts.Share.OK || worst == "" {
		return ""
	}
	split := ""
	if parts > 0 {
		split = fmt.Sprintf(" (%d accounts that left, %d that lost a part)", losses-parts, parts)
	}
	s := r.Scores.Dates.Sampling
	had := fmt.Sprintf("Of the %d losses%s that could be judged, %d had", losses, split, hit)
	switch {
	case losses == 1 && hit == 1:
		had = "The one loss that could be judged had"
	case losses == 1:
		had = "The one loss that could be judged had not"
	}
	return fmt.Sprintf(" %s been flagged %s or worse %s; %.0f%% of %s were.", had, worst, s.Scored(), 100*r.Calibration.Claim.Alerts.Share.Value, s.All())
}
