// Package population decides who is a customer. From the accounts export,
// subscriptions and losses it builds one row an account, and for any date the
// class of every account and its ARR: who is scored, who is in notice, who is
// only onboarding, who is out and why. It is decided before scoring, and every
// account is counted in exactly one class.
package population

import (
	"math"
	"slices"
)

// NoDay marks an unknown day.
const NoDay int32 = -1 << 31

// Class is what an account is as of a date.
type Class uint8

const (
	Customer   Class = iota // scored, coloured
	Onboarding              // tenure below the setting: scored apart, never Healthy, out of calibration
	InNotice                // decision taken, still paying: uncoloured
	Lost                    // a loss on or before the date and service ended
	NotYet                  // starts after the date
	OutByStage              // trial, free, internal, test
	ZeroARR                 // no recurring revenue at the date
	Classes    = iota
)

var classNames = [...]string{"customer", "onboarding", "in notice", "lost", "not yet a customer", "out by stage", "zero ARR"}

func (c Class) String() string { return classNames[c] }

// ParseClass is the inverse of Class.String.
func ParseClass(s string) (Class, bool) {
	i := slices.Index(classNames[:], s)
	return Class(max(i, 0)), i >= 0
}

// Pays reports whether accounts of the class are paying: scored, or in notice.
func (c Class) Pays() bool { return c.Scored() || c == InNotice }

// Scored reports whether accounts of the class get a score.
func (c Class) Scored() bool { return c == Customer || c == Onboarding }

// Table is one row an account, sorted by ID; all slices have equal length.
type Table struct {
	ID, Name, Parent, CRMID, Segment, Tier, Industry, Region, Owner, OwnerEmail, Currency, Stage []string

	ARRToday  []float64 // accounts.arr, NaN where unknown
	Start     []int32   // first day as a customer, NoDay where unknown
	Renewal   []int32   // next renewal as known today, NoDay where unknown
	Notice    []int32   // notice days, the setting where unknown
	Strategic []bool
	Legal     []bool
	Merger    []bool
	Products  []int32 // 0 where unknown

	// Reconciled leads from the arr of the export's rows to ARRToday.
	Reconciled Reconciled

	// Folded counts accounts whose rows count for another account.
	Folded Folded

	Losses []Loss // by account, then event day
	Terms  []Term // subscription terms by account, then start

	index             map[string]int32
	also              map[string]int32 // other ids whose rows count for an account
	paid              map[string]bool  // of those and their accounts: who ever paid
	members           []string         // while losses are read: the id each came under
	settings          Settings
	hasTerms          bool
	endsBind          bool    // ends of terms are ends of contracts, not of service alone
	noticeStated      []bool  // by account; nil where nobody asked the export
	termsOf, lossesOf []int32 // where each account's run begins in Terms and Losses
}

// Loss is one row of the churn source, resolved.
type Loss struct {
	Account   int32
	Event     int32 // the decision: the earlier of notice and decision date, else end minus notice days
	Imputed   bool  // Event was derived from the end date
	End       int32 // last day of service, NoDay where unknown
	Logo      bool  // the account left; false: a partial loss
	Reason    string
	ARRBefore float64 // NaN where unknown
	ARRLost   float64 // NaN where unknown
	Counts    bool    // a verdict on health
	// Member says that the amounts are of one member of an account whose rows come
	// under several ids: ARRBefore is not what the account paid.
	Member bool
}

// Amount is the ARR that the loss states, NaN where it states none: of a whole
// account, what it paid before is what was lost.
func (l *Loss) Amount() float64 {
	if math.IsNaN(l.ARRLost) && l.Logo {
		return l.ARRBefore
	}
	return l.ARRLost
}

// Term is one subscription term.
type Term struct {
	Account    int32
	Start, End int32 // End NoDay while open; the term covers Start <= t < End, as scoring's contract_term does
	Renewal    int32 // NoDay where unknown
	Notice     int32 // days; -1 where unknown
	AutoRenew  bool
	Months     float64 // NaN where unknown
	ARR        float64 // NaN where unknown
	Currency   string
	Product    string
}

// Lookup returns the row of an account id, or -1.
func (t *Table) Lookup(id string) int32 {
	if t.index == nil { // filled by hand, in order, without Index
		if i, ok := slices.BinarySearch(t.ID, id); ok {
			return int32(i)
		}
		return -1
	}
	if i, ok := t.index[id]; ok {
		return i
	}
	return -1
}

// Len returns the number of accounts.
func (t *Table) Len() int { return len(t.ID) }

// View is the population as of one day; slices are by Table row.
type View struct {
	AsOf  int32
	Class []Class
	ARR   []float64 // ARR at the date, NaN where unknown, 0 where none
	// TenureMonths is the number of whole months since Start, -1 where unknown.
	TenureMonths []int32
	// Renewal is the next renewal as known at the date, NoDay where unknown.
	Renewal []int32
	// Deadline is Renewal minus the notice period: the last day to decide.
	Deadline []int32
}
