package signal

import (
	"cmp"
	"context"
	"math"
	"slices"

	"accounthealth/internal/intake"
	"accounthealth/internal/source"
)

// copyDates are the dates of a source's full copies, ascending. As of a day the
// newest copy counts of which some row was known.
type copyDates []copyDate

type copyDate struct {
	day   int32
	known int32 // the first day as of which one of its rows was known
	until int64 // the first day as of which a newer copy was known
}

// until returns the first day as of which a copy newer than the given day's is known.
func (c copyDates) until(day int32) int64 {
	k, _ := slices.BinarySearchFunc(c, day, func(x copyDate, d int32) int { return cmp.Compare(x.day, d) })
	if k == len(c) {
		return math.MaxInt32
	}
	return c[k].until
}

// knownBy reports whether some copy is known as of a day.
func (c copyDates) knownBy(day int32) bool {
	return slices.ContainsFunc(c, func(x copyDate) bool { return x.known <= day })
}

// readSnapshots collects the dates of a source's copies, once. It reads the
// accounts too, because the first reading of a source is the one that is audited.
func (f *feed) readSnapshots(ctx context.Context, req *Request) error {
	if f.in.Layout != source.Snapshot {
		return nil
	}
	f.reading = []string{intake.AccountID, f.in.Stamp()}
	if f.in.Has(intake.AvailableAt) {
		f.reading = append(f.reading, intake.AvailableAt)
	}
	p := &pass{feed: f, req: req}
	p.stamp, p.available = 1, f.position(intake.AvailableAt)
	first := map[int32]int32{}
	previous, seen := int32(math.MinInt32), int32(math.MinInt32)
	err := f.in.Read(ctx, f.reading, req.Today, nil, func(b *intake.Batch) error {
		for i, d := range b.Columns[1].Days {
			known := p.known(b, i)
			if known == always || d == previous && known >= seen {
				continue
			}
			if was, ok := first[d]; !ok || known < was {
				first[d] = known
			}
			previous, seen = d, first[d]
		}
		return nil
	})
	for d, known := range first {
		f.snapshots = append(f.snapshots, copyDate{day: d, known: known})
	}
	slices.SortFunc(f.snapshots, func(a, b copyDate) int { return cmp.Compare(a.day, b.day) })
	until := int64(math.MaxInt32)
	for i := range slices.Backward(f.snapshots) {
		f.snapshots[i].until = until
		until = min(until, int64(f.snapshots[i].known))
	}
	return err
}
