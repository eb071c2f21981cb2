package warehouse

import (
	"cmp"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/source"
)

// Latest returns a day after which a time column of the source has no value, as
// the files' own statistics and partition keys tell it; ok is false where any part
// does not say. It reads nothing. The day may be too late, never too early.
func (s *Source) Latest(column string) (day int32, ok bool) {
	i := s.column(column)
	if i < 0 || s.wants[i].Role != source.Time {
		return 0, false
	}
	day = math.MinInt32
	z := newZone(s.opt.Location)
	for p := range s.parts {
		o := &s.parts[p]
		for g := range o.meta.RowGroups {
			if o.meta.RowGroups[g].NumRows == 0 || o.empty(i, g) {
				continue
			}
			_, last, known := o.days(i, g, z)
			if !known {
				return 0, false
			}
			day = max(day, last)
		}
	}
	return day, true
}

// Gap is a row group that a source leaves out; see Between.
type Gap struct {
	File        string
	FirstRow    int64 // zero-based
	Rows        int64
	First, Last int32 // days between which the rows' values lie, both included

	group  int  // of the file
	stated bool // by statistics, not by a partition key
}

// Between returns the source without the row groups all of whose rows have a
// value of a time column before one day or after another, both of which may be
// math.MinInt32 and math.MaxInt32. That is known of a partition key, and of a
// column of dates or timestamps from the statistics of its chunks, where they
// state that no row is null and two days in their order. All other rows remain,
// those outside included: who reads them still looks at their dates. Files,
// columns and Rows are as before; Gaps and Outside say what is left out. Nothing
// is read: see Confirm.
func (s *Source) Between(column string, from, to int32) *Source {
	out := *s
	i := s.column(column)
	if i < 0 || s.wants[i].Role != source.Time {
		return &out
	}
	out.parts = slices.Clone(s.parts)
	z := newZone(s.opt.Location)
	for p := range out.parts {
		o := &out.parts[p]
		o.outside = slices.Clone(o.outside)
		row := int64(0)
		for g := range o.meta.RowGroups {
			rows := o.meta.RowGroups[g].NumRows
			if first, last, ok := o.span(i, g, z); ok && rows > 0 && (last < from || first > to) && !o.leftOut(g) {
				if o.outside == nil {
					o.outside = make([]Gap, len(o.meta.RowGroups))
				}
				o.outside[g] = Gap{File: o.file.Path, FirstRow: row, Rows: rows, First: first, Last: last, group: g, stated: o.columns[i].leaf != nil}
			}
			row += rows
		}
	}
	return &out
}

// Confirm is Between for those who cannot take a footer's word: statistics carry no
// checksum, and a writer may have got them wrong. Of the row groups that they rule
// out the column itself is read, and nothing else; those with a row that is null,
// unreadable or inside are put back, and are returned as well. A footer whose rows
// are not there fails as it does in Scan. A partition key needs no confirmation: it
// is the value.
func (s *Source) Confirm(ctx context.Context, column string, from, to int32) (*Source, []Gap, error) {
	out := s.Between(column, from, to)
	only := out.Uncounted() // the row groups to be confirmed, and no others
	only.parts = slices.Clone(out.parts)
	stated := map[string][]Gap{} // by file, in the order of rows
	for p := range only.parts {
		o := &only.parts[p]
		inverse := make([]Gap, len(o.meta.RowGroups))
		for g := range inverse {
			if out.parts[p].leftOut(g) && !s.parts[p].leftOut(g) && out.parts[p].outside[g].stated {
				stated[o.file.Path] = append(stated[o.file.Path], out.parts[p].outside[g])
			} else {
				inverse[g].Rows = o.meta.RowGroups[g].NumRows
			}
		}
		o.outside = inverse
	}
	if len(stated) == 0 {
		return out, nil, nil
	}
	untrue := map[string][]Gap{}
	err := only.Scan(ctx, []string{column}, func(b *Batch) error {
		times := b.Record.Column(0).(*array.Timestamp)
		holds := times.NullN() == 0
		for _, t := range times.TimestampValues() {
			day := int32(floorDiv(int64(t), microsPerDay))
			holds = holds && (day < from || day > to)
		}
		if holds {
			return nil
		}
		gaps := stated[b.File]
		at, exact := slices.BinarySearchFunc(gaps, b.FirstRow, func(g Gap, row int64) int { return cmp.Compare(g.FirstRow, row) })
		if !exact {
			at-- // a later batch of the row group
		}
		if g := gaps[at]; len(untrue[b.File]) == 0 || untrue[b.File][len(untrue[b.File])-1].group != g.group {
			untrue[b.File] = append(untrue[b.File], g)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var back []Gap
	for p := range out.parts {
		o := &out.parts[p]
		for _, g := range untrue[o.file.Path] {
			o.outside[g.group] = Gap{}
			back = append(back, g)
		}
	}
	return out, back, nil
}

// Gaps lists what Between left out, in the order of files and rows.
func (s *Source) Gaps() []Gap {
	var out []Gap
	for p := range s.parts {
		for _, g := range s.parts[p].outside {
			if g.Rows > 0 {
				out = append(out, g)
			}
		}
	}
	return out
}

// Outside returns the number of rows that Between left out.
func (s *Source) Outside() int64 {
	var n int64
	for _, g := range s.Gaps() {
		n += g.Rows
	}
	return n
}

func (o *opened) leftOut(group int) bool { return o.outside != nil && o.outside[group].Rows > 0 }

// span is days for row groups in which every row has a value.
func (o *opened) span(column, group int, z *zone) (first, last int32, ok bool) {
	if l := o.columns[column].leaf; l != nil {
		meta := &o.meta.RowGroups[group].Columns[l.index].MetaData
		if l.maxDef > 0 && meta.Statistics.NullCount != 0 || meta.NumValues != o.meta.RowGroups[group].NumRows {
			return 0, 0, false
		}
	}
	return o.days(column, group, z)
}

// empty says that no row of a row group has a value.
func (o *opened) empty(column, group int) bool {
	at := o.columns[column]
	if at.leaf == nil {
		return at.key == nil
	}
	meta := &o.meta.RowGroups[group].Columns[at.leaf.index].MetaData
	return meta.NumValues == meta.Statistics.NullCount && meta.Statistics.MaxValue == nil
}

// days returns days between which the values of a row group's time column lie.
func (o *opened) days(column, group int, z *zone) (first, last int32, ok bool) {
	switch at := o.columns[column]; {
	case at.leaf != nil:
		stats := &o.meta.RowGroups[group].Columns[at.leaf.index].MetaData.Statistics
		first, ok = at.leaf.day(stats.MinValue, z)
		if ok {
			last, ok = at.leaf.day(stats.MaxValue, z)
		}
		if at.leaf.form == formInstant && z.loc != time.UTC {
			// A clock that is put back shows a later instant at an earlier time.
			first, last = first-1, last+1
		}
	case at.key != nil:
		micros, k := parseTime(at.key.Value, z)
		first, ok = int32(floorDiv(micros, microsPerDay)), k == 0
		last = first
	}
	return first, last, ok && first <= last
}

// day reads a bound of a column chunk's statistics. Texts are not read: they may
// be cut short, and their order is not that of the days they name. Nor is INT96,
// which has no order, nor a value that reading would call impossible.
func (l *leaf) day(x []byte, z *zone) (int32, bool) {
	micros, ok := int64(0), false
	switch {
	case l.form == formDate && len(x) == 4:
		micros, ok = dayMicros(int64(int32(binary.LittleEndian.Uint32(x)))), true
	case (l.form == formInstant || l.form == formWall) && len(x) == 8:
		micros, ok = l.micros(int64(binary.LittleEndian.Uint64(x)))
	}
	if !ok || micros < minMicros || micros > maxMicros {
		return 0, false
	}
	if l.form == formInstant {
		micros = z.wall(micros)
	}
	return int32(floorDiv(micros, microsPerDay)), true
}
