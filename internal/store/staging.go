package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"accounthealth/internal/diag"
)

// Staging is an output folder under construction, beside its final place and
// hidden until Commit. It is not safe for concurrent use. One run at a time may
// stage a folder: hold a Lock.
type Staging struct {
	name   string // as messages show it
	target string // the final folder
	work   string // where files are created
	open   int    // files not closed yet
	failed error  // the first failed write
	done   bool
}

// Staged folders and replaced ones lie beside the target under fixed hidden
// names, so that the next run finds what a killed one left.
func workDir(target string) string {
	return filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+".staging")
}

func oldDir(target string) string {
	return filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+".replaced")
}

// Stage implements Sink. It first clears up what a killed run left of the same
// folder: see Recover.
func (l *Local) Stage(dir string) (*Staging, error) {
	if err := l.Recover(dir); err != nil {
		return nil, err
	}
	target := l.abs(dir)
	s := &Staging{name: l.name(target), target: target, work: workDir(target)}
	if err := os.MkdirAll(s.work, 0o777); err != nil {
		return nil, writeError(s.name, err)
	}
	return s, nil
}

// Recover undoes what a killed run left of the folder dir: a staged folder that
// was never published is removed, and a published one that had been moved aside
// is put back unless its successor is in place. Without such traces it does
// nothing.
func (l *Local) Recover(dir string) error {
	target := l.abs(dir)
	err := os.RemoveAll(workDir(target))
	if err == nil && exists(oldDir(target)) {
		if exists(target) {
			err = os.RemoveAll(oldDir(target))
		} else {
			err = os.Rename(oldDir(target), target)
		}
	}
	if err != nil {
		return writeError(l.name(target), err)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// Create starts a file below the folder; name may contain folders, which are
// made. The file is synced to disk when it is closed.
func (s *Staging) Create(name string) (io.WriteCloser, error) {
	local := filepath.FromSlash(name)
	if s.done {
		return nil, fmt.Errorf("store: create %s after the folder was committed or aborted", name)
	}
	if !filepath.IsLocal(local) || local == "." {
		return nil, fmt.Errorf("store: %q is not a path below the folder", name)
	}
	path := filepath.Join(s.work, local)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, s.fail(writeError(name, err))
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, s.fail(writeError(name, err))
	}
	s.open++
	return &stagedFile{staging: s, name: name, f: f, w: bufio.NewWriterSize(f, 256<<10)}, nil
}

func (s *Staging) fail(err error) error {
	if s.failed == nil {
		s.failed = err
	}
	return err
}

type stagedFile struct {
	staging *Staging
	name    string
	f       *os.File
	w       *bufio.Writer
	closed  bool
}

func (f *stagedFile) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err != nil {
		err = f.staging.fail(writeError(f.name, err))
	}
	return n, err
}

func (f *stagedFile) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	f.staging.open--
	err := f.w.Flush()
	if err == nil {
		err = f.f.Sync()
	}
	if err = errors.Join(err, f.f.Close()); err != nil {
		return f.staging.fail(writeError(f.name, err))
	}
	return nil
}

// Commit publishes the folder. An existing target is moved aside, the new
// folder moved in, and the old one removed: a reader sees the old folder, for an
// instant none, then the new one, never a mixture. If the run is killed in that
// instant the next Stage or Recover puts the old folder back. Commit refuses
// where a file is still open or a write failed; nothing is published then.
func (s *Staging) Commit() error {
	if s.done {
		return errors.New("store: the folder was already committed or aborted")
	}
	if s.failed != nil {
		return s.failed
	}
	if s.open > 0 {
		return fmt.Errorf("store: %d files are still open in %s", s.open, s.name)
	}
	if err := s.commit(); err != nil {
		return &diag.Error{Class: diag.Internal, Where: s.name, What: "cannot publish the folder", Fix: "check permissions and free space", Cause: err}
	}
	s.done = true
	return nil
}

func (s *Staging) commit() error {
	if err := syncTree(s.work); err != nil {
		return err
	}
	old, replaces := oldDir(s.target), exists(s.target)
	if replaces {
		if err := os.Rename(s.target, old); err != nil {
			return err
		}
	}
	if err := os.Rename(s.work, s.target); err != nil {
		if replaces {
			err = errors.Join(err, os.Rename(old, s.target))
		}
		return err
	}
	if err := syncDir(filepath.Dir(s.target)); err != nil {
		return err
	}
	if replaces {
		return os.RemoveAll(old)
	}
	return nil
}

// Abort removes the staged folder. After Commit it does nothing, so that it may
// be deferred.
func (s *Staging) Abort() error {
	if s.done {
		return nil
	}
	s.done = true
	if err := os.RemoveAll(s.work); err != nil {
		return writeError(s.name, err)
	}
	return nil
}

// syncTree makes the names below dir durable; the files were synced on Close.
func syncTree(dir string) error {
	var dirs []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	for _, d := range slices.Backward(dirs) {
		if err == nil {
			err = syncDir(d)
		}
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	// Some file systems cannot sync a folder; their renames are durable anyway.
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return errors.Join(err, d.Close())
	}
	return d.Close()
}
