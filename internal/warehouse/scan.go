package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// Batch is a run of rows of one file.
type Batch struct {
	// Record has one column per requested canonical column, in that order. A
	// column's type follows from its role alone, unless Options.Encoded is set: ID and Text are
	// dictionary<int32, utf8>, Number and Money float64, Time timestamp[us]
	// without a zone (the clock of the reporting time zone), Flag bool. Batches
	// that share a dictionary share its array.Data, so that work per entry can be
	// kept between them. A dictionary of plain values may hold a value twice.
	// Everything is valid until the record is released: its memory is used again.
	Record arrow.Record
	File   string
	// FirstRow is the zero-based row of the file at which the batch starts.
	FirstRow int64
	// Invalid has, per column, the rising positions within the batch of values
	// that could not be read as the column's role; they are null in Record. It is
	// nil for a column without any.
	Invalid [][]int32
	// InvalidText has, per column, what the first of those values say.
	InvalidText [][]string
}

// aheadBytes is how much of a row group may wait decoded, about: the batches of a
// group are made while those of the groups before it are consumed. Half of it are
// batches under construction.
const aheadBytes = 32 << 20

// Scan reads the columns of all files in order and calls fn for each batch, on
// the caller's goroutine, in the order of files and rows. The record is released
// when fn returns; fn retains what it keeps. A column that no file has, or that
// a file lacks, is null throughout. An error of fn ends the scan and is returned.
// Row groups that Between left out are not read.
// The scan fails where a file turns out damaged or the rows read differ from the
// footers' claims.
func (s *Source) Scan(ctx context.Context, columns []string, fn func(*Batch) error) error {
	plan := &scanPlan{Source: s}
	fields := make([]arrow.Field, len(columns))
	for i, name := range columns {
		at := s.column(name)
		if at < 0 {
			return diag.Errorf(diag.Internal, s.spec.Contract.Name, "", "column %s is not in the source's contract", name)
		}
		plan.columns = append(plan.columns, at)
		fields[i] = arrow.Field{Name: name, Type: arrowType(s.wants[at].Role), Nullable: true}
	}
	plan.schema = arrow.NewSchema(fields, nil)
	plan.mem = s.opt.Allocator
	if _, ok := plan.mem.(*Recycler); !ok {
		mem := &Recycler{from: s.opt.Allocator}
		plan.mem = mem
		defer mem.close()
	}
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()

	tasks := plan.tasks()
	ahead := max(2, runtime.GOMAXPROCS(0)) // row groups that are decoded at a time
	started := 0
	for i, t := range tasks {
		for ; started < len(tasks) && started <= i+ahead-1; started++ {
			next := tasks[started]
			workers.Go(func() { plan.run(ctx, next) })
		}
		if err := s.consume(t, fn); err != nil {
			cancel()
			drain(tasks[i:started])
			return err
		}
	}
	return nil
}

// drain empties the channels of tasks that were started, so that they end and
// nothing stays allocated.
func drain(tasks []*task) {
	for _, t := range tasks {
		for b := range t.out {
			b.Record.Release()
		}
	}
}

// consume hands a row group's batches to fn and counts their findings.
func (s *Source) consume(t *task, fn func(*Batch) error) error {
	for b := range t.out {
		s.count(b)
		err := fn(&b.Batch)
		b.Record.Release()
		if err != nil {
			return err
		}
	}
	return t.err
}

func (s *Source) count(b *scanned) {
	if s.opt.Findings == nil {
		return
	}
	for i, at := range b.Invalid {
		for j, row := range at {
			f := diag.Finding{
				Code: diag.Unparsable, Source: s.spec.Contract.Name, Column: b.Record.ColumnName(i),
				File: b.File, Row: b.FirstRow + int64(row), Value: b.InvalidText[i][min(j, len(b.InvalidText[i])-1)],
			}
			if j == len(b.InvalidText[i]) { // the rest are no examples
				s.opt.Findings.AddN(f, int64(len(at)-j))
				break
			}
			s.opt.Findings.Add(f)
		}
	}
}

// scanned is a batch with its arrays until it has a record.
type scanned struct {
	Batch
	rows   int
	arrays []arrow.Array
}

func newScanned(file string, first int64, rows, columns int) *scanned {
	return &scanned{
		Batch: Batch{File: file, FirstRow: first, Invalid: make([][]int32, columns), InvalidText: make([][]string, columns)},
		rows:  rows, arrays: make([]arrow.Array, columns),
	}
}

// release gives up the arrays, which a record keeps.
func (b *scanned) release() {
	for _, a := range b.arrays {
		if a != nil { // after an error
			a.Release()
		}
	}
	b.arrays = nil
}

// task is one row group.
type task struct {
	part     *opened
	group    int
	firstRow int64
	last     bool // of the scan: nothing else is decoded at the end of it
	out      chan *scanned
	err      error // set before out is closed
}

type scanPlan struct {
	*Source
	columns []int // positions in the contract
	schema  *arrow.Schema
	mem     memory.Allocator // of batches; hands on what was released
}

func (p *scanPlan) tasks() []*task {
	var out []*task
	for i := range p.parts {
		o := &p.parts[i]
		var row int64
		for g := range o.meta.RowGroups {
			if n := o.meta.RowGroups[g].NumRows; n > 0 {
				if !o.leftOut(g) {
					room := max(1, p.ahead/2/(int64(p.opt.BatchRows)*p.rowBytes(o, g)))
					batches := int(min(room, (n-1)/int64(p.opt.BatchRows)+1))
					out = append(out, &task{part: o, group: g, firstRow: row, out: make(chan *scanned, batches)})
				}
				row += n
			}
		}
	}
	if len(out) > 0 {
		out[len(out)-1].last = true
	}
	return out
}

// rowBytes is about what a decoded row takes. Columns that come as they are stored
// take what their pages do, and texts that are no codes an offset.
func (p *scanPlan) rowBytes(o *opened, group int) int64 {
	total := int64(1)
	for _, at := range p.columns {
		wide, text := int64(8), false
		switch p.wants[at].Role {
		case source.ID, source.Text:
			wide, text = 16, true
		case source.Flag:
			wide = 1
		}
		if l := o.columns[at].leaf; p.opt.Encoded && l != nil {
			g := &o.meta.RowGroups[group]
			claimed := max(0, g.Columns[l.index].MetaData.TotalUncompressedSize) // by a footer, which may be damaged
			stored := claimed/g.NumRows + 1
			switch {
			case !text:
				wide = min(wide, stored)
			case stored > 4:
				wide = 4 + min(stored, 1<<20)
			default:
				wide = stored
			}
		}
		total += wide
	}
	return total
}

// run decodes a row group into batches and closes the task's channel.
func (p *scanPlan) run(ctx context.Context, t *task) {
	defer close(t.out)
	r, err := p.store.Open(ctx, t.part.file)
	if err != nil {
		t.err = err
		return
	}
	defer r.Close()
	d := &groupDecoder{plan: p, task: t}
	defer d.close()
	defer func() {
		if recover() != nil {
			t.err = d.fault(d.at, errDecoder)
		}
	}()
	if t.err = d.open(r); t.err == nil {
		t.err = d.decode(ctx)
	}
}

// groupDecoder decodes the requested columns of one row group.
type groupDecoder struct {
	plan    *scanPlan
	task    *task
	columns []column
	at      int           // the column at work, for messages
	schema  *arrow.Schema // of the last batch
}

func (d *groupDecoder) close() {
	for _, c := range d.columns {
		c.close()
	}
}

// schemaOf returns the schema of a batch. Where columns come as they are stored,
// it follows from the arrays.
func (d *groupDecoder) schemaOf(arrays []arrow.Array) *arrow.Schema {
	if d.schema == nil {
		d.schema = d.plan.schema
	}
	same := func(i int) bool { return d.schema.Field(i).Type == arrays[i].DataType() }
	for i := range arrays {
		if d.plan.opt.Encoded && !same(i) {
			fields := slices.Clone(d.plan.schema.Fields())
			for k := range fields {
				fields[k].Type = arrays[k].DataType()
			}
			d.schema = arrow.NewSchema(fields, nil)
			break
		}
	}
	return d.schema
}

func (d *groupDecoder) open(r store.Reader) error {
	p, t := d.plan, d.task
	for i, at := range p.columns {
		d.at = i
		z := newZone(p.opt.Location) // one each: columns are read at a time
		role, place := p.wants[at].Role, t.part.columns[at]
		if place.leaf == nil || place.leaf.form == formNull {
			var key *string
			if place.key != nil && !place.key.Null {
				key = &place.key.Value
			}
			d.columns = append(d.columns, newConstant(p.opt.Allocator, role, key, z))
			continue
		}
		c, err := openColumn(t.part.part, t.group, place.leaf, role, r, z, p.opt, p.mem)
		if err != nil {
			return d.fault(i, err)
		}
		d.columns = append(d.columns, c)
	}
	return nil
}

func openColumn(p *part, group int, l *leaf, role source.Role, r io.ReaderAt, z *zone, opt Options, mem memory.Allocator) (column, error) {
	meta, rows := &p.meta.RowGroups[group].Columns[l.index].MetaData, p.meta.RowGroups[group].NumRows
	if l.form == formLength {
		stream, err := newPageStream(r, meta, l, opt.MemoryBudget)
		if err != nil {
			return nil, err
		}
		return newLengths(stream, l, rows, mem), nil
	}
	if meta.NumValues != rows {
		return nil, fmt.Errorf("it holds %d values for %d rows: %w", meta.NumValues, rows, errClaim)
	}
	cur, err := openCursor(p, group, l, r, opt.MemoryBudget)
	if err != nil {
		return nil, err
	}
	typ := arrowType(role)
	switch role {
	case source.ID, source.Text:
		t := &text{cursor: cur, mem: mem, zone: z}
		switch {
		case opt.Encoded && l.form == formBool:
			return &flagText{bools: &bools{cursor: cur, mem: mem}}, nil
		case opt.Encoded:
			cur.coded, cur.stream.lazy = true, t.wantsText()
			return &storedText{text: t}, nil
		}
		return t, nil
	case source.Number:
		return storable(&fixed[float64]{cursor: cur, mem: mem, typ: typ, convert: toNumbers}, opt), nil
	case source.Money:
		return storable(&fixed[float64]{cursor: cur, mem: mem, typ: typ, convert: toMoney}, opt), nil
	case source.Time:
		return storable(&fixed[int64]{cursor: cur, mem: mem, typ: typ, convert: toTimes(z)}, opt), nil
	case source.Flag:
		if l.form == formBool {
			return &bools{cursor: cur, mem: mem}, nil
		}
		return &fixed[bool]{cursor: cur, mem: mem, typ: typ, convert: toFlags}, nil
	}
	cur.close()
	return nil, fmt.Errorf("role %d is unknown", role)
}

// decode makes the group's batches, as many at a time as may wait, column by column:
// what decoding a column takes stays in the nearest cache for all of them.
func (d *groupDecoder) decode(ctx context.Context) error {
	rows, at := d.task.part.meta.RowGroups[d.task.group].NumRows, d.task.firstRow
	end := at + rows
	for at < end {
		batches := make([]*scanned, 0, cap(d.task.out))
		for from := at; from < end && len(batches) < cap(batches); {
			n := int(min(int64(d.plan.opt.BatchRows), end-from))
			b := newScanned(d.task.part.file.Path, from, n, len(d.columns))
			batches = append(batches, b)
			from += int64(n)
		}
		if err := d.fill(ctx, batches); err != nil {
			for _, b := range batches {
				b.release()
			}
			return err
		}
		for i, b := range batches {
			b.Record = array.NewRecord(d.schemaOf(b.arrays), b.arrays, int64(b.rows))
			b.release()
			at += int64(b.rows)
			select {
			case d.task.out <- b:
			case <-ctx.Done():
				b.Record.Release()
				for _, b := range batches[i+1:] {
					b.release()
				}
				return ctx.Err()
			}
		}
	}
	return nil
}

// fill reads every column of the batches, several at a time where no other group is
// decoded meanwhile: this one is too large for that, or the last. Of several errors it
// returns the first column's.
func (d *groupDecoder) fill(ctx context.Context, batches []*scanned) error {
	if d.workers() == 1 {
		for i := range d.columns {
			if err := d.guarded(ctx, i, batches); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, len(d.columns))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range d.workers() {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(d.columns); i = int(next.Add(1)) - 1 {
				errs[i] = d.guarded(ctx, i, batches)
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// workers is how many columns of the group are read at a time.
func (d *groupDecoder) workers() int {
	batches := (d.task.part.meta.RowGroups[d.task.group].NumRows-1)/int64(d.plan.opt.BatchRows) + 1
	if batches <= 2*int64(cap(d.task.out)) && !d.task.last { // all of it fits in what may wait
		return 1
	}
	return min(runtime.GOMAXPROCS(0), len(d.columns))
}

// guarded is fillColumn where a decoder that fails beyond any error is an error.
func (d *groupDecoder) guarded(ctx context.Context, column int, batches []*scanned) (err error) {
	defer func() {
		if recover() != nil {
			err = d.fault(column, errDecoder)
		}
	}()
	return d.fillColumn(ctx, column, batches)
}

// fillColumn reads one column of the batches.
func (d *groupDecoder) fillColumn(ctx context.Context, i int, batches []*scanned) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, b := range batches {
		a, f, err := d.columns[i].read(b.rows)
		if err != nil {
			return d.fault(i, err)
		}
		b.arrays[i] = a
		b.Invalid[i], b.InvalidText[i] = f.at, f.text
	}
	return nil
}

// errDecoder stands for a panic, whose own text means nothing to a reader.
var errDecoder = errors.New("the decoder failed on its pages")

// fault names the file, the row group and the column of a decoding error.
func (d *groupDecoder) fault(at int, err error) error {
	column := ""
	if at < len(d.plan.columns) {
		if l := d.task.part.columns[d.plan.columns[at]].leaf; l != nil {
			column = ", column " + l.path
		}
	}
	return pageFault(d.task.part.file.Path, d.task.group, column, err)
}

func pageFault(path string, group int, column string, err error) error {
	if told, ok := errors.AsType[*diag.Error](err); ok {
		return told // the store's own words, which do not blame the file
	}
	e := &diag.Error{
		Class: diag.Data, Where: path, Fix: damaged, Cause: err,
		What: fmt.Sprintf("row group %d%s cannot be read", group, column),
	}
	switch {
	case errors.Is(err, errCodec):
		e.Fix = "export the file again with SNAPPY or ZSTD compression"
	case errors.Is(err, errBudget):
		e.Fix = "export the file again with smaller row groups, or allow more memory; the file may be damaged"
	}
	return e
}
