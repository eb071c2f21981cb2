package warehouse

import (
	"fmt"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// orderedGroup is a schema root whose fields keep their declared order;
// parquet.Group sorts them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g *orderedGroup) Fields() []parquet.Field { return g.fields }

// GoType is asked for by the library though no row is ever a Go value here.
func (g *orderedGroup) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

type orderedField struct {
	parquet.Node
	name string
}

func (f *orderedField) Name() string                        { return f.name }
func (f *orderedField) Value(v reflect.Value) reflect.Value { return v }

func schemaOf(fields []Field) (parquet.Node, error) {
	if len(fields) == 0 {
		return nil, fmt.Errorf("warehouse: a file needs at least one column")
	}
	root := &orderedGroup{Group: parquet.Group{}}
	for _, f := range fields {
		node, err := f.node()
		if err != nil {
			return nil, err
		}
		if _, taken := root.Group[f.Name]; taken || f.Name == "" {
			return nil, fmt.Errorf("warehouse: column name %q is empty or used twice", f.Name)
		}
		root.Group[f.Name] = node
		root.fields = append(root.fields, &orderedField{Node: node, name: f.Name})
	}
	return root, nil
}

func (f *Field) node() (parquet.Node, error) {
	var n parquet.Node
	switch f.Type {
	case String:
		n = parquet.String()
	case Int64:
		n = parquet.Int(64)
	case Int32:
		n = parquet.Int(32)
	case Float64:
		n = parquet.Leaf(parquet.DoubleType)
	case Bool:
		n = parquet.Leaf(parquet.BooleanType)
	case Date:
		n = parquet.Date()
	case Timestamp:
		n = parquet.TimestampAdjusted(parquet.Microsecond, true)
	case LocalTimestamp:
		n = parquet.TimestampAdjusted(parquet.Microsecond, false)
	case Money:
		n = parquet.Decimal(2, 18, parquet.Int64Type)
	default:
		return nil, fmt.Errorf("warehouse: column %s has unknown type %d", f.Name, f.Type)
	}
	if f.Dict && f.Type != Bool {
		n = parquet.Encoded(n, &parquet.RLEDictionary)
	}
	if f.Optional {
		n = parquet.Optional(n)
	}
	return n, nil
}

func (c Codec) compressor() (compress.Codec, error) {
	switch c {
	case ZSTD:
		return &parquet.Zstd, nil
	case Snappy:
		return &parquet.Snappy, nil
	case Uncompressed:
		return &parquet.Uncompressed, nil
	}
	return nil, fmt.Errorf("warehouse: unknown codec %d", c)
}
