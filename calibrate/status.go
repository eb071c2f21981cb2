package calibrate

import (
	"math"
	"sort"

	"accounthealth/calibrate/assess"
)

// statuses counts churn per status of the composite in force.
func statuses(f *frame, o Options) Statuses {
	t := Statuses{RiskiestOverBase: assess.Undefined("there is no status with churned rows"), RiskiestOverSafest: assess.Undefined("there is no status with churned rows"), BaseARR: assess.Undefined("there is no ARR")}
	if o.Cuts == nil {
		t.Why = "no cut-offs were given"
		t.Base, t.Trend.Why = assess.Wilson(0, 0), t.Why
		return t
	}
	n, churned := make([]int, len(o.Labels)), make([]int, len(o.Labels))
	arr, lost := make([]float64, len(o.Labels)), make([]float64, len(o.Labels))
	accounts := make([][]int32, len(o.Labels)) // of the churned
	var rows, events int
	for i, s := range f.score {
		if math.IsNaN(s) {
			continue
		}
		j := sort.Search(len(o.Cuts), func(j int) bool { return o.Cuts[j] > s })
		rows++
		n[j]++
		arr[j] += f.arr[i]
		if f.Y[i] {
			events++
			churned[j]++
			accounts[j] = append(accounts[j], f.account[i])
			lost[j] += f.arr[i]
		}
	}
	t.Base = assess.Wilson(events, rows)
	var allARR, allLost float64
	for j, label := range o.Labels {
		s := Status{Label: label, To: 100, Rate: assess.Wilson(churned[j], n[j]), ARR: arr[j], ARRChurned: lost[j], ChurnedAccounts: distinct(accounts[j])}
		if j > 0 {
			s.From = o.Cuts[j-1]
		}
		if j < len(o.Cuts) {
			s.To = o.Cuts[j]
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
