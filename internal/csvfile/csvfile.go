// Package csvfile reads CSV as people and databases write it (RFC 4180, UTF-8, with
// or without a byte order mark): one header, and rows of as many fields. It guesses
// nothing but the separator and repairs nothing; every error of a file names the line
// and the column. What the fields mean is the caller's.
package csvfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"accounthealth/internal/diag"
)

// Reader reads one file. Blank lines are passed over.
type Reader struct {
	name   string
	csv    *csv.Reader
	header []string
}

// NewReader reads the header. name is the file's in messages. It refuses a file that
// is empty, columns without a name, and names that are there twice, in any case.
func NewReader(name string, r io.Reader) (*Reader, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	head, _ := br.Peek(512)
	if what, fix := noCSV(head); what != "" {
		return nil, diag.Errorf(diag.Data, name, fix, "%s", what)
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		br.Discard(3)
	}
	c := csv.NewReader(br)
	c.Comma = separator(br)
	c.ReuseRecord = true
	out := &Reader{name: name, csv: c}
	header, err := out.Read()
	if err == io.EOF {
		err = diag.Errorf(diag.Data, name, "export it with a header line", "the file is empty")
	}
	if err != nil {
		return nil, err
	}
	out.header = slices.Clone(header)
	return out, out.checkHeader()
}

// Header returns the names of the columns, in order and without blanks around them.
func (r *Reader) Header() []string { return r.header }

// Read returns the next row, without blanks around its fields, and io.EOF behind the
// last. The slice and its texts are valid until the next call. After an error of
// class Data the fields of the file can no longer be told apart.
func (r *Reader) Read() ([]string, error) {
	record, err := r.csv.Read()
	if err != nil {
		return nil, r.explain(err)
	}
	for i, field := range record {
		if !utf8.ValidString(field) || strings.IndexByte(field, 0) >= 0 {
			return nil, diag.Errorf(diag.Data, r.Place(i), "save it as UTF-8", "the file is not UTF-8 text")
		}
		record[i] = strings.TrimSpace(field)
	}
	return record, nil
}

// Place names a field of the row that was read last: file:line:column.
func (r *Reader) Place(field int) string {
	line, column := r.csv.FieldPos(field)
	return fmt.Sprintf("%s:%d:%d", r.name, line, column)
}

func (r *Reader) explain(err error) error {
	if err == io.EOF {
		return err
	}
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		what, fix := p.Err.Error(), "correct the line"
		if errors.Is(p.Err, csv.ErrFieldCount) {
			what, fix = "the row has another number of fields than the header", "write as many fields as the header has, and quote those that hold a separator"
		}
		return diag.Errorf(diag.Data, fmt.Sprintf("%s:%d:%d", r.name, p.Line, p.Column), fix, "%s", what)
	}
	if told, ok := errors.AsType[*diag.Error](err); ok {
		return told // the store's own words
	}
	return &diag.Error{Class: diag.Data, Where: r.name, What: "cannot read the file", Fix: "check the disk and the permissions", Cause: err}
}

func (r *Reader) checkHeader() error {
	seen := map[string]int{}
	for j, name := range r.header {
		if strings.ContainsRune(name, '\r') {
			return diag.Errorf(diag.Data, r.Place(j), "save it with the line ends of Unix or Windows", "its lines end with a carriage return alone, so that all of it is one line")
		}
		key := strings.ToLower(name)
		if key == "" {
			return diag.Errorf(diag.Data, r.Place(j), "name every column", "column %d has no name", j+1)
		}
		if k, ok := seen[key]; ok {
			return diag.Errorf(diag.Data, r.Place(j), "rename or drop one", "columns %d and %d are both called %q", k+1, j+1, name)
		}
		seen[key] = j
	}
	return nil
}

// noCSV says what a file is by its first bytes, where it is something else that is
// often given the name of a CSV file.
func noCSV(head []byte) (what, fix string) {
	start := func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }
	text := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))))
	switch {
	case start("PK\x03\x04"):
		return "this is a workbook or a zip archive, not CSV", "save the sheet as CSV (UTF-8), or unpack the archive"
	case start("\x1f\x8b"), start("\x28\xb5\x2f\xfd"):
		return "the file is compressed", "uncompress it"
	case start("PAR1"):
		return "this is a Parquet file, not CSV", "let its name end in .parquet"
	case start("\xff\xfe"), start("\xfe\xff"):
		return "the file is UTF-16 text", "save it as UTF-8"
	case bytes.HasPrefix(text, []byte("<!doctype")), bytes.HasPrefix(text, []byte("<html")), bytes.HasPrefix(text, []byte("<?xml")):
		return "this is a web page or XML, not CSV", "export it again; what was saved may be an error page"
	}
	return "", ""
}

// separator is the most frequent of comma, semicolon and tab outside the quotes of
// the header, which is not consumed; of equals the first of these.
func separator(br *bufio.Reader) rune {
	head, _ := br.Peek(br.Size())
	var count [256]int
	quoted := false
header:
	for _, c := range head {
		switch {
		case c == '"':
			quoted = !quoted // a doubled quote changes nothing
		case quoted:
		case c == '\n':
			break header
		default:
			count[c]++
		}
	}
	best := ','
	for _, s := range ";\t" {
		if count[s] > count[best] {
			best = s
		}
	}
	return best
}
