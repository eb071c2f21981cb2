// Package source is the vocabulary of what a warehouse exports: the canonical
// sources, their columns, and for each column its role, its possible range and
// whether the job can do without it. It reads nothing: warehouse opens files
// against these contracts, signal and population name columns by them, mapping
// guesses them, and sample writes them.
//
// All dates and times between packages are Day (whole days) or Micros (wall
// clock microseconds) in the one reporting time zone; they are converted at the
// door, by warehouse, and never again.
package source

import "slices"

// Role says what a column means, whatever physical type a warehouse chose.
type Role uint8

const (
	// ID is an exact text key: integers and decimals are written out in full,
	// leading zeros survive, floats are refused.
	ID Role = iota
	// Text is free or closed text.
	Text
	// Number is a measurement, held as float64.
	Number
	// Money is an amount in the row's currency, held as float64 rounded to cents.
	Money
	// Time is a date or an instant, held as wall-clock microseconds in the
	// reporting time zone; a date is its midnight.
	Time
	// Flag is a boolean: true/false, 0/1, Y/N, yes/no.
	Flag
)

func (r Role) String() string {
	return [...]string{"id", "text", "number", "money", "time", "flag"}[r]
}

// Layout says how a source's rows relate to time.
type Layout uint8

const (
	// Events: a row happened once.
	Events Layout = iota
	// Snapshot: each partition or file is a full copy as of a date.
	Snapshot
	// SCD: rows are spells with valid_from and valid_to.
	SCD
	// Current: one overwritten table; it knows only the day it was exported.
	Current
)

var layoutNames = [...]string{"events", "snapshot", "scd", "current"}

func (l Layout) String() string { return layoutNames[l] }

// ParseLayout is the inverse of Layout.String.
func ParseLayout(s string) (Layout, bool) {
	i := slices.Index(layoutNames[:], s)
	return Layout(max(i, 0)), i >= 0
}

// Column is one column of a canonical source.
type Column struct {
	Name     string
	Role     Role
	Required bool
	// Min and Max bound the possible values of a Number or Money column when
	// Bounded; a value outside is invalid, reported, and treated as missing.
	Bounded  bool
	Min, Max float64
	// Future is allowed for Time columns that lie ahead by nature (due and
	// renewal dates, ends of terms); any other date after the as-of date is
	// counted as not yet known, or as impossible where it is a source's only time.
	Future bool
	// Later says that a value comes some time after the row (a rating after the
	// ticket), so that the newest rows do not have it yet.
	Later bool
	// Help is one plain sentence for messages and documentation.
	Help string
}

// Contract is the shape of one canonical source.
type Contract struct {
	Name    string
	Grain   string
	Layout  Layout // the default; health.yaml may say otherwise
	Key     []string
	Time    string // the column that dates a row; "" for none
	Columns []Column
}

// AvailableAt is the column that any source of events may have beside those that
// its contract lists: when a row came to be in the warehouse. Nobody could use the
// row before, whenever its event was. Null: when it happened. A row that became
// available after the as-of date is nothing out of the ordinary.
var AvailableAt = Column{Name: "available_at", Role: Time, Future: true, Help: "when the row came to be in the warehouse; empty: when it happened"}

// Column returns the named column and whether the contract has it, AvailableAt
// included.
func (c *Contract) Column(name string) (Column, bool) {
	for i := range c.Columns {
		if c.Columns[i].Name == name {
			return c.Columns[i], true
		}
	}
	if c.Layout == Events && name == AvailableAt.Name {
		return AvailableAt, true
	}
	return Column{}, false
}

// Find returns the canonical contract of a source, or nil where a framework
// names one of its own.
func Find(name string) *Contract {
	for i := range canonical {
		if canonical[i].Name == name {
			return &canonical[i]
		}
	}
	return nil
}

// All returns the canonical contracts in their documented order. The slice is
// a copy; the contracts' columns are shared and must not be changed.
func All() []Contract { return slices.Clone(canonical) }
