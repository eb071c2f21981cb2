package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"accounthealth/internal/diag"
)

// maxDepth bounds the folders of a tree: linked folders are followed and may
// form a loop.
const maxDepth = 32

// tree is what listing needs of a back end. Paths have forward slashes.
type tree interface {
	// stat and readDir follow links. A missing path is fs.ErrNotExist.
	stat(path string) (fs.FileInfo, error)
	readDir(path string) ([]fs.DirEntry, error)
	// expect says that everything below a folder will be asked for.
	expect(dir string) error
	name(path string) string         // File.Path
	version(info fs.FileInfo) string // File.Version
}

// List implements Source.
func (l *Local) List(ctx context.Context, name string) ([]File, error) {
	if IsAddress(name) {
		return nil, diag.Errorf(diag.Config, name, "name a folder", "this is not a local folder")
	}
	return list(ctx, localTree{l}, name, filepath.ToSlash(l.abs(name)))
}

type localTree struct{ *Local }

func (t localTree) stat(path string) (fs.FileInfo, error)      { return os.Stat(path) }
func (t localTree) readDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }
func (t localTree) expect(string) error                        { return nil }
func (t localTree) version(info fs.FileInfo) string            { return version(info) }

// list lists a path of a tree; name is the path as the user wrote it.
func list(ctx context.Context, t tree, name, full string) ([]File, error) {
	w := &lister{ctx: ctx, tree: t}
	info, err := t.stat(full)
	switch {
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(name, "*?["):
		err = w.glob(full)
	case err != nil:
		err = openError(name, err)
	case info.IsDir():
		w.base = full
		err = w.folder(full, 0)
	case info.Size() == 0:
		err = diag.Errorf(diag.Data, name, "export it again", "the file is empty")
	default:
		w.base = path.Dir(full)
		w.add(full, info)
	}
	if err != nil {
		return nil, err
	}
	if len(w.files) == 0 {
		return nil, diag.Errorf(diag.Data, name, "check the path and that the export has run", noFiles)
	}
	slices.SortFunc(w.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(w.files, func(a, b File) bool { return a.Path == b.Path }), nil
}

type lister struct {
	ctx   context.Context
	tree  tree
	base  string // File.Rel starts here
	files []File
}

func (w *lister) add(p string, info fs.FileInfo) {
	rel := strings.TrimPrefix(strings.TrimPrefix(p, w.base), "/")
	if w.base == "." { // a file at the top of a bucket
		rel = p
	}
	w.files = append(w.files, File{Path: w.tree.name(p), Rel: rel, Size: info.Size(), Version: w.tree.version(info)})
}

// hidden follows the convention of Hive and Spark: a leading dot or underscore,
// except for a partition folder whose key starts with one.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".crc") ||
		strings.HasPrefix(name, "_") && !strings.Contains(name, "=")
}

// folder adds every data file below dir.
func (w *lister) folder(dir string, depth int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if depth > maxDepth {
		return diag.Errorf(diag.Data, w.tree.name(dir), "remove the link that leads back to its own folder", "folders are nested more than %d deep", maxDepth)
	}
	if err := w.tree.expect(dir); err != nil {
		return openError(w.tree.name(dir), err)
	}
	entries, err := w.tree.readDir(dir)
	if err != nil {
		return openError(w.tree.name(dir), err)
	}
	if err := w.refuseTables(dir, entries); err != nil {
		return err
	}
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		if err := w.entry(path.Join(dir, e.Name()), depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *lister) entry(p string, depth int) error {
	info, err := w.tree.stat(p)
	switch {
	case err != nil:
		return openError(w.tree.name(p), err)
	case info.IsDir():
		return w.folder(p, depth+1)
	case info.Mode().IsRegular() && info.Size() > 0:
		w.add(p, info)
	}
	return nil
}

// refuseTables stops at folders that belong to a table format.
func (w *lister) refuseTables(dir string, entries []fs.DirEntry) error {
	for _, e := range entries {
		format := ""
		switch e.Name() {
		case "_delta_log":
			format = "a Delta"
		case ".hoodie":
			format = "a Hudi"
		case "metadata":
			if w.icebergMetadata(path.Join(dir, e.Name())) {
				format = "an Iceberg"
			}
		}
		if format != "" {
			return diag.Errorf(diag.Data, w.tree.name(dir), "export it with SELECT * into a new folder of Parquet files and name that folder",
				"this is %s table, whose files also hold deleted and replaced rows", format)
		}
	}
	return nil
}

func (w *lister) icebergMetadata(dir string) bool {
	entries, err := w.tree.readDir(dir)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return e.Name() == "version-hint.text" || strings.HasSuffix(e.Name(), ".metadata.json")
	})
}

// glob lists what a pattern matches; a matched folder stands for its contents.
func (w *lister) glob(pattern string) error {
	segments := strings.Split(pattern, "/")
	fixed := slices.IndexFunc(segments, func(s string) bool { return strings.ContainsAny(s, "*?[") })
	for _, s := range segments {
		if _, err := path.Match(s, ""); err != nil {
			return diag.Errorf(diag.Config, w.tree.name(pattern), "close every [ with a ]", "the pattern %q is not valid", s)
		}
	}
	w.base = strings.Join(segments[:fixed], "/")
	if w.base == "" && strings.HasPrefix(pattern, "/") || strings.HasSuffix(w.base, ":") {
		w.base += "/"
	}
	return w.match(w.base, segments[fixed:], 0)
}

func (w *lister) match(dir string, pattern []string, depth int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if len(pattern) == 0 {
		return w.entry(dir, depth)
	}
	if pattern[0] == "**" {
		if err := w.tree.expect(dir); err != nil {
			return openError(w.tree.name(dir), err)
		}
	}
	entries, err := w.tree.readDir(dir)
	if told, ok := errors.AsType[*diag.Error](err); ok {
		return told
	}
	if err != nil || depth > maxDepth {
		return nil // not a folder, or none: it matches nothing
	}
	if err := w.refuseTables(dir, entries); err != nil {
		return err
	}
	if pattern[0] == "**" { // no folder at all, or one more
		if err := w.match(dir, pattern[1:], depth); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		rest := pattern[1:]
		if pattern[0] == "**" {
			rest = pattern
			if info, err := w.tree.stat(path.Join(dir, e.Name())); err != nil || !info.IsDir() {
				continue
			}
		} else if ok, err := path.Match(pattern[0], e.Name()); err != nil || !ok {
			continue
		}
		if err := w.match(path.Join(dir, e.Name()), rest, depth+1); err != nil {
			return err
		}
	}
	return nil
}
