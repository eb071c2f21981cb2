package scoretest

import (
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/plan"
	"accounthealth/internal/signal"
)

// Cell is one signal's value for one account: a number, or a word's index, used
// only when State is signal.Known.
type Cell struct {
	State signal.State
	Value float64
}

// Num is a known number.
func Num(x float64) Cell { return Cell{Value: x} }

// Absent is a cell without a value.
func Absent(s signal.State) Cell { return Cell{State: s} }

// Word returns the known word of a signal; an unknown word panics.
func Word(p *plan.Plan, sig int, word string) Cell {
	i := slices.Index(p.Signals[sig].Words, word)
	if i < 0 {
		panic("scoretest: " + p.Signals[sig].Name + " has no word " + word)
	}
	return Cell{Value: float64(i)}
}

// Snapshot builds a snapshot from rows of cells, one cell a signal. A signal is
// collected unless every row says signal.NotCollected. Every value is one row
// old as of the day. Signals beyond a row's cells are missing.
func Snapshot(p *plan.Plan, asOf int32, rows [][]Cell) *signal.Snapshot {
	mem := memory.DefaultAllocator
	snap := &signal.Snapshot{AsOf: asOf, Plan: p, Flawed: make([]bool, len(rows)), Collected: make([]bool, len(p.Signals))}
	var fields []arrow.Field
	var cols []arrow.Array
	add := func(name string, a arrow.Array) {
		fields = append(fields, arrow.Field{Name: name, Type: a.DataType(), Nullable: true})
		cols = append(cols, a)
	}
	for sig := range p.Signals {
		s := &p.Signals[sig]
		number, index := array.NewFloat64Builder(mem), array.NewInt8Builder(mem)
		state, basis := array.NewUint8Builder(mem), array.NewUint8Builder(mem)
		newest, behind := array.NewDate32Builder(mem), array.NewInt32Builder(mem)
		for i := range rows {
			c := Absent(signal.Missing)
			if sig < len(rows[i]) {
				c = rows[i][sig]
			}
			snap.Collected[sig] = snap.Collected[sig] || c.State != signal.NotCollected
			snap.Flawed[i] = snap.Flawed[i] || c.State == signal.Invalid
			state.Append(uint8(c.State))
			basis.Append(0)
			if c.State != signal.Known {
				number.AppendNull()
				index.AppendNull()
				newest.AppendNull()
				behind.Append(0)
				continue
			}
			number.Append(c.Value)
			index.Append(int8(c.Value))
			newest.Append(arrow.Date32(asOf))
			behind.Append(1)
		}
		value := arrow.Array(number.NewFloat64Array())
		if s.IsWord() {
			dict := array.NewStringBuilder(mem)
			dict.AppendValues(s.Words, nil)
			t := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
			value = array.NewDictionaryArray(t, index.NewArray(), dict.NewArray())
		}
		add(s.Name, value)
		add(s.Name+".state", state.NewArray())
		add(s.Name+".basis", basis.NewArray())
		add(s.Name+".newest", newest.NewArray())
		add(s.Name+".rows", behind.NewArray())
	}
	snap.Record = array.NewRecord(arrow.NewSchema(fields, nil), cols, int64(len(rows)))
	return snap
}

// TechCorp returns the worked example TechCorp Solutions: usage and ticket trends
// are not given.
func TechCorp(p *plan.Plan) []Cell {
	w := func(sig int, word string) Cell { return Word(p, sig, word) }
	return []Cell{
		Num(85.0 / 100), Num(0.72), Num(0), Absent(signal.Missing),
		Num(4.8), w(Escalations, "none"), w(Sentiment, "positive"), Absent(signal.Missing),
		Num(0), w(Growth, "expansion_in_discussion"), w(DowngradeRisk, "false"), Num(24),
		w(Sponsor, "active"), w(Champion, "engaged"), Num(9), w(QBR, "regular"),
	}
}

// RetailMax returns the worked example RetailMax Inc.
func RetailMax(p *plan.Plan) []Cell {
	w := func(sig int, word string) Cell { return Word(p, sig, word) }
	return []Cell{
		Num(12.0 / 50), Num(0.35), Num(8), Absent(signal.Missing),
		Num(3.2), w(Escalations, "open"), w(Sentiment, "negative"), Absent(signal.Missing),
		Num(15), w(Growth, "none"), w(DowngradeRisk, "true"), Num(12),
		w(Sponsor, "none"), w(Champion, "left"), Num(5), w(QBR, "none"),
	}
}

// Accounts returns n accounts of the default plan, drawn from a seed: about one
// value in twelve is missing.
func Accounts(p *plan.Plan, n int, seed uint64) [][]Cell {
	rng := rand.New(rand.NewPCG(seed, 0))
	tops := map[int]float64{Activity: 1.1, FeatureAdoption: 1, DaysSinceLogin: 45, CSAT: 4, Payment: 75, ContractTerm: 36, NPS: 10}
	out := make([][]Cell, n)
	for i := range out {
		out[i] = make([]Cell, len(p.Signals))
		for sig := range out[i] {
			switch s := &p.Signals[sig]; {
			case rng.IntN(12) == 0:
				out[i][sig] = Absent(signal.Missing)
			case s.IsWord():
				out[i][sig] = Num(float64(rng.IntN(len(s.Words))))
			case s.Unit == "ratio":
				out[i][sig] = Num(rng.Float64() * tops[sig])
			default:
				out[i][sig] = Num(s.Domain.Lo + float64(rng.IntN(int(tops[sig])+1)))
			}
		}
	}
	return out
}
