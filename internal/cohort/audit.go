package cohort

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate"
	"accounthealth/calibrate/assess"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
)

// InForce is the score that was in force on a date, of every account by
// population row.
type InForce struct {
	View *population.View // the population of the date
	// Score is NaN, and Status -1, where the account had none. Status indexes the
	// audit's labels, riskiest first.
	Score   []float64
	Status  []int32
	Pillars [][]float64 // by pillar of Audit.Plan; NaN where not measured or not kept
	// Signals is the date as the exports tell it now, for the rules that would have
	// caught a loss.
	Signals *score.Result
	// ScoredOn is the day that the score was computed for: the date itself or, for
	// a published score, the newest published day up to it.
	ScoredOn int32
	// Rebuilt says that nothing published was in force: the score was computed
	// afterwards, under the framework of its time.
	Rebuilt bool
}

// Audit says what an accuracy audit is made of.
type Audit struct {
	Table  *population.Table
	Plan   *plan.Plan
	Rule   Rule
	Labels []string
	Cuts   []float64
	// Flagged is how many of the riskiest statuses count as flagged.
	Flagged int
	// Worked lists, by population row, the days on which somebody began to act on
	// the account, ascending; nil where that is not recorded.
	Worked [][]int32
	// Paths are scores on more days than the dates judged, for what led up to a
	// loss. Their Pillars, View and Score are read.
	Paths []InForce
	// Drift compares pillar scores with those of other days.
	Drift    []calibrate.DriftSample
	Capacity int
}

// Audited is the sample of an accuracy audit with the account-dates behind its
// rows, and every account-date that is left out.
type Audited struct {
	Sample calibrate.AuditSample
	Rows   []Row
	Paid   []float64 // by Rows: ARR of the date, NaN where unknown
	Dates  []int32   // by Row.Date
	Ledger []LedgerRow
	// KnowsARR is false where the ARR of more than one row in twenty is unknown:
	// the sample then has none and its rows count alike.
	KnowsARR bool
	// Losses says what became of every loss, LostARR what the rows lost that are not
	// excused.
	Losses  []LossLine
	LostARR LostARR
}

// quarterDays is the shortest time between month-ends three months apart.
const quarterDays = 89

// tenureBands are the bands of tenure, in whole months from.
var tenureBands = []struct {
	name string
	from int32
}{{"under 6 months", 0}, {"6 to 11 months", 6}, {"1 to 2 years", 12}, {"over 2 years", 24}}

// Build labels the dates as a calibration sample does, but for two things: an
// account without a score is a row, of its own status; and a loss that is no
// verdict on health is a row that is excused, so that the audit shows both.
func (a Audit) Build(dates []InForce) *Audited {
	dates = slices.SortedFunc(slices.Values(dates), func(x, y InForce) int { return cmp.Compare(x.View.AsOf, y.View.AsOf) })
	b := auditBuilder{Audit: a, cluster: clustersOf(a.Table), out: &Audited{Sample: calibrate.AuditSample{
		Labels: a.Labels, Cuts: a.Cuts, Flagged: a.Flagged, Capacity: a.Capacity, Drift: a.Drift,
	}}}
	s := &b.out.Sample
	for k := range a.Plan.Pillars {
		s.Pillars, s.X = append(s.Pillars, a.Plan.Pillars[k].Name), append(s.X, nil)
	}
	b.losses = newLossBook(a.Table.Losses, a.Rule)
	views := make([]*population.View, len(dates))
	for k, d := range dates {
		views[k] = d.View
	}
	b.windows = newWindows(a.Table, views, a.Rule)
	for _, d := range dates {
		b.date(d)
	}
	b.out.Losses, b.out.LostARR = b.losses.close()
	b.periods()
	s.Kind, s.Kinds = a.Rule.kinds(b.out.Rows)
	b.labels()
	if b.out.KnowsARR = b.unknown <= len(b.out.Rows)/20; b.out.KnowsARR {
		b.arrBands()
	}
	b.before(dates)
	b.rules()
	b.commercial()
	b.paths()
	if !b.out.KnowsARR {
		s.ARR, s.Lost = nil, nil
	}
	return b.out
}

type auditBuilder struct {
	Audit
	out     *Audited
	dates   []InForce // by Row.Date
	losses  *lossBook
	windows *windows
	unknown int     // rows whose ARR is unknown
	cluster []int32 // by population row: what decides together
}

// date adds the rows of one date and its lines of the ledger.
func (b *auditBuilder) date(d InForce) {
	s := &b.out.Sample
	t := d.View.AsOf
	var count [outcomes]int64
	var cents [outcomes]int64
	first := len(b.out.Rows)
	b.losses.date(t)
	for i := range int32(b.Table.Len()) {
		lo, hi := b.losses.of(i)
		whole := b.losses.nextWhole(lo, hi, t)
		o, win := b.windows.judge(d.View, i, eventOf(whole))
		is := b.Rule.settle(o, win.span, whole, b.Table.Losses[lo:hi], d.View.ARR[i])
		lost := b.losses.enter(lo, hi, win.span, is, d.View.ARR[i])
		o = is.Outcome
		count[o]++
		if v := d.View.ARR[i]; !math.IsNaN(v) {
			cents[o] += int64(math.Round(v * 100))
		}
		if !o.In() && !is.excused {
			continue
		}
		row := rowOf(i, int32(len(b.dates)), is, lost)
		row.kind = win.kind
		b.out.Rows, b.out.Paid = append(b.out.Rows, row), append(b.out.Paid, d.View.ARR[i])
		s.Y, s.Excused, s.Rebuilt = append(s.Y, row.Churned), append(s.Excused, is.excused), append(s.Rebuilt, d.Rebuilt)
		s.Lost = append(s.Lost, lost)
		if b.Rule.Partial > 0 {
			s.Partial = append(s.Partial, row.Partial)
		}
		s.Account, s.Cluster = append(s.Account, i), append(s.Cluster, b.cluster[i])
		s.Score, s.Status = append(s.Score, d.Score[i]), append(s.Status, d.Status[i])
		for k := range s.X {
			s.X[k] = append(s.X[k], d.Pillars[k][i])
		}
		s.ARR = append(s.ARR, positive(d.View.ARR[i]))
		if math.IsNaN(d.View.ARR[i]) {
			b.unknown++
		}
		s.TenureBand = append(s.TenureBand, tenureBand(d.View.TenureMonths[i]))
		if b.Worked != nil {
			s.Worked = append(s.Worked, slices.ContainsFunc(b.Worked[i], func(w int32) bool { return w > t && w <= win.end }))
		}
	}
	for o := range outcomes {
		if count[o] > 0 {
			b.out.Ledger = append(b.out.Ledger, LedgerRow{t, o, count[o], float64(cents[o]) / 100})
		}
	}
	if len(b.out.Rows) > first {
		if b.Rule.AtRenewal {
			b.countAll(d)
		}
		b.out.Dates = append(b.out.Dates, t)
		b.dates = append(b.dates, d)
	}
}

// countAll counts the scores of a date by status, whether they are judged or not.
func (b *auditBuilder) countAll(d InForce) {
	kind := 0
	if d.Rebuilt {
		kind = 1
	}
	all := &b.out.Sample.All[kind]
	if *all == nil {
		*all = make([]int, len(b.Labels))
	}
	for i, c := range d.View.Class {
		if c == population.Customer && d.Status[i] >= 0 {
			(*all)[d.Status[i]]++
		}
	}
}

// periods groups the dates as the calibration sample does.
func (b *auditBuilder) periods() {
	s := &b.out.Sample
	of, names := b.Rule.periods(b.out.Dates)
	s.Periods = names
	for _, r := range b.out.Rows {
		s.Period = append(s.Period, of[r.Date])
	}
}

func positive(v float64) float64 {
	if v > 0 {
		return v
	}
	return 0 // unknown amounts count nothing
}

func tenureBand(months int32) int32 {
	band := int32(-1)
	for k, b := range tenureBands {
		if months >= b.from {
			band = int32(k)
		}
	}
	return band
}

func (b *auditBuilder) labels() {
	s := &b.out.Sample
	for _, t := range tenureBands {
		s.TenureBands = append(s.TenureBands, t.name)
	}
	c := Cohort{Rows: b.out.Rows}
	l := c.labels(b.Table.Segment)
	s.Segments = l.names
	for _, r := range b.out.Rows {
		s.Segment = append(s.Segment, l.of[b.Table.Segment[r.Account]])
	}
}

// arrBands cuts the rows at the quartiles of their ARR; none where it is unknown.
func (b *auditBuilder) arrBands() {
	s := &b.out.Sample
	var known []float64
	for _, v := range s.ARR {
		if v > 0 {
			known = append(known, v)
		}
	}
	if len(known) < 4 {
		return
	}
	slices.Sort(known)
	var cuts []float64
	for _, p := range []float64{.25, .5, .75} {
		if v := assess.Quantile(known, p).Value; len(cuts) == 0 || v > cuts[len(cuts)-1] {
			cuts = append(cuts, v)
		}
	}
	for k := range len(cuts) + 1 {
		switch {
		case k == 0:
			s.ARRBands = append(s.ARRBands, fmt.Sprintf("up to %.0f", cuts[0]))
		case k == len(cuts):
			s.ARRBands = append(s.ARRBands, fmt.Sprintf("over %.0f", cuts[k-1]))
		default:
			s.ARRBands = append(s.ARRBands, fmt.Sprintf("over %.0f to %.0f", cuts[k-1], cuts[k]))
		}
	}
	for _, v := range s.ARR {
		band := int32(-1)
		if v > 0 {
			at, _ := slices.BinarySearch(cuts, v)
			band = int32(at)
		}
		s.ARRBand = append(s.ARRBand, band)
	}
}

// before is the account's score of the same kind on the date before, or a quarter
// before where decisions are scored month by month.
func (b *auditBuilder) before(dates []InForce) {
	s := &b.out.Sample
	prior := make([]int, len(b.dates)) // by Row.Date: index into dates, -1 for none
	for k, now := range b.dates {
		at := slices.IndexFunc(dates, func(d InForce) bool { return d.View.AsOf == now.View.AsOf })
		for prior[k] = at - 1; b.Rule.AtRenewal && prior[k] >= 0 && dates[prior[k]].View.AsOf > now.View.AsOf-quarterDays; {
			prior[k]--
		}
		if prior[k] >= 0 && dates[prior[k]].Rebuilt != now.Rebuilt {
			prior[k] = -1
		}
	}
	for _, r := range b.out.Rows {
		v := math.NaN()
		if at := prior[r.Date]; at >= 0 {
			v = dates[at].Score[r.Account]
		}
		s.Before = append(s.Before, v)
	}
}

func (b *auditBuilder) rules() {
	b.out.Sample.Rules = firedRules(b.Plan, b.out.Rows, func(date int32) *score.Result { return b.dates[date].Signals })
}

// commercial marks healthy scores that a commercial signal contradicts: one of
// its rows with a high or critical risk fired.
func (b *auditBuilder) commercial() {
	for sig := range b.Plan.Signals {
		def := &b.Plan.Signals[sig]
		if def.Category != "commercial" {
			continue
		}
		p := calibrate.Pattern{Name: b.Labels[len(b.Labels)-1] + ", and " + def.Label + " says high risk", Hit: make([]bool, len(b.out.Rows))}
		any := false
		for i, r := range b.out.Rows {
			d := b.dates[r.Date].Signals
			if d == nil {
				continue
			}
			if g := d.Rung[sig][r.Account]; g >= 0 {
				p.Hit[i] = b.Plan.Rules[d.Rules[r.Account]].Ladders[sig][g].Severity >= plan.High
				any = any || p.Hit[i]
			}
		}
		if any {
			b.out.Sample.Patterns = append(b.out.Sample.Patterns, p)
		}
	}
}

// paths follows every churned account through the days before each of its losses.
func (b *auditBuilder) paths() {
	for _, rebuilt := range []bool{false, true} {
		var churned []int // rows of the kind, by account, then date
		for i, r := range b.out.Rows {
			if r.Churned && b.dates[r.Date].Rebuilt == rebuilt {
				churned = append(churned, i)
			}
		}
		slices.SortStableFunc(churned, func(x, y int) int { return cmp.Compare(b.out.Rows[x].Account, b.out.Rows[y].Account) })
		for _, i := range churned {
			r := b.out.Rows[i]
			a := r.Account
			p := calibrate.AuditPath{Account: a, Row: int32(i), ARR: b.out.Sample.Lost[i], Rebuilt: rebuilt, X: make([][]float64, len(b.Plan.Pillars))}
			for _, d := range b.Paths {
				if d.Rebuilt != rebuilt || d.ScoredOn >= r.Event || math.IsNaN(d.Score[a]) {
					continue
				}
				p.Days, p.Score = append(p.Days, r.Event-d.ScoredOn), append(p.Score, d.Score[a])
				for k := range p.X {
					p.X[k] = append(p.X[k], d.Pillars[k][a])
				}
			}
			b.out.Sample.Paths = append(b.out.Sample.Paths, p)
		}
	}
}
