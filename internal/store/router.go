package store

import (
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"accounthealth/internal/diag"
)

// Service says how the buckets below an address are reached.
type Service struct {
	// Address is what it holds for: a scheme (s3, azblob), or a bucket or
	// container (s3://bucket, azblob://account, azblob://account/container). The
	// longest one that fits counts for each of the other fields that it sets.
	Address string
	// Endpoint is the server, host:port or a URL; "" is AWS, or Azure's public
	// cloud. For Azure it is the account's URL.
	Endpoint string
	Region   string // "" asks the server
	// PathStyle puts the bucket's name into the path instead of the host; nil
	// follows the endpoint.
	PathStyle *bool
	// Insecure speaks http where the endpoint does not say https.
	Insecure bool
}

// Options is what buckets need to know of the world. The zero value opens local
// folders and buckets of the public clouds with the credentials that the process
// was given in the ways that the clouds define.
type Options struct {
	Services []Service
	// AzureKey is a storage account's key; without it Azure is asked for a token
	// in the name of the process's identity.
	AzureKey string
	// Holder names this run in lock objects.
	Holder string
	// Now dates lock objects; without it they do not expire.
	Now func() time.Time
	// Wait pauses between attempts, less long where ctx ends; without it they
	// follow at once.
	Wait func(ctx context.Context, d time.Duration) error
	// Seed sets the jitter of the pauses. It never enters results.
	Seed uint64
}

// Router is a store over the file system and buckets. A relative path is below
// its root, which may be either; an absolute path is on the file system, and an
// address (s3://...) in its bucket.
type Router struct {
	root  string // a folder or an address
	local *Local
	opt   Options

	mu      sync.Mutex
	buckets map[string]*bucket // by place.root()
	jitter  *rand.Rand
}

var _ backEnd = (*Router)(nil)

// Open returns the store whose relative paths start at root, a folder or an
// address, with the zero Options.
func Open(root string) (*Router, error) { return Connect(root, Options{}) }

// Connect returns the store whose relative paths start at root, a folder or an
// address, neither of which need exist yet. Nothing is asked of a server before a path is used.
func Connect(root string, opt Options) (*Router, error) {
	r := &Router{root: root, opt: opt, buckets: map[string]*bucket{}, jitter: rand.New(rand.NewPCG(opt.Seed, 0))}
	if IsAddress(root) {
		r.local = &Local{}
		_, _, err := parseAddress(root)
		return r, err
	}
	var err error
	r.local, err = openLocal(root)
	return r, err
}

// Configure adds what a settings file says about services; it counts before
// what Connect was told. Files that are open stay with the old one.
func (r *Router) Configure(services []Service) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opt.Services = append(append([]Service(nil), services...), r.opt.Services...)
	clear(r.buckets)
}

// route returns the back end that holds a path and the path's name there.
func (r *Router) route(p string) (backEnd, string, error) {
	switch {
	case IsAddress(p):
	case IsAddress(r.root) && !filepath.IsAbs(p):
		p = Join(r.root, p)
	default:
		return r.local, p, nil
	}
	at, key, err := parseAddress(p)
	if err != nil {
		return nil, "", err
	}
	b, err := r.bucket(at)
	return b, key, err
}

func (r *Router) bucket(at place) (*bucket, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.buckets[at.root()]; b != nil {
		return b, nil
	}
	objects, err := r.opt.connect(at)
	if err != nil {
		return nil, err
	}
	b := &bucket{objects: objects, at: at, opt: r.opt, pause: r.pause}
	if home, base, err := parseAddress(r.root); IsAddress(r.root) && err == nil && home == at {
		b.base, b.home = base, true
	}
	r.buckets[at.root()] = b
	return b, nil
}

// pause waits before the attempt after attempt 1, 2, ...: twice as long each
// time, half of it by chance, so that many runs do not come back together.
func (r *Router) pause(ctx context.Context, attempt int) error {
	if r.opt.Wait == nil {
		return ctx.Err()
	}
	d := min(firstPause<<(attempt-1), longestPause)
	r.mu.Lock()
	d = d/2 + time.Duration(r.jitter.Int64N(int64(d/2)))
	r.mu.Unlock()
	return r.opt.Wait(ctx, d)
}

// List implements Source.
func (r *Router) List(ctx context.Context, path string) ([]File, error) {
	b, p, err := r.route(path)
	if err != nil {
		return nil, err
	}
	return b.List(ctx, p)
}

// Open implements Source.
func (r *Router) Open(ctx context.Context, f File) (Reader, error) {
	b, p, err := r.route(f.Path)
	if err != nil {
		return nil, err
	}
	f.Path = p
	return b.Open(ctx, f)
}

// Stage implements Sink.
func (r *Router) Stage(ctx context.Context, dir string) (*Staging, error) {
	b, p, err := r.route(dir)
	if err != nil {
		return nil, err
	}
	return b.Stage(ctx, p)
}

// WriteFile implements Sink.
func (r *Router) WriteFile(ctx context.Context, path string, write func(io.Writer) error) error {
	b, p, err := r.route(path)
	if err != nil {
		return err
	}
	return b.WriteFile(ctx, p, write)
}

// ReadSmall returns the content of a settings, framework or manifest file. found
// is false, without an error, where there is none.
func (r *Router) ReadSmall(ctx context.Context, path string) (content []byte, found bool, err error) {
	b, p, err := r.route(path)
	if err != nil {
		return nil, false, err
	}
	return b.ReadSmall(ctx, p)
}

// Lock takes the lock at path without waiting, or fails where another run holds
// it. On the file system a killed run's lock is free; in a bucket it is after
// some hours, and the lock is only as exclusive as the server's conditional
// writes.
func (r *Router) Lock(ctx context.Context, path string) (Lock, error) {
	b, p, err := r.route(path)
	if err != nil {
		return nil, err
	}
	return b.Lock(ctx, p)
}

// Temp returns the spill files of a run that works below dir: there, or on the
// system's temporary disk where dir is in a bucket. See Local.Temp.
func (r *Router) Temp(dir string) (*TempDir, error) {
	b, p, err := r.route(dir)
	if err != nil {
		return nil, err
	}
	if _, ok := b.(*Local); ok {
		return r.local.Temp(p)
	}
	return Scratch()
}

// Scratch returns spill files on the system's temporary disk, in a folder of their
// own that nobody else sweeps: for work that holds no lock.
func Scratch() (*TempDir, error) {
	system, err := os.MkdirTemp("", "accounthealth-")
	if err != nil {
		return nil, writeError(system, err)
	}
	return &TempDir{name: filepath.ToSlash(system), path: system}, nil
}

// IsAddress says whether a path names a place in a bucket and not a local file.
func IsAddress(p string) bool {
	scheme, _, ok := strings.Cut(p, "://")
	return ok && scheme != "" && !strings.ContainsAny(scheme, "/\\")
}

// Join returns the path p as it is where it is absolute or an address, else
// below base.
func Join(base, p string) string {
	if IsAddress(p) || filepath.IsAbs(p) || path.IsAbs(p) {
		return p
	}
	if IsAddress(base) {
		return strings.TrimSuffix(base, "/") + "/" + path.Clean(p) // .. never leads out of the bucket: see parseAddress
	}
	return path.Join(base, p)
}

// Split cuts a path into its folder and its last name; "." is the folder of a
// lone name.
func Split(p string) (dir, name string) {
	if scheme, rest, ok := strings.Cut(p, "://"); ok && IsAddress(p) {
		return scheme + "://" + path.Dir(rest), path.Base(rest)
	}
	return filepath.Dir(p), filepath.Base(p)
}

// place is a bucket, or a container of a storage account.
type place struct{ scheme, account, bucket string }

func (p place) root() string {
	if p.account != "" {
		return p.scheme + "://" + p.account + "/" + p.bucket
	}
	return p.scheme + "://" + p.bucket
}

// parseAddress returns an address's bucket and its key, "" for the bucket's top.
func parseAddress(address string) (place, string, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	at := place{scheme: scheme}
	switch scheme {
	case "s3":
	case "azblob":
		at.account, rest, _ = strings.Cut(rest, "/")
	case "gs":
		return at, "", diag.Errorf(diag.Config, address, "write s3://BUCKET/PREFIX, and under stores: s3: {endpoint: https://storage.googleapis.com}, with an HMAC key as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "Google's buckets are read by their S3 endpoint")
	default:
		return at, "", diag.Errorf(diag.Config, address, "use a local path, s3://BUCKET/PREFIX or azblob://ACCOUNT/CONTAINER/PREFIX", "%s addresses are not known", scheme)
	}
	at.bucket, rest, _ = strings.Cut(rest, "/")
	if at.bucket == "" || at.bucket == ".." || at.bucket == "." || scheme == "azblob" && at.account == "" {
		return at, "", diag.Errorf(diag.Config, address, "write s3://BUCKET/PREFIX or azblob://ACCOUNT/CONTAINER/PREFIX", "the address names no bucket")
	}
	key := strings.TrimPrefix(path.Clean("/"+rest), "/")
	return at, key, nil
}

// service merges what is said about a place, the longest address first.
func (o *Options) service(at place) Service {
	fits := slices.DeleteFunc(slices.Clone(o.Services), func(s Service) bool { return !at.within(s.Address) })
	slices.SortStableFunc(fits, func(a, b Service) int { return len(b.Address) - len(a.Address) })
	var out Service
	for _, s := range fits {
		out.fill(s)
	}
	return out
}

func (p place) within(address string) bool {
	address = strings.TrimSuffix(address, "/")
	return address == p.scheme || address == p.root() || p.account != "" && address == p.scheme+"://"+p.account
}

// fill takes over what is not set yet.
func (s *Service) fill(o Service) {
	if s.Endpoint == "" {
		s.Endpoint, s.Insecure = o.Endpoint, s.Insecure || o.Insecure
	}
	if s.Region == "" {
		s.Region = o.Region
	}
	if s.PathStyle == nil {
		s.PathStyle = o.PathStyle
	}
}

// connect returns the client of a place. It asks nothing of the server.
func (o *Options) connect(at place) (objects, error) {
	s := o.service(at)
	if at.scheme == "azblob" {
		return newAzure(at, s, o.AzureKey)
	}
	return newS3(at, s)
}

// host returns the endpoint's host, with a port and for Azure a path, and
// whether it is spoken to by https.
func (s Service) host(standard string) (host string, secure bool, err error) {
	scheme, rest, ok := strings.Cut(s.Endpoint, "://")
	switch {
	case s.Endpoint == "":
		return standard, true, nil
	case !ok:
		return strings.TrimSuffix(s.Endpoint, "/"), !s.Insecure, nil
	case scheme == "http" || scheme == "https":
		return strings.TrimSuffix(rest, "/"), scheme == "https", nil
	}
	return "", false, s.badEndpoint(nil)
}

func (s Service) badEndpoint(cause error) error {
	return &diag.Error{Class: diag.Config, Where: s.Endpoint, What: "the endpoint is not valid", Fix: "write host:port or https://host:port", Cause: cause}
}
