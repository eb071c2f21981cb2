package calibrate

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"accounthealth/calibrate/assess"
)

// lostAudit is the audit by hand with lost ARR: row 0 lost a part and stayed (an
// event), row 1 lost something that is no event, row 4 all it had.
func lostAudit() AuditSample {
	s := handAudit()
	//                  0  1  2   3   4   5  6  7  8   9   10 11
	s.Lost = []float64{4, 7, 30, 10, 50, 0, 0, 5, 90, 100, 5, 0}
	s.Partial = make([]bool, 12)
	s.Partial[0], s.Partial[3] = true, true
	for j := range s.Paths {
		s.Paths[j].ARR = s.Lost[s.Paths[j].Row]
	}
	return s
}

// Lost ARR counts what was lost, by rows that churned and by rows that did not.
func TestLostARRByHand(t *testing.T) {
	p := mustAudit(t, lostAudit()).Published
	if p.ARR != 450 || p.ARRLost != 4+7+30+10+50+5+90 || p.ChurnedAccounts != 5 || p.PartialAccounts != 2 {
		t.Errorf("ARR %v lost %v, %d accounts, %d of parts", p.ARR, p.ARRLost, p.ChurnedAccounts, p.PartialAccounts)
	}
	if p.BaseARR.Value != 196.0/450 || p.Base.Churned != 5 {
		t.Errorf("base %+v of ARR %+v", p.Base, p.BaseARR)
	}
	var lost []float64
	for _, s := range p.Statuses.Rows {
		lost = append(lost, s.ARRChurned)
	}
	if !slices.Equal(lost, []float64{11, 30, 10, 55}) || p.NotScored.ARRChurned != 90 {
		t.Errorf("lost by status %v, not scored %v", lost, p.NotScored.ARRChurned)
	}
	f := p.AtCuts[1].Flagged
	if f.Hit != 2 || f.FalseAlarm != 1 || f.ARRReached != 41 || f.ARRLost != 106 || f.ARRFlagged != 60 {
		t.Errorf("at 60: %+v", f)
	}
	if l := p.Lift; len(l) == 0 || l[len(l)-1].ARRCapture.Value != 1 || l[0].ARRCapture.Value != 4.0/106 {
		t.Errorf("tenths %+v", l)
	}
	// Of the paths, account 0 lost 4 and account 3 lost 10; both were under 60.
	if l := p.Lead[1].Leads[2]; l.ARRRecall.Value != 1 || l.Recall.Count != 2 {
		t.Errorf("60 days before: %+v", l)
	}
	// Most lost ARR first: account 4 lost 50 of 50, account 3 10 of 40.
	if g := p.FalseGreens; len(g) != 2 || g[0].Account != 4 || g[0].ARRLost != 50 || g[0].Partial || g[1].ARRLost != 10 || g[1].ARR != 40 || !g[1].Partial {
		t.Errorf("false greens %+v", g)
	}
	if e := p.Excused; e.Rows != 1 || e.ARR != 100 || e.ARRLost != 100 || e.Flagged.ARRLost != 206 {
		t.Errorf("excused %+v", e)
	}
	if want := "2 of 2 accounts with a loss were flagged 60 days before; 38% of all were."; p.Headline != want {
		t.Errorf("%q", p.Headline)
	}
	bad := lostAudit()
	bad.Lost[1], bad.Partial[1] = 20.01, true
	_, err := Audit(context.Background(), bad, Options{})
	if err == nil || !strings.Contains(err.Error(), "Lost row 1 is outside 0 to the row's ARR") || !strings.Contains(err.Error(), "Partial row 1 is set for a row that did not churn") {
		t.Error(err)
	}
	bad = lostAudit()
	bad.ARR = nil
	if _, err := Audit(context.Background(), bad, Options{}); err == nil || !strings.Contains(err.Error(), "Lost is given without ARR") {
		t.Error(err)
	}
}

// A sample that says of every row what is assumed without a word, that a churned row
// loses all and the others nothing, has the same result; and lost ARR changes figures
// of ARR only, the ARR-weighted AUC of gate 3 among them.
func TestLostARRIsTheDefault(t *testing.T) {
	s := simulate(700, 4, 2, []float64{.4, .3, .2, .1}, 2, .06, 11)
	s.ARR = make([]float64, len(s.Y))
	for i := range s.ARR {
		s.ARR[i] = float64(10 + i%90)
	}
	o := Options{Replicates: 40, Cuts: []float64{45, 55}, Labels: []string{"red", "amber", "green"}, Capacity: 20}
	encode := func(r *Result) string {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	plain := mustRun(t, s, o)
	stated := s
	stated.Lost, stated.Partial = make([]float64, len(s.Y)), make([]bool, len(s.Y))
	for i, y := range s.Y {
		if y {
			stated.Lost[i] = s.ARR[i]
		}
	}
	if encode(plain) != encode(mustRun(t, stated, o)) {
		t.Error("stating the default changes the result")
	}
	half := stated
	half.Lost = slices.Clone(stated.Lost)
	for i := range half.Lost {
		half.Lost[i] = []float64{half.Lost[i], half.Lost[i] / 2, s.ARR[i] / 3}[i%3]
	}
	other := mustRun(t, half, o)
	if plain.Curves.AtCuts[0].Flagged.ARRRecall == other.Curves.AtCuts[0].Flagged.ARRRecall {
		t.Error("lost ARR changes no figure of ARR")
	}
	for _, r := range []*Result{plain, other} {
		withoutARR(r)
	}
	if a, b := encode(plain), encode(other); a != b {
		k := 0
		for k < len(a) && k < len(b) && a[k] == b[k] {
			k++
		}
		t.Errorf("lost ARR changes a figure that is none of ARR: %s", a[max(0, k-200):min(len(a), k+60)])
	}
}

// withoutARR blanks what rests on lost ARR.
func withoutARR(r *Result) {
	flag := func(f *assess.Flagged) { f.ARRLost, f.ARRReached, f.ARRRecall = 0, 0, assess.Number{} }
	for i := range r.Evidence {
		for j := range r.Evidence[i].Measures {
			m := &r.Evidence[i].Measures[j]
			m.TopDecileARR = assess.Number{}
			for d := range m.Deciles {
				m.Deciles[d].ARRCapture = assess.Number{}
			}
		}
	}
	for i := range r.Statuses.Rows {
		r.Statuses.Rows[i].ARRChurned = 0
	}
	r.Statuses.BaseARR = assess.Number{}
	for i := range r.Curves.AtCuts {
		flag(&r.Curves.AtCuts[i].Flagged)
	}
	for i := range r.Curves.Capacity {
		flag(&r.Curves.Capacity[i].Flagged)
	}
	flag(&r.Curves.Asked.Flagged)
	for i := range r.Curves.Asked.Segments {
		flag(&r.Curves.Asked.Segments[i].Flagged)
	}
	for i := range r.Curves.Lift {
		r.Curves.Lift[i].ARRCapture = assess.Number{}
	}
	r.OutOfFold.ARRWeighted = Comparison{}
	r.Power.EffectiveARR = assess.Number{}
	for i := range r.Segments {
		if s := r.Segments[i].OutOfFold; s != nil {
			s.ARRWeighted = Comparison{}
		}
	}
	for i, c := range r.Decision.Gates[2].Checks {
		if strings.HasPrefix(c.Name, "ARR-weighted") {
			r.Decision.Gates[2].Checks[i] = Check{}
		}
	}
	r.Decision.Gates[2].Reason = ""
}
