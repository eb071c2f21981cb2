// Package plan is the typed form of a framework: what each signal is derived
// from, what its absence means, what each value is worth, how pillars are
// weighed and which headline has which status. A framework file compiles to a
// Plan; signal evaluates its derivations and score its ladders, and a second
// back end may print it as SQL. A Plan therefore holds only operators with the
// same meaning in Go and in SQL, and no behaviour but that meaning.
//
// A Plan is immutable once compiled. Slices indexed "by signal" or "by pillar"
// follow the order of Plan.Signals and Plan.Pillars.
package plan

import (
	"math"
	"slices"
)

// Plan is a compiled framework.
type Plan struct {
	Name    string // the framework's name
	Version int    // its version, from 1
	Digest  string // sha256, hex, of the framework file's bytes

	Signals []Signal
	Pillars []Pillar
	Missing Missing
	Scale   Scale

	// Rules[0] applies to every account that no override names; the others are
	// fully resolved copies of it, in file order.
	Rules []Rules
	// Overrides choose a Rules by segment or tier; the first match wins.
	Overrides []Override
	Plays     []Play // one per status, signal or both; see Play

	// What people are told and asked to do; nil and empty where the framework
	// leaves a section out.
	Matrix    *Matrix
	Alerts    *Alerts
	CRM       *CRM
	Cadence   []Review
	Checklist []string // what is looked at every month
	Saves     Saves
	Humans    Humans
}

// Pillar is one question about an account.
type Pillar struct {
	Name     string
	Label    string
	Question string
	Signals  []int // indexes into Plan.Signals, in file order
}

// Kind decides what a missing value does.
type Kind uint8

const (
	// Level: left out of the points and of the pillar's bounds.
	Level Kind = iota
	// Modifier: worth 0 points, bounds kept.
	Modifier
	// Flag: a risk without points. Its rungs give 0, and whether it is known or
	// missing changes neither score nor coverage.
	Flag
)

func (k Kind) String() string { return [...]string{"level", "modifier", "flag"}[k] }

// Signal is one measured fact about an account as of a date.
type Signal struct {
	Name     string
	Label    string // for people, sentence case
	Pillar   int
	Kind     Kind
	Category string // product usage, support, sentiment, executive alignment, commercial
	Unit     string // ratio, days, months, rating, ...; for people

	// Words is the closed vocabulary of a word signal in ladder order, nil for
	// a number. A word value is carried as its index.
	Words []string
	// Domain bounds a number signal; a value outside is invalid.
	Domain Interval

	Derive Derivation
	Absent Absent
	// MaxAge is the greatest age in days of the newest row behind a value;
	// older values are stale. 0: no limit.
	MaxAge int32
	// MinTenureMonths makes the signal not applicable to accounts that have
	// been customers for fewer whole months. 0: always applicable.
	MinTenureMonths int32

	Causable bool // a team can bring the change about
	// Expands marks a change that sells more: it is never what to do first for an
	// account in an at-risk status.
	Expands bool
	Factor  string // signals with the same factor are one risk; its own name by default
	Action  string // what to do about it, imperative, one sentence
}

// IsWord reports whether the signal's values are words.
func (s *Signal) IsWord() bool { return s.Words != nil }

// Interval is a range of numbers. Infinite ends are open.
type Interval struct {
	Lo, Hi         float64
	LoOpen, HiOpen bool
}

// Contains reports whether x lies in the interval.
func (iv Interval) Contains(x float64) bool {
	return (x > iv.Lo || x == iv.Lo && !iv.LoOpen) && (x < iv.Hi || x == iv.Hi && !iv.HiOpen)
}

// Round9 rounds to nine decimals, halves away from zero: ladder boundaries are
// compared on rounded values, so that 70/100 is exactly 0.7 everywhere.
func Round9(x float64) float64 {
	if math.Abs(x) >= 1e6 { // nine decimals are beyond a float64 there, and x*1e9 would lose digits
		return x
	}
	return math.Round(x*1e9) / 1e9
}

// Severity orders risks; None is not a risk.
type Severity uint8

const (
	None Severity = iota
	Medium
	High
	Critical
)

func (s Severity) String() string { return [...]string{"none", "medium", "high", "critical"}[s] }

// Rung is one row of a ladder. The rungs of a number signal partition its
// Domain; the rungs of a word signal partition its Words.
type Rung struct {
	Range    Interval // number signals
	Words    []int    // word signals: indexes into Signal.Words
	Points   float64
	Label    string   // for people: "> 70%", "left, not replaced"
	Severity Severity // the risk an account on this rung runs
	Risk     string   // the risk in words; "" unless Severity > None
}

// Rules is everything an override may change, resolved.
type Rules struct {
	Name    string    // "" for the base
	Weights []float64 // by pillar; sum 1
	Ladders [][]Rung  // by signal, best rung first as written
	// NotApplicable marks signals that do not apply under these rules, by signal.
	NotApplicable []bool
	Bands         []Band // best first; the last starts at 0
	Trend         Trend
	Caps          []Cap
}

// Cap keeps an account out of the best statuses, whatever its score, while a
// signal has one of some values. A signal without a value caps nothing. Of
// several caps that hold, the strictest counts; of equals, the first.
type Cap struct {
	Name   string
	Signal int
	Range  Interval // number signals
	Words  []int    // word signals: indexes into Signal.Words
	Band   int      // index into Bands: the best status left, from 1
	Reason string   // in words, a clause: "the champion left"
}

// Holds reports whether a known value of the cap's signal s is one that caps: a
// number rounded by Round9, or a word's index.
func (c *Cap) Holds(s *Signal, value float64) bool {
	return (&Condition{Range: c.Range, Words: c.Words}).Holds(s, value)
}

// Override selects Rules by segment or tier, compared exactly. An empty list
// matches nothing of that kind.
type Override struct {
	Segments []string
	Tiers    []string
	Rules    int
}

// RulesFor returns the index into p.Rules that applies to a segment and tier.
func (p *Plan) RulesFor(segment, tier string) int {
	for _, o := range p.Overrides {
		for _, s := range o.Segments {
			if s == segment {
				return o.Rules
			}
		}
		for _, t := range o.Tiers {
			if t == tier {
				return o.Rules
			}
		}
	}
	return 0
}

// SameLadder reports whether two rules place a signal's values on the same rows,
// so that a row's number means the same under both.
func (p *Plan) SameLadder(a, b, sig int) bool {
	return a == b || slices.EqualFunc(p.Rules[a].Ladders[sig], p.Rules[b].Ladders[sig], func(x, y Rung) bool {
		return x.Range == y.Range && x.Points == y.Points && slices.Equal(x.Words, y.Words)
	})
}

// Band is a status: headlines from Min up to the next better band's Min - 1.
type Band struct {
	Name   string // Healthy, Monitor, At Risk, Critical
	Min    int    // lowest headline, 0 to 100
	Colour string // green, yellow, orange, red
	Action string
	AtRisk bool // counts as at risk in portfolio figures
	Expand bool // a healthy status: expansion plays allowed, needs full coverage
}

// BandOf returns the index of the band that holds a headline.
func (r *Rules) BandOf(headline int) int {
	for i, b := range r.Bands {
		if headline >= b.Min {
			return i
		}
	}
	return len(r.Bands) - 1
}

// Trend holds the limits of the trend words, in score points.
type Trend struct {
	Improving float64 // change >= this: Improving; <= -this: Declining (default 10)
	Stable    float64 // |change| <= this: Stable (default 5)
}

// Missing is the missing-data policy, shares in [0, 1].
type Missing struct {
	ScoredFrom  float64 // coverage below: Not scored (default 0.60)
	HealthyFrom float64 // coverage below: status capped below the Expand bands (default 0.75)
}

// Scale turns points into a pillar score.
type Scale uint8

const (
	// MinMax: 100 * (points - min) / (max - min).
	MinMax Scale = iota
	// Clamp: the literal sum of points clamped to 0..100.
	Clamp
)

func (s Scale) String() string { return [...]string{"points", "clamp"}[s] }
