package reports

import (
	"io"
	"slices"
	"strings"

	"accounthealth/internal/portfolio"
)

// Sheet names of the portfolio workbook.
const (
	sheetSummary     = "Summary"
	sheetBands       = "ARR by band"
	sheetBridge      = "ARR bridge"
	sheetMovers      = "Movers"
	sheetRenewals    = "Renewals"
	sheetAtRisk      = "At risk"
	sheetScorecards  = "Scorecards"
	sheetPlans       = "Save plans"
	sheetSaves       = "Save rates"
	sheetEarly       = "Early warnings"
	sheetMatrix      = "Matrix"
	sheetWorkflow    = "Alerts and workflow"
	sheetOwners      = "Owners"
	sheetSegments    = "Segments"
	sheetMigration   = "Migration"
	sheetAccuracy    = "Accuracy"
	sheetWhatIf      = "What-if"
	sheetAccounts    = "Accounts"
	sheetShape       = "Shape"
	sheetMissing     = "Missing data"
	sheetByHand      = "Set by hand"
	sheetQuality     = "Data quality"
	sheetDefinitions = "Definitions"
)

// portfolioBook is the portfolio workbook under construction.
type portfolioBook struct {
	*book
	r       *portfolio.Report
	money   string         // the currency as headings print it: " (USD)"
	history area           // the table that charts over time draw from
	place   map[string]int // account id -> row index on Accounts, for ids that are linked
	present map[string]bool
}

// section is one sheet of a workbook: whether there is anything to show, and why
// not.
type section struct {
	name, about string
	present     bool
	absent      string // the reason where it is not present
	draw        func() // nil for the first sheet, which is drawn last
}

// WritePortfolio writes the portfolio workbook to w.
//
// A sheet without data is left out and named on Definitions, with the reason of
// r.LeftOut where the caller gave one. Blank cells are figures that are not
// defined. It returns a diag.Error for a result whose slices contradict each
// other, and the writer's errors as they are; then the bytes written so far are
// not a workbook.
func WritePortfolio(w io.Writer, r *portfolio.Report, opt Options) error {
	if err := checkReport(r); err != nil {
		return err
	}
	var bands []bandStyle
	for _, b := range r.Bands {
		bands = append(bands, bandStyle{b.Band, toneOf(b.Colour)})
	}
	title := "Portfolio health"
	if opt.Organisation != "" {
		title = opt.Organisation + ": portfolio health"
	}
	p := &portfolioBook{
		book: newBook(opt, about{
			title: title, subject: "Account health as of " + dayText(r.AsOf), asOf: r.AsOf,
		}, bands),
		r: r, present: map[string]bool{},
	}
	if r.Currency != "" {
		p.money = " (" + r.Currency + ")"
	}
	p.locate()
	sections := p.sections()
	for _, s := range sections {
		p.present[s.name] = s.present
	}
	front := p.page(sheetSummary, presentation, 34, 20, 20, 20, 20, 27, 84)
	for _, s := range sections {
		if s.present && s.draw != nil {
			s.draw()
		}
	}
	p.summary(front, sections)
	return p.write(w)
}

// sections lists the sheets in order.
func (p *portfolioBook) sections() []section {
	r := p.r
	const noPrior = "there is no earlier snapshot to compare with"
	var s []section
	s = []section{
		{sheetSummary, "", true, "", nil},
		{sheetBands, "Accounts and ARR per status, now, before and over time", len(r.Bands) > 0, "no account was scored", p.bandSheet},
		{sheetBridge, "From the ARR of a quarter and of a year ago to today's, and retention", len(r.Bridges) > 0, "it needs subscriptions with dates that reach back to an earlier day", p.bridgeSheet},
		{sheetMovers, "Whose score or status changed, by how much and why", r.Prior != portfolio.NoDay, noPrior, p.movers},
		{sheetRenewals, "When customers can decide, and the ARR in each status that does", r.Renewals != nil && r.Renewals.Dated, "no renewal date is known", p.renewals},
		{sheetAtRisk, "Every account that needs somebody, with reason, action and deadline", len(r.AtRisk) > 0, "no account is in a status that counts as at risk", p.atRisk},
		{sheetScorecards, "The largest accounts at risk, one page each", len(r.Scorecards) > 0, "no account is in a status that counts as at risk", p.scorecards},
		{sheetPlans, "What is done about the largest accounts at risk, task by task", len(r.Plans) > 0, "no account at risk has a plan", p.plans},
		{sheetMatrix, "What to do with which accounts, by risk and opportunity", r.Matrix != nil, "the framework has no matrix", p.matrix},
		{sheetOwners, "Accounts and ARR by who looks after them", named(r.Owners, portfolio.NoOwner), "no account has an owner", p.owners},
		{sheetSegments, "Accounts and ARR by segment", named(r.Segments, portfolio.NoSegment), "no account has a segment", p.segments},
		{sheetMigration, "Where the accounts of each status went", r.Migration != nil, noPrior, p.migration},
		{sheetAccuracy, "How good the scores were: what was flagged before it was lost", r.Accuracy != nil || r.Foreseen != nil, "no account is known to have left", p.accuracy},
		{sheetWhatIf, "Weights and cut-offs to change, and what follows", p.r.WhatIf != nil && len(p.r.WhatIf.Bands) > 1 && len(p.r.WhatIf.Rows) > 0, "no account was scored, or the sheet was not asked for", p.whatIf},
		{sheetSaves, "What became of the plays that were run", r.Saves != nil && r.Saves.Closed+r.Saves.Open > 0, "no play runs are recorded: it needs an interventions source", p.saveRates},
		{sheetEarly, "What stood before losses in this portfolio's own past", r.Early != nil && len(r.Early.Signals)+len(r.Early.Rest) > 0, "it needs losses and earlier scores", p.early},
		{sheetAccounts, "One row an account, to filter and pivot", p.accountRows() > 0, "the accounts export has no rows", p.accounts},
		{sheetShape, "How many accounts hit each row of the point tables", len(r.Shape)+len(r.Scores)+len(r.Pillars)+len(r.Quality.States) > 0, "no account was scored", p.shape},
		{sheetMissing, "Whose status depends on what is not known, and how", len(r.MissingRows) > 0, "no account's status depends on missing data", p.missing},
		{sheetByHand, "Values that somebody set, why, and whether they were right", len(r.Overrides) > 0, "no value is set by hand", p.byHand},
		{sheetQuality, "Sources, exclusions, and that nothing was lost", true, "", p.quality},
		{sheetWorkflow, "Who is told what and when, reviews, the monthly checklist, plays", r.Alerts != nil || len(r.Cadence)+len(r.Monthly) > 0, "the framework names no alerts, reviews or checklist", p.workflow},
		{sheetDefinitions, "What every word and figure means, and what is not here", true, "", func() { p.definitions(s) }},
	}
	return s
}

// sum writes an amount for sentences: USD 1,234.
func (p *portfolioBook) sum(v float64) string {
	return strings.TrimSpace(p.r.Currency + " " + grouped(v))
}

// named reports whether groups tell anything: whether one has a name.
func named(rows []portfolio.GroupRow, none string) bool {
	return slices.ContainsFunc(rows, func(g portfolio.GroupRow) bool { return g.Name != none })
}

func (p *portfolioBook) accountRows() int {
	if p.r.Accounts == nil {
		return 0
	}
	return p.r.Accounts.Len()
}

// checkReport refuses slices that contradict each other.
func checkReport(r *portfolio.Report) error {
	for i, h := range r.History {
		if len(h.ARR) != len(r.Bands) || len(h.Accounts) != len(r.Bands) {
			return contradiction("portfolio report", "history point %d has %d and %d bands, the report has %d",
				i, len(h.Accounts), len(h.ARR), len(r.Bands))
		}
	}
	return nil
}

// locate finds the rows of the accounts that other sheets link to.
func (p *portfolioBook) locate() {
	want := map[string]bool{}
	for _, ms := range [][]portfolio.Mover{p.r.Movers.Up, p.r.Movers.Down, p.r.Movers.Slipping} {
		for _, m := range ms {
			want[m.ID] = true
		}
	}
	for _, a := range p.r.AtRisk[:min(len(p.r.AtRisk), maxLinks)] {
		want[a.ID] = true
	}
	if r := p.r.Renewals; r != nil {
		for _, a := range r.Top {
			want[a.ID] = true
		}
		for _, a := range r.Leaving {
			want[a.ID] = true
		}
	}
	if w := p.r.Alerts; w != nil {
		for _, a := range w.Alerts[:min(len(w.Alerts), alertsShown)] {
			want[a.ID] = true
		}
	}
	for _, s := range p.r.Plans {
		want[s.ID] = true
	}
	for _, m := range p.r.MissingRows[:min(len(p.r.MissingRows), maxLinks)] {
		want[m.ID] = true
	}
	for _, o := range p.r.Overrides[:min(len(p.r.Overrides), maxLinks)] {
		want[o.ID] = true
	}
	if e := p.r.Early; e != nil {
		for _, w := range e.Signals {
			for _, id := range w.Where {
				want[id] = true
			}
		}
	}
	p.place = make(map[string]int, len(want))
	if index, ok := p.r.Accounts.(portfolio.AccountIndex); ok {
		for id := range want {
			if i, ok := index.RowOf(id); ok {
				p.place[id] = i
			}
		}
		return
	}
	var row portfolio.AccountRow
	for i := range p.accountRows() {
		if len(p.place) == len(want) {
			return
		}
		if p.r.Accounts.Row(i, &row); want[row.ID] {
			p.place[row.ID] = i
		}
	}
}

// accountLink is a formula for the place of an account's row, "" where it has
// none. It looks the account up by its id, so that sorting the sheet does not
// mislead.
func (p *portfolioBook) accountLink(id string) string {
	i, ok := p.place[id]
	var c census
	key := wildcards.Replace(c.clean(id))
	if !ok || tooLong(key) {
		return ""
	}
	sheet := quoteSheet(accountsSheet(i / p.opt.rowsPerSheet()))
	return quoteText("#"+sheet+"!A") + "&MATCH(" + quoteText(key) + "," + sheet + "!$A:$A,0)"
}

// namesOf lists accounts by name; by id where they have none or are on no sheet.
func (p *portfolioBook) namesOf(ids []string) string {
	names := slices.Clone(ids)
	var row portfolio.AccountRow
	for k, id := range ids {
		if i, ok := p.place[id]; ok {
			p.r.Accounts.Row(i, &row)
			names[k] = nameOr(row.Name, id)
		}
	}
	return strings.Join(names, ", ")
}

// wildcards stand for themselves after a tilde.
var wildcards = strings.NewReplacer("~", "~~", "*", "~*", "?", "~?")

// hasPrior says whether changes can be shown.
func (p *portfolioBook) hasPrior() bool { return p.r.Prior != portfolio.NoDay }

// columnsIf keeps the columns whose condition holds, so that a figure nobody has
// does not become an empty column.
func columnsIf[T any](cols []col[T], keep func(head string) bool) []col[T] {
	return slices.DeleteFunc(slices.Clone(cols), func(c col[T]) bool { return !keep(c.head) })
}
