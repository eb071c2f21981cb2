package advise

import (
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// playbook finds the play for a status and a signal.
type playbook struct {
	plan *plan.Plan
	// of is by rules, then band, then signal; the entry after the last band is for
	// accounts without a status, the entry after the last signal for no signal.
	of [][][]int16
}

func newPlaybook(p *plan.Plan) playbook {
	b := playbook{plan: p}
	for r := range p.Rules {
		bands := p.Rules[r].Bands
		var byBand [][]int16
		for k := range len(bands) + 1 {
			var status *plan.Band
			if k < len(bands) {
				status = &bands[k]
			}
			bySignal := make([]int16, len(p.Signals)+1)
			for sig := range p.Signals {
				bySignal[sig] = b.find(status, p.Signals[sig].Name)
			}
			bySignal[len(p.Signals)] = b.find(status, "")
			byBand = append(byBand, bySignal)
		}
		b.of = append(b.of, byBand)
	}
	return b
}

// find returns the first play for exactly the status and the signal, else the
// first for the signal in any status. A play that names a status is never used in
// another, one that sells more only in a status that expands.
func (b *playbook) find(band *plan.Band, sig string) int16 {
	status, expands := "", false
	if band != nil {
		status, expands = band.Name, band.Expand
	}
	general := int16(None)
	for i, p := range b.plan.Plays {
		switch {
		case p.Signal != sig || p.Signal == "" && p.Status == "" || p.Expands && !expands:
		case p.Status == status:
			return int16(i)
		case p.Status == "" && general == None:
			general = int16(i)
		}
	}
	return general
}

// choosePlay returns the play for the top risk's signals, costliest first, else
// for the status. top is a factor or None.
func (a *Advice) choosePlay(row, top int) int16 {
	byBand := a.plays.of[a.result.Rules[row]]
	band := int(a.result.Status[row])
	if band < 0 {
		band = len(byBand) - 1
	}
	bySignal := byBand[band]
	if top != None {
		if play := bySignal[a.Lead[row]]; play != None {
			return play
		}
		if a.factors.size[top] > 1 {
			for _, sig := range a.members(row, top) {
				if play := bySignal[sig]; play != None {
					return play
				}
			}
		}
	}
	return bySignal[len(bySignal)-1]
}

// Deadline returns the day by which an account's play is due, the as-of date plus
// the play's days; population.NoDay where there is no play.
func (a *Advice) Deadline(row int) int32 {
	if a.PlayIndex[row] == None {
		return population.NoDay
	}
	return a.AsOf + int32(a.Plan.Plays[a.PlayIndex[row]].Days)
}

// Play returns the play that answers the account's state, its owner's role and
// its deadline as a day; ok is false where there is none.
func (a *Advice) Play(row int) (label, owner string, deadline int32, ok bool) {
	if a.PlayIndex[row] == None {
		return "", "", population.NoDay, false
	}
	p := &a.Plan.Plays[a.PlayIndex[row]]
	return p.Label, p.Owner, a.Deadline(row), true
}

// PlayOf returns the index of the account's play in the plan, plan.NoPlay where
// there is none.
func (a *Advice) PlayOf(row int) int {
	if a.PlayIndex[row] == None {
		return plan.NoPlay
	}
	return int(a.PlayIndex[row])
}

// PlayAnswering returns the index of the play that answers a signal's loss in the
// account's status, plan.NoPlay where there is none.
func (a *Advice) PlayAnswering(row, sig int) int {
	byBand := a.plays.of[a.result.Rules[row]]
	band := int(a.result.Status[row])
	if band < 0 {
		band = len(byBand) - 1
	}
	if play := byBand[band][sig]; play != None {
		return int(play)
	}
	return plan.NoPlay
}
