package calibrate

import (
	"cmp"
	"context"
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
	return groups
}

// draw fills the multiplicities of replicate r: as many accounts of each stratum
// as it has, with replacement. They depend on the seed, r and the strata only.
func draw(mult []int32, groups [][]int32, seed uint64, r int) {
	clear(mult)
	rng := rand.New(rand.NewPCG(mix(seed), mix(seed^mix(uint64(r)+1))))
	for _, g := range groups {
		for range g {
			mult[g[rng.IntN(len(g))]]++
		}
	}
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
}

// bootstrap refits and shrinks n account resamples of the subject.
func (s *subject) bootstrap(ctx context.Context, n int, seed uint64, workers int, separation float64, start *origin) (*replicates, error) {
	k := s.d.k
	out := &replicates{k: k, ok: make([]bool, n), free: make([]float64, n*k), shrunk: make([]float64, n*k)}
	groups := strata(s.f, s.d)
	type worker struct {
		f    *fitter
		e    *estimate
		mult []int32
	}
	err := parallel(ctx, n, workers, func() worker {
		w := worker{newFitter(s.d), newEstimate(k), make([]int32, s.d.accounts)}
		w.f.separation = separation
		return w
	}, func(w worker, r int) {
		draw(w.mult, groups, seed, r)
		w.f.refit(s.d, w.mult, s.to, start, rough, w.e)
		if out.ok[r] = w.e.status == converged; out.ok[r] {
			copy(out.free[r*k:], w.e.free)
			copy(out.shrunk[r*k:], w.e.shrunk)
			if w.e.contrary {
				clear(out.free[r*k : (r+1)*k]) // every pillar is at zero
			}
		}
	})
	for _, ok := range out.ok {
		if !ok {
			out.refused++
		}
	}
	return out, err
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
