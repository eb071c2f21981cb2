package publish

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFileNames(t *testing.T) {
	in := []string{"Ana Ruiz", "ana ruiz", `A/B: "C"`, "..", "", "\x00", "CON", "com1", "com1.x", "ÅSA 李", "_hidden", "~$lock", "a\u202eb", "Ana Ruiz (2)", strings.Repeat("é", 90)}
	got := FileNames(in)
	want := []string{
		"Ana Ruiz", "ana ruiz (2)", "A B C", "unnamed", "unnamed (2)", "unnamed (3)", "CON book", "com1 book", "com1.x book",
		"ÅSA 李", "hidden", "lock", "a b", "Ana Ruiz (2) (2)", strings.Repeat("é", 50),
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func FuzzFileNames(f *testing.F) {
	f.Add("Ana", "ana")
	f.Add("a/../..", "\u0130")
	f.Fuzz(func(t *testing.T, a, b string) {
		names := FileNames([]string{a, b, a})
		for i, n := range names {
			if n == "" || !utf8.ValidString(n) || strings.ContainsAny(n, "/\\:*?\"<>|\x00") || strings.HasPrefix(n, ".") || strings.HasSuffix(n, ".") || len(n) > maxName+10 {
				t.Errorf("%q becomes %q", []string{a, b, a}[i], n)
			}
			for _, o := range names[:i] {
				if strings.EqualFold(o, n) {
					t.Errorf("%q and %q collide", o, n)
				}
			}
		}
	})
}
