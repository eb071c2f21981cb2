package calibrate

import "accounthealth/calibrate/assess"

// AuditResult is how the score in force did. Published and rebuilt scores are
// judged apart and never pooled; a kind without rows is nil. No field is NaN or
// infinite.
type AuditResult struct {
	Pillars   []string   `json:"pillars"` // names, in the order of PathStep.Pillars
	Published *KindAudit `json:"published"`
	Rebuilt   *KindAudit `json:"rebuilt"`
	Drift     []Drift    `json:"drift"`
}

// KindAudit is the audit of one kind of rows.
type KindAudit struct {
	Kind string `json:"kind"` // published, rebuilt
	// Base comes first: nothing below means anything without it.
	Base            assess.Rate   `json:"base"` // of all rows, scored or not
	BaseARR         assess.Number `json:"base_arr"`
	ARR             float64       `json:"arr"`
	ARRLost         float64       `json:"arr_lost"` // by all rows, churned or not
	Accounts        int           `json:"accounts"`
	ChurnedAccounts int           `json:"churned_accounts"`
	PartialAccounts int           `json:"partial_accounts"` // of these, lost a part only and stayed
	// Claim is which words these rows allow: whether a rate of a status may be
	// printed. It never allows a probability, of which an audit knows nothing.
	Claim Claim `json:"claim"`
	// Headline is the audit in one sentence of counts.
	Headline  string          `json:"headline"`
	Statuses  Statuses        `json:"statuses"`   // scored rows
	NotScored Status          `json:"not_scored"` // a row of its own
	AUC       assess.Estimate `json:"auc"`        // clustered by account
	// Flagged is what the flagged statuses together reached, of the scored rows.
	Flagged assess.Flagged `json:"flagged"`
	// Alerts is how many of all scores were flagged: of the rows, or of the whole
	// portfolio on the dates where the rows are not all of it.
	Alerts   assess.Share    `json:"alerts"`
	Lift     []assess.Decile `json:"lift"`
	AtCuts   []CutReach      `json:"at_cuts"`
	Capacity []CapacityPoint `json:"capacity"`
	Asked    *CapacityReach  `json:"asked,omitempty"`
	Groups   []AuditGroup    `json:"groups"` // dates, then segments, tenure and ARR bands
	Lead     []CutLead       `json:"lead"`   // per cut-off
	// FalseGreens churned while in an unflagged status, most lost ARR first.
	FalseGreens []LostRow `json:"false_greens"`
	// Lost are all churned rows, flagged or not, while there are under MinEvents
	// churned accounts: so few can be read one by one. Else empty.
	Lost []LostRow `json:"lost"`
	// Catches are the rules that would have flagged false greens, most first.
	Catches []Catch `json:"catches"`
	// FalseReds are rows that were flagged and stayed, largest ARR first.
	FalseReds []int32       `json:"false_reds"` // rows of the sample
	Patterns  []PatternRate `json:"patterns"`
	Saves     Saves         `json:"saves"`
	Excused   Excused       `json:"excused"`
	Warnings  []Warning     `json:"warnings"`

	severalKinds bool // the rows are of kinds that are compared apart
}

// AuditGroup is the score's accuracy within one group of rows.
type AuditGroup struct {
	By      string          `json:"by"` // date, contract (the kinds of rows), segment, tenure, arr
	Name    string          `json:"name"`
	Base    assess.Rate     `json:"base"`
	BaseARR assess.Number   `json:"base_arr"`
	Parts   int             `json:"parts"`   // churned rows of accounts that lost a part only and stayed
	Flagged assess.Flagged  `json:"flagged"` // the flagged statuses; false alarms in it
	AUC     assess.Estimate `json:"auc"`
	Status  []assess.Rate   `json:"status"` // as the labels
}

// CutLead is how early churned accounts were below a cut-off. Read it beside
// Alerts: a cut-off that flags everybody is early too.
type CutLead struct {
	Label   string              `json:"label"` // the safest status below the cut-off
	Cut     float64             `json:"cut"`
	Alerts  assess.Share        `json:"alerts"` // of all scored rows
	Leads   []assess.Lead       `json:"leads"`
	Warning assess.EarlyWarning `json:"warning"`
}

// LostRow is one churned row with the way it came.
type LostRow struct {
	Row     int32      `json:"row"`
	Account int32      `json:"account"`
	Status  string     `json:"status"` // "Not scored" without a score
	Score   float64    `json:"score"`
	ARR     float64    `json:"arr"`
	ARRLost float64    `json:"arr_lost"`
	Partial bool       `json:"partial"` // it lost a part only and stayed
	Path    []PathStep `json:"path"`    // from 180 days before the decision, oldest first
	// FirstCrossing is how many days before the decision the score was first below
	// the flagging cut-off within the path.
	FirstCrossing assess.Number `json:"first_crossing"`
	// LowPillars are the pillars that were below the flagging cut-off at the end of
	// the path.
	LowPillars []string `json:"low_pillars"`
}

// PathStep is a snapshot on the way.
type PathStep struct {
	Days    int32           `json:"days"` // before the decision
	Score   assess.Number   `json:"score"`
	Pillars []assess.Number `json:"pillars,omitempty"`
}

// Catch is a rule that fired for false greens, and what flagging by it would have
// cost.
type Catch struct {
	Signal     string `json:"signal"`
	Rule       string `json:"rule"`
	Caught     int    `json:"caught"`      // false greens it fired for
	FalseAlarm int    `json:"false_alarm"` // unflagged rows that stayed and it fired for
}

// PatternRate is how often rows in the safest status that looked healthy on paper
// only churned.
type PatternRate struct {
	Name  string        `json:"name"`
	Rate  assess.Rate   `json:"rate"`  // rows in the safest status that show it
	Other assess.Rate   `json:"other"` // rows in the safest status that do not
	ARR   float64       `json:"arr"`   // of the rows that show it
	Over  assess.Number `json:"over"`  // rate over the other rate
	Test  assess.Test   `json:"test"`  // of no difference, clustered by account
	Rows  []int32       `json:"rows"`  // that show it, of the sample
}

// Saves is what happened to flagged rows that were worked and that were not. It
// is no effect of the work: who is worked is chosen. Accounts that were worked
// and stayed count as false alarms above.
type Saves struct {
	OK       bool         `json:"ok"`
	Why      string       `json:"why,omitempty"`
	Worked   assess.Share `json:"worked"`        // of flagged rows
	Kept     assess.Share `json:"kept"`          // of flagged rows that were worked
	KeptIdle assess.Share `json:"kept_unworked"` // of flagged rows that were not
	Bias     string       `json:"bias"`          // what it means for precision
}

// Excused shows the losses that are no verdict on health.
type Excused struct {
	Rows    int            `json:"rows"`
	ARR     float64        `json:"arr"`
	ARRLost float64        `json:"arr_lost"`
	Base    assess.Rate    `json:"base"`    // with them as churned
	Flagged assess.Flagged `json:"flagged"` // with them as churned
}

// Drift compares the pillars' distribution with another date's.
type Drift struct {
	Against  string        `json:"against"`
	Pillar   string        `json:"pillar"`
	PSI      assess.Number `json:"psi"`
	Critical assess.Number `json:"critical"` // exceeded by chance in 5%
	Moved    bool          `json:"moved"`    // PSI over 0.25 and over Critical
	// SameStep is the share of accounts that moved by one and the same step, the
	// most common that is not 0. Over 15%, and at least 20 accounts, it is a change
	// of a source, not of behaviour. Not OK where the dates are not paired.
	SameStep     assess.Number `json:"same_step"`
	SourceChange bool          `json:"source_change"`
	Words        string        `json:"words"`
}
