package labelled

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/calibrate"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
)

// Table is a labelled table as read: its rows by columns of one length, in the
// order of the file. Rows are those with an outcome; the others are counted.
type Table struct {
	File    string
	Columns []Column // what is read as what
	Unused  []string // columns that mean nothing here
	Read    int      // rows of the file
	// NoOutcome and AlreadyLost are left out: churn is empty, or the decision is
	// dated on or before the snapshot.
	NoOutcome, AlreadyLost int

	Pillars  []string
	X        [][]float64 // by pillar; NaN is not measured
	Account  []string
	Date     []int32 // day.None throughout without a column
	Segment  []string
	ARR      []float64 // NaN where unknown
	Lost     []float64 // ARR lost in the outcome window; NaN where not stated
	Score    []float64 // NaN where not scored
	Decision []int32   // day.None where unknown
	Worked   []bool
	Churned  []bool

	has map[string]bool
}

// Has reports whether the table has a column.
func (t *Table) Has(name string) bool { return t.has[name] }

// Rows is how many rows have an outcome.
func (t *Table) Rows() int { return len(t.Churned) }

// row is one row before it is taken up. A row that cannot be used is an error of
// the table: nothing is repaired.
type row struct {
	account, segment string
	date, decision   int32
	arr, lost, score float64
	worked, churned  bool
	labelled         bool
	x                []float64
}

// builder takes up rows and finds what is wrong between them.
type builder struct {
	t    *Table
	seen map[string]string // account and date -> place of the first row
	errs []error
	lost int // errors beyond maxErrors
}

// maxErrors is how many problems of a table are told at once.
const maxErrors = 20

func newBuilder(file string, l *layout) *builder {
	t := &Table{File: file, Columns: l.columns, Unused: l.unused, has: map[string]bool{}}
	for _, c := range l.columns {
		t.has[c.As] = true
	}
	for _, p := range l.parts {
		if p.pillar {
			t.Pillars = append(t.Pillars, p.Name)
			t.X = append(t.X, nil)
		}
	}
	return &builder{t: t, seen: map[string]string{}}
}

func (b *builder) problem(where, fix, format string, args ...any) {
	if len(b.errs) == maxErrors {
		b.lost++
		return
	}
	b.errs = append(b.errs, diag.Errorf(diag.Data, where, fix, format, args...))
}

// add takes up a row read at a place.
func (b *builder) add(where string, r row) {
	t := b.t
	t.Read++
	if t.has[SnapshotDate] {
		key := r.account + "\x00" + day.Format(r.date)
		if first, ok := b.seen[key]; ok {
			b.problem(where, "keep one row per account and date", "account %q has a second row for %s, the first is at %s", r.account, day.Format(r.date), first)
			return
		}
		b.seen[key] = where
	}
	switch {
	case !r.labelled:
		t.NoOutcome++
		return
	case r.decision != day.None && r.date != day.None && r.decision <= r.date:
		t.AlreadyLost++
		return
	}
	t.Account, t.Segment = append(t.Account, r.account), append(t.Segment, r.segment)
	t.Date, t.Decision = append(t.Date, r.date), append(t.Decision, r.decision)
	t.ARR, t.Score = append(t.ARR, r.arr), append(t.Score, r.score)
	t.Lost = append(t.Lost, r.lost)
	t.Worked, t.Churned = append(t.Worked, r.worked), append(t.Churned, r.churned)
	for k := range t.X {
		t.X[k] = append(t.X[k], r.x[k])
	}
}

func (b *builder) finish() (*Table, error) {
	if len(b.errs) > 0 {
		parts := make([]string, len(b.errs))
		for i, e := range b.errs {
			parts[i] = e.Error()
		}
		if b.lost > 0 {
			parts = append(parts, fmt.Sprintf("and %d more problems", b.lost))
		}
		return nil, diag.Errorf(diag.Data, "", "", "%s", strings.Join(parts, "\n"))
	}
	return b.t, nil
}

// unlabelled stands for rows without a segment.
const unlabelled = "(none)"

// Numbered gives texts the numbers of their sorted distinct values, so that they
// do not depend on the order of rows.
func numbered(text []string) (number []int32, names []string) {
	names = slices.Clone(text)
	slices.Sort(names)
	names = slices.Compact(names)
	number = make([]int32, len(text))
	for i, v := range text {
		j, _ := slices.BinarySearch(names, v)
		number[i] = int32(j)
	}
	for i := range names {
		if names[i] == "" {
			names[i] = unlabelled
		}
	}
	return number, names
}

// periods numbers the dates in time order; one unnamed period without a column.
func (t *Table) periods() (number []int32, names []string) {
	if !t.has[SnapshotDate] {
		return nil, nil
	}
	dates := make([]string, len(t.Date))
	for i, d := range t.Date {
		dates[i] = day.Format(d)
	}
	return numbered(dates)
}

// Accounts returns the account of each row as the number that samples use, and
// the ids by number.
func (t *Table) Accounts() (number []int32, ids []string) { return numbered(t.Account) }

// knownARR returns the rows' ARR, nil where more than one in twenty is unknown:
// rows then count alike. Of the rest an unknown one counts nothing.
func (t *Table) knownARR() []float64 {
	if !t.has[ARR] {
		return nil
	}
	unknown := 0
	out := slices.Clone(t.ARR)
	for i, v := range out {
		if math.IsNaN(v) {
			unknown++
			out[i] = 0
		}
	}
	if unknown > len(out)/20 {
		return nil
	}
	return out
}

// mostARR bounds amounts: a larger one is no revenue, and sums of cents hold it.
const mostARR = 1e15

// LostARR says what the lost ARR of a table's rows rests on.
type LostARR struct {
	Stated bool // there is a column of lost ARR
	// Whole churned rows state no amount, or nothing is: all of their ARR is taken.
	Whole int
	// Over rows state more than their ARR, which bounds what they count: OverARR is
	// not counted.
	Over    int
	OverARR float64
}

// lostARR returns what each row lost of arr, the rows' known ARR, and what that rests
// on; nil where arr is.
func (t *Table) lostARR(arr []float64) (lost []float64, how LostARR) {
	how.Stated = t.has[ARRLost]
	if arr == nil {
		return nil, how
	}
	lost = make([]float64, len(arr))
	var over int64
	for i, v := range t.Lost {
		switch {
		case math.IsNaN(v) && t.Churned[i]:
			lost[i] = arr[i]
			how.Whole++
		case v > arr[i]:
			lost[i] = arr[i]
			how.Over++
			over += int64(math.Round((v - arr[i]) * 100))
		case v > 0:
			lost[i] = v
		}
	}
	how.OverARR = float64(over) / 100
	return lost, how
}

// HowLost says what the lost ARR of the rows rests on; ok is false where amounts are not
// known.
func (t *Table) HowLost() (how LostARR, ok bool) {
	lost, how := t.lostARR(t.knownARR())
	return how, lost != nil
}

// Sample returns the rows as calibrate wants them. weights are those in force, by
// pillar. Without a score column the score is the weighted mean of the pillars.
func (t *Table) Sample(weights []float64) calibrate.Sample {
	s := calibrate.Sample{Pillars: t.Pillars, Weights: weights, X: t.X, Y: t.Churned, ARR: t.knownARR()}
	s.Lost, _ = t.lostARR(s.ARR)
	s.Account, _ = t.Accounts()
	s.Period, s.Periods = t.periods()
	if t.has[Segment] {
		s.Segment, s.Segments = numbered(t.Segment)
	}
	if t.has[Score] {
		s.Score = t.Score
	}
	return s
}

// Composite is the weighted mean of each row's pillars, rounded to tenths as
// scores are; NaN where a pillar that has weight was not measured.
func (t *Table) Composite(weights []float64) []float64 {
	out := make([]float64, t.Rows())
	for i := range out {
		for k, w := range weights {
			if w > 0 {
				out[i] += w * t.X[k][i]
			}
		}
		out[i] = math.Round(10*out[i]) / 10
	}
	return out
}

// AuditSample returns the rows as calibrate's audit wants them: the score of the
// table, taken as the one that was in force, against the given statuses. It is
// empty of paths where no decision is dated.
func (t *Table) AuditSample(labels []string, cuts []float64, flagged int) calibrate.AuditSample {
	s := calibrate.AuditSample{
		Labels: labels, Cuts: cuts, Flagged: flagged, Score: t.Score, Y: t.Churned,
		ARR: t.knownARR(), Pillars: t.Pillars, X: t.X,
	}
	s.Lost, _ = t.lostARR(s.ARR)
	s.Account, _ = t.Accounts()
	s.Period, s.Periods = t.periods()
	if t.has[Segment] {
		s.Segment, s.Segments = numbered(t.Segment)
	}
	if t.has[Worked] {
		s.Worked = t.Worked
	}
	s.Paths = t.paths(s.Account, s.Lost)
	return s
}

// paths follows every churned account whose decision is dated through its rows
// before it.
func (t *Table) paths(account []int32, lostARR []float64) []calibrate.AuditPath {
	if !t.has[DecisionDate] || !t.has[SnapshotDate] {
		return nil
	}
	event := map[int32]int{} // account -> its churned row
	for i, lost := range t.Churned {
		if lost && t.Decision[i] != day.None {
			event[account[i]] = i
		}
	}
	at := map[int32]int{}
	var out []calibrate.AuditPath
	for i, a := range account {
		e, ok := event[a]
		if !ok || t.Date[i] >= t.Decision[e] {
			continue
		}
		k, ok := at[a]
		if !ok {
			k = len(out)
			at[a] = k
			p := calibrate.AuditPath{Account: a, Row: int32(e), X: make([][]float64, len(t.X))}
			if lostARR != nil {
				p.ARR = lostARR[e]
			}
			out = append(out, p)
		}
		p := &out[k]
		p.Days, p.Score = append(p.Days, t.Decision[e]-t.Date[i]), append(p.Score, t.Score[i])
		for j := range t.X {
			p.X[j] = append(p.X[j], t.X[j][i])
		}
	}
	slices.SortFunc(out, func(a, b calibrate.AuditPath) int { return int(a.Account) - int(b.Account) })
	return out
}
