package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"accounthealth/internal/diag"
	"accounthealth/internal/store/storetest"
)

func connect(t *testing.T, root string, s *storetest.S3) *Router {
	t.Helper()
	return connectWith(t, root, s, Options{})
}

func connectWith(t *testing.T, root string, s *storetest.S3, opt Options) *Router {
	t.Helper()
	opt.Services = append(opt.Services, Service{Address: "s3", Endpoint: s.URL, Region: "us-east-1"})
	r, err := Connect(root, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

// cutShort answers with half of what it promises.
func cutShort(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	w.Write([]byte("half"))
	panic(http.ErrAbortHandler)
}

func TestPassingFailuresAreRepeated(t *testing.T) {
	content := string(noise(3 << 20))
	for name, fail := range map[string]func(w http.ResponseWriter){
		"unavailable":     func(w http.ResponseWriter) { storetest.Refuse(w, 503, "SlowDown") },
		"internal":        func(w http.ResponseWriter) { storetest.Refuse(w, 500, "InternalError") },
		"connection lost": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"cut short":       cutShort,
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.NewS3(t, "bkt")
			s.Put("bkt", "f", content)
			seen := map[string]int{}
			s.Break(func(w http.ResponseWriter, r *http.Request) bool {
				key := r.Method + r.URL.String() + r.Header.Get("Range")
				seen[key]++
				if name == "cut short" && r.Method == http.MethodHead || seen[key] > 2 {
					return false
				}
				fail(w)
				return true
			})
			var pauses []time.Duration
			files := connectWith(t, "s3://bkt", s, Options{Seed: 7, Wait: func(_ context.Context, d time.Duration) error {
				pauses = append(pauses, d)
				return nil
			}})
			var got bytes.Buffer
			if _, err := io.Copy(&got, io.NewSectionReader(opened(t, files, "f"), 0, int64(len(content)))); err != nil || got.String() != content {
				t.Fatalf("%d bytes, %v", got.Len(), err)
			}
			if len(pauses) == 0 {
				t.Fatal("there was no pause")
			}
			if name == "connection lost" || name == "cut short" {
				return // the client repeats some of these by itself, at once
			}
			for i, d := range pauses { // the first and the second pause of each request
				most := firstPause << (i % 2)
				if d < most/2 || d >= most {
					t.Errorf("pause %d is %s", i, d)
				}
			}
		})
	}
}

func TestLastingFailureEnds(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	s.Break(func(w http.ResponseWriter, _ *http.Request) bool {
		storetest.Refuse(w, 503, "SlowDown")
		return true
	})
	_, err := connect(t, "s3://bkt", s).List(context.Background(), "f")
	if err == nil || diag.ClassOf(err) != diag.Internal || !strings.Contains(err.Error(), "failed 6 times") || len(s.Requests()) != attempts {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	files := connectWith(t, "s3://bkt", s, Options{Wait: func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}})
	if _, err := files.List(ctx, "f"); !errors.Is(err, context.Canceled) || len(s.Requests()) != 1 {
		t.Errorf("after a cancellation: %v", err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	denied := func(w http.ResponseWriter, _ *http.Request) bool {
		storetest.Refuse(w, 403, "AccessDenied")
		return true
	}
	for _, c := range []struct {
		name, path string
		breaks     func(w http.ResponseWriter, r *http.Request) bool
		want       string
	}{
		{"no bucket", "s3://nowhere/f", nil, "s3://nowhere: there is no such bucket"},
		{"no file", "s3://bkt/f", nil, "s3://bkt/f: there is no such file or folder"},
		{"denied", "s3://bkt/f", denied, "s3://bkt/f: access is denied"},
		{"bad key", "s3://bkt/*.parquet", func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet { // the answer to HEAD has no code
				storetest.Refuse(w, 403, "InvalidAccessKeyId")
			}
			return r.Method == http.MethodGet
		}, "the server knows no credentials of this run"},
		{"unknown scheme", "ftp://b/f", nil, "ftp addresses are not known"},
		{"Google", "gs://b/f", nil, "storage.googleapis.com"},
		{"no name", "s3://", nil, "the address names no bucket"},
	} {
		s.Break(c.breaks)
		if _, err := connect(t, t.TempDir(), s).List(context.Background(), c.path); err == nil || !strings.Contains(err.Error(), c.want) || diag.ClassOf(err) != diag.Config {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, endpoint := range []string{"http://no-such-host.invalid", "ftp://x"} {
		files, err := Connect("s3://bkt", Options{Services: []Service{{Address: "s3", Endpoint: endpoint, Region: "us-east-1"}}})
		if err == nil {
			_, err = files.List(context.Background(), "f")
		}
		if err == nil || diag.ClassOf(err) != diag.Config || !strings.Contains(err.Error(), "endpoint") {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestWithoutCredentials(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	asked := 0
	imds := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.NotFound(w, r)
	}))
	defer imds.Close()
	for _, key := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		os.Unsetenv(key) // set again when the test ends
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", imds.URL) // instead of a machine's role
	s.Break(func(w http.ResponseWriter, _ *http.Request) bool {
		storetest.Refuse(w, 403, "AccessDenied")
		return true
	})
	files := connect(t, "s3://bkt", s)
	for range 2 {
		_, err := files.List(context.Background(), "f")
		if err == nil || diag.ClassOf(err) != diag.Config || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
			t.Error(err)
		}
	}
	if asked != 1 {
		t.Errorf("the role was asked for %d times", asked)
	}
}

// changes keeps the requests that change something.
func changes(requests []string) []string {
	return slices.DeleteFunc(requests, func(r string) bool {
		return strings.HasPrefix(r, "GET ") || strings.HasPrefix(r, "HEAD ")
	})
}

type output struct{ name, content string }

// publish stages files in an order and commits them.
func publish(files Sink, dir string, out ...output) error {
	s, err := files.Stage(context.Background(), dir)
	if err != nil {
		return err
	}
	defer s.Abort()
	for _, f := range out {
		w, err := s.Create(f.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	return s.Commit(context.Background())
}

// publishRun stages files whose readers go by the manifest, which says where each is.
func publishRun(files Sink, dir, manifest string, out ...output) error {
	s, err := files.Stage(context.Background(), dir)
	if err != nil {
		return err
	}
	defer s.Abort()
	s.ByContent()
	said := manifest + "\n"
	for _, f := range append(out, output{name: "run.json"}) {
		if f.name == "run.json" {
			f.content = said
		}
		w, err := s.Create(f.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		said += f.name + " " + s.Address(f.name) + "\n"
	}
	return s.Commit(context.Background())
}

// readRun reads what a manifest speaks of, the manifest's own word first.
func readRun(s *storetest.S3, manifest string) []string {
	objects := s.Contents("bkt", "out/day/")
	word, rest, _ := strings.Cut(manifest, "\n")
	got := []string{word}
	for line := range strings.Lines(rest) {
		name, at, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		content, ok := objects[at]
		if !ok {
			content = "gone"
		}
		got = append(got, name+"="+content)
	}
	return got
}

func TestManifestIsTheSwitch(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	files := connect(t, "s3://bkt", s)
	address := func(name, content string) string { // as printf CONTENT | sha256sum says
		return ".files/" + map[string]string{"1": "6b86b273ff34fce1", "2": "d4735e3a265e16ee", "5": "ef2d127de37b942b"}[content] + "/" + name
	}
	if err := publishRun(files, "out/day", "m1", output{"a", "1"}, output{"books/b", "2"}); err != nil {
		t.Fatal(err)
	}
	got := changes(s.Requests())
	if len(got) != 5 || got[4] != "PUT /bkt/out/day/run.json" {
		t.Errorf("requests %v", got)
	}
	first := s.Contents("bkt", "out/day/")["run.json"]
	if diff := cmp.Diff([]string{"m1", "a=1", "books/b=2"}, readRun(s, first)); diff != "" {
		t.Error(diff)
	}
	// The same again, but for the manifest: the rest is left alone.
	if err := publishRun(files, "out/day", "m2", output{"a", "1"}, output{"books/b", "2"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"PUT /bkt/out/day/run.json"}, changes(s.Requests())); diff != "" {
		t.Error(diff)
	}
	// Other content of the same length: it is there before the manifest speaks of it,
	// and what the old one speaks of stays.
	s.Put("bkt", "out/day/left-over", "x")
	s.Put("bkt", "out/day2/run.json", "x")
	if err := publishRun(files, "out/day", "m3", output{"a", "5"}); err != nil {
		t.Fatal(err)
	}
	got = changes(s.Requests())
	slices.Sort(got[3:])
	if diff := cmp.Diff([]string{
		"PUT /bkt/out/day/" + address("a", "5"), "PUT /bkt/out/day/run.json", "PUT /bkt/out/day/a",
		"DELETE /bkt/out/day/books/b", "DELETE /bkt/out/day/left-over",
	}, got); diff != "" {
		t.Error(diff)
	}
	now := s.Contents("bkt", "out/day")
	delete(now, "/run.json")
	if diff := cmp.Diff(map[string]string{
		"/a": "5", "/" + address("a", "5"): "5", "/" + address("a", "1"): "1", "/" + address("books/b", "2"): "2", "2/run.json": "x",
	}, now); diff != "" {
		t.Error(diff)
	}
	// The run after that removes it.
	if err := publishRun(files, "out/day", "m4", output{"a", "5"}); err != nil {
		t.Fatal(err)
	}
	now = s.Contents("bkt", "out/day/")
	delete(now, "run.json")
	if diff := cmp.Diff(map[string]string{"a": "5", address("a", "5"): "5"}, now); diff != "" {
		t.Error(diff)
	}
}

// TestInterruptedRepublishing stops a run that publishes a date again at each of its
// writes, as if it were killed there, and once more with a refusal, after which it
// still may clear up. Who goes by a manifest, the old one in the hand or the one that
// is there, always finds all that it speaks of; and the next run makes all whole.
func TestInterruptedRepublishing(t *testing.T) {
	old := []output{{"a", "old"}, {"same", "s"}, {"books/gone", "g"}, {"books/b", "old b"}}
	now := []output{{"a", "new"}, {"same", "s"}, {"books/b", "new b"}, {"books/came", "c"}}
	isOld := []string{"m1", "a=old", "same=s", "books/gone=g", "books/b=old b"}
	isNew := []string{"m2", "a=new", "same=s", "books/b=new b", "books/came=c"}
	switched := map[string]int{}
	writes := 0
	for _, how := range []string{"killed", "refused"} {
		for stop := 0; ; stop++ {
			s := storetest.NewS3(t, "bkt")
			files := connectWith(t, "s3://bkt", s, Options{Wait: func(context.Context, time.Duration) error { return nil }})
			if err := publishRun(files, "out/day", "m1", old...); err != nil {
				t.Fatal(err)
			}
			first := s.Contents("bkt", "out/day/")["run.json"]
			n, dead := 0, false
			s.Break(func(w http.ResponseWriter, r *http.Request) bool {
				if changing := r.Method == http.MethodPut || r.Method == http.MethodDelete; changing && !dead {
					if n == stop {
						dead = true
					}
					n++
					if !dead {
						return false
					}
					storetest.Refuse(w, 403, "AccessDenied")
					return true
				}
				if dead && how == "killed" {
					storetest.Refuse(w, 403, "AccessDenied")
					return true
				}
				return false
			})
			err := publishRun(files, "out/day", "m2", now...)
			s.Break(nil)
			if (err != nil) != dead {
				t.Fatalf("%s at write %d: %v", how, stop, err)
			}
			if !dead {
				writes = n
				break
			}
			there := s.Contents("bkt", "out/day/")["run.json"]
			got := readRun(s, there)
			switched[got[0]]++
			if !slices.Equal(got, isOld) && !slices.Equal(got, isNew) {
				t.Errorf("%s at write %d: %v", how, stop, got)
			}
			if got := readRun(s, first); !slices.Equal(got, isOld) {
				t.Errorf("%s at write %d: the reader of the old manifest finds %v", how, stop, got)
			}
			if plain := s.Contents("bkt", "out/day/"); got[0] == "m1" && (plain["a"] != "old" || plain["books/b"] != "old b" || plain["books/gone"] != "g") {
				t.Errorf("%s at write %d: the old run's names hold %v", how, stop, plain)
			}
			if how == "refused" && got[0] == "m1" && len(s.Contents("bkt", "out/day/")) != 2*len(old)+1 {
				t.Errorf("%s at write %d: left behind: %v", how, stop, s.Contents("bkt", "out/day/"))
			}
			for _, word := range []string{"m2", "m2"} { // the second forgets the first run
				if err := publishRun(files, "out/day", word, now...); err != nil {
					t.Fatal(err)
				}
			}
			whole := s.Contents("bkt", "out/day/")
			if got := readRun(s, whole["run.json"]); !slices.Equal(got, isNew) || len(whole) != 2*len(now)+1 {
				t.Errorf("%s at write %d, then run again: %v; %v", how, stop, got, whole)
			}
			for _, f := range now {
				if whole[f.name] != f.content {
					t.Errorf("%s at write %d, then run again: %s holds %q", how, stop, f.name, whole[f.name])
				}
			}
		}
	}
	// Three contents, the manifest, three names, one leftover.
	if writes != 8 || switched["m1"] == 0 || switched["m2"] == 0 {
		t.Errorf("%d writes, interrupted before and after the switch %v times", writes, switched)
	}
}

// A manifest whose upload got no answer may be there: nothing that it speaks of is
// removed.
func TestManifestWithoutAnAnswer(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	files := connectWith(t, "s3://bkt", s, Options{Wait: func(context.Context, time.Duration) error { return nil }})
	if err := publishRun(files, "out/day", "m1", output{"a", "old"}); err != nil {
		t.Fatal(err)
	}
	s.Break(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || r.URL.Path != "/bkt/out/day/run.json" {
			return false
		}
		s.Serve(httptest.NewRecorder(), r)
		storetest.Refuse(w, 503, "SlowDown")
		return true
	})
	if err := publishRun(files, "out/day", "m2", output{"a", "new"}); err == nil {
		t.Fatal("no error")
	}
	s.Break(nil)
	if got := readRun(s, s.Contents("bkt", "out/day/")["run.json"]); !slices.Equal(got, []string{"m2", "a=new"}) {
		t.Error(got)
	}
}

// Without ByContent files have their names alone, and a first upload that fails
// leaves nothing.
func TestFailedUploadLeavesNoManifest(t *testing.T) {
	for _, lost := range []string{"b", "run.json"} {
		s := storetest.NewS3(t, "bkt")
		files := connect(t, "s3://bkt", s)
		s.Break(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut || r.URL.Path != "/bkt/out/"+lost {
				return false
			}
			storetest.Refuse(w, 403, "AccessDenied")
			return true
		})
		if err := publish(files, "out", output{"a", "new"}, output{"b", "new"}, output{"run.json", "new"}); diag.ClassOf(err) != diag.Config || err == nil {
			t.Errorf("err = %v", err)
		}
		if diff := cmp.Diff(map[string]string{}, s.Contents("bkt", "")); diff != "" {
			t.Errorf("%s: %s", lost, diff)
		}
		s.Break(nil)
		s.Put("bkt", "out/left-over", "x")
		if err := publish(files, "out", output{"a", "1"}, output{"run.json", "2"}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"a": "1", "run.json": "2"}, s.Contents("bkt", "out/")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAbortedStagingTouchesNothing(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	staging, err := connect(t, "s3://bkt", s).Stage(context.Background(), "out")
	if err != nil {
		t.Fatal(err)
	}
	w, err := staging.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "x")
	spooled := staging.area.(*bucketArea).dir
	if err := errors.Join(w.Close(), staging.Abort()); err != nil {
		t.Fatal(err)
	}
	if got := s.Requests(); len(got) != 0 {
		t.Errorf("requests %v", got)
	}
	if _, err := os.Stat(spooled); err == nil && spooled != "" {
		t.Errorf("%s is left", spooled)
	}
}

func TestLargeFilesGoInParts(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	content := string(noise(35 << 20))
	if err := publish(connect(t, "s3://bkt", s), "out", output{"big", content}, output{"run.json", "m"}); err != nil {
		t.Fatal(err)
	}
	if got := storetest.Only("PUT", s.Requests()); len(got) != 4 { // three parts of at most 16 MiB, and the manifest
		t.Errorf("requests %v", got)
	}
	if got := s.Contents("bkt", "out/"); got["big"] != content {
		t.Errorf("%d bytes arrived", len(got["big"]))
	}
}

func TestBucketWriteFile(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	files := connect(t, "s3://bkt", s)
	ctx := context.Background()
	if _, found, err := files.ReadSmall(ctx, "state/run.json"); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	s.Requests()
	write := func(text string, fail error) error {
		return files.WriteFile(ctx, "state/run.json", func(w io.Writer) error {
			io.WriteString(w, text)
			return fail
		})
	}
	broken := errors.New("broken")
	if err := errors.Join(write("one", nil), write("", nil), write("two", nil)); err != nil {
		t.Fatal(err)
	}
	if err := write("half", broken); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if got := s.Requests(); len(got) != 3 {
		t.Errorf("requests %v", got)
	}
	if got, found, err := files.ReadSmall(ctx, "s3://bkt/state/run.json"); string(got) != "two" || !found || err != nil {
		t.Errorf("%q, %v, %v", got, found, err)
	}
}

func TestBucketLock(t *testing.T) {
	s := storetest.NewS3(t, "bkt")
	now := time.Date(2026, 7, 1, 3, 0, 0, 0, time.UTC)
	run := func(holder string) *Router {
		return connectWith(t, "s3://bkt", s, Options{Holder: holder, Now: func() time.Time { return now }})
	}
	ctx := context.Background()
	first, err := run("host one").Lock(ctx, "out/.lock")
	if err != nil {
		t.Fatal(err)
	}
	_, err = run("host two").Lock(ctx, "out/.lock")
	if err == nil || !strings.Contains(err.Error(), "another run is writing here (host one, since 2026-07-01T03:00:00Z)") || !strings.Contains(err.Error(), "wait until 2026-07-01T09:00:00Z") {
		t.Errorf("second lock: %v", err)
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	if got := s.Contents("bkt", ""); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	// A killed run's lock is taken over when it has expired, and not freed by the
	// run that held it.
	killed, err := run("host one").Lock(ctx, "out/.lock")
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(lockLasts)
	second, err := run("host two").Lock(ctx, "out/.lock")
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Unlock(); err != nil {
		t.Fatal(err)
	}
	if got := s.Contents("bkt", "out/"); !strings.Contains(got[".lock"], "host two") {
		t.Errorf("lock objects: %v", got)
	}
	if err := second.Unlock(); err != nil {
		t.Fatal(err)
	}
	// Two that start at the same time: the condition lets one through.
	s.Break(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && r.Header.Get("If-None-Match") == "*" && !strings.Contains(r.URL.RawQuery, "x") {
			s.Put("bkt", "out/.lock", `{"holder":"host three"}`)
		}
		return false
	})
	if _, err := run("host two").Lock(ctx, "out/.lock"); err == nil || !strings.Contains(err.Error(), "host three") {
		t.Errorf("lock of a third: %v", err)
	}
}

func TestPathsAndAddresses(t *testing.T) {
	for _, c := range [][3]string{
		{"exports", "usage", "exports/usage"},
		{"exports", "/data/usage", "/data/usage"},
		{"exports", "s3://bkt/usage", "s3://bkt/usage"},
		{"s3://bkt/exports/", "usage", "s3://bkt/exports/usage"},
		{"s3://bkt", "a/../usage", "s3://bkt/usage"},
		{"s3://bkt/x", "/data", "/data"},
	} {
		if got := Join(c[0], c[1]); got != c[2] {
			t.Errorf("Join(%q, %q) = %q", c[0], c[1], got)
		}
	}
	for _, c := range [][3]string{
		{"health.yaml", ".", "health.yaml"},
		{"a/health.yaml", "a", "health.yaml"},
		{"s3://bkt/health.yaml", "s3://bkt", "health.yaml"},
		{"azblob://acc/c/x/health.yaml", "azblob://acc/c/x", "health.yaml"},
	} {
		if dir, name := Split(c[0]); dir != c[1] || name != c[2] {
			t.Errorf("Split(%q) = %q, %q", c[0], dir, name)
		}
	}
	for address, want := range map[string][2]string{
		"s3://bkt/x/y":           {"s3://bkt", "x/y"},
		"s3://bkt/x/../../other": {"s3://bkt", "other"}, // no way out of the bucket
		"s3://bkt//x/":           {"s3://bkt", "x"},
		"azblob://acc/c/x":       {"azblob://acc/c", "x"},
	} {
		at, key, err := parseAddress(address)
		if err != nil || at.root() != want[0] || key != want[1] {
			t.Errorf("%s: %s, %s, %v", address, at.root(), key, err)
		}
	}
	for _, bad := range []string{"s3://", "s3:///x", "azblob://acc", "azblob:///c"} {
		if _, _, err := parseAddress(bad); diag.ClassOf(err) != diag.Config || err == nil {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestTheLongestAddressCounts(t *testing.T) {
	yes := true
	opt := Options{Services: []Service{
		{Address: "s3", Endpoint: "minio:9000", Region: "eu", Insecure: true},
		{Address: "s3://own/", PathStyle: &yes},
		{Address: "s3://own", Endpoint: "https://own.example", Region: "us"},
		{Address: "s3://owner", Region: "wrong"},
		{Address: "azblob://acc", Endpoint: "http://127.0.0.1:10000/acc"},
	}}
	for _, c := range []struct {
		at   place
		want Service
	}{
		{place{"s3", "", "other"}, Service{Endpoint: "minio:9000", Region: "eu", Insecure: true}},
		{place{"s3", "", "own"}, Service{Endpoint: "https://own.example", Region: "us", PathStyle: &yes}},
		{place{"azblob", "acc", "c"}, Service{Endpoint: "http://127.0.0.1:10000/acc"}},
	} {
		if diff := cmp.Diff(c.want, opt.service(c.at)); diff != "" {
			t.Errorf("%v: %s", c.at, diff)
		}
	}
}

func TestOneStoreForPathsEverywhere(t *testing.T) {
	s := storetest.NewS3(t, "settings", "data")
	s.Put("settings", "team/health.yaml", "settings")
	s.Put("data", "lake/accounts/part.parquet", "accounts")
	ctx := context.Background()
	local := t.TempDir()
	files := connect(t, "s3://settings/team", s)
	if got, found, err := files.ReadSmall(ctx, "health.yaml"); string(got) != "settings" || !found || err != nil {
		t.Errorf("%q, %v, %v", got, found, err)
	}
	found, err := files.List(ctx, "s3://data/lake/accounts")
	if err != nil || found[0].Path != "s3://data/lake/accounts/part.parquet" || found[0].Rel != "part.parquet" {
		t.Fatalf("%v, %v", found, err)
	}
	// printf accounts | sha256sum
	if sum, err := Digest(ctx, files, found[0]); err != nil || sum != "bc62a3c14fec277e3dc6b504bf7c6348c2e421f8acc42032deddb0a96070f078" {
		t.Errorf("%s, %v", sum, err)
	}
	if err := publish(files, local+"/out", output{"run.json", "x"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"out/run.json": "x"}, contentsOf(t, local)); diff != "" {
		t.Error(diff)
	}
}

// The client waits once more after its only attempt; tests need not.
func init() { minio.DefaultRetryUnit = time.Microsecond }
