package store

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
)

func put(t *testing.T, root, name, content string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, root string) *Local {
	t.Helper()
	l, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestList(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{
		"usage/dt=2026-06-30/b.parquet", "usage/dt=2026-06-30/a.parquet", "usage/dt=2026-05-31/c.parquet", "usage/_k=1/d.parquet",
		"usage/_SUCCESS", "usage/_metadata", "usage/_started_1", "usage/_committed_1", "usage/.hidden", "usage/.tmp/x.parquet", "usage/_temporary/y.parquet", "usage/a.parquet.crc",
		"flat-1.parquet", "flat-2.parquet", "odd[1].parquet",
	} {
		put(t, root, name, "x")
	}
	put(t, root, "usage/dt=2026-05-31/empty.parquet", "")
	put(t, root, "empty.parquet", "")
	if err := os.MkdirAll(filepath.Join(root, "none"), 0o777); err != nil {
		t.Fatal(err)
	}
	june := []string{"usage/dt=2026-06-30/a.parquet", "usage/dt=2026-06-30/b.parquet"}
	for path, want := range map[string][]string{
		"usage":               append([]string{"usage/_k=1/d.parquet", "usage/dt=2026-05-31/c.parquet"}, june...),
		"usage/dt=2026-06-30": june,
		"usage/dt=2026-06-*":  june,
		"usage/**/*.parquet":  append([]string{"usage/_k=1/d.parquet", "usage/dt=2026-05-31/c.parquet"}, june...),
		"**/a.parquet":        {"usage/dt=2026-06-30/a.parquet"},
		"flat-?.parquet":      {"flat-1.parquet", "flat-2.parquet"},
		"flat-1.parquet":      {"flat-1.parquet"},
		"odd[1].parquet":      {"odd[1].parquet"}, // a file of that very name
		filepath.Join(root, "usage", "dt=2026-05-31"): {"usage/dt=2026-05-31/c.parquet"},
	} {
		files, err := open(t, root).List(context.Background(), path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		var got []string
		for _, f := range files {
			got = append(got, f.Path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	files, err := open(t, root).List(context.Background(), "usage/dt=2026-06-*")
	if err != nil || files[0].Rel != "dt=2026-06-30/a.parquet" {
		t.Errorf("rel %q, %v", files[0].Rel, err)
	}
	for path, class := range map[string]diag.Class{
		"none": diag.Data, "empty.parquet": diag.Data, "absent": diag.Config, "absent*": diag.Data, "a[": diag.Config, "s3://bucket/usage": diag.Config,
	} {
		if files, err := open(t, root).List(context.Background(), path); err == nil || diag.ClassOf(err) != class {
			t.Errorf("%s: %v, %v", path, files, err)
		}
	}
}

func TestTableFormatsAreRefused(t *testing.T) {
	for _, marker := range []string{"_delta_log/0.json", "metadata/v1.metadata.json", "metadata/version-hint.text", ".hoodie/hoodie.properties"} {
		root := t.TempDir()
		put(t, root, "accounts/part.parquet", "x")
		put(t, root, "accounts/"+marker, "x")
		for _, path := range []string{"accounts", "accounts/*.parquet"} {
			_, err := open(t, root).List(context.Background(), path)
			if diag.ClassOf(err) != diag.Data || err == nil || !strings.Contains(err.Error(), "table") || !strings.Contains(err.Error(), "export") {
				t.Errorf("%s %s: %v", marker, path, err)
			}
		}
	}
	root := t.TempDir()
	put(t, root, "accounts/metadata/part.parquet", "x") // a folder of that name is no table
	if _, err := open(t, root).List(context.Background(), "accounts"); err != nil {
		t.Error(err)
	}
}

func TestOpenNoticesAChangedFile(t *testing.T) {
	root := t.TempDir()
	put(t, root, "a", "content")
	l := open(t, root)
	files, err := l.List(context.Background(), "a")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := Digest(context.Background(), l, files[0])
	if want := "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"; err != nil || sum != want { // printf content | sha256sum
		t.Errorf("digest %s, %v", sum, err)
	}
	put(t, root, "a", "other content")
	if _, err := l.Open(context.Background(), files[0]); diag.ClassOf(err) != diag.Data {
		t.Errorf("changed file: %v", err)
	}
}

// stage writes a folder of files and commits it.
func stage(l *Local, dir string, files map[string]string) error {
	s, err := l.Stage(dir)
	if err != nil {
		return err
	}
	defer s.Abort()
	for name, content := range files {
		w, err := s.Create(name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, content); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	return s.Commit()
}

// tree reads every file below a folder, hidden ones included.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		b, err := os.ReadFile(path)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStagingReplacesAFolderWhole(t *testing.T) {
	root := t.TempDir()
	l := open(t, root)
	if err := stage(l, "out/2026-06-30", map[string]string{"a": "1", "books/x": "2"}); err != nil {
		t.Fatal(err)
	}
	if err := stage(l, "out/2026-06-30", map[string]string{"b": "3"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"out/2026-06-30/b": "3"}, tree(t, root)); diff != "" {
		t.Error(diff)
	}
}

func TestStagingIsInvisibleUntilCommitted(t *testing.T) {
	root := t.TempDir()
	l := open(t, root)
	put(t, root, "out/day/old", "1")
	s, err := l.Stage("out/day")
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Create("new")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(); err == nil {
		t.Error("committed with an open file")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../x", "/x", "", "."} {
		if _, err := s.Create(name); err == nil {
			t.Errorf("created %q", name)
		}
	}
	files, err := l.List(context.Background(), "out")
	if err != nil || len(files) != 1 {
		t.Errorf("a staged file is listed: %v, %v", files, err)
	}
	if err := s.Abort(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"out/day/old": "1"}, tree(t, root)); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Create("late"); err == nil {
		t.Error("created after Abort")
	}
}

// A run killed at any step leaves the old folder, or the new one, once the next
// run has started.
func TestRecovery(t *testing.T) {
	old, replacement := map[string]string{"day/f": "old"}, map[string]string{"day/f": "new"}
	for name, c := range map[string]struct {
		left map[string]string
		want map[string]string
	}{
		"killed while staging":          {map[string]string{"day/f": "old", ".day.staging/f": "half"}, old},
		"killed between the renames":    {map[string]string{".day.replaced/f": "old", ".day.staging/f": "new"}, old},
		"killed before the old is gone": {map[string]string{"day/f": "new", ".day.replaced/f": "old"}, replacement},
		"nothing left":                  {old, old},
	} {
		root := t.TempDir()
		for path, content := range c.left {
			put(t, root, path, content)
		}
		if err := open(t, root).Recover("day"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, tree(t, root)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWriteFile(t *testing.T) {
	root := t.TempDir()
	l := open(t, root)
	write := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	for _, s := range []string{"one", "two"} {
		if err := l.WriteFile("state/run.json", write(s)); err != nil {
			t.Fatal(err)
		}
	}
	broken := errors.New("broken")
	err := l.WriteFile("state/run.json", func(w io.Writer) error { _ = write("half")(w); return broken })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(map[string]string{"state/run.json": "two"}, tree(t, root)); diff != "" {
		t.Error(diff)
	}
}

func TestLock(t *testing.T) {
	root := t.TempDir()
	first, err := open(t, root).Lock("out/.lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, root).Lock("out/.lock"); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("second lock: %v", err)
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := open(t, root).Lock("out/.lock")
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestHashing(t *testing.T) {
	h := NewHashing(strings.NewReader("content"))
	b, err := io.ReadAll(h)
	if err != nil || string(b) != "content" || h.Sum() != "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73" {
		t.Errorf("%q %s %v", b, h.Sum(), err)
	}
}
