package framework

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accounthealth/internal/diag"
)

// Every file in testdata/bad is testdata/small.yaml with one defect. Its first
// lines, "# want: ", are what Load must say about it, and all that it says.
func TestOneDefectOneMessage(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, path := range files {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range strings.Lines(string(src)) {
			w, ok := strings.CutPrefix(strings.TrimSpace(line), "# want: ")
			if !ok {
				break
			}
			want = append(want, w)
		}
		name := filepath.Base(path)
		_, err = Load(name, src)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if got := err.Error(); got != strings.Join(want, "\n") {
			t.Errorf("%s:\n got %s\nwant %s", name, got, strings.Join(want, "\n     "))
		}
		if diag.ClassOf(err) != diag.Config {
			t.Errorf("%s: class %v", name, diag.ClassOf(err))
		}
	}
}
