package reports

import (
	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
)

// Units of figures that only the calibration has.
const (
	Decimal portfolio.Unit = "decimal" // coefficients and areas under a curve
	Chance  portfolio.Unit = "chance"  // p-values
)

// CalibrationBook is everything the calibration workbook shows, in plain types.
// Texts that stand on the Verdict sheet (Verdict, Check.Name, Warnings) are read
// by leadership: counts and plain words, no names of statistics.
type CalibrationBook struct {
	AsOf                  int32  // day
	From, To              int32  // first and last snapshot date of the sample; portfolio.NoDay if none
	SampleNote, ReachNote string // what the sample adds up to, and what its rows are not
	Sampling              string // which account-dates are judged, and why these
	DataEnd               int32  // the last date on which churn recording is complete
	Currency              string
	Framework             portfolio.FrameworkRef // the framework whose weights are current
	Bands                 []CalibrationBand      // healthiest first; Moves and Rates refer to them

	Verdict   Verdict
	Weights   []WeightRow
	Moves     []MoveRow  // one per band, in the order of Bands; empty without a suggestion
	Rates     []BandRate // one per band
	Base      BandRate   // all bands together
	Monotone  string     // whether rates fall from band to band, in words
	Power     []PowerRow // what the sample can and cannot say
	Evidence  []EvidenceRow
	Movers    []BandMover // accounts that would change band under the suggestion
	Sample    []SampleRow // the ledger: who is in, who is out and why
	Losses    []LossRow   // what became of every loss
	LossNotes []string    // what the lost ARR rests on
	Leakage   []LeakageRow
	Baselines []BaselineRow
	Influence []InfluenceRow
	Bootstrap BootstrapSummary
	Segments  []SegmentRow
	Cutoffs   []CutoffRow
	Signals   []SignalRow
	Pillars   []string   // labels, in the order of MissRow.Pillars
	Misses    []MissRow  // churned while in a good band, and flagged but kept
	Reach     []ReachRow // what flagging below a cut-off, or working a share, would have found
	Ranking   []RankingRow
	Deciles   []DecileRow
	Certain   ProbabilityNote
	Reliable  []ReliabilityRow
	Benefit   []BenefitRow
	Warnings  []diag.Warning
	Glossary  []portfolio.Term
	LeftOut   []portfolio.Term
}

// CalibrationBand names a status.
type CalibrationBand struct{ Name, Colour, Headlines string }

// Verdict is what the run proposes; a person decides.
type Verdict struct {
	Decision string   // keep, recalibrate or refit
	Headline string   // the verdict and its reason in one or two sentences, in counts
	Why      []string // one plain sentence each
	Checks   []Check
}

// Check is one figure of a gate against its threshold.
type Check struct {
	Gate      string // the gate it belongs to, e.g. "Enough data"
	Name      string // in plain words
	Unit      portfolio.Unit
	Figure    portfolio.Figure
	Relation  string // what passes: >=, <=, <, >
	Threshold float64
	Passed    bool
	Assessed  bool   // false: there was nothing to check, which does not block
	Reason    string // one sentence
}

// WeightRow is one pillar's weight, now and as suggested. The interval is that
// of the suggestion.
type WeightRow struct {
	Pillar      string
	Current     float64
	Suggested   portfolio.Figure
	Change      portfolio.Figure
	Low, High   portfolio.Figure
	Free        portfolio.Figure // before shrinkage towards the current weights
	ShareAtZero portfolio.Figure // of the bootstrap replicates
}

// MoveRow says where the accounts of one band would be under the suggestion.
type MoveRow struct {
	From     string
	Accounts []int64   // per band, in the order of Bands
	ARR      []float64 // per band
}

// BandRate is churn in one band of the sample. Rate carries churned of rows.
type BandRate struct {
	Band       string
	Rate       portfolio.Figure // Num churned, Den rows
	Parts      int64            // of the churned, lost a part only and stayed
	Low, High  portfolio.Figure // Wilson interval, 95%
	ARR        float64
	ARRChurned float64
	Lift       portfolio.Figure // rate over the base rate
}

// PowerRow is one figure on what the sample can say.
type PowerRow struct {
	Name  string
	Unit  portfolio.Unit
	Value portfolio.Figure
	Note  string
}

// EvidenceRow is how one pillar, or the composite, related to churn in one scope.
type EvidenceRow struct {
	Scope        string // overall, segment or date
	Name         string // the segment or date; empty overall
	Measure      string // the pillar, or the composite
	Composite    bool
	Rows, Events int64 // rows measured; distinct churned accounts
	Parts        int64 // of these, lost a part only and stayed
	AUC          portfolio.Figure
	Low, High    portfolio.Figure // of AUC, clustered by account
	WithinDate   portfolio.Figure // AUC over pairs of one date
	R            portfolio.Figure // point-biserial
	Spearman     portfolio.Figure
	TauB         portfolio.Figure
	P, PAdjusted portfolio.Figure
	KS, Gini, IV portfolio.Figure
	PRAUC        portfolio.Figure
	TopLift      portfolio.Figure // of the lowest-scoring tenth
	TopARR       portfolio.Figure // its share of churned ARR
	VIF          portfolio.Figure // overall only
}

// BandMover is one account that would change band.
type BandMover struct {
	ID, Name, Owner, Segment string
	ARR                      portfolio.Figure // undefined where it is unknown
	Score, NewScore, Change  float64
	Band, NewBand            string
	Bands                    int // how many bands it would move, + is healthier
	Why                      string
}

// SampleRow is one line of the sample's ledger.
type SampleRow struct {
	In       bool
	Reason   string
	Rows     int64
	Accounts int64
	Churned  int64 // rows with an event
	ARR      portfolio.Figure
}

// LossRow counts the losses of one kind of which one thing became.
type LossRow struct {
	Became  string
	Of      string // whole accounts, or parts
	Counted bool   // in the lost ARR of the sample
	Losses  int64
	Unsized int64 // without an amount
	ARR     float64
}

// LeakageRow is something left out because it would have known the outcome, or a
// warning of that.
type LeakageRow struct {
	What   string // row or column
	Item   string
	Reason string
	Rows   portfolio.Figure // account-dates
}

// BaselineRow is a rule of thumb beside the weights, out of fold.
type BaselineRow struct {
	Name, Detail string
	AUC, LogLoss portfolio.Figure
}

// InfluenceRow is a refit without some rows.
type InfluenceRow struct {
	Kind, Name string
	Rows       int64
	Events     int64
	Parts      int64              // of the events, lost a part only and stayed
	Weights    []portfolio.Figure // per pillar, in the order of Weights
	P          portfolio.Figure   // of "the current weights are right"
	Shift      portfolio.Figure   // largest difference from the full sample's weights
	Note       string
}

// BootstrapSummary says how the intervals of the weights came about.
type BootstrapSummary struct {
	Replicates, Failed int64
	SameOrder          portfolio.Figure // share of replicates with the same order of pillars
	Note               string
	Pillars            []BootstrapRow
}

// BootstrapRow is one pillar over the replicates.
type BootstrapRow struct {
	Pillar      string
	Weight      portfolio.Figure
	Low, High   portfolio.Figure
	ShareAtZero portfolio.Figure
	Rank        int64
	RankLow     int64
	RankHigh    int64
	SameRank    portfolio.Figure
	Coefficient portfolio.Figure // unconstrained fall of the log-odds per point
	CoefLow     portfolio.Figure
	CoefHigh    portfolio.Figure
}

// SegmentRow is the refit of one segment.
type SegmentRow struct {
	Name      string
	Rows      int64
	Events    int64
	Parts     int64 // of the events, lost a part only and stayed
	Own       bool
	PAdjusted portfolio.Figure
	Weights   []portfolio.Figure // per pillar
	Reason    string
}

// CutoffRow is one status cut-off and where the data would put it.
type CutoffRow struct {
	Between   string // "Monitor / At Risk"
	Current   float64
	Suggested portfolio.Figure
	Low, High portfolio.Figure // 90% interval
	Proposed  portfolio.Figure
	Multiple  portfolio.Figure // of the base rate
	Note      string
}

// SignalRow is one row of a signal's points against churn.
type SignalRow struct {
	Pillar, Signal, Row string
	Points              float64
	Fired, NotFired     portfolio.Figure // churn rates with counts
	FiredLow, FiredHigh portfolio.Figure
	Finding             string // dead, contrary, redundant or ""
}

// ReachRow is what one way of choosing accounts would have found.
type ReachRow struct {
	Chosen    string           // "below 60 (Critical, At Risk)", "the lowest 10%"
	Alerts    portfolio.Figure // chosen, of all account-dates
	Found     portfolio.Figure // churned among the chosen, of all that churned
	Right     portfolio.Figure // churned among the chosen, of the chosen
	RightLow  portfolio.Figure
	RightHigh portfolio.Figure
	Lift      portfolio.Figure
	ARR       portfolio.Figure // of the chosen that churned, of all that churned
}

// RankingRow is one point of the curve from flagging nobody to flagging all.
type RankingRow struct {
	Below       float64 // the score below which accounts are flagged
	Found       float64 // share of churned account-dates flagged
	FalseAlarms float64 // share of kept account-dates flagged
	Alerts      float64 // share of all
}

// DecileRow is one tenth of the account-dates, lowest scores first.
type DecileRow struct {
	Decile     int64
	From, To   float64 // scores
	Rate       portfolio.Figure
	Lift       portfolio.Figure
	Found      portfolio.Figure // churned in this and lower tenths, of all that churned
	FoundARR   portfolio.Figure
	FoundBlind float64 // what choosing at random would have found
}

// ProbabilityNote says which map turns a score into a probability, and how good
// it was on accounts it had not seen.
type ProbabilityNote struct {
	Method, Reason string
	Loss, BaseLoss portfolio.Figure
	Error          portfolio.Figure // expected calibration error
	Binning        string
}

// ReliabilityRow is one group of account-dates by the probability that was said.
type ReliabilityRow struct {
	From, To  float64
	Said      portfolio.Figure
	Happened  portfolio.Figure // churned of account-dates
	Low, High portfolio.Figure
}

// BenefitRow is what acting on the score is worth at one exchange rate.
type BenefitRow struct {
	Threshold        float64 // act from this probability
	Needless         float64 // needless actions that one saved account is worth
	Score, Everybody float64 // net benefit; of acting on nobody it is 0
	Alerts           float64
}

// MissRow is one account that the score got wrong, or whose loss is one of few. Days,
// Score and Pillars are the way to the loss: month-ends of the half year before it,
// oldest first, as texts; on the scored date alone where nothing was lost.
type MissRow struct {
	Kind                     string // churned while green, or flagged and kept
	ID, Name, Owner, Segment string
	ARR, ARRLost             portfolio.Figure // undefined where the ARR of the date is unknown
	Event                    int32            // NoDay where there is none
	ScoreBefore              portfolio.Figure
	Band                     string
	Days, Score              string
	Pillars                  []string // in the order of CalibrationBook.Pillars
	Note                     string
}
