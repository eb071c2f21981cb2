package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// objectReader reads ranges of an object through windows that it holds in
// memory. A reader of a Parquet file goes forward through several column chunks
// at once, a few kilobytes at a time: every run of reads gets windows of its
// own, each twice as large as the one before, so that a file's end costs one
// small request, a long chunk a few large ones, and columns that are not asked
// for none. Small neighbouring chunks share a window.
type objectReader struct {
	ctx     context.Context // of the Open call: reads end with it
	bucket  *bucket
	key     string
	version string
	size    int64

	mu      sync.Mutex
	windows []window // the least recently used first
	held    int64    // bytes of all windows
}

// window is the object's content from off.
type window struct {
	off  int64
	data []byte
}

func (w window) end() int64 { return w.off + int64(len(w.data)) }

const (
	// wholeObject is the size up to which an object is read at once.
	wholeObject = 1 << 20
	firstWindow = 64 << 10
	largeWindow = 4 << 20
	// allWindows bounds the memory of a reader, and that of a bucket's small
	// objects.
	allWindows = 32 << 20
)

func (r *objectReader) Size() int64  { return r.size }
func (r *objectReader) Close() error { return nil }

// ReadAt implements io.ReaderAt. It fails where the object is no longer the one
// that was opened.
func (r *objectReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("store: read before the start of the file")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= r.size {
			return n, io.EOF
		}
		w, ok := r.find(at)
		if !ok {
			var err error
			if w, err = r.fetch(at, int64(len(p)-n)); err != nil {
				return n, err
			}
		}
		n += copy(p[n:], w.data[at-w.off:])
	}
	return n, nil
}

// find returns the window that holds an offset and makes it the latest.
func (r *objectReader) find(at int64) (window, bool) {
	for i := len(r.windows) - 1; i >= 0; i-- {
		if w := r.windows[i]; w.off <= at && at < w.end() {
			copy(r.windows[i:], r.windows[i+1:])
			r.windows[len(r.windows)-1] = w
			return w, true
		}
	}
	return window{}, false
}

// fetch reads a window that holds at, and want bytes from there unless another
// window has some of them.
func (r *objectReader) fetch(at, want int64) (window, error) {
	if r.size <= wholeObject {
		if data, ok := r.bucket.kept.find(r.key, r.version); ok {
			r.windows = []window{{0, data}}
			return r.windows[0], nil
		}
	}
	off, n := r.plan(at, want)
	data := make([]byte, n)
	err := r.bucket.quick(r.ctx, r.bucket.name(r.key), func(ctx context.Context) error {
		return r.get(ctx, data, off)
	})
	switch faultOf(err) {
	case faultCondition, faultNoObject:
		return window{}, r.bucket.changed(r.key)
	}
	if err != nil {
		return window{}, err
	}
	if n == r.size && n <= wholeObject {
		r.bucket.kept.add(r.key, r.version, data)
	}
	w := window{off, data}
	for len(r.windows) > 0 && r.held+n > allWindows {
		r.held -= int64(len(r.windows[0].data))
		r.windows = append(r.windows[:0], r.windows[1:]...)
	}
	r.windows, r.held = append(r.windows, w), r.held+n
	return w, nil
}

// plan chooses the range of the window that holds at.
func (r *objectReader) plan(at, want int64) (off, n int64) {
	if r.size <= wholeObject {
		return 0, r.size
	}
	n, next, goesOn := int64(firstWindow), r.size, false
	runs := 1 // windows that are not followed up, and this one
	for _, w := range r.windows {
		if !slices.ContainsFunc(r.windows, func(o window) bool { return o.off == w.end() }) {
			runs++
		}
		if w.end() == at {
			n, goesOn = 2*int64(len(w.data)), true
		}
		if w.off > at {
			next = min(next, w.off)
		}
	}
	// Many runs at once get smaller windows, so that all of them stay in memory.
	most := int64(max(firstWindow, min(largeWindow, allWindows/(2*runs))))
	n = max(min(n, most), min(want, largeWindow))
	if at+n > r.size && !goesOn { // the end of the file: what precedes it comes next
		at = max(r.size-n, 0)
		for _, w := range r.windows {
			if w.off <= at {
				at = max(at, w.end())
			}
		}
	}
	return at, min(n, next-at)
}

// keptObjects holds the contents of small objects, the oldest of which give way:
// an export of many small files is opened, scanned and digested from one request
// for each. It is safe for concurrent use.
type keptObjects struct {
	mu    sync.Mutex
	data  map[[2]string][]byte // by key and version
	order [][2]string
	held  int64
}

func (k *keptObjects) find(key, version string) ([]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	data, ok := k.data[[2]string{key, version}]
	return data, ok
}

func (k *keptObjects) add(key, version string, data []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := [2]string{key, version}
	if _, ok := k.data[id]; ok {
		return
	}
	for len(k.order) > 0 && k.held+int64(len(data)) > allWindows {
		k.held -= int64(len(k.data[k.order[0]]))
		delete(k.data, k.order[0])
		k.order = k.order[1:]
	}
	if k.data == nil {
		k.data = map[[2]string][]byte{}
	}
	k.data[id] = data
	k.order, k.held = append(k.order, id), k.held+int64(len(data))
}

// get reads one range of the version that was opened.
func (r *objectReader) get(ctx context.Context, p []byte, off int64) error {
	body, err := r.bucket.objects.get(ctx, r.key, r.version, off, int64(len(p)))
	if err != nil {
		return err
	}
	defer body.Close()
	if n, err := io.ReadFull(body, p); err != nil {
		return &failure{faultPassing, fmt.Errorf("the answer ended after %d of %d bytes: %w", n, len(p), err)}
	}
	return nil
}
