package explain

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// changes fills the trend and the changes since earlier days.
func (s *Source) changes(c *Card, row int) {
	if c.Score == nil {
		return
	}
	res := s.Now.Result
	t := &Trend{}
	prior, has := int32(score.NotScored), false
	if len(s.Changes) > 0 {
		if from := s.Changes[0].From; from.View.Class[row].Scored() && from.Result.Tenths[row] >= 0 {
			prior, has = from.Result.Tenths[row], true
			t.Against = day.Format(from.View.AsOf)
			t.Change = number(float64(res.Tenths[row]-prior) / 10)
		}
	}
	word := score.Trend(res.Tenths[row], prior, has, res.Plan.Rules[res.Rules[row]].Trend)
	t.Word, t.Phrase, t.Action, t.Watch = word.String(), word.Phrase(res.Band(row)), word.Action(), word.Watch()
	c.Trend = t
	for i := range s.Changes {
		if d := s.delta(&s.Changes[i], row); d != nil {
			c.Changes = append(c.Changes, *d)
			if i == 0 && t.Change != nil {
				t.Since = since(*t.Change, d.Drivers)
			}
		}
	}
}

func (s *Source) delta(ch *Change, row int) *Delta {
	m, ok := ch.Path.Move(row)
	if !ok || !ch.From.View.Class[row].Scored() {
		return nil
	}
	tenth := func(t int32) float64 { return float64(t) / 10 }
	d := &Delta{
		Against: day.Format(ch.From.View.AsOf), Basis: ch.Basis, FromScore: tenth(m.From), FromStatus: ch.Path.StatusBefore(row),
		Change: tenth(m.Delta()), Framework: tenth(m.By[compare.Framework]), Data: tenth(m.By[compare.Data]),
		Override: tenth(m.By[compare.Override]), Behaviour: tenth(m.By[compare.Behaviour]), Drivers: []Driver{},
	}
	reweighted := [compare.Parts]float64{}
	for _, driver := range ch.Path.Drivers(row) {
		if driver.Signal != compare.None && !s.moved(ch, driver, row) {
			reweighted[driver.Part] += driver.Points
			continue
		}
		d.Drivers = append(d.Drivers, s.driver(ch, driver, row))
	}
	for part, points := range reweighted {
		if math.Abs(points) >= shown {
			d.Drivers = append(d.Drivers, Driver{
				Part: compare.Part(part).String(), Label: "Weights", Points: points, What: "the other signals weigh otherwise: " + s.known(ch, row),
			})
		}
	}
	slices.SortStableFunc(d.Drivers, func(a, b Driver) int { return cmp.Compare(math.Abs(b.Points), math.Abs(a.Points)) })
	return d
}

// shown is the least share of a change, in points, that is told.
const shown = 0.05

// moved reports whether a part of a change moved the signal itself, or only what
// its unchanged value weighs. Data moves signals that were unknown or are now.
func (s *Source) moved(ch *Change, d compare.Driver, row int) bool {
	was, is := ch.From.Result.Rung[d.Signal][row], s.Now.Result.Rung[d.Signal][row]
	if d.Part == compare.Data {
		return (was < 0) != (is < 0)
	}
	return rowText(&ch.From, d.Signal, row) != rowText(&s.Now, d.Signal, row)
}

// known names the signals that came to be known, or ceased to be.
func (s *Source) known(ch *Change, row int) string {
	var out []string
	for k := range s.Now.Result.Plan.Signals {
		label := s.Now.Result.Plan.Signals[k].Label
		switch was, is := ch.From.Result.Rung[k][row], s.Now.Result.Rung[k][row]; {
		case s.Now.Result.Plan.Signals[k].Kind == plan.Flag:
		case was < 0 && is >= 0:
			out = append(out, label+" became known")
		case was >= 0 && is < 0:
			out = append(out, label+" is "+rowText(&s.Now, k, row))
		}
	}
	if len(out) == 0 {
		return "what is known is the same"
	}
	return strings.Join(out, ", ")
}

func (s *Source) driver(ch *Change, d compare.Driver, row int) Driver {
	p := s.Now.Result.Plan
	out := Driver{Part: d.Part.String(), Pillar: p.Pillars[d.Pillar].Name, Label: p.Pillars[d.Pillar].Label, Points: d.Points}
	if d.Signal == compare.None {
		switch d.Part {
		case compare.Framework:
			out.What = out.Label + " by the framework's rules"
		default:
			out.From, out.To = pillarText(&ch.From, d.Pillar, row), pillarText(&s.Now, d.Pillar, row)
			out.What = fmt.Sprintf("%s %s → %s", out.Label, out.From, out.To)
		}
		return out
	}
	def := &p.Signals[d.Signal]
	out.Signal, out.Label = def.Name, def.Label
	out.From, out.To = rowText(&ch.From, d.Signal, row), rowText(&s.Now, d.Signal, row)
	out.What = fmt.Sprintf("%s: %s → %s", out.Label, out.From, out.To)
	if rung := s.Now.Result.Rung[d.Signal][row]; d.Points < 0 && rung >= 0 {
		if risk := s.rung(d.Signal, row).Risk; risk != "" {
			out.What = risk
		}
	}
	out.Event, out.Seen = s.event(d.Signal, row), s.seen(ch, d.Signal, row)
	return out
}

// rowText names the ladder row of a signal, or why it has none.
func rowText(sc *portfolio.Scored, sig, row int) string {
	g := sc.Result.Rung[sig][row]
	if g < 0 {
		return signal.State(sc.Signals.States(sig).Value(row)).String()
	}
	out := sc.Result.Plan.Rules[sc.Result.Rules[row]].Ladders[sig][g].Label
	for _, v := range sc.Result.ManualOf(row) {
		if v.Signal == sig {
			out += " by hand"
		}
	}
	return out
}

// pillarText writes a pillar's score, and whether somebody set it.
func pillarText(sc *portfolio.Scored, pillar, row int) string {
	v := sc.Result.Pillars[pillar][row]
	switch {
	case math.IsNaN(v):
		return "unknown"
	case sc.Result.PillarByHand(pillar, row):
		return fmt.Sprintf("%.0f by hand", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// event is the day of the row that gave the present value, or the day from which
// days are counted; "" where the value is a mean or a count over a window, which
// no single row began.
func (s *Source) event(sig, row int) string {
	snap, def := s.Now.Signals, &s.Now.Result.Plan.Signals[sig]
	newest, derive := snap.Newest(sig), chosen(def, int(snap.Basis(sig).Value(row)))
	if v, ok := snap.Value(sig, row); ok && derive.DaysSince != nil {
		return day.Format(s.Now.View.AsOf - int32(v))
	}
	if newest.IsNull(row) || !single(derive) {
		return ""
	}
	return day.Format(int32(newest.Value(row)))
}

// single reports whether one row decides a derivation's value.
func single(d *plan.Derivation) bool {
	switch {
	case d.Agg != nil:
		return d.Agg.Func == plan.Latest || d.Agg.Func == plan.MaxBy || d.Agg.Func == plan.Min || d.Agg.Func == plan.Max
	case d.Case != nil, len(d.LatestOf) > 0:
		return true
	}
	return false
}

// seen is the first scored day since the change's from which on the signal has
// been on its present row.
func (s *Source) seen(ch *Change, sig, row int) string {
	now, res := s.Now.Result.Rung[sig][row], s.Now.Result
	first := s.Now.View.AsOf
	for i := len(s.Days) - 1; i >= 0; i-- {
		d := &s.Days[i]
		same := d.View.AsOf > ch.From.View.AsOf && res.Plan.SameLadder(int(d.Result.Rules[row]), int(res.Rules[row]), sig) && d.Result.Rung[sig][row] == now
		if !same {
			break
		}
		first = d.View.AsOf
	}
	return day.Format(first)
}

// since dates a change, restated under the framework in force now, by its largest
// driver in the same direction; the framework's own part is not in it.
func since(change float64, drivers []Driver) string {
	if change == 0 {
		return ""
	}
	word := "up"
	if change < 0 {
		word = "down"
	}
	for _, driver := range drivers {
		if driver.Part == compare.Framework.String() || driver.Points > 0 != (change > 0) {
			continue
		}
		what := driver.What
		if len(what) > 1 && what[1] >= 'a' && what[1] <= 'z' { // not an acronym
			what = strings.ToLower(what[:1]) + what[1:]
		}
		when := ""
		if driver.Event != "" {
			when = " since " + driver.Event
		}
		return fmt.Sprintf("%s %.1f%s: %s (%+.1f)", word, math.Abs(change), when, what, driver.Points)
	}
	return ""
}
