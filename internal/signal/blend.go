package signal

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Blend returns the snapshot that lies between old and now when only what is
// known changes: a signal known in both keeps its old value, every other signal
// is as now. Scoring it separates the effect of data that appeared or went
// missing from the effect of behaviour. Both snapshots must be of the same plan
// and population; the result is as of now and must be released. A nil mem is Go's
// own.
func Blend(mem memory.Allocator, old, now *Snapshot) *Snapshot {
	if mem == nil {
		mem = memory.DefaultAllocator
	}
	rows := now.Rows()
	fields := now.Record.Schema().Fields()
	columns := make([]arrow.Array, 0, len(fields))
	keepOld := make([]bool, rows)
	for s := range now.Plan.Signals {
		was, is := old.States(s), now.States(s)
		for i := range rows {
			keepOld[i] = State(was.Value(i)) == Known && State(is.Value(i)) == Known
		}
		if now.Plan.Signals[s].IsWord() {
			columns = append(columns, blendWords(mem, old.Words(s), now.Words(s), keepOld))
		} else {
			columns = append(columns, blendNumbers(mem, old.Numbers(s), now.Numbers(s), keepOld))
		}
		// The state is now's by construction: where old is kept, both are Known.
		for c := stateColumn; c < ColumnsPerSignal; c++ {
			column := now.Record.Column(s*ColumnsPerSignal + c)
			column.Retain()
			columns = append(columns, column)
		}
	}
	record := array.NewRecord(now.Record.Schema(), columns, int64(rows))
	for _, c := range columns {
		c.Release()
	}
	return &Snapshot{AsOf: now.AsOf, Plan: now.Plan, Record: record, Flawed: now.Flawed, Collected: now.Collected}
}

func blendNumbers(mem memory.Allocator, old, now *array.Float64, keepOld []bool) arrow.Array {
	b := array.NewFloat64Builder(mem)
	defer b.Release()
	b.Reserve(len(keepOld))
	for i, keep := range keepOld {
		from := now
		if keep {
			from = old
		}
		if from.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(from.Value(i))
		}
	}
	return b.NewArray()
}

func blendWords(mem memory.Allocator, old, now *array.Dictionary, keepOld []bool) arrow.Array {
	b := array.NewInt8Builder(mem)
	defer b.Release()
	b.Reserve(len(keepOld))
	for i, keep := range keepOld {
		from := now
		if keep {
			from = old
		}
		if from.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(int8(from.GetValueIndex(i)))
		}
	}
	indices := b.NewArray()
	defer indices.Release()
	return array.NewDictionaryArray(now.DataType(), indices, now.Dictionary())
}
