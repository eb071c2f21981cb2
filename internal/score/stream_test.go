package score_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"pgregory.net/rapid"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// wideColumn writes a signal's cells as a warehouse might hold them: numbers plain
// or with a dictionary in any order, with entries that no row uses; words in any
// case. What is Invalid becomes a value that the signal cannot have.
func wideColumn(t *rapid.T, mem memory.Allocator, s *plan.Signal, cells []scoretest.Cell) arrow.Array {
	index := array.NewInt32Builder(mem)
	defer index.Release()
	if s.IsWord() {
		words := rapid.Permutation(append([]string{"no such word", ""}, s.Words...)).Draw(t, "words")
		dict := array.NewStringBuilder(mem)
		defer dict.Release()
		for _, w := range words {
			dict.Append(strings.Repeat(" ", rapid.IntRange(0, 1).Draw(t, "space")) + rapid.SampledFrom([]string{w, strings.ToUpper(w)}).Draw(t, "case"))
		}
		for _, c := range cells {
			switch c.State {
			case signal.Known:
				index.Append(int32(slices.Index(words, s.Words[int(c.Value)])))
			case signal.Invalid:
				index.Append(int32(slices.Index(words, "no such word")))
			default:
				if rapid.Bool().Draw(t, "blank") {
					index.Append(int32(slices.Index(words, "")))
				} else {
					index.AppendNull()
				}
			}
		}
		return anyForm(t, mem, dictionary(index, dict, arrow.BinaryTypes.String))
	}
	numbers := array.NewFloat64Builder(mem)
	defer numbers.Release()
	if rapid.Bool().Draw(t, "plain") {
		for _, c := range cells {
			switch c.State {
			case signal.Known:
				numbers.Append(c.Value)
			case signal.Invalid:
				numbers.Append(rapid.SampledFrom([]float64{-1, 1 << 53, math.Inf(-1)}).Draw(t, "impossible"))
			default:
				numbers.AppendNull()
			}
		}
		return numbers.NewArray()
	}
	entries := []float64{-1, 7}
	for _, c := range cells {
		if c.State == signal.Known && !slices.Contains(entries, c.Value) {
			entries = append(entries, c.Value)
		}
	}
	entries = rapid.Permutation(entries).Draw(t, "entries")
	numbers.AppendValues(entries, nil)
	for _, c := range cells {
		switch c.State {
		case signal.Known:
			index.Append(int32(slices.Index(entries, c.Value)))
		case signal.Invalid:
			index.Append(int32(slices.Index(entries, -1.0)))
		default:
			index.AppendNull()
		}
	}
	return anyForm(t, mem, dictionary(index, numbers, arrow.PrimitiveTypes.Float64))
}

// anyForm draws one of the forms of a column with a dictionary: codes of any width,
// and texts without a dictionary.
func anyForm(t *rapid.T, mem memory.Allocator, a arrow.Array) arrow.Array {
	of := a.DataType().(*arrow.DictionaryType).ValueType
	d, same := a.(*array.Dictionary), "words"
	forms := []string{same, "bytes", "shorts"}
	if of.ID() == arrow.STRING {
		forms = append(forms, "plain")
	}
	var index array.Builder
	switch form := rapid.SampledFrom(forms).Draw(t, "form"); form {
	case same:
		return a
	case "plain":
		b := array.NewStringBuilder(mem)
		for i := range a.Len() {
			if a.IsNull(i) {
				b.AppendNull()
			} else {
				b.Append(d.Dictionary().(*array.String).Value(d.GetValueIndex(i)))
			}
		}
		return b.NewArray()
	case "bytes":
		index = array.NewUint8Builder(mem)
	default:
		index = array.NewUint16Builder(mem)
	}
	for i := range a.Len() {
		if a.IsNull(i) {
			index.AppendNull()
			continue
		}
		switch index := index.(type) {
		case *array.Uint8Builder:
			index.Append(uint8(d.GetValueIndex(i)))
		case *array.Uint16Builder:
			index.Append(uint16(d.GetValueIndex(i)))
		}
	}
	codes := index.NewArray()
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: codes.DataType(), ValueType: of}, codes, d.Dictionary())
}

func dictionary(index *array.Int32Builder, entries array.Builder, of arrow.DataType) arrow.Array {
	i, d := index.NewArray(), entries.NewArray()
	defer i.Release()
	defer d.Release()
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: of}, i, d)
}

// TestStreamReference: a stream agrees with the rules word for word, bit for bit,
// however its rows are divided into batches and pages, whatever form columns have.
func TestStreamReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if !measurable(p) {
			t.Skip("one measured pillar")
		}
		p.Overrides = []plan.Override{{Segments: []string{"other"}, Rules: 1}}
		collected := drawCollected(t, p)
		s, err := score.New(p)
		if err != nil {
			t.Fatal(err)
		}
		mem := memory.NewGoAllocator()
		stream, err := s.NewStream(collected, asOf, rapid.IntRange(1, 5).Draw(t, "page"))
		if err != nil {
			t.Fatal(err)
		}
		var want []reference
		next := 0
		page := func() {
			got := stream.Take()
			for i := range got.Len {
				samePage(t, s, got, i, &want[next])
				next++
			}
		}
		for range rapid.IntRange(1, 3).Draw(t, "batches") {
			var cells [][]scoretest.Cell
			segments, entries := array.NewInt32Builder(mem), array.NewStringBuilder(mem)
			entries.AppendValues([]string{"other", "base"}, nil)
			for range rapid.IntRange(1, 6).Draw(t, "accounts") {
				rules := rapid.IntRange(0, 1).Draw(t, "rules")
				row := drawCells(t, p, collected)
				for i := range row {
					if row[i].State != signal.Known && row[i].State != signal.Invalid && collected[i] {
						row[i] = scoretest.Absent(signal.Missing)
					}
					if row[i].State == signal.Invalid && p.Rules[rules].NotApplicable[i] {
						row[i] = scoretest.Absent(signal.Missing) // nothing would have used the value
					}
					if row[i].State == signal.Known && row[i].Value < 0 && !p.Signals[i].IsWord() {
						row[i] = scoretest.Num(0) // a value outside its domain is Invalid
					}
				}
				cells = append(cells, row)
				want = append(want, refer(p, &p.Rules[rules], row, false))
				segments.Append(int32(1 - rules))
			}
			b := score.Batch{Signals: make([]arrow.Array, len(p.Signals)), Invalid: func(int, int, string) {}}
			b.Segment = anyForm(t, mem, dictionary(segments, entries, arrow.BinaryTypes.String))
			segments.Release()
			entries.Release()
			for sig := range p.Signals {
				if !collected[sig] {
					continue
				}
				column := make([]scoretest.Cell, len(cells))
				for i := range cells {
					column[i] = cells[i][sig]
				}
				b.Signals[sig] = wideColumn(t, mem, &p.Signals[sig], column)
			}
			if err := stream.Open(&b, len(cells)); err != nil {
				t.Fatal(err)
			}
			for done := 0; done < len(cells); {
				done += stream.Score(done, min(len(cells)-done, rapid.IntRange(1, 4).Draw(t, "run")))
				if stream.Full() {
					page()
				}
			}
			for _, a := range append(b.Signals, b.Segment) {
				if a != nil {
					a.Release()
				}
			}
		}
		page()
		if next != len(want) {
			t.Fatalf("%d accounts of %d came out", next, len(want))
		}
	})
}

func samePage(t *rapid.T, s *score.Scorer, got *score.Page, i int, want *reference) {
	same := func(what string, got, want float64) {
		if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("account %d: %s = %v, want %v", i, what, got, want)
		}
	}
	for j, scores := range s.Scores() {
		v := math.NaN()
		switch {
		case scores == nil:
			v = got.Pillars[j][i]
		case got.Rank[j][i] >= 0:
			v = scores[got.Rank[j][i]]
		}
		same("pillar", v, want.pillar[j])
	}
	same("composite", got.Composite[i], want.composite)
	same("coverage", got.Coverage[i], want.coverage)
	a := []any{
		got.Tenths[i], got.Headline[i], got.Status[i], got.Capped[i], got.DependsOnMissing[i],
		got.Low[i], got.High[i], got.Provisional[i] && got.Tenths[i] >= 0,
	}
	b := []any{
		want.tenths, want.headline, want.status, want.capped, want.dependsOnAbsent,
		score.Tenths(want.low), score.Tenths(want.high), want.provisional,
	}
	if !slices.Equal(a, b) {
		t.Fatalf("account %d: %v, want %v", i, a, b)
	}
	if low, high := got.Low[i], got.High[i]; got.Tenths[i] >= 0 && (low > got.Tenths[i] || high < got.Tenths[i]) {
		t.Fatalf("account %d: %d lies outside %d..%d", i, got.Tenths[i], low, high)
	}
}

// TestStreamTenure: a signal that asks for a tenure applies from the day on which
// the account has been a customer for that long, and where nobody knows since when.
func TestStreamTenure(t *testing.T) {
	p := scoretest.DefaultPlan() // the QBR asks for 6 months
	s, err := score.New(p)
	if err != nil {
		t.Fatal(err)
	}
	now, err := day.Parse("2026-08-31")
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Repeat([]bool{true}, len(p.Signals))
	mem := memory.NewGoAllocator()
	for _, c := range []struct {
		start      string
		young      bool
		dictionary bool
	}{
		{"2026-02-27", false, false},
		{"2026-02-28", false, true},
		{"2026-03-01", true, false},
		{"2026-03-01", true, true},
		{"2026-08-31", true, false},
		{"", false, false},
		{"", false, true},
	} {
		stream, err := s.NewStream(all, now, 4)
		if err != nil {
			t.Fatal(err)
		}
		start := array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: arrow.Microsecond})
		if d, err := day.Parse(c.start); err == nil {
			start.Append(arrow.Timestamp(d) * 86_400_000_000)
			if tenure := day.MonthsBetween(d, now); (tenure < 6) != c.young {
				t.Errorf("%s is %d months before", c.start, tenure)
			}
		} else {
			start.AppendNull()
		}
		var since arrow.Array = start.NewTimestampArray()
		if c.dictionary {
			code := array.NewUint16Builder(mem)
			if since.IsNull(0) {
				code.AppendNull()
			} else {
				code.Append(0)
			}
			since = array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint16, ValueType: since.DataType()}, code.NewArray(), since)
		}
		b := score.Batch{Signals: make([]arrow.Array, len(p.Signals)), Start: since, Invalid: func(sig, row int, value string) {
			t.Errorf("%s %q is refused", p.Signals[sig].Name, value)
		}}
		cells := scoretest.RetailMax(p)
		cells[scoretest.QBR] = scoretest.Absent(signal.Missing)
		for sig, cell := range cells {
			index := array.NewInt32Builder(mem)
			if p.Signals[sig].IsWord() {
				words := array.NewStringBuilder(mem)
				words.AppendValues(p.Signals[sig].Words, nil)
				index.Append(int32(cell.Value))
				if cell.State != signal.Known {
					index = array.NewInt32Builder(mem)
					index.AppendNull()
				}
				b.Signals[sig] = dictionary(index, words, arrow.BinaryTypes.String)
				continue
			}
			numbers := array.NewFloat64Builder(mem)
			numbers.Append(cell.Value)
			b.Signals[sig] = numbers.NewArray()
		}
		if err := stream.Open(&b, 1); err != nil {
			t.Fatal(err)
		}
		stream.Score(0, 1)
		got := stream.Take()
		if young := got.Coverage[0] == coverageWithout(p); young != c.young {
			t.Errorf("start %q: coverage %v", c.start, got.Coverage[0])
		}
	}
}

// coverageWithout is RetailMax's coverage in the job where the QBR does not apply.
func coverageWithout(p *plan.Plan) float64 {
	cells := scoretest.RetailMax(p)
	cells[scoretest.QBR] = scoretest.Absent(signal.NotApplicable)
	s, err := score.New(p)
	if err != nil {
		panic(err)
	}
	r, err := s.Score(scoretest.Snapshot(p, asOf, [][]scoretest.Cell{cells}), score.Rows{})
	if err != nil {
		panic(err)
	}
	return r.Coverage[0]
}

// TestManyStates: a pillar with too many combinations for a table is computed
// account by account, and gives the same scores as one that has a table.
func TestManyStates(t *testing.T) {
	build := func(extra int) *plan.Plan {
		p := scoretest.DefaultPlan()
		for k := range extra { // signals that nobody has change nothing but the number of states
			p.Pillars[0].Signals = append(p.Pillars[0].Signals, len(p.Signals))
			p.Signals = append(p.Signals, plan.Signal{Name: fmt.Sprint("extra", k), Words: []string{"a", "b", "c"}})
			p.Rules[0].Ladders = append(p.Rules[0].Ladders, []plan.Rung{{Words: []int{0}, Points: 9}, {Words: []int{1}, Points: 5}, {Words: []int{2}}})
			p.Rules[0].NotApplicable = append(p.Rules[0].NotApplicable, false)
		}
		return p
	}
	small := build(0)
	cells := scoretest.Accounts(small, 700, 3)
	run := func(p *plan.Plan) (*score.Scorer, *score.Result) {
		rows := make([][]scoretest.Cell, len(cells))
		for i := range rows {
			rows[i] = slices.Clone(cells[i])
			for len(rows[i]) < len(p.Signals) {
				rows[i] = append(rows[i], scoretest.Absent(signal.NotCollected))
			}
		}
		s, err := score.New(p)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Score(scoretest.Snapshot(p, asOf, rows), score.Rows{})
		if err != nil {
			t.Fatal(err)
		}
		return s, r
	}
	withTable, a := run(small)
	without, b := run(build(5))
	if withTable.Scores()[0] == nil || without.Scores()[0] != nil || without.Scores()[1] == nil {
		t.Fatal("the tables are not as the test needs them")
	}
	for i := range cells {
		if math.Float64bits(a.Composite[i]) != math.Float64bits(b.Composite[i]) || a.Status[i] != b.Status[i] || a.Cost[0][i] != b.Cost[0][i] {
			t.Fatalf("account %d: %v with a table, %v without", i, a.Composite[i], b.Composite[i])
		}
	}
}
