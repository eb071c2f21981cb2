package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
	"accounthealth/internal/store/storetest"
)

// opened lists one file and opens it.
func opened(t *testing.T, files Source, path string) Reader {
	t.Helper()
	found, err := files.List(context.Background(), path)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	r, err := files.Open(context.Background(), found[0])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestListingAsksLittle(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	for i := range 40 {
		s.Put("bkt", "lake/usage/dt=2026-06-"+string(rune('A'+i))+"/part.parquet", "x")
		s.Put("bkt", "lake/usage/dt=2026-06-"+string(rune('A'+i))+"/_SUCCESS", "")
	}
	s.Put("bkt", "lake/accounts_1.parquet", "x")
	files := connect(t, "s3://bkt/lake", s)
	for path, want := range map[string][]string{
		"usage":              {"HEAD /bkt/lake/usage", "GET /bkt/ lake/usage/"},
		"accounts_*.parquet": {"HEAD /bkt/lake/accounts_*.parquet", "GET /bkt/ lake/accounts_*.parquet/", "GET /bkt/ lake/"},
	} {
		if _, err := files.List(context.Background(), path); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Requests()); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestRangedReads(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	content := noise(20 << 20)
	s.Put("bkt", "f", string(content))
	r := opened(t, connect(t, "s3://bkt", s), "f")
	s.Requests()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		off := rng.IntN(len(content))
		p := make([]byte, rng.IntN(200<<10))
		n, err := r.ReadAt(p, int64(off))
		want := content[off:min(off+len(p), len(content))]
		if !bytes.Equal(p[:n], want) || (err == io.EOF) != (n < len(p)) {
			t.Fatalf("read of %d at %d: %d bytes, %v", len(p), off, n, err)
		}
		if held := r.(*objectReader).held; held > allWindows {
			t.Fatalf("%d bytes are held", held)
		}
	}
}

// A Parquet reader asks for the magic, the end, the footer, and then for pages of
// several columns in turn.
func TestScanIsFewRequests(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	const size, columns = 40 << 20, 10
	content := noise(size)
	s.Put("bkt", "f", string(content))
	files := connect(t, "s3://bkt", s)
	r := opened(t, files, "f")
	s.Requests()
	for _, at := range []struct{ off, n int }{{size - 8, 8}, {size - 3008, 3000}} {
		if _, err := r.ReadAt(make([]byte, at.n), int64(at.off)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Requests(); len(got) != 1 {
		t.Errorf("the footer took %v", got)
	}

	// Half of the columns, 4 MiB each, 64 KiB of each in turn.
	r = opened(t, files, "f")
	s.Requests()
	var got [columns][]byte
	for off := 0; off < size/columns; off += 64 << 10 {
		for c := 0; c < columns; c += 2 {
			p := make([]byte, 64<<10)
			if _, err := r.ReadAt(p, int64(c*size/columns+off)); err != nil {
				t.Fatal(err)
			}
			got[c] = append(got[c], p...)
		}
	}
	for c := 0; c < columns; c += 2 {
		if !bytes.Equal(got[c], content[c*size/columns:(c+1)*size/columns]) {
			t.Errorf("column %d differs", c)
		}
	}
	// 64, 128, ... 2048 KiB, and the last one: seven requests a column.
	if n := len(s.Requests()); n > 7*columns/2 {
		t.Errorf("the scan took %d requests", n)
	}
}

// Many columns at once must not push each other's windows out of memory.
func TestManyColumnsReadEveryByteOnce(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	const size, columns = 64 << 20, 64
	s.Put("bkt", "f", string(make([]byte, size)))
	r := opened(t, connect(t, "s3://bkt", s), "f")
	s.Requests()
	p := make([]byte, 64<<10)
	for off := 0; off < size/columns; off += len(p) {
		for c := range columns {
			if _, err := r.ReadAt(p, int64(c*size/columns+off)); err != nil {
				t.Fatal(err)
			}
		}
	}
	// 1 MiB a column: 64, 128, and then 252 KiB, which is half of what a reader may
	// hold, shared by 65.
	if n := len(s.Requests()); n > 7*columns {
		t.Errorf("%d requests", n)
	}
}

func TestSmallObjectsAreReadOnce(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	for i := range 70 { // of which 64 fit
		s.Put("bkt", fmt.Sprintf("f/%02d", i), string(noise(512<<10)))
	}
	files := connect(t, "s3://bkt", s)
	found, err := files.List(context.Background(), "f")
	if err != nil {
		t.Fatal(err)
	}
	s.Requests()
	want, err := Digest(context.Background(), files, found[69])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(found, found...) {
		if got, err := Digest(context.Background(), files, f); err != nil || got != want {
			t.Fatalf("%s: %s, %v", f.Path, got, err)
		}
	}
	if b, _ := files.bucket(place{scheme: "s3", bucket: "bkt"}); b.kept.held > allWindows {
		t.Errorf("%d bytes are held", b.kept.held)
	}
	s.Requests()
	if _, err := Digest(context.Background(), files, found[69]); err != nil || len(s.Requests()) != 0 {
		t.Errorf("read again: %v", err)
	}
}

func TestChangedObjectIsNoticed(t *testing.T) {
	for name, breaks := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"by the condition": nil,
		"by the answer, where the server ignores conditions": func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("If-Match")
			return false
		},
	} {
		s := storetest.NewS3(t, "bkt")
		s.Break(breaks)
		s.Put("bkt", "exports/f", strings.Repeat("a", 3<<20))
		r := opened(t, connect(t, "s3://bkt/exports", s), "f")
		p := make([]byte, 8)
		if _, err := r.ReadAt(p, 0); err != nil {
			t.Fatal(err)
		}
		s.Put("bkt", "exports/f", strings.Repeat("b", 3<<20))
		_, err := r.ReadAt(p, 2<<20)
		if diag.ClassOf(err) != diag.Data || err == nil || !strings.HasPrefix(err.Error(), "f: the file changed while it was being read") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
