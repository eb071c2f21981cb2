package quality

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

// Rows is an opened source.
type Rows interface {
	intake.Source
	Files() []warehouse.File
	FileColumns() []warehouse.FileColumn
	Rows() int64    // of all files
	Outside() int64 // those of them that are not read
}

var _ Rows = (*warehouse.Source)(nil)

// Meter hands an opened source on to whoever reads it and measures every column
// the first time that it passes, together with the columns that say whose row it
// is and when it happened. It is not safe for concurrent use.
type Meter struct {
	from   Rows
	name   string
	layout source.Layout
	asOf   int32
	window int32
	when   string // the column that dates a row; "" where rows are not dated
	until  string // the end of a spell
	keyed  bool   // the source has an account_id
	fresh  bool   // rows are expected every day
	lookup func(id string) int32
	ids    []string         // before Bind: the ids by slot
	slots  map[string]int32 // before Bind

	files, rows, bytes int64
	outside            int64 // those of the rows that are not read
	passed             bool  // rows were counted by account and day
	oldest, newest     int32
	newestRows         int64           // rows of the newest day
	knownRows          int64           // rows dated up to the as-of date
	spellRows          int64           // rows in force on the as-of date
	accounts           bitset          // slots with a row
	inSpan             [windows]bitset // slots with a row in the window
	days               ledger          // rows by day
	columns            []*column       // by the contract, those that the source has
	written            []warehouse.FileColumn
	missing            []string
}

// NewMeter wraps a source. Until Bind, accounts are told apart by their ids.
func NewMeter(s Rows, c *source.Contract, layout source.Layout, asOf, window int32) *Meter {
	m := &Meter{
		from: s, name: c.Name, layout: layout, asOf: asOf, window: window, oldest: day.None, newest: day.None,
		fresh: c.Name == "usage" && layout == source.Events, rows: s.Rows(), outside: s.Outside(), written: s.FileColumns(), slots: map[string]int32{},
	}
	for _, f := range s.Files() {
		m.files++
		m.bytes += f.Size
	}
	in := intake.Input{Contract: c, Layout: layout, Rows: s}
	switch layout {
	case source.Snapshot:
		m.when = in.Stamp()
	case source.SCD:
		m.when, m.until = intake.ValidFrom, intake.ValidTo
	default:
		m.when = c.Time
	}
	if !in.Has(m.when) {
		m.when = ""
	}
	if !in.Has(m.until) {
		m.until = ""
	}
	if m.daily() {
		m.days = make(ledger, horizon(window))
	}
	for _, col := range c.Columns {
		if !s.Has(col.Name) {
			if col.Name != source.AvailableAt.Name { // every source may have it, few do
				m.missing = append(m.missing, col.Name)
			}
			continue
		}
		m.keyed = m.keyed || col.Name == intake.AccountID
		k := newColumn(col, window, m.daily())
		k.words.many = col.Role == source.ID || personal[col.Name]
		m.columns = append(m.columns, k)
	}
	return m
}

// personal are the columns whose words name people or are written by them; they
// are not listed in results.
var personal = map[string]bool{
	"account_name": true, "owner": true, "owner_email": true, "name": true, "author": true, "reason": true, "value": true, "outcome": true,
}

// daily says that a row belongs to one day.
func (m *Meter) daily() bool {
	return m.when != "" && (m.layout == source.Events || m.layout == source.Snapshot)
}

// Has reports whether the source has a column.
func (m *Meter) Has(column string) bool { return m.from.Has(column) }

// Name returns the source's name.
func (m *Meter) Name() string { return m.name }

// RowCount returns the number of rows that are read.
func (m *Meter) RowCount() int64 { return m.rows - m.outside }

// RowsFor returns the number of rows among which findings of a code were counted:
// those that are read, and the others too for dates after the as-of date, which is
// why they are not.
func (m *Meter) RowsFor(code diag.Code) int64 {
	if code == diag.FutureDate {
		return m.rows
	}
	return m.RowCount()
}

// InForce returns how many rows describe the as-of date: all of them, those of
// the newest full copy, or the spells that run.
func (m *Meter) InForce() int64 {
	switch m.layout {
	case source.Snapshot:
		return m.newestRows
	case source.SCD:
		return m.spellRows
	}
	return m.rows
}

// few is the share of a source's mean rows a day below which a day's rows are
// strays: a row with a mistaken date does not make an old export fresh.
const few = 0.05

// newestDay is the newest day not after the as-of date that has more than a few
// rows; where none of the days that are counted one by one has, the last day before
// them.
func (m *Meter) newestDay() int32 {
	if m.newest == day.None || m.days == nil {
		return m.newest
	}
	var rows int64
	for _, d := range m.days {
		rows += d.rows
	}
	usual := float64(max(rows, m.knownRows)) / float64(m.asOf-m.oldest+1)
	for ago, d := range m.days {
		if d.rows > 0 && float64(d.rows) >= few*usual {
			return m.asOf - int32(ago)
		}
	}
	return min(m.newest, m.asOf-int32(len(m.days)))
}

// Missing lists the canonical columns that the export does not have.
func (m *Meter) Missing() []string { return m.missing }

// Unread lists the columns whose values nobody has read yet.
func (m *Meter) Unread() []string {
	var out []string
	for _, c := range m.columns {
		if !c.measured {
			out = append(out, c.Name)
		}
	}
	return out
}

// Passed reports whether the source's rows were read, with their accounts and
// dates.
func (m *Meter) Passed() bool { return m.passed }

// Anchors lists the columns that a scan must hold for its others to be measured.
func (m *Meter) Anchors() []string {
	var out []string
	if m.keyed {
		out = append(out, intake.AccountID)
	}
	for _, name := range []string{m.when, m.until} {
		if name != "" {
			out = append(out, name)
		}
	}
	return out
}

// Bind tells the meter the population. What was measured before is renumbered.
func (m *Meter) Bind(accounts int, lookup func(id string) int32) {
	to := make([]int32, len(m.ids))
	for i, id := range m.ids {
		to[i] = lookup(id)
	}
	for _, b := range []*bitset{&m.accounts, &m.inSpan[recent], &m.inSpan[before]} {
		old := *b
		*b = bitset{}
		for i, slot := range to {
			if slot >= 0 && old.has(i) {
				b.set(int(slot))
			}
		}
	}
	for _, c := range m.columns {
		c.bind(to, accounts)
	}
	m.ids, m.slots, m.lookup = nil, nil, lookup
}

// slot is an account's row in the population, -1 for an orphan; before Bind a
// number of its own.
func (m *Meter) slot(id string) int32 {
	if m.lookup != nil {
		return m.lookup(id)
	}
	s, ok := m.slots[id]
	if !ok {
		s = int32(len(m.ids))
		id = strings.Clone(id) // a view of the batch until here
		m.ids, m.slots[id] = append(m.ids, id), s
	}
	return s
}

// pass is one scan that measures.
type pass struct {
	*Meter
	key, when, until int
	columns          []*column // by position; nil where it was measured before
	words            []pageWords
	dict             *array.String // of the ids
	codes            []int32       // slot by code of dict
	lane             lane
	rows             bool // count the rows themselves
}

// Scan implements intake.Source.
func (m *Meter) Scan(ctx context.Context, columns []string, fn func(*warehouse.Batch) error) error {
	for _, anchor := range m.Anchors() {
		if !slices.Contains(columns, anchor) {
			return m.from.Scan(ctx, columns, fn)
		}
	}
	p := &pass{
		Meter: m, key: slices.Index(columns, intake.AccountID), when: slices.Index(columns, m.when), until: slices.Index(columns, m.until),
		columns: make([]*column, len(columns)), words: make([]pageWords, len(columns)), rows: !m.passed,
	}
	m.passed = true
	work := p.rows
	for i, name := range columns {
		if k := slices.IndexFunc(m.columns, func(c *column) bool { return c.Name == name }); k >= 0 && !m.columns[k].measured {
			p.columns[i], m.columns[k].measured, work = m.columns[k], true, true
		}
	}
	if !work {
		return m.from.Scan(ctx, columns, fn)
	}
	defer p.release()
	return m.from.Scan(ctx, columns, func(b *warehouse.Batch) error {
		p.batch(b)
		return fn(b)
	})
}

func (p *pass) release() {
	for i := range p.words {
		p.words[i].release()
	}
	if p.dict != nil {
		p.dict.Release()
	}
}

func (p *pass) batch(b *warehouse.Batch) {
	n := int(b.Record.NumRows())
	l := &p.lane
	l.file, l.first = b.File, b.FirstRow
	l.slots, l.days, l.span, l.ago = sized(l.slots, n), sized(l.days, n), sized(l.span, n), sized(l.ago, n)
	p.place(b, n)
	for k, c := range p.columns {
		if c == nil {
			continue
		}
		switch a := b.Record.Column(k).(type) {
		case *array.Float64:
			c.numbers(a, l)
		case *array.Boolean:
			c.flags(a, l)
		case *array.Timestamp:
			c.times(a, l, p.asOf)
		case *array.Dictionary:
			c.text(a, l, &p.words[k])
		}
		if k < len(b.Invalid) { // they are null in the record
			c.nulls -= int64(len(b.Invalid[k]))
			c.invalid += int64(len(b.Invalid[k]))
		}
	}
}

// place fills the lane: whose rows they are and when they happened.
func (p *pass) place(b *warehouse.Batch, n int) {
	l := &p.lane
	if p.key >= 0 {
		p.accountsOf(b.Record.Column(p.key).(*array.Dictionary))
	} else {
		fill(l.slots, -1)
	}
	fill(l.ago, -1)
	fill(l.days, day.None)
	if p.when < 0 || p.layout == source.Current {
		fill(l.span, 1<<recent)
	} else {
		clear(l.span)
	}
	if p.when >= 0 {
		p.datesOf(b, b.Record.Column(p.when).(*array.Timestamp))
	}
	if !p.rows {
		return
	}
	for i, slot := range l.slots {
		if k := l.ago[i]; k >= 0 && p.days != nil {
			p.days[k].rows++
		}
		if slot < 0 {
			continue
		}
		p.accounts.set(int(slot))
		for k := range windows {
			if l.span[i]>>k&1 == 1 {
				p.inSpan[k].set(int(slot))
			}
		}
	}
}

func (p *pass) accountsOf(d *array.Dictionary) {
	if words := d.Dictionary().(*array.String); p.dict == nil || p.dict.Data() != words.Data() {
		words.Retain()
		if p.dict != nil {
			p.dict.Release()
		}
		p.dict, p.codes = words, p.codes[:0]
		for i := range words.Len() {
			s := int32(-1)
			if id := words.Value(i); id != "" {
				s = p.slot(id)
			}
			p.codes = append(p.codes, s)
		}
	}
	codes := d.Indices().(*array.Int32).Int32Values()
	for i, c := range codes {
		p.lane.slots[i] = -1
		if d.IsValid(i) {
			p.lane.slots[i] = p.codes[c]
		}
	}
}

func (p *pass) datesOf(b *warehouse.Batch, from *array.Timestamp) {
	l := &p.lane
	var to *array.Timestamp
	if p.until >= 0 {
		to = b.Record.Column(p.until).(*array.Timestamp)
	}
	for i, t := range from.TimestampValues() {
		if from.IsNull(i) {
			continue
		}
		d := intake.DayOf(int64(t))
		if d > p.asOf { // not yet known, or impossible: no sign of freshness, nor of its account
			l.slots[i] = -1
			continue
		}
		l.days[i] = d
		if p.rows {
			p.knownRows++
			if p.oldest == day.None || d < p.oldest {
				p.oldest = d
			}
			if d > p.newest {
				p.newest, p.newestRows = d, 0
			}
			if d == p.newest {
				p.newestRows++
			}
		}
		switch p.layout {
		case source.Current:
		case source.SCD:
			end := int32(1<<31 - 1)
			if to != nil && to.IsValid(i) {
				end = intake.DayOf(int64(to.Value(i)))
			}
			for k := range windows {
				if at := p.asOf - int32(k)*p.window; d <= at && at < end {
					l.span[i] |= 1 << k
				}
			}
			if p.rows && l.span[i]>>recent&1 == 1 {
				p.spellRows++
			}
		default:
			ago := p.asOf - d
			if k := ago / p.window; k < windows {
				l.span[i] = 1 << k
			}
			if int(ago) < len(p.days) {
				l.ago[i] = ago
			}
		}
	}
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func fill[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}
