package calibrate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate/assess"
)

// Run judges the sample. The error is an *InvalidError, or the context's; any
// valid sample, however degenerate, has a Result. Equal inputs give equal
// results, whatever Workers is. The order of rows changes neither the refit nor
// the decision.
func Run(ctx context.Context, s Sample, o Options) (*Result, error) {
	if err := validate(&s, o); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	f := newFrame(&s)
	r := &Result{Pillars: slices.Clone(s.Pillars), Current: slices.Clone(s.Weights)}
	r.Evidence = evidence(f)
	r.Rules, r.Signals = ruleEvidence(f, o.Rules.MaxP)
	r.Missing = missingness(f)
	r.Collinearity = collinearity(f)
	r.Statuses = statuses(f, o)
	r.Curves = curves(f, o)
	if err := ctx.Err(); err != nil {
		return nil, err
	}

	subject := newSubject(f, f.complete, r.Current, o.Intercepts)
	events := f.churnedAccounts(f.complete)
	r.Sample = count(f, subject)
	r.Power = power(f, events, o.Rules)
	refit, full, err := subject.refit(ctx, o, events, o.Replicates)
	if err != nil {
		return nil, err
	}
	r.Refit = refit
	if r.OutOfFold, r.Baselines, err = subject.crossValidate(ctx, o, true); err != nil {
		return nil, err
	}
	r.Decision = gather{rules: o.Rules, events: events, partial: f.partialAccounts(f.complete), refit: r.Refit, oof: r.OutOfFold, drift: driftChecks(f, o.Then, o.Today, o.Rules), p: pOf(r.Refit.F)}.decide(r.Current)
	if r.Influence, err = subject.influence(ctx, o, full); err != nil {
		return nil, err
	}
	if r.Segments, err = segments(ctx, f, o, r.Decision.Weights); err != nil {
		return nil, err
	}
	r.SegmentSpread = segmentSpread(r.Segments)
	if err := r.recalibrate(ctx, f, o, f.kinds(f.complete)); err != nil {
		return nil, err
	}
	if o.Ridge {
		if r.Ridge, err = subject.ridge(ctx, o); err != nil {
			return nil, err
		}
	}
	r.Power.Minimum = assess.RileyMinimum(subject.d.k, r.Sample.Fitted, fittedChurned(subject), r.Refit.LR.Statistic)
	r.Claim = claim(r, f.rowKinds, o, f.kinds(f.scoredRows()))
	r.Warnings = warnings(f, r, o)
	// Empty lists encode as [], not null.
	r.Segments = append([]Segment{}, r.Segments...)
	r.Baselines = append([]Baseline{}, r.Baselines...)
	return r, nil
}

func validate(s *Sample, o Options) error {
	var v violations
	for _, err := range []error{s.Validate(), o.validate(len(s.Pillars))} {
		if e, ok := err.(*InvalidError); ok {
			v = append(v, e.Violations...)
		}
	}
	return v.err()
}

func pOf(t assess.Test) assess.Number { return assess.Number{Value: t.P, OK: t.OK, Why: t.Why} }

func count(f *frame, s *subject) Counts {
	c := Counts{Rows: f.n, Accounts: f.entities, Incomplete: f.n - len(f.complete), Fitted: s.informative()}
	c.Uninformative = len(f.complete) - c.Fitted
	all := make([]int32, f.n)
	for i := range all {
		all[i] = int32(i)
		if f.Y[i] {
			c.ChurnedRows++
		}
		if math.IsNaN(f.score[i]) {
			c.Unscored++
		}
		if f.Provisional != nil && f.Provisional[i] {
			c.Provisional++
		}
	}
	c.ChurnedAccounts = f.churnedAccounts(all)
	c.PartialAccounts = f.partialAccounts(all)
	return c
}

// refit estimates the subject and, by n account resamples, its intervals.
func (s *subject) refit(ctx context.Context, o Options, events, n int) (Refit, *estimate, error) {
	if s.why != "" {
		return s.report(nil, events), nil, nil
	}
	fit := newFitter(s.d)
	full := s.estimate(fit, o.Rules.SeparationBeta)
	r := s.report(full, events)
	switch {
	case !r.OK:
		r.Bootstrap.Why = r.Why
		return r, full, nil
	case full.firth:
		r.Bootstrap.Why = "resamples of separated outcomes are separated too"
		return r, full, nil
	case n == 0:
		r.Bootstrap.Why = "no replicate was asked for"
		return r, full, nil
	}
	start, err := s.unconstrainedOrigin(ctx, fit, full.beta, o.Workers)
	if err != nil {
		return r, full, err
	}
	reps, err := s.bootstrap(ctx, n, o.Seed, o.Workers, o.Rules.SeparationBeta, start)
	if err != nil {
		return r, full, err
	}
	s.addIntervals(&r, reps)
	return r, full, nil
}

// unconstrainedOrigin is where resamples start: the unconstrained fit of the whole sample,
// which is sought from the slopes beta and need not be the fitter's last; nil if there is none.
func (s *subject) unconstrainedOrigin(ctx context.Context, f *fitter, beta []float64, workers int) (*origin, error) {
	if !f.prepare(s.d, nil) {
		return nil, nil
	}
	for i, b := range beta {
		f.b[i] = b * s.d.sd[i]
	}
	if status, _ := f.fit(s.d, nil, unbounded, rough); status != converged {
		return nil, nil
	}
	start := f.origin()
	var err error
	start.near, err = f.expand(ctx, s.d, workers)
	return start, err
}

// addIntervals summarises the replicates: 95% percentile intervals (type 7), the
// share at zero and the stability of the ranking.
func (s *subject) addIntervals(r *Refit, reps *replicates) {
	n, k := len(reps.ok), reps.k
	r.Bootstrap.Replicates, r.Bootstrap.Failed = n, reps.refused
	valid := n - reps.refused
	if 2*valid < n || valid < 20 {
		r.Bootstrap.Why = fmt.Sprintf("%d of %d resamples could not be fitted", reps.refused, n)
		r.Bootstrap.SameOrder = assess.Undefined(r.Bootstrap.Why)
		return
	}
	point := make([]int, len(r.Pillars))
	for i, p := range r.Pillars {
		point[i] = p.Rank
	}
	weights := make([][]float64, k) // per fitted pillar, over valid replicates
	positions := make([][]float64, len(r.Pillars))
	zeros := make([]int, k)
	same := 0
	for b := range n {
		if !reps.ok[b] {
			continue
		}
		for j := range k {
			weights[j] = append(weights[j], reps.shrunk[b*k+j])
			if reps.free[b*k+j] == 0 {
				zeros[j]++
			}
		}
		rank := ranks(s.expand(reps.shrunk[b*k : (b+1)*k]))
		for i, p := range rank {
			positions[i] = append(positions[i], float64(p))
		}
		if slices.Equal(rank, point) {
			same++
		}
	}
	r.Bootstrap.SameOrder = assess.Defined(float64(same) / float64(valid))
	for j, i := range s.fitted {
		p := &r.Pillars[i]
		p.ShareAtZero = assess.Defined(float64(zeros[j]) / float64(valid))
		slices.Sort(weights[j])
		p.Shrunk.Lo = s.mass * assess.Quantile(weights[j], 0.025).Value
		p.Shrunk.Hi = s.mass * assess.Quantile(weights[j], 0.975).Value
		p.Shrunk.SE, p.Shrunk.Interval = s.mass*deviation(weights[j]), true
	}
	for i := range r.Pillars {
		p, v := &r.Pillars[i], positions[i]
		hits := 0
		for _, x := range v {
			if int(x) == p.Rank {
				hits++
			}
		}
		slices.Sort(v)
		p.SameRank = assess.Defined(float64(hits) / float64(valid))
		p.RankLo, p.RankHi = int(assess.Quantile(v, 0.025).Value), int(assess.Quantile(v, 0.975).Value+0.5)
	}
}

// segmentSpread is Cochran's Q of the segments about their common centre: the sum
// of independent chi-squares.
func segmentSpread(segments []Segment) assess.Test {
	t, n := assess.Test{}, 0
	for _, s := range segments {
		if s.Refit != nil && s.Refit.Direction.OK {
			n++
			t.Statistic += s.Refit.Direction.Statistic
			t.DF += s.Refit.Direction.DF
		}
	}
	if n < 2 {
		return assess.Test{Why: "fewer than two segments have enough churned accounts"}
	}
	t.P, t.OK = assess.ChiSquareSurvival(t.Statistic, t.DF), true
	return t
}

// segments refits each segment with enough events towards the decided weights;
// the direction tests are adjusted over these segments. The rest inherits.
func segments(ctx context.Context, f *frame, o Options, centre []float64) ([]Segment, error) {
	if len(f.Segments) < 2 {
		return nil, nil
	}
	out := make([]Segment, f.segments)
	subjects := make([]*subject, f.segments)
	var tested []int
	var p []float64
	for g := range out {
		var rows, complete []int32
		for i := range f.n {
			if f.segment[i] == int32(g) {
				rows = append(rows, int32(i))
			}
		}
		for _, i := range f.complete {
			if f.segment[i] == int32(g) {
				complete = append(complete, i)
			}
		}
		events, partial := f.churnedAccounts(complete), f.partialAccounts(complete)
		out[g] = Segment{Name: f.segmentName(g), Rows: len(rows), ChurnedAccounts: events, PartialAccounts: partial, Weights: centre, PerCent: perCent(centre), PAdjusted: assess.Undefined("the segment was not tested")}
		if events < o.Rules.MinEvents {
			out[g].Reason = fmt.Sprintf("inherits: %s, %d are needed", ByKind(events, partial, "churned accounts"), o.Rules.MinEvents)
			continue
		}
		subjects[g] = newSubject(f, complete, centre, o.Intercepts)
		refit, _, err := subjects[g].refit(ctx, o, events, o.Replicates)
		if err != nil {
			return nil, err
		}
		out[g].Refit = &refit
		if !refit.OK {
			out[g].Reason = "inherits: " + refit.Why
			continue
		}
		if refit.F.OK {
			tested, p = append(tested, g), append(p, refit.F.P)
		}
	}
	for j, v := range assess.BenjaminiHochberg(p) {
		s := &out[tested[j]]
		s.PAdjusted = assess.Defined(v)
		oof, _, err := subjects[tested[j]].crossValidate(ctx, o, false)
		if err != nil {
			return nil, err
		}
		s.OutOfFold = &oof
		d := gather{rules: o.Rules, events: s.ChurnedAccounts, partial: s.PartialAccounts, refit: *s.Refit, oof: oof, p: s.PAdjusted}.decide(centre)
		if s.Own = d.Verdict == Propose; !s.Own {
			s.Reason = "inherits. " + d.Words
			continue
		}
		s.Reason, s.Weights, s.PerCent = d.Words, d.Weights, d.PerCent
	}
	return out, nil
}
