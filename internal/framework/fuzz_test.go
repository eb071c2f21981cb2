package framework

import (
	"os"
	"path/filepath"
	"testing"

	"accounthealth/internal/diag"
)

// Load never panics, an error is a configuration error, and what it accepts can
// be suggested anew.
func FuzzLoad(f *testing.F) {
	src, err := ShippedSource(Default)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(files, "testdata/small.yaml") {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		fw, err := Load("x.yaml", src)
		if err != nil {
			if diag.ClassOf(err) != diag.Config {
				t.Fatalf("class %v: %v", diag.ClassOf(err), err)
			}
			return
		}
		for i, s := range fw.Plan.Signals {
			for _, r := range fw.Plan.Rules {
				if len(r.Ladders[i]) == 0 || len(r.Weights) != len(fw.Plan.Pillars) {
					t.Fatalf("signal %s has no ladder, or weights are missing", s.Name)
				}
			}
		}
		out, err := fw.Suggest(fw.Plan.Rules[0].Weights, []string{"why"})
		if err != nil {
			if diag.ClassOf(err) != diag.Config {
				t.Fatal(err)
			}
			return
		}
		if _, err := Load("y.yaml", out); err != nil {
			t.Fatal(err)
		}
	})
}
