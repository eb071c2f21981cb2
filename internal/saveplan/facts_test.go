package saveplan_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/intake"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/saveplan"
	"accounthealth/internal/source"
)

// TestReadFacts: a ticket that is there twice is one, whoever holds a seat from the
// later day is named whatever the order of rows, and nothing after the day counts.
func TestReadFacts(t *testing.T) {
	type row = intaketest.Row
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	ticket := func(id, opened string, closed any) row {
		r := row{"account_id": "A", "ticket_id": id, "opened_at": opened, "escalated": true}
		if closed != nil {
			r["closed_at"] = closed
		}
		return r
	}
	contact := func(role, name, since string, left any) row {
		r := row{"account_id": "A", "role": role, "name": name, "since": since}
		if left != nil {
			r["left_at"] = left
		}
		return r
	}
	rows := map[string][]row{
		"tickets": {
			ticket("1", "2026-03-01", nil), ticket("1", "2026-03-01", nil), ticket("2", "2026-03-01", "2026-03-15"),
			ticket("3", "2026-03-15", "2026-03-16"), ticket("4", "2026-03-16", nil),
			// Of two rows of one ticket the one that is known by the day counts.
			ticket("6", "2026-03-17", nil), ticket("6", "2026-03-02", nil),
			{"account_id": "A", "ticket_id": "7", "opened_at": "2026-03-01", "escalated": true, "available_at": "2026-03-16"},
			{"account_id": "B", "ticket_id": "5", "opened_at": "2026-03-01", "escalated": true},
		},
		"contacts": {
			contact("sponsor", "Late", "2026-02-01", nil), contact("sponsor", "Early", "2025-01-01", nil), contact("sponsor", "Next", "2026-03-16", nil),
			contact("champion", "Left last", "2024-01-01", "2026-03-01"), contact("champion", "Left first", "2024-01-01", "2025-03-01"),
		},
		"usage": {
			{"account_id": "A", "date": "2026-03-15", "licensed_seats": 60},
			{"account_id": "A", "date": "2026-03-14", "licensed_seats": 50},
			{"account_id": "A", "date": "2026-03-16", "licensed_seats": 70},
		},
		"opportunities": {
			{"account_id": "A", "kind": "expansion", "opened_at": "2026-01-01", "amount": 1000},
			{"account_id": "A", "kind": "upgrade", "opened_at": "2026-01-01", "amount": 500},
			{"account_id": "A", "kind": "renewal", "opened_at": "2026-01-01", "amount": 7},
			{"account_id": "A", "kind": "expansion", "opened_at": "2026-01-01", "closed_at": "2026-03-15", "amount": 9},
		},
	}
	lookup := func(id string) int32 { return int32(slices.Index([]string{"B", "A"}, id)) }
	read := func(layout source.Layout, people, backwards bool) saveplan.Facts {
		inputs := map[string]intake.Input{}
		for name, list := range rows {
			list = slices.Clone(list)
			if backwards {
				slices.Reverse(list)
			}
			in := intaketest.Input(mem, intake.ForLayout(source.Find(name), source.Events), layout, list...)
			inputs[name] = in
		}
		facts, err := saveplan.ReadFacts(context.Background(), inputs, []int32{1}, lookup, asOf, people)
		if err != nil || len(facts) != 1 {
			t.Fatal(facts, err)
		}
		return facts[1]
	}
	for _, backwards := range []bool{false, true} {
		f := read(source.Events, true, backwards)
		if f.Escalations != 3 || f.Discussions != 2 || f.Expansion != 1500 || f.Seats != 60 || f.Sponsor != "Late" || f.Champion != "" || f.Gone != "Left last" {
			t.Errorf("%+v", f)
		}
	}
	if f := read(source.Events, false, false); f.Sponsor != "" || f.Gone != "" || f.Seats != 60 {
		t.Errorf("names are left out: %+v", f)
	}
	if f := read(source.Snapshot, true, false); f.Escalations != 0 || !math.IsNaN(f.Seats) {
		t.Errorf("copies of rows are no facts: %+v", f)
	}
}
