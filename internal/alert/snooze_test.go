package alert_test

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/alert"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/intake/intaketest"
)

// TestReadSnoozes: one sound row; every other row has one defect, which is counted
// and holds nothing back.
func TestReadSnoozes(t *testing.T) {
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	row := func(changes ...any) intaketest.Row {
		r := intaketest.Row{"account_id": "A", "alert": "champion_left", "set_at": "2026-06-01", "until": "2026-07-15", "reason": "successor comes", "author": "Ana"}
		for i := 0; i < len(changes); i += 2 {
			r[changes[i].(string)] = changes[i+1]
		}
		return r
	}
	in := intaketest.Canonical(
		memory.NewGoAllocator(), "snoozes", row(), row("alert", nil), row("account_id", "Z"), row("account_id", nil), row("until", nil),
		row("until", "2026-05-01"), row("reason", nil), row("alert", "champion_lost"), row("set_at", nil),
	)
	lookup := func(id string) int32 {
		if id == "A" {
			return 3
		}
		return -1
	}
	found := &diag.Tally{}
	got, err := alert.ReadSnoozes(context.Background(), &in, fw.Plan, lookup, june, found)
	if err != nil || len(got) != 2 || got[0].Account != 3 || got[0].Rule != "champion_left" || got[1].Rule != "" || got[0].To != intaketest.Day("2026-07-15") {
		t.Fatalf("%+v, %v", got, err)
	}
	var n int64
	for _, g := range found.Groups() {
		n += g.Count
	}
	if n != 7 {
		t.Errorf("%d findings: %+v", n, found.Groups())
	}
}
