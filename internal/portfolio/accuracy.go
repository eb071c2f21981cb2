package portfolio

import (
	"fmt"
	"slices"
	"strings"

	"accounthealth/calibrate"
	"accounthealth/calibrate/assess"
	"accounthealth/internal/plan"
)

// Accuracy says how good the scores that were in force have been. Scores that
// were published and scores computed afterwards are judged apart.
type Accuracy struct {
	Kinds    []AccuracyKind
	Sampling string // which scores are judged, and why these
	Warnings []string
}

// AccuracyKind is one kind of scores whose outcome is known.
type AccuracyKind struct {
	Name     string // "as published", "computed afterwards"
	Headline string // in counts
	From, To int32  // first and last date judged
	Rates    bool   // there are enough losses to print a rate of each status
	Monotone string
	Statuses []AccuracyRow // healthiest first, then not scored
	All      AccuracyRow
	// Reach is what the flagged statuses found: with the losses that count, and
	// with all losses.
	Reach       []AccuracyReach
	Leads       []AccuracyLead
	Groups      []AccuracyGroup
	FalseGreens []FalseGreen
	Catches     []Catch
	Saves       []SaveRow
	SavesNote   string
}

// AccuracyRow is one status. One row of the sample is an account at one date.
type AccuracyRow struct {
	Status     string
	Rate       Figure // lost of rows; undefined where there are too few losses to say
	Parts      int64  // of the lost, lost a part only and stayed
	Low, High  Figure // 95%
	Lift       Figure // rate over that of all
	ARR        Figure
	ARRLost    Figure
	ShareOfARR Figure // of all ARR lost
}

// AccuracyReach is what flagging found.
type AccuracyReach struct {
	Losses string // "losses that count", "all losses"
	Alerts Figure // flagged, of all rows
	Found  Figure // lost and flagged, of lost
	Right  Figure // lost, of flagged
	ARR    Figure // flagged, of the ARR lost
}

// AccuracyLead is how many of the lost accounts were flagged so long before.
type AccuracyLead struct {
	Status string // flagged at this status or worse
	Days   int32
	Found  Figure // of the lost accounts with a score so early
	ARR    Figure
	Alerts Figure // of all rows
}

// AccuracyGroup is the accuracy within one group.
type AccuracyGroup struct {
	By, Name string
	Rate     Figure // lost of rows
	Alerts   Figure
	Found    Figure
	Right    Figure
}

// FalseGreen is an account that was lost, or lost a part, while its status was good.
type FalseGreen struct {
	ID, Name, Owner, Segment string
	ARR, ARRLost             Figure
	Scored                   int32
	Score                    Figure
	Status                   string
	FirstFlagged             Figure // days before the decision on which it was first flagged
	LowPillars               string
	Path                     string // scores on the way
}

// Catch is a row of the point tables that fired for accounts lost while green.
type Catch struct {
	Signal, Rule       string
	Caught, FalseAlarm int64
}

// SaveRow is what became of flagged accounts.
type SaveRow struct {
	What string
	Kept Figure
}

// Judged is the audit that NewAccuracy lays out.
type Judged struct {
	Audit *calibrate.AuditResult
	// Row gives the population row and the date of a row of the audit's sample.
	Row      func(i int32) (account, date int32)
	KnowsARR bool
	// Dates of published and of other rows.
	Published, Rebuilt []int32
	Sampling           string // which scores are judged
	Warnings           []string
}

// shownFalseGreens bounds the list of accounts lost while green.
const shownFalseGreens = 50

// NewAccuracy lays an audit out as it is shown; nil where it judged no score.
func NewAccuracy(in Input, j Judged) *Accuracy {
	out := &Accuracy{Warnings: j.Warnings, Sampling: j.Sampling}
	add := func(name string, k *calibrate.KindAudit, dates []int32) {
		if k != nil && k.Base.N > 0 {
			out.Kinds = append(out.Kinds, accuracyKind(in, j, name, k, dates))
		}
	}
	add("as published", j.Audit.Published, j.Published)
	add("computed afterwards", j.Audit.Rebuilt, j.Rebuilt)
	if len(out.Kinds) == 0 {
		return nil
	}
	return out
}

func accuracyKind(in Input, j Judged, name string, k *calibrate.KindAudit, dates []int32) AccuracyKind {
	out := AccuracyKind{
		Name: name, Headline: k.Headline, From: NoDay, To: NoDay, Rates: k.Claim.Level != calibrate.OrderOnly,
	}
	if len(dates) > 0 {
		out.From, out.To = dates[0], dates[len(dates)-1]
	}
	money := func(n assess.Number) Figure {
		if !j.KnowsARR {
			return Figure{}
		}
		return number(n)
	}
	row := func(status string, r assess.Rate, parts int, lift assess.Number, arr, lost float64) AccuracyRow {
		x := AccuracyRow{Status: status, Rate: Figure{Num: float64(r.Churned), Den: float64(r.N)}, Parts: int64(parts), Lift: number(lift)}
		if r.Rate.OK {
			x.Rate.Value, x.Rate.Defined = r.Rate.Value, true
			x.Low, x.High = number(r.Lo), number(r.Hi)
		}
		if j.KnowsARR {
			a, l := toCents(arr).float(), toCents(lost).float()
			x.ARR, x.ARRLost, x.ShareOfARR = Amount(a), Amount(l), rate(l, toCents(k.ARRLost).float())
		}
		return x
	}
	parts := 0
	for i := len(k.Statuses.Rows) - 1; i >= 0; i-- {
		s := k.Statuses.Rows[i]
		parts += s.Parts
		out.Statuses = append(out.Statuses, row(s.Label, s.Rate, s.Parts, s.Lift, s.ARR, s.ARRChurned))
	}
	if s := k.NotScored; s.Rate.N > 0 {
		out.Statuses = append(out.Statuses, row(notScoredState, s.Rate, s.Parts, s.Lift, s.ARR, s.ARRChurned))
		parts += s.Parts
	}
	out.All = row("All", k.Base, parts, assess.Number{}, k.ARR, k.ARRLost)
	out.Monotone = "Losses do not fall from every status to the next better one."
	switch {
	case !k.Statuses.OK:
		out.Monotone = k.Statuses.Why
	case k.Statuses.Monotone:
		out.Monotone = "Losses fall from every status to the next better one."
	}
	reach := func(losses string, f assess.Flagged) AccuracyReach {
		return AccuracyReach{losses, share(f.Alerts), share(f.Recall), share(f.Precision), money(f.ARRRecall)}
	}
	out.Reach = append(out.Reach, reach("losses that count", k.Flagged))
	if k.Excused.Rows > 0 {
		out.Reach = append(out.Reach, reach(fmt.Sprintf("all losses, with the %d for other reasons", k.Excused.Rows), k.Excused.Flagged))
	}
	for _, l := range k.Lead {
		if !slices.ContainsFunc(in.Plan.Rules[0].Bands, func(b plan.Band) bool { return b.Name == l.Label && b.AtRisk }) {
			continue // who is flagged there needs nothing
		}
		for _, d := range l.Leads {
			out.Leads = append(out.Leads, AccuracyLead{Status: l.Label, Days: d.Days, Found: share(d.Recall), ARR: money(d.ARRRecall), Alerts: share(l.Alerts)})
		}
	}
	for _, g := range k.Groups {
		out.Groups = append(out.Groups, AccuracyGroup{
			By: g.By, Name: g.Name, Rate: Figure{g.Base.Rate.Value, g.Base.Rate.OK, float64(g.Base.Churned), float64(g.Base.N)},
			Alerts: share(g.Flagged.Alerts), Found: share(g.Flagged.Recall), Right: share(g.Flagged.Precision),
		})
	}
	for _, l := range k.FalseGreens[:min(len(k.FalseGreens), shownFalseGreens)] {
		out.FalseGreens = append(out.FalseGreens, falseGreen(in, j, l))
	}
	for _, c := range k.Catches[:min(len(k.Catches), 10)] {
		out.Catches = append(out.Catches, Catch{c.Signal, c.Rule, int64(c.Caught), int64(c.FalseAlarm)})
	}
	if s := k.Saves; s.OK {
		out.Saves = []SaveRow{
			{"Flagged, and somebody worked on the account", share(s.Kept)},
			{"Flagged, and nobody did", share(s.KeptIdle)},
		}
		out.SavesNote = s.Bias
	}
	return out
}

func falseGreen(in Input, j Judged, l calibrate.LostRow) FalseGreen {
	account, date := j.Row(l.Row)
	t := in.Table
	g := FalseGreen{
		ID: t.ID[account], Name: t.Name[account], Owner: t.Owner[account], Segment: t.Segment[account],
		Scored: date, Score: Amount(l.Score), Status: l.Status, FirstFlagged: number(l.FirstCrossing),
	}
	if j.KnowsARR {
		g.ARR, g.ARRLost = Amount(l.ARR), Amount(l.ARRLost)
	}
	var low, path []string
	for _, name := range l.LowPillars {
		label := name
		for _, p := range in.Plan.Pillars {
			if p.Name == name {
				label = p.Label
			}
		}
		low = append(low, label)
	}
	for _, s := range l.Path {
		if s.Score.OK {
			path = append(path, fmt.Sprintf("%.0f", s.Score.Value))
		}
	}
	g.LowPillars, g.Path = strings.Join(low, ", "), strings.Join(path, " → ")
	return g
}

func number(n assess.Number) Figure { return Figure{Value: n.Value, Defined: n.OK} }

func share(s assess.Share) Figure {
	return Figure{Value: s.Share.Value, Defined: s.Share.OK, Num: float64(s.Count), Den: float64(s.Of)}
}
