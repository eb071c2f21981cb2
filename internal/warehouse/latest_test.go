package warehouse

import (
	"path/filepath"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// TestSince: of the sample's 18 months only those that may hold a later day stay,
// and what has no dates stays whole.
func TestSince(t *testing.T) {
	st, err := store.Open(filepath.Join("..", "..", "testdata", "exports", "small", "exports"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), st, Spec{Contract: source.Find("usage"), Path: "usage", Columns: map[string]string{"date": "usage_date"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	latest, ok := s.Latest("date")
	if !ok {
		t.Fatal("the files do not say how far they reach")
	}
	for _, c := range []struct {
		from  int32
		files int
	}{{day.Of(2000, 1, 1), 18}, {latest, 1}, {latest - 31, 2}, {latest + 1, 0}} {
		if n := len(s.Since("date", c.from).Files()); n != c.files {
			t.Errorf("since %s: %d files, want %d", day.Format(c.from), n, c.files)
		}
	}
	if n := len(s.Since("active_users", latest+1).Files()); n != 18 {
		t.Errorf("by a column without dates: %d files", n)
	}
}
