package reports

import "slices"

// A sheet is fitted to the width of the paper; where a page ends is then decided
// here, so that no chart and no small table is cut in two.

// Points a page of landscape paper has between its margins, and points a sheet's
// rows and columns take.
const (
	pageWidthA4, pageHeightA4         = 842 - 0.8*72, 595 - 1.1*72
	pageWidthLetter, pageHeightLetter = 792 - 0.8*72, 612 - 1.1*72
	standardRow                       = 15.0
	pointsPerWidth                    = 5.25 // one digit of the standard size
)

// begin notes that a block begins at the next free row.
func (p *page) begin() {
	if n := len(p.starts); n == 0 || p.starts[n-1] < p.row {
		p.starts = append(p.starts, p.row)
	}
}

// newPage prints what follows on a page of its own.
func (p *page) newPage() {
	p.begin()
	p.forced[p.row] = true
}

// breakPages ends pages before blocks that would otherwise be cut: those that fit on
// a page and not on the rest of this one, unless that would leave most of it empty,
// and those whose heading would stand alone at its foot. A longer block is cut where
// the page is full, so that no program counts otherwise. Rows below a streamed table,
// whose heights are not known here, are left to the reader's program.
func (p *page) breakPages() {
	end := p.row
	if p.lastRow > 0 {
		end = min(end, p.lastRow)
	}
	high := func(from, to int) float64 {
		var h float64
		for r := from; r < to; r++ {
			if x, ok := p.heights[r]; ok {
				h += x
			} else {
				h += standardRow
			}
		}
		return h
	}
	room := p.printedHeight()
	used := 0.0 // of the page so far
	cut := func(r int) {
		p.broken = append(p.broken, r)
		p.b.fail(p.b.file.InsertPageBreak(p.name, cellRef(1, r)))
		used = 0
		if p.titles.last > 0 && r > p.titles.last {
			used = high(p.titles.first, p.titles.last+1)
		}
	}
	for r := 1; r < end; r++ {
		if k, ok := slices.BinarySearch(p.starts, r); ok && r > 1 {
			next := end
			if k+1 < len(p.starts) {
				next = p.starts[k+1]
			}
			block := high(r, min(next, end)) - standardRow // the last row is a gap
			free := room - used
			full := block > free && (free < room/4 || free < 0.65*room && block <= room)
			if p.forced[r] || full && !p.whole && used > 0 {
				cut(r)
			}
		}
		h := high(r, r+1)
		if used+h > room && !p.whole {
			cut(r)
		}
		used += h
	}
}

// points is how far the first n columns reach.
func (p *page) points(n int) float64 {
	var width float64
	for _, w := range p.widths[:min(n, len(p.widths))] {
		width += w * pointsPerWidth
	}
	return width
}

// printedHeight is how many points of rows a page holds once the sheet is fitted to
// its width.
func (p *page) printedHeight() float64 {
	wide, room := float64(pageWidthA4), float64(pageHeightA4)
	if p.b.opt.Letter {
		wide, room = pageWidthLetter, pageHeightLetter
	}
	width := max(p.across, p.points(len(p.widths)))
	return room * max(1, width/wide) * 0.98
}
