package job

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/mapping"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// Survey looks at Parquet files that nobody has described and returns one table
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

// tablePaths groups files into tables: everything below a top-level folder is
// one table, and files beside those folders are one each, unless their names
// differ only in a part number.
func tablePaths(files []store.File) []string {
	var out []string
	for _, f := range files {
		if !strings.Contains(strings.ToLower(path.Base(f.Path)), "parq") && path.Ext(f.Path) != "" {
			continue // a CSV or a note beside the exports
		}
		p := f.Path
		if top, _, below := strings.Cut(f.Path, "/"); below {
			p = top
		} else if stem := strings.TrimRight(strings.TrimSuffix(p, path.Ext(p)), "0123456789"); stem != "" && strings.HasSuffix(stem, "_") {
			p = stem + "*" + path.Ext(p) // Snowflake's data_0_1_0.parquet
		}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
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
		if c.Problem != "" {
			continue
		}
		t.Columns = append(t.Columns, mapping.Column{
			Name: c.Name, Physical: strings.Join(c.Types, ", "), Nulls: c.Nulls, Distinct: int64(c.Distinct),
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
