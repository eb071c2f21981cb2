package job

import (
	"fmt"
	"io"
	"slices"

	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/publish"
	"accounthealth/reports"
)

// Kinds of workbooks, as they are asked for by name.
const (
	PortfolioBook   = "portfolio"
	CalibrationBook = "calibration"
	OwnerBooks      = "books"
)

// BookKinds lists the kinds of workbooks.
func BookKinds() []string { return []string{PortfolioBook, CalibrationBook, OwnerBooks} }

// Material is what the workbooks of a run are made from, and nothing else. It is
// published with the run, so that they can be made again without the exports.
type Material struct {
	Portfolio   *portfolio.Report
	Calibration *reports.CalibrationBook // nil where no loss is known
	Owners      []string                 // with a book each, sorted
	Book        func(owner string) *portfolio.OwnerBook
	Options     reports.Options
}

// Material returns what the run's workbooks are made from.
func (r *Result) Material() *Material {
	return &Material{
		Portfolio: r.Portfolio, Calibration: r.Book, Owners: r.Rows.Owners(),
		Book: func(owner string) *portfolio.OwnerBook { return r.Rows.Book(owner, r.Job.Settings.Currency) },
	}
}

// Books lists the workbooks of the given kinds, of all without one.
func (m *Material) Books(kinds ...string) []publish.File {
	wanted := func(kind string) bool { return len(kinds) == 0 || slices.Contains(kinds, kind) }
	var books []publish.File
	if wanted(PortfolioBook) {
		books = append(books, publish.File{Name: "portfolio.xlsx", Write: func(w io.Writer) error {
			return reports.WritePortfolio(w, m.Portfolio, m.Options)
		}})
	}
	if m.Calibration != nil && wanted(CalibrationBook) {
		books = append(books, publish.File{Name: "calibration.xlsx", Write: func(w io.Writer) error {
			return reports.WriteCalibration(w, m.Calibration, m.Options)
		}})
	}
	if !wanted(OwnerBooks) {
		return books
	}
	names := publish.FileNames(m.Owners)
	for i, owner := range m.Owners {
		books = append(books, publish.File{Name: "books/" + names[i] + bookSuffix, Write: func(w io.Writer) error {
			return reports.WriteOwnerBook(w, m.Book(owner), m.Options)
		}})
	}
	return books
}

// LimitAccounts leaves only the first n accounts, those with the most ARR, on the
// Accounts sheet, which then says so.
func (m *Material) LimitAccounts(n int) {
	all := m.Portfolio.Accounts.Len()
	if n >= all {
		return
	}
	p := *m.Portfolio
	p.Accounts = firstAccounts{p.Accounts, n}
	p.LeftOut = append(slices.Clone(p.LeftOut), portfolio.Term{
		Name: "Accounts", Text: fmt.Sprintf("the sheet lists the %d accounts with the most ARR of %d, as it was asked for; every figure counts all of them", n, all),
	})
	m.Portfolio = &p
}

// firstAccounts are the first n of some rows.
type firstAccounts struct {
	portfolio.AccountRows
	n int
}

func (f firstAccounts) Len() int { return f.n }

// RowOf implements portfolio.AccountIndex.
func (f firstAccounts) RowOf(id string) (i int, ok bool) {
	index, ok := f.AccountRows.(portfolio.AccountIndex)
	if !ok {
		return 0, false
	}
	i, ok = index.RowOf(id)
	return i, ok && i < f.n
}

// LimitWhatIf lets the What-if sheet recompute only the first n accounts; 0 leaves
// the sheet out. It fails where the run holds fewer.
func (m *Material) LimitWhatIf(n int) error {
	w := m.Portfolio.WhatIf
	if w == nil && n > 0 || w != nil && n > len(w.Rows) && w.Held() > 0 {
		held := 0
		if w != nil {
			held = len(w.Rows)
		}
		return diag.Errorf(diag.Data, fmt.Sprintf("--what-if %d", n), "set what_if_accounts in the settings and publish the date again",
			"the run holds what %d accounts need to be computed again", held)
	}
	p := *m.Portfolio
	if p.WhatIf = nil; n > 0 {
		p.WhatIf = w.First(n)
	}
	m.Portfolio = &p
	return nil
}
