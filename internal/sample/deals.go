package sample

import "math/rand/v2"

// opportunity is one row of the opportunities source.
type opportunity struct {
	kind, stage    string
	opened, closed int32
	amount         int64
}

// deals is the state of an account's sales process.
type deals struct {
	appetite, worry drift // noise between financial health and what is discussed
	expanding       int32 // day the open expansion discussion began, none
	shrinking       int32 // day the open downgrade discussion began, none
	quietUntil      int32 // no new expansion before
}

func newDeals(r *rand.Rand) deals {
	return deals{appetite: newDrift(r, .25, .93), worry: newDrift(r, .25, .93), expanding: none, shrinking: none, quietUntil: none}
}

// deal moves the sales process on by a week: discussions of more seats open when
// financial health is good and end in an upgrade or nothing; talk of less opens
// when it is bad.
func (l *life) deal(monday int32, week int) {
	a, d := l.a, &l.deals
	up := a.health[financial][week] + d.appetite.step(l.r)
	down := a.health[financial][week] + d.worry.step(l.r)
	if monday < a.start {
		return
	}
	if a.notice != none {
		l.abandon(a.notice)
		return
	}
	on := min(monday+int32(l.r.IntN(5)), l.w.last)
	switch {
	case d.expanding == none:
		if up > expandAbove && on > d.quietUntil && on > a.start+45 && chance(l.r, .35) {
			d.expanding = on
		}
	case on < d.expanding+42:
	case up > upgradeAbove && on < a.renewal-7 && chance(l.r, .04):
		l.upgrade(on)
	case up < expandAbove-.35 && chance(l.r, .35), on > d.expanding+330:
		a.opportunities = append(a.opportunities, opportunity{"expansion", "lost", d.expanding, on, l.ask(.15)})
		d.expanding, d.quietUntil = none, on+28
	}
	switch {
	case d.shrinking == none:
		if down < shrinkBelow && on > a.start+60 && chance(l.r, .45) {
			d.shrinking = on
		}
	case down > shrinkBelow+.25 && on > d.shrinking+21 && chance(l.r, .4):
		a.opportunities = append(a.opportunities, opportunity{"downgrade", "lost", d.shrinking, on, -l.ask(.25)})
		d.shrinking = none
	}
}

// upgrade wins the discussion: seats and price rise from that day on. The deal
// is on record twice, as sales systems have it: the discussion that was won and
// the contract change.
func (l *life) upgrade(on int32) {
	a, d := l.a, &l.deals
	factor := 1.06 + .24*l.r.Float64()
	on = min(friendly(on), l.w.last)
	before := a.paying(on)
	a.reprice(on, factor)
	a.resize(on, factor)
	gain := a.paying(on) - before
	a.opportunities = append(a.opportunities,
		opportunity{"expansion", "won", d.expanding, on, gain},
		opportunity{"upgrade", "won", max(d.expanding, on-14), on, gain})
	d.expanding, d.quietUntil = none, on+200
	for k := range pillars {
		l.push[k] += upgradeEffect[k]
	}
}

// agreeShrink closes the downgrade discussion as agreed, opening one on paper
// where nobody had noticed.
func (d *deals) agreeShrink(a *account, on int32, lost int64) {
	opened := min(d.shrinking, on)
	if opened == none {
		opened = max(a.start, on-10)
	}
	a.opportunities = append(a.opportunities, opportunity{"downgrade", "won", opened, on, -lost})
	d.shrinking = none
}

// abandon closes what is open once notice is given.
func (l *life) abandon(on int32) {
	a, d := l.a, &l.deals
	if d.expanding != none {
		a.opportunities = append(a.opportunities, opportunity{"expansion", "lost", d.expanding, max(on, d.expanding), l.ask(.15)})
		d.expanding = none
	}
	if d.shrinking != none {
		a.opportunities = append(a.opportunities, opportunity{"downgrade", "lost", d.shrinking, max(on, d.shrinking), -l.ask(.25)})
		d.shrinking = none
	}
}

// finish leaves what is still open on record as open.
func (l *life) finish() {
	a, d := l.a, &l.deals
	if a.notice != none {
		l.abandon(a.notice)
	}
	if d.expanding != none {
		a.opportunities = append(a.opportunities, opportunity{"expansion", "open", d.expanding, none, l.ask(.15)})
	}
	if d.shrinking != none {
		a.opportunities = append(a.opportunities, opportunity{"downgrade", "open", d.shrinking, none, -l.ask(.25)})
	}
}

// ask is the size of a discussed change: up to twice the given share of ARR.
func (l *life) ask(share float64) int64 {
	sum := int64(0)
	for _, s := range l.a.owned {
		sum += s.arr
	}
	return int64(float64(sum)*share*(.3+1.7*l.r.Float64())) / 10_000 * 10_000
}
