package reports

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// book is a workbook under construction. The first failure is kept and ends up
// in write, so that declarations read without an error after every line.
type book struct {
	file     *excelize.File
	opt      Options
	err      error
	styles   map[look]int
	dxfs     map[string]*int
	census   census
	bands    []bandStyle
	sheets   []string
	fillings []filling
	bare     map[string]bool   // names of tables without filter buttons
	tables   map[string][]byte // finished table parts
	names    map[string]bool   // defined names and table names, in upper case
	about    about
	computed map[string]map[string]value // by part, then cell: formulas with what they gave
}

// about is what a workbook says of itself.
type about struct {
	title, subject string
	asOf           int32
}

type bandStyle struct {
	name string
	tone bandTone
}

func newBook(opt Options, a about, bands []bandStyle) *book {
	b := &book{
		file: excelize.NewFile(), opt: opt, about: a, bands: bands,
		styles: map[look]int{}, dxfs: map[string]*int{}, bare: map[string]bool{}, names: map[string]bool{}, tables: map[string][]byte{},
		computed: map[string]map[string]value{},
	}
	b.fail(b.file.SetDefaultFont(typeface))
	b.style(look{}) // loads the style sheet
	if b.err == nil {
		b.file.Styles.Fonts.Font[0].Sz.Val = ptr(float64(textSize))
	}
	return b
}

func (b *book) fail(err error) {
	if b.err == nil && err != nil {
		b.err = err
	}
}

// has says whether a sheet of that name exists, ignoring case as Excel does.
func (b *book) has(sheet string) bool {
	return slices.ContainsFunc(b.sheets, func(s string) bool { return strings.EqualFold(s, sheet) })
}

// shelve puts the newest table's part aside until the workbook is written and
// leaves its number and name: excelize parses every table twice to add another.
func (b *book) shelve(name string) {
	n := itoa(len(b.tables) + 1)
	part := "xl/tables/table" + n + ".xml"
	made, ok := b.file.Pkg.Load(part)
	if !ok {
		b.fail(contradiction("workbook", "table %s was not added", name))
		return
	}
	b.tables[part] = made.([]byte)
	b.file.Pkg.Store(part, []byte(`<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="`+n+`" name="`+name+`"></table>`))
}

// define gives a cell a name that formulas can use. The first use of a name wins.
func (b *book) define(name, ref string) {
	name = definedName(name)
	if key := strings.ToUpper(name); !b.names[key] {
		b.names[key] = true
		b.fail(b.file.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: ref}))
	}
}

// compute remembers what a formula gave, which excelize cannot write.
func (b *book) compute(part, ref string, v value) {
	if b.computed[part] == nil {
		b.computed[part] = map[string]value{}
	}
	b.computed[part][ref] = v
}

// write finishes the workbook and writes it to w.
func (b *book) write(w io.Writer) error {
	if b.err != nil {
		return b.err
	}
	f := b.file
	defer f.Close()
	stamp := dayTime(b.about.asOf).Format(time.RFC3339)
	b.fail(f.SetDocProps(&excelize.DocProperties{
		Title: b.about.title, Subject: b.about.subject, Creator: "accounthealth",
		LastModifiedBy: "accounthealth", Created: stamp, Modified: stamp, Language: "en-GB",
		Keywords: "account health, as of " + dayTime(b.about.asOf).Format(time.DateOnly),
	}))
	b.fail(f.SetAppProps(&excelize.AppProperties{Application: "accounthealth", Company: b.opt.Organisation}))
	f.SetActiveSheet(0)
	ps := parts{}
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return ps })
	if b.err == nil {
		_, err := f.WriteToBuffer()
		b.fail(err)
	}
	if b.err != nil {
		return b.err
	}
	for part, made := range b.tables {
		ps[part] = bytes.NewBuffer(made)
	}
	b.mend(ps)
	return pack(w, ps, b.fillings, &b.census)
}

// sheet adds an empty worksheet and returns its part in the file.
func (b *book) sheet(want string) (name, part string) {
	name = sheetName(want, b.has)
	if len(b.sheets) == 0 {
		b.fail(b.file.SetSheetName("Sheet1", name))
	} else {
		_, err := b.file.NewSheet(name)
		b.fail(err)
	}
	b.sheets = append(b.sheets, name)
	return name, "xl/worksheets/sheet" + itoa(len(b.sheets)) + ".xml"
}

// mend corrects the finished parts where excelize cannot be told what to write:
// the order of content types (a map's), of font and bar series elements, the
// filter buttons of small tables, and what formulas gave.
func (b *book) mend(ps parts) {
	for name, part := range ps {
		var fixed []byte
		switch {
		case name == "[Content_Types].xml":
			fixed = orderDefaults(part.Bytes())
		case name == "xl/styles.xml":
			fixed = orderFonts(part.Bytes())
		case strings.HasPrefix(name, "xl/tables/"):
			fixed = b.dropFilter(part.Bytes())
		case strings.HasPrefix(name, "xl/charts/"):
			fixed = orderSeries(part.Bytes())
		case b.computed[name] != nil:
			fixed = giveResults(part.Bytes(), b.computed[name])
		default:
			continue
		}
		ps[name] = bytes.NewBuffer(fixed)
	}
}

// orderDefaults sorts the content types of file extensions.
func orderDefaults(types []byte) []byte {
	const open, end = "<Default ", "</Default>"
	s := string(types)
	from, to := strings.Index(s, open), strings.LastIndex(s, end)
	if from < 0 || to < from {
		return types
	}
	to += len(end)
	entries := strings.SplitAfter(s[from:to], end)
	slices.Sort(entries)
	return []byte(s[:from] + strings.Join(entries, "") + s[to:])
}

// dropFilter removes the filter buttons of a table that is too small to filter.
func (b *book) dropFilter(table []byte) []byte {
	_, name, _ := bytes.Cut(table, []byte(` name="`))
	name, _, _ = bytes.Cut(name, []byte(`"`))
	if !b.bare[string(name)] {
		return table
	}
	head, rest, ok := bytes.Cut(table, []byte("<autoFilter"))
	if !ok {
		return table
	}
	if _, tail, ok := bytes.Cut(rest, []byte("</autoFilter>")); ok {
		return append(head[:len(head):len(head)], tail...)
	}
	return table
}

func ptr[T any](v T) *T { return &v }
