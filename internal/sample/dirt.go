package sample

import (
	"fmt"
	"math/rand/v2"
)

// Flaw is a kind of planted dirty row.
type Flaw int

// The planted flaws, in the order of SourceCount.Planted.
const (
	Repeated   Flaw = iota // an exact copy of another row
	Orphaned               // a row of an account that accounts does not list
	Future                 // a row dated after the as-of date
	Impossible             // a value out of the column's range
	Flaws      = iota
)

func (f Flaw) String() string {
	return [...]string{"repeated", "orphaned", "future", "impossible"}[f]
}

// weak says where a source can be damaged; -1 where it cannot. Exact copies are
// planted only in sources with a key, since nobody could know them elsewhere.
type weak struct {
	account int
	key     int // text column that is part of the key; -1 where copies are not planted
	time    int
	bad     int // number column
	values  []float64
}

var flawShare = [Flaws]float64{.35, .25, .15, .25}

// soil plants dirty rows in a table: each clean row has the given chance of
// getting one beside it, or of a value being spoilt. It returns how many of
// each kind there are.
func (k weak) soil(r *rand.Rand, t *table, share float64, last int32) (planted [Flaws]int64) {
	if share == 0 {
		return planted
	}
	for row, clean := 0, t.rows; row < clean; row++ {
		if !chance(r, share) {
			continue
		}
		flaw := Flaw(pick(r, flawShare[:]))
		if !k.plant(r, t, row, flaw, last) {
			continue
		}
		planted[flaw]++
	}
	return planted
}

func (k weak) plant(r *rand.Rand, t *table, row int, flaw Flaw, last int32) bool {
	switch flaw {
	case Repeated:
		if k.key < 0 {
			return false
		}
		t.repeat(row)
	case Orphaned:
		if k.account < 0 {
			return false
		}
		row = t.repeat(row)
		t.cols[k.account].Strings[row] = fmt.Sprintf("9%07d", r.IntN(10_000_000))
		k.rename(t, row, "X")
	case Future:
		if k.time < 0 {
			return false
		}
		row = t.repeat(row)
		t.setDate(k.time, row, last+int32(between(r, 200, 4000)))
		k.rename(t, row, "Y")
	case Impossible:
		if k.bad < 0 || t.isNull(k.bad, row) {
			return false
		}
		t.setNumber(k.bad, row, k.values[r.IntN(len(k.values))])
	}
	return true
}

// rename gives a row a key of its own.
func (k weak) rename(t *table, row int, mark string) {
	if k.key >= 0 && k.key != k.account {
		t.cols[k.key].Strings[row] += mark
	}
}
