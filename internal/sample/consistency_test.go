package sample

import (
	"slices"
	"testing"
)

// Facts of one account must not contradict each other.
func TestAccountsAreConsistent(t *testing.T) {
	p := shifted()
	end := int64(p.w.last+1) * microsPerDay
	for _, a := range p.accounts {
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf("account %s: "+format, append([]any{a.id}, args...)...)
		}
		if a.stage == stageChurned && a.paying(p.w.last) != 0 {
			fail("left, but pays %d", a.paying(p.w.last))
		}
		if a.stage == stageCustomer {
			sum := int64(0)
			for _, s := range a.owned {
				sum += s.arr
			}
			if got := a.paying(p.w.last); got != sum || got <= 0 {
				fail("terms in force sum to %d, subscriptions to %d", got, sum)
			}
		}
		if a.ends != none && (a.notice == none || a.notice > a.ends || len(a.losses) == 0) {
			fail("ends on %d with notice on %d and %d losses", a.ends, a.notice, len(a.losses))
		}
		for _, l := range a.losses {
			if l.decision > l.notice || l.notice > p.w.last || l.end < l.notice || l.lost <= 0 || l.lost > l.before {
				fail("impossible loss %+v", l)
			}
			if l.decision < p.w.usage {
				fail("decided before the exports begin: %+v", l)
			}
		}
		checkChains(a, fail)
		for i, x := range a.tickets {
			if x.opened >= end || x.closed >= end || x.closed != 0 && x.closed < x.opened || i > 0 && x.opened < a.tickets[i-1].opened {
				fail("impossible ticket %+v", x)
			}
		}
		for _, x := range a.contacts {
			if x.since > p.w.last || x.left != none && (x.left > p.w.last || x.left < x.since) {
				fail("impossible contact %+v", x)
			}
		}
		for _, x := range a.opportunities {
			if x.opened > p.w.last || x.closed != none && (x.closed > p.w.last || x.closed < x.opened) || (x.stage == "open") != (x.closed == none) {
				fail("impossible opportunity %+v", x)
			}
		}
		for _, x := range a.invoices {
			if x.paid > p.w.last || x.paid != none && x.paid < x.due-14 || x.amount <= 0 {
				fail("impossible invoice %+v", x)
			}
		}
		for _, x := range a.meetings {
			if x.at >= end {
				fail("meeting after the last day")
			}
		}
		for _, x := range a.surveys {
			if x.at >= end || x.score < 0 || x.score > 10 {
				fail("impossible answer %+v", x)
			}
		}
		for i, u := range a.usage {
			if u.active < 0 || u.monthly < u.active || u.lastLogin > int64(a.usageOf+int32(i)+1)*microsPerDay {
				fail("impossible usage %+v", u)
			}
		}
	}
}

// checkChains holds the terms of each subscription to a chain: each begins on
// the day the one before it ended, and only the last may be open.
func checkChains(a *account, fail func(string, ...any)) {
	last := map[int]term{}
	for _, x := range a.terms {
		if x.end != none && x.end <= x.start {
			fail("term %+v ends before it starts", x)
		}
		if dom := dayOfMonth(x.start); dom == 1 || dom > 28 {
			fail("term %+v starts on day %d of a month", x, dom)
		}
		if before, ok := last[x.sub]; ok && before.end != x.start {
			fail("term %+v follows %+v", x, before)
		}
		last[x.sub] = x
	}
	for _, x := range last {
		if a.ends != none && x.end != a.ends+1 {
			fail("service ends on %d, term %+v does not", a.ends, x)
		}
	}
}

// Nobody switches off before saying so: usage dies away after notice.
func TestUsageFadesAfterNotice(t *testing.T) {
	p := shifted()
	var before, after, n float64
	for _, a := range p.accounts {
		i := int(a.notice - a.usageOf)
		if a.notice == none || i < 28 || i+56 > len(a.usage) {
			continue
		}
		n++
		seats := float64(a.seatsOn(a.notice))
		for _, u := range a.usage[i-28 : i] {
			before += float64(u.active) / seats
		}
		for _, u := range a.usage[i+28 : i+56] {
			after += float64(u.active) / seats
		}
	}
	if n < 50 || after > .6*before {
		t.Errorf("%v accounts in notice use %.3f of their seats before and %.3f after", n, before/n/28, after/n/28)
	}
}

// Plays that work lift the latents, so fewer of their accounts leave within a
// year.
func TestPlaysThatWorkKeepAccounts(t *testing.T) {
	p := shifted()
	var runs, lost [2]float64
	for _, a := range p.accounts {
		for _, x := range a.plays {
			if x.started > p.w.last-365 {
				continue
			}
			i := 0
			if x.works {
				i = 1
			}
			runs[i]++
			if a.notice != none && a.notice <= x.started+365 {
				lost[i]++
			}
		}
	}
	if lost[1]/runs[1] > .8*lost[0]/runs[0] {
		t.Errorf("of %v plays that work %v accounts left, of %v others %v", runs[1], lost[1], runs[0], lost[0])
	}
}

func TestNamesAndKeysAreDistinct(t *testing.T) {
	p := shifted()
	names, ids, crm := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, a := range p.accounts {
		if names[a.name] || ids[a.id] || crm[a.crm] {
			t.Errorf("%s %s %s is there twice", a.id, a.crm, a.name)
		}
		names[a.name], ids[a.id], crm[a.crm] = true, true, true
	}
	for _, a := range p.accounts {
		if a.parent != "" && (!ids[a.parent] || a.parent == a.id) {
			t.Errorf("account %s has parent %s", a.id, a.parent)
		}
	}
}

// Seats and ARR have the heavy tails of a real book: the largest tenth pays
// most of it.
func TestARRHasAHeavyTail(t *testing.T) {
	p := shifted()
	var arr []float64
	sum := 0.0
	for _, a := range p.accounts {
		if x := a.paying(p.w.last); x > 0 {
			arr = append(arr, float64(x))
			sum += float64(x)
		}
	}
	slices.Sort(arr)
	top := 0.0
	for _, x := range arr[len(arr)*9/10:] {
		top += x
	}
	t.Logf("%d accounts, mean ARR %.0f, largest tenth %.2f", len(arr), sum/float64(len(arr))/100, top/sum)
	if top/sum < .5 || top/sum > .9 {
		t.Errorf("the largest tenth pays %.2f of the ARR, want 0.5 to 0.9", top/sum)
	}
}
