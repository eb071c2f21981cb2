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
	"accounthealth/internal/store/storetest"
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

func open(t *testing.T, root string) *Router {
	t.Helper()
	l, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// places runs a test on a folder and on a bucket, which must behave the same.
// put stores a file; a name that ends in a slash is an empty folder.
func places(t *testing.T, test func(t *testing.T, files *Router, put func(name, content string))) {
	t.Run("folder", func(t *testing.T) {
		root := t.TempDir()
		test(t, open(t, root), func(name, content string) {
			if strings.HasSuffix(name, "/") {
				if err := os.MkdirAll(filepath.Join(root, name), 0o777); err != nil {
					t.Fatal(err)
				}
				return
			}
			put(t, root, name, content)
		})
	})
	for where, root := range map[string]string{"bucket": "s3://bkt/exports", "top of a bucket": "s3://bkt"} {
		t.Run(where, func(t *testing.T) {
			s := storetest.NewS3(t, "bkt")
			s.Put("bkt", "exports-old/usage/x.parquet", "x")
			_, key, _ := parseAddress(root)
			test(t, connect(t, root, s), func(name, content string) {
				s.Put("bkt", strings.TrimPrefix(key+"/"+name, "/"), content)
			})
		})
	}
}

func TestList(t *testing.T) {
	places(t, func(t *testing.T, files *Router, put func(name, content string)) {
		for _, name := range []string{
			"usage/dt=2026-06-30/b.parquet", "usage/dt=2026-06-30/a.parquet", "usage/dt=2026-05-31/c.parquet", "usage/_k=1/d.parquet",
			"usage/_SUCCESS", "usage/_metadata", "usage/_started_1", "usage/_committed_1", "usage/.hidden", "usage/.tmp/x.parquet", "usage/_temporary/y.parquet", "usage/a.parquet.crc",
			"flat-1.parquet", "flat-2.parquet", "odd[1].parquet",
		} {
			put(name, "x")
		}
		put("usage/dt=2026-05-31/empty.parquet", "")
		put("empty.parquet", "")
		put("none/", "")
		june := []string{"usage/dt=2026-06-30/a.parquet", "usage/dt=2026-06-30/b.parquet"}
		for path, want := range map[string][]string{
			"usage":                append([]string{"usage/_k=1/d.parquet", "usage/dt=2026-05-31/c.parquet"}, june...),
			"usage/dt=2026-06-30":  june,
			"usage/dt=2026-06-30/": june,
			"usage/dt=2026-06-*":   june,
			"usage/**/*.parquet":   append([]string{"usage/_k=1/d.parquet", "usage/dt=2026-05-31/c.parquet"}, june...),
			"flat-?.parquet":       {"flat-1.parquet", "flat-2.parquet"},
			"flat-1.parquet":       {"flat-1.parquet"},
			"odd[1].parquet":       {"odd[1].parquet"}, // a file of that very name
			"usage/dt=*/a.parquet": {"usage/dt=2026-06-30/a.parquet"},
		} {
			found, err := files.List(context.Background(), path)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			var got []string
			for _, f := range found {
				got = append(got, f.Path)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
		for path, want := range map[string]string{
			"usage/dt=2026-06-*": "dt=2026-06-30/a.parquet", "usage/dt=2026-06-30/a.parquet": "a.parquet",
			"flat-*": "flat-1.parquet", "flat-1.parquet": "flat-1.parquet", "usage": "_k=1/d.parquet", "**/a.parquet": "usage/dt=2026-06-30/a.parquet",
		} {
			found, err := files.List(context.Background(), path)
			if err != nil || found[0].Rel != want {
				t.Errorf("%s: rel %v, %v", path, found, err)
			}
		}
		for path, class := range map[string]diag.Class{
			"none": diag.Data, "empty.parquet": diag.Data, "absent": diag.Config, "absent*": diag.Data, "a[": diag.Config, "ftp://server/usage": diag.Config,
		} {
			if found, err := files.List(context.Background(), path); err == nil || diag.ClassOf(err) != class {
				t.Errorf("%s: %v, %v", path, found, err)
			}
		}
	})
}

func TestListOutsideTheRoot(t *testing.T) {
	root := t.TempDir()
	put(t, root, "usage/a.parquet", "x")
	for _, l := range []*Router{open(t, root), open(t, filepath.Join(root, "elsewhere")), open(t, "s3://bkt/prefix")} {
		found, err := l.List(context.Background(), filepath.Join(root, "usage"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%v, %v", found, err)
		}
		if sum, err := Digest(context.Background(), l, found[0]); err != nil || len(sum) != 64 {
			t.Errorf("%s cannot be opened again: %v", found[0].Path, err)
		}
	}
}

func TestTableFormatsAreRefused(t *testing.T) {
	for _, marker := range []string{"_delta_log/0.json", "metadata/v1.metadata.json", "metadata/version-hint.text", ".hoodie/hoodie.properties"} {
		places(t, func(t *testing.T, files *Router, put func(name, content string)) {
			put("accounts/part.parquet", "x")
			put("accounts/"+marker, "x")
			for _, path := range []string{"accounts", "accounts/*.parquet", "**/part.parquet"} {
				_, err := files.List(context.Background(), path)
				if diag.ClassOf(err) != diag.Data || err == nil || !strings.Contains(err.Error(), "table") || !strings.Contains(err.Error(), "export") {
					t.Errorf("%s %s: %v", marker, path, err)
				}
			}
		})
	}
	places(t, func(t *testing.T, files *Router, put func(name, content string)) {
		put("accounts/metadata/part.parquet", "x") // a folder of that name is no table
		if _, err := files.List(context.Background(), "accounts"); err != nil {
			t.Error(err)
		}
	})
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
func stage(l Sink, dir string, files map[string]string) error {
	s, err := l.Stage(context.Background(), dir)
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
	return s.Commit(context.Background())
}

// contentsOf reads every file below a folder, hidden ones included.
func contentsOf(t *testing.T, root string) map[string]string {
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
	if diff := cmp.Diff(map[string]string{"out/2026-06-30/b": "3"}, contentsOf(t, root)); diff != "" {
		t.Error(diff)
	}
}

func TestStagingIsInvisibleUntilCommitted(t *testing.T) {
	root := t.TempDir()
	l := open(t, root)
	put(t, root, "out/day/old", "1")
	s, err := l.Stage(context.Background(), "out/day")
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Create("new")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(context.Background()); err == nil {
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
	if diff := cmp.Diff(map[string]string{"out/day/old": "1"}, contentsOf(t, root)); diff != "" {
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
		if err := open(t, root).local.Recover("day"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, contentsOf(t, root)); diff != "" {
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
		if err := l.WriteFile(context.Background(), "state/run.json", write(s)); err != nil {
			t.Fatal(err)
		}
	}
	broken := errors.New("broken")
	err := l.WriteFile(context.Background(), "state/run.json", func(w io.Writer) error { _ = write("half")(w); return broken })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(map[string]string{"state/run.json": "two"}, contentsOf(t, root)); diff != "" {
		t.Error(diff)
	}
}

func TestLock(t *testing.T) {
	root := t.TempDir()
	first, err := open(t, root).Lock(context.Background(), "out/.lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, root).Lock(context.Background(), "out/.lock"); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("second lock: %v", err)
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := open(t, root).Lock(context.Background(), "out/.lock")
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
