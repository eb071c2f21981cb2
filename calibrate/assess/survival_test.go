package assess

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// table is a reference CSV by column.
type table struct {
	t    *testing.T
	at   map[string]int
	rows [][]string
}

func loadTable(t *testing.T, name string) table {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "testdata", "reference", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := table{t: t, at: map[string]int{}, rows: rows[1:]}
	for j, h := range rows[0] {
		out.at[h] = j
	}
	return out
}

func (c table) text(col string) []string {
	var out []string
	for _, r := range c.rows {
		out = append(out, r[c.at[col]])
	}
	return out
}

func (c table) floats(col string) []float64 {
	c.t.Helper()
	var out []float64
	for _, v := range c.text(col) {
		x, err := strconv.ParseFloat(v, 64)
		if err != nil {
			c.t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

func (c table) events(col string) []bool {
	var out []bool
	for _, v := range c.text(col) {
		out = append(out, v == "1")
	}
	return out
}

// codes numbers the texts of a column by first appearance.
func (c table) codes(col string) []int32 {
	of := map[string]int32{}
	var out []int32
	for _, v := range c.text(col) {
		if _, ok := of[v]; !ok {
			of[v] = int32(len(of))
		}
		out = append(out, of[v])
	}
	return out
}

func (c table) pillars() [][]float64 {
	var x [][]float64
	for _, p := range pillars {
		x = append(x, c.floats(p))
	}
	return x
}

// TestSurvival checks survival.R.json (R 4.2.2, survival 3.5) on sim_survival.csv,
// one row per account, and sim_tv.csv, one row per account and month.
func TestSurvival(t *testing.T) {
	want := loadTree(t, "survival.R.json")
	a := &agreement{t: t}
	defer a.report()

	c := loadTable(t, "sim_survival.csv")
	f := FollowUp{Stop: c.floats("days"), Event: c.events("event")}
	km := KaplanMeier(f)
	for i, day := range want.list("sim", "km", "time") {
		s := km.At(day)
		if s.AtRisk != int(want.list("sim", "km", "n_risk")[i]) {
			t.Errorf("day %v: %d at risk", day, s.AtRisk)
		}
		a.check("survival", s.Survival, want.list("sim", "km", "surv")[i], 1e-9)
		a.check("Greenwood", s.SE, want.list("sim", "km", "se_greenwood")[i], 1e-9)
		a.check("lower", s.Lo, want.list("sim", "km", "lower_log")[i], 1e-9)
		a.check("upper", s.Hi, want.list("sim", "km", "upper_log")[i], 1e-9)
	}

	// R's groups are in alphabetical order.
	group := make([]int32, len(c.rows))
	for i, s := range c.text("segment") {
		group[i] = map[string]int32{"ENT": 0, "MM": 1, "SMB": 2}[s]
	}
	lr := LogRank(f, group, 3)
	a.check("log-rank", lr.Test.Statistic, want.num("sim", "logrank_segment", "chisq"), 1e-9)
	for g := range 3 {
		a.check("observed", lr.Observed[g], want.list("sim", "logrank_segment", "obs")[g], 0)
		a.check("expected", lr.Expected[g], want.list("sim", "logrank_segment", "exp")[g], 1e-9)
	}

	checkCox(a, FitCox(f, c.pillars(), Efron, nil), want.at("sim", "cox_efron"))
	checkCox(a, FitCox(f, c.pillars(), Breslow, nil), want.at("sim", "cox_breslow"))
	one := FitCox(f, [][]float64{c.floats("score")}, Efron, nil)
	a.check("score coef", one.Coef[0], want.num("sim", "cox_score", "coef"), 1e-6)
	a.check("score se", one.SE[0], want.num("sim", "cox_score", "se"), 1e-6)
	checkConcordance(a, SurvivalConcordance(f, c.floats("score"), nil, 0), want.at("sim", "concordance_score"))
	checkConcordance(a, SurvivalConcordance(f, c.floats("score"), nil, 365), want.at("sim", "concordance_ymax365"))

	c = loadTable(t, "sim_tv.csv")
	f = FollowUp{Start: c.floats("start"), Stop: c.floats("stop"), Event: c.events("event")}
	cluster := c.codes("customer_id")
	fit := FitCox(f, c.pillars(), Efron, cluster)
	checkCox(a, fit, want.at("sim_tv", "cox_efron"))
	for k, se := range want.list("sim_tv", "cox_efron", "robust_se") {
		a.check("robust se", fit.RobustSE[k], se, 1e-6)
	}
	checkConcordance(a, SurvivalConcordance(f, c.floats("score"), nil, 0), want.at("sim_tv", "concordance_score"))
	risk := fit.LinearPredictor(c.pillars())
	for i := range risk {
		risk[i] = -risk[i]
	}
	lp := SurvivalConcordance(f, risk, cluster, 0)
	a.check("concordance of the model", lp.C.Value, want.list("sim_tv", "cox_efron", "concordance")[0], 1e-6)
	a.check("its clustered se", lp.C.SE, want.list("sim_tv", "cox_efron", "concordance")[1], 1e-6)
}

func checkCox(a *agreement, fit Cox, want tree) {
	a.t.Helper()
	if !fit.OK {
		a.t.Fatal(fit.Why)
	}
	for k := range fit.Coef {
		a.check("cox coef", fit.Coef[k], want.list("coef")[k], 1e-6)
		a.check("cox se", fit.SE[k], want.list("se")[k], 1e-6)
	}
	a.check("cox null", fit.NullLik, want.list("loglik")[0], 1e-9)
	a.check("cox loglik", fit.LogLik, want.list("loglik")[1], 1e-9)
	a.check("cox score test", fit.Score.Statistic, want.num("score"), 1e-8)
}

func checkConcordance(a *agreement, c Concordance, want tree) {
	a.t.Helper()
	a.check("C", c.C.Value, want.num("C"), 1e-12)
	a.check("C se", c.C.SE, want.num("se"), 1e-9)
	for name, n := range map[string]int64{"concordant": c.Concordant, "discordant": c.Discordant, "tied.x": c.TiedScore, "tied.y": c.TiedTime, "tied.xy": c.TiedBoth} {
		if n != int64(want.num("counts", name)) {
			a.t.Errorf("%s: %d, reference %v", name, n, want.num("counts", name))
		}
	}
}

// TestLeadTime checks sim_leadtime.json (pandas) on the monthly snapshots.
func TestLeadTime(t *testing.T) {
	want := loadTree(t, "sim_leadtime.json")
	accounts, snapshots := loadTable(t, "sim_accounts.csv"), loadTable(t, "sim_snapshots.csv")
	day := func(s string) int32 {
		d, err := time.Parse("2006-01-02", s)
		if err != nil {
			t.Fatal(err)
		}
		return int32(d.Unix() / 86400)
	}
	left := map[string]int32{}
	at := map[string]int{}
	var paths []Path
	arr := accounts.floats("arr")
	for i, d := range accounts.text("churn_date") {
		if d == "" {
			continue
		}
		id := accounts.text("customer_id")[i]
		left[id], at[id] = day(d), len(paths)
		paths = append(paths, Path{ARR: arr[i]})
	}
	ids, dates, x := snapshots.text("customer_id"), snapshots.text("snapshot_date"), snapshots.pillars()
	score := make([]float64, len(ids))
	below := map[int]int{}
	for i, id := range ids {
		s := .30*x[0][i] + .20*x[1][i] + .25*x[2][i] + .25*x[3][i]
		score[i] = math.Round(s*1e6) / 1e6
		for _, cut := range []int{40, 60} {
			if score[i] < float64(cut) {
				below[cut]++
			}
		}
		if j, ok := at[id]; ok {
			paths[j].Days = append(paths[j].Days, left[id]-day(dates[i]))
			paths[j].Score = append(paths[j].Score, score[i])
		}
	}
	a := &agreement{t: t}
	defer a.report()
	leads := []int32{0, 30, 60, 90, 120, 180}
	for _, cut := range []int{40, 60} {
		name := "thr" + strconv.Itoa(cut)
		for j, l := range LeadTimes(paths, float64(cut), leads) {
			w := want.at(name + "_lead" + strconv.Itoa(int(leads[j])))
			if l.Recall.Of != int(w.num("churners_with_snapshot")) || l.Recall.Count != int(w.num("flagged")) {
				t.Errorf("%s: %d of %d", w.path, l.Recall.Count, l.Recall.Of)
			}
			a.check(w.path+" recall", l.Recall.Share.Value, w.num("recall"), 1e-12)
			a.check(w.path+" ARR", l.ARRRecall.Value, w.num("arr_recall"), 1e-9)
		}
		w, run := want.at(name+"_final_run"), WarningTime(paths, float64(cut))
		if run.Accounts != int(w.num("n")) || run.Missed != int(w.num("missed")) {
			t.Errorf("%s: %+v", w.path, run)
		}
		a.check(w.path+" median", run.Median.Value, w.num("median_days_among_flagged"), 0)
		a.check(w.path+" mean", run.Mean.Value, w.num("mean_all"), 1e-12)
		a.check("alert rate", float64(below[cut])/float64(len(score)), want.num(name+"_alert_rate_all_snapshots"), 1e-12)
	}
}

// TestSurvivalDegenerate: follow-up that cannot be used is refused in words.
func TestSurvivalDegenerate(t *testing.T) {
	stop, event := []float64{1, 2, 3, 4}, []bool{true, false, true, true}
	cases := map[string]FollowUp{
		"empty":      {},
		"ragged":     {Stop: stop, Event: event[:3]},
		"not finite": {Stop: []float64{1, math.NaN(), 3, 4}, Event: event},
		"backwards":  {Start: []float64{0, 0, 5, 0}, Stop: stop, Event: event},
	}
	x := [][]float64{{4, 1, 3, 2}}
	for name, f := range cases {
		if km := KaplanMeier(f); km.OK || km.Why == "" || km.At(2).Survival != 0 {
			t.Errorf("%s: %+v", name, km)
		}
		if c := FitCox(f, x, Efron, nil); c.OK || c.Why == "" {
			t.Errorf("%s: %+v", name, c)
		}
		if c := SurvivalConcordance(f, x[0], nil, 0); c.C.OK || c.C.Why == "" {
			t.Errorf("%s: %+v", name, c)
		}
		if l := LogRank(f, []int32{0, 0, 1, 1}, 2); l.Test.OK || l.Test.Why == "" {
			t.Errorf("%s: %+v", name, l)
		}
	}
	f := FollowUp{Stop: stop, Event: event}
	if c := FitCox(f, [][]float64{{1, 2, 3, 4}}, Efron, nil); c.OK || c.Why == "" {
		t.Errorf("events in the order of the column: %+v", c)
	}
	if c := FitCox(f, [][]float64{{7, 7, 7, 7}}, Efron, nil); c.OK || c.Why != whyConstant {
		t.Errorf("constant column: %+v", c)
	}
	if c := FitCox(f, [][]float64{x[0], x[0]}, Efron, nil); c.OK {
		t.Errorf("twice the same column: %+v", c)
	}
	none := FollowUp{Stop: stop, Event: make([]bool, 4)}
	if c := SurvivalConcordance(none, x[0], nil, 0); c.C.OK {
		t.Errorf("nobody left: %+v", c)
	}
	// Everybody left: the curve ends at 0 by hand: 3/4, then 1/2 of it, then 0.
	all := KaplanMeier(FollowUp{Stop: []float64{1, 2, 2, 3}, Event: []bool{true, true, false, true}})
	if len(all.Steps) != 3 || all.Steps[1].Survival != .75*(1-1./3) || all.Steps[2].Survival != 0 || all.Steps[2].Hi != 1 {
		t.Errorf("%+v", all.Steps)
	}
}

// stretches draws follow-up with many ties in time and score, late entry and
// several rows an account.
func stretches(n int, seed uint64) (f FollowUp, score []float64, account []int32) {
	rng := rand.New(rand.NewPCG(seed, 3))
	for a := range n {
		from := float64(rng.IntN(4))
		for {
			to := from + 1 + float64(rng.IntN(5))
			left := rng.IntN(4) == 0
			f.Start, f.Stop, f.Event = append(f.Start, from), append(f.Stop, to), append(f.Event, left)
			score, account = append(score, float64(rng.IntN(8))), append(account, int32(a))
			if left || rng.IntN(3) == 0 {
				break
			}
			from = to
		}
	}
	return f, score, account
}

// TestConcordanceByPairs compares the tree with the definition, all pairs.
func TestConcordanceByPairs(t *testing.T) {
	for seed := range uint64(20) {
		f, score, account := stretches(60, seed)
		horizon := float64(seed % 3 * 5)
		var con, dis, tied, time, both int64
		won, all := make([]float64, len(score)), make([]float64, len(score))
		for i := range score {
			if !f.Event[i] || horizon > 0 && f.Stop[i] > horizon {
				continue
			}
			for j := range score {
				if j == i {
					continue
				}
				switch {
				case f.Event[j] && f.Stop[j] == f.Stop[i]:
					if j > i && score[i] == score[j] {
						both++
					} else if j > i {
						time++
					}
					continue
				case !(f.Start[j] < f.Stop[i] && f.Stop[i] <= f.Stop[j]):
					continue
				case score[i] < score[j]:
					con++
					won[i]++
					won[j]++
				case score[i] > score[j]:
					dis++
				default:
					tied++
					won[i] += .5
					won[j] += .5
				}
				all[i]++
				all[j]++
			}
		}
		n := float64(con + dis + tied)
		c := (float64(con) + float64(tied)/2) / n
		sums := map[int32]float64{}
		for i, a := range account {
			sums[a] += (won[i] - c*all[i]) / n
		}
		var variance float64
		for a := range int32(60) {
			variance += sums[a] * sums[a]
		}
		got := SurvivalConcordance(f, score, account, horizon)
		if got.Concordant != con || got.Discordant != dis || got.TiedScore != tied || got.TiedTime != time || got.TiedBoth != both {
			t.Errorf("seed %d: %+v, by pairs %d %d %d %d %d", seed, got, con, dis, tied, time, both)
		}
		if math.Abs(got.C.Value-c) > 1e-12 || math.Abs(got.C.SE-math.Sqrt(variance)) > 1e-12 {
			t.Errorf("seed %d: C %v se %v, by pairs %v %v", seed, got.C.Value, got.C.SE, c, math.Sqrt(variance))
		}
	}
}

// TestStretchesAreOneSpell: cutting a spell into stretches under one score changes
// neither the curve, nor the model, nor its clustered errors.
func TestStretchesAreOneSpell(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var whole, cut FollowUp
	var x, xs []float64
	var id, ids []int32
	for a := range int32(200) {
		stop, left, v := 2+float64(rng.IntN(30)), rng.IntN(3) > 0, rng.NormFloat64()
		whole.Start, whole.Stop, whole.Event = append(whole.Start, 0), append(whole.Stop, stop), append(whole.Event, left)
		x, id = append(x, v), append(id, a)
		for from := 0.0; from < stop; from += 7 {
			to := math.Min(stop, from+7)
			cut.Start, cut.Stop, cut.Event = append(cut.Start, from), append(cut.Stop, to), append(cut.Event, left && to == stop)
			xs, ids = append(xs, v), append(ids, a)
		}
	}
	a, b := KaplanMeier(whole), KaplanMeier(cut)
	if len(a.Steps) != len(b.Steps) || a.At(15).SE != b.At(15).SE || a.At(15).Survival != b.At(15).Survival || a.At(15).AtRisk != b.At(15).AtRisk {
		t.Errorf("%+v, cut %+v", a.At(15), b.At(15))
	}
	for _, ties := range []Ties{Efron, Breslow} {
		p, q := FitCox(whole, [][]float64{x}, ties, id), FitCox(cut, [][]float64{xs}, ties, ids)
		for _, d := range []float64{p.Coef[0] - q.Coef[0], p.SE[0] - q.SE[0], p.RobustSE[0] - q.RobustSE[0], p.LogLik - q.LogLik} {
			if math.Abs(d) > 1e-9 {
				t.Errorf("ties %d: %+v, cut %+v", ties, p, q)
			}
		}
	}
}
