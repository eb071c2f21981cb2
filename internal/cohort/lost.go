package cohort

import (
	"cmp"
	"maps"
	"math"
	"slices"

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
	// Reasons splits losses that are no verdict by the reason given, most ARR first;
	// beyond shownReasons they are one, of reason otherReasons.
	Reasons []ReasonSum
}

// ReasonSum counts losses of one reason, "" where none is given.
type ReasonSum struct {
	Reason string
	Losses int64
	ARR    float64
}

const (
	shownReasons = 6
	otherReasons = "other reasons"
)

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
			if b.fate[k] == NoWindow && d.Outcome == InGap && l.Event > s.t && l.Event <= s.gap {
				b.fate[k], b.row[k] = RowOut, InGap // where windows leave days between them
			}
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
	reasons := map[bool]map[string]reasonCents{false: {}, true: {}} // of excused losses, by Logo
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
		if at.fate == Excused {
			r := reasons[l.Logo][l.Reason]
			reasons[l.Logo][l.Reason] = reasonCents{r.losses + 1, r.cents + cents}
		}
	}
	var out []LossLine
	for f := Fate(0); f < fates; f++ {
		for o := range outcomes {
			for _, logo := range []bool{true, false} {
				if v, ok := sums[key{f, o, logo}]; ok {
					line := LossLine{Fate: f, Row: o, Logo: logo, Losses: v.losses, Unsized: v.unsized, ARR: float64(v.cents) / 100}
					if f == Excused {
						line.Reasons = reasonSums(reasons[logo])
					}
					out = append(out, line)
				}
			}
		}
	}
	return out, LostARR{
		Rows: b.rows, ARR: float64(b.cents) / 100, Assumed: b.assumed, AssumedARR: float64(b.assumedCents) / 100,
		Over: b.over, OverARR: float64(b.overCents) / 100,
	}
}

// reasonCents adds up losses of one reason.
type reasonCents struct{ losses, cents int64 }

// reasonSums lists reasons, most ARR first, then by their text.
func reasonSums(by map[string]reasonCents) []ReasonSum {
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b].cents, by[a].cents), cmp.Compare(a, b))
	})
	var out []ReasonSum
	var rest reasonCents
	for k, name := range names {
		v := by[name]
		if k < shownReasons {
			out = append(out, ReasonSum{name, v.losses, float64(v.cents) / 100})
			continue
		}
		rest.losses += v.losses
		rest.cents += v.cents
	}
	if rest.losses > 0 {
		out = append(out, ReasonSum{otherReasons, rest.losses, float64(rest.cents) / 100})
	}
	return out
}
