package reports

import (
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/overrides"
	"accounthealth/internal/portfolio"
)

// Sheet names of an owner's book.
const (
	sheetMine  = "Accounts"
	sheetHowTo = "How to"
)

// longestHold is for how many days a value set by hand may be asked to hold.
const longestHold = 365

// ownerBook is one owner's book under construction.
type ownerBook struct {
	*book
	o     *portfolio.OwnerBook
	money string
}

// WriteOwnerBook writes one owner's accounts to w: what to do first stands first,
// and beside each account are cells to send back, which the next run reads (see
// internal/overrides). Everything else is protected, without a password. Errors
// are those of WritePortfolio.
func WriteOwnerBook(w io.Writer, o *portfolio.OwnerBook, opt Options) error {
	var bands []bandStyle
	for _, b := range o.Bands {
		bands = append(bands, bandStyle{b.Band, toneOf(b.Colour)})
	}
	p := &ownerBook{
		book: newBook(opt, about{title: "Accounts of " + o.Owner, subject: "Account health as of " + dayText(o.AsOf), asOf: o.AsOf}, bands), o: o,
	}
	if o.Currency != "" {
		p.money = " (" + o.Currency + ")"
	}
	g := p.page(sheetMine, presentation)
	targets := p.howTo()
	p.mine(g, targets)
	return p.write(w)
}

// mine lists the accounts; targets is where the choices of an override stand.
func (p *ownerBook) mine(g *page, targets string) {
	o := p.o
	cols := p.columns()
	fit(g, cols)
	g.title("Accounts of "+o.Owner, "As of "+dayText(o.AsOf)+"   |   score 0 to 100, high = healthy   |   the account to start with stands first")
	g.facts([]fact{
		{"Owner", str(o.Owner), overrides.BookOwner},
		{"As of", day(o.AsOf).in(asDay), overrides.BookAsOf},
	})
	g.paragraph("You know better? Fill in the yellow cells of an account: what to override, the value, until when, and why. Save the file and send it back: the next run applies it from the day after this date, shows it, and reports by cell what it could not use. A reason alone is kept as a note and changes nothing.", look{}, g.left, g.left+10)
	g.gap(1)
	a := stream(g, table[*portfolio.BookRow]{name: "My_accounts", cols: cols}, len(o.Rows), func(i int) *portfolio.BookRow { return &o.Rows[i] })
	for i, c := range cols {
		span := cellRef(a.left+i, a.first()) + ":" + cellRef(a.left+i, a.last())
		v := excelize.NewDataValidation(true)
		v.Sqref = span
		switch c.head {
		case overrides.BookTarget:
			v.SetSqrefDropList(targets)
			v.SetInput("Override", "A pillar or a signal. The sheet How to says which values each takes.")
			v.SetError(excelize.DataValidationErrorStyleStop, "Not in the list", "Choose a pillar or a signal from the list.")
		case overrides.BookValue:
			v.SetInput("New value", "What it should be: the sheet How to says which values it takes.")
		case overrides.BookUntil:
			from, to := day(o.AsOf+1).num, day(o.AsOf+longestHold).num
			p.fail(v.SetRange(from, to, excelize.DataValidationTypeDate, excelize.DataValidationOperatorBetween))
			v.SetInput("Until", "The last day on which it holds, within a year.")
			v.SetError(excelize.DataValidationErrorStyleStop, "Not such a day", "Enter a date after "+dayText(o.AsOf)+" and not after "+dayText(o.AsOf+longestHold)+".")
		case overrides.BookNote:
			p.fail(v.SetRange(1, 1000, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorBetween))
			v.SetError(excelize.DataValidationErrorStyleStop, "Too long", "At most 1,000 characters.")
		case overrides.BookCode:
			p.fail(p.file.SetColVisible(g.name, column(a.left+i), false))
			continue
		default:
			continue
		}
		p.fail(p.file.AddDataValidation(g.name, v))
	}
	p.protect(g)
	g.freeze(a.left+3, a.first())
	g.repeat(a.head, a.head, 4)
	g.print(2)
	g.seal()
	p.fail(p.file.SetColVisible(g.name, column(a.left+len(cols)-1), false))
}

// protect locks every cell that is not open; filters and widths stay free.
func (p *ownerBook) protect(g *page) {
	p.fail(p.file.ProtectSheet(g.name, &excelize.SheetProtectionOptions{
		AutoFilter: true, Sort: true, FormatColumns: true, FormatRows: true, SelectLockedCells: true, SelectUnlockedCells: true,
	}))
}

func (p *ownerBook) columns() []col[*portfolio.BookRow] {
	type row = *portfolio.BookRow
	cols := []col[row]{
		{head: "Do first", as: asCount, width: 8, help: "Earliest deadline of a play first, then the worse status, then more ARR.", get: func(a row) value { return count(int64(a.Order)) }},
		{head: overrides.BookAccount, as: asID, width: 12, get: func(a row) value { return str(a.ID) }},
		{head: "Account", as: asWrap, width: 24, get: func(a row) value { return str(a.Name) }},
		{head: "ARR" + p.money, as: asMoney, width: 13, get: func(a row) value { return fig(a.ARR) }},
		{head: "Score", as: asScore, width: 9, get: func(a row) value { return fig(a.Score) }},
		{head: "Status", as: asBand, width: 12, get: func(a row) value { return str(a.Band) }},
		{head: "Change", as: asSigned, width: 12, help: "Points since the prior review.", get: func(a row) value { return fig(a.Delta) }},
		{head: "Decide by", as: asDate, due: true, width: 13, help: "The customer's last day to give notice: renewal minus the notice period.", get: func(a row) value { return day(a.Deadline) }},
		{head: "Days left", as: asCount, width: 8, help: "Until the customer's last day to decide; negative when it has passed.", get: func(a row) value { return fig(a.Days) }},
		{head: "Risks, most severe first", as: asWrap, width: 44, get: func(a row) value { return str(strings.Join(a.Risks, "\n")) }},
		{head: "First action", as: asWrap, width: 32, help: "The single change that would raise the score most.", get: func(a row) value { return str(a.Action) }},
		{head: "Gain, points", as: asSigned, width: 9, get: func(a row) value { return fig(a.Gain) }},
		{head: "Play", as: asWrap, width: 22, get: func(a row) value { return str(a.Play) }},
		{head: "Play owner", as: asWrap, width: 16, get: func(a row) value { return str(a.PlayOwner) }},
		{head: "Play due", as: asDate, due: true, width: 13, get: func(a row) value { return day(a.PlayDeadline) }},
		{head: "For a person to decide", as: asWrap, width: 22, help: "Why nobody should leave this account to a routine.", get: func(a row) value { return str(a.Escalate) }},
	}
	for i, d := range p.o.PillarDefs {
		cols = append(cols, col[row]{head: nameOr(d.Label, d.Name), as: asScore, width: 17, help: d.Question, get: func(a row) value {
			if i >= len(a.Pillars) {
				return value{}
			}
			return fig(a.Pillars[i])
		}})
	}
	nothing := func(row) value { return value{} }
	return append(cols, []col[row]{
		{head: "Set by hand now", as: asWrap, width: 26, help: "Values that people entered in the place of what the data say.", get: func(a row) value { return str(a.Override) }},
		{head: overrides.BookTarget, as: asText, width: 20, entry: true, help: "Choose a pillar or a signal.", get: nothing},
		{head: overrides.BookValue, as: asText, width: 14, entry: true, help: "What it should be.", get: nothing},
		{head: overrides.BookUntil, as: asDate, width: 13, entry: true, help: "The last day on which it holds.", get: nothing},
		{head: overrides.BookNote, as: asWrap, width: 34, entry: true, help: "Why. Without a value it is kept as a note.", get: nothing},
		{head: overrides.BookCode, as: asID, width: 10, get: func(a row) value { return str(a.Code) }},
	}...)
}

// howTo says which values every target takes and returns where the targets stand.
func (p *ownerBook) howTo() (targets string) {
	g := p.page(sheetHowTo, presentation, 30, 90)
	g.title("How to", "What may be overridden, and with which values")
	a := put(g, table[portfolio.BookTarget]{name: "Targets", bare: true, rows: p.o.Targets, cols: []col[portfolio.BookTarget]{
		{head: "Pillar or signal", as: asText, get: func(t portfolio.BookTarget) value { return str(t.Name) }},
		{head: "Values", as: asWrap, get: func(t portfolio.BookTarget) value { return str(t.Values) }},
	}})
	g.gap(1)
	g.section("About this book", "")
	g.facts([]fact{
		{"Currency", str(p.o.Currency), ""},
		{"Framework", str(p.o.Framework.Name + ", version " + itoa(p.o.Framework.Version)), ""},
		{"Framework digest (sha256)", str(p.o.Framework.Digest), ""},
	})
	g.storage()
	p.protect(g)
	g.seal()
	return a.values(0)
}
