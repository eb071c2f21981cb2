package job

import (
	"bytes"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/sample"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// put writes a file below a store.
func put(t *testing.T, files *store.Router, name string, write func(io.Writer) error) {
	t.Helper()
	if err := files.WriteFile(t.Context(), name, write); err != nil {
		t.Fatal(err)
	}
}

func runWide(t *testing.T, files *store.Router, path string, found *diag.Tally) ([]byte, *WideResult) {
	t.Helper()
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		t.Fatal(err)
	}
	asOf, err := day.Parse("2026-06-30")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := &Wide{Framework: fw, Files: files, Path: path, AsOf: asOf, Codec: warehouse.Snappy, Findings: found}
	r, err := w.Run(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), r
}

// scoresOf reads some columns of a scores file: texts and numbers by row.
func scoresOf(t *testing.T, content []byte, numbers ...string) (ids []string, cells [][]float64) {
	t.Helper()
	files, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put(t, files, "s.parquet", func(w io.Writer) error { _, err := w.Write(content); return err })
	c := &source.Contract{Name: "scores", Columns: []source.Column{{Name: "account_id", Role: source.ID}}}
	names := []string{"account_id"}
	for _, n := range numbers {
		c.Columns = append(c.Columns, source.Column{Name: n, Role: source.Number})
		names = append(names, n)
	}
	src, err := warehouse.Open(t.Context(), files, warehouse.Spec{Contract: c, Path: "s.parquet"}, warehouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = src.Scan(t.Context(), names, func(b *warehouse.Batch) error {
		for i := range int(b.Record.NumRows()) {
			ids = append(ids, idOf(b.Record.Column(0), i))
			row := make([]float64, len(numbers))
			for k := range numbers {
				if row[k] = math.NaN(); b.Record.Column(k + 1).IsValid(i) {
					row[k] = b.Record.Column(k + 1).(*array.Float64).Value(i)
				}
			}
			cells = append(cells, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids, cells
}

// TestWideAgreesWithJob: the stream gives an account the score that the job gives
// it from the same file.
func TestWideAgreesWithJob(t *testing.T) {
	files, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put(t, files, "wide.parquet", func(w io.Writer) error { return sample.Wide(t.Context(), w, sample.Options{Accounts: 3000}) })
	put(t, files, "health.yaml", func(w io.Writer) error {
		_, err := io.WriteString(w, `version: 1
exports: .
as_of: 2026-06-30
sources:
  accounts: {path: wide.parquet, layout: current}
  signals: {path: wide.parquet, layout: current}
`)
		return err
	})
	j, err := New(t.Context(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j.ScoreOnly = true
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	now, _ := r.Scores.At(j.AsOf)

	out, summary := runWide(t, files, "wide.parquet", &diag.Tally{})
	if summary.Rows != 3000 || summary.Invalid != 0 {
		t.Fatalf("%+v", summary)
	}
	ids, cells := scoresOf(t, out, "composite", "score", "headline", "coverage", "score_low", "score_high", "pillar_product")
	compared := 0
	for i, id := range ids {
		k := int(r.Data.Table.Lookup(id))
		if k < 0 || now.Result.Tenths[k] < 0 {
			continue
		}
		v, _ := now.Result.Score(k)
		low, high, _ := now.Result.Interval(k)
		want := []float64{now.Result.Composite[k], v, float64(now.Result.Headline[k]), now.Result.Coverage[k], low, high, now.Result.Pillars[0][k]}
		if !slices.EqualFunc(cells[i], want, func(a, b float64) bool { return a == b || a != a && b != b }) {
			t.Fatalf("%s: %v, the job says %v", id, cells[i], want)
		}
		compared++
	}
	if compared < 2500 {
		t.Errorf("only %d accounts were compared", compared)
	}
}

// TestWideSameBytes: neither the number of processors nor the row groups of the
// input change a byte of the output, and rows keep their order over output row
// groups.
func TestWideSameBytes(t *testing.T) {
	files, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const accounts = 150_000 // more than a row group
	put(t, files, "wide.parquet", func(w io.Writer) error { return sample.Wide(t.Context(), w, sample.Options{Accounts: accounts}) })
	want, _ := runWide(t, files, "wide.parquet", nil)
	for _, procs := range []int{1, 4} {
		before := runtime.GOMAXPROCS(procs)
		got, _ := runWide(t, files, "wide.parquet", nil)
		runtime.GOMAXPROCS(before)
		if !bytes.Equal(got, want) {
			t.Errorf("other bytes on %d processors", procs)
		}
	}
	ids, _ := scoresOf(t, want)
	if len(ids) != accounts || ids[0] != "00010000" || ids[accounts-1] <= ids[accounts-2] {
		t.Errorf("%d accounts from %s to %s", len(ids), ids[0], ids[len(ids)-1])
	}
}

// TestWideBadValues: what a signal cannot have is missing, counted with its row
// and key, and makes the account provisional; rows without an id stay.
func TestWideBadValues(t *testing.T) {
	files, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put(t, files, "w.parquet", func(w io.Writer) error {
		fields := []warehouse.Field{
			{Name: "account_id", Optional: true},
			{Name: "nps", Type: warehouse.Int32, Dict: true, Optional: true},
			{Name: "activity", Type: warehouse.Float64},
			{Name: "champion", Dict: true},
			{Name: "csat"},
			{Name: "payment", Type: warehouse.Float64},
		}
		out, err := warehouse.NewWriter(w, fields, warehouse.WriterOptions{})
		if err != nil {
			return err
		}
		err = out.Write([]warehouse.Vector{
			{Strings: []string{"a", "b", "", "007", "a"}, Valid: []bool{true, true, false, true, true}},
			{Ints: []int64{9, 14, 9, 9, 9}},
			{Floats: []float64{.8, .8, .8, -.1, .8}},
			{Strings: []string{" Engaged", "friend", "engaged", "LEFT", "engaged"}},
			{Strings: []string{"4.8", "4.8", "4,8", "4.8", "4.8"}},
			{Floats: []float64{0, 0, 0, 0, 0}},
		})
		if err != nil {
			return err
		}
		return out.Close()
	})
	found := &diag.Tally{}
	out, r := runWide(t, files, "w.parquet", found)
	if r.Rows != 5 || r.Invalid != 3 {
		t.Errorf("%+v", r)
	}
	var got []string
	for _, g := range found.Groups() {
		for _, f := range g.Examples {
			got = append(got, string(g.Code)+" "+g.Column+" "+f.Key+" "+f.Value)
		}
	}
	want := []string{"duplicate account_id a a", "missing_key account_id  ", "out_of_range activity 007 -0.1", "unknown_word champion b friend", "unparsable csat  4,8", "out_of_range nps b 14"}
	if !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
	ids, cells := scoresOf(t, out, "coverage", "score")
	if !slices.Equal(ids, []string{"a", "b", "", "007", "a"}) || cells[1][0] >= cells[0][0] || cells[3][0] >= cells[0][0] {
		t.Errorf("%q %v", ids, cells)
	}
}
