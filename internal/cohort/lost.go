package cohort

import (
	"math"

	"accounthealth/internal/day"
	"accounthealth/internal/population"
)

// Fate is what a sample made of one loss.
type Fate uint8

const (
	Labels      Fate = iota // it labels its row as churned
	AmountOnly              // a loss of a part, where only losses of whole accounts are events
	UnderShare              // a loss of a part under the share from which it is an event
	SizeUnknown             // a loss of a part that states no amount, or no amount to compare it with
	Excused                 // no verdict on health
	RowOut                  // its account-date is not in the sample
	TooEarly                // decided before the first outcome window
	NoWindow                // decided after that, in the outcome window of no date
	fates       = iota
)

var fateTexts = [fates]string{
	"event: labels an account-date", "lost a part: ARR counts, no event (calibration.events is logo)",
	"lost a part under the threshold: ARR counts, no event", "lost a part of unknown size: no event",
	"no verdict on health", "its account-date is out", "decided before the first outcome window", "decided in no outcome window of these dates",
}

func (f Fate) String() string { return fateTexts[f] }

// Counted reports whether the ARR of such a loss is in the lost ARR of a row.
func (f Fate) Counted() bool { return f <= SizeUnknown }

// LossLine counts the losses of one kind with one fate. Over all lines every loss
// is counted once.
type LossLine struct {
	Fate    Fate
	Row     Outcome // with RowOut: why the account-date is out
	Logo    bool    // whole accounts; false: parts
	Losses  int64
	Unsized int64   // of these, state no amount
	ARR     float64 // as stated
}

// String says what became of the losses.
func (l LossLine) String() string {
	if l.Fate == RowOut {
		return l.Fate.String() + ": " + l.Row.String()
	}
	return l.Fate.String()
}

// LostARR adds up what the rows of a sample lost. ARR is what the lines with
// Fate.Counted state, plus AssumedARR, less OverARR, to the cent.
type LostARR struct {
	Rows int     // lost something
	ARR  float64 // that they lost
	// Assumed whole accounts left without a stated amount: what the account paid on
	// the date is taken, AssumedARR in all.
	Assumed    int
	AssumedARR float64
	// Over rows lost more than they paid on the date, which bounds what they count:
	// OverARR is not counted.
	Over    int
	OverARR float64
}

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

// lossBook follows every loss to the row that counts it, or to the reason why none
// does. It is told of every account-date once, in the order of accounts within a date.
type lossBook struct {
	rule   Rule
	losses []population.Loss
	next   int
	dated  bool // a date was begun
	fate   []Fate
	row    []Outcome // by loss, with RowOut

	rows, assumed, over            int
	cents, assumedCents, overCents int64
}

func newLossBook(losses []population.Loss, rule Rule) *lossBook {
	b := &lossBook{rule: rule, losses: losses, fate: make([]Fate, len(losses)), row: make([]Outcome, len(losses))}
	for k := range b.fate {
		if b.fate[k] = NoWindow; !losses[k].Counts {
			b.fate[k] = Excused
		}
	}
	return b
}

// date begins another date, in the order of time.
func (b *lossBook) date(t int32) {
	if b.next = 0; b.dated {
		return
	}
	b.dated = true
	for k := range b.losses {
		if b.fate[k] == NoWindow && b.losses[k].Event <= t+b.rule.Gap {
			b.fate[k] = TooEarly
		}
	}
}

// of returns where the losses of an account, those of a higher number than the
// account before, begin and end.
func (b *lossBook) of(account int32) (lo, hi int) {
	for b.next < len(b.losses) && b.losses[b.next].Account < account {
		b.next++
	}
	lo = b.next
	for hi = lo; hi < len(b.losses) && b.losses[hi].Account == account; {
		hi++
	}
	return lo, hi
}

// nextWhole returns the first loss of the whole account after t among [lo, hi), nil
// for none.
func (b *lossBook) nextWhole(lo, hi int, t int32) *population.Loss {
	for k := lo; k < hi; k++ {
		if l := &b.losses[k]; l.Logo && l.Event > t {
			return l
		}
	}
	return nil
}

// eventOf is the day of a loss, day.None for nil.
func eventOf(l *population.Loss) int32 {
	if l == nil {
		return day.None
	}
	return l.Event
}

// enter books the losses [lo, hi) of an account-date and returns the ARR that its
// row lost, at most arr; of a row that is excused what was lost for that reason.
func (b *lossBook) enter(lo, hi int, s span, d decision, arr float64) float64 {
	arr = positive(arr)
	paid := int64(math.Round(arr * 100))
	var lost, unsized int64
	for k := lo; k < hi; k++ {
		l := &b.losses[k]
		if !s.has(l.Event) {
			continue
		}
		cents, stated := centsOf(l)
		switch fate := b.fateIn(l, d, arr); {
		case fate == RowOut || fate == Excused:
			if !b.fate[k].Counted() {
				b.fate[k], b.row[k] = fate, d.Outcome
			}
			if d.excused && fate == Excused {
				lost += cents
				if !stated && l.Logo {
					lost = paid
				}
			}
			continue
		default:
			b.fate[k] = fate
		}
		lost += cents
		if !stated && l.Logo {
			unsized++
		}
	}
	if d.excused {
		return min(float64(lost)/100, arr)
	}
	if unsized > 0 {
		rest := max(0, paid-lost)
		b.assumed += int(unsized)
		b.assumedCents += rest
		lost += rest
	}
	if lost > paid {
		b.over++
		b.overCents += lost - paid
		lost = paid
	}
	if lost > 0 {
		b.rows++
		b.cents += lost
	}
	return min(float64(lost)/100, arr)
}

// fateIn is the fate of a loss in the window of an account-date.
func (b *lossBook) fateIn(l *population.Loss, d decision, arr float64) Fate {
	_, sized := shareLost(l, arr)
	switch {
	case !l.Counts:
		return Excused
	case !d.In():
		return RowOut
	case l.Logo:
		return Labels
	case b.rule.Partial == 0:
		return AmountOnly
	case !sized:
		return SizeUnknown
	case b.rule.event(l, arr):
		return Labels
	}
	return UnderShare
}

// centsOf is the amount that a loss states.
func centsOf(l *population.Loss) (cents int64, stated bool) {
	v := l.Amount()
	if math.IsNaN(v) {
		return 0, false
	}
	return int64(math.Round(v * 100)), true
}

// close returns the ledger of losses, in the order of fates, whole accounts first,
// and what the rows lost.
func (b *lossBook) close() ([]LossLine, LostARR) {
	type key struct {
		fate Fate
		row  Outcome
		logo bool
	}
	type sum struct {
		losses, unsized, cents int64
	}
	sums := map[key]sum{}
	for k := range b.losses {
		l := &b.losses[k]
		at := key{b.fate[k], b.row[k], l.Logo}
		if at.fate != RowOut {
			at.row = 0
		}
		v := sums[at]
		cents, stated := centsOf(l)
		v.losses++
		v.cents += cents
		if !stated {
			v.unsized++
		}
		sums[at] = v
	}
	var out []LossLine
	for f := Fate(0); f < fates; f++ {
		for o := range outcomes {
			for _, logo := range []bool{true, false} {
				if v, ok := sums[key{f, o, logo}]; ok {
					out = append(out, LossLine{Fate: f, Row: o, Logo: logo, Losses: v.losses, Unsized: v.unsized, ARR: float64(v.cents) / 100})
				}
			}
		}
	}
	return out, LostARR{
		Rows: b.rows, ARR: float64(b.cents) / 100, Assumed: b.assumed, AssumedARR: float64(b.assumedCents) / 100,
		Over: b.over, OverARR: float64(b.overCents) / 100,
	}
}
