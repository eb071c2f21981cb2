package score

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
	"accounthealth/internal/signal"
)

// column is one signal of a snapshot, bound to its ladders.
type column struct {
	pillar  int
	kind    plan.Kind
	ladders []ladder // by rules

	states  []uint8
	numbers []float64   // number signals
	words   []int8      // word signals
	values  arrow.Array // for its nulls; nil where there are none

	stored *stored // in a stream, in the place of all these
}

// bind checks that a snapshot holds the plan's signals and opens its columns by
// signal. A signal that is not collected has no states.
func (s *Scorer) bind(snap *signal.Snapshot) ([]column, error) {
	signals := s.plan.Signals
	same := len(snap.Plan.Signals) == len(signals) && len(snap.Collected) == len(signals) &&
		int(snap.Record.NumCols()) == len(signals)*signal.ColumnsPerSignal
	for i := 0; same && i < len(signals); i++ {
		same = snap.Plan.Signals[i].Name == signals[i].Name && slices.Equal(snap.Plan.Signals[i].Words, signals[i].Words)
	}
	if !same {
		return nil, diag.Errorf(diag.Config, "framework "+s.plan.Name, "compute the snapshot's signals with this framework",
			"the snapshot holds other signals than the framework")
	}
	cols := make([]column, len(signals))
	for i := range cols {
		c := &cols[i]
		*c = s.column(i)
		if !snap.Collected[i] {
			continue
		}
		c.states = snap.States(i).Uint8Values()
		if signals[i].IsWord() {
			w := snap.Words(i)
			indices, ok := w.Indices().(*array.Int8)
			if !ok {
				return nil, diag.Errorf(diag.Internal, "signal "+signals[i].Name, "index its words by int8",
					"the snapshot's word column has %s indices", w.Indices().DataType())
			}
			c.words, c.values = indices.Int8Values(), w
		} else {
			n := snap.Numbers(i)
			c.numbers, c.values = n.Float64Values(), n
		}
		if c.values.NullN() == 0 {
			c.values = nil
		}
	}
	return cols, s.Measured(snap.Collected)
}

func (s *Scorer) column(sig int) column {
	return column{pillar: s.pillarOf[sig], kind: s.plan.Signals[sig].Kind, ladders: s.ladders[sig]}
}

// Measured refuses, with class Config, a portfolio in which fewer than two pillars
// can be scored. collected is by signal.
func (s *Scorer) Measured(collected []bool) error {
	n := 0
	var without []string
	for p := range s.plan.Pillars {
		has := slices.ContainsFunc(s.plan.Pillars[p].Signals, func(sig int) bool {
			l := &s.ladders[sig][0]
			return collected[sig] && s.plan.Signals[sig].Kind == plan.Level && l.applies && l.span > 0
		})
		switch {
		case !has:
			without = append(without, s.plan.Pillars[p].Name)
		case s.rules[0].weights[p] > 0:
			n++
		}
	}
	if n < 2 {
		return diag.Errorf(diag.Config, "framework "+s.plan.Name, "map a source for at least one level signal of another pillar",
			"only %d of %d pillars can be measured, at least 2 are needed (no level signal collected: %s)", n, len(s.plan.Pillars), list(without))
	}
	return nil
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	out := names[0]
	for _, n := range names[1:] {
		out += ", " + n
	}
	return out
}

// fill writes the codes of rows lo, lo+1, ...; rules are those of the same rows,
// nil for the base.
func (c *column) fill(codes []int8, lo int, rules []uint8) {
	if c.stored != nil {
		c.stored.fill(codes, lo, rules)
		return
	}
	if c.states == nil {
		for i := range codes {
			codes[i] = closed
		}
		return
	}
	states := c.states[lo:][:len(codes)]
	l := &c.ladders[0]
	for i, st := range states {
		if rules != nil {
			l = &c.ladders[rules[i]]
		}
		switch {
		case !l.applies || st == uint8(signal.NotApplicable) || st == uint8(signal.NotCollected):
			codes[i] = closed
		case st != uint8(signal.Known) || c.values != nil && c.values.IsNull(lo+i):
			codes[i] = missing
		case c.words != nil:
			codes[i] = l.word(c.words[lo+i])
		default:
			codes[i] = l.step(c.numbers[lo+i])
		}
	}
}

// ladder returns the signal's ladder under a row's rules.
func (c *column) ladder(rules []uint8, i int) *ladder {
	if rules == nil {
		return &c.ladders[0]
	}
	return &c.ladders[rules[i]]
}
