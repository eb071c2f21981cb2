package quality

import (
	"math"
	"math/big"
	"math/bits"
	"slices"

	"accounthealth/internal/portfolio"
)

// sketch is a histogram of fixed size that needs no second look at the values:
// every power of two is cut into 128 equal buckets, so that a bucket's bound is
// within 0.8% of its values and whole numbers below 256 have buckets of their
// own. Counts do not depend on the order of values. The zero value is empty.
type sketch struct {
	n        int64
	zero     int64 // 0, and values nearer to it than 2^lowest
	pos, neg [octaves]*[cut]int64
	sum      exactSum
}

const (
	cutBits = 7
	cut     = 1 << cutBits // buckets a power of two
	lowest  = -20
	octaves = 53 - lowest + 1
)

func (s *sketch) add(x float64) {
	s.n++
	s.sum.add(x)
	b := math.Float64bits(math.Abs(x))
	e := int(b>>52) - 1023 - lowest
	if e < 0 {
		s.zero++
		return
	}
	side := &s.pos
	if x < 0 {
		side = &s.neg
	}
	e = min(e, octaves-1)
	if side[e] == nil {
		side[e] = new([cut]int64)
	}
	side[e][b>>(52-cutBits)&(cut-1)]++
}

// bound is the end nearer to 0 of bucket k of octave e.
func bound(e, k int) float64 { return math.Ldexp(1+float64(k)/cut, e+lowest) }

// each calls f for every bucket that holds values, ascending.
func (s *sketch) each(f func(bound float64, n int64)) {
	for e := octaves - 1; e >= 0; e-- {
		if s.neg[e] != nil {
			for k, n := range slices.Backward(s.neg[e][:]) {
				if n > 0 {
					f(-bound(e, k), n)
				}
			}
		}
	}
	if s.zero > 0 {
		f(0, s.zero)
	}
	for e := range s.pos {
		if s.pos[e] != nil {
			for k, n := range s.pos[e] {
				if n > 0 {
					f(bound(e, k), n)
				}
			}
		}
	}
}

// deciles returns the nine deciles by nearest rank, the value at rank ceil(kn/10)
// of the sorted values, each as the bound of its bucket; nil of no values.
func (s *sketch) deciles() []float64 {
	if s.n == 0 {
		return nil
	}
	out := make([]float64, 0, 9)
	var below int64
	s.each(func(v float64, n int64) {
		below += n
		for k := int64(len(out) + 1); k <= 9 && below >= (k*s.n+9)/10; k++ {
			out = append(out, v)
		}
	})
	return out
}

// bins counts the values up to each edge and above the one before, and those
// above the last. Edges ascend and are bounds of buckets.
func (s *sketch) bins(edges []float64) []portfolio.Bin {
	out := make([]portfolio.Bin, 0, len(edges)+1)
	for _, e := range edges {
		out = append(out, portfolio.Bin{Upto: e})
	}
	out = append(out, portfolio.Bin{Upto: math.Inf(1)})
	k := 0
	s.each(func(v float64, n int64) {
		for v > out[k].Upto {
			k++
		}
		out[k].Rows += n
	})
	return out
}

// mean returns the mean of the values; undefined of none.
func (s *sketch) mean() portfolio.Figure {
	if s.n == 0 {
		return portfolio.Figure{}
	}
	return portfolio.Amount(s.sum.over(s.n))
}

// exactSum adds values to nine decimals in integers, so that a sum does not
// depend on the order of its terms: a 128-bit count of ones and one of 1e-9.
type exactSum struct {
	hi    int64
	lo    uint64
	nanos int64 // less than 1e9 a term: exact for 9e9 terms
}

func (s *exactSum) add(x float64) {
	whole, frac := math.Modf(x)
	w := int64(whole) // values lie below 2^53
	lo, carry := bits.Add64(s.lo, uint64(w), 0)
	s.lo, s.hi = lo, s.hi+w>>63+int64(carry)
	s.nanos += int64(math.Round(frac * 1e9))
}

func (s *exactSum) over(n int64) float64 {
	total := new(big.Int).Lsh(big.NewInt(s.hi), 64)
	total.Add(total, new(big.Int).SetUint64(s.lo))
	total.Mul(total, big.NewInt(1e9))
	total.Add(total, big.NewInt(s.nanos))
	mean, _ := new(big.Rat).SetFrac(total, new(big.Int).Mul(big.NewInt(n), big.NewInt(1e9))).Float64()
	return mean
}

// distinct counts different texts: exactly up to exactTexts, beyond by the
// largest number of leading zeros among their hashes in 4,096 groups (P.
// Flajolet et al., HyperLogLog, AofA 2007), with a standard error of 1.6%. It
// does not depend on order.
type distinct struct {
	exact  map[uint64]struct{}
	groups []uint8
}

const (
	exactTexts = 1024
	groupBits  = 12
)

func (d *distinct) add(word string) {
	h := hashOf(word)
	if d.exact == nil {
		d.exact, d.groups = map[uint64]struct{}{}, make([]uint8, 1<<groupBits)
	}
	if len(d.exact) <= exactTexts {
		d.exact[h] = struct{}{}
	}
	g := &d.groups[h>>(64-groupBits)]
	*g = max(*g, uint8(bits.LeadingZeros64(h<<groupBits|1))+1)
}

func (d *distinct) count() float64 {
	if len(d.exact) <= exactTexts {
		return float64(len(d.exact))
	}
	const m = 1 << groupBits
	sum, empty := 0.0, 0
	for _, g := range d.groups {
		sum += math.Ldexp(1, -int(g))
		if g == 0 {
			empty++
		}
	}
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && empty > 0 {
		estimate = m * math.Log(m/float64(empty))
	}
	return math.Round(estimate)
}

// hashOf is 64-bit FNV-1a with its bits mixed once more.
func hashOf(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
