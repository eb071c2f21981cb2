package calibrate

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
)

// lambda reads a number or "inf".
type lambda float64

func (l *lambda) UnmarshalJSON(b []byte) error {
	if string(b) == `"inf"` {
		*l = lambda(math.Inf(1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(l))
}

// TestRidgeReference checks prior_ridge and cv of the panels (numpy: enumeration
// of supports).
func TestRidgeReference(t *testing.T) {
	for _, name := range []string{"tiny", "sim_quarterly", "sim_panel_90d"} {
		var py struct {
			Ridge struct {
				Fits []struct {
					Lam                      lambda
					Intercept, Slope, Loglik float64
					Weights                  []float64
				}
			} `json:"prior_ridge"`
			CV struct {
				Grid []struct {
					Lam          lambda
					LogLoss, AUC float64
				}
				Best  lambda
				OneSE lambda `json:"one_se_paired"`
			}
		}
		readJSON(t, name+".py.json", &py)
		s, _ := loadSample(t, name)
		f, d := wholeDesign(s, Single)
		a := &agreement{t: t}
		for _, want := range py.Ridge.Fits {
			got, ok := fitRidge(d, s.Weights, float64(want.Lam))
			if !ok {
				t.Fatalf("%s: lambda %v did not converge", name, want.Lam)
			}
			slope := 0.0
			for _, b := range got.beta {
				slope += b
			}
			at := fmt.Sprint("lambda ", want.Lam, " ")
			a.absolute(at+"intercept", got.intercept, want.Intercept, 1e-6)
			a.absolute(at+"slope", slope, want.Slope, 1e-6)
			a.relative(at+"log-likelihood", got.loglik, want.Loglik, 1e-8)
			for k, w := range got.weights(s.Weights) {
				a.absolute(at+"weight", w, want.Weights[k], 1e-6)
			}
		}
		if py.CV.Grid != nil {
			sub := newSubject(f, f.complete, s.Weights, Single)
			first, of := map[int32]int32{}, make([]int32, f.n)
			for i, id := range s.Account {
				if _, ok := first[id]; !ok {
					first[id] = int32(len(first))
				}
				of[i] = first[id] % 5
			}
			byDesign := make([]int32, len(sub.d.row))
			for j, i := range sub.d.row {
				byDesign[j] = of[i]
			}
			out := &Ridge{}
			losses, err := sub.ridgeLosses(t.Context(), byDesign, 5, out)
			if err != nil || out.Why != "" {
				t.Fatal(err, out.Why)
			}
			out.choose(losses)
			for j, g := range py.CV.Grid {
				a.relative(fmt.Sprint("log loss ", g.Lam), out.Path[j].LogLoss.Value, g.LogLoss, 1e-8)
				tol := 1e-8
				if math.IsInf(float64(g.Lam), 1) {
					tol = 5e-6 // composites that tie but for rounding: a few pairs of 320,000
				}
				a.relative(fmt.Sprint("AUC ", g.Lam), out.Path[j].AUC.Value, g.AUC, tol)
			}
			if pathLambda(out.Best) != float64(py.CV.Best) || pathLambda(out.Chosen) != float64(py.CV.OneSE) {
				t.Errorf("%s: best %v, chosen %v, reference %v and %v", name, pathLambda(out.Best), pathLambda(out.Chosen), py.CV.Best, py.CV.OneSE)
			}
		}
		a.report(name + " ridge")
	}
}

// TestRidgeFindsTheTruth: where the current weights are wrong, the chosen step
// moves towards the truth and does better on the last date.
func TestRidgeFindsTheTruth(t *testing.T) {
	s := simulate(1600, 4, 2, []float64{.60, .05, .05, .30}, 3.4, .11, 3)
	r := mustRun(t, s, Options{Seed: 9, Replicates: -1, Ridge: true}).Ridge
	if r == nil || !r.OK || len(r.Time) != 2 {
		t.Fatalf("%+v", r)
	}
	chosen, last := r.Path[r.Chosen], r.Path[len(r.Path)-1]
	if chosen.Current || chosen.Weights[0] < .4 || !last.Current || math.Abs(last.Weights[0]-.25) > 1e-12 {
		t.Errorf("chosen %+v, last %+v", chosen, last)
	}
	if !(r.Time[0].Gain.Value < 0) || !(r.Time[1].Gain.Value > 0) {
		t.Errorf("on the last date: %+v", r.Time)
	}
}
