// Package overrides reads the values that people set by hand: an account, a
// pillar or a signal of the framework, the value to use, why, who says so, and
// until when. It decides which of them are usable and which are in force on a
// day.
//
// It refuses what it cannot be sure of: a target that is neither a pillar nor a
// signal, a value that cannot be one of the target's, a note without a reason or
// an author, one without a day it was set, one for an account nobody knows. Such
// rows are listed with file, row and reason, and are never applied.
//
// It applies nothing itself: signal puts the values of signals into a snapshot
// and score those of pillars, both through Value. It stands between intake,
// which reads the rows, and those two.
package overrides

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
)

// None marks the absence of a pillar or a signal in a Value.
const None = -1

// The findings that only this source has; the others are diag's.
const (
	Expired      diag.Code = "expired"       // it applied until a day before the as-of date
	Superseded   diag.Code = "superseded"    // a newer one for the same account and target is in force
	Incomplete   diag.Code = "incomplete"    // no reason or no author
	NotCollected diag.Code = "not_collected" // no source is mapped for the signal, so that it is in no score
)

// Value is one value set by hand.
type Value struct {
	Row    int32 // population row
	Pillar int   // index into Plan.Pillars, or None
	Signal int   // index into Plan.Signals, or None
	// Value is a pillar's score, 0 to 100, or a signal's number, or the index of
	// its word.
	Value  float64
	Reason string
	Author string
	// From and Until are the first and the last day it is in force; Until is
	// day.None where it has no end.
	From, Until int32

	set  int64 // wall-clock microseconds: the newest wins
	file string
	line int64 // zero-based row of the file
	cell *cell // of a book; nil elsewhere
	id   string
}

// InForce reports whether the value applies on day t, unless a newer one does.
func (v *Value) InForce(t int32) bool {
	return v.From <= t && (v.Until == day.None || t <= v.Until)
}

// Target returns the name of the pillar or signal.
func (v *Value) Target(p *plan.Plan) string {
	if v.Signal != None {
		return p.Signals[v.Signal].Name
	}
	return p.Pillars[v.Pillar].Name
}

// Label is Target for people.
func (v *Value) Label(p *plan.Plan) string {
	if v.Signal != None {
		return cmp.Or(p.Signals[v.Signal].Label, p.Signals[v.Signal].Name)
	}
	return cmp.Or(p.Pillars[v.Pillar].Label, p.Pillars[v.Pillar].Name)
}

// Text writes the value as it may be entered: "55", "72%", "engaged".
func (v *Value) Text(p *plan.Plan) string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	if v.Signal == None {
		return number(v.Value)
	}
	switch s := &p.Signals[v.Signal]; {
	case s.IsWord():
		return s.Words[int(v.Value)]
	case s.Unit == ratio:
		return number(plan.Round9(v.Value*100)) + "%"
	}
	return number(v.Value)
}

// Sentence writes the value with its end, its reason and its author:
// "support = 55 until 2026-09-30 (outage settled on the phone, Ana Ruiz)".
func (v *Value) Sentence(p *plan.Plan) string {
	until := "without end"
	if v.Until != day.None {
		until = "until " + day.Format(v.Until)
	}
	why := "reason and author left out"
	if v.Reason != "" {
		why = v.Reason + ", " + v.Author
	}
	return fmt.Sprintf("%s = %s %s (%s)", v.Target(p), v.Text(p), until, why)
}

// compareTargets orders by account, pillars before signals, then as the
// framework does.
func compareTargets(a, b Value) int {
	return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Pillar, b.Pillar))
}

// Of returns the run of values of one account from a list sorted by Row.
func Of(values []Value, row int) []Value {
	byRow := func(v Value, row int) int { return cmp.Compare(int(v.Row), row) }
	lo, _ := slices.BinarySearchFunc(values, row, byRow)
	hi, _ := slices.BinarySearchFunc(values, row+1, byRow)
	return values[lo:hi:hi]
}

// Set is everything one source says. A nil Set is empty.
type Set struct {
	plan    *plan.Plan
	today   int32
	rows    int
	remarks int
	values  []Value // usable on some day: by target, newest first, then as read
	refused []diag.Finding
}

// Plan returns the plan whose targets the values have.
func (s *Set) Plan() *plan.Plan { return s.plan }

// At returns the values in force on day t, one an account and target, by
// account, pillars before signals, then in the order of the framework. Of several
// for one account and target the newest counts.
func (s *Set) At(t int32) []Value {
	if s == nil {
		return nil
	}
	var out []Value
	for i := range s.values {
		v := &s.values[i]
		if !v.InForce(t) || len(out) > 0 && compareTargets(out[len(out)-1], *v) == 0 {
			continue
		}
		out = append(out, *v)
	}
	return out
}

// LeaveOutPeople drops what people wrote and their names; the values stay.
func (s *Set) LeaveOutPeople() {
	if s == nil {
		return
	}
	for i := range s.values {
		s.values[i].Reason, s.values[i].Author = "", ""
	}
}

// State is what a usable value is on a day.
type State string

// The states of a usable value.
const (
	InForce    State = "in force"
	HasExpired State = "expired"
	Replaced   State = "superseded"
	Pending    State = "not yet set"
)

// All returns every usable value, of every day, in the order of At and of one
// account and target the newest first, with its state on day t.
func (s *Set) All(t int32) ([]Value, []State) {
	if s == nil {
		return nil, nil
	}
	states := make([]State, len(s.values))
	var current *Value // the newest in force of the target being walked
	for i := range s.values {
		v := &s.values[i]
		switch {
		case v.From > t:
			states[i] = Pending
		case !v.InForce(t):
			states[i] = HasExpired
		case current != nil && compareTargets(*current, *v) == 0:
			states[i] = Replaced
		default:
			states[i], current = InForce, v
		}
	}
	return slices.Clone(s.values), states
}

// Collected drops the values of signals that no source is mapped for: such a
// signal is in nobody's score. It is indexed by signal.
func (s *Set) Collected(collected []bool) {
	if s == nil {
		return
	}
	s.values = slices.DeleteFunc(s.values, func(v Value) bool {
		if v.Signal == None || collected[v.Signal] {
			return false
		}
		s.refused = append(s.refused, v.finding(NotCollected, "target", v.Target(s.plan)+": no source is mapped for this signal; override its pillar instead"))
		return true
	})
}

func (v *Value) finding(code diag.Code, column, text string) diag.Finding {
	f := diag.Finding{Code: code, Source: sourceName, Column: column, File: v.file, Row: v.line, Key: v.id, Value: text}
	if v.cell != nil {
		f.Cell = v.cell.name(column)
	}
	return f
}

// Remarks counts the rows of books with a note and no value: they change nothing.
func (s *Set) Remarks() int {
	if s == nil {
		return 0
	}
	return s.remarks
}

// Counts says what became of every row on the as-of date; the parts sum to Rows.
type Counts struct {
	Rows, InForce, Superseded, Expired, Pending, Refused int
}

// Count counts the rows as of the as-of date.
func (s *Set) Count() Counts {
	if s == nil {
		return Counts{}
	}
	c := Counts{Rows: s.rows}
	for _, f := range s.Left() {
		switch f.Code {
		case Expired:
			c.Expired++
		case Superseded:
			c.Superseded++
		case diag.FutureDate:
			c.Pending++
		default:
			c.Refused++
		}
	}
	c.InForce = c.Rows - c.Superseded - c.Expired - c.Pending - c.Refused
	return c
}

// Left lists, by file and row, every row without a part in the scores of the
// as-of date, one finding a row: expired, replaced by a newer one, not yet set,
// or refused. A finding's Value says what is wrong and what would mend it.
func (s *Set) Left() []diag.Finding {
	if s == nil {
		return nil
	}
	out := slices.Clone(s.refused)
	var current *Value // the newest in force of the target being walked
	values, states := s.All(s.today)
	for i := range values {
		v := &values[i]
		switch states[i] {
		case Pending:
			out = append(out, v.finding(diag.FutureDate, "set_at", "set on "+day.Format(v.From)))
		case HasExpired:
			out = append(out, v.finding(Expired, "expires_at", v.Target(s.plan)+" = "+v.Text(s.plan)+" expired on "+day.Format(v.Until)))
		case Replaced:
			out = append(out, v.finding(Superseded, "", v.Target(s.plan)+" = "+v.Text(s.plan)+" was replaced by "+current.Text(s.plan)))
		default:
			current = v
		}
	}
	slices.SortStableFunc(out, func(a, b diag.Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row))
	})
	return out
}
