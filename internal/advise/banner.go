package advise

import (
	"fmt"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
)

// Banner is what everything about an account in the worst status opens with:
// "EXECUTIVE ESCALATION: 4 months to the renewal, 3 critical risks"; "" in other
// statuses. renewal is the account's, day.None where it is not known.
func (a *Advice) Banner(row int, renewal int32) string {
	band := a.result.Band(row)
	if band == nil || !band.AtRisk || band.Min > 0 {
		return ""
	}
	critical := 0
	for _, r := range a.RisksOf(row) {
		if r.Severity == plan.Critical {
			critical++
		}
	}
	left := "no renewal date"
	if renewal != day.None {
		switch months := day.MonthsBetween(a.AsOf, renewal); {
		case renewal < a.AsOf:
			left = "renewal overdue"
		case months == 0:
			left = "renews within a month"
		case months == 1:
			left = "1 month to the renewal"
		default:
			left = fmt.Sprintf("%d months to the renewal", months)
		}
	}
	risks := fmt.Sprintf("%d critical risks", critical)
	if critical == 1 {
		risks = "1 critical risk"
	}
	return fmt.Sprintf("%s: %s, %s", strings.ToUpper(band.Action), left, risks)
}
