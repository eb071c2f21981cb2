package score

import (
	"fmt"
	"math"
	"slices"

	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
)

// Scorer is a plan compiled to lookup tables. It is immutable and safe for
// concurrent use.
type Scorer struct {
	plan     *plan.Plan
	ladders  [][]ladder // by signal, then by rules
	rules    []rulebook
	pillarOf []int   // by signal
	members  [][]int // by pillar: its signals, ascending
	tables   tables
	// The policy's shares as the least coverage, unrounded, that reaches them.
	scoredFrom, healthyFrom float64
}

// rulebook is what one plan.Rules says about whole accounts.
type rulebook struct {
	weights []float64
	bandOf  [101]int8 // by headline
	capped  int8      // the best band that is not an Expand band
	caps    []plan.Cap
}

// ladder is one signal's rungs under one set of rules. Points are by rung as
// written; rung is by step (number signals) or by word.
type ladder struct {
	applies bool
	// cuts[k] is the least value on step k, counting from the lowest; the last cut
	// is the least value beyond the domain. Nil for a word signal.
	cuts   []float64
	rung   []int8
	points []float64
	low    float64 // lowest points of any rung
	high   float64 // highest points of any rung
	span   float64 // high - low
	best   int8    // the rung with the highest points, the first as written
}

// New compiles a plan. It refuses, with class Config, a plan whose scores would
// not be defined: ladders that do not partition their domain, a modifier whose
// points do not reach both sides of 0 (its missing value is worth 0, which must
// lie within its bounds), weights that do not sum to 1, bands that do not reach
// down to 0, and a best band that cannot be capped.
func New(p *plan.Plan) (*Scorer, error) {
	s := &Scorer{plan: p, pillarOf: make([]int, len(p.Signals)), ladders: make([][]ladder, len(p.Signals))}
	if len(p.Rules) == 0 || len(p.Rules) > 1<<8 {
		return nil, s.refuse("rules", "give 1 to 256 sets of rules", "the plan has %d sets of rules", len(p.Rules))
	}
	if err := s.placeSignals(); err != nil {
		return nil, err
	}
	for i := range p.Rules {
		rb, err := s.compileRules(&p.Rules[i])
		if err != nil {
			return nil, err
		}
		s.rules = append(s.rules, rb)
	}
	s.scoredFrom = edge{at: p.Missing.ScoredFrom}.norm().cut()
	s.healthyFrom = edge{at: p.Missing.HealthyFrom}.norm().cut()
	s.buildTables()
	return s, nil
}

func (s *Scorer) refuse(where, fix, format string, args ...any) error {
	return diag.Errorf(diag.Config, fmt.Sprintf("framework %q, %s", s.plan.Name, where), fix, format, args...)
}

// placeSignals checks that every signal sits in exactly one pillar.
func (s *Scorer) placeSignals() error {
	for i := range s.pillarOf {
		s.pillarOf[i] = -1
	}
	for p := range s.plan.Pillars {
		for _, sig := range s.plan.Pillars[p].Signals {
			if sig < 0 || sig >= len(s.pillarOf) {
				return s.refuse("pillar "+s.plan.Pillars[p].Name, "name a declared signal", "the pillar names signal %d, which does not exist", sig)
			}
			if s.pillarOf[sig] >= 0 {
				return s.refuse("signal "+s.plan.Signals[sig].Name, "keep it in one pillar", "the signal is in two pillars")
			}
			s.pillarOf[sig] = p
		}
	}
	s.members = make([][]int, len(s.plan.Pillars))
	for sig, p := range s.pillarOf {
		if p < 0 {
			return s.refuse("signal "+s.plan.Signals[sig].Name, "add it to a pillar", "the signal is in no pillar")
		}
		s.members[p] = append(s.members[p], sig)
	}
	return nil
}

func (s *Scorer) compileRules(r *plan.Rules) (rulebook, error) {
	rb := rulebook{weights: r.Weights, capped: -1}
	where := "rules " + r.Name
	if r.Name == "" {
		where = "base rules"
	}
	if len(r.Weights) != len(s.plan.Pillars) || len(r.Ladders) != len(s.plan.Signals) {
		return rb, s.refuse(where, "resolve the rules for every pillar and signal", "weights or ladders are missing")
	}
	sum := 0.0
	for _, w := range r.Weights {
		if !(w >= 0) {
			return rb, s.refuse(where, "give a weight of at least 0", "a pillar weighs %v", w)
		}
		sum += w
	}
	if math.Abs(sum-1) > 1e-9 {
		return rb, s.refuse(where, "make the weights sum to 1", "the weights sum to %v", sum)
	}
	if err := s.compileBands(&rb, where, r); err != nil {
		return rb, err
	}
	for _, c := range r.Caps {
		if c.Signal < 0 || c.Signal >= len(s.plan.Signals) || c.Band < 1 || c.Band >= len(r.Bands) {
			return rb, s.refuse(where, "name a declared signal and a band below the best", "cap %q names signal %d and band %d", c.Name, c.Signal, c.Band)
		}
	}
	rb.caps = r.Caps
	for sig := range r.Ladders {
		l, err := s.compileLadder(sig, where, r.Ladders[sig])
		if err != nil {
			return rb, err
		}
		l.applies = sig >= len(r.NotApplicable) || !r.NotApplicable[sig]
		s.ladders[sig] = append(s.ladders[sig], l)
	}
	return rb, nil
}

func (s *Scorer) compileBands(rb *rulebook, where string, r *plan.Rules) error {
	n := len(r.Bands)
	if n == 0 || n > math.MaxInt8 || r.Bands[n-1].Min != 0 {
		return s.refuse(where, "end the bands at 0", "the bands do not cover every headline")
	}
	for i, b := range r.Bands {
		if i > 0 && b.Min >= r.Bands[i-1].Min {
			return s.refuse(where, "order the bands from best to worst", "band %q does not start below band %q", b.Name, r.Bands[i-1].Name)
		}
		if !b.Expand && rb.capped < 0 {
			rb.capped = int8(i)
		}
		if b.Expand && rb.capped >= 0 {
			return s.refuse(where, "let only the best bands expand", "band %q expands, but a better band does not", b.Name)
		}
	}
	if rb.capped < 0 {
		return s.refuse(where, "leave at least one band without expand", "every band expands, so thin coverage could not cap a status")
	}
	for h := range rb.bandOf {
		rb.bandOf[h] = int8(r.BandOf(h))
	}
	return nil
}

func (s *Scorer) compileLadder(sig int, where string, rungs []plan.Rung) (ladder, error) {
	def := &s.plan.Signals[sig]
	where += ", ladder of " + def.Name
	if len(rungs) == 0 || len(rungs) > math.MaxInt8 {
		return ladder{}, s.refuse(where, "give 1 to 127 rows", "the ladder has %d rows", len(rungs))
	}
	l := ladder{low: math.Inf(1), high: math.Inf(-1)}
	for i, r := range rungs {
		if math.IsNaN(r.Points) || math.IsInf(r.Points, 0) {
			return l, s.refuse(where, "give finite points", "row %q gives %v points", r.Label, r.Points)
		}
		l.points = append(l.points, r.Points)
		if r.Points > l.high {
			l.high, l.best = r.Points, int8(i)
		}
		l.low = min(l.low, r.Points)
	}
	l.span = l.high - l.low
	if def.Kind == plan.Modifier && (l.low > 0 || l.high < 0) {
		return l, s.refuse(where, "give rows on both sides of 0, or make the signal a level",
			"a missing modifier is worth 0 points, but its rows give %v to %v", l.low, l.high)
	}
	if def.Kind == plan.Flag && (l.low != 0 || l.high != 0) {
		return l, s.refuse(where, "give every row 0 points, or make the signal a modifier", "a flag's rows give %v to %v points", l.low, l.high)
	}
	var err error
	if def.IsWord() {
		err = s.compileWords(&l, where, def, rungs)
	} else {
		err = s.compileSteps(&l, where, def, rungs)
	}
	return l, err
}

// compileWords fills the table from word to rung.
func (s *Scorer) compileWords(l *ladder, where string, def *plan.Signal, rungs []plan.Rung) error {
	if len(def.Words) == 0 || len(def.Words) > math.MaxInt8 {
		return s.refuse(where, "declare 1 to 127 words", "the signal has %d words", len(def.Words))
	}
	l.rung = slices.Repeat([]int8{-1}, len(def.Words))
	for i, r := range rungs {
		for _, w := range r.Words {
			if w < 0 || w >= len(def.Words) {
				return s.refuse(where, "name a declared word", "row %q names word %d, which does not exist", r.Label, w)
			}
			if l.rung[w] >= 0 {
				return s.refuse(where, "keep the word in one row", "%q is in two rows", def.Words[w])
			}
			l.rung[w] = int8(i)
		}
	}
	if w := slices.Index(l.rung, -1); w >= 0 {
		return s.refuse(where, "add the word to a row", "%q is in no row", def.Words[w])
	}
	return nil
}

// compileSteps sorts the rungs by value and turns their boundaries into cuts on
// unrounded values.
func (s *Scorer) compileSteps(l *ladder, where string, def *plan.Signal, rungs []plan.Rung) error {
	order := make([]int8, len(rungs))
	for i := range order {
		order[i] = int8(i)
	}
	slices.SortFunc(order, func(a, b int8) int { return compareLow(rungs[a].Range, rungs[b].Range) })

	at := edge{def.Domain.Lo, def.Domain.LoOpen}.norm()
	for _, i := range order {
		lo, hi := lowEdge(rungs[i].Range), highEdge(rungs[i].Range)
		if lo != at {
			return s.refuse(where, "make the rows partition the domain", "the rows leave a gap or overlap at %v", lo.at)
		}
		if !lo.before(hi) {
			return s.refuse(where, "give the row a range", "row %q holds no value", rungs[i].Label)
		}
		l.cuts = append(l.cuts, lo.cut())
		at = hi
	}
	if at != highEdge(def.Domain) {
		return s.refuse(where, "make the rows partition the domain", "the rows end at %v, the domain does not", at.at)
	}
	l.cuts, l.rung = append(l.cuts, at.cut()), order
	return nil
}

// edge is a place between values: before at, or just after it.
type edge struct {
	at    float64
	after bool
}

func lowEdge(iv plan.Interval) edge  { return edge{iv.Lo, iv.LoOpen}.norm() }
func highEdge(iv plan.Interval) edge { return edge{iv.Hi, !iv.HiOpen}.norm() }

// norm rounds the edge as values are, and forgets the side of an infinite end.
func (e edge) norm() edge {
	if math.IsInf(e.at, 0) {
		return edge{at: e.at}
	}
	return edge{plan.Round9(e.at), e.after}
}

func (e edge) before(f edge) bool { return e.at < f.at || e.at == f.at && !e.after && f.after }

func compareLow(a, b plan.Interval) int {
	ea, eb := lowEdge(a), lowEdge(b)
	switch {
	case ea.before(eb):
		return -1
	case eb.before(ea):
		return 1
	}
	return 0
}

// cut returns the least float64 whose rounded value lies beyond the edge, so that
// x >= cut holds exactly when Round9(x) does, without rounding x.
func (e edge) cut() float64 {
	switch {
	case math.IsInf(e.at, -1):
		return -math.MaxFloat64
	case math.IsInf(e.at, 1):
		return e.at
	}
	beyond := func(x float64) bool {
		r := plan.Round9(x)
		return r > e.at || r == e.at && !e.after
	}
	// Half a unit of the ninth decimal, and one float64 beyond 1e6, bracket the
	// answer; floats are halved by rank, which ends at neighbours.
	slack := max(2e-9, math.Abs(e.at)*1e-15)
	lo, hi := rank(e.at-slack), rank(e.at+slack)
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		if beyond(unrank(mid)) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return unrank(hi)
}

// rank numbers the float64s in their order; 0 and -0 share a number.
func rank(x float64) int64 {
	b := int64(math.Float64bits(x))
	if b < 0 {
		return -(b & math.MaxInt64)
	}
	return b
}

func unrank(r int64) float64 {
	if r < 0 {
		return -math.Float64frombits(uint64(-r))
	}
	return math.Float64frombits(uint64(r))
}

// step returns the rung that holds a number, -1 for none (NaN included).
func (l *ladder) step(x float64) int8 {
	k := -1
	for _, c := range l.cuts {
		if x >= c {
			k++
		}
	}
	if uint(k) >= uint(len(l.rung)) {
		return missing
	}
	return l.rung[k]
}

// word returns the rung that holds a word, -1 for none.
func (l *ladder) word(w int8) int8 {
	if uint(w) >= uint(len(l.rung)) {
		return missing
	}
	return l.rung[w]
}
