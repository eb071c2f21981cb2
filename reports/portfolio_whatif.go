package reports

import (
	"strings"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// The words of the switch between the reader's numbers and those in force.
const (
	useYours   = "Your numbers"
	useInForce = "In force"
)

// whatIfSheet is the What-if sheet while it is laid out.
type whatIfSheet struct {
	*portfolioBook
	g       *page
	w       *portfolio.WhatIf
	weights int // column of the first weight; cut-offs follow behind the sum
	first   int // row of the first account
	used    int // row of the first set of rules in use
	at      map[string]int
}

// whatIfLine is an account and the row it stands in.
type whatIfLine struct {
	*portfolio.WhatIfRow
	row int
}

// whatIf lays out weights and cut-offs to change, and the accounts that follow
// them by formulas.
func (p *portfolioBook) whatIf() {
	w := p.r.WhatIf
	g := p.page(sheetWhatIf, presentation, 16, 28, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13)
	s := &whatIfSheet{portfolioBook: p, g: g, w: w, at: map[string]int{}}
	cols := s.columns()
	fit(g, cols)
	for i, c := range cols {
		s.at[c.head] = g.left + i
	}
	s.weights = g.left + 2
	g.title("What if the weights were others?", "As of "+dayText(p.r.AsOf)+"   |   change a yellow cell: scores, statuses and ARR by status follow")
	g.paragraph("Nothing here changes anything outside of this workbook. A new set of weights is proposed by the calibration and put in force by a person.", look{}, g.left, g.left+10)
	g.gap(1)
	toggle := s.toggle()
	yours := s.block("Your weights and cut-offs", "Weights are scaled to 100%. A set that says nothing of its own follows the first line.", s.yours)
	force := s.block("In force", "", s.inForce)
	s.used = s.block("Used now", "What the formulas below read: the first lines, or the second ones, as the switch says.", func(line, k int, weight bool) value {
		c, v := s.place(k, weight), s.inForceValue(line, k, weight)
		mine, theirs := cellRef(c, yours+line), cellRef(c, force+line)
		return v.by("IF(OR(" + toggle + `="` + useInForce + `",NOT(ISNUMBER(` + mine + ")))," + theirs + "," + mine + ")")
	})
	n := len(w.Rules)
	last := s.used + n - 1
	k := len(p.r.PillarDefs)
	p.define("What_if_weights", s.span(s.weights, s.used, s.weights+k-1, last))
	p.define("What_if_cutoffs", s.span(s.place(0, false), s.used, s.place(len(w.Bands)-2, false), last))
	s.statuses()
	g.newPage()
	g.section("Accounts", s.about())
	s.first = g.row + 1
	a := stream(g, table[whatIfLine]{name: "What_if", cols: cols}, len(w.Rows), func(i int) whatIfLine { return whatIfLine{&w.Rows[i], s.first + i} })
	g.repeat(a.head, a.head, 0)
	s.finish(a)
}

func (s *whatIfSheet) span(c, r, c2, r2 int) string {
	return absRef(s.g.name, c, r) + ":$" + column(c2) + "$" + itoa(r2)
}

// place is the column of weight or cut-off k.
func (s *whatIfSheet) place(k int, weight bool) int {
	if weight {
		return s.weights + k
	}
	return s.weights + len(s.r.PillarDefs) + 1 + k
}

// toggle is the switch; it returns where it stands.
func (s *whatIfSheet) toggle() string {
	g := s.g
	g.set(g.left, g.row, str("Calculate with"), s.style(look{bold: true}))
	g.set(g.left+1, g.row, str(useYours), s.style(look{bold: true, fill: openFill, open: true, left: accent, indent: 1}))
	g.set(g.left+2, g.row, str("To reset, choose “"+useInForce+"”; to go on, choose “"+useYours+"” again."), s.style(look{colour: inkSoft}))
	ref := "$" + column(g.left+1) + "$" + itoa(g.row)
	v := excelize.NewDataValidation(false)
	v.Sqref = cellRef(g.left+1, g.row)
	s.fail(v.SetDropList([]string{useYours, useInForce}))
	v.SetError(excelize.DataValidationErrorStyleStop, "Not in the list", "Choose “"+useYours+"” or “"+useInForce+"”.")
	s.fail(s.file.AddDataValidation(g.name, v))
	s.define("What_if_switch", quoteSheet(g.name)+"!"+ref)
	g.row += 2
	return ref
}

func (s *whatIfSheet) inForceValue(line, k int, weight bool) value {
	if weight {
		return num(s.w.Rules[line].Weights[k]).in(asPercent)
	}
	return count(int64(s.w.Rules[line].Cuts[k]))
}

func (s *whatIfSheet) inForce(line, k int, weight bool) value { return s.inForceValue(line, k, weight) }

// yours is a cell to write into; sets that inherit follow the first line.
func (s *whatIfSheet) yours(line, k int, weight bool) value {
	v := s.inForceValue(line, k, weight)
	r := &s.w.Rules[line]
	if line > 0 && (weight && r.InheritsWeights || !weight && r.InheritsCuts) {
		v = v.by(cellRef(s.place(k, weight), s.g.row-line))
	}
	return v
}

// block lays out one line a set of rules and returns the row of the first.
func (s *whatIfSheet) block(heading, note string, cell func(line, k int, weight bool) value) int {
	g, k := s.g, len(s.r.PillarDefs)
	open := heading == "Your weights and cut-offs"
	g.section(heading, note)
	head := func(c int, text, align string) {
		g.set(c, g.row, str(text), s.style(look{bold: true, colour: headInk, fill: headFill, wrap: true, align: align, indent: indentOf(align)}))
	}
	head(g.left, "Set", "left")
	head(g.left+1, "Applies to", "left")
	for i, d := range s.r.PillarDefs {
		head(s.place(i, true), nameOr(d.Label, d.Name)+" weight", "right")
	}
	head(s.weights+k, "Sum", "right")
	for i, b := range s.w.Bands[:len(s.w.Bands)-1] {
		head(s.place(i, false), b+" from", "right")
	}
	end := s.place(len(s.w.Bands)-2, false)
	if open {
		head(end+1, "Check", "left")
	}
	g.height(g.row, 32)
	g.row++
	first := g.row
	cell0 := func(l look, as format) int {
		l.bottom, l.number, l.align, l.indent = rule, formats[as].number, formats[as].align, 1
		if open && l.open {
			l.fill = openFill
		}
		return s.style(l)
	}
	for line, r := range s.w.Rules {
		name := r.Name
		if line == 0 {
			name = "every account that no other line names"
			if len(s.w.Rules) == 1 {
				name = "every account"
			}
		}
		g.set(g.left, g.row, count(int64(line+1)), s.style(look{bottom: rule, align: "left"}))
		g.set(g.left+1, g.row, str(name), s.style(look{bottom: rule, wrap: true}))
		for i := range s.r.PillarDefs {
			g.set(s.place(i, true), g.row, cell(line, i, true), cell0(look{open: open}, asPercent))
		}
		weights := cellRef(s.weights, g.row) + ":" + cellRef(s.weights+k-1, g.row)
		g.set(s.weights+k, g.row, num(r.Sum).by("ROUND(SUM("+weights+"),6)"), cell0(look{colour: inkSoft}, asPercent))
		for i := range s.w.Bands[:len(s.w.Bands)-1] {
			g.set(s.place(i, false), g.row, cell(line, i, false), cell0(look{open: open}, asCount))
		}
		if open {
			g.set(end+1, g.row, str("ok").by(s.check(weights, end)), s.style(look{bottom: rule, align: "left", indent: 1}))
		}
		g.height(g.row, rowHeight(lines(name, 26)))
		g.row++
	}
	if open {
		checks := cellRef(end+1, first) + ":" + cellRef(end+1, g.row-1)
		s.fail(s.file.SetConditionalFormat(g.name, checks, []excelize.ConditionalFormatOptions{{
			Type: "cell", Criteria: "!=", Value: `"ok"`, Format: s.dxf("", badInk, true),
		}}))
		s.validate(first, g.row-1)
	}
	g.gap(1)
	return first
}

// indentOf keeps numbers and their headings off the next column.
func indentOf(align string) int {
	if align == "right" {
		return 1
	}
	return 0
}

// check says what is wrong with the line being laid out.
func (s *whatIfSheet) check(weights string, end int) string {
	var falls []string
	for c := s.place(0, false); c < end; c++ {
		falls = append(falls, cellRef(c, s.g.row)+">"+cellRef(c+1, s.g.row))
	}
	ok := "TRUE"
	if len(falls) > 0 {
		ok = "AND(" + strings.Join(falls, ",") + ")"
	}
	return `IF(SUM(` + weights + `)<=0,"give a weight above 0",IF(` + ok + `,"ok","cut-offs must fall from left to right"))`
}

// validate refuses what is no weight and no cut-off.
func (s *whatIfSheet) validate(from, to int) {
	refuse := func(first, last int, kind excelize.DataValidationType, lo, hi float64, text string) {
		v := excelize.NewDataValidation(true)
		v.Sqref = cellRef(first, from) + ":" + cellRef(last, to)
		s.fail(v.SetRange(lo, hi, kind, excelize.DataValidationOperatorBetween))
		v.SetError(excelize.DataValidationErrorStyleStop, "Not possible", text)
		s.fail(s.file.AddDataValidation(s.g.name, v))
	}
	refuse(s.weights, s.weights+len(s.r.PillarDefs)-1, excelize.DataValidationTypeDecimal, 0, 1, "A weight lies between 0% and 100%.")
	refuse(s.place(0, false), s.place(len(s.w.Bands)-2, false), excelize.DataValidationTypeWhole, 1, 100, "A cut-off is a whole number from 1 to 100.")
}

// statuses counts accounts and ARR per status, as they stand and as computed.
func (s *whatIfSheet) statuses() {
	g, w := s.g, s.w
	type row = portfolio.WhatIfStatus
	g.newPage()
	g.section("Accounts and ARR by status", "")
	head := g.row
	// The accounts stand below this table, its total, the chart and a heading; how
	// far is known only here, so the table is written when it is.
	rest := false
	for _, b := range w.Now {
		rest = rest || b.RestHeld > 0
	}
	high := uint(280)
	first := head + len(w.Now) + 3 + chartRows(high) + s.sectionRows() + 1
	rows := func(name string) string {
		c := "$" + column(s.at[name]) + "$"
		return c + itoa(first) + ":" + c + itoa(first+max(len(w.Rows), 1)-1)
	}
	total := row{Status: "All"}
	for _, b := range w.Now {
		total.Accounts += b.Accounts
		total.RestHeld += b.RestHeld
	}
	line := map[string]int{}
	for i, b := range w.Now {
		line[b.Status] = head + 1 + i
	}
	isTotal := func(b row) bool { return b.Status == total.Status }
	under := func(c int) string {
		return "SUM(" + cellRef(c, head+1) + ":" + cellRef(c, head+len(w.Now)) + ")"
	}
	l := g.left
	cols := []col[row]{
		{head: "Status", as: asBand, get: func(b row) value { return str(b.Status) }},
		{head: "Accounts in force", as: asCount, get: func(b row) value { return count(b.Accounts) }},
		{head: "Accounts", as: asCount, get: func(b row) value {
			if isTotal(b) {
				return count(b.Accounts).by(under(l + 2))
			}
			return count(b.Accounts).by("COUNTIF(" + rows("Status") + "," + cellRef(l, line[b.Status]) + ")+" + itoa(b.RestHeld))
		}},
		{head: "Change in accounts", as: asSignedN, get: func(b row) value {
			r := line[b.Status]
			if isTotal(b) {
				r = head + len(w.Now) + 1
			}
			return count(0).by(cellRef(l+2, r) + "-" + cellRef(l+1, r))
		}},
		{head: "ARR in force" + s.money, as: asMoney, get: func(b row) value {
			if isTotal(b) {
				return num(w.Live.Den)
			}
			return num(b.ARR)
		}},
		{head: "ARR" + s.money, as: asMoney, get: func(b row) value {
			if isTotal(b) {
				return num(w.Live.Den).by("ROUND(" + under(l+5) + ",2)")
			}
			return num(b.ARR).by("ROUND(SUMIF(" + rows("Status") + "," + cellRef(l, line[b.Status]) + "," + rows(s.arrHead()) + ")+" + string(appendNumber(nil, b.RestARR)) + ",2)")
		}},
		{head: "Change in ARR" + s.money, as: asSignedUSD, get: func(b row) value {
			r := line[b.Status]
			if isTotal(b) {
				r = head + len(w.Now) + 1
			}
			return count(0).by("ROUND(" + cellRef(l+5, r) + "-" + cellRef(l+4, r) + ",2)")
		}},
	}
	if rest {
		cols = append(cols, col[row]{head: "Of these, kept as they are", as: asCount, help: "Accounts with less ARR than those listed below: they keep their status here.", get: func(b row) value { return count(b.RestHeld) }})
	}
	a := put(g, table[row]{name: "What_if_by_status", bare: true, rows: w.Now, cols: cols, total: []row{total}})
	s.define("What_if_statuses", absRef(g.name, l, a.first())+":$"+column(l)+"$"+itoa(a.first()+len(w.Bands)-1))
	g.draw(l, g.row+1, chart{
		kind: excelize.Col, title: "ARR by status: in force and with the numbers used", x: "Status", y: "ARR" + s.money, number: thousands,
		width: 1000, height: high, gap: 60, legend: true, alt: "ARR per status as it stands and under the weights and cut-offs in use",
		series: []series{
			{name: a.heading(4), categories: a.values(0), values: a.values(4), tone: accentLo},
			{name: a.heading(5), categories: a.values(0), values: a.values(5), tone: accent},
		},
	})
	g.row = first - 1 - s.sectionRows()
}

// sectionRows is how many rows the heading of the accounts takes.
func (s *whatIfSheet) sectionRows() int { return 2 }

// about says which accounts are listed.
func (s *whatIfSheet) about() string {
	n := 0
	for _, b := range s.w.Now {
		n += int(b.Accounts)
	}
	if n == len(s.w.Rows) {
		return "All " + itoa(n) + " accounts with or without a score, the most ARR first. Sort and filter as you like."
	}
	return "The " + itoa(len(s.w.Rows)) + " accounts with the most ARR of " + itoa(n) + ", " + percentText(s.w.Live.Value) + " of the ARR; the others keep their status in the table above."
}

func (s *whatIfSheet) arrHead() string { return "ARR" + s.money }

// columns declares the accounts: what follows the weights, what stands, and the
// numbers that the formulas read.
func (s *whatIfSheet) columns() []col[whatIfLine] {
	type row = whatIfLine
	k, w := len(s.r.PillarDefs), s.w
	ref := func(a row, head string) string { return "$" + column(s.at[head]) + itoa(a.row) }
	across := func(a row, kind string) string {
		return ref(a, s.pillarHead(0, kind)) + ":" + ref(a, s.pillarHead(k-1, kind))
	}
	own := func(a row, name string) string { return "INDEX(" + name + "," + ref(a, "Set") + ",0)" }
	dec := func(v float64) string { return string(appendNumber(nil, v)) }
	cols := []col[row]{
		{head: "Account id", as: asID, width: 16, get: func(a row) value { return str(a.ID) }},
		{head: "Account", as: asText, width: 28, get: func(a row) value { return str(a.Name) }},
		{head: s.arrHead(), as: asMoney, width: 14, get: func(a row) value { return fig(a.ARR) }},
		{head: "Score", as: asScore, width: 12, help: "Follows the weights in use.", get: func(a row) value {
			return fig(a.Score).by("IF(ROUND(" + ref(a, "Coverage") + ",9)<" + dec(w.ScoredFrom) + `,"",IFERROR(INT(ROUND(1000000000*SUMPRODUCT(` +
				own(a, "What_if_weights") + "," + across(a, "") + "," + across(a, " known levels") + ")/SUMPRODUCT(" + own(a, "What_if_weights") + "," + across(a, " known levels") +
				`),0)/100000000+0.5)/10,""))`)
		}},
		{head: "Status", as: asBand, width: 13, help: "Follows the weights and the cut-offs in use.", get: func(a row) value {
			return str(a.Status).by("IF(" + ref(a, "Score") + `="","Not scored",INDEX(What_if_statuses,1+MAX(SUMPRODUCT(--(` + own(a, "What_if_cutoffs") + ">INT(" + ref(a, "Score") + "))),IF(ROUND(" +
				ref(a, "Coverage") + ",9)<" + dec(w.HealthyFrom) + "," + ref(a, "Best with thin data") + "," + ref(a, "Best open") + "))))")
		}},
		{head: "Score in force", as: asScore, width: 12, get: func(a row) value { return fig(a.Score) }},
		{head: "Status in force", as: asBand, width: 13, get: func(a row) value { return str(a.Status) }},
		{head: "Change", as: asSigned, width: 12, help: "Points against the score in force.", get: func(a row) value {
			v := value{kind: number}
			if !a.Score.Defined {
				v = value{}
			}
			return v.by("IF(OR(" + ref(a, "Score") + `="",` + ref(a, "Score in force") + `=""),"",ROUND(` + ref(a, "Score") + "-" + ref(a, "Score in force") + ",1))")
		}},
	}
	for i, d := range s.r.PillarDefs {
		cols = append(cols, col[row]{head: s.pillarHead(i, ""), as: asScore, width: 16, help: d.Question, get: func(a row) value { return fig(a.Pillars[i]) }})
	}
	cols = append(cols, col[row]{head: "Set", as: asCount, width: 13, help: "The line of weights and cut-offs that applies.", get: func(a row) value { return count(int64(a.Rules + 1)) }})
	cols = append(cols, col[row]{head: "Coverage", as: asPercent, width: 13, help: "The known share of the points that apply, by the weights in use.", get: func(a row) value {
		return fig(a.Coverage).by("IFERROR(SUMPRODUCT(" + own(a, "What_if_weights") + "," + across(a, " known points") + ")/SUMPRODUCT(" + own(a, "What_if_weights") + ",--ISNUMBER(" + across(a, " known points") + ")),0)")
	}})
	for i := range s.r.PillarDefs {
		cols = append(cols, col[row]{head: s.pillarHead(i, " known levels"), as: asPercent, width: 16, help: "The share of the pillar's levels that is known: a pillar weighs so much less.", get: func(a row) value { return fig(a.Share[i]) }})
	}
	for i := range s.r.PillarDefs {
		cols = append(cols, col[row]{head: s.pillarHead(i, " known points"), as: asPercent, width: 16, help: "The known share of the pillar's points, for the coverage.", get: func(a row) value { return fig(a.Known[i]) }})
	}
	return append(cols,
		col[row]{head: "Best open", as: asCount, width: 12, help: "How many statuses from the best one down are closed to the account by a rule.", get: func(a row) value { return count(int64(a.Best)) }},
		col[row]{head: "Best with thin data", as: asCount, width: 12, help: "How many are closed where the coverage is too thin for the best status.", get: func(a row) value { return count(int64(a.BestThin)) }})
}

func (s *whatIfSheet) pillarHead(i int, kind string) string {
	return nameOr(s.r.PillarDefs[i].Label, s.r.PillarDefs[i].Name) + kind
}

// finish marks the accounts whose status differs and sets the sheet up for print.
func (s *whatIfSheet) finish(a area) {
	g := s.g
	span := cellRef(s.at["Score"], a.first()) + ":" + cellRef(s.at["Change"], a.last())
	s.fail(s.file.SetConditionalFormat(g.name, span, []excelize.ConditionalFormatOptions{{
		Type: "formula", Criteria: "$" + column(s.at["Status"]) + itoa(a.first()) + "<>$" + column(s.at["Status in force"]) + itoa(a.first()),
		Format: s.dxf(warnFill, warnInk, true),
	}}))
	for c := s.at["Set"]; c <= a.left+a.cols-1; c++ {
		s.fail(s.file.SetColOutlineLevel(g.name, column(c), 1))
	}
	g.freeze(a.left+2, 1)
	s.fail(s.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Area", Scope: g.name,
		RefersTo: absRef(g.name, 1, 1) + ":$" + column(s.at["Set"]-1) + "$" + itoa(min(a.last(), a.first()+199)),
	}))
	g.seal()
}
