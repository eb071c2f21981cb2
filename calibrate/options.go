package calibrate

import (
	"math"
	"runtime"
	"slices"
)

// Intercepts says which base rates the model gives their own intercept.
type Intercepts uint8

const (
	// ByPeriodAndSegment, the default: a date of many losses, or a segment that
	// always loses more, tells nothing about weights.
	ByPeriodAndSegment Intercepts = iota
	// ByPeriod has one intercept per snapshot date.
	ByPeriod
	// BySegment has one intercept per segment.
	BySegment
	// Single has one intercept.
	Single
	// byKind has one intercept per kind of rows: of cut-offs, which are one line.
	byKind
)

var interceptNames = [...]string{"period-and-segment", "period", "segment", "single"}

func (i Intercepts) String() string { return interceptNames[i] }

// ParseIntercepts is the inverse of Intercepts.String.
func ParseIntercepts(s string) (Intercepts, bool) {
	i := slices.Index(interceptNames[:], s)
	return Intercepts(max(i, 0)), i >= 0
}

// ProbabilityMap is a score-to-probability map: logit P = Intercept + Slope *
// score. Slope is negative.
type ProbabilityMap struct {
	Intercept float64 `json:"intercept"`
	Slope     float64 `json:"slope"`
}

// Options are the settings of a run. The zero value is the documented default.
type Options struct {
	Seed       uint64     // of the resamples and folds
	Replicates int        // of the account bootstrap; 0 is 1000, negative is none
	Folds      int        // out of fold, by account; 0 is 5
	Workers    int        // parallel workers; 0 is GOMAXPROCS. Never changes a result
	Intercepts Intercepts // of the refit
	Rules      Rules      // of the decision

	// Previous are the weights in force before the current ones, as a baseline;
	// nil if there were none.
	Previous []float64
	// Today holds K columns of today's pillar scores, NaN where not measured, for
	// the drift gate; nil leaves the gate unassessed.
	Today [][]float64
	// Then holds the same of the portfolio that the sample was taken from, where the
	// sample is not a picture of it (one row a decision shows short contracts more
	// often); nil compares today with the sample itself.
	Then [][]float64
	// ThenScore is the score of the rows of Then, NaN where not scored: how much of
	// the portfolio was flagged. nil takes that from the sample.
	ThenScore []float64
	// Cuts are the status cut-offs in force, ascending: status j is
	// [Cuts[j-1], Cuts[j]). Labels has one more name, the riskiest status first.
	// nil leaves the status table out.
	Cuts   []float64
	Labels []string
	// CutMultiples are the churn rates, as multiples of the base rate, that the
	// cut-offs should mark, one per cut, descending; nil is 2, 1, 0.5 for three
	// cuts and no suggestion otherwise.
	CutMultiples []float64
	// Map is the probability map in force, if probabilities are published.
	Map *ProbabilityMap
	// FlaggedStatuses is how many of the riskiest statuses count as flagged; 0 is
	// half of them, rounded down (At Risk and Critical of four).
	FlaggedStatuses int
	// Capacity is how many accounts can be worked at each date; 0 is not asked.
	Capacity int
	// Ridge asks for the alternative to shrinkage (see Ridge), for comparison.
	Ridge bool
}

// Rules are the thresholds of the decision. A zero field is its default.
type Rules struct {
	MinEvents        int     `json:"min_events"`         // 50 distinct churned accounts
	FirmEvents       int     `json:"firm_events"`        // 100: fewer is low evidence
	MinHeuristic     float64 `json:"min_heuristic"`      // 0.9 for (LR-K)/LR
	MaxP             float64 `json:"max_p"`              // 0.05 for the direction test
	MinAUCGain       float64 `json:"min_auc_gain"`       // 0.005 out of fold
	MaxARRLoss       float64 `json:"max_arr_loss"`       // 0.005 of ARR-weighted AUC
	MaxSegmentLoss   float64 `json:"max_segment_loss"`   // 0.01 of AUC in a segment of MinEvents
	MinChange        float64 `json:"min_change"`         // 0.03, the largest change of a weight
	MaxPSI           float64 `json:"max_psi"`            // 0.25 (or the critical value, if larger)
	MaxChange        float64 `json:"max_change"`         // 0.10, the cap on the change of a weight
	MaxCutMove       float64 `json:"max_cut_move"`       // 10 points a refit
	SeparationBeta   float64 `json:"separation_beta"`    // 10, standardised
	CutIntervalShare float64 `json:"cut_interval_share"` // 0.90
}

func (o Options) withDefaults() Options {
	or := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	whole := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	whole(&o.Replicates, 1000)
	o.Replicates = max(0, o.Replicates)
	whole(&o.Folds, 5)
	whole(&o.Workers, runtime.GOMAXPROCS(0))
	r := &o.Rules
	whole(&r.MinEvents, 50)
	whole(&r.FirmEvents, 100)
	or(&r.MinHeuristic, 0.9)
	or(&r.MaxP, 0.05)
	or(&r.MinAUCGain, 0.005)
	or(&r.MaxARRLoss, 0.005)
	or(&r.MaxSegmentLoss, 0.01)
	or(&r.MinChange, 0.03)
	or(&r.MaxPSI, 0.25)
	or(&r.MaxChange, 0.10)
	or(&r.MaxCutMove, 10)
	or(&r.SeparationBeta, 10)
	or(&r.CutIntervalShare, 0.90)
	if o.CutMultiples == nil && len(o.Cuts) == 3 {
		o.CutMultiples = []float64{2, 1, 0.5}
	}
	return o
}

// validate lists every violation of the options for K pillars.
func (o Options) validate(k int) error {
	var v violations
	if o.Folds < 0 || o.Folds == 1 || o.Folds > 100 {
		v.addf("Folds is %d, not 2 to 100", o.Folds)
	}
	if o.Replicates > 1_000_000 {
		v.addf("Replicates is %d, over a million", o.Replicates)
	}
	if o.Workers < 0 {
		v.addf("Workers is negative")
	}
	if o.Intercepts > Single {
		v.addf("Intercepts is %d, which is none of the four", o.Intercepts)
	}
	r := o.Rules
	for _, x := range []float64{float64(r.MinEvents), float64(r.FirmEvents), r.MinHeuristic, r.MaxP, r.MinAUCGain, r.MaxARRLoss, r.MaxSegmentLoss, r.MinChange, r.MaxPSI, r.MaxChange, r.MaxCutMove, r.SeparationBeta, r.CutIntervalShare} {
		if !(x >= 0) || math.IsInf(x, 1) {
			v.addf("a rule of the decision is negative or not finite")
			break
		}
	}
	if r.CutIntervalShare >= 1 || r.MaxP > 1 {
		v.addf("a rule that is a share is 1 or more")
	}
	if o.Previous != nil {
		v.weights("Previous", o.Previous, k)
	}
	if o.Today != nil {
		if len(o.Today) != k {
			v.addf("Today has %d columns for %d pillars", len(o.Today), k)
		}
		for j, col := range o.Today {
			v.rows("Today", len(col), func(i int) bool { return math.IsNaN(col[i]) || col[i] >= 0 && col[i] <= 100 }, "is outside 0 to 100")
			if len(col) != len(o.Today[0]) {
				v.addf("Today's column %d has %d rows, the first has %d", j, len(col), len(o.Today[0]))
			}
		}
	}
	if len(o.Then) > 0 {
		v.columns("Then", o.Then, k, len(o.Then[0]))
		if o.ThenScore != nil {
			v.columns("ThenScore", [][]float64{o.ThenScore}, 1, len(o.Then[0]))
		}
	}
	if (o.Cuts != nil || o.Labels != nil) && len(o.Labels) != len(o.Cuts)+1 {
		v.addf("Labels has %d names for %d cut-offs; one more is needed", len(o.Labels), len(o.Cuts))
	}
	v.distinct("Labels", o.Labels)
	if o.FlaggedStatuses < 0 || o.FlaggedStatuses > len(o.Cuts) {
		v.addf("FlaggedStatuses is %d, not 0 to the number of cut-offs", o.FlaggedStatuses)
	}
	if o.Capacity < 0 {
		v.addf("Capacity is negative")
	}
	for j, c := range o.Cuts {
		if !(c > 0 && c < 100) || j > 0 && !(c > o.Cuts[j-1]) {
			v.addf("Cuts must ascend strictly between 0 and 100")
			break
		}
	}
	if o.CutMultiples != nil && len(o.CutMultiples) != len(o.Cuts) {
		v.addf("CutMultiples has %d values for %d cut-offs", len(o.CutMultiples), len(o.Cuts))
	}
	for j, m := range o.CutMultiples {
		if !(m > 0) || math.IsInf(m, 1) || j > 0 && !(m < o.CutMultiples[j-1]) {
			v.addf("CutMultiples must be positive and descend")
			break
		}
	}
	if m := o.Map; m != nil && (math.IsNaN(m.Intercept) || math.IsInf(m.Intercept, 0) || !(m.Slope < 0) || math.IsInf(m.Slope, 0)) {
		v.addf("Map must be finite with a negative slope")
	}
	return v.err()
}
