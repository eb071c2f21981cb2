package score

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
)

// Batch is a run of accounts with a column for every signal that is collected, as
// a warehouse's Parquet files hold them. Arrays start at offset 0 and stay as they
// are while they are scored.
type Batch struct {
	// Signals is by signal, nil where it is not collected: a Float64 for numbers, a
	// String for words, or a dictionary of them with codes of type Uint8, Uint16 or
	// Int32. A dictionary that several batches share is best the same array.
	Signals []arrow.Array
	// Unreadable is by signal: the rising rows whose value could not be read. They
	// are null in Signals. May be nil.
	Unreadable [][]int32
	// Segment and Tier choose the rules: a String, a dictionary of them, or nil.
	Segment, Tier arrow.Array
	// Start is the first day as a customer, null where unknown: a Timestamp in
	// microseconds, a dictionary of them, or nil where nobody's is known. A signal
	// that asks for a longer tenure does not apply.
	Start arrow.Array
	// Invalid is told every row and signal whose value the signal cannot have, in
	// the order of rows for each signal. The value is then missing, and the account
	// provisional.
	Invalid func(sig, row int, value string)
}

// Page is a run of scored accounts, column-wise, as Result; slices have Len rows.
type Page struct {
	Len int
	// Rank is by pillar: the place of the score in Scores of the stream, -1 where no
	// level is known. Pillars is by pillar, for those that Scores does not list.
	Rank    [][]int32
	Pillars [][]float64

	Composite, Coverage []float64
	Tenths, Low, High   []int32 // scores and interval in tenths; NotScored
	Headline            []int16
	Rules               []uint8
	Status              []int8
	Provisional, Capped []bool
	Flawed              []bool // a value of the row was invalid
	DependsOnMissing    []bool
	CappedBy            []int8
}

// Stream scores batch after batch with the kernels of Score, into a page that it
// reuses. It holds no more than a page and is not safe for concurrent use; any
// number of streams may share a scorer.
type Stream struct {
	s       *Scorer
	k       *kernel
	cols    []stored
	res     *Result
	page    Page
	rows    int // of the page
	flawed  []bool
	rules   []uint8
	invalid func(sig, row int, value string)
}

// NewStream starts a stream of pages of up to rows accounts as of a day. collected
// says, by signal, which have a column. It fails with class Config when fewer than two
// pillars can be measured.
func (s *Scorer) NewStream(collected []bool, asOf int32, rows int) (*Stream, error) {
	if err := s.Measured(collected); err != nil {
		return nil, err
	}
	st := &Stream{s: s, rows: rows, cols: make([]stored, len(s.plan.Signals)), res: newPage(s.plan, rows)}
	for p := range s.plan.Pillars {
		if s.tables.scores[p] == nil && st.res.Pillars == nil {
			st.res.Pillars = columnsOf[float64](len(s.plan.Pillars), rows)
		}
	}
	cols := make([]column, len(s.plan.Signals))
	for i := range cols {
		cols[i] = s.column(i)
		if !collected[i] {
			continue
		}
		def := &s.plan.Signals[i]
		st.cols[i] = stored{def: def, ladders: s.ladders[i], late: startTooLate(asOf, def.MinTenureMonths), invalid: func(row int, value string) {
			st.flawed[row] = true
			st.invalid(i, row, value)
		}}
		cols[i].stored = &st.cols[i]
	}
	st.k = s.newKernel(cols, Rows{}, nil, st.res)
	st.page.Flawed = make([]bool, rows)
	return st, nil
}

// Scores lists, by pillar, the distinct scores that Page.Rank refers to, in
// ascending order; nil for a pillar with too many.
func (s *Scorer) Scores() [][]float64 { return s.tables.scores }

// Plan returns the plan that was compiled.
func (s *Scorer) Plan() *plan.Plan { return s.plan }

// Open takes up a batch of n accounts.
func (st *Stream) Open(b *Batch, n int) error {
	st.flawed = slices.Grow(st.flawed[:0], n)[:n]
	clear(st.flawed)
	st.invalid = b.Invalid
	var start *starts
	for sig := range st.cols {
		c := &st.cols[sig]
		if c.def == nil {
			continue
		}
		if err := c.open(b.Signals[sig]); err != nil {
			return err
		}
		if c.start = nil; c.def.MinTenureMonths > 0 && b.Start != nil {
			if start == nil {
				start = &starts{}
				if err := start.open(b.Start); err != nil {
					return err
				}
			}
			c.start = start
		}
		if b.Unreadable != nil {
			for _, row := range b.Unreadable[sig] {
				st.flawed[row] = true
			}
		}
	}
	st.k.flawed = st.flawed
	st.k.rows.Rules = nil
	if len(st.s.rules) == 1 {
		return nil
	}
	rules, err := st.chooseRules(b, n)
	st.k.rows.Rules = rules
	return err
}

// startTooLate returns the first moment after the last day on which an account
// could start and have been a customer for so many whole months by asOf.
func startTooLate(asOf, months int32) arrow.Timestamp {
	d := day.AddMonths(asOf, -int(months)) + 1
	for day.MonthsBetween(d, asOf) >= months { // where a short month ends on asOf
		d++
	}
	for day.MonthsBetween(d-1, asOf) < months {
		d--
	}
	return arrow.Timestamp(d) * microsPerDay
}

const microsPerDay = 86_400_000_000

// chooseRules finds every account's rules, once for each pair of entries.
func (st *Stream) chooseRules(b *Batch, n int) ([]uint8, error) {
	segments, segmentAt, err := entriesOf(b.Segment, "segment")
	if err != nil {
		return nil, err
	}
	tiers, tierAt, err := entriesOf(b.Tier, "tier")
	if err != nil {
		return nil, err
	}
	table := make([]int16, len(segments)*len(tiers)) // rules + 1
	st.rules = slices.Grow(st.rules[:0], n)[:n]
	for i := range st.rules {
		s, t := segmentAt(i), tierAt(i)
		at := &table[s*len(tiers)+t]
		if *at == 0 {
			*at = int16(st.s.plan.RulesFor(segments[s], tiers[t])) + 1
		}
		st.rules[i] = uint8(*at - 1)
	}
	return st.rules, nil
}

// entriesOf returns the texts of a column, the first being none, and the text of
// each row.
func entriesOf(a arrow.Array, name string) ([]string, func(i int) int, error) {
	if a == nil {
		return []string{""}, func(int) int { return 0 }, nil
	}
	if s, ok := a.(*array.String); ok {
		return distinct(s)
	}
	d, ok := a.(*array.Dictionary)
	if !ok {
		return nil, nil, diag.Errorf(diag.Internal, name, "", "its column arrives as %s", a.DataType())
	}
	words := d.Dictionary().(*array.String)
	out := make([]string, 1, words.Len()+1)
	for i := range words.Len() {
		out = append(out, words.Value(i))
	}
	return out, func(i int) int {
		if d.IsNull(i) {
			return 0
		}
		return d.GetValueIndex(i) + 1
	}, nil
}

// distinct is entriesOf of a column without a dictionary.
func distinct(s *array.String) ([]string, func(i int) int, error) {
	out, known, at := []string{""}, map[string]int{"": 0}, make([]int, s.Len())
	for i := range at {
		if s.IsNull(i) {
			continue
		}
		k, ok := known[s.Value(i)]
		if !ok {
			k = len(out)
			known[s.Value(i)] = k
			out = append(out, s.Value(i))
		}
		at[i] = k
	}
	return out, func(i int) int { return at[i] }, nil
}

// Score scores rows lo to lo+n-1 of the open batch into the page's next rows and
// returns how many fitted. A full page takes none; see Take.
func (st *Stream) Score(lo, n int) int {
	n = min(n, st.rows-st.page.Len)
	for done := 0; done < n; {
		step := min(chunk, n-done)
		at := st.page.Len
		if st.k.rows.Rules != nil {
			copy(st.res.Rules[at:], st.k.rows.Rules[lo+done:][:step])
		}
		st.k.run(lo+done, step, at)
		copy(st.page.Flawed[at:], st.flawed[lo+done:][:step])
		st.page.Len += step
		done += step
	}
	return n
}

// Full reports whether the page has no room left.
func (st *Stream) Full() bool { return st.page.Len == st.rows }

// Take returns the page and starts the next one in its memory: the page is valid
// until Score is called.
func (st *Stream) Take() *Page {
	n, r := st.page.Len, st.res
	p := &Page{
		Len: n, Composite: r.Composite[:n], Coverage: r.Coverage[:n], Tenths: r.Tenths[:n], Low: r.low[:n], High: r.high[:n],
		Headline: r.Headline[:n], Rules: r.Rules[:n], Status: r.Status[:n], Provisional: r.Provisional[:n], Capped: r.Capped[:n],
		Flawed: st.page.Flawed[:n], DependsOnMissing: r.DependsOnMissing[:n], CappedBy: r.CappedBy[:n],
	}
	for i := range r.ranks {
		p.Rank = append(p.Rank, r.ranks[i][:n])
	}
	for i := range r.Pillars {
		p.Pillars = append(p.Pillars, r.Pillars[i][:n])
	}
	st.page.Len = 0
	return p
}
