package signal

import (
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// WordType is the Arrow type of a word signal's values.
var WordType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}

// Schema returns the schema of a plan's snapshots: for a signal named s the
// columns s, s.state, s.basis, s.newest and s.rows.
func Schema(p *plan.Plan) *arrow.Schema {
	fields := make([]arrow.Field, 0, len(p.Signals)*ColumnsPerSignal)
	for i := range p.Signals {
		s := &p.Signals[i]
		value := arrow.Field{Name: s.Name, Type: arrow.PrimitiveTypes.Float64, Nullable: true}
		if s.IsWord() {
			value.Type = WordType
		}
		fields = append(fields, value,
			arrow.Field{Name: s.Name + ".state", Type: arrow.PrimitiveTypes.Uint8},
			arrow.Field{Name: s.Name + ".basis", Type: arrow.PrimitiveTypes.Uint8},
			arrow.Field{Name: s.Name + ".newest", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
			arrow.Field{Name: s.Name + ".rows", Type: arrow.PrimitiveTypes.Int32})
	}
	return arrow.NewSchema(fields, nil)
}

// snapshot evaluates every signal as of group[k]. Values outside their signal's
// domain are counted as of the run's last date only.
func (p *program) snapshot(req *Request, group []int32, k int, last int32, found *diag.Tally) *Snapshot {
	n := req.Table.Len()
	s := &Snapshot{AsOf: group[k], Plan: req.Plan, Flawed: make([]bool, n), Collected: make([]bool, len(p.signals))}
	var tenure []int32
	for i, d := range req.Dates {
		if d == s.AsOf && req.Tenure != nil {
			tenure = req.Tenure[i]
		}
	}
	e := evaluator{req: req, asOf: s.AsOf, k: k, accounts: n}
	columns := make([]arrow.Array, 0, len(p.signals)*ColumnsPerSignal)
	for i := range p.signals {
		b := &p.signals[i]
		s.Collected[i] = b.collected
		if !b.collected {
			for _, c := range b.bare {
				c.Retain()
			}
			columns = append(columns, b.bare...)
			continue
		}
		col := newColumns(req.Allocator, b.sig, n)
		for a := range n {
			e.account = a
			months := int32(-1)
			if tenure != nil {
				months = tenure[a]
			}
			r := e.signal(b, months)
			s.Flawed[a] = s.Flawed[a] || r.flawed
			col.add(&r)
			if r.outside && s.AsOf == last {
				found.Add(diag.Finding{
					Code: diag.OutOfRange, Source: firstSource(&b.sig.Derive), Column: b.sig.Name, Row: -1,
					Key: req.Table.ID[a], Value: strconv.FormatFloat(r.value, 'g', -1, 64),
				})
			}
		}
		columns = append(columns, col.arrays()...)
	}
	s.Record = array.NewRecord(Schema(req.Plan), columns, int64(n))
	for _, c := range columns {
		c.Release()
	}
	return s
}

// bare builds the columns of the signals that are not collected, once for the
// snapshots of all dates: most of a plan may be so.
func (p *program) bare(req *Request) {
	n, none := req.Table.Len(), without(NotCollected)
	for i := range p.signals {
		b := &p.signals[i]
		if b.collected {
			continue
		}
		col := newColumns(req.Allocator, b.sig, n)
		for range n {
			col.add(&none)
		}
		b.bare = col.arrays()
	}
}

// release frees what bare built; the snapshots keep what they use.
func (p *program) release() {
	for i := range p.signals {
		for _, c := range p.signals[i].bare {
			c.Release()
		}
	}
}

// columnSet builds the columns of one signal.
type columnSet struct {
	mem    memory.Allocator
	sig    *plan.Signal
	number *array.Float64Builder
	word   *array.Int8Builder
	state  *array.Uint8Builder
	basis  *array.Uint8Builder
	newest *array.Date32Builder
	rows   *array.Int32Builder
}

func newColumns(mem memory.Allocator, sig *plan.Signal, n int) *columnSet {
	c := &columnSet{
		mem: mem, sig: sig, state: array.NewUint8Builder(mem), basis: array.NewUint8Builder(mem),
		newest: array.NewDate32Builder(mem), rows: array.NewInt32Builder(mem),
	}
	if sig.IsWord() {
		c.word = array.NewInt8Builder(mem)
		c.word.Reserve(n)
	} else {
		c.number = array.NewFloat64Builder(mem)
		c.number.Reserve(n)
	}
	c.state.Reserve(n)
	c.basis.Reserve(n)
	c.newest.Reserve(n)
	c.rows.Reserve(n)
	return c
}

func (c *columnSet) add(r *result) {
	ok := r.state == Known
	switch {
	case c.word != nil && ok:
		c.word.UnsafeAppend(int8(r.value))
	case c.word != nil:
		c.word.UnsafeAppendBoolToBitmap(false)
	case ok:
		c.number.UnsafeAppend(r.value)
	default:
		c.number.UnsafeAppendBoolToBitmap(false)
	}
	c.state.UnsafeAppend(uint8(r.state))
	c.basis.UnsafeAppend(r.basis)
	if r.newest == population.NoDay {
		c.newest.UnsafeAppendBoolToBitmap(false)
	} else {
		c.newest.UnsafeAppend(arrow.Date32(r.newest))
	}
	c.rows.UnsafeAppend(r.rows)
}

// arrays finishes the columns in the order of a Snapshot's record.
func (c *columnSet) arrays() []arrow.Array {
	var value arrow.Array
	if c.word != nil {
		words := array.NewStringBuilder(c.mem)
		words.AppendValues(c.sig.Words, nil)
		dict, index := words.NewArray(), c.word.NewArray()
		value = array.NewDictionaryArray(WordType, index, dict)
		dict.Release()
		index.Release()
		words.Release()
		c.word.Release()
	} else {
		value = c.number.NewArray()
		c.number.Release()
	}
	out := []arrow.Array{value, c.state.NewArray(), c.basis.NewArray(), c.newest.NewArray(), c.rows.NewArray()}
	c.state.Release()
	c.basis.Release()
	c.newest.Release()
	c.rows.Release()
	return out
}
