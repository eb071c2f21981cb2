package warehouse

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go/encoding"
)

const (
	microsPerDay = 86400 * 1e6
	// Times outside the years 1 to 9999 are unreadable, as in ISO 8601.
	minMicros = -62135596800 * 1e6
	maxMicros = 253402300800*1e6 - 1
	// julianEpoch is the Julian day of 1970-01-01.
	julianEpoch = 2440588
)

// zone converts instants to wall-clock time. It remembers the span of constant
// offset that served last, because neighbouring rows mostly share it.
type zone struct {
	loc      *time.Location
	from, to int64 // seconds, to excluded
	offset   int64 // seconds
}

func newZone(loc *time.Location) *zone {
	if loc == nil {
		loc = time.UTC
	}
	return &zone{loc: loc}
}

// wall returns the wall-clock microseconds of an instant.
func (z *zone) wall(micros int64) int64 {
	seconds := floorDiv(micros, 1e6)
	if seconds < z.from || seconds >= z.to {
		t := time.Unix(seconds, 0).In(z.loc)
		_, offset := t.Zone()
		start, end := t.ZoneBounds()
		z.offset, z.from, z.to = int64(offset), math.MinInt64, math.MaxInt64
		if !start.IsZero() {
			z.from = start.Unix()
		}
		if !end.IsZero() {
			z.to = end.Unix()
		}
	}
	return micros + z.offset*1e6
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// toTimes returns the converter to wall-clock microseconds.
func toTimes(z *zone) converter[int64] {
	return func(l *leaf, values encoding.Values, n int, out []int64, m *marks) {
		switch l.form {
		case formDate:
			for i, day := range values.Int32()[:n] {
				out[i] = dayMicros(int64(day))
				m.bounded(i, n, out[i], int64(day))
			}
		case formInstant, formWall:
			for i, x := range values.Int64()[:n] {
				micros, ok := l.micros(x)
				if ok && l.form == formInstant {
					micros = z.wall(micros)
				}
				if out[i] = micros; !ok {
					micros = math.MaxInt64
				}
				m.bounded(i, n, micros, x)
			}
		case formInt96:
			for i, x := range values.Int96()[:n] {
				nanos, day := int64(x[1])<<32|int64(x[0]), int64(x[2])-julianEpoch
				micros := dayMicros(day) + nanos/1000
				if nanos < 0 || nanos >= microsPerDay*1000 {
					micros = math.MaxInt64
				} else if micros >= minMicros && micros <= maxMicros {
					micros = z.wall(micros)
				}
				out[i] = micros
				m.bounded(i, n, micros, day)
			}
		default:
			eachText(l, values, n, func(i int, s string) {
				micros, k := parseTime(s, z)
				out[i] = micros
				m.parsed(i, n, k, s)
			})
		}
	}
}

// dayMicros returns midnight of a day since 1970-01-01, outside the readable
// years where the day is.
func dayMicros(day int64) int64 {
	const far = 4_000_000
	return min(max(day, -far), far) * microsPerDay
}

// micros scales a timestamp to microseconds, towards the past.
func (l *leaf) micros(x int64) (int64, bool) {
	if l.perMicro > 0 {
		return floorDiv(x, l.perMicro), true
	}
	y := x * -l.perMicro
	return y, y/-l.perMicro == x
}

// bounded marks a time outside the readable years; raw is the value as stored.
func (m *marks) bounded(i, n int, micros, raw int64) {
	if micros < minMicros || micros > maxMicros {
		m.bad(i, n, strconv.FormatInt(raw, 10))
	}
}

// parseTime reads ISO 8601: a date, or a date and a time of day with an optional
// fraction and zone. Dates may lack the dashes; T may be a space; a zone is Z,
// UTC or ±hh, ±hhmm, ±hh:mm, after an optional space. A time without a zone is
// taken as wall-clock time.
func parseTime(s string, z *zone) (int64, mark) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, markBlank
	}
	p := timeParser{s: s, ok: true}
	micros := p.date()
	if len(p.s) > 0 && (p.s[0] == 'T' || p.s[0] == 't' || p.s[0] == ' ') {
		p.s = p.s[1:]
		micros += p.clock()
		if offset, zoned := p.zone(); zoned && p.ok {
			micros = z.wall(micros - offset*1e6)
		}
	}
	if !p.ok || p.s != "" || micros < minMicros || micros > maxMicros {
		return 0, markBad
	}
	return micros, 0
}

// timeParser consumes s from the left; ok turns false at the first fault.
type timeParser struct {
	s  string
	ok bool
}

func (p *timeParser) digits(n int) int {
	if len(p.s) < n {
		p.ok = false
		return 0
	}
	v := 0
	for i := range n {
		c := p.s[i]
		if c < '0' || c > '9' {
			p.ok = false
			return 0
		}
		v = v*10 + int(c-'0')
	}
	p.s = p.s[n:]
	return v
}

func (p *timeParser) accept(c byte) bool {
	if len(p.s) > 0 && p.s[0] == c {
		p.s = p.s[1:]
		return true
	}
	return false
}

func (p *timeParser) date() int64 {
	year := p.digits(4)
	dashed := p.accept('-')
	month := p.digits(2)
	if dashed && !p.accept('-') {
		p.ok = false
	}
	day := p.digits(2)
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		p.ok = false
	}
	if !p.ok {
		return 0
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() * 1e6
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// clock reads hh:mm[:ss[.fraction]] and returns microseconds of the day.
func (p *timeParser) clock() int64 {
	hour := p.digits(2)
	if !p.accept(':') {
		p.ok = false
	}
	minute, second, micros := p.digits(2), 0, 0
	if p.accept(':') {
		second = p.digits(2)
		if p.accept('.') || p.accept(',') {
			unit, n := 100_000, 0
			for len(p.s) > 0 && p.s[0] >= '0' && p.s[0] <= '9' {
				micros += int(p.s[0]-'0') * unit
				unit /= 10
				p.s = p.s[1:]
				n++
			}
			p.ok = p.ok && n > 0
		}
	}
	if hour > 23 || minute > 59 || second > 59 {
		p.ok = false
	}
	return int64(hour*3600+minute*60+second)*1e6 + int64(micros)
}

// zone reads an offset from UTC in seconds.
func (p *timeParser) zone() (int64, bool) {
	if p.s == "" {
		return 0, false
	}
	p.accept(' ')
	if p.accept('Z') || p.accept('z') {
		return 0, true
	}
	if rest, ok := strings.CutPrefix(p.s, "UTC"); ok {
		p.s = rest
		return 0, true
	}
	sign := int64(1)
	if p.accept('-') {
		sign = -1
	} else if !p.accept('+') {
		p.ok = false
		return 0, false
	}
	hours, minutes := p.digits(2), 0
	if p.accept(':') || p.s != "" {
		minutes = p.digits(2)
	}
	if hours > 18 || minutes > 59 {
		p.ok = false
	}
	return sign * int64(hours*3600+minutes*60), true
}
