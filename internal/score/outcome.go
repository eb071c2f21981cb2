package score

import (
	"math"
	"slices"

	"accounthealth/internal/plan"
)

// outcome is all that one pillar of one account says about the account's score,
// given its rungs and the rules' weight.
type outcome struct {
	score  float64 // NaN where no level is known
	share  float64 // level coverage, NaN where no level is open
	weight float64 // the rules' weight * share; 0 without a score
	base   float64 // the rules' weight; 0 where no level is open
	known  float64 // known share of all open spans, NaN where no level is open
	cover  float64 // base * known
	low    float64 // base * least score once every missing signal has a value
	high   float64 // base * greatest

	points float64 // of known signals
	span   float64 // of the pillar's bounds: known levels and open modifiers
	gap    bool    // something is missing in a pillar that counts
	byHand bool
	// rank is the place of the score among the distinct scores that the pillar can
	// have under any rules, ascending; -1 where there is none or they are not
	// tabled.
	rank int32
}

// outcomeOf settles a pillar that weighs w. Products are rounded before they are
// added to others, so that results do not depend on fused instructions.
func outcomeOf(s *sums, w float64, scale plan.Scale) outcome {
	o := outcome{score: math.NaN(), share: math.NaN(), known: math.NaN(), points: s.points, span: s.levelKnown + s.mod, rank: -1}
	if s.level == 0 {
		return o
	}
	o.base = w
	o.share = s.levelKnown / s.level
	o.known = (s.levelKnown + s.modKnown) / (s.level + s.mod)
	o.cover = float64(w * o.known)
	l, h := s.extremes(scale)
	o.low, o.high, o.gap = float64(w*l), float64(w*h), s.gap
	if s.levelKnown == 0 {
		return o
	}
	o.score = s.score(scale)
	o.weight = w * o.share
	return o
}

// handOutcome is the outcome of a pillar that somebody set to a score.
func handOutcome(score, w float64) outcome {
	return outcome{
		score: score, share: 1, known: 1, weight: w, base: w, cover: w, low: float64(w * score), high: float64(w * score),
		byHand: true, rank: -1,
	}
}

// unit returns the composite points that one point in a pillar of effective
// weight w is worth (the clamp scale: on average over the pillar's points).
// Points are worth nothing in a pillar that is set by hand.
func (o *outcome) unit(w float64, scale plan.Scale) float64 {
	switch {
	case o.byHand || w == 0:
		return 0
	case scale == plan.MinMax:
		return w * 100 / o.span
	case o.points < 0:
		return 0
	case o.points > 100:
		return w * (100 / o.points)
	}
	return w
}

// slots is how many codes there are beside the rungs; code + slots counts from 0.
const slots = 2

// maxStates bounds the outcomes that all tables of a scorer hold.
const maxStates = 1 << 16

// tables hold the outcomes of pillars for every combination of their signals'
// codes, so that an account's pillar is one lookup. A pillar with too many
// combinations has no table; its outcomes are computed account by account, by
// the same functions.
type tables struct {
	stride []int32       // by signal: what its code counts in its pillar's state; flags 0
	states [][][]outcome // by rules, then pillar, then state; nil without a table
	scores [][]float64   // by pillar: its distinct scores, ascending; nil without a table
}

// buildTables fills the tables as far as they go, pillar by pillar.
func (s *Scorer) buildTables() {
	t := &s.tables
	t.stride = make([]int32, len(s.plan.Signals))
	t.states = make([][][]outcome, len(s.rules))
	for r := range t.states {
		t.states[r] = make([][]outcome, len(s.plan.Pillars))
	}
	t.scores = make([][]float64, len(s.plan.Pillars))
	left := maxStates
	for p := range s.plan.Pillars {
		size := 1
		for _, sig := range s.members[p] {
			if s.plan.Signals[sig].Kind == plan.Flag {
				continue
			}
			t.stride[sig] = int32(size)
			if size *= s.radix(sig); size*len(s.rules) > left {
				size = 0
				break
			}
		}
		if size == 0 {
			continue
		}
		left -= size * len(s.rules)
		for r := range s.rules {
			t.states[r][p] = s.enumerate(p, r, size)
			for i := range t.states[r][p] {
				if o := &t.states[r][p][i]; !math.IsNaN(o.score) {
					t.scores[p] = append(t.scores[p], o.score)
				}
			}
		}
		slices.Sort(t.scores[p])
		t.scores[p] = slices.Compact(t.scores[p])
		for r := range s.rules {
			for i := range t.states[r][p] {
				if o := &t.states[r][p][i]; !math.IsNaN(o.score) {
					at, _ := slices.BinarySearch(t.scores[p], o.score)
					o.rank = int32(at)
				}
			}
		}
	}
}

// radix is how many codes a signal can have under any rules.
func (s *Scorer) radix(sig int) int {
	n := 0
	for r := range s.ladders[sig] {
		n = max(n, len(s.ladders[sig][r].points))
	}
	return n + slots
}

// enumerate computes a pillar's outcomes in all its states under one set of rules.
func (s *Scorer) enumerate(p, rules, size int) []outcome {
	out := make([]outcome, size)
	for state := range out {
		var sum sums
		rest := state
		for _, sig := range s.members[p] {
			if s.plan.Signals[sig].Kind == plan.Flag {
				continue
			}
			l, radix := &s.ladders[sig][rules], s.radix(sig)
			code := int8(rest%radix) - slots
			rest /= radix
			if int(code) < len(l.points) { // other rules have more rows
				sum.add(l, s.plan.Signals[sig].Kind, code)
			}
		}
		out[state] = outcomeOf(&sum, s.rules[rules].weights[p], s.plan.Scale)
	}
	return out
}
