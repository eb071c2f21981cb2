package settings

import (
	"testing"

	"accounthealth/internal/diag"
)

// Parse never panics, every error is a configuration error, and what it accepts
// names an accounts source.
func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("version: 1\nas_of: 2026-06-30\ntime_zone: Europe/Berlin\npopulation: {roll_up: parent, out_stages: [a]}\nsources:\n  accounts: {path: a, layout: scd, columns: {arr: x}}\n"))
	f.Add([]byte("version: 1\nstores:\n  s3: {endpoint: h, path_style: true}\ncontrol_totals: {accounts: 3, tolerance: 1%}\nsources:\n  accounts: {path: [1]}\n  usage: 3\n"))
	f.Add([]byte("version: {}\nlimits: [1, 2]\ngates: {freshness_days: 1e400}\nholidays: [2026-02-30]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		s, err := Parse("x.yaml", src)
		switch {
		case err != nil && diag.ClassOf(err) != diag.Config:
			t.Fatalf("class %v: %v", diag.ClassOf(err), err)
		case err == nil && s.Source("accounts") == nil:
			t.Fatal("settings without accounts are accepted")
		}
	})
}
