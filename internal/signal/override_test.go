package signal

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/overrides"
)

// TestOverride puts values by hand into random snapshots: exactly the named
// cells change, the snapshot itself does not, and no memory stays behind.
func TestOverride(t *testing.T) {
	for seed := range uint64(cases) {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		r := random{rand.New(rand.NewPCG(seed, 9))}
		req := r.request(mem)
		snaps, err := Compute(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range snaps {
			before, want := answers(s), answers(s)
			var values []overrides.Value
			for row := range s.Rows() {
				if r.oneIn(2) {
					values = append(values, overrides.Value{Row: int32(row), Pillar: 0, Signal: overrides.None, Value: 50})
				}
				for sig := range s.Plan.Signals {
					if !r.oneIn(3) {
						continue
					}
					v := overrides.Value{Row: int32(row), Pillar: overrides.None, Signal: sig, Value: float64(r.IntN(100)), From: s.AsOf - 3}
					if def := &s.Plan.Signals[sig]; def.IsWord() {
						v.Value = float64(r.IntN(len(def.Words)))
					}
					values = append(values, v)
					if s.Collected[sig] {
						want[sig][row] = answer{State: Known, Value: v.Value, Newest: v.From, Rows: 1, Flawed: s.Flawed[row]}
					}
				}
			}
			got := Override(mem, s, values)
			if d := cmp.Diff(want, answers(got)); d != "" {
				t.Fatalf("seed %d: %s", seed, d)
			}
			got.Release()
			if d := cmp.Diff(before, answers(s)); d != "" {
				t.Fatalf("seed %d: the snapshot changed: %s", seed, d)
			}
			s.Release()
		}
		mem.AssertSize(t, 0)
	}
}
