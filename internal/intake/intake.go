package intake

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

// The columns that have a meaning of their own.
const (
	AccountID = "account_id"
	ValidFrom = "valid_from" // first day of an SCD row
	ValidTo   = "valid_to"   // first day an SCD row no longer holds; null while it does
	// SnapshotDate is the date of the full copy a row belongs to, usually a
	// partition key.
	SnapshotDate = "snapshot_date"
)

// AvailableAt names the time from which a row could have been used.
var AvailableAt = source.AvailableAt.Name

// ForLayout returns the contract with the columns that a layout adds to it, so
// that the warehouse opens them: the ends of an SCD row's spell, the date of a
// snapshot where the contract's own time says something else, and, whatever the
// layout, the time at which an event became available.
func ForLayout(c *source.Contract, layout source.Layout) *source.Contract {
	out := *c
	out.Columns = slices.Clone(c.Columns)
	add := func(col source.Column) {
		if !slices.ContainsFunc(out.Columns, func(c source.Column) bool { return c.Name == col.Name }) {
			out.Columns = append(out.Columns, col)
		}
	}
	switch {
	case layout == source.SCD:
		add(source.Column{Name: ValidFrom, Role: source.Time, Required: true})
		add(source.Column{Name: ValidTo, Role: source.Time, Future: true})
	case layout == source.Snapshot && c.Layout != source.Snapshot:
		add(source.Column{Name: SnapshotDate, Role: source.Time, Required: true})
	}
	if c.Layout == source.Events {
		add(source.AvailableAt)
	}
	return &out
}

// Source streams rows. Scan calls fn with files in a fixed order and rows in
// file order; a batch is valid only during the call.
type Source interface {
	Has(column string) bool
	Scan(ctx context.Context, columns []string, fn func(*warehouse.Batch) error) error
}

var _ Source = (*warehouse.Source)(nil)

// Input is one mapped source.
type Input struct {
	Contract *source.Contract
	Layout   source.Layout
	Rows     Source
	// Counted says that findings on this source's rows were counted before, by
	// population.Load; they are then not counted again.
	Counted bool
}

// Column returns the contract's column and whether it is mapped.
func (in *Input) Column(name string) (source.Column, bool) {
	if name == "" || in.Rows == nil || !in.Rows.Has(name) {
		return source.Column{}, false
	}
	return in.Contract.Column(name)
}

// Stamp names the column that carries a row's snapshot date where the layout is
// Snapshot: SnapshotDate, or the time of a contract that is a snapshot by
// nature. It is "" where there is none; a time that says when a row's event
// happened is no snapshot date.
func (in *Input) Stamp() string {
	switch {
	case in.Has(SnapshotDate):
		return SnapshotDate
	case in.Contract.Layout == source.Snapshot && in.Has(in.Contract.Time):
		return in.Contract.Time
	}
	return ""
}

// CheckLayout refuses a source whose layout needs a date that is not mapped.
func (in *Input) CheckLayout() error {
	missing := ""
	switch {
	case in.Layout == source.Snapshot && in.Stamp() == "":
		missing = SnapshotDate
	case in.Layout == source.SCD && !in.Has(ValidFrom):
		missing = ValidFrom
	default:
		return nil
	}
	return diag.Errorf(diag.Config, "sources."+in.Contract.Name,
		fmt.Sprintf("map it: columns: {%s: YOUR_COLUMN}, or choose another layout", missing),
		"layout %s needs the column %q", in.Layout, missing)
}

// Has reports whether a column is mapped.
func (in *Input) Has(name string) bool { _, ok := in.Column(name); return ok }

// Status says what one cell is.
type Status uint8

const (
	Known Status = iota
	Null
	Bad // present, but not usable
)

// Dict is the dictionary of a text column; the same pointer means the same
// words. Words are valid only while the batch is, so clone what is kept.
type Dict struct{ Words []string }

// Column is one column of a batch. Only the slices of its role are set, and
// only cells whose Status is Known mean anything.
type Column struct {
	source.Column
	Status  []Status
	Codes   []int32 // ID and Text: indexes into Dict.Words
	Dict    *Dict
	Numbers []float64         // Number and Money
	Micros  []arrow.Timestamp // Time: wall-clock microseconds
	Days    []int32           // Time: whole days
	Flags   []bool

	beyond []int32  // rows whose number is outside the possible range, ascending
	unread []int32  // rows whose value cannot be read, ascending
	said   []string // what the first of those say
}

// Said is what a Bad cell says, as far as that is known.
func (c *Column) Said(i int) string {
	if j, ok := slices.BinarySearch(c.unread, int32(i)); ok {
		if j < len(c.said) {
			return c.said[j]
		}
		return ""
	}
	return c.Value(i)
}

// Stated returns the number that row i states, possible or not, and NaN where it
// states none that can be read.
func (c *Column) Stated(i int) float64 {
	if c.Status[i] == Known {
		return c.Numbers[i]
	}
	if _, ok := slices.BinarySearch(c.beyond, int32(i)); ok {
		return c.Numbers[i]
	}
	return math.NaN()
}

// Text returns the word of row i.
func (c *Column) Text(i int) string { return c.Dict.Words[c.Codes[i]] }

// Batch is a run of consecutive rows of one file. Columns are in the order they
// were asked for. It is valid only during the callback.
type Batch struct {
	Len     int
	File    string
	First   int64
	Columns []Column

	source  string
	account int      // position of AccountID, or -1
	stamp   int      // position of the date of the full copy, or -1
	spoilt  []uint64 // a bit for every row that was counted as spoilt
	found   *diag.Tally
}

// Note counts one finding about row i; column is "" for the row as a whole.
func (b *Batch) Note(code diag.Code, column string, i int, value string) {
	b.NoteTo(b.found, code, column, i, value)
}

// NoteTo is Note for another tally than the one the batch was read with; nil
// counts nothing.
func (b *Batch) NoteTo(found *diag.Tally, code diag.Code, column string, i int, value string) {
	if found == nil {
		return
	}
	f := diag.Finding{Code: code, Source: b.source, Column: column, File: b.File, Row: b.First + int64(i), Value: value}
	if b.account >= 0 {
		if c := &b.Columns[b.account]; c.Status[i] == Known {
			f.Key = string(append([]byte(nil), c.Text(i)...)) // outlives the batch
		}
	}
	found.Add(f)
	if found != b.found {
		return
	}
	first := code.Spoils() && b.spoilt[i/64]>>(i%64)&1 == 0
	if first {
		b.spoilt[i/64] |= 1 << (i % 64)
	}
	found.CountRow(code, b.source, b.copyOf(i), first)
}

// copyOf is the day of the full copy that a row belongs to, 0 where it has none.
func (b *Batch) copyOf(i int) int32 {
	if b.stamp < 0 || b.Columns[b.stamp].Status[i] != Known {
		return 0
	}
	return b.Columns[b.stamp].Days[i]
}

// Value writes a known cell for a person.
func (c *Column) Value(i int) string {
	switch c.Role {
	case source.ID, source.Text:
		return string(append([]byte(nil), c.Text(i)...))
	case source.Number, source.Money:
		return FormatNumber(c.Numbers[i])
	case source.Time:
		return day.Format(c.Days[i])
	default:
		return strconv.FormatBool(c.Flags[i])
	}
}

// FormatNumber writes a number for a person: without an exponent up to 2^53, beyond
// which no number is used.
func FormatNumber(x float64) string {
	if math.Abs(x) < 1<<53 && (x == 0 || math.Abs(x) >= 1e-9) {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// reader holds what outlives a batch.
type reader struct {
	batch Batch
	kept  []arrow.Array // by column: the dictionary behind Dict, retained
	today int32
}

// Read streams the named columns, which must be mapped and distinct. Findings
// go to found, which may be nil: Unparsable and OutOfRange for every Bad cell,
// FutureDate for dates after today in columns that do not lie ahead by nature.
func (in *Input) Read(ctx context.Context, columns []string, today int32, found *diag.Tally, fn func(*Batch) error) error {
	r := reader{today: today, kept: make([]arrow.Array, len(columns))}
	defer func() {
		for _, a := range r.kept {
			if a != nil {
				a.Release()
			}
		}
	}()
	r.batch = Batch{source: in.Contract.Name, found: found, account: slices.Index(columns, AccountID), stamp: -1, Columns: make([]Column, len(columns))}
	if in.Layout == source.Snapshot {
		r.batch.stamp = slices.Index(columns, in.Stamp())
	}
	for i, name := range columns {
		c, ok := in.Column(name)
		if !ok {
			return diag.Errorf(diag.Internal, in.Contract.Name+"."+name, "", "the column is not mapped")
		}
		r.batch.Columns[i].Column = c
	}
	return in.Rows.Scan(ctx, columns, func(raw *warehouse.Batch) error {
		if err := r.load(raw); err != nil {
			return err
		}
		return fn(&r.batch)
	})
}

func (r *reader) load(raw *warehouse.Batch) error {
	b := &r.batch
	b.Len, b.File, b.First = int(raw.Record.NumRows()), raw.File, raw.FirstRow
	if int(raw.Record.NumCols()) != len(b.Columns) {
		return diag.Errorf(diag.Internal, raw.File, "", "a batch of %s holds %d columns, not the %d asked for", b.source, raw.Record.NumCols(), len(b.Columns))
	}
	b.spoilt = resize(b.spoilt, (b.Len+63)/64)
	clear(b.spoilt)
	for k := range b.Columns {
		c, a := &b.Columns[k], raw.Record.Column(k)
		c.Status = resize(c.Status, b.Len)
		clear(c.Status)
		if a.NullN() > 0 {
			known, from := a.NullBitmapBytes(), a.Data().Offset()
			for i := range c.Status {
				if !bitutil.BitIsSet(known, from+i) {
					c.Status[i] = Null
				}
			}
		}
		c.unread, c.said = nil, nil
		if k < len(raw.InvalidText) {
			c.said = raw.InvalidText[k]
		}
		if k < len(raw.Invalid) {
			c.unread = raw.Invalid[k]
			for _, i := range raw.Invalid[k] {
				c.Status[i] = Bad
			}
		}
		if !r.values(k, a) {
			return diag.Errorf(diag.Internal, raw.File, "", "%s.%s arrives as %s, not as the type of a %s", b.source, c.Name, a.DataType(), c.Role)
		}
	}
	// Findings come after all columns are loaded, because they quote the key.
	for k := range b.Columns {
		if k < len(raw.Invalid) {
			for _, i := range raw.Invalid[k] {
				b.Note(diag.Unparsable, b.Columns[k].Name, int(i), b.Columns[k].Said(int(i)))
			}
		}
		r.check(&b.Columns[k])
	}
	return nil
}

// values points a column's slices at the array's memory; false where the type
// is not the role's.
func (r *reader) values(k int, a arrow.Array) bool {
	c := &r.batch.Columns[k]
	switch a := a.(type) {
	case *array.Dictionary:
		words, isText := a.Dictionary().(*array.String)
		codes, isInt32 := a.Indices().(*array.Int32)
		if c.Role != source.ID && c.Role != source.Text || !isText || !isInt32 {
			return false
		}
		c.Codes = codes.Int32Values()
		if r.kept[k] == nil || r.kept[k].Data() != words.Data() {
			words.Retain()
			if r.kept[k] != nil {
				r.kept[k].Release()
			}
			r.kept[k] = words
			c.Dict = &Dict{Words: make([]string, words.Len())}
			for i := range c.Dict.Words {
				c.Dict.Words[i] = words.Value(i)
			}
		}
	case *array.Float64:
		if c.Role != source.Number && c.Role != source.Money {
			return false
		}
		c.Numbers = a.Float64Values()
	case *array.Timestamp:
		if c.Role != source.Time || a.DataType().(*arrow.TimestampType).Unit != arrow.Microsecond {
			return false
		}
		c.Micros = a.TimestampValues()
		c.Days = resize(c.Days, r.batch.Len)
		for i, m := range c.Micros {
			c.Days[i] = DayOf(int64(m))
		}
	case *array.Boolean:
		if c.Role != source.Flag {
			return false
		}
		c.Flags = resize(c.Flags, r.batch.Len)
		for i := range c.Flags {
			c.Flags[i] = a.Value(i)
		}
	default:
		return false
	}
	return true
}

// exact is the first magnitude at which a float64 no longer holds every integer;
// no measurement is that large, and sums of smaller ones are exact.
const exact = 1 << 53

func (r *reader) check(c *Column) {
	switch c.Role {
	case source.Number, source.Money:
		c.beyond = c.beyond[:0]
		lo, hi := -exact+1.0, exact-1.0
		if c.Bounded {
			lo, hi = max(lo, c.Min), min(hi, c.Max)
		}
		for i, x := range c.Numbers {
			if c.Status[i] == Known && !(x >= lo && x <= hi) { // NaN too
				r.batch.Note(diag.OutOfRange, c.Name, i, c.Value(i))
				c.Status[i] = Bad
			}
		}
	case source.Time:
		if c.Future || r.batch.found == nil {
			return
		}
		for i, d := range c.Days {
			if d > r.today && c.Status[i] == Known {
				r.batch.Note(diag.FutureDate, c.Name, i, c.Value(i))
			}
		}
	}
}

// DayOf returns the whole day of wall-clock microseconds.
func DayOf(micros int64) int32 {
	const perDay = 86_400_000_000
	d := micros / perDay
	if micros%perDay < 0 {
		d--
	}
	return int32(d)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// Digest is a 128-bit fingerprint of row i over the batch's columns; rows with
// equal cells have equal digests whatever file or batch they come from.
func (b *Batch) Digest(i int) [2]uint64 {
	all := make([]int, len(b.Columns))
	for k := range all {
		all[k] = k
	}
	return b.DigestOf(all, i)
}

// DigestOf is Digest over some columns, by position.
func (b *Batch) DigestOf(columns []int, i int) [2]uint64 {
	h := newHash()
	for _, k := range columns {
		c := &b.Columns[k]
		h.add(uint64(c.Status[i]))
		if c.Status[i] != Known {
			continue
		}
		switch c.Role {
		case source.ID, source.Text:
			h.text(c.Text(i))
		case source.Number, source.Money:
			h.add(math.Float64bits(c.Numbers[i] + 0)) // -0 and 0 are one value
		case source.Time:
			h.add(uint64(c.Micros[i]))
		default:
			if c.Flags[i] {
				h.add(1)
			} else {
				h.add(0)
			}
		}
	}
	return h.sum()
}

// Missing builds the error for a column that a caller cannot do without.
func (in *Input) Missing(column string) error {
	return diag.Errorf(diag.Data, in.Contract.Name, fmt.Sprintf("map it: sources: %s: columns: {%s: YOUR_COLUMN}", in.Contract.Name, column),
		"the required column %q is not there", column)
}
