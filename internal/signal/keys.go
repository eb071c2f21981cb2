package signal

import (
	"context"
	"slices"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
)

// keys remembers which keys a pass has seen; of rows with the same key the
// first in file and row order is used. One row an account and day, by far the
// commonest grain, takes a bit; any other key 16 bytes.
type keys struct {
	columns []int
	dayAt   int // position of the day of an account x day key; -1 for any other key
	today   int32
	days    []daySet // by account
	others  map[[2]uint64]struct{}
	twice   map[[2]uint64]struct{} // keys that came again
}

// daySet is a set of days, a bit each, from 64 x first on.
type daySet struct {
	first int32
	words []uint64
}

// add reports whether the day was not in the set yet.
func (s *daySet) add(day int32) bool {
	word, mask := day>>6, uint64(1)<<(day&63)
	switch {
	case len(s.words) == 0:
		s.first, s.words = word, append(s.words, 0)
	case word < s.first:
		s.words = append(make([]uint64, s.first-word, int(s.first-word)+len(s.words)), s.words...)
		s.first = word
	}
	for int(word-s.first) >= len(s.words) {
		s.words = append(s.words, 0)
	}
	w := &s.words[word-s.first]
	if *w&mask != 0 {
		return false
	}
	*w |= mask
	return true
}

// near bounds the days that a set may span, 20 years each way of today; a row
// dated 1900 or 9999 is not worth the bits between.
const near = 20 * 366

const microsPerDay = 86_400_000_000

// newKeys returns nil where the source has no key or part of it is not mapped.
func (f *feed) newKeys(req *Request) *keys {
	k := &keys{dayAt: -1, today: req.Today, others: map[[2]uint64]struct{}{}, twice: map[[2]uint64]struct{}{}}
	names := slices.Clone(f.in.Contract.Key)
	if len(names) == 0 {
		return nil
	}
	switch f.in.Layout { // every snapshot and every spell holds the key again
	case source.Snapshot:
		names = append(names, f.in.Stamp())
	case source.SCD:
		names = append(names, intake.ValidFrom)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, n := range names {
		at := f.position(n)
		if at < 0 {
			return nil
		}
		k.columns = append(k.columns, at)
		if col, _ := f.in.Column(n); len(names) == 2 && slices.Contains(names, intake.AccountID) && col.Role == source.Time {
			k.dayAt = at
			k.days = make([]daySet, req.Table.Len())
		}
	}
	return k
}

// repeated reports whether a row with the same key came before. Rows whose key
// is not whole have none to compare by.
func (k *keys) repeated(b *intake.Batch, i int, account int32) bool {
	if k == nil {
		return false
	}
	for _, at := range k.columns {
		if b.Columns[at].Status[i] != intake.Known {
			return false
		}
	}
	if k.dayAt >= 0 {
		c := &b.Columns[k.dayAt]
		d := c.Days[i]
		if d > k.today-near && d < k.today+near && int64(c.Micros[i]) == int64(d)*microsPerDay {
			if k.days[account].add(d) {
				return false
			}
			k.twice[b.DigestOf(k.columns, i)] = struct{}{}
			return true
		}
	}
	key := b.DigestOf(k.columns, i)
	if _, ok := k.others[key]; !ok {
		k.others[key] = struct{}{}
		return false
	}
	k.twice[key] = struct{}{}
	return true
}

// classify reads the source again, only where a key came twice, and counts the
// rows after the first as copies or conflicts. Rows are compared over the
// columns that the plan reads.
func (p *pass) classify(ctx context.Context) error {
	if p.found == nil || p.keys == nil || len(p.keys.twice) == 0 {
		return nil
	}
	first := make(map[[2]uint64][2]uint64, len(p.keys.twice))
	quiet := &pass{feed: p.feed, req: p.req}
	return p.in.Read(ctx, p.columns, p.req.Today, nil, func(b *intake.Batch) error {
		quiet.mapAccounts(&b.Columns[0])
	rows:
		for i := range b.Len {
			if quiet.account(b, i) < 0 {
				continue
			}
			for _, at := range p.keys.columns {
				if b.Columns[at].Status[i] != intake.Known {
					continue rows
				}
			}
			key := b.DigestOf(p.keys.columns, i)
			if _, ok := p.keys.twice[key]; !ok {
				continue
			}
			row := b.Digest(i)
			seen, ok := first[key]
			switch {
			case !ok:
				first[key] = row
			case seen == row:
				b.NoteTo(p.found, diag.Duplicate, "", i, "")
			default:
				b.NoteTo(p.found, diag.Conflict, "", i, "")
			}
		}
		return nil
	})
}
