package warehouse

import (
	"bytes"
	"context"
	"io"
	"path"
	"strings"

	"github.com/parquet-go/parquet-go"

	"accounthealth/internal/csvfile"
	"accounthealth/internal/diag"
	"accounthealth/internal/store"
)

// maxCSV bounds a CSV file: it is for small lists that people keep.
const maxCSV = 64 << 20

// withCSV opens CSV files as the Parquet file that holds the same cells as text,
// so that they are read by the same rules: roles give the cells their meaning, an
// empty cell is null.
type withCSV struct{ store.Source }

func (s withCSV) Open(ctx context.Context, f store.File) (store.Reader, error) {
	r, err := s.Source.Open(ctx, f)
	if err != nil || !isCSV(f.Path) {
		return r, err
	}
	defer r.Close()
	if r.Size() > maxCSV {
		return nil, diag.Errorf(diag.Data, f.Path, "export it as Parquet", "%d MiB are too much for a CSV file: at most %d are read", r.Size()>>20, maxCSV>>20)
	}
	text := make([]byte, r.Size())
	if err := readFull(r, text, 0); err != nil {
		return nil, readFault(f.Path, err)
	}
	b, err := fromCSV(f.Path, text)
	if err != nil {
		return nil, err
	}
	return &inMemory{bytes.NewReader(b)}, nil
}

func isCSV(p string) bool { return strings.EqualFold(path.Ext(p), ".csv") }

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// fromCSV writes the rows of a CSV file, as csvfile reads it, as a Parquet file of
// optional text columns.
func fromCSV(name string, text []byte) ([]byte, error) {
	r, err := csvfile.NewReader(name, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	names := r.Header()
	group := parquet.Group{}
	for _, n := range names {
		group[n] = parquet.Optional(parquet.String())
	}
	schema := parquet.NewSchema("csv", group)
	at := make([]int, len(names))
	for i, n := range names {
		leaf, ok := schema.Lookup(n)
		if !ok {
			return nil, diag.Errorf(diag.Data, name+":1", "rename the column", "column %s cannot be read", n)
		}
		at[i] = leaf.ColumnIndex
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[any](&out, schema)
	row := make(parquet.Row, len(names))
	for {
		cells, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for i, c := range cells {
			row[at[i]] = parquet.NullValue().Level(0, 0, at[i])
			if c != "" {
				row[at[i]] = parquet.ByteArrayValue([]byte(c)).Level(0, 1, at[i])
			}
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			return nil, &diag.Error{Class: diag.Internal, Where: name, What: "cannot keep the rows", Cause: err}
		}
	}
	if err := w.Close(); err != nil {
		return nil, &diag.Error{Class: diag.Internal, Where: name, What: "cannot keep the rows", Cause: err}
	}
	return out.Bytes(), nil
}

// asWritten is the store that has the files as they were written.
func asWritten(s store.Source) store.Source {
	if c, ok := s.(withCSV); ok {
		return c.Source
	}
	return s
}
