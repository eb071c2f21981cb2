// Package compare sets two scored snapshots of the same accounts side by side:
// which accounts moved, between which statuses, and how much of each change is
// behaviour, framework, data or a manual value. It compares the scores it is
// handed and decides nothing.
package compare

import (
	"cmp"
	"math"
	"slices"

	"accounthealth/internal/score"
)

// Move is one account's change of score, in tenths of a point. The four parts
// sum to To - From exactly, because each is a difference of scores that were
// themselves rounded to tenths, taken in the stated order: framework, data,
// override, behaviour.
type Move struct {
	Row              int32
	From, To         int32 // scores in tenths
	FromBand, ToBand int8
	Framework        int32 // the same values under the framework in force now
	Data             int32 // signals that appeared, went missing or went stale
	Override         int32 // manual values set, changed, lifted or expired
	Behaviour        int32 // everything else: what the account did
	Drivers          []Driver
}

// Delta is the whole change in tenths.
func (m Move) Delta() int32 { return m.To - m.From }

// Driver is a signal's, or a pillar's set by hand, share of a change, in
// composite points.
type Driver struct {
	Signal int // None for a pillar whose score was set or lifted by hand
	Pillar int // of the signal, or the pillar itself
	Points float64
}

// None marks a Driver that is no signal.
const None = -1

// maxDrivers is how many drivers a change names.
const maxDrivers = 3

// Path holds the scores of the same accounts on the way from one day to another,
// each step changing one thing. Rows are the same accounts throughout.
type Path struct {
	From *score.Result // the earlier day
	// Framework is From under the framework in force now; nil where From is
	// already that.
	Framework *score.Result
	// Data is the earlier day's values where both days know a signal, and the later
	// day's otherwise (signal.Blend), with the earlier day's manual values.
	Data *score.Result
	// Override is Data with the later day's manual values; nil where they are the
	// same.
	Override *score.Result
	To       *score.Result // the later day
}

// Moves decomposes the change of every account that is scored on both days. A
// step that leaves an account without a score, because what it knows is too
// little, changes nothing: its share falls to the next one.
func Moves(p Path) []Move {
	var out []Move
	for i := range p.To.Tenths {
		from, to := p.From.Tenths[i], p.To.Tenths[i]
		if from < 0 || to < 0 {
			continue
		}
		m := Move{Row: int32(i), From: from, To: to, FromBand: p.From.Status[i], ToBand: p.To.Status[i]}
		at := from
		step := func(r *score.Result) (share int32) {
			if r == nil || r.Tenths[i] < 0 {
				return 0
			}
			share, at = r.Tenths[i]-at, r.Tenths[i]
			return share
		}
		m.Framework = step(p.Framework)
		m.Data = step(p.Data)
		m.Override = step(p.Override)
		m.Behaviour = step(p.To)
		if m.Delta() != 0 {
			m.Drivers = drivers(p.From, p.To, i)
		}
		out = append(out, m)
	}
	return out
}

// drivers returns what changed most in the direction of the whole change, largest
// first, ties in framework order: signals by their contributions, but a pillar
// that was set by hand on either day as a whole.
func drivers(old, now *score.Result, row int) []Driver {
	sign := 1.0
	if now.Tenths[row] < old.Tenths[row] {
		sign = -1
	}
	var ds []Driver
	add := func(d Driver) {
		if d.Points*sign >= 0.05 {
			ds = append(ds, d)
		}
	}
	for p := range now.Plan.Pillars {
		if now.PillarByHand(p, row) || old.PillarByHand(p, row) {
			add(Driver{None, p, weighted(now, p, row) - weighted(old, p, row)})
			continue
		}
		for _, s := range now.Plan.Pillars[p].Signals {
			add(Driver{s, p, now.Contribution[s][row] - old.Contribution[s][row]})
		}
	}
	slices.SortStableFunc(ds, func(a, b Driver) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Points), math.Abs(a.Points)), cmp.Compare(a.Signal, b.Signal))
	})
	return ds[:min(len(ds), maxDrivers)]
}

// weighted is what a pillar adds to the composite; 0 where it has no score.
func weighted(r *score.Result, p, row int) float64 {
	if math.IsNaN(r.Pillars[p][row]) {
		return 0
	}
	return float64(r.Weights[p][row] * r.Pillars[p][row])
}
