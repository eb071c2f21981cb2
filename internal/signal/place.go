package signal

import (
	"fmt"
	"strings"

	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/source"
)

// placement decides as of which dates a row counts; aggregates that differ only
// in what they compute share it.
type placement struct {
	agg   plan.Agg // At, From, Until, Window, Shift, Days, Where
	carry bool     // once a row counts it counts for ever

	at          []int // positions of the At columns
	from, until int   // -1 where none
	conds       []condition
	spots       []spot // of the current batch
}

// place returns the index of an aggregate's placement.
func (f *feed) place(a *plan.Agg) int {
	own := plan.Agg{At: a.At, From: a.From, Until: a.Until, Window: a.Window, Shift: a.Shift, Days: a.Days, Where: a.Where}
	for i, p := range f.places {
		if fmt.Sprintf("%+v", p.agg) == fmt.Sprintf("%+v", own) {
			return i
		}
	}
	p := &placement{agg: own, carry: f.in.Layout == source.Events && a.Window == 0 && a.Until == ""}
	for i := range a.Where {
		if col, _ := f.in.Column(a.Where[i].Column); col.Role == source.Time {
			p.carry = false // a null that is filled later ends the row's time
		}
	}
	f.places = append(f.places, p)
	return len(f.places) - 1
}

// bind finds the placement's columns among those read.
func (p *placement) bind(f *feed) {
	p.at = p.at[:0]
	for _, name := range p.agg.At {
		p.at = append(p.at, f.position(name))
	}
	p.from, p.until = f.position(p.agg.From), f.position(p.agg.Until)
	p.conds = p.conds[:0]
	for i := range p.agg.Where {
		p.conds = append(p.conds, condition{Cond: &p.agg.Where[i], column: f.position(p.agg.Where[i].Column)})
	}
}

// window is what the layout says about a batch's rows: the account, the range of
// dates as of which the row was known, and the moment that places it where the
// aggregate names no date of its own.
type window struct {
	acct   []int32 // -1: the row is not used
	lo, hi []int32
	micros []int64
	days   []int32

	first, last int32 // the span of the days of rows that are used; first > last where none has one
}

// apply fills p.spots with the batch's rows that count as of some date.
func (p *placement) apply(b *intake.Batch, w *window, cal *calendar, off holidays) {
	p.spots = p.spots[:0]
	for i := range p.conds {
		p.conds[i].prepare(&b.Columns[p.conds[i].column])
	}
	own := p.from >= 0 || len(p.at) > 0
	if !own && p.misses(w, cal) {
		return
	}
	// Rows of a day come together, so its dates are looked up once.
	day := population.NoDay
	from, upto := p.dates(day, cal, off)
	for i := range b.Len {
		if w.acct[i] < 0 {
			continue
		}
		s := spot{micros: w.micros[i], day: w.days[i]}
		if own && !p.moment(b, i, &s) {
			continue
		}
		if s.day != day {
			day = s.day
			from, upto = p.dates(day, cal, off)
		}
		if s.lo, s.hi = max(w.lo[i], from), min(w.hi[i], upto); s.lo > s.hi {
			continue
		}
		s.row, s.acct = int32(i), w.acct[i]
		if p.until >= 0 {
			switch c := &b.Columns[p.until]; c.Status[i] {
			case intake.Known:
				s.hi = min(s.hi, cal.upto(int64(c.Days[i])-1))
			case intake.Bad:
				s.bad = true
			}
		}
		keep := true
		for k := range p.conds {
			if keep = p.conds[k].test(&b.Columns[p.conds[k].column], i, &s, cal); !keep {
				break
			}
		}
		if keep && s.lo <= s.hi {
			p.spots = append(p.spots, s)
		}
	}
}

// dates returns the dates, by position, as of which rows of a day count.
func (p *placement) dates(day int32, cal *calendar, off holidays) (from, upto int32) {
	window, shift := int64(p.agg.Window), int64(p.agg.Shift)
	from, upto = 0, int32(len(cal.dates))-1
	switch {
	case day != population.NoDay:
		from = cal.from(int64(day) + shift)
		if window > 0 {
			upto = cal.upto(int64(day) + shift + window - 1)
		}
	case window > 0:
		return 0, -1 // a source without dates has no window
	}
	if p.agg.Days == plan.WorkingDays && !off.working(day) {
		return 0, -1
	}
	return from, upto
}

// misses reports whether no row of the batch can lie in the window of any date,
// which spares most batches of a source that is written day by day.
func (p *placement) misses(w *window, cal *calendar) bool {
	window, shift := int64(p.agg.Window), int64(p.agg.Shift)
	return window > 0 && (w.first > w.last || cal.from(int64(w.first)+shift) > cal.upto(int64(w.last)+shift+window-1))
}

// moment places a row by its own dates; false where they are null or unusable.
func (p *placement) moment(b *intake.Batch, i int, s *spot) bool {
	if p.from >= 0 {
		c := &b.Columns[p.from]
		s.micros, s.day = micros(c, i)
		return c.Status[i] == intake.Known
	}
	for _, k := range p.at {
		switch c := &b.Columns[k]; c.Status[i] {
		case intake.Known:
			s.micros, s.day = micros(c, i)
			return true
		case intake.Bad:
			return false // a row that cannot be placed is used as of no date
		}
	}
	return false
}

func micros(c *intake.Column, i int) (int64, int32) { return int64(c.Micros[i]), c.Days[i] }

// condition is one Where clause bound to a column.
type condition struct {
	*plan.Cond
	column int

	dict  *intake.Dict // the dictionary that pass is for
	pass  []bool       // by code
	flags [2]bool      // false, true
}

func (c *condition) in(word string) bool {
	for _, w := range c.In {
		if strings.EqualFold(strings.TrimSpace(w), strings.TrimSpace(word)) {
			return true
		}
	}
	return false
}

// prepare evaluates the words of a dictionary once.
func (c *condition) prepare(col *intake.Column) {
	c.flags = [2]bool{c.in("false") != c.Not, c.in("true") != c.Not}
	if col.Dict == nil || c.dict == col.Dict {
		return
	}
	c.dict, c.pass = col.Dict, make([]bool, len(col.Dict.Words))
	for i, w := range col.Dict.Words {
		c.pass[i] = c.in(w) != c.Not
	}
}

// test reports whether the row may count, narrowing the dates as of which it
// does: a date after t reads as null as of t. An unusable value decides nothing;
// it makes the row a flaw.
func (c *condition) test(col *intake.Column, i int, s *spot, cal *calendar) bool {
	switch col.Status[i] {
	case intake.Bad:
		s.bad = true
		return true
	case intake.Null:
		return c.Null
	}
	switch col.Role {
	case source.Text, source.ID:
		return c.pass[col.Codes[i]]
	case source.Flag:
		if col.Flags[i] {
			return c.flags[1]
		}
		return c.flags[0]
	case source.Time: // presence is all that a time is tested for
		if !c.Not {
			if !c.Null {
				return false
			}
			s.hi = min(s.hi, cal.upto(int64(col.Days[i])-1))
		} else if !c.Null {
			s.lo = max(s.lo, cal.from(int64(col.Days[i])))
		}
		return s.lo <= s.hi
	}
	if c.Bounded {
		x := col.Numbers[i]
		return x >= c.AtLeast && x < c.Below
	}
	return c.Not // presence
}

// matches reports whether a row satisfies the conditions that do not depend on
// the date, an unusable value counting as satisfied.
func (p *placement) matches(b *intake.Batch, i int) bool {
	var s spot
	for k := range p.conds {
		c := &b.Columns[p.conds[k].column]
		if c.Role != source.Time && !p.conds[k].test(c, i, &s, nil) {
			return false
		}
	}
	return true
}
