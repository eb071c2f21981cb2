package sample

import (
	"math/rand/v2"

	"accounthealth/internal/day"
)

// loss is one row of the churn source.
type loss struct {
	decision, notice, end int32
	kind, reason          string
	before, lost          int64
	counts                bool
}

// playRun is one row of the interventions source.
type playRun struct {
	play    string
	started int32
	works   bool
	outcome string
}

// life walks one account through the weeks: events, deals, decisions, renewals
// and rescues, in the order in which they happen, since each changes what comes
// after.
type life struct {
	w *world
	a *account
	r *rand.Rand

	push     [pillars]float64 // shocks and rescues still in force
	anchor   int32            // first day of a rolling contract, from which its months count
	rolled   int              // months rolled since anchor
	decision int32            // day on which the next renewal is decided
	shrink   float64          // factor on price at the next renewal; 1 unless a downsell was agreed
	deals    deals
	rescue   int32 // last day on which a rescue is under way
}

// live runs the account's life, filling its latents, terms, losses, deals and
// play runs.
func (w *world) live(a *account) {
	l := &life{w: w, a: a, r: w.generator(forLife, a.number), shrink: 1, decision: none, rescue: none}
	w.drawHealth(a)
	customer := a.stage == stageCustomer
	l.deals = newDeals(l.r)
	if customer {
		a.sign(l.chooseTerm(w.week(a.start)))
		l.schedule(a.start)
	}
	for t := range w.weeks {
		monday := w.first + int32(7*t)
		l.events(monday)
		for k := range pillars {
			l.push[k] *= shockKeep
			a.health[k][t] += l.push[k]
		}
		if !customer || monday+6 < a.start {
			continue
		}
		l.deal(monday, t)
		l.decide(monday, t)
		l.renewals(monday, t)
		if t%4 == a.number%4 {
			l.rescueAt(monday, t)
		}
		if a.ends != none && monday+7 > a.ends {
			break
		}
	}
	if a.ends != none {
		a.close()
		if a.ends < w.last {
			a.stage = stageChurned
		}
	}
	l.finish()
	l.settle()
}

// events lets the week's shocks hit.
func (l *life) events(monday int32) {
	for _, o := range l.w.outage {
		if o.region == l.a.region && o.day >= monday && o.day < monday+7 && chance(l.r, outageReach) {
			l.hit(outageEffect)
		}
	}
	for e := range events {
		if !chance(l.r, shocks[e].rate/52) {
			continue
		}
		l.hit(shocks[e].effect)
		switch e {
		case championLeaves:
			l.a.champion = append(l.a.champion, monday+int32(l.r.IntN(5)))
		case merger:
			l.a.merger = monday
		}
	}
}

func (l *life) hit(effect [pillars]float64) {
	scale := .6 + .8*l.r.Float64()
	for k := range pillars {
		l.push[k] += scale * effect[k]
	}
}

// chooseTerm draws a contract's months: long for accounts in good standing with
// the money, rolling for the others, by segment.
func (l *life) chooseTerm(week int) int {
	a := l.a
	x := a.health[financial][week] + .3*l.r.NormFloat64()
	switch {
	case x > longTerm[a.segment] && chance(l.r, .3):
		return 36
	case x > longTerm[a.segment]:
		return 24
	case x < rollTerm[a.segment]:
		return 1
	}
	return 12
}

// schedule sets the day on which the renewal will be decided: some days before
// the last day to opt out. Rolling contracts are decided at each month's end.
func (l *life) schedule(from int32) {
	a := l.a
	if a.months == 1 {
		l.anchor, l.rolled, l.decision = from, 0, none
		return
	}
	l.decision = onWorkday(a.renewal - int32(noticeOf[a.segment]) - int32(l.r.IntN(18)))
}

// decide takes the decision of a fixed term when its day comes.
func (l *life) decide(monday int32, week int) {
	a := l.a
	if a.notice == none && chance(l.r, acquiredRate/52) && monday > l.w.usage && monday > a.start+30 {
		end := friendly(monday + int32(between(l.r, 30, 90)))
		if a.months == 1 || end < a.renewal-1 {
			l.lose(monday, end, "acquired", false)
			return
		}
	}
	if a.notice != none || l.decision == none || l.decision >= monday+7 {
		return
	}
	on := l.decision
	l.decision = none
	if on < l.w.usage || on > l.w.last {
		return
	}
	deadline := a.renewal - int32(noticeOf[a.segment])
	outcome := "won"
	switch {
	case chance(l.r, l.w.regime.lossChance(a, week, float64(a.months)/12)):
		l.lose(on, a.renewal-1, "", true)
		outcome = "lost"
	case l.deals.shrinking != none && chance(l.r, .45), chance(l.r, .006):
		l.downsell(on)
	}
	a.opportunities = append(a.opportunities, opportunity{
		kind: "renewal", stage: outcome, opened: max(a.start, deadline-75), closed: on, amount: a.paying(on),
	})
}

// renewals rolls contracts over, and takes the monthly decision of rolling ones.
func (l *life) renewals(monday int32, week int) {
	a := l.a
	for a.renewal < monday+7 && a.renewal <= l.w.last && (a.ends == none || a.renewal <= a.ends) {
		on := a.renewal
		uplift := 1 + .07*l.r.Float64()
		if a.months > 1 {
			next := a.months
			if chance(l.r, .8) {
				next = l.chooseTerm(week)
			}
			if l.shrink < 1 {
				uplift = l.shrink
				a.resize(on, l.shrink)
				l.shrink = 1
			}
			a.renew(next, uplift)
			l.schedule(on)
			continue
		}
		l.rolled++
		a.renewal = day.AddMonths(l.anchor, l.rolled+1)
		if on > l.w.usage && a.notice == none && chance(l.r, l.w.regime.lossChance(a, week, 1.0/12)) {
			l.lose(on, a.renewal-1, "", true)
			return
		}
		if l.rolled%12 == 0 {
			if next := l.chooseTerm(week); next > 1 {
				a.renewal = on
				a.renew(next, uplift)
				l.schedule(on)
			} else {
				a.reprice(on, uplift)
			}
		}
	}
}

// lose ends the account. Notice follows the decision within days.
func (l *life) lose(on, end int32, reason string, counts bool) {
	a := l.a
	a.notice, a.ends = min(on+int32(l.r.IntN(4)), end, l.w.last), end
	before := a.paying(on)
	if reason == "" {
		reason = l.reason(on)
	}
	a.losses = append(a.losses, loss{
		decision: on, notice: a.notice, end: end, kind: "logo", reason: reason, before: before, lost: before, counts: counts,
	})
}

// downsell agrees on a smaller renewal.
func (l *life) downsell(on int32) {
	a := l.a
	l.shrink = 1 - (.12 + .33*l.r.Float64())
	before := a.paying(on)
	after := int64(0)
	for _, s := range a.owned {
		after += max(1200, int64(float64(s.arr)*l.shrink+.5))
	}
	a.losses = append(a.losses, loss{
		decision: on, notice: on, end: a.renewal - 1, kind: "downsell", reason: "fewer seats", before: before, lost: before - after, counts: true,
	})
	l.deals.agreeShrink(a, on, before-after)
}

// reason names the weakest side of the account, as exit interviews do.
func (l *life) reason(on int32) string {
	named := [pillars][]string{
		{"low adoption", "moved to a rival"},
		{"service quality", "product defects"},
		{"budget", "price"},
		{"lost sponsor", "change of strategy"},
	}
	week, worst := l.w.week(on), 0
	for k := range pillars {
		if l.a.health[k][week] < l.a.health[worst][week] {
			worst = k
		}
	}
	return named[worst][l.r.IntN(2)]
}

// The plays that teams run, by pillar.
var playNames = [pillars]string{"adoption_campaign", "escalation_resolution", "value_review", "win_sponsor"}

// rescueAt starts a play for some of the accounts that look weak. Half of the
// plays work: they lift the pillar they aim at and, less, the others.
func (l *life) rescueAt(monday int32, week int) {
	a := l.a
	if monday < l.w.usage || a.notice != none || l.rescue > monday || a.owner < 0 {
		return
	}
	looks, worst := .4*l.r.NormFloat64(), 0
	for k := range pillars {
		looks += a.health[k][week] / pillars
		if a.health[k][week] < a.health[worst][week] {
			worst = k
		}
	}
	if looks > -.75 || !chance(l.r, .22) {
		return
	}
	run := playRun{play: playNames[worst], started: min(monday+int32(l.r.IntN(5)), l.w.last), works: chance(l.r, .5)}
	if run.works {
		for k := range pillars {
			l.push[k] += .25
		}
		l.push[worst] += .6
	}
	a.plays = append(a.plays, run)
	l.rescue = monday + 120
}

// settle writes how each play ended, as known on the last day: open for a
// quarter, lost when notice followed within half a year, else saved.
func (l *life) settle() {
	a := l.a
	for i := range a.plays {
		p := &a.plays[i]
		switch {
		case a.notice != none && a.notice <= p.started+180:
			p.outcome = "lost"
		case p.started+90 > l.w.last:
			p.outcome = "open"
		default:
			p.outcome = "saved"
		}
	}
}
