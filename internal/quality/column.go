package quality

import (
	"math"
	"math/bits"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/day"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
)

// The two windows: the last days up to the as-of date, and as many before them.
// A spell can be in force in both.
const (
	recent = iota
	before
	windows
)

// column gathers the statistics of one column. Its size does not grow with the
// rows: it depends on the accounts, the recent days and the fixed sketches.
type column struct {
	source.Column
	lo, hi   float64 // possible numbers
	measured bool

	rows, nulls, invalid int64
	later                int64 // days after the as-of date in a column that does not lie ahead
	oldest, newest       int32
	min, max             float64 // numbers
	first, last          int32   // times
	accounts             bitset  // slots with a usable value

	beyond                  exactSum // sum of impossible amounts that can be counted to the cent
	recentRows, recentEmpty int64
	dist                    [windows]sketch
	words                   wordCounts
	texts                   distinct
	days                    ledger
	samples                 [][]cell // by day of the ledger: the first flat cells
	pairs                   []pair   // by slot
}

// cell is the place of a value for an example.
type cell struct {
	file  string
	row   int64
	slot  int32
	empty bool
}

// examples is how many rows or accounts an alert quotes.
const examples = 3

// exact is the magnitude from which intake takes no number.
const exact = 1 << 53

func newColumn(c source.Column, window int32, daily bool) *column {
	out := &column{
		Column: c, lo: -exact + 1, hi: exact - 1, oldest: day.None, newest: day.None,
		min: math.Inf(1), max: math.Inf(-1), first: day.None, last: day.None,
	}
	if c.Bounded {
		out.lo, out.hi = max(out.lo, c.Min), min(out.hi, c.Max)
	}
	if daily && (c.Role == source.Number || c.Role == source.Money || c.Role == source.Flag) {
		out.days = make(ledger, horizon(window))
		out.samples = make([][]cell, window)
	}
	return out
}

// lane says of every row of a batch what the columns need to know about it.
type lane struct {
	file  string
	first int64
	slots []int32 // account, -1 without one
	days  []int32 // day of the row, day.None without one
	span  []uint8 // 1<<recent, 1<<before
	ago   []int32 // entry of the ledger, -1 outside of it
}

// numbers measures a batch of a number or money column.
func (c *column) numbers(a *array.Float64, l *lane) {
	nulls := a.NullN() > 0
	for i, x := range a.Float64Values() {
		switch {
		case nulls && a.IsNull(i):
			c.nulls++
			c.empty(i, l)
		case !(x >= c.lo && x <= c.hi): // NaN too
			c.invalid++
			if math.Abs(x) < exact/100 {
				c.beyond.add(x)
			}
			c.empty(i, l)
		default:
			c.number(x, i, l)
		}
	}
}

// flags measures a batch of flags as 0 and 1.
func (c *column) flags(a *array.Boolean, l *lane) {
	for i := range a.Len() {
		switch {
		case a.IsNull(i):
			c.nulls++
			c.empty(i, l)
		case a.Value(i):
			c.number(1, i, l)
		default:
			c.number(0, i, l)
		}
	}
}

func (c *column) number(x float64, i int, l *lane) {
	c.known(i, l)
	c.min, c.max = min(c.min, x), max(c.max, x)
	if k := l.ago[i]; k >= 0 && c.days != nil {
		c.days[k].rows++
		if x == 0 {
			c.days[k].zeros++
			c.sample(i, l, false)
		}
	}
	span := l.span[i]
	if span == 0 {
		return
	}
	for k := range windows {
		if span>>k&1 == 0 {
			continue
		}
		c.dist[k].add(x)
		if slot := l.slots[i]; slot >= 0 && c.Role != source.Flag {
			c.pairs = grown(c.pairs, int(slot)+1)
			p := &c.pairs[slot]
			p.sum[k] += x
			p.n[k]++
		}
	}
}

// times measures a batch of a time column.
func (c *column) times(a *array.Timestamp, l *lane, asOf int32) {
	for i, t := range a.TimestampValues() {
		if a.IsNull(i) {
			c.nulls++
			c.empty(i, l)
			continue
		}
		d := intake.DayOf(int64(t))
		if !c.Future && d > asOf { // not yet known, which is nothing wrong with it
			c.later++
			c.empty(i, l)
			continue
		}
		c.known(i, l)
		if c.first == day.None || d < c.first {
			c.first = d
		}
		c.last = max(c.last, d)
	}
}

// text measures a batch of an id or text column; p keeps what is known about
// the dictionary between batches.
func (c *column) text(a *array.Dictionary, l *lane, p *pageWords) {
	words, codes := a.Dictionary().(*array.String), a.Indices().(*array.Int32).Int32Values()
	p.take(words)
	for i, code := range codes {
		if a.IsNull(i) || p.blank[code] {
			c.nulls++
			c.empty(i, l)
			continue
		}
		c.known(i, l)
		if !p.seen[code] {
			p.seen[code] = true
			c.texts.add(words.Value(int(code)))
		}
		if span := l.span[i]; span != 0 && !c.words.many {
			c.words.add(words.Value(int(code)), span)
		}
	}
}

// known notes a usable value.
func (c *column) known(i int, l *lane) {
	c.rows++
	if l.span[i]>>recent&1 == 1 {
		c.recentRows++
	}
	if slot := l.slots[i]; slot >= 0 {
		c.accounts.set(int(slot))
	}
	if d := l.days[i]; d != day.None {
		if c.oldest == day.None || d < c.oldest {
			c.oldest = d
		}
		c.newest = max(c.newest, d)
	}
}

// empty notes a row without a usable value.
func (c *column) empty(i int, l *lane) {
	c.rows++
	if l.span[i]>>recent&1 == 1 {
		c.recentRows++
		c.recentEmpty++
	}
	if k := l.ago[i]; k >= 0 && c.days != nil {
		c.days[k].rows++
		c.days[k].empty++
		c.sample(i, l, true)
	}
}

func (c *column) sample(i int, l *lane, empty bool) {
	if k := l.ago[i]; int(k) < len(c.samples) && len(c.samples[k]) < examples {
		c.samples[k] = append(c.samples[k], cell{l.file, l.first + int64(i), l.slots[i], empty})
	}
}

// bind renumbers the slots.
func (c *column) bind(slots []int32, accounts int) {
	old := c.accounts
	c.accounts = bitset{}
	for i, to := range slots {
		if to >= 0 && old.has(i) {
			c.accounts.set(int(to))
		}
	}
	if c.pairs != nil {
		pairs := make([]pair, accounts)
		for i := range c.pairs {
			if to := slots[i]; to >= 0 {
				pairs[to] = c.pairs[i]
			}
		}
		c.pairs = pairs
	}
	for _, list := range c.samples {
		for i := range list {
			if s := list[i].slot; s >= 0 {
				list[i].slot = slots[s]
			}
		}
	}
}

// pageWords is what is known about the entries of the dictionary at hand.
type pageWords struct {
	words       *array.String
	seen, blank []bool
}

func (p *pageWords) take(words *array.String) {
	if p.words != nil && p.words.Data() == words.Data() {
		return
	}
	if p.words != nil {
		p.words.Release()
	}
	words.Retain() // the same address must not come to mean other words
	p.words, p.seen, p.blank = words, make([]bool, words.Len()), make([]bool, words.Len())
	for i := range p.blank {
		p.blank[i] = words.Value(i) == ""
	}
}

func (p *pageWords) release() {
	if p.words != nil {
		p.words.Release()
	}
}

// wordCounts counts the rows of each word in both windows while there are few
// words; free text, names and ids have many.
type wordCounts struct {
	rows map[string]*[windows]int64
	many bool
}

const fewWords = 40

func (w *wordCounts) add(word string, span uint8) {
	n := w.rows[word]
	if n == nil {
		if w.rows == nil {
			w.rows = map[string]*[windows]int64{}
		}
		if w.many = len(w.rows) == fewWords; w.many {
			w.rows = nil
			return
		}
		n = new([windows]int64)
		w.rows[strings.Clone(word)] = n
	}
	for k := range windows {
		n[k] += int64(span >> k & 1)
	}
}

// bitset is a growing set of small numbers.
type bitset struct{ bits []uint64 }

func (b *bitset) set(i int) {
	b.bits = grown(b.bits, i/64+1)
	b.bits[i/64] |= 1 << (i % 64)
}

func (b *bitset) has(i int) bool { return i/64 < len(b.bits) && b.bits[i/64]>>(i%64)&1 == 1 }

func (b *bitset) count() (n int64) {
	for _, w := range b.bits {
		n += int64(bits.OnesCount64(w))
	}
	return n
}

// grown returns s with at least n entries.
func grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	return append(s, make([]T, n-len(s))...)
}
