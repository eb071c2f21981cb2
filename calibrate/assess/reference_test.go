package assess

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// The expected numbers of these tests are in testdata/reference: simulated
// panels with the results of scipy, statsmodels, scikit-learn and R on them. Its
// README.md says which tool gave which figure.

var pillars = []string{"product", "support", "financial", "relationship"}

type panel struct {
	cols     map[string][]float64 // the pillars, score, arr
	account  []int32
	date     []int32
	churned  []bool
	firstHal []bool // half A
}

func loadPanel(t *testing.T, name string) panel {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "testdata", "reference", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	p := panel{cols: map[string][]float64{}}
	at := map[string]int{}
	for j, h := range rows[0] {
		at[h] = j
	}
	accounts, dates := map[string]int32{}, map[string]int32{}
	number := func(m map[string]int32, s string) int32 {
		v, ok := m[s]
		if !ok {
			v = int32(len(m))
			m[s] = v
		}
		return v
	}
	for _, row := range rows[1:] {
		for _, c := range append([]string{"score", "arr"}, pillars...) {
			v, err := strconv.ParseFloat(row[at[c]], 64)
			if err != nil {
				t.Fatal(err)
			}
			p.cols[c] = append(p.cols[c], v)
		}
		p.account = append(p.account, number(accounts, row[at["customer_id"]]))
		if j, ok := at["snapshot_date"]; ok {
			p.date = append(p.date, number(dates, row[j]))
		}
		p.churned = append(p.churned, row[at["churn"]] == "1")
		p.firstHal = append(p.firstHal, row[at["half"]] == "A")
	}
	return p
}

func (p panel) pillarColumns() [][]float64 {
	var x [][]float64
	for _, k := range pillars {
		x = append(x, p.cols[k])
	}
	return x
}

// tree is a decoded JSON value with a path for messages.
type tree struct {
	t    *testing.T
	v    any
	path string
}

func loadTree(t *testing.T, name string) tree {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "reference", name))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return tree{t, v, name}
}

func (r tree) at(keys ...any) tree {
	r.t.Helper()
	for _, k := range keys {
		r.path = fmt.Sprintf("%s.%v", r.path, k)
		switch k := k.(type) {
		case string:
			m, ok := r.v.(map[string]any)
			if !ok || m[k] == nil {
				r.t.Fatalf("%s is not there", r.path)
			}
			r.v = m[k]
		case int:
			r.v = r.v.([]any)[k]
		}
	}
	return r
}

func (r tree) num(keys ...any) float64 { r.t.Helper(); return r.at(keys...).v.(float64) }

func (r tree) list(keys ...any) []float64 {
	r.t.Helper()
	var out []float64
	for _, v := range r.at(keys...).v.([]any) {
		out = append(out, v.(float64))
	}
	return out
}

// agreement compares with a relative tolerance and remembers the worst.
type agreement struct {
	t     *testing.T
	worst float64
	where string
	n     int
}

func (a *agreement) check(what string, got, want, tol float64) {
	a.t.Helper()
	a.n++
	d := math.Abs(got - want)
	if want != 0 {
		d /= math.Abs(want)
	}
	if d > a.worst {
		a.worst, a.where = d, what
	}
	if !(d <= tol) {
		a.t.Errorf("%s = %.17g, reference %.17g, relative difference %.2g > %.0g", what, got, want, d, tol)
	}
}

// p compares p-values: those under 1e-12 only have to be as small.
func (a *agreement) p(what string, got, want float64) {
	a.t.Helper()
	if want < 1e-12 {
		if got > 2e-12 {
			a.t.Errorf("%s = %g, reference %g", what, got, want)
		}
		return
	}
	a.check(what, got, want, 1e-6)
}

func (a *agreement) report() {
	a.t.Logf("%d figures, worst relative difference %.2g (%s)", a.n, a.worst, a.where)
}

func bools(t tree, keys ...any) []bool {
	var out []bool
	for _, v := range t.list(keys...) {
		out = append(out, v == 1)
	}
	return out
}

func ints(v []float64) []int {
	var out []int
	for _, x := range v {
		out = append(out, int(x))
	}
	return out
}

// TestLiteralCases checks edge_cases.json (scipy 1.10.1, statsmodels 0.13.5,
// scikit-learn 1.2.1).
func TestLiteralCases(t *testing.T) {
	e := loadTree(t, "edge_cases.json")
	a := &agreement{t: t}
	defer a.report()
	for i := range e.at("wilson").v.([]any) {
		c := e.at("wilson", i)
		w := Wilson(int(c.num("x")), int(c.num("n")))
		a.check(c.path+".lo", w.Lo.Value, c.list("ci95")[0], 1e-12)
		a.check(c.path+".hi", w.Hi.Value, c.list("ci95")[1], 1e-12)
	}
	for _, name := range []string{"auc_all_tied", "auc_perfect", "auc_ties"} {
		score, y := e.list(name, "score"), bools(e, name, "churn")
		d := DeLong(y, score)
		a.check(name, d.Value[0], e.num(name, "auc"), 1e-12)
		a.check(name+" variance", d.Cov[0][0], e.num(name, "delong_var"), 1e-12)
	}
	x, y := e.list("kendall_ties", "x"), e.list("kendall_ties", "y")
	k, s := KendallTauB(x, y), Spearman(x, y)
	a.check("tau-b", k.R, e.num("kendall_ties", "tau_b"), 1e-12)
	a.p("tau-b p", k.P, e.num("kendall_ties", "p_asymptotic"))
	a.check("spearman", s.R, e.num("kendall_ties", "spearman"), 1e-12)
	a.p("spearman p", s.P, e.num("kendall_ties", "spearman_p_t"))
	q := e.list("quantile_type7", "q")
	for i, p := range e.list("quantile_type7", "p") {
		a.check("quantile", Quantile(e.list("quantile_type7", "x"), p).Value, q[i], 1e-14)
	}
	tails := map[string]func(tree) float64{
		"normal_sf": func(c tree) float64 { return NormalSurvival(c.num("z")) },
		"t_sf":      func(c tree) float64 { return StudentSurvival(c.num("t"), c.num("df")) },
		"chi2_sf":   func(c tree) float64 { return ChiSquareSurvival(c.num("x"), c.num("df")) },
		"f_sf":      func(c tree) float64 { return FSurvival(c.num("x"), c.num("d1"), c.num("d2")) },
	}
	for name, f := range tails {
		for i := range e.at(name).v.([]any) {
			c := e.at(name, i)
			if want := c.num("sf"); want == 0 {
				if f(c) > 1e-300 {
					t.Errorf("%s = %g, want 0", c.path, f(c))
				}
			} else {
				a.check(c.path, f(c), want, 1e-10)
			}
		}
	}
	fit := PoolAdjacentViolators(e.list("isotonic_pava", "y"), e.list("isotonic_pava", "w"))
	for i, want := range e.list("isotonic_pava", "increasing_fit") {
		a.check("isotonic", fit[i], want, 1e-14)
	}
	psi := PSI(ints(e.list("psi_literal", "expected")), ints(e.list("psi_literal", "actual")))
	a.check("psi", psi.Value, e.num("psi_literal", "smoothing_0_5"), 1e-9)
	p := e.list("bh_textbook", "p")
	for i, v := range BenjaminiHochberg(p) {
		a.check("BH", v, e.list("bh_textbook", "bh")[i], 1e-12)
		a.check("Holm", Holm(p)[i], e.list("bh_textbook", "holm")[i], 1e-12)
	}
}

// TestPanels checks every figure of this package on the three panels: *.py.json
// (scipy, statsmodels, scikit-learn) and *.R.json (R 4.2.2, pROC 1.18).
func TestPanels(t *testing.T) {
	for _, name := range []string{"tiny", "sim_quarterly", "sim_panel_90d"} {
		t.Run(name, func(t *testing.T) {
			p := loadPanel(t, name)
			py, r := loadTree(t, name+".py.json"), loadTree(t, name+".R.json")
			a := &agreement{t: t}
			defer a.report()
			columns := append(append([]string{}, pillars...), "score")
			var scores [][]float64
			for _, c := range columns {
				scores = append(scores, p.cols[c])
				checkColumn(a, p, c, py, r)
			}
			delong := DeLong(p.churned, scores...)
			for i := range columns {
				for j := range columns {
					a.check("delong cov", delong.Cov[i][j], py.list("delong_cov", i)[j], 1e-9)
				}
			}
			diff, test := delong.Difference(0, 3)
			a.check("difference", diff.Value, py.num("delong_pair_product_vs_relationship", "diff"), 1e-9)
			a.check("difference se", diff.SE, py.num("delong_pair_product_vs_relationship", "se"), 1e-9)
			a.p("difference p", test.P, py.num("delong_pair_product_vs_relationship", "p"))
			if name != "tiny" {
				o := Obuchowski(p.churned, p.account, scores...)
				for i, c := range columns {
					a.check("obuchowski se "+c, o.Estimate(i).SE, py.num("cluster", "obuchowski", c, "se"), 1e-9)
					for j := range columns {
						a.check("obuchowski cov", o.Cov[i][j], py.list("cluster", "obuchowski_cov", i)[j], 1e-9)
					}
				}
			}
			for i, v := range VIF(p.pillarColumns()) {
				a.check("vif", v.Value, py.list("vif")[i], 1e-9)
				a.check("vif R", v.Value, r.list("vif")[i], 1e-9)
			}
			a.check("condition number", ConditionNumber(p.pillarColumns()).Value, py.num("condition_number_std"), 1e-9)
			ps := py.list("bh", "p")
			for i, v := range BenjaminiHochberg(ps) {
				a.check("BH", v, py.list("bh", "adjusted")[i], 1e-12)
				a.check("Holm", Holm(ps)[i], py.list("bh", "holm")[i], 1e-12)
			}
			checkScore(a, p, py, r)
		})
	}
}

func checkColumn(a *agreement, p panel, c string, py, r tree) {
	a.t.Helper()
	x := p.cols[c]
	pb, sp, kt := PointBiserial(x, p.churned), Spearman(x, indicator(p.churned)), KendallTauB(x, indicator(p.churned))
	co := py.at("correlation", c)
	a.check(c+" r", pb.R, co.num("point_biserial"), 1e-9)
	a.p(c+" r p", pb.P, co.num("pb_p"))
	a.check(c+" r lo", pb.Lo, co.list("pb_ci95")[0], 1e-9)
	a.check(c+" r hi", pb.Hi, co.list("pb_ci95")[1], 1e-9)
	a.check(c+" r (R)", pb.R, r.num("cor", c, "pearson"), 1e-9)
	a.check(c+" spearman", sp.R, co.num("spearman"), 1e-9)
	a.p(c+" spearman p", sp.P, co.num("spearman_p_t"))
	a.check(c+" tau-b", kt.R, co.num("kendall_tau_b"), 1e-9)
	a.check(c+" tau-b (R)", kt.R, r.num("cor", c, "kendall"), 1e-9)
	a.p(c+" tau-b p", kt.P, co.num("kendall_p_asymptotic"))
	rank := Rank(x)
	a.p(c+" Mann-Whitney p", rank.MannWhitney(p.churned).P, co.num("mannwhitney_p_nocc"))
	auc := py.at("auc", c)
	e := DeLong(p.churned, x).Estimate(0)
	a.check(c+" auc", e.Value, auc.num("auc"), 1e-9)
	a.check(c+" auc se", e.SE, auc.num("se"), 1e-9)
	a.check(c+" auc lo", e.Lo, auc.list("ci95")[0], 1e-9)
	a.check(c+" auc hi", e.Hi, auc.list("ci95")[1], 1e-9)
	a.check(c+" auc variance (pROC)", e.SE*e.SE, r.num("auc", c, "var"), 1e-9)
	a.check(c+" gini", Gini(AUC(x, p.churned)).Value, auc.num("gini"), 1e-9)
	a.check(c+" arr auc", WeightedAUC(x, p.churned, p.cols["arr"]).Value, auc.num("auc_arr_weighted"), 1e-9)
	iv := InformationValue(x, p.churned, Tenths())
	a.check(c+" iv", iv.IV.Value, py.num("iv", c, "iv_fixed10"), 1e-9)
	for j, w := range py.list("iv", c, "woe_fixed10") {
		a.check(c+" woe", iv.WoE[j], w, 1e-9)
	}
	bands := []float64{0, 40, 60, 80, 100}
	a.check(c+" iv bands", InformationValue(x, p.churned, bands).IV.Value, py.num("iv", c, "iv_bands4"), 1e-9)
	var first, second []float64
	for i, v := range x {
		if p.firstHal[i] {
			first = append(first, v)
		} else {
			second = append(second, v)
		}
	}
	psi := py.at("psi_half_A_to_B", c)
	a.check(c+" psi", PSI(Histogram(first, Tenths()), Histogram(second, Tenths())).Value, psi.num("fixed10"), 1e-9)
	a.check(c+" psi bands", PSI(Histogram(first, bands), Histogram(second, bands)).Value, psi.num("bands4"), 1e-9)
	a.check("psi critical", PSICritical(10, len(first), len(second)).Value, py.num("psi_critical_95", "fixed10"), 1e-9)
}

func checkScore(a *agreement, p panel, py, r tree) {
	a.t.Helper()
	rank := Rank(p.cols["score"])
	ks := rank.KS(p.churned)
	a.check("ks", ks.D, py.num("ks", "stat"), 1e-9)
	a.check("ks at", ks.At, py.num("ks", "at_score"), 0)
	a.p("ks p (R)", ks.P, r.num("ks", "p"))
	a.check("average precision", rank.AveragePrecision(p.churned).Value, py.num("average_precision"), 1e-9)
	for i, d := range rank.Deciles(p.churned, nil) {
		g := py.at("deciles", i)
		if d.N != int(g.num("n")) || d.Churned != int(g.num("events")) {
			a.t.Errorf("%s: %d churned of %d", g.path, d.Churned, d.N)
		}
		a.check(g.path+" lift", d.Lift.Value, g.num("lift"), 1e-9)
		a.check(g.path+" capture", d.Capture.Value, g.num("cum_capture"), 1e-9)
		a.check(g.path+" max", d.MaxScore, g.num("max_score"), 0)
	}
	iso := py.at("isotonic")
	steps := rank.IsotonicRates(p.churned)
	if len(steps) != int(iso.num("n_levels")) {
		a.t.Errorf("isotonic: %d levels, reference %v", len(steps), iso.num("n_levels"))
	}
	j, x, y := 0, iso.list("x"), iso.list("y")
	for _, s := range steps {
		a.check("isotonic from", s.FromScore, x[j], 0)
		a.check("isotonic rate", s.Rate, y[j], 1e-9)
		if s.ToScore != s.FromScore {
			j++
			a.check("isotonic to", s.ToScore, x[j], 0)
		}
		j++
	}
	var n, churned []int
	for _, b := range []string{"critical", "poor", "fair", "good"} {
		n = append(n, int(py.num("bands_80_60_40", b, "n")))
		churned = append(churned, int(py.num("bands_80_60_40", b, "events")))
	}
	ca := CochranArmitage(churned, n)
	a.check("Cochran-Armitage z", ca.Statistic, py.num("cochran_armitage", "z"), 1e-9)
	a.p("Cochran-Armitage p", ca.P, py.num("cochran_armitage", "p"))

	naive := make([]float64, len(p.churned))
	for i, s := range p.cols["score"] {
		naive[i] = max(1e-6, min(1-1e-6, 1-s/100))
	}
	pr := py.at("prob_naive")
	a.check("brier", Brier(naive, p.churned, nil).Value, pr.num("brier"), 1e-9)
	a.check("brier arr", Brier(naive, p.churned, p.cols["arr"]).Value, pr.num("brier_arr_weighted"), 1e-9)
	a.check("log loss", LogLoss(naive, p.churned, nil).Value, pr.num("log_loss"), 1e-9)
	line := Calibrate(naive, p.churned)
	a.check("calibration intercept", line.Intercept.Value, pr.num("cal_intercept_given_slope"), 1e-8)
	a.check("calibration slope", line.Slope.Value, pr.num("cal_slope"), 1e-8)
	a.check("calibration in the large", line.InTheLarge.Value, pr.num("cal_in_the_large"), 1e-8)
	a.check("observed over expected", line.Ratio.Value, pr.num("observed_over_expected"), 1e-9)
}

// TestWithinDateAUC checks stratified.json (scikit-learn per date, weighted by
// its pairs).
func TestWithinDateAUC(t *testing.T) {
	want := loadTree(t, "stratified.json")
	for _, name := range []string{"sim_quarterly", "sim_panel_90d"} {
		p := loadPanel(t, name)
		a := &agreement{t: t}
		for _, c := range append([]string{"score"}, pillars...) {
			e := StratifiedAUC(p.cols[c], p.churned, Strata{Stratum: p.date, Cluster: p.account})
			a.check(name+" "+c, e.Value, want.num(name, "within_date_auc", c), 1e-9)
			if !e.Interval || !(e.Lo < e.Value && e.Value < e.Hi) {
				t.Errorf("%s %s: no interval: %+v", name, c, e)
			}
		}
		a.report()
	}
}
