package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
)

// blobs answers the few requests of Azure's protocol that the client makes, as
// its reference describes them. It checks no signature and knows one container.
type blobs struct {
	mu      sync.Mutex
	content map[string]string
	digest  map[string]string
	version map[string]int
	blocks  map[string]string
	log     []string
	status  int // answered to everything where not 0
}

func (b *blobs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fail := func(status int, code string) {
		w.Header().Set("x-ms-error-code", code)
		w.WriteHeader(status)
	}
	key, ok := strings.CutPrefix(r.URL.Path, "/acc/box")
	key = strings.TrimPrefix(key, "/")
	query := r.URL.Query()
	b.log = append(b.log, r.Method+" "+key+query.Get("comp"))
	body, _ := io.ReadAll(r.Body)
	_, exists := b.content[key]
	tag := fmt.Sprintf(`"v%d"`, b.version[key])
	switch match := r.Header.Get("If-Match"); {
	case b.status != 0:
		fail(b.status, "")
		return
	case !ok:
		fail(404, "ContainerNotFound")
		return
	case query.Get("comp") == "list":
		b.list(w, query.Get("prefix"), query.Get("delimiter"))
		return
	case r.Method != http.MethodPut && !exists:
		fail(404, "BlobNotFound")
		return
	case match != "" && match != tag:
		fail(412, "ConditionNotMet")
		return
	case r.Header.Get("If-None-Match") == "*" && exists:
		fail(409, "BlobAlreadyExists")
		return
	}
	switch r.Method {
	case http.MethodPut:
		switch query.Get("comp") {
		case "block":
			b.blocks[query.Get("blockid")] = string(body)
			w.WriteHeader(201)
			return
		case "blocklist":
			rest, joined := string(body), ""
			for {
				_, after, ok := strings.Cut(rest, "<Latest>")
				if !ok {
					break
				}
				id, tail, _ := strings.Cut(after, "</Latest>")
				joined, rest = joined+b.blocks[id], tail
			}
			body = []byte(joined)
		}
		b.content[key], b.digest[key] = string(body), r.Header.Get("x-ms-meta-Sha256")
		b.version[key]++
		w.Header().Set("ETag", fmt.Sprintf(`"v%d"`, b.version[key]))
		w.WriteHeader(201)
	case http.MethodDelete:
		delete(b.content, key)
		w.WriteHeader(202)
	default:
		w.Header().Set("ETag", tag)
		w.Header().Set("x-ms-meta-Sha256", b.digest[key])
		if g := r.Header.Get("x-ms-range"); g != "" {
			r.Header.Set("Range", g)
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(b.content[key]))
	}
}

func (b *blobs) list(w http.ResponseWriter, prefix, delimiter string) {
	var keys []string
	for k := range b.content {
		rest, ok := strings.CutPrefix(k, prefix)
		if !ok {
			continue
		}
		if i := strings.Index(rest, "/"); delimiter == "/" && i >= 0 {
			k = prefix + rest[:i+1]
		}
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprint(w, `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>`)
	for _, k := range keys {
		if strings.HasSuffix(k, "/") && delimiter != "" {
			fmt.Fprintf(w, "<BlobPrefix><Name>%s</Name></BlobPrefix>", k)
			continue
		}
		fmt.Fprintf(w, "<Blob><Name>%s</Name><Properties><Etag>v%d</Etag><Content-Length>%d</Content-Length></Properties></Blob>", k, b.version[k], len(b.content[k]))
	}
	fmt.Fprint(w, `</Blobs><NextMarker /></EnumerationResults>`)
}

func (b *blobs) requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.log
	b.log = nil
	return out
}

func azure(t *testing.T, root string) (*Router, *blobs) {
	t.Helper()
	b := &blobs{content: map[string]string{}, digest: map[string]string{}, version: map[string]int{}, blocks: map[string]string{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	files, err := Connect(root, Options{
		AzureKey: base64.StdEncoding.EncodeToString([]byte("key")), Holder: "one",
		Services: []Service{{Address: "azblob://acc", Endpoint: server.URL + "/acc"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, b
}

func TestAzure(t *testing.T) {
	ctx := context.Background()
	files, server := azure(t, "azblob://acc/box/health")
	big := string(noise(35 << 20))
	if err := publish(files, "out/day", output{"big", big}, output{"a", "1"}, output{"run.json", "m"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"health/out/day/a", "health/out/day/big", "health/out/day/run.json"}, keysOf(server.content)); diff != "" || server.content["health/out/day/big"] != big {
		t.Error(diff)
	}
	server.requests()
	if err := publish(files, "out/day", output{"big", big}, output{"a", "1"}, output{"run.json", "n"}); err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(server.requests(), func(r string) bool { return !strings.HasPrefix(r, "PUT") && !strings.HasPrefix(r, "DELETE") })
	if diff := cmp.Diff([]string{"PUT health/out/day/run.json"}, got); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{"out", "out/*/big", "**/big"} {
		found, err := files.List(ctx, path)
		if err != nil || !slices.ContainsFunc(found, func(f File) bool { return f.Path == "out/day/big" && f.Size == int64(len(big)) && f.Version != "" }) {
			t.Errorf("%s: %v, %v", path, found, err)
		}
	}
	r := opened(t, files, "out/day/big")
	p := make([]byte, 1000)
	if _, err := r.ReadAt(p, 20<<20); err != nil || string(p) != big[20<<20:20<<20+1000] {
		t.Errorf("wrong bytes, %v", err)
	}
	if err := files.WriteFile(ctx, "out/day/big", func(w io.Writer) error { _, err := io.WriteString(w, big); return err }); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadAt(p, 0); diag.ClassOf(err) != diag.Data || err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("changed blob: %v", err)
	}
	if got, found, err := files.ReadSmall(ctx, "out/day/run.json"); string(got) != "n" || !found || err != nil {
		t.Errorf("%q, %v, %v", got, found, err)
	}
	if _, found, err := files.ReadSmall(ctx, "none"); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	lock, err := files.Lock(ctx, "out/.lock")
	if err != nil {
		t.Fatal(err)
	}
	server.content["health/out/.lock"] = `{"holder":"two"}`
	if _, err := files.Lock(ctx, "out/.lock"); err == nil || !strings.Contains(err.Error(), "two") {
		t.Errorf("second lock: %v", err)
	}
	if err := lock.Unlock(); err != nil || server.content["health/out/.lock"] == "" {
		t.Errorf("another run's lock was freed, %v", err)
	}
}

func TestAzureErrors(t *testing.T) {
	files, server := azure(t, "azblob://acc/box")
	for _, c := range []struct {
		status int
		path   string
		want   string
		class  diag.Class
	}{
		{0, "f", "f: there is no such file or folder", diag.Config},
		{0, "azblob://acc/other/*", "azblob://acc/other: there is no such bucket", diag.Config},
		{403, "f", "access is denied", diag.Config},
		{401, "f", "AZURE_STORAGE_KEY", diag.Config},
		{503, "f", "failed 6 times", diag.Internal},
	} {
		server.status = c.status
		if _, err := files.List(context.Background(), c.path); err == nil || !strings.Contains(err.Error(), c.want) || diag.ClassOf(err) != c.class {
			t.Errorf("%d: %v", c.status, err)
		}
	}
	if _, err := newAzure(place{"azblob", "acc", "box"}, Service{}, "not base64!"); diag.ClassOf(err) != diag.Config {
		t.Errorf("bad key: %v", err)
	}
}

func keysOf(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
