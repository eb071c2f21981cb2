package quality

import (
	"slices"

	"accounthealth/internal/framework"
)

// dayCount counts the rows of one day.
type dayCount struct{ rows, zeros, empty int64 }

// flat is how many rows hold nothing: 0, or no usable value.
func (d dayCount) flat() float64 { return float64(d.zeros+d.empty) / float64(max(d.rows, 1)) }

// usualWeeks is how many earlier weeks say what a weekday usually looks like, of
// which leastWeeks must have rows.
const (
	usualWeeks = 8
	leastWeeks = 3
)

// settled is from how many days on values that come after their rows have come.
const settled = 14

// horizon is how many days before the as-of date are counted one by one.
func horizon(window int32) int { return int(window) + 7*usualWeeks }

// ledger counts days backwards from the as-of date, which is entry 0.
type ledger []dayCount

// zeroDays returns the days of the recent window, as days before the as-of date
// and oldest first, on which nearly every row holds 0 or nothing although such
// weekdays usually do not. skip says which days are off, later that the column is
// filled in after the row: the days of the last two weeks are then judged by the
// values that are there, because every newest day is empty at first.
func (l ledger) zeroDays(a framework.Audit, skip func(ago int) bool, later bool) []int {
	var out []int
	for ago := min(int(a.Window), len(l)) - 1; ago >= 0; ago-- {
		d := l[ago]
		if later && ago < settled {
			d = dayCount{rows: d.rows - d.empty, zeros: d.zeros}
		}
		if d.rows < a.ZeroRows || d.flat() < a.ZeroShare || skip(ago) {
			continue
		}
		if usual, ok := l.usual(ago, a.ZeroRows, dayCount.flat, out); ok && usual < a.ZeroUsual {
			out = append(out, ago)
		}
	}
	return out
}

// usual is the median of a figure over the same weekday of the weeks before,
// days of few rows and those of except left out; ok is false where too few weeks
// have any.
func (l ledger) usual(ago int, rows int64, figure func(dayCount) float64, except []int) (median float64, ok bool) {
	var before []float64
	for k := ago + 7; k <= ago+7*usualWeeks && k < len(l); k += 7 {
		if l[k].rows >= rows && !slices.Contains(except, k) {
			before = append(before, figure(l[k]))
		}
	}
	if len(before) < leastWeeks {
		return 0, false
	}
	slices.Sort(before)
	h := len(before) / 2
	if len(before)%2 == 1 {
		return before[h], true
	}
	return (before[h-1] + before[h]) / 2, true
}

// thin compares the rows of the newest day that has any with what its weekday
// usually has.
func (l ledger) thin(a framework.Audit, skip func(ago int) bool) (ago int, usual float64, found bool) {
	ago = slices.IndexFunc(l, func(d dayCount) bool { return d.rows > 0 })
	if ago < 0 || skip(ago) {
		return 0, 0, false
	}
	usual, ok := l.usual(ago, a.ZeroRows, func(d dayCount) float64 { return float64(d.rows) }, nil)
	return ago, usual, ok && float64(l[ago].rows) < a.ThinDay*usual
}
