package reports

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"

	"accounthealth/internal/diag"
)

// parts collects what excelize wants to put into the file. Nothing is written
// until the order of everything is known: excelize walks maps.
type parts map[string]*bytes.Buffer

// Create implements excelize.ZipWriter.
func (p parts) Create(name string) (io.Writer, error) {
	b := new(bytes.Buffer)
	p[name] = b
	return b, nil
}

// AddFS implements excelize.ZipWriter; excelize does not call it.
func (parts) AddFS(fs.FS) error {
	return contradiction("workbook", "a file system cannot be added to a workbook")
}

// Close implements excelize.ZipWriter.
func (parts) Close() error { return nil }

// filling pours rows into the sheet data of one worksheet part.
type filling struct {
	part   string
	rows   func(*rowWriter) error
	placed func(cell string, v value)
}

// pack writes the workbook: first the parts that are complete, by name, then the
// filled sheets in the order they were declared. Entries carry no time stamps.
func pack(w io.Writer, ps parts, fillings []filling, c *census) error {
	z := zip.NewWriter(w)
	var last *deflater
	defer func() { last.abandon() }() // where an entry was not finished
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		last = newDeflater(w)
		return last, nil
	})
	filled := map[string]bool{}
	for _, f := range fillings {
		filled[f.part] = true
	}
	for _, name := range slices.Sorted(maps.Keys(ps)) {
		if filled[name] {
			continue
		}
		e, err := z.Create(name)
		if err != nil {
			return err
		}
		if _, err := e.Write(ps[name].Bytes()); err != nil {
			return err
		}
	}
	for _, f := range fillings {
		if ps[f.part] == nil {
			return contradiction("workbook", "no frame for %s", f.part)
		}
		e, err := z.Create(f.part)
		if err != nil {
			return err
		}
		if err := fill(e, ps[f.part].String(), f, c); err != nil {
			return err
		}
	}
	return z.Close()
}

const endOfData = "</sheetData>"

// fill writes a frame with rows poured in before the end of its sheet data.
func fill(w io.Writer, frame string, f filling, c *census) error {
	head, tail, ok := strings.Cut(frame, endOfData)
	if !ok {
		return contradiction("workbook", "%s has no sheet data", f.part)
	}
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	rows := &rowWriter{w: w, census: c, placed: f.placed}
	if err := f.rows(rows); err != nil {
		return err
	}
	if err := rows.flush(); err != nil {
		return err
	}
	if rows.written+int64(len(frame)) > math.MaxUint32 {
		return diag.Errorf(diag.Data, "workbook", "shorten the texts or split the portfolio",
			"one sheet holds %d bytes, more than the 4 GiB that Excel opens", rows.written)
	}
	_, err := io.WriteString(w, endOfData+tail)
	return err
}

// blockSize is how much of an entry is compressed at a time. Blocks do not refer
// to each other, so the bytes do not depend on how many are compressed at once.
const blockSize = 1 << 20

// deflater compresses blocks of one zip entry on several goroutines and writes
// them in order. Each block ends on a byte boundary (a sync flush); an empty
// final block closes the stream.
type deflater struct {
	w       io.Writer
	block   []byte
	pending chan chan *bytes.Buffer
	done    chan error
	closed  bool
}

var (
	blocks      = sync.Pool{New: func() any { b := make([]byte, 0, blockSize); return &b }}
	outputs     = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	compressors = sync.Pool{New: func() any {
		c, err := flate.NewWriter(io.Discard, 5)
		if err != nil {
			panic(err) // the level is a valid constant
		}
		return c
	}}
)

func newDeflater(w io.Writer) *deflater {
	d := &deflater{
		w: w, block: *blocks.Get().(*[]byte),
		pending: make(chan chan *bytes.Buffer, runtime.GOMAXPROCS(0)),
		done:    make(chan error, 1),
	}
	go d.drain()
	return d
}

func (d *deflater) drain() {
	var err error
	for p := range d.pending {
		b := <-p
		if err == nil {
			_, err = d.w.Write(b.Bytes())
		}
		b.Reset()
		outputs.Put(b)
	}
	d.done <- err
}

func (d *deflater) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k := min(len(p), blockSize-len(d.block))
		d.block = append(d.block, p[:k]...)
		if p = p[k:]; len(d.block) == blockSize {
			d.dispatch()
		}
	}
	return n, nil
}

func (d *deflater) dispatch() {
	block := d.block
	d.block = (*blocks.Get().(*[]byte))[:0]
	out := make(chan *bytes.Buffer, 1)
	d.pending <- out
	go func() {
		b := outputs.Get().(*bytes.Buffer)
		c := compressors.Get().(*flate.Writer)
		c.Reset(b)
		// Writes to memory do not fail.
		_, _ = c.Write(block)
		_ = c.Flush()
		compressors.Put(c)
		block = block[:0]
		blocks.Put(&block)
		out <- b
	}()
}

// abandon ends the goroutines of an entry that will not be closed.
func (d *deflater) abandon() {
	if d != nil && !d.closed {
		d.closed = true
		close(d.pending)
		<-d.done
	}
}

func (d *deflater) Close() error {
	if len(d.block) > 0 {
		d.dispatch()
	}
	d.closed = true
	close(d.pending)
	if err := <-d.done; err != nil {
		return err
	}
	_, err := d.w.Write([]byte{0x03, 0x00}) // an empty final block
	return err
}
