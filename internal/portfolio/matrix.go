package portfolio

import (
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
)

// matrix counts the accounts that pay by risk and opportunity; nil where the
// framework has none.
func (r *Rows) matrix() *Matrix {
	m := r.plan.Matrix
	if m == nil {
		return nil
	}
	var accounts [plan.Grades][plan.Grades]int64
	var arr [plan.Grades][plan.Grades]cents
	var unplaced cents
	out := &Matrix{}
	for _, i := range r.order {
		v := r.now.View.ARR[i]
		risk, opportunity, ok := r.advice.Place(int(i))
		if !ok {
			out.Unplaced++
			unplaced.add(v)
			continue
		}
		accounts[risk][opportunity]++
		arr[risk][opportunity].add(v)
	}
	out.UnplacedARR = unplaced.float()
	for risk := int(plan.HighGrade); risk >= 0; risk-- {
		name := plan.Grade(risk).String()
		out.Grades = append(out.Grades, name)
		if test := m.Risk[risk]; risk > 0 {
			text := strings.Join(test.Statuses, ", ")
			if test.Severity > plan.None {
				if text != "" {
					text += "; or "
				}
				text += "a risk of severity " + test.Severity.String() + " or more"
			}
			out.Risk = append(out.Risk, Term{name, text})
			var any []string
			for _, c := range m.Opportunity[risk] {
				any = append(any, c.Text)
			}
			out.Opportunity = append(out.Opportunity, Term{name, strings.Join(any, "; or ")})
		}
		for opportunity := int(plan.HighGrade); opportunity >= 0; opportunity-- {
			play := &r.plan.Plays[m.Cells[risk][opportunity]]
			out.Cells = append(out.Cells, MatrixCell{
				Risk: name, Opportunity: plan.Grade(opportunity).String(), Play: play.Label, Owner: play.Owner, Days: play.Days,
				Accounts: accounts[risk][opportunity], ARR: arr[risk][opportunity].float(),
			})
		}
	}
	return out
}

// plays lists the play cards with the accounts whose next play each is.
func (r *Rows) plays() []PlayCard {
	p := r.plan
	out := make([]PlayCard, len(p.Plays))
	arr := make([]cents, len(p.Plays))
	for _, i := range r.order {
		if k := r.advice.PlayOf(int(i)); k >= 0 {
			out[k].Accounts++
			arr[k].add(r.now.View.ARR[i])
		}
	}
	for k := range p.Plays {
		c := &p.Plays[k]
		card := PlayCard{
			Name: c.Name, Label: c.Label, Trigger: c.Trigger, Answers: answers(p, k), Owner: c.Owner, Days: c.Days,
			Steps: c.Steps, Assets: c.Assets, KPI: c.KPI, Expands: c.Expands, Money: c.Money,
			Accounts: out[k].Accounts, ARR: arr[k].float(),
		}
		if card.Trigger == "" {
			card.Trigger = card.Answers
		}
		out[k] = card
	}
	return out
}

// answers says what a play is for.
func answers(p *plan.Plan, k int) string {
	var parts []string
	c := &p.Plays[k]
	for i := range p.Signals {
		if p.Signals[i].Name == c.Signal {
			parts = append(parts, p.Signals[i].Label)
		}
	}
	if c.Status != "" {
		parts = append(parts, c.Status)
	}
	if m := p.Matrix; m != nil {
		for risk := range plan.Grade(plan.Grades) {
			for opportunity := range plan.Grade(plan.Grades) {
				if m.Cells[risk][opportunity] == k {
					parts = append(parts, risk.String()+" risk with "+opportunity.String()+" opportunity")
				}
			}
		}
	}
	if p.Alerts != nil {
		for _, rule := range p.Alerts.Rules {
			if rule.Play == k {
				parts = append(parts, "alert: "+rule.Label)
			}
		}
	}
	return strings.Join(parts, "; ")
}

// cadence lists the recurring reviews as of a day. What runs do is done by the run
// of that day. A review without a recorded day is due on the last day of the
// current period.
func cadence(p *plan.Plan, asOf int32) []CadenceRow {
	var out []CadenceRow
	for _, review := range p.Cadence {
		row := CadenceRow{Label: review.Label, Every: review.Every.String(), Owner: review.Owner, What: review.What, LastDone: NoDay}
		switch {
		case review.ByRun:
			row.LastDone = asOf // this run
		case review.HasDone:
			row.LastDone = review.LastDone
		}
		if row.LastDone == NoDay {
			row.NextDue = periodEnd(review.Every, asOf)
		} else {
			row.NextDue = after(review.Every, row.LastDone)
		}
		row.Overdue = row.NextDue < asOf
		out = append(out, row)
	}
	return out
}

// after is a period after a day; a month-end stays a month-end.
func after(every plan.Rhythm, d int32) int32 {
	months := map[plan.Rhythm]int{plan.Monthly: 1, plan.Quarterly: 3, plan.Yearly: 12}[every]
	if months == 0 {
		return d + 7
	}
	next := day.AddMonths(d, months)
	if d == day.MonthEnd(d) {
		return day.MonthEnd(next)
	}
	return next
}

// periodEnd is the last day of the week (Sunday), month, quarter or year of a day.
func periodEnd(every plan.Rhythm, d int32) int32 {
	switch every {
	case plan.Weekly:
		return d + (7-int32(day.Time(d).Weekday()))%7
	case plan.Monthly:
		return day.MonthEnd(d)
	case plan.Quarterly:
		return day.QuarterEnd(d)
	}
	return day.Of(day.Time(d).Year(), 12, 31)
}
