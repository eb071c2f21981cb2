package quality

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"accounthealth/calibrate/assess"
	"accounthealth/internal/portfolio"
)

func sketchOf(values ...float64) *sketch {
	s := &sketch{}
	for _, x := range values {
		s.add(x)
	}
	return s
}

func TestDecilesByNearestRank(t *testing.T) {
	var hundred []float64
	for i := range 100 {
		hundred = append(hundred, float64(i+1))
	}
	for _, c := range []struct {
		values, want []float64
	}{
		{nil, nil},
		{[]float64{7}, []float64{7, 7, 7, 7, 7, 7, 7, 7, 7}},
		// Rank ceil(k*100/10) = 10k of 1..100.
		{hundred, []float64{10, 20, 30, 40, 50, 60, 70, 80, 90}},
		// Four values: ranks 1, 1, 2, 2, 2, 3, 3, 4, 4.
		{[]float64{3, -5, 0, 200}, []float64{-5, -5, 0, 0, 0, 3, 3, 200, 200}},
	} {
		if got := sketchOf(c.values...).deciles(); !slices.Equal(got, c.want) {
			t.Errorf("deciles of %v = %v, want %v", c.values, got, c.want)
		}
	}
}

// Values are known to within a 128th, whatever their size and order.
func TestSketchIsCloseAndWithoutOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 5000)
	for i := range values {
		values[i] = math.Exp(3*r.NormFloat64()) * float64(2*r.IntN(2)-1)
	}
	s := sketchOf(values...)
	shuffled := slices.Clone(values)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if other := sketchOf(shuffled...); !reflect.DeepEqual(s, other) {
		t.Error("the order of values changes the sketch")
	}
	slices.Sort(values)
	for k, got := range s.deciles() {
		want := values[(k+1)*len(values)/10-1]
		if math.Abs(got-want) > math.Abs(want)/128 {
			t.Errorf("decile %d = %v, want %v", k+1, got, want)
		}
	}
}

// Against the values 1 to 100, whose deciles hold 10 each, twice 1 to 50 puts 20
// into each of the five lower bins and 0 into the others. With 0.5 added to every
// bin (shares of 105): 5 (20.5-10.5)/105 ln(20.5/10.5) + 5 (0.5-10.5)/105
// ln(0.5/10.5) = 0.31859 + 1.44977.
func TestPSIOverOwnDeciles(t *testing.T) {
	then, now := &sketch{}, &sketch{}
	for i := range 100 {
		then.add(float64(i + 1))
		now.add(float64(i/2 + 1))
	}
	edges := slices.Compact(then.deciles())
	var total int64
	e, a := counts(then.bins(edges), &total), counts(now.bins(edges), &total)
	if want := []int{20, 20, 20, 20, 20, 0, 0, 0, 0, 0}; !slices.Equal(a, want) {
		t.Fatalf("bins %v, want %v", a, want)
	}
	if psi := assess.PSI(e, a); !psi.OK || math.Abs(psi.Value-1.76837) > 1e-5 {
		t.Errorf("PSI %v, want 1.76837", psi.Value)
	}
}

func TestBinsCloseOnTheirUpperEdge(t *testing.T) {
	got := sketchOf(0, 0, 1, 2, 3).bins([]float64{0, 2})
	want := []portfolio.Bin{{Upto: 0, Rows: 2}, {Upto: 2, Rows: 2}, {Upto: math.Inf(1), Rows: 1}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A tenth added ten times is one, and large sums keep their cents.
func TestExactSum(t *testing.T) {
	var s exactSum
	for range 10 {
		s.add(0.1)
	}
	if got := s.over(10); got != 0.1 {
		t.Errorf("mean %v, want 0.1", got)
	}
	s = exactSum{}
	for range 4000 {
		s.add(1<<52 + 0.0)
		s.add(-1 << 52)
	}
	s.add(-0.25)
	if got := s.over(1); got != -0.25 {
		t.Errorf("sum %v, want -0.25", got)
	}
}

func TestDistinct(t *testing.T) {
	for _, n := range []int{0, 1, 1024, 100_000} {
		var d, back distinct
		for i := range n {
			d.add(fmt.Sprintf("A-%06d", i))
			d.add(fmt.Sprintf("A-%06d", i/2))
			back.add(fmt.Sprintf("A-%06d", n-1-i))
		}
		got := d.count()
		if n <= exactTexts && got != float64(n) {
			t.Errorf("%v of %d, which are counted exactly", got, n)
		}
		if math.Abs(got-float64(n)) > 0.05*float64(n) { // three standard errors of 1.6%
			t.Errorf("%v of %d", got, n)
		}
		if got != back.count() {
			t.Errorf("%d texts backwards: %v, forwards %v", n, back.count(), got)
		}
	}
}
