package warehouse

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/day"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// opens counts the files that a scan opens: one for each row group it decodes.
type opens struct {
	store.Source
	n atomic.Int64
}

func (o *opens) Open(ctx context.Context, f store.File) (store.Reader, error) {
	o.n.Add(1)
	return o.Source.Open(ctx, f)
}

func openDated(t *testing.T, st store.Source, role source.Role, loc *time.Location, columns map[string]string) *Source {
	t.Helper()
	s, err := Open(t.Context(), st, Spec{Contract: contractOf(col("date", role), col("n", source.Number)), Path: ".", Columns: columns}, Options{Location: loc})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestBetweenSample: of the sample's 18 months only those that may hold a day of
// the span are decoded, one row group each; a column without dates rules out none.
func TestBetweenSample(t *testing.T) {
	files, err := store.Open(filepath.Join("..", "..", "testdata", "exports", "small", "exports"))
	if err != nil {
		t.Fatal(err)
	}
	st := &opens{Source: files}
	s, err := Open(t.Context(), st, Spec{Contract: source.Find("usage"), Path: "usage", Columns: map[string]string{"date": "usage_date"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	latest, ok := s.Latest("date")
	if !ok {
		t.Fatal("the files do not say how far they reach")
	}
	// Nine months before June hold a row that is dated years ahead, and so may hold
	// any day until then.
	may := day.Of(2026, 5, 31)
	for _, c := range []struct {
		name   string
		s      *Source
		groups int64
	}{
		{"all", s, 18},
		{"since 2000", s.Between("date", day.Of(2000, 1, 1), math.MaxInt32), 18},
		{"the last month", s.Between("date", latest, math.MaxInt32), 1},
		{"the last two", s.Between("date", latest-31, math.MaxInt32), 2},
		{"later", s.Between("date", latest+1, math.MaxInt32), 0},
		{"all but the last", s.Between("date", math.MinInt32, may), 17},
		{"between two cuts", s.Between("date", may+1, math.MaxInt32).Between("date", math.MinInt32, may), 9},
		{"by a number", s.Between("active_users", latest+1, math.MaxInt32), 18},
	} {
		st.n.Store(0)
		var rows int64
		if err := c.s.Scan(t.Context(), []string{"account_id", "date"}, func(b *Batch) error { rows += b.Record.NumRows(); return nil }); err != nil {
			t.Fatal(err)
		}
		if n := st.n.Load(); n != c.groups {
			t.Errorf("%s: %d row groups were decoded, want %d", c.name, n, c.groups)
		}
		if rows+c.s.Outside() != s.Rows() || c.s.Rows() != s.Rows() {
			t.Errorf("%s: %d rows read and %d not, of %d", c.name, rows, c.s.Outside(), s.Rows())
		}
		if len(c.s.Files()) != 18 || !c.s.Has("last_login_at") {
			t.Errorf("%s: files or columns are gone", c.name)
		}
	}
}

// TestBetweenProperty: whatever the form of the dates, the zone and the cuts, every
// row of a day of the span comes with its place in the file, what does not come is
// of another day, and rows tie out file by file.
func TestBetweenProperty(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"America/Havana", "Pacific/Apia", "Asia/Kolkata"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Skip("no time zones here")
		}
		zones = append(zones, loc)
	}
	const micros = 86_400_000_000
	skipped := map[FieldType]int64{}
	for trial := range 60 {
		field := Field{Name: "date", Type: []FieldType{Date, Timestamp, LocalTimestamp}[trial%3], Optional: trial%2 == 1}
		root, start := t.TempDir(), int64(day.Of(2011, 10, 1))
		for part := range 3 {
			rows := rng.IntN(60)
			var v, n Vector
			for i := range rows {
				x := start + int64(part*30+i/2) + rng.Int64N(5)
				if field.Type != Date {
					x = x*micros + rng.Int64N(micros)
				}
				v.Ints, n.Ints = append(v.Ints, x), append(n.Ints, int64(i))
				if field.Optional {
					v.Valid = append(v.Valid, rng.IntN(40) > 0)
				}
			}
			put(t, root, fmt.Sprintf("part-%d.parquet", part), []Field{field, {Name: "n", Type: Int64}}, WriterOptions{RowGroup: 7}, v, n)
		}
		st, err := store.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		s := openDated(t, st, source.Time, zones[rng.IntN(len(zones))], nil)
		from := int32(start) + rng.Int32N(100) - 10
		to := from + rng.Int32N(60)
		type row struct {
			file string
			at   int64
			n    float64
		}
		read := func(s *Source, inside bool) (out []row, perFile map[string]int64) {
			perFile = map[string]int64{}
			err := s.Scan(t.Context(), []string{"date", "n"}, func(b *Batch) error {
				d, n := b.Record.Column(0).(*array.Timestamp), b.Record.Column(1).(*array.Float64)
				perFile[b.File] += b.Record.NumRows()
				for i := range d.Len() {
					at := int32(floorDiv(int64(d.Value(i)), micros))
					if !inside || d.IsNull(i) || at >= from && at <= to {
						out = append(out, row{b.File, b.FirstRow + int64(i), n.Value(i)})
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return out, perFile
		}
		cut := s.Between("date", from, to)
		want, _ := read(s, true)
		got, perFile := read(cut, true)
		if d := cmp.Diff(want, got, cmp.AllowUnexported(row{})); d != "" {
			t.Fatalf("trial %d: rows of the span or without a date are gone: %s", trial, d)
		}
		for _, r := range got {
			if r.at != int64(r.n) {
				t.Fatalf("trial %d: row %v of %s is said to be row %d", trial, r.n, r.file, r.at)
			}
		}
		for _, f := range cut.Files() {
			if perFile[f.Path]+f.Outside != f.Rows {
				t.Fatalf("trial %d: %s: %d rows read and %d not, of %d", trial, f.Path, perFile[f.Path], f.Outside, f.Rows)
			}
		}
		skipped[field.Type] += cut.Outside()
	}
	for _, typ := range []FieldType{Date, Timestamp, LocalTimestamp} {
		if skipped[typ] == 0 {
			t.Errorf("type %v: no row was ever left out", typ)
		}
	}
}

// TestBetweenTrustsLittle: statistics rule a row group out only where they are
// complete, in order and of a type whose order is that of its days.
func TestBetweenTrustsLittle(t *testing.T) {
	dates := func(form FieldType, optional bool, valid []bool) string {
		root := t.TempDir()
		x := []int64{100, 101, 102}
		if form != Date {
			for i := range x {
				x[i] *= 86_400_000_000
			}
		}
		put(t, root, "a.parquet", []Field{{Name: "date", Type: form, Optional: optional}, {Name: "n", Type: Int64}}, WriterOptions{}, Vector{Ints: x, Valid: valid}, Vector{Ints: x})
		return root
	}
	text := t.TempDir()
	put(t, text, "a.parquet", []Field{{Name: "date", Type: String}, {Name: "n", Type: Int64}}, WriterOptions{}, Vector{Strings: []string{"1970-04-11"}}, Vector{Ints: []int64{1}})
	partition := func(value string) string {
		root := t.TempDir()
		put(t, root, "dt="+value+"/a.parquet", []Field{{Name: "n", Type: Int64}}, WriterOptions{}, Vector{Ints: []int64{1}})
		return root
	}
	le := func(x uint64, n int) []byte { return binary.LittleEndian.AppendUint64(nil, x)[:n] }
	type chunk = format.ColumnMetaData
	for _, c := range []struct {
		name    string
		root    string
		column  string
		spoil   func(*chunk)
		leftOut bool
	}{
		{"dates", dates(Date, false, nil), "date", nil, true},
		{"timestamps", dates(Timestamp, false, nil), "date", nil, true},
		{"optional without nulls", dates(Date, true, []bool{true, true, true}), "date", nil, true},
		{"with a null", dates(Date, true, []bool{true, false, true}), "date", nil, false},
		{"nulls not stated", dates(Date, true, []bool{true, true, true}), "date", func(m *chunk) { m.Statistics.NullCount = unstated }, false},
		{"nulls not stated where none can be", dates(Date, false, nil), "date", func(m *chunk) { m.Statistics.NullCount = unstated }, true},
		{"no least", dates(Date, false, nil), "date", func(m *chunk) { m.Statistics.MinValue = nil }, false},
		{"no greatest", dates(Date, false, nil), "date", func(m *chunk) { m.Statistics.MaxValue = nil }, false},
		{"cut short", dates(Timestamp, false, nil), "date", func(m *chunk) { m.Statistics.MaxValue = m.Statistics.MaxValue[:5] }, false},
		{"in the wrong order", dates(Date, false, nil), "date", func(m *chunk) {
			m.Statistics.MinValue, m.Statistics.MaxValue = m.Statistics.MaxValue, m.Statistics.MinValue
		}, false},
		{"beyond the readable years", dates(Timestamp, false, nil), "date", func(m *chunk) { m.Statistics.MaxValue = le(math.MaxInt64, 8) }, false},
		{"fewer values than rows", dates(Date, false, nil), "date", func(m *chunk) { m.NumValues-- }, false},
		{"text", text, "date", nil, false},
		{"partition", partition("1970-04-11"), "dt", nil, true},
		{"partition without a value", partition("__HIVE_DEFAULT_PARTITION__"), "dt", nil, false},
		{"partition of another form", partition("1970-04"), "dt", nil, false},
		{"no such column", partition("1970-04-11"), "other", nil, false},
	} {
		st, err := store.Open(c.root)
		if err != nil {
			t.Fatal(err)
		}
		columns := map[string]string{"date": c.column}
		if c.column == "other" {
			columns = nil
		}
		s := openDated(t, st, source.Time, nil, columns)
		if c.spoil != nil {
			c.spoil(&s.parts[0].meta.RowGroups[0].Columns[0].MetaData)
		}
		before := s.Between("date", 200, math.MaxInt32).Outside() > 0
		after := s.Between("date", math.MinInt32, 50).Outside() > 0
		if before != c.leftOut || after != c.leftOut {
			t.Errorf("%s: left out as too old %v, as too new %v; want %v", c.name, before, after, c.leftOut)
		}
	}
}

// TestConfirm: what a footer says of row groups that are left out is held against
// their rows. Statistics that were changed put the row group back, with the place of
// every row; those of row groups that are read anyway, and partitions, are not read.
func TestConfirm(t *testing.T) {
	root := t.TempDir()
	dates := func(days ...int64) Vector { return Vector{Ints: days} }
	for _, p := range []string{"a", "dt=1970-07-20/b", "c"} {
		put(t, root, p+".parquet", []Field{{Name: "date", Type: Date}, {Name: "n", Type: Int64}}, WriterOptions{RowGroup: 3},
			dates(100, 101, 102, 103, 104, 105, 200, 201, 202), dates(0, 1, 2, 3, 4, 5, 6, 7, 8))
	}
	local, err := store.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	st := &opens{Source: local}
	s, err := Open(t.Context(), st, Spec{Contract: contractOf(col("date", source.Time), col("n", source.Number)), Path: "."}, Options{BatchRows: 2})
	if err != nil {
		t.Fatal(err)
	}
	days := binary.LittleEndian.AppendUint32
	lie := func(part, group int, from, to uint32) {
		stats := &s.parts[part].meta.RowGroups[group].Columns[0].MetaData.Statistics
		stats.MinValue, stats.MaxValue = days(nil, from), days(nil, to)
	}
	lie(0, 1, 300, 310) // all its rows are inside
	lie(2, 2, 300, 310) // its rows are outside as well
	if n := s.Between("date", math.MinInt32, 150).Outside(); n != 12 {
		t.Fatalf("%d rows are left out by the statistics", n)
	}
	st.n.Store(0)
	cut, untrue, err := s.Confirm(t.Context(), "date", math.MinInt32, 150)
	if err != nil {
		t.Fatal(err)
	}
	if n := st.n.Load(); n != 4 {
		t.Errorf("%d row groups were read to confirm four", n)
	}
	if len(untrue) != 1 || untrue[0].File != "a.parquet" || untrue[0].FirstRow != 3 || untrue[0].First != 300 {
		t.Errorf("untrue: %+v", untrue)
	}
	var got []string
	err = cut.Scan(t.Context(), []string{"n"}, func(b *Batch) error {
		for i, n := range b.Record.Column(0).(*array.Float64).Float64Values() {
			if int64(n) != b.FirstRow+int64(i) {
				t.Errorf("row %v of %s is said to be row %d", n, b.File, b.FirstRow+int64(i))
			}
			got = append(got, fmt.Sprint(b.File, " ", n))
		}
		return nil
	})
	if err != nil || len(got) != 18 || cut.Outside() != 9 {
		t.Errorf("%d rows, %d outside, %v: %v", len(got), cut.Outside(), err, got)
	}
	// What was left out before, and confirmed then, is not read again.
	st.n.Store(0)
	if again, untrue, err := cut.Confirm(t.Context(), "date", math.MinInt32, 150); err != nil || len(untrue) != 1 || again.Outside() != 9 || st.n.Load() != 1 {
		t.Errorf("again: %d outside, %d untrue, %d opened, %v", again.Outside(), len(untrue), st.n.Load(), err)
	}
	// A partition that the column comes from is the value: there is nothing to read.
	s = openDated(t, st, source.Time, nil, map[string]string{"date": "dt"})
	st.n.Store(0)
	if byKey, _, err := s.Confirm(t.Context(), "date", math.MinInt32, 150); err != nil || byKey.Outside() != 9 || st.n.Load() != 0 {
		t.Errorf("by key: %d outside, %d opened, %v", byKey.Outside(), st.n.Load(), err)
	}
	// A row group whose rows are not all there is no row group that may be left out.
	s = openDated(t, st, source.Time, nil, nil)
	for g := range s.parts[0].meta.RowGroups {
		if g == 2 {
			s.parts[0].meta.RowGroups[g].NumRows++
			s.parts[0].meta.RowGroups[g].Columns[0].MetaData.NumValues++
		}
	}
	if _, _, err := s.Confirm(t.Context(), "date", math.MinInt32, 150); err == nil {
		t.Error("a row that is only in the footer is counted")
	}
}
