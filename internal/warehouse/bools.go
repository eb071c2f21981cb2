package warehouse

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding"

	"accounthealth/internal/kernel"
)

// bools is a column of flags that the file holds as booleans: bits from end to
// end. Flags that are numbers or texts are a fixed column.
type bools struct {
	*cursor
	mem  memory.Allocator
	bits []byte
}

func (c *bools) wantsText() bool                 { return false }
func (c *bools) text([]byte, int)                {}
func (c *bools) dictionary(encoding.Values, int) {} // the format has none of booleans
func (c *bools) indexes([]int32)                 {}
func (c *bools) plain(v encoding.Values, _ int)  { c.bits = v.Boolean() }

func (c *bools) read(n int) (arrow.Array, faults, error) {
	buf := newBuffer(c.mem, int(bitutil.BytesForBits(int64(n))))
	out := buf.Bytes()
	clear(out)
	var v validity
	for done := 0; done < n; {
		if c.row == c.rows {
			if err := c.next(c); err != nil {
				buf.Release()
				v.release()
				return nil, faults{}, err
			}
			continue
		}
		take := min(n-done, c.rows-c.row)
		used := take
		switch {
		case c.present == nil:
			bitutil.CopyBitmap(c.bits, c.at, take, out, done)
		case done&7 == 0 && c.row&7 == 0:
			used = kernel.ExpandBits(out[done>>3:], c.bits, c.at, c.present[c.row>>3:], take)
		default:
			used = 0
			for i := range take {
				if c.has(i) {
					bitutil.SetBitTo(out, done+i, bitutil.BitIsSet(c.bits, c.at+used))
					used++
				}
			}
		}
		v.set(c.mem, done, n, c.present, c.row, take, used)
		c.at += used
		c.row += take
		done += take
	}
	return finish(arrow.FixedWidthTypes.Boolean, n, &v, buf), faults{}, nil
}
