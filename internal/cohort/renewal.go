package cohort

import (
	"fmt"

	"accounthealth/internal/day"
	"accounthealth/internal/population"
)

const (
	// Lead is how many days before the last day to opt out a renewal decision is
	// scored: time enough to act.
	Lead = 90
	// monthDays is the longest time from the day of the lead back to a month-end.
	monthDays = 31
	// multiYearDays is the length from which a contract is called multi-year.
	multiYearDays = 400
	// datedShare is the share of accounts with renewal dates from which decisions
	// are judged by default.
	datedShare = 0.70
	// lostShare is the share of lost decisions beyond which the renewals on record
	// cannot be all there were, once there are lostFrom of them.
	lostShare, lostFrom = 0.5, 10
)

// The ways to cut account-dates that can be asked for.
const (
	Auto     = "auto"     // at renewal where most accounts have renewal dates
	Calendar = "calendar" // every account at every quarter-end
	Renewal  = "renewal"  // one row a renewal decision
)

// Sampling says which account-dates are judged, and why these.
type Sampling struct {
	Asked     string // Auto, Calendar, Renewal
	AtRenewal bool   // else Calendar
	// Dated of Accounts that were customers on a date had a renewal date on one.
	Dated, Accounts int
	// OfRows of Decided past renewals whose outcome is known are ends of rows that
	// state neither a renewal date nor a term.
	OfRows, Decided int
	Why             string
}

// Used is Calendar or Renewal.
func (s Sampling) Used() string {
	if s.AtRenewal {
		return Renewal
	}
	return Calendar
}

// Words says in two sentences which account-dates are judged and why.
func (s Sampling) Words() string {
	if s.AtRenewal {
		return fmt.Sprintf("Judged at renewals: a row is one renewal decision, scored at the newest month-end at least %d days before the last day to opt out; "+
			"contracts too short for that are judged at quarter-ends. %s.", Lead, s.Why)
	}
	return "Judged at quarter-ends: a row is one account at one quarter-end. " + s.Why + "."
}

// Scored says when the score of a row was taken, for a sentence about losses.
func (s Sampling) Scored() string {
	if s.AtRenewal {
		return fmt.Sprintf("when they were scored, at least %d days before the last day to opt out (rolling contracts: at the quarter-end before)", Lead)
	}
	return "at the quarter-end before"
}

// All names all rows, for the same sentence.
func (s Sampling) All() string {
	if s.AtRenewal {
		return "all month-end scores"
	}
	return "all quarterly scores"
}

// Window says which losses are the outcome of a row.
func (s Sampling) Window(gap int32) string {
	if s.AtRenewal {
		return fmt.Sprintf("from %d days after the score to the renewal that it was taken for, and for contracts too short for that from %d days after a quarter-end to %d days after the next: the days before are too late to act", gap, gap, gap)
	}
	return fmt.Sprintf("from %d days after a quarter-end to %d days after the next: the days before are too late to act", gap, gap)
}

// Choose decides how accounts are judged. views are the populations on the
// month-ends from which decisions would be scored.
func Choose(asked string, table *population.Table, views []*population.View, rule Rule) Sampling {
	s := Sampling{Asked: asked}
	rule.AtRenewal = true
	dated, seen := make([]bool, table.Len()), make([]bool, table.Len())
	for _, v := range views {
		for i, c := range v.Class {
			if c != population.Customer {
				continue
			}
			if !seen[i] {
				seen[i] = true
				s.Accounts++
			}
			for a := range table.Renewals(i, v.AsOf) {
				if a.Renewal != population.NoDay && !dated[i] {
					dated[i] = true
					s.Dated++
				}
			}
		}
	}
	counts := fmt.Sprintf("%d of %d accounts have a renewal date on record", s.Dated, s.Accounts)
	if s.Accounts > 0 {
		counts += fmt.Sprintf(" (%.0f%%)", 100*float64(s.Dated)/float64(s.Accounts))
	}
	decided, lost, ofRows := 0, 0, 0
	if asked != Calendar {
		decided, lost, ofRows = decisions(table, views, rule)
		s.Decided, s.OfRows = decided, ofRows
	}
	switch {
	case asked == Auto && rule.Gap >= Lead:
		s.Why = fmt.Sprintf("calibration.gap_days is %d: decisions are scored %d days before their deadline, so a loss before it would be too late to act", rule.Gap, Lead)
	case asked != Auto:
		s.AtRenewal = asked == Renewal
		s.Why = "calibration.sampling asks for it; " + counts + s.ends()
	case !table.HasTerms():
		s.Why = "Renewal dates of the past are not known: no subscriptions are mapped"
	case s.Accounts == 0 || float64(s.Dated) < datedShare*float64(s.Accounts):
		s.Why = fmt.Sprintf("%s; from %.0f%% on, renewals are judged", counts, 100*datedShare)
	case decided == 0:
		s.Why = counts + ", but the outcome of none of the past renewals is known"
	case decided >= lostFrom && float64(lost) > lostShare*float64(decided):
		s.Why = fmt.Sprintf("%s, but %d of %d past renewals on record were losses, as where renewal dates are overwritten when a contract renews", counts, lost, decided)
	default:
		s.AtRenewal = true
		s.Why = fmt.Sprintf("%s, and from %.0f%% on renewals are judged", counts, 100*datedShare) + s.ends()
	}
	return s
}

// ends says how many renewals may be none; nothing where all of them are stated.
func (s Sampling) ends() string {
	if s.OfRows == 0 {
		return ""
	}
	return fmt.Sprintf(". Of the %d past renewals whose outcome is known, %d are taken from the end of a subscription row that states neither a renewal date nor a term: "+
		"where a new price ends a row, it is counted as a renewal (map renewal_date or term_months, or judge by the calendar)", s.Decided, s.OfRows)
}

// decisions counts the renewal decisions whose outcome is known, those lost, and
// those that are known from the end of a row alone.
func decisions(table *population.Table, views []*population.View, rule Rule) (decided, lost, ofRows int) {
	w, book := newWindows(table, views, rule), newLossBook(table.Losses, rule)
	for _, v := range views {
		book.date(v.AsOf)
		for i := range int32(table.Len()) {
			lo, hi := book.of(i)
			o, s := w.judge(v, i, eventOf(book.nextWhole(lo, hi, v.AsOf)))
			if !s.renewal || !o.In() {
				continue
			}
			decided++
			if o == Churned {
				lost++
			}
			if s.ofRow {
				ofRows++
			}
		}
	}
	return decided, lost, ofRows
}

// kinds of account-dates, by what their outcome windows hold. Their churn rates
// cannot be compared: a rolling contract is asked about one quarter, a decision
// about a year or several.
const (
	rollingQuarter int32 = iota
	yearDecision
	yearsDecision
)

var kindNames = []string{"rolling contract, a quarter", "decision, contract up to a year", "decision, multi-year contract"}

// window is the stretch of days whose losses are the outcome of an account-date.
type window struct {
	span
	renewal bool // it ends with a renewal
	assumed bool // the notice period is the setting's
	ofRow   bool // the renewal is the end of a row
	kind    int32
}

// windows gives the outcome windows of account-dates. It is asked date by date,
// in the order of time. Under Rule.AtRenewal the windows of one account never
// overlap: each begins where the one before it ended, so that a loss belongs to
// the first decision that it can have come from, and to no other.
type windows struct {
	rule  Rule
	table *population.Table
	idle  []Outcome // by account: why it is not up on a date; nil for Calendar
	until []int32   // by account: the end of the newest window
}

func newWindows(table *population.Table, views []*population.View, rule Rule) *windows {
	w := &windows{rule: rule, table: table}
	if !rule.AtRenewal {
		return w
	}
	w.idle, w.until = make([]Outcome, table.Len()), make([]int32, table.Len())
	long := make([]bool, table.Len())
	for i := range w.idle {
		w.idle[i], w.until[i] = NeverDue, day.None
	}
	for _, v := range views {
		for i, c := range v.Class {
			if c != population.Customer || w.idle[i] == NotDue {
				continue
			}
			if o, _ := w.at(v.AsOf, int32(i)); o.In() {
				w.idle[i] = NotDue
			}
			for a := range table.Renewals(i, v.AsOf) {
				long[i] = long[i] || a.Renewal != population.NoDay && a.Days > multiYearDays
			}
		}
	}
	for i := range w.idle {
		if w.idle[i] == NeverDue && long[i] {
			w.idle[i] = MultiYear
		}
	}
	return w
}

// at returns the window of a customer on day t, or why it has none.
func (w *windows) at(t, account int32) (Outcome, window) {
	gap := t + w.rule.Gap
	calendar := window{span: span{t, gap, gap, gap + w.rule.HorizonAt(t)}}
	if !w.rule.AtRenewal {
		return Stayed, calendar
	}
	var due population.Ahead
	var up, dated, rolls bool
	next := day.MonthEnd(t + 1)
	for a := range w.table.Renewals(int(account), t) {
		switch {
		case a.Days > 0 && a.Days < a.Notice+Lead+monthDays:
			rolls = true // over before it could be scored so early
		case a.Renewal != population.NoDay:
			dated = true
			if on := a.Deadline - Lead; on >= t && on < next && (!up || a.Deadline < due.Deadline) {
				up, due = true, a
			}
		}
	}
	switch {
	case up:
		kind := yearDecision
		if due.Days > multiYearDays {
			kind = yearsDecision
		}
		return Stayed, window{span: span{t, gap, gap, due.Renewal}, renewal: true, assumed: !due.Stated, ofRow: due.OfRow, kind: kind}
	case dated:
		return w.idle[account], window{}
	case rolls && day.QuarterEnd(t) == t:
		return Stayed, calendar
	case rolls:
		return Rolling, window{}
	}
	return NoRenewal, window{}
}

// ofNobody is the window of an account that is not judged on day t, for the ledger of
// losses: none where a window ends with a renewal.
func (w *windows) ofNobody(t int32) window {
	if w.rule.AtRenewal {
		return window{}
	}
	_, s := w.at(t, 0)
	return s
}

// judge labels an account of a day's population, the next loss of which is decided
// on day event, and gives the days whose losses are its outcome. It does not ask
// whether the account was scored, or whether the loss counts.
func (w *windows) judge(v *population.View, account, event int32) (Outcome, window) {
	if o := classOutcome(v.Class[account]); !o.In() {
		return o, w.ofNobody(v.AsOf)
	}
	o, s := w.at(v.AsOf, account)
	if !o.In() {
		return o, s
	}
	if !w.rule.AtRenewal {
		return w.rule.label(v.AsOf, s.end, event), s
	}
	if s.renewal && (event == day.None || event > s.end) && s.end <= w.rule.DataEnd && !w.table.Continues(int(account), s.end, w.rule.DataEnd) {
		// The contract ran out. A loss that was booked later is its outcome; without
		// one nobody knows.
		if event == day.None || event > w.rule.DataEnd {
			return Lapsed, s
		}
		s.end = event
	}
	o = w.rule.label(v.AsOf, s.end, event)
	if o == HorizonIncomplete {
		return o, s
	}
	before := w.until[account]
	w.until[account] = max(before, s.end)
	s.after = max(s.after, before)
	if before >= s.end || o == Churned && event <= before {
		return Earlier, s
	}
	return o, s
}

// periods groups dates: every one by itself, or, where decisions are scored month
// by month, the quarters in which they were, so that each group has losses enough
// for a base rate of its own. of is the group of each date.
func (r Rule) periods(dates []int32) (of []int32, names []string) {
	for _, d := range dates {
		name := day.Format(d)
		if r.AtRenewal {
			t := day.Time(d)
			name = fmt.Sprintf("%d Q%d", t.Year(), (int(t.Month())+2)/3)
		}
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
		of = append(of, int32(len(names)-1))
	}
	return of, names
}

// kinds numbers the kinds of account-dates that rows are of; nil where accounts are
// judged by the calendar, which makes one kind.
func (r Rule) kinds(rows []Row) (of []int32, names []string) {
	if !r.AtRenewal {
		return nil, nil
	}
	number := [...]int32{-1, -1, -1}
	for _, row := range rows {
		number[row.kind] = 0
	}
	for k := range number {
		if number[k] == 0 {
			number[k] = int32(len(names))
			names = append(names, kindNames[k])
		}
	}
	for _, row := range rows {
		of = append(of, number[row.kind])
	}
	return of, names
}
