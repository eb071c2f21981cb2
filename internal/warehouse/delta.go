package warehouse

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// deltaBlock is the head of a DELTA_BINARY_PACKED block.
type deltaBlock struct {
	blocks, perBlock, total int // mini-blocks a block, values a mini-block, values
	first                   int64
}

// deltaHeader reads the head of a block of at most n values.
func deltaHeader(b []byte, n int) (deltaBlock, []byte, error) {
	var head [3]uint64
	for i := range head {
		v, k := binary.Uvarint(b)
		if k <= 0 {
			return deltaBlock{}, nil, errCompact
		}
		head[i], b = v, b[k:]
	}
	first, k := binary.Varint(b)
	size, blocks, total := head[0], head[1], head[2]
	if k <= 0 || blocks == 0 || size == 0 || size > 65536 || size%128 != 0 || size%blocks != 0 || size/blocks%32 != 0 {
		return deltaBlock{}, nil, errCompact
	}
	if total > uint64(n) {
		return deltaBlock{}, nil, errClaim
	}
	return deltaBlock{int(blocks), int(size / blocks), int(total), first}, b[k:], nil
}

// deltaLengths walks a block of n lengths and returns their sum and what
// follows the block.
func deltaLengths(b []byte, n int) (int64, []byte, error) {
	d, b, err := deltaHeader(b, n)
	if err != nil || d.total != n {
		return 0, b, errors.Join(err, errClaim)
	}
	value, sum := d.first, d.first
	if value < 0 {
		return 0, nil, errCompact
	}
	for left := d.total - 1; left > 0; {
		least, k := binary.Varint(b)
		if k <= 0 || len(b)-k < d.blocks {
			return 0, nil, errShort
		}
		widths := b[k : k+d.blocks]
		b = b[k+d.blocks:]
		for _, w := range widths {
			if left == 0 {
				break // mini-blocks without values are left out
			}
			width := int(w)
			packed := b[:min(d.perBlock*width/8, len(b))]
			b = b[len(packed):]
			take := min(left, d.perBlock)
			if width > 32 || len(packed)*8 < take*width {
				return 0, nil, errShort
			}
			for i := range take {
				if value += least + int64(unpack(packed, i*width, width)); value < 0 || value > math.MaxInt32 {
					return 0, nil, errCompact
				}
				sum += value
			}
			left -= take
		}
	}
	return sum, b, nil
}

// unpack reads width little-endian bits at a bit offset.
func unpack(b []byte, at, width int) uint64 {
	var v uint64
	for got := 0; got < width; {
		shift := at & 7
		k := min(8-shift, width-got)
		v |= uint64(b[at>>3]>>shift&(1<<k-1)) << got
		got += k
		at += k
	}
	return v
}

// deltaWidth walks a block of n values and returns the bits of its widest delta.
func deltaWidth(b []byte, n int) (int, error) {
	d, b, err := deltaHeader(b, n)
	if err != nil || d.total != n {
		return 0, errors.Join(err, errClaim)
	}
	widest := 0
	for left := d.total - 1; left > 0; {
		_, k := binary.Varint(b)
		if k <= 0 || len(b)-k < d.blocks {
			return 0, errShort
		}
		widths := b[k : k+d.blocks]
		b = b[k+d.blocks:]
		for _, w := range widths {
			if left <= 0 {
				break
			}
			width := int(w)
			size := min(d.perBlock*width/8, len(b))
			if width > 64 || size*8 < min(left, d.perBlock)*width {
				return 0, errShort
			}
			widest = max(widest, width)
			left -= d.perBlock
			b = b[size:]
		}
	}
	return widest, nil
}

// deltaInt32 decodes a walked block of n INT32 values to PLAIN, in the arithmetic
// of 64 bits, whose low half is the value whatever the writer's arithmetic was.
func deltaInt32(b []byte, n int) ([]byte, error) {
	d, b, err := deltaHeader(b, n)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, 4*n)
	value := d.first
	out = binary.LittleEndian.AppendUint32(out, uint32(value))
	for left := d.total - 1; left > 0; {
		least, k := binary.Varint(b)
		widths := b[k : k+d.blocks]
		b = b[k+d.blocks:]
		for _, w := range widths {
			width := int(w)
			for i := range min(left, d.perBlock) {
				value += least + int64(unpack(b, i*width, width))
				out = binary.LittleEndian.AppendUint32(out, uint32(value))
			}
			left -= min(left, d.perBlock)
			b = b[min(d.perBlock*width/8, len(b)):]
			if left == 0 {
				break
			}
		}
	}
	return out, nil
}

// plainInt32 rewrites a checked page of INT32 values with deltas of more than 32
// bits, or a first value of more, as a plain one, and leaves every other page alone.
// DuckDB writes such deltas where values lie more than 2^31 apart, and unsigned first
// values; the library decodes the ones to other values without an error and refuses
// the others.
func plainInt32(l *leaf, p *page) error {
	if l.kind != parquet.Int32 || p.encoding != format.DeltaBinaryPacked || p.defined == 0 {
		return nil
	}
	width, err := deltaWidth(p.values, p.defined)
	if err != nil {
		return err
	}
	d, _, err := deltaHeader(p.values, p.defined)
	if err != nil || width <= 32 && d.first == int64(int32(d.first)) {
		return err
	}
	p.values, err = deltaInt32(p.values, p.defined)
	p.encoding = format.Plain
	return err
}
