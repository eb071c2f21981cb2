package job

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/mapping"
	"accounthealth/internal/settings"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// Survey looks at Parquet and CSV files that nobody has described and returns one table
// for each folder of part files and for each file that stands alone. skipped
// says which paths could not be read and why.
func Survey(ctx context.Context, files store.Source, step func(string)) (tables []mapping.Table, skipped []error, err error) {
	all, err := files.List(ctx, ".")
	if err != nil {
		return nil, nil, err
	}
	for _, p := range tablePaths(all) {
		step("look at " + p)
		t, err := describe(ctx, files, p)
		if err != nil {
			if ctx.Err() != nil {
				return nil, nil, err
			}
			skipped = append(skipped, err)
			continue
		}
		tables = append(tables, t)
	}
	return tables, skipped, nil
}

// tablePaths groups files into tables. The part files of a folder are one table, and
// so is everything below partition folders; files of one folder whose names differ
// before the first digit are tables of their own.
func tablePaths(files []store.File) []string {
	type folder struct {
		path  string
		parts bool // in partition folders
		stems []string
		files map[string][]string // by stem
	}
	defaults := settings.Default()
	var folders []*folder
	for _, f := range files {
		name := path.Base(f.Path)
		if ext := strings.ToLower(path.Ext(name)); !strings.Contains(strings.ToLower(name), "parq") && ext != "" && ext != ".csv" {
			continue // a note beside the exports
		}
		if top, _, below := strings.Cut(f.Path, "/"); below && (top == defaults.Out || top == defaults.History) {
			continue // what an earlier run wrote
		}
		dir := path.Dir(f.Path)
		for strings.Contains(path.Base(dir), "=") { // a Hive partition
			dir = path.Dir(dir)
		}
		i := slices.IndexFunc(folders, func(o *folder) bool { return o.path == dir })
		if i < 0 {
			i = len(folders)
			folders = append(folders, &folder{path: dir, files: map[string][]string{}})
		}
		o, s := folders[i], stem(name)
		if dir != path.Dir(f.Path) {
			o.parts, s = true, ""
		}
		if !slices.Contains(o.stems, s) {
			o.stems = append(o.stems, s)
		}
		o.files[s] = append(o.files[s], f.Path)
	}
	nested := func(dir string) bool {
		return slices.ContainsFunc(folders, func(o *folder) bool { return strings.HasPrefix(o.path, dir+"/") })
	}
	var out []string
	for _, o := range folders {
		for _, s := range o.stems {
			switch in := o.files[s]; {
			case len(o.stems) == 1 && o.parts && !nested(o.path), len(o.stems) == 1 && o.path != "." && !nested(o.path) && (len(in) > 1 || partNames[s]):
				out = append(out, o.path)
			case len(in) == 1:
				out = append(out, in[0])
			default:
				out = append(out, path.Join(o.path, s+"*"))
			}
		}
	}
	return out
}

// partNames are the beginnings of the names that engines give to part files.
var partNames = map[string]bool{"": true, "part": true, "data": true, "export": true, "unload": true, "run": true}

// stem is what a file's name has in common with the other parts of its table.
func stem(name string) string {
	name, _, _ = strings.Cut(name, ".")
	if i := strings.IndexAny(name, "0123456789"); i >= 0 {
		name = name[:i]
	}
	return strings.TrimRight(name, "-_ ")
}

func describe(ctx context.Context, files store.Source, p string) (mapping.Table, error) {
	d, err := warehouse.Describe(ctx, files, p)
	if err != nil {
		return mapping.Table{}, err
	}
	t := mapping.Table{Path: p, Files: len(d.Files), Rows: d.Rows, Partitions: d.Partitions}
	keys, err := sketches(ctx, files, p, d)
	if err != nil {
		return t, err
	}
	for _, c := range d.Columns {
		t.Columns = append(t.Columns, mapping.Column{
			Name: c.Name, Physical: strings.Join(c.Types, ", "), Roles: c.Roles, Problem: c.Problem,
			Nulls: c.Nulls, Distinct: int64(c.Distinct), Capped: c.Capped,
			Min: c.Min, Max: c.Max, Samples: c.Samples, Keys: keys[c.Name],
		})
	}
	return t, nil
}

// sketches hashes the values of every column that can be read as a key, so that
// the mapping can tell which column of one table lies in which of another.
func sketches(ctx context.Context, files store.Source, p string, d *warehouse.Description) (map[string][]uint64, error) {
	contract := source.Contract{Name: p}
	var names []string
	columns := map[string]string{}
	for i, c := range d.Columns {
		if c.Problem == "" && slices.Contains(c.Roles, source.ID) && !slices.Contains(d.Partitions, c.Name) {
			name := fmt.Sprintf("key%d", i)
			contract.Columns = append(contract.Columns, source.Column{Name: name, Role: source.ID})
			columns[name] = c.Name
			names = append(names, name)
		}
	}
	out := map[string][]uint64{}
	if len(names) == 0 {
		return out, nil
	}
	src, err := warehouse.Open(ctx, files, warehouse.Spec{Contract: &contract, Path: p, Columns: columns}, warehouse.Options{})
	if err != nil {
		return nil, err
	}
	sketch := make([]mapping.Sketch, len(names))
	err = src.Scan(ctx, names, func(b *warehouse.Batch) error {
		for k := range names {
			col := b.Record.Column(k).(*array.Dictionary)
			words := col.Dictionary().(*array.String)
			for i := range words.Len() {
				sketch[k].Add(words.Value(i))
			}
		}
		return nil
	})
	for k, name := range names {
		out[columns[name]] = sketch[k].Keys()
	}
	return out, err
}
