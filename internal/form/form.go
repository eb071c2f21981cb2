// Package form assesses accounts from forms that people fill in by hand: one
// account's facts and the value of every signal, without an export. A framework's
// cases are such forms with the result that is expected; Run says which hold.
//
// It refuses, with every problem at once and its place, signals that the
// framework does not have and values that they cannot have. What a form leaves
// out is missing, as it would be in an export.
//
// It stands beside the job: the values come from a person instead of from signal,
// and go through the same score and advise.
package form

import (
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/signal"
	"accounthealth/internal/yamlfile"
)

// Form is one account as somebody described it.
type Form struct {
	Account, Segment, Tier, Owner string
	Currency                      string
	ARR                           float64 // NaN where it is not given
	AsOf                          int32   // the day it describes
	Renewal                       int32   // day.None where it is not given
	NoticeDays                    int32
	TenureMonths                  int32 // -1 where it is not given

	Values []signal.Given // by signal of the plan
	Notes  []string       // what somebody wrote beside the value, by signal
}

// Read reads a form file for a plan's signals. asOf is the day of a form that
// names none. The error joins every problem as a diag.Error of class Config.
func Read(name string, src []byte, p *plan.Plan, asOf int32) (*Form, error) {
	root, err := yamlfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	f := read(root, p, asOf)
	f.Account = root.Need("account").Text()
	root.Done()
	if err := root.Err(); err != nil {
		return nil, err
	}
	return f, nil
}

// read reads everything but the account's name, and leaves Done to the caller.
func read(n *yamlfile.Node, p *plan.Plan, asOf int32) *Form {
	f := &Form{
		ARR: math.NaN(), AsOf: asOf, Renewal: day.None, TenureMonths: -1,
		Values: slices.Repeat([]signal.Given{{State: signal.Missing}}, len(p.Signals)), Notes: make([]string, len(p.Signals)),
	}
	for key, into := range map[string]*string{"segment": &f.Segment, "tier": &f.Tier, "owner": &f.Owner, "currency": &f.Currency} {
		*into = n.Field(key).Text()
	}
	if v := n.Field("arr"); v.Present() {
		f.ARR = v.Float(0, 1e12)
	}
	if v := n.Field("as_of"); v.Present() {
		f.AsOf = v.Date()
	}
	if v := n.Field("renewal"); v.Present() {
		f.Renewal = v.Date()
	}
	f.NoticeDays = int32(n.Field("notice_days").Int(0, 730))
	if v := n.Field("tenure_months"); v.Present() {
		f.TenureMonths = int32(v.Int(0, 1200))
	}
	var names []string
	for i := range p.Signals {
		names = append(names, p.Signals[i].Name)
	}
	for name, v := range n.Need("signals").Pairs() {
		i := slices.Index(names, name)
		if i < 0 {
			v.ProblemAtKey(yamlfile.Near(name, names), "framework %s has no signal %q", p.Name, name)
			continue
		}
		stated := v
		if v.Kind() == yamlfile.Map {
			stated = v.Need("value")
			f.Notes[i] = v.Field("note").Text()
			v.Done()
		}
		f.Values[i] = value(stated, &p.Signals[i])
	}
	for i := range p.Signals { // as signal decides it
		if least := p.Signals[i].MinTenureMonths; f.TenureMonths >= 0 && f.TenureMonths < least {
			f.Values[i] = signal.Given{State: signal.NotApplicable}
		}
	}
	return f
}

// The words that stand for a state instead of a value.
const (
	unknown       = "unknown"
	notApplicable = "not applicable"
)

func value(n *yamlfile.Node, s *plan.Signal) signal.Given {
	missing := signal.Given{State: signal.Missing}
	if !n.Is(yamlfile.Scalar) {
		return missing
	}
	text := n.Word()
	switch {
	case text == "" || text == unknown:
		return missing
	case text == notApplicable:
		return signal.Given{State: signal.NotApplicable}
	case s.IsWord():
		i := slices.IndexFunc(s.Words, func(w string) bool { return w == text || strings.ReplaceAll(w, "_", " ") == text })
		if i < 0 {
			n.Problem(yamlfile.Near(text, append(slices.Clone(s.Words), unknown, notApplicable)), "%s is %q", s.Name, text)
			return missing
		}
		return signal.Given{Value: float64(i)}
	}
	x, ok := number(text)
	switch {
	case !ok:
		n.Problem("write a number, a share such as 72% or 18/25, unknown or not applicable", "%s is %q, not a number", s.Name, text)
		return missing
	case !s.Domain.Contains(plan.Round9(x)):
		n.Problem("write a possible value", "%s cannot be %s", s.Name, text)
		return missing
	}
	return signal.Given{Value: x}
}

// number reads 4.8, 72% or 18/25.
func number(text string) (float64, bool) {
	above, below, ratio := strings.Cut(text, "/")
	x, _, ok := yamlfile.ParseNumber(strings.TrimSpace(above))
	if !ratio || !ok {
		return x, ok
	}
	y, _, ok := yamlfile.ParseNumber(strings.TrimSpace(below))
	return x / y, ok && y > 0
}
