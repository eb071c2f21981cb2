package main

import (
	"bytes"
	"errors"
	"os"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// snappyPages returns the compressed pages of a file by column chunk, and the
// file's rows; nil where it is not all Snappy with pages of version 1.
func snappyPages(path string) ([][][]byte, int64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, 0, err
	}
	var chunks [][][]byte
	for _, g := range f.Metadata().RowGroups {
		for i := range g.Columns {
			m := &g.Columns[i].MetaData
			at := m.DataPageOffset
			if d := m.DictionaryPageOffset; d > 0 && d < at {
				at = d
			}
			pages, err := pagesOf(b[at : at+m.TotalCompressedSize])
			if err != nil || pages == nil || m.Codec != format.Snappy {
				return nil, 0, err
			}
			chunks = append(chunks, pages)
		}
	}
	return chunks, f.NumRows(), nil
}

func pagesOf(chunk []byte) (pages [][]byte, err error) {
	for len(chunk) > 0 {
		r := bytes.NewReader(chunk)
		var h format.PageHeader
		if err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(r)).Decode(&h); err != nil {
			return nil, err
		}
		if h.Type == format.DataPageV2 {
			return nil, nil
		}
		at := len(chunk) - r.Len()
		pages = append(pages, chunk[at:at+int(h.CompressedPageSize)])
		chunk = chunk[at+int(h.CompressedPageSize):]
	}
	return pages, nil
}

// uncompress uncompresses all pages on two threads, into memory that stays in the
// nearest cache as far as it can.
func uncompress(chunks [][][]byte) error {
	errs := make([]error, 2)
	var workers sync.WaitGroup
	for w := range errs {
		workers.Go(func() {
			var out []byte
			for i := w; i < len(chunks); i += len(errs) {
				for _, page := range chunks[i] {
					n, err := s2.DecodedLen(page)
					if err == nil {
						if cap(out) < n {
							out = make([]byte, n)
						}
						_, err = s2.Decode(out[:n], page)
					}
					if err != nil {
						errs[w] = err
						return
					}
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}
