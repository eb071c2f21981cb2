package sample

import (
	"fmt"
	"math"

	"accounthealth/internal/day"
)

// subscription is one product that an account pays for; its terms form a chain.
type subscription struct {
	id, product string
	arr         int64 // cents a year, in force
	row         int   // its newest row in account.terms
}

// term is one row of the subscriptions source: a price in force from start to
// before end. An amendment ends a row early and opens the next.
type term struct {
	sub        int
	start, end int32 // end is the first day after, none while open
	renewal    int32
	months     int
	arr        int64
}

// sign opens the first term of every product.
func (a *account) sign(months int) {
	a.months = months
	total := int64(math.Round(float64(a.seats[0].seats) * a.price * 12 * 100))
	rest := total
	for i := range a.products {
		part := rest
		if i < a.products-1 {
			part = int64(float64(rest) * .6)
		}
		rest -= part
		a.owned = append(a.owned, subscription{id: fmt.Sprintf("S%s-%d", a.id, i+1), product: products[i], arr: part})
	}
	a.renewal = day.AddMonths(a.start, months)
	for i := range a.owned {
		a.openTerm(i, a.start)
	}
}

// openTerm starts a row at the subscription's price: rolling contracts are open,
// others end with the contract's term.
func (a *account) openTerm(sub int, on int32) {
	s := &a.owned[sub]
	t := term{sub: sub, start: on, end: none, renewal: none, months: a.months, arr: s.arr}
	if a.months > 1 {
		t.end, t.renewal = a.renewal, a.renewal
	}
	s.row = len(a.terms)
	a.terms = append(a.terms, t)
}

// reprice multiplies every subscription's price from a day on. The old rows end
// that day unless they began on it.
func (a *account) reprice(on int32, factor float64) {
	for i := range a.owned {
		s := &a.owned[i]
		s.arr = max(1200, int64(math.Round(float64(s.arr)*factor)))
		if a.terms[s.row].start >= on {
			a.terms[s.row].arr = s.arr
			continue
		}
		a.terms[s.row].end = on
		a.openTerm(i, on)
	}
}

// renew begins the next term of every subscription.
func (a *account) renew(months int, factor float64) {
	on := a.renewal
	rolled := a.months == 1
	a.months = months
	a.renewal = day.AddMonths(on, months)
	for i := range a.owned {
		s := &a.owned[i]
		s.arr = max(1200, int64(math.Round(float64(s.arr)*factor)))
		if rolled {
			a.terms[s.row].end = on
		}
		a.openTerm(i, on)
	}
}

// close ends every subscription after the last day of service.
func (a *account) close() {
	for _, s := range a.owned {
		a.terms[s.row].end = a.ends + 1
	}
}

// paying returns the cents a year in force on a day, 0 when none is.
func (a *account) paying(d int32) int64 {
	sum := int64(0)
	for _, t := range a.terms {
		if t.start <= d && (t.end == none || d < t.end) {
			sum += t.arr
		}
	}
	return sum
}

// resize sets the seats from a day on.
func (a *account) resize(on int32, factor float64) {
	now := a.seats[len(a.seats)-1].seats
	a.seats = append(a.seats, seatChange{on, max(2, int(math.Round(float64(now)*factor)))})
}
