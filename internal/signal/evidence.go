package signal

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/source"
)

// Cell is one value of a row, written for a person.
type Cell struct {
	Column string        // the contract's name
	Value  string        // of a Bad cell what it says, where that is known
	Status intake.Status // Value is "" where Null
}

// EvidenceRow is one row that an aggregate used.
type EvidenceRow struct {
	File string
	Row  int64  // zero-based within File
	Day  int32  // the day that places it; population.NoDay where it has none
	Key  []Cell // the source's key, the account only where the row names another one
	Read []Cell // what the aggregate reads: value, rank, dates, conditions
	// Unusable says that the row would count but for a value that cannot be used.
	Unusable bool

	micros int64
	x, by  float64
}

// Part is what one aggregate of a signal's derivation used of an account.
type Part struct {
	Agg plan.Agg
	// Role says what the aggregate is for where a derivation has several: "numerator",
	// "denominator", "recent", "before", "test for" a word of a case; else "".
	Role string
	// Value is what the aggregate gives; NaN where it gives no number: of words and
	// times, and without a usable row.
	Value float64
	// Rows counts the usable rows that counted as of the date, Unusable the others.
	Rows, Unusable int
	// Shown are those rows, the one that decides first: the newest, for Min, Max
	// and MaxBy the extreme one. Of Latest and MaxBy only that row is used, the rest
	// are superseded.
	Shown []EvidenceRow
}

// Evidence returns, by signal of the plan, the rows behind one account's value as
// of asOf, at most limit of an aggregate: what Compute would use for it, read again.
// account is a row of req.Table; basis holds, by signal, the alternative that gave
// the value (Snapshot.Basis), because no other alternative's rows are shown.
// Dates, Tenure and Findings of req are not used. Signals without a source have no
// parts. Errors are Compute's.
func Evidence(ctx context.Context, req Request, account, asOf int32, basis []uint8, limit int) ([][]Part, error) {
	req.Dates, req.Tenure, req.Findings = []int32{asOf}, nil, nil
	req.watch = &watch{account: account, limit: max(limit, 1), parts: map[*slot]*Part{}}
	if _, err := req.dates(); err != nil {
		return nil, err
	}
	prog, err := compile(req.Plan, req.Inputs)
	if err != nil {
		return nil, err
	}
	if len(basis) != len(prog.signals) {
		return nil, diag.Errorf(diag.Internal, "signal", "", "%d bases are given for %d signals", len(basis), len(prog.signals))
	}
	cal, off := newCalendar(req.Dates), newHolidays(req.Holidays)
	for _, f := range prog.sources {
		err := f.readSnapshots(ctx, &req)
		if err == nil {
			err = f.run(ctx, &req, cal, off, true)
		}
		if err = cmp.Or(err, f.keys.close()); err != nil {
			return nil, err
		}
	}
	e := evaluator{req: &req, asOf: asOf, accounts: req.Table.Len(), account: int(account)}
	out := make([][]Part, len(prog.signals))
	for i := range prog.signals {
		if b := &prog.signals[i]; b.collected {
			out[i] = e.parts(&b.node, int(basis[i]))
		}
	}
	return out, nil
}

// parts lists the aggregates of a derivation that used rows.
func (e *evaluator) parts(n *node, basis int) []Part {
	var out []Part
	add := func(l *leaf, role string) {
		if !l.collected() || !e.datable(l.feed) {
			return
		}
		p := e.req.watch.parts[l.slot]
		if p == nil {
			return
		}
		own := *p
		own.Agg, own.Role, own.Value = l.slot.agg, role, math.NaN()
		if r := e.read(l.slot); r.n > 0 && !l.isTime && l.slot.words == nil {
			own.Value = plan.Round9(r.value)
		}
		out = append(out, own)
	}
	switch {
	case n.value != nil:
		add(n.value, "")
	case n.since != nil:
		add(n.since, "")
	case n.ratio != nil:
		add(&n.ratio[0], "numerator")
		add(&n.ratio[1], "denominator")
	case n.trend != nil:
		add(&n.trend.now, "recent")
		add(&n.trend.before, "before")
	case n.cases != nil:
		for i := range n.cases.tests {
			for j := range n.cases.tests[i] {
				add(&n.cases.tests[i][j], n.cases.word(i))
			}
		}
	case n.first != nil:
		if basis < len(n.first) {
			return e.parts(&n.first[basis], 0)
		}
	default:
		for i := range n.latest {
			add(&n.latest[i], "")
		}
		if len(out) > 1 { // only the newest of all sources gives the value
			slices.SortStableFunc(out, func(a, b Part) int { return cmp.Compare(b.moment(), a.moment()) })
			out = out[:1]
		}
	}
	return out
}

func (p *Part) moment() int64 {
	if len(p.Shown) == 0 {
		return math.MinInt64
	}
	return p.Shown[0].micros
}

// watch collects the rows that slots use of one account.
type watch struct {
	account int32
	limit   int
	parts   map[*slot]*Part
}

// start forgets what an earlier pass over a source collected.
func (w *watch) start(f *feed) {
	if w == nil {
		return
	}
	for _, s := range f.slots {
		delete(w.parts, s)
	}
}

// see collects the rows of a batch that a slot used as of the only date.
func (w *watch) see(p *pass, s *slot, b *intake.Batch, v, by *values) {
	if w == nil {
		return
	}
	for _, at := range p.places[s.place].spots {
		if at.acct != w.account {
			continue
		}
		if by != nil {
			switch by.status[at.row] {
			case intake.Null:
				continue // nothing to rank the row by
			case intake.Bad:
				at.bad = true
			default:
				if by.from != nil && by.from[at.row] > at.hi {
					continue
				}
			}
		}
		_, _, ok, flaw := usable(grid{dates: 1, accounts: 1}, &at, v)
		if !ok && !flaw {
			continue
		}
		row := EvidenceRow{File: b.File, Row: b.First + int64(at.row), Day: at.day, Unusable: flaw, micros: at.micros}
		if v != nil {
			row.x = v.x[at.row]
		}
		if by != nil {
			row.by = by.x[at.row]
		}
		w.keep(p, s, b, int(at.row), row)
	}
}

// keep puts a row where it belongs among those shown.
func (w *watch) keep(p *pass, s *slot, b *intake.Batch, i int, row EvidenceRow) {
	part := w.parts[s]
	if part == nil {
		part = &Part{}
		w.parts[s] = part
	}
	if row.Unusable {
		part.Unusable++
	} else {
		part.Rows++
	}
	limit := w.limit
	if f := s.agg.Func; f == plan.Latest || f == plan.MaxBy {
		limit = 1
	}
	before := func(a, b EvidenceRow) int { return deciding(s.agg.Func, &a, &b) }
	at, _ := slices.BinarySearchFunc(part.Shown, row, before)
	if at >= limit {
		return
	}
	row.Key, row.Read = p.cells(s, b, i)
	part.Shown = slices.Insert(part.Shown, at, row)
	part.Shown = part.Shown[:min(len(part.Shown), limit)]
}

// deciding orders rows by how much they decide about an aggregate, as its cells
// do: ties are in file and row order.
func deciding(f plan.Func, a, b *EvidenceRow) int {
	bad := truth(a.Unusable) - truth(b.Unusable)
	order := 0
	switch f {
	case plan.Latest:
		order = cmp.Or(cmp.Compare(b.micros, a.micros), bad, cmp.Compare(b.x, a.x))
	case plan.MaxBy:
		order = cmp.Or(bad, cmp.Compare(b.by, a.by), cmp.Compare(b.x, a.x), cmp.Compare(b.Day, a.Day))
	case plan.Min:
		order = cmp.Or(bad, cmp.Compare(a.x, b.x), cmp.Compare(b.Day, a.Day))
	case plan.Max:
		order = cmp.Or(bad, cmp.Compare(b.x, a.x), cmp.Compare(b.Day, a.Day))
	default:
		order = cmp.Or(cmp.Compare(b.Day, a.Day), bad)
	}
	return cmp.Or(order, cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row))
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// cells writes a row's key and what an aggregate reads of it. The strings outlive
// the batch.
func (p *pass) cells(s *slot, b *intake.Batch, i int) (key, read []Cell) {
	var done []string
	cell := func(list *[]Cell, name string) {
		k := p.position(name)
		if k < 0 || slices.Contains(done, name) {
			return
		}
		done = append(done, name)
		if cells, ok := p.stated(b, k, i); ok {
			*list = append(*list, cells...)
			return
		}
		c := &b.Columns[k]
		one := Cell{Column: name, Status: c.Status[i]}
		switch one.Status {
		case intake.Known:
			one.Value = c.Value(i)
		case intake.Bad:
			one.Value = strings.Clone(c.Said(i))
		}
		*list = append(*list, one)
	}
	if c := &b.Columns[0]; c.Status[i] == intake.Known && c.Text(i) == p.req.Table.ID[p.req.watch.account] {
		done = append(done, intake.AccountID)
	} else {
		cell(&key, intake.AccountID)
	}
	for _, name := range p.in.Contract.Key {
		cell(&key, name)
	}
	a := &s.agg
	for _, name := range append([]string{p.feed.stamp(), a.Column, a.By, a.From, a.Until}, a.At...) {
		cell(&read, name)
	}
	for k := range a.Where {
		cell(&read, a.Where[k].Column)
	}
	if p.in.Layout == source.SCD {
		cell(&read, intake.ValidTo)
	}
	cell(&read, intake.AvailableAt)
	return key, read
}

// word is what a case's branch tests for.
func (c *caseNode) word(branch int) string { return "test for " + c.words[c.of.Branches[branch].Word] }
