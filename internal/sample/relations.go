package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// contact is one row of the contacts source: a person in a role with one status.
type contact struct {
	id, name, role, status string
	since, left            int32
}

// response is one NPS answer.
type response struct {
	at    int64
	score int
}

// meeting is one row of the meetings source.
type meeting struct {
	kind     string
	at       int64
	attended bool
}

// seat is a role at the customer that somebody fills, or nobody does.
type seat struct {
	role   string
	people int // people who have held the role so far
	row    int // index of the open spell in account.contacts, -1 while vacant
	vacant int32
}

// measureContacts walks sponsor and champion through the weeks; every change of
// person or status closes a spell and opens the next.
func (w *world) measureContacts(a *account) {
	if a.reports.noContacts || a.stage == stageTrial {
		return
	}
	r := w.generator(forContacts, a.number)
	favour, warmth := newDrift(r, .30, .94), newDrift(r, .30, .94)
	sponsor, champion := seat{role: "sponsor", row: -1, vacant: none}, seat{role: "champion", row: -1, vacant: none}
	departures := a.champion
	for t := range w.weeks {
		monday := w.first + int32(7*t)
		up, near := a.health[relationship][t]+favour.step(r), a.health[relationship][t]+warmth.step(r)
		if monday+7 <= a.start || !a.served(max(monday, a.start)) {
			continue
		}
		on := min(max(monday+int32(r.IntN(5)), a.start), a.lastDay(w.last))
		if t == 0 || monday < a.start {
			// The first spells: the team's knowledge begins with the account.
			on = a.start
		}
		w.meetSponsor(r, a, &sponsor, on, up)
		left := false
		for ; len(departures) > 0 && departures[0] < monday+7; departures = departures[1:] {
			left = left || departures[0] >= monday
		}
		meetChampion(r, a, &champion, on, near, left)
	}
	for i := range 1 + r.IntN(3) {
		a.contacts = append(a.contacts, contact{
			id: fmt.Sprintf("P%s-U%d", a.id, i+1), name: personName(r.Uint64N(650)), role: "user", status: "active", since: a.start, left: none,
		})
	}
	if a.ends == none || a.ends > w.last {
		return
	}
	for i := range a.contacts {
		if c := &a.contacts[i]; c.left == none {
			c.left = a.ends
		}
	}
}

func (w *world) meetSponsor(r *rand.Rand, a *account, s *seat, on int32, x float64) {
	status := "passive"
	if x > sponsorAbove {
		status = "active"
	}
	switch {
	case s.row < 0:
		if s.vacant == none || x > sponsorAbove && chance(r, .3) {
			s.enter(r, a, on, status)
		}
	case x < sponsorAbove-2 && chance(r, .1):
		s.leave(a, on)
	case a.contacts[s.row].status != status && math.Abs(x-sponsorAbove) > .1 && on > a.contacts[s.row].since+14:
		s.change(a, on, status)
	}
}

func meetChampion(r *rand.Rand, a *account, s *seat, on int32, x float64, event bool) {
	status := "weak"
	switch {
	case x > championAbove+1.1:
		status = "strong"
	case x > championAbove:
		status = "engaged"
	}
	switch {
	case s.row < 0:
		wait := .02
		if x > championAbove-.6 {
			wait = .10
		}
		if s.vacant == none && x > championLeave || s.vacant != none && on > s.vacant+20 && chance(r, wait) {
			s.enter(r, a, on, status)
		}
	case event || x < championLeave && chance(r, .25):
		s.leave(a, on)
	case a.contacts[s.row].status != status && on > a.contacts[s.row].since+14:
		s.change(a, on, status)
	}
}

// enter fills the role with a new person.
func (s *seat) enter(r *rand.Rand, a *account, on int32, status string) {
	s.people++
	s.row = len(a.contacts)
	a.contacts = append(a.contacts, contact{
		id: fmt.Sprintf("P%s-%c%d", a.id, s.role[0]-'a'+'A', s.people), name: personName(r.Uint64N(650)), role: s.role, status: status, since: on, left: none,
	})
}

// leave ends the person's time in the role.
func (s *seat) leave(a *account, on int32) {
	a.contacts[s.row].left = max(on, a.contacts[s.row].since)
	s.row, s.vacant = -1, on
}

// change opens a spell with another status of the same person.
func (s *seat) change(a *account, on int32, status string) {
	c := a.contacts[s.row]
	a.contacts[s.row].left = on
	s.row = len(a.contacts)
	c.since, c.left, c.status = on, none, status
	a.contacts = append(a.contacts, c)
}

// measureSurveys draws NPS answers: about two a year from those who answer.
func (w *world) measureSurveys(a *account) {
	if a.reports.noSurveys || a.stage == stageTrial {
		return
	}
	r := w.generator(forSurveys, a.number)
	humour := newDrift(r, .30, .98)
	every := float64(between(r, 60, 170))
	for d := w.first + int32(r.Float64()*every); d <= w.last; d += int32(every * (.8 + .4*r.Float64())) {
		for range int(every / 7) {
			humour.step(r)
		}
		if d < a.start+30 || !a.served(d) || chance(r, .1) {
			continue
		}
		x := a.health[relationship][w.week(d)] + humour.x
		score := clamp(math.Round(npsAt+npsSlope*x+.35*r.NormFloat64()), 0, 10)
		a.surveys = append(a.surveys, response{at: moment(r, d), score: int(score)})
	}
}

// measureMeetings draws a quarterly business review and the check-in calls
// between them.
func (w *world) measureMeetings(a *account) {
	if a.stage != stageCustomer && a.stage != stageChurned {
		return
	}
	r := w.generator(forMeetings, a.number)
	interest := newDrift(r, .30, .96)
	for d, q := w.first+int32(r.IntN(91)), 0; d <= w.last; d, q = d+91, q+1 {
		for range 13 {
			interest.step(r)
		}
		on := min(onWorkday(d+int32(r.IntN(21))-10), onWorkday(w.last))
		if on < a.start+40 || !a.served(on) || a.notice != none && on > a.notice {
			continue
		}
		x := a.health[relationship][w.week(on)] + interest.x
		if x > meetAbove {
			a.meetings = append(a.meetings, meeting{kind: "qbr", at: moment(r, on), attended: x+.15*r.NormFloat64() > attendAbove})
		}
		if call := onWorkday(on + int32(between(r, 20, 60))); call <= w.last && a.served(call) && chance(r, .6) {
			a.meetings = append(a.meetings, meeting{kind: "check-in", at: moment(r, call), attended: chance(r, .9)})
		}
	}
}

// moment is a time in working hours.
func moment(r *rand.Rand, d int32) int64 {
	return int64(d)*microsPerDay + int64(8*60+r.IntN(9*60))*60e6
}
