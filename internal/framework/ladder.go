package framework

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// maxPoints bounds the points of one row; sums stay exact far below it.
const maxPoints = 1000

var severities = []string{plan.None.String(), plan.Medium.String(), plan.High.String(), plan.Critical.String()}

// ladderWords returns the vocabulary of a word signal in ladder order.
func ladderWords(n *yamlfile.Node) []string {
	var words []string
	for _, row := range n.Items() {
		if row.Kind() != yamlfile.Map {
			continue // ladder says so
		}
		for _, w := range rowWords(row.Field("when")) {
			if !slices.Contains(words, w.Word()) {
				words = append(words, w.Word())
			}
		}
	}
	return words
}

// defineWords takes up the words of a ladder.
func (c *compiler) defineWords(rows *yamlfile.Node, s *plan.Signal) {
	v := &names{}
	for _, row := range rows.Items() {
		if row.Kind() != yamlfile.Map {
			continue
		}
		for _, w := range rowWords(row.Field("when")) {
			if !slices.Contains(v.all(), w.Word()) {
				v.define(w.Word(), w)
			}
		}
	}
	if c.words == nil {
		c.words = map[string]*names{}
	}
	c.words[s.Name] = v
}

// given tells which words of a ladder are not among those that a derivation gives,
// and reports whether there are any that one of those is near to.
func (c *compiler) given(s *plan.Signal, words []string) (near bool) {
	v := c.words[s.Name]
	if v == nil {
		return false
	}
	for i := range v.defined {
		d := &v.defined[i]
		if slices.Contains(words, d.name) {
			continue
		}
		if meant := yamlfile.Nearest(d.name, words); meant != "" && !slices.Contains(s.Words, meant) {
			d.tell(yamlfile.Near(d.name, words), "the derivation of %s never gives %q", s.Name, d.name)
			near = true
			v.meant = append(v.meant, meant)
		}
	}
	return near
}

// rowWords returns the entries of a row's "when".
func rowWords(when *yamlfile.Node) []*yamlfile.Node {
	if when.Kind() == yamlfile.Scalar {
		return []*yamlfile.Node{when}
	}
	var out []*yamlfile.Node
	for _, w := range when.Items() {
		if w.Kind() == yamlfile.Scalar {
			out = append(out, w)
		} else {
			w.Problem("write a word", "%s is %s", w.Name(), w.Kind())
		}
	}
	return out
}

// ladder reads the rows of a signal's ladder and proves that they partition its
// domain, or its words.
func (c *compiler) ladder(n *yamlfile.Node, s *plan.Signal) []plan.Rung {
	var rungs []plan.Rung
	var rows []*yamlfile.Node
	var ranges []plan.Interval
	var rangeRows []*yamlfile.Node
	percent, sound := false, true
	for _, row := range n.Items() {
		if row.Kind() != yamlfile.Map {
			row.Problem(`write a row such as {when: "> 70%", points: 30}`, "%s is %s", row.Name(), row.Kind())
			sound = false
			continue
		}
		var r plan.Rung
		if points := row.Field("points"); s.Kind != plan.Flag {
			r.Points = row.Need("points").Float(-maxPoints, maxPoints)
		} else if points.Present() {
			points.ProblemAtKey("remove it, or make the signal a modifier", "%s is a flag, which gives no points", s.Name)
		}
		when := row.Need("when")
		if s.IsWord() {
			r.Words, r.Label = c.wordsOf(when, s)
		} else {
			row, ok := readRange(when, s)
			r.Range, r.Label = row.inside, row.label
			percent = percent || row.percent
			if sound = sound && ok; ok {
				ranges, rangeRows = append(ranges, row.inside), append(rangeRows, when)
			}
		}
		if l := row.Field("label"); l.Present() {
			r.Label = l.Text()
		}
		if k := len(rungs); k > 0 && r.Points > rungs[k-1].Points {
			row.Field("points").Problem("order the rows from most points to least", "%s points stand below %s points", row.Field("points").Word(), rows[k-1].Field("points").Word())
		}
		rungs, rows = append(rungs, r), append(rows, row)
	}
	switch {
	case n.Kind() != yamlfile.List:
	case s.Kind != plan.Flag && len(rungs) > 0 && rungs[0].Points == rungs[len(rungs)-1].Points:
		n.Problem("give at least two rows with different points", "the ladder of %s gives the same points everywhere", s.Name)
	case s.IsWord():
		eachWordOnce(n, rows, s)
	case sound:
		eachNumberOnce(n, s, ranges, rangeRows, percent)
	}
	risky := false
	for i, row := range rows {
		readRisk(row, s, &rungs[i], i == len(rows)-1 || rungs[i].Points == rungs[len(rungs)-1].Points)
		risky = risky || rungs[i].Severity > plan.None
		row.Done()
	}
	if s.Kind == plan.Flag && len(rows) > 0 && !risky {
		n.Problem("add severity: medium, high or critical to a row", "no row of the flag %s is a risk", s.Name)
	}
	return rungs
}

// numberRow is the "when" of a row of a number signal.
type numberRow struct {
	inside  plan.Interval // the part of it inside the domain
	label   string        // the row as written, for people
	percent bool
}

// readRange reads a number row; ok is false when it cannot take part in the
// proof of no gap and no overlap.
func readRange(when *yamlfile.Node, s *plan.Signal) (row numberRow, ok bool) {
	if when.Kind() != yamlfile.Scalar {
		if when.Present() {
			when.Problem(intervalFix, "a row of a number signal has %s", when.Kind())
		}
		return row, false
	}
	iv, percent, why := parseInterval(when.Word())
	if why != "" {
		when.Problem(intervalFix, "%s", why)
		return row, false
	}
	inside, some := clip(iv, s.Domain)
	outside := !math.IsInf(iv.Lo, 0) && before(lower(iv), lower(s.Domain)) || !math.IsInf(iv.Hi, 0) && before(upper(s.Domain), upper(iv))
	if outside || !some {
		when.Problem("keep it inside the domain, or widen the domain", "%s reaches outside the domain of %s", when.Word(), s.Name)
		return row, false
	}
	return numberRow{inside, rangeLabel(iv, percent), percent}, true
}

func (c *compiler) wordsOf(when *yamlfile.Node, s *plan.Signal) (indexes []int, label string) {
	var names []string
	for _, w := range rowWords(when) {
		i := slices.Index(s.Words, w.Word())
		if v := c.words[s.Name]; v != nil { // else it is the ladder that defines them
			i = v.refer(w, w.Word(), "%q is not a word of %s", s.Name)
		}
		if i < 0 {
			continue
		}
		indexes = append(indexes, i)
		names = append(names, strings.ReplaceAll(w.Word(), "_", " "))
	}
	if when.Present() && len(indexes) == 0 && when.Kind() == yamlfile.List && when.Len() == 0 {
		when.Problem("name at least one word", "the row names no word")
	}
	return indexes, strings.Join(names, " or ")
}

func eachWordOnce(n *yamlfile.Node, rows []*yamlfile.Node, s *plan.Signal) {
	seen := map[string]yamlfile.Pos{}
	for _, row := range rows {
		for _, w := range rowWords(row.Field("when")) {
			if first, twice := seen[w.Word()]; twice {
				w.Problem("keep it in one row", "%q has a row already, on line %d", w.Word(), first.Line)
				continue
			}
			seen[w.Word()] = w.Pos()
		}
	}
	for _, w := range s.Words {
		if _, ok := seen[w]; !ok {
			n.Problem(fmt.Sprintf("add a row for %q", w), "no row of %s covers %q", s.Name, w)
		}
	}
}

func eachNumberOnce(n *yamlfile.Node, s *plan.Signal, ranges []plan.Interval, rows []*yamlfile.Node, percent bool) {
	gaps, overlaps := partition(s.Domain, ranges)
	for _, g := range gaps {
		n.Problem("add a row or move a limit", "no row of %s covers %s", s.Name, formatInterval(g, percent))
	}
	for _, o := range overlaps {
		rows[o.b].Problem("move a limit", "%s is covered by this row and by the one on line %d", formatInterval(o.part, percent), rows[o.a].Pos().Line)
	}
}

// readRisk reads the risk of a row. Without one, a row that costs points for
// what was measured is a medium risk: negative points, or the lowest row of a
// level signal.
func readRisk(row *yamlfile.Node, s *plan.Signal, r *plan.Rung, lowest bool) {
	if r.Points < 0 || lowest && s.Kind == plan.Level {
		r.Severity = plan.Medium
		r.Risk = s.Label + ": " + r.Label
	}
	severity, risk := row.Field("severity"), row.Field("risk")
	if severity.Present() {
		if r.Severity = plan.None; severity.Enum(severities...) != "" {
			r.Severity = plan.Severity(slices.Index(severities, severity.Word()))
		}
		r.Risk = s.Label + ": " + r.Label
	}
	if risk.Present() {
		r.Risk = risk.Text()
		if r.Severity == plan.None && (!severity.Present() || severity.Word() == severities[plan.None]) {
			risk.Problem("add severity: medium, high or critical", "the row states a risk without a severity")
		}
	}
	if r.Severity == plan.None {
		r.Risk = ""
	}
}
