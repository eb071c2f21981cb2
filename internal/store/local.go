package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"accounthealth/internal/diag"
)

// Local is a Source and a Sink on the file system. Relative paths are below its
// root; absolute ones are taken as they are.
type Local struct {
	root string // absolute; "" where every path is
}

var _ backEnd = (*Local)(nil)

// openLocal returns the store of local files whose relative paths start at root.
func openLocal(root string) (*Local, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, &diag.Error{Class: diag.Config, Where: root, What: "cannot resolve the folder", Fix: "name an existing folder", Cause: err}
	}
	return &Local{root: abs}, nil
}

// abs returns the path on disk.
func (l *Local) abs(path string) string {
	path = filepath.FromSlash(path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.root, path)
	}
	return filepath.Clean(path)
}

// name returns a path as messages and File.Path show it.
func (l *Local) name(abs string) string {
	abs = filepath.FromSlash(abs)
	if l.root == "" {
		return filepath.ToSlash(abs)
	}
	if rel, err := filepath.Rel(l.root, abs); err == nil && filepath.IsLocal(rel) {
		abs = rel
	}
	return filepath.ToSlash(abs)
}

// Open implements Source.
func (l *Local) Open(ctx context.Context, f File) (Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := os.Open(l.abs(f.Path))
	if err != nil {
		return nil, openError(f.Path, err)
	}
	info, err := file.Stat()
	if err == nil && f.Version != "" && version(info) != f.Version {
		err = diag.Errorf(diag.Data, f.Path, "start the run after the export has ended", "the file changed while it was being read")
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &localReader{file, info.Size()}, nil
}

type localReader struct {
	*os.File
	size int64
}

func (r *localReader) Size() int64 { return r.size }

func version(info fs.FileInfo) string {
	return fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
}

func openError(path string, err error) error {
	if told, ok := errors.AsType[*diag.Error](err); ok {
		return told
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := &diag.Error{Class: diag.Data, Where: path, What: "cannot open the file", Cause: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Class, e.What, e.Cause = diag.Config, noSuch, nil
		e.Fix = "check the path of the source"
	case errors.Is(err, fs.ErrPermission):
		e.What, e.Cause = "permission to read is denied", nil
		e.Fix = "give the user that runs the job read access"
	default:
		e.Fix = "check the disk"
	}
	return e
}

// WriteFile implements Sink: the content goes to a file beside the target, is
// synced, and replaces the target in one step.
func (l *Local) WriteFile(ctx context.Context, path string, write func(io.Writer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	target := l.abs(path)
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return writeError(path, err)
	}
	f, err := renameio.NewPendingFile(target, renameio.WithTempDir(filepath.Dir(target)), renameio.WithPermissions(0o666), renameio.WithExistingPermissions())
	if err != nil {
		return writeError(path, err)
	}
	defer f.Cleanup() // does nothing after the replacement
	if err := write(f); err != nil {
		return err
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return writeError(path, err)
	}
	return syncDir(filepath.Dir(target))
}

func writeError(path string, err error) error {
	return &diag.Error{Class: diag.Internal, Where: path, What: "cannot write", Fix: "check permissions and free space", Cause: err}
}

// Lock takes the lock file at path without waiting. It fails where another run
// holds it; a killed run's lock is free.
func (l *Local) Lock(ctx context.Context, path string) (Lock, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	abs := l.abs(path)
	if err := os.MkdirAll(filepath.Dir(abs), 0o777); err != nil {
		return nil, writeError(path, err)
	}
	f := flock.New(abs, flock.SetPermissions(0o644))
	ok, err := f.TryLock()
	if err != nil {
		return nil, writeError(path, err)
	}
	if !ok {
		return nil, diag.Errorf(diag.Internal, path, "wait until it has ended", "another run is writing here")
	}
	// The lock file stays when it is freed, because removing it would let two runs
	// hold locks on two files of the same name.
	return f, nil
}
