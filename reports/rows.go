package reports

import (
	"io"
	"math"
	"strconv"
)

// rowWriter writes worksheet rows as XML, one buffer at a time. Text is stored
// in the cell itself, so nothing is kept for later.
type rowWriter struct {
	w       io.Writer
	buf     []byte
	census  *census
	row     int
	written int64
	placed  func(cell string, v value) // nil but in tests
}

const rowBuffer = 1 << 18

// begin opens row n; height 0 leaves the sheet's default.
func (w *rowWriter) begin(n int, height float64) {
	w.row = n
	w.buf = append(w.buf, `<row r="`...)
	w.buf = strconv.AppendInt(w.buf, int64(n), 10)
	if height > 0 {
		w.buf = append(w.buf, `" ht="`...)
		w.buf = strconv.AppendFloat(w.buf, height, 'f', -1, 64)
		w.buf = append(w.buf, `" customHeight="1`...)
	}
	w.buf = append(w.buf, `">`...)
}

// cell writes one cell of the open row; a blank keeps its style.
func (w *rowWriter) cell(column string, style int, v value) {
	v = w.census.stored(v)
	if w.placed != nil {
		w.placed(column+itoa(w.row), v)
	}
	b := append(w.buf, `<c r="`...)
	b = append(b, column...)
	b = strconv.AppendInt(b, int64(w.row), 10)
	b = append(b, `" s="`...)
	b = strconv.AppendInt(b, int64(style), 10)
	if v.formula != "" {
		w.buf = append(appendComputed(b, v), `</c>`...)
		return
	}
	switch v.kind {
	case blank:
		b = append(b, `"/>`...)
	case number:
		b = append(b, `"><v>`...)
		b = appendNumber(b, v.num)
		b = append(b, `</v></c>`...)
	case textual:
		b = append(b, `" t="inlineStr"><is><t`...)
		if edge := v.text[0] <= ' ' || v.text[len(v.text)-1] <= ' '; edge {
			b = append(b, ` xml:space="preserve"`...)
		}
		b = append(b, '>')
		b = appendEscaped(b, v.text)
		b = append(b, `</t></is></c>`...)
	}
	w.buf = b
}

// appendComputed ends a cell's start tag and appends its formula and what it gave.
func appendComputed(b []byte, v value) []byte {
	if v.kind != number {
		b = append(b, `" t="str`...)
	}
	b = append(b, `"><f>`...)
	b = appendEscaped(b, v.formula)
	b = append(b, `</f><v>`...)
	if v.kind == number {
		b = appendNumber(b, v.num)
	} else {
		b = appendEscaped(b, v.text)
	}
	return append(b, `</v>`...)
}

// end closes the row and passes full buffers on.
func (w *rowWriter) end() error {
	w.buf = append(w.buf, `</row>`...)
	if len(w.buf) < rowBuffer {
		return nil
	}
	return w.flush()
}

func (w *rowWriter) flush() error {
	n, err := w.w.Write(w.buf)
	w.written += int64(n)
	w.buf = w.buf[:0]
	return err
}

// appendNumber writes the shortest text that reads back as v. Whole numbers,
// tenths and cents, which are nearly all of them, take the short way.
func appendNumber(b []byte, v float64) []byte {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return strconv.AppendInt(b, int64(v), 10)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}
