package plan

// Derivation computes one signal from sources' rows as of a date t. Exactly one
// of the pointers is set, or FirstOf or LatestOf is not empty.
//
// A row is visible as of t once its event time, and its availability time where
// the source has one and it is not null, are not after the end of day t; a row
// either of whose times cannot be read never is. Of the visible rows with one key
// the first in file and row order is used. Windows are on the event's time. A date
// column of a row that lies after t reads as null as of t.
type Derivation struct {
	Agg       *Agg       // the aggregate itself
	Ratio     *Ratio     // Num / Den, rounded by Round9; missing when Den is missing or 0
	DaysSince *Agg       // t minus a date aggregate (latest, min or max of a time column), whole days
	Trend     *TrendOf   // a word: up, stable or down
	Case      *Case      // a word: the first branch whose test holds
	FirstOf   []FirstOf  // the first alternative that is known; its index is the basis
	LatestOf  []*Agg     // latest over several sources: the newest row wins, ties to the earlier entry
	Signal    *SignalRef // a column of the signals source, used as it is
}

// SignalRef names a pre-aggregated column.
type SignalRef struct{ Column string }

// FirstOf is one alternative way to know a signal.
type FirstOf struct {
	Basis  string // recorded with the value: "licensed seats"
	Derive Derivation
}

// Ratio divides two aggregates.
type Ratio struct{ Num, Den Agg }

// TrendOf compares an aggregate over its window with the same aggregate over
// the window before: change = now/before - 1.
//
// Word "up" when change > Tolerance and |now - before| >= MinChange, "down" when
// change < -Tolerance and the same, else "stable"; before = 0 and now > 0 counts
// as an infinite rise. Either side missing: the signal is missing, but counts and
// sums of no rows are 0 where Absent says that absent rows mean a value.
type TrendOf struct {
	Agg       Agg
	Tolerance float64
	MinChange float64
}

// Case chooses a word.
type Case struct {
	Branches []Branch
	Else     int // index into Signal.Words
}

// Branch gives Word when any of its tests holds.
type Branch struct {
	Word  int // index into Signal.Words
	Tests []Test
}

// Test compares an aggregate: Agg >= AtLeast, or Agg < Below where Below > 0.
// "Any row" is a count at least 1; "no row" is a count below 1. A missing
// aggregate fails every test; counts are never missing.
type Test struct {
	Agg     Agg
	AtLeast float64
	Below   float64
}

// Func is an aggregate function.
type Func uint8

const (
	Latest  Func = iota // value of the newest row that has one; ties on time: the greater value. An impossible value there makes the signal invalid: an older one does not stand in for it
	Count               // rows
	Sum                 // sum of known values
	Mean                // mean of known values
	Min                 // least known value
	Max                 // greatest known value
	MaxBy               // value of the row whose By is greatest; ties: the greater value
	Periods             // in how many of Parts equal parts of the window at least one row falls
)

var funcNames = [...]string{"latest", "count", "sum", "mean", "min", "max", "max_by", "periods"}

func (f Func) String() string { return funcNames[f] }

// ParseFunc is the inverse of Func.String.
func ParseFunc(s string) (Func, bool) {
	for i, n := range funcNames {
		if n == s {
			return Func(i), true
		}
	}
	return 0, false
}

// Days restricts rows by the calendar.
type Days uint8

const (
	AllDays     Days = iota
	WorkingDays      // rows whose day is not Saturday, Sunday or a holiday
)

// Agg is one aggregate over one source's rows, as of t.
//
// Rows are placed in time in one of two ways. By a moment: the first At column
// that is filled as written, and with Window > 0 only moments in (t - Shift - Window,
// t - Shift] count, else every moment not after t - Shift. Or by a spell, when
// From is set: rows with From <= t and (Until null or Until > t); Window then
// bounds From the same way. A row whose placing date is null is never used.
type Agg struct {
	Source string
	Func   Func
	Column string // the aggregated column; "" for Count and Periods
	By     string // MaxBy only

	At     []string
	From   string
	Until  string
	Window int32 // days; 0: no lower bound
	Shift  int32 // days
	Days   Days
	Parts  int32 // Periods only

	// Where keeps rows for which every condition holds.
	Where []Cond
}

// Cond is a condition on one column. A null satisfies it only if Null is set.
// Exactly one of In, or the bounds, is used.
type Cond struct {
	Column string
	Not    bool     // negates In (nulls still follow Null)
	In     []string // text compared case-insensitively after trimming; flags as "true", "false"
	Null   bool
	// AtLeast and Below bound a number column when Bounded: AtLeast <= x < Below.
	Bounded bool
	AtLeast float64
	Below   float64
}

// Absent says what it means that no row places a value.
type Absent struct {
	Once Once
	// Value is the number, or the word's index, that absence stands for; unused
	// when Once is Never.
	Value float64
}

// Once says from when absence means a value instead of missing.
type Once uint8

const (
	Never         Once = iota // absent rows mean missing
	SourceExists              // none, as soon as the source is mapped
	AccountInRows             // none, once the account has any visible row in the derivation's first source
)

// Aggs calls f for every aggregate of the derivation, depth first.
func (d *Derivation) Aggs(f func(*Agg)) {
	switch {
	case d.Agg != nil:
		f(d.Agg)
	case d.Ratio != nil:
		f(&d.Ratio.Num)
		f(&d.Ratio.Den)
	case d.DaysSince != nil:
		f(d.DaysSince)
	case d.Trend != nil:
		f(&d.Trend.Agg)
	case d.Case != nil:
		for i := range d.Case.Branches {
			for j := range d.Case.Branches[i].Tests {
				f(&d.Case.Branches[i].Tests[j].Agg)
			}
		}
	}
	for i := range d.FirstOf {
		d.FirstOf[i].Derive.Aggs(f)
	}
	for _, a := range d.LatestOf {
		f(a)
	}
}
