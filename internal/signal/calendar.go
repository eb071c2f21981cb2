package signal

import (
	"slices"

	"accounthealth/internal/population"
)

// calendar maps days to positions in an ascending list of as-of dates.
type calendar struct {
	dates []int32
	first int32
	index []int32 // by day - first: the position of the first date not before it
}

// maxSpan bounds the lookup table; beyond it positions are searched for.
const maxSpan = 1 << 16

func newCalendar(dates []int32) *calendar {
	c := &calendar{dates: dates, first: dates[0]}
	last := dates[len(dates)-1]
	if span := int64(last) - int64(c.first) + 1; span <= maxSpan {
		c.index = make([]int32, span)
		k := int32(0)
		for i := range c.index {
			for dates[k] < c.first+int32(i) {
				k++
			}
			c.index[i] = k
		}
	}
	return c
}

// from returns the position of the first date not before d, len(dates) if none.
func (c *calendar) from(d int64) int32 {
	i := d - int64(c.first)
	switch {
	case i <= 0:
		return 0
	case d > int64(c.dates[len(c.dates)-1]):
		return int32(len(c.dates))
	case c.index != nil:
		return c.index[i]
	}
	k, _ := slices.BinarySearch(c.dates, int32(d))
	return int32(k)
}

// upto returns the position of the last date not after d, -1 if none.
func (c *calendar) upto(d int64) int32 { return c.from(d+1) - 1 }

// position returns the position of exactly d, or -1.
func (c *calendar) position(d int32) int32 {
	if k, ok := slices.BinarySearch(c.dates, d); ok {
		return int32(k)
	}
	return -1
}

// holidays is a set of days on which nobody is expected to work.
type holidays []int32

func newHolidays(days []int32) holidays {
	h := slices.Clone(days)
	slices.Sort(h)
	return h
}

// working reports whether d is neither Saturday, Sunday nor a holiday.
func (h holidays) working(d int32) bool {
	if d == population.NoDay {
		return false
	}
	weekday := ((int64(d)+4)%7 + 7) % 7 // day 0 is a Thursday; 0 is Sunday
	if weekday == 0 || weekday == 6 {
		return false
	}
	_, off := slices.BinarySearch(h, d)
	return !off
}
