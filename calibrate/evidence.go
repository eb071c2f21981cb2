package calibrate

import (
	"math"

	"accounthealth/calibrate/assess"
)

// evidence measures every pillar and the composite in force, overall, in each
// segment and kind of rows, and on each date. Only scopes with rows are listed.
func evidence(f *frame) []Evidence {
	all := make([]int32, f.n)
	bySegment, byPeriod := make([][]int32, f.segments), make([][]int32, f.periods)
	for i := range all {
		all[i] = int32(i)
		bySegment[f.segment[i]] = append(bySegment[f.segment[i]], int32(i))
		byPeriod[f.period[i]] = append(byPeriod[f.period[i]], int32(i))
	}
	byKind := make([][]int32, f.rowKinds)
	for i, k := range f.kind {
		byKind[k] = append(byKind[k], int32(i))
	}
	out := []Evidence{{Scope: "overall", Name: "all", Measures: measures(f, all, true)}}
	if len(f.Segments) > 1 {
		for s, rows := range bySegment {
			if len(rows) > 0 {
				out = append(out, Evidence{"segment", f.segmentName(s), measures(f, rows, false)})
			}
		}
	}
	if len(f.Kinds) > 1 {
		for k, rows := range byKind {
			if len(rows) > 0 {
				out = append(out, Evidence{"kind", f.Kinds[k], measures(f, rows, false)})
			}
		}
	}
	if len(f.Periods) > 1 {
		for p, rows := range byPeriod {
			if len(rows) > 0 {
				out = append(out, Evidence{"period", f.periodName(p), measures(f, rows, false)})
			}
		}
	}
	return out
}

// measures is one Measure per pillar and one for the composite, with the
// pillars' p-values adjusted as one family.
func measures(f *frame, rows []int32, deciles bool) []Measure {
	out := make([]Measure, 0, f.k+1)
	for k, col := range f.X {
		out = append(out, measure(f, f.Pillars[k], col, rows, false))
	}
	out = append(out, measure(f, "composite", f.score, rows, deciles))
	out[f.k].Composite = true
	adjust(f.k, func(k int) (*assess.Number, *assess.Number) { return &out[k].P, &out[k].PAdjusted })
	out[f.k].PAdjusted = assess.Undefined("the composite is no member of the pillars' family")
	return out
}

func measure(f *frame, name string, col []float64, rows []int32, deciles bool) Measure {
	m := Measure{Name: name}
	var score, lost []float64
	var churned []bool
	var account, entity, period, kind []int32
	var used []int32
	for _, i := range rows {
		if math.IsNaN(col[i]) {
			continue
		}
		used = append(used, i)
		score, lost, churned = append(score, col[i]), append(lost, f.lost[i]), append(churned, f.Y[i])
		account, kind = append(account, f.account[i]), append(kind, f.kind[i])
		period = append(period, f.period[i]*int32(f.rowKinds)+f.kind[i])
		entity = append(entity, f.entity[i])
		if f.Y[i] {
			m.ChurnedRows++
		}
	}
	m.Rows, m.Accounts, m.ChurnedAccounts = len(used), distinct(entity), f.churnedAccounts(used)
	m.PartialAccounts = f.partialAccounts(used)
	cluster := account
	if distinct(account) == m.Rows {
		cluster = nil // one row per cluster: DeLong
	}
	rank := assess.Rank(score)
	areas := assess.AUCsOf(churned, cluster, rank)
	if f.rowKinds > 1 { // rows of different kinds are no pairs
		areas = assess.StratifiedAUCs(churned, assess.Strata{Stratum: kind, Cluster: account}, rank)
	}
	m.R = assess.PointBiserial(score, churned).Number()
	m.Spearman = rank.Spearman(churned).Number()
	m.TauB = rank.TauB(churned)
	m.AUC = areas.Estimate(0)
	test := areas.AgainstChance(0, churned)
	m.WithinDate = rank.StratifiedAUC(churned, assess.Strata{Stratum: period, Cluster: account})
	m.Gini = assess.Gini(assess.Number{Value: m.AUC.Value, OK: m.AUC.OK, Why: m.AUC.Why})
	m.KS = rank.KS(churned)
	m.IV = assess.InformationValue(score, churned, assess.Tenths()).IV
	m.PRAUC = rank.AveragePrecision(churned)
	m.P = assess.Number{Value: test.P, OK: test.OK, Why: test.Why}
	m.TopDecileLift, m.TopDecileARR = assess.Undefined("there are fewer than ten rows"), assess.Undefined("there are fewer than ten rows")
	if d := rank.Deciles(churned, lost); len(d) == 10 {
		m.TopDecileLift, m.TopDecileARR = d[0].Lift, d[0].ARRCapture
		if deciles {
			m.Deciles = d
		}
	}
	return m
}

// missingness compares churn where a pillar was not measured with churn where it
// was.
func missingness(f *frame) []Missingness {
	out := make([]Missingness, f.k)
	for k, col := range f.X {
		var n, churned [2]int
		for i, v := range col {
			j := 0
			if math.IsNaN(v) {
				j = 1
			}
			n[j]++
			if f.Y[i] {
				churned[j]++
			}
		}
		out[k] = Missingness{f.Pillars[k], assess.Wilson(churned[0], n[0]), assess.Wilson(churned[1], n[1])}
	}
	return out
}

// collinearity is measured on the complete rows, which the fit uses.
func collinearity(f *frame) Collinearity {
	x := make([][]float64, f.k)
	for k, col := range f.X {
		for _, i := range f.complete {
			x[k] = append(x[k], col[i])
		}
	}
	r, _ := assess.CorrelationMatrix(x)
	return Collinearity{VIF: assess.VIF(x), Condition: assess.ConditionNumber(x), Correlation: r}
}
