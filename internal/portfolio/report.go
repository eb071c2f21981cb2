// Package portfolio turns scored snapshots into the figures that leadership
// reads: accounts and ARR by band, what moved, who is at risk, who renews, which
// ladder rows everybody hits. Every number on a sheet is a field here, computed
// once; reports only lays them out. It scores nothing and reads no files.
package portfolio

import (
	"accounthealth/internal/compare"
	"accounthealth/internal/diag"
)

// NoDay marks an absent date in this package's results.
const NoDay int32 = -1 << 31

// Report is everything the portfolio workbook shows.
type Report struct {
	AsOf      int32 // day
	Prior     int32 // the snapshot that changes are measured from; NoDay if none
	Currency  string
	Framework FrameworkRef

	KPIs                     []KPI
	Tie                      TieOut
	Classes                  []ClassRow
	Bands                    []BandRow
	BandTotal                BandRow        // the sum of Bands; Band is "All scored accounts"
	History                  []HistoryPoint // oldest first, the as-of date last
	Movers                   Movers
	Bridges                  []*Bridge
	Renewals                 *Renewals
	Owners                   []GroupRow
	Segments                 []GroupRow
	OwnerTotal, SegmentTotal GroupRow
	Migration                *Migration  // nil without a prior snapshot
	Accuracy                 *Accuracy   // nil where no loss can be set against scores
	Foreseen                 *Foreseen   // nil where nothing was lost in the last year
	WhatIf                   *WhatIf     // nil where it is not asked for
	AtRisk                   []AtRiskRow // every account in an at-risk band, most ARR first
	Accounts                 AccountRows `json:"-"` // filed by themselves
	Shape                    []ShapeRow
	Scores                   []HistogramBin // distribution of the headline, tens
	Pillars                  []PillarShape
	Quality                  Quality
	Verdict                  string // the calibration's verdict in one sentence, in counts; "" without churn data
	Warnings                 []diag.Warning
	Glossary                 []Term
	LeftOut                  []Term // sheets left out and why; measures not collected and why
	Changes                  []Term // framework change log, newest first
	// Next is the accepted version that comes into force after the as-of date, nil
	// for none. Until then every row of Accounts has both scores.
	Next       *NextFramework
	BandNames  []string
	PillarDefs []PillarDef

	// MissingPolicies and MissingRows say whose status depends on missing data under
	// other ways to treat them, most ARR first.
	MissingPolicies []MissingPolicy
	MissingRows     []MissingRow
	// Overrides are all usable values set by hand, with whether they were right.
	Overrides  []OverrideRow
	Scorecards []Scorecard // of the accounts at risk with most ARR

	Matrix   *Matrix   // nil where the framework has none
	Alerts   *Workflow // nil where the framework raises none
	Plays    []PlayCard
	Cadence  []CadenceRow
	Monthly  []CheckRow     // the monthly checklist
	Plans    []SavePlan     // of the accounts at risk with most ARR, in the order of AtRisk
	Unlisted int64          // accounts at risk whose plan is not listed
	Saves    *SaveRates     // nil without an interventions source
	Early    *EarlyWarnings // nil without a churn source
}

// FrameworkRef names the framework behind the scores.
type FrameworkRef struct {
	Name    string
	Version int
	Digest  string // sha256, hex
}

// NextFramework is an accepted version that is not in force yet.
type NextFramework struct {
	Framework FrameworkRef
	Effective int32 // the first as-of date it is in force for
	Rescored  int64 // accounts with another score under it
	Moved     int64 // accounts in another status
	MovedARR  compare.ARR
}

// PillarDef is one pillar as the workbook names it.
type PillarDef struct {
	Name, Label, Question string
	Weight                float64
}

// Figure is a number that may be undefined, with what it is a share of.
type Figure struct {
	Value   float64
	Defined bool
	// Num and Den are printed beside a rate; both 0 for an amount.
	Num, Den float64
}

// Amount returns a defined Figure without a denominator.
func Amount(v float64) Figure { return Figure{Value: v, Defined: true} }

// Unit says how a figure is formatted.
type Unit string

const (
	Count    Unit = "count"
	Currency Unit = "currency"
	Percent  Unit = "percent"
	Points   Unit = "points"
)

// KPI is one headline number of the Summary.
type KPI struct {
	Key      string // stable: the workbook defines it as a name, e.g. ARR_at_risk
	Name     string
	Unit     Unit
	Now      Figure
	Prior    Figure // as reported at the prior snapshot
	Restated Figure // the prior snapshot under the framework in force now
	Change   Figure // Now minus Restated, minus Prior where nothing is restated
	Note     string // what it counts, in one sentence, with the denominator
	Warning  string // a data warning that touches this number, or ""
	Good     int    // +1: a rise is good, -1: a fall is good, 0: neither
}

// TieOut shows that nothing was lost between the accounts export and the report:
// what stands in the export's rows, the lines that explain every difference, and
// what the report counts. What they do not explain is the difference.
type TieOut struct {
	SourceRows, Duplicates, MissingKey int64
	Accounts                           int64   // distinct accounts of the report's table
	Reported                           int64   // accounts counted in Classes
	SourceARR                          float64 // arr as it stands in the rows, to the cent
	ReportedARR                        float64 // in Classes, to the cent
	Lines                              []TieLine
	ExplainedAccounts                  int64   // what the lines add to the number of the export's rows
	ExplainedARR                       float64 // and to their ARR, to the cent
	DifferenceAccounts                 int64
	DifferenceARR                      float64
}

// TieLine is one reason why the report counts other accounts or another ARR than
// the rows of the export add up to.
type TieLine struct {
	What     string
	Rows     int64   // that it concerns
	Accounts int64   // that it adds
	ARR      float64 // that it adds
	Why      string
}

// ClassRow counts one population class; together they are every account.
type ClassRow struct {
	Class    string // customer, not scored, onboarding, in notice, ...
	Accounts int64
	ARR      float64
	Why      string
	NoARR    bool // ARR is 0 because it is known of none of the accounts
}

// BandRow is one status now against the prior snapshot.
type BandRow struct {
	Band          string
	Colour        string
	AtRisk        bool
	Headlines     string // "80 to 100"
	Accounts      int64
	ARR           float64
	NoARR         bool // ARR is 0 because it is known of none of the accounts
	ShareARR      Figure
	PriorAccounts int64
	PriorARR      Figure // undefined where the prior day's ARR is not known
	DeltaAccounts int64
	DeltaARR      Figure
}

// HistoryPoint is one stored or rebuilt snapshot.
type HistoryPoint struct {
	AsOf     int32
	Rebuilt  bool
	Accounts []int64   // by band
	ARR      []float64 // by band
	Scored   int64
	Mean     float64 // mean score of scored accounts
}

// Movers lists accounts whose score or band moved.
type Movers struct {
	// Net ARR by band change; Up and Down are the largest by ARR.
	UpAccounts, DownAccounts int64
	UpARR, DownARR           float64
	Up, Down                 []Mover
	Slipping                 []Mover // still green but falling by 10 points or more
}

// Mover is one account that moved. The four parts sum exactly to Delta.
type Mover struct {
	ID, Name, Owner, Segment string
	ARR                      float64
	PriorScore, Score, Delta float64 // PriorScore as it was reported, where it was
	Restated                 float64 // PriorScore under the framework in force now
	PriorBand, Band          string
	Behaviour, Framework     float64
	Data, Override           float64
	Why                      string // the signals that drove it, in words
}

// AtRiskRow is one account that needs somebody.
type AtRiskRow struct {
	ID, Name, Segment, Owner string
	ARR                      float64
	Score                    float64
	Band, Trend              string
	Delta                    Figure
	Renewal, Deadline        int32 // NoDay where unknown
	DaysToDeadline           Figure
	Risks                    []string // most severe first, with evidence
	Action                   string
	Gain                     float64 // points the action is worth
	Play, PlayOwner          string
	PlayDeadline             int32

	Bundle      string   // the smallest set of changes that gains 20 points, in words; why not where there is none
	BundleAfter Figure   // score after it
	Fall        string   // the smallest thing that would have to go wrong for the next worse status; "" in the worst
	Escalate    []string // why a person decides; empty: nothing asks for one
	Chance      Figure   // observed save rate of the status with n; undefined while fewer closed saves are on record than the framework asks for
	Plan        int      // index into Report.Plans, -1 where the plan is not listed
}

// AccountRow is one account, flat.
type AccountRow struct {
	ID, Name, Parent, CRMID, Segment, Tier, Industry, Region, Owner string
	Class                                                           string
	ARR                                                             Figure
	Score                                                           Figure // tenths
	Headline                                                        Figure
	Band, Colour, Trend                                             string
	NextScore                                                       Figure // under Report.Next; undefined without one
	NextBand                                                        string // its status; "" likewise
	Delta, Delta90                                                  Figure
	Coverage                                                        Figure
	Low, High                                                       Figure
	Provisional                                                     string // "" or why, in words
	CappedBy                                                        string // "" or the rule that lowered the status, in words
	Override                                                        string // manual values behind the score, in words; "" without
	Overridden                                                      string // their targets: "support, nps"
	DependsOnMissing                                                bool
	Pillars                                                         []Figure
	TopRisk, Action                                                 string
	Gain                                                            Figure
	Play, PlayOwner                                                 string
	PlayDeadline                                                    int32
	Start, Renewal, Deadline                                        int32
	TenureMonths                                                    Figure
	Escalate                                                        string // why a person decides, in words; "" where nothing asks for one
	Bundle                                                          string // the smallest set of changes that gains 20 points; "" where none does
	BundleAfter                                                     Figure // score after it
	Fall                                                            string // what would have to go wrong for the next worse status; "" where nothing would
	Place                                                           string // on the matrix: "high risk, low opportunity"; "" where not placed
}

// AccountRows yields the flat rows in order: ARR descending, then id.
type AccountRows interface {
	Len() int
	// Row fills r, reusing its slices, with row i.
	Row(i int, r *AccountRow)
}

// AccountIndex is what an AccountRows may offer besides: the index of an
// account's row, so that links to it need no pass over all rows.
type AccountIndex interface {
	RowOf(id string) (i int, ok bool)
}

// ShapeRow is one row of one ladder: how many accounts hit it.
type ShapeRow struct {
	Pillar, Signal, Row string
	Points              float64
	Accounts            int64
	Share               Figure // of accounts with a known value
	ARR                 float64
	ShareARR            Figure
	Known, Applicable   int64
	Flag                string // "nearly everybody", "nearly nobody", "not collected" or ""
}

// HistogramBin is [Lo, Hi) except the last, which includes Hi.
type HistogramBin struct {
	Lo, Hi   float64
	Accounts int64
	ARR      float64
}

// PillarShape is the distribution of one pillar over scored accounts.
type PillarShape struct {
	Name                     string
	Accounts                 int64
	Mean, P10, P50, P90, Min float64
	Max                      float64
	Coverage                 float64 // mean level coverage
}

// Quality is the Data quality sheet.
type Quality struct {
	Prior      int32 // as-of day of the last published run, which the sources are compared with; NoDay without one
	Window     int32 // days of the recent window
	Sources    []SourceRow
	Columns    []ColumnRow   // by source in the settings' order, then by contract
	Alerts     []SourceAlert // what stands out, most severe first
	Drift      []DriftRow    // comparisons of enough accounts, most severe first, then largest index
	Schema     []SchemaRow   // what changed in the files' columns since the last run
	Tie        []TieStep     // from the rows of the accounts export to the score
	Controls   []ControlRow  // against finance's own figures
	Findings   []FindingRow
	Exclusions []ClassRow
	States     []StateRow
	Gates      []GateRow
}

// The verdicts of checks, sources and alerts.
const (
	Pass = "pass"
	Info = "info" // of alerts only: worth knowing, nothing to do
	Warn = "warn"
	Fail = "fail"
)

// SourceRow is one source's health.
type SourceRow struct {
	Name, Layout    string
	Files, Rows     int64
	NotRead         int64 // rows of the files that no date of the run can use: counted, not read
	Bytes           int64
	AccountsCovered int64 // paying accounts with a row
	CoveredShare    Figure
	ARRCovered      Figure
	Oldest, Newest  int32 // NoDay where undated
	AgeDays         Figure
	PriorRows       Figure // the last run's rows, undefined without one
	Verdict         string // pass, warn, fail
	Reason          string // the most severe alert
	Invalid         Figure // share of rows with an invalid value
	Duplicates      Figure
	Orphans         Figure
	ColumnsMissing  []string // canonical columns the export does not have
}

// ColumnRow is one column of a source's files. Recent figures are about the rows
// of the last Quality.Window days; of sources without dates, about all rows.
type ColumnRow struct {
	Source string
	Name   string // canonical; of a column that is not mapped, its name in the files
	File   string // its name in the files
	Type   string // as written; several, joined by commas, where files differ
	Role   string // "" where it is not mapped
	// Measured says that the job read the column's values; where it did not, the
	// figures below are undefined.
	Measured bool

	Rows, Nulls, Invalid int64
	Later                int64  // days after the as-of date, where none can be
	Fill                 Figure // share of rows that have a value, valid or not
	InvalidShare         Figure
	Accounts             int64 // paying accounts with a usable value
	AccountsShare        Figure
	ARRShare             Figure
	Oldest, Newest       int32  // days of the rows with a usable value, NoDay where undated
	First, Last          int32  // of a time column: its least and greatest day, else NoDay
	Distinct             Figure // texts only: different values, counted to 1,024 and estimated to about 2% beyond
	Min, Max             Figure // numbers only; flags count as 0 and 1

	RecentRows, RecentEmpty int64 // rows, and those of them without a usable value
	RecentAccounts          int64
	Mean                    Figure // recent
	Deciles                 []float64
	Bins                    []Bin // recent rows by decile, or by word where there are few
	Drift                   Figure
	Moved                   Figure  // recent against the window before: share of accounts that moved the same way
	ZeroDays                []int32 // recent days on which the values fell to zero, oldest first
}

// Bin counts rows with a value: up to Upto and above the bin before, the last one
// without a limit (+Inf); or those of a word.
type Bin struct {
	Word string
	Upto float64
	Rows int64
}

// SourceAlert is one conclusion about a source. One cause is one alert, whatever
// the number of columns in which it shows.
type SourceAlert struct {
	Severity string // fail, warn, info
	Source   string // "" for the whole
	Columns  []string
	Check    string // limits, rows, freshness, zero, thin day, moved, drift, fill, coverage, schema, control totals, tie-out
	Text     string
	Examples []string // row keys with values: "part-0001.parquet row 17, A-12: 0"
}

// DriftRow compares a column's recent distribution with an earlier one.
type DriftRow struct {
	Source, Column string
	Against        string // "the run of 2026-05-31", "the 28 days before"
	Rows, Before   int64  // rows compared
	Index          Figure // population stability index
	Noise          Figure // what the index exceeds by chance in one of twenty comparisons of so few accounts
	Verdict        string
	Largest        string // the bin that changed most: "10 or less: 12% of rows, 31% now"
}

// SchemaRow is one change in the columns of a source's files.
type SchemaRow struct {
	Source, Column string // the column's name in the files; "" for the source itself
	Mapped         bool
	Change         string // added, removed, type changed
	Before, Now    string // types as written
	Verdict        string
}

// TieStep is one step from the accounts export to the score. Steps that subtract
// are negative.
type TieStep struct {
	What     string
	Accounts int64
	ARR      Figure
	Total    bool // a subtotal of the steps above
	Why      string
}

// ControlRow compares one of finance's own figures with the report.
type ControlRow struct {
	What       string // "All accounts", "Segment Enterprise", "Currency EUR"
	Unit       Unit
	Stated     float64
	Found      float64
	Difference float64 // found minus stated
	Tolerance  float64 // greatest difference, in the unit
	Passed     bool
}

// FindingRow is one group of row-level findings.
type FindingRow struct {
	Source, Column, Code string
	Count                int64
	Share                Figure   // of the source's rows
	Treatment            string   // what the job did with them
	Examples             []string // "part-0001.parquet row 17, account A-12: 14"
}

// StateRow counts the states of one signal over scored accounts.
type StateRow struct {
	Pillar, Signal                                            string
	Known, Missing, Stale, Invalid, NotApplicable, NotDatable int64
	Collected                                                 bool
}

// GateRow is one publication gate.
type GateRow struct {
	Gate, Figure, Threshold string
	Passed, Allowed         bool
}

// Term is a word and what it means.
type Term struct{ Name, Text string }
