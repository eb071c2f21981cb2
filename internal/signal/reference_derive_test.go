package signal

import (
	"math"
	"slices"

	"accounthealth/internal/plan"
)

// evaluate gives a derivation's outcome with staleness, before absence.
func (r *reference) evaluate(d *plan.Derivation, absent bool) (a agged, basis uint8) {
	count := func(f plan.Func) bool { return f == plan.Count || f == plan.Periods }
	zero := func(x agged, f plan.Func) agged {
		if x.state == Missing && count(f) {
			x.state, x.value = Known, 0
		}
		return x
	}
	fail := func(s State, flawed bool, older int32) agged {
		return agged{state: s, newest: none, older: older, flawed: flawed}
	}
	switch {
	case d.Agg != nil:
		a = r.agg(d.Agg, r.sig.Words)
	case d.DaysSince != nil:
		if a = r.agg(d.DaysSince, nil); a.state == Known {
			a.value = float64(r.t) - math.Floor(a.value/86400e6)
		}
	case d.Ratio != nil:
		num, den := zero(r.agg(&d.Ratio.Num, nil), d.Ratio.Num.Func), r.agg(&d.Ratio.Den, nil)
		flawed, older := num.flawed || den.flawed, max(num.older, den.older)
		switch {
		case num.state == NotDatable || den.state == NotDatable:
			a = fail(NotDatable, flawed, older)
		case num.state == Invalid || den.state == Invalid:
			a = fail(Invalid, flawed, older)
		case num.state == Missing || den.state == Missing || den.value == 0:
			a = fail(Missing, flawed, older)
		default:
			a = agged{value: plan.Round9(num.value / den.value), newest: max(num.newest, den.newest), n: num.n, flawed: flawed, older: none}
		}
	case d.Trend != nil:
		a = r.trend(d.Trend, absent)
	case d.Case != nil:
		a = r.choose(d.Case)
	case d.FirstOf != nil:
		out, flawed := agged{state: Missing, newest: none, older: none}, false
		for i := range d.FirstOf {
			x, _ := r.evaluate(&d.FirstOf[i].Derive, absent)
			flawed = flawed || x.flawed
			if x.state == Known {
				x.flawed = flawed
				return x, uint8(i)
			}
			if out.state == Missing {
				out = x
			}
		}
		out.flawed = flawed
		return out, 0
	case d.LatestOf != nil:
		a = agged{state: Missing, newest: none, older: none}
		undatable, found, older := false, false, none
		for _, x := range d.LatestOf {
			y := r.agg(x, r.sig.Words)
			switch {
			case y.state == NotDatable:
				undatable = true
			case y.state == Missing:
				older = max(older, y.older)
			case !found || y.micros > a.micros:
				a, found = y, true
			}
		}
		if !found {
			a.older = older
			if undatable {
				a.state = NotDatable
			}
		}
	}
	newest := a.newest
	if a.state == Missing {
		newest = a.older
	}
	if r.sig.MaxAge > 0 && (a.state == Known || a.state == Missing) && newest != none && r.t-newest > r.sig.MaxAge {
		return agged{state: Stale, newest: newest, flawed: a.flawed, older: none}, 0
	}
	return a, 0
}

func (r *reference) trend(d *plan.TrendOf, absent bool) agged {
	before := d.Agg
	before.Shift += before.Window
	now, was := r.agg(&d.Agg, nil), r.agg(&before, nil)
	a := agged{newest: max(now.newest, was.newest), n: now.n + was.n, flawed: now.flawed || was.flawed, older: max(now.older, was.older)}
	for _, s := range []State{NotDatable, Invalid, Missing} {
		if now.state == s || was.state == s {
			a.state = s
			break
		}
	}
	zeroes := absent && (d.Agg.Func == plan.Count || d.Agg.Func == plan.Sum)
	if a.state == Missing && zeroes && (now.state == Known || was.state == Known) {
		a.state = Known
	}
	if a.state != Known {
		return a
	}
	change := math.Inf(1)
	switch {
	case was.value != 0:
		change = plan.Round9(now.value/was.value - 1)
	case now.value == 0:
		change = 0
	case now.value < 0:
		change = math.Inf(-1)
	}
	word := "stable"
	if math.Abs(now.value-was.value) >= d.MinChange {
		if change > d.Tolerance {
			word = "up"
		} else if change < -d.Tolerance {
			word = "down"
		}
	}
	a.value = float64(slices.Index(r.sig.Words, word))
	return a
}

func (r *reference) choose(d *plan.Case) agged {
	out := agged{state: Missing, newest: none, older: none}
	var all [][]agged
	states := map[State]bool{}
	for i := range d.Branches {
		var row []agged
		for j := range d.Branches[i].Tests {
			x := r.agg(&d.Branches[i].Tests[j].Agg, nil)
			row = append(row, x)
			out.n += x.n
			out.older = max(out.older, x.older)
			out.flawed = out.flawed || x.flawed
			states[x.state] = true
		}
		all = append(all, row)
	}
	if out.n == 0 {
		switch {
		case states[NotDatable]:
			out.state = NotDatable
		case states[Invalid]:
			out.state = Invalid
		}
		return out
	}
	older := out.older
	out = agged{state: Missing, newest: none, older: older}
	invalid := false
	for i := range d.Branches {
		undatable := false
		for j := range d.Branches[i].Tests {
			test, x := &d.Branches[i].Tests[j], all[i][j]
			if f := test.Agg.Func; x.state == Missing && (f == plan.Count || f == plan.Periods) {
				x.state = Known
			}
			out.flawed = out.flawed || x.flawed
			undatable, invalid = undatable || x.state == NotDatable, invalid || x.state == Invalid
			if x.state == Known && (test.Below > 0 && x.value < test.Below || test.Below == 0 && x.value >= test.AtLeast) {
				return agged{value: float64(d.Branches[i].Word), newest: x.newest, n: x.n, flawed: out.flawed, older: older}
			}
		}
		if undatable {
			out.state = NotDatable
			return out
		}
	}
	out.state, out.value = Known, float64(d.Else)
	if invalid {
		out.state, out.value = Invalid, 0
	}
	return out
}

// answer is the whole answer for one signal, all sources being collected.
func (r *reference) answer(tenure int32) answer {
	if r.sig.MinTenureMonths > 0 && tenure >= 0 && tenure < r.sig.MinTenureMonths {
		return answer{State: NotApplicable, Newest: none}
	}
	absent := r.sig.Absent.Once == plan.SourceExists
	if r.sig.Absent.Once == plan.AccountInRows {
		rows, _, _, _ := r.visible(firstSource(&r.sig.Derive))
		absent = len(rows) > 0
	}
	x, basis := r.evaluate(&r.sig.Derive, absent)
	out := answer{State: x.state, Newest: x.newest, Rows: x.n, Basis: basis, Flawed: x.flawed}
	switch {
	case x.state == Missing && absent:
		return answer{Value: r.sig.Absent.Value, Newest: none, Flawed: x.flawed}
	case x.state == Known && r.sig.IsWord():
		out.Value = x.value
	case x.state == Known:
		if out.Value = plan.Round9(x.value); !r.sig.Domain.Contains(out.Value) {
			return answer{State: Invalid, Newest: none, Flawed: true}
		}
	case x.state == Stale:
		out.Rows = 0
	}
	return out
}
