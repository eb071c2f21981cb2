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
	dict        *intake.Dict
	accounts    []int32 // by code of dict: the account's row, -1 orphan, -2 blank
	keys        *keys
	projections []*projection // by slot; nil where it reads no column
	by          []*projection
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
	return slices.Index(f.columns, name)
}

// run reads the source once and leaves its slots finished.
func (f *feed) run(ctx context.Context, req *Request, cal *calendar, off holidays, first bool) error {
	p := &pass{feed: f, req: req, cal: cal, off: off, noted: map[[2]int]bool{}}
	if first && !f.in.Counted {
		p.found = req.Findings
	}
	p.keys = f.newKeys(req)
	for _, pl := range f.places {
		pl.bind(f)
	}
	p.projections, p.by = make([]*projection, len(f.slots)), make([]*projection, len(f.slots))
	for i, s := range f.slots {
		s.dates = cal.dates
		s.cells = newCells(s, grid{len(cal.dates), req.Table.Len(), f.places[s.place].carry})
		p.projections[i] = p.projection(s.agg.Column, s.words)
		p.by[i] = p.projection(s.agg.By, nil)
	}
	if err := f.in.Read(ctx, f.columns, req.Today, p.found, func(b *intake.Batch) error {
		p.batch(b)
		return nil
	}); err != nil {
		return err
	}
	for _, s := range f.slots {
		s.cells.finish()
	}
	return p.classify(ctx)
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

	stamp := p.stampColumn()
	today := p.cal.position(p.req.Today)
	to := p.position(intake.ValidTo)
	for i := range b.Len {
		w.acct[i], w.lo[i], w.hi[i] = blocked, 0, last
		account := p.account(b, i)
		if account < 0 || p.keys.repeated(b, i, account) {
			continue
		}
		w.micros[i], w.days[i] = undatedMicros, population.NoDay
		if stamp >= 0 {
			c := &b.Columns[stamp]
			if c.Status[i] != intake.Known {
				if c.Status[i] == intake.Null {
					b.Note(diag.Undated, c.Name, i, "")
				}
				continue
			}
			w.micros[i], w.days[i] = micros(c, i)
			w.lo[i] = p.cal.from(int64(w.days[i]))
		}
		switch p.in.Layout {
		case source.Current:
			w.micros[i], w.days[i] = int64(p.req.Today)*microsPerDay, p.req.Today
			w.lo[i], w.hi[i] = today, today
			if today < 0 {
				w.lo[i] = 0
			}
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
			if k, _ := slices.BinarySearch(p.snapshots, w.days[i]+1); k < len(p.snapshots) {
				w.hi[i] = p.cal.upto(int64(p.snapshots[k]) - 1)
			}
		}
		w.acct[i] = account
	}
}

// stampColumn is the position of the date from which a row was known, -1 where
// the layout or the source has none.
func (p *pass) stampColumn() int {
	switch p.in.Layout {
	case source.Snapshot:
		return p.position(p.in.Stamp())
	case source.SCD:
		return p.position(intake.ValidFrom)
	case source.Events:
		return p.position(p.in.Contract.Time)
	}
	return -1
}

func (p *pass) mapAccounts(c *intake.Column) {
	if p.dict == c.Dict {
		return
	}
	p.dict, p.accounts = c.Dict, make([]int32, len(c.Dict.Words))
	for i, id := range c.Dict.Words {
		if p.accounts[i] = p.req.Table.Lookup(id); id == "" {
			p.accounts[i] = noID
		}
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

// readSnapshots collects the snapshot dates of a source, once.
func (f *feed) readSnapshots(ctx context.Context, req *Request) error {
	if f.in.Layout != source.Snapshot {
		return nil
	}
	days := map[int32]struct{}{}
	previous := int32(math.MinInt32)
	err := f.in.Read(ctx, []string{f.in.Stamp()}, req.Today, nil, func(b *intake.Batch) error {
		c := &b.Columns[0]
		for i, d := range c.Days {
			if c.Status[i] == intake.Known && d != previous {
				days[d] = struct{}{}
				previous = d
			}
		}
		return nil
	})
	for d := range days {
		f.snapshots = append(f.snapshots, d)
	}
	slices.Sort(f.snapshots)
	return err
}
