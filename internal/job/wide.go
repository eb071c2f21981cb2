package job

import (
	"context"
	"io"
	"runtime"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/publish"
	"accounthealth/internal/score"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// Wide scores a wide source, one row an account with a column a signal, row by
// row: what it holds does not grow with the rows. It knows no population, no
// history and no other source; every row is scored, in the order it comes in, and
// rows of the same account are rows of their own, which are counted as duplicates.
type Wide struct {
	Framework *framework.Framework
	Files     store.Source
	Path      string
	// Columns maps account_id, segment, tier, start_date and signals to the columns
	// of the file; what is not named is looked up as it is.
	Columns map[string]string
	AsOf    int32
	Codec   warehouse.Codec
	// Findings receives values that cannot be read or that a signal cannot have.
	Findings *diag.Tally
}

// WideResult counts what became of the rows.
type WideResult struct {
	Rows int64
	// Statuses counts accounts by status, best first, those not scored last.
	Statuses []StatusCount
	// Missing are the names of the signals that no column gives.
	Missing []string
	// Invalid is the number of accounts with a value that could not be used.
	Invalid int64
}

// StatusCount is how many accounts have a status.
type StatusCount struct {
	Name     string
	Accounts int64
}

const wideSource = "wide file"

// Run scores the source and writes the scores as one Parquet file. The same rows
// give the same bytes, whatever the number of processors and however the rows are
// divided among files and row groups.
func (w *Wide) Run(ctx context.Context, out io.Writer) (*WideResult, error) {
	r, err := w.open(ctx, out)
	if err != nil {
		return nil, err
	}
	return r.run(ctx)
}

// wideRun is a Wide at work. Batches are gathered into row groups of the output;
// each is scored and encoded by one of the lanes, and written in order.
type wideRun struct {
	*Wide
	scorer  *score.Scorer
	src     *warehouse.Source
	columns []string
	signals []int // by column: the signal, -1 for the others
	fixed   []int // places of account_id, segment, tier, start_date; -1 where absent
	writer  *warehouse.Writer
	lanes   chan *wideLane
	result  *WideResult
	names   map[string]int // status -> place in result.Statuses
	ids     *wideIDs

	scoreOnly bool // encode nothing, for measurements
}

const (
	wideID = iota
	wideSegment
	wideTier
	wideStart
)

var wideColumns = [...]source.Column{
	wideID:      {Name: "account_id", Role: source.ID, Required: true, Help: "the account's key, exact text"},
	wideSegment: {Name: "segment", Role: source.Text, Help: "chooses the rules"},
	wideTier:    {Name: "tier", Role: source.Text, Help: "chooses the rules"},
	wideStart:   {Name: "start_date", Role: source.Time, Help: "first day as a customer"},
}

func (w *Wide) open(ctx context.Context, out io.Writer) (*wideRun, error) {
	p := w.Framework.Plan
	r := &wideRun{Wide: w, result: &WideResult{}, names: map[string]int{}}
	var err error
	if r.scorer, err = score.New(p); err != nil {
		return nil, err
	}
	contract := &source.Contract{Name: wideSource, Grain: "account", Layout: source.Current, Columns: wideColumns[:]}
	contract.Columns = append([]source.Column(nil), contract.Columns...)
	for i := range p.Signals {
		role := source.Number
		if p.Signals[i].IsWord() {
			role = source.Text
		}
		contract.Columns = append(contract.Columns, source.Column{Name: p.Signals[i].Name, Role: role, Help: p.Signals[i].Label})
	}
	r.src, err = warehouse.Open(ctx, w.Files, warehouse.Spec{Contract: contract, Path: w.Path, Layout: source.Current, Columns: w.Columns},
		warehouse.Options{Encoded: true, Findings: w.Findings, BatchRows: warehouse.PageRows, Allocator: &warehouse.Recycler{}})
	if err != nil {
		return nil, err
	}
	r.ids = newWideIDs(r.src.Rows(), idsAtOnce)
	collected := r.choose()
	table := publish.NewWideTable(r.scorer)
	if r.writer, err = warehouse.NewWriter(out, table.Fields(), table.Options(w.Codec)); err != nil {
		return nil, err
	}
	workers := runtime.GOMAXPROCS(0) + 1
	r.lanes = make(chan *wideLane, workers)
	for range workers {
		stream, err := r.scorer.NewStream(collected, w.AsOf, warehouse.PageRows)
		if err != nil {
			return nil, err
		}
		r.lanes <- &wideLane{r: r, stream: stream, enc: table.NewEncoder(r.writer.NewRowGroup())}
	}
	return r, nil
}

// choose lists the columns to read and returns, by signal, which have one.
func (r *wideRun) choose() (collected []bool) {
	p := r.Framework.Plan
	tenure := false
	collected = make([]bool, len(p.Signals))
	for i := range p.Signals {
		tenure = tenure || p.Signals[i].MinTenureMonths > 0
	}
	used := [...]bool{wideID: true, wideSegment: len(p.Rules) > 1, wideTier: len(p.Rules) > 1, wideStart: tenure}
	r.fixed = []int{-1, -1, -1, -1}
	for i, c := range wideColumns {
		if used[i] && r.src.Has(c.Name) {
			r.fixed[i] = len(r.columns)
			r.columns, r.signals = append(r.columns, c.Name), append(r.signals, -1)
		}
	}
	for i := range p.Signals {
		name := p.Signals[i].Name
		if collected[i] = r.src.Has(name); !collected[i] {
			r.result.Missing = append(r.result.Missing, name)
			continue
		}
		r.columns, r.signals = append(r.columns, name), append(r.signals, i)
	}
	return collected
}

// WideColumns lists the columns that a wide file of a framework can have.
func WideColumns(p *plan.Plan) []string {
	var out []string
	for _, c := range wideColumns {
		out = append(out, c.Name)
	}
	for i := range p.Signals {
		out = append(out, p.Signals[i].Name)
	}
	return out
}

// wideGroup is the rows of one row group of the output.
type wideGroup struct {
	parts []widePart
	rows  int
	lane  *wideLane
	done  chan error
}

// widePart is a run of rows of a batch, which it holds.
type widePart struct {
	batch   warehouse.Batch
	from, n int
}

func (r *wideRun) run(ctx context.Context) (*WideResult, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ordered := make(chan *wideGroup, cap(r.lanes))
	var writing sync.WaitGroup
	writing.Go(func() {
		for g := range ordered {
			if err := <-g.done; err != nil {
				cancel(err)
			} else if ctx.Err() == nil {
				if err := r.append(g.lane); err != nil {
					cancel(err)
				}
			}
			r.lanes <- g.lane
		}
	})
	open := &wideGroup{}
	send := func() {
		g := open
		g.lane, g.done = <-r.lanes, make(chan error, 1)
		ordered <- g
		go func() { g.done <- g.lane.run(g) }()
		open = &wideGroup{}
	}
	err := r.src.Scan(ctx, r.columns, func(b *warehouse.Batch) error {
		rows := int(b.Record.NumRows())
		for from := 0; from < rows; {
			n := min(rows-from, warehouse.DefaultRowGroup-open.rows)
			b.Record.Retain()
			open.parts = append(open.parts, widePart{*b, from, n})
			open.rows += n
			from += n
			if open.rows == warehouse.DefaultRowGroup {
				send()
			}
		}
		return context.Cause(ctx)
	})
	if open.rows > 0 {
		send()
	}
	close(ordered)
	writing.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err == nil && r.Findings != nil && !r.scoreOnly {
		err = r.ids.find(ctx, r.src, r.Findings)
	}
	if err != nil {
		return nil, err
	}
	return r.result, r.writer.Close()
}

// append writes a lane's row group and adds its counts up.
func (r *wideRun) append(l *wideLane) error {
	if err := r.writer.Append(l.enc.Group); err != nil {
		return err
	}
	r.result.Rows += l.rows
	r.ids.add(0, l.prints...)
	r.result.Invalid += l.flawed
	for _, c := range l.statuses {
		i, ok := r.names[c.Name]
		if !ok {
			i = len(r.result.Statuses)
			r.names[c.Name] = i
			r.result.Statuses = append(r.result.Statuses, StatusCount{Name: c.Name})
		}
		r.result.Statuses[i].Accounts += c.Accounts
	}
	if r.Findings != nil {
		r.Findings.Merge(&l.findings)
	}
	return nil
}

// wideLane scores and encodes one row group at a time.
type wideLane struct {
	r      *wideRun
	stream *score.Stream
	enc    *publish.WideEncoder
	batch  score.Batch

	rows, flawed int64
	counts       [][]int64 // by rules, then status + 1
	statuses     []StatusCount
	findings     diag.Tally
	ids          idScratch
	prints       []uint64 // of the ids
}

// idScratch is room for ids that come with a dictionary.
type idScratch struct {
	data    []byte
	offsets []int32
	valid   []bool
}

func (l *wideLane) run(g *wideGroup) (err error) {
	defer func() {
		for i := range g.parts {
			g.parts[i].batch.Record.Release()
		}
	}()
	l.enc.Reset()
	l.rows, l.flawed, l.findings, l.prints = 0, 0, diag.Tally{}, l.prints[:0]
	p := l.r.Framework.Plan
	l.counts = make([][]int64, len(p.Rules))
	for i := range l.counts {
		l.counts[i] = make([]int64, len(p.Rules[i].Bands)+1)
	}
	for i := range g.parts {
		if err := l.part(&g.parts[i]); err != nil {
			return err
		}
	}
	if err := l.page(); err != nil {
		return err
	}
	l.statuses = l.statuses[:0]
	for rules := range l.counts {
		for i, b := range p.Rules[rules].Bands {
			l.statuses = append(l.statuses, StatusCount{b.Name, l.counts[rules][i+1]})
		}
	}
	var none int64
	for rules := range l.counts {
		none += l.counts[rules][0]
	}
	l.statuses = append(l.statuses, StatusCount{"Not scored", none})
	return l.enc.Group.Finish()
}

// part scores a run of rows of one batch.
func (l *wideLane) part(w *widePart) error {
	r := l.r
	record := w.batch.Record
	b := score.Batch{Signals: l.batch.Signals, Unreadable: l.batch.Unreadable, Invalid: func(sig, row int, value string) {
		code := diag.OutOfRange
		if r.Framework.Plan.Signals[sig].IsWord() {
			code = diag.UnknownWord
		}
		l.findings.Add(diag.Finding{
			Code: code, Source: wideSource, Column: r.Framework.Plan.Signals[sig].Name, File: w.batch.File,
			Row: w.batch.FirstRow + int64(row), Key: idOf(record.Column(r.fixed[wideID]), row), Value: value,
		})
	}}
	if b.Signals == nil {
		b.Signals, b.Unreadable = make([]arrow.Array, len(r.Framework.Plan.Signals)), make([][]int32, len(r.Framework.Plan.Signals))
	}
	for i, sig := range r.signals {
		if sig >= 0 {
			b.Signals[sig], b.Unreadable[sig] = record.Column(i), w.batch.Invalid[i]
		}
	}
	if k := r.fixed[wideSegment]; k >= 0 {
		b.Segment = record.Column(k)
	}
	if k := r.fixed[wideTier]; k >= 0 {
		b.Tier = record.Column(k)
	}
	if k := r.fixed[wideStart]; k >= 0 {
		b.Start = record.Column(k)
	}
	l.batch = b
	if err := l.stream.Open(&b, int(record.NumRows())); err != nil {
		return err
	}
	for done := 0; done < w.n; {
		n := l.stream.Score(w.from+done, w.n-done)
		l.idsOf(w, w.from+done, n)
		done += n
		if l.stream.Full() {
			if err := l.page(); err != nil {
				return err
			}
		}
	}
	return nil
}

// idsOf appends the ids of rows from..from+n-1 of a part to the open page.
func (l *wideLane) idsOf(w *widePart, from, n int) {
	if l.r.scoreOnly {
		return
	}
	a := w.batch.Record.Column(l.r.fixed[wideID])
	at := idBytes(a)
	for i := from; i < from+n; i++ {
		if a.IsValid(i) {
			p, _ := fingerprint(at(i))
			l.prints = append(l.prints, p)
		}
	}
	var valid []bool
	if a.NullN() > 0 {
		valid = l.ids.valid[:0]
		for i := range n {
			valid = append(valid, a.IsValid(from+i))
			if !valid[i] {
				l.findings.Add(diag.Finding{
					Code: diag.MissingKey, Source: wideSource, Column: wideColumns[wideID].Name, File: w.batch.File, Row: w.batch.FirstRow + int64(from+i),
				})
			}
		}
		l.ids.valid = valid
	}
	if s, ok := a.(*array.String); ok {
		offsets := s.ValueOffsets()
		l.enc.Group.Texts(wideID, s.Data().Buffers()[2].Bytes(), offsets[from:from+n+1], valid)
		return
	}
	d := a.(*array.Dictionary)
	words := d.Dictionary().(*array.String)
	l.ids.data, l.ids.offsets = l.ids.data[:0], append(l.ids.offsets[:0], 0)
	for i := range n {
		if a.IsValid(from + i) {
			l.ids.data = append(l.ids.data, words.Value(d.GetValueIndex(from+i))...)
		}
		l.ids.offsets = append(l.ids.offsets, int32(len(l.ids.data)))
	}
	l.enc.Group.Texts(wideID, l.ids.data, l.ids.offsets, valid)
}

// idOf returns the id of a row, "" where it has none. It outlives the batch.
func idOf(a arrow.Array, row int) string {
	if a.IsNull(row) {
		return ""
	}
	s := ""
	switch a := a.(type) {
	case *array.String:
		s = a.Value(row)
	case *array.Dictionary:
		s = a.Dictionary().(*array.String).Value(a.GetValueIndex(row))
	}
	return string(append([]byte(nil), s...))
}

// page encodes the page that the stream has filled.
func (l *wideLane) page() error {
	p := l.stream.Take()
	if p.Len == 0 {
		return nil
	}
	l.rows += int64(p.Len)
	for i, s := range p.Status {
		l.counts[p.Rules[i]][s+1]++
	}
	for _, f := range p.Flawed {
		if f {
			l.flawed++
		}
	}
	if l.r.scoreOnly {
		return nil
	}
	return l.enc.Page(p)
}
