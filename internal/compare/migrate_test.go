package compare

import (
	"fmt"
	"math"
	"testing"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
)

// Four counted accounts and one that is not: the matrix, its ARR to the cent and
// the order of those that moved are worked by hand.
func TestMigrate(t *testing.T) {
	two := &plan.Plan{Rules: []plan.Rules{{Bands: []plan.Band{{Name: "Good"}, {Name: "Bad"}}}}}
	three := &plan.Plan{Rules: []plan.Rules{{Bands: []plan.Band{{Name: "Good"}, {Name: "Fair"}, {Name: "Bad"}}}}}
	rules := make([]uint8, 5)
	old := &score.Result{Plan: two, Rules: rules, Tenths: []int32{800, 700, 300, -1, 900}, Status: []int8{0, 0, 1, -1, 0}}
	now := &score.Result{Plan: three, Rules: rules, Tenths: []int32{800, 650, 310, 500, 100}, Status: []int8{0, 1, 2, 1, 2}}
	m := Migrate(old, now, []float64{100, 10.01, 7, math.NaN(), 1e6}, func(i int) bool { return i < 4 })
	got := fmt.Sprint(m.From, m.To, m.Accounts, m.Cents, m.Moved, m.Rescored)
	want := "[Good Bad Not scored] [Good Fair Bad Not scored] [[1 1 0 0] [0 0 1 0] [0 1 0 0]] [[10000 1001 0 0] [0 0 700 0] [0 0 0 0]] " +
		"[{1 Good Fair 700 650 1001} {3 Not scored Fair -1 500 0}] 2"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
