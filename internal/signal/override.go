package signal

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/overrides"
	"accounthealth/internal/population"
)

// Override returns the snapshot with values set by hand in the place of what the
// sources say: each is Known, from one row, as new as the day it came into force.
// Everything else is shared with the snapshot, which stays as it is. values are
// sorted by row, at most one a row and signal; those of pillars, which are not a
// snapshot's, and those of signals that are not collected are passed over.
//
// Flawed is kept: what else of an account is flawed is not known by signal, so
// an account whose only flawed signal is set by hand stays provisional.
//
// The result must be released, whatever becomes of the snapshot. A nil mem is Go's
// own.
func Override(mem memory.Allocator, snap *Snapshot, values []overrides.Value) *Snapshot {
	if mem == nil {
		mem = memory.DefaultAllocator
	}
	rows := snap.Rows()
	columns := make([]arrow.Array, 0, len(snap.Plan.Signals)*ColumnsPerSignal)
	for sig := range snap.Plan.Signals {
		own := valuesOf(values, sig)
		if len(own) == 0 || !snap.Collected[sig] {
			for k := range ColumnsPerSignal {
				column := snap.Record.Column(sig*ColumnsPerSignal + k)
				column.Retain()
				columns = append(columns, column)
			}
			continue
		}
		col := newColumns(mem, &snap.Plan.Signals[sig], rows)
		for i := range rows {
			r := snap.result(sig, i)
			if len(own) > 0 && int(own[0].Row) == i {
				r = result{state: Known, value: own[0].Value, newest: own[0].From, rows: 1}
				own = own[1:]
			}
			col.add(&r)
		}
		columns = append(columns, col.arrays()...)
	}
	out := *snap
	out.Record = array.NewRecord(snap.Record.Schema(), columns, int64(rows))
	for _, c := range columns {
		c.Release()
	}
	return &out
}

// valuesOf returns the values of one signal.
func valuesOf(values []overrides.Value, sig int) []overrides.Value {
	var out []overrides.Value
	for _, v := range values {
		if v.Signal == sig {
			out = append(out, v)
		}
	}
	return out
}

// result reads one cell back as it was computed.
func (s *Snapshot) result(sig, row int) result {
	r := result{
		state: State(s.States(sig).Value(row)), basis: s.Basis(sig).Value(row),
		newest: population.NoDay, rows: s.RowsBehind(sig).Value(row),
	}
	r.value, _ = s.Value(sig, row)
	if newest := s.Newest(sig); newest.IsValid(row) {
		r.newest = int32(newest.Value(row))
	}
	return r
}
