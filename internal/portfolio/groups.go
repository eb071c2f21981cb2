package portfolio

import (
	"cmp"
	"slices"

	"accounthealth/internal/population"
	"accounthealth/internal/signal"
)

// SmallGroup is the number of scored accounts below which a group is not ranked:
// one account more or less would change its place.
const SmallGroup = 10

// GroupRow is one owner or one segment.
type GroupRow struct {
	Name     string
	Accounts int64   // that pay: scored, not scored and in notice
	ARR      float64 // of Accounts
	Scored   int64
	Mean     Figure    // mean score
	Bands    []Amounts // scored accounts by status
	NotScored, InNotice,
	AtRisk Amounts
	AtRiskShare    Figure // ARR at risk out of the ARR of scored accounts
	Renewing       Amounts
	RenewingAtRisk Amounts // decide within RenewalDays days, or overdue
	Stale          Figure  // values that are missing or too old, of those that apply
	Small          bool
	Rank           int // by ARR at risk; 0 where Small
}

type group struct {
	name                     string
	all, notScored, inNotice sum
	bands                    []sum
	renewing, renewingAtRisk sum
	tenths, scored           int64
	stale, applicable        int64
}

// groups adds the paying accounts up by a label, most ARR at risk first, small
// groups last; total is all of them.
func groups(in Input, label []string, none string) (rows []GroupRow, total GroupRow) {
	bands := len(in.Plan.Rules[0].Bands)
	fresh := func(name string) *group { return &group{name: name, bands: make([]sum, bands)} }
	by, all := map[string]*group{}, fresh("All")
	stale, applicable := in.Now.gaps()
	for i, c := range in.Now.View.Class {
		if !c.Pays() {
			continue
		}
		name := cmp.Or(label[i], none)
		g := by[name]
		if g == nil {
			g = fresh(name)
			by[name] = g
		}
		for _, g := range []*group{g, all} {
			g.add(in, i, stale[i], applicable[i])
		}
	}
	for _, g := range by {
		rows = append(rows, g.row(in))
	}
	slices.SortFunc(rows, func(a, b GroupRow) int {
		small := func(g GroupRow) int {
			if g.Small {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(small(a), small(b)), cmp.Compare(toCents(b.AtRisk.ARR), toCents(a.AtRisk.ARR)), cmp.Compare(a.Name, b.Name))
	})
	for i := range rows {
		if !rows[i].Small {
			rows[i].Rank = i + 1
		}
	}
	total = all.row(in)
	total.Small = false
	return rows, total
}

func (g *group) add(in Input, i int, stale, applicable int32) {
	now := in.Now
	arr := now.View.ARR[i]
	g.all.add(arr)
	switch {
	case now.View.Class[i] == population.InNotice:
		g.inNotice.add(arr)
		return
	case !now.counted(i):
		g.notScored.add(arr)
	default:
		g.scored++
		g.tenths += int64(now.Result.Tenths[i])
		g.bands[now.Result.Status[i]].add(arr)
		if decidesSoon(now.View, i) {
			g.renewing.add(arr)
			if now.Result.Band(i).AtRisk {
				g.renewingAtRisk.add(arr)
			}
		}
	}
	g.stale += int64(stale)
	g.applicable += int64(applicable)
}

func (g *group) row(in Input) GroupRow {
	r := GroupRow{
		Name: g.name, Accounts: g.all.n, ARR: g.all.arr.float(), Scored: g.scored, Bands: amounts(g.bands),
		NotScored: g.notScored.amounts(), InNotice: g.inNotice.amounts(), Renewing: g.renewing.amounts(),
		RenewingAtRisk: g.renewingAtRisk.amounts(), Stale: rate(float64(g.stale), float64(g.applicable)), Small: g.scored < SmallGroup,
	}
	var risk, scored sum
	for b, s := range g.bands {
		scored.plus(s)
		if in.Plan.Rules[0].Bands[b].AtRisk {
			risk.plus(s)
		}
	}
	r.AtRisk, r.AtRiskShare = risk.amounts(), rate(risk.arr.float(), scored.arr.float())
	if g.scored > 0 {
		r.Mean = Amount(float64(g.tenths) / float64(10*g.scored))
	}
	return r
}

// gaps counts, for every account that was to be scored, the collected signals
// that apply to it, and those of them without a current value.
func (s *Scored) gaps() (stale, applicable []int32) {
	n := len(s.View.Class)
	stale, applicable = make([]int32, n), make([]int32, n)
	for k, collected := range s.Signals.Collected {
		if !collected {
			continue
		}
		states := s.Signals.States(k)
		for i, c := range s.View.Class {
			if !c.Scored() {
				continue
			}
			switch signal.State(states.Value(i)) {
			case signal.NotApplicable:
				continue
			case signal.Known:
			default:
				stale[i]++
			}
			applicable[i]++
		}
	}
	return stale, applicable
}
