package warehouse

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// FieldType is the type of a written column.
type FieldType uint8

const (
	// String is UTF-8 text, from Vector.Strings.
	String FieldType = iota
	// Int64 is a signed integer, from Vector.Ints.
	Int64
	// Int32 is a signed integer within 32 bits, from Vector.Ints.
	Int32
	// Float64 is a double, from Vector.Floats.
	Float64
	// Bool is a boolean, from Vector.Bools.
	Bool
	// Date is whole days since 1970-01-01 within 32 bits, from Vector.Ints.
	Date
	// Timestamp is an instant in microseconds since 1970-01-01T00:00:00Z, from
	// Vector.Ints.
	Timestamp
	// LocalTimestamp is wall-clock microseconds since 1970-01-01T00:00:00 in a
	// zone the reader knows, from Vector.Ints.
	LocalTimestamp
	// Money is DECIMAL(18,2) in an INT64: whole cents, from Vector.Ints.
	Money
)

// Field is one column of a written file. Dict asks for dictionary encoding,
// which suits columns with few distinct values; booleans ignore it.
type Field struct {
	Name     string
	Type     FieldType
	Optional bool
	Dict     bool
}

// Vector is a run of one column's values. Only the slice of the field's type is
// read. Valid has one entry a row, or is nil where every row has a value; the
// value slice has an entry for null rows too, which is ignored.
type Vector struct {
	Strings []string
	Ints    []int64
	Floats  []float64
	Bools   []bool
	Valid   []bool
}

// Codec compresses the pages of a written file.
type Codec uint8

const (
	// ZSTD is the default: small and read by every current engine.
	ZSTD Codec = iota
	// Snappy suits readers that lack ZSTD.
	Snappy
	// Uncompressed leaves pages as they are.
	Uncompressed
)

// WriterOptions has a useful zero value: ZSTD, DefaultRowGroup rows a row group,
// no metadata.
type WriterOptions struct {
	Codec    Codec
	RowGroup int               // rows per row group; 0 is DefaultRowGroup
	Metadata map[string]string // key-value pairs of the footer, written by key
}

// DefaultRowGroup is the number of rows of a written row group.
const DefaultRowGroup = 128 << 10

const (
	// createdBy is fixed: the same rows give the same bytes whatever built them.
	createdBy = "accounthealth"
	// dictionaryLimit is the size beyond which a dictionary no longer pays and
	// the column chunk goes on in plain pages.
	dictionaryLimit = 1 << 20
	// writeChunk is how many rows a Frame describes at once.
	writeChunk = 2048
	// maxMoney is the first number of cents beyond DECIMAL(18,2).
	maxMoney = 1_000_000_000_000_000_000
)

// Writer writes one Parquet file, column by column, row group by row group. The
// same rows in the same order give the same bytes, however they are divided
// among calls. It is not safe for concurrent use.
type Writer struct {
	out      io.Writer
	offset   int64
	fields   []Field
	schema   []format.SchemaElement
	codec    compress.Codec
	metadata []format.KeyValue
	rowGroup int

	open   *RowGroup // what Write fills
	groups []format.RowGroup
	total  int64
	err    error // the first failure; the file is lost from there on
	closed bool
}

// NewWriter starts a file with the given columns, in that order. It refuses an
// empty list, an empty or repeated name and an unknown type.
func NewWriter(w io.Writer, fields []Field, opt WriterOptions) (*Writer, error) {
	schema, err := schemaOf(fields)
	if err != nil {
		return nil, err
	}
	codec, err := opt.Codec.compressor()
	if err != nil {
		return nil, err
	}
	if opt.RowGroup < 0 {
		return nil, fmt.Errorf("warehouse: a row group cannot hold %d rows", opt.RowGroup)
	}
	result := &Writer{out: w, fields: slices.Clone(fields), schema: schema, codec: codec, rowGroup: cmp.Or(opt.RowGroup, DefaultRowGroup)}
	for _, k := range slices.Sorted(maps.Keys(opt.Metadata)) {
		result.metadata = append(result.metadata, format.KeyValue{Key: k, Value: opt.Metadata[k]})
	}
	result.open = result.NewRowGroup()
	return result, result.put([]byte(magic))
}

const magic = "PAR1"

// Write appends rows: one vector a field, all of one length. The vectors may be
// reused afterwards. After an error the file is unusable and every further call
// returns that error.
func (w *Writer) Write(cols []Vector) error {
	if w.err != nil {
		return w.err
	}
	if w.closed {
		return errors.New("warehouse: write after close")
	}
	w.err = w.write(cols)
	return w.err
}

func (w *Writer) write(cols []Vector) error {
	rows, err := w.check(cols)
	if err != nil {
		return err
	}
	g := w.open
	for from := 0; from < rows; {
		page := g.columns[0].rows
		to := min(rows, from+PageRows-page, from+w.rowGroup-g.rows-page)
		for i := range w.fields {
			g.columns[i].vector(&cols[i], from, to)
		}
		if page += to - from; g.rows+page == w.rowGroup {
			if err := w.flush(); err != nil {
				return err
			}
		} else if page == PageRows {
			if err := g.EndPage(); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// flush writes the open row group.
func (w *Writer) flush() error {
	err := w.open.Finish()
	if err == nil {
		err = w.append(w.open)
	}
	w.open.Reset()
	return err
}

// vector appends rows of a vector.
func (c *chunk) vector(v *Vector, from, to int) {
	var valid []bool
	if v.Valid != nil && c.field.Optional {
		valid = v.Valid[from:to]
	}
	switch c.field.Type {
	case String:
		c.strings(v.Strings[from:to], valid)
	case Float64:
		c.floats(v.Floats[from:to], valid)
	case Bool:
		c.bools(v.Bools[from:to], valid)
	default:
		c.ints(v.Ints[from:to], valid)
	}
}

// Close writes the footer. It does not close the underlying writer. A file
// without rows is a valid file.
func (w *Writer) Close() error {
	if w.err != nil || w.closed {
		return w.err
	}
	w.closed = true
	if w.err = w.flush(); w.err == nil {
		w.err = w.footer()
	}
	return w.err
}

func (w *Writer) footer() error {
	orders := make([]format.ColumnOrder, len(w.fields))
	for i := range orders {
		orders[i].Value = &format.TypeDefinedOrder{}
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &format.FileMetaData{
		Version: 2, Schema: w.schema, NumRows: w.total, RowGroups: w.groups,
		KeyValueMetadata: w.metadata, CreatedBy: createdBy, ColumnOrders: orders,
	})
	if err != nil {
		return err
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return w.put(append(footer, magic...))
}

// check returns the number of rows and refuses vectors that do not fit the
// fields, before anything is written.
func (w *Writer) check(cols []Vector) (int, error) {
	if len(cols) != len(w.fields) {
		return 0, fmt.Errorf("warehouse: %d vectors for %d fields", len(cols), len(w.fields))
	}
	rows := cols[0].len(w.fields[0].Type)
	for i := range cols {
		f, v := &w.fields[i], &cols[i]
		if n := v.len(f.Type); n != rows {
			return 0, fmt.Errorf("warehouse: column %s has %d rows where %s has %d", f.Name, n, w.fields[0].Name, rows)
		}
		if v.Valid != nil && len(v.Valid) != rows {
			return 0, fmt.Errorf("warehouse: column %s has %d validity flags for %d rows", f.Name, len(v.Valid), rows)
		}
		if !f.Optional {
			if j := slices.Index(v.Valid, false); j >= 0 {
				return 0, fmt.Errorf("warehouse: column %s is required but row %d is null", f.Name, j)
			}
		}
		if err := checkValues(f, v); err != nil {
			return 0, err
		}
	}
	return rows, nil
}

// checkValues refuses what the physical type cannot hold.
func checkValues(f *Field, v *Vector) error {
	set := func(j int) bool { return v.Valid == nil || v.Valid[j] }
	switch f.Type {
	case Int32, Date:
		for j, x := range v.Ints {
			if x != int64(int32(x)) && set(j) {
				return fmt.Errorf("warehouse: column %s: row %d holds %d, which needs more than 32 bits", f.Name, j, x)
			}
		}
	case Money:
		for j, x := range v.Ints {
			if (x <= -maxMoney || x >= maxMoney) && set(j) {
				return fmt.Errorf("warehouse: column %s: row %d holds %d cents, beyond 18 digits", f.Name, j, x)
			}
		}
	case String:
		for j, x := range v.Strings {
			if !utf8.ValidString(x) && set(j) {
				return fmt.Errorf("warehouse: column %s: row %d is not UTF-8", f.Name, j)
			}
		}
	}
	return nil
}

func (v *Vector) len(t FieldType) int {
	switch t {
	case String:
		return len(v.Strings)
	case Float64:
		return len(v.Floats)
	case Bool:
		return len(v.Bools)
	default:
		return len(v.Ints)
	}
}
