package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

var corpus = flag.String("parquet-testing", "", "folder of an apache/parquet-testing checkout to read in full; by default ../shared/parquet-testing beside this repository, if there is one")

// fixtures is where the committed Parquet files of other writers lie.
var fixtures = filepath.Join("..", "..", "testdata", "parquet")

// corpusFile is what pyarrow reads in a file of the corpus, or the words of the
// refusal (see testdata/parquet/make/corpus.py).
type corpusFile struct {
	Refused string
	Rows    int64
	Columns map[string]struct {
		Refused string
		Nulls   int64
		SHA256  string
	}
}

func readJSON(t testing.TB, name string, to any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, filepath.FromSlash(name)))
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Every file of the Apache corpus, or of another folder that brings its own
// corpus.json, reads as pyarrow reads it, or is refused with a
// reason and advice; every malformed file is refused.
func TestApacheCorpus(t *testing.T) {
	root := *corpus
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "parquet-testing")
		if _, err := os.Stat(root); err != nil {
			t.Skip("the corpus is not beside this repository; give its folder with -parquet-testing")
		}
	}
	var want map[string]json.RawMessage
	if own, err := os.ReadFile(filepath.Join(root, "corpus.json")); err == nil {
		if err := json.Unmarshal(own, &want); err != nil {
			t.Fatal(err)
		}
	} else {
		readJSON(t, "corpus.json", &want)
	}
	for _, folder := range []string{"data", "bad_data"} {
		var files map[string]corpusFile
		if err := json.Unmarshal(want[folder], &files); err != nil {
			t.Fatal(err)
		}
		st, err := store.Open(filepath.Join(root, folder))
		if err != nil {
			t.Fatal(err)
		}
		present, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range present {
			if _, known := files[f.Name()]; !known && strings.Contains(f.Name(), ".parquet") && !strings.HasSuffix(f.Name(), ".json") {
				t.Errorf("nothing is expected of %s", f.Name())
			}
		}
		for name, file := range files {
			t.Run(folder+"/"+name, func(t *testing.T) { readCorpusFile(t, st, name, &file) })
		}
	}
}

func readCorpusFile(t *testing.T, st store.Source, name string, want *corpusFile) {
	ctx := context.Background()
	d, err := Describe(ctx, st, name)
	if want.Refused != "" {
		refused(t, err, name, want.Refused)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if d.Rows != want.Rows {
		t.Errorf("%d rows, want %d", d.Rows, want.Rows)
	}
	for _, c := range d.Columns {
		if _, known := want.Columns[c.Name]; !known {
			t.Errorf("nothing is expected of column %s", c.Name)
		}
	}
	for column, expected := range want.Columns {
		role := source.Text
		if _, counts := sizeOf(column); counts {
			role = source.Number
		}
		for _, encoded := range []bool{false, true} {
			nulls, hash := int64(0), sha256.New()
			spec := Spec{Path: name, Contract: contractOf(col("x", role)), Columns: map[string]string{"x": column}}
			s, err := Open(ctx, st, spec, Options{Encoded: encoded})
			if expected.Refused != "" {
				refused(t, err, name, expected.Refused)
				continue
			}
			if err == nil {
				err = s.Scan(ctx, []string{"x"}, func(b *Batch) error {
					for r := range int(b.Record.NumRows()) {
						value := cell(b.Record.Column(0), r)
						if b.Record.Column(0).IsNull(r) {
							nulls++
							value = ""
						}
						_, _ = io.WriteString(hash, value+"\n") // a hash never fails
					}
					return nil
				})
			}
			if err != nil {
				t.Error(err)
				continue
			}
			if digest := hex.EncodeToString(hash.Sum(nil)); nulls != expected.Nulls || digest != expected.SHA256 {
				t.Errorf("column %s, encoded %v: %d nulls, digest %s, want %d and %s", column, encoded, nulls, digest, expected.Nulls, expected.SHA256)
			}
		}
	}
}

// refused checks that an error names the file and the reason and gives advice.
func refused(t *testing.T, err error, file, reason string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s is read, want a refusal with %q", file, reason)
		return
	}
	var e *diag.Error
	text := err.Error()
	if diag.ClassOf(err) != diag.Data || !strings.Contains(text, file) || !strings.Contains(text, reason) || !errors.As(err, &e) || e.Fix == "" {
		t.Errorf("%v, want a refusal of %s with %q and advice", err, file, reason)
	}
	if i := slices.IndexFunc([]string{"panic", "runtime error", "goroutine"}, func(s string) bool { return strings.Contains(text, s) }); i >= 0 {
		t.Errorf("%v", err)
	}
}
