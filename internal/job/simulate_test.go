package job

import (
	"math"
	"slices"
	"testing"
)

// Weights that are not named share the rest in their old proportions.
func TestReweighed(t *testing.T) {
	pillars, now := []string{"product", "support", "financial", "relationship"}, []float64{.30, .20, .25, .25}
	for _, c := range []struct {
		named map[string]float64
		want  []float64
	}{
		{nil, now},
		{map[string]float64{"support": .15}, []float64{.31875, .15, .265625, .265625}},
		{map[string]float64{"support": .0, "product": .5}, []float64{.5, 0, .25, .25}},
		{map[string]float64{"product": 1}, []float64{1, 0, 0, 0}},
		{map[string]float64{"product": .4, "support": .3, "financial": .2, "relationship": .1}, []float64{.4, .3, .2, .1}},
	} {
		got, err := Reweighed(pillars, now, c.named)
		if err != nil || !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("%v: %v, %v", c.named, got, err)
		}
	}
	for name, named := range map[string]map[string]float64{
		"unknown":  {"price": .1},
		"over 1":   {"product": .8, "support": .3},
		"negative": {"product": -.1},
		"no sum":   {"product": .4, "support": .3, "financial": .2, "relationship": .2},
	} {
		if got, err := Reweighed(pillars, now, named); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got, err := Reweighed(pillars, []float64{1, 0, 0, 0}, map[string]float64{"product": .5}); err == nil {
		t.Errorf("nothing to share in proportion: %v", got)
	}
	named := map[string]float64{"support": .15}
	w, _ := Reweighed(pillars, now, named)
	if got := writable(w, pillars, named); !slices.Equal(got, []float64{.31875, .15, .265625, .265625}) {
		t.Errorf("%v", got)
	}
}
