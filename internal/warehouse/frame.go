package warehouse

import (
	"io"
	"math"
)

// Frame is a table described column by column as functions of the row, written
// a chunk of rows at a time: what it holds does not grow with the rows. Nulls
// are the values that say "unknown" elsewhere in the program: empty text, NaN,
// and NoDate.
type Frame struct {
	rows    int
	fields  []Field
	columns []func(from, to int) Vector
}

// NoDate is the day that Frame.Date writes as null.
const NoDate int32 = math.MinInt32

// NewFrame starts a table of a number of rows without columns.
func NewFrame(rows int) *Frame { return &Frame{rows: rows} }

// Text adds a text column; the empty string is null.
func (f *Frame) Text(name string, at func(row int) string) {
	f.add(Field{Name: name, Type: String, Optional: true, Dict: true}, func(from, to int) Vector {
		v := Vector{Strings: make([]string, to-from), Valid: make([]bool, to-from)}
		for i := range v.Strings {
			v.Strings[i] = at(from + i)
			v.Valid[i] = v.Strings[i] != ""
		}
		return v
	})
}

// Key adds a required text column.
func (f *Frame) Key(name string, at func(row int) string) {
	f.add(Field{Name: name, Type: String}, func(from, to int) Vector {
		v := Vector{Strings: make([]string, to-from)}
		for i := range v.Strings {
			v.Strings[i] = at(from + i)
		}
		return v
	})
}

// Number adds a float column; NaN is null.
func (f *Frame) Number(name string, at func(row int) float64) {
	f.add(Field{Name: name, Type: Float64, Optional: true}, func(from, to int) Vector {
		v := Vector{Floats: make([]float64, to-from), Valid: make([]bool, to-from)}
		for i := range v.Floats {
			v.Floats[i] = at(from + i)
			v.Valid[i] = !math.IsNaN(v.Floats[i])
		}
		return v
	})
}

// Money adds an amount, rounded to cents; NaN is null.
func (f *Frame) Money(name string, at func(row int) float64) {
	f.add(Field{Name: name, Type: Money, Optional: true}, func(from, to int) Vector {
		v := Vector{Ints: make([]int64, to-from), Valid: make([]bool, to-from)}
		for i := range v.Ints {
			if x := at(from + i); !math.IsNaN(x) {
				v.Ints[i], v.Valid[i] = int64(math.Round(x*100)), true
			}
		}
		return v
	})
}

// Int adds an integer column; rows for which ok is false are null.
func (f *Frame) Int(name string, at func(row int) (value int64, ok bool)) {
	f.add(Field{Name: name, Type: Int64, Optional: true}, func(from, to int) Vector {
		v := Vector{Ints: make([]int64, to-from), Valid: make([]bool, to-from)}
		for i := range v.Ints {
			v.Ints[i], v.Valid[i] = at(from + i)
		}
		return v
	})
}

// Date adds a column of days; NoDate is null.
func (f *Frame) Date(name string, at func(row int) int32) {
	f.add(Field{Name: name, Type: Date, Optional: true}, func(from, to int) Vector {
		v := Vector{Ints: make([]int64, to-from), Valid: make([]bool, to-from)}
		for i := range v.Ints {
			if d := at(from + i); d != NoDate {
				v.Ints[i], v.Valid[i] = int64(d), true
			}
		}
		return v
	})
}

// Flag adds a required boolean column.
func (f *Frame) Flag(name string, at func(row int) bool) {
	f.add(Field{Name: name, Type: Bool}, func(from, to int) Vector {
		v := Vector{Bools: make([]bool, to-from)}
		for i := range v.Bools {
			v.Bools[i] = at(from + i)
		}
		return v
	})
}

func (f *Frame) add(field Field, column func(from, to int) Vector) {
	f.fields = append(f.fields, field)
	f.columns = append(f.columns, column)
}

// Write writes the table as one Parquet file.
func (f *Frame) Write(w io.Writer, opt WriterOptions) error {
	out, err := NewWriter(w, f.fields, opt)
	if err != nil {
		return err
	}
	vectors := make([]Vector, len(f.columns))
	for from := 0; from < f.rows; from += writeChunk {
		to := min(from+writeChunk, f.rows)
		for c, column := range f.columns {
			vectors[c] = column(from, to)
		}
		if err := out.Write(vectors); err != nil {
			return err
		}
	}
	return out.Close()
}
