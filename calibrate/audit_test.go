package calibrate

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func mustAudit(t *testing.T, s AuditSample) *AuditResult {
	t.Helper()
	before, _ := json.Marshal(s.Y)
	r, err := Audit(context.Background(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatalf("the result does not encode: %v", err)
	}
	if after, _ := json.Marshal(s.Y); string(after) != string(before) {
		t.Error("the sample was modified")
	}
	return r
}

// handAudit is ten published rows and two rebuilt ones, every figure of which can
// be counted by hand.
func handAudit() AuditSample {
	nan := math.NaN()
	yes := func(rows ...int) []bool {
		out := make([]bool, 12)
		for _, i := range rows {
			out[i] = true
		}
		return out
	}
	return AuditSample{
		Labels: []string{"Critical", "At Risk", "Monitor", "Healthy"}, Cuts: []float64{40, 60, 80},
		//               0   1   2   3   4   5   6   7    8   9   | 10  11
		Score:    []float64{30, 35, 50, 70, 85, 90, 95, 88, nan, 82, 20, 90},
		Y:        yes(0, 2, 3, 4, 8, 10),
		Rebuilt:  yes(10, 11),
		Excused:  yes(9),
		Account:  []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
		Segment:  []int32{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1},
		Segments: []string{"A", "B"},
		ARR:      []float64{10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 5, 5},
		Pillars:  []string{"p"},
		X:        [][]float64{{20, 40, 50, 70, 35, 90, 95, 38, nan, 82, 20, 90}},
		Before:   []float64{nan, 35, 50, 70, 99, 90, 95, 88, nan, 82, 20, 90},
		Worked:   yes(1),
		Rules: []Rule{
			{Name: "bad", Signal: "s", Points: -10, Fired: yes(0, 3, 4, 5)},
			{Name: "good", Signal: "s", Points: 10, Fired: yes(1, 2, 6, 7, 8, 9, 10, 11)},
			{Name: "fine", Signal: "t", Points: 5, Fired: yes(3, 4)}, // fires, and says that all is well
			{Name: "poor", Signal: "t", Points: 0, Fired: yes(0, 1, 2, 5, 6, 7, 8, 9, 10, 11)},
		},
		Patterns: []Pattern{{Name: "downgrade talk", Hit: yes(4, 7)}},
		Paths: []AuditPath{
			{Account: 0, ARR: 10, Days: []int32{90, 61, 10}, Score: []float64{70, 50, 30}},
			{Account: 3, Row: 3, ARR: 40, Days: []int32{10, 100, 200, 40}, Score: []float64{70, 55, 20, nan}, X: [][]float64{{50, 80, 10, 70}}},
			{Account: 10, Row: 10, ARR: 5, Days: []int32{70}, Score: []float64{20}, Rebuilt: true},
		},
		Drift: []DriftSample{{Name: "a year ago", Paired: true, Then: [][]float64{{50, 50, 50, nan, 60}}, Today: [][]float64{{60, 60, 50, 70, 61}}}},
	}
}

// TestAuditByHand counts everything.
func TestAuditByHand(t *testing.T) {
	r := mustAudit(t, handAudit())
	p := r.Published
	if p.Base.N != 9 || p.Base.Churned != 5 || p.ARR != 450 || p.ARRLost != 220 || p.ChurnedAccounts != 5 {
		t.Errorf("base %+v, ARR %v lost %v", p.Base, p.ARR, p.ARRLost)
	}
	if r.Rebuilt.Base.N != 2 || r.Rebuilt.Base.Churned != 1 || len(r.Rebuilt.Lead) != 3 || r.Rebuilt.Lead[0].Leads[0].Recall.Of != 1 {
		t.Errorf("rebuilt rows are pooled: %+v", r.Rebuilt)
	}
	var rates [][2]int
	for _, s := range p.Statuses.Rows {
		rates = append(rates, [2]int{s.Rate.Churned, s.Rate.N})
	}
	if !slices.Equal(rates, [][2]int{{1, 2}, {1, 1}, {1, 1}, {1, 4}}) || p.NotScored.Rate.Churned != 1 || p.NotScored.Rate.N != 1 {
		t.Errorf("statuses %v, not scored %+v", rates, p.NotScored.Rate)
	}
	f := p.AtCuts[1].Flagged
	if f.Hit != 2 || f.FalseAlarm != 1 || f.Missed != 2 || f.Quiet != 3 || f.ARRReached != 40 || f.ARRLost != 130 || f.Cut != 60 {
		t.Errorf("at 60: %+v", f)
	}
	if g := p.Groups; len(g) != 2 || g[0].Name != "A" || g[0].Flagged.FalseAlarmRate.Count != 1 || g[0].Flagged.FalseAlarmRate.Of != 1 || g[1].Flagged.FalseAlarmRate.Of != 3 {
		t.Errorf("groups %+v", g)
	}
	// 60 days before: of accounts 0 (50 at day 61) and 3 (55 at day 100), both were
	// under 60, neither under 40.
	for j, want := range []int{0, 2, 2} {
		if l := p.Lead[j].Leads[2]; l.Days != 60 || l.Recall.Count != want || l.Recall.Of != 2 {
			t.Errorf("under %v, 60 days before: %+v", p.Lead[j].Cut, l.Recall)
		}
	}
	if want := "2 of 2 lost accounts were flagged 60 days before; 38% of all were."; p.Headline != want {
		t.Errorf("%q, want %q", p.Headline, want)
	}
	g := p.FalseGreens
	if len(g) != 2 || g[0].Account != 4 || g[1].Account != 3 || g[0].FirstCrossing.OK || g[0].FirstCrossing.Why == "" {
		t.Fatalf("false greens %+v", g)
	}
	// Account 3: day 200 is too long ago, day 40 is not scored.
	if len(g[1].Path) != 3 || g[1].FirstCrossing.Value != 100 || g[1].Path[0].Days != 100 || g[1].Path[1].Score.OK || !slices.Equal(g[1].LowPillars, []string{"p"}) {
		t.Errorf("path %+v", g[1])
	}
	if l := p.Lost; len(l) != 5 || l[0].Account != 8 || l[0].Status != "Not scored" || l[4].Account != 0 || l[4].FirstCrossing.Value != 61 {
		t.Errorf("lost %+v", l)
	}
	if !slices.Equal(p.FalseReds, []int32{1}) {
		t.Errorf("false reds %v", p.FalseReds)
	}
	if c := p.Catches; len(c) != 1 || c[0].Rule != "bad" || c[0].Caught != 2 || c[0].FalseAlarm != 1 {
		t.Errorf("catches %+v", c)
	}
	var patterns []string
	for _, q := range p.Patterns {
		patterns = append(patterns, q.Name)
	}
	if !slices.Equal(patterns, []string{"Healthy with a pillar under 40", "Healthy and down 10 or more", "downgrade talk"}) {
		t.Fatalf("%v", patterns)
	}
	// Of 4 healthy rows, 4 and 7 have a red pillar, 4 alone fell.
	if q := p.Patterns[0]; q.Rate.N != 2 || q.Rate.Churned != 1 || q.Other.N != 2 || q.ARR != 130 || !slices.Equal(q.Rows, []int32{4, 7}) {
		t.Errorf("%+v", q)
	}
	if q := p.Patterns[1]; q.Rate.N != 1 || q.Rate.Churned != 1 || q.Other.N != 3 {
		t.Errorf("%+v", q)
	}
	if s := p.Saves; !s.OK || s.Worked.Count != 1 || s.Worked.Of != 3 || s.Kept.Count != 1 || s.KeptIdle.Count != 0 || s.KeptIdle.Of != 2 || s.Bias == "" {
		t.Errorf("%+v", s)
	}
	if e := p.Excused; e.Rows != 1 || e.ARR != 100 || e.Base.N != 10 || e.Base.Churned != 6 || e.Flagged.Missed != 3 {
		t.Errorf("%+v", e)
	}
	// Two of four paired accounts moved by +10: half, but too few to suspect a source.
	if d := r.Drift[0]; d.SameStep.Value != .5 || d.SourceChange {
		t.Errorf("%+v", d)
	}
	many := handAudit()
	for k, d := range many.Drift {
		for j := range d.Then {
			d.Then[j], d.Today[j] = slices.Repeat(d.Then[j], 10), slices.Repeat(d.Today[j], 10)
		}
		many.Drift[k] = d
	}
	if d := mustAudit(t, many).Drift[0]; d.SameStep.Value != .5 || !d.SourceChange || !strings.Contains(d.Words, "source") {
		t.Errorf("%+v", d)
	}
}

// TestAuditReference: statuses and flags of a panel are the reference's
// (*.py.json), and a published status overrules today's cut-offs.
func TestAuditReference(t *testing.T) {
	s, _ := loadSample(t, "sim_quarterly")
	var py struct {
		AUC   struct{ Score struct{ AUC float64 } }
		Bands map[string]struct{ N, Events int }  `json:"bands_80_60_40"`
		Flags map[string]struct{ TP, FP, FN int } `json:"confusion_flag_below"`
	}
	readJSON(t, "sim_quarterly.py.json", &py)
	a := AuditSample{
		Labels: []string{"critical", "poor", "fair", "good"}, Cuts: []float64{40, 60, 80}, Score: s.Score, Y: s.Y,
		Account: s.Account, Period: s.Period, Periods: s.Periods, Segment: s.Segment, Segments: s.Segments, ARR: s.ARR, Capacity: 10,
	}
	p := mustAudit(t, a).Published
	if math.Abs(p.AUC.Value-py.AUC.Score.AUC) > 1e-9 || !p.AUC.Interval {
		t.Errorf("AUC %+v", p.AUC)
	}
	for _, st := range p.Statuses.Rows {
		if w := py.Bands[st.Label]; st.Rate.N != w.N || st.Rate.Churned != w.Events {
			t.Errorf("%s: %+v", st.Label, st.Rate)
		}
	}
	for j, cut := range []string{"40", "60", "80"} {
		f, w := p.AtCuts[j].Flagged, py.Flags[cut]
		if f.Hit != w.TP || f.FalseAlarm != w.FP || f.Missed != w.FN {
			t.Errorf("%s: %+v", cut, f)
		}
	}
	// Families of four decide together: their interval is another, the figure and
	// the number of accounts that left are not; and a family of one changes nothing.
	alone := a
	alone.Cluster = a.Account
	if got := mustAudit(t, alone).Published; got.AUC != p.AUC {
		t.Errorf("clusters of one account: %+v, not %+v", got.AUC, p.AUC)
	}
	families := a
	for _, id := range a.Account {
		families.Cluster = append(families.Cluster, id/4)
	}
	if got := mustAudit(t, families).Published; got.AUC.Value != p.AUC.Value || got.AUC.SE == p.AUC.SE || got.ChurnedAccounts != p.ChurnedAccounts {
		t.Errorf("clusters of four: %+v, %d left; alone %+v, %d left", got.AUC, got.ChurnedAccounts, p.AUC, p.ChurnedAccounts)
	}
	if n := p.Asked.Flagged.Alerts.Count; n > 10*len(s.Periods) || n < 9*len(s.Periods) || len(p.Asked.Segments) != 3 {
		t.Errorf("%d worked at %d dates", n, len(s.Periods))
	}
	if p.Headline != "77 of 93 lost accounts were flagged; 45% of all were." || len(p.FalseGreens) != 16 || len(p.FalseReds) != 1517 || len(p.Lost) != 0 {
		t.Errorf("%q, %d false greens, %d false reds", p.Headline, len(p.FalseGreens), len(p.FalseReds))
	}
	a.Status = slices.Repeat([]int32{3}, len(a.Y))
	a.Status[0] = -1
	if p := mustAudit(t, a).Published; p.Statuses.Rows[3].Rate.N != len(a.Y)-1 || p.NotScored.Rate.N != 1 || p.AtCuts[2].Flagged.Alerts.Count != 0 {
		t.Error("the status in force was not used")
	}
}

// TestAuditDegenerate: words instead of figures, whatever is missing.
func TestAuditDegenerate(t *testing.T) {
	cases := map[string]func(*AuditSample){
		"no rows": func(s *AuditSample) {
			*s = AuditSample{Labels: []string{"all"}}
		},
		"nobody churned": func(s *AuditSample) { s.Y = make([]bool, 12) },
		"everybody":      func(s *AuditSample) { s.Y = slices.Repeat([]bool{true}, 12) },
		"nothing scored": func(s *AuditSample) { s.Score = slices.Repeat([]float64{math.NaN()}, 12) },
		"no ARR":         func(s *AuditSample) { s.ARR = make([]float64, 12) },
		"all excused":    func(s *AuditSample) { s.Excused = slices.Repeat([]bool{true}, 12) },
		"one status":     func(s *AuditSample) { s.Labels, s.Cuts = []string{"all"}, nil },
		"optional missing": func(s *AuditSample) {
			s.Segment, s.ARR, s.X, s.Before, s.Worked, s.Rules, s.Patterns, s.Paths, s.Drift = nil, nil, nil, nil, nil, nil, nil, nil, nil
		},
		"status of the unscored": func(s *AuditSample) {
			s.Score = slices.Repeat([]float64{math.NaN()}, 12)
			s.Status = slices.Repeat([]int32{2}, 12)
		},
		"empty drift": func(s *AuditSample) {
			s.Drift = []DriftSample{{Name: "x", Then: [][]float64{{}}, Today: [][]float64{{}}, Paired: true}}
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			s := handAudit()
			change(&s)
			r := mustAudit(t, s)
			for _, k := range []*KindAudit{r.Published, r.Rebuilt} {
				if k != nil && (k.Headline == "" || strings.Contains(k.Headline, "NaN")) {
					t.Errorf("headline %q", k.Headline)
				}
			}
			for _, d := range r.Drift {
				if d.Words == "" {
					t.Errorf("%+v", d)
				}
			}
		})
	}
	s := handAudit()
	s.Labels = s.Labels[1:]
	s.Account = nil
	s.Segment[0] = 9
	s.ARR[1] = -1
	s.Paths[0].Days = nil
	_, err := Audit(context.Background(), s, Options{Folds: 1})
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"Labels has 3", "Account has 0", "Segment row 0", "ARR row 1", "Paths[0] has 3", "Folds is 1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
}

// TestSurvive: the survival view is that of survival.R.json (R 4.2.2, survival
// 3.5); what it cannot compute it says.
func TestSurvive(t *testing.T) {
	at, rows := readCSV(t, "sim_tv.csv")
	s := SurvivalSample{Pillars: []string{"product", "support", "financial", "relationship"}, X: make([][]float64, 4), Cuts: []float64{40, 60, 80}, Labels: []string{"critical", "poor", "fair", "good"}}
	ids := map[string]int32{}
	for _, r := range rows {
		number := func(col string) float64 {
			var v float64
			if err := json.Unmarshal([]byte(r[at[col]]), &v); err != nil {
				t.Fatal(err)
			}
			return v
		}
		s.Start, s.Stop, s.Score = append(s.Start, number("start")), append(s.Stop, number("stop")), append(s.Score, number("score"))
		s.Event = append(s.Event, r[at["event"]] == "1")
		id := r[at["customer_id"]]
		if _, ok := ids[id]; !ok {
			ids[id] = int32(len(ids))
		}
		s.Account = append(s.Account, ids[id])
		for k, p := range s.Pillars {
			s.X[k] = append(s.X[k], number(p))
		}
	}
	var want struct {
		TV struct {
			Cox struct {
				Coef     []float64
				RobustSE []float64 `json:"robust_se"`
			} `json:"cox_efron"`
			C struct{ C float64 } `json:"concordance_score"`
		} `json:"sim_tv"`
	}
	readJSON(t, "survival.R.json", &want)
	r, err := Survive(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	a := &agreement{t: t}
	for k, h := range r.Hazards {
		b := want.TV.Cox.Coef[k]
		a.relative(h.Pillar, h.Ratio.Value, math.Exp(10*b), 1e-6)
		a.relative(h.Pillar+" hi", h.Ratio.Hi, math.Exp(10*b+1.959963984540054*10*want.TV.Cox.RobustSE[k]), 1e-6)
	}
	a.relative("C", r.Concordance.C.Value, want.TV.C.C, 1e-9)
	a.report("survival")
	for j := 1; j < len(r.Statuses); j++ {
		if !(r.Statuses[j].At[2].Survival > r.Statuses[j-1].At[2].Survival) {
			t.Errorf("%s did not stay longer than %s", r.Statuses[j].Label, r.Statuses[j-1].Label)
		}
	}
	if !r.LogRank.Test.OK || r.LogRank.Test.P > 1e-6 || r.Events != 97 {
		t.Errorf("%+v, %d events", r.LogRank.Test, r.Events)
	}
	for _, change := range []func(*SurvivalSample){
		func(s *SurvivalSample) { s.Event = make([]bool, len(s.Stop)) },
		func(s *SurvivalSample) { s.Score = slices.Repeat([]float64{math.NaN()}, len(s.Stop)) },
		func(s *SurvivalSample) { s.X, s.Pillars = nil, nil },
		func(s *SurvivalSample) { *s = SurvivalSample{Labels: []string{"all"}} },
	} {
		c := s
		change(&c)
		r, err := Survive(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(r); err != nil || r.Cox.OK && len(c.X) == 0 || !r.Cox.OK && r.Cox.Why == "" {
			t.Errorf("%v %+v", err, r.Cox)
		}
	}
	bad := s
	bad.Stop, bad.Score = bad.Stop[1:], bad.Score[2:]
	if _, err := Survive(t.Context(), bad); err == nil {
		t.Error("ragged columns were accepted")
	}
}
