package quality

import (
	"cmp"
	"math"
	"slices"

	"accounthealth/internal/framework"
	"accounthealth/internal/portfolio"
)

// pair is one account's values of a column in the recent window and the one
// before it.
type pair struct {
	sum [2]float64
	n   [2]int32
}

func (p *pair) mean(k int) float64 { return p.sum[k] / float64(p.n[k]) }

// change is recent/before - 1, rounded to nine decimals so that it does not hang
// on the order of a sum; ok is false without values in both windows or where the
// mean before is not above 0.
func (p *pair) change() (float64, bool) {
	if p.n[recent] == 0 || p.n[before] == 0 || p.mean(before) <= 0 {
		return 0, false
	}
	return math.Round((p.mean(recent)/p.mean(before)-1)*1e9) / 1e9, true
}

// movement is how many accounts moved, and which most.
type movement struct {
	share   portfolio.Figure // the larger side's accounts of those compared
	down    bool
	largest []int32 // slots, largest change first, the more in value before on ties
	figures []pair  // by largest
}

// together counts the accounts whose mean rose, and those whose mean fell, by
// more than a.MovedBy. People behave one by one; where most move the same way at
// once, the source has changed. Undefined for fewer than a.MinAccounts.
func together(pairs []pair, a framework.Audit) movement {
	var compared, up, down int64
	for i := range pairs {
		c, ok := pairs[i].change()
		if !ok {
			continue
		}
		compared++
		switch {
		case c > a.MovedBy:
			up++
		case c < -a.MovedBy:
			down++
		}
	}
	if compared < a.MinAccounts {
		return movement{}
	}
	m := movement{down: down > up}
	m.share = share(max(up, down), compared)
	type moved struct {
		slot   int32
		change float64
	}
	var most []moved
	for i := range pairs {
		if c, ok := pairs[i].change(); ok && (m.down && c < -a.MovedBy || !m.down && c > a.MovedBy) {
			most = append(most, moved{int32(i), c})
		}
	}
	slices.SortFunc(most, func(x, y moved) int {
		return cmp.Or(cmp.Compare(math.Abs(y.change), math.Abs(x.change)),
			cmp.Compare(pairs[y.slot].mean(before), pairs[x.slot].mean(before)), cmp.Compare(x.slot, y.slot))
	})
	for _, x := range most[:min(len(most), examples)] {
		m.largest, m.figures = append(m.largest, x.slot), append(m.figures, pairs[x.slot])
	}
	return m
}
