// Package compare sets two scored snapshots of the same accounts side by side:
// which accounts moved, between which statuses, and how much of each change is
// behaviour, framework, data or a manual value. It scores through the scorer it
// is handed and decides nothing.
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
	Override         int32 // manual values
	Behaviour        int32 // everything else: what the account did
	Drivers          []Driver
}

// Delta is the whole change in tenths.
func (m Move) Delta() int32 { return m.To - m.From }

// Driver is a signal's share of a change, in composite points.
type Driver struct {
	Signal int
	Points float64
}

// maxDrivers is how many signals a change names.
const maxDrivers = 3

// Moves decomposes the change of every account that is scored in both results.
// old and now are scores under the same framework; blended is now's framework on
// old's values where both days know the signal (signal.Blend). Rows are the same
// accounts in all three.
func Moves(old, blended, now *score.Result) []Move {
	var out []Move
	for i := range now.Tenths {
		if old.Tenths[i] < 0 || now.Tenths[i] < 0 {
			continue
		}
		m := Move{
			Row: int32(i), From: old.Tenths[i], To: now.Tenths[i],
			FromBand: old.Status[i], ToBand: now.Status[i],
		}
		between := blended.Tenths[i]
		if between < 0 { // the values known on both days are too few for a score
			between = m.From
		}
		m.Data = between - m.From
		m.Behaviour = m.To - between
		if m.Delta() != 0 {
			m.Drivers = drivers(old, now, i)
		}
		out = append(out, m)
	}
	return out
}

// drivers returns the signals whose contribution changed most in the direction
// of the whole change, largest first, ties in framework order.
func drivers(old, now *score.Result, row int) []Driver {
	sign := 1.0
	if now.Tenths[row] < old.Tenths[row] {
		sign = -1
	}
	var ds []Driver
	for s := range now.Contribution {
		if d := now.Contribution[s][row] - old.Contribution[s][row]; d*sign >= 0.05 {
			ds = append(ds, Driver{s, d})
		}
	}
	slices.SortStableFunc(ds, func(a, b Driver) int { return cmp.Compare(math.Abs(b.Points), math.Abs(a.Points)) })
	return ds[:min(len(ds), maxDrivers)]
}
