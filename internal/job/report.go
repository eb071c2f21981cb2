package job

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/quality"
)

// tieOut follows accounts and ARR from the rows of the accounts export, as they
// stand there, to what the report counts. Every step that takes or adds something
// is a line of its own; what no line explains is the difference.
func (r *Result) tieOut(now *population.View, classes []portfolio.ClassRow) portfolio.TieOut {
	table, rec := r.Data.Table, &r.Data.Table.Reconciled
	t := portfolio.TieOut{Accounts: int64(table.Len()), SourceRows: rec.Raw.Rows}
	t.Duplicates, t.MissingKey = rec.Repeated.Rows, rec.NoID.Rows
	source := rec.Raw.Cents
	if m := r.meter("accounts"); m != nil {
		t.SourceRows = m.InForce()
	}
	if raw := quality.RawARR(r.meters()); raw.Defined { // added up where the rows went by, apart from whoever read them
		source = int64(math.Round(raw.Value * 100))
	}
	explained := int64(0)
	line := func(what string, rows, accounts, cents int64, why string) {
		if rows == 0 {
			return
		}
		explained += cents
		t.ExplainedAccounts += accounts
		t.Lines = append(t.Lines, portfolio.TieLine{What: what, Rows: rows, Accounts: accounts, ARR: float64(cents) / 100, Why: why})
	}
	line("Repeated rows", rec.Repeated.Rows, -rec.Repeated.Rows, -rec.Repeated.Cents, "the first row of an account counts")
	line("Rows without an account id", rec.NoID.Rows, -rec.NoID.Rows, -rec.NoID.Cents, "nobody's: listed on Data quality")
	folded := table.Folded
	line("Merged account ids", folded.Merged, -folded.Merged, 0, "they count for the account that they were merged into, ARR included")
	line("Children", folded.RolledUp, -folded.RolledUp, 0, "they count for their topmost parent, ARR included")
	line("Impossible amounts", rec.Impossible.Rows, 0, -rec.Impossible.Cents, "below 0 or beyond any ARR: the account's ARR is unknown")
	line("Amounts without an exchange rate", rec.NoRate.Rows, 0, -rec.NoRate.Cents, "in another currency than "+r.Job.Settings.Currency+", and fx_rates has none for it: unknown")
	line("Conversion to "+r.Job.Settings.Currency, rec.Converted.Rows, 0, rec.Converted.Cents, "at the newest rates up to the as-of date")

	var filled, dropped, dated, reported int64
	var nFilled, nDropped, nDated int64
	today := r.Job.knows("accounts", r.Data)
	for i := range table.Len() {
		stated, arr := table.ARRToday[i], now.ARR[i]
		switch {
		case !today:
			if !math.IsNaN(stated) {
				nDropped, dropped = nDropped+1, dropped-int64(math.Round(stated*100))
			}
			if !math.IsNaN(arr) && arr != 0 {
				nDated, dated = nDated+1, dated+int64(math.Round(arr*100))
			}
		case math.IsNaN(stated) && !math.IsNaN(arr) && arr != 0:
			nFilled, filled = nFilled+1, filled+int64(math.Round(arr*100))
		}
	}
	line("ARR of the export's own day", nDropped, 0, dropped, "the accounts export is of a later day than the as-of date")
	line("ARR of the date", nDated, 0, dated, "from the subscriptions in force on it")
	line("ARR from subscriptions", nFilled, 0, filled, "where the accounts export states none")
	for _, c := range classes {
		t.Reported += c.Accounts
		reported += int64(math.Round(c.ARR * 100))
	}
	t.SourceARR, t.ReportedARR = float64(source)/100, float64(reported)/100
	t.ExplainedARR = float64(explained) / 100
	t.DifferenceAccounts = t.SourceRows + t.ExplainedAccounts - t.Reported
	t.DifferenceARR = float64(source+explained-reported) / 100
	return t
}

func (r *Result) meters() []*quality.Meter {
	var out []*quality.Meter
	for _, o := range r.Data.Sources {
		out = append(out, o.Meter)
	}
	return out
}

func (r *Result) meter(name string) *quality.Meter {
	for _, o := range r.Data.Sources {
		if o.Name == name {
			return o.Meter
		}
	}
	return nil
}

// leftOut says which sheets and measures are missing, and what would bring them.
func (r *Result) leftOut(p *portfolio.Report) []portfolio.Term {
	var out []portfolio.Term
	if p.Prior == portfolio.NoDay {
		out = append(out, portfolio.Term{Name: "Movers", Text: "no earlier snapshot could be rebuilt: the exports do not reach back to " + day.Format(r.Scores.Dates.Compare)})
	}
	if r.Calibration == nil {
		out = append(out, portfolio.Term{Name: "Calibration workbook", Text: CalibrationNeeds})
	}
	pl := r.Job.Framework.Plan
	now, _ := r.Scores.At(r.Job.AsOf)
	for s, collected := range now.Signals.Collected {
		if !collected {
			out = append(out, portfolio.Term{Name: pl.Signals[s].Label, Text: "not collected: it needs " + needs(&pl.Signals[s])})
		}
	}
	return out
}

// CalibrationNeeds says what a run without losses would need to calibrate.
const CalibrationNeeds = "no account is known to have left. To calibrate, map a churn source with three columns: account_id; notice_date or decision_date (or end_date); kind (logo or downsell)"

// needs lists the columns a signal is derived from that are not mapped.
func needs(s *plan.Signal) string {
	var parts []string
	s.Derive.Aggs(func(a *plan.Agg) {
		name := a.Source
		if a.Column != "" {
			name += "." + a.Column
		}
		if !slices.Contains(parts, name) {
			parts = append(parts, name)
		}
	})
	return strings.Join(parts, ", ")
}

func (r *Result) glossary() []portfolio.Term {
	pl := r.Job.Framework.Plan
	base := pl.Rules[0]
	var bands []string
	for i, b := range base.Bands {
		top := 100
		if i > 0 {
			top = base.Bands[i-1].Min - 1
		}
		bands = append(bands, fmt.Sprintf("%s %d to %d", b.Name, b.Min, top))
	}
	var weights []string
	for k, p := range pl.Pillars {
		weights = append(weights, fmt.Sprintf("%s %.0f%%", p.Label, base.Weights[k]*100))
	}
	c := r.Job.Settings.Calibration
	return []portfolio.Term{
		{Name: "Score", Text: "0 to 100, high is healthy: the weighted mean of the pillar scores, rounded to tenths; the headline is its whole part, and status, changes and comparisons use these"},
		{Name: "Pillar score", Text: "100 × (points − least possible) ÷ (most possible − least possible), over the signals that are known for the account; every pillar can reach 0 and 100"},
		{Name: "Weights", Text: strings.Join(weights, ", ")},
		{Name: "Status", Text: strings.Join(bands, "; ")},
		{Name: "Trend", Text: fmt.Sprintf("against %s: from +%g Improving, within %g Stable, from −%g Declining; between them Edging up and Slipping; New without an earlier score", day.Format(r.Scores.Dates.Review), base.Trend.Improving, base.Trend.Stable, base.Trend.Improving)},
		{Name: "Change on the Summary", Text: "against the quarter-end before, " + day.Format(r.Scores.Dates.Compare) + ". “As reported” is what was published for that date; “restated” is the same date under the framework in force now"},
		{Name: "ARR at risk", Text: "the ARR of accounts in At Risk and Critical. It is not a forecast of what will be lost"},
		{Name: "Decision deadline", Text: fmt.Sprintf("renewal date minus the notice period (%d days where none is stated): the last day on which the customer can still decide", r.Job.Settings.Population.NoticeDays)},
		{Name: "Retention", Text: "of the accounts that paid 365 days before and whose ARR is known on both days, at the same exchange rates. Logo retention: how many still pay. Gross (GRR): opening ARR less contraction and churn, out of the opening ARR. Net (NRR): the same with expansion"},
		{Name: "ARR bridge", Text: "opening ARR + currency + new + won back + expansion + contraction + churn = closing ARR. Both days are measured by dated subscription terms; where the accounts export states another ARR today, the difference is a step of its own. Churn: paid on the opening day and pays nothing now, whatever the reason"},
		{Name: "Overdue", Text: "the day to decide has passed, the renewal has not, and no decision is recorded. Renewals in the next 90 days include these"},
		{Name: "Flagged in time", Text: fmt.Sprintf("in a status that needs intervention at the newest scored month-end or quarter-end at least %d days before the decision. Losses for reasons that are no verdict on health are counted apart", portfolio.Ahead)},
		{Name: "Small groups", Text: fmt.Sprintf("owners and segments with fewer than %d scored accounts are marked with * and not ranked", portfolio.SmallGroup)},
		{Name: "Coverage", Text: fmt.Sprintf("known share of the point range that is collected and applies to the account. Under %.0f%% an account is not scored; the best status needs %.0f%%", pl.Missing.ScoredFrom*100, pl.Missing.HealthyFrom*100)},
		{Name: "Interval", Text: "the lowest and highest score over all values that the missing signals could take"},
		{Name: "Status depends on missing data", Text: "the status would be worse if every missing value were at its worst"},
		{Name: "Not collected, missing, not applicable, stale, invalid", Text: "five different things: no source is mapped; no row for this account; outside its reach (tenure); older than the signal's limit; an impossible value. Only missing, stale and invalid lower coverage"},
		{Name: "Onboarding", Text: fmt.Sprintf("tenure under %d days: scored apart, never Healthy, not in the calibration", r.Job.Settings.Population.OnboardingDays)},
		{Name: "In notice", Text: "the decision to leave is taken and the service still runs: no status"},
		{Name: "Change, split", Text: "behaviour: what the account did; data: signals that appeared, went missing or went stale; framework: other weights or ladders; override: manual values. The four sum exactly to the change"},
		{Name: "Currency", Text: "all amounts are in " + r.Job.Settings.Currency + " as exported; amounts of other currencies are never added without a rate"},
		{Name: "Calibration sample", Text: r.Scores.Dates.Sampling.Words() + fmt.Sprintf(" Losses count %s; rows whose window is not complete by %s are out", r.Scores.Dates.Sampling.Window(c.GapDays), day.Format(r.Job.Rule().DataEnd))},
		{Name: "Worked accounts", Text: "the original worksheet states 92 and 31 for its two worked accounts; its own sums do not add up. By the tables they score 92.8 and 17.6"},
		{Name: "Limits", Text: "the score orders accounts by health; it does not predict when an account leaves. Weights, ladders and cut-offs are a person's decision: the job proposes"},
	}
}
