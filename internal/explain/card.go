// Package explain puts together everything that one account's score says: status
// and how firm it is, pillars, every signal with the ladder row it hit and the
// rows it came from, what is not known, risks, what moved the score since an
// earlier day and what began it, and what to do. A Card is that record; the
// command line prints it as text, as Markdown or as JSON, and comparisons set
// several side by side. Only scores and advice that others computed are in it.
package explain

import (
	"accounthealth/internal/advise"
	"accounthealth/internal/compare"
	"accounthealth/internal/portfolio"
)

// Schema is the version of a Card's JSON.
const Schema = 1

// Source is what accounts are explained from. Rows of everything are population
// rows.
type Source struct {
	Now portfolio.Scored
	// Measured is Now without the values set by hand; its Result is nil where none
	// is in force.
	Measured portfolio.Scored
	Rows     *portfolio.Rows
	Advice   *advise.Advice
	Currency string
	// Changes lead to Now from earlier days, the previous review first.
	Changes []Change
	// Days are the scored days before Now, ascending: they date what no row does.
	Days []portfolio.Scored
	// Next is the accepted version that comes into force later, nil for none; Rows
	// have its scores.
	Next *portfolio.NextFramework
	// Note is what somebody wrote beside a signal's value; nil for nothing.
	Note func(row, sig int) string
}

// Next is a score under an accepted version that is not in force yet.
type Next struct {
	Version   int      `json:"version"`
	Effective string   `json:"effective"`
	Score     *float64 `json:"score"`
	Status    string   `json:"status"`
}

// Change leads from an earlier day to the day that is explained.
type Change struct {
	From  portfolio.Scored
	Path  *compare.Path
	Basis string // Published, Rebuilt or Form
}

// Where the score of an earlier day is from.
const (
	Published = "published"
	Rebuilt   = "rebuilt"
	Form      = "form"
)

// Card is one account's explanation. Numbers that do not exist are null in JSON,
// days are ISO 8601, shares lie in 0..1, points are composite points.
type Card struct {
	Schema    int       `json:"schema_version"`
	ID        string    `json:"account_id,omitempty"`
	Name      string    `json:"account_name"`
	AsOf      string    `json:"as_of"`
	Framework Framework `json:"framework"`
	Segment   string    `json:"segment,omitempty"`
	Tier      string    `json:"tier,omitempty"`
	Owner     string    `json:"owner,omitempty"`
	Class     string    `json:"class"`
	ARR       *float64  `json:"arr"`
	Currency  string    `json:"currency,omitempty"`
	Renewal   string    `json:"renewal,omitempty"`
	Deadline  string    `json:"decision_deadline,omitempty"` // the last day to decide
	Tenure    *float64  `json:"tenure_months"`

	Score        *float64 `json:"score"` // tenths
	Composite    *float64 `json:"composite"`
	Headline     *float64 `json:"headline"`
	Status       string   `json:"status"` // "Not scored", "In notice" where there is none
	Colour       string   `json:"colour,omitempty"`
	StatusAction string   `json:"status_action,omitempty"`
	Banner       string   `json:"banner,omitempty"` // of an account in the worst status
	CappedBy     string   `json:"capped_by,omitempty"`
	NeedsPerson  []string `json:"needs_person"`                         // why a person decides, whatever the play says
	Fall         string   `json:"what_would_cost_the_status,omitempty"` // the least that would have to go wrong for the next worse status

	// Next is the score under the version that comes into force later; null without
	// one.
	Next *Next `json:"next,omitempty"`

	Coverage    *float64 `json:"coverage"`
	Low         *float64 `json:"low"` // least and greatest score over all values of what is missing
	High        *float64 `json:"high"`
	Provisional string   `json:"provisional,omitempty"`
	Depends     bool     `json:"status_depends_on_missing"`
	// Policies are the status under each way to treat what is missing; null where
	// nothing is.
	Policies []Policy `json:"missing_policies,omitempty"`

	Trend   *Trend   `json:"trend"` // null where not scored
	Changes []Delta  `json:"changes"`
	Delta90 *float64 `json:"change_90_days"`

	Dimensions []Dimension `json:"dimensions"`
	Signals    []Signal    `json:"signals"`
	Gaps       []Gap       `json:"gaps"`
	Risks      []Risk      `json:"risks"`

	ByHand      []Manual `json:"set_by_hand"`
	WithoutHand *Bare    `json:"from_the_data_alone,omitempty"` // where something is set by hand

	Action *Action `json:"first_action"`
	Bundle *Bundle `json:"bundle"` // null where not scored
	Play   *Play   `json:"play"`
}

// Framework names what the account was scored with.
type Framework struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Digest  string `json:"sha256"`
	Rules   string `json:"segment_rules,omitempty"` // the segment entry that applies; "" for the base
}

// Policy is what a score would be under one way to treat missing values.
type Policy struct {
	Policy string   `json:"policy"` // left out, worst, best, neutral
	Score  *float64 `json:"score"`
	Status string   `json:"status"`
}

// Trend is the change since the previous review in a word.
type Trend struct {
	Word    string `json:"word"`
	Phrase  string `json:"phrase"` // with the level: "Stable (High)"
	Action  string `json:"action"`
	Watch   bool   `json:"watch"`
	Against string `json:"against,omitempty"` // the day of the review
	// Change is in points, restated under the framework in force now; null for New.
	Change *float64 `json:"change"`
	// Since dates the change by what began it: "down 9.0 since 3 May 2026: the
	// champion left and has not been replaced".
	Since string `json:"since,omitempty"`
}

// Delta is a change since an earlier day, from the score as it was published or,
// where nothing was, as it is rebuilt. Its parts sum to Change exactly.
type Delta struct {
	Against    string   `json:"against"`
	Basis      string   `json:"basis"` // where the earlier score is from: published, rebuilt (from the exports), form
	FromScore  float64  `json:"from_score"`
	FromStatus string   `json:"from_status"`
	Change     float64  `json:"change"`
	Framework  float64  `json:"framework"`
	Data       float64  `json:"data"`
	Override   float64  `json:"override"`
	Behaviour  float64  `json:"behaviour"`
	Drivers    []Driver `json:"drivers"`
}

// Driver is one cause of a change.
type Driver struct {
	Part   string  `json:"part"`             // framework, data, override, behaviour
	Pillar string  `json:"pillar,omitempty"` // "" for what all other signals weigh
	Signal string  `json:"signal,omitempty"` // "" for a whole pillar
	Label  string  `json:"label"`
	Points float64 `json:"points"`
	From   string  `json:"from,omitempty"` // ladder row, or why there was no value
	To     string  `json:"to,omitempty"`
	// Event is the day of the row that began it, where one did; Seen the first
	// scored day on which it shows.
	Event string `json:"event,omitempty"`
	Seen  string `json:"first_seen,omitempty"`
	What  string `json:"what"` // in words
}

// Dimension is one pillar.
type Dimension struct {
	Name      string   `json:"name"`
	Label     string   `json:"label"`
	Score     *float64 `json:"score"`
	Weight    float64  `json:"weight"`           // the framework's
	Effective float64  `json:"effective_weight"` // by what is known
	Weighted  *float64 `json:"weighted"`
	Coverage  *float64 `json:"level_coverage"`
	KeyFactor string   `json:"key_factor"`
	ByHand    bool     `json:"set_by_hand"`
}

// Signal is one signal's value and what it gives.
type Signal struct {
	Name    string   `json:"name"`
	Label   string   `json:"label"`
	Pillar  string   `json:"pillar"`
	Kind    string   `json:"kind"`
	State   string   `json:"state"`
	Value   any      `json:"value"` // a number, a word or null
	Text    string   `json:"text,omitempty"`
	Row     string   `json:"row,omitempty"`
	Points  *float64 `json:"points"`
	Adds    float64  `json:"adds"`
	Costs   float64  `json:"costs"`
	From    string   `json:"from,omitempty"` // the rows behind the value, in words
	Basis   string   `json:"basis,omitempty"`
	Sources []string `json:"sources,omitempty"` // source.column
	Rows    int32    `json:"rows"`
	Newest  string   `json:"newest_row,omitempty"`
	Note    string   `json:"note,omitempty"`
	// Evidence are the rows themselves, where they were asked for.
	Evidence []Part `json:"evidence,omitempty"`
}

// Gap is a signal without a value, and the least and greatest change that any of
// its values would bring.
type Gap struct {
	Signal string  `json:"signal"`
	Label  string  `json:"label"`
	State  string  `json:"state"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// Risk is one thing that could lose the account.
type Risk struct {
	Severity string   `json:"severity"`
	Factor   string   `json:"factor"`
	Text     string   `json:"text"`
	Cost     float64  `json:"cost"`
	Evidence []string `json:"evidence"`
	Notes    []string `json:"notes,omitempty"`
}

// Manual is one value set by hand.
type Manual struct {
	Target string `json:"target"`
	Value  string `json:"value"`
	From   string `json:"from"`
	Until  string `json:"until,omitempty"`
	Reason string `json:"reason"`
	Author string `json:"author"`
	Text   string `json:"text"`
}

// Bare is a score from the data alone.
type Bare struct {
	Score  *float64 `json:"score"`
	Status string   `json:"status"`
}

// Action is the single change that gains most.
type Action struct {
	Text string   `json:"text"`
	Gain *float64 `json:"gain"`
}

// Bundle is the smallest set of changes that gains Target points.
type Bundle struct {
	Target  float64  `json:"target"`
	Reached bool     `json:"reached"`
	Gain    float64  `json:"gain"`
	After   *float64 `json:"after"`
	Signals []string `json:"signals"`
	Actions []string `json:"actions"`
}

// Play is what to do, who does it and by when.
type Play struct {
	Name  string   `json:"name"`
	Owner string   `json:"owner"`
	Due   string   `json:"due"`
	Steps []string `json:"steps"`
	KPI   string   `json:"done_when"`
}
