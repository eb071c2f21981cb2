// Package crm turns scored accounts into the rows that a CRM loads: its own field
// names, three colours beside the statuses, a key that reruns keep, and a digest
// that says whether anything a person sees has changed. It writes them as CSV that
// no spreadsheet runs as a formula; Parquet is publish's. It stands behind
// portfolio, whose account rows it is handed.
package crm

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
)

// Row is one account as the CRM gets it, by what the columns hold; a column that
// holds nothing is "".
type Row struct {
	ID     string
	Values []string // by Plan.CRM.Fields
	// Digest names what a person sees: every value but the dates, the model and the
	// key. Rows with equal digests need not be loaded again.
	Digest string
}

// numbers and dates are the columns that are no text.
var (
	numbers = []string{"health_score", "health_delta", "coverage"}
	dates   = []string{"play_deadline", "scored_at"}
	// unseen are the columns that differ from day to day by themselves: a deadline is
	// counted from the day of the run.
	unseen = []string{"play_deadline", "scored_at", "model_version", "idempotency_key"}
)

// IsNumber and IsDate say what a column holds.
func IsNumber(holds string) bool { return slices.Contains(numbers, holds) }

// IsDate reports whether a column holds dates, written as ISO 8601.
func IsDate(holds string) bool { return slices.Contains(dates, holds) }

// Of makes the row of one account.
func Of(p *plan.Plan, asOf int32, a *portfolio.AccountRow) Row {
	r := Row{ID: a.ID, Values: make([]string, len(p.CRM.Fields))}
	seen := sha256.New()
	for k, f := range p.CRM.Fields {
		v := value(p, asOf, f.Holds, a)
		r.Values[k] = v
		if !slices.Contains(unseen, f.Holds) {
			io.WriteString(seen, f.Holds+"\x00"+v+"\x00")
		}
	}
	r.Digest = hex.EncodeToString(seen.Sum(nil))[:16]
	return r
}

func value(p *plan.Plan, asOf int32, holds string, a *portfolio.AccountRow) string {
	switch holds {
	case "crm_id":
		return a.CRMID
	case "account_id":
		return a.ID
	case "health_score":
		return number(a.Score)
	case "health_status":
		return a.Band
	case "health_color":
		return Fold(a.Colour)
	case "health_trend":
		return a.Trend
	case "health_delta":
		return number(a.Delta)
	case "top_risk":
		return a.TopRisk
	case "next_play":
		return a.Play
	case "play_owner":
		return a.PlayOwner
	case "play_deadline":
		if a.PlayDeadline == portfolio.NoDay {
			return ""
		}
		return day.Format(a.PlayDeadline)
	case "needs_person":
		return a.Escalate
	case "coverage":
		if !a.Coverage.Defined {
			return ""
		}
		return strconv.FormatFloat(a.Coverage.Value, 'f', 3, 64)
	case "model_version":
		return p.Name + " " + strconv.Itoa(p.Version)
	case "scored_at":
		return day.Format(asOf)
	case "idempotency_key":
		return a.ID + ":" + day.Format(asOf)
	}
	return ""
}

func number(f portfolio.Figure) string {
	if !f.Defined {
		return ""
	}
	return strconv.FormatFloat(f.Value, 'f', 1, 64)
}

// Fold puts a status colour into three: green; yellow, which orange joins; red.
func Fold(colour string) string {
	if colour == "orange" {
		return "yellow"
	}
	return colour
}

// Gone is the row of an account that was in an earlier file and is no customer any
// more: its status says what it is, everything that came from a score is empty.
func Gone(p *plan.Plan, asOf int32, id, crmID, class string) Row {
	return Of(p, asOf, &portfolio.AccountRow{ID: id, CRMID: crmID, Band: strings.ToUpper(class[:1]) + class[1:], PlayDeadline: portfolio.NoDay})
}

// CSV writes rows under the CRM's field names. Text that a spreadsheet would run
// as a formula is written with an apostrophe in front.
func CSV(w io.Writer, p *plan.Plan, rows func(yield func(Row) bool)) error {
	out := csv.NewWriter(w)
	var head []string
	for _, f := range p.CRM.Fields {
		head = append(head, f.Name)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	line := make([]string, len(head))
	for r := range rows {
		for k, f := range p.CRM.Fields {
			line[k] = r.Values[k]
			if !IsNumber(f.Holds) {
				line[k] = Inert(line[k])
			}
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Inert returns text that no spreadsheet runs: what begins with = + - @, a tab or
// a carriage return gets an apostrophe in front.
func Inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
