package history

import (
	"io"
	"math"
	"strconv"

	"accounthealth/internal/population"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
	"accounthealth/internal/warehouse"
)

// Scored is one day's population, signals and scores, all by population row.
type Scored struct {
	View    *population.View
	Signals *signal.Snapshot
	Result  *score.Result
}

// Snapshot is what is kept of one date.
type Snapshot struct {
	Table     *population.Table
	Scored    Scored
	Framework []byte // the framework file as it was
	Kind      Kind
	KPIs      map[string]float64 // the figures of the Summary, as published
}

// members lists the rows that are kept: accounts that were customers on the day.
func (s *Snapshot) members() []int32 {
	var rows []int32
	for i, c := range s.Scored.View.Class {
		if c.Scored() || c == population.InNotice {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

func (s *Snapshot) rows() int { return len(s.members()) }

// write writes snapshot.parquet: identity, class and ARR as of the day, every
// signal's value and state, every pillar, and the score.
func (s *Snapshot) write(w io.Writer) error {
	rows := s.members()
	view, res, sig := s.Scored.View, s.Scored.Result, s.Scored.Signals
	f := warehouse.NewFrame(len(rows))
	f.Key("account_id", func(i int) string { return s.Table.ID[rows[i]] })
	f.Text("class", func(i int) string { return view.Class[rows[i]].String() })
	f.Money("arr", func(i int) float64 { return view.ARR[rows[i]] })
	for k := range res.Plan.Signals {
		def := &res.Plan.Signals[k]
		if def.IsWord() {
			f.Text("signal_"+def.Name, func(i int) string {
				if v, ok := sig.Value(k, int(rows[i])); ok {
					return def.Words[int(v)]
				}
				return ""
			})
		} else {
			f.Number("signal_"+def.Name, func(i int) float64 {
				if v, ok := sig.Value(k, int(rows[i])); ok {
					return v
				}
				return math.NaN()
			})
		}
		f.Text("state_"+def.Name, func(i int) string { return signal.State(sig.States(k).Value(int(rows[i]))).String() })
	}
	for p := range res.Plan.Pillars {
		f.Number("pillar_"+res.Plan.Pillars[p].Name, func(i int) float64 { return res.Pillars[p][rows[i]] })
	}
	f.Number("composite", func(i int) float64 { return res.Composite[rows[i]] })
	f.Number("score", func(i int) float64 {
		if v, ok := res.Score(int(rows[i])); ok {
			return v
		}
		return math.NaN()
	})
	f.Text("status", func(i int) string {
		if b := res.Band(int(rows[i])); b != nil {
			return b.Name
		}
		return ""
	})
	f.Number("coverage", func(i int) float64 { return res.Coverage[rows[i]] })
	f.Flag("provisional", func(i int) bool { return res.Provisional[rows[i]] })
	return f.Write(w, warehouse.WriterOptions{Metadata: map[string]string{
		"schema_version": strconv.Itoa(Schema), "framework_digest": res.Plan.Digest,
		"framework": res.Plan.Name, "framework_version": strconv.Itoa(res.Plan.Version),
	}})
}
