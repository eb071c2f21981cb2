package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"accounthealth/internal/diag"
)

// Staging is an output folder under construction, out of its readers' sight
// until Commit. It is not safe for concurrent use. One run at a time may stage a
// folder: hold a Lock.
type Staging struct {
	name   string // as messages show it
	area   area
	open   int   // files not closed yet
	failed error // the first failed write
	done   bool
}

// area is where a back end keeps a folder until it is published.
type area interface {
	// create starts a file; name is a path below the folder, with forward slashes.
	create(name string) (io.WriteCloser, error)
	// commit publishes the files, which are all closed.
	commit(ctx context.Context) error
	// discard removes what lies in the area.
	discard() error
	// byContent and address: see Staging.
	byContent()
	address(name string) string
}

// ByContent says that the folder's readers go by its manifest, which states the
// Address of every other file. It is called before Create.
func (s *Staging) ByContent() { s.area.byContent() }

// Address returns where a file that is closed will be found, below the folder, for
// as long as this folder or its successor is the published one: its name, or in a
// bucket after ByContent an object named by its content, which is never replaced.
// The file is there under its name as well, for people and for tools that know no
// manifest.
func (s *Staging) Address(name string) string {
	return s.area.address(filepath.ToSlash(filepath.Clean(filepath.FromSlash(name))))
}

// Create starts a file below the folder; name may contain folders, which are
// made. The last file created is the folder's manifest: where a folder cannot be
// moved into place at once, it is published after all others.
func (s *Staging) Create(name string) (io.WriteCloser, error) {
	local := filepath.FromSlash(name)
	if s.done {
		return nil, fmt.Errorf("store: create %s after the folder was committed or aborted", name)
	}
	if !filepath.IsLocal(local) || local == "." {
		return nil, fmt.Errorf("store: %q is not a path below the folder", name)
	}
	w, err := s.area.create(filepath.ToSlash(filepath.Clean(local)))
	if err != nil {
		return nil, s.fail(writeError(name, err))
	}
	s.open++
	return &stagedFile{staging: s, name: name, w: w}, nil
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
	w       io.WriteCloser
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
	if err := f.w.Close(); err != nil {
		return f.staging.fail(writeError(f.name, err))
	}
	return nil
}

// Commit publishes the folder in place of an older one of the same name. It
// refuses where a file is still open or a write failed; nothing is published
// then.
//
// On the file system the existing folder is moved aside, the new one moved in,
// and the old one removed: a reader sees the old folder, for an instant none,
// then the new one, never a mixture. If the run is killed in that instant the
// next Stage or Recover puts the old folder back.
//
// A bucket cannot move a folder. After ByContent, the files are uploaded under
// their addresses, beside those of the old folder; then the manifest is replaced, in
// one step: whoever goes by it sees the whole old folder or the whole new one, at any
// moment and after any failure. Only then are the files under their names replaced,
// one by one, and what neither this manifest nor the one before names is removed: a
// reader of the old manifest may finish. Where there is no manifest yet, all files
// come before it. Without ByContent the files have their names alone, the last one
// comes last, and leftovers of an older folder are removed after it. Files whose
// content is already there are left alone, so that the same again replaces the
// manifest only. After a failure the next Commit of the folder clears up.
func (s *Staging) Commit(ctx context.Context) error {
	if s.done {
		return errors.New("store: the folder was already committed or aborted")
	}
	if s.failed != nil {
		return s.failed
	}
	if s.open > 0 {
		return fmt.Errorf("store: %d files are still open in %s", s.open, s.name)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.area.commit(ctx); err != nil {
		if _, ok := errors.AsType[*diag.Error](err); ok || ctx.Err() != nil {
			return err
		}
		return &diag.Error{Class: diag.Internal, Where: s.name, What: "cannot publish the folder", Fix: "check permissions and free space", Cause: err}
	}
	s.done = true
	return nil
}

// Abort removes what was staged. After Commit it does nothing, so that it may be
// deferred.
func (s *Staging) Abort() error {
	if s.done {
		return nil
	}
	s.done = true
	if err := s.area.discard(); err != nil {
		return writeError(s.name, err)
	}
	return nil
}
