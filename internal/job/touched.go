package job

import (
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
)

// The headline figures by what they are made of.
var (
	amountKPIs  = []string{"ARR_at_risk", "Renewals_at_risk_90d", "GRR", "NRR"}
	statusKPIs  = []string{"ARR_at_risk", "Renewals_at_risk_90d"}
	renewalKPIs = []string{"Renewals_at_risk_90d"}
	pastKPIs    = []string{"Logo_retention", "GRR", "NRR"}
)

// touch puts every warning beside the headline figures it is about.
func touch(p *portfolio.Report) {
	add := func(text string, keys []string) {
		for i := range p.KPIs {
			k := &p.KPIs[i]
			if slices.Contains(keys, k.Key) && k.Now.Defined && !strings.Contains(k.Warning, text) {
				k.Warning = strings.TrimPrefix(k.Warning+"; "+text, "; ")
			}
		}
	}
	for _, w := range p.Warnings {
		switch w.Code {
		case "arr_unknown":
			add(w.Text, amountKPIs)
		case "depends_on_missing":
			add(w.Text, statusKPIs)
		case "renewal_passed":
			add(w.Text, renewalKPIs)
		}
	}
	for _, s := range p.Quality.Sources {
		if s.Verdict != portfolio.Fail {
			continue
		}
		text := s.Name + " failed a check: " + s.Reason
		switch s.Name {
		case "accounts":
			add(text, append(slices.Clone(amountKPIs), "Logo_retention", "Accounts_scored"))
		case "subscriptions":
			add(text, append(slices.Clone(pastKPIs), renewalKPIs...))
		default:
			add(text, statusKPIs)
		}
	}
}

// passedRenewals warns of renewal dates that lie in the past.
func passedRenewals(r *portfolio.Renewals) []diag.Warning {
	if r == nil {
		return nil
	}
	for _, w := range r.Windows {
		if w.Key == "passed" && w.Total.Accounts > 0 {
			return []diag.Warning{{Code: "renewal_passed", Subject: "renewals", Text: fmt.Sprintf(
				"%d accounts still pay past the renewal date on record: it was renewed or the date is stale; they are in no renewal window", w.Total.Accounts)}}
		}
	}
	return nil
}
