package calibrate

import (
	"math"
	"slices"
	"strings"
	"testing"

	"accounthealth/calibrate/assess"
)

// ladder is a signal's rules by thresholds on a column: rule j fires on
// [cuts[j-1], cuts[j]).
func ladder(signal string, col, cuts, points []float64) []Rule {
	var out []Rule
	for j, p := range points {
		r := Rule{Name: string(rune('a' + j)), Signal: signal, Points: p, Fired: make([]bool, len(col))}
		for i, v := range col {
			k, _ := slices.BinarySearch(cuts, math.Nextafter(v, math.Inf(1)))
			r.Fired[i] = k == j && !math.IsNaN(v)
		}
		out = append(out, r)
	}
	return out
}

func find(t *testing.T, r *Result, signal, name string) RuleEvidence {
	t.Helper()
	for _, e := range r.Rules {
		if e.Signal == signal && e.Name == name {
			return e
		}
	}
	t.Fatalf("no rule %s of %s", name, signal)
	return RuleEvidence{}
}

// TestRules: rules of known truth get the verdict they deserve.
func TestRules(t *testing.T) {
	s := simulate(2000, 3, 1, []float64{.6, .2, .2}, 2.4, .09, 4)
	reversed := slices.Clone(s.X[0])
	for i := range reversed {
		reversed[i] = 100 - reversed[i]
	}
	gaps := slices.Clone(s.X[1])
	for i := range gaps {
		if i%4 == 0 {
			gaps[i] = math.NaN()
		}
	}
	noise := make([]float64, len(s.Y))
	for i := range noise {
		noise[i] = float64(i * 7919 % 100)
	}
	s.Rules = slices.Concat(
		ladder("usage", s.X[0], []float64{50, 70}, []float64{0, 10, 30}),
		ladder("backwards", reversed, []float64{45}, []float64{0, 20}),
		ladder("copy", s.X[0], []float64{50}, []float64{-5, 5}),
		ladder("gaps", gaps, []float64{60, 200}, []float64{0, 20, 40}),
		ladder("noise", noise, []float64{50}, []float64{0, 25}),
		[]Rule{{Name: "everywhere", Signal: "flat", Points: 5, Fired: slices.Repeat([]bool{true}, len(s.Y))}},
		[]Rule{{Name: "flag", Signal: "single", Points: -30, Fired: ladder("x", s.X[0], []float64{40}, []float64{1})[0].Fired}},
	)
	r := mustRun(t, s, Options{Replicates: -1})
	for _, want := range []struct {
		signal, name string
		verdict      RuleVerdict
		promise      string
	}{
		{"usage", "a", RuleAgrees, "more churn"},
		{"usage", "b", RuleAgrees, "between"}, // although its rate is under that of the rest
		{"usage", "c", RuleAgrees, "less churn"},
		{"backwards", "b", RuleContrary, "less churn"},
		{"backwards", "a", RuleContrary, "more churn"},
		{"gaps", "c", RuleDead, "none"},
		{"flat", "everywhere", RuleAlways, "none"},
		{"noise", "a", RuleUnclear, "more churn"},
		{"single", "flag", RuleAgrees, "more churn"},
	} {
		e := find(t, r, want.signal, want.name)
		if e.Verdict != want.verdict || e.Promise != want.promise || e.Words == "" {
			t.Errorf("%s %s: %+v", want.signal, want.name, e)
		}
	}
	if e := find(t, r, "copy", "a"); e.Redundant != "a of usage" || !strings.Contains(e.Words, "says the same as a of usage") {
		t.Errorf("copy: %+v", e)
	}
	if e := find(t, r, "copy", "b"); e.Redundant != "a of usage, reversed" {
		t.Errorf("copy reversed: %+v", e)
	}
	if e := find(t, r, "usage", "a"); e.Redundant != "" {
		t.Errorf("the first of two equal rules is not the redundant one: %+v", e)
	}
	// The rates are over the rows in which the signal was measured.
	e := find(t, r, "gaps", "a")
	known := 0
	for _, v := range gaps {
		if !math.IsNaN(v) {
			known++
		}
	}
	if e.Fired.N+e.NotFired.N != known || e.Share.Of != known {
		t.Errorf("%d known: %+v", known, e)
	}
	// Adjusted p-values are never smaller.
	for _, e := range r.Rules {
		if e.P.OK && e.PAdjusted.Value < e.P.Value-1e-15 {
			t.Errorf("%+v", e)
		}
	}
	if len(r.Signals) != 7 || r.Signals[0].AUC.Value < .6 || r.Signals[1].AUC.Value > .4 || r.Signals[5].AUC.Value != .5 {
		t.Errorf("signals: %+v", r.Signals)
	}
	contrary, dead := 0, 0
	for _, w := range r.Warnings {
		switch w.Code {
		case "rule_contrary":
			contrary++
		case "rule_dead":
			dead++
		}
	}
	if contrary != 2 || dead != 1 {
		t.Errorf("%d contrary, %d dead rules warned of: %+v", contrary, dead, r.Warnings)
	}
	encode(t, r)

	bad := *s
	bad.Rules = []Rule{{Name: "a", Signal: "b", Points: math.Inf(1), Fired: s.Y}, {Name: "a", Signal: "b", Fired: s.Y[1:]}, {}}
	err := bad.Validate()
	for _, want := range []string{"points that are not finite", "twice", "rows", "empty name"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
}

// TestClaim: the words follow the evidence.
func TestClaim(t *testing.T) {
	o := Options{Replicates: -1, Cuts: []float64{40, 60}, Labels: []string{"red", "amber", "green"}, Capacity: 20}
	few := mustRun(t, simulate(120, 2, 1, []float64{.5, .5}, 1.5, .09, 3), o)
	if few.Claim.Level != OrderOnly || few.Claim.Reason == "" || few.Probability.OK {
		t.Errorf("%d events: %+v", few.Sample.ChurnedAccounts, few.Claim)
	}
	many := mustRun(t, simulate(6000, 2, 1, []float64{.5, .5}, 2.6, .09, 3), o)
	if many.Claim.Level != Probabilities || many.Claim.Reason != "" || len(many.Claim.Checks) != 7 {
		t.Errorf("%d events: %+v", many.Sample.ChurnedAccounts, many.Claim)
	}
	if p := many.Probability; p.Method != "isotonic" || len(p.Compared) != 3 || len(p.Table) != 10 || !p.Test.OK || !(p.Loss.Value < p.BaseLoss.Value) {
		t.Errorf("%d events: %s, %+v", p.Events, p.Method, p.Compared)
	}
	// Without a confirmed order there are no rates and no probabilities.
	unconfirmed := *many
	unconfirmed.Evidence = slices.Clone(many.Evidence)
	unconfirmed.Evidence[0].Measures = slices.Clone(many.Evidence[0].Measures)
	unconfirmed.Evidence[0].Measures[2].AUC.Lo = .49
	if c := claim(&unconfirmed, 1, o.withDefaults(), eventKinds{}); c.Level != OrderOnly || !strings.Contains(c.Reason, "begins at 0.490") {
		t.Errorf("unconfirmed: %+v", c)
	}
	// With the order, eight events a status and falling rates, but no map: rates.
	unmapped := *many
	unmapped.Probability = few.Probability
	if c := claim(&unmapped, 1, o.withDefaults(), eventKinds{}); c.Level != ObservedRates || !strings.Contains(c.Reason, "no probabilities") {
		t.Errorf("unmapped: %+v", c)
	}
	unmapped.Evidence = unconfirmed.Evidence
	if c := claim(&unmapped, 1, o.withDefaults(), eventKinds{}); c.Level != OrderOnly {
		t.Errorf("unmapped and unconfirmed: %+v", c)
	}
	// A map fitted to the rows it is judged on looks better than one that is not.
	s := simulate(6000, 2, 1, []float64{.5, .5}, 2.6, .09, 3)
	f := newFrame(s)
	seen := make([]float64, len(s.Y))
	for i, v := range f.score {
		seen[i] = many.Probability.Map.P(v)
	}
	if in := assess.LogLoss(seen, s.Y, nil).Value; !(in < many.Probability.Loss.Value-1e-5) {
		t.Errorf("log loss %v in sample, %v out of fold", in, many.Probability.Loss.Value)
	}
	// A map per tenth: falling with the score, and near what happened.
	for j := 1; j < len(many.Probability.Curve); j++ {
		if many.Probability.Curve[j].P > many.Probability.Curve[j-1].P+1e-12 {
			t.Errorf("the map rises at %v", many.Probability.Curve[j].Score)
		}
	}
	if c := many.Curves.Asked; c == nil || c.Flagged.Hit+c.Flagged.FalseAlarm > 40 || c.Flagged.Lift.Value < 2 {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(many.Claim.Counts, "lost accounts were flagged (below 40)") {
		t.Errorf("%q", many.Claim.Counts)
	}
	// Twice the churn on the last date: the probabilities are withdrawn.
	shifted := simulate(6000, 2, 1, []float64{.5, .5}, 2.6, .09, 3)
	for i := range shifted.Y {
		shifted.Y[i] = shifted.Y[i] || shifted.Period[i] == 1 && i%11 == 0
	}
	if c := mustRun(t, shifted, o); c.Claim.Level != ObservedRates || !strings.Contains(c.Claim.Reason, "on the last date") || !(c.Probability.Later.Expected < float64(c.Probability.Later.Churned)) {
		t.Errorf("shifted: %+v", c.Claim)
	}
	flat := simulate(3000, 2, 1, []float64{.5, .5}, 2.6, .09, 3)
	for i := range flat.Y {
		flat.Y[i] = i%9 == 0
	}
	if c := mustRun(t, flat, o).Claim; c.Level != OrderOnly || !strings.Contains(c.Words, "not confirmed") {
		t.Errorf("noise: %+v", c)
	}
	for _, r := range []*Result{few, many} {
		encode(t, r)
	}
}

// TestMapMethods: the events choose the map.
func TestMapMethods(t *testing.T) {
	for _, c := range []struct {
		accounts int
		method   string
	}{{100, "none"}, {600, "logistic"}, {1700, "beta"}, {4000, "isotonic"}} {
		s := simulate(c.accounts, 2, 1, []float64{.5, .5}, 2.4, .09, 5)
		p := mustRun(t, s, Options{Replicates: -1}).Probability
		if p.Method != c.method || p.OK != (c.method != "none") {
			t.Errorf("%d events: %s (%s)", p.Events, p.Method, p.Why)
		}
	}
}

// TestCurvesReference: the search, the flags and the deciles of a run are those
// of the panel (*.py.json).
func TestCurvesReference(t *testing.T) {
	s, _ := loadSample(t, "sim_quarterly")
	var py struct {
		Search struct {
			Best    struct{ T []int }
			Current float64 `json:"current_40_60_80_loglik"`
		} `json:"threshold_search"`
		Flags map[string]struct{ TP, FP int } `json:"confusion_flag_below"`
	}
	readJSON(t, "sim_quarterly.py.json", &py)
	r := mustRun(t, s, Options{Replicates: -1, Cuts: []float64{40, 60, 80}, Labels: []string{"critical", "poor", "fair", "good"}})
	if !slices.Equal(r.Curves.Search.Bands.Cuts, py.Search.Best.T) || math.Abs(r.Curves.Search.Current.Value-py.Search.Current) > 1e-6 || !(r.Curves.Search.Gain.Value > 0) {
		t.Errorf("%+v", r.Curves.Search)
	}
	for j, cut := range []string{"40", "60", "80"} {
		if f := r.Curves.AtCuts[j].Flagged; f.Hit != py.Flags[cut].TP || f.FalseAlarm != py.Flags[cut].FP {
			t.Errorf("%s: %+v", cut, f)
		}
	}
	tiny, _ := loadSample(t, "tiny")
	readJSON(t, "tiny.py.json", &py)
	if got := mustRun(t, tiny, Options{Replicates: -1, Cuts: []float64{40, 60, 80}, Labels: []string{"critical", "poor", "fair", "good"}}).Curves.Search.Bands.Cuts; !slices.Equal(got, py.Search.Best.T) {
		t.Errorf("tiny: cuts %v, reference %v", got, py.Search.Best.T)
	}
	if want := "77 of 93 lost accounts were flagged (below 60); 45% of all were."; r.Claim.Counts != want {
		t.Errorf("%q, want %q", r.Claim.Counts, want)
	}
	if last := r.Curves.Capacity[len(r.Curves.Capacity)-1].Flagged; last.Recall.Share.Value != 1 || len(r.Curves.ROC) > 201 {
		t.Errorf("everything worked finds everybody: %+v, %d points", last, len(r.Curves.ROC))
	}
}

// TestScoreTestBasis: the test is about the line, so shifting or stretching the
// logit scale leaves it alone.
func TestScoreTestBasis(t *testing.T) {
	s := simulate(500, 2, 1, []float64{.5, .5}, 2.4, .09, 7)
	f := newFrame(s)
	m := ProbabilityMap{Intercept: 2, Slope: -.08}
	p, logit, moved := make([]float64, f.n), make([]float64, f.n), make([]float64, f.n)
	for i, v := range f.score {
		p[i], logit[i] = m.P(v), m.Intercept+m.Slope*v
		moved[i] = 5 - 3*logit[i]
	}
	a, b := scoreTest(f, f.complete, p, logit), scoreTest(f, f.complete, p, moved)
	if !a.OK || math.Abs(a.Statistic/b.Statistic-1) > 1e-9 {
		t.Errorf("%+v, on another scale %+v", a, b)
	}
}
