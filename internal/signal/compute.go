package signal

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/store"
)

// Input is one mapped source.
type Input = intake.Input

// Request is everything that signal values follow from.
type Request struct {
	Plan   *plan.Plan
	Table  *population.Table
	Inputs map[string]Input // by source name; a source that is not there is not collected

	// Dates are the as-of days, in any order, none after Today.
	Dates []int32
	// Tenure holds, for every date, the accounts' whole months as customers, -1
	// where unknown; nil means unknown throughout.
	Tenure [][]int32
	// Today is the run's as-of day: the only one on which a source of layout
	// current may be read.
	Today int32
	// Later says that the exports were made long after Today: layout current then
	// describes none of the Dates.
	Later bool
	// Holidays are days off beside Saturdays and Sundays.
	Holidays []int32

	// Findings counts unusable rows, each once however many dates there are. May
	// be nil.
	Findings *diag.Tally
	// MemoryBudget bounds the accumulators in bytes; dates that do not fit
	// together are computed in groups, each with a pass of its own. 0 means 256 MiB.
	MemoryBudget int64
	// KeyBudget bounds the memory, in bytes, that finding rows with the same key
	// takes for one source. What does not fit goes to files of Temp; without Temp
	// everything is held in memory. 0 means 128 MiB. Results and findings are the
	// same with any budget.
	KeyBudget int64
	Temp      store.Temp
	// Allocator gives the memory of the snapshots and must be safe for concurrent
	// use; nil is Go's own.
	Allocator memory.Allocator

	watch *watch // nil but for Evidence
}

const defaultBudget = 256 << 20

// Compute returns one snapshot a date, in the order of Dates; the caller
// releases them. Results do not depend on the order of rows, on batches, on
// budgets or on how dates are grouped, with one exception: of rows with the same
// key but different values, counted as Conflict, the first in file and row order
// counts of those known as of the date.
//
// Errors are of class Config where the plan asks for what a column cannot give,
// and the reader's own where a source cannot be read.
func Compute(ctx context.Context, req Request) (out []*Snapshot, err error) {
	dates, err := req.dates()
	if err != nil || len(dates) == 0 {
		return nil, err
	}
	req.Allocator = cmp.Or[memory.Allocator](req.Allocator, memory.DefaultAllocator)
	for _, name := range slices.Sorted(maps.Keys(req.Inputs)) {
		in := req.Inputs[name]
		if err := in.CheckLayout(); err != nil {
			return nil, err
		}
	}
	prog, err := compile(req.Plan, req.Inputs)
	if err != nil {
		return nil, err
	}
	for _, f := range prog.sources {
		if err := f.readSnapshots(ctx, &req); err != nil {
			return nil, err
		}
	}
	defer func() {
		for _, f := range prog.sources {
			err = cmp.Or(err, f.keys.close())
		}
		if err != nil {
			for _, s := range out {
				s.Release()
			}
			out = nil
		}
	}()
	byDate := make(map[int32]*Snapshot, len(dates))
	defer func() {
		for _, s := range byDate {
			s.Release()
		}
	}()
	prog.bare(&req)
	defer prog.release()
	off := newHolidays(req.Holidays)
	size := prog.groupSize(&req)
	for first := 0; first < len(dates); first += size {
		group := dates[first:min(first+size, len(dates))]
		cal := newCalendar(group)
		for _, f := range prog.sources {
			if err := f.run(ctx, &req, cal, off, first == 0); err != nil {
				return nil, err
			}
		}
		for i, s := range prog.snapshots(&req, group, dates[len(dates)-1]) {
			byDate[group[i]] = s
		}
	}
	out = make([]*Snapshot, len(req.Dates))
	for i, d := range req.Dates {
		s := *byDate[d]
		s.Record.Retain()
		s.Flawed = slices.Clone(s.Flawed)
		out[i] = &s
	}
	return out, nil
}

// dates returns the distinct dates, ascending.
func (req *Request) dates() ([]int32, error) {
	dates := slices.Clone(req.Dates)
	slices.Sort(dates)
	dates = slices.Compact(dates)
	if n := len(dates); n > 0 && dates[n-1] > req.Today {
		return nil, diag.Errorf(diag.Internal, "signal", "", "signals as of %s are asked for on %s", day.Format(dates[n-1]), day.Format(req.Today))
	}
	if req.Tenure != nil && len(req.Tenure) != len(req.Dates) {
		return nil, diag.Errorf(diag.Internal, "signal", "", "%d tenures are given for %d dates", len(req.Tenure), len(req.Dates))
	}
	return dates, nil
}

// groupSize is how many dates' accumulators fit the budget, at least one.
func (p *program) groupSize(req *Request) int {
	perAccount := int64(0)
	for _, f := range p.sources {
		for _, s := range f.slots {
			perAccount += s.cellBytes()
		}
	}
	perDate := max(perAccount, 1) * int64(max(req.Table.Len(), 1))
	return int(min(max(cmp.Or(req.MemoryBudget, defaultBudget)/perDate, 1), int64(len(req.Dates))))
}

// snapshots evaluates every signal for the dates of a group. Dates are
// independent, so they are evaluated side by side.
func (p *program) snapshots(req *Request, group []int32, last int32) []*Snapshot {
	out := make([]*Snapshot, len(group))
	tallies := make([]diag.Tally, len(group))
	var wg sync.WaitGroup
	for k := range group {
		wg.Go(func() { out[k] = p.snapshot(req, group, k, last, &tallies[k]) })
	}
	wg.Wait()
	for k := range tallies {
		if req.Findings != nil {
			req.Findings.Merge(&tallies[k])
		}
	}
	return out
}
