package calibrate

import (
	"context"
	"fmt"
	"slices"

	"accounthealth/calibrate/assess"
)

// rule gives a score per row without having seen the rows of a fold: weights of
// the pillars, or nil for "the base rate for everybody".
type rule struct {
	name, detail string
	weights      func(fold int) []float64
}

// held are the rows of a subject with their folds, in the design's order, and
// everything the comparison needs of them.
type held struct {
	f       *frame
	rows    []int32
	fold    []int32
	pairs   []int32 // by row: the fold and kind within which rows are compared
	churned []bool
	arr     []float64
	folds   int
}

// trial is the out-of-fold performance of one rule.
type trial struct {
	score  []float64 // composite of the fold's weights, per held row
	p      []float64 // probability, intercept and slope fitted on the other folds
	auc    assess.Number
	arrAUC assess.Number
	loss   assess.Number
}

func newHeld(s *subject, o Options) *held {
	h := &held{f: s.f, rows: s.d.row, folds: o.Folds, churned: s.d.churned}
	fold := folds(s.f, s.d, o.Folds, o.Seed)
	for _, i := range h.rows {
		h.fold = append(h.fold, fold[s.f.account[i]])
		h.pairs = append(h.pairs, fold[s.f.account[i]]*int32(s.f.rowKinds)+s.f.kind[i])
		h.arr = append(h.arr, choose(s.f.Y[i], s.f.lost[i], s.f.arr[i]))
	}
	return h
}

// try scores the rows by a rule. The composite is compared within a fold only, so
// that folds with other weights are not mixed on one scale, and between rows of one
// kind; for log loss each fold's composite gets its own intercept and slope for
// each kind, fitted on the other folds.
func (h *held) try(r rule) trial {
	t := trial{score: make([]float64, len(h.rows)), p: make([]float64, len(h.rows))}
	for k := range h.folds {
		w := r.weights(k)
		for kind := range int32(h.f.rowKinds) {
			h.tryKind(t, w, int32(k), kind)
		}
	}
	rank := assess.Rank(t.score)
	e := rank.StratifiedAUC(h.churned, assess.Strata{Stratum: h.pairs})
	t.auc = assess.Number{Value: e.Value, OK: e.OK, Why: e.Why}
	e = rank.StratifiedAUC(h.churned, assess.Strata{Stratum: h.pairs, Weight: h.arr})
	t.arrAUC = assess.Number{Value: e.Value, OK: e.OK, Why: e.Why}
	t.loss = assess.LogLoss(t.p, h.churned, nil)
	return t
}

// tryKind fills in the rows of one kind in one fold.
func (h *held) tryKind(t trial, w []float64, fold, kind int32) {
	var x []float64
	var y []bool
	events := 0
	for j, i := range h.rows {
		if h.f.kind[i] != kind {
			continue
		}
		if w != nil {
			t.score[j] = choose(h.fold[j] == fold, h.f.composite(w, int(i)), t.score[j])
		}
		if h.fold[j] == fold {
			continue
		}
		if w != nil {
			x = append(x, h.f.composite(w, int(i)))
		}
		y = append(y, h.churned[j])
		if h.churned[j] {
			events++
		}
	}
	base := (float64(events) + 0.5) / (float64(len(y)) + 1)
	line := assess.Line{}
	if w != nil {
		line = assess.LogisticLine(x, y)
	}
	for j, i := range h.rows {
		if h.fold[j] != fold || h.f.kind[i] != kind {
			continue
		}
		t.p[j] = base
		if line.OK {
			t.p[j] = line.P(t.score[j])
		}
	}
}

func choose(c bool, a, b float64) float64 {
	if c {
		return a
	}
	return b
}

func compare(name string, current, refit assess.Number) Comparison {
	c := Comparison{Name: name, Current: current, Refit: refit}
	switch {
	case !current.OK:
		c.Gain = current
	case !refit.OK:
		c.Gain = refit
	default:
		c.Gain = assess.Defined(refit.Value - current.Value)
	}
	return c
}

// crossValidate compares the refit with the centre out of fold: in each fold the
// weights are refitted, shrunk, capped and rounded on the other folds' accounts;
// a fold whose refit fails keeps the centre, as the job would. The baselines are
// tried on the same folds.
func (s *subject) crossValidate(ctx context.Context, o Options, baselines bool) (OutOfFold, []Baseline, error) {
	out := OutOfFold{Folds: o.Folds, Why: s.why, SegmentAUC: []Comparison{}, FoldWeights: [][]float64{}, WorstSegment: assess.Undefined("no segment has enough churned accounts")}
	h := newHeld(s, o)
	if out.Why == "" && distinct(s.d.account) < o.Folds {
		out.Why = fmt.Sprintf("there are fewer accounts than the %d folds", o.Folds)
	}
	if out.Why != "" {
		u := assess.Undefined(out.Why)
		out.LogLoss, out.AUC, out.ARRWeighted = compare("", u, u), compare("", u, u), compare("", u, u)
		return out, nil, nil
	}
	weights := make([][]float64, o.Folds)
	best := make([]int, o.Folds)
	failed := make([]bool, o.Folds)
	err := parallel(ctx, o.Folds, o.Workers, func() struct{} { return struct{}{} }, func(_ struct{}, k int) {
		train := s.d.subset(func(j int) bool { return h.fold[j] != int32(k) })
		f, e := newFitter(train), newEstimate(train.k)
		f.separation = o.Rules.SeparationBeta
		f.refit(train, nil, s.to, nil, exact, e)
		weights[k] = s.centre
		if failed[k] = e.status != converged; !failed[k] {
			weights[k] = finish(s.centre, s.expand(e.shrunk), o.Rules.MaxChange)
		}
		best[k] = bestPillar(s.f, train)
	})
	if err != nil {
		return out, nil, err
	}
	for k := range failed {
		if failed[k] {
			out.KeptFolds++
		}
	}
	out.OK, out.Rows, out.FoldWeights = true, len(h.rows), weights
	current := h.try(rule{weights: func(int) []float64 { return s.centre }})
	refit := h.try(rule{weights: func(k int) []float64 { return weights[k] }})
	out.LogLoss = compare("log loss", current.loss, refit.loss)
	out.AUC = compare("AUC", current.auc, refit.auc)
	out.ARRWeighted = compare("ARR-weighted AUC", current.arrAUC, refit.arrAUC)
	for g := range s.f.segments {
		c, events := h.segment(g, current, refit)
		if events < o.Rules.MinEvents {
			continue
		}
		out.SegmentAUC = append(out.SegmentAUC, c)
		if c.Gain.OK && (!out.WorstSegment.OK || c.Gain.Value < out.WorstSegment.Value) {
			out.WorstSegment = c.Gain
		}
	}
	if !baselines {
		return out, nil, nil
	}
	return out, h.baselines(o, current, refit, s.centre, best), nil
}

// segment compares the two trials within one segment and counts its events.
func (h *held) segment(g int, current, refit trial) (Comparison, int) {
	var at []int
	var rows []int32
	for j, i := range h.rows {
		if h.f.segment[i] == int32(g) {
			at, rows = append(at, j), append(rows, i)
		}
	}
	churned, pairs := make([]bool, len(at)), make([]int32, len(at))
	a, b := make([]float64, len(at)), make([]float64, len(at))
	for m, j := range at {
		churned[m], pairs[m], a[m], b[m] = h.churned[j], h.pairs[j], current.score[j], refit.score[j]
	}
	area := func(score []float64) assess.Number {
		e := assess.StratifiedAUC(score, churned, assess.Strata{Stratum: pairs})
		return assess.Number{Value: e.Value, OK: e.OK, Why: e.Why}
	}
	return compare(h.f.segmentName(g), area(a), area(b)), h.f.churnedAccounts(rows)
}

// baselines tries the rules of thumb.
func (h *held) baselines(o Options, current, refit trial, centre []float64, best []int) []Baseline {
	k := len(centre)
	unit := func(j int) []float64 {
		w := make([]float64, k)
		w[j] = 1
		return w
	}
	equal := slices.Repeat([]float64{1 / float64(k)}, k)
	names := ""
	for _, j := range slices.Compact(slices.Sorted(slices.Values(best))) {
		if names != "" {
			names += ", "
		}
		names += h.f.Pillars[j]
	}
	rules := []rule{
		{"constant", "the base rate for everybody", func(int) []float64 { return nil }},
		{"best single pillar", names, func(f int) []float64 { return unit(best[f]) }},
		{"equal weights", "", func(int) []float64 { return equal }},
	}
	if o.Previous != nil {
		rules = append(rules, rule{"previous weights", "", func(int) []float64 { return o.Previous }})
	}
	var out []Baseline
	for _, r := range rules {
		t := h.try(r)
		out = append(out, Baseline{Name: r.name, Detail: r.detail, AUC: t.auc, LogLoss: t.loss})
	}
	return append(out,
		Baseline{Name: "current weights", AUC: current.auc, LogLoss: current.loss},
		Baseline{Name: "refit", Detail: "refitted, shrunk, capped and rounded in each fold", AUC: refit.auc, LogLoss: refit.loss})
}

// bestPillar is the pillar with the largest AUC in the design's rows, over pairs of
// one kind.
func bestPillar(f *frame, d *design) int {
	best, area := 0, -1.0
	score, kind := make([]float64, len(d.row)), make([]int32, len(d.row))
	for k, col := range f.X {
		for j, i := range d.row {
			score[j], kind[j] = col[i], f.kind[i]
		}
		if a := assess.StratifiedAUC(score, d.churned, assess.Strata{Stratum: kind}); a.OK && a.Value > area {
			best, area = k, a.Value
		}
	}
	return best
}

// finish turns shrunk weights into what would be in force: capped, in whole per
// cent.
func finish(centre, shrunk []float64, limit float64) []float64 {
	w, _ := capChange(centre, shrunk, limit)
	return fromPerCent(perCent(w))
}

func distinct(v []int32) int {
	return len(slices.Compact(slices.Sorted(slices.Values(v))))
}
