package calibrate

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// The expected numbers of these tests are in testdata/reference; its README.md
// says which tool produced which figure.

func referenceFile(t testing.TB, name string) string {
	t.Helper()
	return filepath.Join("..", "testdata", "reference", name)
}

func readCSV(t testing.TB, name string) (header map[string]int, rows [][]string) {
	t.Helper()
	file, err := os.Open(referenceFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err = csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	header = map[string]int{}
	for j, h := range rows[0] {
		header[h] = j
	}
	return header, rows[1:]
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(referenceFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

// loadSample reads a reference panel. ids are the account names by number.
func loadSample(t testing.TB, name string) (s *Sample, ids []string) {
	t.Helper()
	at, rows := readCSV(t, name+".csv")
	s = &Sample{Pillars: []string{"product", "support", "financial", "relationship"}, Weights: []float64{.30, .20, .25, .25}, X: make([][]float64, 4)}
	number := func(list *[]string, v string) int32 {
		i, ok := slices.BinarySearch(*list, v)
		if !ok {
			t.Fatalf("%s is not there", v)
		}
		return int32(i)
	}
	collect := func(col string) []string {
		var out []string
		for _, r := range rows {
			out = append(out, r[at[col]])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	float := func(v string) float64 {
		x, err := strconv.ParseFloat(v, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	ids, s.Segments = collect("customer_id"), collect("segment")
	_, dated := at["snapshot_date"]
	if dated {
		s.Periods = collect("snapshot_date")
	}
	for _, r := range rows {
		for k, p := range s.Pillars {
			s.X[k] = append(s.X[k], float(r[at[p]]))
		}
		s.Y = append(s.Y, r[at["churn"]] == "1")
		s.Account = append(s.Account, number(&ids, r[at["customer_id"]]))
		s.Segment = append(s.Segment, number(&s.Segments, r[at["segment"]]))
		if dated {
			s.Period = append(s.Period, number(&s.Periods, r[at["snapshot_date"]]))
		}
		s.ARR = append(s.ARR, float(r[at["arr"]]))
		s.Score = append(s.Score, float(r[at["score"]]))
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s, ids
}

// agreement compares and remembers the worst difference.
type agreement struct {
	t     *testing.T
	worst float64
	where string
	n     int
}

func (a *agreement) note(what string, d, got, want, tol float64) {
	a.t.Helper()
	a.n++
	if d > a.worst {
		a.worst, a.where = d, what
	}
	if !(d <= tol) {
		a.t.Errorf("%s = %.17g, reference %.17g, difference %.2g > %.0g", what, got, want, d, tol)
	}
}

func (a *agreement) relative(what string, got, want, tol float64) {
	a.t.Helper()
	d := math.Abs(got - want)
	if want != 0 {
		d /= math.Abs(want)
	}
	a.note(what, d, got, want, tol)
}

func (a *agreement) absolute(what string, got, want, tol float64) {
	a.t.Helper()
	a.note(what, math.Abs(got-want), got, want, tol)
}

func (a *agreement) report(set string) {
	a.t.Logf("%s: %d figures, worst difference %.2g (%s)", set, a.n, a.worst, a.where)
}

func wholeDesign(s *Sample, by Intercepts) (*frame, *design) {
	f := newFrame(s)
	return f, newDesign(f, s.X, f.complete, by)
}

type shrinkageCase struct {
	Wald, C, Slope float64
	WFree          []float64 `json:"w_free"`
	W              []float64
}

func (c shrinkageCase) check(a *agreement, what string, e *estimate) {
	a.t.Helper()
	if e.status != converged {
		a.t.Fatalf("%s: status %d", what, e.status)
	}
	a.relative(what+" wald", e.wald, c.Wald, 1e-8)
	a.relative(what+" c", e.c, c.C, 1e-8)
	a.relative(what+" slope", e.slope, c.Slope, 1e-8)
	for i := range c.W {
		a.absolute(fmt.Sprint(what, " free ", i), e.free[i], c.WFree[i], 1e-6)
		a.absolute(fmt.Sprint(what, " weight ", i), e.shrunk[i], c.W[i], 1e-6)
	}
}

// TestShrinkage checks shrinkage.json: Wald statistic, shrinkage, free and shrunk
// weights on two panels and on 25 saved resamples (numpy; its free weights agree
// with scipy's SLSQP).
func TestShrinkage(t *testing.T) {
	var want struct {
		Quarterly  shrinkageCase   `json:"sim_quarterly"`
		Panel      shrinkageCase   `json:"sim_panel_90d"`
		Replicates []shrinkageCase `json:"sim_quarterly_replicates"`
	}
	readJSON(t, "shrinkage.json", &want)
	a := &agreement{t: t}
	for name, c := range map[string]shrinkageCase{"sim_quarterly": want.Quarterly, "sim_panel_90d": want.Panel} {
		s, _ := loadSample(t, name)
		_, d := wholeDesign(s, Single)
		e := newEstimate(4)
		newFitter(d).refit(d, nil, s.Weights, nil, exact, e)
		c.check(a, name, e)
	}
	a.report("shrinkage.json")

	b := &agreement{t: t}
	s, mult := loadResamples(t)
	_, d := wholeDesign(s, Single)
	f, full, e := newFitter(d), newEstimate(4), newEstimate(4)
	f.refit(d, nil, s.Weights, nil, exact, full)
	start := f.origin()
	for r, c := range want.Replicates {
		f.refit(d, mult[r], s.Weights, start, rough, e)
		c.check(b, fmt.Sprint("replicate ", r), e)
	}
	b.report("shrinkage.json replicates")
}

// loadResamples returns sim_quarterly with the saved account multiplicities, one
// row per replicate.
func loadResamples(t testing.TB) (*Sample, [][]int32) {
	s, ids := loadSample(t, "sim_quarterly")
	_, rows := readCSV(t, "sim_bootstrap_multiplicity.csv")
	mult := make([][]int32, len(rows[0])-1)
	for r := range mult {
		mult[r] = make([]int32, len(ids))
	}
	for _, row := range rows {
		i, ok := slices.BinarySearch(ids, row[0])
		if !ok {
			continue
		}
		for r, v := range row[1:] {
			m, err := strconv.Atoi(v)
			if err != nil {
				t.Fatal(err)
			}
			mult[r][i] = int32(m)
		}
	}
	return s, mult
}

// TestSavedResamples checks the bounded fit of all 200 resamples of
// sim_bootstrap.json (independent enumeration of supports in numpy).
func TestSavedResamples(t *testing.T) {
	var want struct {
		Replicates []struct {
			Lam0 struct {
				Slope   float64
				Weights []float64
			}
		}
	}
	readJSON(t, "sim_bootstrap.json", &want)
	s, mult := loadResamples(t)
	_, d := wholeDesign(s, Single)
	f, e := newFitter(d), newEstimate(4)
	f.refit(d, nil, s.Weights, nil, exact, e)
	start := f.origin()
	a := &agreement{t: t}
	zeros := 0
	for r, c := range want.Replicates {
		f.refit(d, mult[r], s.Weights, start, rough, e)
		a.relative(fmt.Sprint("slope ", r), e.slope, c.Lam0.Slope, 1e-6)
		for i, w := range c.Lam0.Weights {
			a.absolute(fmt.Sprint("weight ", r, " ", i), e.free[i], w, 1e-6)
			if w == 0 {
				zeros++
				if e.free[i] != 0 {
					t.Errorf("replicate %d, pillar %d: %g, not at zero", r, i, e.free[i])
				}
			}
		}
	}
	if zeros == 0 {
		t.Error("no resample has a weight at zero: the bound is not exercised")
	}
	a.report("sim_bootstrap.json")

	// The same by accounts, in blocks.
	sub, start := expanded(t, s)
	b, byAccounts := newBlock(start.near, newFitter(sub.d), sub.to), 0
	c := &agreement{t: t}
	for first := 0; first < len(mult); first += blockOf {
		n := min(blockOf, len(mult)-first)
		b.refit(n, func(m []int32, i int) { copy(m, mult[first+i]) })
		for i := range n {
			if b.slots[i].stage == done {
				byAccounts++
			}
			r, e := first+i, b.slots[i].e
			c.relative(fmt.Sprint("slope ", r), e.slope, want.Replicates[r].Lam0.Slope, 1e-8)
			for j, w := range want.Replicates[r].Lam0.Weights {
				c.absolute(fmt.Sprint("weight ", r, " ", j), e.free[j], w, 1e-8)
				if (w == 0) != (e.free[j] == 0) {
					t.Errorf("replicate %d, pillar %d: %g by accounts, want %g", r, j, e.free[j], w)
				}
			}
		}
	}
	c.report(fmt.Sprintf("sim_bootstrap.json in blocks, %d by accounts", byAccounts))
	var shrunk struct {
		Replicates []shrinkageCase `json:"sim_quarterly_replicates"`
	}
	readJSON(t, "shrinkage.json", &shrunk)
	c = &agreement{t: t}
	b.refit(blockOf, func(m []int32, i int) { copy(m, mult[i]) })
	for i := range blockOf {
		shrunk.Replicates[i].check(c, fmt.Sprint("replicate ", i, " in a block"), b.slots[i].e)
	}
	c.report("shrinkage.json replicates in blocks")
}

// TestUnconstrainedFit checks coefficients, clustered errors and likelihoods
// (statsmodels 0.13.5, R 4.2.2 glm and sandwich) and Firth's fit (brglm2 0.9).
func TestUnconstrainedFit(t *testing.T) {
	for _, name := range []string{"tiny", "sim_quarterly", "sim_panel_90d"} {
		var py struct {
			Full struct {
				Coef, SE    []float64
				LLF, LLNull float64
			} `json:"logit_full"`
			Heuristic float64 `json:"heuristic_shrinkage_vanhouwelingen"`
			Simplex   struct {
				Slope   float64
				Weights []float64
			} `json:"simplex_logistic"`
			Cluster struct {
				SE   []float64              `json:"se_hc0"`
				Wald struct{ Chi2 float64 } `json:"wald_direction_hc0"`
			}
		}
		var r struct {
			Glm, Firth struct{ Coef, SE []float64 }
			Sandwich   struct{ SE []float64 } `json:"vcovCL_HC0_nocadj"`
		}
		readJSON(t, name+".py.json", &py)
		readJSON(t, name+".R.json", &r)
		s, _ := loadSample(t, name)
		_, d := wholeDesign(s, Single)
		f, e := newFitter(d), newEstimate(4)
		f.refit(d, nil, s.Weights, nil, exact, e)
		a := &agreement{t: t}
		hc0 := 1.0
		if e.clusters > 1 {
			hc0 = (e.clusters - 1) / e.clusters // the reference has no G/(G-1)
		}
		for i := range 4 {
			a.relative(fmt.Sprint("coef ", i), -e.beta[i], py.Full.Coef[i+1], 1e-8)
			a.relative(fmt.Sprint("coef R ", i), -e.beta[i], r.Glm.Coef[i+1], 1e-8)
			if py.Cluster.SE != nil {
				se := math.Sqrt(e.cov[i*4+i] * hc0)
				a.relative(fmt.Sprint("clustered se ", i), se, py.Cluster.SE[i+1], 1e-8)
				a.relative(fmt.Sprint("clustered se R ", i), se, r.Sandwich.SE[i+1], 1e-8)
			}
			a.absolute(fmt.Sprint("free ", i), e.free[i], py.Simplex.Weights[i], 1e-6)
		}
		a.relative("loglik", -e.loss, py.Full.LLF, 1e-8)
		if py.Cluster.SE != nil {
			a.relative("wald", e.wald/hc0, py.Cluster.Wald.Chi2, 1e-8)
		}
		lr := likelihoodRatio(d, e)
		a.relative("LR", lr, 2*(py.Full.LLF-py.Full.LLNull), 1e-8)
		a.relative("heuristic", (lr-4)/lr, py.Heuristic, 1e-8)
		a.report(name)

		b := &agreement{t: t}
		f.refitFirth(d, s.Weights, e)
		for i := range 4 {
			b.relative(fmt.Sprint("firth ", i), -e.beta[i], r.Firth.Coef[i+1], 1e-7)
			b.relative(fmt.Sprint("firth se ", i), math.Sqrt(e.cov[i*4+i]), r.Firth.SE[i+1], 1e-7)
		}
		b.report(name + " Firth")
	}
}

// TestSeparated checks the detection of perfect separation, and separated.json
// (brglm2 0.9 and an independent Newton in numpy).
func TestSeparated(t *testing.T) {
	var want struct {
		Coef, SE []float64
		Loglik   float64 `json:"penalised_loglik"`
		Brglm2   struct {
			All []float64 `json:"all_pillars_coef"`
		}
	}
	readJSON(t, "separated.json", &want)
	s, _ := loadSample(t, "separated")
	fr, d := wholeDesign(s, Single)
	f, e := newFitter(d), newEstimate(4)
	f.refit(d, nil, s.Weights, nil, exact, e)
	if e.status != separated {
		t.Errorf("status %d, want separated", e.status)
	}
	a := &agreement{t: t}
	f.refitFirth(d, s.Weights, e)
	for i := range 4 {
		a.relative(fmt.Sprint("all pillars ", i), -e.beta[i], want.Brglm2.All[i+1], 1e-7)
	}
	one := newDesign(fr, s.X[3:], fr.complete, Single)
	g := newFitter(one)
	g.prepare(one, nil)
	g.evaluate(one, nil)
	g.eliminate()
	fit, ok := g.firth(one, []int{0})
	if !ok {
		t.Fatal("no convergence")
	}
	a.relative("slope", -fit.theta[1]/one.sd[0], want.Coef[1], 1e-7)
	a.relative("intercept", fit.theta[0]+fit.theta[1]/one.sd[0]*one.mean[0], want.Coef[0], 1e-7)
	a.relative("se", math.Sqrt(fit.cov.At(1, 1))/one.sd[0], want.SE[1], 1e-7)
	a.relative("penalised loglik", fit.penalised+math.Log(one.sd[0]), want.Loglik, 1e-7)
	a.report("separated")
}

// TestPeriodIntercepts checks stratified.json: slopes, clustered errors and the
// direction test with one intercept per date (numpy). The rows of a date without
// a contrast are left out there too.
func TestPeriodIntercepts(t *testing.T) {
	var want map[string]struct {
		Fit struct {
			Coef []float64              `json:"coef_pillars"`
			SE   []float64              `json:"se_cluster_hc0"`
			Wald struct{ Chi2 float64 } `json:"wald_direction"`
		} `json:"period_intercepts"`
	}
	readJSON(t, "stratified.json", &want)
	for _, name := range []string{"sim_quarterly", "sim_panel_90d"} {
		s, _ := loadSample(t, name)
		_, d := wholeDesign(s, ByPeriod)
		f, e := newFitter(d), newEstimate(4)
		f.refit(d, nil, s.Weights, nil, exact, e)
		a := &agreement{t: t}
		hc0 := (e.clusters - 1) / e.clusters
		for i := range 4 {
			a.relative(fmt.Sprint("coef ", i), -e.beta[i], want[name].Fit.Coef[i], 1e-8)
			a.relative(fmt.Sprint("se ", i), math.Sqrt(e.cov[i*4+i]*hc0), want[name].Fit.SE[i], 1e-8)
		}
		a.relative("wald", e.wald/hc0, want[name].Fit.Wald.Chi2, 1e-8)
		a.report(name)
	}
}
