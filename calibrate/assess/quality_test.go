package assess

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
)

// TestProbabilityQuality checks reliability, Brier parts, tests of calibration,
// net benefit, beta calibration, flags, threshold search, sample sizes and
// heterogeneity on the three panels: *.py.json (statsmodels 0.13.5, scikit-learn
// 1.2.1, numpy) and *.R.json (R 4.2.2).
func TestProbabilityQuality(t *testing.T) {
	for _, name := range []string{"tiny", "sim_quarterly", "sim_panel_90d"} {
		t.Run(name, func(t *testing.T) {
			p := loadPanel(t, name)
			py, r := loadTree(t, name+".py.json"), loadTree(t, name+".R.json")
			a := &agreement{t: t}
			defer a.report()
			score := p.cols["score"]
			one := FitLogistic(p.churned, score)
			calibrated, naive := make([]float64, len(score)), make([]float64, len(score))
			for i, s := range score {
				calibrated[i] = 1 / (1 + math.Exp(-one.Coef[0]-one.Coef[1]*s))
				naive[i] = clipped(1 - s/100)
			}
			for j, c := range py.list("logit_score", "coef") {
				a.check("logit coef", one.Coef[j], c, 1e-8)
				a.check("logit se", math.Sqrt(one.Cov[j][j]), py.list("logit_score", "se")[j], 1e-8)
			}
			a.check("log-likelihood", one.LogLik, py.num("logit_score", "llf"), 1e-9)
			a.check("null", one.NullLik, py.num("logit_score", "llnull"), 1e-9)
			checkProbabilities(a, calibrated, p, py.at("prob_calibrated"), r.at("hosmer_lemeshow_calibrated"))
			checkProbabilities(a, naive, p, py.at("prob_naive"), r.at("hosmer_lemeshow_naive"))

			b := BetaCalibration(naive, p.churned)
			want := py.at("beta_calibration")
			a.check("beta a", b.A, want.num("a"), 1e-7)
			a.check("beta b", b.B, want.num("b"), 1e-7)
			a.check("beta c", b.C, want.num("c"), 1e-7)
			a.check("beta log-likelihood", b.LogLik, want.num("llf"), 1e-9)
			if m := MonotoneBeta(naive, p.churned); !m.OK || m.A < 0 || m.B < 0 || m.LogLik > b.LogLik+1e-9 || (b.A >= 0 && b.B >= 0) != (m == b) {
				t.Errorf("monotone %+v, free %+v", m, b)
			} else if b.A > 0 != (m.A > 0) || b.B > 0 != (m.B > 0) {
				t.Errorf("the wrong term was left out: %+v, free %+v", m, b)
			}
			var mse float64
			for i, step := range isotonicFit(score, p.churned) {
				y := 0.0
				if p.churned[i] {
					y = 1
				}
				mse += (step - y) * (step - y) / float64(len(score))
			}
			a.check("isotonic brier", mse, py.num("isotonic", "brier"), 1e-9)

			checkFlags(a, p, py)
			checkSearch(a, p, py.at("threshold_search"))
			full := FitLogistic(p.churned, p.pillarColumns()...)
			rm := py.at("riley_min_n")
			m := RileyMinimum(4, len(score), full.Churned, full.LR())
			a.check("r2", m.R2.Value, rm.num("r2_cox_snell"), 1e-8)
			a.check("r2 max", m.R2Max.Value, rm.num("r2_max"), 1e-9)
			a.check("riley shrinkage", m.Shrinkage.Value, rm.num("n_shrinkage_0_9"), 1e-8)
			a.check("riley optimism", m.Optimism.Value, rm.num("n_optimism_0_05"), 1e-8)
			a.check("riley risk", m.Risk.Value, rm.num("n_risk_pm_0_05"), 1e-9)
			arr := p.cols["arr"]
			var lost []float64
			for i, c := range p.churned {
				if c {
					lost = append(lost, arr[i])
				}
			}
			a.check("kish", EffectiveN(arr).Value, py.num("arr_kish_neff"), 1e-9)
			a.check("kish events", EffectiveN(lost).Value, py.num("arr_kish_neff_events"), 1e-9)
		})
	}
}

// isotonicFit gives every row the rate of its step.
func isotonicFit(score []float64, churned []bool) []float64 {
	steps := Rank(score).IsotonicRates(churned)
	out := make([]float64, len(score))
	for i, s := range score {
		for _, st := range steps {
			if st.FromScore <= s && s <= st.ToScore {
				out[i] = st.Rate
			}
		}
	}
	return out
}

func checkProbabilities(a *agreement, prob []float64, p panel, py, r tree) {
	a.t.Helper()
	width, mass := EqualWidthBins(prob, p.churned, 10), EqualMassBins(prob, p.churned, 10)
	a.check("brier", Brier(prob, p.churned, nil).Value, py.num("brier"), 1e-9)
	a.check("ece width", CalibrationError(width).Value, py.num("ece_width10"), 1e-8)
	a.check("ece mass", CalibrationError(mass).Value, py.num("ece_mass10"), 1e-8)
	m := Murphy(width)
	a.check("murphy brier", m.Brier, py.num("murphy10", "brier"), 1e-9)
	a.check("skill", m.Skill.Value, py.num("brier_skill"), 1e-8)
	a.check("reliability", m.Reliability, py.num("murphy10", "reliability"), 1e-8)
	a.check("resolution", m.Resolution, py.num("murphy10", "resolution"), 1e-8)
	a.check("uncertainty", m.Uncertainty, py.num("murphy10", "uncertainty"), 1e-9)
	a.check("within variance", m.WithinVariance, py.num("murphy10", "within_bin_variance"), 1e-8)
	a.check("within covariance", m.WithinCovariance, py.num("murphy10", "within_bin_covariance"), 1e-8)
	a.check("parts add up", m.Reliability-m.Resolution+m.Uncertainty+m.WithinVariance-m.WithinCovariance, m.Brier, 1e-9)
	z := Spiegelhalter(prob, p.churned)
	// Near 0 the statistic is a difference of nearly equal sums.
	a.check("spiegelhalter", z.Statistic, py.num("spiegelhalter_z"), 1e-6)
	a.p("spiegelhalter p", z.P, py.num("spiegelhalter_p"))
	hl := HosmerLemeshow(prob, p.churned, 10)
	want := py.at("hosmer_lemeshow")
	a.check("hosmer-lemeshow", hl.Statistic, want.num("chi2"), 1e-8)
	a.check("hosmer-lemeshow (R)", hl.Statistic, r.num("chi2"), 1e-8)
	a.check("hosmer-lemeshow df", hl.DF, want.num("df"), 0)
	a.p("hosmer-lemeshow p", hl.P, want.num("p"))
	for i, b := range QuantileBins(prob, p.churned, 10) {
		g := want.list("groups", i)
		if b.Rate.N != int(g[0]) || b.Rate.Churned != int(g[1]) {
			a.t.Errorf("group %d: %d of %d", i, b.Rate.Churned, b.Rate.N)
		}
		a.check("expected", b.Said.Value*float64(b.Rate.N), g[2], 1e-8)
	}
	for text, v := range py.at("net_benefit").v.(map[string]any) {
		at, err := strconv.ParseFloat(text, 64)
		if err != nil {
			a.t.Fatal(err)
		}
		d := NetBenefit(prob, p.churned, []float64{at})[0]
		nb := v.(map[string]any)
		// Absolute: both are differences around 0.
		for what, pair := range map[string][2]float64{"model": {d.Model, nb["model"].(float64)}, "all": {d.All, nb["treat_all"].(float64)}} {
			if math.Abs(pair[0]-pair[1]) > 1e-14 {
				a.t.Errorf("net benefit %s at %s: %v, reference %v", what, text, pair[0], pair[1])
			}
		}
	}
}

func checkFlags(a *agreement, p panel, py tree) {
	a.t.Helper()
	for _, cut := range []string{"40", "60", "80"} {
		w := py.at("confusion_flag_below", cut)
		at, _ := strconv.ParseFloat(cut, 64)
		f := FlagBelow(p.cols["score"], p.churned, p.cols["arr"], nil, at)
		for what, n := range map[string]int{"tp": f.Hit, "fp": f.FalseAlarm, "fn": f.Missed, "tn": f.Quiet} {
			if n != int(w.num(what)) {
				a.t.Errorf("%s %s: %d", w.path, what, n)
			}
		}
		a.check("sensitivity", f.Recall.Share.Value, w.num("sensitivity"), 1e-12)
		a.check("sensitivity lo", f.Recall.Lo.Value, w.list("sens_wilson95")[0], 1e-9)
		a.check("sensitivity hi", f.Recall.Hi.Value, w.list("sens_wilson95")[1], 1e-9)
		a.check("specificity", 1-f.FalseAlarmRate.Share.Value, w.num("specificity"), 1e-12)
		a.check("precision", f.Precision.Share.Value, w.num("ppv"), 1e-12)
		a.check("negative value", f.NegativeValue.Value, w.num("npv"), 1e-12)
		a.check("mcc", f.MCC.Value, w.num("mcc"), 1e-9)
		a.check("balanced accuracy", f.BalancedAccuracy.Value, w.num("balanced_accuracy"), 1e-12)
	}
	// ARR reached below 60 is that of the two lower bands.
	f := FlagBelow(p.cols["score"], p.churned, p.cols["arr"], nil, 60)
	b := py.at("bands_80_60_40")
	a.check("ARR reached", f.ARRReached, b.num("critical", "arr_churned")+b.num("poor", "arr_churned"), 1e-9)
	a.check("ARR flagged", f.ARRFlagged, b.num("critical", "arr")+b.num("poor", "arr"), 1e-9)
	// Capacity for as many rows as lie under 60 is the flag below 60.
	n := f.Hit + f.FalseAlarm
	worked, _ := Rank(p.cols["score"]).Lowest(nil, func(int) int { return n })
	if c := FlagRows(worked, p.churned, p.cols["arr"], nil); c.Hit != f.Hit || c.FalseAlarm != f.FalseAlarm {
		a.t.Errorf("capacity %d: %+v", n, c)
	}
	// The area under the ROC points is the AUC.
	var area float64
	last := ROCPoint{}
	for _, q := range Rank(p.cols["score"]).ROC(p.churned, 0) {
		area += (q.FalseAlarmRate - last.FalseAlarmRate) * (q.Recall + last.Recall) / 2
		last = q
	}
	a.check("area under the points", area, py.num("auc", "score", "auc"), 1e-9)
	if pts := Rank(p.cols["score"]).ROC(p.churned, 20); len(pts) > 21 || pts[len(pts)-1].Recall != 1 {
		a.t.Errorf("%d points", len(pts))
	}
}

func checkSearch(a *agreement, p panel, want tree) {
	a.t.Helper()
	events := 0
	for _, c := range p.churned {
		if c {
			events++
		}
	}
	least := 5
	if events < 40 {
		least = 1
	}
	score := p.cols["score"]
	b := ThresholdSearch(score, p.churned, 3, int(math.Ceil(.05*float64(len(score)))), least)
	if !b.OK {
		a.t.Fatal(b.Why)
	}
	a.check("search log-likelihood", b.LogLik, want.num("best", "loglik"), 1e-9)
	for j, c := range want.list("best", "t") {
		if b.Cuts[j] != int(c) {
			a.t.Errorf("cuts %v, reference %v", b.Cuts, want.list("best", "t"))
		}
	}
	for j := range 4 {
		if g := want.list("best", "bands_n_events", j); b.Rates[j].N != int(g[0]) || b.Rates[j].Churned != int(g[1]) {
			a.t.Errorf("band %d: %+v", j, b.Rates[j])
		}
	}
	a.check("current cuts", BandLogLik(score, p.churned, []float64{40, 60, 80}).Value, want.num("current_40_60_80_loglik"), 1e-9)
}

// TestHeterogeneity checks segment_heterogeneity (statsmodels): contrasts of each
// segment's fit with the global bounded weights.
func TestHeterogeneity(t *testing.T) {
	for _, name := range []string{"sim_quarterly", "sim_panel_90d"} {
		p := loadPanel(t, name)
		want := loadTree(t, name+".py.json").at("segment_heterogeneity")
		w := loadTree(t, name+".py.json").list("simplex_logistic", "weights")
		segment := loadTable(t, name+".csv").text("segment")
		a := &agreement{t: t}
		var contrasts [][]float64
		var covs [][][]float64
		var sd []float64
		for _, col := range p.pillarColumns() {
			_, s := moments(col)
			sd = append(sd, s)
		}
		for i, seg := range []string{"ENT", "MM", "SMB"} {
			var churned []bool
			x := make([][]float64, 4)
			for r, s := range segment {
				if s != seg {
					continue
				}
				churned = append(churned, p.churned[r])
				for k, col := range p.pillarColumns() {
					x[k] = append(x[k], col[r])
				}
			}
			fit := FitLogistic(churned, x...)
			l := make([][]float64, 3)
			for k := range l {
				l[k] = make([]float64, 4)
				for j := range 4 {
					l[k][j] = -w[k] * sd[k]
				}
				l[k][k] += sd[k]
			}
			c, v := make([]float64, 3), square(3)
			for k := range 3 {
				for j := range 4 {
					c[k] -= l[k][j] * fit.Coef[j+1]
					for m := range 3 {
						for n := range 4 {
							v[k][m] += l[k][j] * fit.Cov[j+1][n+1] * l[m][n]
						}
					}
				}
				a.check("contrast", c[k], want.list("segments", i, "contrast")[k], 1e-7)
			}
			contrasts, covs = append(contrasts, c), append(covs, v)
		}
		h := Heterogeneity(contrasts, covs)
		a.check("Q", h.Q.Statistic, want.num("Q"), 1e-7)
		a.check("df", h.Q.DF, want.num("df"), 0)
		a.p("Q p", h.Q.P, want.num("p"))
		a.check("tau2", h.Tau2.Value, want.num("tau2"), 1e-6)
		a.report()
	}
}

// TestQualityDegenerate: unusable input gets words, and everything encodes.
func TestQualityDegenerate(t *testing.T) {
	for name, c := range map[string]struct {
		p []float64
		y []bool
	}{
		"empty":       {nil, nil},
		"ragged":      {[]float64{.1}, nil},
		"not finite":  {[]float64{math.NaN(), .2}, []bool{true, false}},
		"outside":     {[]float64{-3, 7}, []bool{true, false}},
		"one outcome": {[]float64{.1, .2, .3}, []bool{false, false, false}},
		"separated":   {[]float64{.9, .8, .2, .1}, []bool{true, true, false, false}},
		"constant":    {[]float64{.5, .5, .5, .5}, []bool{true, true, false, false}},
		"zero":        {[]float64{0, 0, 1, 1}, []bool{false, true, false, true}},
	} {
		score := make([]float64, len(c.p))
		for i, v := range c.p {
			score[i] = 100 * v
		}
		rank := Rank(score)
		out := []any{
			EqualWidthBins(c.p, c.y, 10), EqualMassBins(c.p, c.y, 3), QuantileBins(c.p, c.y, 4), CalibrationError(EqualMassBins(c.p, c.y, 3)),
			Murphy(EqualWidthBins(c.p, c.y, 10)), HosmerLemeshow(c.p, c.y, 10), Spiegelhalter(c.p, c.y), NetBenefit(c.p, c.y, []float64{0, .2, 1}),
			BetaCalibration(c.p, c.y), MonotoneBeta(c.p, c.y), FlagBelow(score, c.y, nil, nil, 40), rank.ROC(c.y, 5),
			ThresholdSearch(score, c.y, 3, 1, 1), BandLogLik(score, c.y, []float64{50}), FitLogistic(c.y, score),
		}
		if _, err := json.Marshal(out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if f := FitLogistic(c.y, score); f.OK && name != "outside" && name != "zero" || !f.OK && f.Why == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if b := MonotoneBeta([]float64{.1, .2, .8, .9, .15, .85}, []bool{true, true, false, false, false, true}); b.OK {
		t.Errorf("a risk that falls with churn was calibrated: %+v", b)
	}
	if f := FitLogistic([]bool{true, false, true, false, true}, []float64{1, 2, 3, 4, 9}, []float64{2, 4, 6, 8, 18}); f.OK {
		t.Errorf("collinear columns were fitted: %+v", f)
	}
	// By hand: two dates, two accounts worked at each; ties stay together.
	r := Rank([]float64{10, 20, 20, 30, 5, 6, 7, 8})
	flag, cut := r.Lowest([]int32{0, 0, 0, 0, 1, 1, 1, 1}, func(int) int { return 2 })
	f := FlagRows(flag, []bool{true, false, true, false, false, true, false, false}, nil, nil)
	if f.Hit != 2 || f.FalseAlarm != 1 || f.Missed != 1 || cut != 20 {
		t.Errorf("%+v, cut %v", f, cut)
	}
}
