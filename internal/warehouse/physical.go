package warehouse

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/source"
)

// form is how a leaf's values are to be understood.
type form uint8

const (
	formNull    form = iota // a column that the writer declared empty
	formBool                // BOOLEAN
	formInt                 // INT32 or INT64, signed
	formUint                // INT32 or INT64, unsigned
	formFloat               // FLOAT, DOUBLE or FLOAT16 in two bytes
	formDecimal             // scaled integer in INT32, INT64 or bytes
	formDate                // INT32 days
	formInstant             // INT64 since the epoch, UTC
	formWall                // INT64 since the epoch, in the reporting time zone
	formInt96               // Julian day and nanoseconds, UTC
	formText                // bytes that hold UTF-8
	formUUID                // 16 bytes
	formLength              // the number of a list's elements (see lengths)
	formForeign             // none of the above
)

// leaf is one physical column of a file.
type leaf struct {
	path     string // names from the root, joined by dots
	index    int    // position among the file's leaves
	maxDef   int
	maxRep   int
	list     *listNode // the outermost list that the leaf is part of, or nil
	typ      parquet.Type
	kind     parquet.Kind
	width    int // bytes of a fixed-width value, else 0
	form     form
	scale    int   // of a decimal
	perMicro int64 // formInstant, formWall: units a microsecond if positive, else -(microseconds a unit)
	shown    string
}

// listNode is a repeated column or group.
type listNode struct {
	path      string
	annotated string // the group around it that is the list's own name, or ""
	level     int    // the definition level of an element that is there
}

// leavesOf lists a file's leaves in file order.
func leavesOf(f *parquet.File, meta *format.FileMetaData) ([]leaf, error) {
	w := &schemaWalk{schema: meta.Schema}
	if err := w.node(f.Root(), nil, ""); err != nil {
		return nil, err
	}
	if w.at != len(meta.Schema) {
		return nil, fmt.Errorf("%d columns in a schema of %d", w.at, len(meta.Schema))
	}
	return w.leaves, nil
}

// schemaWalk walks the tree of columns beside the footer's flat schema, which
// holds the same nodes, parents before their children.
type schemaWalk struct {
	schema []format.SchemaElement
	at     int
	leaves []leaf
}

// node adds the leaves below a column. list is the outermost repeated node
// above it, if any; annotated is the path of the group above that says LIST or
// MAP.
func (w *schemaWalk) node(c *parquet.Column, list *listNode, annotated string) error {
	if w.at >= len(w.schema) {
		return fmt.Errorf("more columns than its schema of %d", len(w.schema))
	}
	e := &w.schema[w.at]
	w.at++
	path := strings.Join(c.Path(), ".")
	if w.at > 1 && c.Repeated() && list == nil {
		list = &listNode{path: path, annotated: annotated, level: c.MaxDefinitionLevel()}
	}
	if c.Leaf() {
		if e.Type.Valid && (e.Type.V < format.Boolean || e.Type.V > format.FixedLenByteArray) {
			return fmt.Errorf("column %s is of physical type %d, which the format does not have", path, e.Type.V)
		}
		l := leaf{path: path, index: c.Index(), maxDef: c.MaxDefinitionLevel(), maxRep: c.MaxRepetitionLevel(), list: list, typ: c.Type(), kind: c.Type().Kind()}
		l.classify(c.Type(), e)
		w.leaves = append(w.leaves, l)
		return nil
	}
	annotated = ""
	if holdsElements(e) {
		annotated = path
	}
	for _, child := range c.Columns() {
		if err := w.node(child, list, annotated); err != nil {
			return err
		}
	}
	return nil
}

// holdsElements says whether a group is annotated as LIST or MAP, in the old way
// or the new one.
func holdsElements(e *format.SchemaElement) bool {
	switch e.LogicalType.Value.(type) {
	case *format.ListType, *format.MapType:
		return true
	}
	if !e.ConvertedType.Valid {
		return false
	}
	switch e.ConvertedType.V {
	case deprecated.Map, deprecated.MapKeyValue, deprecated.List:
		return true
	}
	return false
}

func (l *leaf) classify(t parquet.Type, e *format.SchemaElement) {
	switch l.kind {
	case parquet.Int32, parquet.Float:
		l.width = 4
	case parquet.Int64, parquet.Double:
		l.width = 8
	case parquet.Int96:
		l.width = 12
	case parquet.FixedLenByteArray:
		l.width = t.Length()
	}
	l.form, l.shown = l.physicalForm(), physicalName(l.kind, l.width)
	logical := e.LogicalType.Value
	if logical == nil {
		if known := t.LogicalType(); known != nil { // from a converted type
			logical = known.Value
		}
	}
	if logical == nil && e.ConvertedType.Valid {
		l.form, l.shown = formForeign, fmt.Sprintf("%s (converted type %d)", l.shown, e.ConvertedType.V)
	}
	switch x := logical.(type) {
	case nil:
		return
	case *format.StringType, *format.EnumType, *format.JsonType:
		l.form = formText
	case *format.UUIDType:
		l.form = formUUID
	case *format.DecimalType:
		if l.form, l.scale = formDecimal, int(x.Scale); l.scale < 0 || l.scale > maxScale {
			l.form = formForeign
		}
	case *format.DateType:
		l.form = formDate
	case *format.TimestampType:
		l.form = formWall
		if x.IsAdjustedToUTC {
			l.form = formInstant
		}
		switch x.Unit.Value.(type) {
		case *format.MilliSeconds:
			l.perMicro = -1000
		case *format.MicroSeconds:
			l.perMicro = 1
		case *format.NanoSeconds:
			l.perMicro = 1000
		default:
			l.form = formForeign
		}
	case *format.IntType:
		if !x.IsSigned {
			l.form = formUint
		}
	case *format.Float16Type:
		if l.form = formForeign; l.kind == parquet.FixedLenByteArray && l.width == 2 {
			l.form = formFloat
		}
	case *format.NullType:
		l.form = formNull
	default:
		l.form = formForeign
	}
	if l.kind < 0 {
		l.form = formNull
	}
	l.shown = fmt.Sprintf("%s (%v)", l.shown, logical)
}

func (l *leaf) physicalForm() form {
	switch l.kind {
	case parquet.Boolean:
		return formBool
	case parquet.Int32, parquet.Int64:
		return formInt
	case parquet.Int96:
		return formInt96
	case parquet.Float, parquet.Double:
		return formFloat
	case parquet.ByteArray:
		return formText
	}
	return formForeign
}

func physicalName(k parquet.Kind, width int) string {
	switch k {
	case parquet.Boolean:
		return "BOOLEAN"
	case parquet.Int32:
		return "INT32"
	case parquet.Int64:
		return "INT64"
	case parquet.Int96:
		return "INT96"
	case parquet.Float:
		return "FLOAT"
	case parquet.Double:
		return "DOUBLE"
	case parquet.ByteArray:
		return "BYTE_ARRAY"
	case parquet.FixedLenByteArray:
		return fmt.Sprintf("FIXED_LEN_BYTE_ARRAY(%d)", width)
	}
	return "NULL"
}

// refusal says why values of this leaf cannot serve a role, and what to do, or
// returns two empty strings where they can.
func (l *leaf) refusal(role source.Role, column string) (what, fix string) {
	sql := quoteIdentifier(l.path)
	switch {
	case l.form == formLength:
		if role == source.Number {
			return "", ""
		}
		return "counts the elements of a list where " + role.String() + " is expected", "map " + column + " to a column that is not a list"
	case l.list != nil:
		return "is a list", l.list.advice(role)
	case l.form == formNull:
		return "", ""
	case l.form == formForeign:
		return "is of type " + l.shown + ", which is not read", fmt.Sprintf("export CAST(%s AS VARCHAR)", sql)
	}
	dated := l.form == formDate || l.form == formInstant || l.form == formWall || l.form == formInt96
	switch role {
	case source.ID:
		if l.form == formFloat {
			return "is of type " + l.shown + ", and ids beyond 2^53 are wrong in it", fmt.Sprintf("export CAST(%s AS BIGINT) or AS VARCHAR (pandas: astype(\"Int64\"))", sql)
		}
	case source.Number, source.Money:
		if dated || l.form == formUUID || l.form == formBool && role == source.Money {
			return "is of type " + l.shown + " where " + role.String() + " is expected", "map " + column + " to a column of numbers"
		}
	case source.Time:
		if !dated && l.form != formText {
			return "is of type " + l.shown + ", which has no unit of time", fmt.Sprintf("export %s as DATE or TIMESTAMP", sql)
		}
	case source.Flag:
		if dated || l.form == formUUID {
			return "is of type " + l.shown + " where a flag is expected", "map " + column + " to a column of booleans, 0/1 or Y/N"
		}
	}
	return "", ""
}

func quoteIdentifier(path string) string {
	for _, r := range path {
		if !(r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return `"` + path + `"`
		}
	}
	return path
}
