package overrides

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
)

// Book is a workbook of an owner's accounts that came back.
type Book struct {
	Name    string // the file, for messages
	Content []byte
}

// What a book is read by. Its sheet may be sorted, filtered and moved; the
// header row is found by its texts.
const (
	// BookOwner and BookAsOf are the defined names of the cells that say whose book
	// it is and which scores it shows.
	BookOwner = "Book_owner"
	BookAsOf  = "Book_as_of"

	BookAccount = "Account id"
	BookTarget  = "Override"
	BookValue   = "New value"
	BookUntil   = "Until"
	BookNote    = "Reason or note"
	BookCode    = "Row code"
)

var bookHeaders = []string{BookAccount, BookTarget, BookValue, BookUntil, BookNote, BookCode}

// The findings that only books have.
const (
	Foreign diag.Code = "foreign" // the row was not in the book as it was written
)

const (
	// maxBook bounds what a workbook may unpack to.
	maxBook = 256 << 20
	// headerRows is how far down the header row is looked for.
	headerRows = 50
)

// RowCode marks a row of a book as written: an account that was typed in, or
// whose id a spreadsheet has changed, has another one.
func RowCode(owner string, asOf int32, id string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q", owner, asOf, id))
	return hex.EncodeToString(sum[:4])
}

// cell places a value in a workbook.
type cell struct {
	sheet string
	row   int            // as a spreadsheet counts
	at    map[string]int // zero-based column by heading
}

// bookColumns gives the heading of a book for a column of the source.
var bookColumns = map[string]string{
	"account_id": BookAccount, "target": BookTarget, "value": BookValue, "expires_at": BookUntil, "reason": BookNote, "": BookTarget,
}

// name names the cell of a column of the source: "Accounts!N12".
func (c *cell) name(column string) string {
	heading, known := bookColumns[column]
	if !known {
		heading = column
	}
	name, err := excelize.CoordinatesToCellName(c.at[heading]+1, c.row)
	if err != nil {
		return c.sheet
	}
	return c.sheet + "!" + name
}

// book reads one returned workbook. What is wrong with it is a finding: it never
// stops a run.
func (r *reader) book(b Book) {
	whole := func(text string) {
		n := note{stamp: day.None, why: &refusal{diag.Unparsable, "", text}}
		n.file = b.Name
		r.notes = append(r.notes, n)
	}
	f, sheet, err := openBook(b.Content)
	if err != nil {
		whole(err.Error())
		return
	}
	defer f.Close()
	owner, err1 := named(f, BookOwner)
	written, err2 := named(f, BookAsOf)
	asOf, known := bookDay(written)
	if err := cmp.Or(err1, err2); err != nil || !known || asOf == day.None {
		whole("its owner or its date is gone: enter the values in a fresh copy of the book")
		return
	}
	for i := sheet.header + 1; i < len(sheet.shown); i++ {
		get := func(rows [][]string, heading string) string {
			if k := sheet.at[heading]; i < len(rows) && k < len(rows[i]) {
				return strings.TrimSpace(rows[i][k])
			}
			return ""
		}
		row := bookRow{
			id: get(sheet.shown, BookAccount), target: get(sheet.shown, BookTarget), note: get(sheet.shown, BookNote), code: get(sheet.shown, BookCode),
			value: asMeant(get(sheet.raw, BookValue), get(sheet.shown, BookValue)), until: get(sheet.raw, BookUntil),
		}
		if row.target == "" && row.value == "" && row.until == "" {
			if row.note != "" {
				r.remarks++
			}
			continue
		}
		n := note{stamp: day.None}
		n.file, n.line, n.id = b.Name, int64(i), row.id
		n.cell = &cell{sheet.name, i + 1, sheet.at}
		n.why = r.checkBook(&n.Value, row, owner, asOf)
		r.notes = append(r.notes, n)
	}
}

// bookRow is what somebody entered beside an account.
type bookRow struct{ id, target, value, until, note, code string }

func (r *reader) checkBook(v *Value, row bookRow, owner string, asOf int32) *refusal {
	if row.id == "" {
		return &refusal{diag.MissingKey, "account_id", "no account"}
	}
	if v.Row = r.lookup(row.id); v.Row < 0 {
		return &refusal{diag.Orphan, "account_id", row.id + ": not in accounts"}
	}
	if row.code != RowCode(owner, asOf, row.id) {
		return &refusal{Foreign, "account_id", fmt.Sprintf("%s was not in this book of %s when it was written", row.id, owner)}
	}
	if row.target == "" {
		return &refusal{Incomplete, "target", "nothing is chosen under “" + BookTarget + "”"}
	}
	var why *refusal
	if v.Pillar, v.Signal, why = target(r.plan, row.target); why != nil {
		return why
	}
	if row.value == "" {
		return &refusal{Incomplete, "value", "no value is given"}
	}
	if v.Value, why = value(r.plan, v.Pillar, v.Signal, row.value); why != nil {
		return why
	}
	if v.Reason, v.Author = row.note, owner; v.Reason == "" {
		return &refusal{Incomplete, "reason", "no reason is given"}
	}
	// A book disagrees with the scores of its date, which are published: it counts
	// from the next day on.
	v.From, v.set = asOf+1, int64(asOf)*86_400_000_000
	var ok bool
	if v.Until, ok = bookDay(row.until); !ok {
		return &refusal{diag.Unparsable, "expires_at", fmt.Sprintf("%q: not a date; write one such as %s", row.until, day.Format(asOf+90))}
	}
	switch {
	case v.Until == day.None:
		return &refusal{Incomplete, "expires_at", "no day is given until which it holds"}
	case v.Until < v.From:
		return &refusal{diag.Reversed, "expires_at", day.Format(v.Until) + ": not after the date of the book, " + day.Format(asOf)}
	}
	return nil
}

// asMeant is a value as somebody meant it: a number in full, but a percentage
// with its sign.
func asMeant(raw, shown string) string {
	x, err := strconv.ParseFloat(raw, 64)
	switch {
	case err != nil || strings.EqualFold(shown, "true") || strings.EqualFold(shown, "false"):
		return shown
	case strings.HasSuffix(shown, "%"):
		return strconv.FormatFloat(x*100, 'f', -1, 64) + "%"
	}
	return raw
}

// bookDay reads a date cell, day.None where it is empty; ok is false where it is
// no date.
func bookDay(raw string) (d int32, ok bool) {
	if raw == "" {
		return day.None, true
	}
	if x, err := strconv.ParseFloat(raw, 64); err == nil {
		if x < 20000 || x > 200000 { // 1954 to 2447: a number, not a date
			return day.None, false
		}
		t, err := excelize.ExcelDateToTime(x, false)
		if err != nil {
			return day.None, false
		}
		return day.OfTime(t), true
	}
	d, err := day.Parse(raw)
	return d, err == nil
}

// bookSheet is the sheet of a book that holds its accounts.
type bookSheet struct {
	name       string
	header     int // zero-based row
	at         map[string]int
	shown, raw [][]string
}

// openBook finds the accounts of a workbook. A file made to harm must not end the
// run: what the reader of the format makes of it is an error.
func openBook(content []byte) (f *excelize.File, s bookSheet, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be read as a workbook: the file is damaged")
		}
	}()
	f, err = excelize.OpenReader(bytes.NewReader(content), excelize.Options{UnzipSizeLimit: maxBook, UnzipXMLSizeLimit: maxBook})
	if err != nil {
		return nil, s, fmt.Errorf("it cannot be read as a workbook: %w", err)
	}
	for _, s.name = range f.GetSheetList() {
		if s.shown, err = f.GetRows(s.name); err != nil {
			continue
		}
		for s.header = range s.shown[:min(len(s.shown), headerRows)] {
			if s.at = headings(s.shown[s.header]); s.at == nil {
				continue
			}
			if s.raw, err = f.GetRows(s.name, excelize.Options{RawCellValue: true}); err != nil {
				break
			}
			return f, s, nil
		}
	}
	f.Close()
	return nil, s, fmt.Errorf("it has no sheet with the columns %s: use a book that a run has written", strings.Join(bookHeaders, ", "))
}

// headings returns the columns of a header row; nil where it is none.
func headings(row []string) map[string]int {
	at := map[string]int{}
	for _, h := range bookHeaders {
		k := slices.IndexFunc(row, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), h) })
		if k < 0 {
			return nil
		}
		at[h] = k
	}
	return at
}

// named returns the raw content of a cell by its defined name.
func named(f *excelize.File, name string) (string, error) {
	for _, n := range f.GetDefinedName() {
		if !strings.EqualFold(n.Name, name) {
			continue
		}
		sheet, ref, ok := strings.Cut(n.RefersTo, "!")
		if !ok {
			break
		}
		sheet = strings.ReplaceAll(strings.Trim(strings.TrimPrefix(sheet, "$"), "'"), "''", "'")
		return f.GetCellValue(sheet, strings.ReplaceAll(ref, "$", ""), excelize.Options{RawCellValue: true})
	}
	return "", fmt.Errorf("no cell is named %s", name)
}
