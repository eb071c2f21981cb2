package cli

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"accounthealth/calibrate"
	measure "accounthealth/calibrate/assess"
	"accounthealth/internal/cohort"
)

// misledShown is how many wrong rows of one kind the terminal lists.
const misledShown = 15

// print writes the audit for a terminal: counts throughout; a churn rate only
// where the claim gate allows one.
func (a *auditRecord) print(w io.Writer) {
	if a.AsOf != "" {
		fmt.Fprintf(w, "as of %s, framework %s version %d\n", a.AsOf, a.Framework.Name, a.Framework.Version)
	}
	if a.Sampling != nil {
		fmt.Fprintln(w, a.Sampling.Words)
	}
	a.scored(w)
	if len(a.kinds()) == 0 {
		fmt.Fprintln(w, "There is no date whose outcome is known, so nothing can be judged yet.")
	}
	for _, v := range a.Warnings {
		fmt.Fprintln(w, "warning: "+v)
	}
	for i, k := range a.kinds() {
		a.kind(w, k, a.Checks[i].Checks)
	}
	switch {
	case a.Losses != nil:
		printLosses(w, a.Losses)
	case a.Lost != nil:
		if text := a.Lost.Words(money); text != "" {
			fmt.Fprintln(w, text)
		}
	}
	if len(a.Result.Drift) > 0 {
		fmt.Fprintln(w, "\ndrift of the pillars, today against")
		t := table(w)
		for _, d := range a.Result.Drift {
			fmt.Fprintf(t, "  %s\t%s\tPSI %s\tchance %s\t%s\t\n", d.Against, d.Pillar, figureOf(d.PSI, "%.3f"), figureOf(d.Critical, "%.3f"), d.Words)
		}
		t.Flush()
	}
}

// scored says of every date which score was in force; dates in a row without a
// published one are said together.
func (a *auditRecord) scored(w io.Writer) {
	for k := 0; a.Source == "exports" && k < len(a.Dates); k++ {
		d := a.Dates[k]
		if d.Published {
			fmt.Fprintf(w, "  %s: published score of %s\n", d.Date, d.ScoredOn)
			continue
		}
		last := k
		for last+1 < len(a.Dates) && !a.Dates[last+1].Published {
			last++
		}
		if n := last - k; n > 1 {
			fmt.Fprintf(w, "  %s to %s, %d dates: nothing published, rebuilt\n", d.Date, a.Dates[last].Date, n+1)
			k = last
			continue
		}
		fmt.Fprintf(w, "  %s: nothing published, rebuilt\n", d.Date)
	}
}

// each names the groups from which a capacity takes the lowest.
func (a *auditRecord) each() string {
	if a.atRenewal() {
		return "quarter"
	}
	return "date"
}

func (a *auditRecord) atRenewal() bool {
	return a.Sampling != nil && a.Sampling.Used == cohort.Renewal
}

func (a *auditRecord) kind(w io.Writer, k *calibrate.KindAudit, checks []calibrate.Check) {
	fmt.Fprintf(w, "\n%s scores\n%s\n", strings.ToUpper(k.Kind[:1])+k.Kind[1:], k.Headline)
	fmt.Fprintf(w, "base rate: %d%s of %s account-dates churned (%s); %s of %s accounts", k.Base.Churned, partsIn(partsOf(k)), whole(int64(k.Base.N)), interval(k.Base), churnedOf(k), whole(int64(k.Accounts)))
	if a.KnowsARR && k.BaseARR.OK {
		fmt.Fprintf(w, "; ARR lost %s of %s %s", money(k.ARRLost), money(k.ARR), a.currency)
	}
	fmt.Fprintln(w)
	if e := k.Excused; e.Rows > 0 {
		fmt.Fprintf(w, "without %s no verdict on health", verdictless(e.Rows))
		if a.KnowsARR {
			fmt.Fprintf(w, " (ARR lost %s %s)", money(e.ARRLost), a.currency)
		}
		fmt.Fprintf(w, "; with them %d of %s", e.Base.Churned, whole(int64(e.Base.N)))
		if a.KnowsARR {
			fmt.Fprintf(w, ", ARR lost %s of %s %s", money(k.ARRLost+e.ARRLost), money(k.ARR+e.ARR), a.currency)
		}
		fmt.Fprintln(w)
	}
	for _, v := range k.Warnings {
		fmt.Fprintln(w, "note: "+v.Text)
	}
	rates := k.Claim.Level != calibrate.OrderOnly
	if !rates {
		fmt.Fprintf(w, "counts only, %s\n", k.Claim.Reason)
	}
	t := table(w)
	fmt.Fprint(t, "\nstatus\tchurned\tof\trate\tlift\tARR lost\t\n")
	for _, s := range append(append([]calibrate.Status{}, k.Statuses.Rows...), k.NotScored) {
		if s.Rate.N == 0 && s.Label == k.NotScored.Label {
			continue
		}
		rate, lift := "~", "~"
		if rates && s.Label != k.NotScored.Label {
			rate, lift = interval(s.Rate), figureOf(s.Lift, "%.1f")
		}
		fmt.Fprintf(t, "%s\t%d%s\t%s\t%s\t%s\t%s\t\n", s.Label, s.Rate.Churned, partsIn(s.Parts), whole(int64(s.Rate.N)), rate, lift, a.amount(s.ARRChurned))
	}
	t.Flush()
	if k.Statuses.Trend.OK {
		fmt.Fprintf(w, "falling from status to status: %s (trend p %s over %s rows)\n", yesNo(k.Statuses.Monotone), p3(k.Statuses.Trend.P), whole(int64(k.Statuses.Base.N)))
	}
	if k.AUC.OK {
		fmt.Fprintf(w, "ranking: AUC %.3f", k.AUC.Value)
		if k.AUC.Interval {
			fmt.Fprintf(w, " (%.3f to %.3f)", k.AUC.Lo, k.AUC.Hi)
		}
		fmt.Fprintf(w, " over %s rows\n", whole(int64(k.AUC.N)))
	}
	if a.atRenewal() {
		fmt.Fprintln(w, "ranking and lift compare rows of the same kind of contract; counts and rates are over all rows")
	}
	a.reached(w, k)
	a.leads(w, k)
	a.groups(w, k)
	a.misled(w, k)
	a.ways(w, k)
	for _, p := range k.Patterns {
		if p.Rate.N > 0 {
			fmt.Fprintf(w, "healthy on paper: %s: %d of %d churned, of the others in that status %d of %d\n", p.Name, p.Rate.Churned, p.Rate.N, p.Other.Churned, p.Other.N)
		}
	}
	switch s := k.Saves; {
	case !s.OK:
		fmt.Fprintln(w, "save rate: ~ ("+s.Why+")")
	default:
		fmt.Fprintf(w, "flagged and worked: %d of %d; of these stayed %d of %d, of the others %d of %d. %s\n",
			s.Worked.Count, s.Worked.Of, s.Kept.Count, s.Kept.Of, s.KeptIdle.Count, s.KeptIdle.Of, s.Bias)
	}
	fmt.Fprintln(w, "\nagainst the bar")
	for _, c := range checks {
		mark := "holds "
		switch {
		case !c.Assessed:
			mark = "~     "
		case !c.Passed:
			mark = "worse "
		}
		fmt.Fprintf(w, "  %s %s: %s\n", mark, c.Name, c.Reason)
	}
}

func (a *auditRecord) amount(v float64) string {
	if !a.KnowsARR || math.IsNaN(v) {
		return "~"
	}
	return money(v)
}

// lostOf is what a row lost: of an unknown ARR nobody can say.
func (a *auditRecord) lostOf(r auditRow, lost float64) string {
	if r.ARR == nil {
		return "~"
	}
	return a.amount(lost)
}

// reached says what flagging at each cut-off, and at each capacity, would have
// found.
func (a *auditRecord) reached(w io.Writer, k *calibrate.KindAudit) {
	t := table(w)
	fmt.Fprint(t, "\nflagged\taccount-dates\tchurned of flagged\tof all churned\tARR reached\t\n")
	line := func(what string, f measure.Flagged) {
		if f.OK {
			fmt.Fprintf(t, "%s\t%d of %d\t%d of %d\t%d of %d\t%s of %s\t\n", what, f.Alerts.Count, f.Alerts.Of, f.Precision.Count, f.Precision.Of, f.Recall.Count, f.Recall.Of, a.amount(f.ARRReached), a.amount(f.ARRLost))
		}
	}
	for _, c := range k.AtCuts {
		line(c.Label+" or worse", c.Flagged)
	}
	for _, c := range k.Capacity {
		if c.Share == .05 || c.Share == .10 || c.Share == .20 {
			line(fmt.Sprintf("lowest %.0f%% of each %s", 100*c.Share, a.each()), c.Flagged)
		}
	}
	if k.Asked != nil {
		line(fmt.Sprintf("lowest %d of each %s", k.Asked.Accounts, a.each()), k.Asked.Flagged)
		for _, s := range k.Asked.Segments {
			line("  of them "+s.Name, s.Flagged)
		}
	}
	t.Flush()
}

// leads says how early, always with how many of all were flagged.
func (a *auditRecord) leads(w io.Writer, k *calibrate.KindAudit) {
	if len(k.Lead) == 0 {
		fmt.Fprintln(w, "lead time: ~ (no scores on days before a loss)")
		return
	}
	t := table(w)
	fmt.Fprint(t, "\nbelow, days before the decision")
	for _, l := range k.Lead[0].Leads {
		fmt.Fprintf(t, "\t%d", l.Days)
	}
	fmt.Fprint(t, "\tof all\t\n")
	for _, c := range k.Lead {
		fmt.Fprintf(t, "%g", c.Cut)
		for _, l := range c.Leads {
			fmt.Fprintf(t, "\t%d of %d", l.Recall.Count, l.Recall.Of)
		}
		fmt.Fprintf(t, "\t%d of %d\t\n", c.Alerts.Count, c.Alerts.Of)
	}
	t.Flush()
}

func (a *auditRecord) groups(w io.Writer, k *calibrate.KindAudit) {
	t := table(w)
	by := ""
	for _, g := range k.Groups {
		if g.By != by {
			by = g.By
			fmt.Fprintf(t, "\nby %s\tchurned\tflagged of churned\tfalse alarms of kept\tAUC\t\n", by)
		}
		auc := "~"
		if g.AUC.OK && g.AUC.Interval {
			auc = fmt.Sprintf("%.2f (%.2f to %.2f)", g.AUC.Value, g.AUC.Lo, g.AUC.Hi)
		}
		fmt.Fprintf(t, "%s\t%d of %d%s\t%d of %d\t%d of %d\t%s\t\n", g.Name, g.Base.Churned, g.Base.N, partsIn(g.Parts), g.Flagged.Recall.Count, g.Flagged.Recall.Of, g.Flagged.FalseAlarmRate.Count, g.Flagged.FalseAlarmRate.Of, auc)
	}
	t.Flush()
}

// misled lists the rows that the score got wrong, most lost ARR first.
func (a *auditRecord) misled(w io.Writer, k *calibrate.KindAudit) {
	if len(k.FalseGreens) > 0 {
		fmt.Fprintf(w, "\nfalse greens: %d churned without being flagged%s\n", len(k.FalseGreens), partsIn(greenParts(k)))
		t := table(w)
		for _, g := range k.FalseGreens[:min(len(k.FalseGreens), misledShown)] {
			r := a.row[g.Row]
			crossed := "never below the cut-off before"
			if g.FirstCrossing.OK {
				crossed = "first below " + several(int64(g.FirstCrossing.Value), "day") + " before"
			} else if len(g.Path) == 0 {
				crossed = "no path"
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s %.1f\tARR lost %s of %s\t%s\tlow: %s\t\n", r.ID, orNone(r.Name), r.Date, g.Status, g.Score, a.lostOf(r, g.ARRLost), a.amount(r.paid()), crossed, orNone(strings.Join(g.LowPillars, ", ")))
		}
		t.Flush()
		more(w, len(k.FalseGreens))
		for _, c := range k.Catches[:min(len(k.Catches), 5)] {
			fmt.Fprintf(w, "  %s: %s would have caught %d of them, and %d kept accounts that were not flagged\n", c.Signal, c.Rule, c.Caught, c.FalseAlarm)
		}
	}
	if len(k.FalseReds) > 0 {
		kept := a.keptAccounts(k.FalseReds)
		fmt.Fprintf(w, "\nfalse reds: %d scores of %d accounts were flagged, and the account was kept\n", len(k.FalseReds), len(kept))
		t := table(w)
		for _, f := range kept[:min(len(kept), misledShown)] {
			r := a.row[f.rows[0]]
			dates := several(int64(len(f.rows)), "date")
			if last := a.row[f.rows[len(f.rows)-1]]; last.Date != r.Date {
				dates += ", " + r.Date + " to " + last.Date
			} else {
				dates += ", " + r.Date
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\tARR %s\t%s\t\n", r.ID, orNone(r.Name), r.Segment, a.amount(f.arr), dates)
		}
		t.Flush()
		more(w, len(kept))
	}
	fmt.Fprintln(w)
}

// falseRed is one account's rows that were flagged and kept, by date, and the
// greatest ARR among them.
type falseRed struct {
	rows []int32
	arr  float64
}

// keptAccounts groups false reds by account, the largest first: an account that
// is flagged for years is one decision to look at, not eight.
func (a *auditRecord) keptAccounts(rows []int32) []falseRed {
	at := map[string]int{}
	var out []falseRed
	for _, i := range rows {
		id := a.row[i].ID
		k, ok := at[id]
		if !ok {
			k, at[id] = len(out), len(out)
			out = append(out, falseRed{arr: math.NaN()})
		}
		out[k].rows = append(out[k].rows, i)
		if arr := a.row[i].paid(); math.IsNaN(out[k].arr) || arr > out[k].arr {
			out[k].arr = arr
		}
	}
	for _, f := range out {
		slices.SortFunc(f.rows, func(x, y int32) int { return cmp.Compare(a.row[x].Date, a.row[y].Date) })
	}
	slices.SortStableFunc(out, func(x, y falseRed) int { return cmp.Compare(y.arr, x.arr) })
	return out
}

// verdictless counts losses that count as none.
func verdictless(n int) string {
	if n == 1 {
		return "1 loss that is"
	}
	return fmt.Sprintf("%d losses that are", n)
}

func more(w io.Writer, n int) {
	if n > misledShown {
		fmt.Fprintf(w, "  and %d more: see --json\n", n-misledShown)
	}
}

// interval writes a rate with its interval in per cent.
func interval(r measure.Rate) string {
	if !r.Rate.OK {
		return "~"
	}
	return fmt.Sprintf("%.1f%%, %.1f to %.1f", 100*r.Rate.Value, 100*r.Lo.Value, 100*r.Hi.Value)
}

func figureOf(n measure.Number, format string) string {
	if !n.OK {
		return "~"
	}
	return fmt.Sprintf(format, n.Value)
}

func p3(p float64) string {
	if p < 0.0005 {
		return "under 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
