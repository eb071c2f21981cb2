package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// False reds are by account with the greatest ARR that is known of it, the largest
// account first and those of unknown ARR last; their rows are by date.
func TestKeptAccounts(t *testing.T) {
	a := &auditRecord{row: map[int32]auditRow{
		0: {ID: "a", Date: "2025-06-30", ARR: amountOf(5)}, 1: {ID: "b", Date: "2025-03-31", ARR: nil},
		2: {ID: "a", Date: "2025-03-31", ARR: nil}, 3: {ID: "c", Date: "2025-03-31", ARR: nil},
		4: {ID: "a", Date: "2025-09-30", ARR: amountOf(3)}, 5: {ID: "b", Date: "2025-06-30", ARR: amountOf(7)},
	}}
	got := fmt.Sprint(a.keptAccounts([]int32{0, 1, 2, 3, 4, 5}))
	if want := "[{[1 5] 7} {[2 0 4] 5} {[3] NaN}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An ARR that nobody knows is none in JSON and in print, and neither is what was
// lost of it.
func TestUnknownARRInTheAudit(t *testing.T) {
	a := &auditRecord{KnowsARR: true}
	r := auditRow{ARR: amountOf(math.NaN())}
	if b, err := json.Marshal(r); err != nil || !strings.Contains(string(b), `"arr":null`) {
		t.Errorf("%s %v", b, err)
	}
	if got := a.lostOf(r, 0) + " of " + a.amount(r.paid()); got != "~ of ~" {
		t.Error(got)
	}
	r.ARR = amountOf(12)
	if got := a.lostOf(r, 7) + " of " + a.amount(r.paid()); got != "7 of 12" {
		t.Error(got)
	}
}
