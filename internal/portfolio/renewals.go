package portfolio

import (
	"cmp"
	"slices"

	"accounthealth/internal/day"
	"accounthealth/internal/population"
)

// Amounts counts accounts and their ARR.
type Amounts struct {
	Accounts int64
	ARR      float64
}

// sum is Amounts being added up.
type sum struct {
	n   int64
	arr cents
}

func (s *sum) add(arr float64) {
	s.n++
	s.arr.add(arr)
}

func (s *sum) plus(o sum) {
	s.n += o.n
	s.arr += o.arr
}

func (s sum) amounts() Amounts { return Amounts{s.n, s.arr.float()} }

func amounts(list []sum) []Amounts {
	out := make([]Amounts, len(list))
	for i, s := range list {
		out[i] = s.amounts()
	}
	return out
}

// Renewals sorts every account by the last day on which its customer can still
// decide, renewal minus notice.
type Renewals struct {
	Dated   bool            // some renewal date is known
	Windows []RenewalWindow // one after the other; every scored account is in one
	Total   RenewalWindow
	// Top are the largest accounts at risk that decide within RenewalDays days
	// or are overdue, TopShare their part of all such ARR.
	Top      []RenewalRow
	TopShare Figure
	// Leaving are accounts in notice by the end of their service, most ARR first.
	Leaving []LeavingRow
}

// RenewalWindow is one slice of time.
type RenewalWindow struct {
	Key   string // overdue, 30, 60, 90, 180, later, passed, undated
	Name  string
	Why   string
	Bands []Amounts // scored accounts by status
	// Total is the sum of Bands, AtRisk that of the bands that need intervention.
	Total, AtRisk Amounts
	NotScored     Amounts
	// InNotice are accounts whose service ends in the window: their decision is
	// taken, they are in none of the figures above.
	InNotice Amounts
	// Ahead adds up AtRisk from overdue to this window; undefined beyond them.
	Ahead Figure
}

// RenewalRow is one account that decides soon.
type RenewalRow struct {
	AccountRow
	Days int32 // to the decision deadline; negative where it has passed
}

// LeavingRow is one account in notice.
type LeavingRow struct {
	ID, Name, Owner, Segment string
	ARR                      Figure
	Decided, End             int32
	Reason                   string
}

// renewalWindows are the slices, by days from the as-of date to the deadline.
var renewalWindows = []struct {
	key, name, why string
	upto           int32
}{
	{"overdue", "Overdue", "the day to decide has passed, the renewal has not: no decision is recorded", 0},
	{"30", "Next 30 days", "", 30},
	{"60", "31 to 60 days", "", 60},
	{"90", "61 to 90 days", "", 90},
	{"180", "91 to 180 days", "", 180},
	{"later", "Later", "more than 180 days ahead", 1<<31 - 1},
	{"passed", "Renewal date passed", "still pays, but the renewal date on record lies in the past: it was renewed or the date is stale", 0},
	{"undated", "No renewal date", "no renewal date is known", 0},
}

const (
	passedWindow  = 6
	undatedWindow = 7
	// topRenewals is how many accounts the list names.
	topRenewals = 10
)

// renewalWindow returns the index of the slice in which an account decides.
func renewalWindow(asOf, renewal, deadline int32) int {
	switch {
	case renewal == day.None:
		return undatedWindow
	case renewal < asOf:
		return passedWindow
	}
	for k := range passedWindow {
		if deadline-asOf <= renewalWindows[k].upto {
			return k
		}
	}
	return undatedWindow
}

// decidesSoon reports whether an account's decision is overdue or due within
// RenewalDays days.
func decidesSoon(v *population.View, i int) bool {
	k := renewalWindow(v.AsOf, v.Renewal[i], v.Deadline[i])
	return k < passedWindow && renewalWindows[k].upto <= RenewalDays
}

// renewals sorts the accounts of the as-of date by their decision deadline.
func renewals(in Input) *Renewals {
	now := in.Now
	bands := in.Plan.Rules[0].Bands
	type window struct {
		bands               []sum
		notScored, inNotice sum
	}
	ws := make([]window, len(renewalWindows))
	for k := range ws {
		ws[k].bands = make([]sum, len(bands))
	}
	out := &Renewals{}
	var top []int32
	var soon cents
	for i, c := range now.View.Class {
		if !c.Pays() {
			continue
		}
		arr := now.View.ARR[i]
		if c == population.InNotice {
			loss, end := in.Table.Leaving(i, now.View.AsOf)
			ws[renewalWindow(now.View.AsOf, end, end)].inNotice.add(arr)
			out.Leaving = append(out.Leaving, LeavingRow{
				ID: in.Table.ID[i], Name: in.Table.Name[i], Owner: in.Table.Owner[i], Segment: in.Table.Segment[i],
				ARR: maybe(arr), Decided: loss.Event, End: end, Reason: loss.Reason,
			})
			continue
		}
		w := &ws[renewalWindow(now.View.AsOf, now.View.Renewal[i], now.View.Deadline[i])]
		if !now.counted(i) {
			w.notScored.add(arr)
			continue
		}
		w.bands[now.Result.Status[i]].add(arr)
		if now.Result.Band(i).AtRisk && decidesSoon(now.View, i) {
			top = append(top, int32(i))
			soon.add(arr)
		}
	}
	var all window
	all.bands = make([]sum, len(bands))
	var ahead cents
	row := func(w window) RenewalWindow {
		r := RenewalWindow{Bands: amounts(w.bands), NotScored: w.notScored.amounts(), InNotice: w.inNotice.amounts()}
		var total, risk sum
		for b, s := range w.bands {
			total.plus(s)
			if bands[b].AtRisk {
				risk.plus(s)
			}
		}
		r.Total, r.AtRisk = total.amounts(), risk.amounts()
		return r
	}
	for k, w := range ws {
		def := renewalWindows[k]
		r := row(w)
		r.Key, r.Name, r.Why = def.key, def.name, def.why
		if ahead += toCents(r.AtRisk.ARR); k < passedWindow-1 {
			r.Ahead = Amount(ahead.float())
		}
		for b := range bands {
			all.bands[b].plus(w.bands[b])
		}
		all.notScored.plus(w.notScored)
		all.inNotice.plus(w.inNotice)
		if k != undatedWindow && r.Total.Accounts > 0 {
			out.Dated = true
		}
		if k < passedWindow || r.Total.Accounts+r.NotScored.Accounts+r.InNotice.Accounts > 0 {
			out.Windows = append(out.Windows, r)
		}
	}
	out.Total = row(all)
	out.Total.Key, out.Total.Name = "total", "All"
	byARR := func(a, b Figure, x, y string) int {
		return cmp.Or(cmp.Compare(toCents(b.Value), toCents(a.Value)), cmp.Compare(x, y))
	}
	slices.SortFunc(out.Leaving, func(a, b LeavingRow) int { return byARR(a.ARR, b.ARR, a.ID, b.ID) })
	slices.SortFunc(top, func(a, b int32) int {
		return cmp.Or(cmp.Compare(toCents(now.View.ARR[b]), toCents(now.View.ARR[a])), cmp.Compare(a, b))
	})
	var shown cents
	for _, i := range top[:min(len(top), topRenewals)] {
		var r RenewalRow
		in.Rows.Of(int(i), &r.AccountRow)
		r.Days = now.View.Deadline[i] - now.View.AsOf
		shown.add(now.View.ARR[i])
		out.Top = append(out.Top, r)
	}
	out.TopShare = rate(shown.float(), soon.float())
	return out
}
