package signal

import (
	"io"
	"slices"

	"accounthealth/internal/store"
)

// record is a value of fixed size with a total order.
type record[R any] interface {
	compare(R) int
	size() int // bytes, the same for every value
	put([]byte)
	get([]byte) R
}

// sorter puts any number of records in order within bounded memory: what does
// not fit is written to one temporary file as sorted runs, which are merged when
// they are read. The first failure to write is kept and returned by sorted.
type sorter[R record[R]] struct {
	temp  store.Temp // nil: everything stays in memory
	bytes int64      // memory for records, and for buffers when they are read

	held    []R
	inOrder bool
	file    store.Spill
	ends    []int64 // where each run ends in the file
	err     error
}

func newSorter[R record[R]](temp store.Temp, bytes int64) *sorter[R] {
	return &sorter[R]{temp: temp, bytes: bytes}
}

func (s *sorter[R]) empty() bool { return len(s.held) == 0 && len(s.ends) == 0 }

func (s *sorter[R]) add(r R) {
	if s.err != nil {
		return
	}
	if n := len(s.held); s.temp != nil && n > 0 && n == cap(s.held) {
		// Grown by hand, so that what there is room for is not overshot.
		if most := max(int(s.bytes)/r.size(), 1); n >= most {
			s.spill()
		} else {
			s.held = append(make([]R, 0, min(2*n, most)), s.held...)
		}
	}
	s.held, s.inOrder = append(s.held, r), false
}

func (s *sorter[R]) sort() {
	if !s.inOrder {
		slices.SortFunc(s.held, R.compare)
		s.inOrder = true
	}
}

// maxBuffer is as much as is worth writing or reading at a time.
const maxBuffer = 256 << 10

// spill writes the records held as a run.
func (s *sorter[R]) spill() {
	if s.file == nil {
		if s.file, s.err = s.temp.Create(); s.err != nil {
			return
		}
	}
	s.sort()
	size := s.held[0].size()
	buf := make([]byte, 0, max(maxBuffer/size, 1)*size)
	end := int64(0)
	if n := len(s.ends); n > 0 {
		end = s.ends[n-1]
	}
	for i, r := range s.held {
		buf = buf[:len(buf)+size]
		r.put(buf[len(buf)-size:])
		if len(buf) == cap(buf) || i == len(s.held)-1 {
			if _, s.err = s.file.Write(buf); s.err != nil {
				return
			}
			end += int64(len(buf))
			buf = buf[:0]
		}
	}
	s.ends, s.held = append(s.ends, end), s.held[:0]
}

// sorted returns the records in order. It may be called again, and starts again
// then; nothing may be added in between.
func (s *sorter[R]) sorted() (*merge[R], error) {
	if s.err == nil && len(s.ends) > 0 && len(s.held) > 0 {
		s.spill()
	}
	if s.err != nil {
		return nil, s.err
	}
	m := &merge[R]{}
	if len(s.ends) == 0 {
		s.sort()
		if len(s.held) > 0 {
			m.runs = []*run[R]{{rest: s.held}}
		}
		return m, nil
	}
	s.held = nil // the memory is the buffers' now
	var zero R
	size := zero.size()
	share := min(s.bytes/int64(len(s.ends)), maxBuffer)
	from := int64(0)
	for _, end := range s.ends {
		m.runs = append(m.runs, &run[R]{file: s.file, from: from, end: end, buf: make([]byte, max(int(share)/size, 1)*size)})
		from = end
	}
	for i := len(m.runs) - 1; i >= 0; i-- {
		if err := m.runs[i].refill(); err != nil {
			return nil, err
		}
	}
	for i := len(m.runs)/2 - 1; i >= 0; i-- {
		m.sift(i)
	}
	return m, nil
}

// close gives the memory and the file back.
func (s *sorter[R]) close() error {
	s.held = nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file, s.ends = nil, nil
	return err
}

// run is a sorted sequence of records, in memory or in a file.
type run[R record[R]] struct {
	rest []R // never empty while the run is merged

	file      store.Spill
	from, end int64
	buf       []byte
	decoded   []R
}

// refill reads on; rest stays empty at the end.
func (r *run[R]) refill() error {
	var zero R
	size := zero.size()
	buf := r.buf[:min(int64(len(r.buf)), r.end-r.from)]
	if len(buf) == 0 {
		return nil
	}
	if n, err := r.file.ReadAt(buf, r.from); n < len(buf) {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	r.from += int64(len(buf))
	r.decoded = r.decoded[:0]
	for ; len(buf) > 0; buf = buf[size:] {
		r.decoded = append(r.decoded, zero.get(buf))
	}
	r.rest = r.decoded
	return nil
}

// merge reads several runs as one; runs is a heap by their next record.
type merge[R record[R]] struct {
	runs []*run[R]
}

// next returns the next record, or false after the last.
func (m *merge[R]) next() (r R, ok bool, err error) {
	if len(m.runs) == 0 {
		return r, false, nil
	}
	top := m.runs[0]
	r, top.rest = top.rest[0], top.rest[1:]
	if len(top.rest) == 0 && top.file != nil {
		if err := top.refill(); err != nil {
			return r, false, err
		}
	}
	if len(top.rest) == 0 {
		last := len(m.runs) - 1
		m.runs[0] = m.runs[last]
		m.runs = m.runs[:last]
	}
	m.sift(0)
	return r, true, nil
}

func (m *merge[R]) sift(i int) {
	for {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(m.runs) && m.runs[child].rest[0].compare(m.runs[least].rest[0]) < 0 {
				least = child
			}
		}
		if least == i {
			return
		}
		m.runs[i], m.runs[least] = m.runs[least], m.runs[i]
		i = least
	}
}
