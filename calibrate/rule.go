package calibrate

import (
	"fmt"
	"math"
	"math/bits"

	"accounthealth/calibrate/assess"
)

// Rule is one row of a signal's ladder: for which rows of the sample it gave its
// points. The rows for which some rule of a signal fired are those in which the
// signal was measured. A signal with a single rule is measured everywhere and
// gives 0 where the rule does not fire.
type Rule struct {
	Name   string // unique within its signal
	Signal string
	Points float64
	Fired  []bool // per row of the sample
}

// RuleVerdict is what the sample says of a rule.
type RuleVerdict string

const (
	RuleDead     RuleVerdict = "dead"     // fires for no row
	RuleAlways   RuleVerdict = "always"   // fires for every row in which its signal is measured
	RuleAgrees   RuleVerdict = "agrees"   // churn differs as the points promise, beyond chance
	RuleContrary RuleVerdict = "contrary" // churn differs the other way, beyond chance
	RuleUnclear  RuleVerdict = "unclear"  // chance explains the difference, or there are no points to judge
)

// RuleEvidence is how one rule related to churn, over the rows in which its
// signal was measured. A rule promises less churn than the rows to which the
// signal gave fewer points, and more than those to which it gave more.
type RuleEvidence struct {
	Signal   string        `json:"signal"`
	Name     string        `json:"name"`
	Points   float64       `json:"points"`
	Share    assess.Share  `json:"share"`     // fired, of the rows in which the signal was measured
	ARRShare assess.Number `json:"arr_share"` // the same by ARR
	Accounts int           `json:"accounts"`  // distinct, for which it fired
	Fired    assess.Rate   `json:"fired"`
	NotFired assess.Rate   `json:"not_fired"`
	Fewer    assess.Rate   `json:"fewer"`   // rows to which the signal gave fewer points
	More     assess.Rate   `json:"more"`    // and more
	Lift     assess.Number `json:"lift"`    // churn rate fired over not fired
	Promise  string        `json:"promise"` // less churn, more churn, between, none
	// Kept is how far the promise was kept, in churn rate: (rate with fewer points -
	// own rate) and (own rate - rate with more points), weighted by their rows.
	// Negative is contrary. Its interval is clustered by account.
	Kept      assess.Estimate `json:"kept"`
	Agrees    bool            `json:"agrees"`     // Kept > 0, if only by chance
	P         assess.Number   `json:"p"`          // of Kept = 0, two-sided
	PAdjusted assess.Number   `json:"p_adjusted"` // Benjamini-Hochberg over all rules tested
	Verdict   RuleVerdict     `json:"verdict"`
	Redundant string          `json:"redundant,omitempty"` // an earlier rule of another signal that says the same
	Words     string          `json:"words"`
}

// redundantPhi is the correlation of two indicators from which one of them says
// nothing of its own.
const redundantPhi = 0.95

// validateRules lists what is wrong with the rules of a sample.
func validateRules(v *violations, rules []Rule, n int) {
	seen := map[[2]string]bool{}
	for _, r := range rules {
		key := [2]string{r.Signal, r.Name}
		name := fmt.Sprintf("rule %q of %q", r.Name, r.Signal)
		if r.Name == "" || r.Signal == "" {
			v.addf("%s has an empty name", name)
		} else if seen[key] {
			v.addf("%s is there twice", name)
		}
		seen[key] = true
		v.length(name, len(r.Fired), n)
		if math.IsNaN(r.Points) || math.IsInf(r.Points, 0) {
			v.addf("%s has points that are not finite", name)
		}
	}
}

// signalColumn is the points a signal gave each row, NaN where it was not
// measured.
type signalColumn struct {
	name   string
	rules  []int
	points []float64
}

func signalColumns(rules []Rule, n int) []signalColumn {
	var out []signalColumn
	at := map[string]int{}
	for j, r := range rules {
		s, ok := at[r.Signal]
		if !ok {
			s = len(out)
			at[r.Signal] = s
			out = append(out, signalColumn{name: r.Signal, points: make([]float64, n)})
			for i := range n {
				out[s].points[i] = math.NaN()
			}
		}
		out[s].rules = append(out[s].rules, j)
		for i, fired := range r.Fired {
			if !fired {
				continue
			}
			if math.IsNaN(out[s].points[i]) {
				out[s].points[i] = 0
			}
			out[s].points[i] += r.Points
		}
	}
	for _, s := range out {
		if len(s.rules) > 1 {
			continue
		}
		for i, p := range s.points {
			if math.IsNaN(p) {
				s.points[i] = 0
			}
		}
	}
	return out
}

// ruleEvidence judges every rule, and every signal by the points it gave.
func ruleEvidence(f *frame, maxP float64) (rules []RuleEvidence, signals []Measure) {
	rules, signals = []RuleEvidence{}, []Measure{}
	all := make([]int32, f.n)
	for i := range all {
		all[i] = int32(i)
	}
	columns := signalColumns(f.Rules, f.n)
	of := make([]*signalColumn, len(f.Rules))
	for s := range columns {
		for _, j := range columns[s].rules {
			of[j] = &columns[s]
		}
		signals = append(signals, measure(f, columns[s].name, columns[s].points, all, false))
	}
	adjust(len(signals), func(k int) (*assess.Number, *assess.Number) { return &signals[k].P, &signals[k].PAdjusted })
	for j := range f.Rules {
		rules = append(rules, f.judgeRule(j, of[j]))
	}
	adjust(len(rules), func(j int) (*assess.Number, *assess.Number) { return &rules[j].P, &rules[j].PAdjusted })
	markRedundant(f, of, rules)
	for j := range rules {
		rules[j].conclude(maxP)
	}
	return rules, signals
}

// adjust fills the Benjamini-Hochberg p-values of a family from its defined
// p-values.
func adjust(n int, at func(int) (p, adjusted *assess.Number)) {
	var p []float64
	for j := range n {
		from, to := at(j)
		*to = *from
		if from.OK {
			p = append(p, from.Value)
		}
	}
	q := assess.BenjaminiHochberg(p)
	for j := range n {
		if from, to := at(j); from.OK {
			to.Value, q = q[0], q[1:]
		}
	}
}

// The groups a rule divides the measured rows of its signal into.
const (
	asMany = iota // not fired, and the same points by another rule
	fewer
	more
	fired
	ruleGroups
)

func (f *frame) judgeRule(j int, s *signalColumn) RuleEvidence {
	r := f.Rules[j]
	e := RuleEvidence{Signal: r.Signal, Name: r.Name, Points: r.Points, Promise: "none"}
	group := make([]int8, f.n) // -1 not measured
	var firedFor []int32
	var n, events [ruleGroups]int
	var arr, firedARR float64
	for i, p := range s.points {
		group[i] = -1
		if math.IsNaN(p) {
			continue
		}
		g := asMany
		switch {
		case r.Fired[i]:
			g = fired
			firedFor = append(firedFor, f.entity[i])
			firedARR += f.arr[i]
		case p < r.Points-1e-9:
			g = fewer
		case p > r.Points+1e-9:
			g = more
		}
		group[i] = int8(g)
		arr += f.arr[i]
		n[g]++
		if f.Y[i] {
			events[g]++
		}
	}
	rest := n[asMany] + n[fewer] + n[more]
	e.Share, e.Accounts, e.ARRShare = assess.ShareOf(n[fired], n[fired]+rest), distinct(firedFor), shareOfARR(firedARR, arr)
	e.Fired, e.NotFired = assess.Wilson(events[fired], n[fired]), assess.Wilson(events[asMany]+events[fewer]+events[more], rest)
	e.Fewer, e.More = assess.Wilson(events[fewer], n[fewer]), assess.Wilson(events[more], n[more])
	e.Lift = over(e.Fired.Rate, e.NotFired.Rate)
	if n[fired] == 0 || n[fewer]+n[more] == 0 {
		why := "no row got other points, or the rule fired for none"
		e.P, e.Kept.Why = assess.Undefined(why), why
		return e
	}
	switch {
	case n[more] == 0:
		e.Promise = "less churn"
	case n[fewer] == 0:
		e.Promise = "more churn"
	default:
		e.Promise = "between"
	}
	e.Kept = f.promiseKept(group)
	e.Agrees = e.Kept.Value > 0
	e.P = assess.Undefined("the rates do not vary")
	if e.Kept.Interval && e.Kept.SE > 0 {
		e.P = assess.Defined(2 * assess.NormalSurvival(math.Abs(e.Kept.Value/e.Kept.SE)))
	}
	return e
}

// promiseKept is a linear combination of the groups' churn rates; its variance
// sums each account's rows before squaring, x G/(G-1). Rows of different kinds are
// compared apart, and each kind in which the rule can be compared weighs as many
// rows as it has.
func (f *frame) promiseKept(group []int8) assess.Estimate {
	kinds := make([]ruleRates, f.rowKinds)
	for i, g := range group {
		if g >= 0 {
			kinds[f.kind[i]].add(g, f.Y[i])
		}
	}
	all := 0
	for k := range kinds {
		all += kinds[k].rows()
	}
	if all == 0 {
		return assess.Estimate{Why: "no kind of rows has both the rule and other points"}
	}
	e := assess.Estimate{OK: true}
	for k := range kinds {
		r := &kinds[k]
		r.compare(float64(r.rows()) / float64(all))
		for g := range r.rate {
			if r.n[g] > 0 && r.rows() > 0 {
				e.Value += r.coef[g] * r.rate[g]
				e.N += r.n[g]
			}
		}
	}
	sums, seen := make([]float64, len(f.ids)), make([]bool, len(f.ids))
	for i, g := range group {
		if g < 0 {
			continue
		}
		if r := &kinds[f.kind[i]]; r.coef[g] != 0 {
			sums[f.account[i]] += r.coef[g] * (indicator(f.Y[i]) - r.rate[g]) / float64(r.n[g])
			seen[f.account[i]] = true
		}
	}
	var total, clusters float64
	for a, v := range sums {
		if seen[a] {
			clusters++
			total += v * v
		}
	}
	if clusters > 1 {
		e.SE, e.Interval = math.Sqrt(total*clusters/(clusters-1)), true
		e.Lo, e.Hi = max(-1, e.Value-assess.Z975*e.SE), min(1, e.Value+assess.Z975*e.SE)
	}
	return e
}

// ruleRates are the churn rates of a rule's groups in rows of one kind, and their
// coefficients in what the rule kept of its promise.
type ruleRates struct {
	n, events  [ruleGroups]int
	rate, coef [ruleGroups]float64
}

func (r *ruleRates) add(g int8, churned bool) {
	r.n[g]++
	if churned {
		r.events[g]++
	}
}

// rows counts the rows of a kind in which the rule can be compared; 0 where it
// cannot.
func (r *ruleRates) rows() (all int) {
	if r.n[fired] == 0 || r.n[fewer]+r.n[more] == 0 {
		return 0
	}
	for _, n := range r.n {
		all += n
	}
	return all
}

// compare sets the rates and, with the kind's share of all rows, the coefficients.
func (r *ruleRates) compare(share float64) {
	if share == 0 {
		return
	}
	others := float64(r.n[fewer] + r.n[more])
	r.coef = [ruleGroups]float64{fewer: share * float64(r.n[fewer]) / others, more: -share * float64(r.n[more]) / others}
	r.coef[fired] = -r.coef[fewer] - r.coef[more]
	for g := range r.rate {
		if r.n[g] > 0 {
			r.rate[g] = float64(r.events[g]) / float64(r.n[g])
		}
	}
}

// conclude gives the verdict and its words.
func (e *RuleEvidence) conclude(maxP float64) {
	beyondChance := e.PAdjusted.OK && e.PAdjusted.Value < maxP
	rates := fmt.Sprintf("%d of %d churned where it fired", e.Fired.Churned, e.Fired.N)
	if e.Fewer.N > 0 {
		rates += fmt.Sprintf(", %d of %d with fewer points", e.Fewer.Churned, e.Fewer.N)
	}
	if e.More.N > 0 {
		rates += fmt.Sprintf(", %d of %d with more", e.More.Churned, e.More.N)
	}
	promise := e.Promise
	if promise == "between" {
		promise = "a churn rate between the others"
	}
	switch {
	case e.Share.Count == 0:
		e.Verdict, e.Words = RuleDead, "It applied to no row of the sample."
	case e.Share.Count == e.Share.Of:
		e.Verdict, e.Words = RuleAlways, "It fired for every row in which the signal was measured, so it tells no accounts apart."
	case beyondChance && e.Agrees:
		e.Verdict, e.Words = RuleAgrees, fmt.Sprintf("Its points promise %s, and so it was: %s.", promise, rates)
	case beyondChance:
		e.Verdict, e.Words = RuleContrary, fmt.Sprintf("Its points promise %s, and it was the other way: %s.", promise, rates)
	default:
		e.Verdict, e.Words = RuleUnclear, fmt.Sprintf("No difference beyond chance: %s.", rates)
	}
	if e.Redundant != "" {
		e.Words += fmt.Sprintf(" It says the same as %s.", e.Redundant)
	}
}

// markRedundant compares the indicators of rules of different signals over the
// rows in which both were measured: |phi| from redundantPhi says the same.
func markRedundant(f *frame, of []*signalColumn, rules []RuleEvidence) {
	words := (f.n + 63) / 64
	fired, known := make([][]uint64, len(rules)), make([][]uint64, len(rules))
	for j := range rules {
		fired[j], known[j] = make([]uint64, words), make([]uint64, words)
		for i, p := range of[j].points {
			if math.IsNaN(p) {
				continue
			}
			known[j][i/64] |= 1 << (i % 64)
			if f.Rules[j].Fired[i] {
				fired[j][i/64] |= 1 << (i % 64)
			}
		}
	}
	for j := range rules {
		for m := 0; m < j && rules[j].Redundant == ""; m++ {
			if rules[j].Signal == rules[m].Signal {
				continue
			}
			var n, a, b, both int
			for w := range words {
				k := known[j][w] & known[m][w]
				n += bits.OnesCount64(k)
				a += bits.OnesCount64(k & fired[j][w])
				b += bits.OnesCount64(k & fired[m][w])
				both += bits.OnesCount64(k & fired[j][w] & fired[m][w])
			}
			spread := float64(a) * float64(n-a) * float64(b) * float64(n-b)
			if spread <= 0 {
				continue
			}
			phi := (float64(n)*float64(both) - float64(a)*float64(b)) / math.Sqrt(spread)
			name := fmt.Sprintf("%s of %s", rules[m].Name, rules[m].Signal)
			switch {
			case phi >= redundantPhi:
				rules[j].Redundant = name
			case phi <= -redundantPhi:
				rules[j].Redundant = name + ", reversed"
			}
		}
	}
}
