package signal

import (
	"math/bits"
	"unsafe"

	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
)

// spot is one row of a batch that a placement may use: the account and the
// range of dates, by position, as of which the row counts.
type spot struct {
	micros int64 // what "latest" orders by
	row    int32
	acct   int32
	lo, hi int32
	day    int32 // the placing day
	bad    bool  // a condition or an end that decides about the row is unusable
}

// values is one column as numbers, for the rows of a batch.
type values struct {
	status []intake.Status
	x      []float64
	from   []int32 // time columns: the first date, by position, that knows the value
}

// grid is the shape of a slot's cells: [date][account].
type grid struct {
	dates, accounts int
	// carry: a row that counts once counts for every later date, so only its
	// first date is written and a final pass carries it forward.
	carry bool
}

// reading is what a slot knows about one account as of one date.
type reading struct {
	n       int32 // rows behind the value; 0: no value
	value   float64
	micros  int64 // Latest: the row's moment
	newest  int32
	bad     bool // a row that would count holds an unusable value
	invalid bool // and nothing usable remains, or for Latest it is the newest
}

// cells accumulates one slot. Cells are independent of the order of rows.
type cells interface {
	add(spots []spot, v, by *values)
	finish()
	read(cell int) reading
}

func newCells(s *slot, g grid) cells {
	n := g.dates * g.accounts
	switch s.agg.Func {
	case plan.Latest:
		return &latestCells{grid: g, cells: make([]latestCell, n)}
	case plan.Sum, plan.Mean:
		return &sumCells{grid: g, cells: make([]sumCell, n), mean: s.agg.Func == plan.Mean}
	case plan.Min, plan.Max:
		return &extremeCells{grid: g, cells: make([]extremeCell, n), least: s.agg.Func == plan.Min}
	case plan.MaxBy:
		return &maxByCells{grid: g, cells: make([]maxByCell, n)}
	case plan.Periods:
		return &periodCells{grid: g, cells: make([]periodCell, n), agg: &s.agg, dates: s.dates}
	default:
		return &countCells{grid: g, cells: make([]countCell, n)}
	}
}

// cellBytes is the memory of one of the slot's cells, a flaw included.
func (s *slot) cellBytes() int64 {
	var size uintptr
	switch s.agg.Func {
	case plan.Latest:
		size = unsafe.Sizeof(latestCell{})
	case plan.Sum, plan.Mean:
		size = unsafe.Sizeof(sumCell{})
	case plan.Min, plan.Max:
		size = unsafe.Sizeof(extremeCell{})
	case plan.MaxBy:
		size = unsafe.Sizeof(maxByCell{})
	case plan.Periods:
		size = unsafe.Sizeof(periodCell{})
	default:
		size = unsafe.Sizeof(countCell{})
	}
	return int64(size) + 1
}

// flaws marks cells for which a row with an unusable value would have counted;
// it is allocated when the first one turns up.
type flaws []bool

func (f *flaws) mark(g grid, s *spot) {
	if *f == nil {
		*f = make(flaws, g.dates*g.accounts)
	}
	hi := s.hi
	if g.carry {
		hi = s.lo
	}
	for k := s.lo; k <= hi; k++ {
		(*f)[int(k)*g.accounts+int(s.acct)] = true
	}
}

func (f flaws) at(cell int) bool { return f != nil && f[cell] }

func (f flaws) finish(g grid) {
	if f == nil || !g.carry {
		return
	}
	for c := g.accounts; c < len(f); c++ {
		f[c] = f[c] || f[c-g.accounts]
	}
}

// usable decides what to do with a row: which cells its value goes to, or that
// it is a flaw instead. It narrows s to the dates as of which the value is known.
func usable(g grid, s *spot, v *values) (lo, hi int, ok, flaw bool) {
	if v != nil {
		switch v.status[s.row] {
		case intake.Null:
			return 0, 0, false, false
		case intake.Bad:
			return 0, 0, false, true
		}
		if v.from != nil {
			if s.lo = max(s.lo, v.from[s.row]); s.lo > s.hi {
				return 0, 0, false, false
			}
		}
	}
	if s.bad {
		return 0, 0, false, true
	}
	h := s.hi
	if g.carry {
		h = s.lo
	}
	return int(s.lo)*g.accounts + int(s.acct), int(h)*g.accounts + int(s.acct), true, false
}

type countCell struct{ n, newest int32 }

func (c *countCell) count(n, day int32) {
	if c.n == 0 || day > c.newest {
		c.newest = day
	}
	c.n += n
}

func (c *countCell) carry(b countCell) {
	if b.n > 0 {
		c.count(b.n, b.newest)
	}
}

func (c *countCell) reading(bad bool) reading {
	return reading{n: c.n, newest: c.newest, bad: bad, invalid: bad && c.n == 0}
}

type countCells struct {
	grid
	cells []countCell
	flaws flaws
}

func (c *countCells) add(spots []spot, v, _ *values) {
	for i := range spots {
		s := spots[i]
		lo, hi, ok, flaw := usable(c.grid, &s, v)
		if flaw {
			c.flaws.mark(c.grid, &s)
		}
		for k := lo; ok && k <= hi; k += c.accounts {
			c.cells[k].count(1, s.day)
		}
	}
}

func (c *countCells) finish() {
	c.flaws.finish(c.grid)
	for k := c.accounts; c.carry && k < len(c.cells); k++ {
		c.cells[k].carry(c.cells[k-c.accounts])
	}
}

func (c *countCells) read(cell int) reading {
	r := c.cells[cell].reading(c.flaws.at(cell))
	r.value = float64(r.n)
	return r
}

type sumCell struct {
	sum decimal
	countCell
}

type sumCells struct {
	grid
	cells []sumCell
	flaws flaws
	mean  bool
}

func (c *sumCells) add(spots []spot, v, _ *values) {
	for i := range spots {
		s := spots[i]
		lo, hi, ok, flaw := usable(c.grid, &s, v)
		if flaw {
			c.flaws.mark(c.grid, &s)
		}
		if !ok {
			continue
		}
		x := decimalOf(v.x[s.row])
		for k := lo; k <= hi; k += c.accounts {
			cell := &c.cells[k]
			cell.sum = cell.sum.plus(x)
			cell.count(1, s.day)
		}
	}
}

func (c *sumCells) finish() {
	c.flaws.finish(c.grid)
	for k := c.accounts; c.carry && k < len(c.cells); k++ {
		before := &c.cells[k-c.accounts]
		c.cells[k].sum = c.cells[k].sum.plus(before.sum)
		c.cells[k].countCell.carry(before.countCell)
	}
}

func (c *sumCells) read(cell int) reading {
	at := &c.cells[cell]
	r := at.reading(c.flaws.at(cell))
	switch {
	case r.n == 0:
	case c.mean:
		r.value = at.sum.mean(r.n)
	default:
		r.value = at.sum.float()
	}
	return r
}

type extremeCell struct {
	value float64
	countCell
}

type extremeCells struct {
	grid
	cells []extremeCell
	flaws flaws
	least bool
}

func (c *extremeCells) beats(x, y float64) bool { return c.least && x < y || !c.least && x > y }

func (c *extremeCells) add(spots []spot, v, _ *values) {
	for i := range spots {
		s := spots[i]
		lo, hi, ok, flaw := usable(c.grid, &s, v)
		if flaw {
			c.flaws.mark(c.grid, &s)
		}
		if !ok {
			continue
		}
		x := v.x[s.row]
		for k := lo; k <= hi; k += c.accounts {
			cell := &c.cells[k]
			if cell.n == 0 || c.beats(x, cell.value) {
				cell.value = x
			}
			cell.count(1, s.day)
		}
	}
}

func (c *extremeCells) finish() {
	c.flaws.finish(c.grid)
	for k := c.accounts; c.carry && k < len(c.cells); k++ {
		cell, before := &c.cells[k], &c.cells[k-c.accounts]
		if before.n > 0 && (cell.n == 0 || c.beats(before.value, cell.value)) {
			cell.value = before.value
		}
		cell.countCell.carry(before.countCell)
	}
}

func (c *extremeCells) read(cell int) reading {
	r := c.cells[cell].reading(c.flaws.at(cell))
	r.value = c.cells[cell].value
	return r
}

// periodCell marks the parts of the window in which a row falls.
type periodCell struct {
	parts uint64
	countCell
}

type periodCells struct {
	grid
	cells []periodCell
	flaws flaws
	agg   *plan.Agg
	dates []int32
}

func (c *periodCells) add(spots []spot, v, _ *values) {
	window, parts := int64(c.agg.Window), int64(c.agg.Parts)
	for i := range spots {
		s := spots[i]
		lo, hi, ok, flaw := usable(c.grid, &s, v)
		if flaw {
			c.flaws.mark(c.grid, &s)
		}
		for k := lo; ok && k <= hi; k += c.accounts {
			age := int64(c.dates[k/c.accounts]) - int64(c.agg.Shift) - int64(s.day)
			c.cells[k].parts |= 1 << (age * parts / window)
			c.cells[k].count(1, s.day)
		}
	}
}

func (c *periodCells) finish() {}

func (c *periodCells) read(cell int) reading {
	r := c.cells[cell].reading(c.flaws.at(cell))
	r.value = float64(bits.OnesCount64(c.cells[cell].parts))
	return r
}
