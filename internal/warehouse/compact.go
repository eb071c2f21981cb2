package warehouse

import (
	"encoding/binary"
	"errors"
)

// The file's own structures are Thrift compact structs. Decoding them trusts
// the sizes they claim, so their skeleton is walked first: every list, string
// and struct must lie within the bytes at hand.

var (
	errShort   = errors.New("a structure runs past the end of its bytes")
	errCompact = errors.New("a structure is malformed")
)

// maxNesting is far beyond the depth of any structure of the format.
const maxNesting = 64

// compactExtent returns how many bytes the struct at the start of b takes, or
// errShort where b ends first.
func compactExtent(b []byte) (int, error) {
	s := compactScan{b: b}
	err := s.structure(0)
	return s.i, err
}

type compactScan struct {
	b []byte
	i int
}

func (s *compactScan) byte() (byte, error) {
	if s.i >= len(s.b) {
		return 0, errShort
	}
	s.i++
	return s.b[s.i-1], nil
}

func (s *compactScan) uvarint() (uint64, error) {
	v, n := binary.Uvarint(s.b[s.i:])
	switch {
	case n == 0:
		return 0, errShort
	case n < 0:
		return 0, errCompact
	}
	s.i += n
	return v, nil
}

func (s *compactScan) skip(n uint64) error {
	if n > uint64(len(s.b)-s.i) {
		return errShort
	}
	s.i += int(n)
	return nil
}

func (s *compactScan) structure(depth int) error {
	if depth > maxNesting {
		return errCompact
	}
	for {
		head, err := s.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number follows in full
			if _, err := s.uvarint(); err != nil {
				return err
			}
		}
		if kind := head & 15; kind > 2 { // booleans live in the head
			if err := s.value(kind, depth+1); err != nil {
				return err
			}
		}
	}
}

func (s *compactScan) value(kind byte, depth int) error {
	switch kind {
	case 1, 2, 3: // boolean in a list, byte
		return s.skip(1)
	case 4, 5, 6: // integers
		_, err := s.uvarint()
		return err
	case 7: // double
		return s.skip(8)
	case 8: // string
		n, err := s.uvarint()
		if err != nil {
			return err
		}
		return s.skip(n)
	case 9, 10:
		return s.list(depth)
	case 11:
		return s.dictionary(depth)
	case 12:
		return s.structure(depth)
	}
	return errCompact
}

func (s *compactScan) list(depth int) error {
	head, err := s.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = s.uvarint(); err != nil {
			return err
		}
	}
	return s.values(n, depth, head&15)
}

func (s *compactScan) dictionary(depth int) error {
	n, err := s.uvarint()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := s.byte()
	if err != nil {
		return err
	}
	return s.values(n, depth, kinds>>4, kinds&15)
}

// values walks n groups of values; each value takes at least a byte.
func (s *compactScan) values(n uint64, depth int, kinds ...byte) error {
	if depth > maxNesting {
		return errCompact
	}
	if n > uint64(len(s.b)-s.i) {
		return errShort
	}
	for range n {
		for _, k := range kinds {
			if err := s.value(k, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
