package calibrate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A map says nothing beyond the scores that enough rows had, and is certain of
// nothing, however many rows score 0 or 100.
func TestScoreMapHoldsItsEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	score, churned := make([]float64, 6000), make([]bool, 6000)
	for i := range score {
		switch {
		case i < 3:
			score[i] = float64(i) // lost, and nobody else is near
			churned[i] = true
		case i < 500:
			score[i] = 100
		default:
			score[i] = math.Round(min(99, max(20, 70+15*r.NormFloat64())))
			churned[i] = r.Float64() < 1/(1+math.Exp(-(1-0.07*score[i])))
		}
	}
	for _, m := range mapMethods {
		t.Run(m.name, func(t *testing.T) {
			got, why := fitMap(m.name, score, churned)
			if why != "" {
				t.Fatal(why)
			}
			if got.From < 20 || got.From > 45 || got.To != 100 {
				t.Errorf("the map reaches from %v to %v", got.From, got.To)
			}
			low, high := got.P(0), got.P(100)
			if low != got.P(got.From) {
				t.Errorf("a score of 0 gets %v, the lowest supported one %v", low, got.P(got.From))
			}
			// Of the rows around the lowest supported score about a quarter are lost.
			if low > 0.45 || high <= 1e-6 || high > 0.01 {
				t.Errorf("the ends are %v and %v", low, high)
			}
		})
	}
	// One row is as far as it goes.
	if from, to := supported([]float64{40}); from != 40 || to != 40 {
		t.Errorf("%v to %v", from, to)
	}
}
