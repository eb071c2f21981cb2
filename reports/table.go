package reports

import (
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// col declares one column of a table over rows of type T.
type col[T any] struct {
	head  string
	help  string  // shown when the reader points at the heading
	as    format  // how values are shown
	width float64 // 0 = what the page has
	bar   bool    // a data bar behind the numbers
	heat  bool    // shaded by size, on one scale with the heat columns beside it
	entry bool    // for the reader to write into
	full  float64 // what a whole bar stands for; 0 = the largest of the column
	due   bool    // a date in red once it has passed
	spill int     // columns behind the table, without cells of their own, that its text may run into
	get   func(T) value
	link  func(T) string // a formula for a place in this workbook, "" = none
}

// table declares a table: rows, columns, and the name it is referenced by.
type table[T any] struct {
	name  string // structured name
	cols  []col[T]
	rows  []T
	at    int // first column; 0 = the page's left edge
	total []T // rows under the table, set apart and outside of it
	bare  bool
	emph  func(T) bool // rows in bold
}

// area is where a table's cells ended up.
type area struct {
	sheet      string
	left, head int // first column, header row
	cols, rows int
}

func (a area) first() int { return a.head + 1 }
func (a area) last() int  { return a.head + max(a.rows, 1) }

// values is the absolute reference of column i's data.
func (a area) values(i int) string {
	c := "$" + column(a.left+i) + "$"
	return quoteSheet(a.sheet) + "!" + c + itoa(a.first()) + ":" + c + itoa(a.last())
}

// heading is the absolute reference of column i's header cell.
func (a area) heading(i int) string { return absRef(a.sheet, a.left+i, a.head) }

// put lays out a table and moves the page below it.
func put[T any](p *page, t table[T]) area {
	a := header(p, t, len(t.rows))
	for i, row := range t.rows {
		putRow(p, t, a, a.first()+i, row, look{bottom: rule, bold: t.emph != nil && t.emph(row)})
	}
	if len(t.rows) == 0 { // a table object needs one row
		for i, c := range t.cols {
			p.set(a.left+i, a.first(), value{}, p.b.style(bodyLook(c.as, i == 0, look{bottom: rule})))
		}
	}
	for i, c := range t.cols {
		p.spill(a.left+i, a.head, c.spill, look{fill: headFill})
		for r := a.first(); r <= a.last(); r++ {
			p.spill(a.left+i, r, c.spill, look{bottom: rule})
		}
	}
	p.row = a.last() + 1
	for _, row := range t.total {
		putRow(p, t, a, p.row, row, look{bold: true, top: ruleDark})
		p.row++
	}
	adorn(p, t, a)
	return a
}

// maxLinks is how many rows of a streamed table carry links: those that are read
// rather than filtered. Each is a search when the workbook is calculated.
const maxLinks = 1000

// stream lays out a table's header and leaves its n rows to be written when the
// file is packed; rows are then asked for in order, once.
func stream[T any](p *page, t table[T], n int, row func(i int) T) area {
	a := header(p, t, n)
	adorn(p, t, a)
	if p.lastRow == 0 {
		p.lastRow = a.first()
	}
	b := p.b
	var styles [len(formats)]int // of cells right of the first column
	for f := range formats {
		styles[f] = b.style(bodyLook(format(f), false, look{bottom: rule}))
	}
	columns := make([]string, len(t.cols))
	ids := make([]int, len(t.cols))
	var wraps []int
	for i, c := range t.cols {
		columns[i], ids[i] = column(a.left+i), b.style(c.look(bodyLook(c.as, i == 0, look{bottom: rule})))
		if c.as == asWrap {
			wraps = append(wraps, i)
		}
	}
	links := make([]int, len(t.cols)) // style of linked cells, 0 = none
	for i, c := range t.cols {
		if c.link == nil {
			continue
		}
		links[i] = b.style(bodyLook(c.as, i == 0, look{bottom: rule, colour: accent, underline: true}))
	}
	b.fail(b.file.SetSheetDimension(p.name, "A1:"+cellRef(a.left+a.cols-1, a.last())))
	widths := p.widths
	var placed func(string, value)
	if b.opt.placed != nil {
		placed = func(cell string, v value) { b.opt.placed(p.name, cell, v) }
	}
	b.fillings = append(b.fillings, filling{part: p.part, placed: placed, rows: func(w *rowWriter) error {
		vs := make([]value, len(t.cols))
		for i := range n {
			r := row(i)
			for k := range t.cols {
				vs[k] = t.cols[k].get(r)
			}
			height := 0.0
			for _, k := range wraps {
				height = max(height, rowHeight(lines(vs[k].text, textRoom(widths[a.left+k-1], k))))
			}
			w.begin(a.first()+i, height)
			for k := range vs {
				style := ids[k]
				if links[k] > 0 && i < maxLinks {
					if target := t.cols[k].link(r); target != "" {
						vs[k], style = vs[k].leading(target), links[k]
					}
				}
				if as := vs[k].as; as != inherit {
					style = styles[as]
				}
				w.cell(columns[k], style, vs[k])
			}
			if err := w.end(); err != nil {
				return err
			}
		}
		return nil
	}})
	p.row = a.last() + 1
	return a
}

// header writes the heading row of a table of n rows.
func header[T any](p *page, t table[T], n int) area {
	b := p.b
	a := area{sheet: p.name, left: p.left, head: p.row, cols: len(t.cols), rows: n}
	if t.at > 0 {
		a.left = t.at
	}
	seen := map[string]bool{}
	high := 1
	for i, c := range t.cols {
		p.widen(a.left+i, c.width)
		head := b.census.clean(c.head)
		for n := 2; seen[strings.ToLower(head)] || head == ""; n++ {
			head = strings.TrimSpace(c.head + " " + itoa(n))
		}
		seen[strings.ToLower(head)] = true
		l := look{bold: true, colour: headInk, fill: headFill, wrap: true, align: formats[c.as].align}
		switch {
		case l.align == "right" && !t.bare:
			l.indent = 2 // room for the filter button
		case l.align == "right", l.align == "left" && i > 0:
			l.indent = 1
		}
		p.set(a.left+i, a.head, str(head), b.style(l))
		room := p.widths[a.left+i-1] - 2.5
		if !t.bare {
			room -= 1.5
		}
		high = max(high, lines(head, room/1.08))
		if c.help != "" {
			b.fail(b.file.AddComment(p.name, excelize.Comment{
				Author: "accounthealth", Cell: cellRef(a.left+i, a.head),
				Paragraph: []excelize.RichTextRun{{Text: c.help, Font: &excelize.Font{Size: 9, Family: typeface}}},
				Width:     240, Height: uint(24 + 15*lines(c.help, 34)),
			}))
		}
	}
	p.height(a.head, float64(high)*13.5+9)
	return a
}

func putRow[T any](p *page, t table[T], a area, r int, row T, base look) {
	b := p.b
	high := 1
	for i, c := range t.cols {
		v := c.get(row)
		as := c.as
		if v.as != inherit {
			as = v.as
		}
		l := c.look(bodyLook(as, i == 0, base))
		if c.link != nil && v.kind != blank {
			if target := c.link(row); target != "" {
				l.colour, l.underline = accent, true
				v = v.leading(target)
			}
		}
		p.set(a.left+i, r, v, b.style(l))
		if formats[as].wrap {
			high = max(high, lines(v.text, textRoom(p.widths[a.left+i-1], i)))
		}
	}
	p.height(r, rowHeight(high))
}

// textRoom is the room for a text in a cell of the i-th column of a table: its width
// less the padding, and less the indent that all but the first column have.
func textRoom(width float64, i int) float64 {
	if i > 0 {
		return width - 2.2
	}
	return width - 1
}

// spill goes on with the look of a cell over the n cells to its right, which hold
// nothing of their own.
func (p *page) spill(c, r, n int, l look) {
	for k := 1; k <= n; k++ {
		ref := cellRef(c+k, r)
		p.b.fail(p.b.file.SetCellStyle(p.name, ref, ref, p.b.style(l)))
	}
}

func rowHeight(lines int) float64 { return min(float64(lines)*13.2+5, 400) }

// look marks the cells of a column to write into.
func (c *col[T]) look(l look) look {
	if c.entry {
		l.open, l.fill = true, openFill
	}
	return l
}

// bodyLook is the look of a data cell of a format.
// first: the column starts the table, flush with the page's headings.
func bodyLook(as format, first bool, l look) look {
	f := formats[as]
	l.align, l.wrap, l.number = f.align, f.wrap, f.number
	if l.align == "right" || l.align == "left" && !first {
		l.indent = 1
	}
	return l
}

// adorn adds what belongs to the whole table: the table object, the colours of
// bands, data bars, and the mark that ids are meant to be text.
func adorn[T any](p *page, t table[T], a area) {
	b, f := p.b, p.b.file
	for i, c := range t.cols {
		span := cellRef(a.left+i, a.first()) + ":" + cellRef(a.left+i, a.last())
		switch {
		case c.as == asBand:
			b.fail(f.SetConditionalFormat(p.name, span, b.bandRules()))
		case c.as == asID:
			b.fail(f.AddIgnoredErrors(p.name, span, excelize.IgnoredErrorsNumberStoredAsText))
		case c.heat && i > 0 && t.cols[i-1].heat:
			// shaded together with the column before
		case c.heat:
			last := i
			for last+1 < len(t.cols) && t.cols[last+1].heat {
				last++
			}
			span = cellRef(a.left+i, a.first()) + ":" + cellRef(a.left+last, a.last())
			b.fail(f.SetConditionalFormat(p.name, span, []excelize.ConditionalFormatOptions{{
				Type: "2_color_scale", Criteria: "=", MinType: "num", MinValue: "0", MaxType: "max", MinColor: "#FFFFFF", MaxColor: "#" + accentLo,
			}}))
		case c.due:
			b.fail(f.SetConditionalFormat(p.name, span, []excelize.ConditionalFormatOptions{{
				Type: "cell", Criteria: "<", Value: strconv.Itoa(int(day(b.about.asOf).num)), Format: b.dxf("", badInk, true),
			}}))
		case c.bar:
			bar := excelize.ConditionalFormatOptions{
				Type: "data_bar", Criteria: "=", MinType: "num", MinValue: "0", MaxType: "max", BarColor: "#" + accentLo, BarSolid: true,
			}
			if c.full > 0 {
				bar.MaxType, bar.MaxValue = "num", strconv.FormatFloat(c.full, 'f', -1, 64)
			}
			b.fail(f.SetConditionalFormat(p.name, span, []excelize.ConditionalFormatOptions{bar}))
		}
	}
	if t.name == "" {
		return
	}
	name := definedName(t.name)
	b.names[strings.ToUpper(name)] = true
	b.bare[name] = t.bare
	b.fail(f.AddTable(p.name, &excelize.Table{
		Range: cellRef(a.left, a.head) + ":" + cellRef(a.left+a.cols-1, a.last()), Name: name, ShowRowStripes: ptr(false),
	}))
	b.shelve(name)
}

// bandRules colours a cell by the status it names.
func (b *book) bandRules() []excelize.ConditionalFormatOptions {
	var rules []excelize.ConditionalFormatOptions
	for _, band := range b.bands {
		rules = append(rules, excelize.ConditionalFormatOptions{
			Type: "cell", Criteria: "==", Value: `"` + strings.ReplaceAll(band.name, `"`, `""`) + `"`,
			Format: b.dxf(band.tone.fill, band.tone.ink, true),
		})
	}
	return rules
}
