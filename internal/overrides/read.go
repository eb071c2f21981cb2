package overrides

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/source"
)

const sourceName = "overrides"

// required are the columns that a note cannot do without.
var required = []string{intake.AccountID, "target", "value", "reason", "author", "set_at"}

// Read reads the source, nil where none is mapped, and the books that came back.
// lookup gives an account's population row, or -1. today
// is the as-of date, for Count and Left; the values of every other day are kept.
//
// Of rows with the same account, target and set_at the first in file and row
// order counts: exact copies are refused as Duplicate, others as Conflict. In a
// snapshot layout the newest full copy not after today counts; the spells of an
// SCD bound those of the values. It fails only where the source cannot be read
// or lacks a required column: what is wrong with a row never stops a run.
func Read(ctx context.Context, in *intake.Input, books []Book, p *plan.Plan, lookup func(id string) int32, today int32) (*Set, error) {
	r := &reader{plan: p, lookup: lookup, at: map[string]int{}}
	if in != nil {
		if err := r.source(ctx, in, today); err != nil {
			return nil, err
		}
	}
	for _, b := range books {
		r.book(b)
	}
	return r.set(today), nil
}

// source reads the rows of the mapped source.
func (r *reader) source(ctx context.Context, in *intake.Input, today int32) error {
	if err := in.CheckLayout(); err != nil {
		return err
	}
	r.in = in
	columns := slices.Clone(required)
	for _, name := range columns {
		if !in.Has(name) {
			return in.Missing(name)
		}
	}
	for _, name := range append([]string{"expires_at"}, layoutColumns(in)...) {
		if in.Has(name) && !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
	}
	for k, name := range columns {
		r.at[name] = k
	}
	// Findings are this package's own: one a row, with what would mend it.
	return in.Read(ctx, columns, today, nil, func(b *intake.Batch) error {
		for i := range b.Len {
			r.row(b, i)
		}
		return nil
	})
}

func layoutColumns(in *intake.Input) []string {
	switch in.Layout {
	case source.Snapshot:
		return []string{in.Stamp()}
	case source.SCD:
		return []string{intake.ValidFrom, intake.ValidTo}
	}
	return nil
}

type reader struct {
	in      *intake.Input
	plan    *plan.Plan
	lookup  func(string) int32
	at      map[string]int // column -> position in a batch
	notes   []note         // in file and row order
	remarks int            // rows of books with a note and no value
}

// note is one row of the source, usable or not.
type note struct {
	Value
	why   *refusal // nil where it is usable
	stamp int32    // the full copy it belongs to; day.None in other layouts
}

// row checks one row: the first thing that is wrong with it is its finding.
func (r *reader) row(b *intake.Batch, i int) {
	n := note{stamp: day.None}
	n.file, n.line = strings.Clone(b.File), b.First+int64(i)
	n.id = r.text(b, intake.AccountID, i)
	n.why = r.check(b, i, &n.Value)
	if r.in.Layout == source.Snapshot {
		if n.stamp, _ = r.day(b, r.in.Stamp(), i); n.stamp == day.None {
			n.why = &refusal{diag.Undated, r.in.Stamp(), "the date of the copy is missing"}
		}
	}
	r.notes = append(r.notes, n)
}

func (r *reader) check(b *intake.Batch, i int, v *Value) *refusal {
	if v.id == "" {
		return &refusal{diag.MissingKey, intake.AccountID, "no account"}
	}
	if v.Row = r.lookup(v.id); v.Row < 0 {
		return &refusal{diag.Orphan, intake.AccountID, v.id + ": not in accounts"}
	}
	var why *refusal
	if v.Pillar, v.Signal, why = target(r.plan, r.text(b, "target", i)); why != nil {
		return why
	}
	if v.Value, why = value(r.plan, v.Pillar, v.Signal, r.text(b, "value", i)); why != nil {
		return why
	}
	v.Reason, v.Author = r.text(b, "reason", i), r.text(b, "author", i)
	switch {
	case v.Reason == "":
		return &refusal{Incomplete, "reason", "no reason is given"}
	case v.Author == "":
		return &refusal{Incomplete, "author", "no author is given"}
	}
	return r.dates(b, i, v)
}

// dates fills the days between which a value is in force.
func (r *reader) dates(b *intake.Batch, i int, v *Value) *refusal {
	var ok bool
	if v.From, ok = r.day(b, "set_at", i); !ok {
		return &refusal{diag.Unparsable, "set_at", "the day it was set cannot be read"}
	}
	if v.From == day.None {
		return &refusal{diag.Undated, "set_at", "the day it was set is missing"}
	}
	v.set = int64(b.Columns[r.at["set_at"]].Micros[i])
	if v.Until, ok = r.day(b, "expires_at", i); !ok {
		return &refusal{diag.Unparsable, "expires_at", "the day it expires cannot be read"}
	}
	if v.Until != day.None && v.Until < v.From {
		return &refusal{diag.Reversed, "expires_at", day.Format(v.Until) + ": before it was set, " + day.Format(v.From)}
	}
	if r.in.Layout != source.SCD {
		return nil
	}
	from, ok := r.day(b, intake.ValidFrom, i)
	if !ok || from == day.None {
		return &refusal{diag.Undated, intake.ValidFrom, "the first day of the row is missing"}
	}
	to, ok := r.day(b, intake.ValidTo, i)
	if !ok {
		return &refusal{diag.Unparsable, intake.ValidTo, "the end of the row cannot be read"}
	}
	v.From = max(v.From, from)
	if to != day.None && (v.Until == day.None || to-1 < v.Until) {
		v.Until = to - 1
	}
	return nil
}

// text returns a cell without the space around it, "" where it is null or
// unusable. It outlives the batch.
func (r *reader) text(b *intake.Batch, column string, i int) string {
	c := &b.Columns[r.at[column]]
	if c.Status[i] != intake.Known {
		return ""
	}
	return strings.Clone(strings.TrimSpace(c.Text(i)))
}

// day returns a date, day.None where it is null or not mapped; ok is false where
// it is there but cannot be read.
func (r *reader) day(b *intake.Batch, column string, i int) (d int32, ok bool) {
	k, mapped := r.at[column]
	if !mapped || b.Columns[k].Status[i] == intake.Null {
		return day.None, true
	}
	if b.Columns[k].Status[i] == intake.Bad {
		return day.None, false
	}
	return b.Columns[k].Days[i], true
}

// set sorts what was read into values and refusals.
func (r *reader) set(today int32) *Set {
	s := &Set{plan: r.plan, today: today, remarks: r.remarks}
	latest := day.None
	for _, n := range r.notes {
		if n.stamp <= today {
			latest = max(latest, n.stamp)
		}
	}
	type key struct {
		row         int32
		pillar, sig int
		set         int64
		from        int32
	}
	first := map[key]Value{}
	for _, n := range r.notes {
		if n.stamp != latest && n.stamp != day.None {
			continue // another full copy
		}
		s.rows++
		if n.why == nil {
			k := key{n.Row, n.Pillar, n.Signal, n.set, n.From}
			if f, seen := first[k]; !seen {
				first[k] = n.Value
			} else {
				n.why = f.repeated(&n.Value)
			}
		}
		if n.why != nil {
			s.refused = append(s.refused, n.finding(n.why.code, n.why.column, n.why.text))
			continue
		}
		s.values = append(s.values, n.Value)
	}
	slices.SortStableFunc(s.values, func(a, b Value) int {
		return cmp.Or(compareTargets(a, b), cmp.Compare(b.set, a.set))
	})
	return s
}

// repeated refuses a row whose account, target and moment an earlier row has.
func (v *Value) repeated(again *Value) *refusal {
	if v.Value == again.Value && v.Until == again.Until && v.Reason == again.Reason && v.Author == again.Author {
		return &refusal{diag.Duplicate, "", "an exact copy of an earlier row"}
	}
	return &refusal{diag.Conflict, "", "another row of the same account, target and time is used"}
}
