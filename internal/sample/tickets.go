package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// ticket is one row of the tickets source; times are microseconds, 0 for null.
type ticket struct {
	id             string
	opened, closed int64
	escalated      bool
	csat           int // 0 for no answer
	sentiment      int // index into sentiments, -1 for none
	category       string
}

var (
	sentiments = []string{"negative", "neutral", "positive"}
	categories = []string{"how-to", "defect", "billing", "integration", "performance", "access"}
	// quarterly is the usual number of tickets a quarter, by segment.
	quarterly = [segments]float64{9, 6, 3.6}
)

// desk draws the tickets of one account.
type desk struct {
	w *world
	a *account
	r *rand.Rand

	satisfaction, temper, patience drift
	open                           int // index of the ticket that stays escalated, -1
}

// measureSupport draws tickets week by week. They arrive more evenly than by
// chance alone, so that a rise in their number mostly means something.
func (w *world) measureSupport(a *account) {
	r := w.generator(forTickets, a.number)
	k := &desk{w: w, a: a, r: r, open: -1}
	k.satisfaction, k.temper, k.patience = newDrift(r, .20, .95), newDrift(r, .20, .92), newDrift(r, .20, .92)
	usual := quarterly[a.segment] * math.Exp(.35*r.NormFloat64()) * (.7 + .3*float64(a.products))
	due := r.Float64()
	for t := range w.weeks {
		monday := w.first + int32(7*t)
		k.satisfaction.step(r)
		k.temper.step(r)
		patience := a.health[support][t] + k.patience.step(r)
		if monday < a.start || !a.served(monday) {
			continue
		}
		health := a.health[support][t]
		for due += usual / 13 * math.Exp(-.18*clamp(health, -2, 2)) * (.75 + .5*r.Float64()); due >= 1; due-- {
			k.file(monday, health)
		}
		k.escalate(monday, patience)
	}
	slices.SortStableFunc(a.tickets, func(x, y ticket) int {
		if x.opened < y.opened {
			return -1
		}
		if x.opened > y.opened {
			return 1
		}
		return 0
	})
	end := min(k.now(), int64(a.lastDay(w.last)+1)*microsPerDay)
	a.tickets = slices.DeleteFunc(a.tickets, func(t ticket) bool { return t.opened > end })
	for i := range a.tickets {
		a.tickets[i].id = fmt.Sprintf("C%s-%04d", a.id, i+1)
	}
}

// deskID is the id under which the help desk filed a ticket: of a merged record
// it goes on using the old one until the cutover.
func (a *account) deskID(opened int64) string {
	if a.former != "" && int32(opened/microsPerDay) < a.cutover {
		return a.former
	}
	return a.id
}

// file opens one ticket in the week that begins on a Monday or so.
func (k *desk) file(monday int32, health float64) *ticket {
	r := k.r
	on := monday + int32(r.IntN(5))
	if chance(r, .06) {
		on = monday + int32(5+r.IntN(2))
	}
	t := ticket{opened: k.clock(on), category: categories[r.IntN(len(categories))], sentiment: -1}
	hours := math.Exp(3+.8*r.NormFloat64()) * math.Exp(-.25*clamp(health, -2, 2))
	t.closed = t.opened + int64(math.Min(hours, 24*40)*3600)*1e6
	if !k.a.reports.noCSAT && chance(r, .72) {
		t.csat = int(clamp(math.Round(csatAt+csatSlope*(health+k.satisfaction.x)+.45*r.NormFloat64()), 1, 5))
	}
	if chance(r, .92) {
		switch mood := health + k.temper.x + .15*r.NormFloat64(); {
		case mood < negativeBelow:
			t.sentiment = 0
		case mood < positiveAbove:
			t.sentiment = 1
		default:
			t.sentiment = 2
		}
	}
	if t.closed > k.now() {
		t.closed, t.csat = 0, 0
	}
	k.a.tickets = append(k.a.tickets, t)
	return &k.a.tickets[len(k.a.tickets)-1]
}

// escalate opens and closes escalations. Some are settled within weeks; while
// patience is low one stays open.
func (k *desk) escalate(monday int32, patience float64) {
	r := k.r
	if k.open >= 0 {
		if patience > openBelow+.2 {
			t := &k.a.tickets[k.open]
			t.closed = max(t.opened+microsPerDay, min(k.clock(monday+int32(r.IntN(5))), k.now()))
			if t.closed > k.now() {
				t.closed = 0
			}
			k.open = -1
		}
		return
	}
	if patience < openBelow && chance(r, .7) {
		t := k.file(monday, patience)
		t.escalated, t.closed, t.csat = true, 0, 0
		k.open = len(k.a.tickets) - 1
		return
	}
	if chance(r, .014*math.Exp(-1.1*clamp(patience, -1.6, 2))) {
		t := k.file(monday, patience)
		t.escalated = true
		t.closed = t.opened + int64((2+16*r.Float64())*24*3600)*1e6
		if t.closed > k.now() {
			t.closed, t.csat = 0, 0
		}
	}
}

// clock is a moment of a working day.
func (k *desk) clock(on int32) int64 {
	return int64(on)*microsPerDay + int64(7*3600+k.r.IntN(12*3600))*1e6
}

// now is the last moment that the exports know.
func (k *desk) now() int64 { return int64(k.w.last+1)*microsPerDay - 3600e6 }
