package reports

import (
	"testing"

	"accounthealth/internal/overrides"
	"accounthealth/internal/portfolio"
)

// Each policy's status and score stand in its own columns, beside the framework's;
// figures that do not exist are blank.
func TestMissingDataSheet(t *testing.T) {
	r := fixture(10)
	r.MissingPolicies = []portfolio.MissingPolicy{
		{Policy: "worst", Worse: portfolio.Amounts{Accounts: 1, ARR: 500}},
		{Policy: "best", Scored: portfolio.Amounts{Accounts: 1, ARR: 70}},
		{Policy: "neutral"},
	}
	weights := []portfolio.Figure{portfolio.Amount(.4), portfolio.Amount(.2), portfolio.Amount(.2), portfolio.Amount(.2)}
	r.MissingRows = []portfolio.MissingRow{
		{
			ID: "000100", Name: "Northwind", ARR: portfolio.Amount(500), Status: "Healthy", Score: portfolio.Amount(81.5),
			ByPolicy:      []string{"Healthy", "At Risk", "Healthy", "Monitor"},
			ScoreByPolicy: []portfolio.Figure{portfolio.Amount(81.5), portfolio.Amount(55), portfolio.Amount(90), portfolio.Amount(70)},
			Coverage:      portfolio.Amount(.8), Low: portfolio.Amount(55), High: portfolio.Amount(90), Weights: weights, Missing: []string{"NPS: stale", "CSAT: missing"},
		},
		{
			ID: "000107", Name: "Aldgate", ARR: portfolio.Amount(70), Status: "Not scored", ByPolicy: []string{"Not scored", "Not scored", "Healthy", "Not scored"},
			ScoreByPolicy: []portfolio.Figure{{}, {}, portfolio.Amount(88), {}}, Coverage: portfolio.Amount(.5), Weights: weights,
		},
	}
	r.Overrides = []portfolio.OverrideRow{{
		ID: "000100", Name: "Northwind", Target: "nps", Value: "9", Reason: "asked in person", Author: "Ana", From: asOf - 100, Until: portfolio.NoDay,
		State: overrides.InForce, Outcome: portfolio.NotBorneOut, Because: "6 was measured",
	}}
	f := open(t, portfolioBytes(t, r, Options{}))
	got := readTable(t, f, "Missing_data")
	expect(t, got, "Status", "Healthy", "Not scored")
	expect(t, got, "Status, worst", "At Risk", "Not scored")
	expect(t, got, "Score, best", 90.0, 88.0)
	expect(t, got, "Score, neutral", 70.0, "")
	expect(t, got, "Weight of Product", .4, .4)
	expect(t, got, "What is missing", "NPS: stale\nCSAT: missing", "")
	counts := readTable(t, f, "Missing_policies")
	expect(t, counts, "Worse status, accounts", 1.0, 0.0, 0.0)
	expect(t, counts, "Newly scored, ARR (USD)", 0.0, 70.0, 0.0)
	hand := readTable(t, f, "Set_by_hand")
	expect(t, hand, "Was it right?", portfolio.NotBorneOut)
	expect(t, hand, "Until", "")
	expect(t, hand, "State", "in force")
}
