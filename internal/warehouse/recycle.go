package warehouse

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Recycler is an allocator that hands freed memory out again, so that a scan whose
// batches are released takes no more memory than a few of them hold. The memory
// is not cleared: the columns of a scan are written in full. Every scan has one of
// its own unless it is given one as Options.Allocator. It is safe for concurrent
// use; the zero value takes Go's memory.
type Recycler struct {
	from memory.Allocator

	mu     sync.Mutex
	closed bool
	free   [64][][]byte // by size, a power of two
}

var _ memory.Allocator = (*Recycler)(nil)

// class is the binary logarithm of the memory that holds size bytes.
func class(size int) int { return bits.Len(uint(max(size, 64) - 1)) }

// Allocate returns size bytes.
func (r *Recycler) Allocate(size int) []byte {
	k := class(size)
	r.mu.Lock()
	if n := len(r.free[k]); n > 0 {
		b := r.free[k][n-1]
		r.free[k] = r.free[k][:n-1]
		r.mu.Unlock()
		return b[:size]
	}
	r.mu.Unlock()
	if r.from == nil {
		return make([]byte, size, 1<<k)
	}
	return r.from.Allocate(1 << k)[:size]
}

// Reallocate returns size bytes that start as b does.
func (r *Recycler) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	out := r.Allocate(size)
	copy(out, b)
	r.Free(b)
	return out
}

// Free takes memory back.
func (r *Recycler) Free(b []byte) {
	if cap(b) == 0 {
		return
	}
	k := class(cap(b))
	r.mu.Lock()
	defer r.mu.Unlock()
	if b = b[:1<<k]; r.closed {
		r.from.Free(b)
		return
	}
	r.free[k] = append(r.free[k], b)
}

// close gives back what is free; what is still in use follows when it is freed.
func (r *Recycler) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for k, list := range r.free {
		for _, b := range list {
			r.from.Free(b)
		}
		r.free[k] = nil
	}
}
