package store

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// localArea is a hidden folder beside the one it will replace.
type localArea struct {
	target string // the final folder
	work   string // where files are created
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
func (l *Local) Stage(ctx context.Context, dir string) (*Staging, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := l.Recover(dir); err != nil {
		return nil, err
	}
	target := l.abs(dir)
	a := &localArea{target: target, work: workDir(target)}
	if err := os.MkdirAll(a.work, 0o777); err != nil {
		return nil, writeError(l.name(target), err)
	}
	return &Staging{name: l.name(target), area: a}, nil
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

func (a *localArea) create(name string) (io.WriteCloser, error) {
	path := filepath.Join(a.work, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	return &syncedFile{f: f, Writer: bufio.NewWriterSize(f, 256<<10)}, nil
}

// syncedFile is on disk when it is closed.
type syncedFile struct {
	*bufio.Writer
	f *os.File
}

func (s *syncedFile) Close() error {
	err := s.Flush()
	if err == nil {
		err = s.f.Sync()
	}
	return errors.Join(err, s.f.Close())
}

func (a *localArea) commit(context.Context) error {
	if err := syncTree(a.work); err != nil {
		return err
	}
	old, replaces := oldDir(a.target), exists(a.target)
	if replaces {
		if err := os.Rename(a.target, old); err != nil {
			return err
		}
	}
	if err := os.Rename(a.work, a.target); err != nil {
		if replaces {
			err = errors.Join(err, os.Rename(old, a.target))
		}
		return err
	}
	if err := syncDir(filepath.Dir(a.target)); err != nil {
		return err
	}
	if replaces {
		return os.RemoveAll(old)
	}
	return nil
}

func (a *localArea) discard() error { return os.RemoveAll(a.work) }

func (a *localArea) byContent() {} // the whole folder is replaced at once

func (a *localArea) address(name string) string { return name }

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
