// Package diag is the vocabulary in which every other package says that
// something is wrong: errors with a class that decides the exit code, findings
// about single rows, and warnings that travel beside the number they touch.
// It decides nothing and prints nothing.
package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Class says whose problem an error is. The command line turns it into an exit
// code, once.
type Class uint8

const (
	// Internal: the run failed for a reason that is not the user's.
	Internal Class = iota
	// Config: usage, health.yaml or the framework.
	Config
	// Data: the exports cannot be read or break their contract.
	Data
	// Gate: the numbers exist, but a gate stopped their publication.
	Gate
)

// Error says what is wrong, where, and what to do about it.
type Error struct {
	Class Class
	Where string // file, file:line:col, source.column, row key
	What  string // one sentence, no final stop
	Fix   string // one imperative sentence; may be empty only where nothing can be done
	Cause error
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Where != "" {
		b.WriteString(e.Where + ": ")
	}
	b.WriteString(e.What)
	if e.Cause != nil {
		b.WriteString(": " + e.Cause.Error())
	}
	if e.Fix != "" {
		b.WriteString("; " + e.Fix)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Cause }

// Errorf builds an Error of a class without a cause.
func Errorf(class Class, where, fix, format string, args ...any) *Error {
	return &Error{Class: class, Where: where, Fix: fix, What: fmt.Sprintf(format, args...)}
}

// ClassOf returns the class of the first Error in err's tree, Internal if none.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Internal
}

// Code names a kind of finding; it is a stable key in files and reports.
type Code string

// The findings about rows. Each is counted, none is silently dropped.
const (
	Unparsable  Code = "unparsable"   // the text cannot be read as the column's role
	OutOfRange  Code = "out_of_range" // outside the column's possible values
	Duplicate   Code = "duplicate"    // the key was seen before; the first row is used
	Conflict    Code = "conflict"     // the key was seen before with other values
	Orphan      Code = "orphan"       // account_id is not in accounts
	FutureDate  Code = "future_date"  // after the as-of date where it cannot be
	Undated     Code = "undated"      // the date that places the row in time is null
	MissingKey  Code = "missing_key"  // account_id is null
	UnknownWord Code = "unknown_word" // not in the closed vocabulary of a signal
	Reversed    Code = "reversed"     // an end before its start
	NoRate      Code = "no_rate"      // an amount in a currency that has no exchange rate
	Placeholder Code = "placeholder"  // a date such as 9999-12-31, which stands for none

	NoParent     Code = "no_parent"     // parent_id is not in accounts
	ParentCircle Code = "parent_circle" // parents that lead back to the account
)

// Spoils reports whether the code says that a row holds something that cannot be
// so: it then counts against the limit of invalid rows. A date after the as-of date
// does not: in a run for an earlier date, later rows are only not known yet.
func (c Code) Spoils() bool {
	return slices.Contains([]Code{Unparsable, OutOfRange, Undated, MissingKey, UnknownWord, Reversed, NoRate}, c)
}

// Words names the finding as people read it: "no rate" for no_rate.
func (c Code) Words() string { return strings.ReplaceAll(string(c), "_", " ") }

// Finding is one row-level observation.
type Finding struct {
	Code   Code
	Source string
	Column string
	File   string
	Row    int64  // zero-based row within File
	Cell   string // of a workbook: "Accounts!N12", in place of Row
	Key    string // the row's account or key, as text
	Value  string // the offending value as written
}

// MaxExamples is how many findings of one group a Tally keeps in full.
const MaxExamples = 5

// Group is all findings with one code, source and column.
type Group struct {
	Code     Code
	Source   string
	Column   string
	Count    int64
	Examples []Finding // the first MaxExamples by file, row
}

// Tally counts findings and keeps the first few of each group. The zero value
// is ready. It is not safe for concurrent use; Merge joins tallies of workers
// and gives the same result in any order.
type Tally struct {
	groups map[groupKey]*Group
	rows   map[rowsKey]int64
}

// rowsKey names rows of one full copy of a source; spoilt stands for every code
// that spoils.
type rowsKey struct {
	code   Code
	source string
	copy   int32
}

const spoilt Code = "spoilt"

// CountRow counts a row with a code in the full copy of a source that it belongs
// to, in copy 0 where a source has no copies; first says that nothing else spoils
// the row.
func (t *Tally) CountRow(code Code, source string, copy int32, first bool) {
	if t.rows == nil {
		t.rows = map[rowsKey]int64{}
	}
	t.rows[rowsKey{code, source, copy}]++
	if first {
		t.rows[rowsKey{spoilt, source, copy}]++
	}
}

// RowsOf returns how often CountRow counted a code in a copy of a source.
func (t *Tally) RowsOf(code Code, source string, copy int32) int64 {
	return t.rows[rowsKey{code, source, copy}]
}

// Spoilt returns how many rows of a copy of a source something spoils, each row
// once however many of its cells are bad.
func (t *Tally) Spoilt(source string, copy int32) int64 { return t.RowsOf(spoilt, source, copy) }

// MergeRows adds the rows that CountRow counted in u.
func (t *Tally) MergeRows(u *Tally) {
	for k, n := range u.rows {
		if t.rows == nil {
			t.rows = map[rowsKey]int64{}
		}
		t.rows[k] += n
	}
}

type groupKey struct {
	code           Code
	source, column string
}

// Add counts one finding.
func (t *Tally) Add(f Finding) {
	g := t.group(groupKey{f.Code, f.Source, f.Column})
	g.Count++
	g.keep(f)
}

// AddN counts n findings of which only f is known as an example.
func (t *Tally) AddN(f Finding, n int64) {
	if n <= 0 {
		return
	}
	g := t.group(groupKey{f.Code, f.Source, f.Column})
	g.Count += n
	g.keep(f)
}

func (t *Tally) group(k groupKey) *Group {
	if t.groups == nil {
		t.groups = map[groupKey]*Group{}
	}
	g := t.groups[k]
	if g == nil {
		g = &Group{Code: k.code, Source: k.source, Column: k.column}
		t.groups[k] = g
	}
	return g
}

func (g *Group) keep(f Finding) {
	if len(g.Examples) == MaxExamples && compareFindings(f, g.Examples[MaxExamples-1]) >= 0 {
		return
	}
	i, _ := slices.BinarySearchFunc(g.Examples, f, compareFindings)
	g.Examples = slices.Insert(g.Examples, i, f)
	if len(g.Examples) > MaxExamples {
		g.Examples = g.Examples[:MaxExamples]
	}
}

func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Value, b.Value))
}

// Merge adds everything in u.
func (t *Tally) Merge(u *Tally) {
	for _, g := range u.groups {
		t.MergeGroup(*g)
	}
	t.MergeRows(u)
}

// MergeGroup adds one group of another tally.
func (t *Tally) MergeGroup(g Group) {
	d := t.group(groupKey{g.Code, g.Source, g.Column})
	d.Count += g.Count
	for _, f := range g.Examples {
		d.keep(f)
	}
}

// Groups returns the groups by source, column, code.
func (t *Tally) Groups() []Group {
	out := make([]Group, 0, len(t.groups))
	for _, g := range t.groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code))
	})
	return out
}

// Count returns how many findings of a code a source has, all columns together.
func (t *Tally) Count(code Code, source string) int64 {
	var n int64
	for k, g := range t.groups {
		if k.code == code && k.source == source {
			n += g.Count
		}
	}
	return n
}

// Warning is a sentence that belongs beside a number.
type Warning struct {
	Code    string // stable key
	Subject string // what it touches: a source, a signal, a sheet's figure
	Text    string // one plain sentence with its figures
}
