package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// Description is what a source's files hold, whatever contract they will serve.
type Description struct {
	Files      []File
	Rows       int64
	Partitions []string // Hive keys, which are described as columns too
	Columns    []ColumnDescription
}

// ColumnDescription is one column over all files. Values are shown as text: times
// in UTC and ISO 8601.
type ColumnDescription struct {
	Name string // with dots for the fields of a struct
	// Types are the types as written, in order of first appearance.
	Types []string
	// Codecs and Encodings are those of the column's data pages, in order of
	// first appearance; a dictionary that gave way to plain pages shows as both.
	Codecs, Encodings []string
	// Roles are those that every value seen can serve, in the order of
	// source.Role; nil where Problem says why there is none and Fix what to do.
	Roles        []source.Role
	Problem, Fix string
	// Rows counts the rows of the files that have the column, Nulls those of
	// them without a value, blank text and NaN included.
	Rows, Nulls int64
	// Distinct counts different values, and is a lower bound where Capped.
	Distinct int
	Capped   bool
	// Min and Max compare as numbers where the column reads as numbers, else as
	// text, in which ISO times keep their order. Empty where all is null.
	Min, Max string
	// Samples are the first few different values in the order of the files.
	Samples []string
}

const (
	// describeDistinct is how many different values of a column are counted.
	describeDistinct = 10_000
	describeSamples  = 5
)

// Describe reads every value of every file below path. Of columns that no role
// can use, such as lists, the pages are read and checked, not decoded. It fails
// where anything is damaged.
func Describe(ctx context.Context, st store.Source, path string) (*Description, error) {
	st = withCSV{st}
	opt := Options{}.withDefaults()
	parts, err := openParts(ctx, st, path, opt.MemoryBudget)
	if err != nil {
		return nil, err
	}
	d := &describer{ctx: ctx, opt: opt, byName: map[string]*profile{}}
	out := &Description{}
	for _, p := range parts {
		o := opened{part: p, partitions: partitionsOf(p.file.Rel)}
		out.Files = append(out.Files, o.describe(st))
		out.Rows += p.meta.NumRows
		for _, k := range o.partitions {
			if !slices.Contains(out.Partitions, k.Key) {
				out.Partitions = append(out.Partitions, k.Key)
			}
		}
		if err := d.part(st, &o); err != nil {
			return nil, err
		}
	}
	for _, name := range d.order {
		if p := d.byName[name]; slices.Equal(p.Types, []string{csvText}) {
			p.Codecs, p.Encodings = nil, nil // of the copy that is read
		}
		out.Columns = append(out.Columns, d.byName[name].finish())
	}
	return out, nil
}

// csvText is the type of a column of a CSV file.
const csvText = "CSV text"

type describer struct {
	ctx    context.Context
	opt    Options
	byName map[string]*profile
	order  []string
}

// profile is a column's description in the making.
type profile struct {
	ColumnDescription
	roles [source.Flag + 1]bool // still possible
	seen  map[string]struct{}
	// The bounds of the values that are numbers, until one is not.
	numeric  bool
	low, top struct {
		text  string
		value float64
	}
}

// profile finds or starts a column. Names of different files that differ in case
// only are one column, as they are to a source.
func (d *describer) profile(o *opened, name, typ string) *profile {
	p := d.byName[name]
	for _, known := range d.order {
		if p == nil && strings.EqualFold(known, name) && !o.names(known) {
			p = d.byName[known]
		}
	}
	if p == nil {
		p = &profile{ColumnDescription: ColumnDescription{Name: name}, seen: map[string]struct{}{}, numeric: true}
		for r := range p.roles {
			p.roles[r] = true
		}
		d.byName[name] = p
		d.order = append(d.order, name)
	}
	if !slices.Contains(p.Types, typ) {
		p.Types = append(p.Types, typ)
	}
	return p
}

// names says whether the file has a column or a partition key of exactly that
// name.
func (o *opened) names(name string) bool {
	return slices.ContainsFunc(o.leaves, func(l leaf) bool { return l.path == name }) ||
		slices.ContainsFunc(o.partitions, func(k Partition) bool { return k.Key == name })
}

func (d *describer) part(st store.Source, o *opened) (err error) {
	r, err := st.Open(d.ctx, o.file)
	if err != nil {
		return err
	}
	defer r.Close()
	for i := range o.leaves {
		l := &o.leaves[i]
		typ := l.shown
		if isCSV(o.file.Path) {
			typ = csvText
		}
		p := d.profile(o, l.path, typ)
		if slices.ContainsFunc(o.leaves[:i], func(m leaf) bool { return m.path == l.path }) {
			p.Problem, p.Fix = "is in "+o.file.Path+" more than once", "rename or drop one in the export"
			continue
		}
		p.Rows += o.meta.NumRows
		for role := range p.roles {
			if what, fix := l.refusal(source.Role(role), l.path); what != "" {
				p.roles[role] = false
				if (l.list != nil || l.form == formForeign) && (p.Problem == "" || role == int(source.Number)) {
					p.Problem, p.Fix = what, fix // a number's advice says the most
				}
			}
		}
		if l.form == formNull {
			p.Nulls += o.meta.NumRows
		}
		for g := range o.meta.RowGroups {
			if err := d.chunk(o.part, g, l, r, p); err != nil {
				return err
			}
		}
	}
	for _, k := range o.partitions {
		p := d.profile(o, k.Key, "partition key")
		p.Rows += o.meta.NumRows
		if k.Null {
			p.Nulls += o.meta.NumRows
		} else {
			p.value(k.Value, true)
		}
	}
	return nil
}

// chunk adds a column chunk's values.
func (d *describer) chunk(o *part, group int, l *leaf, r store.Reader, p *profile) (err error) {
	rows := o.meta.RowGroups[group].NumRows
	if rows == 0 {
		return nil
	}
	defer func() {
		if recover() != nil {
			err = errors.New("the decoder failed on its pages")
		}
		if err != nil && d.ctx.Err() == nil {
			err = pageFault(o.file.Path, group, ", column "+l.path, err)
		}
	}()
	meta := &o.meta.RowGroups[group].Columns[l.index].MetaData
	var stream *pageStream
	if l.list != nil || l.form == formForeign || l.form == formNull {
		if stream, err = newPageStream(r, meta, l, d.opt.MemoryBudget); err == nil {
			defer stream.close()
			err = d.check(stream, l, rows)
		}
	} else {
		stream, err = d.values(o, group, l, r, p, rows)
	}
	if err == nil {
		p.written(meta.Codec.String(), stream.encodings)
	}
	return err
}

// check reads the pages of a column that serves no role.
func (d *describer) check(stream *pageStream, l *leaf, rows int64) error {
	if l.list == nil {
		if stream.claims != rows {
			return fmt.Errorf("it holds %d values for %d rows: %w", stream.claims, rows, errClaim)
		}
		for {
			if err := d.ctx.Err(); err != nil {
				return err
			}
			if _, err := stream.page(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
	for c := newLengths(stream, l, rows, d.opt.Allocator); c.left > 0; {
		if c.left%DefaultBatchRows == 0 && d.ctx.Err() != nil {
			return d.ctx.Err()
		}
		if _, _, err := c.row(); err != nil {
			return err
		}
	}
	return nil
}

// values adds the values of a column that reads as text.
func (d *describer) values(o *part, group int, l *leaf, r store.Reader, p *profile, left int64) (*pageStream, error) {
	column, err := openColumn(o, group, l, source.Text, r, newZone(nil), d.opt, d.opt.Allocator)
	if err != nil {
		return nil, err
	}
	c := column.(*text)
	defer c.close()
	var known *array.Data // the dictionary of the batch before, of which used are counted
	var used []bool
	for left > 0 {
		if err := d.ctx.Err(); err != nil {
			return nil, err
		}
		n := min(left, DefaultBatchRows)
		a, f, err := c.read(int(n))
		if err != nil {
			return nil, err
		}
		left -= n
		rows := a.(*array.Dictionary)
		p.Nulls += int64(rows.NullN() - len(f.at))
		values := rows.Dictionary().(*array.String)
		if dict := rows.Dictionary().Data().(*array.Data); dict != known {
			known, used = dict, make([]bool, values.Len())
		}
		for i, x := range rows.Indices().(*array.Int32).Int32Values() {
			if rows.IsValid(i) && !used[x] {
				used[x] = true
				p.value(values.Value(int(x)), l.form == formText)
			}
		}
		a.Release()
	}
	return c.stream, nil
}

// written notes how a column chunk is stored.
func (p *profile) written(codec string, encodings []format.Encoding) {
	if !slices.Contains(p.Codecs, codec) {
		p.Codecs = append(p.Codecs, codec)
	}
	for _, e := range encodings {
		if name := e.String(); !slices.Contains(p.Encodings, name) {
			p.Encodings = append(p.Encodings, name)
		}
	}
}

// value counts one more different value; parse says that it is text whose
// readings as other roles are not known yet.
func (p *profile) value(s string, parse bool) {
	if _, ok := p.seen[s]; ok {
		return
	}
	if len(p.seen) < describeDistinct {
		s = strings.Clone(s) // a view of the batch until here
		p.seen[s] = struct{}{}
	} else {
		p.Capped = true
	}
	if len(p.Samples) < describeSamples {
		p.Samples = append(p.Samples, s)
	}
	p.readings(s, parse)
	p.bounds(s)
}

func (p *profile) readings(s string, parse bool) {
	if p.roles[source.Flag] {
		_, k := parseFlag(s)
		p.roles[source.Flag] = k == 0
	}
	if !parse {
		return
	}
	if p.roles[source.Number] {
		_, k := parseNumber(s)
		p.roles[source.Number] = k == 0
		p.roles[source.Money] = p.roles[source.Money] && k == 0
	}
	if p.roles[source.Time] {
		_, k := parseTime(s, newZone(nil))
		p.roles[source.Time] = k == 0
	}
}

func (p *profile) bounds(s string) {
	if first := p.Min == ""; first || s < p.Min {
		p.Min = s
	}
	p.Max = max(p.Max, s)
	if !p.numeric {
		return
	}
	x, err := strconv.ParseFloat(s, 64)
	if p.numeric = err == nil; !p.numeric {
		return
	}
	if p.low.text == "" || x < p.low.value {
		p.low.text, p.low.value = s, x
	}
	if p.top.text == "" || x > p.top.value {
		p.top.text, p.top.value = s, x
	}
}

func (p *profile) finish() ColumnDescription {
	p.Distinct = len(p.seen)
	if p.numeric {
		p.Min, p.Max = p.low.text, p.top.text
	}
	if p.Problem == "" {
		for r, ok := range p.roles {
			if ok {
				p.Roles = append(p.Roles, source.Role(r))
			}
		}
	}
	return p.ColumnDescription
}
