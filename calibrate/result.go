package calibrate

import "accounthealth/calibrate/assess"

// Result is everything a run found. Undefined figures say so (ok false, with the
// reason); no field is NaN or infinite, so a Result always encodes as JSON.
type Result struct {
	Pillars      []string       `json:"pillars"`
	Current      []float64      `json:"current_weights"`
	Sample       Counts         `json:"sample"`
	Evidence     []Evidence     `json:"evidence"` // overall, then segments, then periods
	Signals      []Measure      `json:"signals"`  // per signal of Sample.Rules, by the points it gave
	Rules        []RuleEvidence `json:"rules"`    // per rule of Sample.Rules
	Missing      []Missingness  `json:"missing"`  // per pillar
	Collinearity Collinearity   `json:"collinearity"`
	Refit        Refit          `json:"refit"`
	OutOfFold    OutOfFold      `json:"out_of_fold"`
	Decision     Decision       `json:"decision"`
	Segments     []Segment      `json:"segments"`
	// SegmentSpread tests that every segment refitted shares the direction of its
	// centre: the sum of their direction tests.
	SegmentSpread assess.Test `json:"segment_spread"`
	Baselines     []Baseline  `json:"baselines"`
	Influence     []Influence `json:"influence"`
	Statuses      Statuses    `json:"statuses"`
	Curves        Curves      `json:"curves"`
	Calibration   Calibration `json:"calibration"`
	Probability   Probability `json:"probability"`
	Ridge         *Ridge      `json:"ridge,omitempty"` // if asked for
	Claim         Claim       `json:"claim"`
	Power         Power       `json:"power"`
	Warnings      []Warning   `json:"warnings"`
}

// Warning is a plain sentence that belongs beside a figure.
type Warning struct {
	Code    string `json:"code"`    // stable key
	Subject string `json:"subject"` // the pillar, period or figure it touches; may be empty
	Text    string `json:"text"`
}

// Counts says what the sample held and what the fit could use. Rows =
// Incomplete + Uninformative + Fitted.
type Counts struct {
	Rows            int `json:"rows"`
	ChurnedRows     int `json:"churned_rows"`
	Accounts        int `json:"accounts"`
	ChurnedAccounts int `json:"churned_accounts"` // the events, everywhere
	PartialAccounts int `json:"partial_accounts"` // of these, lost a part only and stayed
	Provisional     int `json:"provisional"`
	Unscored        int `json:"unscored"`      // no composite in force
	Incomplete      int `json:"incomplete"`    // a pillar is not measured
	Uninformative   int `json:"uninformative"` // in a period or segment in which nobody (or everybody) churned
	Fitted          int `json:"fitted"`
}

// Evidence is how each pillar and the composite related to churn in one scope.
type Evidence struct {
	Scope    string    `json:"scope"` // overall, segment, period
	Name     string    `json:"name"`
	Measures []Measure `json:"measures"` // the pillars in order, then the composite in force
}

// Measure is the association of one score with churn. A low score is risk: r,
// rho and tau-b are negative, AUC is over 0.5, where the score points the right
// way.
type Measure struct {
	Name            string                   `json:"name"`
	Composite       bool                     `json:"composite"`
	Rows            int                      `json:"rows"` // where it was measured
	ChurnedRows     int                      `json:"churned_rows"`
	Accounts        int                      `json:"accounts"`
	ChurnedAccounts int                      `json:"churned_accounts"`
	PartialAccounts int                      `json:"partial_accounts"` // of these, lost a part only and stayed
	R               assess.Number            `json:"r"`                // point-biserial
	Spearman        assess.Number            `json:"spearman"`
	TauB            assess.Number            `json:"tau_b"`
	AUC             assess.Estimate          `json:"auc"`         // clustered by account
	WithinDate      assess.Estimate          `json:"within_date"` // AUC over pairs of one date
	Gini            assess.Number            `json:"gini"`
	KS              assess.KolmogorovSmirnov `json:"ks"`
	IV              assess.Number            `json:"iv"`
	PRAUC           assess.Number            `json:"pr_auc"`          // average precision; chance is the churn rate
	TopDecileLift   assess.Number            `json:"top_decile_lift"` // the lowest-scoring tenth
	TopDecileARR    assess.Number            `json:"top_decile_arr"`  // its share of the ARR that was lost
	P               assess.Number            `json:"p"`               // of AUC = 0.5, two-sided, clustered
	PAdjusted       assess.Number            `json:"p_adjusted"`      // Benjamini-Hochberg over the scope's pillars
	Deciles         []assess.Decile          `json:"deciles,omitempty"`
}

// Missingness is whether not being measured is itself a sign of churn.
type Missingness struct {
	Name     string      `json:"name"`
	Measured assess.Rate `json:"measured"`
	Missing  assess.Rate `json:"missing"`
}

// Collinearity says how far the pillars can be told apart, on complete rows.
type Collinearity struct {
	VIF         []assess.Number `json:"vif"`
	Condition   assess.Number   `json:"condition"` // of the standardised pillars
	Correlation [][]float64     `json:"correlation"`
}

// Refit is one refit of the weights towards a centre.
type Refit struct {
	OK        bool          `json:"ok"`
	Why       string        `json:"why,omitempty"`
	Method    string        `json:"method"`    // maximum likelihood, or Firth under separation
	Contrary  bool          `json:"contrary"`  // no pillar is protective: the free weights do not exist
	Pillars   []PillarFit   `json:"pillars"`   // K
	Slope     assess.Number `json:"slope"`     // fall of the log-odds of churn per point of the free composite
	Direction assess.Test   `json:"direction"` // "direction = centre": chi-square, K-1 df, clustered
	F         assess.Test   `json:"f"`         // the same as F(K-1, events-(K-1))
	Shrinkage assess.Number `json:"shrinkage"` // 0 keeps the centre, 1 takes the free weights
	LR        assess.Test   `json:"lr"`        // all pillars against the intercepts, K df
	Heuristic assess.Number `json:"heuristic"` // (LR-K)/LR, the expected calibration slope on new data
	Bootstrap Bootstrap     `json:"bootstrap"`
}

// PillarFit is one pillar's part in a refit.
type PillarFit struct {
	Name string `json:"name"`
	// Held says that the pillar keeps its centre: it has one value only.
	Held bool `json:"held"`
	// Coefficient is the unconstrained fall of the log-odds of churn per point:
	// positive protects. Its interval is clustered by account. Reported also for a
	// pillar that the bound puts at zero.
	Coefficient assess.Estimate `json:"coefficient"`
	Centre      float64         `json:"centre"` // the weight shrunk to
	Free        assess.Number   `json:"free"`   // weight under w >= 0, sum 1, before shrinkage
	Shrunk      assess.Estimate `json:"shrunk"` // with its bootstrap percentile interval
	AtZero      bool            `json:"at_zero"`
	ShareAtZero assess.Number   `json:"share_at_zero"` // of replicates, before shrinkage
	Rank        int             `json:"rank"`          // by shrunk weight, 1 is the largest
	RankLo      int             `json:"rank_lo"`       // 95% of replicates; 0 without any
	RankHi      int             `json:"rank_hi"`
	SameRank    assess.Number   `json:"same_rank"` // share of replicates
}

// Bootstrap says how the intervals of a Refit came about.
type Bootstrap struct {
	Replicates int           `json:"replicates"`
	Failed     int           `json:"failed"` // no contrast, separation or no convergence
	SameOrder  assess.Number `json:"same_order"`
	Why        string        `json:"why,omitempty"` // why there are no intervals
}

// OutOfFold compares the refitted with the current weights on accounts that
// neither has seen. AUCs count pairs within a fold. Gains are refit - current.
type OutOfFold struct {
	OK           bool          `json:"ok"`
	Why          string        `json:"why,omitempty"`
	Folds        int           `json:"folds"`
	KeptFolds    int           `json:"kept_folds"` // folds whose refit failed and kept the current weights
	Rows         int           `json:"rows"`
	LogLoss      Comparison    `json:"log_loss"`
	AUC          Comparison    `json:"auc"`
	ARRWeighted  Comparison    `json:"arr_weighted_auc"`
	SegmentAUC   []Comparison  `json:"segment_auc"` // segments with enough events
	WorstSegment assess.Number `json:"worst_segment"`
	FoldWeights  [][]float64   `json:"fold_weights"`
}

// Comparison is a figure under the current and under the refitted weights.
type Comparison struct {
	Name    string        `json:"name,omitempty"`
	Current assess.Number `json:"current"`
	Refit   assess.Number `json:"refit"`
	Gain    assess.Number `json:"gain"` // refit - current
}

// Verdict is what the run proposes. A person decides.
type Verdict string

const (
	// Keep: weights, cut-offs and probability map stay.
	Keep Verdict = "keep"
	// Recalibrate: the weights stay; a cut-off or the probability map should move.
	Recalibrate Verdict = "recalibrate"
	// Propose: other weights are proposed.
	Propose Verdict = "refit"
)

// Decision is the verdict with the five gates that led to it. New weights are
// proposed only if all five pass:
//
//  1. enough data: at least 50 distinct churned accounts, and (LR-K)/LR >= 0.9;
//  2. real: the direction test F(K-1, events-(K-1)) has p < 0.05;
//  3. useful: out of fold, log loss improves, AUC gains at least 0.005, the
//     ARR-weighted AUC loses at most 0.005, no segment with 50 churned accounts
//     loses more than 0.01;
//  4. large: after shrinkage some weight changes by at least 0.03;
//  5. still true: no pillar has drifted between the sample and today's portfolio
//     (PSI over 0.25 and over its critical value).
//
// The change is then capped at 0.10 by scaling it whole, and rounded to whole per
// cent of sum 100 by largest remainder.
type Decision struct {
	Verdict     Verdict   `json:"verdict"`
	Words       string    `json:"words"`        // the verdict and its reason in one or two sentences
	LowEvidence bool      `json:"low_evidence"` // under 100 churned accounts
	Gates       []Gate    `json:"gates"`        // five
	Weights     []float64 `json:"weights"`      // to be in force: proposed, or the current ones
	PerCent     []int     `json:"per_cent"`     // the same in whole per cent, sum 100; rounded if current
	Change      []float64 `json:"change"`       // Weights - current
	Capped      bool      `json:"capped"`
}

// Gate is one condition of the decision.
type Gate struct {
	Number int     `json:"number"`
	Name   string  `json:"name"`
	Passed bool    `json:"passed"`
	Reason string  `json:"reason"`
	Checks []Check `json:"checks"`
}

// Check is one figure of a gate.
type Check struct {
	Name      string        `json:"name"`
	Value     assess.Number `json:"value"`
	Relation  string        `json:"relation"` // value Relation threshold passes: >=, <=, <, >
	Threshold float64       `json:"threshold"`
	Passed    bool          `json:"passed"`
	Assessed  bool          `json:"assessed"` // false: nothing to check, which does not block
	Reason    string        `json:"reason"`
}

// Segment is the refit of one segment towards the weights the run decided on.
type Segment struct {
	Name            string        `json:"name"`
	Rows            int           `json:"rows"`
	ChurnedAccounts int           `json:"churned_accounts"`
	PartialAccounts int           `json:"partial_accounts"` // of these, lost a part only and stayed
	Own             bool          `json:"own"`              // own weights are proposed; else it inherits
	Reason          string        `json:"reason"`
	PAdjusted       assess.Number `json:"p_adjusted"` // of the direction test, over segments
	Refit           *Refit        `json:"refit,omitempty"`
	OutOfFold       *OutOfFold    `json:"out_of_fold,omitempty"`
	Weights         []float64     `json:"weights"`
	PerCent         []int         `json:"per_cent"`
}

// Baseline is a rule of thumb beside the weights: figures out of fold.
type Baseline struct {
	Name    string        `json:"name"` // constant, best single pillar, equal weights, current weights, previous weights, refit
	Detail  string        `json:"detail,omitempty"`
	AUC     assess.Number `json:"auc"`
	LogLoss assess.Number `json:"log_loss"`
}

// Influence is a refit without some rows.
type Influence struct {
	Kind            string        `json:"kind"` // largest_accounts, period, owner, provisional
	Name            string        `json:"name"`
	Accounts        []int32       `json:"accounts,omitempty"` // the three largest, as numbered in Sample.Cluster
	Rows            int           `json:"rows"`               // that remain
	ChurnedAccounts int           `json:"churned_accounts"`
	PartialAccounts int           `json:"partial_accounts"` // of these, lost a part only and stayed
	OK              bool          `json:"ok"`
	Why             string        `json:"why,omitempty"`
	Shrunk          []float64     `json:"shrunk"`
	Direction       assess.Test   `json:"direction"`
	Shift           assess.Number `json:"shift"` // largest difference from the full sample's shrunk weights
}

// Statuses is churn per status of the composite in force.
type Statuses struct {
	OK       bool          `json:"ok"`
	Why      string        `json:"why,omitempty"`
	Base     assess.Rate   `json:"base"`
	BaseARR  assess.Number `json:"base_arr"` // ARR churned over ARR
	Rows     []Status      `json:"rows"`     // riskiest first
	Monotone bool          `json:"monotone"` // rates fall from each status with rows to the next
	Trend    assess.Test   `json:"trend"`    // Cochran-Armitage
	// RiskiestOverBase and RiskiestOverSafest compare rates.
	RiskiestOverBase   assess.Number `json:"riskiest_over_base"`
	RiskiestOverSafest assess.Number `json:"riskiest_over_safest"`
}

// Status is one status: scores from From (inclusive) to To (exclusive, but for
// the last).
type Status struct {
	Label      string        `json:"label"`
	From       float64       `json:"from"`
	To         float64       `json:"to"`
	Rate       assess.Rate   `json:"rate"`
	ARR        float64       `json:"arr"`
	ARRChurned float64       `json:"arr_churned"` // lost by all its rows, churned or not
	Lift       assess.Number `json:"lift"`        // rate over the base rate
	// ChurnedAccounts are distinct, Rate.Churned are rows.
	ChurnedAccounts int `json:"churned_accounts"`
	// Parts are the churned rows whose account lost a part only and stayed.
	Parts int `json:"parts"`
}

// Calibration is the probability map and the cut-offs of the composite that the
// decision leaves in force: the published score, or the proposed weights' mean.
type Calibration struct {
	OK        bool          `json:"ok"`
	Why       string        `json:"why,omitempty"`
	Composite string        `json:"composite"` // score in force, or proposed weights
	Intercept float64       `json:"intercept"`
	Slope     float64       `json:"slope"`
	Base      assess.Number `json:"base"`
	// MapTest is the clustered score test of the map in force (intercept 0, slope
	// 1 on its logit scale; chi-square, 2 df). Not OK without a map.
	MapTest assess.Test            `json:"map_test"`
	Line    assess.CalibrationLine `json:"line"` // of the map in force
	Cuts    []Cut                  `json:"cuts"`
}

// Cut is a status cut-off and where the data would put it.
type Cut struct {
	Current   float64         `json:"current"`
	Multiple  float64         `json:"multiple"`  // of the base rate
	Suggested assess.Estimate `json:"suggested"` // score of that rate, with its 90% account-bootstrap interval
	Inside    bool            `json:"inside"`    // the current cut lies in the interval: it stays
	Proposed  float64         `json:"proposed"`  // whole points, at most MaxCutMove from the current
	Words     string          `json:"words"`     // stays or moves, and why
}

// Power is what a sample with too few events can and cannot say.
type Power struct {
	Held            int           `json:"held"`
	Needed          int           `json:"needed"`
	Missing         int           `json:"missing"`
	EventsPerPeriod assess.Number `json:"events_per_period"` // first churned rows per snapshot date
	PeriodsToGo     assess.Number `json:"periods_to_go"`     // at that rate
	// SmallestAUC is how far from 0.5 the composite's AUC would have to be to be
	// found with 80% power at 5%: 2.80 standard errors. SmallestDifference is the
	// same for the paired difference between the composite and the best pillar.
	SmallestAUC        assess.Number `json:"smallest_auc"`
	SmallestDifference assess.Number `json:"smallest_difference"`
	Against            string        `json:"against,omitempty"` // the pillar of SmallestDifference
	// Minimum is the sample that a refit of all pillars needs by Riley's criteria,
	// EffectiveARR how many equal losses the ARR lost by churned rows is worth.
	Minimum      assess.MinimumSample `json:"minimum"`
	EffectiveARR assess.Number        `json:"effective_arr"`
}
