// Package cohort joins scored snapshots to later losses, point in time: which
// account-dates may teach the calibration something, what their outcome was,
// and, for every one that is left out, why. It fits nothing.
package cohort

import (
	"cmp"
	"math"
	"slices"

	"accounthealth/internal/day"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
)

// Rule is the labelling rule of a sample: a row scored on day t looks at losses
// decided in (t+Gap, t+Gap+horizon(t)].
type Rule struct {
	Gap int32 // days in which a team could no longer have acted
	// Horizon is the length of the outcome window in days; 0 takes the time to
	// the next quarter-end, so that quarter-end windows are disjoint.
	Horizon int32
	// DataEnd is the last day on which the recording of losses is complete. It is
	// a setting, never the newest loss: taking that would leave the last windows
	// open and look like fewer losses.
	DataEnd int32
	// Partial is the share of an account's ARR from which the loss of a part is an
	// event like the loss of the account; 0 where only whole accounts are.
	Partial float64
	// AtRenewal judges an account once a renewal decision in place of every date,
	// which must be month-ends: the window of a decision ends with the renewal.
	AtRenewal bool
}

// HorizonAt returns the length of the outcome window of a row scored on day t.
func (r Rule) HorizonAt(t int32) int32 {
	if r.Horizon > 0 {
		return r.Horizon
	}
	return day.NextQuarterEnd(t) - t
}

// All lists every outcome, those in the sample first.
func All() []Outcome {
	out := make([]Outcome, outcomes)
	for o := range out {
		out[o] = Outcome(o)
	}
	return out
}

// Outcome is what became of one account-date.
type Outcome uint8

const (
	Stayed Outcome = iota
	Churned
	AfterLoss         // the loss was decided on or before the date
	HorizonIncomplete // the window ends after DataEnd, whatever the outcome
	InGap             // decided within the gap: too late to act
	NoVerdict         // lost for a reason that is no verdict on health
	IsOnboarding
	NotYetCustomer
	OutOfPopulation // trial, internal, test, zero ARR
	NotScored
	NotDue    // its decision is scored on another date
	MultiYear // bound for years, and no decision is due on any date
	NeverDue  // no decision falls on any date
	Rolling   // too short a contract to be scored before its deadline: judged at quarter-ends
	NoRenewal // no renewal date is on record
	Lapsed    // the contract ran out with neither a renewal nor a loss on record
	Earlier   // the outcome belongs to a decision that was scored before
	outcomes
)

var outcomeTexts = [outcomes]string{
	"kept as stayed", "kept as churned", "loss already decided or in notice", "outcome window not complete at the data end",
	"decided inside the gap: too late to act", "lost for a reason that is no verdict on health",
	"onboarding", "not yet a customer", "outside the population", "not scored: too little data",
	"not up for decision: scored on another date", "not up for decision: multi-year contract, not due on any of the dates",
	"not up for decision: no renewal falls due on any of the dates", "rolling contract: judged at quarter-ends",
	"no renewal date on record", "contract ran out with neither a renewal nor a loss on record",
	"outcome belongs to a decision scored before",
}

func (o Outcome) String() string { return outcomeTexts[o] }

// In reports whether a row with this outcome is in the sample.
func (o Outcome) In() bool { return o <= Churned }

// Label gives the outcome of an account scored on day t whose next loss is
// decided on day event (day.None for none). The order of the tests is part of
// the method: an incomplete window is out whatever its outcome, because keeping
// only its losses would turn the last dates into all churn.
func (r Rule) Label(t, event int32) Outcome { return r.label(t, t+r.Gap+r.HorizonAt(t), event) }

// label is Label with a window that ends on day end.
func (r Rule) label(t, end, event int32) Outcome {
	switch {
	case event != day.None && event <= t:
		return AfterLoss
	case end > r.DataEnd:
		return HorizonIncomplete
	case event == day.None || event > end:
		return Stayed
	case event <= t+r.Gap:
		return InGap
	}
	return Churned
}

// Dated is one scored snapshot with the population of its day.
type Dated struct {
	View   *population.View
	Result *score.Result
}

// Row is one account-date that is in the sample.
type Row struct {
	Account int32 // population row
	Date    int32 // index into Cohort.Dates
	Churned bool
	Imputed bool    // the loss's date was derived from the end of service
	Partial bool    // churned by losing a part; the account stayed
	Event   int32   // day of the loss that labels a churned row, else day.None
	Lost    float64 // ARR lost in the row's window, churned or not; at most what it paid on the date
	kind    int32   // of its outcome window
}

// LedgerRow counts the account-dates of one day with one outcome. Over all rows
// of the ledger every account-date is counted exactly once.
type LedgerRow struct {
	AsOf     int32
	Outcome  Outcome
	Accounts int64
	ARR      float64
}

// Cohort is a labelled sample in account-date order (date, then account).
type Cohort struct {
	Rule   Rule
	Dates  []int32 // days with at least one row in the sample, ascending
	Rows   []Row
	Ledger []LedgerRow
	Events int // distinct churned accounts
	Parts  int // of these, lost a part only and stayed
	// Losses says what became of every loss, LostARR what the rows lost.
	Losses  []LossLine
	LostARR LostARR
	// KnowsARR is false where the ARR of more than one row in twenty is unknown: a
	// sample then has none and its rows count alike.
	KnowsARR bool
	// Accounts counts the distinct accounts with each outcome on any date.
	Accounts map[Outcome]int
	// Imputed counts sample rows whose loss date was derived from the end of
	// service.
	Imputed int
	// Assumed counts sample rows whose last day to opt out rests on the notice
	// period of the settings.
	Assumed int
	// OfRows counts sample rows whose renewal is the end of a subscription row that
	// states neither a renewal date nor a term.
	OfRows int
	dated  []Dated // by Dates
}

// Build labels every account of every snapshot. Snapshots may come in any order.
func Build(table *population.Table, snapshots []Dated, rule Rule) *Cohort {
	c := &Cohort{Rule: rule}
	snapshots = slices.SortedFunc(slices.Values(snapshots), func(a, b Dated) int { return cmp.Compare(a.View.AsOf, b.View.AsOf) })
	losses := newLossBook(table.Losses, rule)
	unknown := 0                      // rows whose ARR is
	left := make([]bool, table.Len()) // churned by leaving
	views := make([]*population.View, len(snapshots))
	for k, s := range snapshots {
		views[k] = s.View
	}
	w := newWindows(table, views, rule)
	var seen [outcomes][]bool
	for o := range seen {
		seen[o] = make([]bool, table.Len())
	}
	for _, s := range snapshots {
		t := s.View.AsOf
		var count [outcomes]int64
		var cents [outcomes]int64
		first := len(c.Rows)
		losses.date(t)
		for i := range int32(table.Len()) {
			lo, hi := losses.of(i)
			whole := losses.nextWhole(lo, hi, t)
			o, win := w.judge(s.View, i, eventOf(whole))
			d := rule.settle(o, win.span, whole, table.Losses[lo:hi], s.View.ARR[i])
			if d.In() && s.Result.Status[i] < 0 {
				d.Outcome = NotScored
			}
			lost := losses.enter(lo, hi, win.span, d, s.View.ARR[i])
			o = d.Outcome
			count[o]++
			seen[o][i] = true
			if v := s.View.ARR[i]; !math.IsNaN(v) {
				cents[o] += int64(math.Round(v * 100))
			}
			if !o.In() {
				continue
			}
			row := rowOf(i, int32(len(c.Dates)), d, lost)
			row.kind = win.kind
			if win.assumed {
				c.Assumed++
			}
			if win.ofRow {
				c.OfRows++
			}
			if row.Imputed {
				c.Imputed++
			}
			if math.IsNaN(s.View.ARR[i]) {
				unknown++
			}
			left[i] = left[i] || row.Churned && !row.Partial
			c.Rows = append(c.Rows, row)
		}
		for o := range outcomes {
			if count[o] > 0 {
				c.Ledger = append(c.Ledger, LedgerRow{t, o, count[o], float64(cents[o]) / 100})
			}
		}
		if len(c.Rows) > first {
			c.Dates = append(c.Dates, t)
			c.dated = append(c.dated, s)
		}
	}
	c.Accounts = map[Outcome]int{}
	for o := range outcomes {
		for _, is := range seen[o] {
			if is {
				c.Accounts[o]++
			}
		}
	}
	c.Events = c.Accounts[Churned]
	for i, is := range seen[Churned] {
		if is && !left[i] {
			c.Parts++
		}
	}
	c.Losses, c.LostARR = losses.close()
	c.KnowsARR = unknown <= len(c.Rows)/20 // else what accounts paid then is not known
	return c
}

// rowOf is the row of an account-date.
func rowOf(account, date int32, d decision, lost float64) Row {
	r := Row{Account: account, Date: date, Churned: d.Outcome == Churned, Event: day.None, Lost: lost}
	if r.Churned {
		r.Imputed, r.Partial, r.Event = d.loss.Imputed, d.partial, d.loss.Event
	}
	return r
}

func classOutcome(c population.Class) Outcome {
	switch c {
	case population.Customer:
		return Stayed
	case population.InNotice, population.Lost:
		return AfterLoss
	case population.Onboarding:
		return IsOnboarding
	case population.NotYet:
		return NotYetCustomer
	default:
		return OutOfPopulation
	}
}
