// Package day is calendar arithmetic on whole days. A day is an int32 counted
// from 1970-01-01, always in the reporting time zone: instants are cut into
// days once, where files are read, so nothing here knows a zone or a clock.
package day

import (
	"fmt"
	"time"
)

// None marks an unknown day everywhere in the program.
const None int32 = -1 << 31

// Of returns the day of a civil date. Months and days outside their range roll
// over, as in time.Date.
func Of(year int, month time.Month, d int) int32 {
	return int32(floorDiv(time.Date(year, month, d, 0, 0, 0, 0, time.UTC).Unix(), 86400))
}

// OfTime returns the civil date of t in t's own location.
func OfTime(t time.Time) int32 { return Of(t.Year(), t.Month(), t.Day()) }

// Parse reads an ISO 8601 date, 2006-01-02.
func Parse(s string) (int32, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return None, fmt.Errorf("%q is not a date like 2026-06-30", s)
	}
	return OfTime(t), nil
}

// Time returns midnight UTC of d.
func Time(d int32) time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Format writes d as 2006-01-02, and None as the empty string.
func Format(d int32) string {
	if d == None {
		return ""
	}
	return Time(d).Format(time.DateOnly)
}

// MonthEnd returns the last day of d's month.
func MonthEnd(d int32) int32 {
	t := Time(d)
	return Of(t.Year(), t.Month()+1, 0)
}

// PrevMonthEnd returns the last month-end before d.
func PrevMonthEnd(d int32) int32 {
	t := Time(d)
	return Of(t.Year(), t.Month(), 0)
}

// MonthEnds returns the n month-ends before d, oldest first.
func MonthEnds(d int32, n int) []int32 {
	out := make([]int32, n)
	for i := n - 1; i >= 0; i-- {
		d = PrevMonthEnd(d)
		out[i] = d
	}
	return out
}

// QuarterEnd returns the last day of d's calendar quarter.
func QuarterEnd(d int32) int32 {
	t := Time(d)
	q := (int(t.Month())-1)/3*3 + 3
	return Of(t.Year(), time.Month(q)+1, 0)
}

// NextQuarterEnd returns the first quarter-end after d.
func NextQuarterEnd(d int32) int32 { return QuarterEnd(QuarterEnd(d + 1)) }

// PrevQuarterEnd returns the last quarter-end before d.
func PrevQuarterEnd(d int32) int32 {
	t := Time(d)
	q := (int(t.Month()) - 1) / 3 * 3
	return Of(t.Year(), time.Month(q)+1, 0)
}

// AddMonths moves d by n months, keeping the day of the month where it exists
// and else the month's last day.
func AddMonths(d int32, n int) int32 {
	t := Time(d)
	last := Of(t.Year(), t.Month()+time.Month(n)+1, 0)
	return min(Of(t.Year(), t.Month()+time.Month(n), 1)+int32(t.Day())-1, last)
}

// MonthsBetween returns the number of whole months from a to b, negative when b
// is before a.
func MonthsBetween(a, b int32) int32 {
	if b < a {
		return -MonthsBetween(b, a)
	}
	ta, tb := Time(a), Time(b)
	m := (tb.Year()-ta.Year())*12 + int(tb.Month()) - int(ta.Month())
	if tb.Day() < ta.Day() && b != MonthEnd(b) {
		m--
	}
	return int32(m)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
