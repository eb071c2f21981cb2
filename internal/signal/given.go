package signal

import (
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

// FromGiven makes a snapshot of stated values, one slice a row and one entry a
// signal of the plan. Numbers are rounded as computed ones are. Every signal
// counts as collected and no row as flawed; no rows of any source stand behind
// the values, and they have no day of their own. The snapshot must be released.
func FromGiven(p *plan.Plan, asOf int32, rows [][]Given) *Snapshot {
	s := &Snapshot{AsOf: asOf, Plan: p, Flawed: make([]bool, len(rows)), Collected: make([]bool, len(p.Signals))}
	columns := make([]arrow.Array, 0, len(p.Signals)*ColumnsPerSignal)
	for i := range p.Signals {
		s.Collected[i] = true
		col := newColumns(memory.DefaultAllocator, &p.Signals[i], len(rows))
		for _, row := range rows {
			r := result{state: row[i].State, newest: population.NoDay}
			if r.state == Known {
				if r.value = row[i].Value; !p.Signals[i].IsWord() {
					r.value = plan.Round9(r.value)
				}
			}
			col.add(&r)
		}
		columns = append(columns, col.arrays()...)
	}
	s.Record = array.NewRecord(Schema(p), columns, int64(len(rows)))
	for _, c := range columns {
		c.Release()
	}
	return s
}
