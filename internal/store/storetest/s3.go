// Package storetest runs an S3 server on the loopback interface for tests. It is
// gofakes3, an implementation of the protocol that is independent of the client,
// behind a handler that counts requests, can break them, and adds what gofakes3
// leaves out: conditions on reads, and the signed chunks of a part's body.
package storetest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// S3 is a running server.
type S3 struct {
	URL string

	t       testing.TB
	backend *s3mem.Backend
	inner   http.Handler

	mu       sync.Mutex
	requests []string

	breaking sync.Mutex
	broken   func(w http.ResponseWriter, r *http.Request) bool
}

// NewS3 starts a server with the named buckets, which ends with the test, and
// puts credentials for it into the test's environment.
func NewS3(t testing.TB, buckets ...string) *S3 {
	t.Helper()
	s := &S3{t: t, backend: s3mem.New()}
	for _, b := range buckets {
		if err := s.backend.CreateBucket(b); err != nil {
			t.Fatal(err)
		}
	}
	s.inner = gofakes3.New(s.backend).Server()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
	return s
}

// Break sets what is asked before every request is served: true means that the
// function has answered it itself.
func (s *S3) Break(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.breaking.Lock()
	defer s.breaking.Unlock()
	s.broken = f
}

// Requests returns what was asked so far, as METHOD PATH RANGE, and forgets it.
func (s *S3) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.requests
	s.requests = nil
	return out
}

// ServeHTTP answers the protocol.
func (s *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	line := r.Method + " " + r.URL.Path
	if p := r.URL.Query().Get("prefix"); p != "" {
		line += " " + p
	}
	if g := r.Header.Get("Range"); g != "" {
		line += " " + g
	}
	s.requests = append(s.requests, line)
	s.mu.Unlock()
	if s.answered(w, r) {
		return
	}
	if want := r.Header.Get("If-Match"); want != "" && r.Method == http.MethodGet {
		head := httptest.NewRecorder()
		s.inner.ServeHTTP(head, httptest.NewRequest(http.MethodHead, r.URL.Path, nil))
		if got := head.Header().Get("ETag"); got != "" && got != want {
			Refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
	}
	if r.URL.Query().Has("partNumber") && strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		r.Body = io.NopCloser(&chunks{r: bufio.NewReader(r.Body)})
		r.Header.Set("Content-Length", r.Header.Get("X-Amz-Decoded-Content-Length"))
		r.ContentLength, _ = strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
		r.Header.Del("X-Amz-Content-Sha256")
	}
	s.inner.ServeHTTP(w, r)
}

// Serve answers a request as if nothing were broken.
func (s *S3) Serve(w http.ResponseWriter, r *http.Request) { s.inner.ServeHTTP(w, r) }

// answered asks the function that breaks requests, one request at a time.
func (s *S3) answered(w http.ResponseWriter, r *http.Request) bool {
	s.breaking.Lock()
	defer s.breaking.Unlock()
	return s.broken != nil && s.broken(w, r)
}

// chunks is the content of a body in signed chunks: a line with the length in
// hexadecimal and the signature, the bytes, and an end of line.
type chunks struct {
	r    *bufio.Reader
	left int64
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.left == 0 {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return 0, err
		}
		length, _, _ := strings.Cut(line, ";")
		if c.left, err = strconv.ParseInt(length, 16, 64); err != nil {
			return 0, err
		}
		if c.left == 0 {
			return 0, io.EOF
		}
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	if c.left -= int64(n); c.left == 0 && err == nil {
		_, err = c.r.Discard(2)
	}
	return n, err
}

// Refuse answers a request with an error of the protocol.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, code)
}

// Put stores an object.
func (s *S3) Put(bucket, key, content string) {
	s.t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPut, (&url.URL{Path: "/" + bucket + "/" + key}).String(), strings.NewReader(content))
	r.Header.Set("Content-Length", strconv.Itoa(len(content)))
	s.inner.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		s.t.Fatalf("put %s: status %d", key, w.Code)
	}
}

// Contents returns the objects of a bucket below a prefix by the rest of their
// keys.
func (s *S3) Contents(bucket, prefix string) map[string]string {
	s.t.Helper()
	list, err := s.backend.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: prefix}, gofakes3.ListBucketPage{})
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range list.Contents {
		o, err := s.backend.GetObject(bucket, c.Key, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		b, err := io.ReadAll(o.Contents)
		if err != nil {
			s.t.Fatal(err)
		}
		out[strings.TrimPrefix(c.Key, prefix)] = string(b)
	}
	return out
}

// Only keeps the requests with a method.
func Only(method string, requests []string) []string {
	return slices.DeleteFunc(requests, func(r string) bool { return !strings.HasPrefix(r, method+" ") })
}
