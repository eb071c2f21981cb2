package signal

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

func all(out []*Snapshot) (list [][][]answer) {
	for _, s := range out {
		list = append(list, answers(s))
	}
	return list
}

// TestOrderDoesNotMatter cuts, shuffles and splits every source anew. The draw
// holds exact copies of rows but no two different rows with one key.
func TestOrderDoesNotMatter(t *testing.T) {
	for seed := range uint64(40) {
		r := random{rand.New(rand.NewPCG(seed, 2))}
		req := r.request(memory.NewGoAllocator())
		for name, in := range req.Inputs { // one row a key, whatever it holds
			s := in.Rows.(*intaketest.Source)
			s.Files[0] = deduplicated(in)
			req.Inputs[name] = in
		}
		want := all(compute(t, req))
		for _, name := range []string{"copies", "daily", "events", "spells", "timeless", "today"} {
			s := req.Inputs[name].Rows.(*intaketest.Source)
			list := s.Files[0]
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			cut := r.IntN(len(list) + 1)
			s.Files, s.Batch = [][]intaketest.Row{list[:cut], list[cut:]}, r.IntN(9)
		}
		if d := cmp.Diff(want, all(compute(t, req))); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}

// TestNothingLaterIsKnown removes every row that became known after a date t, by
// its event or by its becoming available, whether or not its key has other rows,
// and moves every later date of the rows that remain to another later date:
// nothing as of t may change.
func TestNothingLaterIsKnown(t *testing.T) {
	for seed := range uint64(60) {
		r := random{rand.New(rand.NewPCG(seed, 3))}
		req := r.request(memory.NewGoAllocator())
		before := epoch + int32(r.IntN(horizon))
		req.Dates, req.Tenure = []int32{before}, req.Tenure[:1]
		want := all(compute(t, req))
		for _, name := range slices.Sorted(maps.Keys(req.Inputs)) {
			in := req.Inputs[name]
			later := func(row intaketest.Row, column string) bool {
				if !isTime(in, column) {
					return false
				}
				d, _, null, bad := (&reference{}).dayOf(row, column)
				return !null && !bad && d > before
			}
			stamp := stamp(in)
			s := in.Rows.(*intaketest.Source)
			s.Files[0] = slices.DeleteFunc(slices.Clone(s.Files[0]), func(row intaketest.Row) bool {
				return later(row, stamp) || in.Has(intake.AvailableAt) && later(row, intake.AvailableAt)
			})
			for i, row := range s.Files[0] {
				s.Files[0][i] = maps.Clone(row)
				for _, c := range in.Contract.Columns {
					if later(row, c.Name) {
						s.Files[0][i][c.Name] = before + 1 + int32(r.IntN(100))
					}
				}
			}
		}
		if d := cmp.Diff(want, all(compute(t, req))); d != "" {
			t.Fatalf("seed %d, day %d, plan %s: %s", seed, before, describe(req.Plan), d)
		}
	}
}

func isTime(in Input, name string) bool {
	c, ok := in.Column(name)
	return ok && c.Role == source.Time
}

// TestFindings counts one row of every kind, over five dates and two passes.
func TestFindings(t *testing.T) {
	mem := memory.NewGoAllocator()
	p := &plan.Plan{Signals: []plan.Signal{
		{Name: "score", Domain: plan.Interval{Lo: 0, Hi: 10}, Derive: plan.Derivation{Agg: &plan.Agg{Source: "nps", Func: plan.Latest, Column: "score"}}},
		{Name: "mood", Words: []string{"positive", "negative"}, Derive: plan.Derivation{Agg: &plan.Agg{
			Source: "tickets", Func: plan.Latest, Column: "sentiment", Where: []plan.Cond{{Column: "category", In: []string{"bug"}}},
		}}},
		{Name: "users", Domain: plan.Interval{Lo: 0, Hi: 100}, Derive: plan.Derivation{Agg: &plan.Agg{Source: "usage", Func: plan.Sum, Column: "active_users"}}},
	}}
	usage := intaketest.Canonical(mem, "usage",
		intaketest.Row{"account_id": "a", "date": "2026-06-01", "active_users": 60},
		intaketest.Row{"account_id": "a", "date": "2026-06-01", "active_users": 60},
		intaketest.Row{"account_id": "a", "date": "2026-06-02", "active_users": 50},
		intaketest.Row{"account_id": "a", "date": "2026-06-02", "active_users": 40},
		intaketest.Row{"account_id": "b", "date": "2026-06-02", "active_users": 40},
	)
	nps := intaketest.Canonical(mem, "nps",
		intaketest.Row{"account_id": "a", "responded_at": "2026-06-01", "score": 14},
		intaketest.Row{"account_id": "a", "responded_at": "2026-06-01", "score": intaketest.Bad},
		intaketest.Row{"account_id": "a", "score": 5},
		intaketest.Row{"account_id": "zz", "responded_at": "2026-06-01", "score": 5},
		intaketest.Row{"responded_at": "2026-06-01", "score": 5},
		intaketest.Row{"account_id": "b", "responded_at": "2026-07-01", "score": 5},
	)
	tickets := intaketest.Canonical(mem, "tickets",
		intaketest.Row{"account_id": "a", "ticket_id": "1", "opened_at": "2026-06-01", "sentiment": "sad", "category": "bug"},
		intaketest.Row{"account_id": "a", "ticket_id": "2", "opened_at": "2026-06-01", "sentiment": "odd", "category": "question"},
	)
	found := &diag.Tally{}
	req := Request{
		Plan: p, Table: &population.Table{ID: []string{"a", "b"}}, Today: intaketest.Day("2026-06-30"), Findings: found, MemoryBudget: 1,
		Inputs: map[string]Input{"usage": usage, "nps": nps, "tickets": tickets},
	}
	for _, d := range []string{"2026-06-30", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"} {
		req.Dates = append(req.Dates, intaketest.Day(d))
	}
	out := compute(t, req)
	want := []string{
		"nps account_id missing_key 1", "nps account_id orphan 1", "nps responded_at future_date 1", "nps responded_at undated 1",
		"nps score out_of_range 1", "nps score unparsable 1",
		"tickets sentiment unknown_word 1",
		"usage  conflict 1", "usage  duplicate 1", "usage users out_of_range 1",
	}
	var got []string
	for _, g := range found.Groups() {
		got = append(got, fmt.Sprintf("%s %s %s %d", g.Source, g.Column, g.Code, g.Count))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, g := range found.Groups() {
		if e := g.Examples[0]; g.Code == diag.OutOfRange && g.Column == "score" && (e.Row != 0 || e.Key != "a" || e.Value != "14" || e.File != "part-0") {
			t.Errorf("example %+v", e)
		}
	}
	if s := out[0]; !s.Flawed[0] || s.Flawed[1] {
		t.Errorf("flawed = %v, want only account a", s.Flawed)
	}
	if s := out[1]; s.Flawed[0] {
		t.Error("a row of June flaws February")
	}
	// The first of two rows with one key counts: 60 + 50, outside the domain; the
	// findings of other runs on the same inputs are the same.
	req.Findings = &diag.Tally{}
	req.MemoryBudget = 0
	compute(t, req)
	if d := cmp.Diff(found.Groups(), req.Findings.Groups()); d != "" {
		t.Errorf("in one pass: %s", d)
	}
	for name, in := range req.Inputs {
		in.Counted = true
		req.Inputs[name] = in
	}
	req.Findings = &diag.Tally{}
	compute(t, req)
	if g := req.Findings.Groups(); len(g) != 1 || g[0].Column != "users" {
		t.Errorf("rows counted before are counted again: %+v", g)
	}
}

// TestSignalsSourceReplaces uses a pre-aggregated column in place of the plan's
// derivation, words and numbers, and only the newest snapshot not after the date.
func TestSignalsSourceReplaces(t *testing.T) {
	mem := memory.NewGoAllocator()
	contract := *source.Find("signals")
	contract.Columns = append(slices.Clone(contract.Columns),
		source.Column{Name: "nps", Role: source.Number}, source.Column{Name: "champion", Role: source.Text})
	row := func(d string, nps any, champion any) intaketest.Row {
		return intaketest.Row{"account_id": "a", "date": d, "nps": nps, "champion": champion}
	}
	signals := intaketest.Input(mem, &contract, source.Snapshot,
		row("2026-05-31", 9, "engaged"), row("2026-06-30", nil, "LEFT"),
		intaketest.Row{"account_id": "b", "date": "2026-05-31", "nps": 3},
	)
	p := &plan.Plan{Signals: []plan.Signal{
		{
			Name: "nps", Domain: plan.Interval{Lo: 0, Hi: 10}, Absent: plan.Absent{Once: plan.SourceExists, Value: 7},
			Derive: plan.Derivation{Agg: &plan.Agg{Source: "nps", Func: plan.Latest, Column: "score"}},
		},
		{Name: "champion", Words: []string{"engaged", "left"}, Derive: plan.Derivation{Signal: &plan.SignalRef{Column: "champion"}}},
	}}
	day := intaketest.Day
	req := Request{
		Plan: p, Table: &population.Table{ID: []string{"a", "b"}}, Today: day("2026-06-30"), Inputs: map[string]Input{"signals": signals},
		Dates: []int32{day("2026-06-30"), day("2026-06-29"), day("2026-05-30")},
	}
	out := compute(t, req)
	got := all(out)
	may, june := day("2026-05-31"), day("2026-06-30")
	want := [][][]answer{
		{ // the newest copy holds no NPS for a, and no row for b; absence stays missing
			{{State: Missing, Newest: none}, {State: Missing, Newest: none}},
			{{Value: 1, Newest: june, Rows: 1}, {State: Missing, Newest: none}},
		},
		{
			{{Value: 9, Newest: may, Rows: 1}, {Value: 3, Newest: may, Rows: 1}},
			{{Value: 0, Newest: may, Rows: 1}, {State: Missing, Newest: none}},
		},
		{ // before the first copy nothing can be said
			{{State: NotDatable, Newest: none}, {State: NotDatable, Newest: none}},
			{{State: NotDatable, Newest: none}, {State: NotDatable, Newest: none}},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestRepeatedDates returns one snapshot for each date asked for, in that order.
func TestRepeatedDates(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	p := &plan.Plan{Signals: []plan.Signal{{Name: "n", Derive: plan.Derivation{Agg: &plan.Agg{Source: "nps", Func: plan.Latest, Column: "score"}}}}}
	req := Request{
		Plan: p, Table: &population.Table{ID: []string{"a"}}, Today: 30, Dates: []int32{20, 10, 20}, Allocator: mem,
		Inputs: map[string]Input{"nps": intaketest.Canonical(mem, "nps", intaketest.Row{"account_id": "a", "responded_at": int32(15), "score": 8})},
	}
	out, err := Compute(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range out {
		v, ok := s.Value(0, 0)
		got = append(got, fmt.Sprint(s.AsOf, v, ok))
		s.Release()
	}
	if want := []string{"20 8 true", "10 0 false", "20 8 true"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if out, err := Compute(context.Background(), Request{Plan: p, Table: req.Table}); err != nil || out != nil {
		t.Errorf("no dates: %v, %v", out, err)
	}
}

func TestRefusals(t *testing.T) {
	mem := memory.NewGoAllocator()
	inputs := map[string]Input{
		"nps":   intaketest.Canonical(mem, "nps", intaketest.Row{"account_id": "a", "responded_at": int32(15), "score": 8}),
		"pulse": intaketest.Canonical(mem, "pulse", intaketest.Row{"account_id": "a", "rated_at": int32(15), "sentiment": "neutral"}),
	}
	latest := func(src, col string) plan.Derivation {
		return plan.Derivation{Agg: &plan.Agg{Source: src, Func: plan.Latest, Column: col}}
	}
	for _, c := range []struct {
		name  string
		sig   plan.Signal
		class diag.Class
	}{
		{"text as a number", plan.Signal{Derive: latest("pulse", "sentiment")}, diag.Config},
		{"a number as a word", plan.Signal{Words: []string{"a"}, Derive: latest("nps", "score")}, diag.Config},
		{"mean of text", plan.Signal{Derive: plan.Derivation{Agg: &plan.Agg{Source: "pulse", Func: plan.Mean, Column: "sentiment"}}}, diag.Config},
		{"days since a number", plan.Signal{Derive: plan.Derivation{DaysSince: &plan.Agg{Source: "nps", Func: plan.Max, Column: "score"}}}, diag.Config},
		{"a trend without a window", plan.Signal{Words: []string{"up", "stable", "down"}, Derive: plan.Derivation{Trend: &plan.TrendOf{Agg: plan.Agg{Source: "nps", Func: plan.Count}}}}, diag.Config},
		{"too many parts", plan.Signal{Derive: plan.Derivation{Agg: &plan.Agg{Source: "nps", Func: plan.Periods, Window: 90, Parts: 65}}}, diag.Config},
		{"a condition on words of a number", plan.Signal{Derive: plan.Derivation{Agg: &plan.Agg{Source: "nps", Func: plan.Count, Where: []plan.Cond{{Column: "score", In: []string{"1"}}}}}}, diag.Config},
		{"no derivation", plan.Signal{}, diag.Config},
	} {
		c.sig.Name = "s"
		req := Request{Plan: &plan.Plan{Signals: []plan.Signal{c.sig}}, Table: &population.Table{ID: []string{"a"}}, Inputs: inputs, Dates: []int32{20}, Today: 20}
		if _, err := Compute(context.Background(), req); err == nil || diag.ClassOf(err) != c.class {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
	p := &plan.Plan{Signals: []plan.Signal{{Name: "s", Derive: latest("nps", "score")}}}
	table := &population.Table{ID: []string{"a"}}
	if _, err := Compute(context.Background(), Request{Plan: p, Table: table, Inputs: inputs, Dates: []int32{21}, Today: 20}); err == nil {
		t.Error("a date after today is computed")
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Compute(stopped, Request{Plan: p, Table: table, Inputs: inputs, Dates: []int32{20}, Today: 20}); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancellation: %v", err)
	}
	undated := intaketest.Input(mem, source.Find("tickets"), source.Snapshot, intaketest.Row{"account_id": "a", "opened_at": int32(3)})
	if _, err := Compute(context.Background(), Request{Plan: p, Table: table, Inputs: map[string]Input{"tickets": undated}, Dates: []int32{20}, Today: 20}); diag.ClassOf(err) != diag.Config {
		t.Errorf("snapshots without a date: %v", err)
	}
}

// TestDecimal checks the exact sum against decimal arithmetic by hand.
func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		values []float64
		sum    float64
		mean   float64
	}{
		{[]float64{.1, .2, .3}, .6, .2},
		{[]float64{4.6, 4.4}, 9, 4.5},
		{[]float64{9e15, .25, -9e15}, .25, .25 / 3},
		{[]float64{-1, -1, -3}, -5, -5. / 3},
		{[]float64{1e12 + .01, 1e12 + .02}, 2e12 + .03, 1e12 + .015},
		{[]float64{-9e15, -9e15, -.5}, -18e15, -6e15},
	} {
		var d decimal
		for _, v := range c.values {
			d = d.plus(decimalOf(v))
		}
		if got := d.float(); got != c.sum {
			t.Errorf("sum of %v = %v, want %v", c.values, got, c.sum)
		}
		if got := d.mean(int32(len(c.values))); got != c.mean {
			t.Errorf("mean of %v = %v, want %v", c.values, got, c.mean)
		}
	}
}
