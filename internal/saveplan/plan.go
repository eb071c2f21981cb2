package saveplan

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"accounthealth/internal/advise"
	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
)

// Account is one scored account with everything that its plan is written from.
type Account struct {
	Plan     *plan.Plan
	Table    *population.Table
	Now      portfolio.Scored
	Advice   *advise.Advice
	Row      int
	Shown    portfolio.AccountRow // as the reports show it
	Facts    Facts
	Currency string
	Saves    *portfolio.SaveRates // nil without an interventions source
}

// Days is how long a plan runs.
const Days = 90

// phase is one part of a save plan.
type phase struct {
	name     string
	from, to int32 // days after the as-of date
}

var phases = [...]phase{
	{"Week 1: Triage", 1, 7}, {"Weeks 2-4: Stabilise", 8, 28}, {"Weeks 5-8: Rebuild", 29, 56}, {"Weeks 9-12: Renewal", 57, 84},
}

const tasksEach = 4

// For returns an account's plan; ok is false where it is not scored.
func For(a Account) (out portfolio.SavePlan, ok bool) {
	band := a.Now.Result.Band(a.Row)
	if band == nil || !a.Shown.Score.Defined {
		return out, false
	}
	out = portfolio.SavePlan{
		ID: a.Shown.ID, Name: a.Shown.Name, Owner: a.Shown.Owner, Band: band.Name, Score: a.Shown.Score.Value, ARR: a.Shown.ARR,
		Renewal: a.Shown.Renewal, Escalate: a.Advice.NeedsPerson(a.Table, a.Row), Banner: a.Advice.Banner(a.Row, a.Now.View.Renewal[a.Row]),
	}
	if !band.AtRisk {
		a.grow(&out, band)
		return out, true
	}
	a.save(&out, band)
	return out, true
}

// task is a task before it has a date.
type task struct{ text, owner string }

// save writes the 90 days of an account at risk.
func (a *Account) save(out *portfolio.SavePlan, band *plan.Band) {
	lead := a.statusOwner(band.Name)
	risks := a.Advice.RisksOf(a.Row)
	out.Headline = fmt.Sprintf("%s at %.1f: %s", band.Name, out.Score, strings.ToLower(band.Action))
	if len(risks) > 0 {
		out.Headline = fmt.Sprintf("%s at %.1f because: %s", band.Name, out.Score, joinRisks(risks, 3))
	}
	steps := a.steps(risks, lead)
	triage := []task{
		{"Check the facts behind the score with the account team: " + evidence(risks), lead},
		{"Name one accountable owner and a weekly review until " + a.until(), lead},
		{a.callSponsor(), a.ownerOf("sponsor", lead)},
	}
	out.Tasks = a.dated(out.Tasks, phases[0], pick(triage, steps.next,
		task{"Ask support and finance what is open on their side and by when it is closed", lead}))
	out.Tasks = a.dated(out.Tasks, phases[1], pick(nil, steps.next,
		task{"Agree with the customer on what is better in four weeks, and write it down", lead},
		task{"Meet weekly with everybody who works on the account", lead},
		task{"Report progress to the customer in writing: what is fixed, what comes next, by when", lead},
		task{"Rescore the account and compare with " + strconv.FormatFloat(out.Score, 'f', 1, 64), lead}))
	rebuild := a.targets(risks, lead)
	out.Tasks = a.dated(out.Tasks, phases[2], pick(rebuild, steps.next,
		task{"Agree with the sponsor on two results and how they are measured", lead},
		task{"Widen the contacts: at least three people who would miss the product", lead},
		task{"Hold a review of the plan at half time: done, late, next", lead},
		task{"Collect results so far for the renewal talks", lead}))
	out.Tasks = a.dated(out.Tasks, phases[3], a.renewal(band, lead))
	out.IfItFails = []string{
		"Offboard well: agree on the last day, hand over the data, stop invoices and access on it",
		"Hold a post-mortem within 14 days: which signal was seen when, and what would have helped",
		"Keep the relationship: one contact every quarter, news that matters to " + orWord(a.Facts.Sponsor, "the sponsor"),
		"Ask for exit feedback in a call by somebody who was not involved, and enter the reason with the loss",
	}
	out.Chance = a.chance()
}

// decides is the day on which the renewal is decided, as far as it is known;
// day.None where it is not.
func (a *Account) decides() int32 {
	if a.Shown.Deadline != day.None && a.Shown.Deadline > a.Now.View.AsOf {
		return a.Shown.Deadline
	}
	return a.Shown.Renewal
}

// until is the day to which a plan is reviewed, in words.
func (a *Account) until() string {
	switch end := a.Now.View.AsOf + Days; {
	case a.decides() > end:
		return words(end)
	case a.Shown.Deadline != day.None && a.Shown.Deadline > a.Now.View.AsOf:
		return "the renewal is decided, " + words(a.Shown.Deadline)
	case a.Shown.Renewal != day.None && a.Shown.Renewal > a.Now.View.AsOf:
		return "the renewal, " + words(a.Shown.Renewal)
	}
	return words(a.Now.View.AsOf + Days)
}

func (a *Account) callSponsor() string {
	if a.Facts.Sponsor != "" {
		return "Call the sponsor, " + a.Facts.Sponsor + ", about the plan and ask what must be true in 90 days"
	}
	if v := a.word("sponsor"); v != "" && v != "active" && v != "engaged" {
		return "Find the executive who owns the outcome (sponsor today: " + v + ") and ask for 30 minutes within the week"
	}
	return "Call the customer's most senior contact about the plan and ask what must be true in 90 days"
}

// targets are what the rebuild must reach, for the costliest risks that a team
// can do something about.
func (a *Account) targets(risks []advise.Risk, lead string) (out []task) {
	for _, r := range risks {
		for _, e := range r.Evidence {
			s := &a.Plan.Signals[e.Signal]
			if !s.Causable || s.Expands || len(out) == 3 {
				continue
			}
			best := a.ladder(e.Signal)[a.bestRung(e.Signal)].Label
			out = append(out, task{fmt.Sprintf("Bring %s from %s to %s", s.Label, a.level(e.Signal), best) + a.seatTarget(e.Signal), a.ownerOf(s.Name, lead)})
		}
	}
	return out
}

// renewal is the last phase.
func (a *Account) renewal(band *plan.Band, lead string) []task {
	goal := "the next better status"
	if text, after, ok := a.Advice.BundleText(a.Row); ok && text != "" {
		goal = fmt.Sprintf("%.1f, which the smallest set of changes reaches", float64(after)/10)
	}
	asOf := a.Now.View.AsOf
	terms, decision := "Agree on the terms of the renewal with the person who pays", "Ask for the decision and note it with its reasons"
	if a.decides() > asOf+Days { // the renewal is not this plan's
		terms, decision = "Agree with the person who pays on what the renewal will depend on", "Ask whether they would renew today and note the answer with its reasons"
	}
	if a.Shown.Deadline != day.None && a.Shown.Deadline > asOf {
		terms += ", who decides by " + words(a.Shown.Deadline)
	} else if a.Shown.Renewal != day.None && a.Shown.Renewal > asOf {
		terms += ", before the renewal on " + words(a.Shown.Renewal)
	}
	return []task{
		{fmt.Sprintf("Show what changed: the score against %.1f today, the goal is %s", a.Shown.Score.Value, goal), lead},
		{terms, a.ownerOf("payment", lead)},
		{decision, lead},
		{"Close the play: enter its outcome, saved or lost, so that the save rate learns from it", lead},
	}
}

// dated adds tasks evenly over a phase.
func (a *Account) dated(out []portfolio.PlanTask, p phase, tasks []task) []portfolio.PlanTask {
	asOf := a.Now.View.AsOf
	for k, t := range tasks {
		due := p.from + (p.to-p.from)*int32(k+1)/int32(len(tasks))
		if left := a.Shown.Deadline - asOf; p == phases[len(phases)-1] && k < len(tasks)-1 && a.Shown.Deadline != day.None && left > 0 {
			due = min(due, left) // the decision does not wait for the phase; closing the play does
		}
		out = append(out, portfolio.PlanTask{Phase: p.name, From: asOf + p.from, To: asOf + p.to, Task: t.text, Owner: t.owner, Due: asOf + due})
	}
	return out
}

// steps hands out the steps of the plays that answer an account's risks: the
// first of each play, most severe risk first, then the second of each.
type steps struct{ left []task }

// A risk that no play answers gives its signal's action, by lead, after those.
func (a *Account) steps(risks []advise.Risk, lead string) *steps {
	type answer struct {
		play *plan.Play
		why  string
	}
	var answers []answer
	var own []task
	seen := map[int]bool{}
	for _, r := range risks {
		for _, e := range r.Evidence {
			k := a.Advice.PlayAnswering(a.Row, e.Signal)
			if s := &a.Plan.Signals[e.Signal]; k < 0 && s.Causable && !s.Expands {
				own = append(own, task{strings.TrimSuffix(a.Advice.ActionOn(e.Signal), ".") + " (" + a.because(e) + ")", lead})
			}
			if k < 0 || seen[k] || a.Plan.Plays[k].Expands {
				continue
			}
			seen[k] = true
			answers = append(answers, answer{&a.Plan.Plays[k], a.because(e)})
		}
	}
	out := &steps{}
	for n := 0; ; n++ {
		some := false
		for _, x := range answers {
			if n < len(x.play.Steps) {
				some = true
				out.left = append(out.left, task{x.play.Steps[n] + " (" + x.why + ")", x.play.Owner})
			}
		}
		if !some {
			out.left = append(out.left, own...)
			return out
		}
	}
}

func (s *steps) next() (t task, ok bool) {
	if len(s.left) == 0 {
		return t, false
	}
	t, s.left = s.left[0], s.left[1:]
	return t, true
}

// because is the evidence for a step, with the number of open escalations.
func (a *Account) because(e advise.Evidence) string {
	text := e.Text
	if a.Plan.Signals[e.Signal].Name == "escalations" && a.Facts.Escalations > 0 {
		text = fmt.Sprintf("%d open", a.Facts.Escalations)
		if a.Facts.Escalations == 1 {
			text = "1 open"
		}
		text = "Escalations: " + text
	}
	if a.Plan.Signals[e.Signal].Name == "champion" && a.Facts.Gone != "" && a.word("champion") == "left" {
		text += ", " + a.Facts.Gone
	}
	if used, ok := a.seatsUsed(e.Signal); ok {
		text += fmt.Sprintf(", %s of %s", portfolio.Thousands(used), portfolio.Thousands(a.Facts.Seats))
	}
	return text
}

// pick fills a phase: its own tasks, then steps, then spare tasks.
func pick(own []task, next func() (task, bool), spare ...task) []task {
	out := own
	if len(out) > tasksEach {
		out = out[:tasksEach]
	}
	for len(out) < tasksEach {
		t, ok := next()
		if !ok {
			break
		}
		out = append(out, t)
	}
	for _, t := range spare {
		if len(out) < tasksEach {
			out = append(out, t)
		}
	}
	return out
}

// grow writes what is done about an account that is not at risk, by its own gaps:
// what sells more only where its status expands.
func (a *Account) grow(out *portfolio.SavePlan, band *plan.Band) {
	lead := a.statusOwner(band.Name)
	out.Headline = fmt.Sprintf("%s at %.1f: %s", band.Name, out.Score, strings.ToLower(band.Action))
	type group struct {
		name  string
		tasks []task
	}
	relation, risks := group{"Relationship", a.relationship(lead)}, group{"Risk mitigation", a.mitigation(lead)}
	groups := []group{risks, relation}
	if band.Expand {
		groups = []group{{"Expansion", a.expansion(lead)}, relation, risks}
	}
	length := int32(Days / len(groups))
	asOf := a.Now.View.AsOf
	for g, group := range groups {
		for k, t := range group.tasks {
			from, to := length*int32(g)+1, length*int32(g+1)
			due := from + (to-from)*int32(k+1)/int32(len(group.tasks))
			out.Tasks = append(out.Tasks, portfolio.PlanTask{Phase: group.name, From: asOf + from, To: asOf + to, Task: t.text, Owner: t.owner, Due: asOf + due})
		}
	}
}

// expansion is what sells more: the discussion that is open with its size, what
// is used to the full, and a reference.
func (a *Account) expansion(lead string) (out []task) {
	switch {
	case a.Facts.Discussions > 0 && !math.IsNaN(a.Facts.Expansion):
		out = append(out, task{fmt.Sprintf("Close the open expansion: %s %s in discussion", portfolio.Thousands(a.Facts.Expansion), a.Currency), a.ownerOf("growth", lead)})
	case a.word("growth") == "expansion in discussion":
		out = append(out, task{"Close the open expansion discussion", a.ownerOf("growth", lead)})
	default:
		out = append(out, task{a.actionOn("growth", "Open an expansion conversation around a goal of the customer's own."), a.ownerOf("growth", lead)})
	}
	if full := a.onBest("feature_adoption"); full != "" {
		out = append(out, task{"Propose the features of the next plan: " + full + " of today's are used", lead})
	} else if seats := a.onBest("activity"); seats != "" {
		out = append(out, task{"Propose more seats: " + seats + " of today's are active", lead})
	}
	if nps := a.onBest("nps"); nps != "" {
		out = append(out, task{"Ask for a reference or a case study (NPS " + nps + ")", lead})
	} else {
		out = append(out, task{"Ask for a reference or a case study after the next result", lead})
	}
	return out
}

// relationship deepens it.
func (a *Account) relationship(lead string) (out []task) {
	out = append(out, task{"Meet two more stakeholders in teams that use the product", lead})
	if a.onBest("sponsor") != "" {
		out = append(out, task{"Invite " + orWord(a.Facts.Sponsor, "the sponsor") + " to the advisory board", a.ownerOf("sponsor", lead)})
	} else {
		out = append(out, task{a.actionOn("sponsor", "Win an executive sponsor."), a.ownerOf("sponsor", lead)})
	}
	return append(out, task{"Offer early access to the next feature to " + orWord(a.Facts.Champion, "the champion"), lead})
}

// mitigation lowers the risks that the account has or would have.
func (a *Account) mitigation(lead string) (out []task) {
	for _, r := range a.Advice.RisksOf(a.Row) {
		if e := r.Evidence[0]; len(out) < 2 {
			out = append(out, task{strings.TrimSuffix(a.Advice.ActionOn(e.Signal), ".") + " (" + a.because(e) + ")", a.ownerOf(a.Plan.Signals[e.Signal].Name, lead)})
		}
	}
	if a.onBest("champion") != "" {
		out = append(out, task{"Build a backup for " + orWord(a.Facts.Champion, "the champion") + ": a second person who can tell the results", a.ownerOf("champion", lead)})
	}
	results := "Document the results so far against the customer's goals"
	if a.Shown.Renewal != day.None && a.Shown.Renewal > a.Now.View.AsOf {
		results += ", before the renewal on " + words(a.Shown.Renewal)
	}
	out = append(out, task{results, lead})
	if fall := a.Advice.FallText(a.Row); fall != "" {
		out = append(out, task{"Watch what would cost the status: " + fall, lead})
	}
	return out
}

// chance is how likely a save is: the observed rate of the status once enough
// closed saves are on record, else the planning assumption.
func (a *Account) chance() portfolio.Chance {
	band := a.Now.Result.Band(a.Row).Name
	if s := a.Saves; s != nil && int(s.Closed) >= a.Plan.Saves.From {
		for _, r := range s.ByStatus {
			if r.Of == band {
				return portfolio.Chance{
					Share: r.Rate, Low: r.Low, High: r.High,
					Sentence: fmt.Sprintf("of %d closed saves that began in %s %d succeeded: %.0f%% (95%% interval %.0f%% to %.0f%%)", r.N, band, r.Hits, r.Rate.Value*100, r.Low*100, r.High*100),
				}
			}
		}
		return portfolio.Chance{Sentence: "no closed save that began in " + band + " is on record"}
	}
	p, ok := Assumption(a.Plan, a.Now, a.Row)
	if !ok {
		return portfolio.Chance{Sentence: "the framework states no planning figures"}
	}
	closed := int64(0)
	if a.Saves != nil {
		closed = a.Saves.Closed
	}
	return portfolio.Chance{
		Share: portfolio.Amount(p), Assumed: true,
		Sentence: fmt.Sprintf("%.0f%%, a planning assumption with n = 0: it is replaced by the observed rate from %d closed saves on (%d so far)", p*100, a.Plan.Saves.From, closed),
	}
}

// Assumption is the planning assumption of a save: the framework's figure for
// each pillar, weighted by what the pillar costs, weight * (100 - score), rounded
// to the framework's step. ok is false without planning figures or losses.
func Assumption(p *plan.Plan, now portfolio.Scored, row int) (share float64, ok bool) {
	if p.Saves.Planning == nil {
		return 0, false
	}
	var sum, weight float64
	rules := &p.Rules[now.Result.Rules[row]]
	for k := range p.Pillars {
		v := now.Result.Pillars[k][row]
		if math.IsNaN(v) {
			continue
		}
		w := rules.Weights[k] * (100 - v)
		sum += float64(w * p.Saves.Planning[k])
		weight += w
	}
	if weight <= 0 {
		return 0, false
	}
	step := p.Saves.Step
	return math.Round(plan.Round9(sum/weight)/step) * step, true
}
