package calibrate

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func simulated(t *testing.T, s SimulateSample, o Options) *Simulation {
	t.Helper()
	r, err := Simulate(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatalf("the result does not encode: %v", err)
	}
	return r
}

// Six rows by hand: the other way flags one more loss and drops one false alarm.
func TestSimulateByHand(t *testing.T) {
	nan := math.NaN()
	s := SimulateSample{
		Y: []bool{true, true, false, false, false, true}, Account: []int32{0, 1, 2, 3, 4, 5}, ARR: []float64{10, 20, 5, 5, 5, 100},
		Labels: []string{"red", "green"}, Flagged: 1,
		Current: Variant{Score: []float64{30, 70, 40, 80, 90, 50}, Status: []int32{0, 1, 0, 1, 1, 0}, Cuts: []float64{60}},
		Other:   Variant{Score: []float64{30, 50, 65, 80, 90, nan}, Status: []int32{0, 0, 1, 1, 1, -1}, Cuts: []float64{60}},
	}
	r := simulated(t, s, Options{Seed: 1, Replicates: 200})
	if r.Rows != 5 || r.Unscored != 1 || r.Churned != 2 || r.Lost != 2 || r.Accounts != 5 {
		t.Errorf("%+v", r)
	}
	if r.Recall.Value != .5 || r.Alerts.Value != 0 || r.Precision.Value != .5 || r.ARRRecall.Value != 20./30 {
		t.Errorf("recall %v, alerts %v, precision %v, ARR %v", r.Recall, r.Alerts, r.Precision, r.ARRRecall)
	}
	if r.Current.AUC.Value != 5./6 || r.Other.AUC.Value != 1 || math.Abs(r.AUC.Value-1./6) > 1e-15 {
		t.Errorf("AUC %v, %v, %v", r.Current.AUC, r.Other.AUC, r.AUC)
	}
	if want := [][]int{{1, 1}, {1, 2}}; !reflect.DeepEqual(r.Moves, want) || !reflect.DeepEqual(r.MovesChurned, [][]int{{1, 0}, {1, 0}}) {
		t.Errorf("moves %v, %v", r.Moves, r.MovesChurned)
	}
	if want := "2 of 2 losses would have been flagged instead of 1, with 2 flags instead of 2."; r.Words[:len(want)] != want {
		t.Error(r.Words)
	}
}

// What was lost counts by row, churned or not, and losses of parts apart.
func TestSimulateLostARR(t *testing.T) {
	s := SimulateSample{
		Y: []bool{true, true, false, false}, Account: []int32{0, 1, 2, 3}, ARR: []float64{10, 20, 40, 5}, Lost: []float64{10, 5, 8, 0}, Partial: []bool{false, true, false, false},
		Labels: []string{"red", "green"}, Flagged: 1,
		Current: Variant{Score: []float64{30, 70, 80, 90}, Status: []int32{0, 1, 1, 1}, Cuts: []float64{60}},
		Other:   Variant{Score: []float64{70, 50, 40, 90}, Status: []int32{1, 0, 0, 1}, Cuts: []float64{60}},
	}
	r := simulated(t, s, Options{Seed: 1, Replicates: 100})
	a, b := r.Current.Flagged, r.Other.Flagged
	if a.ARRLost != 23 || a.ARRReached != 10 || b.ARRReached != 13 || r.ARRRecall.Value != 3./23 || r.Lost != 2 || r.Partial != 1 {
		t.Errorf("%+v\n%+v\n%+v, %d accounts, %d of parts", a, b, r.ARRRecall, r.Lost, r.Partial)
	}
	if rows := r.Other.Statuses.Rows; rows[0].ARRChurned != 13 || rows[1].ARRChurned != 10 || rows[0].Parts != 1 || rows[1].Parts != 0 {
		t.Errorf("%+v", rows)
	}
}

// The same score twice differs by nothing; results do not depend on the number of
// workers; a score that knows more is found to be better, and the reverse.
func TestSimulateProperties(t *testing.T) {
	p := simulate(600, 4, 2, []float64{.7, .1, .1, .1}, 2.2, .09, 3)
	f := newFrame(p)
	variant := func(w []float64) Variant {
		v := Variant{Cuts: []float64{40, 60, 80}}
		for i := range p.Y {
			v.Score = append(v.Score, math.Round(10*f.composite(w, i))/10)
		}
		v.Status = statusOf(v.Score, v.Cuts)
		return v
	}
	s := SimulateSample{
		Y: p.Y, Account: p.Account, Period: p.Period, Segment: p.Segment, Segments: p.Segments, ARR: p.ARR, Flagged: 2,
		Labels: []string{"Critical", "At Risk", "Monitor", "Healthy"}, Current: variant([]float64{.25, .25, .25, .25}), Other: variant([]float64{.7, .1, .1, .1}),
	}
	r := simulated(t, s, Options{Seed: 1, Workers: 1})
	if !(r.AUC.Interval && r.AUC.Lo > 0) || !r.Recall.Interval || r.Recall.Lo > r.Recall.Value || r.Recall.Hi < r.Recall.Value {
		t.Errorf("AUC %+v, recall %+v", r.AUC, r.Recall)
	}
	if again := simulated(t, s, Options{Seed: 1, Workers: 3}); !reflect.DeepEqual(r, again) {
		t.Error("the result depends on the number of workers")
	}
	s.Current, s.Other = s.Other, s.Current
	if back := simulated(t, s, Options{Seed: 1}); back.AUC.Value != -r.AUC.Value || back.Recall.Value != -r.Recall.Value || back.Recall.Lo != -r.Recall.Hi {
		t.Errorf("the reverse is not the reverse: %+v, %+v", back.Recall, r.Recall)
	}
	s.Other = s.Current
	same := simulated(t, s, Options{Seed: 1})
	if same.AUC.Value != 0 || same.Alerts.Value != 0 || same.Alerts.Hi != 0 || same.Precision.Lo != 0 {
		t.Errorf("%+v", same)
	}
	s.Y = make([]bool, len(s.Y))
	if none := simulated(t, s, Options{}); none.OK || none.Words != "Nothing can be said: nobody churned." {
		t.Errorf("%+v", none)
	}
	if empty := simulated(t, SimulateSample{Labels: []string{"a"}}, Options{}); empty.OK || empty.Why != "there is no row that both ways score" {
		t.Errorf("%+v", empty)
	}
	s.Current.Score = s.Current.Score[1:]
	if _, err := Simulate(context.Background(), s, Options{}); err == nil {
		t.Error("ragged columns are accepted")
	}
}

// Accounts that are alone in their segment vary with one another, and one family of
// accounts not at all: an interval of no length would be a lie.
func TestSimulateIntervalsOfSmallStrata(t *testing.T) {
	const n = 40
	s := SimulateSample{Labels: []string{"red", "green"}, Flagged: 1}
	s.Current.Cuts, s.Other.Cuts = []float64{50}, []float64{50}
	for i := range n {
		s.Y, s.Account = append(s.Y, i%3 == 0), append(s.Account, int32(i))
		s.Segment, s.Segments = append(s.Segment, int32(i)), append(s.Segments, fmt.Sprint(i))
		s.Current.Score, s.Current.Status = append(s.Current.Score, float64(40+i%20)), append(s.Current.Status, int32(indicator(i%20 >= 10)))
		s.Other.Score, s.Other.Status = append(s.Other.Score, float64(40+i*7%20)), append(s.Other.Status, int32(indicator(i*7%20 >= 10)))
	}
	if r := simulated(t, s, Options{Seed: 1}); !r.Recall.Interval || !(r.Recall.Lo < r.Recall.Hi) {
		t.Errorf("a segment an account: %+v", r.Recall)
	}
	s.Cluster = make([]int32, n)
	if r := simulated(t, s, Options{Seed: 1}); !r.Recall.OK || r.Recall.Interval || r.Alerts.Interval || r.AUC.Interval {
		t.Errorf("one parent: %+v", r.Recall)
	}
}

func TestPooledStrata(t *testing.T) {
	if d := cmp.Diff([][]int32{{1, 2}, {4, 5, 6}, {0, 7}}, pooled([][]int32{{0}, {1, 2}, nil, {4, 5, 6}, {7}})); d != "" {
		t.Error(d)
	}
}

// Without ARR losses are counted, and no share of ARR is made of the counts.
func TestSimulateWithoutARR(t *testing.T) {
	s := SimulateSample{
		Y: []bool{true, true, false, false}, Account: []int32{0, 1, 2, 3},
		Labels: []string{"red", "green"}, Flagged: 1,
		Current: Variant{Score: []float64{30, 70, 80, 90}, Status: []int32{0, 1, 1, 1}, Cuts: []float64{60}},
		Other:   Variant{Score: []float64{30, 50, 80, 90}, Status: []int32{0, 0, 1, 1}, Cuts: []float64{60}},
	}
	r := simulated(t, s, Options{Seed: 1, Replicates: 100})
	if r.KnowsARR || r.ARRRecall.OK || r.ARRRecall.Why != whyNoARR || r.Current.Flagged.ARRRecall.OK || r.Other.Flagged.ARRRecall.OK || r.Recall.Value != .5 {
		t.Errorf("%+v", r)
	}
}
