package signal

import (
	"cmp"

	"accounthealth/internal/store"
)

// Repeats finds the rows whose key an earlier row had, in bounded memory. Keys are
// digests; rows are asked about in order. Where the keys take more than they may,
// they go to temporary files and the rows have to be asked about once more: Again
// says so when all were seen.
type Repeats struct {
	room     int
	seen     map[[2]uint64]struct{} // nil when late has the keys
	late     *sorter[lateKey]
	verdicts *sorter[verdict]
	again    bool
	cursor   *merge[verdict]
	upcoming verdict
	err      error
}

// NewRepeats starts a search that takes about budget bytes, 0 for 128 MiB. Without
// temp everything stays in memory.
func NewRepeats(temp store.Temp, budget int64) *Repeats {
	budget = cmp.Or(budget, defaultKeyBudget)
	r := &Repeats{
		room: int(budget / 2 / entryBytes), seen: map[[2]uint64]struct{}{},
		late: newSorter[lateKey](temp, budget*3/8), verdicts: newSorter[verdict](temp, budget/8),
	}
	if temp == nil {
		r.room = int(^uint(0) >> 1)
	}
	return r
}

// Row reports whether an earlier row had the key. Rows are numbered from 0 and
// rise. While keys are going to files it always says no.
func (r *Repeats) Row(ordinal int64, key [2]uint64) bool {
	switch {
	case r.again:
		for r.upcoming.ordinal < ordinal && r.err == nil {
			r.advance()
		}
		return r.err == nil && r.upcoming.ordinal == ordinal
	case r.seen == nil:
		r.late.add(lateKey{key: key, ordinal: ordinal})
		return false
	}
	if _, ok := r.seen[key]; ok {
		r.verdicts.add(verdict{ordinal: ordinal}) // should the rows be asked about again
		return true
	}
	if r.seen[key] = struct{}{}; len(r.seen) <= r.room {
		return false
	}
	// The ordinal stands before all others: a row of each of these keys was seen.
	for k := range r.seen {
		r.late.add(lateKey{key: k, ordinal: -1})
	}
	r.seen = nil
	return false
}

// Again reports whether every row has to be asked about once more, from the first
// on, because the answers of this pass are not all there.
func (r *Repeats) Again() (bool, error) {
	if r.seen != nil || r.again || r.err != nil {
		return false, r.Err()
	}
	r.again = true
	m, err := r.late.sorted()
	if err != nil {
		return false, err
	}
	var last [2]uint64
	for n := 0; ; n++ {
		k, ok, err := m.next()
		if err != nil {
			return false, err
		}
		if !ok {
			break
		}
		if n > 0 && k.key == last {
			r.verdicts.add(verdict{ordinal: k.ordinal})
		}
		last = k.key
	}
	if r.cursor, err = r.verdicts.sorted(); err != nil {
		return false, err
	}
	r.upcoming = verdict{ordinal: -1}
	return true, r.Err()
}

func (r *Repeats) advance() {
	v, ok, err := r.cursor.next()
	if !ok {
		v.ordinal = int64(^uint64(0) >> 1)
	}
	r.upcoming, r.err = v, err
}

// Err is the first error of a temporary file.
func (r *Repeats) Err() error { return cmp.Or(r.err, r.late.err, r.verdicts.err) }

// Close removes the temporary files.
func (r *Repeats) Close() error { return cmp.Or(r.late.close(), r.verdicts.close()) }
