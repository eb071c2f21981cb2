package signal

import (
	"cmp"
	"context"
	"encoding/binary"
	"math"
	"slices"

	"accounthealth/internal/intake"
	"accounthealth/internal/source"
)

// keys decides as of which days a row counts where several rows of a source have
// one key: as of a day, of those known then, the first in file and row order
// does. So a row counts from the day it was known until the day an earlier row
// with its key was, and not at all where that was before. A row that cannot be
// placed in time is known as of no day.
//
// One row an account and day, by far the commonest grain, takes a bit (and a
// byte where rows carry the time they became available); any other key an entry
// of a hash set. When they are full, the set and all further keys go to a sorter,
// and the pass must be repeated: which rows have one key is known only when it
// has ended. From then on every row of such a key has its verdict, by its ordinal.
type keys struct {
	names   []string
	columns []int  // positions of names among the columns being read
	dayAt   int    // position of the day of an account x day key; -1 for any other
	dayName string // its name, "" for any other key
	lagged  bool   // rows of one account x day key may become known on different days
	today   int32

	days   []daySet               // by account
	others map[[2]uint64]firstRow // nil when late has them
	room   int64                  // bytes that the two may still take
	late   *sorter[lateKey]

	verdicts *sorter[verdict]
	settled  bool
	ends     bool // some row counts for a while only
	cursor   *merge[verdict]
	upcoming verdict
	err      error // of reading verdicts
}

// firstRow is what is kept of the rows of one key.
type firstRow struct {
	ordinal int64 // of the first
	from    int32 // the first day on which one of them was known
	twice   bool
}

// Days until which a row counts.
const (
	always int32 = math.MaxInt32 // it counts for ever
	never  int32 = math.MinInt32 // it counts as of no day
)

const (
	defaultKeyBudget = 128 << 20
	entryBytes       = 50 // of a hash set's entry, half-empty tables included
	wordBytes        = 16 // of 64 days: two bits a day, slices grown in advance
	lagBytes         = 96 // of 64 days
)

// near bounds the days that a set may span, 20 years each way of today; a row
// dated 1900 or 9999 is not worth the bits between.
const near = 20 * 366

const microsPerDay = 86_400_000_000

// newKeys returns nil where the source has no key or part of it is not mapped.
func (f *feed) newKeys(req *Request) *keys {
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
		if !f.in.Has(n) {
			return nil
		}
	}
	budget, temp := cmp.Or(req.KeyBudget, defaultKeyBudget), req.Temp
	k := &keys{
		names: names, today: req.Today, others: map[[2]uint64]firstRow{}, room: budget / 2,
		late: newSorter[lateKey](temp, budget*3/8), verdicts: newSorter[verdict](temp, budget/8),
	}
	if temp == nil {
		k.room = math.MaxInt64
	}
	stamp, lagged := f.stamp(), f.in.Has(intake.AvailableAt)
	for _, n := range names {
		// Days are kept by account, so an account's rows must all come under one id.
		// The lag of a day is that of its rows, so the day must be what dates them.
		if col, _ := f.in.Column(n); !req.Table.Pools() && len(names) == 2 && slices.Contains(names, intake.AccountID) && col.Role == source.Time &&
			(n == stamp || stamp == "" && !lagged) {
			k.dayName, k.lagged = n, lagged
			k.days = make([]daySet, req.Table.Len())
		}
	}
	return k
}

// crowded reports whether that many rows' keys will certainly not fit.
func (k *keys) crowded(rows int64) bool {
	return k != nil && k.dayName == "" && rows > k.room/entryBytes
}

// begin starts a pass that reads the given columns.
func (k *keys) begin(columns []string) error {
	k.columns, k.dayAt, k.cursor = k.columns[:0], -1, nil
	for _, n := range k.names {
		at := slices.Index(columns, n)
		k.columns = append(k.columns, at)
		if n == k.dayName {
			k.dayAt = at
		}
	}
	if !k.settled {
		return nil
	}
	var err error
	if k.cursor, err = k.verdicts.sorted(); err == nil {
		err = k.advance()
	}
	return err
}

func (k *keys) advance() error {
	v, ok, err := k.cursor.next()
	if !ok {
		v.ordinal = math.MaxInt64
	}
	k.upcoming = v
	return err
}

// verdict returns what was decided about a row, the rows being asked for in
// order; false where no other row has its key, or only rows that fit the sets.
func (k *keys) verdict(ordinal int64) (until int32, ok bool) {
	for k.upcoming.ordinal < ordinal && k.err == nil {
		k.err = k.advance()
	}
	return k.upcoming.until, k.err == nil && k.upcoming.ordinal == ordinal
}

// spilled reports whether the pass must be repeated, so that there is no point
// in using its rows.
func (k *keys) spilled() bool { return k != nil && !k.settled && k.others == nil }

// ending reports whether some row counts for a while only, as far as was read.
func (k *keys) ending() bool { return k != nil && k.ends }

// failure is the first error of what was written or read so far.
func (k *keys) failure() error { return cmp.Or(k.err, k.late.err, k.verdicts.err) }

func (k *keys) whole(b *intake.Batch, i int) bool {
	for _, at := range k.columns {
		if b.Columns[at].Status[i] != intake.Known {
			return false
		}
	}
	return true
}

// until returns the day until which a row counts that was known from a day on,
// always standing for none: always, never, or the first day as of which an
// earlier row takes its place. Rows whose key is not whole have none to compare
// by.
func (k *keys) until(b *intake.Batch, i int, ordinal int64, account, from int32) int32 {
	switch {
	case k == nil:
		return always
	case k.settled:
		if until, ok := k.verdict(ordinal); ok {
			return until
		}
		return always
	case !k.whole(b, i):
		return always
	}
	if day, ok := k.day(b, i, account, true); ok {
		if until, ok := k.untilInSet(&k.days[account], day, ordinal, from); ok {
			return until
		}
	}
	key := b.DigestOf(k.columns, i)
	if k.others == nil {
		k.late.add(lateKey{key, ordinal, from})
		return always
	}
	if first, ok := k.others[key]; ok {
		k.others[key] = firstRow{first.ordinal, min(first.from, from), true}
		return k.repeated(ordinal, first.from, from)
	}
	k.others[key] = firstRow{ordinal: ordinal, from: from}
	if k.room -= entryBytes; k.room < 0 {
		k.spill()
	}
	return always
}

// untilInSet is until for a key that has a bit; false where what else there is to
// know about it is kept elsewhere.
func (k *keys) untilInSet(set *daySet, day int32, ordinal int64, from int32) (int32, bool) {
	word, mask := set.at(day)
	seen := set.seen[word]&mask != 0
	set.seen[word] |= mask
	switch {
	case !k.lagged && !seen:
		return always, true
	case !k.lagged:
		set.again(day)
		return k.repeated(ordinal, from, from), true
	}
	lag := set.lag(day)
	if !seen {
		*lag = uint8(min(int64(from)-int64(day), farLag))
		return always, *lag != farLag
	}
	if *lag == farLag {
		return 0, false
	}
	set.again(day)
	was := day + int32(*lag)
	*lag = uint8(min(from, was) - day)
	return k.repeated(ordinal, was, from), true
}

// spill hands the hash set over to the sorter.
func (k *keys) spill() {
	for key, first := range k.others {
		if first.twice {
			k.verdicts.add(verdict{first.ordinal, always})
		}
		k.late.add(lateKey{key, first.ordinal, first.from})
	}
	k.others, k.room = nil, 0
}

// day returns the day of a row whose key fits its account's set; grow makes room
// for it while there is any.
func (k *keys) day(b *intake.Batch, i int, account int32, grow bool) (int32, bool) {
	if k.dayAt < 0 {
		return 0, false
	}
	c := &b.Columns[k.dayAt]
	d := c.Days[i]
	if d <= k.today-near || d >= k.today+near || int64(c.Micros[i]) != int64(d)*microsPerDay {
		return 0, false
	}
	set := &k.days[account]
	if n := set.growth(d); n > 0 {
		cost := int64(n) * wordBytes
		if k.lagged {
			cost += int64(n) * lagBytes
		}
		if !grow {
			return 0, false
		}
		// Once there was no room there is none for a smaller set either, so that a
		// key is either in its set from its first row on or never.
		if cost > k.room {
			if k.others != nil {
				k.spill()
			}
			return 0, false
		}
		k.room -= cost
		set.grow(d, k.lagged)
	}
	return d, true
}

// repeated decides about a row of a key whose earlier rows were first known on
// the day was.
func (k *keys) repeated(ordinal int64, was, from int32) int32 {
	until := never
	if from < was {
		until = was
		k.ends = k.ends || until != always
	}
	k.verdicts.add(verdict{ordinal, until})
	return until
}

// settle ends the first pass, or a reading of the keys alone. It reports whether
// the pass took rows for the only ones of their key that were not.
func (k *keys) settle(ctx context.Context) (wrong bool, err error) {
	if k == nil || k.settled {
		return false, nil
	}
	wrong = k.spilled()
	if wrong {
		if err := k.decide(ctx); err != nil {
			return false, err
		}
	}
	k.settled = true
	return wrong, k.late.close()
}

// decide goes through the keys that did not fit.
func (k *keys) decide(ctx context.Context) error {
	m, err := k.late.sorted()
	if err != nil {
		return err
	}
	var first lateKey
	alone, was := false, never
	for n := 0; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r, ok, err := m.next()
		if !ok || err != nil {
			return err
		}
		if n == 0 || r.key != first.key {
			first, alone, was = r, true, r.from
			continue
		}
		if alone {
			k.verdicts.add(verdict{first.ordinal, always})
			alone = false
		}
		k.repeated(r.ordinal, was, r.from)
		was = min(was, r.from)
	}
}

// shared reports whether a row's key came more than once, after all rows were
// seen, the rows being asked for in order.
func (k *keys) shared(b *intake.Batch, i int, ordinal int64, account int32) bool {
	if _, ok := k.verdict(ordinal); ok {
		return true
	}
	if !k.whole(b, i) {
		return false
	}
	if day, ok := k.day(b, i, account, false); ok {
		set := &k.days[account]
		if !k.lagged || *set.lag(day) != farLag {
			word, mask := set.at(day)
			return set.twice != nil && set.twice[word]&mask != 0
		}
	}
	return k.others[b.DigestOf(k.columns, i)].twice
}

// forget drops what only the first pass needs.
func (k *keys) forget() {
	if k != nil {
		k.days, k.others = nil, nil
	}
}

func (k *keys) close() error {
	if k == nil {
		return nil
	}
	return cmp.Or(k.late.close(), k.verdicts.close())
}

// lateKey is a row's key that did not fit the sets.
type lateKey struct {
	key     [2]uint64
	ordinal int64
	from    int32
}

func (r lateKey) compare(q lateKey) int {
	if r.key[0] != q.key[0] {
		return cmp.Compare(r.key[0], q.key[0])
	}
	return cmp.Or(cmp.Compare(r.key[1], q.key[1]), cmp.Compare(r.ordinal, q.ordinal))
}

func (lateKey) size() int { return 28 }

func (r lateKey) put(b []byte) {
	binary.LittleEndian.PutUint64(b, r.key[0])
	binary.LittleEndian.PutUint64(b[8:], r.key[1])
	binary.LittleEndian.PutUint64(b[16:], uint64(r.ordinal))
	binary.LittleEndian.PutUint32(b[24:], uint32(r.from))
}

func (lateKey) get(b []byte) lateKey {
	return lateKey{
		[2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])},
		int64(binary.LittleEndian.Uint64(b[16:])), int32(binary.LittleEndian.Uint32(b[24:])),
	}
}

// verdict says until which day a row of a repeated key counts.
type verdict struct {
	ordinal int64 // of the row among the source's
	until   int32
}

func (r verdict) compare(q verdict) int { return cmp.Compare(r.ordinal, q.ordinal) }

func (verdict) size() int { return 12 }

func (r verdict) put(b []byte) {
	binary.LittleEndian.PutUint64(b, uint64(r.ordinal))
	binary.LittleEndian.PutUint32(b[8:], uint32(r.until))
}

func (verdict) get(b []byte) verdict {
	return verdict{int64(binary.LittleEndian.Uint64(b)), int32(binary.LittleEndian.Uint32(b[8:]))}
}
