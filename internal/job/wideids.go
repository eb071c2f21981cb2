package job

import (
	"context"
	"math/bits"
	"slices"

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
	parts  uint64 // into which ids are divided by their first bits, a power of two
	prints []uint64
}

func newWideIDs(rows int64, atOnce int64) *wideIDs {
	parts := uint64(1) << bits.Len64(uint64(max((rows+atOnce-1)/atOnce, 1)-1))
	return &wideIDs{parts: parts, prints: make([]uint64, 0, min(rows, atOnce))}
}

// in reports whether a fingerprint is of a part.
func (w *wideIDs) in(part, print uint64) bool {
	high, _ := bits.Mul64(print, w.parts)
	return high == part
}

// add takes up the fingerprints of rows that are of the first part.
func (w *wideIDs) add(prints []uint64) {
	if w.parts == 1 {
		w.prints = append(w.prints, prints...)
		return
	}
	for _, p := range prints {
		if w.in(0, p) {
			w.prints = append(w.prints, p)
		}
	}
}

// find counts the rows of src whose id an earlier row has. The first part's
// fingerprints were added.
func (w *wideIDs) find(ctx context.Context, src *warehouse.Source, found *diag.Tally) error {
	src = src.Uncounted()
	for part := uint64(0); part < w.parts; part++ {
		if part > 0 {
			w.prints = w.prints[:0]
			err := eachID(ctx, src, func(_ *warehouse.Batch, _ int, id []byte) {
				if p, _ := fingerprint(id); w.in(part, p) {
					w.prints = append(w.prints, p)
				}
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

// twice returns the fingerprints that are there more than once, ascending. It takes
// the memory of all.
func (w *wideIDs) twice() []uint64 {
	slices.Sort(w.prints)
	n := 0
	for i := 1; i < len(w.prints); i++ {
		if p := w.prints[i]; p == w.prints[i-1] && (n == 0 || w.prints[n-1] != p) {
			w.prints[n] = p // behind i: n < i
			n++
		}
	}
	return w.prints[:n]
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
// spreads them over all bits.
func fingerprint(id []byte) (first, second uint64) {
	first = 14695981039346656037
	for _, c := range id {
		first = (first ^ uint64(c)) * 1099511628211
		second = second*0x9e3779b97f4a7c15 + uint64(c) + 1
	}
	return mixed(first), mixed(second)
}

func mixed(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
