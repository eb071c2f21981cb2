package warehouse

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// contractOf is a contract of the named columns.
func contractOf(cols ...source.Column) *source.Contract {
	return &source.Contract{Name: "things", Columns: cols}
}

func col(name string, role source.Role) source.Column { return source.Column{Name: name, Role: role} }

// result is what a scan read: every row as text, "-" for null.
type result struct {
	rows     map[string][]string
	invalid  map[string]int
	findings []diag.Group
	dicts    map[string]map[*array.Data]int // entries by dictionary
}

// scan opens and scans a path, and fails where reading it with the dictionaries as
// stored gives anything else.
func scan(t testing.TB, root string, spec Spec, opt Options, columns ...string) (*result, error) {
	t.Helper()
	out, err := scanOnce(t, root, spec, opt, columns...)
	opt.Encoded = !opt.Encoded
	stored, other := scanOnce(t, root, spec, opt, columns...)
	if (err == nil) != (other == nil) {
		t.Errorf("encoded %v: %v; otherwise: %v", opt.Encoded, other, err)
	} else if err == nil {
		if diff := cmp.Diff(out.rows, stored.rows); diff != "" {
			t.Errorf("encoded %v: %s", opt.Encoded, diff)
		}
		if diff := cmp.Diff(out.invalid, stored.invalid); diff != "" {
			t.Errorf("encoded %v: %s", opt.Encoded, diff)
		}
		if diff := cmp.Diff(out.findings, stored.findings); diff != "" {
			t.Errorf("encoded %v: %s", opt.Encoded, diff)
		}
	}
	return out, err
}

// scanOnce opens and scans a path; it fails where Arrow memory is left over.
func scanOnce(t testing.TB, root string, spec Spec, opt Options, columns ...string) (*result, error) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	if tt, ok := t.(*testing.T); ok {
		defer mem.AssertSize(tt, 0)
	}
	opt.Allocator = mem
	tally := &diag.Tally{}
	opt.Findings = tally
	st, err := store.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), st, spec, opt)
	if err != nil {
		return nil, err
	}
	if opt.Encoded {
		s.ahead = 1 // a batch at a time, columns beside each other
	}
	out := &result{rows: map[string][]string{}, invalid: map[string]int{}, dicts: map[string]map[*array.Data]int{}}
	next := map[string]int64{}
	var total int64
	err = s.Scan(context.Background(), columns, func(b *Batch) error {
		if next[b.File] != b.FirstRow {
			t.Errorf("%s: batch starts at %d, want %d", b.File, b.FirstRow, next[b.File])
		}
		next[b.File] += b.Record.NumRows()
		total += b.Record.NumRows()
		for i, name := range columns {
			c := b.Record.Column(i)
			out.invalid[name] += len(b.Invalid[i])
			for r := range c.Len() {
				out.rows[name] = append(out.rows[name], cell(c, r))
			}
			if d, ok := c.(*array.Dictionary); ok {
				if out.dicts[name] == nil {
					out.dicts[name] = map[*array.Data]int{}
				}
				out.dicts[name][d.Dictionary().Data().(*array.Data)] = d.Dictionary().Len()
			}
		}
		return nil
	})
	if err == nil && total != s.Rows() {
		t.Errorf("read %d rows of %d", total, s.Rows())
	}
	out.findings = tally.Groups()
	return out, err
}

// valueAt returns the array that has a row's value, and where.
func valueAt(c arrow.Array, r int) (arrow.Array, int) {
	if d, ok := c.(*array.Dictionary); ok {
		return d.Dictionary(), d.GetValueIndex(r)
	}
	return c, r
}

func cell(c arrow.Array, r int) string {
	if c.IsNull(r) {
		return "-"
	}
	c, r = valueAt(c, r)
	switch c := c.(type) {
	case *array.String:
		return strings.Clone(c.Value(r))
	case *array.Float64:
		return fmt.Sprint(c.Value(r))
	case *array.Timestamp:
		return time.UnixMicro(int64(c.Value(r))).UTC().Format("2006-01-02T15:04:05.999999")
	case *array.Boolean:
		return fmt.Sprint(c.Value(r))
	}
	return "?"
}

// put writes a file of this package's own writer below a folder.
func put(t testing.TB, dir, name string, fields []Field, opt WriterOptions, cols ...Vector) {
	t.Helper()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, fields, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(cols); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	putBytes(t, dir, name, buf.Bytes())
}

func putBytes(t testing.TB, dir, name string, b []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

var allTypes = []Field{
	{Name: "name", Type: String, Optional: true},
	{Name: "tier", Type: String, Optional: true, Dict: true},
	{Name: "seats", Type: Int64, Optional: true},
	{Name: "small", Type: Int32, Optional: true, Dict: true},
	{Name: "rate", Type: Float64, Optional: true},
	{Name: "strategic", Type: Bool, Optional: true},
	{Name: "start", Type: Date, Optional: true},
	{Name: "seen", Type: Timestamp, Optional: true},
	{Name: "local", Type: LocalTimestamp, Optional: true},
	{Name: "arr", Type: Money, Optional: true},
}

func allVectors(n int) []Vector {
	valid := make([]bool, n)
	v := make([]Vector, len(allTypes))
	for i := range n {
		valid[i] = i%7 != 3
		v[0].Strings = append(v[0].Strings, fmt.Sprintf("name %d", i))
		v[1].Strings = append(v[1].Strings, []string{"gold", "silver", "bronze"}[i%3])
		v[2].Ints = append(v[2].Ints, int64(i)*1e9-5)
		v[3].Ints = append(v[3].Ints, int64(i%4)-2)
		v[4].Floats = append(v[4].Floats, float64(i)/8)
		v[5].Bools = append(v[5].Bools, i%2 == 0)
		v[6].Ints = append(v[6].Ints, int64(i)-100)
		v[7].Ints = append(v[7].Ints, 1782777600_000_000+int64(i)) // 2026-06-30T00:00:00Z
		v[8].Ints = append(v[8].Ints, 1782777600_000_000+int64(i))
		v[9].Ints = append(v[9].Ints, int64(i)*101-7)
	}
	for i := range v {
		v[i].Valid = valid
	}
	return v
}

func TestRoundTripOfAllTypes(t *testing.T) {
	const n = 10_000
	dir := t.TempDir()
	put(t, dir, "a.parquet", allTypes, WriterOptions{RowGroup: 3000}, allVectors(n)...)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	spec := Spec{Path: "a.parquet", Contract: contractOf(
		col("name", source.ID), col("tier", source.Text), col("seats", source.Number), col("small", source.ID), col("rate", source.Number),
		col("strategic", source.Flag), col("start", source.Time), col("seen", source.Time), col("local", source.Time), col("arr", source.Money))}
	names := []string{"arr", "name", "tier", "seats", "small", "rate", "strategic", "start", "seen", "local"}
	for _, batch := range []int{1, 999, 1 << 20} {
		if batch == 1 {
			names = names[:2]
		} else {
			names = names[:10]
		}
		got, err := scan(t, dir, spec, Options{Location: berlin, BatchRows: batch}, names...)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]func(i int) string{
			"arr":       func(i int) string { return fmt.Sprint(float64(i*101-7) / 100) },
			"name":      func(i int) string { return fmt.Sprintf("name %d", i) },
			"tier":      func(i int) string { return []string{"gold", "silver", "bronze"}[i%3] },
			"seats":     func(i int) string { return fmt.Sprint(float64(i)*1e9 - 5) },
			"small":     func(i int) string { return fmt.Sprint(i%4 - 2) },
			"rate":      func(i int) string { return fmt.Sprint(float64(i) / 8) },
			"strategic": func(i int) string { return fmt.Sprint(i%2 == 0) },
			"start":     func(i int) string { return time.Unix(int64(i-100)*86400, 0).UTC().Format("2006-01-02T15:04:05") },
			"seen": func(i int) string { // Berlin is two hours ahead in June
				return time.UnixMicro(1782777600_000_000 + int64(i)).UTC().Add(2 * time.Hour).Format("2006-01-02T15:04:05.999999")
			},
			"local": func(i int) string {
				return time.UnixMicro(1782777600_000_000 + int64(i)).UTC().Format("2006-01-02T15:04:05.999999")
			},
		}
		for _, name := range names {
			if len(got.rows[name]) != n {
				t.Fatalf("%s has %d rows", name, len(got.rows[name]))
			}
			for i, x := range got.rows[name] {
				w := want[name](i)
				if i%7 == 3 {
					w = "-"
				}
				if x != w {
					t.Fatalf("batch %d, %s row %d = %q, want %q", batch, name, i, x, w)
				}
			}
		}
		if len(got.findings) != 0 {
			t.Errorf("findings: %v", got.findings)
		}
	}
}

func TestWriterBytesDoNotDependOnCalls(t *testing.T) {
	const n = 9000
	all := allVectors(n)
	write := func(step int) []byte {
		var buf bytes.Buffer
		w, err := NewWriter(&buf, allTypes, WriterOptions{RowGroup: 4000, Metadata: map[string]string{"b": "2", "a": "1"}})
		if err != nil {
			t.Fatal(err)
		}
		for from := 0; from < n; from += step {
			to := min(n, from+step)
			part := make([]Vector, len(all))
			for i, v := range all {
				part[i] = Vector{Valid: v.Valid[from:to]}
				if v.Strings != nil {
					part[i].Strings = v.Strings[from:to]
				}
				if v.Ints != nil {
					part[i].Ints = v.Ints[from:to]
				}
				if v.Floats != nil {
					part[i].Floats = v.Floats[from:to]
				}
				if v.Bools != nil {
					part[i].Bools = v.Bools[from:to]
				}
			}
			if err := w.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	want := write(n)
	for _, step := range []int{1, 333, 4001} {
		if !bytes.Equal(write(step), want) {
			t.Errorf("bytes differ when written %d rows at a time", step)
		}
	}
}

func TestWriterRefusals(t *testing.T) {
	valid := []bool{true, false}
	for name, c := range map[string]struct {
		fields []Field
		cols   []Vector
	}{
		"no fields":      {},
		"repeated name":  {fields: []Field{{Name: "a"}, {Name: "a"}}},
		"empty name":     {fields: []Field{{}}},
		"unknown type":   {fields: []Field{{Name: "a", Type: 99}}},
		"lengths differ": {[]Field{{Name: "a"}, {Name: "b"}}, []Vector{{Strings: []string{"x"}}, {}}},
		"null required":  {[]Field{{Name: "a"}}, []Vector{{Strings: []string{"x", ""}, Valid: valid}}},
		"wide int32":     {[]Field{{Name: "a", Type: Int32}}, []Vector{{Ints: []int64{math.MaxInt32 + 1}}}},
		"19 digits":      {[]Field{{Name: "a", Type: Money}}, []Vector{{Ints: []int64{1e18}}}},
		"not UTF-8":      {[]Field{{Name: "a"}}, []Vector{{Strings: []string{"\xff"}}}},
	} {
		w, err := NewWriter(&bytes.Buffer{}, c.fields, WriterOptions{})
		if err == nil {
			err = w.Write(c.cols)
			if again := w.Close(); err != nil && again == nil {
				t.Errorf("%s: Close hides the failed write", name)
			}
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDictionaryIsKept(t *testing.T) {
	dir := t.TempDir()
	tiers := []string{"gold", "silver", "bronze"}
	var v Vector
	for i := range 5000 {
		v.Strings = append(v.Strings, tiers[i%3])
	}
	put(t, dir, "a.parquet", []Field{{Name: "tier", Dict: true}}, WriterOptions{RowGroup: 4000}, v)
	got, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(col("tier", source.Text))}, Options{BatchRows: 1000}, "tier")
	if err != nil {
		t.Fatal(err)
	}
	// Two row groups: one shared dictionary each, of the file's three entries.
	if len(got.dicts["tier"]) != 2 {
		t.Errorf("%d dictionaries, want 2", len(got.dicts["tier"]))
	}
	for _, n := range got.dicts["tier"] {
		if n != 3 {
			t.Errorf("a dictionary of %d entries, want 3", n)
		}
	}
}

func TestDictionaryThatFallsBackToPlainPages(t *testing.T) {
	dir := t.TempDir()
	var v Vector
	for i := range 60_000 { // 20 bytes each: the writer's limit of 1 MiB is passed
		v.Strings = append(v.Strings, fmt.Sprintf("account-%012d", i))
	}
	for i := range 20_000 { // values of the dictionary come again in plain pages
		v.Strings = append(v.Strings, v.Strings[i])
	}
	put(t, dir, "a.parquet", []Field{{Name: "id", Dict: true}}, WriterOptions{}, v)
	for _, batch := range []int{700, 1 << 20} {
		got, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(col("id", source.ID))}, Options{BatchRows: batch}, "id")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(v.Strings, got.rows["id"]); diff != "" {
			t.Fatal(diff)
		}
		for _, n := range got.dicts["id"] {
			if batch > 80_000 && n != 60_000 {
				t.Errorf("the batch's dictionary has %d entries, want each value once: 60000", n)
			}
		}
	}
}

func TestPartFilesDiffer(t *testing.T) {
	dir := t.TempDir()
	// Snowflake's habit: the same NUMBER is an integer in one part and a decimal
	// in the next; names change case; a column comes later; one part is empty.
	put(t, dir, "x/part-0", []Field{{Name: "ACCOUNT_ID", Type: Int64}, {Name: "ARR", Type: Int32}}, WriterOptions{},
		Vector{Ints: []int64{12, 9007199254740993}}, Vector{Ints: []int64{5, 6}})
	put(t, dir, "x/part-1", []Field{{Name: "arr", Type: Money}, {Name: "Tier", Type: String, Dict: true}, {Name: "account_id", Type: String}}, WriterOptions{},
		Vector{Ints: []int64{12345}}, Vector{Strings: []string{"gold"}}, Vector{Strings: []string{"00123"}})
	put(t, dir, "x/part-2", []Field{{Name: "other", Type: Int32}}, WriterOptions{}, Vector{})
	putBytes(t, dir, "x/_SUCCESS", nil)
	putBytes(t, dir, "x/manifest", []byte(`{"entries":[]}`))
	id := source.Column{Name: "account_id", Role: source.ID, Required: true}
	got, err := scan(t, dir, Spec{Path: "x", Contract: contractOf(id, col("arr", source.Money), col("tier", source.Text))}, Options{}, "account_id", "arr", "tier")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"account_id": {"12", "9007199254740993", "00123"},
		"arr":        {"5", "6", "123.45"},
		"tier":       {"-", "-", "gold"},
	}
	if diff := cmp.Diff(want, got.rows); diff != "" {
		t.Error(diff)
	}
}

func TestHivePartitions(t *testing.T) {
	dir := t.TempDir()
	one := []Field{{Name: "account_id"}}
	for _, p := range []string{"dt=2026-06-30/region=a%20b", "dt=2026-05-31/region=__HIVE_DEFAULT_PARTITION__", "dt=never/region=c"} {
		put(t, dir, "u/"+p+"/0.parquet", one, WriterOptions{}, Vector{Strings: []string{"1", "2"}})
	}
	spec := Spec{
		Path: "u", Contract: contractOf(col("account_id", source.ID), col("date", source.Time), col("region", source.Text)),
		Columns: map[string]string{"date": "dt"},
	}
	got, err := scan(t, dir, spec, Options{BatchRows: 1}, "date", "region", "account_id")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"date":       {"2026-05-31T00:00:00", "2026-05-31T00:00:00", "2026-06-30T00:00:00", "2026-06-30T00:00:00", "-", "-"},
		"region":     {"-", "-", "a b", "a b", "c", "c"},
		"account_id": {"1", "2", "1", "2", "1", "2"},
	}
	if diff := cmp.Diff(want, got.rows); diff != "" {
		t.Error(diff)
	}
	wantFindings := []diag.Group{{Code: diag.Unparsable, Source: "things", Column: "date", Count: 2, Examples: []diag.Finding{
		{Code: diag.Unparsable, Source: "things", Column: "date", File: "u/dt=never/region=c/0.parquet", Row: 0, Value: "never"},
		{Code: diag.Unparsable, Source: "things", Column: "date", File: "u/dt=never/region=c/0.parquet", Row: 1, Value: "never"},
	}}}
	if diff := cmp.Diff(wantFindings, got.findings); diff != "" {
		t.Error(diff)
	}

	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), st, spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"dt", "region"}, s.Partitions()); diff != "" {
		t.Error(diff)
	}
	newest := s.Restrict(func(f File) bool { return f.Partitions[0].Value == "2026-06-30" })
	if newest.Rows() != 2 || len(newest.Files()) != 1 {
		t.Errorf("restricted to %d rows, %d files", newest.Rows(), len(newest.Files()))
	}
}

func TestMissingColumns(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.parquet", []Field{{Name: "ACCT_ID"}, {Name: "arr_usd", Type: Money}}, WriterOptions{}, Vector{Strings: []string{"1"}}, Vector{Ints: []int64{1}})
	id := source.Column{Name: "account_id", Role: source.ID, Required: true}
	for name, c := range map[string]struct {
		columns map[string]string
		class   diag.Class
		want    []string
	}{
		"required":       {nil, diag.Data, []string{"things", "account_id", "ACCT_ID", "columns: {account_id: ACCT_ID}", "a.parquet"}},
		"mapped wrongly": {map[string]string{"account_id": "ACCT_ID", "arr": "ARR_USDD"}, diag.Data, []string{"ARR_USDD", "columns: {arr: arr_usd}"}},
		"unknown key":    {map[string]string{"acount_id": "ACCT_ID"}, diag.Config, []string{"acount_id", "did you mean account_id"}},
	} {
		_, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(id, col("arr", source.Money)), Columns: c.columns}, Options{})
		if diag.ClassOf(err) != c.class || err == nil {
			t.Errorf("%s: error %v of class %d", name, err, diag.ClassOf(err))
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q is missing from %v", name, w, err)
			}
		}
	}
	got, err := scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(id, col("arr", source.Money)), Columns: map[string]string{"account_id": "acct_id"}}, Options{}, "arr", "account_id")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"arr": {"-"}, "account_id": {"1"}}, got.rows); diff != "" {
		t.Error(diff)
	}
}

func TestScanStops(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.parquet", allTypes, WriterOptions{RowGroup: 100}, allVectors(5000)...)
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	s, err := Open(context.Background(), st, Spec{Path: "a.parquet", Contract: contractOf(col("name", source.Text), col("arr", source.Money))}, Options{BatchRows: 10, Allocator: mem})
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	n := 0
	err = s.Scan(context.Background(), []string{"name", "arr"}, func(*Batch) error {
		if n++; n == 25 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 25 {
		t.Errorf("after %d batches: %v", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = s.Scan(ctx, []string{"name"}, func(*Batch) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestDigestAndFiles(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.parquet", []Field{{Name: "x"}}, WriterOptions{}, Vector{Strings: []string{"1", "2"}})
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), st, Spec{Path: "a.parquet", Contract: contractOf(col("x", source.Text))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := s.Files()[0]
	b, err := os.ReadFile(filepath.Join(dir, "a.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.SHA256(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256(b)); got != want || f.Size != int64(len(b)) || f.Rows != 2 {
		t.Errorf("file %+v digest %s, want %s", f, got, want)
	}
}
