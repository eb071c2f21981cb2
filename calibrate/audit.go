package calibrate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate/assess"
)

// Audit judges the score that was in force at each date: base rate first, then
// rates per status, what the cut-offs and a capacity reached, by group, how early,
// and the rows it got wrong. Options gives the rules (MaxPSI, MinEvents) only. The
// error is an *InvalidError, or the context's; a sample without churn or without
// rows has a result in words.
func Audit(ctx context.Context, s AuditSample, o Options) (*AuditResult, error) {
	var v violations
	for _, err := range []error{s.Validate(), o.validate(len(s.Pillars))} {
		if e, ok := err.(*InvalidError); ok {
			v = append(v, e.Violations...)
		}
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	r := &AuditResult{Pillars: slices.Clone(s.Pillars), Drift: drifts(s, o.Rules)}
	if r.Pillars == nil {
		r.Pillars = []string{}
	}
	for _, rebuilt := range []bool{false, true} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		a := newAuditRows(&s, rebuilt)
		if len(a.index) == 0 && len(a.excused) == 0 {
			continue
		}
		if rebuilt {
			r.Rebuilt = a.judge("rebuilt", o)
		} else {
			r.Published = a.judge("published", o)
		}
	}
	return r, nil
}

// auditRows are the rows of one kind that are not excused, as columns.
type auditRows struct {
	s       *AuditSample
	rebuilt bool
	flagged int // statuses that count as flagged
	index   []int32
	excused []int32
	labelledRows
	score  []float64
	period []int32
	kind   []int32 // nil where all rows are of one kind
}

func newAuditRows(s *AuditSample, rebuilt bool) *auditRows {
	a := &auditRows{s: s, rebuilt: rebuilt, flagged: s.Flagged}
	if a.flagged == 0 {
		a.flagged = len(s.Labels) / 2
	}
	status := s.Status
	if status == nil {
		status = statusOf(s.Score, s.Cuts)
	}
	for i := range s.Y {
		if (s.Rebuilt != nil && s.Rebuilt[i]) != rebuilt {
			continue
		}
		if s.Excused != nil && s.Excused[i] {
			a.excused = append(a.excused, int32(i))
			continue
		}
		a.add(int32(i), status[i])
	}
	return a
}

// add takes a row of the sample, of a status.
func (a *auditRows) add(i, status int32) {
	s := a.s
	a.index = append(a.index, i)
	a.y, a.partial = append(a.y, s.Y[i]), append(a.partial, s.Partial != nil && s.Partial[i])
	a.arr, a.lost = append(a.arr, a.arrOf(i)), append(a.lost, a.lostOf(i))
	a.status, a.account, a.score = append(a.status, status), append(a.account, s.Account[i]), append(a.score, s.Score[i])
	var p int32
	if s.Period != nil {
		p = s.Period[i]
	}
	a.period = append(a.period, p)
	if len(s.Kinds) > 1 {
		a.kind = append(a.kind, s.Kind[i])
	}
}

func (a *auditRows) arrOf(row int32) float64 {
	if a.s.ARR == nil {
		return 1
	}
	return a.s.ARR[row]
}

// lostOf is what a row lost; one that is excused lost something too.
func (a *auditRows) lostOf(row int32) float64 {
	switch {
	case a.s.Lost != nil:
		return a.s.Lost[row]
	case a.s.Y[row] || a.s.Excused != nil && a.s.Excused[row]:
		return a.arrOf(row)
	}
	return 0
}

// kinds counts the events.
func (a *auditRows) kinds() eventKinds {
	return kindsOf(a.index, a.s.Account, a.s.Y, a.s.Partial)
}

// isFlagged and isSafest speak of scored rows.
func (a *auditRows) isFlagged(j int) bool { return a.status[j] >= 0 && int(a.status[j]) < a.flagged }
func (a *auditRows) isSafest(j int) bool  { return int(a.status[j]) == len(a.s.Labels)-1 }

func (a *auditRows) judge(kind string, o Options) *KindAudit {
	k := &KindAudit{Kind: kind, FalseGreens: []LostRow{}, Lost: []LostRow{}, FalseReds: []int32{}, Warnings: []Warning{}, AtCuts: []CutReach{}, Capacity: []CapacityPoint{}, Lift: []assess.Decile{}}
	rows, churned := 0, 0
	var lostAccounts []int32
	for j, y := range a.y {
		rows++
		k.ARR += a.arr[j]
		k.ARRLost += a.lost[j]
		if y {
			churned++
			lostAccounts = append(lostAccounts, a.account[j])
		}
	}
	k.Base, k.BaseARR = assess.Wilson(churned, rows), shareOfARR(k.ARRLost, k.ARR)
	k.Accounts, k.ChurnedAccounts = distinct(a.account), distinct(lostAccounts)
	k.PartialAccounts = a.kinds().partial
	k.Statuses = statusTable(a.s.Labels, a.s.Cuts, a.labelledRows)
	if k.severalKinds = a.kind != nil; k.severalKinds {
		k.Statuses.liftsOfKind(a.kind, a.status, a.y)
	}
	k.NotScored = a.notScored(k.Base)
	a.ranking(k)
	k.Flagged = a.flagThrough(a.flagged)
	k.Alerts = a.alerts(a.flagged, k.Flagged)
	for j := range a.s.Cuts {
		k.AtCuts = append(k.AtCuts, CutReach{a.s.Labels[j], a.flagThrough(j + 1)})
	}
	k.Groups = a.groups()
	k.Lead = a.lead(k)
	a.mistakes(k, o.Rules.MinEvents)
	k.Catches = a.catches()
	k.Patterns = a.patterns()
	k.Saves = a.saves()
	k.Excused = a.countExcused()
	k.Headline = a.headline(k)
	k.Claim = claimOf(k.AUC, k.Statuses, gate(0, "", Check{Name: "probabilities", Relation: ">", Assessed: true, Reason: "an audit judges statuses, not probabilities"}))
	a.warn(k)
	return k
}

func shareOfARR(part, all float64) assess.Number {
	if !(all > 0) {
		return assess.Undefined("there is no ARR")
	}
	return assess.Defined(part / all)
}

func (a *auditRows) notScored(base assess.Rate) Status {
	st := Status{Label: "Not scored"}
	n, churned := 0, 0
	var accounts []int32
	for j, s := range a.status {
		if s >= 0 {
			continue
		}
		n++
		st.ARR += a.arr[j]
		st.ARRChurned += a.lost[j]
		if a.y[j] {
			churned++
			accounts = append(accounts, a.account[j])
			st.Parts += int(indicator(a.partial[j]))
		}
	}
	st.Rate, st.ChurnedAccounts = assess.Wilson(churned, n), distinct(accounts)
	st.Lift = over(st.Rate.Rate, base.Rate)
	return st
}

// ranking fills the figures that need the scores themselves.
func (a *auditRows) ranking(k *KindAudit) {
	sc := &scored{}
	var cluster, kind []int32
	for j, v := range a.score {
		if math.IsNaN(v) {
			continue
		}
		sc.score, sc.churned, sc.arr = append(sc.score, v), append(sc.churned, a.y[j]), append(sc.arr, a.arr[j])
		sc.lost = append(sc.lost, a.lost[j])
		sc.period, cluster = append(sc.period, a.period[j]), append(cluster, a.clusterOf(j))
		sc.segment = append(sc.segment, a.segmentOf(j))
		if a.kind != nil {
			kind = append(kind, a.kind[j])
		}
	}
	sc.rank = assess.Rank(sc.score)
	k.AUC = clusteredAUC(sc.rank, sc.churned, cluster)
	if kind != nil {
		k.AUC = assess.StratifiedAUCs(sc.churned, assess.Strata{Stratum: kind, Cluster: cluster}, sc.rank).Estimate(0)
	}
	if len(sc.score) == 0 {
		return
	}
	k.Lift = append(k.Lift, sc.rank.Deciles(sc.churned, sc.lost)...)
	for _, share := range capacityShares {
		k.Capacity = append(k.Capacity, CapacityPoint{share, sc.capacity(func(n int) int { return int(math.Floor(share*float64(n) + 1e-9)) })})
	}
	if n := a.s.Capacity; n > 0 {
		k.Asked = sc.asked(a.segmentNames(), n)
	}
}

// clusterOf is what row j's account decides together with.
func (a *auditRows) clusterOf(j int) int32 {
	if a.s.Cluster == nil {
		return a.account[j]
	}
	return a.s.Cluster[a.index[j]]
}

func (a *auditRows) segmentOf(j int) int32 {
	if a.s.Segment == nil {
		return 0
	}
	return a.s.Segment[a.index[j]]
}

func (a *auditRows) segmentNames() []string {
	if len(a.s.Segments) == 0 {
		return []string{"all"}
	}
	return a.s.Segments
}

// clusteredAUC is DeLong's with one row per cluster, else Obuchowski's.
func clusteredAUC(rank *assess.Ranking, churned []bool, cluster []int32) assess.Estimate {
	if distinct(cluster) == len(cluster) {
		cluster = nil
	}
	return assess.AUCsOf(churned, cluster, rank).Estimate(0)
}

// flagThrough flags the n riskiest statuses of the scored rows.
func (a *auditRows) flagThrough(n int) assess.Flagged {
	var flag, y []bool
	var arr, lost []float64
	var kind []int32
	for j, s := range a.status {
		if s >= 0 {
			flag, y, arr = append(flag, int(s) < n), append(y, a.y[j]), append(arr, a.arr[j])
			lost = append(lost, a.lost[j])
			if a.kind != nil {
				kind = append(kind, a.kind[j])
			}
		}
	}
	f := assess.FlagRows(flag, y, arr, lost)
	if kind != nil && f.Lift.OK {
		f.Lift = liftOfKind(kind, y, func(i int) bool { return flag[i] })
	}
	if n > 0 && n <= len(a.s.Cuts) {
		f.Cut = a.s.Cuts[n-1]
	}
	return f
}

// all counts the scores of all customers by status; nil where the rows are all.
func (a *auditRows) all() []int { return a.s.All[int(indicator(a.rebuilt))] }

// alerts is how many of all scores are in the n riskiest statuses, the rows'
// figure where they are all.
func (a *auditRows) alerts(n int, rows assess.Flagged) assess.Share {
	if a.all() == nil {
		return rows.Alerts
	}
	flagged, all := 0, 0
	for s, count := range a.all() {
		all += count
		if s < n {
			flagged += count
		}
	}
	return assess.ShareOf(flagged, all)
}

// groups judges the dates, the kinds of rows, the segments and the bands of tenure and ARR.
func (a *auditRows) groups() []AuditGroup {
	out := []AuditGroup{}
	for _, by := range []struct {
		name  string
		of    []int32
		names []string
	}{{"date", a.s.Period, a.s.Periods}, {"contract", a.s.Kind, a.s.Kinds}, {"segment", a.s.Segment, a.s.Segments}, {"tenure", a.s.TenureBand, a.s.TenureBands}, {"arr", a.s.ARRBand, a.s.ARRBands}} {
		for g, name := range by.names {
			if by.of == nil {
				break
			}
			part := &auditRows{s: a.s, flagged: a.flagged}
			for j, i := range a.index {
				if by.of[i] == int32(g) {
					part.add(i, a.status[j])
				}
			}
			if len(part.index) > 0 {
				out = append(out, part.group(by.name, name))
			}
		}
	}
	return out
}

func (a *auditRows) group(by, name string) AuditGroup {
	k := &KindAudit{}
	a.ranking(k)
	g := AuditGroup{By: by, Name: name, AUC: k.AUC, Flagged: a.flagThrough(a.flagged), Status: []assess.Rate{}}
	churned := 0
	var arr, lost float64
	for j, y := range a.y {
		arr += a.arr[j]
		lost += a.lost[j]
		if y {
			churned++
			g.Parts += int(indicator(a.partial[j]))
		}
	}
	g.Base, g.BaseARR = assess.Wilson(churned, len(a.y)), shareOfARR(lost, arr)
	for _, s := range statusTable(a.s.Labels, a.s.Cuts, a.labelledRows).Rows {
		g.Status = append(g.Status, s.Rate)
	}
	return g
}

// headline is the audit in counts: with histories, so many days before.
func (a *auditRows) headline(k *KindAudit) string {
	f := a.flagThrough(a.flagged)
	switch {
	case k.Base.N == 0:
		return "There are no rows."
	case k.Base.Churned == 0:
		return fmt.Sprintf("None of %d churned, so nothing can be said about accuracy.", k.Base.N)
	case !f.OK:
		return fmt.Sprintf("%d of %d churned, and none was scored.", k.Base.Churned, k.Base.N)
	case a.flagged == 0 || f.Recall.Of == 0:
		return fmt.Sprintf("%d of %d churned.", k.Base.Churned, k.Base.N)
	}
	for _, l := range k.Lead {
		if l.Cut != f.Cut {
			continue
		}
		for _, lead := range l.Leads {
			if lead.Days == headlineDays && lead.Recall.Of > 0 {
				return fmt.Sprintf("%d of %s were flagged %d days before; %s.", lead.Recall.Count, a.lostAccounts(lead.Recall.Of), headlineDays, flaggedOfAll(k.Alerts, a.all() != nil))
			}
		}
	}
	return inCounts(f, a.kinds(), "", flaggedOfAll(k.Alerts, a.all() != nil))
}

// lostAccounts counts accounts that lost something, in words.
func (a *auditRows) lostAccounts(n int) string {
	if k := a.kinds(); k.parts > 0 {
		return fmt.Sprintf("%d accounts with a loss", n)
	}
	return fmt.Sprintf("%d lost accounts", n)
}

// warn lists what a reader must know beside the figures.
func (a *auditRows) warn(k *KindAudit) {
	add := func(code, format string, args ...any) {
		k.Warnings = append(k.Warnings, Warning{code, k.Kind, fmt.Sprintf(format, args...)})
	}
	if a.kinds().overlap() {
		add("overlap", "%d losses are of %d accounts: windows overlap, and a loss counts more than once.", k.Base.Churned, k.ChurnedAccounts)
	}
	if k.ChurnedAccounts > 0 && k.ChurnedAccounts < minStatusEvents {
		add("few_events", "Only %s churned; every rate here can change much by one account.", ByKind(k.ChurnedAccounts, k.PartialAccounts, "accounts"))
	}
	if k.Statuses.OK && k.Base.Churned > 0 && !k.Statuses.Monotone {
		add("not_monotone", "The churn rates do not fall from each status to the next.")
	}
	if k.Saves.Bias != "" {
		add("worked", "%s", k.Saves.Bias)
	}
	if n := k.NotScored.Rate; n.Churned > 0 {
		add("not_scored", "Losses of accounts that were not scored: %d.", n.Churned)
	}
}
