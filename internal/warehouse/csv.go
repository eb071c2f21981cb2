package warehouse

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

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

// fromCSV reads a header and rows, separated by commas, semicolons or tabs as the
// header is, and writes them as a Parquet file of optional text columns.
func fromCSV(name string, text []byte) ([]byte, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		return nil, diag.Errorf(diag.Data, name, "save it as UTF-8", "the file is not UTF-8 text")
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = separator(text)
	r.ReuseRecord = true
	fault := func(err error) error {
		place := name
		if p, ok := errors.AsType[*csv.ParseError](err); ok {
			place, err = fmt.Sprintf("%s:%d:%d", name, p.Line, p.Column), p.Err
		}
		return &diag.Error{Class: diag.Data, Where: place, What: "it is not a CSV file with one header", Fix: "give every row as many cells as the header, and quote cells that hold separators or quotes", Cause: err}
	}
	head, err := r.Read()
	if err != nil {
		return nil, fault(err)
	}
	group := parquet.Group{}
	names := make([]string, len(head))
	for i, h := range head {
		names[i] = strings.Clone(strings.TrimSpace(h))
		switch {
		case names[i] == "":
			return nil, diag.Errorf(diag.Data, name+":1", "name every column", "column %d has no name", i+1)
		case group[names[i]] != nil:
			return nil, diag.Errorf(diag.Data, name+":1", "name every column once", "two columns are called %s", names[i])
		}
		group[names[i]] = parquet.Optional(parquet.String())
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
			return nil, fault(err)
		}
		for i, c := range cells {
			row[at[i]] = parquet.NullValue().Level(0, 0, at[i])
			if c = strings.TrimSpace(c); c != "" {
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

// separator is the most frequent separator of the first line.
func separator(text []byte) rune {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, s := range ";\t" {
		if n := bytes.Count(line, []byte(string(s))); n > most {
			best, most = s, n
		}
	}
	return best
}

// asWritten is the store that has the files as they were written.
func asWritten(s store.Source) store.Source {
	if c, ok := s.(withCSV); ok {
		return c.Source
	}
	return s
}
