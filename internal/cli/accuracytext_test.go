package cli

import (
	"fmt"
	"math"
	"testing"
)

// False reds are by account with the greatest ARR that is known of it, the largest
// account first and those of unknown ARR last; their rows are by date.
func TestKeptAccounts(t *testing.T) {
	nan := math.NaN()
	a := &auditRecord{row: map[int32]auditRow{
		0: {ID: "a", Date: "2025-06-30", ARR: 5}, 1: {ID: "b", Date: "2025-03-31", ARR: nan},
		2: {ID: "a", Date: "2025-03-31", ARR: nan}, 3: {ID: "c", Date: "2025-03-31", ARR: nan},
		4: {ID: "a", Date: "2025-09-30", ARR: 3}, 5: {ID: "b", Date: "2025-06-30", ARR: 7},
	}}
	got := fmt.Sprint(a.keptAccounts([]int32{0, 1, 2, 3, 4, 5}))
	if want := "[{[1 5] 7} {[2 0 4] 5} {[3] NaN}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
