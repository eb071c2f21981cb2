package warehouse

import (
	"encoding/binary"
	"math"

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
		part := &s.parts[p]
		if part.meta.NumRows == 0 {
			continue
		}
		switch at := part.columns[i]; {
		case at.key != nil:
			micros, k := parseTime(at.key.Value, z)
			if k != 0 {
				return 0, false
			}
			day = max(day, int32(floorDiv(micros, microsPerDay)))
		case at.leaf != nil:
			latest, known := part.latest(at.leaf, z)
			if !known {
				return 0, false
			}
			day = max(day, latest)
		}
	}
	return day, true
}

// latest is Latest for one part.
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
