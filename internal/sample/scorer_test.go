package sample

import "math"

// scorer is a second, compact reading of the default framework's point tables,
// from an account's facts in memory, as of the end of a day. It shares nothing
// with the engine: it judges the model's calibration, and only that.
type scorer struct {
	a      *account
	t      int32
	points [pillars]float64
	lo, hi [pillars]float64
	level  [pillars]float64 // known level range
	all    [pillars]float64 // applicable level range
	hit    map[string]string
}

type scored struct {
	pillar    [pillars]float64 // NaN where no level is known
	composite float64
	hit       map[string]string
}

var currentWeights = Current().Weights

func score(a *account, t int32) scored {
	s := &scorer{a: a, t: t, hit: map[string]string{}}
	s.product()
	s.support()
	s.financial()
	s.relationship()
	out := scored{hit: s.hit}
	sum, weight := 0.0, 0.0
	for k := range pillars {
		if s.level[k] == 0 {
			out.pillar[k] = math.NaN()
			continue
		}
		out.pillar[k] = 100 * (s.points[k] - s.lo[k]) / (s.hi[k] - s.lo[k])
		w := currentWeights[k] * s.level[k] / s.all[k]
		sum += w * out.pillar[k]
		weight += w
	}
	out.composite = sum / weight
	return out
}

// lvl records a level signal; NaN points are missing.
func (s *scorer) lvl(k int, name, row string, points, lo, hi float64) {
	s.all[k] += hi - lo
	if math.IsNaN(points) {
		s.hit[name] = "missing"
		return
	}
	s.hit[name] = row
	s.level[k] += hi - lo
	s.points[k] += points
	s.lo[k] += lo
	s.hi[k] += hi
}

func (s *scorer) mod(k int, name, row string, points, lo, hi float64) {
	s.hit[name] = row
	s.points[k] += points
	s.lo[k] += lo
	s.hi[k] += hi
}

var unknown = math.NaN()

func (s *scorer) usage(d int32) *usageDay {
	i := int(d - s.a.usageOf)
	if i < 0 || i >= len(s.a.usage) {
		return nil
	}
	return &s.a.usage[i]
}

func (s *scorer) product() {
	var active, days, now, before, monthly float64
	var nowDays, beforeDays float64
	var latest *usageDay
	for d := s.t - 55; d <= s.t; d++ {
		u := s.usage(d)
		if u == nil {
			continue
		}
		if d <= s.t-28 {
			before += float64(u.active)
			beforeDays++
			continue
		}
		latest = u
		now += float64(u.active)
		nowDays++
		if wd := weekday(d); wd != 0 && wd != 6 {
			active += float64(u.active)
			monthly += float64(u.monthly)
			days++
		}
	}
	if days == 0 {
		s.lvl(product, "activity", "", unknown, 0, 30)
		s.lvl(product, "features", "", unknown, 5, 25)
	} else {
		share := active / days / float64(latest.seats)
		if latest.seats == noCount {
			share = active / monthly
		}
		switch {
		case share > .7:
			s.lvl(product, "activity", "> 70%", 30, 0, 30)
		case share >= .5:
			s.lvl(product, "activity", "50-70%", 20, 0, 30)
		case share >= .3:
			s.lvl(product, "activity", "30-50%", 10, 0, 30)
		default:
			s.lvl(product, "activity", "< 30%", 0, 0, 30)
		}
		adoption := float64(latest.features) / float64(features[s.a.tier])
		switch {
		case latest.features == noCount:
			s.lvl(product, "features", "", unknown, 5, 25)
		case adoption > .6:
			s.lvl(product, "features", "> 60%", 25, 5, 25)
		case adoption >= .4:
			s.lvl(product, "features", "40-60%", 15, 5, 25)
		default:
			s.lvl(product, "features", "< 40%", 5, 5, 25)
		}
	}
	u := s.usage(s.t)
	switch {
	case u == nil || u.lastLogin == 0:
		s.lvl(product, "login", "", unknown, -40, 0)
	default:
		switch since := s.t - int32(u.lastLogin/microsPerDay); {
		case since < 7:
			s.lvl(product, "login", "< 7", 0, -40, 0)
		case since < 30:
			s.lvl(product, "login", "7-29", -20, -40, 0)
		default:
			s.lvl(product, "login", ">= 30", -40, -40, 0)
		}
	}
	trend(s, product, "usage trend", now/nowDays, before/beforeDays, 0, 15)
}

// trend scores up as +up and down as -up, the other way round for a negative up.
func trend(s *scorer, k int, name string, now, before, least, up float64) {
	r := math.Abs(up)
	switch {
	case math.IsNaN(now) || math.IsNaN(before):
		s.mod(k, name, "missing", 0, -r, r)
	case now > before*1.1 && now-before >= least:
		s.mod(k, name, "up", up, -r, r)
	case now < before*.9 && before-now >= least:
		s.mod(k, name, "down", -up, -r, r)
	default:
		s.mod(k, name, "stable", 0, -r, r)
	}
}

func (s *scorer) support() {
	var sum, n, now, before float64
	open, recent := false, false
	mood, moodAt := -1, int64(math.MinInt64)
	end := int64(s.t+1) * microsPerDay
	within := func(at int64, days int32) bool { return at < end && at >= end-int64(days)*microsPerDay }
	for _, k := range s.a.tickets {
		if k.opened >= end {
			continue
		}
		closed := k.closed != 0 && k.closed < end
		if k.csat > 0 && within(k.opened, 90) {
			sum += float64(k.csat)
			n++
		}
		switch {
		case within(k.opened, 90):
			now++
		case within(k.opened, 180):
			before++
		}
		if k.escalated {
			open = open || !closed
			recent = recent || closed && within(k.closed, 90)
		}
		if k.sentiment >= 0 && within(k.opened, 90) && k.opened >= moodAt {
			mood, moodAt = k.sentiment, k.opened
		}
	}
	for _, p := range s.a.pulses {
		if at := int64(p.on) * microsPerDay; within(at, 90) && at > moodAt {
			mood, moodAt = p.sentiment, at
		}
	}
	switch csat := sum / n; {
	case n == 0:
		s.lvl(support, "csat", "", unknown, 0, 30)
	case csat > 4.5:
		s.lvl(support, "csat", "> 4.5", 30, 0, 30)
	case csat >= 4:
		s.lvl(support, "csat", "4-4.5", 20, 0, 30)
	case csat >= 3.5:
		s.lvl(support, "csat", "3.5-4", 10, 0, 30)
	default:
		s.lvl(support, "csat", "< 3.5", 0, 0, 30)
	}
	switch {
	case open:
		s.lvl(support, "escalations", "open", -20, -20, 25)
	case recent:
		s.lvl(support, "escalations", "resolved", 15, -20, 25)
	default:
		s.lvl(support, "escalations", "none", 25, -20, 25)
	}
	if mood == 0 {
		s.mod(support, "sentiment", "negative", -25, -25, 0)
	} else {
		s.mod(support, "sentiment", "other", 0, -25, 0)
	}
	trend(s, support, "ticket trend", now, before, 2, -10)
}

func (s *scorer) financial() {
	late, any := int32(0), false
	for _, v := range s.a.invoices {
		if v.due-14 <= s.t {
			any = true
		}
		if v.due < s.t && (v.paid == none || v.paid > s.t) {
			late = max(late, s.t-v.due)
		}
	}
	switch {
	case !any:
		s.lvl(financial, "payment", "", unknown, -20, 30)
	case late == 0:
		s.lvl(financial, "payment", "0", 30, -20, 30)
	case late < 60:
		s.lvl(financial, "payment", "1-59", 10, -20, 30)
	default:
		s.lvl(financial, "payment", ">= 60", -20, -20, 30)
	}
	upgrade, talk, down := false, false, false
	for _, o := range s.a.opportunities {
		open := o.opened <= s.t && (o.closed == none || o.closed > s.t)
		won := o.stage == "won" && o.closed <= s.t && o.closed > s.t-365
		switch o.kind {
		case "upgrade":
			upgrade = upgrade || won
		case "expansion":
			talk = talk || open
		case "downgrade":
			down = down || open || won
		}
	}
	switch {
	case upgrade:
		s.mod(financial, "growth", "upgrade", 30, 0, 30)
	case talk:
		s.mod(financial, "growth", "discussion", 20, 0, 30)
	default:
		s.mod(financial, "growth", "none", 0, 0, 30)
	}
	if down {
		s.mod(financial, "downgrade", "true", -30, -30, 0)
	} else {
		s.mod(financial, "downgrade", "false", 0, -30, 0)
	}
	months, largest := 0, int64(-1)
	for _, t := range s.a.terms {
		if t.start <= s.t && (t.end == none || s.t < t.end) && t.arr > largest {
			months, largest = t.months, t.arr
		}
	}
	switch {
	case months > 12:
		s.lvl(financial, "contract", "> 12", 20, -10, 20)
	case months > 1:
		s.lvl(financial, "contract", "2-12", 0, -10, 20)
	case months == 1:
		s.lvl(financial, "contract", "1", -10, -10, 20)
	default:
		s.lvl(financial, "contract", "", unknown, -10, 20)
	}
}

func (s *scorer) relationship() {
	sponsor, champion, left, any := "", "", false, false
	for _, c := range s.a.contacts {
		if c.since > s.t {
			continue
		}
		any = true
		held := c.left == none || c.left > s.t
		switch {
		case c.role == "sponsor" && held:
			sponsor = c.status
		case c.role == "champion" && held:
			champion = c.status
		case c.role == "champion" && c.left > s.t-180:
			left = true
		}
	}
	switch {
	case !any:
		s.lvl(relationship, "sponsor", "", unknown, 0, 30)
		s.lvl(relationship, "champion", "", unknown, -30, 25)
	default:
		if sponsor == "active" {
			s.lvl(relationship, "sponsor", "active", 30, 0, 30)
		} else {
			s.lvl(relationship, "sponsor", "other", 0, 0, 30)
		}
		switch {
		case champion == "strong" || champion == "engaged":
			s.lvl(relationship, "champion", "engaged", 25, -30, 25)
		case champion == "" && left:
			s.lvl(relationship, "champion", "left", -30, -30, 25)
		default:
			s.lvl(relationship, "champion", "weak", 0, -30, 25)
		}
	}
	end := int64(s.t+1) * microsPerDay
	nps := -1
	for _, n := range s.a.surveys {
		if n.at < end && n.at >= end-365*microsPerDay {
			nps = n.score
		}
	}
	switch {
	case nps < 0:
		s.lvl(relationship, "nps", "", unknown, -20, 25)
	case nps >= 9:
		s.lvl(relationship, "nps", ">= 9", 25, -20, 25)
	case nps >= 7:
		s.lvl(relationship, "nps", "7-8", 10, -20, 25)
	default:
		s.lvl(relationship, "nps", "< 7", -20, -20, 25)
	}
	if s.t-s.a.start < 183 {
		s.hit["qbr"] = "not applicable"
		return
	}
	var quarters [4]bool
	recent := false
	for _, m := range s.a.meetings {
		if m.kind != "qbr" || !m.attended || m.at >= end || m.at < end-365*microsPerDay {
			continue
		}
		age := s.t - int32(m.at/microsPerDay)
		quarters[min(3, age*4/365)] = true
		recent = recent || age < 183
	}
	n := 0
	for _, q := range quarters {
		if q {
			n++
		}
	}
	switch {
	case !recent:
		s.lvl(relationship, "qbr", "none", -15, -15, 20)
	case n >= 3:
		s.lvl(relationship, "qbr", "regular", 20, -15, 20)
	default:
		s.lvl(relationship, "qbr", "sporadic", 0, -15, 20)
	}
}
