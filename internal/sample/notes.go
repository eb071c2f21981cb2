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

// snooze is one row of the snoozes source.
type snooze struct {
	alert, reason, author string
	set, until            int32
}

// snoozeReasons are what owners write when an alert would tell them nothing new.
var snoozeReasons = []string{
	"Successor of the champion starts next month",
	"Dip is the summer closure, agreed with the customer",
	"Invoice is in dispute with procurement, finance has it",
}

// measureSnoozes draws the few alerts that owners hold back.
func (w *world) measureSnoozes(a *account) {
	r := w.generator(forSnoozes, a.number)
	if !chance(r, .004) || a.stage != stageCustomer || a.owner < 0 || a.start > w.last-90 {
		return
	}
	set := onWorkday(w.last - int32(r.IntN(30)))
	a.snoozes = append(a.snoozes, snooze{
		alert: []string{"", "champion_left", "below_high"}[r.IntN(3)], reason: snoozeReasons[r.IntN(len(snoozeReasons))],
		author: a.manager().name, set: set, until: set + 45,
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
	w.measureSnoozes(a)
	return a
}
