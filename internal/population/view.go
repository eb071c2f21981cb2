package population

import (
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
)

// At returns the population as of the end of a day. Columns of accounts have no
// history: its ARR, renewal and stage count only where isToday is set.
//
// Classes are decided in this order, the first that holds: OutByStage (today;
// before, only where no paid term contradicts it), Lost, NotYet, InNotice,
// ZeroARR, Onboarding, Customer. Only the loss of the whole account makes Lost
// or InNotice, and no longer once a term that began after its end is live.
//
// ARR is that of accounts today where given, else the sum of the live terms,
// else what the next loss states it was before, else 0 where subscriptions are
// mapped and NaN where not. An account that pays today but has no term at all
// has an unknown ARR before today, not none.
func (t *Table) At(asOf int32, isToday bool) *View {
	n := t.Len()
	v := &View{
		AsOf: asOf, Class: make([]Class, n), ARR: make([]float64, n),
		TenureMonths: make([]int32, n), Renewal: make([]int32, n), Deadline: make([]int32, n),
	}
	for i := range n {
		loss, ended := t.loss(i, asOf)
		start := t.startAt(i, asOf)
		v.ARR[i] = t.arrAt(i, asOf, isToday, ended)
		v.Class[i] = t.class(i, asOf, isToday, loss != nil, ended, start, v.ARR[i])
		v.TenureMonths[i] = -1
		if start != NoDay && start <= asOf {
			v.TenureMonths[i] = day.MonthsBetween(start, asOf)
		}
		v.Renewal[i], v.Deadline[i] = t.renewalAt(i, asOf, isToday)
	}
	return v
}

func (t *Table) class(i int, asOf int32, isToday, losing, ended bool, start int32, arr float64) Class {
	switch {
	case t.outByStage(i) && (isToday || !t.paidTerm(i, asOf)):
		return OutByStage
	case losing && ended:
		return Lost
	case start != NoDay && start > asOf:
		return NotYet
	case losing:
		return InNotice
	case arr == 0:
		return ZeroARR
	case start != NoDay && asOf-start < t.settings.OnboardingDays:
		return Onboarding
	}
	return Customer
}

func (t *Table) outByStage(i int) bool {
	return t.Stage[i] != "" && slices.ContainsFunc(t.settings.OutStages, func(s string) bool {
		return strings.EqualFold(strings.TrimSpace(s), strings.TrimSpace(t.Stage[i]))
	})
}

func (x *Term) live(asOf int32) bool {
	return x.Start <= asOf && (x.End == NoDay || x.End > asOf)
}

func (t *Table) paidTerm(i int, asOf int32) bool {
	return slices.ContainsFunc(t.terms(i), func(x Term) bool { return x.live(asOf) && x.ARR > 0 })
}

// loss returns the loss of the whole account that is decided by asOf and not
// undone by a later term, or nil, and whether service has ended.
func (t *Table) loss(i int, asOf int32) (*Loss, bool) {
	losses := t.losses(i)
	for k := len(losses) - 1; k >= 0; k-- {
		l := &losses[k]
		if !l.Logo || l.Event > asOf {
			continue
		}
		end := t.endOf(i, l)
		if t.Start[i] > end && t.Start[i] <= asOf {
			return nil, false
		}
		for _, x := range t.terms(i) {
			if x.Start > end && x.live(asOf) {
				return nil, false // a customer again
			}
		}
		return l, end < asOf // on the last day of service it still runs
	}
	return nil, false
}

// endOf is the loss's last day of service: as stated, else the end of the terms
// that ran at the decision, else the decision plus the notice period.
func (t *Table) endOf(i int, l *Loss) int32 {
	if l.End != NoDay {
		return l.End
	}
	end := NoDay
	for _, x := range t.terms(i) {
		if x.live(l.Event) && x.End != NoDay {
			end = max(end, x.End-1)
		}
	}
	if end != NoDay {
		return end
	}
	return l.Event + t.Notice[i]
}

// startAt is the first day of the account's current spell as a customer: its
// start, or after a loss the start of the first live term that followed.
func (t *Table) startAt(i int, asOf int32) int32 {
	start := t.Start[i]
	terms := t.terms(i)
	if start > asOf { // overwritten by a later contract
		for _, x := range terms {
			if x.live(asOf) {
				start = min(start, terms[0].Start)
				break
			}
		}
	}
	for _, l := range t.losses(i) {
		if !l.Logo || l.Event > asOf {
			continue
		}
		end := t.endOf(i, &l)
		for _, x := range terms { // by start
			if x.Start > end && x.Start <= asOf {
				start = max(start, x.Start)
				break
			}
		}
	}
	return start
}

func (t *Table) arrAt(i int, asOf int32, isToday, ended bool) float64 {
	if isToday && !math.IsNaN(t.ARRToday[i]) {
		return t.ARRToday[i]
	}
	terms := t.terms(i)
	if slices.ContainsFunc(terms, func(x Term) bool { return x.live(asOf) }) {
		return arrOf(terms, asOf, t.settings.Currency != "")
	}
	if ended {
		return 0
	}
	// Only where the portfolio's ARR can be dated does a later loss say what the
	// account paid before it; elsewhere "ARR is known" would mean "will leave".
	for _, l := range t.losses(i) {
		if t.hasTerms && !math.IsNaN(l.ARRBefore) && (l.Event > asOf || l.Logo && t.endOf(i, &l) > asOf) && !(t.Start[i] > asOf) {
			return l.ARRBefore
		}
	}
	if !t.hasTerms || len(terms) == 0 && t.ARRToday[i] > 0 {
		return math.NaN()
	}
	return 0
}

// arrOf sums the live terms' ARR in cents, so that the order of terms is of no
// account; NaN where one is unknown or, unless converted, where currencies mix.
func arrOf(terms []Term, asOf int32, converted bool) float64 {
	var cents int64
	currency := ""
	for _, x := range terms {
		if !x.live(asOf) {
			continue
		}
		if math.IsNaN(x.ARR) || !converted && currency != "" && x.Currency != "" && x.Currency != currency {
			return math.NaN()
		}
		if x.Currency != "" {
			currency = x.Currency
		}
		cents += int64(math.Round(x.ARR * 100))
	}
	return float64(cents) / 100
}

// renewalAt returns the next renewal and the last day to decide on it: the
// earliest of the live terms' renewals that lies ahead, a term without one
// renewing at its end; else, today, that of accounts.
func (t *Table) renewalAt(i int, asOf int32, isToday bool) (renewal, deadline int32) {
	renewal, notice := NoDay, t.Notice[i]
	for _, x := range t.terms(i) {
		at := x.renews()
		if at == NoDay {
			at = x.End
		}
		if !x.live(asOf) || at == NoDay || at < asOf || renewal != NoDay && at >= renewal {
			continue
		}
		renewal, notice = at, t.Notice[i]
		if x.Notice >= 0 {
			notice = x.Notice
		}
	}
	if renewal == NoDay && isToday {
		renewal, notice = t.Renewal[i], t.Notice[i]
	}
	if renewal == NoDay {
		return NoDay, NoDay
	}
	return renewal, renewal - notice
}
