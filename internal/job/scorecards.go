package job

import (
	"strings"

	"accounthealth/internal/explain"
	"accounthealth/internal/portfolio"
)

const (
	// scorecardsShown is how many accounts at risk, most ARR first, get a scorecard.
	scorecardsShown = 10
	// scorecardRisks is how many risks a scorecard names.
	scorecardRisks = 5
)

// scorecards explains the accounts at risk with most ARR.
func (r *Result) scorecards(p *portfolio.Report) error {
	if len(p.AtRisk) == 0 {
		return nil
	}
	source, err := r.Explain()
	if err != nil {
		return err
	}
	for _, a := range p.AtRisk[:min(len(p.AtRisk), scorecardsShown)] {
		card, err := source.Of(int(r.Data.Table.Lookup(a.ID)))
		if err != nil {
			return err
		}
		p.Scorecards = append(p.Scorecards, scorecard(a, card))
	}
	return nil
}

func scorecard(a portfolio.AtRiskRow, card *explain.Card) portfolio.Scorecard {
	out := portfolio.Scorecard{
		ID: a.ID, Name: a.Name, Owner: a.Owner, Segment: a.Segment, ARR: portfolio.Amount(a.ARR), Score: portfolio.Amount(a.Score),
		Band: a.Band, Trend: a.Trend, Renewal: a.Renewal, Deadline: a.Deadline,
		Action: a.Action, Gain: portfolio.Amount(a.Gain), Play: a.Play, PlayOwner: a.PlayOwner, PlayDeadline: a.PlayDeadline,
	}
	if card.Trend != nil {
		out.Since = card.Trend.Since
	}
	for _, d := range card.Dimensions {
		out.Pillars = append(out.Pillars, portfolio.ScorecardPillar{
			Label: d.Label, Score: known(d.Score), Weight: d.Effective, Weighted: known(d.Weighted), KeyFactor: d.KeyFactor,
		})
	}
	for _, risk := range card.Risks[:min(len(card.Risks), scorecardRisks)] {
		text := risk.Severity + ": " + risk.Text
		if len(risk.Evidence) > 0 {
			text += " (" + strings.Join(risk.Evidence, "; ") + ")"
		}
		out.Risks = append(out.Risks, text)
	}
	if b := card.Bundle; b != nil && b.Reached {
		out.Bundle = strings.Join(b.Actions, " + ")
	}
	if card.Play != nil {
		out.Steps, out.DoneWhen = card.Play.Steps, card.Play.KPI
	}
	return out
}

func known(v *float64) portfolio.Figure {
	if v == nil {
		return portfolio.Figure{}
	}
	return portfolio.Amount(*v)
}
