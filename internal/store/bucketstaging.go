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
	"strings"
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

// keptDir is the folder, below a published one, of the files named by content. It
// is hidden from listings.
const keptDir = ".files"

// bucketArea is a folder that is uploaded when it is committed: see
// Staging.Commit for the order.
type bucketArea struct {
	*spool
	bucket *bucket
	dir    string
	kept   bool // files are named by content as well
}

func (a *bucketArea) byContent() { a.kept = true }

func (a *bucketArea) address(name string) string {
	for _, f := range a.files {
		if a.kept && f.name == name {
			return keptDir + "/" + f.digest[:16] + "/" + name
		}
	}
	return name
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
	return &Staging{name: b.name(dir), area: &bucketArea{spool: s, bucket: b, dir: dir}}, nil
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
	old, replaces, err := a.bucket.ReadSmall(ctx, a.key(manifest.name))
	if err != nil {
		return err
	}
	before, err := a.missing(ctx, files, present, replaces)
	if err != nil {
		return err
	}
	if err, mayUndo := a.switchTo(ctx, before, manifest); err != nil {
		if mayUndo && (a.kept || !replaces) {
			a.undo(ctx, before)
		}
		return err
	}
	if !replaces {
		return a.clear(ctx, present, "") // the files have their names
	}
	return a.tidy(ctx, files, present, string(old))
}

func (a *bucketArea) key(name string) string { return a.dir + "/" + name }

// placed is a file and the key it is uploaded to.
type placed struct {
	*spooled
	key string
}

// missing returns what has to be there before the manifest is, and is not yet: the
// files under their addresses, and also under their names unless an old manifest
// still speaks of those.
func (a *bucketArea) missing(ctx context.Context, files []*spooled, present []object, replaces bool) ([]placed, error) {
	var out []placed
	for _, f := range files {
		if !a.kept {
			continue
		}
		// The name says what the content is, and an object is whole or not there.
		key := a.key(a.address(f.name))
		if !slices.ContainsFunc(present, func(o object) bool { return o.key == key && o.size == f.size }) {
			out = append(out, placed{f, key})
		}
	}
	if a.kept && replaces {
		return out, nil
	}
	stale, err := a.stale(ctx, files, present)
	return append(out, stale...), err
}

// stale returns the files that are not there under their names, or with another
// content.
func (a *bucketArea) stale(ctx context.Context, files []*spooled, present []object) ([]placed, error) {
	differs := make([]bool, len(files))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(uploads)
	for i, f := range files {
		key := a.key(f.name)
		if differs[i] = !slices.ContainsFunc(present, func(o object) bool { return o.key == key && o.size == f.size }); differs[i] {
			continue
		}
		group.Go(func() error {
			o, err := a.bucket.stat(gctx, key)
			if err != nil && faultOf(err) != faultNoObject {
				return err
			}
			differs[i] = err != nil || o.size != f.size || o.digest != f.digest
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var out []placed
	for i, f := range files {
		if differs[i] {
			out = append(out, placed{f, a.key(f.name)})
		}
	}
	return out, nil
}

// upload uploads files side by side. After a failure no other one is begun, but those
// under way are waited for: a request that is given up may still reach the server,
// and the object would turn up behind an undo.
func (a *bucketArea) upload(ctx context.Context, files []placed) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(uploads)
	for _, f := range files {
		group.Go(func() error {
			if err := gctx.Err(); err != nil {
				return err
			}
			return a.bucket.upload(ctx, f.key, f.spooled)
		})
	}
	return group.Wait()
}

// switchTo uploads what must be there first, and then the manifest. After a failure
// it says whether the manifest can neither be there nor come to be.
func (a *bucketArea) switchTo(ctx context.Context, before []placed, manifest *spooled) (failed error, without bool) {
	if err := a.upload(ctx, before); err != nil {
		return err, true
	}
	err := a.bucket.upload(ctx, a.key(manifest.name), manifest)
	return err, refused(err)
}

// refused reports whether a server has answered that it will not store an object,
// so that the object cannot turn up later.
func refused(err error) bool {
	switch faultOf(err) {
	case faultNoBucket, faultDenied, faultNoIdentity, faultCondition, faultUnsupported:
		return true
	}
	return false
}

// undo removes what a failed run uploaded, which no manifest speaks of. It does what
// it can: the next run removes the rest.
func (a *bucketArea) undo(ctx context.Context, uploaded []placed) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
	defer cancel()
	for _, f := range uploaded {
		if a.bucket.remove(ctx, f.key) != nil {
			return
		}
	}
}

// tidy brings the names up to date behind the manifest, and clears.
func (a *bucketArea) tidy(ctx context.Context, files []*spooled, present []object, old string) error {
	if a.kept {
		stale, err := a.stale(ctx, files, present)
		if err != nil {
			return err
		}
		if err := a.upload(ctx, stale); err != nil {
			return err
		}
	}
	return a.clear(ctx, present, old)
}

// clear removes what is left of older folders and what neither this manifest nor the
// old one speaks of.
func (a *bucketArea) clear(ctx context.Context, present []object, old string) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(uploads)
	for _, o := range present {
		name := strings.TrimPrefix(o.key, a.dir+"/")
		ours := slices.ContainsFunc(a.files, func(f *spooled) bool { return f.name == name || a.address(f.name) == name })
		if ours || spokenOf(old, name) {
			continue
		}
		group.Go(func() error { return a.bucket.remove(gctx, o.key) })
	}
	return group.Wait()
}

// spokenOf reports whether a manifest names the object of a content.
func spokenOf(manifest, name string) bool {
	dir, rest, _ := strings.Cut(name, "/")
	digest, _, ok := strings.Cut(rest, "/")
	return ok && dir == keptDir && strings.Contains(manifest, keptDir+"/"+digest+"/")
}
