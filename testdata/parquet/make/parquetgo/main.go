// Command parquetgo writes the fixtures of parquet-go: forms that the Python
// writers do not offer, above all decimals in byte arrays.
//
//	go run ./testdata/parquet/make/parquetgo FOLDER
//
// What must be read from them is worked out by ../by_parquetgo.py, which lists the
// same values.
package main

import (
	"log"
	"math/big"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
)

type column struct {
	name   string
	node   parquet.Node
	values []parquet.Value // the zero value is null
}

// unscaled is an integer as big-endian two's complement of n bytes, or of as few
// as it needs where n is 0.
func unscaled(s string, n int) []byte {
	x, ok := new(big.Int).SetString(s, 10)
	if !ok {
		log.Fatalf("%q is no integer", s)
	}
	if n == 0 {
		n = x.BitLen()/8 + 1
	}
	if x.Sign() < 0 {
		x.Add(x, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	return x.FillBytes(make([]byte, n))
}

func decimals(n int, values ...string) []parquet.Value {
	var out []parquet.Value
	for _, s := range values {
		switch {
		case s == "":
			out = append(out, parquet.NullValue())
		case n > 0:
			out = append(out, parquet.FixedLenByteArrayValue(unscaled(s, n)))
		default:
			out = append(out, parquet.ByteArrayValue(unscaled(s, n)))
		}
	}
	return out
}

func texts(values ...string) []parquet.Value {
	var out []parquet.Value
	for _, s := range values {
		out = append(out, parquet.ByteArrayValue([]byte(s)))
	}
	return out
}

func int96(julianDay uint32, nanos int64) parquet.Value {
	return parquet.Int96Value(deprecated.Int96{uint32(nanos), uint32(nanos >> 32), julianDay})
}

func columns() []column {
	null := parquet.NullValue()
	return []column{
		{"amount_bytes", parquet.Decimal(3, 10, parquet.ByteArrayType), decimals(0, "12345", "-123", "", "1005")},
		{"key_bytes", parquet.Decimal(0, 38, parquet.ByteArrayType), decimals(0, "99999999999999999999999999999999999999", "-128", "", "255")},
		{"amount_5", parquet.Decimal(2, 11, parquet.FixedLenByteArrayType(5)), decimals(5, "54975581388", "-54975581388", "", "100")},
		{"amount_32", parquet.Decimal(38, 76, parquet.FixedLenByteArrayType(32)), decimals(32, "4200000000000000000000000000000000000000", "-1005000000000000000000000000000000000000", "", "1")},
		{"at", parquet.Leaf(parquet.Int96Type), []parquet.Value{int96(2440588, 0), int96(2440587, 86399999999999), null, int96(2461222, 84615123456789)}},
		{"id", parquet.Encoded(parquet.String(), &parquet.DeltaByteArray), texts("00123", "00124", "A", "é")},
		{"tier", parquet.Encoded(parquet.Enum(), &parquet.RLEDictionary), texts("gold", "gold", "silver", "gold")},
		{"json", parquet.JSON(), texts(`{"a":1}`, "[]", "1", "true")},
		{"u32", parquet.Encoded(parquet.Uint(32), &parquet.DeltaBinaryPacked), []parquet.Value{parquet.Int32Value(-1), parquet.Int32Value(0), null, parquet.Int32Value(1)}},
		{"u64", parquet.Encoded(parquet.Uint(64), &parquet.RLEDictionary), []parquet.Value{parquet.Int64Value(-1), parquet.Int64Value(0), null, parquet.Int64Value(1)}},
		{"uuid", parquet.UUID(), []parquet.Value{
			parquet.FixedLenByteArrayValue(unscaled("1", 16)), parquet.FixedLenByteArrayValue(unscaled("2", 16)), null, parquet.FixedLenByteArrayValue(unscaled("-1", 16)),
		}},
	}
}

func write(path string, codec compress.Codec, version int) error {
	group := parquet.Group{}
	byName := map[string]column{}
	for _, c := range columns() {
		for _, v := range c.values {
			if v.IsNull() {
				c.node = parquet.Optional(c.node)
				break
			}
		}
		group[c.name], byName[c.name] = c.node, c
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := parquet.NewGenericWriter[any](f, parquet.NewSchema("m", group), parquet.Compression(codec), parquet.DataPageVersion(version))
	for i, field := range group.Fields() {
		c := byName[field.Name()]
		for _, v := range c.values {
			level := 0
			if c.node.Optional() && !v.IsNull() {
				level = 1
			}
			if _, err := w.ColumnWriters()[i].WriteRowValues([]parquet.Value{v.Level(0, level, i)}); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: parquetgo FOLDER")
	}
	for name, codec := range map[string]compress.Codec{"brotli_v1": &parquet.Brotli, "snappy_v1": &parquet.Snappy} {
		if err := write(filepath.Join(os.Args[1], name+".parquet"), codec, 1); err != nil {
			log.Fatal(err)
		}
	}
	for name, codec := range map[string]compress.Codec{"lz4_v2": &parquet.Lz4Raw, "gzip_v2": &parquet.Gzip} {
		if err := write(filepath.Join(os.Args[1], name+".parquet"), codec, 2); err != nil {
			log.Fatal(err)
		}
	}
}
