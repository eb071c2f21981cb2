package warehouse

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

func TestDescribe(t *testing.T) {
	dir := t.TempDir()
	var id, flags, when, notes Vector
	for i := range 12_000 {
		id.Strings = append(id.Strings, fmt.Sprintf("%05d", i))
		flags.Strings = append(flags.Strings, []string{"Y", "N"}[i%2])
		when.Strings = append(when.Strings, fmt.Sprintf("2026-06-%02d", i%30+1))
		notes.Strings = append(notes.Strings, []string{"", "b", "a"}[i%3])
	}
	fields := []Field{{Name: "id"}, {Name: "flag", Dict: true}, {Name: "when", Dict: true}, {Name: "note"}}
	put(t, dir, "s/dt=1/a.parquet", fields, WriterOptions{RowGroup: 5000}, id, flags, when, notes)
	put(t, dir, "s/dt=2/b.parquet", []Field{{Name: "id", Type: Int64}, {Name: "arr", Type: Money, Optional: true}}, WriterOptions{},
		Vector{Ints: []int64{-7, 100000}}, Vector{Ints: []int64{1250, 0}, Valid: []bool{true, false}})
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Describe(context.Background(), st, "s")
	if err != nil {
		t.Fatal(err)
	}
	if d.Rows != 12_002 || len(d.Files) != 2 {
		t.Errorf("%d rows in %d files", d.Rows, len(d.Files))
	}
	all := []source.Role{source.ID, source.Text}
	want := []ColumnDescription{
		{
			Name: "id", Types: []string{"BYTE_ARRAY (STRING)", "INT64 (INT(64,true))"}, Roles: []source.Role{source.ID, source.Text, source.Number, source.Money},
			Rows: 12_002, Distinct: 10_000, Capped: true, Min: "-7", Max: "100000", Samples: []string{"00000", "00001", "00002", "00003", "00004"},
		},
		{Name: "flag", Types: []string{"BYTE_ARRAY (STRING)"}, Roles: append(all[:2:2], source.Flag), Rows: 12_000, Distinct: 2, Min: "N", Max: "Y", Samples: []string{"Y", "N"}},
		{
			Name: "when", Types: []string{"BYTE_ARRAY (STRING)"}, Roles: append(all[:2:2], source.Time), Rows: 12_000, Distinct: 30, Min: "2026-06-01", Max: "2026-06-30",
			Samples: []string{"2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05"},
		},
		{Name: "note", Types: []string{"BYTE_ARRAY (STRING)"}, Roles: all, Rows: 12_000, Nulls: 4000, Distinct: 2, Min: "a", Max: "b", Samples: []string{"b", "a"}},
		{Name: "dt", Types: []string{"partition key"}, Roles: []source.Role{source.ID, source.Text, source.Number, source.Money}, Rows: 12_002, Distinct: 2, Min: "1", Max: "2", Samples: []string{"1", "2"}},
		{Name: "arr", Types: []string{"INT64 (DECIMAL(18,2))"}, Roles: []source.Role{source.ID, source.Text, source.Number, source.Money}, Rows: 2, Nulls: 1, Distinct: 1, Min: "12.5", Max: "12.5", Samples: []string{"12.5"}},
	}
	for i := range want { // how the package's own writer stores them
		if want[i].Name == "dt" {
			continue
		}
		want[i].Codecs, want[i].Encodings = []string{"ZSTD"}, []string{"PLAIN"}
		switch want[i].Name {
		case "id":
			want[i].Encodings = []string{"PLAIN"}
		case "note":
			want[i].Encodings = []string{"PLAIN"}
		case "flag", "when":
			want[i].Encodings = []string{"RLE_DICTIONARY"}
		}
	}
	if diff := cmp.Diff(want, d.Columns); diff != "" {
		t.Error(diff)
	}
}

// Of two columns of one name nobody can say which is meant.
func TestColumnTwice(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.parquet", []Field{{Name: "account_id"}, {Name: "arr", Type: Money}, {Name: "arx", Type: Money}}, WriterOptions{},
		Vector{Strings: []string{"1"}}, Vector{Ints: []int64{100}}, Vector{Ints: []int64{200}})
	name := filepath.Join(dir, "a.parquet")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.ReplaceAll(b, []byte("arx"), []byte("arr")), 0o600); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Describe(context.Background(), st, "a.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if c := d.Columns[1]; c.Problem != "is in a.parquet more than once" || c.Roles != nil {
		t.Errorf("%+v", c)
	}
	_, err = scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(col("account_id", source.ID), col("arr", source.Money))}, Options{})
	if diag.ClassOf(err) != diag.Data || !strings.Contains(fmt.Sprint(err), "a.parquet: two columns are called arr; rename or drop one in the export") {
		t.Error(err)
	}
	if _, err = scan(t, dir, Spec{Path: "a.parquet", Contract: contractOf(col("account_id", source.ID))}, Options{}); err != nil {
		t.Errorf("nobody asks for the column: %v", err)
	}
}
