package overrides_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"accounthealth/internal/day"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/overrides"
)

const bookDay = "2026-06-15"

// filled returns a book of Ana's as somebody may have filled it in: its header
// is in row 4, the columns are not in the order they were written in. entries are
// account, target, value, until, reason, and optionally the row's code.
func filled(t testing.TB, entries ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	const sheet = "Ana's accounts"
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(f.SetSheetName("Sheet1", sheet))
	asOf, err := day.Parse(bookDay)
	check(err)
	check(f.SetSheetRow(sheet, "A1", &[]any{"Owner", "Ana", "As of", int(asOf) + 25569}))
	check(f.SetDefinedName(&excelize.DefinedName{Name: overrides.BookOwner, RefersTo: "'Ana''s accounts'!$B$1"}))
	check(f.SetDefinedName(&excelize.DefinedName{Name: overrides.BookAsOf, RefersTo: "'Ana''s accounts'!$D$1"}))
	check(f.SetSheetRow(sheet, "A4", &[]any{
		overrides.BookAccount, "Score", overrides.BookNote, overrides.BookTarget, overrides.BookValue, overrides.BookUntil, "x", overrides.BookCode,
	}))
	percent, err := f.NewStyle(&excelize.Style{NumFmt: 9})
	check(err)
	for i, e := range entries {
		code := overrides.RowCode("Ana", asOf, fmt.Sprint(e[0]))
		if len(e) > 5 {
			code = e[5].(string)
		}
		value := e[2]
		if p, ok := value.(pct); ok {
			check(f.SetCellStyle(sheet, fmt.Sprintf("E%d", i+5), fmt.Sprintf("E%d", i+5), percent))
			value = float64(p)
		}
		check(f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+5), &[]any{e[0], 71.5, e[4], e[1], value, e[3], "", code}))
	}
	var out bytes.Buffer
	check(f.Write(&out))
	return out.Bytes()
}

// pct is a number in a cell that shows per cent.
type pct float64

func readBook(t testing.TB, content []byte) *overrides.Set {
	t.Helper()
	s, err := overrides.Read(t.Context(), nil, []overrides.Book{{Name: "returned/Ana.xlsx", Content: content}}, framework, lookup, intaketest.Day(today))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A book's values count from the day after its date until the day entered, that
// day included.
func TestBook(t *testing.T) {
	s := readBook(t, filled(t,
		[]any{"A", "Service", 55, time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC), "outage settled"},
		[]any{"B", "Active users", pct(0.725), "2026-07-01", "counted by hand"},
		[]any{"C", "Champion", "Left", "2026-12-31", "moved on"},
		[]any{"007", "nps", "9", "2026-12-31", "told me"},
		[]any{"A", nil, nil, nil, "just a note"},
		[]any{"B", nil, nil, nil, nil},
	))
	for d, want := range map[string][]string{
		bookDay:      nil,
		"2026-06-16": {"007 nps 9", "A support 55", "B activity 72.5%", "C champion left"},
		"2026-07-02": {"007 nps 9", "A support 55", "C champion left"},
		"2026-10-01": {"007 nps 9", "C champion left"},
	} {
		if diff := cmp.Diff(want, inForce(s, d)); diff != "" {
			t.Errorf("%s: %s", d, diff)
		}
	}
	if got := s.At(intaketest.Day(today))[1].Sentence(framework); got != "support = 55 until 2026-09-30 (outage settled, Ana)" {
		t.Error(got)
	}
	if left := s.Left(); len(left) != 0 || s.Remarks() != 1 || s.Count().Rows != 4 {
		t.Errorf("%v, %d remarks, %d rows", left, s.Remarks(), s.Count().Rows)
	}
}

// Every entry has one defect; the finding names its cell.
func TestMistakesInBooksAreListedByCell(t *testing.T) {
	ok := "2026-12-31"
	entries := [][]any{
		{"A", "Servise", 55, ok, "r"},
		{"A", "Service", pct(0.55), ok, "r"}, // a pillar's score is no share
		{"A", "Service", 101, ok, "r"},
		{"A", "Champion", "gone fishing", ok, "r"},
		{"A", "Service", 55, "soon", "r"},
		{"A", "Service", 55, 12, "r"}, // a number, not a date
		{"A", "Service", 55, bookDay, "r"},
		{"A", "Service", 55, nil, "r"},
		{"A", "Service", 55, ok, nil},
		{"A", nil, 55, ok, "r"},
		{"A", "Service", nil, ok, "r"},
		{"Z", "Service", 55, ok, "r"},
		{"B", "Service", 55, ok, "r", "typed in"},
		{"7", "Service", 55, ok, "r"}, // 007, as a spreadsheet would have it
		{nil, "Service", 55, ok, "r"},
		{"C", "Service", 55, "2026-06-20", "r"}, // expired by the as-of date
		{"C", "NPS", 5, ok, "r"},
		{"C", "NPS", 6, ok, "another reason"}, // a second time in one book
	}
	want := []string{
		"Ana's accounts!D5 unknown_word", "Ana's accounts!E6 unparsable", "Ana's accounts!E7 out_of_range", "Ana's accounts!E8 unknown_word",
		"Ana's accounts!F9 unparsable", "Ana's accounts!F10 unparsable", "Ana's accounts!F11 reversed", "Ana's accounts!F12 incomplete",
		"Ana's accounts!C13 incomplete", "Ana's accounts!D14 incomplete", "Ana's accounts!E15 incomplete", "Ana's accounts!A16 orphan",
		"Ana's accounts!A17 foreign", "Ana's accounts!A18 orphan", "Ana's accounts!A19 missing_key", "Ana's accounts!F20 expired", "Ana's accounts!D22 conflict",
	}
	s := readBook(t, filled(t, entries...))
	var got []string
	for _, f := range s.Left() {
		if f.File != "returned/Ana.xlsx" || f.Value == "" {
			t.Errorf("%+v", f)
		}
		got = append(got, f.Cell+" "+string(f.Code))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"C nps 5"}, inForce(s, today)); diff != "" {
		t.Error(diff)
	}
	if c := s.Count(); c.Rows != 18 || c.InForce != 1 || c.Expired != 1 || c.Refused != 16 {
		t.Errorf("%+v", c)
	}
}

// A file that is no book is listed, whatever it is.
func TestFilesThatAreNoBooks(t *testing.T) {
	empty := excelize.NewFile()
	var plain bytes.Buffer
	if err := empty.Write(&plain); err != nil {
		t.Fatal(err)
	}
	whole := filled(t, []any{"A", "Service", 55, "2026-12-31", "r"})
	for name, content := range map[string][]byte{"nothing": nil, "text": []byte("Account id;Override"), "truncated": whole[:len(whole)/2], "another workbook": plain.Bytes()} {
		s := readBook(t, content)
		if left := s.Left(); len(left) != 1 || left[0].Code != "unparsable" || len(inForce(s, today)) > 0 {
			t.Errorf("%s: %v", name, left)
		}
	}
}

func FuzzBook(f *testing.F) {
	f.Add(filled(f, []any{"A", "Service", 55, "2026-12-31", "r"}, []any{"B", nil, nil, nil, "note"}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, content []byte) {
		s := readBook(t, content)
		if c := s.Count(); c.InForce < 0 || c.InForce+c.Superseded+c.Expired+c.Pending+c.Refused != c.Rows {
			t.Errorf("%+v", c)
		}
	})
}
