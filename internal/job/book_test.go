package job

import (
	"testing"

	"accounthealth/calibrate"
	"accounthealth/calibrate/assess"
	"accounthealth/internal/portfolio"
	"accounthealth/reports"
)

// Where the claim gate leaves the order alone, the book has the counts of each status
// and the base rate, and no rate of a status.
func TestRatesOfTheBookFollowTheClaimGate(t *testing.T) {
	c := &calibrate.Result{Statuses: calibrate.Statuses{
		OK: true, Base: assess.Wilson(9, 90),
		Rows: []calibrate.Status{
			{Label: "red", Rate: assess.Wilson(8, 20), Lift: assess.Defined(4)},
			{Label: "green", Rate: assess.Wilson(1, 70), Lift: assess.Defined(.1)},
		},
	}}
	for _, said := range []bool{false, true} {
		if c.Claim.Level = calibrate.OrderOnly; said {
			c.Claim.Level = calibrate.ObservedRates
		}
		b := &reports.CalibrationBook{}
		rates(b, c)
		for k, want := range []portfolio.Figure{{Num: 1, Den: 70}, {Num: 8, Den: 20}} {
			r := b.Rates[k]
			if r.Rate.Num != want.Num || r.Rate.Den != want.Den || r.Rate.Defined != said || r.Low.Defined != said || r.High.Defined != said || r.Lift.Defined != said || !said && r.Rate.Value != 0 {
				t.Errorf("rates said %v: %+v", said, r)
			}
		}
		if !b.Base.Rate.Defined {
			t.Errorf("the base rate is always said: %+v", b.Base)
		}
	}
}
