package sample

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/framework"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

func wideBytes(t *testing.T, opt Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Wide(context.Background(), &b, opt); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWideIsTheSameWhateverRunsBesides(t *testing.T) {
	opt := Options{Accounts: 3*wideBlock + 5}
	first := wideBytes(t, opt)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	if !bytes.Equal(first, wideBytes(t, opt)) {
		t.Error("other bytes with another number of processors")
	}
	opt.Seed = 2
	if bytes.Equal(first, wideBytes(t, opt)) {
		t.Error("the seed changes nothing")
	}
}

// The file has to serve as accounts and as the signals of the default framework
// without a mapping: every signal is a column, every word one of its ladder, and
// nothing is out of range.
func TestWideHoldsEverySignalOfTheDefaultFramework(t *testing.T) {
	const accounts = 20_000
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "wide.parquet"), wideBytes(t, Options{Accounts: accounts}), 0o644); err != nil {
		t.Fatal(err)
	}
	local, err := store.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	contract := source.Contract{Name: "signals", Layout: source.Current, Columns: []source.Column{{Name: "account_id", Role: source.ID, Required: true}}}
	var names []string
	for i := range fw.Plan.Signals {
		sig := &fw.Plan.Signals[i]
		role := source.Number
		if sig.IsWord() {
			role = source.Text
		}
		contract.Columns = append(contract.Columns, source.Column{Name: sig.Name, Role: role, Required: true})
		names = append(names, sig.Name)
	}
	rows, err := warehouse.Open(context.Background(), local, warehouse.Spec{Contract: &contract, Path: "wide.parquet", Layout: source.Current}, warehouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(rows.FileColumns()); n != 28 {
		t.Errorf("%d columns", n)
	}
	in := intake.Input{Contract: &contract, Layout: source.Current, Rows: rows}
	seen, known, all := make([]map[string]bool, len(names)), make([]int, len(names)), 0
	for i := range seen {
		seen[i] = map[string]bool{}
	}
	err = in.Read(context.Background(), names, 0, nil, func(b *intake.Batch) error {
		all += b.Len
		for k := range b.Columns {
			c := &b.Columns[k]
			for i := range b.Len {
				switch {
				case c.Status[i] == intake.Bad:
					t.Fatalf("%s of row %d is unusable", c.Name, b.First+int64(i))
				case c.Status[i] == intake.Known:
					known[k]++
					if c.Role == source.Text {
						seen[k][strings.Clone(c.Text(i))] = true
					}
				}
			}
		}
		return nil
	})
	if err != nil || all != accounts {
		t.Fatal(all, err)
	}
	for k := range names {
		sig := &fw.Plan.Signals[k]
		if known[k] < accounts*7/10 {
			t.Errorf("%s: only %d of %d are known", sig.Name, known[k], accounts)
		}
		for w := range seen[k] {
			if !slices.Contains(sig.Words, w) {
				t.Errorf("%s has no word %q", sig.Name, w)
			}
		}
	}
}
