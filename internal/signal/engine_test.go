package signal

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/source"
)

// random draws small sources and plans that use every operator.
type random struct{ *rand.Rand }

func (r random) oneIn(n int) bool { return r.IntN(n) == 0 }

func pick[T any](r random, of ...T) T { return of[r.IntN(len(of))] }

const (
	epoch   = int32(20000) // a Sunday in 2024
	horizon = 80
)

var contracts = []source.Contract{
	{Name: "events", Layout: source.Events, Key: []string{"row_id"}, Time: "at"},
	{Name: "daily", Layout: source.Events, Key: []string{"account_id", "at"}, Time: "at"},
	{Name: "timeless", Layout: source.Events},
	{Name: "copies", Layout: source.Snapshot, Time: "at"},
	{Name: "spells", Layout: source.SCD},
	{Name: "today", Layout: source.Current, Key: []string{"row_id"}},
}

func contract(i int) *source.Contract {
	c := contracts[i]
	c.Columns = []source.Column{
		{Name: "account_id", Role: source.ID},
		{Name: "row_id", Role: source.ID},
		{Name: "at", Role: source.Time},
		{Name: "closed", Role: source.Time},
		{Name: "ahead", Role: source.Time, Future: true},
		{Name: "score", Role: source.Number, Bounded: true, Min: 0, Max: 10},
		{Name: "amount", Role: source.Money, Bounded: true, Min: -1e9, Max: 1e9},
		{Name: "word", Role: source.Text},
		{Name: "flag", Role: source.Flag},
		{Name: "available_at", Role: source.Time},
	}
	return intake.ForLayout(&c, c.Layout)
}

func (r random) row(c *source.Contract, n int) intaketest.Row {
	row := intaketest.Row{"row_id": fmt.Sprintf("r%d", n)}
	for _, col := range c.Columns {
		if r.oneIn(6) {
			if r.oneIn(4) && col.Role != source.ID && col.Role != source.Text {
				row[col.Name] = intaketest.Bad
			}
			continue
		}
		switch col.Name {
		case "account_id":
			row[col.Name] = pick(r, "a", "b", "c", "d", "", "nobody")
		case "row_id":
		case "score":
			row[col.Name] = pick(r, 0.0, 3, 7.1, 9.35, 10, 14, math.NaN())
		case "amount":
			row[col.Name] = math.Round(r.NormFloat64()*1e7) / 100
		case "word":
			row[col.Name] = pick(r, "red", " Amber", "GREEN", "blue", " ")
		case "flag":
			row[col.Name] = r.oneIn(2)
		default:
			at := int64(epoch+int32(r.IntN(horizon+5))) * 86_400_000_000
			if c.Layout == source.Events && c.Name != "daily" || col.Name == "closed" {
				at += int64(r.IntN(86_400)) * 1_000_000
			}
			if c.Layout == source.Snapshot && col.Name == "at" {
				at = int64(epoch+int32(r.IntN(8))*10) * 86_400_000_000
			}
			row[col.Name] = at
		}
	}
	return row
}

func (r random) input(mem memory.Allocator, i int) Input {
	c := contract(i)
	var rows []intaketest.Row
	for n := range 20 + r.IntN(60) {
		rows = append(rows, r.row(c, n))
	}
	for range r.IntN(5) { // exact copies
		rows = append(rows, rows[r.IntN(len(rows))])
	}
	for n := range r.IntN(10) { // other rows of the same key
		twin := r.row(c, n)
		for _, k := range append([]string{intake.ValidFrom}, c.Key...) {
			twin[k] = rows[n][k]
		}
		rows = slices.Insert(rows, r.IntN(len(rows)), twin)
	}
	in := intaketest.Input(mem, c, c.Layout, rows...)
	s := in.Rows.(*intaketest.Source)
	s.Columns = nil
	dated := r.oneIn(2)
	for _, col := range c.Columns {
		if col.Name != intake.AvailableAt || dated {
			s.Columns = append(s.Columns, col.Name)
		}
	}
	s.Batch = r.IntN(20)
	return in
}

func (r random) cond() plan.Cond {
	switch r.IntN(5) {
	case 0:
		return plan.Cond{Column: "word", In: pick(r, []string{"red"}, []string{"amber ", "GREEN"}), Not: r.oneIn(2), Null: r.oneIn(2)}
	case 1:
		return plan.Cond{Column: "flag", In: []string{pick(r, "true", "False")}, Not: r.oneIn(3), Null: r.oneIn(2)}
	case 2:
		return plan.Cond{Column: "score", Bounded: true, AtLeast: pick(r, 0.0, 3, 5), Below: pick(r, 7.1, 10, 11), Null: r.oneIn(3)}
	case 3:
		return plan.Cond{Column: pick(r, "closed", "ahead"), Null: r.oneIn(2), Not: r.oneIn(2)}
	default:
		return plan.Cond{Column: "amount", Not: r.oneIn(2), Null: true}
	}
}

func (r random) agg(f plan.Func, column string) plan.Agg {
	a := plan.Agg{Source: contracts[r.IntN(len(contracts))].Name, Func: f, Column: column}
	if r.oneIn(2) {
		a.Window = int32(1 + r.IntN(40))
	}
	if r.oneIn(4) {
		a.Shift = int32(r.IntN(20))
	}
	if r.oneIn(4) {
		a.Days = plan.WorkingDays
	}
	switch r.IntN(4) {
	case 0:
		a.At = pick(r, []string{"at"}, []string{"closed", "at"}, []string{"ahead"})
	case 1:
		if f != plan.Periods {
			a.From, a.Until = "at", pick(r, "closed", "ahead", "")
		}
	}
	switch f {
	case plan.Periods:
		a.Window, a.Parts = int32(5+r.IntN(60)), int32(1+r.IntN(6))
	case plan.MaxBy:
		a.By = pick(r, "amount", "score", "ahead")
	}
	for range r.IntN(3) {
		a.Where = append(a.Where, r.cond())
	}
	return a
}

func (r random) number() plan.Agg {
	switch f := plan.Func(r.IntN(8)); f {
	case plan.Count, plan.Periods:
		return r.agg(f, "")
	default:
		return r.agg(f, pick(r, "score", "amount", "flag"))
	}
}

func (r random) time() *plan.Agg {
	a := r.agg(pick(r, plan.Latest, plan.Min, plan.Max, plan.MaxBy), pick(r, "at", "closed", "ahead"))
	return &a
}

func (r random) words() *plan.Agg {
	a := r.agg(pick(r, plan.Latest, plan.MaxBy), "word")
	return &a
}

func (r random) signal(i int) plan.Signal {
	s := plan.Signal{Name: fmt.Sprintf("s%d", i), Domain: plan.Interval{Lo: -1e6, Hi: 1e6}}
	colours := []string{"red", "amber", "green"}
	switch r.IntN(8) {
	case 0:
		a := r.number()
		s.Derive.Agg = &a
	case 1:
		s.Derive.Ratio = &plan.Ratio{Num: r.number(), Den: r.number()}
	case 2:
		s.Derive.DaysSince = r.time()
	case 3:
		a := r.number()
		for a.Window == 0 {
			a = r.number()
		}
		s.Words = []string{"down", "stable", "up"}
		s.Derive.Trend = &plan.TrendOf{Agg: a, Tolerance: pick(r, 0, .1, .5), MinChange: pick(r, 0.0, 2)}
	case 4:
		s.Words = colours
		c := &plan.Case{Else: r.IntN(3)}
		for range 1 + r.IntN(3) {
			b := plan.Branch{Word: r.IntN(3)}
			for range 1 + r.IntN(2) {
				b.Tests = append(b.Tests, plan.Test{Agg: r.number(), AtLeast: pick(r, 1.0, 3), Below: pick(r, 0.0, 0, 1, 4)})
			}
			c.Branches = append(c.Branches, b)
		}
		s.Derive.Case = c
	case 5:
		for range 1 + r.IntN(3) {
			d := plan.Derivation{}
			switch r.IntN(3) {
			case 0:
				a := r.number()
				d.Agg = &a
			case 1:
				d.Ratio = &plan.Ratio{Num: r.number(), Den: r.number()}
			default:
				d.DaysSince = r.time()
			}
			s.Derive.FirstOf = append(s.Derive.FirstOf, plan.FirstOf{Derive: d})
		}
	case 6:
		s.Words = colours
		for range 1 + r.IntN(3) {
			a := r.agg(plan.Latest, "word")
			s.Derive.LatestOf = append(s.Derive.LatestOf, &a)
		}
	default:
		s.Words = colours
		s.Derive.Agg = r.words()
	}
	s.Absent = plan.Absent{Once: plan.Once(r.IntN(3)), Value: 1}
	if r.oneIn(2) {
		s.MaxAge = int32(r.IntN(50))
	}
	if r.oneIn(4) {
		s.MinTenureMonths = 6
	}
	return s
}

// request draws everything that a computation needs.
func (r random) request(mem memory.Allocator) Request {
	p := &plan.Plan{}
	for i := range 1 + r.IntN(6) {
		p.Signals = append(p.Signals, r.signal(i))
	}
	inputs := map[string]Input{}
	for i := range contracts {
		inputs[contracts[i].Name] = r.input(mem, i)
	}
	t := &population.Table{ID: []string{"a", "b", "c", "d"}}
	req := Request{Plan: p, Table: t, Inputs: inputs, Today: epoch + horizon, Findings: &diag.Tally{}, Allocator: mem}
	for range 1 + r.IntN(12) {
		req.Dates = append(req.Dates, epoch+int32(r.IntN(horizon+1)))
	}
	req.Dates = append(req.Dates, req.Today)
	for range req.Dates {
		req.Tenure = append(req.Tenure, []int32{-1, 3, 6, 40})
	}
	for range r.IntN(4) {
		req.Holidays = append(req.Holidays, epoch+int32(r.IntN(horizon)))
	}
	return req
}

func compute(t *testing.T, req Request) []*Snapshot {
	t.Helper()
	out, err := Compute(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range out {
			s.Release()
		}
	})
	return out
}

// answers reads a snapshot back, [signal][account]; Flawed is the account's.
func answers(s *Snapshot) [][]answer {
	out := make([][]answer, len(s.Plan.Signals))
	for i := range out {
		for a := range s.Rows() {
			x := answer{State: State(s.States(i).Value(a)), Basis: s.Basis(i).Value(a), Rows: s.RowsBehind(i).Value(a), Newest: none}
			x.Value, _ = s.Value(i, a)
			if !s.Newest(i).IsNull(a) {
				x.Newest = int32(s.Newest(i).Value(a))
			}
			x.Flawed = s.Flawed[a]
			out[i] = append(out[i], x)
		}
	}
	return out
}

// keyOf is a row's key, written out; false where it is not whole.
func keyOf(in Input, row intaketest.Row) (string, bool) {
	names := slices.Clone(in.Contract.Key)
	switch in.Layout {
	case source.SCD:
		names = append(names, intake.ValidFrom)
	case source.Snapshot:
		names = append(names, in.Stamp())
	}
	key, whole := "", len(in.Contract.Key) > 0
	for _, n := range names {
		v := row[n]
		whole = whole && v != nil && v != any(intaketest.Bad)
		key += fmt.Sprintf("%v|", v)
	}
	return key, whole
}

func listed(row intaketest.Row) bool {
	id := row[intake.AccountID]
	return id != nil && id != "" && id != "nobody"
}

// deduplicated is a source's rows with the first of every key.
func deduplicated(in Input) (out []intaketest.Row) {
	seen := map[string]bool{}
	for _, f := range in.Rows.(*intaketest.Source).Files {
		for _, row := range f {
			key, whole := keyOf(in, row)
			if !listed(row) || whole && seen[key] {
				continue
			}
			seen[key] = whole
			out = append(out, row)
		}
	}
	return out
}

// expected evaluates a request by the reference, [date][signal][account].
func expected(req Request) [][][]answer {
	r := &reference{plan: req.Plan, inputs: req.Inputs, today: req.Today, off: req.Holidays}
	var out [][][]answer
	for k, t := range req.Dates {
		r.t, r.rows = t, map[string][]intaketest.Row{}
		for name := range req.Inputs {
			r.rows[name] = r.known(name)
		}
		flawed := make([]bool, req.Table.Len())
		var day [][]answer
		for i := range req.Plan.Signals {
			r.sig = &req.Plan.Signals[i]
			var list []answer
			for a, id := range req.Table.ID {
				r.id = id
				x := r.answer(req.Tenure[k][a])
				flawed[a] = flawed[a] || x.Flawed
				list = append(list, x)
			}
			day = append(day, list)
		}
		for i := range day {
			for a := range day[i] {
				day[i][a].Flawed = flawed[a]
			}
		}
		out = append(out, day)
	}
	return out
}

// cases is how many random requests a property is tried on.
const cases = 120

func TestEngineAgreesWithReference(t *testing.T) {
	states := map[State]int{}
	for seed := range uint64(cases) {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		r := random{rand.New(rand.NewPCG(seed, 1))}
		req := r.request(mem)
		if r.oneIn(3) {
			req.MemoryBudget = 1 // one date a pass
		}
		got, err := Compute(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range expected(req) {
			if d := cmp.Diff(want, answers(got[k])); d != "" {
				t.Fatalf("seed %d, day %d of today %d, plan %s:\n%s", seed, req.Dates[k], req.Today, describe(req.Plan), d)
			}
			for _, s := range want {
				for _, a := range s {
					states[a.State]++
				}
			}
		}
		for _, s := range got {
			s.Release()
		}
		mem.AssertSize(t, 0)
	}
	for _, s := range []State{Known, Missing, NotApplicable, Stale, Invalid, NotDatable} {
		if states[s] < 100 {
			t.Errorf("only %d answers are %s: the draw no longer tests it", states[s], s)
		}
	}
}

func describe(p *plan.Plan) string {
	out := ""
	for i := range p.Signals {
		s := &p.Signals[i]
		out += fmt.Sprintf("\n%s words=%v max_age=%d absent=%+v:", s.Name, s.Words, s.MaxAge, s.Absent)
		s.Derive.Aggs(func(a *plan.Agg) { out += fmt.Sprintf("\n  %+v", *a) })
	}
	return out
}
