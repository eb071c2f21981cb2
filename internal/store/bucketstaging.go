package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// spool keeps files on the local disk until they are uploaded, because a request
// states its size and digest before its content and may have to be repeated.
type spool struct {
	dir   string
	files []*spooled // in the order of creation
}

type spooled struct {
	name   string
	path   string
	size   int64
	digest string
}

func newSpool() (*spool, error) {
	dir, err := os.MkdirTemp("", "accounthealth-")
	return &spool{dir: dir}, err
}

func (s *spool) create(name string) (io.WriteCloser, error) {
	if slices.ContainsFunc(s.files, func(f *spooled) bool { return f.name == name }) {
		return nil, os.ErrExist
	}
	file := &spooled{name: name, path: filepath.Join(s.dir, strconv.Itoa(len(s.files)))}
	f, err := os.OpenFile(file.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	s.files = append(s.files, file)
	return &spoolWriter{file: file, f: f, w: bufio.NewWriterSize(f, 256<<10), h: sha256.New()}, nil
}

func (s *spool) discard() error { return os.RemoveAll(s.dir) }

type spoolWriter struct {
	file *spooled
	f    *os.File
	w    *bufio.Writer
	h    hash.Hash
}

func (w *spoolWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.h.Write(p[:n])
	w.file.size += int64(n)
	return n, err
}

func (w *spoolWriter) Close() error {
	w.file.digest = hex.EncodeToString(w.h.Sum(nil))
	return errors.Join(w.w.Flush(), w.f.Close())
}

// upload replaces one object.
func (b *bucket) upload(ctx context.Context, key string, file *spooled) error {
	f, err := os.Open(file.path)
	if err != nil {
		return writeError(b.name(key), err)
	}
	defer f.Close()
	return b.try(ctx, b.name(key), func(ctx context.Context) error {
		return b.objects.put(ctx, key, f, file.size, putOptions{digest: file.digest})
	})
}

// bucketArea is a folder that is uploaded when it is committed: see
// Staging.Commit for the order.
type bucketArea struct {
	*spool
	bucket *bucket
	dir    string
}

// Stage implements Sink.
func (b *bucket) Stage(ctx context.Context, dir string) (*Staging, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := newSpool()
	if err != nil {
		return nil, writeError(b.name(dir), err)
	}
	return &Staging{name: b.name(dir), area: &bucketArea{s, b, dir}}, nil
}

const (
	// uploads is how many files are uploaded at once.
	uploads = 4
	// cleaning bounds what a failed or cancelled run spends on tidying up.
	cleaning = 30 * time.Second
)

func (a *bucketArea) commit(ctx context.Context) error {
	defer a.discard()
	if len(a.files) == 0 {
		return errors.New("the folder is empty")
	}
	present, err := a.bucket.contents(ctx, a.dir, true)
	if err != nil {
		return err
	}
	last := len(a.files) - 1
	files, manifest := a.files[:last], a.files[last]
	missing, err := a.missing(ctx, files, present)
	if err != nil {
		return err
	}
	leftover := slices.DeleteFunc(slices.Clone(present), func(o object) bool {
		return slices.ContainsFunc(a.files, func(f *spooled) bool { return a.key(f) == o.key })
	})
	if len(missing)+len(leftover) == 0 && len(present) > 0 {
		return a.bucket.upload(ctx, a.key(manifest), manifest)
	}
	if err := a.replace(ctx, missing, leftover, manifest); err != nil {
		a.undo(ctx, missing)
		return err
	}
	return nil
}

func (a *bucketArea) key(f *spooled) string { return a.dir + "/" + f.name }

// missing returns the files whose content is not there yet.
func (a *bucketArea) missing(ctx context.Context, files []*spooled, present []object) ([]*spooled, error) {
	var out []*spooled
	for _, f := range files {
		there := slices.ContainsFunc(present, func(o object) bool { return o.key == a.key(f) && o.size == f.size })
		if there {
			o, err := a.bucket.stat(ctx, a.key(f))
			if err != nil && faultOf(err) != faultNoObject {
				return nil, err
			}
			there = err == nil && o.size == f.size && o.digest == f.digest
		}
		if !there {
			out = append(out, f)
		}
	}
	return out, nil
}

func (a *bucketArea) replace(ctx context.Context, missing []*spooled, leftover []object, manifest *spooled) error {
	if err := a.bucket.remove(ctx, a.key(manifest)); err != nil {
		return err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(uploads)
	for _, f := range missing {
		group.Go(func() error { return a.bucket.upload(gctx, a.key(f), f) })
	}
	for _, o := range leftover {
		group.Go(func() error { return a.bucket.remove(gctx, o.key) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return a.bucket.upload(ctx, a.key(manifest), manifest)
}

// undo removes what a failed run uploaded, and first of all a manifest whose
// upload may have succeeded unseen. It does what it can: without a manifest
// nobody reads the rest.
func (a *bucketArea) undo(ctx context.Context, uploaded []*spooled) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
	defer cancel()
	for _, f := range append([]*spooled{a.files[len(a.files)-1]}, uploaded...) {
		if a.bucket.remove(ctx, a.key(f)) != nil {
			return
		}
	}
}
