package calibrate

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Sample is the point-in-time sample: one row per account and snapshot date. All
// row columns have one length. The order of rows decides nothing but the ties
// between deciles. Nothing in it is modified.
type Sample struct {
	// Pillars names the K >= 1 pillars, Weights are the weights in force: K
	// values >= 0 with sum 1 (to 1e-6).
	Pillars []string
	Weights []float64

	// X holds K columns of pillar scores, 0 to 100, high = healthy: X[k][i] is
	// pillar k of row i. NaN is "not measured": the row is left out of every fit
	// and counted, and what is known of it still enters the evidence.
	X [][]float64
	// Y says whether the account churned in the row's window.
	Y []bool
	// Account is any number that identifies the row's account. It must not depend
	// on the order of rows. Events are distinct churned accounts.
	Account []int32
	// Cluster numbers what decides together, in the numbers of Account: the
	// account's parent, or the account. Uncertainty is counted, resamples drawn and
	// folds dealt by it. nil is Account.
	Cluster []int32
	// Period and Segment are indices into Periods (in time order) and Segments.
	// nil is a single period or segment.
	Period  []int32
	Periods []string
	Segment []int32
	// Segments names the segments.
	Segments []string
	// Kind is an index into Kinds: rows whose outcome windows are of different kinds,
	// such as decisions on contracts of one year and of several, so that their churn
	// rates cannot be compared. Each kind has base rates of its own in the refit, and
	// rankings and rules compare rows of one kind. nil is one kind.
	Kind  []int32
	Kinds []string
	// ARR is the annual recurring revenue of the row, >= 0. nil is 1 each.
	ARR []float64
	// Lost is how much of its ARR the row's account lost in the row's window, churned
	// or not: 0 to ARR. nil: churned rows lose all, the others nothing.
	Lost []float64
	// Partial marks churned rows whose account lost a part only and stayed. nil is
	// none.
	Partial []bool
	// Score is the composite in force, 0 to 100, as published (one decimal, which
	// makes its ties). nil is the weighted mean of X. NaN is "not scored".
	Score []float64
	// Provisional marks rows whose score was provisional. nil is none.
	Provisional []bool
	// Owner is optional: an index into Owners, -1 for none, for the influence of
	// single owners.
	Owner  []int32
	Owners []string
	// Rules are optional: the rows of the signals' ladders, to be judged one by
	// one.
	Rules []Rule
}

// InvalidError lists everything that is wrong with a Sample or its Options.
type InvalidError struct{ Violations []string }

func (e *InvalidError) Error() string {
	return "calibrate: invalid input: " + strings.Join(e.Violations, "; ")
}

// maxExamples bounds how many rows of one kind of violation are named.
const maxExamples = 3

// Validate returns nil or an *InvalidError with every violation. A sample without
// a row is valid.
func (s *Sample) Validate() error {
	var v violations
	k, n := len(s.Pillars), len(s.Y)
	if k == 0 {
		v.addf("there is no pillar")
	}
	v.distinct("Pillars", s.Pillars)
	v.distinct("Segments", s.Segments)
	v.distinct("Periods", s.Periods)
	v.distinct("Kinds", s.Kinds)
	v.weights("Weights", s.Weights, k)
	if len(s.X) != k {
		v.addf("X has %d columns for %d pillars", len(s.X), k)
	}
	for j, col := range s.X {
		name := fmt.Sprintf("X[%d]", j)
		if j < k {
			name = fmt.Sprintf("X[%q]", s.Pillars[j])
		}
		v.length(name, len(col), n)
		v.rows(name, len(col), func(i int) bool { return math.IsNaN(col[i]) || col[i] >= 0 && col[i] <= 100 }, "is outside 0 to 100")
	}
	v.length("Account", len(s.Account), n)
	if s.Cluster != nil {
		v.length("Cluster", len(s.Cluster), n)
	}
	v.index("Period", s.Period, n, len(s.Periods), 0)
	v.index("Segment", s.Segment, n, len(s.Segments), 0)
	v.index("Kind", s.Kind, n, len(s.Kinds), 0)
	v.index("Owner", s.Owner, n, len(s.Owners), -1)
	if s.ARR != nil {
		v.length("ARR", len(s.ARR), n)
		v.rows("ARR", len(s.ARR), func(i int) bool { return s.ARR[i] >= 0 && !math.IsInf(s.ARR[i], 1) }, "is negative or not finite")
	}
	v.lost(s.Lost, s.ARR, n)
	v.partial(s.Partial, s.Y)
	if s.Score != nil {
		v.length("Score", len(s.Score), n)
		v.rows("Score", len(s.Score), func(i int) bool { return math.IsNaN(s.Score[i]) || s.Score[i] >= 0 && s.Score[i] <= 100 }, "is outside 0 to 100")
	}
	if s.Provisional != nil {
		v.length("Provisional", len(s.Provisional), n)
	}
	validateRules(&v, s.Rules, n)
	return v.err()
}

// violations collects sentences.
type violations []string

func (v *violations) addf(format string, args ...any) { *v = append(*v, fmt.Sprintf(format, args...)) }

func (v *violations) err() error {
	if len(*v) == 0 {
		return nil
	}
	return &InvalidError{*v}
}

func (v *violations) length(name string, got, want int) {
	if got != want {
		v.addf("%s has %d rows, Y has %d", name, got, want)
	}
}

func (v *violations) rows(name string, n int, valid func(i int) bool, what string) {
	bad := 0
	for i := range n {
		if valid(i) {
			continue
		}
		if bad++; bad <= maxExamples {
			v.addf("%s row %d %s", name, i, what)
		}
	}
	if bad > maxExamples {
		v.addf("%s: %d more rows like it", name, bad-maxExamples)
	}
}

func (v *violations) index(name string, index []int32, n, names, lowest int) {
	if index == nil {
		return
	}
	v.length(name, len(index), n)
	v.rows(name, len(index), func(i int) bool { return int(index[i]) >= lowest && int(index[i]) < names }, fmt.Sprintf("is no index into %ss", name))
}

func (v *violations) distinct(name string, names []string) {
	seen := map[string]bool{}
	for _, s := range names {
		if s == "" {
			v.addf("%s has an empty name", name)
		} else if seen[s] {
			v.addf("%s has %q twice", name, s)
		}
		seen[s] = true
	}
}

func (v *violations) weights(name string, w []float64, k int) {
	if len(w) != k {
		v.addf("%s has %d values for %d pillars", name, len(w), k)
		return
	}
	var sum float64
	for j, x := range w {
		if !(x >= 0 && x <= 1) {
			v.addf("%s[%d] is outside 0 to 1", name, j)
		}
		sum += x
	}
	if k > 0 && !(math.Abs(sum-1) <= 1e-6) {
		v.addf("%s sum to %g, not 1", name, sum)
	}
}

// frame is a valid sample with its defaults filled in and dense account numbers.
type frame struct {
	*Sample
	k, n     int
	segments int     // at least 1
	periods  int     // at least 1
	rowKinds int     // at least 1
	segment  []int32 // never nil
	period   []int32 // never nil
	kind     []int32 // never nil
	account  []int32 // the cluster, 0.., ascending with Sample.Cluster
	ids      []int32 // Sample.Cluster by dense number
	entity   []int32 // the account itself, 0.., ascending with Sample.Account
	entities int
	arr      []float64 // never nil
	lost     []float64 // never nil
	score    []float64 // never nil; NaN where there is none
	complete []int32   // rows with every pillar measured
}

func newFrame(s *Sample) *frame {
	f := &frame{Sample: s, k: len(s.Pillars), n: len(s.Y), segments: max(1, len(s.Segments)), periods: max(1, len(s.Periods)), rowKinds: max(1, len(s.Kinds))}
	f.segment, f.period, f.kind, f.arr, f.score = s.Segment, s.Period, s.Kind, s.ARR, s.Score
	if f.segment == nil {
		f.segment = make([]int32, f.n)
	}
	if f.period == nil {
		f.period = make([]int32, f.n)
	}
	if f.kind == nil {
		f.kind = make([]int32, f.n)
	}
	if f.arr == nil {
		f.arr = make([]float64, f.n)
		for i := range f.arr {
			f.arr[i] = 1
		}
	}
	f.lost = lostColumn(s.Y, s.ARR, s.Lost)
	if f.score == nil {
		f.score = make([]float64, f.n)
		for i := range f.score {
			f.score[i] = f.composite(s.Weights, i)
		}
	}
	var ids []int32
	f.entity, ids = denseAscending(s.Account)
	f.account, f.ids, f.entities = f.entity, ids, len(ids)
	if s.Cluster != nil {
		f.account, f.ids = denseAscending(s.Cluster)
	}
	for i := range f.n {
		if !math.IsNaN(f.rowSum(i)) {
			f.complete = append(f.complete, int32(i))
		}
	}
	return f
}

func (f *frame) rowSum(i int) float64 {
	var s float64
	for _, col := range f.X {
		s += col[i]
	}
	return s
}

// composite is the weighted mean of row i's pillars; NaN if one is not measured
// that has weight.
func (f *frame) composite(w []float64, i int) float64 {
	var s float64
	for k, col := range f.X {
		if w[k] > 0 {
			s += w[k] * col[i]
		}
	}
	return s
}

func (f *frame) segmentName(s int) string {
	if s < len(f.Segments) {
		return f.Segments[s]
	}
	return "all"
}

func (f *frame) periodName(p int) string {
	if p < len(f.Periods) {
		return f.Periods[p]
	}
	return "all"
}

// allRows and scoredRows list rows: all, and those with a score in force.
func (f *frame) allRows() []int32 {
	out := make([]int32, f.n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

func (f *frame) scoredRows() []int32 {
	return slices.DeleteFunc(f.allRows(), func(i int32) bool { return math.IsNaN(f.score[i]) })
}

// churnedAccounts counts the distinct accounts with a churned row among rows.
func (f *frame) churnedAccounts(rows []int32) int {
	seen := make([]bool, f.entities)
	n := 0
	for _, i := range rows {
		if a := f.entity[i]; f.Y[i] && !seen[a] {
			seen[a] = true
			n++
		}
	}
	return n
}
