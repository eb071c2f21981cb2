package history

import (
	"math"
	"slices"
	"strings"

	"accounthealth/internal/compare"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// Restored is a stored snapshot on the rows of today's population, ready to be
// scored under the framework in force now.
type Restored struct {
	View *population.View
	// Signals are the stored values without those set by hand, which are Manual,
	// sorted as overrides.Set.At has them. Signals must be released.
	Signals  *signal.Snapshot
	Manual   []overrides.Value
	Reported *compare.Reported // as it was published

	// Gone counts stored accounts that the exports no longer have. Rebuilt names
	// the signals that the stored framework did not have, or had other words for:
	// their values are those rebuilt from the exports.
	Gone    int
	Rebuilt []int
	// Lapsed counts values set by hand whose target or value the framework in force
	// now does not have.
	Lapsed int
}

// Restore puts a stored snapshot on the rows of a table. day is the same date
// rebuilt from the exports under plan p: accounts that were not stored are what it
// says, though no customers, and so is what the stored framework did not measure.
//
// Values are taken as they were stored; a number that the signal can no longer
// have is invalid. ARR is what the exports say of the date today, in today's
// currency rates, so that it compares with today's; where they cannot date it, it
// is as stored.
func (s *Stored) Restore(t *population.Table, p *plan.Plan, day Scored) *Restored {
	r := &Restored{}
	at := slices.Repeat([]int32{-1}, t.Len()) // stored row by population row
	for i, id := range s.ID {
		if row := t.Lookup(id); row >= 0 && t.ID[row] == id {
			at[row] = int32(i)
		} else {
			r.Gone++
		}
	}
	r.View = s.view(at, day.View)
	r.signals(s, p, at, day)
	r.manual(s, p, at)
	r.Reported = s.reported(at)
	return r
}

func (s *Stored) view(at []int32, rebuilt *population.View) *population.View {
	v := &population.View{
		AsOf: s.AsOf, Class: slices.Clone(rebuilt.Class), ARR: slices.Clone(rebuilt.ARR), TenureMonths: slices.Clone(rebuilt.TenureMonths),
		Renewal: slices.Clone(rebuilt.Renewal), Deadline: slices.Clone(rebuilt.Deadline),
	}
	for row, i := range at {
		if i < 0 {
			if v.Class[row].Pays() { // it came to the exports later
				v.Class[row] = population.NotYet
			}
			continue
		}
		v.Class[row] = s.Class[i]
		if math.IsNaN(v.ARR[row]) {
			v.ARR[row] = s.ARR[i]
		}
		if s.Dated {
			v.TenureMonths[row], v.Renewal[row], v.Deadline[row] = s.TenureMonths[i], s.Renewal[i], s.Deadline[i]
		}
	}
	return v
}

// signals fills Signals from the stored columns of the same names.
func (r *Restored) signals(s *Stored, p *plan.Plan, at []int32, day Scored) {
	columns := make([]*StoredSignal, len(p.Signals))
	words := make([]map[string]int, len(p.Signals))
	collected := make([]bool, len(p.Signals))
	for k := range p.Signals {
		def := &p.Signals[k]
		i := slices.IndexFunc(s.Signals, func(c StoredSignal) bool { return c.Name == def.Name })
		if i >= 0 && s.Signals[i].fits(def) {
			columns[k] = &s.Signals[i]
			collected[k] = slices.ContainsFunc(s.Signals[i].States, func(st signal.State) bool { return st != signal.NotCollected })
		} else {
			r.Rebuilt = append(r.Rebuilt, k)
			collected[k] = day.Signals.Collected[k]
		}
		words[k] = map[string]int{}
		for w, word := range def.Words {
			words[k][word] = w
		}
	}
	r.Signals = signal.FromGiven(p, s.AsOf, len(at), collected, func(row, k int) signal.Given {
		i, c := at[row], columns[k]
		switch {
		case c == nil:
			v, _ := day.Signals.Value(k, row)
			return signal.Given{State: signal.State(day.Signals.States(k).Value(row)), Value: v}
		case i < 0 && !collected[k]:
			return signal.Given{State: signal.NotCollected}
		case i < 0:
			return signal.Given{State: signal.Missing}
		}
		return c.given(&p.Signals[k], words[k], int(i), r.View.TenureMonths[row])
	})
	for row, i := range at {
		if i >= 0 && len(s.Flawed) > 0 {
			r.Signals.Flawed[row] = s.Flawed[i]
		}
	}
}

// fits reports whether a stored column holds values of a signal: numbers for a
// number, and of words only those that it knows.
func (c *StoredSignal) fits(def *plan.Signal) bool {
	if !def.IsWord() {
		return c.Words == nil
	}
	return c.Numbers == nil && !slices.ContainsFunc(c.Words, func(w string) bool { return w != "" && !slices.Contains(def.Words, w) })
}

// given is one stored cell under the signal's present definition; tenure is in
// months, -1 where unknown.
func (c *StoredSignal) given(def *plan.Signal, words map[string]int, i int, tenure int32) signal.Given {
	g := signal.Given{State: c.States[i]}
	short := tenure >= 0 && tenure < def.MinTenureMonths
	switch {
	case g.State == signal.Known && short:
		g.State = signal.NotApplicable
	case g.State == signal.NotApplicable && !short:
		g.State = signal.Missing // it applies now, and was not measured then
	case g.State != signal.Known:
	case def.IsWord():
		g.Value = float64(words[c.Words[i]])
	default:
		if g.Value = c.Numbers[i]; !def.Domain.Contains(plan.Round9(g.Value)) {
			g = signal.Given{State: signal.Invalid}
		}
	}
	return g
}

// manual fills Manual from the stored entries.
func (r *Restored) manual(s *Stored, p *plan.Plan, at []int32) {
	if len(s.Overrides) == 0 {
		return
	}
	for row, i := range at {
		if i < 0 || s.Overrides[i] == "" {
			continue
		}
		for _, entry := range strings.Split(s.Overrides[i], separator) {
			v, ok := overrides.Parse(p, entry)
			if !ok || v.Signal != overrides.None && !r.Signals.Collected[v.Signal] {
				r.Lapsed++
				continue
			}
			v.Row, v.From, v.Until = int32(row), s.AsOf, s.AsOf
			r.Manual = append(r.Manual, v)
		}
	}
	overrides.Sort(r.Manual)
}

// reported puts what was published on the rows of the table.
func (s *Stored) reported(at []int32) *compare.Reported {
	out := &compare.Reported{
		Composite: slices.Repeat([]float64{math.NaN()}, len(at)), Tenths: slices.Repeat([]int32{score.NotScored}, len(at)), Status: make([]string, len(at)),
	}
	for k := range s.Pillars {
		if s.Pillars[k].Weight == nil { // schema 1
			continue
		}
		w := slices.Repeat([]float64{math.NaN()}, len(at))
		for row, i := range at {
			if i >= 0 {
				w[row] = s.Pillars[k].Score[i] * s.Pillars[k].Weight[i]
			}
		}
		out.Pillars, out.Weighted = append(out.Pillars, s.Pillars[k].Name), append(out.Weighted, w)
	}
	for row, i := range at {
		if i >= 0 {
			out.Composite[row], out.Tenths[row], out.Status[row] = s.Composite[i], s.Tenths[i], s.Status[i]
		}
	}
	return out
}
