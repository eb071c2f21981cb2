package portfolio

import (
	"math"

	"accounthealth/internal/population"
)

// Opening is an earlier day that a bridge starts from.
type Opening struct {
	Name string // "12 months", "since 2026-03-31"
	View *population.View
	// Then is the ARR of every account on that day at the exchange rates of that
	// day, NaN where one is not known; nil where no rates are dated, which leaves
	// the currency step at zero.
	Then []float64
}

// Bridge leads from the ARR of paying accounts on one day to that on a later
// one. The steps between the two totals sum exactly to their difference.
type Bridge struct {
	Name     string
	From, To int32
	Steps    []BridgeStep
	// Of the accounts that paid on the opening day and whose ARR is known on both
	// days, at the same exchange rates: how many still pay, what of their ARR is
	// left without and with expansion.
	Logo, GRR, NRR Figure
}

// BridgeStep is one step; those that lower ARR are negative.
type BridgeStep struct {
	Key      string // opening, currency, new, returned, expansion, contraction, churn, unknown, source, closing
	Name     string
	Accounts int64
	ARR      float64
	Total    bool
	Why      string
	// Adds and Takes are ARR by its sign, undefined for totals.
	Adds, Takes Figure
}

// Step returns the step with a key, a zero one where the bridge has none.
func (b *Bridge) Step(key string) BridgeStep {
	for _, s := range b.Steps {
		if s.Key == key {
			return s
		}
	}
	return BridgeStep{Key: key}
}

// step is a step being added up.
type step struct {
	n   int64
	arr cents
}

func (s *step) add(c cents) {
	if c != 0 {
		s.n++
		s.arr += c
	}
}

// flows are the movements between two days, at the same exchange rates.
type flows struct {
	opening, currency, fresh, returned, expansion, contraction, churn, unknown, source, closing step

	cohort step // paid on the opening day, ARR known on both days
	kept   int64
}

// flow sorts the ARR of every account by what became of it. open and now say
// who pays on the two days. dated is the closing day as known from dated terms,
// so that both ends are measured alike; where the accounts export states another
// amount the difference is the step source. then may be nil.
func flow(open, dated, now *population.View, then []float64) flows {
	var f flows
	for i := range now.Class {
		was, known := payingARR(open, i)
		is, _ := payingARR(now, i)
		f.closing.add(is)
		at := was
		if then != nil && was != 0 && !math.IsNaN(then[i]) {
			at = toCents(then[i])
		}
		f.opening.add(at)
		f.currency.add(was - at)
		if known && was == 0 {
			amount := is
			if d, ok := payingARR(dated, i); ok && d != 0 {
				amount = d
			}
			if open.Class[i] == population.Lost {
				f.returned.add(amount)
			} else {
				f.fresh.add(amount)
			}
			f.source.add(is - amount)
			continue
		}
		after, comparable := cents(0), known
		if now.Class[i].Pays() {
			var ok bool
			after, ok = payingARR(dated, i)
			comparable = comparable && ok && after != 0
		}
		if !comparable {
			f.unknown.add(is - was)
			continue
		}
		f.cohort.add(was)
		switch {
		case after == 0:
			f.churn.add(-was)
			continue
		case after > was:
			f.expansion.add(after - was)
		default:
			f.contraction.add(after - was)
		}
		f.kept++
		f.source.add(is - after)
	}
	return f
}

// payingARR returns what an account pays on a day, 0 where it does not; known is
// false where it pays an unknown amount.
func payingARR(v *population.View, i int) (c cents, known bool) {
	if !v.Class[i].Pays() {
		return 0, true
	}
	return toCents(v.ARR[i]), !math.IsNaN(v.ARR[i])
}

// retention returns the rates of the opening cohort: logos, gross, net.
func (f *flows) retention() (logo, gross, net Figure) {
	left := f.cohort.arr + f.contraction.arr + f.churn.arr
	opening := f.cohort.arr.float()
	return rate(float64(f.kept), float64(f.cohort.n)), rate(left.float(), opening), rate((left + f.expansion.arr).float(), opening)
}

// NewBridge computes the bridge from an opening to now. dated is the population
// of the closing day as known from dated terms only.
func NewBridge(from Opening, dated, now *population.View) *Bridge {
	f := flow(from.View, dated, now, from.Then)
	b := &Bridge{Name: from.Name, From: from.View.AsOf, To: now.AsOf}
	b.Logo, b.GRR, b.NRR = f.retention()
	currency := "the opening ARR at today's exchange rates instead of those of the opening day"
	if from.Then == nil {
		currency = "no exchange rates of the opening day are known: both days are at today's rates"
	}
	add := func(key, name string, s step, always bool, why string) {
		if !always && s.n == 0 {
			return
		}
		x := BridgeStep{Key: key, Name: name, Accounts: s.n, ARR: s.arr.float(), Why: why, Adds: Amount(0), Takes: Amount(0)}
		if s.arr > 0 {
			x.Adds.Value = x.ARR
		} else {
			x.Takes.Value = x.ARR
		}
		b.Steps = append(b.Steps, x)
	}
	total := func(key, name string, s step, why string) {
		b.Steps = append(b.Steps, BridgeStep{Key: key, Name: name, Accounts: s.n, ARR: s.arr.float(), Total: true, Why: why})
	}
	total("opening", "Opening ARR", f.opening, "all paying accounts on the opening day: customers, onboarding and in notice")
	add("currency", "Currency", f.currency, true, currency)
	add("new", "New", f.fresh, true, "pays now and never paid before the opening day")
	add("returned", "Won back", f.returned, false, "pays now, had left before the opening day")
	add("expansion", "Expansion", f.expansion, true, "pays more than on the opening day")
	add("contraction", "Contraction", f.contraction, true, "pays less than on the opening day")
	add("churn", "Churn", f.churn, true, "paid on the opening day and pays nothing now")
	add("unknown", "ARR not comparable", f.unknown, false, "pays on both days, but what it paid is known on one of them only; left out of retention")
	add("source", "Accounts export differs", f.source, false, "today's ARR in the accounts export against the live subscription terms")
	total("closing", "Closing ARR", f.closing, "all paying accounts now: equals the scored, not scored, onboarding and in-notice rows of the tie-out on Data quality")
	return b
}

// Difference is what the steps do not explain; always 0 but for a mistake.
func (b *Bridge) Difference() float64 {
	var sum cents
	for _, s := range b.Steps {
		switch {
		case s.Key == "closing":
			sum -= toCents(s.ARR)
		default:
			sum += toCents(s.ARR)
		}
	}
	return sum.float()
}
