package sample

import (
	"strconv"
)

// rating is one row of the pulse source.
type rating struct {
	on        int32
	author    string
	sentiment int // index into sentiments
}

// note is one row of the overrides source.
type note struct {
	target, value, reason, author string
	set, expires                  int32
}

// measurePulse draws what owners say about their accounts every five weeks or
// so; the pooled queue rates nobody.
func (w *world) measurePulse(a *account) {
	if a.stage == stageTrial || a.owner < 0 || a.manager() == pooledQueue {
		return
	}
	r := w.generator(forPulse, a.number)
	for d := w.first + int32(r.IntN(35)); d <= w.last; d += int32(between(r, 28, 45)) {
		if d < a.start+10 || !a.served(d) || chance(r, .2) {
			continue
		}
		t := w.week(d)
		// Owners see most of the support side and some of everything.
		x := .3 * r.NormFloat64()
		for k := range pillars {
			x += .1 * a.health[k][t]
		}
		x += .6 * a.health[support][t]
		mood := 1
		switch {
		case x < negativeBelow:
			mood = 0
		case x > positiveAbove:
			mood = 2
		}
		a.pulses = append(a.pulses, rating{on: onWorkday(d), author: a.manager().name, sentiment: mood})
	}
}

// overrideReasons are what owners write when they know better than the data.
var overrideReasons = []string{
	"Met the new sponsor on site; contract extension agreed verbally",
	"Usage moved to the partner portal, which we do not track yet",
	"Survey was answered by a former employee",
	"Outage credit accepted, issue settled on the phone",
	"Budget freeze announced in their all-hands",
}

// measureNotes draws the few manual values in force: about five for a thousand
// accounts.
func (w *world) measureNotes(a *account) {
	r := w.generator(forOverrides, a.number)
	if !chance(r, .006) || a.stage != stageCustomer || a.owner < 0 || a.start > w.last-90 {
		return
	}
	pillar := r.IntN(pillars)
	set := onWorkday(w.last - int32(r.IntN(60)))
	a.notes = append(a.notes, note{
		target: [pillars]string{"product", "support", "financial", "relationship"}[pillar],
		value:  strconv.Itoa(5 * between(r, 5, 18)), reason: overrideReasons[r.IntN(len(overrideReasons))],
		author: a.manager().name, set: set, expires: set + 90,
	})
}

// account makes one account complete.
func (w *world) account(number int) *account {
	a := w.newAccount(number)
	w.live(a)
	w.measureUsage(a)
	w.measureSupport(a)
	w.measurePayment(a)
	w.measureContacts(a)
	w.measureSurveys(a)
	w.measureMeetings(a)
	w.measurePulse(a)
	w.measureNotes(a)
	return a
}
