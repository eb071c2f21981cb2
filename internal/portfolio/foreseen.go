package portfolio

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"accounthealth/internal/day"
)

const (
	// Ahead is how many days before the decision a loss must have been flagged to
	// count as foreseen: time enough to act.
	Ahead = 60
	// largestLeftOut is how many of the largest losses the second figure leaves out.
	largestLeftOut = 3
)

// Foreseen says how much of what was lost had been flagged in time: at the last
// scored date at least Ahead days before the decision.
type Foreseen struct {
	From, To int32 // decisions after From, up to To
	Ahead    int32
	Lost     Amounts // whole accounts lost for a reason that counts
	Excused  Amounts // lost for reasons that are no verdict on health: in no figure here
	Unjudged Amounts // of Lost: without a score so long before
	// Flagged is the share of the judged accounts that were in a band that needs
	// intervention, FlaggedARR that of their ARR, with what was lost as Num and Den.
	Flagged, FlaggedARR Figure
	// WithoutLargest is FlaggedARR without the largest judged losses, Largest.
	WithoutLargest Figure
	Largest        []string
	// Alerts is the share of all scored accounts that were flagged on the dates
	// judged by: flagging everybody foresees everything.
	Alerts Figure
	Rows   []ForeseenRow // most ARR first
	Words  string        // the answer in one sentence, in counts
	// WithoutWords is the same without the largest losses; "" where too few are left.
	WithoutWords string
}

// ForeseenRow is one loss.
type ForeseenRow struct {
	ID, Name, Owner, Segment string
	ARR                      Figure // lost
	Decided                  int32
	Judged                   int32 // the date of the score; NoDay without one
	Score                    Figure
	Band                     string
	Flagged                  bool
	Reason                   string
	row                      int32 `json:"-"` // for the order only
}

// foresee judges the losses of the year before the as-of date by the scored
// days of history, oldest first. It returns nil where nothing was lost.
func foresee(in Input) *Foreseen {
	f := &Foreseen{From: in.Now.View.AsOf - YearDays, To: in.Now.View.AsOf, Ahead: Ahead}
	days := slices.Clone(in.Past)
	slices.SortFunc(days, func(a, b Scored) int { return cmp.Compare(a.View.AsOf, b.View.AsOf) })
	var lost, excused, unjudged, judged, hit sum
	used := map[int32]*Scored{}
	for _, l := range in.Table.Losses {
		if !l.Logo || l.Event <= f.From || l.Event > f.To {
			continue
		}
		arr := l.Amount()
		if !l.Counts {
			excused.add(arr)
			continue
		}
		i := int(l.Account)
		row := ForeseenRow{
			ID: in.Table.ID[i], Name: in.Table.Name[i], Owner: in.Table.Owner[i], Segment: in.Table.Segment[i],
			ARR: maybe(arr), Decided: l.Event, Judged: NoDay, Reason: l.Reason, row: l.Account,
		}
		s := scoredBefore(days, i, l.Event-Ahead)
		if s != nil && math.IsNaN(arr) {
			arr = s.View.ARR[i]
			row.ARR = maybe(arr)
		}
		lost.add(arr)
		if s == nil {
			unjudged.add(arr)
			f.Rows = append(f.Rows, row)
			continue
		}
		used[s.View.AsOf] = s
		v, _ := s.Result.Score(i)
		row.Judged, row.Score, row.Band, row.Flagged = s.View.AsOf, Amount(v), s.Result.Band(i).Name, s.Result.Band(i).AtRisk
		judged.add(arr)
		if row.Flagged {
			hit.add(arr)
		}
		f.Rows = append(f.Rows, row)
	}
	if lost.n+excused.n == 0 {
		return nil
	}
	slices.SortFunc(f.Rows, func(a, b ForeseenRow) int {
		return cmp.Or(cmp.Compare(toCents(b.ARR.Value), toCents(a.ARR.Value)), cmp.Compare(a.row, b.row), cmp.Compare(a.Decided, b.Decided))
	})
	f.Lost, f.Excused, f.Unjudged = lost.amounts(), excused.amounts(), unjudged.amounts()
	f.Flagged = rate(float64(hit.n), float64(judged.n))
	f.FlaggedARR = rate(hit.arr.float(), judged.arr.float())
	rest, restHit := judged.arr, hit.arr
	for _, r := range f.Rows {
		if r.Judged == NoDay || len(f.Largest) == largestLeftOut {
			continue
		}
		f.Largest = append(f.Largest, cmp.Or(r.Name, r.ID))
		rest -= toCents(r.ARR.Value)
		if r.Flagged {
			restHit -= toCents(r.ARR.Value)
		}
	}
	f.WithoutLargest = rate(restHit.float(), rest.float())
	var flagged, scored float64
	for _, s := range used {
		for i := range s.View.Class {
			if s.counted(i) {
				scored++
				if s.Result.Band(i).AtRisk {
					flagged++
				}
			}
		}
	}
	f.Alerts = rate(flagged, scored)
	f.Words = f.sentence(in.Currency)
	if f.WithoutLargest.Defined {
		f.WithoutWords = fmt.Sprintf("Without the %d largest losses it is %.0f%% of the %s %s lost.",
			len(f.Largest), 100*f.WithoutLargest.Value, in.Currency, Thousands(f.WithoutLargest.Den))
	}
	return f
}

// scoredBefore returns the newest day, not after limit, on which an account had
// a score as a customer, or nil. An account that had none on that day is not
// looked for on earlier ones: it was then no customer, or too little was known.
func scoredBefore(days []Scored, i int, limit int32) *Scored {
	for k := len(days) - 1; k >= 0; k-- {
		if days[k].View.AsOf > limit {
			continue
		}
		if days[k].counted(i) {
			return &days[k]
		}
		return nil
	}
	return nil
}

// sentence says it in counts.
func (f *Foreseen) sentence(currency string) string {
	if f.Flagged.Den == 0 {
		return fmt.Sprintf("None of the %d accounts lost since %s can be judged: no score is stored or rebuilt %d days before.", f.Lost.Accounts, day.Format(f.From+1), f.Ahead)
	}
	return fmt.Sprintf("%.0f of the %.0f accounts lost in the last 12 months had been flagged at least %d days before the decision, and %.0f%% of the %s %s they paid; %.0f%% of all accounts were flagged.",
		f.Flagged.Num, f.Flagged.Den, f.Ahead, 100*f.FlaggedARR.Value, currency, Thousands(f.FlaggedARR.Den), 100*f.Alerts.Value)
}
