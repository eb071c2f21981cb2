package population

import (
	"iter"
	"math"

	"accounthealth/internal/day"
)

// Ahead is the next renewal of a term that is live on a day, as its row tells it.
type Ahead struct {
	Renewal  int32 // NoDay where none can be told
	Deadline int32 // Renewal minus the notice period: the last day to opt out; NoDay with it
	Notice   int32 // the notice period in days
	Stated   bool  // the notice period is the contract's, not the setting's
	Days     int32 // length of the contract period that Renewal ends; 0 where unknown
	// OfRow says that Renewal is the end of a row that states neither a renewal date
	// nor the length of its term: a new price may have ended it as well.
	OfRow bool
}

// leeway in days: a term may be stated a few days off its row.
const leeway = 15

// termDays is the mean length of so many months.
func termDays(months int) int32 { return int32(math.Round(float64(months) * 365.25 / 12)) }

// Renewals lists the next renewal of every paid term of account i that is live on
// a day, in the order of terms. Only dated terms count: what accounts say of a
// renewal is known today alone.
//
// A row whose renewal date moves on each time it renews states only the newest
// one. Where the row states the length of a term, earlier and later renewals lie
// whole terms from the stated one; without this, every renewal on record of an
// overwritten row would be that of an account that left. A term without a renewal
// date renews at its end, where the portfolio's live terms state ends; where they
// do not, an end is that of an account that left, and tells the outcome.
func (t *Table) Renewals(i int, asOf int32) iter.Seq[Ahead] {
	return func(yield func(Ahead) bool) {
		for _, x := range t.terms(i) {
			if !x.live(asOf) || x.ARR == 0 {
				continue
			}
			a := Ahead{Renewal: t.renewal(&x, asOf), Deadline: NoDay, Notice: x.Notice, Stated: x.Notice >= 0, Days: t.period(i, &x)}
			if !a.Stated {
				a.Notice, a.Stated = t.Notice[i], t.noticeStated != nil && t.noticeStated[i]
			}
			if a.Renewal != NoDay {
				a.Deadline = a.Renewal - a.Notice
				a.OfRow = x.renews() == NoDay && months(&x) == 0
			}
			if !yield(a) {
				return
			}
		}
	}
}

// Continues reports whether a term of an account that began by a day runs beyond
// the day on which another ended: it renewed, or came back.
func (t *Table) Continues(i int, ended, by int32) bool {
	for _, x := range t.terms(i) {
		if x.Start <= by && (x.End == NoDay || x.End > ended+1) {
			return true
		}
	}
	return false
}

// bound is the day on which a term's contract period ends, as its row states it. A
// row that is shorter than its term was ended by a new price, not by a renewal.
func (t *Table) bound(x *Term) int32 {
	if at := x.renews(); at != NoDay || !t.endsBind || x.End == NoDay || x.End < x.Start+termDays(months(x))-leeway {
		return at
	}
	return x.End
}

// renews is the renewal that a term's row states. One that does not lie after its
// start is not the term's own: it was left from a term before, or stands for none.
func (x *Term) renews() int32 {
	if x.Renewal <= x.Start {
		return NoDay
	}
	return x.Renewal
}

func months(x *Term) int {
	if !(x.Months >= 1) { // unknown
		return 0
	}
	return int(math.Round(x.Months))
}

// renewal is the first renewal of a term on or after a day.
func (t *Table) renewal(x *Term, asOf int32) int32 {
	stated, m := t.bound(x), months(x)
	switch {
	case stated == NoDay || m == 0 && stated < asOf:
		return NoDay
	case m == 0:
		return stated
	}
	at, k := stated, termsWithin(asOf-stated, m)
	for at < asOf {
		k++
		at = day.AddMonths(stated, k*m)
	}
	first := x.Start + termDays(m) - leeway
	k = termsWithin(stated-max(asOf, first), m)
	if k > 0 {
		at = day.AddMonths(stated, -k*m)
	}
	for k++; ; k++ {
		earlier := day.AddMonths(stated, -k*m)
		if earlier < asOf || earlier < first {
			return at
		}
		at = earlier
	}
}

// termsWithin is how many terms of m months surely fit in so many days, less at most
// a few: where to begin to look, since a placeholder such as 9999-12-31 is a hundred
// thousand months away.
func termsWithin(days int32, m int) int {
	return max(0, int(float64(days)/30.44)-2) / m
}

// period is the length in days of a term's contract period: as stated, else from
// the first row that states the same end of it, since a new price opens a new row.
func (t *Table) period(i int, x *Term) int32 {
	if m := months(x); m > 0 {
		return termDays(m)
	}
	end := t.bound(x)
	if end == NoDay {
		return 0
	}
	start := x.Start
	for _, y := range t.terms(i) {
		if t.bound(&y) == end {
			start = min(start, y.Start)
		}
	}
	return end - start
}

// statesEnds reports whether the ends of terms are agreed in advance: most terms
// that are live at the as-of date, of accounts that stay and without a renewal
// date, state one.
func (t *Table) statesEnds() bool {
	var live, ends int
	for i := range t.ID {
		if loss, _ := t.loss(i, t.settings.AsOf); loss != nil {
			continue
		}
		for _, x := range t.terms(i) {
			if !x.live(t.settings.AsOf) || x.renews() != NoDay || x.ARR == 0 {
				continue
			}
			live++
			if x.End != NoDay {
				ends++
			}
		}
	}
	return live > 0 && 10*ends >= 7*live
}
