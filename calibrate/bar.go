package calibrate

import (
	"fmt"

	"accounthealth/calibrate/assess"
)

// Bars are what is asked of a score's accuracy. A zero field asks nothing.
type Bars struct {
	// Recall is the least share of churned rows that were flagged.
	Recall float64 `json:"recall"`
	// Lift is the least churn rate of flagged rows over the base rate.
	Lift float64 `json:"lift"`
	// Alerts is the largest share of all scores that may be flagged: whoever flags
	// everybody misses nobody.
	Alerts float64 `json:"alerts"`
	// AUC is the least area under the curve.
	AUC float64 `json:"auc"`
	// Monotone asks that churn falls from each status to the next.
	Monotone bool `json:"monotone"`
}

// Against judges the kind by the bars: one check each that is asked for, in the
// order of Bars. A check that does not pass is worse than the bar as counted; its
// reason says with the interval whether chance alone could have made it so. What
// cannot be computed is not assessed and does not fail.
func (k *KindAudit) Against(b Bars) []Check {
	out := []Check{}
	share := func(name string, s assess.Share, relation string, bar float64) {
		reason := fmt.Sprintf("%d of %d (%.0f%%, interval %.0f%% to %.0f%%), the bar is %.0f%%", s.Count, s.Of, 100*s.Share.Value, 100*s.Lo.Value, 100*s.Hi.Value, 100*bar)
		out = append(out, judged(check(name, s.Share, relation, bar, reason)))
	}
	if b.Recall > 0 {
		share("churned rows that were flagged", k.Flagged.Recall, ">=", b.Recall)
	}
	if b.Lift > 0 {
		p := k.Flagged.Precision
		base := "the base rate"
		if k.severalKinds {
			base = "the rate of rows of the same kinds"
		}
		out = append(out, judged(check("churn of flagged rows over the base rate", k.Flagged.Lift, ">=", b.Lift,
			fmt.Sprintf("%d of %d flagged churned, %.2f times %s, the bar is %.2f", p.Count, p.Of, k.Flagged.Lift.Value, base, b.Lift))))
	}
	if b.Alerts > 0 {
		share("rows that were flagged", k.Alerts, "<=", b.Alerts)
	}
	if b.AUC > 0 {
		interval := fmt.Sprintf("interval %.3f to %.3f", k.AUC.Lo, k.AUC.Hi)
		if !k.AUC.Interval {
			interval = "without an interval"
		}
		out = append(out, judged(check("AUC", assess.Number{Value: k.AUC.Value, OK: k.AUC.OK, Why: k.AUC.Why}, ">=", b.AUC,
			fmt.Sprintf("%.3f over %d rows (%s), the bar is %.3f", k.AUC.Value, k.AUC.N, interval, b.AUC))))
	}
	if b.Monotone {
		value := assess.Defined(indicator(k.Statuses.Monotone))
		if k.Base.Churned == 0 {
			value = assess.Undefined("nobody churned")
		}
		reason := "churn falls from each status to the next"
		if !k.Statuses.Monotone {
			reason = "churn does not fall from each status to the next"
		}
		out = append(out, judged(check("churn falls from status to status", value, ">=", 1, reason)))
	}
	return out
}

// judged leaves a figure that does not exist unjudged.
func judged(c Check) Check {
	if !c.Value.OK {
		return unassessed(c, c.Value.Why)
	}
	return c
}
