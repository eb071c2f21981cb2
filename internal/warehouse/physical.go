package warehouse

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go"
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
	formFloat               // FLOAT or DOUBLE
	formDecimal             // scaled integer in INT32, INT64 or bytes
	formDate                // INT32 days
	formInstant             // INT64 since the epoch, UTC
	formWall                // INT64 since the epoch, in the reporting time zone
	formInt96               // Julian day and nanoseconds, UTC
	formText                // bytes that hold UTF-8
	formUUID                // 16 bytes
	formForeign             // none of the above
)

// leaf is one physical column of a file.
type leaf struct {
	path     string // names from the root, joined by dots
	index    int    // position among the file's leaves
	maxDef   int
	repeated bool
	kind     parquet.Kind
	width    int // bytes of a fixed-width value, else 0
	form     form
	scale    int   // of a decimal
	perMicro int64 // formInstant, formWall: units a microsecond if positive, else -(microseconds a unit)
	shown    string
}

// leavesOf lists a file's leaves in file order.
func leavesOf(f *parquet.File, meta *format.FileMetaData) ([]leaf, error) {
	var elements []*format.SchemaElement // the leaves' own
	for i := range meta.Schema {
		if n := meta.Schema[i].NumChildren; i > 0 && (!n.Valid || n.V == 0) {
			elements = append(elements, &meta.Schema[i])
		}
	}
	var leaves []leaf
	var walk func(c *parquet.Column)
	walk = func(c *parquet.Column) {
		if c.Leaf() {
			leaves = append(leaves, leaf{
				path: strings.Join(c.Path(), "."), index: c.Index(), maxDef: c.MaxDefinitionLevel(),
				repeated: c.MaxRepetitionLevel() > 0, kind: c.Type().Kind(),
			})
			return
		}
		for _, child := range c.Columns() {
			walk(child)
		}
	}
	walk(f.Root())
	if len(leaves) != len(elements) {
		return nil, fmt.Errorf("%d columns in a schema of %d", len(leaves), len(elements))
	}
	columns := columnsByIndex(f.Root(), len(leaves))
	for i := range leaves {
		leaves[i].classify(columns[i].Type(), elements[i])
	}
	return leaves, nil
}

func columnsByIndex(root *parquet.Column, n int) []*parquet.Column {
	out := make([]*parquet.Column, 0, n)
	var walk func(c *parquet.Column)
	walk = func(c *parquet.Column) {
		if c.Leaf() {
			out = append(out, c)
		}
		for _, child := range c.Columns() {
			walk(child)
		}
	}
	walk(root)
	return out
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
	case l.repeated:
		return "is a list", "export one row an element, or leave the column out"
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
