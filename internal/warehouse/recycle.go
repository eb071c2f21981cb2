package warehouse

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Recycler is an allocator that hands freed memory out again, so that a scan whose
// batches are released takes no more memory than a few of them hold. The memory
// is not cleared: the columns of a scan are written in full. It is safe for
// concurrent use.
type Recycler struct {
	mu   sync.Mutex
	free [64][][]byte // by size, a power of two
}

var _ memory.Allocator = (*Recycler)(nil)

// smallest is the least size worth keeping.
const smallest = 1 << 10

// Allocate returns size bytes.
func (r *Recycler) Allocate(size int) []byte {
	if size < smallest {
		return make([]byte, size)
	}
	class := bits.Len(uint(size - 1))
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free[class]); n > 0 {
		b := r.free[class][n-1]
		r.free[class] = r.free[class][:n-1]
		return b[:size]
	}
	return make([]byte, size, 1<<class)
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
	n := cap(b)
	if n < smallest || n&(n-1) != 0 {
		return
	}
	class := bits.Len(uint(n - 1))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free[class] = append(r.free[class], b[:0])
}
