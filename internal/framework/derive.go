package framework

import (
	"math"
	"slices"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// operators are the keys that say how a signal is derived, beside the aggregate
// functions.
var operators = []string{"ratio", "days_since", "trend", "case", "first_of", "latest_of", "column"}

// trendWords are the words that a trend gives.
var trendWords = []string{"up", "stable", "down"}

// derivation reads how a signal is computed. The alternatives of first_of are
// nested: they hold no first_of themselves.
func (c *compiler) derivation(n *yamlfile.Node, s *plan.Signal, nested bool) plan.Derivation {
	var d plan.Derivation
	if !n.Is(yamlfile.Map) {
		return d
	}
	ops := append(slices.Clone(operators), aggFuncs...)
	if nested {
		ops = slices.DeleteFunc(ops, func(op string) bool { return op == "first_of" })
	}
	op := c.function(n, ops)
	switch op.Name() {
	case "ratio":
		c.wants(op, s, aNumber)
		if !op.Is(yamlfile.Map) {
			break
		}
		d.Ratio = &plan.Ratio{Num: c.inner(op.Need("of"), aNumber), Den: c.inner(op.Need("to"), aNumber)}
		op.Done()
	case "days_since":
		c.wants(op, s, aNumber)
		a := c.inner(op, aDate)
		d.DaysSince = &a
	case "trend":
		d.Trend = c.trend(op, s)
	case "case":
		d.Case = c.cases(op, n.Need("else"), s)
	case "first_of":
		for _, e := range op.Items() {
			f := plan.FirstOf{Basis: e.Need("basis").Text()}
			f.Derive = c.derivation(e, s, true)
			d.FirstOf = append(d.FirstOf, f)
		}
		if op.Kind() == yamlfile.List && op.Len() < 2 {
			op.Problem("write it without first_of", "first_of needs at least two alternatives")
		}
	case "latest_of":
		for _, e := range op.Items() {
			a := c.inner(e, kindOf(s))
			if a.Source != "" && a.Func != plan.Latest {
				e.Problem("use latest", "latest_of compares the newest rows, not %s", a.Func)
			}
			d.LatestOf = append(d.LatestOf, &a)
		}
		if op.Kind() == yamlfile.List && op.Len() < 2 {
			op.Problem("write latest alone", "latest_of needs at least two sources")
		}
	case "column":
		d.Signal = &plan.SignalRef{Column: c.signalColumn(op, s)}
	default:
		a := c.aggregate(n, kindOf(s))
		d.Agg = &a
	}
	n.Done()
	return d
}

// kindOf says what the derivation of a signal must give.
func kindOf(s *plan.Signal) result {
	if s.IsWord() {
		return aWord
	}
	return aNumber
}

// wants records a problem when an operator gives something else than the signal
// is made of.
func (c *compiler) wants(op *yamlfile.Node, s *plan.Signal, gives result) {
	if op.Present() && kindOf(s) != gives {
		op.ProblemAtKey("change the ladder or the derivation", "%s gives %s, but the ladder of %s is made for %s", op.Name(), gives, s.Name, kindOf(s))
	}
}

// inner reads an aggregate that has a map of its own.
func (c *compiler) inner(n *yamlfile.Node, want result) plan.Agg {
	if !n.Is(yamlfile.Map) {
		return plan.Agg{}
	}
	a := c.aggregate(n, want)
	n.Done()
	return a
}

func (c *compiler) trend(op *yamlfile.Node, s *plan.Signal) *plan.TrendOf {
	if !op.Is(yamlfile.Map) {
		return nil
	}
	t := &plan.TrendOf{
		Tolerance: op.Need("tolerance").Share(0, 10),
		MinChange: op.Field("min_change").Float(0, 1e12),
	}
	t.Agg = c.aggregate(op, aNumber)
	if t.Agg.Source != "" {
		switch {
		case t.Agg.From != "":
			op.Problem(`use "at"`, "a trend compares rows placed by a moment, not by from and until")
		case t.Agg.Window == 0:
			op.Problem("add window: 28", "a trend needs a window to compare with the one before")
		}
	}
	if sorted := slices.Sorted(slices.Values(s.Words)); !slices.Equal(sorted, slices.Sorted(slices.Values(trendWords))) && !c.given(s, trendWords) {
		op.ProblemAtKey("give the ladder a row for each of "+strings.Join(trendWords, ", "), "the ladder of %s does not have exactly the words of a trend", s.Name)
	}
	op.Done()
	return t
}

func (c *compiler) cases(op, otherwise *yamlfile.Node, s *plan.Signal) *plan.Case {
	c.wants(op, s, aWord)
	out := &plan.Case{Else: c.wordIndex(otherwise, s)}
	for _, e := range op.Items() {
		b := plan.Branch{Word: c.wordIndex(e.Need("word"), s)}
		when := e.Need("when")
		if when.Kind() == yamlfile.List {
			for _, t := range when.Items() {
				b.Tests = append(b.Tests, c.test(t))
			}
		} else if when.Present() {
			b.Tests = append(b.Tests, c.test(when))
		}
		if when.Present() && len(b.Tests) == 0 {
			when.Problem("write at least one test", "the branch tests nothing")
		}
		e.Done()
		out.Branches = append(out.Branches, b)
	}
	if op.Kind() == yamlfile.List && op.Len() == 0 {
		op.Problem("write at least one branch", "case has no branches")
	}
	return out
}

// test reads {any: rows}, {no: rows}, or an aggregate with at_least or below.
func (c *compiler) test(n *yamlfile.Node) plan.Test {
	if !n.Is(yamlfile.Map) {
		return plan.Test{}
	}
	t := plan.Test{Agg: c.aggregate(n, aNumber, "any", "no")}
	atLeast, below := n.Field("at_least"), n.Field("below")
	short := n.Field("any").Present() || n.Field("no").Present()
	switch {
	case short && (atLeast.Present() || below.Present()):
		n.Problem("write count for a limit of your own", "any and no have their limit already")
	case n.Field("no").Present():
		t.Below = 1
	case short:
		t.AtLeast = 1
	case atLeast.Present() && below.Present():
		below.ProblemAtKey("keep one of them", "at_least and below stand side by side")
	case atLeast.Present():
		t.AtLeast = atLeast.Float(-1e12, 1e12)
	case below.Present():
		t.Below = below.Float(math.SmallestNonzeroFloat64, 1e12)
	case t.Agg.Source != "":
		n.Problem("add at_least or below", "the test has no limit")
	}
	n.Done()
	return t
}

// wordIndex reads a word of the signal's vocabulary.
func (c *compiler) wordIndex(n *yamlfile.Node, s *plan.Signal) int {
	w := n.Word()
	if !s.IsWord() {
		return 0
	}
	return max(c.words[s.Name].refer(n, w, "%q has no row in the ladder of %s", s.Name), 0)
}
