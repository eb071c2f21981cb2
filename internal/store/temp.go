package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"accounthealth/internal/diag"
)

// Temp gives room for what does not fit in memory while a run lasts.
type Temp interface {
	// Create starts an empty spill file.
	Create() (Spill, error)
}

// Spill is a temporary file: written from start to end, then read anywhere.
// Close removes it.
type Spill interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// TempDir is a Temp on the local file system. It is safe for concurrent use; its
// files are not.
type TempDir struct {
	name string // as messages show it
	path string

	mu sync.Mutex
	n  int // files created so far
}

// Temp returns the spill files of a run that works below dir, in a hidden folder
// of their own that is made when the first one is. What a killed run left there
// is removed. One run at a time may use a folder: hold a Lock. Close removes
// everything.
func (l *Local) Temp(dir string) (*TempDir, error) {
	path := filepath.Join(l.abs(dir), ".spill")
	t := &TempDir{name: l.name(path), path: path}
	return t, t.Close()
}

// Create implements Temp.
func (t *TempDir) Create() (Spill, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := os.MkdirAll(t.path, 0o700); err != nil {
		return nil, writeError(t.name, err)
	}
	t.n++
	name := fmt.Sprintf("%06d", t.n)
	f, err := os.OpenFile(filepath.Join(t.path, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, writeError(t.name, err)
	}
	return &spillFile{f, t.name + "/" + name}, nil
}

// Close removes the folder and whatever is still in it. It may be called again.
func (t *TempDir) Close() error {
	if err := os.RemoveAll(t.path); err != nil {
		return writeError(t.name, err)
	}
	return nil
}

type spillFile struct {
	*os.File
	name string
}

func (f *spillFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err != nil {
		err = writeError(f.name, err)
	}
	return n, err
}

// ReadAt returns io.EOF, as it is, at the file's end.
func (f *spillFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	if err != nil && err != io.EOF {
		err = &diag.Error{Class: diag.Internal, Where: f.name, What: "cannot read back a temporary file", Fix: "check the disk", Cause: err}
	}
	return n, err
}

func (f *spillFile) Close() error {
	// Windows cannot remove an open file, so it is closed first.
	if err := errors.Join(f.File.Close(), os.Remove(f.Name())); err != nil {
		return writeError(f.name, err)
	}
	return nil
}
