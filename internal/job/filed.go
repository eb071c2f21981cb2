package job

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"accounthealth/internal/diag"
	"accounthealth/internal/exact"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/publish"
	"accounthealth/internal/store"
	"accounthealth/reports"
)

// The files of a run that its workbooks are made from again.
const (
	ResultsFile  = "report/results.json.gz"
	AccountsFile = "report/accounts.jsonl.gz"
)

// FiledSchema is the version of how ResultsFile and AccountsFile divide the
// material. What the fields are is told by the layout beside it.
const FiledSchema = 1

// filed is ResultsFile: everything but the accounts.
type filed struct {
	Schema int
	Layout string // exact.Layout of what is filed: other types cannot be read back exactly
	Tool   string // version of the program that filed it

	Portfolio   *portfolio.Report
	Calibration *reports.CalibrationBook
	Options     reports.Options
	Books       []filedBook // in the order of their owners
}

// filedBook is an owner's book, whose rows are lines of AccountsFile.
type filedBook struct {
	Book *portfolio.OwnerBook // without rows
	Rows int64
}

// filedAccount is a line of AccountsFile. The lines follow the books, each in its
// own order.
type filedAccount struct {
	portfolio.BookRow
	Place int64 // row on the Accounts sheet, from 0
}

func layout() (string, error) {
	return exact.Layout(struct {
		Results filed
		Account filedAccount
	}{})
}

// File lists the files that hold the material. They are written in this order:
// the accounts first.
func (m *Material) File(tool string) []publish.File {
	f := filed{Schema: FiledSchema, Tool: tool, Portfolio: m.Portfolio, Calibration: m.Calibration, Options: m.Options}
	return []publish.File{
		{Name: AccountsFile, Write: func(w io.Writer) error {
			f.Books = f.Books[:0]
			return zipped(w, func(w *bufio.Writer) error { return m.fileAccounts(w, &f) })
		}},
		{Name: ResultsFile, Write: func(w io.Writer) error {
			var err error
			if f.Layout, err = layout(); err != nil {
				return err
			}
			b, err := exact.Append(nil, &f)
			if err != nil {
				return err
			}
			return zipped(w, func(w *bufio.Writer) error { _, err := w.Write(append(b, '\n')); return err })
		}},
	}
}

// fileAccounts writes the rows of one book after the other and leaves the books
// without them in f.
func (m *Material) fileAccounts(w *bufio.Writer, f *filed) error {
	index, ok := m.Portfolio.Accounts.(portfolio.AccountIndex)
	if !ok {
		return diag.Errorf(diag.Internal, AccountsFile, "", "the account rows have no index")
	}
	var line []byte
	for _, owner := range m.Owners {
		b := m.Book(owner)
		for _, row := range b.Rows {
			place, ok := index.RowOf(row.ID)
			if !ok {
				return diag.Errorf(diag.Internal, AccountsFile, "", "account %s has a row in a book and none on Accounts", row.ID)
			}
			var err error
			if line, err = exact.Append(line[:0], filedAccount{row, int64(place)}); err != nil {
				return err
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		f.Books = append(f.Books, filedBook{Book: b, Rows: int64(len(b.Rows))})
		b.Rows = nil
	}
	return nil
}

// zipped compresses what write writes, without a time stamp.
func zipped(w io.Writer, write func(*bufio.Writer) error) error {
	z := gzip.NewWriter(w)
	b := bufio.NewWriterSize(z, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return z.Close()
}

// Reader is a store that a published run is read from.
type Reader interface {
	store.Source
	ReadSmall(ctx context.Context, path string) (content []byte, found bool, err error)
}

// Newest returns the folder of the newest published run, "" where there is none.
func (j *Job) Newest(ctx context.Context) (folder string, err error) {
	e, err := j.newest(ctx, math.MinInt32, math.MaxInt32)
	if e == nil || err != nil {
		return "", err
	}
	return e.Folder, nil
}

// Published reads back what the workbooks of a published run were made from. It
// refuses a folder without a manifest, files that are not those of the manifest,
// and results of other types than this program's.
func Published(ctx context.Context, files Reader, folder string) (*Material, error) {
	const again = "publish the date again: accounthealth run --as-of DATE"
	where := store.Join(folder, "run.json")
	src, found, err := files.ReadSmall(ctx, where)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, diag.Errorf(diag.Data, where, "name the folder of a published run, such as out/2026-06-30", "there is no published run")
	}
	var m publish.Manifest
	if err := json.Unmarshal(src, &m); err != nil {
		return nil, damaged(where, err)
	}
	read := func(name string) ([]byte, error) {
		o := m.Output(name)
		if o == nil {
			return nil, diag.Errorf(diag.Data, where, again, "the run was published without %s, from which its workbooks could be made", name)
		}
		at, err := placeOf(ctx, files, folder, o)
		if err != nil {
			return nil, err
		}
		return whole(ctx, files, at, *o)
	}
	packed, err := read(ResultsFile)
	if err != nil {
		return nil, err
	}
	where = store.Join(folder, ResultsFile)
	plain, err := unzipped(packed)
	if err != nil {
		return nil, damaged(where, err)
	}
	want, err := layout()
	if err != nil {
		return nil, err
	}
	// The layout is looked at before anything is read into the types.
	var head struct {
		Schema int
		Layout string
		Tool   string
	}
	if err := json.Unmarshal(plain, &head); err != nil {
		return nil, damaged(where, err)
	}
	if head.Schema != FiledSchema || head.Layout != want {
		return nil, diag.Errorf(diag.Data, where, again+"; or use the version that published it",
			"the run was published by accounthealth %s, whose reports have other fields than this version's", head.Tool)
	}
	var f filed
	var r exact.Reader
	if err := r.Read(plain, &f); err != nil {
		return nil, damaged(where, err)
	}
	if packed, err = read(AccountsFile); err != nil {
		return nil, err
	}
	out, err := f.material(&r, packed)
	if err != nil {
		return nil, damaged(store.Join(folder, AccountsFile), err)
	}
	return out, nil
}

// whole reads a file and compares it with the manifest.
func whole(ctx context.Context, files store.Source, path string, want publish.Output) ([]byte, error) {
	list, err := files.List(ctx, path)
	if err != nil {
		return nil, err
	}
	f, err := files.Open(ctx, list[0])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != want.SHA256 {
		return nil, diag.Errorf(diag.Data, path, "publish the date again, or restore the file from a backup", "the file is not the one that run.json speaks of: its SHA-256 differs")
	}
	return b, nil
}

func unzipped(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// material joins the accounts to what was filed beside them.
func (f *filed) material(r *exact.Reader, packed []byte) (*Material, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	if f.Portfolio == nil {
		return nil, errors.New("no portfolio")
	}
	rows := &filedRows{place: map[string]int32{}}
	owners := map[string]*portfolio.OwnerBook{}
	m := &Material{Portfolio: f.Portfolio, Calibration: f.Calibration, Options: f.Options}
	in := bufio.NewReaderSize(z, 1<<16)
	for _, b := range f.Books {
		if b.Book == nil {
			return nil, errors.New("a book without its heading")
		}
		for range b.Rows {
			line, err := in.ReadBytes('\n')
			if err != nil {
				return nil, fmt.Errorf("fewer accounts than the books have: %w", err)
			}
			var a filedAccount
			if err := r.Read(line, &a); err != nil {
				return nil, err
			}
			if a.Place < 0 || a.Place >= 1<<31 {
				return nil, fmt.Errorf("account %s stands in row %d", a.ID, a.Place)
			}
			b.Book.Rows = append(b.Book.Rows, a.BookRow)
			rows.place[a.ID] = int32(a.Place)
		}
		owners[b.Book.Owner] = b.Book
		m.Owners = append(m.Owners, b.Book.Owner)
	}
	rows.list = make([]*portfolio.AccountRow, len(rows.place))
	for _, b := range f.Books {
		for i := range b.Book.Rows {
			a := &b.Book.Rows[i].AccountRow
			if at := rows.place[a.ID]; int(at) < len(rows.list) {
				rows.list[at] = a
			}
		}
	}
	if slices.Contains(rows.list, nil) {
		return nil, errors.New("the rows of the Accounts sheet have gaps")
	}
	m.Book = func(owner string) *portfolio.OwnerBook { return owners[owner] }
	m.Portfolio.Accounts = rows
	return m, nil
}

// filedRows are account rows that were read back.
type filedRows struct {
	list  []*portfolio.AccountRow
	place map[string]int32
}

func (f *filedRows) Len() int { return len(f.list) }

// Row implements portfolio.AccountRows.
func (f *filedRows) Row(i int, out *portfolio.AccountRow) {
	pillars := append(out.Pillars[:0], f.list[i].Pillars...)
	*out = *f.list[i]
	out.Pillars = pillars
}

// RowOf implements portfolio.AccountIndex.
func (f *filedRows) RowOf(id string) (i int, ok bool) {
	at, ok := f.place[id]
	return int(at), ok
}
