package warehouse

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

// RowGroup encodes one row group, page by page, apart from the file it will be
// part of: several can be under construction at a time, and Writer.Append puts
// them into the file in the order it is given them. Every column gets the same
// number of rows, then EndPage; a page holds PageRows rows by custom. It is not
// safe for concurrent use. Columns are named by their position among the fields.
//
// Values are not checked against their types as those of Writer.Write are, except
// that text must be UTF-8, which the caller sees to.
type RowGroup struct {
	fields  []Field
	columns []chunk
	rows    int
	done    []written
	err     error
	w       *Writer
}

// NewRowGroup returns an empty row group of the writer's fields.
func (w *Writer) NewRowGroup() *RowGroup {
	g := &RowGroup{fields: w.fields, columns: make([]chunk, len(w.fields)), w: w}
	g.Reset()
	return g
}

// Reset empties the row group and keeps its memory. Dictionaries that were set
// are gone.
func (g *RowGroup) Reset() {
	for i := range g.columns {
		g.columns[i].reset(&g.fields[i], g.w.codec)
		g.columns[i].dict.narrow = g.fields[i].narrow()
	}
	g.rows, g.done, g.err = 0, g.done[:0], nil
}

// Dictionary gives a column whose field asks for a dictionary the values that
// Codes refers to; those that no row uses count in no statistics.
func (g *RowGroup) Dictionary(column int, values *Vector) {
	g.columns[column].dict.fix(&g.fields[column], values)
}

// Codes appends rows by their dictionary codes; a code below 0 is null.
func (g *RowGroup) Codes(column int, codes []int32) { g.columns[column].coded(codes) }

// Floats appends doubles; valid is nil where none is null.
func (g *RowGroup) Floats(column int, values []float64, valid []bool) {
	g.columns[column].floats(values, valid)
}

// Bools appends flags, none of them null.
func (g *RowGroup) Bools(column int, values []bool) { g.columns[column].bools(values, nil) }

// Texts appends texts: number i is data from offsets[i] to offsets[i+1]. valid is
// nil where none is null. It is for columns without a dictionary.
func (g *RowGroup) Texts(column int, data []byte, offsets []int32, valid []bool) {
	g.columns[column].texts(data, offsets, valid)
}

// EndPage closes the open page of every column.
func (g *RowGroup) EndPage() error {
	n := g.columns[0].rows
	for i := range g.columns {
		c := &g.columns[i]
		if c.rows != n {
			return fmt.Errorf("warehouse: column %s has %d rows where %s has %d", g.fields[i].Name, c.rows, g.fields[0].Name, n)
		}
		if err := c.end(); err != nil {
			return fmt.Errorf("warehouse: column %s: %w", g.fields[i].Name, err)
		}
	}
	g.rows += n
	return nil
}

// Finish closes the row group; only Append and Reset may follow.
func (g *RowGroup) Finish() error {
	if err := g.EndPage(); err != nil {
		return err
	}
	for i := range g.columns {
		done, err := g.columns[i].finish()
		if err != nil {
			return fmt.Errorf("warehouse: column %s: %w", g.fields[i].Name, err)
		}
		g.done = append(g.done, done)
	}
	return nil
}

// maxRowGroups is how many the format can number.
const maxRowGroups = 1<<15 - 1

// Append writes a finished row group as the file's next one. Rows written before
// with Write and not yet in a row group of their own come first.
func (w *Writer) Append(g *RowGroup) error {
	if w.err != nil {
		return w.err
	}
	if w.open != g {
		w.err = w.flush()
	}
	if w.err == nil {
		w.err = w.append(g)
	}
	return w.err
}

func (w *Writer) append(g *RowGroup) error {
	if g.rows == 0 {
		return nil
	}
	if len(w.groups) == maxRowGroups {
		return fmt.Errorf("warehouse: more than %d row groups; make them larger", maxRowGroups)
	}
	out := format.RowGroup{NumRows: int64(g.rows), FileOffset: w.offset, Ordinal: int16(len(w.groups)), Columns: make([]format.ColumnChunk, len(g.done))}
	for i := range g.done {
		d := &g.done[i]
		meta := d.meta
		if len(d.dict) > 0 {
			meta.DictionaryPageOffset = w.offset
		}
		meta.DataPageOffset = w.offset + int64(len(d.dict))
		for _, part := range [][]byte{d.dict, d.pages} {
			if err := w.put(part); err != nil {
				return err
			}
		}
		out.TotalByteSize += meta.TotalUncompressedSize
		out.TotalCompressedSize += meta.TotalCompressedSize
		out.Columns[i].MetaData = meta
	}
	w.groups = append(w.groups, out)
	w.total += int64(g.rows)
	return nil
}

func (w *Writer) put(b []byte) error {
	n, err := w.out.Write(b)
	w.offset += int64(n)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}
