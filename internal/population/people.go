package population

import (
	"fmt"
	"slices"
)

// LeaveOutPeople replaces the names of owners by numbers, in the order of the
// names, and drops their addresses, so that nothing written from the table names
// a person. Accounts of one owner stay together.
func (t *Table) LeaveOutPeople() {
	names := slices.Clone(t.Owner)
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(s string) bool { return s == "" })
	number := make(map[string]string, len(names))
	for i, n := range names {
		number[n] = fmt.Sprintf("Owner %0*d", len(fmt.Sprint(len(names))), i+1)
	}
	for i, o := range t.Owner {
		t.Owner[i] = number[o]
		t.OwnerEmail[i] = ""
	}
}
