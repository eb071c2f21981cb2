package plan

// Play is a play card: what to do, who does it and by when. It answers a status,
// a signal's loss or both, or is named by a cell of the matrix or an alert.
type Play struct {
	Name    string
	Label   string
	Trigger string // when it is run, in words; "" where status and signal say it all
	Status  string // the band it answers, or ""
	Signal  string // the signal whose loss it answers, or ""
	Owner   string // role
	Days    int    // deadline, days after the as-of date
	Steps   []string
	Assets  []string // what it needs ready: decks, templates, reports
	KPI     string
	Expands bool // sells more: only for bands that expand
	Money   bool // may cost money, so a person decides first
}

// NoPlay stands for "the account's own play" where an index into Plan.Plays is
// expected.
const NoPlay = -1

// Condition holds while a signal has one of some known values.
type Condition struct {
	Signal int
	Range  Interval // number signals
	Words  []int    // word signals: indexes into Signal.Words
	Text   string   // for people: "Champion: left", "NPS < 7"
}

// Holds reports whether a known value of the condition's signal s meets it: a
// number rounded by Round9, or a word's index.
func (c *Condition) Holds(s *Signal, value float64) bool {
	if !s.IsWord() {
		return c.Range.Contains(value)
	}
	for _, w := range c.Words {
		if float64(w) == value {
			return true
		}
	}
	return false
}

// Grade is a place on an axis of the matrix.
type Grade uint8

const (
	LowGrade Grade = iota
	MiddleGrade
	HighGrade
)

// Grades is how many there are.
const Grades = 3

func (g Grade) String() string { return [...]string{"low", "medium", "high"}[g] }

// Matrix places scored accounts by risk and opportunity and names a play for
// each cell. An account has the highest grade whose test it meets, else LowGrade.
type Matrix struct {
	Risk        [Grades]RiskTest    // [LowGrade] is empty
	Opportunity [Grades][]Condition // any of them; [LowGrade] is empty
	Cells       [Grades][Grades]int // by risk, then opportunity: index into Plan.Plays
}

// RiskTest is met by an account in one of the statuses, or with a risk of at
// least the severity (None: no severity meets it).
type RiskTest struct {
	Statuses []string
	Severity Severity
}

// Trigger is what raises an alert.
type Trigger uint8

const (
	Drop        Trigger = iota // the score fell by Points or more since the previous review
	BelowHigh                  // it is Points or more below its high of the last Window days
	WorseStatus                // the status is worse than at the previous review
	PillarDrop                 // a pillar fell by Points or more since the previous review
	Event                      // When holds and did not at the previous review
)

func (t Trigger) String() string {
	return [...]string{"drop", "below_high", "worse_status", "pillar_drop", "event"}[t]
}

// Alerts says when somebody is told.
type Alerts struct {
	Rules []AlertRule
	// QuietDays: accounts that have been customers for fewer days raise none.
	QuietDays int32
	Shift     Shift
}

// Shift says when a change is one of the source: a signal that got worse for at
// least Share of the accounts with a value before, and for at least Accounts of
// them, is one alert about its source, and what it did to single accounts raises
// none.
type Shift struct {
	Share    float64
	Accounts int
	Owner    string // role
	Channel  string // where it is sent
	Days     int    // deadline, days after it is raised
}

// AlertRule is one trigger with what follows from it.
type AlertRule struct {
	Name     string
	Label    string
	On       Trigger
	Points   float64   // Drop, BelowHigh, PillarDrop
	Window   int32     // BelowHigh: days
	When     Condition // Event
	Severity Severity
	Channel  string // where it is sent
	Owner    string // role
	Days     int    // deadline, days after it is raised
	Play     int    // index into Plan.Plays; NoPlay: the account's own
	Field    string // the CRM field that changes with it, or ""
}

// CRM names the fields of the CRM's account object.
type CRM struct {
	System string // salesforce, hubspot or plain
	// Fields are the columns of crm.csv in order.
	Fields []CRMField
}

// CRMField is one column: what it holds and what the CRM calls it.
type CRMField struct{ Holds, Name string }

// Rhythm is how often a review takes place.
type Rhythm uint8

const (
	Weekly Rhythm = iota
	Monthly
	Quarterly
	Yearly
)

func (r Rhythm) String() string { return [...]string{"week", "month", "quarter", "year"}[r] }

// Review is one recurring review.
type Review struct {
	Name  string
	Label string
	Every Rhythm
	Owner string // role
	What  string // what is looked at and decided
	// ByRun: the run itself is the review; it was last done when the last run was
	// published. Otherwise LastDone is the day that a person entered.
	ByRun    bool
	LastDone int32 // HasDone
	HasDone  bool
}

// Saves is what is known about saving accounts before any save is on record, and
// when what is on record takes over.
type Saves struct {
	Planning []float64 // by pillar: the share of losses of that kind that can be turned; nil: none stated
	From     int       // closed saves from which the observed rate counts
	Step     float64   // planning figures are rounded to this, such as 0.05
	Listed   int       // how many save plans the workbook holds, most ARR first
}

// Humans says when a person must decide, whatever the play says.
type Humans struct {
	Products  int  // at least so many products; 0: no matter how many
	Strategic bool // a strategic account
	Legal     bool // a legal or contract dispute
	Merger    bool // a merger or acquisition under way
	Money     bool // the play may cost money
}
