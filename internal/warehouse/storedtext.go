package warehouse

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/kernel"
)

// storedText is a column of ids or texts that keeps the chunk's dictionary for the
// batches that need nothing else, and makes none for the others.
type storedText struct{ *text }

func (c *storedText) read(n int) (arrow.Array, faults, error) {
	for c.row == c.rows && c.rows == 0 { // of what kind the first page is
		if err := c.next(); err != nil {
			return nil, faults{}, err
		}
	}
	done := 0
	var run textRun
	if c.codes != nil {
		b, taken, err := c.readCodes(n, c.mem, &c.dictMarks, c.next)
		if err != nil {
			return nil, b.f, err
		}
		if taken == n {
			if c.dictArray == nil { // all are null
				c.dictArray = stringArray(c.mem, &c.stream.dict, nil)
			}
			return b.array(n, c.dictArray), b.f, nil
		}
		run.open(c.mem, n)
		run.v, run.f, done = b.v, b.f, taken
		err = run.coded(&c.stream.dict, &b, taken)
		b.buf.Release()
		if err != nil {
			run.release()
			return nil, run.f, err
		}
	} else {
		run.open(c.mem, n)
	}
	for done < n {
		if c.row == c.rows {
			if err := c.next(); err != nil {
				run.release()
				return nil, run.f, err
			}
			continue
		}
		take := min(n-done, c.rows-c.row)
		var err error
		if c.codes == nil && c.kind == textRaw {
			err = run.raw(c.text, done, take)
		} else {
			err = run.gather(c, done, take)
		}
		if err != nil {
			run.release()
			return nil, run.f, err
		}
		c.row += take
		done += take
	}
	return run.array(), run.f, nil
}

// value takes the i-th row from the current one: its text, or that it is null, or
// what is written where it is unreadable.
func (c *storedText) value(i int) ([]byte, mark) {
	if !c.has(i) {
		return nil, markBlank
	}
	entry, run, m := c.at, &c.converted, &c.marks
	if c.codes != nil {
		entry, run, m = codeAt(c.codes, c.size, entry), &c.stream.dict, &c.dictMarks
	}
	c.at++
	if m.any() && m.state[entry] != 0 {
		return []byte(m.text[entry]), m.state[entry]
	}
	return run.at(entry), 0
}

// textRun is an array of n texts under construction, in the memory that it will
// have. Nulls are empty texts.
type textRun struct {
	n       int
	offsets *memory.Buffer
	ends    []int32 // one more than rows
	data    *memory.Buffer
	at      int // bytes of data in use
	v       validity
	f       faults
}

func (r *textRun) open(mem memory.Allocator, n int) {
	r.n, r.offsets, r.data = n, newBuffer(mem, 4*(n+1)), newBuffer(mem, 0)
	r.ends = kernel.View[int32](r.offsets.Bytes())
	r.ends[0] = 0
}

func (r *textRun) release() {
	r.offsets.Release()
	r.data.Release()
	r.v.release()
}

func (r *textRun) array() arrow.Array {
	r.data.ResizeNoShrink(r.at)
	d := array.NewData(arrow.BinaryTypes.String, r.n, []*memory.Buffer{r.v.buf, r.offsets, r.data}, nil, r.v.nulls, 0)
	defer d.Release()
	r.release()
	return array.NewStringData(d)
}

// room makes room for so many more bytes and returns all of the memory.
func (r *textRun) room(size int) ([]byte, error) {
	if r.at+size > maxText {
		return nil, fmt.Errorf("more than 2 GiB of text in a batch: %w", errBudget)
	}
	if r.at+size > r.data.Len() {
		r.data.Resize(max(r.at+size, r.data.Len()+r.data.Len()/2))
	}
	return r.data.Bytes(), nil
}

// add appends a row's text.
func (r *textRun) add(row int, s []byte) error {
	data, err := r.room(len(s))
	if err != nil {
		return err
	}
	r.at += copy(data[r.at:], s)
	r.ends[row+1] = int32(r.at)
	return nil
}

// coded appends the texts of the first rows, which were taken as codes.
func (r *textRun) coded(dict *texts, b *codedBatch, rows int) error {
	for i := range rows {
		var s []byte
		if b.v.buf == nil || bitutil.BitIsSet(b.v.buf.Bytes(), i) {
			s = dict.at(codeAt(b.buf.Bytes(), b.size, i))
		}
		if err := r.add(i, s); err != nil {
			return err
		}
	}
	return nil
}

// gather appends the page's next rows one by one.
func (r *textRun) gather(c *storedText, done, take int) error {
	for i := range take {
		s, k := c.value(i)
		if k != 0 {
			r.v.clear(c.mem, done+i, r.n)
			if k == markBad {
				r.f.addText(done+i, string(s))
			}
			s = nil
		}
		if err := r.add(done+i, s); err != nil {
			return err
		}
	}
	return nil
}

// raw appends the next rows of a page of plain texts, four bytes of length before
// each, and holds the page against its claims on the way.
func (r *textRun) raw(c *text, done, take int) error {
	values := take
	if c.present != nil {
		values = bitutil.CountSetBits(c.present, c.row, take)
		r.v.set(c.mem, done, r.n, c.present, c.row, take, values)
	}
	left := c.defined - c.at // values of the page
	size := max(len(c.raw)-4*left, 0)
	if values < left { // about their share of the page
		size = min(size, size/left*values+size/8)
	}
	data, err := r.room(size + kernel.ShortText)
	if err != nil {
		return err
	}
	raw, at, from := c.raw, r.at, 0
	ends := r.ends[done+1 : done+1+take]
	for i := 0; i < take; i++ {
		run := take - i // rows that have a value
		if c.present != nil {
			if run = kernel.RunOfOnes(c.present, c.row+i, run); run == 0 {
				ends[i] = int32(at)
				continue
			}
		}
		k, used, grown := kernel.CopyTexts(ends[i:i+run], data[at:], raw[from:], at)
		from, at, i = from+used, at+grown, i+k
		if k == run {
			i-- // a null follows, or the end
			continue
		}
		// The others: empty, long, the page's last, or not ASCII.
		if from+4 > len(raw) {
			return errClaim
		}
		n := int(binary.LittleEndian.Uint32(raw[from:]))
		if from += 4; n > len(raw)-from {
			return errShort
		}
		s := raw[from : from+n]
		from += n
		switch {
		case n == 0:
			r.v.clear(c.mem, done+i, r.n)
		case !ascii(s) && !utf8.Valid(s):
			r.v.clear(c.mem, done+i, r.n)
			r.f.addText(done+i, strconv.Quote(string(s)))
		default:
			r.at = at
			if data, err = r.room(n + kernel.ShortText); err != nil {
				return err
			}
			at += copy(data[at:], s)
		}
		ends[i] = int32(at)
	}
	r.at = at
	c.at += values
	if c.raw = raw[from:]; c.row+take == c.rows && c.defined > 0 && len(c.raw) > 0 {
		return errCompact
	}
	return nil
}
