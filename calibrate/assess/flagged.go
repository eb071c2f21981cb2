package assess

import "math"

// Share is a count of another count with Wilson's interval.
type Share struct {
	Count int    `json:"count"`
	Of    int    `json:"of"`
	Share Number `json:"share"`
	Lo    Number `json:"lo"`
	Hi    Number `json:"hi"`
}

// ShareOf returns count/of with Wilson's interval; undefined for of <= 0.
func ShareOf(count, of int) Share {
	w := Wilson(count, of)
	return Share{count, of, w.Rate, w.Lo, w.Hi}
}

// Flagged is what flagging some rows as at risk would have found.
type Flagged struct {
	Cut              float64 `json:"cut"` // rows with a score under it are flagged
	Hit              int     `json:"hit"` // flagged and churned
	FalseAlarm       int     `json:"false_alarm"`
	Missed           int     `json:"missed"` // churned and not flagged
	Quiet            int     `json:"quiet"`  // neither
	Alerts           Share   `json:"alerts"` // flagged, of all rows
	Precision        Share   `json:"precision"`
	Recall           Share   `json:"recall"`
	FalseAlarmRate   Share   `json:"false_alarm_rate"` // of kept rows
	NegativeValue    Number  `json:"negative_value"`   // kept, of the rows not flagged
	Lift             Number  `json:"lift"`             // precision over the churn rate
	MCC              Number  `json:"mcc"`              // Matthews' correlation
	BalancedAccuracy Number  `json:"balanced_accuracy"`
	ARR              float64 `json:"arr"` // all rows
	ARRFlagged       float64 `json:"arr_flagged"`
	ARRLost          float64 `json:"arr_lost"`    // by all rows, churned or not
	ARRReached       float64 `json:"arr_reached"` // lost by flagged rows
	ARRRecall        Number  `json:"arr_recall"`
	OK               bool    `json:"ok"`
	Why              string  `json:"why,omitempty"`
}

// FlagRows takes the rows for which flag is true as flagged. arr is what each row
// has, nil for 1 each; lost what it lost of that, nil where a churned row loses all
// and the others nothing. Cut stays 0.
func FlagRows(flag, churned []bool, arr, lost []float64) Flagged {
	f := Flagged{}
	switch {
	case len(flag) != len(churned) || arr != nil && len(arr) != len(flag) || lost != nil && len(lost) != len(flag):
		f.Why = whyLengths
	case !validWeights(arr) || !validWeights(lost):
		f.Why = "an amount is negative or not finite"
	default:
		for i, c := range churned {
			f.add(flag[i], c, weightOf(arr, i), lostBy(churned, arr, lost, i))
		}
	}
	f.finish()
	return f
}

// FlagBelow flags the rows with a score under cut.
func FlagBelow(score []float64, churned []bool, arr, lost []float64, cut float64) Flagged {
	if !allFinite(score) || !finite(cut) {
		f := Flagged{Why: whyNotFinite}
		f.finish()
		return f
	}
	flag := make([]bool, len(score))
	for i, s := range score {
		flag[i] = s < cut
	}
	f := FlagRows(flag, churned, arr, lost)
	f.Cut = cut
	return f
}

// Lowest flags, within each stratum (one snapshot date), the lowest scores:
// capacity says how many of a stratum of that size can be worked. Equal scores
// stay together, so at most so many are flagged. cut is the lowest score that is
// not flagged, the highest such over strata. stratum may be nil for one; flag is
// nil where the column has no order.
func (r *Ranking) Lowest(stratum []int32, capacity func(size int) int) (flag []bool, cut float64) {
	if r.why != "" || stratum != nil && len(stratum) != len(r.x) {
		return nil, 0
	}
	flag = make([]bool, len(r.x))
	rows, bounds := r.byStratum(stratum)
	for t := range len(bounds) - 1 {
		in := rows[bounds[t]:bounds[t+1]]
		taken := min(max(capacity(len(in)), 0), len(in))
		for taken > 0 && taken < len(in) && r.x[in[taken]] == r.x[in[taken-1]] {
			taken-- // the last group is not whole
		}
		for _, i := range in[:taken] {
			flag[i] = true
		}
		switch {
		case taken < len(in):
			cut = max(cut, r.x[in[taken]])
		case taken > 0:
			cut = max(cut, math.Nextafter(r.x[in[taken-1]], math.Inf(1)))
		}
	}
	return flag, cut
}

func weightOf(w []float64, i int) float64 {
	if w == nil {
		return 1
	}
	return w[i]
}

// lostBy is what row i lost.
func lostBy(churned []bool, arr, lost []float64, i int) float64 {
	switch {
	case lost != nil:
		return lost[i]
	case churned[i]:
		return weightOf(arr, i)
	}
	return 0
}

func (f *Flagged) add(flag, churned bool, arr, lost float64) {
	f.ARR += arr
	f.ARRLost += lost
	switch {
	case flag && churned:
		f.Hit++
	case flag:
		f.FalseAlarm++
	case churned:
		f.Missed++
	default:
		f.Quiet++
	}
	if flag {
		f.ARRFlagged += arr
		f.ARRReached += lost
	}
}

func (f *Flagged) finish() {
	tp, fp, fn, tn := float64(f.Hit), float64(f.FalseAlarm), float64(f.Missed), float64(f.Quiet)
	flagged, churned, kept := f.Hit+f.FalseAlarm, f.Hit+f.Missed, f.FalseAlarm+f.Quiet
	all := churned + kept
	if f.OK = f.Why == "" && all > 0; !f.OK && f.Why == "" {
		f.Why = whyEmpty
	}
	f.Alerts, f.Precision = ShareOf(flagged, all), ShareOf(f.Hit, flagged)
	f.Recall, f.FalseAlarmRate = ShareOf(f.Hit, churned), ShareOf(f.FalseAlarm, kept)
	f.NegativeValue, f.Lift = Undefined("every row is flagged"), Undefined("nothing is flagged")
	f.MCC, f.BalancedAccuracy = Undefined("one outcome or one flag only"), Undefined("one outcome only")
	f.ARRRecall = Undefined(whyNothingLost)
	if fn+tn > 0 {
		f.NegativeValue = Defined(tn / (fn + tn))
	}
	if flagged > 0 && churned > 0 {
		f.Lift = Defined(tp / float64(flagged) / (float64(churned) / float64(all)))
	}
	if d := math.Sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)); d > 0 {
		f.MCC = Defined((tp*tn - fp*fn) / d)
	}
	if churned > 0 && kept > 0 {
		f.BalancedAccuracy = Defined((tp/float64(churned) + tn/float64(kept)) / 2)
	}
	if f.ARRLost > 0 {
		f.ARRRecall = Defined(f.ARRReached / f.ARRLost)
	}
}

// ROCPoint is one cut on the ROC curve: flag every row with a score at most At.
type ROCPoint struct {
	At             float64 `json:"at"`
	Recall         float64 `json:"recall"`           // share of churned rows flagged
	FalseAlarmRate float64 `json:"false_alarm_rate"` // share of kept rows flagged
	Alerts         float64 `json:"alerts"`           // share of all rows flagged
}

// ROC returns the curve from the riskiest score up, without the origin, at most
// limit points (0: all), thinned evenly in rank; the last is (1, 1). nil where
// the AUC is undefined.
func (r *Ranking) ROC(churned []bool, limit int) []ROCPoint {
	m, n, why := r.classes(churned)
	if why != "" {
		return nil
	}
	var out []ROCPoint
	hit, kept := 0, 0
	due := 0 // points that thinning owes so far
	for lo, hi := range r.groups {
		for _, i := range r.order[lo:hi] {
			if churned[i] {
				hit++
			} else {
				kept++
			}
		}
		if limit > 0 && hi < m+n {
			if slot := hi * limit / (m + n); slot <= due {
				continue
			} else {
				due = slot
			}
		}
		out = append(out, ROCPoint{r.x[r.order[lo]], float64(hit) / float64(m), float64(kept) / float64(n), float64(hi) / float64(m+n)})
	}
	return out
}

// DecisionPoint is the net benefit of acting on everyone whose probability is at
// least Threshold, in churned rows per row.
type DecisionPoint struct {
	Threshold float64 `json:"threshold"`
	Model     float64 `json:"model"`
	All       float64 `json:"all"` // of acting on every row; of acting on none it is 0
	Alerts    float64 `json:"alerts"`
}

// NetBenefit returns the decision curve: hits/n - false alarms/n * t/(1-t). The
// odds t/(1-t) are what one needless action costs in saved accounts, so the curve
// says at which exchange rates the score is worth more than acting on all or
// none: A. Vickers, E. Elkin, Medical Decision Making 26 (2006) 565. Thresholds
// outside (0, 1) are left out; nil where p are no probabilities.
func NetBenefit(p []float64, churned []bool, thresholds []float64) []DecisionPoint {
	if !probabilities(p, churned) || len(p) == 0 {
		return nil
	}
	n, events := float64(len(p)), 0.0
	for _, c := range churned {
		if c {
			events++
		}
	}
	var out []DecisionPoint
	for _, t := range thresholds {
		if !(t > 0 && t < 1) {
			continue
		}
		var tp, fp float64
		for i, v := range p {
			if v >= t {
				if churned[i] {
					tp++
				} else {
					fp++
				}
			}
		}
		odds := t / (1 - t)
		out = append(out, DecisionPoint{t, tp/n - fp/n*odds, events/n - (1-events/n)*odds, (tp + fp) / n})
	}
	return out
}
