package portfolio

import (
	"fmt"
	"math"
	"testing"

	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
)

// An ARR that nobody knows is no 0, and no change is measured from or to it.
func TestBandsOfUnknownARR(t *testing.T) {
	p := &plan.Plan{Rules: []plan.Rules{{Bands: []plan.Band{{Name: "Good", Min: 50}, {Name: "Bad"}}}}}
	nan := math.NaN()
	scored := func(arr ...float64) Scored {
		n := len(arr)
		return Scored{
			View:   &population.View{Class: make([]population.Class, n), ARR: arr},
			Result: &score.Result{Plan: p, Rules: make([]uint8, n), Status: []int8{0, 0, 1}[:n], Tenths: make([]int32, n)},
		}
	}
	for _, c := range []struct {
		now, prior []float64
		want       string
	}{
		{[]float64{nan, nan, nan}, []float64{10, 20, 30}, "[{Good 0 true {30 true} {0 false}} {Bad 0 true {30 true} {0 false}} {All scored accounts 0 true {60 true} {0 false}}]"},
		{[]float64{10, 20, 5}, []float64{nan, nan, nan}, "[{Good 30 false {0 false} {0 false}} {Bad 5 false {0 false} {0 false}} {All scored accounts 35 false {0 false} {0 false}}]"},
		{[]float64{10, 20, 5}, []float64{10, 10, 30}, "[{Good 30 false {20 true} {10 true}} {Bad 5 false {30 true} {-25 true}} {All scored accounts 35 false {50 true} {-15 true}}]"},
		{[]float64{0, 20, nan}, []float64{10, 10, 30}, "[{Good 20 false {20 true} {0 false}} {Bad 0 true {30 true} {0 false}} {All scored accounts 20 false {50 true} {0 false}}]"},
	} {
		prior := scored(c.prior...)
		rows, total := bands(Input{Plan: p, Now: scored(c.now...), Prior: &prior})
		type figure struct {
			v  float64
			ok bool
		}
		type line struct {
			band         string
			arr          float64
			none         bool
			prior, delta figure
		}
		var got []line
		for _, b := range append(rows, total) {
			got = append(got, line{b.Band, b.ARR, b.NoARR, figure{b.PriorARR.Value, b.PriorARR.Defined}, figure{b.DeltaARR.Value, b.DeltaARR.Defined}})
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("now %v, before %v:\n got %v\nwant %s", c.now, c.prior, got, c.want)
		}
	}
	if k := Classes(&population.Table{}, scored(nan, nan, 5))[0]; k.Accounts != 3 || k.NoARR || k.ARR != 5 {
		t.Errorf("%+v", k)
	}
	if k := Classes(&population.Table{}, scored(nan, nan)); !k[0].NoARR || k[1].NoARR {
		t.Errorf("%+v", k)
	}
}
