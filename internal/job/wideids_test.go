package job

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// Rows whose id an earlier row has are found, each once and with its place, into
// however many parts the ids are divided and however they are stored.
func TestWideRepeatedIDs(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for trial := range 24 {
		files, err := store.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		// From no repeats to hardly anything else; ids of any length, empty ones are none.
		distinct := []int{1, 40, 400, 1 << 40}[trial%4]
		var want []string
		seen := map[string]bool{}
		rows := int64(0)
		for part := range 2 {
			n := 1 + rng.IntN(300)
			v := warehouse.Vector{Valid: make([]bool, n)}
			name := fmt.Sprintf("part-%d.parquet", part)
			for i := range n {
				id := fmt.Sprintf("%0*d", rng.IntN(2)*12, rng.Int64N(int64(distinct)))
				if v.Valid[i] = rng.IntN(20) > 0; v.Valid[i] {
					if seen[id] {
						want = append(want, fmt.Sprintf("w/%s %d %s", name, i, id))
					}
					seen[id] = true
				}
				v.Strings = append(v.Strings, id)
			}
			rows += int64(n)
			err := files.WriteFile(t.Context(), "w/"+name, func(out io.Writer) error {
				w, err := warehouse.NewWriter(out, []warehouse.Field{{Name: "account_id", Type: warehouse.String, Optional: true, Dict: trial%3 == 0}}, warehouse.WriterOptions{RowGroup: 100})
				if err != nil {
					return err
				}
				if err := w.Write([]warehouse.Vector{v}); err != nil {
					return err
				}
				return w.Close()
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		contract := &source.Contract{Name: wideSource, Columns: wideColumns[:1]}
		src, err := warehouse.Open(t.Context(), files, warehouse.Spec{Contract: contract, Path: "w", Layout: source.Current}, warehouse.Options{Encoded: trial%2 == 0, BatchRows: 30})
		if err != nil {
			t.Fatal(err)
		}
		ids := newWideIDs(rows, []int64{1 << 20, 100, 7}[trial%3])
		err = eachID(t.Context(), src, func(_ *warehouse.Batch, _ int, id []byte) {
			p, _ := fingerprint(id)
			ids.add(0, p)
		})
		if err != nil {
			t.Fatal(err)
		}
		found := &diag.Tally{}
		if err := ids.find(t.Context(), src, found); err != nil {
			t.Fatal(err)
		}
		if n := found.Count(diag.Duplicate, wideSource); n != int64(len(want)) {
			t.Errorf("trial %d, %d parts: %d repeated, want %d", trial, ids.parts, n, len(want))
		}
		var got []string
		for _, g := range found.Groups() {
			for _, f := range g.Examples {
				got = append(got, fmt.Sprintf("%s %d %s", f.File, f.Row, f.Value))
			}
		}
		if first := want[:min(len(want), diag.MaxExamples)]; !slices.Equal(got, first) {
			t.Errorf("trial %d: %q, want %q", trial, got, first)
		}
	}
}

// No more ids are held at once than were asked for, about.
func TestWideIDsAreDivided(t *testing.T) {
	for rows, parts := range map[int64]uint64{0: 1, 1: 1, 100: 1, 101: 2, 200: 2, 201: 4, 1000: 16} {
		w := newWideIDs(rows, 100)
		if w.parts != parts {
			t.Errorf("%d rows: %d parts, want %d", rows, w.parts, parts)
		}
		for i := range rows {
			p, _ := fingerprint(fmt.Appendf(nil, "A-%d", i))
			w.add(0, p)
		}
		held := 0
		for _, bin := range w.bins {
			held += len(bin)
		}
		if held > 130 {
			t.Errorf("%d rows: %d are held", rows, held)
		}
	}
}

// Both ways of looking through a bin find the same.
func TestWidePrintsTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		n := 1 + rng.IntN(400)
		prints := make([]uint64, n)
		for i := range prints {
			prints[i] = 1 + rng.Uint64N(uint64(1+rng.IntN(2000)))*bins
		}
		table := newPrintTable(200).twice(prints)
		slices.Sort(table)
		if sorted := sortedTwice(prints); !slices.Equal(table, sorted) {
			t.Fatalf("%v, sorted %v", table, sorted)
		}
	}
}

// Few ids in most of the rows take no more memory than the ids, and are all found.
func TestWideIDsThinned(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ids := newWideIDs(1<<20, 1<<14)
	ids.parts = 1
	count := map[uint64]int{}
	for range 1 << 20 {
		p := mixed(uint64(rng.IntN(30))) // far fewer than the bins
		if rng.IntN(100) == 0 {
			p = rng.Uint64()
		}
		count[p]++
		ids.add(0, p)
	}
	held := 0
	for i := range ids.bins {
		held += cap(ids.bins[i])
	}
	if distinct := len(count); held > 8*distinct+bins*4*ids.room {
		t.Errorf("%d fingerprints are held of %d distinct ones", held, distinct)
	}
	var want []uint64
	for p, n := range count {
		if n > 1 {
			want = append(want, p)
		}
	}
	slices.Sort(want)
	if got := ids.twice(); !slices.Equal(got, want) {
		t.Errorf("%d are there twice, want %d", len(got), len(want))
	}
}
