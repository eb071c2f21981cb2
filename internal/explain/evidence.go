package explain

import (
	"fmt"
	"math"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/signal"
)

// Part is the rows that one aggregate of a signal used.
type Part struct {
	What string `json:"what"`           // "sum of usage.active_users in 30 days, working days only"
	Role string `json:"role,omitempty"` // numerator, denominator, recent, before, "test for" a word
	// Value is what the aggregate gives; null where it gives a word or a day.
	Value *float64 `json:"value"`
	Rows  int      `json:"rows"` // that counted
	// Decides says that one row decides, the first shown; the others are superseded.
	Decides bool `json:"one_row_decides"`
	// Unusable counts rows that would have counted but for a value that cannot be
	// used.
	Unusable int   `json:"unusable"`
	Shown    []Row `json:"shown"` // what decides first: the newest, or the extreme one
}

// Row is one row of an export.
type Row struct {
	File     string `json:"file"`
	Row      int64  `json:"row"` // from 1 within the file
	Day      string `json:"day,omitempty"`
	Key      []Cell `json:"key"`
	Read     []Cell `json:"read"` // what the aggregate reads of it
	Unusable bool   `json:"unusable"`
}

// Cell is one value as it was read, null where there is none or it is unusable.
type Cell struct {
	Column   string  `json:"column"`
	Value    *string `json:"value"`
	Unusable bool    `json:"unusable"`
	Says     string  `json:"says,omitempty"` // what an unusable one says, where that is known
}

// Attach adds the rows behind each signal, those that made it invalid too; none
// where the value was set by hand or the signal does not apply to the account. parts
// are by signal, as signal.Evidence gives them.
func (s *Source) Attach(c *Card, row int, parts [][]signal.Part) {
	p := s.Now.Result.Plan
	byHand := map[string]bool{}
	for _, v := range s.Now.Result.ManualOf(row) {
		if v.Signal >= 0 {
			byHand[p.Signals[v.Signal].Name] = true
		}
	}
	for i := range c.Signals {
		if byHand[c.Signals[i].Name] || c.Signals[i].State == signal.NotApplicable.String() {
			continue // no row is behind it
		}
		for k := range parts[i] {
			c.Signals[i].Evidence = append(c.Signals[i].Evidence, partOf(&parts[i][k]))
		}
	}
}

func partOf(p *signal.Part) Part {
	out := Part{What: what(&p.Agg), Role: strings.ReplaceAll(p.Role, "_", " "), Value: number(p.Value), Rows: p.Rows, Decides: p.Agg.Func == plan.Latest || p.Agg.Func == plan.MaxBy, Unusable: p.Unusable, Shown: []Row{}}
	for _, r := range p.Shown {
		one := Row{File: r.File, Row: r.Row + 1, Key: cells(r.Key), Read: cells(r.Read), Unusable: r.Unusable}
		if r.Day != population.NoDay {
			one.Day = day.Format(r.Day)
		}
		out.Shown = append(out.Shown, one)
	}
	return out
}

func cells(list []signal.Cell) []Cell {
	out := make([]Cell, len(list))
	for i, c := range list {
		out[i] = Cell{Column: c.Column, Unusable: c.Status == intake.Bad}
		switch c.Status {
		case intake.Known:
			out[i].Value = &c.Value
		case intake.Bad:
			out[i].Says = c.Value
		}
	}
	return out
}

// functions are the aggregates of one column in words.
var functions = map[plan.Func]string{
	plan.Latest: "newest", plan.Sum: "sum of", plan.Mean: "mean of", plan.Min: "least", plan.Max: "greatest",
}

// what writes an aggregate in words.
func what(a *plan.Agg) string {
	name := a.Source
	if a.Column != "" {
		name += "." + a.Column
	}
	var out string
	switch a.Func {
	case plan.Count:
		out = "rows of " + name
	case plan.Periods:
		out = fmt.Sprintf("parts, of %d, with a row of %s", a.Parts, name)
	case plan.MaxBy:
		out = fmt.Sprintf("%s where %s is greatest", name, a.By)
	default:
		out = functions[a.Func] + " " + name
	}
	switch {
	case a.Window > 0 && a.Shift > 0:
		out += fmt.Sprintf(", days %d to %d back", a.Shift+1, a.Shift+a.Window)
	case a.Window > 0:
		out += fmt.Sprintf(" in %d days", a.Window)
	case a.Shift > 0:
		out += fmt.Sprintf(", more than %d days back", a.Shift)
	}
	switch {
	case a.From != "":
		out += ", open on the day: from " + a.From
		if a.Until != "" {
			out += " until " + a.Until
		}
	case len(a.At) > 0:
		out += " by " + strings.Join(a.At, ", else ")
	}
	if a.Days == plan.WorkingDays {
		out += ", working days only"
	}
	for i := range a.Where {
		out += ", " + condition(&a.Where[i])
	}
	return out
}

func condition(c *plan.Cond) string {
	var out string
	switch {
	case c.Bounded && math.IsInf(c.AtLeast, -1):
		out = fmt.Sprintf("%s below %s", c.Column, intake.FormatNumber(c.Below))
	case c.Bounded && math.IsInf(c.Below, 1):
		out = fmt.Sprintf("%s at least %s", c.Column, intake.FormatNumber(c.AtLeast))
	case c.Bounded:
		out = fmt.Sprintf("%s from %s to below %s", c.Column, intake.FormatNumber(c.AtLeast), intake.FormatNumber(c.Below))
	case len(c.In) > 0 && c.Not:
		out = c.Column + " not " + strings.Join(c.In, " or ")
	case len(c.In) > 0:
		out = c.Column + " " + strings.Join(c.In, " or ")
	case c.Null:
		return c.Column + " empty"
	default:
		return c.Column + " filled"
	}
	if c.Null {
		out += " or empty"
	}
	return out
}
