package sample

import (
	"math"
	"math/rand/v2"
)

// purpose separates the random streams of one account, so that a change in how
// tickets are drawn leaves invoices as they are.
type purpose uint64

const (
	forProfile purpose = iota + 1
	forLatents
	forLife
	forUsage
	forTickets
	forInvoices
	forContacts
	forSurveys
	forMeetings
	forPulse
	forOverrides
	forWorld
	forDirt
	forWide
	forSnoozes
	forMerged
)

// generator returns the stream of one purpose for unit i (an account, a file).
func generator(seed uint64, p purpose, i uint64) *rand.Rand {
	a := scramble(seed + uint64(p)*0x9e3779b97f4a7c15)
	return rand.New(rand.NewPCG(a, scramble(a^scramble(i+0x632be59bd9b4e019))))
}

// scramble is the finaliser of SplitMix64: neighbouring inputs give unrelated
// outputs (Steele, Lea and Flood 2014).
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// between draws an integer uniformly from lo to hi, both included.
func between(r *rand.Rand, lo, hi int) int { return lo + r.IntN(hi-lo+1) }

// pick draws an index with the given relative weights.
func pick(r *rand.Rand, weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	u := r.Float64() * total
	for i, w := range weights {
		if u -= w; u < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func clamp(x, lo, hi float64) float64 { return math.Min(math.Max(x, lo), hi) }

// drift is a stationary first-order autoregression, stepped once a week.
type drift struct {
	x, keep, kick float64
}

// newDrift starts a drift of standard deviation sd in its stationary state;
// keep is the correlation from one week to the next.
func newDrift(r *rand.Rand, sd, keep float64) drift {
	return drift{x: sd * r.NormFloat64(), keep: keep, kick: sd * math.Sqrt(1-keep*keep)}
}

func (d *drift) step(r *rand.Rand) float64 {
	d.x = float64(d.x*d.keep) + float64(d.kick*r.NormFloat64())
	return d.x
}
