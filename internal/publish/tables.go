package publish

import (
	"io"
	"math"
	"slices"
	"strconv"

	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/signal"
	"accounthealth/internal/warehouse"
)

// TableSchema is the version of the Parquet outputs, in each file's metadata.
const TableSchema = 1

func options(p *plan.Plan) warehouse.WriterOptions {
	return warehouse.WriterOptions{Metadata: map[string]string{
		"schema_version": strconv.Itoa(TableSchema), "framework": p.Name,
		"framework_version": strconv.Itoa(p.Version), "framework_digest": p.Digest,
	}}
}

// Scores writes scores.parquet: one row an account that pays, in the order of
// rows.
func Scores(w io.Writer, p *plan.Plan, asOf int32, rows portfolio.AccountRows) error {
	f := warehouse.NewFrame(rows.Len())
	row := cursor(rows)
	number := func(name string, at func(*portfolio.AccountRow) portfolio.Figure) {
		f.Number(name, func(i int) float64 { return value(at(row(i))) })
	}
	text := func(name string, at func(*portfolio.AccountRow) string) {
		f.Text(name, func(i int) string { return at(row(i)) })
	}
	date := func(name string, at func(*portfolio.AccountRow) int32) {
		f.Date(name, func(i int) int32 { return at(row(i)) })
	}
	f.Key("account_id", func(i int) string { return row(i).ID })
	text("account_name", func(r *portfolio.AccountRow) string { return r.Name })
	f.Date("as_of", func(int) int32 { return asOf })
	text("class", func(r *portfolio.AccountRow) string { return r.Class })
	text("segment", func(r *portfolio.AccountRow) string { return r.Segment })
	text("tier", func(r *portfolio.AccountRow) string { return r.Tier })
	text("region", func(r *portfolio.AccountRow) string { return r.Region })
	text("owner", func(r *portfolio.AccountRow) string { return r.Owner })
	f.Money("arr", func(i int) float64 { return value(row(i).ARR) })
	for k := range p.Pillars {
		number("pillar_"+p.Pillars[k].Name, func(r *portfolio.AccountRow) portfolio.Figure { return r.Pillars[k] })
	}
	number("score", func(r *portfolio.AccountRow) portfolio.Figure { return r.Score })
	f.Int("headline", func(i int) (int64, bool) { h := row(i).Headline; return int64(h.Value), h.Defined })
	text("status", func(r *portfolio.AccountRow) string { return r.Band })
	text("trend", func(r *portfolio.AccountRow) string { return r.Trend })
	number("delta", func(r *portfolio.AccountRow) portfolio.Figure { return r.Delta })
	number("delta_90d", func(r *portfolio.AccountRow) portfolio.Figure { return r.Delta90 })
	number("coverage", func(r *portfolio.AccountRow) portfolio.Figure { return r.Coverage })
	number("score_low", func(r *portfolio.AccountRow) portfolio.Figure { return r.Low })
	number("score_high", func(r *portfolio.AccountRow) portfolio.Figure { return r.High })
	text("provisional", func(r *portfolio.AccountRow) string { return r.Provisional })
	text("capped_by", func(r *portfolio.AccountRow) string { return r.CappedBy })
	text("overridden", func(r *portfolio.AccountRow) string { return r.Overridden })
	f.Flag("depends_on_missing", func(i int) bool { return row(i).DependsOnMissing })
	text("top_risk", func(r *portfolio.AccountRow) string { return r.TopRisk })
	text("next_action", func(r *portfolio.AccountRow) string { return r.Action })
	number("next_action_gain", func(r *portfolio.AccountRow) portfolio.Figure { return r.Gain })
	text("play", func(r *portfolio.AccountRow) string { return r.Play })
	text("play_owner", func(r *portfolio.AccountRow) string { return r.PlayOwner })
	date("play_deadline", func(r *portfolio.AccountRow) int32 { return r.PlayDeadline })
	date("renewal_date", func(r *portfolio.AccountRow) int32 { return r.Renewal })
	date("decision_deadline", func(r *portfolio.AccountRow) int32 { return r.Deadline })
	f.Text("framework", func(int) string { return p.Name })
	f.Int("framework_version", func(int) (int64, bool) { return int64(p.Version), true })
	return f.Write(w, options(p))
}

// cursor returns rows by number, filling each row once for a run of calls.
func cursor(rows portfolio.AccountRows) func(int) *portfolio.AccountRow {
	const window = 4096 // columns are written in runs of rows shorter than this
	cache := make([]portfolio.AccountRow, window)
	filled := slices.Repeat([]int{-1}, window)
	return func(i int) *portfolio.AccountRow {
		k := i % window
		if filled[k] != i {
			rows.Row(i, &cache[k])
			filled[k] = i
		}
		return &cache[k]
	}
}

func value(f portfolio.Figure) float64 {
	if !f.Defined {
		return math.NaN()
	}
	return f.Value
}

// Contributions writes contributions.parquet: one row an account and signal, in
// population and framework order: the value, the ladder row it hit, its points,
// the row's bounds, and what it adds to the composite.
func Contributions(w io.Writer, table *population.Table, s portfolio.Scored) error {
	p := s.Result.Plan
	var members []int32
	for i, c := range s.View.Class {
		if c.Scored() {
			members = append(members, int32(i))
		}
	}
	signals := len(p.Signals)
	at := func(i int) (row, sig int) { return int(members[i/signals]), i % signals }
	f := warehouse.NewFrame(len(members) * signals)
	f.Text("account_id", func(i int) string { row, _ := at(i); return table.ID[row] })
	f.Text("pillar", func(i int) string { _, k := at(i); return p.Pillars[p.Signals[k].Pillar].Name })
	f.Text("signal", func(i int) string { _, k := at(i); return p.Signals[k].Name })
	f.Text("state", func(i int) string { row, k := at(i); return signal.State(s.Signals.States(k).Value(row)).String() })
	f.Number("value", func(i int) float64 {
		row, k := at(i)
		if v, ok := s.Signals.Value(k, row); ok && !p.Signals[k].IsWord() {
			return v
		}
		return math.NaN()
	})
	f.Text("word", func(i int) string {
		row, k := at(i)
		if v, ok := s.Signals.Value(k, row); ok && p.Signals[k].IsWord() {
			return p.Signals[k].Words[int(v)]
		}
		return ""
	})
	rung := func(i int) *plan.Rung {
		row, k := at(i)
		if g := s.Result.Rung[k][row]; g >= 0 {
			return &p.Rules[s.Result.Rules[row]].Ladders[k][g]
		}
		return nil
	}
	f.Text("ladder_row", func(i int) string {
		if r := rung(i); r != nil {
			return r.Label
		}
		return ""
	})
	f.Number("points", func(i int) float64 {
		if r := rung(i); r != nil {
			return r.Points
		}
		return math.NaN()
	})
	bound := func(pick func(a, b float64) float64) func(int) float64 {
		return func(i int) float64 {
			row, k := at(i)
			ladder := p.Rules[s.Result.Rules[row]].Ladders[k]
			v := ladder[0].Points
			for _, r := range ladder {
				v = pick(v, r.Points)
			}
			return v
		}
	}
	f.Number("points_min", bound(func(a, b float64) float64 { return min(a, b) }))
	f.Number("points_max", bound(func(a, b float64) float64 { return max(a, b) }))
	f.Number("composite_points", func(i int) float64 { row, k := at(i); return s.Result.Contribution[k][row] })
	f.Number("cost", func(i int) float64 { row, k := at(i); return s.Result.Cost[k][row] })
	f.Date("newest_row", func(i int) int32 {
		row, k := at(i)
		if n := s.Signals.Newest(k); n.IsValid(row) {
			return int32(n.Value(row))
		}
		return warehouse.NoDate
	})
	f.Int("rows_behind", func(i int) (int64, bool) { row, k := at(i); return int64(s.Signals.RowsBehind(k).Value(row)), true })
	return f.Write(w, options(p))
}
