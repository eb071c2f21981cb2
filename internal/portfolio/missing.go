package portfolio

import (
	"math"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// MissingPolicy counts the accounts whose status would be another one if missing
// values were treated otherwise than the framework does.
type MissingPolicy struct {
	Policy string // worst, best, neutral
	Worse  Amounts
	Better Amounts
	Scored Amounts // accounts that would have a status and have none
}

// MissingRow is one account whose status depends on what is missing.
type MissingRow struct {
	ID, Name, Segment, Owner string
	ARR                      Figure // undefined where it is unknown
	Status                   string
	Score                    Figure
	ByPolicy                 []string // status under each of score.Policies(), the rule's first
	ScoreByPolicy            []Figure
	Coverage, Low, High      Figure
	Weights                  []Figure // effective, by pillar
	Missing                  []string // the signals without a value, with why: "NPS: stale"
}

// Treated is what every account would score under each policy for missing values.
// It is computed at the first call.
func (r *Rows) Treated() (*score.Treated, error) {
	if r.treated != nil {
		return r.treated, nil
	}
	scorer, err := score.New(r.plan)
	if err != nil {
		return nil, err
	}
	rows := score.RowsOf(r.plan, r.table, r.now.View)
	rows.Manual = r.now.Result.Manual
	r.treated, err = scorer.Treat(r.now.Signals, rows, r.now.Result)
	return r.treated, err
}

// DependsOnMissing counts, by policy, and lists, most ARR first, the accounts whose
// status depends on missing data.
func (r *Rows) DependsOnMissing() ([]MissingPolicy, []MissingRow, error) {
	t, err := r.Treated()
	if err != nil {
		return nil, nil, err
	}
	others := score.Policies()[1:]
	worse, better, scored := make([]sum, len(others)), make([]sum, len(others)), make([]sum, len(others))
	var out []MissingRow
	for _, i := range r.order {
		row := int(i)
		if !r.now.View.Class[row].Scored() || !t.Depends(row) {
			continue
		}
		arr := r.now.View.ARR[row]
		for k, p := range others {
			was, is := t.Status[score.LeftOut][row], t.Status[p][row]
			switch {
			case was == is:
			case was < 0:
				scored[k].add(arr)
			case is > was || is < 0:
				worse[k].add(arr)
			default:
				better[k].add(arr)
			}
		}
		out = append(out, r.missingRow(t, row))
	}
	var counts []MissingPolicy
	for k, p := range others {
		counts = append(counts, MissingPolicy{p.String(), worse[k].amounts(), better[k].amounts(), scored[k].amounts()})
	}
	return counts, out, nil
}

func (r *Rows) missingRow(t *score.Treated, row int) MissingRow {
	res := r.now.Result
	bands := r.plan.Rules[res.Rules[row]].Bands
	m := MissingRow{
		ID: r.table.ID[row], Name: r.table.Name[row], Segment: r.table.Segment[row], Owner: r.table.Owner[row],
		Coverage: maybe(res.Coverage[row]),
	}
	if arr := r.now.View.ARR[row]; !math.IsNaN(arr) {
		m.ARR = Amount(toCents(arr).float())
	}
	if low, high, ok := res.Interval(row); ok {
		m.Low, m.High = Amount(low), Amount(high)
	}
	if v, ok := res.Score(row); ok {
		m.Score = Amount(v)
	}
	for _, p := range score.Policies() {
		name, points := "Not scored", Figure{}
		if b := t.Status[p][row]; b >= 0 {
			name = bands[b].Name
		}
		if c := t.Composite[p][row]; !math.IsNaN(c) {
			points = Amount(float64(score.Tenths(c)) / 10)
		}
		m.ByPolicy, m.ScoreByPolicy = append(m.ByPolicy, name), append(m.ScoreByPolicy, points)
	}
	m.Status = m.ByPolicy[score.LeftOut]
	for k := range r.plan.Pillars {
		m.Weights = append(m.Weights, Amount(res.Weights[k][row]))
	}
	for k := range r.plan.Signals {
		def := &r.plan.Signals[k]
		st := signal.State(r.now.Signals.States(k).Value(row))
		if def.Kind != plan.Flag && r.now.Signals.Collected[k] && st != signal.Known && st != signal.NotApplicable && st != signal.NotCollected {
			m.Missing = append(m.Missing, def.Label+": "+st.String())
		}
	}
	return m
}
