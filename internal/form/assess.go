package form

import (
	"strconv"

	"accounthealth/internal/advise"
	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// Assessed are forms with everything that their scores say; rows are forms.
type Assessed struct {
	Forms  []*Form
	Table  *population.Table
	Now    portfolio.Scored
	Advice *advise.Advice
	Rows   *portfolio.Rows
}

// onboardingMonths is the tenure below which an account is onboarding: 90 days,
// as settings have it where they say nothing else.
const onboardingMonths = 3

// Assess scores forms that were read for plan p, as of the first form's day, and
// advises on them. There is no earlier score to compare with.
func Assess(p *plan.Plan, forms []*Form) (*Assessed, error) {
	n := len(forms)
	a := &Assessed{Forms: forms, Table: &population.Table{}}
	view := &population.View{}
	t := a.Table
	for i, f := range forms {
		if i == 0 {
			view.AsOf = f.AsOf
		}
		t.ID = append(t.ID, strconv.Itoa(i+1))
		t.Name, t.Segment, t.Tier, t.Owner = append(t.Name, f.Account), append(t.Segment, f.Segment), append(t.Tier, f.Tier), append(t.Owner, f.Owner)
		t.Currency = append(t.Currency, f.Currency)
		class, deadline := population.Customer, day.None
		if f.TenureMonths >= 0 && f.TenureMonths < onboardingMonths {
			class = population.Onboarding
		}
		if f.Renewal != day.None {
			deadline = f.Renewal - f.NoticeDays
		}
		view.Class, view.ARR = append(view.Class, class), append(view.ARR, f.ARR)
		view.TenureMonths = append(view.TenureMonths, f.TenureMonths)
		view.Renewal, view.Deadline = append(view.Renewal, f.Renewal), append(view.Deadline, deadline)
		t.ARRToday, t.Start, t.Renewal = append(t.ARRToday, f.ARR), append(t.Start, day.None), append(t.Renewal, f.Renewal)
	}
	none := make([]string, n)
	t.Parent, t.CRMID, t.Industry, t.Region, t.OwnerEmail, t.Stage = none, none, none, none, none, none
	t.Notice, t.Products = make([]int32, n), make([]int32, n)
	t.Strategic, t.Legal, t.Merger = make([]bool, n), make([]bool, n), make([]bool, n)

	scorer, err := score.New(p)
	if err != nil {
		return nil, err
	}
	a.Now = portfolio.Scored{View: view, Signals: signal.FromGiven(p, view.AsOf, n, nil, func(row, sig int) signal.Given { return forms[row].Values[sig] })}
	if a.Now.Result, err = scorer.Score(a.Now.Signals, score.RowsOf(p, t, view)); err != nil {
		a.Release()
		return nil, err
	}
	if a.Advice, err = advise.Advise(p, a.Now.Signals, a.Now.Result, view); err != nil {
		a.Release()
		return nil, err
	}
	a.Rows = portfolio.NewRows(p, t, a.Now, nil, nil, a.Advice)
	return a, nil
}

// Release frees the memory behind the scores.
func (a *Assessed) Release() { a.Now.Signals.Release() }
