package calibrate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate/assess"
)

const (
	headlineDays = 60  // the lead of the headline
	pathDays     = 180 // how far back the path of a false green goes
	fallen       = 10  // points since the previous review that are a fall
	sourceShare  = 0.15
	// sourceAccounts is how many accounts must move together before a source is
	// suspected: pillar scores are coarse, and few accounts coincide by chance.
	sourceAccounts = 20
)

var leadDays = []int32{0, 30, 60, 90, 120, 180}

// lead says how early the churned accounts of this kind were below each cut-off.
func (a *auditRows) lead(k *KindAudit) []CutLead {
	out := []CutLead{}
	var paths []assess.Path
	seen := map[int32]bool{} // accounts: the first loss of each
	for _, p := range a.s.Paths {
		if p.Rebuilt == a.rebuilt && !seen[p.Account] {
			seen[p.Account] = true
			paths = append(paths, assess.Path{Days: p.Days, Score: p.Score, ARR: p.ARR})
		}
	}
	if len(paths) == 0 {
		return out
	}
	for j, cut := range a.s.Cuts {
		out = append(out, CutLead{Label: a.s.Labels[j], Cut: cut, Alerts: a.alerts(j+1, k.AtCuts[j].Flagged), Leads: assess.LeadTimes(paths, cut, leadDays), Warning: assess.WarningTime(paths, cut)})
	}
	return out
}

// mistakes lists the false greens and the false reds, and the losses while they
// are fewer than few; losses by lost ARR, the others by ARR, largest first, then by row.
func (a *auditRows) mistakes(k *KindAudit, few int) {
	path := map[int32]int{}
	for j, p := range a.s.Paths {
		if p.Rebuilt == a.rebuilt {
			path[p.Row] = j
		}
	}
	for j, s := range a.status {
		if a.isFlagged(j) && !a.y[j] {
			k.FalseReds = append(k.FalseReds, a.index[j])
		}
		if !a.y[j] {
			continue
		}
		g := LostRow{Row: a.index[j], Account: a.account[j], Status: k.NotScored.Label, ARR: a.arr[j], ARRLost: a.lost[j], Partial: a.partial[j], Path: []PathStep{}, LowPillars: []string{}}
		if s >= 0 {
			g.Status = a.s.Labels[s]
		}
		if !math.IsNaN(a.score[j]) {
			g.Score = a.score[j]
		}
		g.FirstCrossing = assess.Undefined("there is no history")
		if p, ok := path[a.index[j]]; ok {
			a.follow(&g, a.s.Paths[p])
		}
		if s >= 0 && !a.isFlagged(j) {
			k.FalseGreens = append(k.FalseGreens, g)
		}
		if k.ChurnedAccounts < few {
			k.Lost = append(k.Lost, g)
		}
	}
	byARR := func(p, q int32) int { return cmp.Or(cmp.Compare(a.arrOf(q), a.arrOf(p)), cmp.Compare(p, q)) }
	lostByARR := func(p, q LostRow) int {
		return cmp.Or(cmp.Compare(q.ARRLost, p.ARRLost), byARR(p.Row, q.Row))
	}
	slices.SortFunc(k.FalseReds, byARR)
	slices.SortFunc(k.FalseGreens, lostByARR)
	slices.SortFunc(k.Lost, lostByARR)
}

// follow adds the path of a lost row and its first crossing.
func (a *auditRows) follow(g *LostRow, p AuditPath) {
	var order []int
	for j, d := range p.Days {
		if d >= 0 && d <= pathDays {
			order = append(order, j)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(p.Days[y], p.Days[x]) })
	g.FirstCrossing = assess.Undefined("the score never fell below the cut-off")
	if len(order) == 0 {
		g.FirstCrossing = assess.Undefined("there is no history")
	}
	cut, flags := 0.0, a.flagged > 0
	if flags {
		cut = a.s.Cuts[a.flagged-1]
	}
	for _, j := range order {
		step := PathStep{Days: p.Days[j], Score: measured(p.Score[j])}
		g.LowPillars = g.LowPillars[:0]
		for k, col := range p.X {
			step.Pillars = append(step.Pillars, measured(col[j]))
			if flags && col[j] < cut {
				g.LowPillars = append(g.LowPillars, a.s.Pillars[k])
			}
		}
		if flags && p.Score[j] < cut && !g.FirstCrossing.OK {
			g.FirstCrossing = assess.Defined(float64(p.Days[j]))
		}
		g.Path = append(g.Path, step)
	}
}

func measured(v float64) assess.Number {
	if math.IsNaN(v) {
		return assess.Undefined("not measured")
	}
	return assess.Defined(v)
}

// catches tries every rule that gives fewer points than its signal gave the other
// rows as one more flag on the rows that were not flagged.
func (a *auditRows) catches() []Catch {
	out := []Catch{}
	columns := signalColumns(a.s.Rules, len(a.s.Y))
	for _, s := range columns {
		for _, r := range s.rules {
			rule := a.s.Rules[r]
			var others float64
			n := 0
			c := Catch{Signal: rule.Signal, Rule: rule.Name}
			for j, i := range a.index {
				if !rule.Fired[i] {
					if !math.IsNaN(s.points[i]) {
						others += s.points[i]
						n++
					}
					continue
				}
				switch {
				case a.status[j] < 0 || a.isFlagged(j):
				case a.y[j]:
					c.Caught++
				default:
					c.FalseAlarm++
				}
			}
			if c.Caught > 0 && n > 0 && rule.Points < others/float64(n) {
				out = append(out, c)
			}
		}
	}
	slices.SortStableFunc(out, func(p, q Catch) int {
		return cmp.Or(cmp.Compare(q.Caught, p.Caught), cmp.Compare(p.FalseAlarm, q.FalseAlarm))
	})
	return out
}

// patterns measures the ways to be in the safest status on paper only.
func (a *auditRows) patterns() []PatternRate {
	out := []PatternRate{}
	safest := a.s.Labels[len(a.s.Labels)-1]
	if len(a.s.Cuts) > 0 && len(a.s.X) > 0 {
		out = append(out, a.pattern(safest+" with a pillar under "+fmt.Sprintf("%g", a.s.Cuts[0]), func(i int32) bool {
			for _, col := range a.s.X {
				if col[i] < a.s.Cuts[0] {
					return true
				}
			}
			return false
		}))
	}
	if a.s.Before != nil {
		out = append(out, a.pattern(fmt.Sprintf("%s and down %d or more", safest, fallen), func(i int32) bool {
			return a.s.Before[i]-a.s.Score[i] >= fallen-1e-9
		}))
	}
	for _, p := range a.s.Patterns {
		out = append(out, a.pattern(p.Name, func(i int32) bool { return p.Hit[i] }))
	}
	return out
}

func (a *auditRows) pattern(name string, hit func(i int32) bool) PatternRate {
	p := PatternRate{Name: name, Rows: []int32{}}
	var n, churned [2]int
	var score []float64
	var y []bool
	var cluster []int32
	for j, i := range a.index {
		if !a.isSafest(j) {
			continue
		}
		k := 0
		if hit(i) {
			k = 1
			p.ARR += a.arr[j]
			p.Rows = append(p.Rows, i)
		}
		n[k]++
		if a.y[j] {
			churned[k]++
		}
		score, y, cluster = append(score, float64(k)), append(y, a.y[j]), append(cluster, a.clusterOf(j))
	}
	p.Other, p.Rate = assess.Wilson(churned[0], n[0]), assess.Wilson(churned[1], n[1])
	p.Over = over(p.Rate.Rate, p.Other.Rate)
	if n[0] == 0 || n[1] == 0 {
		p.Test.Why = "every row or no row shows the pattern"
		return p
	}
	if distinct(cluster) == len(cluster) {
		cluster = nil
	}
	p.Test = assess.AUCsOf(y, cluster, assess.Rank(score)).AgainstChance(0, y)
	return p
}

// saves splits the flagged rows by whether somebody worked them.
func (a *auditRows) saves() Saves {
	s := Saves{Worked: assess.ShareOf(0, 0), Kept: assess.ShareOf(0, 0), KeptIdle: assess.ShareOf(0, 0)}
	if a.s.Worked == nil {
		s.Why = "work on accounts is not recorded"
		return s
	}
	var n, kept [2]int
	for j, i := range a.index {
		if !a.isFlagged(j) {
			continue
		}
		k := 0
		if a.s.Worked[i] {
			k = 1
		}
		n[k]++
		if !a.y[j] {
			kept[k]++
		}
	}
	if s.OK = n[0]+n[1] > 0; !s.OK {
		s.Why = "nothing was flagged"
		return s
	}
	s.Worked = assess.ShareOf(n[1], n[0]+n[1])
	s.Kept, s.KeptIdle = assess.ShareOf(kept[1], n[1]), assess.ShareOf(kept[0], n[0])
	if kept[1] > 0 {
		s.Bias = fmt.Sprintf("%d flagged scores were of accounts that were worked and stayed; they count as false alarms, so precision is understated. Who is worked is chosen, so the two rates are no effect of the work.", kept[1])
	}
	return s
}

// countExcused shows the figures with the losses that are no verdict on health.
func (a *auditRows) countExcused() Excused {
	e := Excused{Rows: len(a.excused)}
	churned := len(a.excused)
	for _, y := range a.y {
		churned += int(indicator(y))
	}
	e.Base = assess.Wilson(churned, len(a.y)+len(a.excused))
	status := a.s.Status
	if status == nil {
		status = statusOf(a.s.Score, a.s.Cuts)
	}
	var flag, y []bool
	var arr, lost []float64
	add := func(i int32, churned bool) {
		if status[i] >= 0 {
			flag, y, arr = append(flag, int(status[i]) < a.flagged), append(y, churned), append(arr, a.arrOf(i))
			lost = append(lost, a.lostOf(i))
		}
	}
	for j, i := range a.index {
		add(i, a.y[j])
	}
	for _, i := range a.excused {
		e.ARR += a.arrOf(i)
		e.ARRLost += a.lostOf(i)
		add(i, true)
	}
	e.Flagged = assess.FlagRows(flag, y, arr, lost)
	return e
}

// drifts compares each pillar with the other dates.
func drifts(s AuditSample, r Rules) []Drift {
	out := []Drift{}
	for _, d := range s.Drift {
		for k, name := range s.Pillars {
			out = append(out, drift(d, k, name, r))
		}
	}
	return out
}

func drift(d DriftSample, k int, pillar string, r Rules) Drift {
	out := Drift{Against: d.Name, Pillar: pillar, SameStep: assess.Undefined("the two dates are not paired")}
	known := func(col []float64) []float64 {
		return slices.DeleteFunc(slices.Clone(col), math.IsNaN)
	}
	then, now := known(d.Then[k]), known(d.Today[k])
	edges := assess.Tenths()
	out.PSI = assess.PSI(assess.Histogram(then, edges), assess.Histogram(now, edges))
	out.Critical = assess.PSICritical(len(edges)-1, len(then), len(now))
	out.Moved = out.PSI.OK && out.Critical.OK && out.PSI.Value > max(r.MaxPSI, out.Critical.Value)
	if d.Paired {
		var together int
		out.SameStep, together = sameStep(d.Then[k], d.Today[k])
		out.SourceChange = together >= sourceAccounts && out.SameStep.Value > sourceShare
	}
	switch {
	case out.SourceChange:
		out.Words = fmt.Sprintf("%.0f%% of the accounts moved by one and the same step: a change of a source, not of behaviour.", 100*out.SameStep.Value)
	case out.Moved:
		out.Words = "The pillar's distribution has changed."
	case !out.PSI.OK:
		out.Words = "It cannot be compared: " + out.PSI.Why + "."
	default:
		out.Words = "No change beyond chance and size."
	}
	return out
}

// sameStep is the share of accounts, measured on both dates, that moved by the
// most common step in tenths that is not 0, and how many these are.
func sameStep(then, now []float64) (assess.Number, int) {
	var steps []int
	n := 0
	for i, v := range then {
		if math.IsNaN(v) || math.IsNaN(now[i]) {
			continue
		}
		n++
		if d := int(math.Round(10 * (now[i] - v))); d != 0 {
			steps = append(steps, d)
		}
	}
	if n == 0 {
		return assess.Undefined("no account is measured on both dates"), 0
	}
	slices.Sort(steps)
	most, run := 0, 0
	for j := range steps {
		if j > 0 && steps[j] != steps[j-1] {
			run = 0
		}
		run++
		most = max(most, run)
	}
	return assess.Defined(float64(most) / float64(n)), most
}
