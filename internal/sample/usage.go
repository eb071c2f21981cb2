package sample

import (
	"math"
	"math/rand/v2"

	"accounthealth/internal/day"
)

// usageDay is one day's usage; null counts are -1.
type usageDay struct {
	active, monthly, seats, logins int32
	features                       int16
	lastLogin                      int64 // microseconds, 0 before the first sign-in
}

const noCount = -1

// signIns is how an account's people sign in: every day, now and then, or not.
type signIns struct {
	mood  drift
	until int32 // no sign-in before this day
	last  int64
}

// measureUsage draws the daily usage of an account from the later of its start
// and the world's first day of usage to the last day of service.
func (w *world) measureUsage(a *account) {
	a.usageOf = max(a.start, w.usage)
	last := a.lastDay(w.last)
	if a.reports.noUsage || last < a.usageOf {
		return
	}
	r := w.generator(forUsage, a.number)
	pace, breadth := newDrift(r, .25, .96), newDrift(r, .25, .96)
	in := signIns{mood: newDrift(r, .25, .9), until: none}
	available := features[a.tier]
	reach := clamp(.80+.06*r.NormFloat64(), .6, 1) // people active in a month, share of seats
	a.usage = make([]usageDay, 0, last-a.usageOf+1)
	var active, used float64
	var seats int
	for d := a.usageOf; d <= last; d++ {
		if d == a.usageOf || weekday(d) == 1 {
			// Levels move once a week, on Mondays.
			health := a.health[product][w.week(d)]
			fade := a.fade(d)
			active = fade * clamp(activityAt+activitySlope*(health+pace.step(r)), .02, .98)
			used = math.Round(float64(available) * fade * clamp(featuresAt+featuresSlope*(health+breadth.step(r)), .05, 1))
			in.week(r, d, health-2.5*(1-fade))
			seats = a.seatsOn(d)
		}
		share := active * dayFactor(d, a.region, a.segment)
		if d < in.until && in.last != 0 && d-int32(in.last/microsPerDay) > 30 {
			share *= .5
		}
		u := usageDay{
			active: draw(r, seats, share), seats: int32(seats), features: int16(used),
			monthly: int32(math.Round(float64(seats) * clamp(reach*(.55+.45*active/activityAt), .05, 1))),
		}
		u.monthly = max(u.monthly, u.active)
		if d >= in.until {
			u.logins = draw(r, seats, math.Min(share*1.3, 1))
			if u.logins == 0 && !isWeekend(d) && chance(r, .5) {
				u.logins = 1
			}
		}
		if u.logins > 0 {
			in.last = int64(d)*microsPerDay + int64(7*3600+r.IntN(12*3600))*1e6
		}
		u.lastLogin = in.last
		if a.reports.noSeats {
			u.seats = noCount
		}
		if a.reports.noFeatures {
			u.features = noCount
		}
		a.usage = append(a.usage, u)
	}
}

const microsPerDay = 86_400_000_000

// week decides whether people stop signing in for a while.
func (s *signIns) week(r *rand.Rand, d int32, health float64) {
	x := health + s.mood.step(r)
	switch {
	case d < s.until:
		// Deep silence goes on while health stays low.
		if x < darkBelow && chance(r, .8) {
			s.until += 7
		}
	case x < darkBelow:
		s.until = d + int32(between(r, 28, 50))
	case x < sporadicBelow && chance(r, .75):
		s.until = d + int32(between(r, 12, 24))
	}
}

// fade is 1 until notice is given; then usage dies away.
func (a *account) fade(d int32) float64 {
	if a.notice == none || d <= a.notice {
		return 1
	}
	return math.Exp(-float64(d-a.notice) / 45)
}

// dayFactor is the share of a normal working day's use: little at weekends, less
// in August in EMEA and at the turn of the year.
func dayFactor(d int32, region, segment int) float64 {
	f := 1.0
	if isWeekend(d) {
		f = .12
		if segment == smallBusiness {
			f = .25
		}
	}
	t := day.Time(d)
	switch {
	case t.Month() == 12 && t.Day() >= 22, t.Month() == 1 && t.Day() <= 3:
		f *= .7
	case t.Month() == 8 && region == 1:
		f *= .95
	}
	return f
}

// draw is a count of n people of whom each takes part with probability p: a
// normal approximation of the binomial with half its spread, since the same
// people come back day after day.
func draw(r *rand.Rand, n int, p float64) int32 {
	mean := float64(n) * p
	x := mean + .5*math.Sqrt(mean*(1-p))*r.NormFloat64()
	return int32(clamp(math.Floor(x+r.Float64()), 0, float64(n)))
}
