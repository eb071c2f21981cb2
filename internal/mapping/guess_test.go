package mapping

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"accounthealth/internal/framework"
	"accounthealth/internal/source"
)

func shipped(t testing.TB) Options {
	t.Helper()
	f, err := framework.Shipped("account-health")
	if err != nil {
		t.Fatal(err)
	}
	return Options{Signals: SignalsOf(f.Plan)}
}

func everySchema() []schema {
	return slices.Concat(schemas(), houses(), platforms(), unseen())
}

// diff lists where a mapping differs from what a person would map: "source.column:
// got, want".
func (s *schema) diff(m *Mapping) (right int, out []string) {
	got := map[string]string{}
	for _, src := range m.Sources {
		if !src.Usable {
			continue
		}
		if want := s.paths[src.Name]; want != src.Path {
			out = append(out, fmt.Sprintf("source %s: %s, want %q", src.Name, src.Path, want))
		}
		for _, c := range src.Columns {
			got[src.Name+"."+c.Canonical] = c.Column
		}
	}
	for key, column := range got {
		if want := s.truth[key]; want != column {
			out = append(out, fmt.Sprintf("%s: %s, want %q", key, column, want))
		}
	}
	for key, want := range s.truth {
		switch got[key] {
		case want:
			right++
		case "":
			out = append(out, fmt.Sprintf("%s: none, want %q", key, want))
		}
	}
	slices.Sort(out)
	return right, out
}

// The expected mappings were written by hand from each system's documented
// columns; see the fixtures.
func TestKnownSchemas(t *testing.T) {
	for _, s := range slices.Concat(schemas(), houses(), platforms()) {
		t.Run(s.name, func(t *testing.T) {
			if _, out := s.diff(Guess(s.tables, shipped(t))); out != nil {
				t.Errorf("differs:\n%s", strings.Join(out, "\n"))
			}
		})
	}
}

// Schemas that the vocabulary was never extended for: at least four of five
// columns right, and not one wrong column that bears no check, but for the end of
// the current term, which the contract's "last day of the term" does describe.
func TestUnseenSchemas(t *testing.T) {
	right, all := 0, 0
	for _, s := range unseen() {
		m := Guess(s.tables, shipped(t))
		n, out := s.diff(m)
		right, all = right+n, all+len(s.truth)
		t.Logf("%s: %d of %d\n%s", s.name, n, len(s.truth), strings.Join(out, "\n"))
		for _, src := range m.Sources {
			for _, c := range src.Columns {
				key := src.Name + "." + c.Canonical
				if c.Check == "" && s.truth[key] != c.Column && key != "subscriptions.end" {
					t.Errorf("%s: %s is %s, wrong and unchecked", s.name, key, c.Column)
				}
			}
		}
	}
	if right*5 < all*4 {
		t.Errorf("%d of %d columns right", right, all)
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	opt := shipped(t)
	for _, s := range everySchema() {
		want := Guess(s.tables, opt)
		for seed := range uint64(4) {
			r := rand.New(rand.NewPCG(seed, 1))
			tables := slices.Clone(s.tables)
			for i := range tables {
				tables[i].Columns = slices.Clone(tables[i].Columns)
				r.Shuffle(len(tables[i].Columns), func(a, b int) {
					c := tables[i].Columns
					c[a], c[b] = c[b], c[a]
				})
			}
			r.Shuffle(len(tables), func(a, b int) { tables[a], tables[b] = tables[b], tables[a] })
			if d := cmp.Diff(want, Guess(tables, opt)); d != "" {
				t.Fatalf("%s, seed %d:\n%s", s.name, seed, d)
			}
		}
	}
}

// twice names a file column that serves two canonical columns of one source.
func twice(m *Mapping) string {
	for _, s := range m.Sources {
		seen := map[string]string{}
		for _, c := range s.Columns {
			if other, ok := seen[c.Column]; ok {
				return fmt.Sprintf("%s.%s is both %s and %s", s.Name, c.Column, other, c.Canonical)
			}
			seen[c.Column] = c.Canonical
		}
	}
	return ""
}

func TestColumnsServeOnce(t *testing.T) {
	for _, s := range everySchema() {
		if what := twice(Guess(s.tables, shipped(t))); what != "" {
			t.Errorf("%s: %s", s.name, what)
		}
	}
}

// Any tables whatever: no panic, no column used twice, the same for any order,
// and a file that settings accepts if there are accounts.
func TestNonsense(t *testing.T) {
	opt := shipped(t)
	names := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"id", "account_id", "Account Id", "name", "date", "score", "csat", "_COL_0", "", " ", "ID", "created_at", "a:b", "#", "\"", "x\ny", "arr", "true", "valid_from", "valid_to", "kind", "stage", "role"}),
	)
	column := rapid.Custom(func(r *rapid.T) Column {
		return Column{
			Name:     names.Draw(r, "name"),
			Physical: rapid.SampledFrom([]string{"", "INT32", "DOUBLE", "BYTE_ARRAY (STRING)", "BOOLEAN", "INT32 (DATE)", "what"}).Draw(r, "type"),
			Kind:     Kind(rapid.IntRange(0, 5).Draw(r, "kind")),
			Nulls:    rapid.Int64Range(-1, 12).Draw(r, "nulls"),
			Distinct: rapid.Int64Range(-1, 12).Draw(r, "distinct"),
			Min:      rapid.SampledFrom([]string{"", "0", "-5", "NaN", "a"}).Draw(r, "min"),
			Max:      rapid.SampledFrom([]string{"", "1", "Inf", "z", "99999999999"}).Draw(r, "max"),
			Samples:  rapid.SliceOfN(rapid.SampledFrom([]string{"", "1", "a b", "2026-01-01", "x@y.z", "true", "champion", "\xff"}), 0, 3).Draw(r, "samples"),
			Keys:     slices.Sorted(slices.Values(rapid.SliceOfN(rapid.Uint64Range(0, 9), 0, 5).Draw(r, "keys"))),
		}
	})
	// A store never lists a blank path, and settings refuse one.
	paths := names.Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
	table := rapid.Custom(func(r *rapid.T) Table {
		return Table{
			Path: paths.Draw(r, "path"), Files: 1, Rows: rapid.Int64Range(0, 10).Draw(r, "rows"),
			Partitions: rapid.SliceOfN(names, 0, 1).Draw(r, "partitions"),
			Columns:    rapid.SliceOfN(column, 0, 8).Draw(r, "columns"),
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		tables := rapid.SliceOfN(table, 0, 5).Draw(r, "tables")
		m := Guess(tables, opt)
		if what := twice(m); what != "" {
			r.Fatal(what)
		}
		Report(m)
		checkYAML(r, m, HealthYAML(m, opt))
	})
}

func TestNothing(t *testing.T) {
	m := Guess(nil, shipped(t))
	if len(m.Sources) != 0 || m.Churn.Found || len(m.Absent) != len(source.All()) {
		t.Errorf("no tables gave %+v", m)
	}
	if text := Report(m); !strings.Contains(text, "nothing can be scored without it") || !strings.Contains(text, "0 of 16 can be computed, in 0 pillars") {
		t.Error(text)
	}
	y := string(HealthYAML(m, shipped(t)))
	if !strings.Contains(y, "# accounts:") || !strings.Contains(y, "version: 1\n") {
		t.Error(y)
	}
	if m := Guess([]Table{{Path: "x"}}, Options{}); len(m.Unused) != 1 || m.Unused[0].Why != "has no columns" {
		t.Errorf("an empty table: %+v", m.Unused)
	}
}

// Without names there is nothing but values: the accounts table is not guessed.
func TestNamelessColumns(t *testing.T) {
	ids := made(500, func(i int) string { return fmt.Sprintf("A%05d", i) })
	m := Guess([]Table{{Path: "unload_0", Rows: 500, Columns: []Column{
		keyed("_COL_0", "BYTE_ARRAY (STRING)", ids), words("_COL_1", "Acme"), numbers("_COL_2", "DOUBLE", 0, 9),
	}}}, shipped(t))
	if len(m.Sources) != 0 {
		t.Errorf("guessed %+v from nameless columns", m.Sources)
	}
}

func TestSignalsOfShippedFramework(t *testing.T) {
	signals := shipped(t).Signals
	if len(signals) != 16 {
		t.Fatalf("%d signals, scoring names 16", len(signals))
	}
	for _, s := range signals {
		if vocabulary().signals[s.Name] == nil {
			t.Errorf("no names are known for signal %s", s.Name)
		}
		if len(s.Routes) == 0 {
			t.Errorf("signal %s has no route", s.Name)
		}
		for _, route := range s.Routes {
			for _, n := range route {
				c := source.Find(n.Source)
				if c == nil {
					t.Fatalf("signal %s reads unknown source %s", s.Name, n.Source)
				}
				if _, ok := c.Column(n.Column); !ok {
					t.Errorf("signal %s reads unknown column %s.%s", s.Name, n.Source, n.Column)
				}
			}
		}
	}
}

// Every canonical column has names, and every name belongs to a column.
func TestVocabularyCoversTheContract(t *testing.T) {
	known := map[string]bool{}
	for _, c := range source.All() {
		if len(vocabulary().tables[c.Name]) == 0 {
			t.Errorf("no table names for %s", c.Name)
		}
		for _, col := range c.Columns {
			key := c.Name + "." + col.Name
			known[key] = true
			if len(vocabulary().columns[key]) == 0 {
				t.Errorf("no names for %s", key)
			}
		}
	}
	for _, e := range entries {
		if !known[e.column] {
			t.Errorf("%s is no canonical column", e.column)
		}
	}
	for _, m := range []map[string]map[string]bool{vocabularies, mustSay} {
		for key := range m {
			if !known[key] {
				t.Errorf("%s is no canonical column", key)
			}
		}
	}
}

func BenchmarkGuess(b *testing.B) {
	var tables []Table
	base := salesforce().tables
	for i := range 60 {
		t := base[i%len(base)]
		t.Path = fmt.Sprintf("%s_%d", t.Path, i)
		t.Columns = slices.Clone(t.Columns)
		for j := range 200 {
			t.Columns = append(t.Columns, words(fmt.Sprintf("Custom_Field_%c%c_%d__c", 'A'+j%26, 'a'+j%17, j), "x", "y"))
		}
		tables = append(tables, t)
	}
	opt := shipped(b)
	for b.Loop() {
		Guess(tables, opt)
	}
}
