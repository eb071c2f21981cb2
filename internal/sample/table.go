package sample

import (
	"slices"

	"accounthealth/internal/day"
	"accounthealth/internal/warehouse"
)

// table is the rows of one file to be, column by column.
type table struct {
	fields []warehouse.Field
	cols   []warehouse.Vector
	rows   int
}

func newTable(fields []warehouse.Field) *table {
	return &table{fields: fields, cols: make([]warehouse.Vector, len(fields))}
}

// reserve makes room for so many rows, so that a long table grows only once.
func (t *table) reserve(rows int) {
	for c := range t.cols {
		v := &t.cols[c]
		switch t.fields[c].Type {
		case warehouse.String:
			v.Strings = slices.Grow(v.Strings, rows)
		case warehouse.Float64:
			v.Floats = slices.Grow(v.Floats, rows)
		case warehouse.Bool:
			v.Bools = slices.Grow(v.Bools, rows)
		default:
			v.Ints = slices.Grow(v.Ints, rows)
		}
		if t.fields[c].Optional {
			v.Valid = slices.Grow(v.Valid, rows)
		}
	}
}

// The shorthands of the schemas: required and optional columns; the words
// columns hold few distinct texts and are written with a dictionary.
func text(name string) warehouse.Field {
	return warehouse.Field{Name: name, Type: warehouse.String}
}

func words(name string) warehouse.Field {
	return warehouse.Field{Name: name, Type: warehouse.String, Optional: true, Dict: true}
}

func typed(name string, t warehouse.FieldType) warehouse.Field {
	return warehouse.Field{Name: name, Type: t}
}

func opt(f warehouse.Field) warehouse.Field { f.Optional = true; return f }

func dict(f warehouse.Field) warehouse.Field { f.Dict = true; return f }

// valid notes whether the value that is being appended is one; required columns
// keep no such list.
func (t *table) valid(c int, ok bool) {
	if t.fields[c].Optional {
		t.cols[c].Valid = append(t.cols[c].Valid, ok)
	}
}

// text appends a text, null where it is empty.
func (t *table) text(c int, s string) {
	t.cols[c].Strings = append(t.cols[c].Strings, s)
	t.valid(c, s != "")
}

// whole appends an integer or, to a Money column, cents.
func (t *table) whole(c int, x int64) { t.maybe(c, x, true) }

// maybe appends an integer, null unless ok.
func (t *table) maybe(c int, x int64, ok bool) {
	t.cols[c].Ints = append(t.cols[c].Ints, x)
	t.valid(c, ok)
}

// date appends a day, null for none: as a date, as ISO text or as midnight,
// whatever the column's type is.
func (t *table) date(c int, d int32) {
	switch t.fields[c].Type {
	case warehouse.String:
		if d == none {
			t.text(c, "")
		} else {
			t.text(c, day.Format(d))
		}
	case warehouse.Date:
		t.maybe(c, int64(d), d != none)
	default:
		t.maybe(c, int64(d)*microsPerDay, d != none)
	}
}

// instant appends microseconds, null for 0.
func (t *table) instant(c int, micros int64) { t.maybe(c, micros, micros != 0) }

func (t *table) number(c int, x float64, ok bool) {
	t.cols[c].Floats = append(t.cols[c].Floats, x)
	t.valid(c, ok)
}

// flag appends a truth value as the column's type has it: boolean, 0/1 or Y/N.
func (t *table) flag(c int, yes bool) {
	switch t.fields[c].Type {
	case warehouse.Bool:
		t.cols[c].Bools = append(t.cols[c].Bools, yes)
		t.valid(c, true)
	case warehouse.String:
		t.text(c, map[bool]string{true: "Y", false: "N"}[yes])
	default:
		x := int64(0)
		if yes {
			x = 1
		}
		t.whole(c, x)
	}
}

func (t *table) end() { t.rows++ }

// isNull reports whether a value is null.
func (t *table) isNull(c, row int) bool {
	v := t.cols[c].Valid
	return v != nil && !v[row]
}

// repeat appends a copy of a row and returns its index.
func (t *table) repeat(row int) int {
	for c := range t.cols {
		v := &t.cols[c]
		switch t.fields[c].Type {
		case warehouse.String:
			v.Strings = append(v.Strings, v.Strings[row])
		case warehouse.Float64:
			v.Floats = append(v.Floats, v.Floats[row])
		case warehouse.Bool:
			v.Bools = append(v.Bools, v.Bools[row])
		default:
			v.Ints = append(v.Ints, v.Ints[row])
		}
		if v.Valid != nil {
			v.Valid = append(v.Valid, v.Valid[row])
		}
	}
	t.rows++
	return t.rows - 1
}

// setNumber overwrites a known number.
func (t *table) setNumber(c, row int, x float64) {
	if t.fields[c].Type == warehouse.Float64 {
		t.cols[c].Floats[row] = x
		return
	}
	t.cols[c].Ints[row] = int64(x)
}

// setDate overwrites a known day.
func (t *table) setDate(c, row int, d int32) {
	switch t.fields[c].Type {
	case warehouse.String:
		t.cols[c].Strings[row] = day.Format(d)
	case warehouse.Date:
		t.cols[c].Ints[row] = int64(d)
	default:
		t.cols[c].Ints[row] = int64(d)*microsPerDay + 12*3600e6
	}
}

// without returns the table less its last column.
func (t *table) without() *table {
	n := len(t.fields) - 1
	return &table{fields: slices.Clone(t.fields[:n]), cols: t.cols[:n], rows: t.rows}
}
