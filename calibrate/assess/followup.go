package assess

import (
	"cmp"
	"math"
	"slices"
)

// FollowUp is who was watched when: row i is at risk on (Start[i], Stop[i]] and
// churned at Stop[i] if Event[i], else it was still there. Start nil is the
// beginning of time for every row. An account whose score changes has one row per stretch; a
// reactivated account has a new spell. Times are in any unit, days here.
type FollowUp struct {
	Start []float64
	Stop  []float64
	Event []bool
}

func (f FollowUp) check() string {
	switch {
	case len(f.Stop) != len(f.Event) || f.Start != nil && len(f.Start) != len(f.Stop):
		return whyLengths
	case len(f.Stop) == 0:
		return whyEmpty
	case !allFinite(f.Stop) || !allFinite(f.Start):
		return whyNotFinite
	}
	for i, t := range f.Stop {
		if !(f.start(i) < t) {
			return "a stretch ends before it starts"
		}
	}
	return ""
}

func (f FollowUp) start(i int) float64 {
	if f.Start == nil {
		return math.Inf(-1)
	}
	return f.Start[i]
}

// deaths returns the event rows by ascending time.
func (f FollowUp) deaths() []int32 {
	var rows []int32
	for i, e := range f.Event {
		if e {
			rows = append(rows, int32(i))
		}
	}
	slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(f.Stop[a], f.Stop[b]) })
	return rows
}

// schedule returns all rows by descending Stop and by descending Start.
func (f FollowUp) schedule() (byStop, byStart []int32) {
	byStop = make([]int32, len(f.Stop))
	for i := range byStop {
		byStop[i] = int32(i)
	}
	byStart = slices.Clone(byStop)
	slices.SortStableFunc(byStop, func(a, b int32) int { return cmp.Compare(f.Stop[b], f.Stop[a]) })
	slices.SortStableFunc(byStart, func(a, b int32) int { return cmp.Compare(f.start(int(b)), f.start(int(a))) })
	return byStop, byStart
}

// SurvivalStep is the share still there after an event time.
type SurvivalStep struct {
	Time     float64 `json:"time"`
	AtRisk   int     `json:"at_risk"` // just before
	Churned  int     `json:"churned"`
	Survival float64 `json:"survival"`
	SE       float64 `json:"se"` // Greenwood
	Lo       float64 `json:"lo"` // 95%, on the log scale, cut to [0, 1]
	Hi       float64 `json:"hi"`
}

// SurvivalCurve is a Kaplan-Meier curve, by ascending time.
type SurvivalCurve struct {
	Steps   []SurvivalStep `json:"steps"`
	N       int            `json:"n"`
	Churned int            `json:"churned"`
	OK      bool           `json:"ok"`
	Why     string         `json:"why,omitempty"`
	follow  FollowUp
}

// KaplanMeier returns the share of rows still there over time, with Greenwood's
// standard error and the interval exp(log S +- 1.96 SE/S): E. Kaplan, P. Meier,
// JASA 53 (1958) 457. Rows that stop without an event count as at risk to the end
// of their last time. Once nobody is left the interval is undefined and is given
// as [0, 1].
func KaplanMeier(f FollowUp) SurvivalCurve {
	c := SurvivalCurve{N: len(f.Stop), follow: f}
	if c.Why = f.check(); c.Why != "" {
		return c
	}
	c.OK = true
	stops, starts := slices.Sorted(slices.Values(f.Stop)), make([]float64, len(f.Stop))
	for i := range starts {
		starts[i] = f.start(i)
	}
	slices.Sort(starts)
	s, greenwood := 1.0, 0.0
	deaths := f.deaths()
	c.Churned = len(deaths)
	for lo := 0; lo < len(deaths); {
		t := f.Stop[deaths[lo]]
		hi := lo
		for hi < len(deaths) && f.Stop[deaths[hi]] == t {
			hi++
		}
		n, d := float64(atRisk(starts, stops, t)), float64(hi-lo)
		s *= 1 - d/n
		greenwood += d / (n * (n - d))
		step := SurvivalStep{Time: t, AtRisk: int(n), Churned: hi - lo, Survival: s, Hi: 1}
		if s > 0 {
			step.SE = s * math.Sqrt(greenwood)
			h := Z975 * math.Sqrt(greenwood)
			step.Lo, step.Hi = s*math.Exp(-h), min(1, s*math.Exp(h))
		}
		c.Steps = append(c.Steps, step)
		lo = hi
		if s == 0 {
			break
		}
	}
	return c
}

// atRisk counts rows with start < t <= stop, both lists sorted.
func atRisk(starts, stops []float64, t float64) int {
	entered, _ := slices.BinarySearch(starts, t)
	left, _ := slices.BinarySearch(stops, t)
	return entered - left
}

// At returns the curve at a time: the last step at or before it, with the rows at
// risk just before that time.
func (c SurvivalCurve) At(t float64) SurvivalStep {
	out := SurvivalStep{Time: t, Survival: 1, Lo: 1, Hi: 1}
	if !c.OK {
		return SurvivalStep{Time: t}
	}
	for _, s := range c.Steps {
		if s.Time > t {
			break
		}
		out.Survival, out.SE, out.Lo, out.Hi = s.Survival, s.SE, s.Lo, s.Hi
		out.Churned = 0
		if s.Time == t {
			out.Churned = s.Churned
		}
	}
	for i, stop := range c.follow.Stop {
		if c.follow.start(i) < t && t <= stop {
			out.AtRisk++
		}
	}
	return out
}

// LogRankTest compares the survival of groups.
type LogRankTest struct {
	Test     Test      `json:"test"`     // chi-square, groups-1 degrees of freedom
	Observed []float64 `json:"observed"` // events per group
	Expected []float64 `json:"expected"` // under equal survival
}

// LogRank tests that all groups, numbered 0 to groups-1, leave at one rate, with
// the hypergeometric covariance: N. Mantel, Cancer Chemotherapy Reports 50 (1966)
// 163. It takes the rows as independent.
func LogRank(f FollowUp, group []int32, groups int) LogRankTest {
	why := f.check()
	if why == "" && len(group) != len(f.Stop) {
		why = whyLengths
	}
	if why == "" && groups < 2 {
		why = "there is one group"
	}
	for _, g := range group {
		if why == "" && (g < 0 || int(g) >= groups) {
			why = "a row is in no group"
		}
	}
	if why != "" {
		return LogRankTest{Test: Test{Why: why}}
	}
	out := LogRankTest{Observed: make([]float64, groups), Expected: make([]float64, groups)}
	cov := square(groups)
	starts, stops := make([][]float64, groups), make([][]float64, groups)
	for i, g := range group {
		starts[g], stops[g] = append(starts[g], f.start(i)), append(stops[g], f.Stop[i])
	}
	for g := range groups {
		slices.Sort(starts[g])
		slices.Sort(stops[g])
	}
	deaths := f.deaths()
	for lo := 0; lo < len(deaths); {
		t := f.Stop[deaths[lo]]
		hi := lo
		for ; hi < len(deaths) && f.Stop[deaths[hi]] == t; hi++ {
			out.Observed[group[deaths[hi]]]++
		}
		d, n := float64(hi-lo), 0.0
		at := make([]float64, groups)
		for g := range groups {
			at[g] = float64(atRisk(starts[g], stops[g], t))
			n += at[g]
		}
		for g := range groups {
			out.Expected[g] += d * at[g] / n
			if n > 1 {
				v := d * (n - d) / (n - 1) * at[g] / n
				cov[g][g] += v
				for h := range groups {
					cov[g][h] -= v * at[h] / n
				}
			}
		}
		lo = hi
	}
	out.Test = logRankChi(out, cov)
	return out
}

// logRankChi is the quadratic form of observed - expected over all groups but
// the last that is ever at risk.
func logRankChi(t LogRankTest, cov [][]float64) Test {
	var use []int
	for g := range cov {
		if cov[g][g] > 1e-12 {
			use = append(use, g)
		}
	}
	if len(use) < 2 {
		return Test{Why: "fewer than two groups can be compared"}
	}
	use = use[:len(use)-1]
	a, v := square(len(use)), make([]float64, len(use))
	for i, g := range use {
		v[i] = t.Observed[g] - t.Expected[g]
		for j, h := range use {
			a[i][j] = cov[g][h]
		}
	}
	stat, ok := quadraticForm(a, v)
	if !ok {
		return Test{Why: "the groups cannot be told apart"}
	}
	df := float64(len(use))
	return Test{Statistic: stat, DF: df, P: ChiSquareSurvival(stat, df), OK: true}
}
