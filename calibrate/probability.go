package calibrate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"accounthealth/calibrate/assess"
)

// Probability is the score-to-probability map that the number of churned accounts
// allows, and how well maps so fitted did on accounts they had not seen. It is of
// the composite the decision leaves in force. Where that is the proposed weights,
// these were fitted on the same accounts, which flatters the map a little.
type Probability struct {
	OK     bool   `json:"ok"`
	Why    string `json:"why,omitempty"`
	Method string `json:"method"` // logistic, beta, isotonic; none
	Reason string `json:"reason"` // the rule that chose it
	Events int    `json:"events"` // distinct churned accounts with a score
	// Partial is how many of these lost a part only and stayed.
	Partial int           `json:"partial"`
	Map     *ScoreMap     `json:"map,omitempty"`
	Curve   []CurvePoint  `json:"curve"` // the map at 0, 5, ..., 100
	Folds   int           `json:"folds"` // out of fold, by account; all figures below
	Rows    int           `json:"rows"`
	Loss    assess.Number `json:"log_loss"`
	// BaseLoss is the log loss of saying the base rate to everybody.
	BaseLoss assess.Number          `json:"base_log_loss"`
	Brier    assess.BrierParts      `json:"brier"`       // Murphy's parts over Reliability
	Table    []assess.Bin           `json:"reliability"` // ten bins of equal size by probability
	ECE      assess.Number          `json:"ece"`         // over the same bins
	Binning  string                 `json:"binning"`     // how ECE and Brier's parts were binned
	Line     assess.CalibrationLine `json:"line"`
	// Test is the clustered score test that the probabilities are right as they
	// stand; Spiegelhalter and HosmerLemeshow take the rows as independent.
	Test           assess.Test            `json:"test"`
	Spiegelhalter  assess.Test            `json:"spiegelhalter"`
	HosmerLemeshow assess.Test            `json:"hosmer_lemeshow"`
	Compared       []MapLoss              `json:"compared"` // every method the events allow
	Decision       []assess.DecisionPoint `json:"decision"` // net benefit out of fold
	// Later is the same map fitted on all dates but the last and tried on the last:
	// the only figure here that a change of the base rate can spoil.
	Later LaterMap `json:"out_of_time"`
}

// LaterMap is a map tried on a later date.
type LaterMap struct {
	OK       bool                   `json:"ok"`
	Why      string                 `json:"why,omitempty"`
	Rows     int                    `json:"rows"`
	Churned  int                    `json:"churned"`
	Expected float64                `json:"expected"` // churned rows that the map said
	Test     assess.Test            `json:"test"`     // clustered score test
	Line     assess.CalibrationLine `json:"line"`
}

// ScoreMap turns a score into a probability; one of the methods' fields is set.
// Beyond From and To it is constant: too few scores were that extreme to say more,
// and a curve drawn on to 0 and 100 would promise certainty.
type ScoreMap struct {
	From     float64         `json:"from_score"`
	To       float64         `json:"to_score"`
	Logistic *ProbabilityMap `json:"logistic,omitempty"`
	Beta     *assess.Beta    `json:"beta,omitempty"`
	Isotonic []assess.Step   `json:"isotonic,omitempty"`
	floor    float64         // isotonic steps of no (or only) churn are no certainty
}

// CurvePoint is a score and its churn probability.
type CurvePoint struct {
	Score float64 `json:"score"`
	P     float64 `json:"p"`
}

// MapLoss is a method's log loss out of fold.
type MapLoss struct {
	Method string        `json:"method"`
	Loss   assess.Number `json:"log_loss"`
}

// mapMethods are the maps by the events they need: more freedom, more data.
var mapMethods = []struct {
	name   string
	events int
}{{"logistic", 50}, {"beta", 200}, {"isotonic", 500}}

// P is the probability of a score.
func (m *ScoreMap) P(score float64) float64 {
	score = max(m.From, min(m.To, score))
	switch {
	case m.Logistic != nil:
		return m.Logistic.P(score)
	case m.Beta != nil:
		return m.Beta.P(risk(score))
	}
	return max(m.floor, min(1-m.floor, m.step(score)))
}

// step is the isotonic rate, linear between two steps and constant beyond the
// ends.
func (m *ScoreMap) step(score float64) float64 {
	for j, s := range m.Isotonic {
		if score <= s.ToScore {
			if score >= s.FromScore || j == 0 {
				return s.Rate
			}
			before := m.Isotonic[j-1]
			t := (score - before.ToScore) / (s.FromScore - before.ToScore)
			return before.Rate + t*(s.Rate-before.Rate)
		}
	}
	return m.Isotonic[len(m.Isotonic)-1].Rate
}

// supported is the range of scores that leaves out the most extreme of them, 20
// or one in 200 at either end, whichever is more, and never more than a quarter.
func supported(score []float64) (from, to float64) {
	ordered := slices.Sorted(slices.Values(score))
	n := len(ordered)
	k := min(max(20, n/200), n/4)
	return ordered[k], ordered[n-1-k]
}

// risk is the crude probability that the beta map starts from. Scores come in
// whole points, so half a point is as near to certain as one can mean; 0 and 1
// would be infinitely far out on the map's scale.
func risk(score float64) float64 { return max(0.005, min(0.995, 1-score/100)) }

// fitMap fits one method to at least one score; nil and the reason where it cannot.
func fitMap(method string, score []float64, churned []bool) (*ScoreMap, string) {
	from, to := supported(score)
	switch method {
	case "logistic":
		l := assess.LogisticLine(score, churned)
		if l.OK && l.Slope >= 0 {
			return nil, "churn does not fall as the score rises"
		}
		return &ScoreMap{From: from, To: to, Logistic: &ProbabilityMap{l.Intercept, l.Slope}}, l.Why
	case "beta":
		q := make([]float64, len(score))
		for i, s := range score {
			q[i] = risk(max(from, min(to, s)))
		}
		b := assess.MonotoneBeta(q, churned)
		return &ScoreMap{From: from, To: to, Beta: &b}, b.Why
	}
	steps := assess.Rank(score).IsotonicRates(churned)
	if len(steps) < 2 {
		return nil, "churn does not fall as the score rises"
	}
	return &ScoreMap{From: from, To: to, Isotonic: steps, floor: 0.5 / float64(len(score)+1)}, ""
}

// probabilityFigures fits and judges the map of a composite (per frame row, NaN
// where there is none).
func probabilityFigures(ctx context.Context, f *frame, composite []float64, o Options) (Probability, error) {
	p := Probability{Method: "none", Curve: []CurvePoint{}, Compared: []MapLoss{}, Folds: o.Folds, Binning: "ten bins of equal size by ascending probability"}
	var rows []int32
	for i, v := range composite {
		if !math.IsNaN(v) {
			rows = append(rows, int32(i))
		}
	}
	p.Events, p.Partial = f.churnedAccounts(rows), f.partialAccounts(rows)
	events := ByKind(p.Events, p.Partial, "churned accounts")
	for _, m := range mapMethods {
		if p.Events >= m.events {
			p.Method = m.name
			p.Reason = fmt.Sprintf("%s; a %s map needs %d", events, m.name, m.events)
		}
	}
	if p.Method == "none" {
		p.Reason = fmt.Sprintf("%s; a map needs %d", events, mapMethods[0].events)
		p.undefined(p.Reason)
		return p, nil
	}
	d := newDesign(f, [][]float64{composite}, rows, Single)
	if distinct(d.account) < o.Folds {
		p.undefined("there are fewer accounts than folds")
		return p, nil
	}
	h := held{rows: d.row, folds: o.Folds, churned: d.churned}
	score := make([]float64, len(d.row))
	fold := folds(f, d, o.Folds, o.Seed)
	for j, i := range d.row {
		score[j] = composite[i]
		h.fold = append(h.fold, fold[d.account[j]])
	}
	m, why := fitMap(p.Method, score, d.churned)
	if why != "" {
		p.undefined(why)
		return p, nil
	}
	var said []float64
	for _, method := range mapMethods {
		if p.Events < method.events {
			break
		}
		if err := ctx.Err(); err != nil {
			return p, err
		}
		q, why := h.outOfFold(method.name, score)
		loss := assess.Undefined(why)
		if why == "" {
			loss = assess.LogLoss(q, d.churned, nil)
		}
		p.Compared = append(p.Compared, MapLoss{method.name, loss})
		if method.name == p.Method {
			if said = q; why != "" {
				p.undefined(why)
				return p, nil
			}
		}
	}
	p.OK, p.Map = true, m
	for s := 0.0; s <= 100; s += 5 {
		p.Curve = append(p.Curve, CurvePoint{s, m.P(s)})
	}
	p.judge(f, d, said, h.base())
	p.Later = later(f, d, p.Method, score)
	return p, nil
}

// later fits a method on all dates of a design but the last.
func later(f *frame, d *design, method string, score []float64) LaterMap {
	last := int32(-1)
	for _, i := range d.row {
		last = max(last, f.period[i])
	}
	var x, p, logit []float64
	var y, churned []bool
	var rows []int32
	for j, i := range d.row {
		if f.period[i] < last {
			x, y = append(x, score[j]), append(y, d.churned[j])
		} else {
			rows, churned = append(rows, i), append(churned, d.churned[j])
			p = append(p, score[j])
		}
	}
	u := assess.Undefined("there is one date")
	l := LaterMap{Rows: len(rows), Why: u.Why}
	var m *ScoreMap
	if len(x) > 0 {
		m, l.Why = fitMap(method, x, y)
	}
	if l.Why != "" {
		u.Why = l.Why
		l.Test, l.Line = assess.Test{Why: l.Why}, assess.CalibrationLine{Intercept: u, Slope: u, InTheLarge: u, Ratio: u}
		return l
	}
	l.OK = true
	for j := range p {
		p[j] = max(1e-12, min(1-1e-12, m.P(p[j])))
		logit = append(logit, math.Log(p[j])-math.Log1p(-p[j]))
		l.Expected += p[j]
		l.Churned += int(indicator(churned[j]))
	}
	l.Test, l.Line = scoreTest(f, rows, p, logit), assess.Calibrate(p, churned)
	return l
}

// outOfFold gives each row the probability of a map fitted on the other folds.
func (h *held) outOfFold(method string, score []float64) ([]float64, string) {
	p := make([]float64, len(score))
	for k := range h.folds {
		var x []float64
		var y []bool
		for j, s := range score {
			if h.fold[j] != int32(k) {
				x, y = append(x, s), append(y, h.churned[j])
			}
		}
		m, why := fitMap(method, x, y)
		if why != "" {
			return nil, fmt.Sprintf("fold %d: %s", k+1, why)
		}
		for j, s := range score {
			if h.fold[j] == int32(k) {
				p[j] = max(1e-12, min(1-1e-12, m.P(s)))
			}
		}
	}
	return p, ""
}

// base gives each row the churn rate of the other folds.
func (h *held) base() []float64 {
	n, events := make([]float64, h.folds), make([]float64, h.folds)
	var allN, allE float64
	for j, k := range h.fold {
		n[k]++
		allN++
		if h.churned[j] {
			events[k]++
			allE++
		}
	}
	p := make([]float64, len(h.fold))
	for j, k := range h.fold {
		p[j] = (allE - events[k] + 0.5) / (allN - n[k] + 1)
	}
	return p
}

// judge fills the out-of-fold figures of the probabilities said of a design's
// rows.
func (p *Probability) judge(f *frame, d *design, said, base []float64) {
	p.Rows = len(said)
	p.Loss, p.BaseLoss = assess.LogLoss(said, d.churned, nil), assess.LogLoss(base, d.churned, nil)
	p.Table = assess.EqualMassBins(said, d.churned, 10)
	p.Brier, p.ECE = assess.Murphy(p.Table), assess.CalibrationError(p.Table)
	logit := make([]float64, len(said))
	for j, v := range said {
		logit[j] = math.Log(v) - math.Log1p(-v)
	}
	p.Test, p.Line = scoreTest(f, d.row, said, logit), assess.Calibrate(said, d.churned)
	p.Spiegelhalter = assess.Spiegelhalter(said, d.churned)
	p.HosmerLemeshow = assess.HosmerLemeshow(said, d.churned, 10)
	if t := &p.HosmerLemeshow; t.OK { // nothing was fitted to these rows: no degree of freedom is lost
		t.DF += 2
		t.P = assess.ChiSquareSurvival(t.Statistic, t.DF)
	}
	var rate float64
	for _, c := range d.churned {
		rate += indicator(c) / float64(len(d.churned))
	}
	var at []float64
	for _, multiple := range []float64{.25, .5, .75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10} {
		if t := multiple * rate; t < .95 {
			at = append(at, t)
		}
	}
	p.Decision = assess.NetBenefit(said, d.churned, at)
}

func (p *Probability) undefined(why string) {
	u, t := assess.Undefined(why), assess.Test{Why: why}
	p.OK, p.Why = false, why
	p.Loss, p.BaseLoss, p.ECE = u, u, u
	p.Brier = assess.BrierParts{Why: why, Skill: u}
	p.Line = assess.CalibrationLine{Intercept: u, Slope: u, InTheLarge: u, Ratio: u}
	p.Test, p.Spiegelhalter, p.HosmerLemeshow = t, t, t
	p.Later = LaterMap{Why: why, Test: t, Line: p.Line}
	p.Table, p.Decision = []assess.Bin{}, []assess.DecisionPoint{}
}
