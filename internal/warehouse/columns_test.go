package warehouse

import (
	"path/filepath"
	"slices"
	"testing"

	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// The sample's usage: 18 months, last_login_at from the second on, month a Hive
// key, usage_date mapped, and no column by the name that a file lacks.
func TestFileColumns(t *testing.T) {
	st, err := store.Open(filepath.Join("..", "..", "testdata", "exports", "small", "exports"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), st, Spec{Contract: source.Find("usage"), Path: "usage", Columns: map[string]string{"date": "USAGE_DATE"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]FileColumn{}
	for _, c := range s.FileColumns() {
		by[c.Name] = c
	}
	for _, c := range []struct {
		name, typ, canonical string
		files                int
	}{
		{"usage_date", "INT32 (DATE)", "date", 18},
		{"last_login_at", "INT64 (TIMESTAMP(isAdjustedToUTC=false,unit=MICROS))", "last_login_at", 17},
		{"month", "partition key", "", 18},
	} {
		got := by[c.name]
		var canonical []string
		if c.canonical != "" {
			canonical = []string{c.canonical}
		}
		if !slices.Equal(got.Types, []string{c.typ}) || !slices.Equal(got.Canonical, canonical) || got.Files != c.files || len(got.First) != 1 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if by["usage_date"].Rows != s.Rows() || by["last_login_at"].Rows >= s.Rows() {
		t.Errorf("rows %d and %d of %d", by["usage_date"].Rows, by["last_login_at"].Rows, s.Rows())
	}
}
