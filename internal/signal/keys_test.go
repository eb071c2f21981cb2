package signal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// spills returns a Temp and a check that it holds nothing any more.
func spills(t *testing.T) (*store.TempDir, func()) {
	t.Helper()
	dir := t.TempDir()
	files, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	temp, err := files.Temp("")
	if err != nil {
		t.Fatal(err)
	}
	return temp, func() {
		t.Helper()
		left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
		if hidden, _ := filepath.Glob(filepath.Join(dir, ".*", "*")); err != nil || len(left)+len(hidden) > 0 {
			t.Errorf("temporary files are left: %v %v", left, hidden)
		}
		if err := temp.Close(); err != nil {
			t.Error(err)
		}
	}
}

// sized is a source that knows how many rows it has.
type sized struct{ *intaketest.Source }

func (s sized) RowCount() (n int64) {
	for _, f := range s.Files {
		n += int64(len(f))
	}
	return n
}

// TestBudgetsDoNotMatter computes random requests, in which keys come again with
// equal and with other values, within budgets from everything in memory to
// nothing: snapshots and findings, examples included, are the same.
func TestBudgetsDoNotMatter(t *testing.T) {
	temp, done := spills(t)
	var conflicts, copies int64
	for seed := range uint64(20) {
		r := random{rand.New(rand.NewPCG(seed, 5))}
		req := r.request(memory.NewGoAllocator())
		for _, in := range req.Inputs { // several files, the same in every run
			s := in.Rows.(*intaketest.Source)
			cut := r.IntN(len(s.Files[0]))
			s.Files = [][]intaketest.Row{s.Files[0][:cut], s.Files[0][cut:]}
		}
		want := all(compute(t, req))
		found := req.Findings.Groups()
		for name := range req.Inputs {
			conflicts += req.Findings.Count(diag.Conflict, name)
			copies += req.Findings.Count(diag.Duplicate, name)
		}
		for _, budget := range []int64{1, 150, 1000, 4000} {
			small := req
			small.Temp, small.KeyBudget, small.Findings = temp, budget, &diag.Tally{}
			small.Inputs = map[string]Input{}
			for name, in := range req.Inputs {
				if r.oneIn(2) {
					in.Rows = sized{in.Rows.(*intaketest.Source)}
				}
				small.Inputs[name] = in
			}
			if r.oneIn(3) {
				small.MemoryBudget = 1
			}
			if d := cmp.Diff(want, all(compute(t, small))); d != "" {
				t.Fatalf("seed %d, %d bytes: %s", seed, budget, d)
			}
			if d := cmp.Diff(found, small.Findings.Groups()); d != "" {
				t.Fatalf("seed %d, %d bytes: findings %s", seed, budget, d)
			}
		}
	}
	if conflicts < 30 || copies < 30 {
		t.Errorf("%d conflicts and %d copies: too few to tell", conflicts, copies)
	}
	done()
}

// TestReadings counts the readings of a source: one where its keys
// fit; one of the keys and one of the rows where they do not; another where there
// are copies to compare; and those of later dates leave the key out.
func TestReadings(t *testing.T) {
	temp, done := spills(t)
	defer done()
	rows := func(ids ...int) (list []intaketest.Row) {
		for _, id := range ids {
			list = append(list, intaketest.Row{"account_id": "a", "ticket_id": fmt.Sprint(id), "opened_at": int32(10), "csat": 3})
		}
		return list
	}
	p := &plan.Plan{Signals: []plan.Signal{{Name: "n", Derive: plan.Derivation{Agg: &plan.Agg{Source: "tickets", Func: plan.Mean, Column: "csat"}}}}}
	for _, c := range []struct {
		name   string
		rows   []intaketest.Row
		budget int64
		known  bool
		scans  int
	}{
		{"keys fit", rows(1, 2, 3), 0, true, 1},
		{"keys do not fit", rows(1, 2, 3), 1, false, 2},
		{"keys will not fit", rows(1, 2, 3), 1, true, 2},
		{"a copy", rows(1, 2, 1), 0, true, 2},
		{"a copy, and keys do not fit", rows(1, 2, 1), 1, true, 3},
	} {
		in := intaketest.Canonical(memory.NewGoAllocator(), "tickets", c.rows...)
		s := in.Rows.(*intaketest.Source)
		if c.known {
			in.Rows = sized{s}
		}
		compute(t, Request{
			Plan: p, Table: &population.Table{ID: []string{"a"}}, Today: 20, Dates: []int32{20}, Findings: &diag.Tally{},
			Inputs: map[string]Input{"tickets": in}, KeyBudget: c.budget, Temp: temp,
		})
		if s.Scans != c.scans {
			t.Errorf("%s: the source is read %d times, want %d", c.name, s.Scans, c.scans)
		}
	}
}

// TestLaterDatesNeedNoKey reads a source for two groups of dates.
func TestLaterDatesNeedNoKey(t *testing.T) {
	in := intaketest.Canonical(memory.NewGoAllocator(), "tickets",
		intaketest.Row{"account_id": "a", "ticket_id": "1", "opened_at": int32(10), "csat": 3},
		intaketest.Row{"account_id": "a", "ticket_id": "1", "opened_at": int32(10), "csat": 5},
	)
	rows := &recorded{Source: in.Rows}
	in.Rows = rows
	p := &plan.Plan{Signals: []plan.Signal{{Name: "n", Derive: plan.Derivation{Agg: &plan.Agg{Source: "tickets", Func: plan.Mean, Column: "csat"}}}}}
	out := compute(t, Request{
		Plan: p, Table: &population.Table{ID: []string{"a"}}, Today: 20, Dates: []int32{20, 15}, MemoryBudget: 1,
		Inputs: map[string]Input{"tickets": in},
	})
	for _, s := range out {
		if v, ok := s.Value(0, 0); v != 3 || !ok {
			t.Errorf("as of %d: %v, %v, want the first row's 3", s.AsOf, v, ok)
		}
	}
	if want := [][]string{{"account_id", "csat", "opened_at", "ticket_id"}, {"account_id", "csat", "opened_at"}}; !slices.EqualFunc(rows.read, want, slices.Equal) {
		t.Errorf("columns read: %v, want %v", rows.read, want)
	}
}

// recorded notes the columns of every reading.
type recorded struct {
	intake.Source
	read [][]string
}

func (r *recorded) Scan(ctx context.Context, columns []string, fn func(*warehouse.Batch) error) error {
	r.read = append(r.read, slices.Clone(columns))
	return r.Source.Scan(ctx, columns, fn)
}

// TestLateRows follows two rows of one day, 7 and later 9, that became available
// in either order, alone and far apart; expected values are worked out by hand
// from: of the rows known as of a day the first in the file counts.
func TestLateRows(t *testing.T) {
	usage := func(available any, users int) intaketest.Row {
		return intaketest.Row{"account_id": "a", "date": int32(100), "active_users": users, "available_at": available}
	}
	for _, c := range []struct {
		name string
		rows []intaketest.Row
		want []float64 // as of days 99, 100, 101, 105, 500, 1000; NaN: none
	}{
		{"no time of availability", []intaketest.Row{usage(nil, 7)}, []float64{math.NaN(), 7, 7, 7, 7, 7}},
		{"late", []intaketest.Row{usage(int32(105), 7)}, []float64{math.NaN(), math.NaN(), math.NaN(), 7, 7, 7}},
		{"available before it happened", []intaketest.Row{usage(int32(50), 7)}, []float64{math.NaN(), 7, 7, 7, 7, 7}},
		{"unreadable", []intaketest.Row{usage(intaketest.Bad, 7), usage(int32(105), 9)}, []float64{math.NaN(), math.NaN(), math.NaN(), 9, 9, 9}},
		{"a correction", []intaketest.Row{usage(int32(101), 7), usage(int32(105), 9)}, []float64{math.NaN(), math.NaN(), 7, 7, 7, 7}},
		{"the newer one first", []intaketest.Row{usage(int32(105), 7), usage(int32(101), 9)}, []float64{math.NaN(), math.NaN(), 9, 7, 7, 7}},
		{"years late, the newer one first", []intaketest.Row{usage(int32(1000), 7), usage(int32(500), 8), usage(int32(101), 9)}, []float64{math.NaN(), math.NaN(), 9, 9, 8, 7}},
	} {
		in := intaketest.Canonical(memory.NewGoAllocator(), "usage", c.rows...)
		p := &plan.Plan{Signals: []plan.Signal{{Name: "users", Derive: plan.Derivation{Agg: &plan.Agg{Source: "usage", Func: plan.Sum, Column: "active_users"}}}}}
		temp, done := spills(t)
		for _, budget := range []int64{0, 1} {
			out := compute(t, Request{
				Plan: p, Table: &population.Table{ID: []string{"a"}}, Today: 1000, Dates: []int32{99, 100, 101, 105, 500, 1000},
				Inputs: map[string]Input{"usage": in}, KeyBudget: budget, Temp: temp,
			})
			var got []float64
			for _, s := range out {
				v, ok := s.Value(0, 0)
				if !ok {
					v = math.NaN()
				}
				got = append(got, v)
			}
			if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return a == b || a != a && b != b }) {
				t.Errorf("%s: got %v, want %v", c.name, got, c.want)
			}
		}
		done()
	}
}

// TestLateRowsStayInTheirWindow: a row that arrives late is placed by its event.
func TestLateRowsStayInTheirWindow(t *testing.T) {
	in := intaketest.Canonical(memory.NewGoAllocator(), "usage",
		intaketest.Row{"account_id": "a", "date": int32(100), "active_users": 7, "available_at": int32(103)})
	p := &plan.Plan{Signals: []plan.Signal{{Name: "users", Derive: plan.Derivation{Agg: &plan.Agg{Source: "usage", Func: plan.Count, Window: 5}}}}}
	out := compute(t, Request{
		Plan: p, Table: &population.Table{ID: []string{"a"}}, Today: 200, Dates: []int32{102, 103, 104, 105},
		Inputs: map[string]Input{"usage": in},
	})
	var got []bool
	for _, s := range out {
		_, ok := s.Value(0, 0)
		got = append(got, ok)
	}
	if want := []bool{false, true, true, false}; !slices.Equal(got, want) { // known from 103, in (t-5, t] until 104
		t.Errorf("known %v, want %v", got, want)
	}
}

// TestDeliveredAgain: the time a row became available does not make a copy of it a
// conflict.
func TestDeliveredAgain(t *testing.T) {
	usage := func(available int32, users int) intaketest.Row {
		return intaketest.Row{"account_id": "a", "date": int32(100), "active_users": users, "available_at": available}
	}
	found := &diag.Tally{}
	p := &plan.Plan{Signals: []plan.Signal{{Name: "users", Derive: plan.Derivation{Agg: &plan.Agg{Source: "usage", Func: plan.Sum, Column: "active_users"}}}}}
	compute(t, Request{
		Plan: p, Table: &population.Table{ID: []string{"a"}}, Today: 200, Dates: []int32{200}, Findings: found,
		Inputs: map[string]Input{"usage": intaketest.Canonical(memory.NewGoAllocator(), "usage", usage(101, 7), usage(102, 7), usage(103, 8))},
	})
	if found.Count(diag.Duplicate, "usage") != 1 || found.Count(diag.Conflict, "usage") != 1 {
		t.Errorf("findings %+v", found.Groups())
	}
}

// failing gives spill files that break after some bytes.
type failing struct{ left int }

var errFull = errors.New("the disk is full")

func (f *failing) Create() (store.Spill, error) {
	file, err := os.CreateTemp("", "")
	return failingSpill{file, f}, err
}

type failingSpill struct {
	*os.File
	f *failing
}

func (s failingSpill) Write(p []byte) (int, error) {
	if s.f.left -= len(p); s.f.left < 0 {
		return 0, errFull
	}
	return s.File.Write(p)
}

func (s failingSpill) Close() error { return errors.Join(s.File.Close(), os.Remove(s.File.Name())) }

// TestFullDisk fails the computation wherever a spill file breaks.
func TestFullDisk(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	var rows []intaketest.Row
	for i := range 30 {
		rows = append(rows, intaketest.Row{"account_id": "a", "ticket_id": fmt.Sprint(i % 10), "opened_at": int32(10), "csat": 3})
	}
	in := intaketest.Canonical(mem, "tickets", rows...)
	p := &plan.Plan{Signals: []plan.Signal{{Name: "n", Derive: plan.Derivation{Agg: &plan.Agg{Source: "tickets", Func: plan.Mean, Column: "csat"}}}}}
	ok := false
	for left := 0; !ok; left += 100 {
		out, err := Compute(context.Background(), Request{
			Plan: p, Table: &population.Table{ID: []string{"a"}}, Today: 20, Dates: []int32{20}, Findings: &diag.Tally{}, Allocator: mem,
			Inputs: map[string]Input{"tickets": in}, KeyBudget: 1, Temp: &failing{left},
		})
		switch {
		case err == nil:
			ok = left > 1000 // 30 keys of 28 bytes, 20 verdicts or more, 30 rows of 44
			if !ok {
				t.Fatalf("%d bytes are enough", left)
			}
			for _, s := range out {
				s.Release()
			}
		case !errors.Is(err, errFull):
			t.Fatalf("after %d bytes: %v", left, err)
		}
	}
}

// TestSorter sorts more records than fit, twice over, and holds the merge against
// a sort in memory.
func TestSorter(t *testing.T) {
	temp, done := spills(t)
	r := rand.New(rand.NewPCG(1, 6))
	for _, bytes := range []int64{1, 100, 5000, 1 << 20} {
		s := newSorter[lateKey](temp, bytes)
		var want []lateKey
		for i := range 5000 {
			k := lateKey{[2]uint64{r.Uint64N(40) << 58, r.Uint64N(5)}, int64(i), int32(r.IntN(9)) - 4}
			want = append(want, k)
			s.add(k)
		}
		slices.SortFunc(want, lateKey.compare)
		for range 2 {
			m, err := s.sorted()
			if err != nil {
				t.Fatal(err)
			}
			var got []lateKey
			for {
				k, ok, err := m.next()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				got = append(got, k)
			}
			if !slices.Equal(got, want) {
				t.Errorf("within %d bytes the order is wrong", bytes)
			}
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
	done()
}
