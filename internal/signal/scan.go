package signal

import (
	"context"
	"math"
	"slices"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/population"
	"accounthealth/internal/source"
)

// pass is one reading of a source for a group of dates.
type pass struct {
	*feed
	req   *Request
	cal   *calendar
	off   holidays
	found *diag.Tally // nil where this source's findings were counted before

	window      window
	ordinal     int64 // rows before the batch
	dict        *intake.Dict
	accounts    []int32 // by code of dict: the account's row, -1 orphan, -2 blank
	after       []int32 // by account: which one followed it last
	stamp       int     // positions of the dates that say when a row was known, or -1
	available   int
	projections []*projection // by slot; nil where it reads no column
	by          []*projection
	exchange    exchange
	carries     bool            // some slot carries rows on to later dates
	noted       map[[2]int]bool // row and column of unknown words of the batch
}

const (
	orphan  = -1
	noID    = -2
	blocked = -1 // in window.acct
)

func (f *feed) position(name string) int {
	if name == "" {
		return -1
	}
	return slices.Index(f.reading, name)
}

// run reads the source and leaves its slots finished, in one pass unless its keys
// took more memory than they may, or rows of one key that became known in
// another order than they are in were taken for good.
func (f *feed) run(ctx context.Context, req *Request, cal *calendar, off holidays, first bool) error {
	counting := first && !f.in.Counted && req.Findings != nil
	f.reading = f.columns
	if first {
		f.keys = f.newKeys(req)
		if err := f.readKeys(ctx, req); err != nil {
			return err
		}
	} else {
		f.reading = f.used // what only keys are read for is known by now
	}
	for again := true; again; {
		p := &pass{feed: f, req: req, cal: cal, off: off, noted: map[[2]int]bool{}}
		if counting {
			p.found = &diag.Tally{}
		}
		err := p.read(ctx)
		if err != nil {
			return err
		}
		if again, err = f.keys.settle(ctx); err != nil {
			return err
		}
		if f.keys.ending() && p.carries {
			again = true
		}
		if counting && !again {
			req.Findings.Merge(p.found)
		}
	}
	for _, s := range f.slots {
		s.cells.finish()
	}
	if counting {
		if err := f.classify(ctx, req); err != nil {
			return err
		}
	}
	f.keys.forget()
	return nil
}

// readKeys decides about rows of one key before the pass over the source, where
// it has so many that their keys cannot be held while it lasts.
func (f *feed) readKeys(ctx context.Context, req *Request) error {
	counted, ok := f.in.Rows.(interface{ RowCount() int64 })
	if !ok || !f.keys.crowded(counted.RowCount()) {
		return nil
	}
	names := append([]string{intake.AccountID, f.stamp(), f.in.Contract.Time, intake.AvailableAt}, f.keys.names...)
	f.reading = nil
	for _, n := range names {
		if f.in.Has(n) && !slices.Contains(f.reading, n) {
			f.reading = append(f.reading, n)
		}
	}
	p := &pass{feed: f, req: req}
	if err := p.begin(); err != nil {
		return err
	}
	if err := f.in.Read(ctx, f.reading, req.Today, nil, p.gather); err != nil {
		return err
	}
	f.reading = f.columns
	_, err := f.keys.settle(ctx)
	return err
}

// begin finds the columns that say when a row was known.
func (p *pass) begin() error {
	p.stamp, p.available = p.position(p.feed.stamp()), p.position(intake.AvailableAt)
	if p.keys == nil {
		return nil
	}
	return p.keys.begin(p.reading)
}

// read is one pass over the rows.
func (p *pass) read(ctx context.Context) error {
	if err := p.begin(); err != nil {
		return err
	}
	for _, pl := range p.places {
		pl.bind(p.feed)
	}
	p.bindExchange()
	p.req.watch.start(p.feed)
	p.projections, p.by = make([]*projection, len(p.slots)), make([]*projection, len(p.slots))
	for i, s := range p.slots {
		s.dates = p.cal.dates
		carry := p.places[s.place].carry && !p.keys.ending() // what ends is not carried on
		p.carries = p.carries || carry
		s.cells = newCells(s, grid{len(p.cal.dates), p.req.Table.Len(), carry})
		p.projections[i] = p.projection(s.agg.Column, s.words)
		p.by[i] = p.projection(s.agg.By, nil)
	}
	return p.in.Read(ctx, p.reading, p.req.Today, p.found, func(b *intake.Batch) error {
		if p.keys.spilled() {
			return p.gather(b)
		}
		p.batch(b)
		return p.next(b)
	})
}

// next ends a batch.
func (p *pass) next(b *intake.Batch) error {
	p.ordinal += int64(b.Len)
	if p.keys == nil {
		return nil
	}
	return p.keys.failure()
}

// gather takes nothing but the keys of a batch's rows.
func (p *pass) gather(b *intake.Batch) error {
	p.mapAccounts(&b.Columns[0])
	for i := range b.Len {
		if account := p.account(b, i); account >= 0 {
			p.keys.until(b, i, p.ordinal+int64(i), account, p.known(b, i))
		}
	}
	return p.next(b)
}

// projection returns the one shared by every slot that reads a column alike.
func (p *pass) projection(column string, words []string) *projection {
	k := p.position(column)
	if k < 0 {
		return nil
	}
	for _, list := range [][]*projection{p.projections, p.by} {
		for _, q := range list {
			if q != nil && q.column == k && slices.Equal(q.words, words) {
				return q
			}
		}
	}
	return &projection{column: k, words: words}
}

func (p *pass) batch(b *intake.Batch) {
	p.windows(b)
	p.convert(b)
	for _, pl := range p.places {
		pl.apply(b, &p.window, p.cal, p.off)
	}
	loaded := map[*projection]bool{}
	clear(p.noted)
	for i, s := range p.slots {
		var v, by *values
		for _, q := range []*projection{p.projections[i], p.by[i]} {
			if q != nil && !loaded[q] {
				q.load(b, p.cal)
				loaded[q] = true
			}
		}
		if q := p.projections[i]; q != nil {
			v = &q.values
			if p.found != nil && q.unknown {
				p.unknownWords(b, q, p.places[s.place])
			}
		}
		if q := p.by[i]; q != nil {
			by = &q.values
		}
		s.cells.add(p.places[s.place].spots, v, by)
		p.req.watch.see(p, s, b, v, by)
	}
}

// unknownWords counts the words of rows that the aggregate would read, whatever
// the dates.
func (p *pass) unknownWords(b *intake.Batch, q *projection, pl *placement) {
	c := &b.Columns[q.column]
	for i := range b.Len {
		if c.Status[i] != intake.Known || q.status[i] != intake.Bad || p.window.acct[i] < 0 || !pl.matches(b, i) {
			continue
		}
		if at := [2]int{i, q.column}; !p.noted[at] {
			p.noted[at] = true
			b.Note(diag.UnknownWord, c.Name, i, c.Value(i))
		}
	}
}

// windows fills p.window, counting the rows that no aggregate can use.
func (p *pass) windows(b *intake.Batch) {
	w, last := &p.window, int32(len(p.cal.dates))-1
	w.acct, w.lo, w.hi = grow(w.acct, b.Len), grow(w.lo, b.Len), grow(w.hi, b.Len)
	w.micros, w.days = grow(w.micros, b.Len), grow(w.days, b.Len)
	p.mapAccounts(&b.Columns[0])

	w.first, w.last = math.MaxInt32, math.MinInt32
	today := p.cal.position(p.req.Today)
	to := p.position(intake.ValidTo)
	for i := range b.Len {
		w.acct[i], w.lo[i], w.hi[i] = blocked, 0, last
		account := p.account(b, i)
		if account < 0 {
			continue
		}
		known := p.known(b, i)
		until := p.keys.until(b, i, p.ordinal+int64(i), account, known)
		if until == never {
			continue
		}
		w.micros[i], w.days[i] = undatedMicros, population.NoDay
		if p.stamp >= 0 {
			c := &b.Columns[p.stamp]
			if c.Status[i] != intake.Known {
				if c.Status[i] == intake.Null {
					b.Note(diag.Undated, c.Name, i, "")
				}
				continue
			}
			w.micros[i], w.days[i] = micros(c, i)
		}
		if known == always {
			continue // it became available nobody knows when
		}
		w.lo[i] = p.cal.from(int64(known))
		switch p.in.Layout {
		case source.Current:
			w.micros[i], w.days[i] = int64(p.req.Today)*microsPerDay, p.req.Today
			w.lo[i], w.hi[i] = max(w.lo[i], today, 0), today
		case source.SCD:
			if to >= 0 {
				switch c := &b.Columns[to]; c.Status[i] {
				case intake.Known:
					w.hi[i] = p.cal.upto(int64(c.Days[i]) - 1)
				case intake.Bad:
					continue // a spell without a readable end places nothing
				}
			}
		case source.Snapshot:
			w.hi[i] = p.cal.upto(p.snapshots.until(w.days[i]) - 1)
		}
		if until != always {
			w.hi[i] = min(w.hi[i], p.cal.upto(int64(until)-1))
		}
		if w.days[i] != population.NoDay {
			w.first, w.last = min(w.first, w.days[i]), max(w.last, w.days[i])
		}
		w.acct[i] = account
	}
}

// known returns the first day as of which a row is known: that of its event or
// of its becoming available, whichever is later. It is NoDay where the source
// says neither, and always where one of them is not to be had. A null time of
// availability says nothing: such a row was known when it happened.
func (p *pass) known(b *intake.Batch, i int) int32 {
	day := population.NoDay
	if p.stamp >= 0 {
		c := &b.Columns[p.stamp]
		if c.Status[i] != intake.Known {
			return always
		}
		day = c.Days[i]
	}
	if p.available >= 0 {
		switch c := &b.Columns[p.available]; c.Status[i] {
		case intake.Known:
			day = max(day, c.Days[i])
		case intake.Bad:
			return always
		}
	}
	return day
}

// stamp names the date that a layout's rows are dated by, "" where it or the
// source has none.
func (f *feed) stamp() string {
	name := ""
	switch f.in.Layout {
	case source.Snapshot:
		name = f.in.Stamp()
	case source.SCD:
		name = intake.ValidFrom
	case source.Events:
		name = f.in.Contract.Time
	}
	if !f.in.Has(name) {
		return ""
	}
	return name
}

func (p *pass) mapAccounts(c *intake.Column) {
	if p.dict == c.Dict {
		return
	}
	p.dict, p.accounts = c.Dict, make([]int32, len(c.Dict.Words))
	// Rows mostly come in one order, day by day, so that an account is that which
	// followed the same one before: to compare is cheaper than to look it up.
	ids := p.req.Table.ID
	if p.after == nil {
		p.after = make([]int32, len(ids)+1)
		for i := range p.after {
			p.after[i] = int32(i) // the first one has nobody before it
		}
	}
	before := int32(0) // the row before, counted from one
	for i, id := range c.Dict.Words {
		account := p.after[before]
		if int(account) >= len(ids) || ids[account] != id {
			account = p.req.Table.Lookup(id)
		}
		switch {
		case id == "":
			account = noID
		case account >= 0:
			p.after[before] = account
			before = account + 1
		}
		p.accounts[i] = account
	}
}

// account returns the row's account, negative where it has none, counting why.
func (p *pass) account(b *intake.Batch, i int) int32 {
	c := &b.Columns[0]
	if c.Status[i] == intake.Bad {
		return orphan // counted as unparsable
	}
	account := int32(noID)
	if c.Status[i] == intake.Known {
		account = p.accounts[c.Codes[i]]
	}
	switch account {
	case noID:
		b.Note(diag.MissingKey, c.Name, i, "")
	case orphan:
		b.Note(diag.Orphan, c.Name, i, c.Value(i))
	}
	return account
}
