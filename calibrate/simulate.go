package calibrate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate/assess"
)

// SimulateSample is labelled rows with two scores each: the one in force, and the
// one that other weights or cut-offs would have given. Row columns have the length
// of Y; NaN and status -1 are "not scored". Nothing in it is modified.
type SimulateSample struct {
	Y        []bool
	Account  []int32
	Cluster  []int32 // what decides together; nil is Account
	Period   []int32 // nil is one date
	Segment  []int32 // strata of the resamples; nil is one
	Segments []string
	Kind     []int32 // as Sample.Kind
	Kinds    []string
	ARR      []float64 // nil is 1 each
	Lost     []float64 // as Sample.Lost
	Partial  []bool    // as Sample.Partial

	Labels  []string // of the statuses, riskiest first; the same in both
	Flagged int      // how many of the riskiest count as flagged
	Current Variant
	Other   Variant
}

// Variant is one way to score the rows.
type Variant struct {
	Score  []float64 // 0 to 100, in tenths
	Status []int32   // index into Labels, caps and missing data included
	Cuts   []float64 // ascending
}

// Simulation compares two ways to score on what happened. Both are judged on the
// rows that both scored. Where the other way was chosen by looking at the same
// rows, its figures flatter it.
type Simulation struct {
	OK       bool            `json:"ok"`
	Why      string          `json:"why,omitempty"`
	Rows     int             `json:"rows"`
	Unscored int             `json:"unscored"` // by either way; in no figure
	Churned  int             `json:"churned"`
	Accounts int             `json:"accounts"`
	Lost     int             `json:"churned_accounts"`
	Partial  int             `json:"partial_accounts"` // of these, lost a part only and stayed
	KnowsARR bool            `json:"arr_known"`        // false: amounts below count rows, and shares of ARR are undefined
	Current  SimulatedFigure `json:"current"`
	Other    SimulatedFigure `json:"other"`
	// The differences are other - current, with 95% intervals: AUC's from the
	// paired clustered covariance, the others' from resampled accounts.
	AUC       assess.Estimate `json:"auc_difference"`
	AUCTest   assess.Test     `json:"auc_test"`
	Alerts    assess.Estimate `json:"alerts_difference"`
	Recall    assess.Estimate `json:"recall_difference"`
	Precision assess.Estimate `json:"precision_difference"`
	ARRRecall assess.Estimate `json:"arr_recall_difference"`
	// Moves counts rows by status under the current (rows) and the other way
	// (columns), and the churned ones among them.
	Moves        [][]int `json:"moves"`
	MovesChurned [][]int `json:"moves_churned"`
	Claim        Claim   `json:"claim"` // which words the other way's rates allow
	Words        string  `json:"words"`
}

// SimulatedFigure is how one way did.
type SimulatedFigure struct {
	Statuses Statuses        `json:"statuses"`
	Flagged  assess.Flagged  `json:"flagged"`
	AUC      assess.Estimate `json:"auc"`
}

// Validate returns nil or an *InvalidError with every violation.
func (s *SimulateSample) Validate() error {
	var v violations
	n := len(s.Y)
	v.distinct("Labels", s.Labels)
	v.length("Account", len(s.Account), n)
	if s.Cluster != nil {
		v.length("Cluster", len(s.Cluster), n)
	}
	v.index("Segment", s.Segment, n, len(s.Segments), 0)
	v.index("Kind", s.Kind, n, len(s.Kinds), 0)
	if s.Period != nil {
		v.length("Period", len(s.Period), n)
	}
	if s.ARR != nil {
		v.length("ARR", len(s.ARR), n)
		v.rows("ARR", len(s.ARR), func(i int) bool { return s.ARR[i] >= 0 && !math.IsInf(s.ARR[i], 1) }, "is negative or not finite")
	}
	v.lost(s.Lost, s.ARR, n)
	v.partial(s.Partial, s.Y)
	if s.Flagged < 0 || s.Flagged >= max(1, len(s.Labels)) {
		v.addf("Flagged is %d, not 0 to the number of cut-offs", s.Flagged)
	}
	for name, w := range map[string]Variant{"Current": s.Current, "Other": s.Other} {
		v.length(name+".Score", len(w.Score), n)
		v.rows(name+".Score", len(w.Score), score0to100(w.Score), "is outside 0 to 100")
		v.index(name+".Status", w.Status, n, len(s.Labels), -1)
		v.length(name+".Status", len(w.Status), n)
		if len(w.Cuts)+1 != len(s.Labels) {
			v.addf("%s.Cuts has %d values for %d statuses", name, len(w.Cuts), len(s.Labels))
		}
	}
	slices.Sort(v)
	return v.err()
}

// Simulate compares the two scores. Options gives Seed, Replicates and Workers.
// The error is an *InvalidError, or the context's.
func Simulate(ctx context.Context, s SimulateSample, o Options) (*Simulation, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	r := &Simulation{KnowsARR: s.ARR != nil, Moves: matrix(len(s.Labels)), MovesChurned: matrix(len(s.Labels))}
	var rows []int32
	for i := range s.Y {
		a, b := s.Current.Status[i], s.Other.Status[i]
		if a < 0 || b < 0 || math.IsNaN(s.Current.Score[i]) || math.IsNaN(s.Other.Score[i]) {
			r.Unscored++
			continue
		}
		rows = append(rows, int32(i))
		r.Moves[a][b]++
		if s.Y[i] {
			r.MovesChurned[a][b]++
			r.Churned++
		}
	}
	r.Rows = len(rows)
	cluster := s.Cluster
	if cluster == nil {
		cluster = s.Account
	}
	y, account, arr := make([]bool, len(rows)), make([]int32, len(rows)), make([]float64, len(rows))
	own, lostARR, partial := make([]int32, len(rows)), make([]float64, len(rows)), make([]bool, len(rows))
	wasLost := lostColumn(s.Y, s.ARR, s.Lost)
	var lost []int32
	for j, i := range rows {
		y[j], account[j], own[j], arr[j] = s.Y[i], cluster[i], s.Account[i], 1
		if s.ARR != nil {
			arr[j] = s.ARR[i]
		}
		lostARR[j] = wasLost[i]
		partial[j] = s.Partial != nil && s.Partial[i]
		if y[j] {
			lost = append(lost, own[j])
		}
	}
	r.Accounts, r.Lost = distinct(own), distinct(lost)
	r.Partial = kindsOf(rows, s.Account, s.Y, s.Partial).partial
	pick := func(w Variant) (score []float64, status []int32, flag []bool) {
		for _, i := range rows {
			score, status = append(score, w.Score[i]), append(status, w.Status[i])
			flag = append(flag, int(w.Status[i]) < s.Flagged)
		}
		return
	}
	scoreA, statusA, flagA := pick(s.Current)
	scoreB, statusB, flagB := pick(s.Other)
	rankA, rankB := assess.Rank(scoreA), assess.Rank(scoreB)
	clusters := account
	if distinct(account) == len(account) {
		clusters = nil
	}
	areas := assess.AUCsOf(y, clusters, rankA, rankB)
	var kind []int32
	if len(s.Kinds) > 1 { // rows of different kinds are no pairs
		for _, i := range rows {
			kind = append(kind, s.Kind[i])
		}
		areas = assess.StratifiedAUCs(y, assess.Strata{Stratum: kind, Cluster: account}, rankA, rankB)
	}
	figure := func(status []int32, flag []bool, cuts []float64, k int) SimulatedFigure {
		f := SimulatedFigure{Statuses: statusTable(s.Labels, cuts, labelledRows{status, y, partial, own, arr, lostARR}), Flagged: assess.FlagRows(flag, y, arr, lostARR), AUC: areas.Estimate(k)}
		if kind != nil {
			f.Statuses.liftsOfKind(kind, status, y)
			if f.Flagged.Lift.OK {
				f.Flagged.Lift = liftOfKind(kind, y, func(j int) bool { return flag[j] })
			}
		}
		if s.ARR == nil {
			f.Flagged.ARRRecall = assess.Undefined(whyNoARR)
		}
		if s.Flagged > 0 {
			f.Flagged.Cut = cuts[s.Flagged-1]
		}
		return f
	}
	r.Current, r.Other = figure(statusA, flagA, s.Current.Cuts, 0), figure(statusB, flagB, s.Other.Cuts, 1)
	r.AUC, r.AUCTest = areas.Difference(1, 0)
	r.Claim = claimOf(r.Other.AUC, r.Other.Statuses, gate(0, "", Check{Name: "probabilities", Relation: ">", Assessed: true, Reason: "a simulation judges statuses, not probabilities"}))
	switch {
	case len(rows) == 0:
		r.Why = "there is no row that both ways score"
	case r.Churned == 0:
		r.Why = "nobody churned"
	case r.Churned == len(rows):
		r.Why = "every row churned"
	}
	if r.OK = r.Why == ""; !r.OK {
		e := assess.Estimate{N: len(rows), Why: r.Why}
		r.Alerts, r.Recall, r.Precision, r.ARRRecall = e, e, e, e
		r.Words = "Nothing can be said: " + r.Why + "."
		return r, ctx.Err()
	}
	r.ARRRecall = assess.Estimate{N: r.Rows, Why: whyNoARR} // unless it is
	t := newTally(y, flagA, flagB, lostARR, account, s.strata(rows))
	if err := t.differences(ctx, r, o); err != nil {
		return nil, err
	}
	r.Words = r.words()
	return r, nil
}

const whyNoARR = "the ARR of the rows is not known"

func matrix(n int) [][]int {
	out := make([][]int, n)
	for i := range out {
		out[i] = make([]int, n)
	}
	return out
}

// strata is the segment of each given row.
func (s *SimulateSample) strata(rows []int32) []int32 {
	out := make([]int32, len(rows))
	if s.Segment != nil {
		for j, i := range rows {
			out[j] = s.Segment[i]
		}
	}
	return out
}

// tally is what a resample needs of each cluster: sums over its rows.
type tally struct {
	sums   [][tallied]float64
	groups [][]int32 // clusters by stratum
}

const (
	tallyRows = iota
	tallyChurned
	tallyAlertsA
	tallyAlertsB
	tallyHitsA
	tallyHitsB
	tallyLost
	tallyReachedA
	tallyReachedB
	tallied
)

func newTally(y, flagA, flagB []bool, lostARR []float64, cluster, stratum []int32) *tally {
	number, ids := denseAscending(cluster)
	t := &tally{sums: make([][tallied]float64, len(ids))}
	of := make([]int32, len(ids))
	top := int32(0)
	for j, c := range number {
		x := &t.sums[c]
		x[tallyRows]++
		a, b, lost := indicator(flagA[j]), indicator(flagB[j]), indicator(y[j])
		x[tallyChurned] += lost
		x[tallyAlertsA] += a
		x[tallyAlertsB] += b
		x[tallyHitsA] += a * lost
		x[tallyHitsB] += b * lost
		x[tallyLost] += lostARR[j]
		x[tallyReachedA] += lostARR[j] * a
		x[tallyReachedB] += lostARR[j] * b
		of[c] = stratum[j] // of its last row
		top = max(top, stratum[j])
	}
	t.groups = make([][]int32, top+1)
	for c, g := range of {
		t.groups[g] = append(t.groups[g], int32(c))
	}
	t.groups = pooled(t.groups)
	return t
}

// differences fills the differences and their percentile intervals (type 7).
func (t *tally) differences(ctx context.Context, r *Simulation, o Options) error {
	type figure struct {
		into *assess.Estimate
		of   func(s *[tallied]float64) (float64, bool)
	}
	figures := []figure{
		{&r.Alerts, func(s *[tallied]float64) (float64, bool) {
			return (s[tallyAlertsB] - s[tallyAlertsA]) / s[tallyRows], s[tallyRows] > 0
		}},
		{&r.Recall, func(s *[tallied]float64) (float64, bool) {
			return (s[tallyHitsB] - s[tallyHitsA]) / s[tallyChurned], s[tallyChurned] > 0
		}},
		{&r.Precision, func(s *[tallied]float64) (float64, bool) {
			return s[tallyHitsB]/s[tallyAlertsB] - s[tallyHitsA]/s[tallyAlertsA], s[tallyAlertsA] > 0 && s[tallyAlertsB] > 0
		}},
	}
	if r.KnowsARR {
		figures = append(figures, figure{&r.ARRRecall, func(s *[tallied]float64) (float64, bool) {
			return (s[tallyReachedB] - s[tallyReachedA]) / s[tallyLost], s[tallyLost] > 0
		}})
	}
	ones := slices.Repeat([]int32{1}, len(t.sums))
	whole := t.sum(ones)
	for _, f := range figures {
		*f.into = assess.Estimate{N: r.Rows, Why: "there is nothing to divide by"}
		if v, ok := f.of(&whole); ok {
			f.into.Value, f.into.OK, f.into.Why = v, true, ""
		}
	}
	if len(t.sums) < 2 {
		return ctx.Err() // nothing varies: an interval would have no length
	}
	values := make([]float64, o.Replicates*len(figures))
	err := parallel(ctx, o.Replicates, o.Workers, func() []int32 { return make([]int32, len(t.sums)) }, func(mult []int32, b int) {
		draw(mult, t.groups, o.Seed, b)
		s := t.sum(mult)
		for k, f := range figures {
			v, ok := f.of(&s)
			if !ok {
				v = math.NaN()
			}
			values[b*len(figures)+k] = v
		}
	})
	if err != nil {
		return err
	}
	for k, f := range figures {
		var v []float64
		for b := range o.Replicates {
			if x := values[b*len(figures)+k]; !math.IsNaN(x) {
				v = append(v, x)
			}
		}
		if !f.into.OK || 10*len(v) < 9*o.Replicates || len(v) < 20 {
			continue
		}
		slices.Sort(v)
		f.into.Lo, f.into.Hi = assess.Quantile(v, 0.025).Value, assess.Quantile(v, 0.975).Value
		f.into.SE, f.into.Interval = deviation(v), true
	}
	return nil
}

func (t *tally) sum(mult []int32) (s [tallied]float64) {
	for c := range t.sums {
		if m := float64(mult[c]); m > 0 {
			for k, v := range t.sums[c] {
				s[k] += m * v
			}
		}
	}
	return s
}

// words says in counts what would have been different.
func (r *Simulation) words() string {
	a, b := r.Current.Flagged, r.Other.Flagged
	text := fmt.Sprintf("%d of %d losses would have been flagged instead of %d, with %d flags instead of %d.",
		b.Recall.Count, b.Recall.Of, a.Recall.Count, b.Alerts.Count, a.Alerts.Count)
	switch d := r.AUC; {
	case !d.OK || !d.Interval:
	case d.Lo > 0:
		text += " Accounts would have been ordered better, beyond chance."
	case d.Hi < 0:
		text += " Accounts would have been ordered worse, beyond chance."
	default:
		text += " That accounts would have been ordered better or worse is not beyond chance."
	}
	return text
}
