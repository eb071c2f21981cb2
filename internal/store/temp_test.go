package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"accounthealth/internal/diag"
)

func tempIn(dir string) (*TempDir, error) {
	s, err := Open(dir)
	if err != nil {
		return nil, err
	}
	return s.Temp("")
}

func TestSpillFiles(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, ".spill", "000001") // by a killed run
	if err := os.MkdirAll(filepath.Dir(left), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(left, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	temp, err := tempIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Dir(left)) {
		t.Error("what a killed run left is still there")
	}
	var files []Spill
	for _, text := range []string{"first", "second"} {
		f, err := temp.Create()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range text { // written piece by piece
			if _, err := f.Write([]byte(string(c))); err != nil {
				t.Fatal(err)
			}
		}
		files = append(files, f)
	}
	b := make([]byte, 3)
	if _, err := files[0].ReadAt(b, 2); err != nil || string(b) != "rst" {
		t.Errorf("read %q, %v", b, err)
	}
	if n, err := files[1].ReadAt(b, 5); n != 1 || err != io.EOF {
		t.Errorf("at the end: %d bytes, %v", n, err)
	}
	if err := files[0].Close(); err != nil || exists(left) || !exists(filepath.Join(dir, ".spill", "000002")) {
		t.Errorf("closing a file removes it and no other: %v", err)
	}
	if err := temp.Close(); err != nil || exists(filepath.Join(dir, ".spill")) {
		t.Errorf("after closing all: %v", err)
	}
	if err := temp.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestNoRoomToSpill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	temp, err := tempIn(dir)
	if err == nil {
		_, err = temp.Create()
	}
	if e, ok := errors.AsType[*diag.Error](err); !ok || e.Class != diag.Internal || e.Fix == "" {
		t.Errorf("below a file: %v", err)
	}
}
