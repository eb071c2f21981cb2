package reports

import (
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// page is one sheet being filled from top to bottom with blocks. Column A is a
// margin on presentation sheets; blocks begin at left.
type page struct {
	b      *book
	name   string
	part   string
	row    int // the next free row
	left   int // first column of blocks
	widths []float64
	sealed bool

	heights map[int]float64           // of rows, in points, where they are not the standard's
	starts  []int                     // rows at which a block begins: a page may end before them
	forced  map[int]bool              // of these, a page ends there in any case
	whole   bool                      // printed on a given number of pages
	titles  struct{ first, last int } // rows repeated on each page after them
	across  float64                   // points that charts reach from the left
	broken  []int                     // rows before which a page ends
	lastRow int                       // the last row whose height is known
}

// sheetKind decides margins, gridlines and paper.
type sheetKind uint8

const (
	presentation sheetKind = iota // blocks on a white page
	flat                          // one table from A1, for filters and pivots
)

// page opens a sheet whose columns have the given widths, the margin excluded.
// Tables may widen columns until seal.
func (b *book) page(name string, k sheetKind, widths ...float64) *page {
	p := &page{b: b, row: 1, left: 1, heights: map[int]float64{}, forced: map[int]bool{}}
	p.name, p.part = b.sheet(name)
	if k == presentation {
		p.left = 2
		p.widths = append([]float64{2}, widths...)
		b.fail(b.file.SetSheetView(p.name, 0, &excelize.ViewOptions{
			ShowGridLines: ptr(false), ZoomScale: ptr(float64(90)),
		}))
	}
	p.print(1)
	return p
}

// print sets paper, orientation, footer and how many pages wide the sheet is.
func (p *page) print(pagesWide int) {
	f, b := p.b.file, p.b
	b.fail(f.SetSheetProps(p.name, &excelize.SheetPropsOptions{FitToPage: ptr(true)}))
	b.fail(f.SetPageLayout(p.name, &excelize.PageLayoutOptions{
		Size: ptr(b.opt.paper()), Orientation: ptr("landscape"), FitToWidth: &pagesWide, FitToHeight: ptr(0),
	}))
	b.fail(f.SetPageMargins(p.name, &excelize.PageLayoutMarginsOptions{
		Left: ptr(0.4), Right: ptr(0.4), Top: ptr(0.5), Bottom: ptr(0.6), Header: ptr(0.3), Footer: ptr(0.3),
		Horizontally: ptr(true),
	}))
	footer := func(s string) string { return strings.ReplaceAll(cutUnits(s, 80), "&", "&&") }
	b.fail(f.SetHeaderFooter(p.name, &excelize.HeaderFooterOptions{
		OddFooter: `&L&8` + footer(b.about.title) + `&C&8&A&R&8Page &P of &N`,
	}))
}

// pages prints the whole sheet on at most n pages.
func (p *page) pages(n int) {
	p.whole = true
	p.b.fail(p.b.file.SetPageLayout(p.name, &excelize.PageLayoutOptions{FitToWidth: ptr(1), FitToHeight: &n}))
}

// right is the last column that has a width.
func (p *page) right() int { return max(len(p.widths), p.left) }

// widen makes column c at least w characters wide.
func (p *page) widen(c int, w float64) {
	for len(p.widths) < c {
		p.widths = append(p.widths, 0)
	}
	p.widths[c-1] = max(p.widths[c-1], w)
}

// fit makes the page as wide as a table's columns ask, before anything else is
// laid out on it.
func fit[T any](p *page, cols []col[T]) {
	for i, c := range cols {
		p.widen(p.left+i, c.width)
	}
}

// seal writes the column widths; nothing may be added afterwards.
func (p *page) seal() {
	if p.sealed {
		return
	}
	p.sealed = true
	p.breakPages()
	for i, w := range p.widths {
		if w > 0 {
			c := column(i + 1)
			p.b.fail(p.b.file.SetColWidth(p.name, c, c, w))
		}
	}
}

// set stores a value with a style in a cell.
func (p *page) set(c, r int, v value, style int) {
	ref, f, b := cellRef(c, r), p.b.file, p.b
	v = b.census.stored(v)
	if b.opt.placed != nil {
		b.opt.placed(p.name, ref, v)
	}
	if v.formula != "" {
		b.compute(p.part, ref, v)
		b.fail(f.SetCellFormula(p.name, ref, v.formula))
		b.fail(f.SetCellStyle(p.name, ref, ref, style))
		return
	}
	switch v.kind {
	case number:
		b.fail(f.SetCellFloat(p.name, ref, v.num, -1, 64))
	case textual:
		b.fail(f.SetCellStr(p.name, ref, v.text))
	}
	b.fail(f.SetCellStyle(p.name, ref, ref, style))
}

// height makes row r so many points high, or leaves it higher for a block beside.
func (p *page) height(r int, h float64) {
	p.heights[r] = min(max(h, p.heights[r]), 400)
	p.b.fail(p.b.file.SetRowHeight(p.name, r, p.heights[r]))
}

// gap leaves n rows free.
func (p *page) gap(n int) { p.row += n }

// title opens a presentation sheet: what it is, and as of when.
func (p *page) title(title, subtitle string) {
	b := p.b
	p.set(p.left, p.row, str(title), b.style(look{size: 20, bold: true, colour: ruleDark}))
	p.height(p.row, 32)
	p.set(p.left, p.row+1, str(subtitle), b.style(look{colour: inkSoft}))
	p.height(p.row+1, 18)
	for c := p.left; c <= p.right(); c++ {
		ref := cellRef(c, p.row+2)
		b.fail(b.file.SetCellStyle(p.name, ref, ref, b.style(look{top: ruleDark})))
	}
	p.height(p.row+2, 10)
	p.row += 3
}

// section heads a block; note, where given, stands under the heading.
func (p *page) section(heading, note string) {
	p.begin()
	p.sectionAt(p.left, heading, note)
}

func (p *page) sectionAt(c int, heading, note string) {
	p.set(c, p.row, str(heading), p.b.style(look{size: 13, bold: true, colour: ruleDark}))
	p.height(p.row, 24)
	p.row++
	if note != "" {
		p.paragraph(note, look{colour: inkSoft}, c, p.right())
	}
}

// note is a paragraph across the page; a footnote is a smaller one.
func (p *page) note(text string) { p.paragraph(text, look{}, p.left, p.right()) }

func (p *page) footnote(text string) {
	p.paragraph(text, look{size: 9, colour: inkSoft}, p.left, p.right())
}

// callout is a sentence in a filled box: the thing to read first.
func (p *page) callout(text string) {
	p.paragraph(text, look{size: 12, fill: tileFill, left: accent, indent: 1}, p.left, p.right())
}

// warning is a sentence on a yellow ground.
func (p *page) warning(text string) {
	p.paragraph(text, look{fill: warnFill, colour: warnInk, indent: 1}, p.left, p.right())
}

// paragraph lays text across columns from..to, wrapped, as high as it needs.
func (p *page) paragraph(text string, l look, from, to int) {
	l.wrap, l.align = true, "left"
	if to > from {
		p.b.fail(p.b.file.MergeCell(p.name, cellRef(from, p.row), cellRef(to, p.row)))
	}
	style := p.b.style(l)
	for c := from; c <= to; c++ {
		ref := cellRef(c, p.row)
		p.b.fail(p.b.file.SetCellStyle(p.name, ref, ref, style))
	}
	p.set(from, p.row, str(text), style)
	var width float64
	for _, w := range p.widths[from-1 : to] {
		width += w
	}
	size := l.size
	if size == 0 {
		size = textSize
	}
	pad := 5.0
	switch l.fill {
	case tileFill:
		pad = 12
	case warnFill:
		pad = 7
	}
	p.height(p.row, float64(lines(text, (width-2)*textSize/size))*size*1.32+pad)
	p.row++
}

// tile is one headline number.
type tile struct {
	label, detail string
	value         value
	change        value
	good          int
	warn          bool
	link          string
}

// tiles puts headline numbers side by side, one a column.
func (p *page) tiles(ts []tile) {
	b, f := p.b, p.b.file
	top := p.row
	base := look{fill: tileFill, left: accent, indent: 1, align: "left"}
	for i, t := range ts {
		c := p.left + i
		label, big, change, detail := base, base, base, base
		label.colour, label.wrap, label.size = inkSoft, true, 9
		label.valign = "bottom"
		big.size, big.bold, big.colour = 20, true, ruleDark
		big.number = tileNumber(t.value.as)
		change.colour, change.bold = inkSoft, true
		if t.change.kind == number && t.good != 0 && t.change.num != 0 {
			change.colour = badInk
			if (t.change.num > 0) == (t.good > 0) {
				change.colour = goodInk
			}
		}
		change.number = tileChange(t.change.as)
		detail.colour, detail.size, detail.wrap, detail.valign = inkSoft, 9, true, "top"
		p.set(c, top, str(t.label), b.style(label))
		p.set(c, top+1, t.value, b.style(big))
		if t.value.kind == blank {
			p.set(c, top+1, str("not known"), b.style(big))
		}
		p.set(c, top+2, t.change, b.style(change))
		if t.change.kind == blank {
			p.set(c, top+2, str("no earlier figure"), b.style(detail))
		}
		text := t.detail
		if t.warn {
			text = strings.TrimSpace(text + "\n! see the warning below")
		}
		p.set(c, top+3, str(text), b.style(detail))
		if t.link != "" {
			b.fail(f.SetCellHyperLink(p.name, cellRef(c, top), t.link, "Location"))
		}
	}
	for i, h := range []float64{32, 32, 17, 30} {
		p.height(top+i, h)
	}
	p.row += 4
}

// tileNumber shortens large numbers to thousands and millions.
func tileNumber(f format) string {
	if f == asMoney {
		return `[>=1000000]#,##0.0,,"m";[>=10000]#,##0,"k";#,##0`
	}
	return formats[f].number
}

// tileChange marks the direction of a change with an arrow as well as a colour.
func tileChange(f format) string {
	n := strings.Split(formats[f].number, ";")
	if len(n) < 3 {
		return formats[f].number
	}
	bare := strings.TrimPrefix(n[0], "+")
	return "▲ +" + bare + ";▼ -" + bare + `;"no change"`
}

// links lists places in this workbook, one a row.
func (p *page) linkList(targets [][3]string) {
	b := p.b
	name := b.style(look{colour: accent, underline: true})
	text := b.style(look{colour: inkSoft})
	for _, t := range targets {
		p.set(p.left, p.row, str(t[0]), name)
		p.set(p.left+1, p.row, str(t[2]), text)
		b.fail(b.file.SetCellHyperLink(p.name, cellRef(p.left, p.row), t[1], "Location"))
		p.height(p.row, 17)
		p.row++
	}
}

// freeze keeps rows above r and columns left of c in view.
func (p *page) freeze(c, r int) {
	pane := "bottomRight"
	switch {
	case c <= 1 && r <= 1:
		return
	case c <= 1:
		pane = "bottomLeft"
	case r <= 1:
		pane = "topRight"
	}
	p.b.fail(p.b.file.SetPanes(p.name, &excelize.Panes{
		Freeze: true, XSplit: c - 1, YSplit: r - 1, TopLeftCell: cellRef(c, r), ActivePane: pane,
		Selection: []excelize.Selection{{SQRef: cellRef(c, r), ActiveCell: cellRef(c, r), Pane: pane}},
	}))
}

// repeat prints header rows (and, when cols > 0, the first columns) on each page.
func (p *page) repeat(firstRow, lastRow, cols int) {
	p.titles.first, p.titles.last = firstRow, lastRow
	quoted := quoteSheet(p.name)
	ref := quoted + "!$" + itoa(firstRow) + ":$" + itoa(lastRow)
	if cols > 0 {
		ref = quoted + "!$A:$" + column(cols) + "," + ref
	}
	p.b.fail(p.b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: ref, Scope: p.name}))
}

func column(c int) string {
	name, _ := excelize.ColumnNumberToName(c) // c is a small positive number
	return name
}

func cellRef(c, r int) string { return column(c) + itoa(r) }

func absRef(sheet string, c, r int) string {
	return quoteSheet(sheet) + "!$" + column(c) + "$" + itoa(r)
}

// quoteSheet writes a sheet name as references need it.
func quoteSheet(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }

// lines estimates how many lines a text takes in a column of a width given in
// digits of the standard size, breaking between words.
func lines(text string, width float64) int {
	if width < 4 {
		width = 4
	}
	n := 0
	for part := range strings.SplitSeq(text, "\n") {
		n++
		var used float64
		for word := range strings.FieldsSeq(part) {
			w := advance(word)
			switch {
			case used == 0:
			case used+advance(" ")+w > width:
				n++
				used = 0
			default:
				used += advance(" ")
			}
			for used += w; used > width; used -= width {
				n++
			}
		}
	}
	return n
}

// advance estimates the width of a text in digits of the same size.
func advance(s string) float64 {
	w := 0.0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case strings.ContainsRune("iljtfr.,:;'|!()[] ", r):
			w += 0.56
		case r == 'm' || r == 'w' || r == 'M' || r == 'W' || r == '%' || r == '@':
			w += 1.5
		case r >= 'A' && r <= 'Z':
			w += 1.22
		case r >= 0x2E80:
			w += 1.9
		default:
			w++
		}
	}
	return w
}
