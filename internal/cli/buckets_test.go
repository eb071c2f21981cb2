package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/store/storetest"
)

// command runs a command line in this process.
func command(t *testing.T, environ map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := Env{
		In: strings.NewReader(""), Out: &stdout, Err: &stderr, Version: "test", Process: "host test, process 1",
		Now:    func() time.Time { return time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC) },
		Getenv: func(key string) string { return environ[key] },
	}
	code = Run(context.Background(), env, args)
	return code, stdout.String(), stderr.String()
}

// smallWarehouse returns the committed sample warehouse by file name.
func smallWarehouse(t *testing.T) map[string]string {
	t.Helper()
	return filesBelow(t, filepath.Join("..", "..", "testdata", "exports", "small"))
}

func filesBelow(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
		out[p] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// results keeps what a run published by its names, and blanks what may differ: the
// timings, and the objects named by content that only a bucket has.
func results(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, content := range files {
		if !strings.HasPrefix(name, "out/2") && !strings.HasPrefix(name, "history/") || strings.HasSuffix(name, "/.lock") || strings.Contains(name, "/.files/") {
			continue
		}
		if strings.HasSuffix(name, "run.json") && !strings.HasSuffix(name, "_runs.json") {
			var m map[string]any
			if err := json.Unmarshal([]byte(content), &m); err != nil {
				t.Fatal(err)
			}
			delete(m, "timings_seconds")
			for _, o := range m["outputs"].([]any) {
				delete(o.(map[string]any), "object")
			}
			b, err := json.MarshalIndent(m, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			content = string(b)
		}
		out[name] = content
	}
	return out
}

// sameResults compares without printing the binary files.
func sameResults(t *testing.T, want, got map[string]string) {
	t.Helper()
	for name, content := range got {
		switch other, ok := want[name]; {
		case !ok:
			t.Errorf("%s is there only in one", name)
		case other != content && strings.HasSuffix(name, ".json"):
			t.Errorf("%s differs: %s", name, cmp.Diff(other, content))
		case other != content:
			t.Errorf("%s differs", name)
		}
	}
	if len(got) == 0 || len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}

func TestRunInABucketEqualsTheLocalRun(t *testing.T) {
	local := t.TempDir()
	if err := os.CopyFS(local, os.DirFS(filepath.Join("..", "..", "testdata", "exports", "small"))); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := command(t, nil, "run", "-q", "-c", filepath.Join(local, "health.yaml")); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	want := results(t, filesBelow(t, local))

	s := storetest.NewS3(t, "lake", "results")
	small := smallWarehouse(t)
	for name, content := range small {
		s.Put("lake", "health/"+name, content)
	}
	environ := map[string]string{"AWS_ENDPOINT_URL": s.URL, "AWS_REGION": "us-east-1"}
	code, out, errs := command(t, environ, "run", "-c", "s3://lake/health/health.yaml")
	if code != 0 || !strings.Contains(out, "published: out/2026-06-30") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	requests := s.Requests()
	t.Logf("%d requests, %d of them GET", len(requests), len(storetest.Only("GET", append([]string(nil), requests...))))
	if last := storetest.Only("PUT", requests); last[len(last)-1] != "PUT /lake/health/out/2026-06-30/run.json" {
		t.Errorf("the last upload is %s", last[len(last)-1])
	}
	got := s.Contents("lake", "health/")
	sameResults(t, want, results(t, got))
	for _, lock := range []string{"out/.lock", "history/.lock"} {
		if _, left := got[lock]; left {
			t.Error(lock + " is left")
		}
	}

	// A second run changes nothing but run.json.
	if code, _, errs := command(t, environ, "run", "-q", "-c", "s3://lake/health/health.yaml"); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	puts := storetest.Only("PUT", s.Requests())
	if diff := cmp.Diff([]string{"PUT /lake/health/out/.lock", "PUT /lake/health/history/.lock", "PUT /lake/health/out/2026-06-30/run.json"}, puts); diff != "" {
		t.Error(diff)
	}

	// Settings and history here, exports there, results in another bucket; the
	// server is named by the settings.
	mixed := t.TempDir()
	settings := strings.NewReplacer("exports: exports ", "exports: s3://lake/health/exports ", "out: out\n", "out: s3://results/team/out\n").Replace(small["health.yaml"]) +
		"\nstores:\n  s3: {endpoint: " + strings.TrimPrefix(s.URL, "http://") + ", insecure: true, region: us-east-1, path_style: true}\n"
	if err := os.WriteFile(filepath.Join(mixed, "health.yaml"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := command(t, nil, "run", "-q", "-c", filepath.Join(mixed, "health.yaml")); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	got = filesBelow(t, mixed)
	for name, content := range s.Contents("results", "team/") {
		got[name] = strings.ReplaceAll(content, `"path": "s3://lake/health/`, `"path": "`)
	}
	sameResults(t, want, results(t, got))
}

// A date that is published again is the old run, whole, until it is the new one: to
// who goes by run.json, whatever has become of the names.
func TestRepublishedInABucket(t *testing.T) {
	s := storetest.NewS3(t, "lake")
	small := smallWarehouse(t)
	for name, content := range small {
		s.Put("lake", "health/"+name, content)
	}
	environ := map[string]string{"AWS_ENDPOINT_URL": s.URL, "AWS_REGION": "us-east-1"}
	run := func(want int) {
		t.Helper()
		if code, _, errs := command(t, environ, "run", "-q", "-c", "s3://lake/health/health.yaml"); code != want {
			t.Fatalf("exit code %d: %s", code, errs)
		}
	}
	const folder = "health/out/2026-06-30/"
	report := func() string {
		t.Helper()
		dir := t.TempDir()
		if code, _, errs := command(t, environ, "report", "s3://lake/"+folder, "--only", "portfolio", "--out", dir); code != 0 {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		return filesBelow(t, dir)["portfolio.xlsx"]
	}
	run(0)
	first := s.Contents("lake", folder)["portfolio.xlsx"]
	s.Put("lake", "health/health.yaml", strings.Replace(small["health.yaml"], "currency:", "what_if_accounts: 7\ncurrency:", 1))
	s.Break(func(w http.ResponseWriter, r *http.Request) bool {
		lost := r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, folder+"run.json")
		if lost {
			storetest.Refuse(w, 403, "AccessDenied")
		}
		return lost
	})
	run(exitConfig)
	s.Break(nil)
	if now := s.Contents("lake", folder); now["portfolio.xlsx"] != first || report() != first {
		t.Error("a run that failed at its end has changed the one before")
	}
	run(0)
	second := s.Contents("lake", folder)
	if second["portfolio.xlsx"] == first || report() != second["portfolio.xlsx"] {
		t.Error("the second run is not the one that is published")
	}
	// As if the third run's names were half replaced: nobody who goes by run.json cares.
	for name := range second {
		if name != "run.json" && !strings.HasPrefix(name, ".files/") {
			s.Put("lake", folder+name, "of another run")
		}
	}
	if report() != second["portfolio.xlsx"] {
		t.Error("report reads by name")
	}
	if code, _, errs := command(t, environ, "score", "-c", "s3://lake/health/health.yaml", "--as-of", "2026-07-01", "--out", t.TempDir()); code != 0 {
		t.Errorf("the next day: exit code %d: %s", code, errs)
	}
	// A copy without the hidden objects is read by name.
	local := t.TempDir()
	for name, content := range second {
		if strings.HasPrefix(name, ".files/") {
			continue
		}
		file := filepath.Join(local, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, []byte(content), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if code, _, errs := command(t, environ, "report", local, "--only", "portfolio", "--out", dir); code != 0 || filesBelow(t, dir)["portfolio.xlsx"] != second["portfolio.xlsx"] {
		t.Errorf("report of a copy: exit code %d: %s", code, errs)
	}
}

func TestFailedRunInABucketPublishesNothing(t *testing.T) {
	s := storetest.NewS3(t, "lake")
	for name, content := range smallWarehouse(t) {
		s.Put("lake", "health/"+name, content)
	}
	environ := map[string]string{"AWS_ENDPOINT_URL_S3": s.URL, "AWS_REGION": "us-east-1"}
	before := s.Contents("lake", "")
	usage := ""
	for name := range before {
		if strings.Contains(name, "/usage/") && strings.HasSuffix(name, ".parquet") && len(before[name]) > 0 && (usage == "" || name < usage) {
			usage = name
		}
	}
	for _, c := range []struct {
		name   string
		broken func(w http.ResponseWriter, r *http.Request) bool
		args   []string
		code   int
		want   string
	}{
		{"an export is written again during the run", func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet && r.URL.Path == "/lake/"+usage {
				s.Put("lake", usage, before[usage]+"x")
			}
			return false
		}, nil, exitData, "the file changed while it was being read"},
		{"an export cannot be read", func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet && r.URL.Path == "/lake/"+usage {
				storetest.Refuse(w, 403, "AccessDenied")
				return true
			}
			return false
		}, nil, exitConfig, strings.TrimPrefix(usage, "health/") + ": access is denied"},
		{"no such bucket", nil, []string{"run", "-c", "s3://elsewhere/health.yaml"}, exitConfig, "s3://elsewhere: there is no such bucket"},
		{"no such settings", nil, []string{"run", "-c", "s3://lake/none.yaml"}, exitConfig, "there is no such settings file"},
	} {
		s.Break(c.broken)
		args := c.args
		if args == nil {
			args = []string{"run", "-q", "-c", "s3://lake/health/health.yaml"}
		}
		code, _, errs := command(t, environ, args...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit code %d: %s", c.name, code, errs)
		}
		s.Break(nil)
		s.Put("lake", usage, before[usage])
		if diff := cmp.Diff(len(before), len(s.Contents("lake", ""))); diff != "" {
			t.Errorf("%s: objects: %s", c.name, diff)
		}
	}
}
