package calibrate

import (
	"fmt"

	"accounthealth/calibrate/assess"
)

// liftOfKind is how often the chosen rows churned over how often rows of their
// kinds did: churned / sum over chosen rows of the churn rate of the row's kind
// (an indirectly standardised ratio). With one kind it is the lift over the base
// rate. Kinds of rows have churn rates that cannot be compared, so being of a kind
// that churns more per row is no merit of a score.
func liftOfKind(kind []int32, churned []bool, chosen func(i int) bool) assess.Number {
	n, lost := map[int32]float64{}, map[int32]float64{}
	for i, k := range kind {
		n[k]++
		lost[k] += indicator(churned[i])
	}
	var observed, expected float64
	any := false
	for i, k := range kind {
		if chosen(i) {
			any = true
			observed += indicator(churned[i])
			expected += lost[k] / n[k]
		}
	}
	switch {
	case !any:
		return assess.Undefined("there is no such row")
	case !(expected > 0):
		return assess.Undefined("no row of the same kinds churned")
	}
	return assess.Defined(observed / expected)
}

// liftsOfKind sets the lifts of statuses against rows of the same kinds.
func (t *Statuses) liftsOfKind(kind, status []int32, churned []bool) {
	var of []int32
	var at []int32
	var lost []bool
	for i, s := range status {
		if s >= 0 {
			of, at, lost = append(of, kind[i]), append(at, s), append(lost, churned[i])
		}
	}
	for j := range t.Rows {
		if t.Rows[j].Lift.OK {
			t.Rows[j].Lift = liftOfKind(of, lost, func(i int) bool { return at[i] == int32(j) })
		}
	}
}

// areas returns the areas of several scores, clustered, over pairs of one kind.
func (f *frame) areas(churned []bool, cluster, kind []int32, scores ...[]float64) assess.AUCs {
	if f.rowKinds == 1 {
		return assess.Obuchowski(churned, cluster, scores...)
	}
	ranks := make([]*assess.Ranking, len(scores))
	for j, s := range scores {
		ranks[j] = assess.Rank(s)
	}
	return assess.StratifiedAUCs(churned, assess.Strata{Stratum: kind, Cluster: cluster}, ranks...)
}

// flaggedOfAll says how much of a portfolio was flagged, where the rows judged are
// not all of it.
func flaggedOfAll(share assess.Share, portfolio bool) string {
	all := "all"
	if portfolio {
		all = "all scores on those dates"
	}
	return fmt.Sprintf("%.0f%% of %s were", 100*share.Share.Value, all)
}
