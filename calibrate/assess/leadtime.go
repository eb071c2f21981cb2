package assess

import "slices"

// Path is the history of scores of one account that churned: its score so many
// days before the decision date. Days need no order; a score that is not finite
// is "not scored" and is passed over.
type Path struct {
	Days  []int32
	Score []float64
	ARR   float64 // that it lost
}

// newest returns the score known `lead` days before the decision: that of the
// fewest days not under lead.
func (p Path) newest(lead int32) (float64, bool) {
	at, best := -1, int32(0)
	for j, d := range p.Days {
		if d >= lead && finite(p.Score[j]) && (at < 0 || d < best) {
			at, best = j, d
		}
	}
	if at < 0 {
		return 0, false
	}
	return p.Score[at], true
}

// Lead is how many churned accounts were already flagged so many days before.
type Lead struct {
	Days      int32  `json:"days"`
	Recall    Share  `json:"recall"` // of the churned accounts that had a score by then
	ARRRecall Number `json:"arr_recall"`
}

// LeadTimes returns, for each lead, the share of churned accounts whose newest
// score at least that many days before the decision was under the cut. Accounts
// without a score so early are not in the share, so N falls with the lead. Read
// it beside the share of all accounts under the cut: a cut that flags everybody
// is early too. Paths with ragged columns are left out.
func LeadTimes(paths []Path, cut float64, leads []int32) []Lead {
	out := make([]Lead, len(leads))
	for j, lead := range leads {
		n, hit := 0, 0
		var arr, reached float64
		for _, p := range paths {
			if len(p.Days) != len(p.Score) {
				continue
			}
			s, ok := p.newest(lead)
			if !ok {
				continue
			}
			n++
			arr += p.ARR
			if s < cut {
				hit++
				reached += p.ARR
			}
		}
		out[j] = Lead{Days: lead, Recall: ShareOf(hit, n), ARRRecall: Undefined(whyNothingLost)}
		if arr > 0 {
			out[j].ARRRecall = Defined(reached / arr)
		}
	}
	return out
}

// EarlyWarning is how long before the decision the unbroken stretch under the cut
// began that lasted to the end.
type EarlyWarning struct {
	Accounts int    `json:"accounts"`
	Missed   int    `json:"missed"` // not under the cut at the last score before the decision
	Median   Number `json:"median"` // days, of those not missed
	Mean     Number `json:"mean"`   // days, the missed as 0
}

// WarningTime looks at the scores before the decision (days > 0). Accounts
// without one are left out.
func WarningTime(paths []Path, cut float64) EarlyWarning {
	var w EarlyWarning
	var days []float64
	var sum float64
	for _, p := range paths {
		if len(p.Days) != len(p.Score) {
			continue
		}
		var order []int
		for j, d := range p.Days {
			if d > 0 && finite(p.Score[j]) {
				order = append(order, j)
			}
		}
		if len(order) == 0 {
			continue
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(p.Days[a]) - int(p.Days[b]) })
		w.Accounts++
		run := int32(0)
		for _, j := range order {
			if !(p.Score[j] < cut) {
				break
			}
			run = p.Days[j]
		}
		if run == 0 {
			w.Missed++
			continue
		}
		days = append(days, float64(run))
		sum += float64(run)
	}
	w.Median, w.Mean = Undefined("no account was flagged"), Undefined("there is no account")
	if len(days) > 0 {
		slices.Sort(days)
		w.Median = Quantile(days, 0.5)
	}
	if w.Accounts > 0 {
		w.Mean = Defined(sum / float64(w.Accounts))
	}
	return w
}
