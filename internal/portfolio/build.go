package portfolio

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"accounthealth/internal/compare"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// Scored is one day's population with its scores. Rows of all three are the
// rows of the population table.
type Scored struct {
	View    *population.View
	Result  *score.Result
	Signals *signal.Snapshot
	Rebuilt bool // computed later from the exports, not published at the time
}

// Figures of a prior run, as they were published.
type Published struct {
	AsOf      int32
	Framework FrameworkRef      // Name is "" where an old history does not say it
	KPIs      map[string]Figure // by KPI.Key
	Statuses  []PublishedStatus // in the order of their first account
}

// PublishedStatus counts the accounts of one status.
type PublishedStatus struct {
	Status   string
	Accounts int64
	ARR      float64
}

// Input is everything Build needs; Prior and Reported may be nil.
type Input struct {
	Plan     *plan.Plan
	Table    *population.Table
	Currency string
	Now      Scored
	Prior    *Scored // the snapshot that the Summary compares with
	Reported *Published
	History  []Scored // oldest first, without Now
	// YearAgo and PriorYearAgo are the populations YearDays before Now and Prior,
	// for retention; nil where the exports do not reach back.
	YearAgo, PriorYearAgo *population.View
	// Dated is the population of the as-of date as known from dated terms alone,
	// for what is compared with an earlier day; nil where there are none.
	Dated    *population.View
	Openings []Opening // what bridges start from; none without Dated
	Past     []Scored  // every scored day that losses may be judged by
	Rows     *Rows
	// Change leads from Prior, as it was published, to Now; nil without a prior.
	Change *compare.Path
}

// Build computes the figures of the Summary, the bands, the movers and the
// shape. The parts that other packages compute (Quality, Verdict, Tie, texts)
// are left for the caller to set.
func Build(in Input) *Report {
	r := &Report{
		AsOf: in.Now.View.AsOf, Prior: NoDay, Currency: in.Currency,
		Framework: FrameworkRef{in.Plan.Name, in.Plan.Version, in.Plan.Digest},
	}
	base := in.Plan.Rules[0]
	for _, b := range base.Bands {
		r.BandNames = append(r.BandNames, b.Name)
	}
	for i, p := range in.Plan.Pillars {
		r.PillarDefs = append(r.PillarDefs, PillarDef{p.Name, p.Label, p.Question, base.Weights[i]})
	}
	if in.Prior != nil {
		r.Prior = in.Prior.View.AsOf
	}
	r.Classes = Classes(in.Table, in.Now)
	r.Bands, r.BandTotal = bands(in)
	r.History = history(in)
	r.KPIs = kpis(in)
	r.Movers = movers(in)
	for _, o := range in.Openings {
		r.Bridges = append(r.Bridges, NewBridge(o, in.Dated, in.Now.View))
	}
	r.Renewals = renewals(in)
	r.Owners, r.OwnerTotal = groups(in, in.Table.Owner, NoOwner)
	r.Segments, r.SegmentTotal = groups(in, in.Table.Segment, NoSegment)
	r.Migration = migrate(in)
	r.Foreseen = foresee(in)
	r.Shape = shape(in)
	r.Scores = histogram(in)
	r.Pillars = pillarShapes(in)
	r.Accounts = in.Rows
	r.AtRisk = in.Rows.atRisk()
	r.Matrix, r.Plays = in.Rows.matrix(), in.Rows.plays()
	r.Cadence = cadence(in.Plan, r.AsOf)
	for _, text := range in.Plan.Checklist {
		r.Monthly = append(r.Monthly, CheckRow{text})
	}
	return r
}

// Classes counts every account once, in the order of the tie-out: scored,
// onboarding, and why the others are not.
func Classes(table *population.Table, now Scored) []ClassRow {
	type total struct {
		n, unknown int64
		arr        cents
	}
	var by [population.Classes]total
	var unscored total
	for i, c := range now.View.Class {
		t := &by[c]
		if c.Scored() && now.Result.Status[i] < 0 {
			t = &unscored
		}
		t.n++
		t.arr.add(now.View.ARR[i])
		if math.IsNaN(now.View.ARR[i]) {
			t.unknown++
		}
	}
	row := func(name, why string, t total) ClassRow {
		return ClassRow{name, t.n, t.arr.float(), why, t.n > 0 && t.unknown == t.n}
	}
	return []ClassRow{
		row("Scored", "customers with enough data for a score", by[population.Customer]),
		row("Onboarding", "scored apart: tenure below the onboarding period, never Healthy", by[population.Onboarding]),
		row("Not scored", fmt.Sprintf("less than %.0f%% of the score's point range is known", now.Result.Plan.Missing.ScoredFrom*100), unscored),
		row("In notice", "the decision to leave is taken, service still runs", by[population.InNotice]),
		row("Lost", "service ended on or before the date", by[population.Lost]),
		row("Not yet a customer", "starts after the date", by[population.NotYet]),
		row("Outside: stage", "trial, free, internal or test", by[population.OutByStage]),
		row("Outside: zero ARR", "no recurring revenue on the date", by[population.ZeroARR]),
	}
}

// counted reports whether row i is coloured: a scored customer or onboarding
// account.
func (s *Scored) counted(i int) bool {
	return s.View.Class[i].Scored() && s.Result.Status[i] >= 0
}

// unknownARR is the share of counted accounts without a known ARR beyond which
// sums of ARR are not printed: they would miss too much.
const unknownARR = 0.05

// knowsARR reports whether the day's ARR is known well enough to be added up.
func (s *Scored) knowsARR() bool {
	var counted, unknown float64
	for i := range s.View.Class {
		if s.counted(i) {
			counted++
			if math.IsNaN(s.View.ARR[i]) {
				unknown++
			}
		}
	}
	return unknown <= unknownARR*counted
}

type bandTotals struct {
	n, unknown []int64 // accounts, and those of them whose ARR is not known
	arr        []cents
}

func (s *Scored) totals(bands int) bandTotals {
	t := bandTotals{make([]int64, bands), make([]int64, bands), make([]cents, bands)}
	for i := range s.View.Class {
		if s.counted(i) {
			b := s.Result.Status[i]
			t.n[b]++
			t.arr[b].add(s.View.ARR[i])
			if math.IsNaN(s.View.ARR[i]) {
				t.unknown[b]++
			}
		}
	}
	return t
}

// bands counts accounts and ARR by status, and all of them together.
func bands(in Input) (rows []BandRow, total BandRow) {
	bs := in.Plan.Rules[0].Bands
	now := in.Now.totals(len(bs))
	var all, before cents
	for _, a := range now.arr {
		all += a
	}
	var prior bandTotals
	if in.Prior != nil {
		prior = in.Prior.totals(len(bs))
	}
	bothKnow := in.Prior != nil && in.Prior.knowsARR() && in.Now.knowsARR()
	unknown := int64(0)
	out := make([]BandRow, len(bs))
	top := 100
	for i, b := range bs {
		out[i] = BandRow{
			Band: b.Name, Colour: b.Colour, AtRisk: b.AtRisk, Headlines: fmt.Sprintf("%d to %d", b.Min, top),
			Accounts: now.n[i], ARR: now.arr[i].float(), NoARR: now.n[i] > 0 && now.unknown[i] == now.n[i], ShareARR: rate(now.arr[i].float(), all.float()),
		}
		if in.Prior != nil {
			out[i].PriorAccounts = prior.n[i]
			out[i].DeltaAccounts = now.n[i] - prior.n[i]
			if in.Prior.knowsARR() {
				out[i].PriorARR = Amount(prior.arr[i].float())
			}
			if bothKnow {
				out[i].DeltaARR = Amount((now.arr[i] - prior.arr[i]).float())
			}
		}
		top = b.Min - 1
		total.Accounts += now.n[i]
		unknown += now.unknown[i]
		if in.Prior != nil {
			total.PriorAccounts += prior.n[i]
			before += prior.arr[i]
		}
	}
	total.Band, total.Headlines = "All scored accounts", "0 to 100"
	total.NoARR = total.Accounts > 0 && unknown == total.Accounts
	total.ARR, total.ShareARR = all.float(), rate(all.float(), all.float())
	if in.Prior != nil {
		total.DeltaAccounts = total.Accounts - total.PriorAccounts
		if in.Prior.knowsARR() {
			total.PriorARR = Amount(before.float())
		}
		if bothKnow {
			total.DeltaARR = Amount((all - before).float())
		}
	}
	return out, total
}

func history(in Input) []HistoryPoint {
	bs := len(in.Plan.Rules[0].Bands)
	var out []HistoryPoint
	for _, s := range append(slices.Clone(in.History), in.Now) {
		t := s.totals(bs)
		p := HistoryPoint{AsOf: s.View.AsOf, Rebuilt: s.Rebuilt, Accounts: t.n, ARR: make([]float64, bs)}
		var tenths int64
		for i, a := range t.arr {
			p.ARR[i] = a.float()
			p.Scored += t.n[i]
		}
		for i := range s.View.Class {
			if s.counted(i) {
				tenths += int64(s.Result.Tenths[i])
			}
		}
		if p.Scored > 0 {
			p.Mean = float64(tenths) / 10 / float64(p.Scored)
			out = append(out, p)
		}
	}
	return out
}

// RenewalDays is the length of the window of the renewals KPI, YearDays that of
// retention.
const (
	RenewalDays = 90
	YearDays    = 365
)

// kpis returns the six figures of the Summary.
func kpis(in Input) []KPI {
	list := []KPI{
		{Key: "ARR_at_risk", Name: "ARR at risk", Unit: Currency, Good: -1, Note: "ARR of accounts in the bands that need intervention, out of the ARR of all scored accounts; not a forecast of losses"},
		{Key: "Renewals_at_risk_90d", Name: "Renewals at risk, next 90 days and overdue", Unit: Currency, Good: -1, Note: "ARR at risk whose last day to decide (renewal minus notice) falls in the next 90 days or has passed without a decision, out of all ARR that decides then"},
		{Key: "Logo_retention", Name: "Logo retention, 12 months", Unit: Percent, Good: 1, Note: "paying accounts a year ago that still pay"},
		{Key: "GRR", Name: "Gross revenue retention, 12 months", Unit: Percent, Good: 1, Note: "ARR of a year ago still paid by the same accounts, expansion left out"},
		{Key: "NRR", Name: "Net revenue retention, 12 months", Unit: Percent, Good: 1, Note: "ARR now of the accounts that paid a year ago, out of their ARR then"},
		{Key: "Accounts_scored", Name: "Accounts scored", Unit: Count, Note: "accounts with a score, out of all paying accounts: customers, onboarding and in notice"},
	}
	now := measures(in.Now, in.YearAgo, in.Dated)
	for i := range list {
		list[i].Now = now[i]
		if in.Reported != nil {
			list[i].Prior = in.Reported.KPIs[list[i].Key]
		}
	}
	if in.Prior != nil {
		for i, f := range measures(*in.Prior, in.PriorYearAgo, in.Prior.View) {
			list[i].Restated = f
		}
	}
	for i := range list {
		list[i].Change = change(list[i])
	}
	return list
}

// change is now minus before, like with like where the prior day could be
// restated.
func change(k KPI) Figure {
	before := k.Restated
	if !before.Defined {
		before = k.Prior
	}
	switch {
	case !k.Now.Defined || !before.Defined:
		return Figure{}
	case k.Unit == Currency:
		return Amount((toCents(k.Now.Value) - toCents(before.Value)).float())
	}
	return Amount(k.Now.Value - before.Value)
}

// measures computes the figures of kpis for one day, in its order. dated is the
// day's population as known from dated terms.
func measures(s Scored, yearAgo, dated *population.View) [6]Figure {
	var all, atRisk, renewing, renewingAtRisk cents
	var scored, paying float64
	for i, c := range s.View.Class {
		if c.Pays() {
			paying++
		}
		if !s.counted(i) {
			continue
		}
		scored++
		v := toCents(s.View.ARR[i])
		risky := s.Result.Band(i).AtRisk
		all += v
		if risky {
			atRisk += v
		}
		if decidesSoon(s.View, i) {
			renewing += v
			if risky {
				renewingAtRisk += v
			}
		}
	}
	known := s.knowsARR()
	amount := func(part, whole cents) Figure {
		if !known {
			return Figure{}
		}
		return Figure{Value: part.float(), Defined: true, Num: part.float(), Den: whole.float()}
	}
	out := [6]Figure{amount(atRisk, all), amount(renewingAtRisk, renewing)}
	if yearAgo != nil && dated != nil {
		f := flow(yearAgo, dated, s.View, nil)
		out[2], out[3], out[4] = f.retention()
	}
	out[5] = Figure{Value: scored, Defined: true, Num: scored, Den: paying}
	return out
}

// shape counts the accounts on every row of every ladder, those of segments behind
// the base's.
func shape(in Input) []ShapeRow {
	var out []ShapeRow
	for s := range in.Plan.Signals {
		for rules := range in.Plan.Rules {
			first := 0
			for !in.Plan.SameLadder(first, rules, s) {
				first++
			}
			if first == rules { // else its accounts are counted with those of first
				out = append(out, shapeOf(in, s, rules)...)
			}
		}
	}
	return out
}

// shapeOf counts the accounts on each row of a signal's ladder under some rules,
// and under all others that have the same one; nothing where only the base would
// show a ladder that nobody has.
func shapeOf(in Input, s, rules int) []ShapeRow {
	var out []ShapeRow
	res := in.Now.Result
	sig := &in.Plan.Signals[s]
	label := sig.Label
	if rules > 0 {
		label += " (" + in.Plan.Rules[rules].Name + ")"
	}
	ladder := in.Plan.Rules[rules].Ladders[s]
	here := 0
	counts := make([]int64, len(ladder))
	arr := make([]cents, len(ladder))
	var known, applicable int64
	var knownARR cents
	states := in.Now.Signals.States(s)
	for i := range in.Now.View.Class {
		if !in.Now.counted(i) || !in.Plan.SameLadder(rules, int(res.Rules[i]), s) {
			continue
		}
		here++
		if signal.State(states.Value(i)) != signal.NotApplicable && !in.Plan.Rules[res.Rules[i]].NotApplicable[s] {
			applicable++
		}
		if g := res.Rung[s][i]; g >= 0 {
			known++
			counts[g]++
			arr[g].add(in.Now.View.ARR[i])
			knownARR.add(in.Now.View.ARR[i])
		}
	}
	if here == 0 && rules > 0 {
		return nil
	}
	for g, rung := range ladder {
		row := ShapeRow{
			Pillar: in.Plan.Pillars[sig.Pillar].Label, Signal: label, Row: rung.Label, Points: rung.Points,
			Accounts: counts[g], Share: rate(float64(counts[g]), float64(known)),
			ARR: arr[g].float(), ShareARR: rate(arr[g].float(), knownARR.float()), Known: known, Applicable: applicable,
		}
		switch {
		case !in.Now.Signals.Collected[s]:
			row.Flag = "not collected"
		case known > 0 && row.Share.Value > 0.90:
			row.Flag = "nearly everybody"
		case known > 0 && row.Share.Value < 0.01:
			row.Flag = "nearly nobody"
		}
		out = append(out, row)
	}
	return out
}

func histogram(in Input) []HistogramBin {
	bins := make([]HistogramBin, 10)
	arr := make([]cents, len(bins))
	for b := range bins {
		bins[b].Lo, bins[b].Hi = float64(b*10), float64(b*10+10)
	}
	for i := range in.Now.View.Class {
		if in.Now.counted(i) {
			b := min(int(in.Now.Result.Headline[i])/10, len(bins)-1)
			bins[b].Accounts++
			arr[b].add(in.Now.View.ARR[i])
		}
	}
	for b := range bins {
		bins[b].ARR = arr[b].float()
	}
	return bins
}

func pillarShapes(in Input) []PillarShape {
	out := make([]PillarShape, len(in.Plan.Pillars))
	for p := range in.Plan.Pillars {
		var v, coverage []float64
		for i := range in.Now.View.Class {
			if in.Now.counted(i) {
				if x := in.Now.Result.Pillars[p][i]; !math.IsNaN(x) {
					v = append(v, x)
				}
				if c := in.Now.Result.PillarCoverage[p][i]; !math.IsNaN(c) {
					coverage = append(coverage, c)
				}
			}
		}
		out[p] = PillarShape{Name: in.Plan.Pillars[p].Label, Accounts: int64(len(v))}
		if len(v) == 0 {
			continue
		}
		slices.Sort(v)
		slices.SortFunc(coverage, cmp.Compare)
		q := func(share float64) float64 { // type 7, as everywhere in the program
			h := share * float64(len(v)-1)
			i := int(h)
			if i+1 >= len(v) {
				return v[len(v)-1]
			}
			return v[i] + (h-float64(i))*(v[i+1]-v[i])
		}
		out[p].Mean, out[p].Coverage = mean(v), mean(coverage)
		out[p].Min, out[p].P10, out[p].P50, out[p].P90, out[p].Max = v[0], q(.1), q(.5), q(.9), v[len(v)-1]
	}
	return out
}

// mean of sorted values: equal inputs give equal bits whatever order they came in.
func mean(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x
	}
	return s / float64(max(len(v), 1))
}
