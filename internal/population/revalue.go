package population

import "math"

// Leaving returns the loss that puts an account in notice on a day and the last
// day of its service; the loss is zero and the day NoDay where it is not in
// notice.
func (t *Table) Leaving(i int, asOf int32) (l Loss, end int32) {
	loss, ended := t.loss(i, asOf)
	if loss == nil || ended {
		return Loss{Event: NoDay, End: NoDay}, NoDay
	}
	return *loss, t.endOf(i, loss)
}

// Revalued returns the ARR of a past view at other exchange rates than those the
// table was read with: term by term where terms were live, by the account's
// currency elsewhere. It is NaN where a currency has no such rate, or the ARR is
// unknown.
func (t *Table) Revalued(v *View, rates map[string]float64) []float64 {
	other := t.settings
	other.Rates = rates
	factor := func(currency string) float64 { return other.rate(currency) / t.settings.rate(currency) }
	out := make([]float64, len(v.ARR))
	for i, arr := range v.ARR {
		var cents int64
		live := false
		for _, x := range t.terms(i) {
			if !x.live(v.AsOf) {
				continue
			}
			live = true
			f := factor(x.Currency) * x.ARR
			if math.IsNaN(f) {
				cents, arr = 0, math.NaN()
				break
			}
			cents += int64(math.Round(f * 100))
		}
		switch {
		case math.IsNaN(arr):
			out[i] = arr
		case live:
			out[i] = float64(cents) / 100
		default:
			out[i] = arr * factor(t.Currency[i])
		}
	}
	return out
}
