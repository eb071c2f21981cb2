package population

import (
	"math"

	"accounthealth/internal/intake"
)

// Sum is a number of rows and the amounts they state, in whole cents.
type Sum struct{ Rows, Cents int64 }

func (s *Sum) add(cents int64) {
	s.Rows++
	s.Cents += cents
}

// ARR returns the sum in currency units.
func (s Sum) ARR() float64 { return float64(s.Cents) / 100 }

// Reconciled leads from the arr that stands in the rows of the accounts export to
// what the accounts' ARR adds up to:
//
//	Raw - Repeated - NoID - Impossible - NoRate + Converted = sum of ARRToday
//
// Amounts are as exported, in whatever currency each row is; Converted holds what
// the exchange rates added. Rows that state no readable amount are in Raw with 0.
type Reconciled struct {
	Raw        Sum // rows in force
	Repeated   Sum // rows with a key that was seen before
	NoID       Sum // rows without an account id
	Impossible Sum // amounts out of range, not used
	NoRate     Sum // amounts in a currency without a rate, not used
	Converted  Sum // the change of converted amounts
}

// stated is the amount of a row's column in whole cents, 0 where it has none that
// can be read, and how it can be used.
func (t *table) stated(name string, i int) (cents int64, status intake.Status) {
	k, ok := t.at[name]
	if !ok {
		return 0, intake.Null
	}
	c := &t.batch.Columns[k]
	x := c.Stated(i)
	if !(math.Abs(x) < 1<<53/100) { // NaN too: as float64 its cents are no longer exact
		return 0, c.Status[i]
	}
	return toCents(x), c.Status[i]
}

func toCents(x float64) int64 { return int64(math.Round(x * 100)) }

// used accounts for the amount of an account's row: value is what it became in
// the reporting currency, NaN where it is unknown.
func (r *Reconciled) used(cents int64, status intake.Status, value float64) {
	switch {
	case status == intake.Bad:
		r.Impossible.add(cents)
	case status == intake.Null:
	case math.IsNaN(value):
		r.NoRate.add(cents)
	case toCents(value) != cents:
		r.Converted.add(toCents(value) - cents)
	}
}
