package portfolio

// Matrix places the scored accounts by risk and opportunity. Cells are in rows of
// equal risk, high first, and within a row high opportunity first; together with
// Unplaced they are every account that pays.
type Matrix struct {
	Grades      []string // names of both axes, high first
	Cells       []MatrixCell
	Unplaced    int64 // accounts without a score or in notice
	UnplacedARR float64
	Risk        []Term // what each grade above low asks for, in words
	Opportunity []Term
}

// MatrixCell is one place of the matrix.
type MatrixCell struct {
	Risk, Opportunity string
	Play, Owner       string // label and role
	Days              int
	Accounts          int64
	ARR               float64
}

// Workflow is the alerts of a run: the rules, what they raised, and who has how
// many.
type Workflow struct {
	Rules  []AlertRuleRow
	Alerts []AlertRow // alerts of sources first, then by state (new, open, closed, held back), severity, ARR
	Owners []OwnerAlerts
	// Since is the review that changes are measured from, Before the day of the last
	// run whose open alerts were taken over; NoDay without one.
	Since, Before int32
	Weeks         float64 // from Before, else Since, to the as-of date
	New, Open     int64   // Open: still open from earlier runs
	Closed        int64
	HeldBack      int64 // raised nothing: quiet, snoozed or part of a shift of the source
	PerOwnerWeek  Figure
}

// The states of an alert.
const (
	AlertNew    = "new"
	AlertOpen   = "open"
	AlertClosed = "closed"
	AlertHeld   = "held back"
)

// AlertRow is one alert. One account has at most one that is raised on a day.
type AlertRow struct {
	Key          string // stable: the same for every rerun of the day it was raised
	State        string
	ID, Name     string // of the account; both "" for an alert about a source
	Source       string // "" for an alert about an account
	Owner        string // the account's owner
	Role         string // who acts
	Severity     string
	Triggers     []string // labels of the rules
	Reason       string   // in words, with values and dates
	Raised       int32
	Deadline     int32
	Closed       int32  // NoDay while it is not
	Play         string // label
	Channel      string
	Field        string   // what changes in the CRM
	Why          string   // why it was held back or closed, in words
	Escalate     []string // why a person decides
	ARR          Figure
	Band         string
	Score, Delta Figure // now; Delta since the review it was raised against
	Conditions   []AlertCondition
}

// AlertCondition is one cause of an alert; it is what tells whether the alert
// stays open.
type AlertCondition struct {
	Rule    string `json:"rule"`
	Subject string `json:"subject,omitempty"` // pillar or status; the signal of a source alert
	// Before and Now are the figure at the review and when the alert was raised:
	// scores, pillar scores, or a signal's mean points over accounts.
	Before float64 `json:"before,omitempty"`
	Now    float64 `json:"now,omitempty"`
}

// AlertRuleRow is one rule of the alerts.
type AlertRuleRow struct {
	Name, Label string
	Trigger     string // with its threshold, in words
	Severity    string
	Channel     string
	Owner       string
	Days        int
	Field       string
	Play        string // label; "the account's own"
	Suppression string
	New, Open   int64 // accounts
}

// OwnerAlerts counts the alerts of one owner.
type OwnerAlerts struct {
	Owner     string // of the accounts; "(none)"
	New, Open int64
	Critical  int64 // of New
	PerWeek   float64
	Accounts  int64 // the owner's scored accounts
	Overdue   int64 // of Open: past their deadline
}

// PlayCard is one play with where it stands.
type PlayCard struct {
	Name, Label, Trigger string
	Answers              string // "Healthy", "NPS", "matrix: low risk, high opportunity", joined
	Owner                string
	Days                 int
	Steps, Assets        []string
	KPI                  string
	Expands, Money       bool
	Accounts             int64 // accounts whose next play it is
	ARR                  float64
}

// CadenceRow is one recurring review.
type CadenceRow struct {
	Label, Every, Owner, What string
	LastDone, NextDue         int32 // LastDone NoDay where none is entered
	Overdue                   bool
}

// CheckRow is one box of the monthly checklist.
type CheckRow struct{ Text string }

// SavePlan is what is done about one account in 90 days.
type SavePlan struct {
	ID, Name, Owner string
	Band            string
	Score           float64
	ARR             Figure
	Renewal         int32
	Banner          string // "renewal in 3 months, 3 critical risks"; "" below Critical
	Headline        string // what it is about, in one sentence
	Tasks           []PlanTask
	IfItFails       []string
	Chance          Chance
	Escalate        []string
}

// PlanTask is one task of a save plan.
type PlanTask struct {
	Phase    string // "Week 1: Triage"
	From, To int32  // days
	Task     string
	Owner    string // role
	Due      int32
}

// Chance is how likely a save is, or what is assumed until enough saves are on
// record.
type Chance struct {
	Share    Figure // with Num of Den closed saves where it is observed
	Low      float64
	High     float64 // 95% interval where it is observed
	Assumed  bool    // a planning assumption with n = 0
	Sentence string
}

// SaveRates is what became of the plays that were run, and of accounts at risk
// without one.
type SaveRates struct {
	Closed, Open, Unusable int64 // play runs
	ByPlay, ByOwner        []SaveRate
	ByStatus               []SaveRate
	// Worked and Unworked are the accounts at risk at a past review that had a play
	// run in the HorizonDays after it and that had none, with how many were lost
	// in them. The difference is no effect of the plays: who gets one is chosen.
	Worked, Unworked []SaveRate // by status
	HorizonDays      int32
	Reviews          []int32
	Note             string
}

// SaveRate is a share with its 95% interval.
type SaveRate struct {
	Of        string // the play, owner or status
	Hits, N   int64  // saved, or kept, of N
	Rate      Figure
	Low, High float64
}

// EarlyWarnings is which signals preceded losses in this portfolio's own history.
type EarlyWarnings struct {
	Horizons []int32        // days
	Tried    int            // signals and levels times horizons
	Signals  []EarlyWarning // those that hold after correction, by horizon, then lift
	Rest     []EarlyWarning // the others that were tried
	From, To int32          // the reviews looked at
	Note     string
}

// EarlyWarning is one level of one signal before losses within a horizon.
type EarlyWarning struct {
	Signal, Level string
	Horizon       int32 // days
	Lost, N       int64 // account-reviews on the level, and of them lost within the horizon
	Rate          Figure
	Low, High     float64 // 95%
	OtherLost     int64   // of OtherN account-reviews on other levels
	OtherN        int64
	Lift          Figure  // rate on the level over the rate of all
	P, Q          float64 // Fisher's exact test, one-sided; after Benjamini-Hochberg
	Firing        int64   // accounts on the level now
	FiringARR     float64
	Where         []string // largest of them by ARR, ids
}
