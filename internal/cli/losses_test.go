package cli

import (
	"strings"
	"testing"

	"accounthealth/internal/job"
)

// Losses that state no amount are counted beside the amounts: 0 would read as if
// nothing was lost.
func TestLossesWithoutAnAmount(t *testing.T) {
	lines := []job.RecordLossLine{{Became: "event", Whole: true, Losses: 3, Unsized: 1, ARR: 40}, {Became: "too early", Losses: 2, Unsized: 2}}
	var b strings.Builder
	printLosses(&b, &job.RecordLosses{Currency: "EUR", Lines: lines, KnowsARR: true})
	for _, want := range []string{"losses  ARR, EUR  no amount", "3       40        1", "2       ~         2"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	b.Reset()
	lines[1].Reasons = []job.RecordReason{{Reason: "acquired", Losses: 2}}
	if printLosses(&b, &job.RecordLosses{Currency: "EUR", Lines: lines}); !strings.Contains(b.String(), "acquired 2 (no amount stated)") {
		t.Error(b.String())
	}
	lines = lines[:1]
	for k := range lines {
		lines[k].Unsized = 0
	}
	b.Reset()
	if printLosses(&b, &job.RecordLosses{Currency: "EUR", Lines: lines}); strings.Contains(b.String(), "no amount") || strings.Contains(b.String(), "~") {
		t.Error(b.String())
	}
}
