package warehouse

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"pgregory.net/rapid"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
)

// foreign writes one column "x" with the library's own API, as another exporter
// would: nil is null.
func foreign(t testing.TB, node parquet.Node, values []any, opt ...parquet.WriterOption) []byte {
	t.Helper()
	optional := false
	for _, v := range values {
		optional = optional || v == nil
	}
	if optional {
		node = parquet.Optional(node)
	}
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[any](&buf, append([]parquet.WriterOption{parquet.NewSchema("m", parquet.Group{"x": node})}, opt...)...)
	level := 0
	if optional {
		level = 1
	}
	for _, v := range values {
		x := parquet.NullValue()
		if v != nil {
			x = valueOf(node, v).Level(0, level, 0)
		}
		if _, err := w.ColumnWriters()[0].WriteRowValues([]parquet.Value{x}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func valueOf(node parquet.Node, v any) parquet.Value {
	b, isBytes := v.([]byte)
	if s, ok := v.(string); ok {
		b, isBytes = []byte(s), true
	}
	if isBytes && node.Type().Kind() == parquet.FixedLenByteArray {
		return parquet.FixedLenByteArrayValue(b)
	}
	if isBytes {
		return parquet.ByteArrayValue(b)
	}
	return parquet.ValueOf(v)
}

func int96(julianDay uint32, nanos int64) deprecated.Int96 {
	return deprecated.Int96{uint32(nanos), uint32(nanos >> 32), julianDay}
}

// wide is v as a big-endian two's complement of n bytes.
func wide(v string, n int) []byte {
	x, _ := new(big.Int).SetString(v, 10)
	if x.Sign() < 0 {
		x.Add(x, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	return x.FillBytes(make([]byte, n))
}

func TestPhysicalForms(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	leafOf := func(typ parquet.Type) parquet.Node { return parquet.Leaf(typ) }
	bytesType, fixed16 := parquet.ByteArrayType, parquet.FixedLenByteArrayType(16)
	micros := time.Date(2026, 1, 31, 23, 30, 0, 123456000, time.UTC).UnixMicro()
	for name, c := range map[string]struct {
		node   parquet.Node
		values []any
		role   source.Role
		want   []string // "!" before a value: unreadable, reported with that text
	}{
		"int8 id":      {parquet.Int(8), []any{int32(-8), nil}, source.ID, []string{"-8", "-"}},
		"int64 id":     {parquet.Int(64), []any{int64(math.MinInt64), int64(math.MaxInt64)}, source.ID, []string{"-9223372036854775808", "9223372036854775807"}},
		"plain int id": {leafOf(parquet.Int32Type), []any{int32(7)}, source.ID, []string{"7"}},
		"uint8":        {parquet.Uint(8), []any{int32(255)}, source.Number, []string{"255"}},
		"uint32":       {parquet.Uint(32), []any{int32(-1)}, source.Number, []string{"4.294967295e+09"}},
		"uint32 id":    {parquet.Uint(32), []any{int32(-1)}, source.ID, []string{"4294967295"}},
		"uint64 id":    {parquet.Uint(64), []any{int64(-1)}, source.ID, []string{"18446744073709551615"}},
		"float":        {leafOf(parquet.FloatType), []any{float32(0.5), nil, float32(math.NaN()), float32(math.Inf(-1))}, source.Number, []string{"0.5", "-", "-", "!-Inf"}},
		"minus zero":   {leafOf(parquet.DoubleType), []any{math.Copysign(0, -1)}, source.Number, []string{"0"}},
		"double money": {leafOf(parquet.DoubleType), []any{1.005, 2.675, -0.125, 1e300}, source.Money, []string{"1", "2.68", "-0.13", "1e+300"}}, // 1.005 lies below, 2.675*100 rounds to 267.5
		"double text":  {leafOf(parquet.DoubleType), []any{12.5, 1e21}, source.Text, []string{"12.5", "1000000000000000000000"}},

		"decimal int32":        {parquet.Decimal(2, 9, parquet.Int32Type), []any{int32(-12345)}, source.Money, []string{"-123.45"}},
		"decimal fixed(8)":     {parquet.Decimal(2, 18, parquet.FixedLenByteArrayType(8)), []any{wide("-12345", 8), wide("999999999999999999", 8), wide("0", 8)}, source.Money, []string{"-123.45", "1e+16", "0"}},
		"decimal fixed(3)":     {parquet.Decimal(2, 6, parquet.FixedLenByteArrayType(3)), []any{wide("-12345", 3), wide("54321", 3), nil, wide("-1", 3)}, source.Number, []string{"-123.45", "543.21", "-", "-0.01"}},
		"decimal int64 id":     {parquet.Decimal(9, 18, parquet.Int64Type), []any{int64(123_000_000_000), int64(1_500_000_000), int64(5)}, source.ID, []string{"123", "1.5", "0.000000005"}},
		"decimal fixed id":     {parquet.Decimal(0, 38, fixed16), []any{wide("12345678901234567890123456789012345678", 16), wide("-1", 16)}, source.ID, []string{"12345678901234567890123456789012345678", "-1"}},
		"decimal fixed money":  {parquet.Decimal(9, 38, fixed16), []any{wide("1005000000", 16), wide("-1005000000", 16), wide("1234567890123455000000", 16)}, source.Money, []string{"1.01", "-1.01", "1.23456789012346e+12"}},
		"decimal bytes":        {parquet.Decimal(3, 10, bytesType), []any{[]byte{0xFF, 0x85}, []byte{0x30, 0x39}, nil}, source.Number, []string{"-0.123", "12.345", "-"}},
		"decimal 76 digits id": {parquet.Decimal(38, 76, parquet.FixedLenByteArrayType(32)), []any{wide("4200000000000000000000000000000000000000", 32)}, source.ID, []string{"42"}},

		"bool":           {leafOf(parquet.BooleanType), []any{true, false, nil}, source.Flag, []string{"true", "false", "-"}},
		"bool text":      {leafOf(parquet.BooleanType), []any{true}, source.Text, []string{"true"}},
		"int flag":       {parquet.Int(32), []any{int32(1), int32(0), int32(2)}, source.Flag, []string{"true", "false", "!2"}},
		"decimal flag":   {parquet.Decimal(0, 9, parquet.Int32Type), []any{int32(1)}, source.Flag, []string{"true"}},
		"text flag":      {parquet.String(), []any{"Y", " n ", "TRUE", "yes", "0", "", "maybe"}, source.Flag, []string{"true", "false", "true", "true", "false", "-", "!maybe"}},
		"text number":    {parquet.String(), []any{"1.50", " -3 ", "1e3", "", "NaN", "1,5", "0x10", "inf", "1_000"}, source.Number, []string{"1.5", "-3", "1000", "-", "-", "!1,5", "!0x10", "!inf", "!1_000"}},
		"text money":     {parquet.String(), []any{"1.005", "99999999999.994", "12 EUR"}, source.Money, []string{"1.01", "9.999999999999e+10", "!12 EUR"}},
		"text id":        {parquet.String(), []any{"00123", " 7", "é", ""}, source.ID, []string{"00123", " 7", "é", "-"}},
		"bytes id":       {leafOf(bytesType), []any{"abc", "\xff"}, source.ID, []string{"abc", `!"\xff"`}},
		"enum":           {parquet.Enum(), []any{"gold"}, source.Text, []string{"gold"}},
		"json":           {parquet.JSON(), []any{`{"a":1}`}, source.Text, []string{`{"a":1}`}},
		"uuid":           {parquet.UUID(), []any{[]byte{0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255}}, source.ID, []string{"00112233-4455-6677-8899-aabbccddeeff"}},
		"dictionary ids": {parquet.Encoded(parquet.Int(64), &parquet.RLEDictionary), []any{int64(5), int64(6), int64(5), nil}, source.ID, []string{"5", "6", "5", "-"}},
		"dictionary bad": {parquet.Encoded(parquet.String(), &parquet.RLEDictionary), []any{"1", "x", "", "1", nil}, source.Number, []string{"1", "!x", "-", "1", "-"}},

		"date":            {parquet.Date(), []any{int32(20634), int32(-1), int32(math.MaxInt32), nil}, source.Time, []string{"2026-06-30T00:00:00", "1969-12-31T00:00:00", "!2147483647", "-"}},
		"date text":       {parquet.Date(), []any{int32(20634)}, source.Text, []string{"2026-06-30"}},
		"millis UTC":      {parquet.TimestampAdjusted(parquet.Millisecond, true), []any{micros / 1000, int64(math.MaxInt64)}, source.Time, []string{"2026-02-01T00:30:00.123", "!9223372036854775807"}},
		"micros UTC":      {parquet.TimestampAdjusted(parquet.Microsecond, true), []any{micros}, source.Time, []string{"2026-02-01T00:30:00.123456"}},
		"nanos UTC":       {parquet.TimestampAdjusted(parquet.Nanosecond, true), []any{micros*1000 + 999, int64(-1)}, source.Time, []string{"2026-02-01T00:30:00.123456", "1970-01-01T00:59:59.999999"}},
		"micros naive":    {parquet.TimestampAdjusted(parquet.Microsecond, false), []any{micros}, source.Time, []string{"2026-01-31T23:30:00.123456"}},
		"nanos naive":     {parquet.TimestampAdjusted(parquet.Nanosecond, false), []any{micros*1000 + 1}, source.Time, []string{"2026-01-31T23:30:00.123456"}},
		"summer and back": {parquet.TimestampAdjusted(parquet.Microsecond, true), []any{int64(1774745999e6), int64(1774746000e6), int64(1792890000e6 - 1), int64(1792890000e6)}, source.Time, []string{"2026-03-29T01:59:59", "2026-03-29T03:00:00", "2026-10-25T02:59:59.999999", "2026-10-25T02:00:00"}}, // EU rules: 01:00 UTC on the last Sundays of March and October
		"int96":           {leafOf(parquet.Int96Type), []any{int96(2440588, 0), int96(2440589, 3600e9), int96(2440588, 86400e9), nil}, source.Time, []string{"1970-01-01T01:00:00", "1970-01-02T02:00:00", "!0", "-"}},
		"text times": {
			parquet.String(),
			[]any{"2026-06-30", "20260630", "2026-06-30 12:00:00", "2026-06-30T12:00:00.5Z", "2026-06-30 12:00:00.000 -0700", "2026-06-30T12:00+05:30", "2026-02-29", "30/06/2026", "2026-06-30T25:00", "2026-06", "", "2026-06-30 12:00:00 UTC"},
			source.Time,
			[]string{"2026-06-30T00:00:00", "2026-06-30T00:00:00", "2026-06-30T12:00:00", "2026-06-30T14:00:00.5", "2026-06-30T21:00:00", "2026-06-30T08:30:00", "!2026-02-29", "!30/06/2026", "!2026-06-30T25:00", "!2026-06", "-", "2026-06-30T14:00:00"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, version := range []int{1, 2} {
				dir := t.TempDir()
				putBytes(t, dir, "a.parquet", foreign(t, c.node, c.values, parquet.DataPageVersion(version)))
				got, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(col("x", c.role))}, Options{Location: berlin}, "x")
				if err != nil {
					t.Fatal(err)
				}
				var want, bad []string
				for _, w := range c.want {
					if raw, ok := strings.CutPrefix(w, "!"); ok {
						bad, w = append(bad, raw), "-"
					}
					want = append(want, w)
				}
				if diff := cmp.Diff(want, got.rows["x"]); diff != "" {
					t.Errorf("version %d: %s", version, diff)
				}
				var found []string
				for _, g := range got.findings {
					if g.Code != diag.Unparsable || g.Count != int64(len(bad)) {
						t.Errorf("finding %+v, want %d", g, len(bad))
					}
					for _, f := range g.Examples {
						found = append(found, f.Value)
					}
				}
				if diff := cmp.Diff(firstN5(bad), found); diff != "" {
					t.Error(diff)
				}
				if got.invalid["x"] != len(bad) {
					t.Errorf("%d invalid positions, want %d", got.invalid["x"], len(bad))
				}
			}
		})
	}
}

func firstN5(s []string) []string { return s[:min(len(s), diag.MaxExamples)] }

func TestRefusedForms(t *testing.T) {
	for name, c := range map[string]struct {
		node   parquet.Node
		value  any
		role   source.Role
		reason string
	}{
		"float id":      {parquet.Leaf(parquet.DoubleType), 1.0, source.ID, "2^53"},
		"integer time":  {parquet.Int(64), int64(20260630), source.Time, "unit of time"},
		"date number":   {parquet.Date(), int32(1), source.Number, "number is expected"},
		"time of day":   {parquet.Time(parquet.Microsecond), int64(1), source.Text, "TIME"},
		"timed flag":    {parquet.Timestamp(parquet.Microsecond), int64(1), source.Flag, "flag is expected"},
		"boolean money": {parquet.Leaf(parquet.BooleanType), true, source.Money, "money is expected"},
		"bare bytes":    {parquet.Leaf(parquet.FixedLenByteArrayType(3)), "abc", source.Text, "FIXED_LEN_BYTE_ARRAY(3)"},
	} {
		dir := t.TempDir()
		putBytes(t, dir, "a.parquet", foreign(t, c.node, []any{c.value}))
		_, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(col("x", c.role))}, Options{}, "x")
		if err == nil || diag.ClassOf(err) != diag.Data || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), "a.parquet") || !strings.Contains(err.Error(), "export") && !strings.Contains(err.Error(), "map") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEncodingsAndCodecs(t *testing.T) {
	ints, doubles, words := make([]any, 3000), make([]any, 3000), make([]any, 3000)
	var wantInts, wantDoubles, wantWords []string
	for i := range ints {
		ints[i], doubles[i], words[i] = int64(i*i-500), float64(i)/4, fmt.Sprintf("prefix-%05d", i%1000)
		if i%11 == 5 {
			ints[i], doubles[i], words[i] = nil, nil, nil
			wantInts, wantDoubles, wantWords = append(wantInts, "-"), append(wantDoubles, "-"), append(wantWords, "-")
			continue
		}
		wantInts = append(wantInts, fmt.Sprint(ints[i]))
		wantDoubles = append(wantDoubles, fmt.Sprint(doubles[i]))
		wantWords = append(wantWords, words[i].(string))
	}
	check := func(name string, node parquet.Node, values []any, role source.Role, want []string, opt ...parquet.WriterOption) {
		dir := t.TempDir()
		putBytes(t, dir, "a.parquet", foreign(t, node, values, append(opt, parquet.PageBufferSize(4000))...))
		got, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(col("x", role))}, Options{BatchRows: 700}, "x")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if diff := cmp.Diff(want, got.rows["x"]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	codecs := []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd, &parquet.Lz4Raw}
	for _, version := range []int{1, 2} {
		v := parquet.DataPageVersion(version)
		for _, e := range []encoding.Encoding{&parquet.Plain, &parquet.DeltaBinaryPacked, &parquet.RLEDictionary, &parquet.ByteStreamSplit} {
			check(fmt.Sprintf("v%d integers %s", version, e), parquet.Encoded(parquet.Int(64), e), ints, source.ID, wantInts, v)
		}
		for _, e := range []encoding.Encoding{&parquet.Plain, &parquet.ByteStreamSplit, &parquet.RLEDictionary} {
			check(fmt.Sprintf("v%d doubles %s", version, e), parquet.Encoded(parquet.Leaf(parquet.DoubleType), e), doubles, source.Number, wantDoubles, v)
		}
		for _, e := range []encoding.Encoding{&parquet.Plain, &parquet.DeltaLengthByteArray, &parquet.DeltaByteArray, &parquet.RLEDictionary} {
			for _, codec := range codecs {
				check(fmt.Sprintf("v%d words %s %s", version, e, codec), parquet.Encoded(parquet.String(), e), words, source.Text, wantWords, v, parquet.Compression(codec))
			}
		}
	}
}

func TestStructsAndLists(t *testing.T) {
	type inner struct {
		ID   string  `parquet:"id"`
		Rank *int32  `parquet:"rank,optional"`
		Deep *string `parquet:"deep,optional"`
	}
	type row struct {
		Account *inner   `parquet:"account,optional"`
		Tags    []string `parquet:"tags,list"`
		Bare    []int64  `parquet:"bare"`
	}
	rank, deep := int32(3), "x"
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[row](&buf)
	if _, err := w.Write([]row{{Account: &inner{ID: "a", Rank: &rank}}, {}, {Account: &inner{ID: "b", Deep: &deep}, Tags: []string{"t", "u"}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	putBytes(t, dir, "a.parquet", buf.Bytes())
	contract := contractOf(col("account_id", source.ID), col("rank", source.Number), col("deep", source.Text), col("tags", source.Text))
	open := func(columns map[string]string, names ...string) (*result, error) {
		return scan(t, dir, Spec{Path: "a.parquet", Contract: contract, Columns: columns}, Options{}, names...)
	}
	// The list is found by its own name, so every mapping has to move it away.
	elsewhere := map[string]string{"account_id": "account.id", "rank": "Account.Rank", "deep": "account.deep", "tags": "account.id"}
	got, err := open(elsewhere, "account_id", "rank", "deep")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"account_id": {"a", "-", "b"}, "rank": {"3", "-", "-"}, "deep": {"-", "-", "x"}}
	if diff := cmp.Diff(want, got.rows); diff != "" {
		t.Error(diff)
	}
	for columns, reason := range map[*map[string]string]string{
		{}: "column tags (things.tags) is a list",
		{"tags": "account.id", "account_id": "account"}:    "columns: {account_id: account.id}",
		{"tags": "account.id", "rank": "bare"}:             "column bare (things.rank) is a list",
		{"tags": "tags.list.element", "rank": "account.x"}: "is a list",
	} {
		if _, err := open(*columns); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v: %v, want %s", *columns, err, reason)
		}
	}
}

// A column that the writer declared empty reads as null in every role.
func TestNullTypeColumn(t *testing.T) {
	dir := t.TempDir()
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[any](&buf, parquet.NewSchema("m", parquet.Group{"x": parquet.Optional(parquet.Int(32)), "y": parquet.Int(32)}))
	for i := range 3 {
		if _, err := w.ColumnWriters()[0].WriteRowValues([]parquet.Value{parquet.NullValue()}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.ColumnWriters()[1].WriteRowValues([]parquet.Value{parquet.Int32Value(int32(i)).Level(0, 0, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	putBytes(t, dir, "a.parquet", buf.Bytes())
	for _, role := range []source.Role{source.ID, source.Text, source.Number, source.Money, source.Flag} {
		got, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(col("x", role), col("y", source.Number))}, Options{}, "x", "y")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string][]string{"x": {"-", "-", "-"}, "y": {"0", "1", "2"}}, got.rows); diff != "" {
			t.Errorf("%s: %s", role, diff)
		}
	}
}

// Plain texts of every kind beside each other come back, whatever they are read
// into and however pages and batches lie: short and long ones, blanks, nulls,
// accents, and bytes that are no text.
func TestPlainTexts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kinds := rapid.SampledFrom([]any{"a", "Acme 12345", strings.Repeat("x", 31), strings.Repeat("y", 32), strings.Repeat("z", 33), strings.Repeat("long", 60), "", "Müller & Söhne", nil, nil, "\xff\xfe"})
		if rapid.Bool().Draw(rt, "usual") {
			kinds = rapid.SampledFrom([]any{"Acme 12345", "Beta", "Gamma and Delta"})
		}
		values := rapid.SliceOfN(kinds, 1, 300).Draw(rt, "values")
		var want []string
		invalid := 0
		for _, v := range values {
			switch s, _ := v.(string); {
			case s == "\xff\xfe":
				invalid++
				want = append(want, "-")
			case s == "":
				want = append(want, "-")
			default:
				want = append(want, s)
			}
		}
		dir := t.TempDir()
		putBytes(t, dir, "a.parquet", foreign(t, parquet.String(), values, parquet.PageBufferSize(rapid.IntRange(100, 4000).Draw(rt, "page"))))
		spec := Spec{Path: "a.parquet", Contract: contractOf(col("x", source.Text))}
		got, err := scan(t, dir, spec, Options{BatchRows: rapid.IntRange(1, 400).Draw(rt, "batch")}, "x")
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, got.rows["x"]); diff != "" || got.invalid["x"] != invalid {
			rt.Fatalf("%d invalid, want %d: %s", got.invalid["x"], invalid, diff)
		}
		if t.Failed() {
			rt.Fatal("the two ways of reading differ")
		}
	})
}
