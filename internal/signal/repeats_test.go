package signal

import (
	"os"
	"testing"

	"pgregory.net/rapid"

	"accounthealth/internal/store"
)

// Whatever the room for keys, the rows found are those whose key came before.
func TestRepeatsFindsEveryLaterRow(t *testing.T) {
	dir := t.TempDir()
	local, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	temp, err := local.Temp("")
	if err != nil {
		t.Fatal(err)
	}
	spilled := false
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.IntRange(0, 60), 1, 300).Draw(t, "keys")
		budget := rapid.Int64Range(500, 8000).Draw(t, "budget")
		r := NewRepeats(temp, budget)
		var got map[int]bool
		for pass := 0; ; pass++ {
			got = map[int]bool{}
			for i, k := range keys {
				if r.Row(int64(i), [2]uint64{uint64(k % 7), uint64(k)}) {
					got[i] = true
				}
			}
			again, err := r.Again()
			if err != nil || again && pass > 0 {
				t.Fatal(again, err)
			}
			if !again {
				break
			}
			spilled = true
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		seen := map[int]bool{}
		for i, k := range keys {
			if got[i] != seen[k] {
				t.Fatalf("row %d: %v, want %v", i, got[i], seen[k])
			}
			seen[k] = true
		}
	})
	if !spilled {
		t.Error("no case took more than its room")
	}
	if left, err := os.ReadDir(dir + "/.spill"); err != nil || len(left) > 0 {
		t.Errorf("%d temporary files are left, %v", len(left), err)
	}
}
