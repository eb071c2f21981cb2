package job

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/calibrate"
	"accounthealth/calibrate/assess"
	"accounthealth/internal/cohort"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/signal"
	"accounthealth/reports"
)

// book lays the calibration out as its workbook shows it.
func (r *Result) book() (*reports.CalibrationBook, error) {
	c, pl := r.Calibration, r.Job.Framework.Plan
	b := &reports.CalibrationBook{
		AsOf: r.Job.AsOf, Sampling: r.Scores.Dates.Sampling.Words(), SampleNote: r.tiesOut(), ReachNote: r.reachNote(), From: portfolio.NoDay, To: portfolio.NoDay, DataEnd: r.Job.Rule().DataEnd, Currency: r.Job.Settings.Currency,
		Framework: portfolio.FrameworkRef{Name: pl.Name, Version: pl.Version, Digest: pl.Digest},
		Verdict:   r.verdict(), Weights: r.weightRows(), Bootstrap: r.bootstrap(), Power: power(c),
		Evidence: r.evidence(), Baselines: baselines(c), Influence: influence(c), Segments: segments(c), Signals: r.rules(),
		Sample: r.ledger(), Leakage: r.leakage(), Misses: r.misses(), Glossary: calibrationTerms(r),
	}
	for k := range pl.Pillars {
		b.Pillars = append(b.Pillars, pl.Pillars[k].Label)
	}
	b.Losses, b.LossNotes = r.lossRows()
	if n := len(r.Cohort.Dates); n > 0 {
		b.From, b.To = r.Cohort.Dates[0], r.Cohort.Dates[n-1]
	}
	top := 100
	for _, band := range pl.Rules[0].Bands {
		b.Bands = append(b.Bands, reports.CalibrationBand{Name: band.Name, Colour: band.Colour, Headlines: fmt.Sprintf("%d to %d", band.Min, top)})
		top = band.Min - 1
	}
	r.curves(b)
	rates(b, c)
	if !r.arrKnown { // rows then count alike; a count is not an amount
		for i := range b.Rates {
			b.Rates[i].ARR, b.Rates[i].ARRChurned = math.NaN(), math.NaN()
		}
		b.Base.ARR, b.Base.ARRChurned = math.NaN(), math.NaN()
		for i := range b.Evidence {
			b.Evidence[i].TopARR = portfolio.Figure{}
		}
		for i := range b.Sample {
			b.Sample[i].ARR = portfolio.Figure{}
		}
		for i := range b.Misses {
			b.Misses[i].ARR, b.Misses[i].ARRLost = portfolio.Figure{}, portfolio.Figure{}
		}
	}
	b.Cutoffs = cutoffs(b.Bands, c)
	for _, w := range c.Warnings {
		b.Warnings = append(b.Warnings, diag.Warning(w))
	}
	if slices.Equal(c.Decision.Weights, c.Current) && proposedCutoffs(c) == nil {
		return b, nil
	}
	after, err := r.restated()
	if err != nil {
		return nil, err
	}
	r.moved(b, after)
	return b, nil
}

func num(n assess.Number) portfolio.Figure {
	return portfolio.Figure{Value: n.Value, Defined: n.OK}
}

func (r *Result) verdict() reports.Verdict {
	d := r.Calibration.Decision
	v := reports.Verdict{Decision: string(d.Verdict), Headline: r.sentence()}
	if d.Verdict != calibrate.Propose { // the headline says which weights
		v.Why = append(v.Why, d.Words)
	}
	v.Why = append(v.Why, r.Scores.Dates.Sampling.Words())
	if d.Capped {
		v.Why = append(v.Why, "The data point further than the suggestion: no weight moves by more than 10 points in one refit, and the whole change is scaled to that.")
	}
	if claim := r.Calibration.Claim; claim.Words != "" {
		v.Why = append(v.Why, claim.Words)
	}
	for _, g := range d.Gates {
		for _, c := range g.Checks {
			unit := reports.Decimal
			switch {
			case c.Name == calibrate.DirectionCheck:
				unit = reports.Chance
			case c.Name == calibrate.SizeCheck:
				unit = portfolio.Percent
			case c.Threshold == math.Trunc(c.Threshold) && c.Threshold >= 2:
				unit = portfolio.Count
			}
			v.Checks = append(v.Checks, reports.Check{
				Gate: g.Name, Name: c.Name, Unit: unit, Figure: num(c.Value), Relation: c.Relation,
				Threshold: c.Threshold, Passed: c.Passed, Assessed: c.Assessed, Reason: c.Reason,
			})
		}
	}
	return v
}

func (r *Result) weightRows() []reports.WeightRow {
	c := r.Calibration
	var out []reports.WeightRow
	for k := range c.Pillars {
		row := reports.WeightRow{
			Pillar: r.pillar(k).Label, Current: c.Current[k], Suggested: portfolio.Amount(c.Decision.Weights[k]),
			Change: portfolio.Amount(c.Decision.Weights[k] - c.Current[k]),
		}
		if k < len(c.Refit.Pillars) {
			f := c.Refit.Pillars[k]
			row.Free, row.ShareAtZero = num(f.Free), num(f.ShareAtZero)
			row.Low, row.High = ends(f.Shrunk)
		}
		out = append(out, row)
	}
	return out
}

// ends returns an estimate's interval, undefined where it has none.
func ends(e assess.Estimate) (lo, hi portfolio.Figure) {
	if !e.OK || !e.Interval {
		return
	}
	return portfolio.Amount(e.Lo), portfolio.Amount(e.Hi)
}

func estimate(e assess.Estimate) portfolio.Figure {
	return portfolio.Figure{Value: e.Value, Defined: e.OK}
}

func (r *Result) bootstrap() reports.BootstrapSummary {
	c := r.Calibration
	b := c.Refit.Bootstrap
	out := reports.BootstrapSummary{Replicates: int64(b.Replicates), Failed: int64(b.Failed), SameOrder: num(b.SameOrder), Note: b.Why}
	for k, f := range c.Refit.Pillars {
		row := reports.BootstrapRow{
			Pillar: r.pillar(k).Label, Weight: estimate(f.Shrunk), ShareAtZero: num(f.ShareAtZero), Rank: int64(f.Rank),
			RankLow: int64(f.RankLo), RankHigh: int64(f.RankHi), SameRank: num(f.SameRank), Coefficient: estimate(f.Coefficient),
		}
		row.Low, row.High = ends(f.Shrunk)
		row.CoefLow, row.CoefHigh = ends(f.Coefficient)
		out.Pillars = append(out.Pillars, row)
	}
	return out
}

func power(c *calibrate.Result) []reports.PowerRow {
	p := c.Power
	count := func(n int) portfolio.Figure { return portfolio.Amount(float64(n)) }
	held := "distinct accounts that churned inside an outcome window"
	if n := c.Sample.PartialAccounts; n > 0 {
		held += fmt.Sprintf("; %d of the sample's lost a part only and stayed", n)
	}
	return []reports.PowerRow{
		{Name: "Lost accounts held", Unit: portfolio.Count, Value: count(p.Held), Note: held},
		{Name: "Lost accounts needed", Unit: portfolio.Count, Value: count(p.Needed), Note: "before other weights are proposed"},
		{Name: "Lost accounts per quarter", Unit: reports.Decimal, Value: num(p.EventsPerPeriod), Note: "first losses per quarter of scores"},
		{Name: "Quarters until there are enough", Unit: reports.Decimal, Value: num(p.PeriodsToGo), Note: "at that rate"},
		{Name: "Smallest ranking power that could be seen", Unit: reports.Decimal, Value: num(p.SmallestAUC), Note: "distance of the area under the curve from one half, found with 80% power"},
		{Name: "Smallest difference that could be seen", Unit: reports.Decimal, Value: num(p.SmallestDifference), Note: strings.TrimSpace("between the score and the best single pillar " + p.Against)},
	}
}

func (r *Result) evidence() []reports.EvidenceRow {
	c := r.Calibration
	var out []reports.EvidenceRow
	for _, e := range c.Evidence {
		for k, m := range e.Measures {
			row := reports.EvidenceRow{
				Scope: e.Scope, Name: e.Name, Measure: m.Name, Composite: m.Composite,
				Rows: int64(m.Rows), Events: int64(m.ChurnedAccounts), Parts: int64(m.PartialAccounts), AUC: estimate(m.AUC), WithinDate: estimate(m.WithinDate),
				R: num(m.R), Spearman: num(m.Spearman), TauB: num(m.TauB), P: num(m.P), PAdjusted: num(m.PAdjusted),
				Gini: num(m.Gini), IV: num(m.IV), PRAUC: num(m.PRAUC), TopLift: num(m.TopDecileLift), TopARR: num(m.TopDecileARR),
			}
			if !m.Composite {
				row.Measure = r.pillar(k).Label
			}
			row.Low, row.High = ends(m.AUC)
			if m.KS.OK {
				row.KS = portfolio.Amount(m.KS.D)
			}
			if e.Scope == "overall" && k < len(c.Collinearity.VIF) && !m.Composite {
				row.VIF = num(c.Collinearity.VIF[k])
			}
			out = append(out, row)
		}
	}
	return out
}

// rules lays the rows of the point tables beside churn.
func (r *Result) rules() []reports.SignalRow {
	p := r.Job.Framework.Plan
	pillar := map[string]string{}
	for i := range p.Signals {
		pillar[p.Signals[i].Label] = p.Pillars[p.Signals[i].Pillar].Label
	}
	var out []reports.SignalRow
	for _, e := range r.Calibration.Rules {
		row := reports.SignalRow{
			Pillar: pillar[e.Signal], Signal: e.Signal, Row: e.Name, Points: e.Points,
			Fired: rateOf(e.Fired), NotFired: rateOf(e.NotFired), FiredLow: num(e.Fired.Lo), FiredHigh: num(e.Fired.Hi),
			Finding: string(e.Verdict),
		}
		if e.Redundant != "" {
			row.Finding = "redundant: says the same as " + e.Redundant
		}
		out = append(out, row)
	}
	return out
}

func baselines(c *calibrate.Result) []reports.BaselineRow {
	var out []reports.BaselineRow
	for _, b := range c.Baselines {
		out = append(out, reports.BaselineRow{Name: b.Name, Detail: b.Detail, AUC: num(b.AUC), LogLoss: num(b.LogLoss)})
	}
	return out
}

func influence(c *calibrate.Result) []reports.InfluenceRow {
	var out []reports.InfluenceRow
	for _, v := range c.Influence {
		row := reports.InfluenceRow{Kind: strings.ReplaceAll(v.Kind, "_", " "), Name: v.Name, Rows: int64(v.Rows), Events: int64(v.ChurnedAccounts), Parts: int64(v.PartialAccounts), Shift: num(v.Shift), Note: v.Why}
		for k := range c.Pillars {
			f := portfolio.Figure{}
			if v.OK && k < len(v.Shrunk) {
				f = portfolio.Amount(v.Shrunk[k])
			}
			row.Weights = append(row.Weights, f)
		}
		if v.Direction.OK {
			row.P = portfolio.Amount(v.Direction.P)
		}
		out = append(out, row)
	}
	return out
}

func segments(c *calibrate.Result) []reports.SegmentRow {
	var out []reports.SegmentRow
	for _, s := range c.Segments {
		row := reports.SegmentRow{Name: s.Name, Rows: int64(s.Rows), Events: int64(s.ChurnedAccounts), Parts: int64(s.PartialAccounts), Own: s.Own, PAdjusted: num(s.PAdjusted), Reason: s.Reason}
		for _, w := range s.Weights {
			row.Weights = append(row.Weights, portfolio.Amount(w))
		}
		out = append(out, row)
	}
	return out
}

// rates puts churn per status into the book, healthiest first; counts alone where the
// claim gate leaves no rate of a status to be said.
func rates(b *reports.CalibrationBook, c *calibrate.Result) {
	row := func(name string, r assess.Rate, parts int, arr, churned float64, lift assess.Number) reports.BandRate {
		out := reports.BandRate{
			Band: name, ARR: arr, ARRChurned: churned, Lift: num(lift), Parts: int64(parts),
			Rate: rateOf(r),
			Low:  num(r.Lo), High: num(r.Hi),
		}
		return out
	}
	var arr, churned float64
	parts := 0
	for _, s := range slices.Backward(c.Statuses.Rows) {
		rate := row(s.Label, s.Rate, s.Parts, s.ARR, s.ARRChurned, s.Lift)
		if c.Claim.Level == calibrate.OrderOnly { // counts, and no rate
			rate.Rate.Value, rate.Rate.Defined = 0, false
			rate.Low, rate.High, rate.Lift = portfolio.Figure{}, portfolio.Figure{}, portfolio.Figure{}
		}
		b.Rates = append(b.Rates, rate)
		arr += s.ARR
		parts += s.Parts
		churned += s.ARRChurned
	}
	b.Base = row("All", c.Statuses.Base, parts, arr, churned, assess.Number{})
	b.Monotone = "Churn does not fall from every status to the next better one"
	switch {
	case !c.Statuses.OK:
		b.Monotone = c.Statuses.Why
	case c.Statuses.Monotone:
		b.Monotone = "Churn falls from every status to the next better one"
	}
}

func cutoffs(bands []reports.CalibrationBand, c *calibrate.Result) []reports.CutoffRow {
	var out []reports.CutoffRow
	for k, cut := range c.Calibration.Cuts {
		worse := len(bands) - 1 - k
		row := reports.CutoffRow{
			Between: bands[worse-1].Name + " / " + bands[worse].Name, Current: cut.Current, Suggested: estimate(cut.Suggested),
			Proposed: portfolio.Amount(cut.Proposed), Multiple: portfolio.Amount(cut.Multiple), Note: cut.Words,
		}
		row.Low, row.High = ends(cut.Suggested)
		out = append(out, row)
	}
	slices.Reverse(out)
	return out
}

// ledger lists who is in the sample and who is out, over all dates.
func (r *Result) ledger() []reports.SampleRow {
	var out []reports.SampleRow
	for _, o := range cohort.All() {
		row := reports.SampleRow{In: o.In(), Reason: o.String()}
		var arr float64
		for _, l := range r.Cohort.Ledger {
			if l.Outcome == o {
				row.Rows += l.Accounts
				arr += l.ARR
			}
		}
		if row.Rows == 0 {
			continue
		}
		if o == cohort.Churned || o == cohort.InGap || o == cohort.NoVerdict {
			row.Churned = row.Rows
		}
		row.ARR = portfolio.Amount(arr)
		row.Accounts = int64(r.Cohort.Accounts[o])
		out = append(out, row)
	}
	return out
}

// tiesOut says to how many account-dates the ledger adds up.
func (r *Result) tiesOut() string {
	var rows int64
	dates := map[int32]bool{}
	for _, l := range r.Cohort.Ledger {
		rows += l.Accounts
		dates[l.AsOf] = true
	}
	return fmt.Sprintf("In and out add up to %d account-dates: %d accounts of the export on %d dates. An account is counted under every reason that it had on any date.", rows, r.Data.Table.Len(), len(dates))
}

// reachNote says what the rows of the reach are not.
func (r *Result) reachNote() string {
	a := r.Calibration.Claim.Alerts
	if !r.Cohort.Rule.AtRenewal || !a.Share.OK {
		return ""
	}
	return fmt.Sprintf("Flagged is of the decisions judged, among which rolling contracts stand four times a year. Of all scored customers at the month-ends, %d of %d (%.0f%%) were in a status that needs intervention. Lift is over rows of the same kind of contract.",
		a.Count, a.Of, 100*a.Share.Value)
}

// leakage lists what was left out because it would have known the outcome.
func (r *Result) leakage() []reports.LeakageRow {
	var out []reports.LeakageRow
	column := func(item, reason string) {
		out = append(out, reports.LeakageRow{What: "column", Item: item, Reason: reason})
	}
	column("accounts.segment, owner, tier", "known today only: used to group rows, never as an input")
	column("accounts.contract_term_months, renewal_date, arr", "known today only: past dates take them from subscriptions")
	column("accounts.lifecycle_stage", "knows who has left: on past dates it counts only where no paid term contradicts it")
	if r.Data.Overrides != nil {
		column("overrides", "values set by hand: in the published scores, never in a fit")
	}
	pl := r.Job.Framework.Plan
	for k := range pl.Signals {
		var dates []int32
		var rows int64
		for _, q := range r.Cohort.Dates {
			s, _ := r.Scores.Measured(q)
			if n := s.CountStates(k)[signal.NotDatable]; n > 0 {
				dates, rows = append(dates, q), rows+int64(n)
			}
		}
		if len(dates) > 0 {
			column(pl.Signals[k].Label, fmt.Sprintf("its source has no history: left missing on %d past dates from %s to %s", len(dates), day.Format(dates[0]), day.Format(dates[len(dates)-1])))
			out[len(out)-1].Rows = portfolio.Amount(float64(rows))
		}
	}
	for o, reason := range map[cohort.Outcome]string{
		cohort.AfterLoss: "the loss was decided by then: later values know the outcome",
		cohort.InGap:     "decided within the gap: too late to act",
		cohort.Earlier:   "the account's decision before was still open: a loss is counted once",
	} {
		var n int64
		for _, l := range r.Cohort.Ledger {
			if l.Outcome == o {
				n += l.Accounts
			}
		}
		if n > 0 {
			out = append(out, reports.LeakageRow{What: "row", Item: o.String(), Reason: reason, Rows: portfolio.Amount(float64(n))})
		}
	}
	slices.SortStableFunc(out, func(a, b reports.LeakageRow) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Item, b.Item))
	})
	if n := r.Cohort.Assumed; n > 0 {
		out = append(out, reports.LeakageRow{
			What: "row", Item: "last day to opt out by the default notice period", Rows: portfolio.Amount(float64(n)),
			Reason: fmt.Sprintf("no notice period is on record: %d days before the renewal are assumed, and the score is taken %d days before that", r.Job.Settings.Population.NoticeDays, cohort.Lead),
		})
	}
	if n := r.Cohort.OfRows; n > 0 {
		out = append(out, reports.LeakageRow{
			What: "row", Item: "renewal known from the end of a row alone", Rows: portfolio.Amount(float64(n)),
			Reason: "the subscription row states neither a renewal date nor a term: a new price may have ended it, and then nothing was decided",
		})
	}
	if r.Cohort.Imputed > 0 {
		out = append(out, reports.LeakageRow{
			What: "row", Item: "loss dated by the end of service", Rows: portfolio.Amount(float64(r.Cohort.Imputed)),
			Reason: "the decision is taken to be the notice period before: behaviour after the notice may have leaked",
		})
	}
	return out
}

// moved fills what would change band under the suggested weights.
func (r *Result) moved(b *reports.CalibrationBook, after portfolio.Scored) {
	now, _ := r.Scores.At(r.Job.AsOf)
	t := r.Data.Table
	n := len(b.Bands)
	accounts := make([][]int64, n)
	arr := make([][]float64, n)
	for i := range accounts {
		accounts[i], arr[i] = make([]int64, n), make([]float64, n)
	}
	for i := range now.View.Class {
		from, to := now.Result.Status[i], after.Result.Status[i]
		if !now.View.Class[i].Scored() || from < 0 || to < 0 {
			continue
		}
		accounts[from][to]++
		var paid portfolio.Figure // an unknown amount is in no sum
		if v := now.View.ARR[i]; !math.IsNaN(v) {
			cents := math.Round(v * 100)
			arr[from][to] += cents
			paid = portfolio.Amount(cents / 100)
		}
		if from == to {
			continue
		}
		before, _ := now.Result.Score(i)
		then, _ := after.Result.Score(i)
		b.Movers = append(b.Movers, reports.BandMover{
			ID: t.ID[i], Name: t.Name[i], Owner: t.Owner[i], Segment: t.Segment[i], ARR: paid,
			Score: before, NewScore: then, Change: float64(after.Result.Tenths[i]-now.Result.Tenths[i]) / 10,
			Band: b.Bands[from].Name, NewBand: b.Bands[to].Name, Bands: int(from) - int(to),
			Why: pillarScores(now, i),
		})
	}
	for i := range b.Bands {
		row := reports.MoveRow{From: b.Bands[i].Name, Accounts: accounts[i]}
		for _, c := range arr[i] {
			row.ARR = append(row.ARR, c/100)
		}
		b.Moves = append(b.Moves, row)
	}
	slices.SortStableFunc(b.Movers, func(x, y reports.BandMover) int {
		return cmp.Or(cmp.Compare(y.ARR.Value, x.ARR.Value), cmp.Compare(x.ID, y.ID))
	})
}

func calibrationTerms(r *Result) []portfolio.Term {
	c := r.Job.Settings.Calibration
	parts := ""
	if c.Partial {
		parts = fmt.Sprintf("; or the loss of a part, from %.0f%% of what the account paid, which stays", 100*c.PartialFrom)
	}
	return []portfolio.Term{
		{Name: "Keep, recalibrate, refit", Text: "keep: nothing changes; recalibrate: the weights stay and a status cut-off should move; refit: other weights are proposed. A person decides"},
		{Name: "Loss", Text: "an account that left and whose reason counts as a verdict on health, dated by its notice or decision" + parts},
		{Name: "Lost ARR", Text: "what accounts lost in the outcome window, parts of accounts that stayed too, at most what they paid on the date; the Sample sheet says what became of every loss"},
		{Name: "Outcome window", Text: r.Scores.Dates.Sampling.Window(c.GapDays)},
		{Name: "Sample", Text: r.Scores.Dates.Sampling.Words()},
		{Name: "Free weights", Text: "the weights that fit the past best, none below zero, adding up to one"},
		{Name: "Shrunk weights", Text: "the free weights drawn back towards the current ones, the more so the weaker the evidence that the current ones are wrong"},
		{Name: "Interval", Text: fmt.Sprintf("where 95%% of %d resamples of accounts put the figure. Intervals of shrunk, bounded weights cover less than 95%%", c.Bootstrap)},
		{Name: "AUC", Text: "the chance that a churned account scored below a kept one: 0.5 is chance, 1 is perfect order"},
		{Name: "Out of fold", Text: "judged on accounts that the fit has not seen"},
		{Name: "Log loss", Text: "mean penalty for the probability given to what happened; lower is better"},
		{Name: "r, Spearman, tau-b", Text: "correlation of the score with churn; negative where a low score goes with churn"},
		{Name: "p, p adjusted", Text: "chance of such a figure if the pillar told nothing; adjusted for the number of pillars looked at (Benjamini-Hochberg)"},
		{Name: "VIF", Text: "how much the overlap between pillars widens a coefficient's interval; from about 5 two pillars say the same"},
		{Name: "IV, KS, Gini", Text: "other measures of separation: information value; largest gap between the two distributions; 2 × AUC − 1"},
		{Name: "Lift", Text: "a group's churn rate over the rate of all"},
	}
}
