package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"accounthealth/internal/store"
)

func text(name, content string) File {
	return File{Name: name, Write: func(w io.Writer) error { _, err := io.WriteString(w, content); return err }}
}

func done() error { return nil }

func TestRunPublishesEverythingWithItsDigests(t *testing.T) {
	dir := t.TempDir()
	files, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Run(context.Background(), files, "out/2026-06-30", []File{text("a.txt", "one"), text("books/b.txt", "two")}, &Manifest{Schema: ManifestSchema}, done); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(filepath.Join(dir, "out", "2026-06-30", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m Manifest
	if err := json.Unmarshal(src, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Outputs) != 2 {
		t.Fatalf("outputs %+v", m.Outputs)
	}
	for _, o := range m.Outputs {
		content, err := os.ReadFile(filepath.Join(dir, "out", "2026-06-30", filepath.FromSlash(o.Path)))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if o.Bytes != int64(len(content)) || o.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: manifest says %d bytes, %s", o.Path, o.Bytes, o.SHA256)
		}
	}
}

func TestAFailedRunLeavesThePreviousOneIntact(t *testing.T) {
	dir := t.TempDir()
	files, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Run(context.Background(), files, "out/d", []File{text("a.txt", "first")}, &Manifest{}, done); err != nil {
		t.Fatal(err)
	}
	bad := errors.New("no more memory")
	second := []File{text("a.txt", "second"), {Name: "b.txt", Write: func(w io.Writer) error {
		fmt.Fprint(w, "half")
		return bad
	}}}
	if err := Run(context.Background(), files, "out/d", second, &Manifest{}, done); !errors.Is(err, bad) {
		t.Fatalf("err = %v", err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "out", "d", "a.txt"))
	if err != nil || string(content) != "first" || len(entries) != 1 {
		t.Errorf("after a failed run: a.txt %q, %d entries in out, %v", content, len(entries), err)
	}
}
