package reports

import (
	"bytes"
	"io"
	"math"
	"reflect"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// cells are the values that went into a workbook, by sheet and cell.
type cells map[string]map[string]value

func (c cells) options() Options {
	return Options{placed: func(sheet, cell string, v value) {
		if c[sheet] == nil {
			c[sheet] = map[string]value{}
		}
		c[sheet][cell] = v
	}}
}

func ownerFixture() *portfolio.OwnerBook {
	r := fixture(60)
	b := &portfolio.OwnerBook{
		Owner: "=Amara & <co>", AsOf: asOf, Currency: "USD", Framework: r.Framework, PillarDefs: r.PillarDefs, BandNames: r.BandNames, Bands: r.Bands,
		Targets: []portfolio.BookTarget{{Name: "Support", Values: "0 to 100"}, {Name: "NPS", Values: "a number from 0 to 10"}},
	}
	for i, a := range r.Accounts.(rowsOf) {
		b.Rows = append(b.Rows, portfolio.BookRow{AccountRow: a, Order: int32(i) + 1, Days: portfolio.Amount(float64(i)), Risks: []string{"-1", "a\nb"}, Code: itoa(i)})
	}
	return b
}

// What a reader of the file finds in every cell of every sheet is the value that
// was put there, and nothing else is there.
func TestEveryCellReadsBack(t *testing.T) {
	r := fixture(120)
	hostile(r)
	for name, write := range map[string]func(io.Writer, Options) error{
		"portfolio":   func(w io.Writer, o Options) error { return WritePortfolio(w, r, o) },
		"calibration": func(w io.Writer, o Options) error { return WriteCalibration(w, calibrationFixture(), o) },
		"owner":       func(w io.Writer, o Options) error { return WriteOwnerBook(w, ownerFixture(), o) },
	} {
		var b bytes.Buffer
		want := cells{}
		if err := write(&b, want.options()); err != nil {
			t.Fatal(err)
		}
		f := open(t, b.Bytes())
		n := 0
		for _, sheet := range f.GetSheetList() {
			rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			for i, row := range rows {
				for j, got := range row {
					if got == "" {
						continue
					}
					seen++
					if v := want[sheet][cellRef(j+1, i+1)]; !reads(got, v) {
						t.Errorf("%s: %s %s reads %q, want %+v", name, sheet, cellRef(j+1, i+1), got, v)
					}
				}
			}
			full := 0
			for _, v := range want[sheet] {
				if v.kind == number || v.kind == textual && v.text != "" {
					full++
				}
			}
			if full != seen {
				t.Errorf("%s: %s has %d filled cells, want %d", name, sheet, seen, full)
			}
			n += seen
		}
		if n < 100 {
			t.Errorf("%s: only %d cells", name, n)
		}
	}
}

func reads(got string, v value) bool {
	switch v.kind {
	case number:
		x, err := strconv.ParseFloat(got, 64)
		return err == nil && x == v.num
	case textual:
		return got == v.text
	}
	return false
}

// numbered gives every number of a result a value of its own and returns them all,
// days also as Excel counts them. Whole numbers of Go's plain int are places in
// lists, and stay.
type numbered struct {
	next float64
	all  map[float64]bool
}

func (n *numbered) fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Float64:
		n.next += 1.0009765625 // exact in binary
		v.SetFloat(n.next)
		n.all[n.next] = true
	case reflect.Int64:
		n.next = math.Ceil(n.next) + 1
		v.SetInt(int64(n.next))
		n.all[n.next] = true
	case reflect.Int32:
		if int32(v.Int()) == portfolio.NoDay {
			return
		}
		n.next = math.Ceil(n.next) + 1
		v.SetInt(int64(n.next))
		n.all[n.next], n.all[n.next+25569] = true, true
	case reflect.Int:
		n.all[float64(v.Int())] = true
	case reflect.Pointer:
		if !v.IsNil() {
			n.fill(v.Elem())
		}
	case reflect.Slice:
		n.all[float64(v.Len())] = true // how many there are may be shown
		for i := range v.Len() {
			n.fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				n.fill(v.Field(i))
			}
		}
	case reflect.Interface:
		if rows, ok := v.Interface().(rowsOf); ok {
			n.fill(reflect.ValueOf(rows))
		}
	}
}

// Every number in a cell is a field of the result: reports computes none. The
// numbers are made different from each other and from what arithmetic would give.
func TestEveryNumberIsAField(t *testing.T) {
	check := func(name string, result any, write func(io.Writer, Options) error) {
		n := numbered{next: 15000, all: map[float64]bool{0: true}}
		n.fill(reflect.ValueOf(result))
		placed := cells{}
		if err := write(io.Discard, placed.options()); err != nil {
			t.Fatal(err)
		}
		shown := 0
		for sheet, values := range placed {
			for cell, v := range values {
				if v.kind != number {
					continue
				}
				if shown++; !n.all[v.num] {
					t.Errorf("%s: %s %s holds %v, which no field of the result is", name, sheet, cell, v.num)
				}
			}
		}
		if shown < 50 {
			t.Errorf("%s: only %d numbers", name, shown)
		}
	}
	r := fixture(40)
	check("portfolio", r, func(w io.Writer, o Options) error { return WritePortfolio(w, r, o) })
	c := calibrationFixture()
	check("calibration", c, func(w io.Writer, o Options) error { return WriteCalibration(w, c, o) })
	b := ownerFixture()
	check("owner", b, func(w io.Writer, o Options) error { return WriteOwnerBook(w, b, o) })
}
