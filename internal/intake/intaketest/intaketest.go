// Package intaketest holds sources in memory, for tests of the packages that
// read through intake. It builds the batches that a warehouse would hand over,
// cut wherever the test wants.
package intaketest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/intake"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

// Row is one row by column: text as string, numbers as int or float64, flags as
// bool, times as "2026-06-30" or "2026-06-30 14:05", a day as int32. A column
// that is not there is null; Bad is a value that could not be parsed.
type Row map[string]any

// Bad marks a value that could not be parsed.
var Bad = new(int)

// Source is a source in memory.
type Source struct {
	Mem      memory.Allocator
	Contract *source.Contract
	Files    [][]Row // named part-0, part-1, ...
	Batch    int     // rows of a batch; 0: a file in one
	Columns  []string
	Scans    int // how often it was read
}

// Input returns a source of one file in a layout; the mapped columns are those
// that some row has.
func Input(mem memory.Allocator, contract *source.Contract, layout source.Layout, rows ...Row) intake.Input {
	contract = intake.ForLayout(contract, layout)
	s := &Source{Mem: mem, Contract: contract, Files: [][]Row{rows}}
	for _, c := range contract.Columns {
		if c.Name == intake.AccountID || slices.ContainsFunc(rows, func(r Row) bool { _, ok := r[c.Name]; return ok }) {
			s.Columns = append(s.Columns, c.Name)
		}
	}
	return intake.Input{Contract: contract, Layout: layout, Rows: s}
}

// Canonical is Input for a canonical source in its own layout.
func Canonical(mem memory.Allocator, name string, rows ...Row) intake.Input {
	c := source.Find(name)
	return Input(mem, c, c.Layout, rows...)
}

// Has reports whether the column is mapped.
func (s *Source) Has(column string) bool { return slices.Contains(s.Columns, column) }

// Scan hands over the rows in order.
func (s *Source) Scan(ctx context.Context, columns []string, fn func(*warehouse.Batch) error) error {
	s.Scans++
	for k, rows := range s.Files {
		size := s.Batch
		if size <= 0 {
			size = max(len(rows), 1)
		}
		for first := 0; first < len(rows); first += size {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := s.batch(columns, rows[first:min(first+size, len(rows))])
			b.File, b.FirstRow = fmt.Sprintf("part-%d", k), int64(first)
			err := fn(b)
			b.Record.Release()
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Source) batch(columns []string, rows []Row) *warehouse.Batch {
	b := &warehouse.Batch{Invalid: make([][]int32, len(columns)), InvalidText: make([][]string, len(columns))}
	arrays := make([]arrow.Array, len(columns))
	fields := make([]arrow.Field, len(columns))
	for k, name := range columns {
		c, ok := s.Contract.Column(name)
		if !ok || !s.Has(name) {
			panic("column " + name + " is not mapped")
		}
		for i, r := range rows {
			if r[name] == any(Bad) {
				b.Invalid[k] = append(b.Invalid[k], int32(i))
				b.InvalidText[k] = append(b.InvalidText[k], "said")
			}
		}
		arrays[k] = s.array(c, rows)
		fields[k] = arrow.Field{Name: name, Type: arrays[k].DataType(), Nullable: true}
	}
	b.Record = array.NewRecord(arrow.NewSchema(fields, nil), arrays, int64(len(rows)))
	for _, a := range arrays {
		a.Release()
	}
	return b
}

func (s *Source) array(c source.Column, rows []Row) arrow.Array {
	var b array.Builder
	switch c.Role {
	case source.ID, source.Text:
		b = array.NewDictionaryBuilder(s.Mem, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String})
	case source.Number, source.Money:
		b = array.NewFloat64Builder(s.Mem)
	case source.Time:
		b = array.NewTimestampBuilder(s.Mem, &arrow.TimestampType{Unit: arrow.Microsecond})
	default:
		b = array.NewBooleanBuilder(s.Mem)
	}
	defer b.Release()
	for _, r := range rows {
		switch v := r[c.Name].(type) {
		case string:
			if t, ok := b.(*array.TimestampBuilder); ok {
				t.Append(arrow.Timestamp(Micros(v)))
			} else if err := b.(*array.BinaryDictionaryBuilder).AppendString(v); err != nil {
				panic(err)
			}
		case int:
			b.(*array.Float64Builder).Append(float64(v))
		case float64:
			b.(*array.Float64Builder).Append(v)
		case int32:
			b.(*array.TimestampBuilder).Append(arrow.Timestamp(int64(v) * 86_400_000_000))
		case int64:
			b.(*array.TimestampBuilder).Append(arrow.Timestamp(v))
		case bool:
			b.(*array.BooleanBuilder).Append(v)
		default:
			b.AppendNull()
		}
	}
	return b.NewArray()
}

// Micros reads a time of a Row.
func Micros(s string) int64 {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMicro()
		}
	}
	panic("not a time: " + s)
}

// Day reads a date.
func Day(s string) int32 { return intake.DayOf(Micros(s)) }
