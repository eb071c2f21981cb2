package calibrate

import (
	"math"
	"sort"

	"accounthealth/calibrate/assess"
)

// statuses counts churn per status of the composite in force.
func statuses(f *frame, o Options) Statuses {
	if o.Cuts == nil {
		return noStatuses("no cut-offs were given")
	}
	status := statusOf(f.score, o.Cuts)
	t := statusTable(o.Labels, o.Cuts, labelledRows{status, f.Y, f.Partial, f.entity, f.arr, f.lost})
	if f.rowKinds > 1 {
		t.liftsOfKind(f.kind, status, f.Y)
	}
	return t
}

// statusOf is the status of each score, -1 for NaN.
func statusOf(score, cuts []float64) []int32 {
	out := make([]int32, len(score))
	for i, s := range score {
		out[i] = int32(sort.Search(len(cuts), func(j int) bool { return cuts[j] > s }))
		if math.IsNaN(s) {
			out[i] = -1
		}
	}
	return out
}

func noStatuses(why string) Statuses {
	u := assess.Undefined("there is no status with churned rows")
	return Statuses{Why: why, Base: assess.Wilson(0, 0), BaseARR: assess.Undefined("there is no ARR"), RiskiestOverBase: u, RiskiestOverSafest: u, Trend: assess.Test{Why: why}, Rows: []Status{}}
}

// labelledRows is rows with their status, as columns; partial may be nil.
type labelledRows struct {
	status     []int32
	y, partial []bool
	account    []int32
	arr, lost  []float64
}

// statusTable counts churn per status; rows with status -1 are left out.
func statusTable(labels []string, cuts []float64, of labelledRows) Statuses {
	t := noStatuses("")
	n, churned := make([]int, len(labels)), make([]int, len(labels))
	arr, lost := make([]float64, len(labels)), make([]float64, len(labels))
	accounts := make([][]int32, len(labels)) // of the churned
	parts := make([]int, len(labels))
	var rows, events int
	for i, j := range of.status {
		if j < 0 {
			continue
		}
		rows++
		n[j]++
		arr[j] += of.arr[i]
		lost[j] += of.lost[i]
		if of.y[i] {
			events++
			churned[j]++
			accounts[j] = append(accounts[j], of.account[i])
			if of.partial != nil && of.partial[i] {
				parts[j]++
			}
		}
	}
	t.Base = assess.Wilson(events, rows)
	var allARR, allLost float64
	for j, label := range labels {
		s := Status{Label: label, To: 100, Rate: assess.Wilson(churned[j], n[j]), ARR: arr[j], ARRChurned: lost[j], ChurnedAccounts: distinct(accounts[j]), Parts: parts[j]}
		if j > 0 {
			s.From = cuts[j-1]
		}
		if j < len(cuts) {
			s.To = cuts[j]
		}
		s.Lift = over(s.Rate.Rate, t.Base.Rate)
		t.Rows = append(t.Rows, s)
		allARR += arr[j]
		allLost += lost[j]
	}
	if allARR > 0 {
		t.BaseARR = assess.Defined(allLost / allARR)
	}
	if t.OK = rows > 0; !t.OK {
		t.Why = "no row has a score"
	}
	t.Monotone = t.OK
	last := assess.Number{}
	for _, s := range t.Rows {
		if !s.Rate.Rate.OK {
			continue
		}
		if last.OK && s.Rate.Rate.Value >= last.Value {
			t.Monotone = false
		}
		last = s.Rate.Rate
	}
	t.Trend = assess.CochranArmitage(churned, n)
	if t.OK {
		first := t.Rows[0].Rate.Rate
		t.RiskiestOverBase = over(first, t.Base.Rate)
		t.RiskiestOverSafest = over(first, t.Rows[len(t.Rows)-1].Rate.Rate)
	}
	return t
}

// over is a ratio of rates; undefined where either is, or the second is 0.
func over(a, b assess.Number) assess.Number {
	switch {
	case !a.OK:
		return a
	case !b.OK:
		return b
	case b.Value == 0:
		return assess.Undefined("the rate compared with is 0")
	}
	return assess.Defined(a.Value / b.Value)
}
