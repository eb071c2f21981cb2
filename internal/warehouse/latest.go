package warehouse

import (
	"encoding/binary"
	"math"
	"slices"

	"accounthealth/internal/source"
)

// Latest returns a day after which a time column of the source has no value, as
// the files' own statistics and partition keys tell it; ok is false where any part
// does not say. It reads nothing. Statistics may be too late, never too early, by
// the format's rules.
func (s *Source) Latest(column string) (day int32, ok bool) {
	i := s.column(column)
	if i < 0 || s.wants[i].Role != source.Time {
		return 0, false
	}
	day = math.MinInt32
	z := newZone(s.opt.Location)
	for p := range s.parts {
		latest, known := s.parts[p].newest(i, z)
		if !known {
			return 0, false
		}
		day = max(day, latest)
	}
	return day, true
}

// Since returns the source with only the files that may hold a value of a time
// column on or after a day: those whose statistics and partition keys do not rule
// it out. The rows of those files all remain.
func (s *Source) Since(column string, day int32) *Source {
	out := *s
	i := s.column(column)
	if i < 0 || s.wants[i].Role != source.Time {
		return &out
	}
	z := newZone(s.opt.Location)
	out.parts = slices.DeleteFunc(slices.Clone(s.parts), func(o opened) bool {
		latest, known := o.newest(i, z)
		return known && latest < day
	})
	return &out
}

// newest is Latest for one file: math.MinInt32 where it has no value at all.
func (o *opened) newest(column int, z *zone) (day int32, ok bool) {
	if o.meta.NumRows == 0 {
		return math.MinInt32, true
	}
	switch at := o.columns[column]; {
	case at.key != nil:
		micros, k := parseTime(at.key.Value, z)
		return int32(floorDiv(micros, microsPerDay)), k == 0
	case at.leaf != nil:
		return o.latest(at.leaf, z)
	}
	return math.MinInt32, true
}

// latest is newest for a column that the file holds.
func (p *part) latest(l *leaf, z *zone) (day int32, ok bool) {
	day = math.MinInt32
	for g := range p.meta.RowGroups {
		meta := &p.meta.RowGroups[g].Columns[l.index].MetaData
		if meta.NumValues == meta.Statistics.NullCount && meta.Statistics.MaxValue == nil {
			continue // nothing but nulls
		}
		x := meta.Statistics.MaxValue
		switch {
		case l.form == formDate && len(x) == 4:
			day = max(day, int32(binary.LittleEndian.Uint32(x)))
		case (l.form == formInstant || l.form == formWall) && len(x) == 8:
			micros, fits := l.micros(int64(binary.LittleEndian.Uint64(x)))
			if !fits || micros < minMicros || micros > maxMicros {
				return 0, false
			}
			if l.form == formInstant {
				micros = z.wall(micros)
			}
			day = max(day, int32(floorDiv(micros, microsPerDay)))
		default:
			return 0, false
		}
	}
	return day, true
}
