package publish

import (
	"slices"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/warehouse"
)

// WideTable lays a stream's scores out as the columns of a Parquet file: one row
// an account, in the order of the rows that were scored, under the names of
// scores.parquet. The columns with few distinct values (pillars, score, headline,
// status, interval) are written by their codes and never looked up.
type WideTable struct {
	plan   *plan.Plan
	scores [][]float64 // by pillar; nil where it has too many
	fields []warehouse.Field

	statuses []string
	status   [][]int32 // by rules, then band
	unscored int32
}

// The reasons for a provisional status, as scores.parquet words them.
const (
	reasonThin = iota
	reasonFlawed
	reasonIncomplete
)

var reasons = [...]string{
	reasonThin:       "too little is known for a better status",
	reasonFlawed:     "a value is impossible or cannot be read",
	reasonIncomplete: "data are incomplete",
}

// unscored is the status of accounts without a score.
const unscored = "Not scored"

// NewWideTable plans the table of a scorer's results.
func NewWideTable(s *score.Scorer) *WideTable {
	p := s.Plan()
	t := &WideTable{plan: p, scores: s.Scores()}
	add := func(name string, typ warehouse.FieldType, optional, dict bool) {
		t.fields = append(t.fields, warehouse.Field{Name: name, Type: typ, Optional: optional, Dict: dict})
	}
	add("account_id", warehouse.String, true, false)
	for i := range p.Pillars {
		add("pillar_"+p.Pillars[i].Name, warehouse.Float64, true, t.scores[i] != nil)
	}
	add("composite", warehouse.Float64, true, false)
	add("score", warehouse.Float64, true, true)
	add("headline", warehouse.Int32, true, true)
	add("status", warehouse.String, false, true)
	add("coverage", warehouse.Float64, false, true)
	add("score_low", warehouse.Float64, true, true)
	add("score_high", warehouse.Float64, true, true)
	add("provisional", warehouse.String, true, true)
	add("depends_on_missing", warehouse.Bool, false, false)
	for r := range p.Rules {
		var codes []int32
		for _, b := range p.Rules[r].Bands {
			codes = append(codes, t.statusCode(b.Name))
		}
		t.status = append(t.status, codes)
	}
	t.unscored = t.statusCode(unscored)
	return t
}

func (t *WideTable) statusCode(name string) int32 {
	i := slices.Index(t.statuses, name)
	if i < 0 {
		i = len(t.statuses)
		t.statuses = append(t.statuses, name)
	}
	return int32(i)
}

// Options returns the file's writer options: the framework in the metadata, and a codec.
func (t *WideTable) Options(codec warehouse.Codec) warehouse.WriterOptions {
	opt := options(t.plan)
	opt.Codec = codec
	return opt
}

// Fields returns the columns; the first, column 0, is the account's id.
func (t *WideTable) Fields() []warehouse.Field { return t.fields }

// WideEncoder encodes one row group of a WideTable at a time. It is not safe for
// concurrent use.
type WideEncoder struct {
	t     *WideTable
	Group *warehouse.RowGroup
	codes []int32
	valid []bool
}

// NewEncoder returns an encoder into an empty row group.
func (t *WideTable) NewEncoder(g *warehouse.RowGroup) *WideEncoder {
	e := &WideEncoder{t: t, Group: g}
	e.Reset()
	return e
}

// Reset empties the row group.
func (e *WideEncoder) Reset() {
	e.Group.Reset()
	tenths := warehouse.Vector{Floats: make([]float64, 1001)}
	for i := range tenths.Floats {
		tenths.Floats[i] = float64(i) / 10
	}
	headlines := warehouse.Vector{Ints: make([]int64, 101)}
	for i := range headlines.Ints {
		headlines.Ints[i] = int64(i)
	}
	for i, s := range e.t.scores {
		if s != nil {
			e.Group.Dictionary(1+i, &warehouse.Vector{Floats: s})
		}
	}
	at := 1 + len(e.t.scores)
	for _, k := range []int{1, 5, 6} {
		e.Group.Dictionary(at+k, &tenths)
	}
	e.Group.Dictionary(at+2, &headlines)
	e.Group.Dictionary(at+3, &warehouse.Vector{Strings: e.t.statuses})
	e.Group.Dictionary(at+7, &warehouse.Vector{Strings: reasons[:]})
}

// Page appends a page of scores; its ids, column 0, are already in the row group.
func (e *WideEncoder) Page(p *score.Page) error {
	g := e.Group
	for i := range e.t.scores {
		if e.t.scores[i] != nil {
			g.Codes(1+i, p.Rank[i])
		} else {
			g.Floats(1+i, p.Pillars[i], e.known(p.Pillars[i]))
		}
	}
	at := 1 + len(e.t.scores)
	g.Floats(at, p.Composite, e.known(p.Composite))
	g.Codes(at+1, p.Tenths)
	e.codes = slices.Grow(e.codes[:0], p.Len)[:p.Len]
	for i, h := range p.Headline {
		e.codes[i] = int32(h)
	}
	g.Codes(at+2, e.codes)
	for i, s := range p.Status {
		if e.codes[i] = e.t.unscored; s >= 0 {
			e.codes[i] = e.t.status[p.Rules[i]][s]
		}
	}
	g.Codes(at+3, e.codes)
	g.Floats(at+4, p.Coverage, nil)
	g.Codes(at+5, p.Low)
	g.Codes(at+6, p.High)
	for i := range e.codes {
		switch {
		case p.Capped[i]:
			e.codes[i] = reasonThin
		case p.Flawed[i]:
			e.codes[i] = reasonFlawed
		case p.Provisional[i]:
			e.codes[i] = reasonIncomplete
		default:
			e.codes[i] = -1
		}
	}
	g.Codes(at+7, e.codes)
	g.Bools(at+8, p.DependsOnMissing)
	return g.EndPage()
}

// known says which values are numbers, nil where all are.
func (e *WideEncoder) known(x []float64) []bool {
	all := true
	for _, v := range x {
		all = all && v == v
	}
	if all {
		return nil
	}
	e.valid = slices.Grow(e.valid[:0], len(x))[:len(x)]
	for i, v := range x {
		e.valid[i] = v == v
	}
	return e.valid
}
