package assess

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestAgainstPairs compares the linear-time measures with their definitions
// over all pairs, on small columns full of ties.
func TestAgainstPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	for range 200 {
		n := 2 + rng.IntN(30)
		x, y, w := make([]float64, n), make([]bool, n), make([]float64, n)
		stratum := make([]int32, n)
		for i := range x {
			x[i], y[i], w[i], stratum[i] = float64(rng.IntN(6)), rng.IntN(3) == 0, float64(rng.IntN(4)), int32(rng.IntN(3))
		}
		pairs := func(use func(i, j int) float64) (won, all float64) {
			for i := range x {
				for j := range x {
					if !y[i] || y[j] {
						continue
					}
					u := use(i, j)
					all += u
					if x[i] < x[j] {
						won += u
					} else if x[i] == x[j] {
						won += u / 2
					}
				}
			}
			return won, all
		}
		same := func(what string, got Number, won, all float64) {
			if got.OK != (all > 0) {
				t.Fatalf("%s: ok = %v with pair weight %v", what, got.OK, all)
			}
			if got.OK && math.Abs(got.Value-won/all) > 1e-12 {
				t.Fatalf("%s = %v, by pairs %v", what, got.Value, won/all)
			}
		}
		won, all := pairs(func(i, j int) float64 { return 1 })
		same("AUC", AUC(x, y), won, all)
		won, all = pairs(func(i, j int) float64 { return w[i] * w[j] })
		same("weighted AUC", WeightedAUC(x, y, w), won, all)
		won, all = pairs(func(i, j int) float64 {
			if stratum[i] != stratum[j] {
				return 0
			}
			return 1
		})
		e := StratifiedAUC(x, y, Strata{Stratum: stratum})
		same("stratified AUC", Number{Value: e.Value, OK: e.OK}, won, all)

		z := indicator(y)
		var balance, tiedX, tiedY, n0 float64
		for i := range x {
			for j := range i {
				n0++
				balance += sign(x[i]-x[j]) * sign(z[i]-z[j])
				tiedX += 1 - math.Abs(sign(x[i]-x[j]))
				tiedY += 1 - math.Abs(sign(z[i]-z[j]))
			}
		}
		denominator := math.Sqrt((n0 - tiedX) * (n0 - tiedY))
		same("tau-b", KendallTauB(x, z).Number(), balance, denominator)
		same("tau-b by AUC", Rank(x).TauB(y), balance, denominator)
		if a, b := Spearman(x, z), Rank(x).Spearman(y); a.OK != b.OK || math.Abs(a.R-b.R) > 1e-12 || math.Abs(a.P-b.P) > 1e-9 {
			t.Fatalf("Spearman %+v, ranked %+v", a, b)
		}
	}
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// TestClusteredEqualsDeLong: with one row per cluster Obuchowski's variance is
// DeLong's; repeating every row in its cluster leaves the area and widens the
// interval that independence would have narrowed.
func TestClusteredEqualsDeLong(t *testing.T) {
	x := []float64{1, 5, 2, 8, 4, 4, 9, 3, 7, 6}
	y := []bool{true, false, true, false, true, false, false, true, false, false}
	ids := []int32{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
	d, o := DeLong(y, x), Obuchowski(y, ids, x)
	if math.Abs(d.Cov[0][0]-o.Cov[0][0]) > 1e-15 {
		t.Errorf("variance: DeLong %v, Obuchowski %v", d.Cov[0][0], o.Cov[0][0])
	}
	twice := Obuchowski(slices.Concat(y, y), slices.Concat(ids, ids), slices.Concat(x, x))
	if math.Abs(twice.Value[0]-d.Value[0]) > 1e-15 {
		t.Errorf("AUC changed from %v to %v", d.Value[0], twice.Value[0])
	}
	if r := twice.Cov[0][0] / o.Cov[0][0]; math.Abs(r-1) > 1e-12 {
		t.Errorf("doubling rows within clusters changed the variance by a factor %v", r)
	}
}

// TestUndefined: bad or degenerate input is refused in words and never becomes
// NaN, which encoding/json would not accept.
func TestUndefined(t *testing.T) {
	nan := math.NaN()
	cases := []struct {
		name string
		x    []float64
		y    []bool
	}{
		{"empty", nil, nil},
		{"ragged", []float64{1, 2}, []bool{true}},
		{"one row", []float64{1}, []bool{true}},
		{"no churn", []float64{1, 2, 3}, []bool{false, false, false}},
		{"all churn", []float64{1, 2, 3}, []bool{true, true, true}},
		{"constant", []float64{5, 5, 5, 5}, []bool{true, false, true, false}},
		{"missing", []float64{1, nan, 3}, []bool{true, false, true}},
		{"infinite", []float64{1, math.Inf(1), 3}, []bool{true, false, true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := Rank(c.x)
			ids := make([]int32, len(c.x))
			d := DeLong(c.y, c.x, c.x)
			diff, test := d.Difference(0, 1)
			figures := []any{
				PointBiserial(c.x, c.y), Spearman(c.x, indicator(c.y)), KendallTauB(c.x, indicator(c.y)),
				AUC(c.x, c.y), r.MannWhitney(c.y), r.KS(c.y), r.AveragePrecision(c.y), r.Deciles(c.y, nil),
				r.IsotonicRates(c.y), d.Estimate(0), diff, test, d.AgainstChance(0, c.y), d.AgainstChance(5, c.y),
				Obuchowski(c.y, ids, c.x).Estimate(0), StratifiedAUC(c.x, c.y, Strata{Cluster: ids}),
				WeightedAUC(c.x, c.y, make([]float64, len(c.x))),
				InformationValue(c.x, c.y, Tenths()), InformationValue(c.x, c.y, nil), VIF([][]float64{c.x, c.x}),
				ConditionNumber([][]float64{c.x, c.x}), Brier(c.x, c.y, nil), LogLoss(c.x, c.y, nil), Calibrate(c.x, c.y),
				PSI(Histogram(c.x, Tenths()), nil), Quantile(c.x, 2), CochranArmitage([]int{0}, []int{len(c.y)}),
			}
			for i, f := range figures {
				if b, err := json.Marshal(f); err != nil {
					t.Errorf("figure %d: %+v: %v", i, f, err)
				} else if strings.Contains(string(b), `"ok":false`) && !strings.Contains(string(b), `"why":"`) {
					t.Errorf("figure %d is undefined without a reason: %s", i, b)
				}
			}
			if got := AUC(c.x, c.y); got.OK != (c.name == "constant") {
				t.Errorf("AUC = %+v", got)
			}
		})
	}
}

// TestCalibrateRefusesSeparation: a slope that runs off to infinity is no slope.
func TestCalibrateRefusesSeparation(t *testing.T) {
	line := Calibrate([]float64{.1, .2, .8, .9}, []bool{false, false, true, true})
	if line.Slope.OK || !line.InTheLarge.OK || !line.Ratio.OK {
		t.Errorf("%+v", line)
	}
	if line := Calibrate([]float64{.3, .3, .3, .3}, []bool{false, false, true, false}); line.Slope.OK {
		t.Errorf("one probability has a slope: %+v", line)
	}
}

// TestInputsAreNotModified: no measure sorts its caller's slice.
func TestInputsAreNotModified(t *testing.T) {
	x, y := []float64{3, 1, 2, 2}, []bool{true, false, false, true}
	p := []float64{.5, .01}
	cx, cp := slices.Clone(x), slices.Clone(p)
	Rank(x).KS(y)
	KendallTauB(x, indicator(y))
	StratifiedAUC(x, y, Strata{Stratum: []int32{1, 0, 1, 0}})
	BenjaminiHochberg(p)
	Holm(p)
	PoolAdjacentViolators(x, nil)
	if !slices.Equal(x, cx) || !slices.Equal(p, cp) {
		t.Error("an input was modified")
	}
}
