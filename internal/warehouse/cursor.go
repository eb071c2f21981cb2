package warehouse

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// cursor walks the pages of one column chunk. It owns no memory of the decoder:
// a page is converted as soon as it is read and released at once.
type cursor struct {
	leaf   *leaf
	stream *pageStream
	pages  *parquet.FilePages
	dict   parquet.Dictionary // the one whose values were converted

	defs []byte // the page's definition levels, nil where every row has a value
	rows int    // rows of the page
	row  int    // rows taken
	at   int    // values taken, nulls excluded
}

func openCursor(p *part, group int, l *leaf, r io.ReaderAt, budget int64) (*cursor, error) {
	stream, err := newPageStream(r, &p.meta.RowGroups[group].Columns[l.index].MetaData, l, budget)
	if err != nil {
		return nil, err
	}
	chunk := p.view.RowGroups()[group].ColumnChunks()[l.index].(*parquet.FileColumnChunk)
	return &cursor{leaf: l, stream: stream, pages: chunk.PagesFrom(stream)}, nil
}

func (c *cursor) close() {
	if c.pages != nil {
		_ = c.pages.Close() // reading only
		c.pages = nil
	}
}

// next reads a page and hands its values to one of the two functions, which must
// keep no reference to them: dictionary first, once a chunk, then indexes for
// each page that uses it; plain for every other page. n is the number of values
// without the nulls.
func (c *cursor) next(dictionary func(v encoding.Values, n int), indexes func(index []int32), plain func(v encoding.Values, n int)) error {
	page, err := c.pages.ReadPage()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("its pages end before the row group does: %w", io.ErrUnexpectedEOF)
		}
		return err
	}
	defer parquet.Release(page)
	c.rows, c.row, c.at = int(page.NumRows()), 0, 0
	n := c.rows
	c.defs = c.defs[:0]
	if c.leaf.maxDef > 0 {
		levels := page.DefinitionLevels()
		n = 0
		for _, d := range levels {
			if int(d) == c.leaf.maxDef {
				n++
			}
		}
		if n < c.rows {
			c.defs = append(c.defs, levels...)
		}
	}
	values := page.Data()
	d := page.Dictionary()
	if d == nil {
		if err := c.leaf.enough(values, n); err != nil {
			return err
		}
		plain(values, n)
		return nil
	}
	if d != c.dict {
		entries := d.Page().Data()
		if err := c.leaf.enough(entries, d.Len()); err != nil {
			return err
		}
		dictionary(entries, d.Len())
		c.dict = d
	}
	index := values.Int32()
	if len(index) < n {
		return errClaim
	}
	index = index[:n]
	for _, x := range index {
		if uint32(x) >= uint32(d.Len()) {
			return fmt.Errorf("entry %d of a dictionary of %d", x, d.Len())
		}
	}
	indexes(index)
	return nil
}

// enough checks that there are n values. The page's claims were checked before
// it was decoded; this holds the decoder itself to them.
func (l *leaf) enough(values encoding.Values, n int) error {
	data, offsets := values.Data()
	need := n * l.width
	switch l.kind {
	case parquet.Boolean:
		need = (n + 7) / 8
	case parquet.ByteArray:
		if len(offsets) < n+1 || !slices.IsSorted(offsets[:n+1]) {
			return errClaim
		}
		need = int(offsets[n])
	}
	if len(data) < need {
		return errClaim
	}
	return nil
}
