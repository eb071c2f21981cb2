package warehouse

import (
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/snappy"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// physical returns the type that a field's values are stored as.
func (f *Field) physical() format.Type {
	switch f.Type {
	case String:
		return format.ByteArray
	case Float64:
		return format.Double
	case Bool:
		return format.Boolean
	case Int32, Date:
		return format.Int32
	}
	return format.Int64
}

// narrow says that an integer takes 4 bytes.
func (f *Field) narrow() bool { return f.Type == Int32 || f.Type == Date }

// schemaOf returns the schema of a file: a root and its fields in their order.
func schemaOf(fields []Field) ([]format.SchemaElement, error) {
	if len(fields) == 0 {
		return nil, fmt.Errorf("warehouse: a file needs at least one column")
	}
	out := []format.SchemaElement{{Name: "schema", NumChildren: thrift.New(int32(len(fields)))}}
	taken := map[string]bool{}
	for i := range fields {
		f := &fields[i]
		if f.Name == "" || taken[f.Name] {
			return nil, fmt.Errorf("warehouse: column name %q is empty or used twice", f.Name)
		}
		taken[f.Name] = true
		e := format.SchemaElement{Name: f.Name, Type: thrift.New(f.physical()), RepetitionType: thrift.New(format.Required)}
		if f.Optional {
			e.RepetitionType = thrift.New(format.Optional)
		}
		logical := func(v format.LogicalTypeValue, old deprecated.ConvertedType) {
			e.LogicalType.Value, e.ConvertedType = v, thrift.New(old)
		}
		switch f.Type {
		case String:
			logical(&format.StringType{}, deprecated.UTF8)
		case Int64:
			logical(&format.IntType{BitWidth: 64, IsSigned: true}, deprecated.Int64)
		case Int32:
			logical(&format.IntType{BitWidth: 32, IsSigned: true}, deprecated.Int32)
		case Float64, Bool:
		case Date:
			logical(&format.DateType{}, deprecated.Date)
		case Timestamp, LocalTimestamp:
			utc := f.Type == Timestamp
			e.LogicalType.Value = &format.TimestampType{IsAdjustedToUTC: utc, Unit: format.TimeUnit{Value: &format.MicroSeconds{}}}
			if utc { // the older notation knows no other
				e.ConvertedType = thrift.New(deprecated.TimestampMicros)
			}
		case Money:
			logical(&format.DecimalType{Scale: 2, Precision: 18}, deprecated.Decimal)
			e.Scale, e.Precision = thrift.New(int32(2)), thrift.New(int32(18))
		default:
			return nil, fmt.Errorf("warehouse: column %s has unknown type %d", f.Name, f.Type)
		}
		out = append(out, e)
	}
	return out, nil
}

// fastSnappy compresses as fast as Snappy is meant to; the library's own codec
// takes twice the time to save a few bytes.
type fastSnappy struct{ snappy.Codec }

func (*fastSnappy) CompressionCodec() format.CompressionCodec { return format.Snappy }

func (*fastSnappy) Encode(dst, src []byte) ([]byte, error) { return s2.EncodeSnappy(dst, src), nil }

func (c Codec) compressor() (compress.Codec, error) {
	switch c {
	case ZSTD:
		return &parquet.Zstd, nil
	case Snappy:
		return &fastSnappy{}, nil
	case Uncompressed:
		return &parquet.Uncompressed, nil
	}
	return nil, fmt.Errorf("warehouse: unknown codec %d", c)
}
