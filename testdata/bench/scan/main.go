// Command scan reads every column of a wide sample file into Arrow batches
// through the job's own door and prints the seconds of each run, and sums that
// show that what it read is right. It also uncompresses the same pages and does
// nothing else, which is the least that any reading takes. It is one side of a
// comparison; see ../README.md.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// roles are those of the columns that are not text.
var roles = map[string]source.Role{
	"account_id": source.ID, "arr": source.Money, "start_date": source.Time, "renewal_date": source.Time,
	"activity": source.Number, "feature_adoption": source.Number, "days_since_login": source.Number, "csat": source.Number,
	"payment": source.Number, "contract_term": source.Number, "nps": source.Number, "downgrade_risk": source.Flag, "merger": source.Flag,
}

func main() {
	path := flag.String("file", "", "the wide `file`")
	runs := flag.Int("runs", 5, "timed runs")
	flag.Parse()
	if err := run(*path, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "scan:", err)
		os.Exit(1)
	}
}

func run(path string, runs int) error {
	ctx := context.Background()
	folder, err := store.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	wide, names, err := contractOf(ctx, folder, name)
	if err != nil {
		return err
	}
	scan := func(stored bool, fn func(*warehouse.Batch) error) (int64, error) {
		var rows int64
		src, err := warehouse.Open(ctx, folder, warehouse.Spec{Contract: wide, Path: name, Layout: source.Current},
			warehouse.Options{Encoded: stored, BatchRows: warehouse.PageRows})
		if err != nil {
			return 0, err
		}
		err = src.Scan(ctx, names, func(b *warehouse.Batch) error {
			rows += b.Record.NumRows()
			return fn(b)
		})
		return rows, err
	}
	out := json.NewEncoder(os.Stdout)
	timed := func(way string, read func() (int64, error)) error {
		for range runs + 1 { // the first fills the caches
			start, cpu := time.Now(), processTime()
			rows, err := read()
			if err != nil {
				return err
			}
			if err := out.Encode(map[string]any{"way": way, "rows": rows, "seconds": time.Since(start).Seconds(), "cpu": (processTime() - cpu).Seconds()}); err != nil {
				return err
			}
		}
		return nil
	}
	for _, stored := range []bool{false, true} {
		way := "Arrow batches"
		if stored {
			way = "Arrow batches, dictionaries as stored"
		}
		err := timed(way, func() (int64, error) { return scan(stored, func(*warehouse.Batch) error { return nil }) })
		if err != nil {
			return err
		}
		t := totals{names: names, known: make([]int64, len(names)), sum: make([]float64, len(names))}
		if _, err := scan(stored, t.add); err != nil {
			return err
		}
		if err := out.Encode(map[string]any{"totals": t.result()}); err != nil {
			return err
		}
	}
	pages, rows, err := snappyPages(path)
	if err != nil || pages == nil {
		return err
	}
	return timed("uncompressing alone", func() (int64, error) { return rows, uncompress(pages) })
}

// contractOf asks for every column of the file.
func contractOf(ctx context.Context, folder store.Source, name string) (*source.Contract, []string, error) {
	probe := &source.Contract{Name: "wide", Columns: []source.Column{{Name: "account_id", Role: source.ID}}}
	src, err := warehouse.Open(ctx, folder, warehouse.Spec{Contract: probe, Path: name}, warehouse.Options{})
	if err != nil {
		return nil, nil, err
	}
	wide := &source.Contract{Name: "wide"}
	var names []string
	for _, c := range src.FileColumns() {
		role, ok := roles[c.Name]
		if !ok {
			role = source.Text
		}
		wide.Columns = append(wide.Columns, source.Column{Name: c.Name, Role: role})
		names = append(names, c.Name)
	}
	return wide, names, nil
}

const microsPerDay = arrow.Timestamp(24 * time.Hour / time.Microsecond)

func processTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// totals are a count of values and a sum a column: of numbers, days, flags, or
// the lengths of texts.
type totals struct {
	names []string
	known []int64
	sum   []float64
}

func (t *totals) add(b *warehouse.Batch) error {
	for k := range t.names {
		switch a := b.Record.Column(k).(type) {
		case *array.Dictionary:
			var of []float64 // of the dictionary's entries
			switch entries := a.Dictionary().(type) {
			case *array.String:
				for i := range entries.Len() {
					of = append(of, float64(entries.ValueLen(i)))
				}
			case *array.Float64:
				of = entries.Float64Values()
			case *array.Timestamp:
				for _, x := range entries.TimestampValues() {
					of = append(of, float64(x/microsPerDay))
				}
			}
			for i := range a.Len() {
				if a.IsValid(i) {
					t.known[k]++
					t.sum[k] += of[a.GetValueIndex(i)]
				}
			}
		case *array.String:
			for i := range a.Len() {
				if a.IsValid(i) {
					t.known[k]++
					t.sum[k] += float64(a.ValueLen(i))
				}
			}
		case *array.Float64:
			for i, x := range a.Float64Values() {
				if a.IsValid(i) {
					t.known[k]++
					t.sum[k] += x
				}
			}
		case *array.Timestamp:
			for i, x := range a.TimestampValues() {
				if a.IsValid(i) {
					t.known[k]++
					t.sum[k] += float64(x / microsPerDay)
				}
			}
		case *array.Boolean:
			for i := range a.Len() {
				if a.IsValid(i) {
					t.known[k]++
					if a.Value(i) {
						t.sum[k]++
					}
				}
			}
		}
	}
	return nil
}

func (t *totals) result() map[string][2]float64 {
	out := map[string][2]float64{}
	for k, name := range t.names {
		out[strings.ToLower(name)] = [2]float64{float64(t.known[k]), t.sum[k]}
	}
	return out
}
