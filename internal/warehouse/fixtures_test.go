package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the expected values are in Europe/Berlin wherever the test runs

	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// book is what must be read from one writer's files (testdata/parquet/make works
// it out from the values that the writer was given, without a reader).
type book struct {
	Writer, Zone string
	Files        map[string]struct {
		Encodings map[string][]string
		// By column and role; the role "size" is the length of a list.
		Columns map[string]map[string]expectation
	}
}

// expectation is a refusal, the cells themselves, or a digest of many.
type expectation struct {
	Refused     string
	Cells       []any
	Rows, Nulls int
	SHA256      string
}

func (e *expectation) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, &e.Cells)
	}
	type plain expectation
	return json.Unmarshal(b, (*plain)(e))
}

var allRoles = []source.Role{source.ID, source.Text, source.Number, source.Money, source.Time, source.Flag}

// Every committed file reads in every role as its values say: ids as exact text,
// money to the cent, times in the reporting zone; or the role is refused with a
// reason and advice.
func TestFixturesOfOtherWriters(t *testing.T) {
	books, err := filepath.Glob(filepath.Join(fixtures, "*", "expected.json"))
	if err != nil || len(books) < 6 {
		t.Fatalf("%d books of fixtures, %v", len(books), err)
	}
	for _, name := range books {
		folder := filepath.Base(filepath.Dir(name))
		var b book
		readJSON(t, folder+"/expected.json", &b)
		st, err := store.Open(filepath.Join(fixtures, folder))
		if err != nil {
			t.Fatal(err)
		}
		loc, err := time.LoadLocation(b.Zone)
		if err != nil {
			t.Fatal(err)
		}
		for file, want := range b.Files {
			t.Run(folder+"/"+file, func(t *testing.T) {
				x := &fixture{st: st, file: file, loc: loc, columns: want.Columns}
				for _, role := range allRoles {
					for _, x.encoded = range []bool{true, false} {
						x.role(t, role)
					}
				}
				x.describe(t, want.Encodings)
			})
		}
		everyFileIsExpected(t, folder, b)
	}
}

func everyFileIsExpected(t *testing.T, folder string, b book) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(fixtures, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := b.Files[e.Name()]; !ok && e.Name() != "expected.json" {
			t.Errorf("%s: nothing is expected of %s", folder, e.Name())
		}
	}
}

type fixture struct {
	st      store.Source
	file    string
	loc     *time.Location
	columns map[string]map[string]expectation
	encoded bool
}

func (x *fixture) open(names []string, role source.Role) (*Source, []string, *diag.Tally, error) {
	spec, tally := Spec{Path: x.file, Contract: contractOf(), Columns: map[string]string{}}, &diag.Tally{}
	var columns []string
	for i, name := range names {
		c := fmt.Sprintf("c%d", i)
		columns = append(columns, c)
		spec.Contract.Columns = append(spec.Contract.Columns, col(c, role))
		spec.Columns[c] = name
	}
	s, err := Open(context.Background(), x.st, spec, Options{Location: x.loc, BatchRows: 1000, Findings: tally, Encoded: x.encoded})
	return s, columns, tally, err
}

// role reads all columns that serve a role, lists by their sizes.
func (x *fixture) role(t *testing.T, role source.Role) {
	var names []string
	var want []expectation
	for _, name := range sortedNames(x.columns) {
		roles := x.columns[name]
		if size, list := roles["size"]; list && role == source.Number {
			names, want = append(names, "size("+name+")"), append(want, size)
		} else if list {
			_, _, _, err := x.open([]string{"size(" + name + ")"}, role)
			refused(t, err, x.file, "counts the elements of a list")
		}
		e := roles[role.String()]
		if e.Refused != "" {
			_, _, _, err := x.open([]string{name}, role)
			refused(t, err, x.file, e.Refused)
			continue
		}
		names, want = append(names, name), append(want, e)
	}
	s, columns, tally, err := x.open(names, role)
	if err != nil {
		t.Fatalf("%s: %v", role, err)
	}
	got, invalid := make([][]any, len(columns)), make([]int, len(columns))
	err = s.Scan(context.Background(), columns, func(b *Batch) error {
		for i := range columns {
			c := b.Record.Column(i)
			for r := range c.Len() {
				var v any
				if c.IsValid(r) {
					switch values, at := valueAt(c, r); values := values.(type) {
					case *array.Float64:
						v = values.Value(at)
					case *array.Boolean:
						v = values.Value(at)
					default:
						v = cell(c, r)
					}
				}
				got[i] = append(got[i], v)
			}
			invalid[i] += len(b.Invalid[i])
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", role, err)
	}
	for i, name := range names {
		want[i].compare(t, role.String()+" "+name, got[i], invalid[i])
	}
	x.findings(t, role, columns, names, want, tally)
}

func sortedNames[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (e *expectation) compare(t *testing.T, what string, got []any, invalid int) {
	t.Helper()
	if e.SHA256 != "" {
		var lines strings.Builder
		nulls := 0
		for _, v := range got {
			switch v := v.(type) {
			case nil:
				nulls++
			case float64:
				fmt.Fprintf(&lines, "%016x", math.Float64bits(v))
			default:
				fmt.Fprint(&lines, v)
			}
			lines.WriteByte('\n')
		}
		digest := sha256.Sum256([]byte(lines.String()))
		if len(got) != e.Rows || nulls != e.Nulls || hex.EncodeToString(digest[:]) != e.SHA256 {
			t.Errorf("%s: %d rows, %d nulls, want %d, %d, or another digest", what, len(got), nulls, e.Rows, e.Nulls)
		}
		return
	}
	bad := 0
	if len(got) != len(e.Cells) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(e.Cells))
		return
	}
	for r, want := range e.Cells {
		if _, unreadable := want.(map[string]any); unreadable {
			bad++
			want = nil
		}
		if got[r] != want {
			t.Errorf("%s, row %d: %v, want %v", what, r, got[r], want)
		}
	}
	if invalid != bad {
		t.Errorf("%s: %d unreadable values, want %d", what, invalid, bad)
	}
}

// findings checks that unreadable values are reported as written.
func (x *fixture) findings(t *testing.T, role source.Role, columns, names []string, want []expectation, tally *diag.Tally) {
	t.Helper()
	for i, name := range names {
		if want[i].SHA256 != "" {
			continue
		}
		var texts, found []string
		for _, c := range want[i].Cells {
			if m, ok := c.(map[string]any); ok {
				texts = append(texts, m["bad"].(string))
			}
		}
		for _, g := range tally.Groups() {
			if g.Column == columns[i] && g.Code == diag.Unparsable {
				for _, f := range g.Examples {
					found = append(found, f.Value)
				}
			}
		}
		if texts = firstN5(texts); len(found) != len(texts) {
			t.Errorf("%s %s: %d findings, want %d", role, name, len(found), len(texts))
			continue
		}
		for j := range texts {
			if texts[j] != "" && found[j] != texts[j] {
				t.Errorf("%s %s: finding %q, want %q", role, name, found[j], texts[j])
			}
		}
	}
}

// describe checks that the description claims no role that is refused, and the
// encodings where the fixture is about them.
func (x *fixture) describe(t *testing.T, encodings map[string][]string) {
	d, err := Describe(context.Background(), x.st, x.file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range d.Columns {
		if want, ok := encodings[c.Name]; ok && !slices.Equal(c.Encodings, want) {
			t.Errorf("column %s is encoded as %v, want %v", c.Name, c.Encodings, want)
		}
		if c.Problem != "" && (len(c.Roles) > 0 || c.Fix == "") {
			t.Errorf("column %s: %s; roles %v, advice %q", c.Name, c.Problem, c.Roles, c.Fix)
		}
		for _, role := range c.Roles {
			if e := x.columns[c.Name][role.String()]; e.Refused != "" {
				t.Errorf("column %s claims role %s, which is refused: %s", c.Name, role, e.Refused)
			}
		}
	}
}

// A size says what it cannot count.
func TestSizeOfWhatIsNoList(t *testing.T) {
	st, err := store.Open(filepath.Join(fixtures, "pyarrow"))
	if err != nil {
		t.Fatal(err)
	}
	x := &fixture{st: st, file: "nested_v1.parquet", loc: time.UTC}
	for name, reason := range map[string]string{
		"size(arr)":     "arr is no list",
		"size(account)": "maps column c0 to size(account), and there is none of that name",
		"size(product)": "map it: columns: {c0: size(products)}",
		"size()":        "none of that name",
		"products":      "map it as size(products) to count its elements",
	} {
		_, _, _, err := x.open([]string{name}, source.Number)
		refused(t, err, x.file, reason)
	}
	for _, name := range []string{"SIZE(Products)", "size( products )", "size(products.list)"} {
		if _, _, _, err := x.open([]string{name}, source.Number); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Levels that do not fit together are an error, never another count.
func TestListsWithDamagedLevels(t *testing.T) {
	good, err := os.ReadFile(filepath.Join(fixtures, "pyarrow", "nested_v2.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Path: "a.parquet", Contract: contractOf(col("n", source.Number)), Columns: map[string]string{"n": "size(terms)"}}
	read := func(b []byte) (int, error) {
		s, err := Open(context.Background(), memoryStore(b), spec, Options{})
		rows := 0
		if err == nil {
			err = s.Scan(context.Background(), []string{"n"}, func(b *Batch) error { rows += int(b.Record.NumRows()); return nil })
		}
		return rows, err
	}
	if rows, err := read(good); err != nil || rows != 4 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	errs := 0
	for i := 4; i < len(good)-8; i++ {
		bad := slices.Clone(good)
		bad[i] ^= 1
		rows, err := read(bad)
		if err == nil && rows != 4 {
			t.Errorf("byte %d: %d rows without an error", i, rows)
		}
		if err != nil {
			errs++
			if d := (*diag.Error)(nil); !errors.As(err, &d) || strings.Contains(err.Error(), "panic") {
				t.Errorf("byte %d: %v", i, err)
			}
		}
	}
	if errs == 0 {
		t.Error("no damage is noticed")
	}
}

// A list that is counted is a column that the contract reads, and no other is.
func TestFileColumnsOfACountedList(t *testing.T) {
	st, err := store.Open(filepath.Join(fixtures, "pyarrow"))
	if err != nil {
		t.Fatal(err)
	}
	x := &fixture{st: st, file: "nested_v1.parquet", loc: time.UTC}
	s, _, _, err := x.open([]string{"size(products)", "arr"}, source.Number)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.FileColumns() {
		want := map[string][]string{"products.list.element": {"c0"}, "arr": {"c1"}}[c.Name]
		if !slices.Equal(c.Canonical, want) {
			t.Errorf("%s is read as %q, want %q", c.Name, c.Canonical, want)
		}
	}
}
