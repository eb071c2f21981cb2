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
	text("bundle", func(r *portfolio.AccountRow) string { return r.Bundle })
	number("bundle_score", func(r *portfolio.AccountRow) portfolio.Figure { return r.BundleAfter })
	text("would_cost_status", func(r *portfolio.AccountRow) string { return r.Fall })
	text("matrix_place", func(r *portfolio.AccountRow) string { return r.Place })
	text("needs_person", func(r *portfolio.AccountRow) string { return r.Escalate })
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

// line is a row of contributions.parquet: a signal, or a pillar set by hand.
type line struct{ row, sig, pillar int32 }

// Contributions writes contributions.parquet: one row an account and signal, in
// population and framework order: the value, the ladder row it hit, its points,
// the row's bounds, and what it adds to the composite. A pillar that is set by hand
// adds a row without a signal after the account's signals; the rows of an account
// with a score sum to its composite.
func Contributions(w io.Writer, table *population.Table, s portfolio.Scored) error {
	p := s.Result.Plan
	var members []int32
	for i, c := range s.View.Class {
		if c.Scored() {
			members = append(members, int32(i))
		}
	}
	var lines []line
	for _, row := range members {
		for k := range p.Signals {
			lines = append(lines, line{row, int32(k), -1})
		}
		for j := range p.Pillars {
			if _, ok := s.Result.ByHand(j, int(row)); ok {
				lines = append(lines, line{row, -1, int32(j)})
			}
		}
	}
	f := warehouse.NewFrame(len(lines))
	number := func(name string, byHand func(pillar, row int) float64, get func(sig, row int) float64) {
		f.Number(name, func(i int) float64 {
			if l := lines[i]; l.sig < 0 {
				return byHand(int(l.pillar), int(l.row))
			}
			return get(int(lines[i].sig), int(lines[i].row))
		})
	}
	text := func(name, byHand string, get func(sig, row int) string) {
		f.Text(name, func(i int) string {
			if lines[i].sig < 0 {
				return byHand
			}
			return get(int(lines[i].sig), int(lines[i].row))
		})
	}
	unknown := func(int, int) float64 { return math.NaN() }
	rung := func(sig, row int) *plan.Rung {
		if g := s.Result.Rung[sig][row]; g >= 0 {
			return &p.Rules[s.Result.Rules[row]].Ladders[sig][g]
		}
		return nil
	}
	bound := func(pick func(a, b float64) float64) func(sig, row int) float64 {
		return func(sig, row int) float64 {
			ladder := p.Rules[s.Result.Rules[row]].Ladders[sig]
			v := ladder[0].Points
			for _, r := range ladder {
				v = pick(v, r.Points)
			}
			return v
		}
	}
	f.Text("account_id", func(i int) string { return table.ID[lines[i].row] })
	f.Text("pillar", func(i int) string {
		if l := lines[i]; l.sig < 0 {
			return p.Pillars[l.pillar].Name
		}
		return p.Pillars[p.Signals[lines[i].sig].Pillar].Name
	})
	text("signal", "", func(sig, _ int) string { return p.Signals[sig].Name })
	text("state", "set by hand", func(sig, row int) string { return signal.State(s.Signals.States(sig).Value(row)).String() })
	number("value", func(j, row int) float64 { return s.Result.Pillars[j][row] }, func(sig, row int) float64 {
		if v, ok := s.Signals.Value(sig, row); ok && !p.Signals[sig].IsWord() {
			return v
		}
		return math.NaN()
	})
	text("word", "", func(sig, row int) string {
		if v, ok := s.Signals.Value(sig, row); ok && p.Signals[sig].IsWord() {
			return p.Signals[sig].Words[int(v)]
		}
		return ""
	})
	text("ladder_row", "", func(sig, row int) string {
		if r := rung(sig, row); r != nil {
			return r.Label
		}
		return ""
	})
	number("points", unknown, func(sig, row int) float64 {
		if r := rung(sig, row); r != nil {
			return r.Points
		}
		return math.NaN()
	})
	number("points_min", unknown, bound(func(a, b float64) float64 { return min(a, b) }))
	number("points_max", unknown, bound(func(a, b float64) float64 { return max(a, b) }))
	number("composite_points", func(j, row int) float64 { v, _ := s.Result.ByHand(j, row); return v },
		func(sig, row int) float64 { return s.Result.Contribution[sig][row] })
	number("cost", func(int, int) float64 { return 0 }, func(sig, row int) float64 { return s.Result.Cost[sig][row] })
	f.Date("newest_row", func(i int) int32 {
		if l := lines[i]; l.sig >= 0 {
			if n := s.Signals.Newest(int(l.sig)); n.IsValid(int(l.row)) {
				return int32(n.Value(int(l.row)))
			}
		}
		return warehouse.NoDate
	})
	f.Int("rows_behind", func(i int) (int64, bool) {
		l := lines[i]
		if l.sig < 0 {
			return 0, false
		}
		return int64(s.Signals.RowsBehind(int(l.sig)).Value(int(l.row))), true
	})
	return f.Write(w, options(p))
}
