package warehouse

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/source"
)

// emptyPage appends a data page of no rows, which the format allows.
func emptyPage(t testing.TB, c *chunk, encoding format.Encoding) {
	t.Helper()
	var body []byte
	if c.field.Optional {
		body = append(body, 0, 0, 0, 0)
	}
	if encoding == format.RLEDictionary {
		body = append(body, 1)
	}
	header := format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{
		Encoding: encoding, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
	})}
	var err error
	if c.pages, err = c.page(c.pages, header, body); err != nil {
		t.Fatal(err)
	}
}

// A chunk may change between pages of codes and plain ones as often as it likes,
// with nulls in some and pages of nothing between: every batch has the values that
// were written, and the unreadable ones are where they were.
func TestPagesOfChangingKinds(t *testing.T) {
	fields := []Field{
		{Name: "number", Type: Float64},
		{Name: "sparse", Type: Float64, Optional: true},
		{Name: "money", Type: Money, Optional: true},
		{Name: "day", Type: Date},
		{Name: "seen", Type: Timestamp, Optional: true},
		{Name: "flag", Type: Int32, Optional: true},
		{Name: "text", Type: String, Optional: true},
		{Name: "id", Type: Int64},
	}
	contract := contractOf(col("number", source.Number), col("sparse", source.Number), col("money", source.Money), col("day", source.Time),
		col("seen", source.Time), col("flag", source.Flag), col("text", source.Text), col("id", source.ID))
	names := make([]string, len(fields))
	for i := range fields {
		fields[i].Dict, names[i] = true, fields[i].Name
	}
	for seed := range uint64(pageSeeds) {
		rng := rand.New(rand.NewPCG(seed, 7))
		rows, distinct := 1+rng.IntN(3000), []int{2, 40, 400, 70_000}[rng.IntN(4)]
		dirty := rng.IntN(2) == 0 // some pages have values that are not plain
		want, invalid := map[string][]string{}, map[string]int{}
		var buf bytes.Buffer
		w, err := NewWriter(&buf, fields, WriterOptions{Codec: Codec(rng.IntN(3))})
		if err != nil {
			t.Fatal(err)
		}
		g := w.NewRowGroup()
		for k := range fields {
			f, c := &fields[k], &g.columns[k]
			note := func(v string, unreadable bool) {
				if want[f.Name] = append(want[f.Name], v); unreadable {
					invalid[f.Name]++
				}
			}
			for left := rows; left > 0; {
				n := min(left, 1+rng.IntN([]int{3, 60, 700, 3000}[rng.IntN(4)]))
				left -= n
				nulls := []int{0, 0, 1, 50, 100}[rng.IntN(5)] // in a hundred
				var v Vector
				odd := dirty && rng.IntN(2) == 0
				for range n {
					valid := !f.Optional || rng.IntN(100) >= nulls
					x := int64(rng.IntN(distinct))
					if v.Valid = append(v.Valid, valid); !valid {
						note("-", false)
					}
					bad := odd && rng.IntN(10) == 0
					switch f.Type {
					case Float64:
						y := float64(x) / 8
						if bad {
							y = []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}[rng.IntN(4)]
						}
						v.Floats = append(v.Floats, y)
						switch {
						case !valid:
						case y-y != 0:
							note("-", y == y)
						default:
							note(fmt.Sprint(y+0), false)
						}
						continue
					case String:
						s := fmt.Sprint("text ", x)
						if bad {
							s = []string{"", "Müller", strings.Repeat("long ", 20)}[rng.IntN(3)]
						}
						v.Strings = append(v.Strings, s)
						if valid && s == "" {
							note("-", false)
						} else if valid {
							note(s, false)
						}
						continue
					case Money:
						if bad {
							x = []int64{1 << 51, -1<<51 - 1, -1 << 53, 999_999_999_999_999_999, -x}[rng.IntN(5)]
						}
						if valid {
							note(fmt.Sprint(decimal{unscaled: x, scale: 2}.float()), false)
						}
					case Int32:
						if x &= 1; bad {
							x = 7
						}
						if valid && bad {
							note("-", true)
						} else if valid {
							note(fmt.Sprint(x == 1), false)
						}
					case Date, Timestamp:
						far, each := int64(4_000_000), int64(microsPerDay)
						if f.Type == Timestamp {
							far, each = math.MaxInt64, 1
						}
						if bad {
							x = far
						}
						if valid && bad {
							note("-", true)
						} else if valid {
							note(time.UnixMicro(x*each).UTC().Format("2006-01-02T15:04:05.999999"), false)
						}
					default:
						note(fmt.Sprint(x), false)
					}
					v.Ints = append(v.Ints, x)
				}
				c.plain = rng.IntN(2) == 0
				c.vector(&v, 0, n)
				if err := c.end(); err != nil {
					t.Fatal(err)
				}
				if rng.IntN(4) == 0 {
					emptyPage(t, c, []format.Encoding{format.Plain, format.RLEDictionary}[rng.IntN(2)])
				}
			}
			done, err := c.finish()
			if err != nil {
				t.Fatal(err)
			}
			g.done = append(g.done, done)
		}
		g.rows = rows
		if err := w.Append(g); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		putBytes(t, dir, "a.parquet", buf.Bytes())
		for _, batch := range []int{1, 7, 1000, 16384} {
			got, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contract}, Options{BatchRows: batch}, names...)
			if err != nil {
				t.Fatalf("seed %d, batches of %d: %v", seed, batch, err)
			}
			for _, name := range names {
				if got.invalid[name] != invalid[name] {
					t.Errorf("seed %d, batches of %d, %s: %d unreadable, want %d", seed, batch, name, got.invalid[name], invalid[name])
				}
				if !slices.Equal(got.rows[name], want[name]) {
					t.Errorf("seed %d, batches of %d, %s: %s", seed, batch, name, cmp.Diff(want[name], got.rows[name]))
				}
			}
			if t.Failed() {
				t.FailNow()
			}
		}
	}
}

// pageSeeds is how many files are made.
const pageSeeds = 12

// A dictionary behind a page of codes, all of them null, would change what the codes
// of one batch mean: the format has it first, and the file is refused.
func TestDictionaryBehindCodes(t *testing.T) {
	for _, typ := range []FieldType{Int64, String} {
		fields := []Field{{Name: "x", Type: typ, Optional: true, Dict: true}}
		var buf bytes.Buffer
		w, err := NewWriter(&buf, fields, WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		g := w.NewRowGroup()
		c := &g.columns[0]
		v := Vector{}
		for i := range 1000 {
			v.Ints, v.Strings = append(v.Ints, int64(i)), append(v.Strings, fmt.Sprint(i))
			v.Valid = append(v.Valid, i >= 100)
		}
		c.vector(&v, 0, 100)
		if err := c.end(); err != nil {
			t.Fatal(err)
		}
		nulls := len(c.pages)
		c.vector(&v, 100, 1000)
		done, err := c.finish()
		if err != nil {
			t.Fatal(err)
		}
		g.rows = 1000
		done.pages = slices.Concat(done.pages[:nulls], done.dict, done.pages[nulls:])
		done.dict = nil
		g.done = append(g.done, done)
		if err := w.Append(g); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		role := source.Number
		if typ == String {
			role = source.Text
		}
		dir := t.TempDir()
		putBytes(t, dir, "a.parquet", buf.Bytes())
		for _, batch := range []int{10, 64, 100, 1000} {
			got, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(col("x", role))}, Options{BatchRows: batch}, "x")
			if err == nil || !strings.Contains(err.Error(), "dictionary") {
				t.Errorf("batches of %d: %v, %d rows", batch, err, len(got.rows["x"]))
			}
		}
	}
}
