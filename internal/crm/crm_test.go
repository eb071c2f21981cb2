package crm_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/crm"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
)

func account() portfolio.AccountRow {
	return portfolio.AccountRow{
		ID: "00123", CRMID: "0015f00000ABCdeQAD", Score: portfolio.Amount(52.3), Band: "At Risk", Colour: "orange", Trend: "Declining (Low)",
		Delta: portfolio.Amount(-11.2), Coverage: portfolio.Amount(0.9351), TopRisk: "=HYPERLINK(\"http://x\")", Play: "Intervene",
		PlayOwner: "Customer success manager", PlayDeadline: day.Of(2026, 7, 7), Escalate: "strategic account",
	}
}

func load(t *testing.T, system string) *plan.Plan {
	t.Helper()
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	p := *fw.Plan
	names := framework.CRMFor(system)
	p.CRM = &names
	return &p
}

// TestSystems: ids stay text of 18 characters, orange folds into yellow, a
// negative number stays a number, and text that would run as a formula does not.
func TestSystems(t *testing.T) {
	for system, want := range map[string]map[string]string{
		"plain":      {"crm_id": "0015f00000ABCdeQAD", "account_id": "00123", "health_color": "yellow", "health_status": "At Risk"},
		"salesforce": {"Id": "0015f00000ABCdeQAD", "Health_Score__c": "52.3", "Health_Delta__c": "-11.2", "Health_Top_Risk__c": `'=HYPERLINK("http://x")`},
		"hubspot":    {"hs_object_id": "0015f00000ABCdeQAD", "health_play_deadline": "2026-07-07", "health_coverage": "0.935", "health_row_key": "00123:2026-06-30"},
	} {
		p, a := load(t, system), account()
		var b strings.Builder
		if err := crm.CSV(&b, p, slices.Values([]crm.Row{crm.Of(p, day.Of(2026, 6, 30), &a)})); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
		if err != nil || len(lines) != 2 {
			t.Fatal(lines, err)
		}
		for name, v := range want {
			k := slices.Index(lines[0], name)
			if k < 0 || lines[1][k] != v {
				t.Errorf("%s: %s is not %q in %q", system, name, v, lines)
			}
		}
	}
}

// TestDigest: another date is no change, another status is.
func TestDigest(t *testing.T) {
	p, a := load(t, "plain"), account()
	first := crm.Of(p, 20_000, &a)
	if crm.Of(p, 20_001, &a).Digest != first.Digest {
		t.Error("another date counts as a change")
	}
	a.Band = "Critical"
	if crm.Of(p, 20_000, &a).Digest == first.Digest {
		t.Error("another status counts as none")
	}
	for in, want := range map[string]string{"": "", "a": "a", "+1": "'+1", "-x": "'-x", "@a": "'@a", "\tx": "'\tx", "\rx": "'\rx", "=1": "'=1"} {
		if got := crm.Inert(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
