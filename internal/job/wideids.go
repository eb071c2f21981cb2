package job

import (
	"context"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/diag"
	"accounthealth/internal/warehouse"
)

// idsAtOnce is how many ids are held against each other at once, as eight bytes
// each: 128 MiB. A file of more rows is divided by the ids' first bits, and its ids
// are read once more for every further part.
const idsAtOnce = 16 << 20

// wideIDs finds the rows whose id an earlier row has. Every row leaves a fingerprint;
// where two are equal, which of good files none are, the ids are read again and told
// apart by twice as many bits.
type wideIDs struct {
	parts uint64 // into which ids are divided by their first bits, a power of two
	bins  [bins][]uint64
	room  int       // fingerprints that a bin is expected to hold
	most  [bins]int // that a bin holds before it is thinned; 0: twice the room
}

// bins divide the fingerprints of a part by their last bits, into lots that are
// looked through side by side, each in the processor's cache.
const bins = 256

func newWideIDs(rows int64, atOnce int64) *wideIDs {
	w := &wideIDs{parts: 1 << bits.Len64(uint64(max((rows+atOnce-1)/atOnce, 1)-1))}
	w.room = int(min(rows, atOnce)/bins)*17/16 + 64
	return w
}

// in reports whether a fingerprint is of a part.
func (w *wideIDs) in(part, print uint64) bool {
	high, _ := bits.Mul64(print, w.parts)
	return high == part
}

// add takes up the fingerprints of rows that are of a part.
func (w *wideIDs) add(part uint64, prints ...uint64) {
	for _, p := range prints {
		if w.parts > 1 && !w.in(part, p) {
			continue
		}
		bin := &w.bins[p%bins]
		if *bin == nil {
			*bin = make([]uint64, 0, w.room)
		}
		if len(*bin) >= max(w.most[p%bins], 2*w.room) { // few ids in most of the rows
			*bin = thinned(*bin)
			w.most[p%bins] = 2 * len(*bin)
		}
		*bin = append(*bin, p)
	}
}

// thinned sorts fingerprints and keeps two of each at most, which tell as much.
func thinned(prints []uint64) []uint64 {
	slices.Sort(prints)
	out := prints[:0]
	for _, p := range prints {
		if n := len(out); n < 2 || out[n-1] != p || out[n-2] != p {
			out = append(out, p)
		}
	}
	return out
}

// find counts the rows of src whose id an earlier row has. The first part's
// fingerprints were added.
func (w *wideIDs) find(ctx context.Context, src *warehouse.Source, found *diag.Tally) error {
	src = src.Uncounted()
	for part := uint64(0); part < w.parts; part++ {
		if part > 0 {
			for i := range w.bins {
				w.bins[i] = w.bins[i][:0]
			}
			err := eachID(ctx, src, func(_ *warehouse.Batch, _ int, id []byte) {
				p, _ := fingerprint(id)
				w.add(part, p)
			})
			if err != nil {
				return err
			}
		}
		if err := w.confirm(ctx, src, w.twice(), found); err != nil {
			return err
		}
	}
	return nil
}

// twice returns the fingerprints that are there more than once, ascending.
func (w *wideIDs) twice() []uint64 {
	var found [bins][]uint64
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			t := newPrintTable(w.room)
			for {
				i := int(next.Add(1)) - 1
				if i >= bins {
					return
				}
				if len(w.bins[i]) <= 2*w.room {
					found[i] = t.twice(w.bins[i])
				} else { // not divided evenly
					found[i] = sortedTwice(w.bins[i])
				}
			}
		})
	}
	workers.Wait()
	out := slices.Concat(found[:]...)
	slices.Sort(out)
	return out
}

// printTable is a hash table of fingerprints, which are their own hashes; 0 is a free
// place.
type printTable struct {
	place []uint64
	told  []bool
}

func newPrintTable(room int) *printTable {
	n := 1 << bits.Len(uint(4*room))
	return &printTable{make([]uint64, n), make([]bool, n)}
}

func (t *printTable) twice(prints []uint64) (out []uint64) {
	clear(t.place)
	clear(t.told)
	mask := uint64(len(t.place) - 1)
	for _, p := range prints {
		at := p / bins & mask
		for t.place[at] != 0 && t.place[at] != p {
			at = (at + 1) & mask
		}
		if t.place[at] == p && !t.told[at] {
			t.told[at] = true
			out = append(out, p)
		}
		t.place[at] = p
	}
	return out
}

func sortedTwice(prints []uint64) (out []uint64) {
	slices.Sort(prints)
	for i := 1; i < len(prints); i++ {
		if p := prints[i]; p == prints[i-1] && (len(out) == 0 || out[len(out)-1] != p) {
			out = append(out, p)
		}
	}
	return out
}

// confirm looks at the rows with one of some fingerprints, ascending, in their order.
func (w *wideIDs) confirm(ctx context.Context, src *warehouse.Source, twice []uint64, found *diag.Tally) error {
	if len(twice) == 0 {
		return nil
	}
	first, seen := make([]uint64, len(twice)), make([]bool, len(twice))
	return eachID(ctx, src, func(b *warehouse.Batch, row int, id []byte) {
		p, more := fingerprint(id)
		k, ok := slices.BinarySearch(twice, p)
		switch {
		case !ok:
		case !seen[k]:
			first[k], seen[k] = more, true
		case first[k] == more:
			text := string(id)
			found.Add(diag.Finding{
				Code: diag.Duplicate, Source: wideSource, Column: wideColumns[wideID].Name, File: b.File,
				Row: b.FirstRow + int64(row), Key: text, Value: text,
			})
		}
	})
}

// eachID calls fn for every row that has an id, in order. The id is valid during the
// call.
func eachID(ctx context.Context, src *warehouse.Source, fn func(b *warehouse.Batch, row int, id []byte)) error {
	return src.Scan(ctx, []string{wideColumns[wideID].Name}, func(b *warehouse.Batch) error {
		a := b.Record.Column(0)
		at := idBytes(a)
		for i := range a.Len() {
			if a.IsValid(i) {
				fn(b, i, at(i))
			}
		}
		return nil
	})
}

// idBytes returns what gives the id of a row that has one, as a view.
func idBytes(a arrow.Array) func(row int) []byte {
	words, plain := a.(*array.String)
	var d *array.Dictionary
	if !plain {
		d = a.(*array.Dictionary)
		words = d.Dictionary().(*array.String)
	}
	var data []byte
	if buf := words.Data().Buffers()[2]; buf != nil {
		data = buf.Bytes()
	}
	offsets := words.ValueOffsets()
	return func(row int) []byte {
		if !plain {
			row = d.GetValueIndex(row)
		}
		return data[offsets[row]:offsets[row+1]]
	}
}

// fingerprint returns two independent 64-bit hashes of an id: FNV-1a (Fowler, Noll,
// Vo) and a product sum, each through the finalizer of MurmurHash3 (Appleby), which
// spreads them over all bits. The first is never 0.
func fingerprint(id []byte) (first, second uint64) {
	first = 14695981039346656037
	for _, c := range id {
		first = (first ^ uint64(c)) * 1099511628211
		second = second*0x9e3779b97f4a7c15 + uint64(c) + 1
	}
	return max(mixed(first), 1), mixed(second)
}

func mixed(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
