package signal

import (
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/source"
)

// result is a derivation's outcome for one account as of one date.
type result struct {
	state  State
	value  float64
	basis  uint8
	newest int32
	rows   int32
	flawed bool
	older  int32 // newest row beyond the window, where none is in it
	// outside is set where value lies outside the signal's domain.
	outside bool
}

func without(s State) result {
	return result{state: s, newest: population.NoDay, older: population.NoDay}
}

// evaluator reads finished cells as of one date.
type evaluator struct {
	req      *Request
	asOf     int32
	k        int // position of asOf in the group
	accounts int

	sig     *plan.Signal
	account int
	absent  bool // absence stands for a value, for this signal and account
}

// datable reports whether the source says anything about the date: a table that
// is overwritten knows only today, and before its first snapshot a source knows
// nothing.
func (e *evaluator) datable(f *feed) bool {
	switch f.in.Layout {
	case source.Current:
		return e.asOf == e.req.Today && !e.req.Later
	case source.Snapshot:
		return f.snapshots.knownBy(e.asOf)
	}
	return true
}

func (e *evaluator) read(s *slot) reading { return s.cells.read(e.k*e.accounts + e.account) }

// leaf evaluates an aggregate.
func (e *evaluator) leaf(l *leaf) result {
	if !e.datable(l.feed) {
		return without(NotDatable)
	}
	r := e.read(l.slot)
	out := without(Missing)
	out.flawed = r.bad
	switch {
	case r.invalid:
		out.state = Invalid
	case r.n > 0:
		out = result{state: Known, value: r.value, rows: r.n, newest: r.newest, older: population.NoDay, flawed: r.bad}
	case l.older != nil:
		if o := e.read(l.older); o.n > 0 {
			out.older = o.newest
		}
	}
	return out
}

// counted is leaf, except that counts of no rows are 0.
func (e *evaluator) counted(l *leaf) result {
	r := e.leaf(l)
	if f := l.slot.agg.Func; r.state == Missing && (f == plan.Count || f == plan.Periods) {
		r.state, r.value = Known, 0
	}
	return r
}

// node evaluates a derivation, staleness included.
func (e *evaluator) node(n *node) result {
	if !n.collected {
		return without(Missing)
	}
	var r result
	switch {
	case n.value != nil:
		r = e.leaf(n.value)
		if r.state == Known && n.value.isTime {
			r.value = float64(dateOf(r.value))
		}
	case n.since != nil:
		if r = e.leaf(n.since); r.state == Known {
			r.value = float64(e.asOf - dateOf(r.value))
		}
	case n.ratio != nil:
		r = e.ratio(&n.ratio[0], &n.ratio[1])
	case n.trend != nil:
		r = e.trend(n.trend)
	case n.cases != nil:
		r = e.cases(n.cases)
	case n.first != nil:
		return e.first(n.first) // alternatives are aged one by one
	default:
		r = e.latest(n.latest)
	}
	return e.aged(r)
}

// aged turns a value whose newest row is too old, or the absence of a value
// where the only rows are, into Stale.
func (e *evaluator) aged(r result) result {
	limit := e.sig.MaxAge
	if limit <= 0 {
		return r
	}
	newest := r.newest
	if r.state == Missing {
		newest = r.older
	}
	if (r.state == Known || r.state == Missing) && newest != population.NoDay && e.asOf-newest > limit {
		flawed := r.flawed
		r = without(Stale)
		r.newest, r.flawed = newest, flawed
	}
	return r
}

// worse combines the states of two parts that are both needed.
func worse(a, b result) (State, bool) {
	for _, s := range []State{NotDatable, Invalid, Missing} {
		if a.state == s || b.state == s {
			return s, true
		}
	}
	return Known, false
}

func (e *evaluator) ratio(num, den *leaf) result {
	a, b := e.counted(num), e.leaf(den)
	s, lacking := worse(a, b)
	r := without(s)
	r.flawed = a.flawed || b.flawed
	r.older = max(a.older, b.older)
	if lacking {
		return r
	}
	if b.value == 0 {
		r.state = Missing
		return r
	}
	r.value, r.rows = plan.Round9(a.value/b.value), a.rows
	r.newest = max(a.newest, b.newest)
	return r
}

func (e *evaluator) trend(t *trendNode) result {
	now, before := e.leaf(&t.now), e.leaf(&t.before)
	s, _ := worse(now, before)
	r := without(s)
	r.flawed = now.flawed || before.flawed
	r.older = max(now.older, before.older)
	r.newest, r.rows = max(now.newest, before.newest), now.rows+before.rows
	if r.state == Missing && (now.state == Known || before.state == Known) && e.zeroes(t.of.Agg.Func) {
		r.state = Known // the side without rows is 0
	}
	if r.state != Known {
		return r
	}
	a, b := now.value, before.value
	moved := a - b
	if moved < 0 {
		moved = -moved
	}
	var up, down bool
	switch {
	case b != 0:
		change := plan.Round9(a/b - 1)
		up, down = change > t.of.Tolerance, change < -t.of.Tolerance
	case a > 0:
		up = true
	case a < 0:
		down = true
	}
	switch {
	case up && moved >= t.of.MinChange:
		r.value = t.up
	case down && moved >= t.of.MinChange:
		r.value = t.down
	default:
		r.value = t.stable
	}
	return r
}

// zeroes reports whether no rows at all are a value of 0 here.
func (e *evaluator) zeroes(f plan.Func) bool {
	return e.absent && (f == plan.Count || f == plan.Sum)
}

// cases chooses the first branch of which a test holds. Without any row behind
// any test there is no choice, and absence decides. A test that cannot be
// decided, and whose branch does not hold otherwise, leaves the choice open.
func (e *evaluator) cases(c *caseNode) result {
	out := without(Missing)
	var undatable, invalid bool
	for i := range c.tests {
		for j := range c.tests[i] {
			if l := &c.tests[i][j]; l.collected() {
				r := e.leaf(l)
				out.rows += r.rows
				out.older = max(out.older, r.older)
				out.flawed = out.flawed || r.flawed
				undatable = undatable || r.state == NotDatable
				invalid = invalid || r.state == Invalid
			}
		}
	}
	if out.rows == 0 {
		switch {
		case undatable:
			out.state = NotDatable
		case invalid:
			out.state = Invalid
		}
		return out
	}
	out.rows, out.flawed, invalid = 0, false, false
	for i := range c.tests {
		undatable = false
		for j := range c.tests[i] {
			l := &c.tests[i][j]
			if !l.collected() {
				continue
			}
			r := e.counted(l)
			out.flawed = out.flawed || r.flawed
			undatable = undatable || r.state == NotDatable
			invalid = invalid || r.state == Invalid
			if t := &c.of.Branches[i].Tests[j]; r.state == Known && holds(t, r.value) {
				out.state, out.value = Known, float64(c.of.Branches[i].Word)
				out.rows, out.newest = r.rows, r.newest
				return out
			}
		}
		if undatable {
			out.state = NotDatable
			return out
		}
	}
	if invalid {
		out.state = Invalid
		return out
	}
	out.state, out.value = Known, float64(c.of.Else)
	return out
}

func holds(t *plan.Test, x float64) bool {
	if t.Below > 0 {
		return x < t.Below
	}
	return x >= t.AtLeast
}

// first returns the first known alternative. Where none is, the first that says
// more than "missing" explains why.
func (e *evaluator) first(nodes []node) result {
	out := without(Missing)
	flawed := false
	for i := range nodes {
		if !nodes[i].collected {
			continue
		}
		r := e.node(&nodes[i])
		flawed = flawed || r.flawed
		if r.state == Known {
			r.basis, r.flawed = uint8(i), flawed
			return r
		}
		if out.state == Missing {
			out = r
		}
	}
	out.flawed = flawed
	return out
}

// latest returns the newest row over several sources; ties go to the earlier
// entry. Sources that cannot be dated are left out unless they are all there is.
func (e *evaluator) latest(leaves []leaf) result {
	out := without(Missing)
	var best reading
	found, undatable := false, false
	for i := range leaves {
		l := &leaves[i]
		if !l.collected() {
			continue
		}
		if !e.datable(l.feed) {
			undatable = true
			continue
		}
		r := e.read(l.slot)
		if r.n == 0 && !r.invalid {
			if l.older != nil {
				if o := e.read(l.older); o.n > 0 {
					out.older = max(out.older, o.newest)
				}
			}
			continue
		}
		if !found || r.micros > best.micros {
			best, found = r, true
		}
	}
	switch {
	case found && best.invalid:
		out.state, out.flawed = Invalid, true
	case found:
		out = result{state: Known, value: best.value, rows: best.n, newest: best.newest, older: population.NoDay, flawed: best.bad}
	case undatable:
		out.state = NotDatable
	}
	return out
}

// signal evaluates one signal, its absence and its reach.
func (e *evaluator) signal(b *binding, tenure int32) result {
	e.sig = b.sig
	if b.sig.MinTenureMonths > 0 && tenure >= 0 && tenure < b.sig.MinTenureMonths {
		return without(NotApplicable)
	}
	e.absent = e.stands(b)
	r := e.node(&b.node)
	switch r.state {
	case Missing:
		if e.absent {
			flawed := r.flawed
			r = without(Known)
			r.value, r.flawed = b.sig.Absent.Value, flawed
		}
	case Known:
		if !b.sig.IsWord() {
			r.value = plan.Round9(r.value)
		}
	}
	if d := b.sig.Domain; r.state == Known && !b.sig.IsWord() && d != (plan.Interval{}) && !d.Contains(r.value) {
		value := r.value
		r = without(Invalid)
		r.value, r.flawed, r.outside = value, true, true
	}
	return r
}

// stands reports whether absent rows mean a value for the account.
func (e *evaluator) stands(b *binding) bool {
	switch {
	case b.replaced:
		return false // pre-aggregated columns are used as they are
	case b.sig.Absent.Once == plan.SourceExists:
		return true
	case b.sig.Absent.Once == plan.AccountInRows:
		return b.inRows.collected() && e.datable(b.inRows.feed) && e.read(b.inRows.slot).n > 0
	}
	return false
}
