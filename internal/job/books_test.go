package job

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/day"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/sample"
	"accounthealth/internal/store"
)

// entry is what an owner writes beside an account.
type entry struct {
	id, target string
	value      any
	until      int32 // 0 leaves it out
	note       string
}

// fillIn writes entries into a book as a person would: in the row of the account.
func fillIn(t *testing.T, book []byte, entries ...entry) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const sheet = "Accounts"
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	head := slices.IndexFunc(rows, func(r []string) bool { return slices.Contains(r, overrides.BookTarget) })
	at := func(column, row string) string {
		k := slices.Index(rows[head], column)
		r := slices.IndexFunc(rows, func(cells []string) bool {
			return len(cells) > 2 && cells[slices.Index(rows[head], overrides.BookAccount)] == row
		})
		if r < 0 {
			t.Fatalf("%s is not in the book", row)
		}
		name, _ := excelize.CoordinatesToCellName(k+1, r+1)
		return name
	}
	for _, e := range entries {
		cells := map[string]any{overrides.BookTarget: e.target, overrides.BookValue: e.value, overrides.BookNote: e.note}
		if e.until != 0 {
			cells[overrides.BookUntil] = int(e.until) + 25569
		}
		for column, v := range cells {
			if err := f.SetCellValue(sheet, at(column, e.id), v); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func runOn(t *testing.T, files *store.Router, asOf int32) *Result {
	t.Helper()
	j, err := New(context.Background(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j.AsOf, j.Settings.Calibration.Bootstrap = asOf, 0
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Release)
	return r
}

// bookOf returns an owner's book as the run would publish it.
func bookOf(t *testing.T, r *Result, owner string) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, f := range r.Books() {
		if f.Name == "books/"+owner+".xlsx" {
			if err := f.Write(&out); err != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		}
	}
	t.Fatalf("there is no book of %s", owner)
	return nil
}

// What an owner writes into a book is in the next run's scores, is shown there,
// and ends on its day; the run of the book's own date stays as it was.
func TestBookComesBack(t *testing.T) {
	files := sampled(t, sample.Options{Accounts: 150, Months: 14})
	first := runOn(t, files, day.Of(2026, 6, 29))
	owner := first.Rows.Owners()[1]
	b := first.Rows.Book(owner, "USD")
	var scored []string
	for _, row := range b.Rows {
		if row.Score.Defined && row.Override == "" {
			scored = append(scored, row.ID)
		}
	}
	if len(scored) < 3 {
		t.Fatalf("%s has %d scored accounts", owner, len(scored))
	}
	book := fillIn(t, bookOf(t, first, owner),
		entry{scored[0], "Support", 3, day.Of(2026, 6, 30), "outage next week, told me"},
		entry{scored[1], "Suport", 3, day.Of(2026, 7, 31), "misspelt"},
		entry{scored[2], "", nil, 0, "on holiday until August"},
	)
	err := files.WriteFile(t.Context(), "returned/"+owner+" (1).xlsx", func(w io.Writer) error { _, err := w.Write(book); return err })
	if err != nil {
		t.Fatal(err)
	}

	support := func(r *Result, id string) float64 {
		now, _ := r.Scores.At(r.Job.AsOf)
		p := slices.IndexFunc(now.Result.Plan.Pillars, func(x plan.Pillar) bool { return x.Name == "support" })
		return now.Result.Pillars[p][r.Data.Table.Lookup(id)]
	}
	before := support(first, scored[0])
	if again := runOn(t, files, day.Of(2026, 6, 29)); support(again, scored[0]) != before {
		t.Errorf("the scores of the book's own date changed")
	}
	next := runOn(t, files, day.Of(2026, 6, 30))
	if got := support(next, scored[0]); got != 3 || before == 3 {
		t.Errorf("support is %v, was %v", got, before)
	}
	row := next.Rows.Book(owner, "USD").Rows[slices.IndexFunc(next.Rows.Book(owner, "USD").Rows, func(r portfolio.BookRow) bool { return r.ID == scored[0] })]
	if want := "support = 3 until 2026-06-30 (outage next week, told me, " + owner + ")"; row.Override != want {
		t.Errorf("the next book says %q, want %q", row.Override, want)
	}
	found := false
	for _, f := range next.Portfolio.Quality.Findings {
		for _, e := range f.Examples {
			found = found || strings.Contains(e, owner+" (1).xlsx Accounts!") && strings.Contains(e, "Suport")
		}
	}
	if !found {
		t.Errorf("the misspelt override is not listed by cell: %+v", next.Portfolio.Quality.Findings)
	}
	if n := next.Data.Overrides.Remarks(); n != 1 {
		t.Errorf("%d notes", n)
	}
	later := runOn(t, files, day.Of(2026, 7, 1))
	if got := support(later, scored[0]); got == 3 {
		t.Error("the value outlives its day")
	}
}

// Without personal data no output names a person.
func TestPeopleAreLeftOut(t *testing.T) {
	files := sampled(t, sample.Options{Accounts: 150, Months: 14})
	j, err := New(context.Background(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j.Settings.Calibration.Bootstrap = 0
	named, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer named.Release()
	j.Settings.PersonalData = false
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	people := named.Rows.Owners()
	var text strings.Builder
	for i := range r.Rows.Len() {
		var row portfolio.AccountRow
		r.Rows.Row(i, &row)
		fmt.Fprintf(&text, "%+v\n", row)
	}
	for _, f := range r.Books() {
		fmt.Fprintln(&text, f.Name)
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		x, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		for _, sheet := range x.GetSheetList() {
			rows, err := x.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&text, sheet, rows)
		}
	}
	for _, p := range people {
		if p != "(no owner)" && strings.Contains(text.String(), p) {
			t.Errorf("%s is named", p)
		}
	}
	if got := r.Rows.Owners(); len(got) != len(people) || !strings.HasPrefix(got[1], "Owner ") {
		t.Errorf("%d owners, were %d: %q", len(got), len(people), got)
	}
}

// A book of the committed sample, filled in by another program and saved by
// LibreOffice: one entry is sound, one has a value that is none, one ends before
// it begins.
func TestBookSavedByLibreOffice(t *testing.T) {
	files, err := store.Open(filepath.Join("..", "..", "testdata", "exports", "small"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := New(context.Background(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if j.Settings.Returned, err = filepath.Abs(filepath.Join("..", "..", "testdata", "books")); err != nil {
		t.Fatal(err)
	}
	j.Settings.Calibration.Bootstrap = 0
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	var row portfolio.AccountRow
	r.Rows.Of(int(r.Data.Table.Lookup("00010014")), &row)
	if row.Override != "support = 12.5 until 2026-07-31 (LibreOffice: outage settled, Amelia Thornbury)" {
		t.Errorf("set by hand: %q", row.Override)
	}
	var cells []string
	for _, f := range r.Data.Overrides.Left() {
		if strings.HasSuffix(f.File, "libreoffice.xlsx") {
			cells = append(cells, f.Cell+" "+string(f.Code))
		}
	}
	if want := []string{"Accounts!W11 unparsable", "Accounts!X12 reversed"}; !slices.Equal(cells, want) {
		t.Errorf("left out: %q, want %q", cells, want)
	}
}
