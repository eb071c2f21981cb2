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
	got := fmt.Sprint(m.From, m.To, m.Accounts, m.Cents, m.Unknown, m.Moved, m.Rescored)
	want := "[Good Bad Not scored] [Good Fair Bad Not scored] [[1 1 0 0] [0 0 1 0] [0 1 0 0]] [[10000 1001 0 0] [0 0 700 0] [0 0 0 0]] " +
		"[[0 0 0 0] [0 0 0 0] [0 1 0 0]] [{1 Good Fair 700 650 1001 true} {3 Not scored Fair -1 500 0 false}] 2"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if a := m.MovedARR(); a != (ARR{1001, 2, 1}) || *a.Value() != 10.01 {
		t.Errorf("moved %+v", a)
	}
	if a := m.Between(2, 1); a != (ARR{0, 1, 1}) || a.Value() != nil {
		t.Errorf("nobody's ARR is known: %+v", a)
	}
	if a := m.Between(2, 2); *a.Value() != 0 {
		t.Errorf("nobody pays nothing: %+v", a)
	}
}

// Accounts whose ARR is not known come after those that are known to pay nothing.
func TestMigrateUnknownLast(t *testing.T) {
	p := &plan.Plan{Rules: []plan.Rules{{Bands: []plan.Band{{Name: "Good"}, {Name: "Bad"}}}}}
	r := func(status int8) *score.Result {
		return &score.Result{Plan: p, Rules: make([]uint8, 3), Tenths: make([]int32, 3), Status: []int8{status, status, status}}
	}
	m := Migrate(r(0), r(1), []float64{math.NaN(), 0, 5}, func(int) bool { return true })
	if got := fmt.Sprint(m.Moved[0].Row, m.Moved[1].Row, m.Moved[2].Row); got != "2 1 0" {
		t.Error(got)
	}
}
