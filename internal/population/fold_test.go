package population

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/intake/intaketest"
)

// folded loads with merged ids, or with children rolled up where merged is nil.
func folded(t *testing.T, accounts, subscriptions, churn, merged []row) (*Table, *diag.Tally, error) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	input := func(name string, rows []row) *intake.Input {
		if rows == nil {
			return nil
		}
		in := intaketest.Canonical(mem, name, rows...)
		return &in
	}
	s, found := settings(), &diag.Tally{}
	s.Merged, s.RollUp = input("merged_ids", merged), merged == nil
	table, err := Load(context.Background(), input("accounts", accounts), input("subscriptions", subscriptions), input("churn", churn), s, found)
	return table, found, err
}

func describe(t *Table) (out []string) {
	for i, id := range t.ID {
		out = append(out, fmt.Sprintf("%s %s %v", id, t.Name[i], t.ARRToday[i]))
	}
	return out
}

func TestMergedIDsCountForTheNewOne(t *testing.T) {
	table, _, err := folded(t,
		[]row{
			{"account_id": "new", "arr": 100.1, "start_date": "2024-01-01"},
			{"account_id": "old", "account_name": "Old", "arr": 20.2, "start_date": "2022-01-01"},
			{"account_id": "gone1", "account_name": "Gone", "arr": 1},
			{"account_id": "gone2", "arr": 2},
			{"account_id": "later", "arr": 5},
		},
		[]row{
			{"account_id": "old", "subscription_id": "s1", "start": "2025-01-01", "arr": 20.2},
			{"account_id": "older", "subscription_id": "s2", "start": "2023-01-01", "arr": 3},
			{"account_id": "new", "subscription_id": "s3", "start": "2025-01-01", "arr": 100.1},
		},
		[]row{{"account_id": "old", "decision_date": "2026-01-10", "end_date": "2026-01-31", "kind": "logo"}},
		[]row{
			{"old_id": "older", "new_id": "old", "merged_at": "2025-06-01"},
			{"old_id": "old", "new_id": "x", "merged_at": "2025-01-01"}, // an earlier day, overruled
			{"old_id": "old", "new_id": "new", "merged_at": "2026-02-01"},
			{"old_id": "gone1", "new_id": "abroad"},
			{"old_id": "gone2", "new_id": "abroad"},
			{"old_id": "later", "new_id": "new", "merged_at": "2026-07-01"}, // not yet
		})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"abroad Gone 3", "later  5", "new Old 120.3"}, describe(table)); diff != "" {
		t.Error(diff)
	}
	if table.Start[2] != on("2022-01-01") {
		t.Errorf("start %d", table.Start[2])
	}
	if want := (Folded{Merged: 2, Pending: 1}); table.Folded != want {
		t.Errorf("%+v, want %+v", table.Folded, want)
	}
	for id, want := range map[string]int32{"older": 2, "old": 2, "new": 2, "gone1": 0, "gone2": 0, "abroad": 0, "later": 1, "x": -1} {
		if got := table.Lookup(id); got != want {
			t.Errorf("%s is row %d, want %d", id, got, want)
		}
	}
	if len(table.Terms) != 3 || table.Terms[0].Account != 2 {
		t.Errorf("terms %+v", table.Terms)
	}
	if len(table.Losses) != 1 || table.Losses[0].Logo {
		t.Errorf("the account lives on under another id, but: %+v", table.Losses)
	}
	v := table.At(on("2026-06-30"), false)
	if v.Class[2] != Customer || v.ARR[2] != 123.3 {
		t.Errorf("class %v, ARR %v", v.Class[2], v.ARR[2])
	}
}

func TestMergedIDsThatCannotBe(t *testing.T) {
	for want, merged := range map[string][]row{
		"in a circle: a → b → c":                    {{"old_id": "a", "new_id": "b"}, {"old_id": "b", "new_id": "c"}, {"old_id": "c", "new_id": "a"}},
		"merged into c, and by part-0 row 1 into b": {{"old_id": "a", "new_id": "b"}, {"old_id": "a", "new_id": "c"}},
	} {
		_, _, err := folded(t, []row{{"account_id": "a"}}, nil, nil, merged)
		if diag.ClassOf(err) != diag.Data || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestChildrenRollUp(t *testing.T) {
	table, found, err := folded(t,
		[]row{
			{"account_id": "child", "parent_id": "mid", "arr": 1.1, "renewal_date": "2026-09-01"},
			{"account_id": "mid", "parent_id": "top", "arr": 2.2, "renewal_date": "2026-01-01"},
			{"account_id": "top", "account_name": "Top", "renewal_date": "2027-01-01"},
			{"account_id": "demo", "parent_id": "top", "arr": 50, "lifecycle_stage": "Trial"},
			{"account_id": "ring1", "parent_id": "ring2", "arr": 7},
			{"account_id": "ring2", "parent_id": "ring1", "arr": 8},
			{"account_id": "below", "parent_id": "ring1", "arr": 1},
			{"account_id": "self", "parent_id": "self", "arr": 9},
			{"account_id": "lone", "parent_id": "nobody", "arr": 10},
		}, nil, []row{
			{"account_id": "child", "decision_date": "2026-02-01", "kind": "logo", "arr_before": 1.1},
			{"account_id": "mid", "decision_date": "2026-03-01", "kind": "logo", "arr_before": 2.2, "arr_lost": 2},
			{"account_id": "lone", "decision_date": "2026-03-01", "kind": "downsell", "arr_before": 10},
			{"account_id": "below", "decision_date": "2026-03-01", "kind": "logo"},
		}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"demo  50", "lone  10", "ring1  8", "ring2  8", "self  9", "top Top 3.3"}, describe(table)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"accounts.parent_id no_parent 1", "accounts.parent_id parent_circle 2"}, counts(found)); diff != "" {
		t.Error(diff)
	}
	if top := table.Lookup("child"); table.Renewal[top] != on("2026-09-01") || table.Folded.RolledUp != 3 {
		t.Errorf("renewal %d, %+v", table.Renewal[top], table.Folded)
	}
	var got []string
	for _, l := range table.Losses {
		got = append(got, fmt.Sprint(table.ID[l.Account], " ", l.Logo, " ", l.Member, " ", l.Amount()))
	}
	// Both members that paid are lost: the last loss ends the family. Of a member that
	// left, what it paid is lost; a part of unknown size stays unknown.
	if diff := cmp.Diff([]string{"lone false false NaN", "ring1 false true NaN", "top false true 1.1", "top true true 2"}, got); diff != "" {
		t.Error(diff)
	}
}
