package history

import (
	"io"
	"math"
	"strconv"
	"strings"

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
	Table *population.Table
	// Scored is the day as it is published. Its Signals are those of the exports
	// alone; the values set by hand are in its Result.
	Scored    Scored
	Framework []byte // the framework file as it was
	Kind      Kind
	KPIs      map[string]KPI // the figures of the Summary, as published
}

// content is the table of a snapshot.parquet, column by column as functions of
// its row, whether it comes from a run or from a file.
type content struct {
	rows                                        int
	id, class, segment, tier, status, overrides func(int) string
	arr, composite, points, coverage, low, high func(int) float64
	tenure                                      func(int) (int64, bool)
	renewal, deadline                           func(int) int32
	provisional, flawed                         func(int) bool
	signals                                     []signalColumn
	pillars                                     []pillarColumn
	framework, frameworkName                    string // digest, name
	frameworkVersion                            int
}

type signalColumn struct {
	name   string
	number func(int) float64 // NaN without a value; nil for a signal of words
	word   func(int) string
	state  func(int) string
}

type pillarColumn struct {
	name          string
	score, weight func(int) float64
}

// The names of a file's columns; those of signals and pillars follow these
// prefixes.
const (
	signalPrefix = "signal_"
	statePrefix  = "state_"
	pillarPrefix = "pillar_"
	weightPrefix = "weight_"
)

// content lists the accounts that were customers on the day, less the erased
// ones, which are counted.
func (s *Snapshot) content(erased *Erased) (c *content, left int) {
	var rows []int32
	for i, class := range s.Scored.View.Class {
		switch {
		case !class.Pays():
		case erased.Has(s.Table.ID[i]):
			left++
		default:
			rows = append(rows, int32(i))
		}
	}
	t, view, res, sig := s.Table, s.Scored.View, s.Scored.Result, s.Scored.Signals
	text := func(of []string) func(int) string {
		return func(i int) string {
			if len(of) == 0 {
				return ""
			}
			return of[rows[i]]
		}
	}
	days := func(of []int32) func(int) int32 {
		return func(i int) int32 {
			if len(of) == 0 {
				return population.NoDay
			}
			return of[rows[i]]
		}
	}
	number := func(of []float64) func(int) float64 { return func(i int) float64 { return of[rows[i]] } }
	c = &content{
		rows: len(rows), id: text(t.ID), segment: text(t.Segment), tier: text(t.Tier),
		class: func(i int) string { return view.Class[rows[i]].String() },
		arr:   number(view.ARR), renewal: days(view.Renewal), deadline: days(view.Deadline),
		tenure: func(i int) (int64, bool) {
			if len(view.TenureMonths) == 0 || view.TenureMonths[rows[i]] < 0 {
				return 0, false
			}
			return int64(view.TenureMonths[rows[i]]), true
		},
		flawed:    func(i int) bool { return sig.Flawed[rows[i]] },
		overrides: func(i int) string { return entries(res, int(rows[i])) },
		composite: number(res.Composite), coverage: number(res.Coverage), low: number(res.Low), high: number(res.High),
		provisional: func(i int) bool { return res.Provisional[rows[i]] },
		points: func(i int) float64 {
			if v, ok := res.Score(int(rows[i])); ok {
				return v
			}
			return math.NaN()
		},
		status: func(i int) string {
			if b := res.Band(int(rows[i])); b != nil {
				return b.Name
			}
			return ""
		},
		framework: res.Plan.Digest, frameworkName: res.Plan.Name, frameworkVersion: res.Plan.Version,
	}
	for k := range res.Plan.Signals {
		def := &res.Plan.Signals[k]
		col := signalColumn{name: def.Name, state: func(i int) string {
			if !sig.Collected[k] {
				return signal.NotCollected.String()
			}
			return signal.State(sig.States(k).Value(int(rows[i]))).String()
		}}
		if def.IsWord() {
			col.word = func(i int) string {
				if v, ok := sig.Value(k, int(rows[i])); ok {
					return def.Words[int(v)]
				}
				return ""
			}
		} else {
			col.number = func(i int) float64 {
				if v, ok := sig.Value(k, int(rows[i])); ok {
					return v
				}
				return math.NaN()
			}
		}
		c.signals = append(c.signals, col)
	}
	for p := range res.Plan.Pillars {
		c.pillars = append(c.pillars, pillarColumn{res.Plan.Pillars[p].Name, number(res.Pillars[p]), number(res.Weights[p])})
	}
	return c, left
}

// separator stands between the values set by hand of one account.
const separator = "; "

// entries writes the values set by hand for an account: "support = 55; nps = 9".
// Reasons and authors stay out of the history.
func entries(res *score.Result, row int) string {
	var out []string
	manual := res.ManualOf(row)
	for i := range manual {
		out = append(out, manual[i].Entry(res.Plan))
	}
	return strings.Join(out, separator)
}

// write writes snapshot.parquet: identity, class and ARR as of the day, every
// signal's value and state as the exports had them, the values set by hand, every
// pillar with its effective weight, and the score.
func (c *content) write(w io.Writer) error {
	f := warehouse.NewFrame(c.rows)
	f.Key("account_id", c.id)
	f.Text("class", c.class)
	f.Text("segment", c.segment)
	f.Text("tier", c.tier)
	f.Money("arr", c.arr)
	f.Int("tenure_months", c.tenure)
	f.Date("renewal_date", c.renewal)
	f.Date("decision_deadline", c.deadline)
	for k := range c.signals {
		s := &c.signals[k]
		if s.number != nil {
			f.Number(signalPrefix+s.name, s.number)
		} else {
			f.Text(signalPrefix+s.name, s.word)
		}
		f.Text(statePrefix+s.name, s.state)
	}
	f.Flag("flawed", c.flawed)
	f.Text("overrides", c.overrides)
	for k := range c.pillars {
		f.Number(pillarPrefix+c.pillars[k].name, c.pillars[k].score)
		f.Number(weightPrefix+c.pillars[k].name, c.pillars[k].weight)
	}
	f.Number("composite", c.composite)
	f.Number("score", c.points)
	f.Text("status", c.status)
	f.Number("coverage", c.coverage)
	f.Number("score_low", c.low)
	f.Number("score_high", c.high)
	f.Flag("provisional", c.provisional)
	return f.Write(w, warehouse.WriterOptions{Metadata: map[string]string{
		"schema_version": strconv.Itoa(Schema), "framework_digest": c.framework,
		"framework": c.frameworkName, "framework_version": strconv.Itoa(c.frameworkVersion),
	}})
}
