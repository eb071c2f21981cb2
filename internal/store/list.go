package store

import (
	"context"
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

// List implements Source.
func (l *Local) List(ctx context.Context, name string) ([]File, error) {
	if scheme, _, ok := strings.Cut(name, "://"); ok {
		return nil, diag.Errorf(diag.Config, name, "copy the files to a folder and name that folder", "%s addresses cannot be read", scheme)
	}
	abs := l.abs(name)
	w := &lister{ctx: ctx, store: l}
	info, err := os.Stat(abs)
	switch {
	case err != nil && strings.ContainsAny(name, "*?["):
		err = w.glob(abs)
	case err != nil:
		err = openError(name, err)
	case info.IsDir():
		w.base = abs
		err = w.folder(abs, 0)
	case info.Size() == 0:
		err = diag.Errorf(diag.Data, name, "export it again", "the file is empty")
	default:
		w.base = filepath.Dir(abs)
		w.add(abs, info)
	}
	if err != nil {
		return nil, err
	}
	if len(w.files) == 0 {
		return nil, diag.Errorf(diag.Data, name, "check the path and that the export has run", "there are no data files")
	}
	slices.SortFunc(w.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(w.files, func(a, b File) bool { return a.Path == b.Path }), nil
}

type lister struct {
	ctx   context.Context
	store *Local
	base  string // File.Rel starts here
	files []File
}

func (w *lister) add(abs string, info fs.FileInfo) {
	rel, err := filepath.Rel(w.base, abs)
	if err != nil {
		rel = filepath.Base(abs)
	}
	w.files = append(w.files, File{Path: w.store.name(abs), Rel: filepath.ToSlash(rel), Size: info.Size(), Version: version(info)})
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
		return diag.Errorf(diag.Data, w.store.name(dir), "remove the link that leads back to its own folder", "folders are nested more than %d deep", maxDepth)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return openError(w.store.name(dir), err)
	}
	if err := w.refuseTables(dir, entries); err != nil {
		return err
	}
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		if err := w.entry(filepath.Join(dir, e.Name()), depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *lister) entry(abs string, depth int) error {
	info, err := os.Stat(abs) // follows links
	switch {
	case err != nil:
		return openError(w.store.name(abs), err)
	case info.IsDir():
		return w.folder(abs, depth+1)
	case info.Mode().IsRegular() && info.Size() > 0:
		w.add(abs, info)
	}
	return nil
}

// refuseTables stops at folders that belong to a table format.
func (w *lister) refuseTables(dir string, entries []os.DirEntry) error {
	for _, e := range entries {
		format := ""
		switch e.Name() {
		case "_delta_log":
			format = "a Delta"
		case ".hoodie":
			format = "a Hudi"
		case "metadata":
			if icebergMetadata(filepath.Join(dir, e.Name())) {
				format = "an Iceberg"
			}
		}
		if format != "" {
			return diag.Errorf(diag.Data, w.store.name(dir), "export it with SELECT * into a new folder of Parquet files and name that folder",
				"this is %s table, whose files also hold deleted and replaced rows", format)
		}
	}
	return nil
}

func icebergMetadata(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return e.Name() == "version-hint.text" || strings.HasSuffix(e.Name(), ".metadata.json")
	})
}

// glob lists what a pattern matches; a matched folder stands for its contents.
func (w *lister) glob(abs string) error {
	segments := strings.Split(filepath.ToSlash(abs), "/")
	fixed := slices.IndexFunc(segments, func(s string) bool { return strings.ContainsAny(s, "*?[") })
	for _, s := range segments {
		if _, err := path.Match(s, ""); err != nil {
			return diag.Errorf(diag.Config, w.store.name(abs), "close every [ with a ]", "the pattern %q is not valid", s)
		}
	}
	w.base = filepath.FromSlash(strings.Join(segments[:fixed], "/"))
	if w.base == "" || strings.HasSuffix(w.base, ":") {
		w.base += string(filepath.Separator)
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
	entries, err := os.ReadDir(dir)
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
			if info, err := os.Stat(filepath.Join(dir, e.Name())); err != nil || !info.IsDir() {
				continue
			}
		} else if ok, err := path.Match(pattern[0], e.Name()); err != nil || !ok {
			continue
		}
		if err := w.match(filepath.Join(dir, e.Name()), rest, depth+1); err != nil {
			return err
		}
	}
	return nil
}
