package signal

import (
	"math"

	"accounthealth/internal/intake"
	"accounthealth/internal/population"
)

// latestCell is the newest usable row; ties go to the greater value.
type latestCell struct {
	micros int64
	value  float64
	known  bool
}

func (c *latestCell) offer(b latestCell) {
	if b.known && (!c.known || b.micros > c.micros || b.micros == c.micros && b.value > c.value) {
		*c = b
	}
}

type latestCells struct {
	grid
	cells []latestCell
	// unusable[cell] is the moment of the newest unusable row; nil until one
	// turns up.
	unusable []int64
}

func (c *latestCells) add(spots []spot, v, _ *values) {
	for i := range spots {
		s := spots[i]
		lo, hi, ok, flaw := usable(c.grid, &s, v)
		if flaw {
			c.mark(&s)
		}
		if !ok {
			continue
		}
		cell := latestCell{s.micros, v.x[s.row], true}
		for k := lo; k <= hi; k += c.accounts {
			c.cells[k].offer(cell)
		}
	}
}

func (c *latestCells) mark(s *spot) {
	if c.unusable == nil {
		c.unusable = make([]int64, len(c.cells))
		for i := range c.unusable {
			c.unusable[i] = math.MinInt64
		}
	}
	hi := s.hi
	if c.carry {
		hi = s.lo
	}
	for k := s.lo; k <= hi; k++ {
		cell := &c.unusable[int(k)*c.accounts+int(s.acct)]
		*cell = max(*cell, s.micros)
	}
}

func (c *latestCells) finish() {
	for k := c.accounts; c.carry && k < len(c.cells); k++ {
		c.cells[k].offer(c.cells[k-c.accounts])
		if c.unusable != nil {
			c.unusable[k] = max(c.unusable[k], c.unusable[k-c.accounts])
		}
	}
}

func (c *latestCells) read(cell int) reading {
	at := &c.cells[cell]
	r := reading{newest: population.NoDay}
	if at.known {
		r = reading{n: 1, value: at.value, micros: at.micros, newest: dayOf(at.micros)}
	}
	if c.unusable != nil && c.unusable[cell] != math.MinInt64 {
		bad := c.unusable[cell]
		r.bad = !at.known || bad >= at.micros
		if !at.known || bad > at.micros {
			r = reading{micros: bad, newest: population.NoDay, bad: true, invalid: true}
		}
	}
	return r
}

func dayOf(micros int64) int32 {
	if micros == undatedMicros {
		return population.NoDay
	}
	return intake.DayOf(micros)
}

// undatedMicros is the moment of rows whose source knows no time.
const undatedMicros = math.MinInt64 + 1

// maxByCell is the row whose By is greatest; ties go to the greater value.
type maxByCell struct {
	by, value float64
	day       int32
	known     bool
}

func (c *maxByCell) offer(b maxByCell) {
	switch {
	case !b.known:
	case !c.known || b.by > c.by || b.by == c.by && b.value > c.value:
		*c = b
	case b.by == c.by && b.value == c.value:
		c.day = max(c.day, b.day)
	}
}

type maxByCells struct {
	grid
	cells []maxByCell
	flaws flaws
}

func (c *maxByCells) add(spots []spot, v, by *values) {
	for i := range spots {
		s := spots[i]
		switch by.status[s.row] {
		case intake.Null:
			continue // nothing to rank the row by
		case intake.Bad:
			s.bad = true
		default:
			if by.from != nil {
				s.lo = max(s.lo, by.from[s.row])
			}
		}
		if s.lo > s.hi {
			continue
		}
		lo, hi, ok, flaw := usable(c.grid, &s, v)
		if flaw {
			c.flaws.mark(c.grid, &s)
		}
		if !ok {
			continue
		}
		cell := maxByCell{by.x[s.row], v.x[s.row], s.day, true}
		for k := lo; k <= hi; k += c.accounts {
			c.cells[k].offer(cell)
		}
	}
}

func (c *maxByCells) finish() {
	c.flaws.finish(c.grid)
	for k := c.accounts; c.carry && k < len(c.cells); k++ {
		c.cells[k].offer(c.cells[k-c.accounts])
	}
}

func (c *maxByCells) read(cell int) reading {
	at := &c.cells[cell]
	r := reading{newest: population.NoDay, bad: c.flaws.at(cell)}
	if at.known {
		r.n, r.value, r.newest = 1, at.value, at.day
	}
	r.invalid = r.bad && r.n == 0
	return r
}
