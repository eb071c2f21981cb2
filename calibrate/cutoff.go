package calibrate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate/assess"
)

// calibrateComposite fits the probability map of a composite (per frame row, NaN
// where there is none), tests the map in force and suggests cut-offs.
//
// A cut-off is suggested where the map reaches its multiple of the base rate:
// (logit(multiple * base) - intercept) / slope. Where there are several kinds of
// rows, each has its own intercept, and the rate of a score is what all rows would
// have at that score, each with the intercept of its kind (direct standardisation;
// Lane, Nelder, Biometrics 38 (1982) 613). Map, base rate and with them the
// cut-offs are refitted in each account resample for the interval.
func calibrateComposite(ctx context.Context, f *frame, name string, composite []float64, o Options, testMap bool) (Calibration, error) {
	c := Calibration{Composite: name, MapTest: assess.Test{Why: "no map is in force"}}
	u := assess.Undefined("no map is in force")
	c.Line, c.Base = assess.CalibrationLine{Intercept: u, Slope: u, InTheLarge: u, Ratio: u}, assess.Undefined("there are no rows")
	var rows []int32
	events := 0
	for i, v := range composite {
		if !math.IsNaN(v) {
			rows = append(rows, int32(i))
			if f.Y[i] {
				events++
			}
		}
	}
	if len(rows) > 0 {
		c.Base = assess.Defined(float64(events) / float64(len(rows)))
	}
	if o.Map != nil && testMap {
		c.MapTest, c.Line = testProbabilityMap(f, rows, composite, *o.Map)
	}
	switch {
	case events == 0:
		c.Why = "nobody churned"
	case events == len(rows):
		c.Why = "everybody churned"
	case !varies(composite, rows):
		c.Why = "the composite has one value only"
	}
	if c.Why != "" {
		return c, nil
	}
	by := Single
	if f.rowKinds > 1 {
		by = byKind
	}
	d := newDesign(f, [][]float64{composite}, rows, by)
	fit := newFitter(d)
	m, base, status := fit.riskCurve(d, nil, nil, exact)
	switch {
	case status == separated:
		c.Why = "the composite separates churned from kept rows perfectly"
	case status != converged:
		c.Why = "the fit did not converge"
	case m.slope >= 0:
		c.Why = "churn does not fall as the composite rises"
	}
	if c.Why != "" {
		return c, nil
	}
	c.OK, c.Intercept, c.Slope = true, m.intercept(), m.slope
	return c, c.suggestCuts(ctx, f, d, m, base, fit.origin(), o)
}

// riskCurve is a fitted logit P = a + slope * score with an intercept a for each
// kind of rows, and the share of the rows that are of the kind.
type riskCurve struct {
	a, share []float64
	slope    float64
}

// riskCurve fits a one-column design and returns the curve with the base rate.
func (f *fitter) riskCurve(d *design, mult []int32, start *origin, tolerance float64) (riskCurve, float64, fitStatus) {
	if !f.prepare(d, mult) {
		return riskCurve{}, 0, noContrast
	}
	if start != nil {
		copy(f.a, start.a)
		copy(f.b, start.b)
	}
	if status, _ := f.fit(d, mult, unbounded, tolerance); status != converged {
		return riskCurve{}, 0, status
	}
	c := riskCurve{slope: -f.b[0] / d.sd[0]}
	for s := range d.segments {
		if n := f.count[s]; n > 0 {
			c.a = append(c.a, f.a[s]+f.a[d.segments]-c.slope*d.mean[0])
			c.share = append(c.share, n/f.rows)
		}
	}
	return c, f.churned / f.rows, converged
}

// intercept is the mean intercept of the rows.
func (c riskCurve) intercept() float64 {
	var sum float64
	for k, a := range c.a {
		sum += c.share[k] * a
	}
	return sum
}

// scoreAt is the score at which the rows' rate would be p; false outside (0, 1) or
// where churn does not fall with the score.
func (c riskCurve) scoreAt(p float64) (float64, bool) {
	if !(p > 0 && p < 1) || !(c.slope < 0) {
		return 0, false
	}
	logit := math.Log(p / (1 - p))
	if len(c.a) == 1 {
		return (logit - c.a[0]) / c.slope, true
	}
	// The rate at a score lies between those of the kinds with the lowest and the
	// highest intercept, so their scores enclose the answer.
	lo, hi := (logit-slices.Min(c.a))/c.slope, (logit-slices.Max(c.a))/c.slope
	for range 60 {
		mid := lo + (hi-lo)/2
		var rate float64
		for k, a := range c.a {
			rate += c.share[k] / (1 + math.Exp(-a-c.slope*mid))
		}
		if rate > p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + (hi-lo)/2, true
}

// P returns the churn probability of a score.
func (m ProbabilityMap) P(score float64) float64 {
	return 1 / (1 + math.Exp(-m.Intercept-m.Slope*score))
}

func (c *Calibration) suggestCuts(ctx context.Context, f *frame, d *design, m riskCurve, base float64, start *origin, o Options) error {
	n := len(o.CutMultiples)
	if n == 0 {
		return nil
	}
	replicate := make([]float64, o.Replicates*n) // NaN where undefined
	groups := strata(f, d)
	type worker struct {
		f    *fitter
		mult []int32
	}
	err := parallel(ctx, o.Replicates, o.Workers, func() worker {
		return worker{newFitter(d), make([]int32, d.accounts)}
	}, func(w worker, r int) {
		draw(w.mult, groups, o.Seed, r)
		m, base, status := w.f.riskCurve(d, w.mult, start, rough)
		for j, multiple := range o.CutMultiples {
			replicate[r*n+j] = math.NaN()
			if status == converged {
				if s, ok := m.scoreAt(multiple * base); ok {
					replicate[r*n+j] = s
				}
			}
		}
	})
	if err != nil {
		return err
	}
	for j, multiple := range o.CutMultiples {
		cut := Cut{Current: o.Cuts[j], Multiple: multiple, Proposed: o.Cuts[j], Inside: true}
		cut.Suggested = assess.Estimate{N: len(d.row), Why: "the multiple of the base rate is no probability"}
		switch s, ok := m.scoreAt(multiple * base); {
		case ok && s > 0 && s < 100:
			cut.Suggested.Value, cut.Suggested.OK, cut.Suggested.Why = s, true, ""
			if cut.Suggested.Why = oneDecider; d.accounts > 1 { // else an interval would have no length
				cut.interval(replicate, j, n, o.Rules.CutIntervalShare)
			}
		case ok:
			cut.Suggested.Why = fmt.Sprintf("no score has that rate: it would be at %.0f", s)
		}
		switch {
		case !cut.Suggested.Interval:
			cut.Words = "stays: " + cut.Suggested.Why
		case cut.Inside:
			cut.Words = "stays: it lies in the interval"
		default:
			move := max(-o.Rules.MaxCutMove, min(o.Rules.MaxCutMove, cut.Suggested.Value-cut.Current))
			cut.Proposed = max(1, min(99, math.Round(cut.Current+move)))
			cut.Words = "the data would put it elsewhere"
			if math.Abs(cut.Suggested.Value-cut.Current) > o.Rules.MaxCutMove {
				cut.Words += fmt.Sprintf("; at most %g points a refit", o.Rules.MaxCutMove)
			}
		}
		if j > 0 && cut.Proposed <= c.Cuts[j-1].Proposed { // two suggestions met: keep the order
			cut.Proposed = c.Cuts[j-1].Proposed + 1
			cut.Words = "moves to stay above the one below it"
		}
		c.Cuts = append(c.Cuts, cut)
	}
	if c.Cuts[n-1].Proposed > 99 {
		for j := range c.Cuts {
			c.Cuts[j].Proposed, c.Cuts[j].Words = c.Cuts[j].Current, "stays: the suggestions leave no room for every status"
		}
	}
	return nil
}

// interval adds the percentile interval, if at least nine of ten replicates have
// the cut.
func (c *Cut) interval(replicate []float64, j, n int, share float64) {
	var v []float64
	for r := j; r < len(replicate); r += n {
		if !math.IsNaN(replicate[r]) {
			v = append(v, replicate[r])
		}
	}
	if all := len(replicate) / n; all == 0 || 10*len(v) < 9*all {
		c.Suggested.Why = "too few resamples reach that rate"
		return
	}
	c.Suggested.Why = ""
	slices.Sort(v)
	s := &c.Suggested
	s.Lo, s.Hi = assess.Quantile(v, (1-share)/2).Value, assess.Quantile(v, (1+share)/2).Value
	s.SE, s.Interval = deviation(v), true
	c.Inside = s.Lo <= c.Current && c.Current <= s.Hi
}

func deviation(v []float64) float64 {
	var sum, ss float64
	for _, x := range v {
		sum += x
	}
	m := sum / float64(len(v))
	for _, x := range v {
		ss += (x - m) * (x - m)
	}
	return math.Sqrt(ss / float64(max(1, len(v)-1)))
}

// testProbabilityMap tests that the map in force is right as it stands.
func testProbabilityMap(f *frame, rows []int32, composite []float64, m ProbabilityMap) (assess.Test, assess.CalibrationLine) {
	p, logit, churned := make([]float64, len(rows)), make([]float64, len(rows)), make([]bool, len(rows))
	for j, i := range rows {
		p[j], churned[j] = max(1e-12, min(1-1e-12, m.P(composite[i]))), f.Y[i]
		logit[j] = m.Intercept + m.Slope*composite[i]
	}
	return scoreTest(f, rows, p, logit), assess.Calibrate(p, churned)
}

// scoreTest is the score test of (intercept, slope) = (0, 1) in logit P =
// intercept + slope * logit(p), p being said of the given frame rows: U' B^-1 U
// with U the summed scores and B their account-clustered covariance, x G/(G-1);
// chi-square, 2 df. Nothing is fitted under the hypothesis.
func scoreTest(f *frame, rows []int32, p, logit []float64) assess.Test {
	type pair struct{ a, b float64 }
	u := make([]pair, len(f.ids))
	seen := make([]bool, len(f.ids))
	for j, i := range rows {
		r, a := indicator(f.Y[i])-p[j], f.account[i]
		u[a].a += r
		u[a].b += r * logit[j]
		seen[a] = true
	}
	var sa, sb, vaa, vab, vbb, g float64
	for a, c := range u {
		if !seen[a] {
			continue
		}
		g++
		sa += c.a
		sb += c.b
		vaa += c.a * c.a
		vab += c.a * c.b
		vbb += c.b * c.b
	}
	det := vaa*vbb - vab*vab
	if g < 2 || !(det > 1e-12*vaa*vbb) {
		return assess.Test{Why: "there are too few accounts or scores"}
	}
	stat := (vbb*sa*sa - 2*vab*sa*sb + vaa*sb*sb) / det * (g - 1) / g
	return assess.Test{Statistic: stat, DF: 2, P: assess.ChiSquareSurvival(stat, 2), OK: true}
}
