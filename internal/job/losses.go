package job

import (
	"cmp"
	"fmt"
	"strings"

	"accounthealth/internal/cohort"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/settings"
	"accounthealth/reports"
)

// RecordLosses says what became of every loss on record, and what the rows lost:
// ARR is what the lines that count state, plus AssumedARR, less OverARR.
type RecordLosses struct {
	Events      string           `json:"events"` // logo, logo_and_partial
	Currency    string           `json:"currency"`
	PartialFrom float64          `json:"partial_from,omitempty"` // share of ARR from which the loss of a part is an event
	Lines       []RecordLossLine `json:"lines"`
	// KnowsARR is false where the ARR of the rows is not known: they then count alike,
	// and the fields below are 0.
	KnowsARR bool    `json:"arr_known"`
	Rows     int     `json:"rows"` // that lost something
	ARR      float64 `json:"arr_lost"`
	// Assumed whole accounts left without a stated amount: what they paid on the date
	// is taken.
	Assumed    int     `json:"assumed"`
	AssumedARR float64 `json:"assumed_arr"`
	// Over rows lost more than they paid on the date; OverARR above it is not counted.
	Over    int     `json:"over"`
	OverARR float64 `json:"over_arr"`
}

// lossRows lays the ledger of losses out for the workbook.
func (r *Result) lossRows() (rows []reports.LossRow, notes []string) {
	record := recordLosses(r.Job.Settings, r.Cohort.Losses, r.Cohort.LostARR, r.Cohort.KnowsARR)
	for _, l := range record.Lines {
		of := "parts"
		if l.Whole {
			of = "accounts"
		}
		rows = append(rows, reports.LossRow{Became: l.Became, Of: of, Counted: l.Counted, Losses: l.Losses, Unsized: l.Unsized, ARR: l.ARR})
	}
	return rows, record.Notes(func(v float64) string { return record.Currency + " " + portfolio.Thousands(v) })
}

// RecordLossLine counts the losses of one kind of which one thing became.
type RecordLossLine struct {
	Became  string  `json:"became"`
	Whole   bool    `json:"whole_account"` // false: parts
	Counted bool    `json:"arr_counted"`   // the ARR is in the lost ARR of a row
	Losses  int64   `json:"losses"`
	Unsized int64   `json:"without_amount"`
	ARR     float64 `json:"arr"` // as stated
	// Reasons splits losses that are no verdict by the reason given.
	Reasons []RecordReason `json:"reasons,omitempty"`
}

// RecordReason counts losses of one reason, "" where none is given.
type RecordReason struct {
	Reason string  `json:"reason"`
	Losses int64   `json:"losses"`
	ARR    float64 `json:"arr"`
}

// recordLosses lays out what a sample made of the losses on record.
func recordLosses(s *settings.Settings, lines []cohort.LossLine, lost cohort.LostARR, knowsARR bool) *RecordLosses {
	out := &RecordLosses{Events: "logo", Currency: s.Currency, Lines: []RecordLossLine{}, KnowsARR: knowsARR}
	if knowsARR {
		out.Rows, out.ARR = lost.Rows, lost.ARR
		out.Assumed, out.AssumedARR, out.Over, out.OverARR = lost.Assumed, lost.AssumedARR, lost.Over, lost.OverARR
	}
	if c := s.Calibration; c.Partial {
		out.Events, out.PartialFrom = "logo_and_partial", c.PartialFrom
	}
	for _, l := range lines {
		line := RecordLossLine{Became: l.String(), Whole: l.Logo, Counted: l.Fate.Counted(), Losses: l.Losses, Unsized: l.Unsized, ARR: l.ARR}
		for _, r := range l.Reasons {
			line.Reasons = append(line.Reasons, RecordReason(r))
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}

// Notes says in plain sentences what the lost ARR rests on. amount writes an amount.
func (r *RecordLosses) Notes(amount func(float64) string) []string {
	var out []string
	for _, l := range r.Lines {
		var by []string
		for _, x := range l.Reasons {
			stated := amount(x.ARR)
			if l.Unsized == l.Losses {
				stated = "no amount stated"
			}
			by = append(by, fmt.Sprintf("%s %d (%s)", cmp.Or(x.Reason, "no reason given"), x.Losses, stated))
		}
		if by != nil {
			of := "parts"
			if l.Whole {
				of = "accounts"
			}
			out = append(out, "No verdict on health, "+of+": "+strings.Join(by, ", ")+".")
		}
	}
	if !r.KnowsARR {
		return append(out, "What accounts paid on the dates is not known, so that lost ARR cannot be set against it.")
	}
	out = append(out, fmt.Sprintf("Lost ARR: %s on %d account-dates, whether they count as churned or not.", amount(r.ARR), r.Rows))
	if r.Assumed > 0 {
		out = append(out, fmt.Sprintf("%d losses state no amount: what the account paid on the date is taken, %s in all.", r.Assumed, amount(r.AssumedARR)))
	}
	if r.Over > 0 {
		out = append(out, fmt.Sprintf("%d account-dates lost more than the account paid on the date, as after growth: the %s above it are not counted.", r.Over, amount(r.OverARR)))
	}
	return out
}
