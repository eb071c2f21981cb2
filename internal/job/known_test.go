package job

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/store"
)

// Reading only what was known by the as-of date changes no figure of any report,
// whatever the date: only the audit's counts of rows, which tie out.
func TestRowsAfterTheAsOfDateAreCountedNotRead(t *testing.T) {
	files, err := store.Open(filepath.Join("..", "..", "testdata", "exports", "small"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(asOf int32, every bool) *Result {
		t.Helper()
		j, err := New(t.Context(), files, "health.yaml")
		if err != nil {
			t.Fatal(err)
		}
		j.AsOf, j.EveryRow, j.ScoreOnly = asOf, every, true
		r, err := j.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Release)
		return r
	}
	rng := rand.New(rand.NewPCG(3, 4))
	last := day.Of(2026, 6, 30)
	for _, asOf := range []int32{last - 91, last - 31 - rng.Int32N(300), last - 31 - rng.Int32N(300)} {
		all, some := at(asOf, true), at(asOf, false)
		for _, d := range all.Scores.Dates.All() {
			a, _ := all.Scores.At(d)
			b, _ := some.Scores.At(d)
			if !array.RecordEqual(a.Signals.Record, b.Signals.Record) || !cmp.Equal(a.Result.Composite, b.Result.Composite, cmpopts.EquateNaNs()) {
				t.Errorf("as of %s, scored for %s: values differ", day.Format(asOf), day.Format(d))
			}
		}
		reports := []portfolio.Report{*all.Portfolio, *some.Portfolio}
		for i := range reports {
			reports[i].Quality = portfolio.Quality{}
		}
		opts := cmp.Options{
			cmpopts.EquateNaNs(), cmp.Exporter(func(reflect.Type) bool { return true }),
			cmp.FilterPath(func(p cmp.Path) bool { return p.Last().Type().Kind() == reflect.Func }, cmp.Ignore()),
		}
		if d := cmp.Diff(reports[0], reports[1], opts); d != "" {
			t.Errorf("as of %s: %s", day.Format(asOf), d)
		}
		qa, qs := all.Portfolio.Quality, some.Portfolio.Quality
		if d := cmp.Diff(qa.Gates, qs.Gates) + cmp.Diff(qa.Tie, qs.Tie); d != "" {
			t.Errorf("as of %s: %s", day.Format(asOf), d)
		}
		for k, s := range qs.Sources {
			var rows, notRead int64
			for _, f := range some.Data.Sources[k].Read.Files() {
				rows, notRead = rows+f.Rows, notRead+f.Outside
			}
			if s.Rows != rows || s.NotRead != notRead || s.Rows != qa.Sources[k].Rows {
				t.Errorf("as of %s: %s has %d rows, %d not read; its files %d and %d", day.Format(asOf), s.Name, s.Rows, s.NotRead, rows, notRead)
			}
			if (s.Name == "usage") != (s.NotRead > 0) { // the sample's only source of several row groups
				t.Errorf("as of %s: %d rows of %s are not read", day.Format(asOf), s.NotRead, s.Name)
			}
			if s.AccountsCovered != qa.Sources[k].AccountsCovered || s.Newest != qa.Sources[k].Newest || s.Verdict != qa.Sources[k].Verdict {
				t.Errorf("as of %s: %s: %+v, read whole %+v", day.Format(asOf), s.Name, s, qa.Sources[k])
			}
		}
		// Rows after the date are all counted as that, read or not.
		later := func(r *Result) (n int64) {
			for _, g := range r.Data.Findings.Groups() {
				if g.Code == diag.FutureDate && g.Source == "usage" && g.Column == "date" {
					n = g.Count
				}
			}
			return n
		}
		if a, b := later(all), later(some); a != b || a == 0 {
			t.Errorf("as of %s: %d rows of usage are later when all are read, %d when not", day.Format(asOf), a, b)
		}
	}
}

// A footer that says that a month lies ahead, though its rows do not, changes no
// figure and is told of.
func TestFootersThatDateRowsWronglyAreNotBelieved(t *testing.T) {
	run := func(root string) *Result {
		t.Helper()
		files, err := store.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		j, err := New(t.Context(), files, "health.yaml")
		if err != nil {
			t.Fatal(err)
		}
		j.ScoreOnly = true
		r, err := j.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Release)
		return r
	}
	small := filepath.Join("..", "..", "testdata", "exports", "small")
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(small)); err != nil {
		t.Fatal(err)
	}
	april := filepath.Join(root, "exports", "usage", "month=2026-04", "part-00000.snappy.parquet")
	b, err := os.ReadFile(april)
	if err != nil {
		t.Fatal(err)
	}
	footer := b[len(b)-8-int(binary.LittleEndian.Uint32(b[len(b)-8:])):]
	bound := func(d int32) []byte { return binary.LittleEndian.AppendUint32([]byte{4}, uint32(d)) } // a text of four bytes
	for _, move := range [][2]int32{{day.Of(2026, 4, 1), day.Of(2026, 8, 1)}, {day.Of(2026, 4, 30), day.Of(2026, 8, 31)}} {
		if bytes.Count(footer, bound(move[0])) == 0 {
			t.Fatalf("the footer does not say %s", day.Format(move[0]))
		}
		copy(footer, bytes.ReplaceAll(footer, bound(move[0]), bound(move[1])))
	}
	if err := os.WriteFile(april, b, 0o666); err != nil {
		t.Fatal(err)
	}
	honest, lying := run(small), run(root)
	told := func(r *Result) bool {
		return slices.ContainsFunc(r.Portfolio.Warnings, func(w diag.Warning) bool {
			return w.Code == "footers" && w.Subject == "usage" && strings.Contains(w.Text, "month=2026-04") && strings.Contains(w.Text, "2026-08-01")
		})
	}
	if told(honest) || !told(lying) {
		t.Errorf("warnings: %+v", lying.Portfolio.Warnings)
	}
	for _, d := range honest.Scores.Dates.All() {
		a, _ := honest.Scores.At(d)
		b, _ := lying.Scores.At(d)
		if !array.RecordEqual(a.Signals.Record, b.Signals.Record) {
			t.Errorf("scored for %s: values differ", day.Format(d))
		}
	}
	if d := cmp.Diff(honest.Portfolio.Quality.Sources, lying.Portfolio.Quality.Sources); d != "" {
		t.Error(d)
	}
}

// Rows older than every window are read because values without a window may come
// from them: each shipped framework has some on usage, by far the largest source.
func TestShippedFrameworksNeedRowsOfAnyAge(t *testing.T) {
	for _, name := range framework.Names() {
		fw, err := framework.Shipped(name)
		if err != nil {
			t.Fatal(err)
		}
		unbounded := false
		for i := range fw.Plan.Signals {
			fw.Plan.Signals[i].Derive.Aggs(func(a *plan.Agg) { unbounded = unbounded || a.Source == "usage" && a.Window == 0 })
		}
		if !unbounded {
			t.Errorf("%s: every value of usage has a window: rows before all of them need not be read", name)
		}
	}
}
