package calibrate

import (
	"context"
	"math"

	"accounthealth/calibrate/assess"
)

// SurvivalSample is follow-up in stretches: row i is an account at risk on
// (Start[i], Stop[i]] days since it was first seen, under the score and pillars
// known at the start of the stretch; Event says that it left at the end of it. A
// reactivated account is a new spell under the same account number.
type SurvivalSample struct {
	Start   []float64 // nil: every row is watched from the beginning
	Stop    []float64
	Event   []bool
	Account []int32
	Score   []float64 // 0 to 100; NaN leaves the row out
	// Pillars and X (K columns, NaN leaves the row out of the Cox model) are
	// optional.
	Pillars []string
	X       [][]float64
	Cuts    []float64 // ascending; statuses as in Options
	Labels  []string
	Days    []float64 // at which survival per status is read; nil is 30, 90, 180, 365
	Horizon float64   // events after it are not counted in the concordance; 0 is none
}

// SurvivalResult is how long accounts stayed, by status and by pillar.
type SurvivalResult struct {
	OK          bool               `json:"ok"`
	Why         string             `json:"why,omitempty"`
	Rows        int                `json:"rows"`
	Events      int                `json:"events"`
	Statuses    []StatusSurvival   `json:"statuses"` // riskiest first
	LogRank     assess.LogRankTest `json:"log_rank"` // rows taken as independent
	Concordance assess.Concordance `json:"concordance"`
	Hazards     []Hazard           `json:"hazards"` // per pillar, all in one model
	Cox         assess.Cox         `json:"cox"`
}

// StatusSurvival is the Kaplan-Meier curve of the stretches that began in a
// status: its hazard is that of accounts while they are in it.
type StatusSurvival struct {
	Label string                `json:"label"`
	Rows  int                   `json:"rows"`
	Curve assess.SurvivalCurve  `json:"curve"`
	At    []assess.SurvivalStep `json:"at"` // the Days
}

// Hazard is what ten points more of a pillar do to the rate of leaving.
type Hazard struct {
	Pillar string          `json:"pillar"`
	Ratio  assess.Estimate `json:"ratio"` // under 1 protects; clustered by account
}

// Survive describes leaving over time. The error is an *InvalidError, or the
// context's.
func Survive(ctx context.Context, s SurvivalSample) (*SurvivalResult, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.Days == nil {
		s.Days = []float64{30, 90, 180, 365}
	}
	r := &SurvivalResult{Rows: len(s.Stop), Statuses: []StatusSurvival{}, Hazards: []Hazard{}}
	var rows []int
	for i, v := range s.Score {
		if s.Event[i] {
			r.Events++
		}
		if !math.IsNaN(v) {
			rows = append(rows, i)
		}
	}
	f := s.follow(rows)
	status := statusOf(pick64(s.Score, rows), s.Cuts)
	if r.OK = len(rows) > 0; !r.OK {
		r.Why = "no row has a score"
	}
	for g, label := range s.Labels {
		var own []int
		for j, i := range rows {
			if status[j] == int32(g) {
				own = append(own, i)
			}
		}
		c := StatusSurvival{Label: label, Rows: len(own), Curve: assess.KaplanMeier(s.follow(own)), At: []assess.SurvivalStep{}}
		for _, d := range s.Days {
			c.At = append(c.At, c.Curve.At(d))
		}
		r.Statuses = append(r.Statuses, c)
	}
	r.LogRank = assess.LogRank(f, status, len(s.Labels))
	r.Concordance = assess.SurvivalConcordance(f, pick64(s.Score, rows), pick32(s.Account, rows), s.Horizon)
	s.hazards(r)
	return r, nil
}

// hazards fits the Cox model on the rows with every pillar measured.
func (s SurvivalSample) hazards(r *SurvivalResult) {
	var rows []int
	for i := range s.Stop {
		whole := true
		for _, col := range s.X {
			whole = whole && !math.IsNaN(col[i])
		}
		if whole {
			rows = append(rows, i)
		}
	}
	var x [][]float64
	for _, col := range s.X {
		x = append(x, pick64(col, rows))
	}
	r.Cox = assess.FitCox(s.follow(rows), x, assess.Efron, pick32(s.Account, rows))
	for k, name := range s.Pillars {
		h := Hazard{Pillar: name, Ratio: assess.Estimate{N: len(rows), Why: r.Cox.Why}}
		if r.Cox.OK {
			b, se := 10*r.Cox.Coef[k], 10*r.Cox.RobustSE[k]
			h.Ratio = assess.Estimate{Value: math.Exp(b), SE: math.Exp(b) * se, Lo: math.Exp(b - assess.Z975*se), Hi: math.Exp(b + assess.Z975*se), N: len(rows), OK: true, Interval: true}
			if math.IsInf(h.Ratio.Hi, 1) {
				h.Ratio = assess.Estimate{N: len(rows), Why: "the hazard ratio is too uncertain to print"}
			}
		}
		r.Hazards = append(r.Hazards, h)
	}
}

func (s SurvivalSample) follow(rows []int) assess.FollowUp {
	f := assess.FollowUp{Stop: pick64(s.Stop, rows), Event: make([]bool, len(rows))}
	for j, i := range rows {
		f.Event[j] = s.Event[i]
	}
	if s.Start != nil {
		f.Start = pick64(s.Start, rows)
	}
	return f
}

func pick64(col []float64, rows []int) []float64 {
	out := make([]float64, len(rows))
	for j, i := range rows {
		out[j] = col[i]
	}
	return out
}

func pick32(col []int32, rows []int) []int32 {
	out := make([]int32, len(rows))
	for j, i := range rows {
		out[j] = col[i]
	}
	return out
}

// Validate returns nil or an *InvalidError with every violation.
func (s *SurvivalSample) Validate() error {
	var v violations
	n := len(s.Stop)
	for _, c := range []struct {
		name string
		len  int
	}{{"Event", len(s.Event)}, {"Account", len(s.Account)}, {"Score", len(s.Score)}} {
		if c.len != n {
			v.addf("%s has %d rows, Stop has %d", c.name, c.len, n)
		}
	}
	if s.Start != nil && len(s.Start) != n {
		v.addf("Start has %d rows, Stop has %d", len(s.Start), n)
	}
	v.rows("Stop", n, func(i int) bool {
		return !math.IsNaN(s.Stop[i]) && !math.IsInf(s.Stop[i], 0) && (s.Start == nil || i >= len(s.Start) || s.Start[i] < s.Stop[i] && !math.IsInf(s.Start[i], 0))
	}, "is not finite, or not after its Start")
	v.rows("Score", len(s.Score), score0to100(s.Score), "is outside 0 to 100")
	v.distinct("Pillars", s.Pillars)
	v.distinct("Labels", s.Labels)
	if len(s.X) != len(s.Pillars) {
		v.addf("X has %d columns for %d pillars", len(s.X), len(s.Pillars))
	}
	v.columns("X", s.X, len(s.Pillars), n)
	if len(s.Labels) != len(s.Cuts)+1 {
		v.addf("Labels has %d names for %d cut-offs; one more is needed", len(s.Labels), len(s.Cuts))
	}
	for j, c := range s.Cuts {
		if !(c > 0 && c < 100) || j > 0 && !(c > s.Cuts[j-1]) {
			v.addf("Cuts must ascend strictly between 0 and 100")
			break
		}
	}
	if !(s.Horizon >= 0) || math.IsInf(s.Horizon, 1) {
		v.addf("Horizon is negative or not finite")
	}
	for _, d := range s.Days {
		if math.IsNaN(d) || math.IsInf(d, 0) {
			v.addf("Days has a value that is not finite")
			break
		}
	}
	return v.err()
}
