package signal

import (
	"math"
	"math/big"
	"slices"
	"strings"

	"accounthealth/internal/intake"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/source"
)

// The reference evaluates a plan row by row, date by date and account by
// account, straight from the comments of package plan, with none of the engine's
// parts: no cells, no ranges of dates, no carrying, no dictionaries.
type reference struct {
	plan   *plan.Plan
	inputs map[string]Input
	rows   map[string][]intaketest.Row // those known as of t, the first of every key, in order
	today  int32
	off    []int32
	t      int32
	id     string
	sig    *plan.Signal
}

// answer is what a snapshot says about one signal of one account.
type answer struct {
	State  State
	Value  float64
	Basis  uint8
	Newest int32
	Rows   int32
	Flawed bool
}

// agged is an aggregate's outcome.
type agged struct {
	state  State // Known, Missing, Invalid, NotDatable
	value  float64
	micros int64
	newest int32
	n      int32
	flawed bool
	older  int32
}

const none = population.NoDay

func (r *reference) dayOf(row intaketest.Row, col string) (d int32, m int64, null, bad bool) {
	switch v := row[col].(type) {
	case int32:
		return v, int64(v) * 86400e6, false, false
	case int64:
		return int32(math.Floor(float64(v) / 86400e6)), v, false, false
	case *int: // intaketest.Bad
		return 0, 0, false, true
	}
	return 0, 0, true, false
}

// stamp names the column that dates a source's rows, "" where none does.
func stamp(in Input) string {
	name := map[source.Layout]string{source.Events: in.Contract.Time, source.SCD: intake.ValidFrom, source.Snapshot: in.Stamp()}[in.Layout]
	if !in.Has(name) {
		return ""
	}
	return name
}

// isKnown says whether a row is known as of t: by the date of its event and by
// that of its becoming available, as far as the source has them.
func (r *reference) isKnown(in Input, row intaketest.Row) bool {
	if s := stamp(in); s != "" {
		if d, _, null, bad := r.dayOf(row, s); null || bad || d > r.t {
			return false
		}
	}
	if in.Has(intake.AvailableAt) {
		if d, _, null, bad := r.dayOf(row, intake.AvailableAt); bad || !null && d > r.t {
			return false
		}
	}
	return true
}

// known returns the rows known as of t, of those with one key the first.
func (r *reference) known(name string) (out []intaketest.Row) {
	in, seen := r.inputs[name], map[string]bool{}
	for _, f := range in.Rows.(*intaketest.Source).Files {
		for _, row := range f {
			key, whole := keyOf(in, row)
			if !listed(row) || !r.isKnown(in, row) || whole && seen[key] {
				continue
			}
			seen[key] = whole
			out = append(out, row)
		}
	}
	return out
}

// visible returns the rows in force as of t, with the moment that places each by
// default, and whether the source says anything about t.
func (r *reference) visible(name string) (rows []intaketest.Row, days []int32, moments []int64, datable bool) {
	in := r.inputs[name]
	stamp := stamp(in)
	if in.Layout == source.Current && r.t != r.today {
		return nil, nil, nil, false
	}
	latest := none
	for _, f := range in.Rows.(*intaketest.Source).Files {
		for _, row := range f {
			if r.isKnown(in, row) && in.Layout == source.Snapshot {
				d, _, _, _ := r.dayOf(row, stamp)
				latest = max(latest, d)
			}
		}
	}
	if in.Layout == source.Snapshot && latest == none {
		return nil, nil, nil, false
	}
	for _, row := range r.rows[name] {
		if row[intake.AccountID] != any(r.id) {
			continue
		}
		d, m := none, int64(undatedMicros)
		switch {
		case in.Layout == source.Current:
			d, m = r.today, int64(r.today)*86400e6
		case stamp != "":
			if d, m, _, _ = r.dayOf(row, stamp); in.Layout == source.Snapshot && d != latest {
				continue
			}
		}
		if in.Layout == source.SCD {
			if to, _, null, bad := r.dayOf(row, intake.ValidTo); bad || !null && to <= r.t {
				continue
			}
		}
		rows, days, moments = append(rows, row), append(days, d), append(moments, m)
	}
	return rows, days, moments, true
}

// used is a row that an aggregate uses as of t.
type used struct {
	row    intaketest.Row
	day    int32
	micros int64
	bad    bool
}

func (r *reference) use(a *plan.Agg) (out []used, datable bool) {
	rows, days, moments, ok := r.visible(a.Source)
	for i, row := range rows {
		u := used{row: row, day: days[i], micros: moments[i]}
		switch {
		case a.From != "":
			d, m, null, bad := r.dayOf(row, a.From)
			if null || bad {
				continue
			}
			u.day, u.micros = d, m
			if to, _, null, bad := r.dayOf(row, a.Until); a.Until != "" && bad {
				u.bad = true
			} else if a.Until != "" && !null && to <= r.t {
				continue
			}
		case len(a.At) > 0:
			placed := false
			for _, col := range a.At {
				d, m, null, bad := r.dayOf(row, col)
				if null {
					continue
				}
				placed = !bad
				u.day, u.micros = d, m
				break
			}
			if !placed {
				continue
			}
		}
		if u.day == none && a.Window > 0 {
			continue
		}
		if u.day != none && (u.day > r.t-a.Shift || a.Window > 0 && u.day <= r.t-a.Shift-a.Window) {
			continue
		}
		if a.Days == plan.WorkingDays {
			weekday := ((int(u.day)+4)%7 + 7) % 7
			if u.day == none || weekday == 0 || weekday == 6 || slices.Contains(r.off, u.day) {
				continue
			}
		}
		keep := true
		for _, c := range a.Where {
			ok, bad := r.cond(a.Source, row, &c)
			keep, u.bad = keep && (ok || bad), u.bad || bad
		}
		if keep {
			out = append(out, u)
		}
	}
	return out, ok
}

func (r *reference) cond(name string, row intaketest.Row, c *plan.Cond) (ok, bad bool) {
	in := r.inputs[name]
	col, _ := in.Column(c.Column)
	v, status := r.value(col, row)
	if col.Role == source.Time && status == intake.Known && int32(v/86400e6) > r.t {
		status = intake.Null // not known yet
	}
	switch status {
	case intake.Bad:
		return false, true
	case intake.Null:
		return c.Null, false
	}
	if c.Bounded {
		return v >= c.AtLeast && v < c.Below, false
	}
	text := ""
	switch x := row[c.Column].(type) {
	case string:
		text = x
	case bool:
		text = map[bool]string{true: "true", false: "false"}[x]
	}
	in2 := slices.ContainsFunc(c.In, func(w string) bool { return strings.EqualFold(strings.TrimSpace(w), strings.TrimSpace(text)) })
	return in2 != c.Not, false
}

// value reads a cell; bounds are the contract's.
func (r *reference) value(c source.Column, row intaketest.Row) (float64, intake.Status) {
	switch v := row[c.Name].(type) {
	case nil:
		return 0, intake.Null
	case bool:
		if v {
			return 1, intake.Known
		}
		return 0, intake.Known
	case int:
		return r.bounded(c, float64(v))
	case float64:
		return r.bounded(c, v)
	}
	if row[c.Name] == any(intaketest.Bad) {
		return 0, intake.Bad
	}
	if c.Role == source.Time {
		_, m, _, _ := r.dayOf(row, c.Name)
		return float64(m), intake.Known
	}
	return 0, intake.Known
}

func (r *reference) bounded(c source.Column, x float64) (float64, intake.Status) {
	if math.IsNaN(x) || c.Bounded && (x < c.Min || x > c.Max) {
		return 0, intake.Bad
	}
	return x, intake.Known
}

// column reads the aggregated column of a row as of t.
func (r *reference) column(a *plan.Agg, name string, words []string, u *used) (float64, intake.Status) {
	in := r.inputs[a.Source]
	c, _ := in.Column(name)
	v, s := r.value(c, u.row)
	if s != intake.Known {
		return v, s
	}
	if c.Role == source.Time && int32(math.Floor(v/86400e6)) > r.t {
		return 0, intake.Null
	}
	if c.Role == source.Text {
		w := strings.ToLower(strings.TrimSpace(u.row[name].(string)))
		if w == "" {
			return 0, intake.Null
		}
		i := slices.IndexFunc(words, func(s string) bool { return strings.ToLower(s) == w })
		if i < 0 {
			return 0, intake.Bad
		}
		v = float64(i)
	}
	return v, intake.Known
}

func (r *reference) agg(a *plan.Agg, words []string) agged {
	rows, datable := r.use(a)
	if !datable {
		return agged{state: NotDatable, newest: none, older: none}
	}
	out := agged{state: Missing, newest: none, older: none}
	sum := new(big.Int)
	var parts []int
	var badMicros int64 = math.MinInt64
	bestBy := math.Inf(-1)
	for i := range rows {
		u := &rows[i]
		v, status := 0.0, intake.Known
		if a.Column != "" {
			v, status = r.column(a, a.Column, words, u)
		}
		by := 0.0
		if a.By != "" {
			var s intake.Status
			if by, s = r.column(a, a.By, nil, u); s == intake.Null {
				continue
			} else if s == intake.Bad && status == intake.Known {
				status = intake.Bad
			}
		}
		if status == intake.Null {
			continue
		}
		if status == intake.Bad || u.bad {
			out.flawed = true
			badMicros = max(badMicros, u.micros)
			continue
		}
		first := out.n == 0
		out.n++
		better := false
		switch a.Func {
		case plan.Latest:
			better = first || u.micros > out.micros || u.micros == out.micros && v > out.value
		case plan.MaxBy:
			better = first || by > bestBy || by == bestBy && v > out.value
			if by == bestBy && v == out.value {
				out.newest = max(out.newest, u.day)
			}
		case plan.Min:
			better = first || v < out.value
		case plan.Max:
			better = first || v > out.value
		case plan.Sum, plan.Mean:
			n, _ := new(big.Float).SetPrec(300).SetFloat64(v).Rat(nil)
			n.Mul(n, big.NewRat(1e9, 1))
			sum.Add(sum, roundRat(n))
		case plan.Periods:
			part := int((int64(r.t) - int64(a.Shift) - int64(u.day)) * int64(a.Parts) / int64(a.Window))
			if !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
		if better {
			out.value, out.micros, bestBy = v, u.micros, by
		}
		if a.Func == plan.Latest || a.Func == plan.MaxBy {
			if better {
				out.newest = u.day
			}
		} else {
			out.newest = max(out.newest, u.day)
		}
	}
	switch {
	case out.n == 0 && out.flawed:
		out.state, out.micros = Invalid, badMicros
	case out.n == 0:
		wide := *a
		wide.Window, wide.Shift = 0, 0
		for _, u := range first(r.use(&wide)) {
			if a.Column != "" {
				if _, s := r.column(a, a.Column, words, &u); s != intake.Known {
					continue
				}
			}
			if a.Window > 0 && !u.bad {
				out.older = max(out.older, u.day)
			}
		}
	default:
		out.state = Known
		switch a.Func {
		case plan.Count:
			out.value = float64(out.n)
		case plan.Periods:
			out.value = float64(len(parts))
		case plan.Sum:
			out.value, _ = new(big.Rat).SetFrac(sum, big.NewInt(1e9)).Float64()
		case plan.Mean:
			out.value, _ = new(big.Rat).SetFrac(sum, big.NewInt(int64(out.n)*1e9)).Float64()
		case plan.Latest:
			out.n = 1
			out.flawed = badMicros != math.MinInt64 && badMicros >= out.micros
			if badMicros > out.micros && out.flawed {
				return agged{state: Invalid, micros: badMicros, newest: none, older: none, flawed: true}
			}
		case plan.MaxBy:
			out.n = 1
		}
	}
	return out
}

func first[A, B any](a A, _ B) A { return a }

// roundRat rounds to the nearest integer, halves away from zero.
func roundRat(x *big.Rat) *big.Int {
	half := big.NewRat(1, 2)
	y := new(big.Rat).Abs(x)
	y.Add(y, half)
	q := new(big.Int).Quo(y.Num(), y.Denom())
	if x.Sign() < 0 {
		q.Neg(q)
	}
	return q
}
