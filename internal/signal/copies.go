package signal

import (
	"cmp"
	"context"
	"encoding/binary"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
)

// classify reads the source again, only where a key came twice, and counts the
// rows after the first of a key as copies or conflicts. Rows are compared over
// the columns that the plan reads, the time they became available left out: a
// row delivered again is a copy.
func (f *feed) classify(ctx context.Context, req *Request) (err error) {
	k := f.keys
	if k == nil || k.verdicts.empty() {
		return nil
	}
	f.reading = f.columns
	if err := k.begin(f.reading); err != nil {
		return err
	}
	var compared []int
	for at, name := range f.reading {
		if name != intake.AvailableAt {
			compared = append(compared, at)
		}
	}
	rows := newSorter[keyed](req.Temp, k.late.bytes)
	defer func() { err = cmp.Or(err, rows.close()) }()
	p := &pass{feed: f, req: req}
	var at places
	if err := f.in.Read(ctx, f.reading, req.Today, nil, func(b *intake.Batch) error {
		p.mapAccounts(&b.Columns[0])
		at.add(p.ordinal, b)
		for i := range b.Len {
			ordinal := p.ordinal + int64(i)
			if account := p.account(b, i); account >= 0 && k.shared(b, i, ordinal, account) {
				rows.add(keyed{b.DigestOf(k.columns, i), ordinal, b.DigestOf(compared, i), account})
			}
		}
		p.ordinal += int64(b.Len)
		return cmp.Or(k.err, rows.err)
	}); err != nil {
		return err
	}
	m, err := rows.sorted()
	if err != nil {
		return err
	}
	var first keyed
	for n := 0; ; n++ {
		r, ok, err := m.next()
		if !ok || err != nil {
			return err
		}
		if n == 0 || r.key != first.key {
			first = r
			continue
		}
		code := diag.Conflict
		if r.row == first.row {
			code = diag.Duplicate
		}
		file, row := at.of(r.ordinal)
		req.Findings.Add(diag.Finding{Code: code, Source: f.in.Contract.Name, File: file, Row: row, Key: req.Table.ID[r.account]})
	}
}

// places finds the file and row of a row's ordinal.
type places []place

type place struct {
	ordinal int64 // of the first of a run of consecutive rows
	file    string
	row     int64
}

// add notes a batch, which comes after all before it.
func (p *places) add(ordinal int64, b *intake.Batch) {
	if n := len(*p); n > 0 {
		if last := &(*p)[n-1]; last.file == b.File && last.row+ordinal-last.ordinal == b.First {
			return
		}
	}
	*p = append(*p, place{ordinal, b.File, b.First})
}

func (p places) of(ordinal int64) (file string, row int64) {
	lo, hi := 0, len(p) // the last place not after the ordinal lies in [lo, hi)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; p[mid].ordinal <= ordinal {
			lo = mid
		} else {
			hi = mid
		}
	}
	return p[lo].file, p[lo].row + ordinal - p[lo].ordinal
}

// keyed is a row of a key that came more than once.
type keyed struct {
	key     [2]uint64
	ordinal int64
	row     [2]uint64 // digest of its values
	account int32
}

func (r keyed) compare(q keyed) int {
	return cmp.Or(cmp.Compare(r.key[0], q.key[0]), cmp.Compare(r.key[1], q.key[1]), cmp.Compare(r.ordinal, q.ordinal))
}

func (keyed) size() int { return 44 }

func (r keyed) put(b []byte) {
	for i, x := range [...]uint64{r.key[0], r.key[1], uint64(r.ordinal), r.row[0], r.row[1]} {
		binary.LittleEndian.PutUint64(b[8*i:], x)
	}
	binary.LittleEndian.PutUint32(b[40:], uint32(r.account))
}

func (keyed) get(b []byte) keyed {
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	return keyed{[2]uint64{word(0), word(1)}, int64(word(2)), [2]uint64{word(3), word(4)}, int32(binary.LittleEndian.Uint32(b[40:]))}
}
