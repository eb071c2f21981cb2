package form

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"accounthealth/internal/advise"
	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/explain"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/saveplan"
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

	earlier []*Assessed
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
func (a *Assessed) Release() {
	a.Now.Signals.Release()
	for _, e := range a.earlier {
		e.Release()
	}
}

// Explain returns what the forms are explained from. earlier describes the first
// form's account on days before, in any order: the newest is the previous review,
// and what moved the score is told since each.
func (a *Assessed) Explain(p *plan.Plan, earlier []*Form) (*explain.Source, error) {
	s := &explain.Source{
		Now: a.Now, Rows: a.Rows, Advice: a.Advice, Currency: a.Forms[0].Currency,
		Note: func(row, sig int) string { return a.Forms[row].Notes[sig] },
	}
	earlier = slices.Clone(earlier)
	slices.SortStableFunc(earlier, func(x, y *Form) int { return cmp.Compare(y.AsOf, x.AsOf) })
	for i, f := range earlier {
		if f.AsOf >= a.Now.View.AsOf {
			return nil, diag.Errorf(diag.Config, f.Account+" as of "+day.Format(f.AsOf), "give forms with an earlier as_of", "an earlier form is not before %s", day.Format(a.Now.View.AsOf))
		}
		if i > 0 && f.AsOf == earlier[i-1].AsOf {
			return nil, diag.Errorf(diag.Config, f.Account+" as of "+day.Format(f.AsOf), "give one form a day", "two earlier forms are of the same day")
		}
		was, err := Assess(p, []*Form{f})
		if err != nil {
			return nil, err
		}
		a.earlier = append(a.earlier, was)
		path, err := a.since(p, was)
		if err != nil {
			return nil, err
		}
		s.Changes = append(s.Changes, explain.Change{From: was.Now, Path: path, Basis: explain.Form})
		s.Days = append([]portfolio.Scored{was.Now}, s.Days...)
	}
	if len(s.Changes) > 0 {
		a.Rows = portfolio.NewRows(p, a.Table, a.Now, &s.Changes[0].From, nil, a.Advice)
		s.Rows = a.Rows
	}
	return s, nil
}

// Plan writes the plan of a form's account for the next 90 days; ok is false where
// it is not scored. A note beside the escalations that begins with a number says
// how many are open.
func (a *Assessed) Plan(p *plan.Plan, row int) (out portfolio.SavePlan, ok bool) {
	account := saveplan.Account{
		Plan: p, Table: a.Table, Now: a.Now, Advice: a.Advice, Row: row, Currency: a.Forms[row].Currency,
		Facts: saveplan.NoFacts(),
	}
	for i := range p.Signals {
		if p.Signals[i].Name == "escalations" {
			number, _, _ := strings.Cut(a.Forms[row].Notes[i], " ")
			if n, err := strconv.Atoi(number); err == nil && n > 0 {
				account.Facts.Escalations = n
			}
		}
	}
	a.Rows.Of(row, &account.Shown)
	return saveplan.For(account)
}

// since leads from an earlier form to the first one. Both are under one framework,
// and nothing is set by hand.
func (a *Assessed) since(p *plan.Plan, was *Assessed) (*compare.Path, error) {
	if len(a.Forms) != 1 {
		return nil, diag.Errorf(diag.Internal, "form", "assess one form", "a change is that of one account")
	}
	scorer, err := score.New(p)
	if err != nil {
		return nil, err
	}
	old, now := compare.Values{Signals: was.Now.Signals}, compare.Values{Signals: a.Now.Signals}
	return compare.Between(scorer, score.RowsOf(p, a.Table, a.Now.View), was.Now.Result, a.Now.Result, old, now)
}
