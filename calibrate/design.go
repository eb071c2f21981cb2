package calibrate

import (
	"cmp"
	"math"
	"slices"
)

// design is the data of a fit: standardised columns, rows grouped into cells of
// one segment and one period, so that a pass over the rows reads memory in order
// and adds to an intercept's sums once per cell instead of once per row.
type design struct {
	k        int
	x        []float64 // row-major, k per row, (value - mean) / sd
	churned  []bool
	account  []int32 // number in the frame
	row      []int32 // row in the frame
	cells    []cell
	runs     []run // by cell, in its order of rows
	segments int
	periods  int
	accounts int // of the frame
	mean, sd []float64
}

// cell is the rows lo..hi-1, all of one segment and period.
type cell struct {
	lo, hi          int
	segment, period int
	runLo, runHi    int // into runs
}

// newDesign prepares the given rows of the columns, which are indexed by frame
// row and finite there. Rows are ordered by segment, period, account and then by
// content, so that the order in which a sample lists its rows cannot change a
// sum. A constant column has sd 0 and must not be fitted.
func newDesign(f *frame, columns [][]float64, rows []int32, by Intercepts) *design {
	d := &design{k: len(columns), segments: 1, periods: 1, accounts: len(f.ids), row: slices.Clone(rows)}
	segment := func(i int32) int { return 0 }
	period := func(i int32) int { return 0 }
	if by == ByPeriodAndSegment || by == BySegment {
		d.segments = f.segments * f.rowKinds // a segment's kinds of rows have base rates of their own
		segment = func(i int32) int { return int(f.segment[i])*f.rowKinds + int(f.kind[i]) }
	}
	if by == byKind {
		d.segments, segment = f.rowKinds, func(i int32) int { return int(f.kind[i]) }
	}
	if by == ByPeriodAndSegment || by == ByPeriod {
		d.periods = f.periods
		period = func(i int32) int { return int(f.period[i]) }
	}
	slices.SortFunc(d.row, func(a, b int32) int {
		if c := cmp.Or(cmp.Compare(segment(a), segment(b)), cmp.Compare(period(a), period(b)), cmp.Compare(f.account[a], f.account[b])); c != 0 {
			return c
		}
		for _, col := range columns {
			if c := cmp.Compare(col[a], col[b]); c != 0 {
				return c
			}
		}
		return cmp.Compare(indicator(f.Y[a]), indicator(f.Y[b]))
	})
	n := len(d.row)
	d.churned, d.account, d.x = make([]bool, n), make([]int32, n), make([]float64, n*d.k)
	for j, i := range d.row {
		d.churned[j], d.account[j] = f.Y[i], f.account[i]
		s, p := segment(i), period(i)
		if last := len(d.cells) - 1; last < 0 || d.cells[last].segment != s || d.cells[last].period != p {
			d.cells = append(d.cells, cell{lo: j, segment: s, period: p})
		}
		d.cells[len(d.cells)-1].hi = j + 1
	}
	d.findRuns()
	d.standardise(columns)
	return d
}

// findRuns groups the rows of each cell, which are sorted by account.
func (d *design) findRuns() {
	d.runs = nil
	for c := range d.cells {
		cl := &d.cells[c]
		cl.runLo = len(d.runs)
		for j := cl.lo; j < cl.hi; j++ {
			if n := len(d.runs); n > cl.runLo && d.runs[n-1].account == d.account[j] {
				d.runs[n-1].hi = int32(j + 1)
			} else {
				d.runs = append(d.runs, run{lo: int32(j), hi: int32(j + 1), account: d.account[j]})
			}
			if d.churned[j] {
				d.runs[len(d.runs)-1].churned++
			}
		}
		cl.runHi = len(d.runs)
	}
}

func (d *design) standardise(columns [][]float64) {
	d.mean, d.sd = make([]float64, d.k), make([]float64, d.k)
	n := float64(len(d.row))
	for k, col := range columns {
		var sum, ss float64
		for _, i := range d.row {
			sum += col[i]
		}
		m := 0.0
		if n > 0 {
			m = sum / n
		}
		for _, i := range d.row {
			ss += (col[i] - m) * (col[i] - m)
		}
		sd := 0.0
		if n > 0 {
			sd = math.Sqrt(ss / n)
		}
		if sd <= 1e-10*(1+math.Abs(m)) {
			sd = 0
		}
		d.mean[k], d.sd[k] = m, sd
		for j, i := range d.row {
			if sd > 0 {
				d.x[j*d.k+k] = (col[i] - m) / sd
			}
		}
	}
}

// subset keeps the rows for which keep(position) is true, with the same scaling.
func (d *design) subset(keep func(j int) bool) *design {
	s := *d
	s.x, s.churned, s.account, s.row, s.cells = nil, nil, nil, nil, nil
	for _, c := range d.cells {
		lo := len(s.row)
		for j := c.lo; j < c.hi; j++ {
			if !keep(j) {
				continue
			}
			s.x = append(s.x, d.x[j*d.k:(j+1)*d.k]...)
			s.churned = append(s.churned, d.churned[j])
			s.account = append(s.account, d.account[j])
			s.row = append(s.row, d.row[j])
		}
		if len(s.row) > lo {
			s.cells = append(s.cells, cell{lo: lo, hi: len(s.row), segment: c.segment, period: c.period})
		}
	}
	s.findRuns()
	return &s
}

// contrasted marks the cells that say something about the slopes: a period or
// segment in which nobody or everybody churned is fitted exactly by its own
// intercept, at infinity, so its rows are left out. Leaving one out can uncover
// another. mult are account multiplicities, nil for 1; active has one element per
// cell, n and events are scratch of segments + periods. It returns the weighted
// rows and events that remain.
func (d *design) contrasted(mult []int32, active []bool, count, events []float64, cellN, cellE []float64) (rows, churned float64) {
	for c, cl := range d.cells {
		n, e := 0, 0
		for _, r := range d.runs[cl.runLo:cl.runHi] {
			m := 1
			if mult != nil {
				m = int(mult[r.account])
			}
			n += m * int(r.hi-r.lo)
			e += m * int(r.churned)
		}
		cellN[c], cellE[c] = float64(n), float64(e)
		active[c] = n > 0
	}
	for {
		clear(count)
		clear(events)
		for c, cl := range d.cells {
			if active[c] {
				count[cl.segment] += cellN[c]
				events[cl.segment] += cellE[c]
				count[d.segments+cl.period] += cellN[c]
				events[d.segments+cl.period] += cellE[c]
			}
		}
		changed := false
		rows, churned = 0, 0
		for c, cl := range d.cells {
			if !active[c] {
				continue
			}
			s, p := cl.segment, d.segments+cl.period
			if events[s] == 0 || events[s] == count[s] || events[p] == 0 || events[p] == count[p] {
				active[c], changed = false, true
				continue
			}
			rows += cellN[c]
			churned += cellE[c]
		}
		if !changed {
			return rows, churned
		}
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// denseAscending numbers the distinct values from 0 in ascending order.
func denseAscending(v []int32) (number, values []int32) {
	values = slices.Clone(v)
	slices.Sort(values)
	values = slices.Compact(values)
	number = make([]int32, len(v))
	for i, x := range v {
		j, _ := slices.BinarySearch(values, x)
		number[i] = int32(j)
	}
	return number, values
}
