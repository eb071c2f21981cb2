package store

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"

	"accounthealth/internal/diag"
)

// bucketTree shows a bucket's keys as folders, for one List. A folder whose
// whole contents are expected is listed with one request a thousand objects;
// the levels of a glob are listed one by one, so that a pattern high up does not
// list the bucket.
type bucketTree struct {
	ctx    context.Context
	bucket *bucket
	levels map[string]*level // the folders that are listed, by path
}

// level is one listed folder.
type level struct {
	entries []fs.DirEntry
	byName  map[string]*entry
	exists  bool // there is at least its mark
}

// entry is a folder or an object.
type entry struct {
	name    string
	dir     bool
	size    int64
	version string
}

var (
	_ fs.FileInfo = (*entry)(nil)
	_ fs.DirEntry = (*entry)(nil)
)

func (e *entry) Name() string               { return e.name }
func (e *entry) Size() int64                { return e.size }
func (e *entry) ModTime() time.Time         { return time.Time{} }
func (e *entry) IsDir() bool                { return e.dir }
func (e *entry) Sys() any                   { return nil }
func (e *entry) Type() fs.FileMode          { return e.Mode() }
func (e *entry) Info() (fs.FileInfo, error) { return e, nil }
func (e *entry) Mode() fs.FileMode {
	if e.dir {
		return fs.ModeDir
	}
	return 0
}

// List implements Source.
func (b *bucket) List(ctx context.Context, key string) ([]File, error) {
	return list(ctx, &bucketTree{ctx: ctx, bucket: b, levels: map[string]*level{}}, b.name(key), key)
}

func (t *bucketTree) name(p string) string { return t.bucket.name(p) }

func (t *bucketTree) version(info fs.FileInfo) string { return info.(*entry).version }

func (t *bucketTree) stat(p string) (fs.FileInfo, error) {
	dir, name := path.Split(p)
	if l := t.levels[strings.TrimSuffix(dir, "/")]; l != nil && p != "" {
		if e := l.byName[name]; e != nil {
			return e, nil
		}
		return nil, fs.ErrNotExist
	}
	var file *entry
	if p != "" {
		o, err := t.bucket.stat(t.ctx, p)
		switch {
		case err == nil:
			file = &entry{name: name, size: o.size, version: o.version}
		case faultOf(err) != faultNoObject:
			return nil, err
		}
	}
	if file == nil || file.size == 0 { // some writers mark a folder by an empty object
		if err := t.expect(p); err != nil {
			return nil, err
		}
		if t.levels[p].exists {
			return &entry{name: name, dir: true}, nil
		}
	}
	if file == nil {
		return nil, fs.ErrNotExist
	}
	return file, nil
}

func (t *bucketTree) expect(dir string) error { return t.load(dir, true) }

func (t *bucketTree) readDir(dir string) ([]fs.DirEntry, error) {
	if err := t.load(dir, false); err != nil {
		return nil, err
	}
	return t.levels[dir].entries, nil
}

// load lists a folder, with everything below it where it is deep.
func (t *bucketTree) load(dir string, deep bool) error {
	if t.levels[dir] != nil {
		return nil
	}
	if l := t.levels[parent(dir)]; l != nil && dir != "" {
		if e := l.byName[path.Base(dir)]; e == nil || !e.dir {
			return errors.New("it is not a folder")
		}
	}
	found, err := t.bucket.contents(t.ctx, dir, deep)
	if err != nil {
		return err
	}
	t.level(dir).exists = len(found) > 0
	for _, o := range found {
		if strings.TrimSuffix(o.key, "/") == dir {
			continue // the folder's own mark
		}
		if err := t.add(dir, o, deep); err != nil {
			return err
		}
	}
	return nil
}

func parent(p string) string { return strings.TrimSuffix(p[:strings.LastIndexByte(p, '/')+1], "/") }

func (t *bucketTree) level(dir string) *level {
	l := t.levels[dir]
	if l == nil {
		l = &level{byName: map[string]*entry{}}
		t.levels[dir] = l
	}
	return l
}

// add places a listed object below the folder top. A key that ends in a slash is
// a folder.
func (t *bucketTree) add(top string, o object, deep bool) error {
	rel := strings.TrimPrefix(strings.TrimPrefix(o.key, top), "/")
	at, l := top, t.level(top)
	for {
		name, rest, dir := strings.Cut(rel, "/")
		if name == "" || name == "." || name == ".." {
			return diag.Errorf(diag.Data, t.bucket.at.root(), "rename or remove the object", "the key %q is not a path", o.key)
		}
		e := l.byName[name]
		switch {
		case e == nil:
			e = &entry{name: name, dir: dir}
			if !dir {
				e.size, e.version = o.size, o.version
			}
			l.byName[name] = e
			l.entries = append(l.entries, e)
		case dir && !e.dir && e.size == 0: // the mark of a folder, as some writers leave it
			e.dir = true
		case dir != e.dir && (dir || o.size > 0):
			return diag.Errorf(diag.Data, t.bucket.name(path.Join(at, name)), "rename one of them", "a file and a folder have the same name")
		}
		if !dir {
			return nil
		}
		at = path.Join(at, name)
		if deep {
			l = t.level(at)
		}
		if rest == "" {
			return nil
		}
		rel = rest
	}
}
