package warehouse

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
)

// A list has no place in a table of accounts, but the number of its elements has:
// size(name) reads as a number wherever a column's name may stand. A null list
// has no size, an empty one has size 0, null elements count. Of lists within
// lists the outermost is counted; a map counts its entries.

// name is what a person calls the list.
func (n *listNode) name() string {
	if n.annotated != "" {
		return n.annotated
	}
	return n.path
}

// sizeName is the column name that counts the list's elements.
func (n *listNode) sizeName() string { return "size(" + n.name() + ")" }

// advice says what can be done with a list that is asked for in a role.
func (n *listNode) advice(role source.Role) string {
	if role == source.Number {
		return "map it as " + n.sizeName() + " to count its elements, export one row an element, or leave the column out"
	}
	return "export one row an element, or leave the column out"
}

// findLength looks up a name of the form size(list) and returns a leaf that
// reads as the list's length, or nil.
func (p *part) findLength(name string) (*leaf, error) {
	inner, ok := sizeOf(name)
	if !ok {
		return nil, nil
	}
	var found *leaf
	for i := range p.leaves {
		l := &p.leaves[i]
		if l.list == nil {
			continue
		}
		for _, known := range []string{l.list.annotated, l.list.path} {
			switch {
			case known == "" || !strings.EqualFold(known, inner):
			case known == inner:
				return l.length(), nil
			case found == nil:
				found = l
			case found.list != l.list:
				return nil, diag.Errorf(diag.Data, p.file.Path, "map the exact name under columns:", "column %s could be %s or %s", name, found.list.sizeName(), l.list.sizeName())
			}
		}
	}
	if found != nil {
		return found.length(), nil
	}
	for i := range p.leaves {
		if strings.EqualFold(p.leaves[i].path, inner) {
			return nil, diag.Errorf(diag.Data, p.file.Path, "map "+p.leaves[i].path+" itself", "column %s counts the elements of a list, and %s is no list", name, p.leaves[i].path)
		}
	}
	return nil, nil
}

// sizeOf takes the name of a list out of size(name), in any case.
func sizeOf(name string) (string, bool) {
	const call = "size("
	if len(name) <= len(call)+1 || !strings.EqualFold(name[:len(call)], call) || name[len(name)-1] != ')' {
		return "", false
	}
	return strings.TrimSpace(name[len(call) : len(name)-1]), true
}

// length is the leaf whose levels say how long the list is, as a column.
func (l *leaf) length() *leaf {
	out := *l
	out.form, out.path, out.shown = formLength, l.list.sizeName(), "length of a list"
	return &out
}

// lengths reads the number of elements of each row's list from the levels of one
// of the leaves below it. The values themselves are checked, not decoded.
type lengths struct {
	stream     *pageStream
	leaf       *leaf
	mem        memory.Allocator
	left       int64 // rows of the row group not read yet
	reps, defs []byte
	at         int // in reps and defs
}

func newLengths(stream *pageStream, l *leaf, rows int64, mem memory.Allocator) *lengths {
	return &lengths{stream: stream, leaf: l, mem: mem, left: rows}
}

func (c *lengths) close() { c.stream.close() }

var errLevels = errors.New("the levels of a list do not fit together")

// more makes sure that an entry is at hand; it returns false at the chunk's end.
func (c *lengths) more() (bool, error) {
	for c.at == len(c.reps) {
		p, err := c.stream.page()
		if errors.Is(err, io.EOF) && c.stream.values == c.stream.claims {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if p.dictionary {
			continue
		}
		if c.reps, err = expandLevels(c.reps[:0], p.reps, c.leaf.maxRep, p.n); err != nil {
			return false, err
		}
		if c.defs, err = expandLevels(c.defs[:0], p.defs, c.leaf.maxDef, p.n); err != nil {
			return false, err
		}
		c.at = 0
	}
	return true, nil
}

// row reads the length of the next row's list; ok is false for null.
func (c *lengths) row() (n int, ok bool, err error) {
	if c.left == 0 {
		return 0, false, errClaim
	}
	c.left--
	more, err := c.more()
	if err != nil {
		return 0, false, err
	}
	if !more {
		return 0, false, fmt.Errorf("its pages end before the row group does: %w", io.ErrUnexpectedEOF)
	}
	if c.reps[c.at] != 0 {
		return 0, false, errLevels
	}
	there := byte(c.leaf.list.level) // at least 1, as the list is repeated
	first := c.defs[c.at]
	c.at++
	if first >= there {
		n = 1
	}
	for {
		if more, err = c.more(); err != nil {
			return 0, false, err
		}
		if !more {
			if c.left > 0 {
				break // the next row reports it
			}
			return n, first >= there-1, nil
		}
		if c.reps[c.at] == 0 {
			break
		}
		if first < there || c.defs[c.at] < there {
			return 0, false, errLevels // a null or empty list goes on
		}
		if c.reps[c.at] == 1 {
			n++
		}
		c.at++
	}
	if c.left == 0 && more {
		return 0, false, fmt.Errorf("it holds more rows than its row group: %w", errClaim)
	}
	return n, first >= there-1, nil
}

func (c *lengths) read(n int) (arrow.Array, faults, error) {
	buf := newBuffer(c.mem, 8*n)
	out := unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), n)
	var v validity
	for i := range n {
		size, ok, err := c.row()
		if err != nil {
			buf.Release()
			if v.buf != nil {
				v.buf.Release()
			}
			return nil, faults{}, err
		}
		if out[i] = float64(size); !ok {
			v.clear(c.mem, i, n)
		}
	}
	return finish(arrowType(source.Number), n, &v, buf), faults{}, nil
}

// expandLevels appends n levels of a page to out.
func expandLevels(out, b []byte, maxLevel, n int) ([]byte, error) {
	width := bits.Len(uint(maxLevel))
	r := runs{b: b, bits: width, limit: n + runSlack}
	for len(out) < n {
		count, packed, value, err := r.next()
		if err != nil {
			return nil, err
		}
		for i := range min(count, n-len(out)) {
			if packed != nil {
				value = byte(unpack(packed, i*width, width))
			}
			if int(value) > maxLevel {
				return nil, errLevels
			}
			out = append(out, value)
		}
	}
	return out, nil
}
