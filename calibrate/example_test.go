package calibrate_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"accounthealth/calibrate"
)

// Two pillars with equal weights, of which only the first foretells churn.
func ExampleRun() {
	rng := rand.New(rand.NewPCG(1, 1))
	s := calibrate.Sample{
		Pillars: []string{"product", "support"},
		Weights: []float64{.5, .5},
		X:       make([][]float64, 2),
	}
	for account := range int32(1500) {
		product, support := 100*rng.Float64(), 100*rng.Float64()
		s.X[0], s.X[1] = append(s.X[0], product), append(s.X[1], support)
		s.Y = append(s.Y, rng.Float64() < .4-.4*product/100)
		s.Account = append(s.Account, account)
	}
	r, err := calibrate.Run(context.Background(), s, calibrate.Options{Seed: 1, Replicates: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Decision.Words)
	for _, g := range r.Decision.Gates {
		fmt.Println(g.Number, g.Name, g.Passed)
	}
	// Output:
	// Propose new weights: product 50% to 60%, support 50% to 40%.
	// 1 enough data true
	// 2 the current weights are contradicted true
	// 3 better on accounts not seen true
	// 4 large enough to matter true
	// 5 the portfolio is still like the sample true
}
