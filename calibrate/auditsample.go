package calibrate

import (
	"fmt"
	"math"
)

// AuditSample is what an accuracy audit judges: one row per account and snapshot
// date, with the score and status that were in force then. Row columns have the
// length of Y; nil is allowed where said. Nothing in it is modified.
type AuditSample struct {
	// Labels are the statuses, riskiest first; Cuts the cut-offs between them (one
	// fewer, ascending). Flagged is how many of the riskiest statuses count as
	// flagged; 0 is half, rounded down.
	Labels  []string
	Cuts    []float64
	Flagged int

	Score  []float64 // in force at the date; NaN is Not scored
	Status []int32   // index into Labels, -1 Not scored; nil derives it from Score and Cuts
	Y      []bool    // churned in the row's window, for a reason that is a verdict on health
	// Rebuilt marks rows that were scored afterwards under the framework of their
	// date, because nothing was published then. They are never pooled with
	// published rows. nil is all published.
	Rebuilt []bool
	// Excused marks rows lost for a reason that is no verdict on health (acquired,
	// test, involuntary). They are left out, and counted beside. nil is none.
	Excused []bool

	Account []int32
	// Cluster numbers what decides together, in the numbers of Account: the
	// account's parent, or the account. Uncertainty is counted by it; churned
	// accounts stay distinct accounts. nil is Account.
	Cluster  []int32
	Period   []int32 // nil is one date
	Periods  []string
	Segment  []int32 // nil is one segment
	Segments []string
	// Kind is an index into Kinds: rows whose outcome windows are of different kinds,
	// such as decisions on contracts of one year and of several. Rankings compare
	// rows of one kind; counts are of all. nil is one kind.
	Kind  []int32
	Kinds []string
	// All counts, for published and for rebuilt scores and by status, the scores of
	// all customers on the dates, where the rows judged are not all of them: how much
	// of the portfolio was flagged. nil takes that from the rows.
	All [2][]int
	ARR []float64 // nil is 1 each
	// Lost is how much of its ARR each row's account lost in the row's window, churned
	// or not: 0 to ARR. nil: churned and excused rows lose all, the others nothing.
	Lost []float64
	// Partial marks churned rows whose account lost a part only and stayed. nil is
	// none.
	Partial []bool
	// TenureBand and ARRBand are optional groupings beside the segment: indices into
	// their names, -1 for unknown.
	TenureBand  []int32
	TenureBands []string
	ARRBand     []int32
	ARRBands    []string

	// Pillars and X (K columns, NaN where not measured) are optional: for patterns
	// and paths. Before is the score at the previous review, NaN where there was
	// none; nil leaves "falling" out.
	Pillars []string
	X       [][]float64
	Before  []float64
	// Patterns are further ways to look healthy that the caller knows of (a healthy
	// score against a commercial warning): which rows show it.
	Patterns []Pattern
	// Rules are optional: which would have caught the false greens.
	Rules []Rule
	// Worked says that somebody acted on the row's account in its window; nil: not
	// recorded.
	Worked []bool
	// Paths are the histories of churned accounts before their decision, for lead
	// times, which take the first of each account, and for the paths of false greens.
	Paths []AuditPath
	// Drift compares pillar scores with those of other dates.
	Drift []DriftSample
	// Capacity is how many accounts can be worked at each date; 0 is not asked.
	Capacity int
}

// Pattern marks rows that show it.
type Pattern struct {
	Name string
	Hit  []bool
}

// AuditPath is the history of one account up to a loss: scores, and pillars if given
// (K columns), so many days before the decision.
type AuditPath struct {
	Account int32
	Row     int32   // the churned row of the loss
	ARR     float64 // that it lost
	Days    []int32
	Score   []float64
	X       [][]float64
	Rebuilt bool // the scores were rebuilt: the path is judged with those rows
}

// DriftSample is K columns of pillar scores on another date, and today's. With
// Paired, row i of both is one account.
type DriftSample struct {
	Name        string // the first snapshot, the last, the same quarter a year ago
	Then, Today [][]float64
	Paired      bool
}

// Validate returns nil or an *InvalidError with every violation.
func (s *AuditSample) Validate() error {
	var v violations
	n, k := len(s.Y), len(s.Pillars)
	v.distinct("Labels", s.Labels)
	v.distinct("Pillars", s.Pillars)
	v.distinct("Periods", s.Periods)
	v.distinct("Segments", s.Segments)
	v.distinct("Kinds", s.Kinds)
	if len(s.Labels) != len(s.Cuts)+1 {
		v.addf("Labels has %d names for %d cut-offs; one more is needed", len(s.Labels), len(s.Cuts))
	}
	for j, c := range s.Cuts {
		if !(c > 0 && c < 100) || j > 0 && !(c > s.Cuts[j-1]) {
			v.addf("Cuts must ascend strictly between 0 and 100")
			break
		}
	}
	if s.Flagged < 0 || s.Flagged > len(s.Cuts) {
		v.addf("Flagged is %d, not 0 to the number of cut-offs", s.Flagged)
	}
	if s.Capacity < 0 {
		v.addf("Capacity is negative")
	}
	v.length("Score", len(s.Score), n)
	v.rows("Score", len(s.Score), score0to100(s.Score), "is outside 0 to 100")
	v.length("Account", len(s.Account), n)
	if s.Cluster != nil {
		v.length("Cluster", len(s.Cluster), n)
	}
	v.index("Status", s.Status, n, len(s.Labels), -1)
	v.index("Period", s.Period, n, len(s.Periods), 0)
	v.index("Segment", s.Segment, n, len(s.Segments), 0)
	for _, all := range s.All {
		if all != nil {
			v.length("All", len(all)-len(s.Labels)+n, n)
		}
	}
	v.index("Kind", s.Kind, n, len(s.Kinds), 0)
	v.index("TenureBand", s.TenureBand, n, len(s.TenureBands), -1)
	v.index("ARRBand", s.ARRBand, n, len(s.ARRBands), -1)
	for _, f := range []struct {
		name string
		col  []bool
	}{{"Rebuilt", s.Rebuilt}, {"Excused", s.Excused}, {"Worked", s.Worked}} {
		if f.col != nil {
			v.length(f.name, len(f.col), n)
		}
	}
	if s.ARR != nil {
		v.length("ARR", len(s.ARR), n)
		v.rows("ARR", len(s.ARR), func(i int) bool { return s.ARR[i] >= 0 && !math.IsInf(s.ARR[i], 1) }, "is negative or not finite")
	}
	v.lost(s.Lost, s.ARR, n)
	v.partial(s.Partial, s.Y)
	if s.Before != nil {
		v.length("Before", len(s.Before), n)
		v.rows("Before", len(s.Before), score0to100(s.Before), "is outside 0 to 100")
	}
	v.columns("X", s.X, k, n)
	for _, p := range s.Patterns {
		v.length(fmt.Sprintf("pattern %q", p.Name), len(p.Hit), n)
	}
	validateRules(&v, s.Rules, n)
	for j, p := range s.Paths {
		name := fmt.Sprintf("Paths[%d]", j)
		if p.Row < 0 || int(p.Row) >= n {
			v.addf("%s leads to row %d of %d", name, p.Row, n)
		}
		if len(p.Score) != len(p.Days) {
			v.addf("%s has %d scores for %d days", name, len(p.Score), len(p.Days))
		}
		v.rows(name, len(p.Score), score0to100(p.Score), "is outside 0 to 100")
		if p.X != nil {
			v.columns(name+".X", p.X, k, len(p.Days))
		}
		if !(p.ARR >= 0) || math.IsInf(p.ARR, 1) {
			v.addf("%s has an ARR that is negative or not finite", name)
		}
	}
	for _, d := range s.Drift {
		for _, side := range []struct {
			name string
			x    [][]float64
		}{{"then", d.Then}, {"today", d.Today}} {
			if len(side.x) != k {
				v.addf("drift %q has %d columns %s for %d pillars", d.Name, len(side.x), side.name, k)
				continue
			}
			for _, col := range side.x {
				v.rows(fmt.Sprintf("drift %q %s", d.Name, side.name), len(col), score0to100(col), "is outside 0 to 100")
			}
		}
		for j := range min(len(d.Then), len(d.Today)) {
			if d.Paired && len(d.Then[j]) != len(d.Today[j]) {
				v.addf("drift %q is paired, and has %d and %d rows", d.Name, len(d.Then[j]), len(d.Today[j]))
				break
			}
		}
	}
	return v.err()
}

// columns checks K optional columns of 0-100 scores.
func (v *violations) columns(name string, x [][]float64, k, n int) {
	if x == nil {
		return
	}
	if len(x) != k {
		v.addf("%s has %d columns for %d pillars", name, len(x), k)
	}
	for j, col := range x {
		at := fmt.Sprintf("%s[%d]", name, j)
		if len(col) != n {
			v.addf("%s has %d rows, not %d", at, len(col), n)
		}
		v.rows(at, len(col), score0to100(col), "is outside 0 to 100")
	}
}

// score0to100 accepts NaN, which is "not measured".
func score0to100(col []float64) func(i int) bool {
	return func(i int) bool { return math.IsNaN(col[i]) || col[i] >= 0 && col[i] <= 100 }
}
