package compare

import (
	"cmp"
	"math"
	"slices"

	"accounthealth/internal/score"
)

// Unscored names the column of accounts without a status in a Migration.
const Unscored = "Not scored"

// Migration says how the statuses of the same accounts differ between two
// results: two frameworks on one day, or two days under one framework. Statuses
// are compared by name, so the frameworks may have different ones.
type Migration struct {
	From, To []string // statuses, best first, Unscored last; rows and columns below
	Accounts [][]int64
	Cents    [][]int64 // ARR, as far as it is known
	Unknown  [][]int64 // accounts whose ARR is not, in no sum of it
	Moved    []Shift   // accounts whose status differs, most ARR first, unknown last, then by row
	Rescored int64     // accounts with a score in both, and another one
}

// Shift is one account whose status differs.
type Shift struct {
	Row                  int32
	From, To             string
	FromTenths, ToTenths int32 // score.NotScored without one
	Cents                int64 // ARR; 0 where unknown
	Known                bool  // the ARR is
}

// ARR is what some accounts pay. Accounts of which that is not known are in no sum.
type ARR struct{ Cents, Accounts, Unknown int64 }

// Value is the sum in units of the currency; nil where nobody's ARR is known.
func (a ARR) Value() *float64 {
	if a.Accounts > 0 && a.Accounts == a.Unknown {
		return nil
	}
	v := float64(a.Cents) / 100
	return &v
}

// Between is the ARR of the accounts with two statuses.
func (m *Migration) Between(from, to int) ARR {
	return ARR{m.Cents[from][to], m.Accounts[from][to], m.Unknown[from][to]}
}

// MovedARR is the ARR of the accounts whose status differs.
func (m *Migration) MovedARR() ARR {
	out := ARR{Accounts: int64(len(m.Moved))}
	for i := range m.Moved {
		a := m.Moved[i].ARR()
		out.Cents, out.Unknown = out.Cents+a.Cents, out.Unknown+a.Unknown
	}
	return out
}

// ARR is the account's alone.
func (s *Shift) ARR() ARR {
	if !s.Known {
		return ARR{Accounts: 1, Unknown: 1}
	}
	return ARR{Cents: s.Cents, Accounts: 1}
}

// Migrate compares two results of the same accounts. arr is the accounts' ARR in
// the reporting currency, NaN where unknown; counted tells which rows take part.
func Migrate(old, now *score.Result, arr []float64, counted func(row int) bool) Migration {
	m := Migration{From: statuses(old), To: statuses(now)}
	for range m.From {
		m.Accounts = append(m.Accounts, make([]int64, len(m.To)))
		m.Cents = append(m.Cents, make([]int64, len(m.To)))
		m.Unknown = append(m.Unknown, make([]int64, len(m.To)))
	}
	for i := range old.Tenths {
		if !counted(i) {
			continue
		}
		s := Shift{Row: int32(i), From: statusOf(old, i), To: statusOf(now, i), FromTenths: old.Tenths[i], ToTenths: now.Tenths[i]}
		from, to := slices.Index(m.From, s.From), slices.Index(m.To, s.To)
		if s.Known = !math.IsNaN(arr[i]); s.Known {
			s.Cents = int64(math.Round(arr[i] * 100))
		} else {
			m.Unknown[from][to]++
		}
		m.Accounts[from][to]++
		m.Cents[from][to] += s.Cents
		if s.FromTenths >= 0 && s.ToTenths >= 0 && s.FromTenths != s.ToTenths {
			m.Rescored++
		}
		if s.From != s.To {
			m.Moved = append(m.Moved, s)
		}
	}
	slices.SortStableFunc(m.Moved, func(a, b Shift) int {
		known := func(s *Shift) int {
			if s.Known {
				return 1
			}
			return 0
		}
		return cmp.Or(known(&b)-known(&a), cmp.Compare(b.Cents, a.Cents))
	})
	return m
}

func statuses(r *score.Result) []string {
	var out []string
	for _, b := range r.Plan.Rules[0].Bands {
		out = append(out, b.Name)
	}
	return append(out, Unscored)
}

func statusOf(r *score.Result, i int) string {
	if b := r.Band(i); b != nil {
		return b.Name
	}
	return Unscored
}
