package advise

import (
	"math"
	"strconv"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// evidence shows a known signal's value as a person would say it.
func (a *Advice) evidence(sig, row int) Evidence {
	e := Evidence{Signal: sig, Day: population.NoDay}
	if d := a.snap.Newest(sig); !d.IsNull(row) {
		e.Day = int32(d.Value(row))
	}
	s := &a.Plan.Signals[sig]
	v, ok := a.snap.Value(sig, row)
	switch {
	case !ok:
	case s.IsWord():
		// A row of one word says it better than the word; a row of several hides it.
		word := strings.ReplaceAll(s.Words[int(v)], "_", " ")
		if r := a.rung(sig, row); r != nil && len(r.Words) == 1 && r.Label != "" {
			word = r.Label
		}
		e.Text = s.Label + ": " + word
	default:
		e.Text = say(s, v)
		if n := int(a.snap.Basis(sig).Value(row)); s.Unit == "ratio" && n < len(s.Derive.FirstOf) && s.Derive.FirstOf[n].Basis != "" {
			e.Text += " of " + s.Derive.FirstOf[n].Basis
		}
	}
	return e
}

// say writes a number with its label and unit: "Active users 24%", "8 days since
// last login", "Payment 15 days", "NPS 5".
func say(s *plan.Signal, v float64) string {
	switch s.Unit {
	case "ratio":
		return s.Label + " " + number(v*100) + "%"
	case "", "score", "rating":
		return s.Label + " " + number(v)
	}
	unit := s.Unit
	if v == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	// A label that begins with the unit already says what is counted.
	if rest, ok := strings.CutPrefix(strings.ToLower(s.Label), s.Unit+" "); ok {
		return number(v) + " " + unit + " " + rest
	}
	return s.Label + " " + number(v) + " " + unit
}

// number writes at most two decimals and no zeros at the end.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// String writes the value with the day of its newest row, "NPS 5, 12 Jun 2026".
func (e Evidence) String() string {
	if e.Day == population.NoDay || e.Text == "" {
		return e.Text
	}
	return e.Text + ", " + day.Time(e.Day).Format("2 Jan 2006")
}

// EvidenceOf shows a signal's value with its day, "" where it has none.
func (a *Advice) EvidenceOf(sig, row int) string { return a.evidence(sig, row).String() }
