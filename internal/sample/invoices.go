package sample

import (
	"fmt"
	"math"

	"accounthealth/internal/day"
)

// invoice is one row of the invoices source.
type invoice struct {
	id        string
	due, paid int32
	amount    int64
}

// measurePayment draws the invoices that fell due in the model's time, one a
// month: long contracts are paid by the month here too. How late the money comes
// follows the financial latent.
func (w *world) measurePayment(a *account) {
	if len(a.terms) == 0 {
		return
	}
	r := w.generator(forInvoices, a.number)
	mood := newDrift(r, .20, .93)
	number := 0
	for due := w.firstDue(a.start); due <= w.last+25; due = day.AddMonths(due, 1) {
		for range 4 {
			mood.step(r)
		}
		billed := due - 14
		if billed < a.start || !a.served(billed) || billed > w.last {
			continue
		}
		amount := a.paying(billed) / 12
		if amount == 0 {
			continue
		}
		number++
		x := a.health[financial][w.week(due)] + mood.x
		late := -float64(between(r, 0, 12))
		switch {
		case x < overdueBelow:
			late = 75 + 60*r.Float64()
		case x < lateBelow:
			late = 26 + 30*(lateBelow-x)/(lateBelow-overdueBelow) + 4*r.NormFloat64()
		case chance(r, .08):
			late = float64(between(r, 2, 9))
		}
		paid := due + int32(math.Round(late))
		if paid > w.last {
			paid = none
		}
		a.invoices = append(a.invoices, invoice{id: fmt.Sprintf("I%s-%04d", a.id, number), due: due, paid: paid, amount: amount})
	}
	for i := len(a.invoices) - 1; i >= 0 && i >= len(a.invoices)-4; i-- {
		if v := a.invoices[i]; v.paid == none && w.last-v.due > 60 && chance(r, .15) {
			a.legal = true
		}
	}
}

// firstDue is the first monthly due day of the model's time: the day of the
// month on which the account began.
func (w *world) firstDue(start int32) int32 {
	first := day.Time(w.first)
	return day.Of(first.Year(), first.Month(), day.Time(start).Day())
}
