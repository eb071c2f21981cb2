package calibrate

import (
	"cmp"
	"context"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// strata groups the accounts of a design by their segment, which for an account
// that moved is that of its last row.
func strata(f *frame, d *design) [][]int32 {
	last := make([]int64, len(f.ids))
	for i := range last {
		last[i] = -1
	}
	for _, i := range d.row {
		key := int64(f.period[i])<<32 | int64(f.segment[i])
		last[f.account[i]] = max(last[f.account[i]], key)
	}
	groups := make([][]int32, f.segments)
	for a, key := range last {
		if key >= 0 {
			s := key & 0xffffffff
			groups[s] = append(groups[s], int32(a))
		}
	}
	return pooled(groups)
}

// pooled puts the accounts that are alone in their stratum into one: resampled by
// itself such an account never varies, and the interval would be too short, or of no
// length at all.
func pooled(strata [][]int32) [][]int32 {
	out := make([][]int32, 0, len(strata))
	var alone []int32
	for _, g := range strata {
		switch len(g) {
		case 0:
		case 1:
			alone = append(alone, g...)
		default:
			out = append(out, g)
		}
	}
	if alone != nil {
		out = append(out, alone)
	}
	return out
}

// draw fills the multiplicities of replicate r: as many accounts of each stratum
// as it has, with replacement. They depend on the seed, r and the strata only.
func draw(mult []int32, groups [][]int32, seed uint64, r int) {
	clear(mult)
	var rng rand.PCG
	rng.Seed(mix(seed), mix(seed^mix(uint64(r)+1)))
	for _, g := range groups {
		n := uint64(len(g))
		for range g {
			mult[g[below(&rng, n)]]++
		}
	}
}

// below is Rand.Uint64N of the same source, without a Rand to allocate and call through:
// D. Lemire, Fast Random Integer Generation in an Interval, ACM Trans. Model. Comput. Simul.
// 29 (2019) 3.
func below(rng *rand.PCG, n uint64) uint64 {
	if n&(n-1) == 0 {
		return rng.Uint64() & (n - 1)
	}
	hi, lo := bits.Mul64(rng.Uint64(), n)
	if lo < n {
		for least := -n % n; lo < least; {
			hi, lo = bits.Mul64(rng.Uint64(), n)
		}
	}
	return hi
}

// mix is the finaliser of SplitMix64: neighbouring inputs give unrelated outputs.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// parallel calls work for 0..n-1 on the given number of workers, each with its
// own state. Every index writes to its own slots, so results cannot depend on
// the number of workers.
func parallel[S any](ctx context.Context, n, workers int, state func() S, work func(S, int)) error {
	workers = max(1, min(workers, n))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			s := state()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				work(s, i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// replicates are the refits of bootstrap samples, row-major, k per replicate.
type replicates struct {
	k       int
	ok      []bool
	free    []float64
	shrunk  []float64
	refused int
	byRows  atomic.Int64 // refits of a block that needed the rows
}

// bootstrap refits and shrinks n account resamples of the subject.
func (s *subject) bootstrap(ctx context.Context, n int, seed uint64, workers int, separation float64, start *origin) (*replicates, error) {
	groups := strata(s.f, s.d)
	return s.refitResamples(ctx, n, workers, separation, start, func(mult []int32, r int) { draw(mult, groups, seed, r) })
}

// refitResamples refits n resamples whose multiplicities draw fills: in blocks by the
// expansion of the accounts where there is one, else one by one.
func (s *subject) refitResamples(ctx context.Context, n, workers int, separation float64, start *origin, draw func(mult []int32, r int)) (*replicates, error) {
	out := &replicates{k: s.d.k, ok: make([]bool, n), free: make([]float64, n*s.d.k), shrunk: make([]float64, n*s.d.k)}
	newWorker := func() *fitter {
		f := newFitter(s.d)
		f.separation = separation
		return f
	}
	var err error
	if start != nil && start.near != nil {
		err = parallel(ctx, (n+blockOf-1)/blockOf, workers, func() *block {
			return newBlock(start.near, newWorker(), s.to)
		}, func(b *block, i int) {
			first := i * blockOf
			size := min(blockOf, n-first)
			b.refit(size, func(mult []int32, j int) { draw(mult, first+j) })
			for j := range size {
				out.keep(first+j, b.slots[j].e)
				if b.slots[j].stage != done {
					out.byRows.Add(1)
				}
			}
		})
	} else {
		type worker struct {
			f    *fitter
			e    *estimate
			mult []int32
		}
		err = parallel(ctx, n, workers, func() worker {
			return worker{newWorker(), newEstimate(s.d.k), make([]int32, s.d.accounts)}
		}, func(w worker, r int) {
			draw(w.mult, r)
			w.f.refit(s.d, w.mult, s.to, start, rough, w.e)
			out.keep(r, w.e)
		})
	}
	for _, ok := range out.ok {
		if !ok {
			out.refused++
		}
	}
	return out, err
}

// keep notes replicate r.
func (o *replicates) keep(r int, e *estimate) {
	if o.ok[r] = e.status == converged; !o.ok[r] {
		return
	}
	copy(o.free[r*o.k:], e.free)
	copy(o.shrunk[r*o.k:], e.shrunk)
	if e.contrary {
		clear(o.free[r*o.k : (r+1)*o.k]) // every pillar is at zero
	}
}

// folds deals the accounts of a design into n folds: churned and kept accounts
// separately, each in the order of a hash of the seed and the account's number,
// so that every fold has its share of events.
func folds(f *frame, d *design, n int, seed uint64) []int32 {
	churned, present := make([]bool, len(f.ids)), make([]bool, len(f.ids))
	for _, i := range d.row {
		a := f.account[i]
		present[a] = true
		churned[a] = churned[a] || f.Y[i]
	}
	var order []int32
	hash := make([]uint64, len(f.ids))
	for a, id := range f.ids {
		if present[a] {
			order = append(order, int32(a))
			hash[a] = mix(seed ^ mix(uint64(uint32(id))))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(indicator(churned[b]), indicator(churned[a])), cmp.Compare(hash[a], hash[b]), cmp.Compare(a, b))
	})
	fold := make([]int32, len(f.ids))
	for j, a := range order {
		fold[a] = int32(j % n)
	}
	return fold
}
