package signal

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// Given is what somebody states about one signal: a number, or a word's index,
// used only when State is Known.
type Given struct {
	State State
	Value float64
}

// FromGiven makes a snapshot of stated values, at(row, sig) for each of the rows
// and signals of the plan. Numbers are rounded as computed ones are. collected
// says which signals a source is mapped for, nil that all are. No row is flawed
// and no rows of any source stand behind the values, which have no day of their
// own. The snapshot must be released.
func FromGiven(p *plan.Plan, asOf int32, rows int, collected []bool, at func(row, sig int) Given) *Snapshot {
	s := &Snapshot{AsOf: asOf, Plan: p, Flawed: make([]bool, rows), Collected: slices.Clone(collected)}
	if s.Collected == nil {
		s.Collected = slices.Repeat([]bool{true}, len(p.Signals))
	}
	columns := make([]arrow.Array, 0, len(p.Signals)*ColumnsPerSignal)
	for i := range p.Signals {
		col := newColumns(memory.DefaultAllocator, &p.Signals[i], rows)
		for row := range rows {
			given := at(row, i)
			r := result{state: given.State, newest: population.NoDay}
			if r.state == Known {
				if r.value = given.Value; !p.Signals[i].IsWord() {
					r.value = plan.Round9(r.value)
				}
			}
			col.add(&r)
		}
		columns = append(columns, col.arrays()...)
	}
	s.Record = array.NewRecord(Schema(p), columns, int64(rows))
	for _, c := range columns {
		c.Release()
	}
	return s
}
