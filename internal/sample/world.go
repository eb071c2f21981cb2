package sample

import (
	"math/rand/v2"
	"time"

	"accounthealth/internal/day"
)

// world is what all accounts share: the calendar and the vendor's own outages.
type world struct {
	opt    Options
	first  int32 // first day of the model, a year before usage begins, so that the look-backs of early snapshots are filled
	usage  int32 // first day of usage: the first of a month
	last   int32 // the as-of day
	weeks  int   // weeks from first to last, the last one possibly cut
	outage []outage
	regime regime
}

// outage is an incident of the vendor that hurts part of a region's accounts.
type outage struct {
	day    int32
	region int
}

// warmUp is the time the model runs before usage is exported, in weeks.
const warmUp = 53

func newWorld(opt Options) *world {
	end := day.Time(opt.End)
	usage := day.Of(end.Year(), end.Month()-time.Month(opt.Months-1), 1)
	w := &world{opt: opt, usage: usage, first: usage - 7*warmUp, last: opt.End, regime: newRegime(opt.Truth)}
	w.weeks = int(w.last-w.first)/7 + 1
	r := generator(opt.Seed, forWorld, 0)
	for d := w.first; d <= w.last; d += 7 {
		if chance(r, 2.0/52) {
			w.outage = append(w.outage, outage{day: d + int32(r.IntN(5)), region: r.IntN(len(regions))})
		}
	}
	return w
}

// week returns the index of the week that holds d, clamped to the model's time.
func (w *world) week(d int32) int {
	return max(0, min(int(d-w.first)/7, w.weeks-1))
}

func (w *world) generator(p purpose, i int) *rand.Rand { return generator(w.opt.Seed, p, uint64(i)) }

// friendly moves d off the month's first day and its last ones, so that no term
// begins or ends at a month-end and every anniversary exists in every month.
func friendly(d int32) int32 {
	switch dom := int32(dayOfMonth(d)); {
	case dom == 1:
		return d + 1
	case dom > 28:
		return d - (dom - 28)
	}
	return d
}

func dayOfMonth(d int32) int { return day.Time(d).Day() }

// onWorkday moves a day of a weekend to the Friday before it.
func onWorkday(d int32) int32 {
	switch weekday(d) {
	case 6:
		return d - 1
	case 0:
		return d - 2
	}
	return d
}

func isWeekend(d int32) bool { return weekday(d) == 0 || weekday(d) == 6 }

// weekday is 0 for Sunday to 6 for Saturday; 1970-01-01 was a Thursday.
func weekday(d int32) int { return int(((d+4)%7 + 7) % 7) }
