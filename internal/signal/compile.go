package signal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/source"
)

// Signals is the name of the source with pre-aggregated signals. A column of it
// that is named like a signal of the plan replaces the signal's derivation.
const Signals = "signals"

// program is a plan bound to the sources that are mapped.
type program struct {
	signals []binding
	sources []*feed // by name
}

// feed is everything that one pass over a source computes.
type feed struct {
	name    string
	in      *intake.Input
	slots   []*slot
	places  []*placement
	columns []string // to be read, AccountID first
	used    []string // those of them that aggregates use, AccountID first
	reading []string // by the current pass

	snapshots copyDates // layout snapshot only
	keys      *keys     // nil where rows have none
}

// slot is one aggregate; equal aggregates share it.
type slot struct {
	agg   plan.Agg
	words []string // vocabulary of an aggregated text column
	place int      // index into feed.places
	dates []int32  // of the current group
	cells cells
}

// leaf is an aggregate as a signal reads it; the zero value is not collected.
type leaf struct {
	feed *feed
	slot *slot
	// older is the same aggregate without its window, counted only: it tells a
	// stale signal from a missing one. Nil where the window is unbounded.
	older *slot
	// isTime says that the aggregated column is a time.
	isTime bool
}

func (l *leaf) collected() bool { return l.slot != nil }

// binding is one signal of the plan, compiled.
type binding struct {
	sig       *plan.Signal
	node      node
	collected bool
	replaced  bool          // by a column of the signals source: absence stays missing
	inRows    *leaf         // counts the account's visible rows, where absence needs them
	bare      []arrow.Array // the columns of every date, where it is not collected
}

// node is a compiled derivation; exactly one field group is set.
type node struct {
	value  *leaf // Agg and SignalRef
	since  *leaf
	ratio  []leaf // numerator, denominator
	trend  *trendNode
	cases  *caseNode
	first  []node // uncollected alternatives included, so that indexes are bases
	latest []leaf

	collected bool
}

type trendNode struct {
	now, before      leaf
	of               *plan.TrendOf
	up, stable, down float64
}

type caseNode struct {
	of    *plan.Case
	words []string // the signal's vocabulary
	tests [][]leaf // by branch
}

type compiler struct {
	inputs  map[string]intake.Input
	feeds   map[string]*feed
	slots   map[string]*slot
	sig     *plan.Signal
	problem error
}

// compile binds a plan to inputs. A derivation is collected when the columns it
// reads are mapped: at least one of the At columns and every other; for FirstOf
// and LatestOf any alternative; for Case at least one test of every branch.
func compile(p *plan.Plan, inputs map[string]intake.Input) (*program, error) {
	c := &compiler{inputs: inputs, feeds: map[string]*feed{}, slots: map[string]*slot{}}
	prog := &program{signals: make([]binding, len(p.Signals))}
	for i := range p.Signals {
		c.sig = &p.Signals[i]
		b := binding{sig: c.sig}
		if in, ok := inputs[Signals]; ok && in.Has(c.sig.Name) {
			b.node, b.replaced = c.node(&plan.Derivation{Signal: &plan.SignalRef{Column: c.sig.Name}}), true
		} else {
			b.node = c.node(&c.sig.Derive)
		}
		b.collected = b.node.collected
		if b.collected && !b.replaced && c.sig.Absent.Once == plan.AccountInRows {
			l := c.leaf(&plan.Agg{Source: firstSource(&c.sig.Derive), Func: plan.Count}, nil)
			b.inRows = &l
		}
		prog.signals[i] = b
	}
	if c.problem != nil {
		return nil, c.problem
	}
	for _, f := range c.feeds {
		slices.Sort(f.columns[1:])
		slices.Sort(f.used[1:])
		prog.sources = append(prog.sources, f)
	}
	slices.SortFunc(prog.sources, func(a, b *feed) int { return strings.Compare(a.name, b.name) })
	return prog, nil
}

// Collected says, by signal, which ones the inputs' columns give, as Compute would
// find it. It reads no rows.
func Collected(p *plan.Plan, inputs map[string]intake.Input) ([]bool, error) {
	prog, err := compile(p, inputs)
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(prog.signals))
	for i := range out {
		out[i] = prog.signals[i].collected
	}
	return out, nil
}

// firstSource names the source of the derivation's first aggregate.
func firstSource(d *plan.Derivation) string {
	name := ""
	d.Aggs(func(a *plan.Agg) {
		if name == "" {
			name = a.Source
		}
	})
	if name == "" {
		name = Signals
	}
	return name
}

func (c *compiler) fail(format string, args ...any) {
	if c.problem == nil {
		c.problem = diag.Errorf(diag.Config, "signal "+c.sig.Name, "correct the framework's derivation", format, args...)
	}
}

func (c *compiler) node(d *plan.Derivation) node {
	var n node
	switch {
	case d.Agg != nil:
		l := c.leaf(d.Agg, c.words())
		n.value, n.collected = &l, l.collected()
	case d.Signal != nil:
		l := c.leaf(&plan.Agg{Source: Signals, Func: plan.Latest, Column: d.Signal.Column}, c.words())
		n.value, n.collected = &l, l.collected()
	case d.Ratio != nil:
		n.ratio = []leaf{c.leaf(&d.Ratio.Num, nil), c.leaf(&d.Ratio.Den, nil)}
		n.collected = n.ratio[0].collected() && n.ratio[1].collected()
	case d.DaysSince != nil:
		l := c.leaf(d.DaysSince, nil)
		if l.collected() && !l.isTime {
			c.fail("days since %s.%s: the column is not a time", d.DaysSince.Source, d.DaysSince.Column)
		}
		n.since, n.collected = &l, l.collected()
	case d.Trend != nil:
		n.trend = c.trend(d.Trend)
		n.collected = n.trend.now.collected() && n.trend.before.collected()
	case d.Case != nil:
		n.cases, n.collected = c.cases(d.Case)
	case len(d.FirstOf) > 0:
		for i := range d.FirstOf {
			alt := c.node(&d.FirstOf[i].Derive)
			n.first = append(n.first, alt)
			n.collected = n.collected || alt.collected
		}
	case len(d.LatestOf) > 0:
		for _, a := range d.LatestOf {
			if a.Func != plan.Latest {
				c.fail("latest over several sources takes latest aggregates only, not %s", a.Func)
			}
			l := c.leaf(a, c.words())
			n.latest = append(n.latest, l)
			n.collected = n.collected || l.collected()
		}
	default:
		c.fail("it has no derivation")
	}
	return n
}

// words is the vocabulary a word signal's column is read with; not nil, so that
// text can be told from numbers.
func (c *compiler) words() []string {
	if c.sig.IsWord() {
		return c.sig.Words
	}
	return nil
}

func (c *compiler) trend(of *plan.TrendOf) *trendNode {
	before := of.Agg
	before.Shift += before.Window
	if of.Agg.Window <= 0 {
		c.fail("a trend needs a window")
	}
	t := &trendNode{of: of, now: c.leaf(&of.Agg, nil), before: c.leaf(&before, nil)}
	for _, w := range []struct {
		word string
		at   *float64
	}{{"up", &t.up}, {"stable", &t.stable}, {"down", &t.down}} {
		i := slices.IndexFunc(c.sig.Words, func(s string) bool { return strings.EqualFold(s, w.word) })
		if i < 0 {
			c.fail("a trend needs the word %q in its vocabulary", w.word)
		}
		*w.at = float64(i)
	}
	return t
}

func (c *compiler) cases(of *plan.Case) (*caseNode, bool) {
	n, collected := &caseNode{of: of, words: c.sig.Words}, len(of.Branches) > 0
	for i := range of.Branches {
		b := &of.Branches[i]
		var tests []leaf
		any := false
		for j := range b.Tests {
			l := c.leaf(&b.Tests[j].Agg, nil)
			tests = append(tests, l)
			any = any || l.collected()
		}
		n.tests = append(n.tests, tests)
		collected = collected && any
		if b.Word < 0 || b.Word >= len(c.sig.Words) {
			c.fail("a case names word %d of %d", b.Word, len(c.sig.Words))
		}
	}
	if of.Else < 0 || of.Else >= len(c.sig.Words) {
		c.fail("a case's else names word %d of %d", of.Else, len(c.sig.Words))
	}
	return n, collected
}

// leaf returns the slot of an aggregate, shared with equal ones.
func (c *compiler) leaf(a *plan.Agg, words []string) leaf {
	in, ok := c.inputs[a.Source]
	if !ok || !in.Has(intake.AccountID) {
		return leaf{}
	}
	reads, at := c.reads(&in, a)
	for _, name := range reads {
		if !in.Has(name) {
			return leaf{}
		}
	}
	// A table that only knows today may come without a date: its rows are today's.
	// What compares times, or counts rows over a window, cannot do without one.
	undated := len(a.At) > 0 && len(at) == 0
	if undated && (in.Layout != source.Current || a.Shift > 0 || a.Func == plan.Count || a.Func == plan.Periods) {
		return leaf{}
	}
	c.check(&in, a, words)
	f := c.feeds[a.Source]
	if f == nil {
		f = c.feed(a.Source, &in)
	}
	for _, name := range append(reads, at...) {
		f.use(name)
	}
	own := *a
	own.At = at
	if undated {
		own.Days = plan.AllDays
	}
	if in.Layout == source.Events && len(at) == 1 && at[0] == in.Contract.Time {
		own.At = nil // the time that places the source's rows anyway
	}
	col, _ := in.Column(a.Column)
	if col.Role != source.Text {
		if col.Role != source.Flag {
			words = nil
		}
	}
	l := leaf{feed: f, slot: c.slot(f, own, words), isTime: col.Role == source.Time && a.Column != ""}
	if c.sig.MaxAge > 0 && a.Window > 0 {
		own.Func, own.Window, own.Shift, own.Parts, own.By = plan.Count, 0, 0, 0, ""
		l.older = c.slot(f, own, words)
	}
	return l
}

// reads lists the columns an aggregate cannot do without, and the mapped ones of
// its At columns: a coalesced date that is not collected reads as null.
func (c *compiler) reads(in *intake.Input, a *plan.Agg) (need, at []string) {
	for _, name := range []string{a.Column, a.By, a.From, a.Until} {
		if name != "" {
			need = append(need, name)
		}
	}
	for i := range a.Where {
		need = append(need, a.Where[i].Column)
	}
	isAmount := func(name string) bool { c, ok := in.Column(name); return ok && c.Role == source.Money }
	if in.Has(currencyColumn) && slices.ContainsFunc(need, isAmount) {
		need = append(need, currencyColumn)
	}
	switch in.Layout {
	case source.Snapshot:
		need = append(need, in.Stamp())
	case source.SCD:
		need = append(need, intake.ValidFrom)
	}
	for _, name := range a.At {
		if in.Has(name) {
			at = append(at, name)
		}
	}
	return need, at
}

// feed starts the pass over a source with the columns that every row needs: the
// account, the dates that say when it was known, and its key.
func (c *compiler) feed(name string, in *intake.Input) *feed {
	f := &feed{name: name, in: in, columns: []string{intake.AccountID}, used: []string{intake.AccountID}}
	if in.Layout == source.SCD {
		f.use(intake.ValidTo)
	}
	f.use(in.Contract.Time)
	f.use(intake.AvailableAt)
	for _, k := range in.Contract.Key {
		f.columns = f.with(f.columns, k)
	}
	c.feeds[name] = f
	return f
}

// use adds a column to those that every pass reads, if it is mapped.
func (f *feed) use(name string) {
	f.columns, f.used = f.with(f.columns, name), f.with(f.used, name)
}

func (f *feed) with(list []string, name string) []string {
	if f.in.Has(name) && !slices.Contains(list, name) {
		list = append(list, name)
	}
	return list
}

func (c *compiler) slot(f *feed, a plan.Agg, words []string) *slot {
	key := fmt.Sprintf("%+v %q", a, words)
	if s := c.slots[key]; s != nil {
		return s
	}
	s := &slot{agg: a, words: words, place: f.place(&a)}
	c.slots[key] = s
	f.slots = append(f.slots, s)
	return s
}

// check refuses what the column's role gives no meaning to.
func (c *compiler) check(in *intake.Input, a *plan.Agg, words []string) {
	where := func(name string) string { return a.Source + "." + name }
	col, _ := in.Column(a.Column)
	measured := col.Role == source.Number || col.Role == source.Money || col.Role == source.Flag
	switch a.Func {
	case plan.Count, plan.Periods:
		if a.Column != "" {
			c.fail("%s counts rows and takes no column", a.Func)
		}
	case plan.Sum, plan.Mean:
		if !measured {
			c.fail("%s of %s: the column is not a number", a.Func, where(a.Column))
		}
	case plan.Min, plan.Max:
		if !measured && col.Role != source.Time {
			c.fail("%s of %s: the column is neither a number nor a time", a.Func, where(a.Column))
		}
	default:
		if a.Column == "" {
			c.fail("%s of %s needs a column", a.Func, a.Source)
		}
		if (col.Role == source.Text || col.Role == source.ID) && words == nil {
			c.fail("%s of %s: text has no value as a number", a.Func, where(a.Column))
		}
		if words != nil && col.Role != source.Text && col.Role != source.Flag {
			c.fail("%s of %s: a word signal needs a text or flag column", a.Func, where(a.Column))
		}
		if words != nil && col.Role == source.Flag && (wordIndex(words, "true") < 0 || wordIndex(words, "false") < 0) {
			c.fail("%s of %s: a flag needs the words true and false", a.Func, where(a.Column))
		}
	}
	if by, ok := in.Column(a.By); a.Func == plan.MaxBy && (!ok || by.Role != source.Number && by.Role != source.Money && by.Role != source.Time) {
		c.fail("%s: rows are ranked by a number or a time", where(a.By))
	}
	if a.Func == plan.Periods && (a.Window <= 0 || a.Parts < 1 || a.Parts > 64 || a.From != "") {
		c.fail("periods need a window of moments and 1 to 64 parts")
	}
	if a.Window < 0 || a.Shift < 0 {
		c.fail("a window cannot look ahead")
	}
	for _, name := range append(slices.Clone(a.At), a.From, a.Until) {
		if col, ok := in.Column(name); ok && col.Role != source.Time {
			c.fail("%s is not a time", where(name))
		}
	}
	for i := range a.Where {
		w := &a.Where[i]
		col, _ := in.Column(w.Column)
		switch {
		case w.Bounded && col.Role != source.Number && col.Role != source.Money:
			c.fail("%s is compared with numbers and is none", where(w.Column))
		case len(w.In) > 0 && col.Role != source.Text && col.Role != source.ID && col.Role != source.Flag:
			c.fail("%s is compared with words and is neither text nor a flag", where(w.Column))
		}
	}
}
