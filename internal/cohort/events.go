package cohort

import (
	"math"

	"accounthealth/internal/population"
)

// span is the stretch of days whose losses are the outcome of an account-date scored
// on day t: those decided in (after, end]. Losses in (t, gap] come too late to act, and
// those in (gap, after] belong to a window before.
type span struct{ t, gap, after, end int32 }

func (s span) has(d int32) bool { return d > s.after && d <= s.end }

// decision is what the losses after an account-date make of it.
type decision struct {
	Outcome
	loss    *population.Loss // that labels it; nil where none does
	partial bool             // that loss is of a part, and the account stays
	excused bool             // NoVerdict, decided inside the window
}

// settle turns the outcome that losses of whole accounts give an account-date into
// what all its losses make of it. whole is the next of those, nil for none; losses
// are the account's, by event; arr is what it paid on the date.
//
// Losses of a part are events where the rule says so. They add labels and take none
// away: a whole loss decides first; then the first loss of a part inside the window;
// then, as for whole losses, one within the gap, and one that is no verdict.
func (r Rule) settle(o Outcome, s span, whole *population.Loss, losses []population.Loss, arr float64) decision {
	d := decision{Outcome: o}
	if o == Churned || o == InGap {
		d.loss = whole
		if !whole.Counts {
			d.Outcome, d.excused = NoVerdict, o == Churned
		}
	}
	if r.Partial == 0 || o == InGap || !o.In() {
		return d
	}
	var late, unjudged *population.Loss
	for k := range losses {
		l := &losses[k]
		if l.Logo || l.Event <= s.t || l.Event > s.end || l.Event > s.gap && l.Event <= s.after || !r.event(l, arr) || o == Churned && l.Event > whole.Event {
			continue
		}
		switch inside := s.has(l.Event); {
		case inside && l.Counts:
			if d.Outcome == Churned {
				if l.Event < d.loss.Event {
					d.loss = l // what was measured after it knows of it
				}
				return d
			}
			return decision{Outcome: Churned, loss: l, partial: true}
		case !inside && l.Counts && late == nil:
			late = l
		case !l.Counts && unjudged == nil:
			unjudged = l
		}
	}
	switch {
	case d.Outcome != Stayed:
	case late != nil:
		return decision{Outcome: InGap, loss: late}
	case unjudged != nil:
		return decision{Outcome: NoVerdict, loss: unjudged, excused: s.has(unjudged.Event)}
	}
	return d
}

// event reports whether the loss of a part is large enough to be an event: of what
// the account paid before it where the loss states that, else of arr.
func (r Rule) event(l *population.Loss, arr float64) bool {
	share, known := shareLost(l, arr)
	return known && share >= r.Partial
}

// shareLost is the share of the account's ARR that a loss of a part took.
func shareLost(l *population.Loss, arr float64) (share float64, known bool) {
	lost, before := math.Round(l.Amount()*100), math.Round(arr*100)
	if !l.Member && l.ARRBefore > 0 {
		before = math.Round(l.ARRBefore * 100)
	}
	if math.IsNaN(lost) || !(before > 0) {
		return 0, false
	}
	return lost / before, true
}
