package warehouse

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/diag"
	"accounthealth/internal/store"
)

const damaged = "export the file again; it is truncated or damaged"

// part is one opened file.
type part struct {
	file   store.File
	meta   *format.FileMetaData
	leaves []leaf
}

// openPart reads and checks a file's footer. Every fault is a diag.Error of
// class Data that names the file.
func openPart(ctx context.Context, st store.Source, file store.File, budget int64) (p *part, err error) {
	r, err := st.Open(ctx, file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	defer recoverDamage(file.Path, &err)
	footer, err := readFooter(r, file.Path, budget)
	if err != nil {
		return nil, err
	}
	meta, err := decodeFooter(footer)
	if err != nil {
		return nil, &diag.Error{Class: diag.Data, Where: file.Path, What: "its footer cannot be read", Fix: damaged, Cause: err}
	}
	p = &part{file: file, meta: meta}
	if err := p.checkLayout(r.Size()); err != nil {
		return nil, err
	}
	schema, err := schemaOnly(meta)
	if err == nil {
		p.leaves, err = leavesOf(schema, meta)
	}
	if err != nil {
		return nil, &diag.Error{Class: diag.Data, Where: file.Path, What: "its schema cannot be read", Fix: damaged, Cause: err}
	}
	return p, nil
}

// recoverDamage turns a panic of the decoder into an error that names the file.
// The panic's own text means nothing to a reader and is dropped.
func recoverDamage(path string, err *error) {
	if recover() != nil {
		*err = diag.Errorf(diag.Data, path, damaged, "its content cannot be decoded")
	}
}

func readFooter(r store.Reader, path string, budget int64) ([]byte, error) {
	fault := func(format string, args ...any) error { return diag.Errorf(diag.Data, path, damaged, format, args...) }
	size := r.Size()
	if size < 12 {
		return nil, fault("%d bytes are too few for a Parquet file", size)
	}
	var head [4]byte
	var tail [8]byte
	if err := readFull(r, head[:], 0); err != nil {
		return nil, readFault(path, err)
	}
	if err := readFull(r, tail[:], size-8); err != nil {
		return nil, readFault(path, err)
	}
	switch end := string(tail[4:]); {
	case end == "PARE" || string(head[:]) == "PARE":
		return nil, encrypted(path)
	case string(head[:]) != "PAR1":
		fix := "export it as Parquet, or move it out of the folder"
		if name := strings.ToLower(path); strings.HasSuffix(name, ".csv.gz") || strings.HasSuffix(name, ".csv.zst") || strings.HasSuffix(name, ".csv.zip") {
			fix = "uncompress it: CSV is read as it is"
		}
		return nil, diag.Errorf(diag.Data, path, fix, "this is not a Parquet file")
	case end != "PAR1":
		return nil, fault("the end of the file is missing")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if n > size-12 {
		return nil, fault("its footer claims %d bytes of a file of %d", n, size)
	}
	if n > budget {
		return nil, diag.Errorf(diag.Data, path, "export fewer row groups a file", "its footer of %d bytes exceeds the memory budget", n)
	}
	footer := make([]byte, n)
	if err := readFull(r, footer, size-8-n); err != nil {
		return nil, readFault(path, err)
	}
	extent, err := compactExtent(footer)
	if err != nil {
		return nil, fault("its footer is malformed")
	}
	if extent != len(footer) {
		// Only a file with encrypted columns has more: its footer is signed.
		if meta, err := decodeFooter(footer[:extent]); err == nil && meta.EncryptionAlgorithm.Value != nil {
			return nil, encrypted(path)
		}
		return nil, fault("its footer is malformed")
	}
	return footer, nil
}

func encrypted(path string) error {
	return diag.Errorf(diag.Data, path, "export it without column encryption", "the file is encrypted")
}

func readFull(r io.ReaderAt, p []byte, off int64) error {
	if n, err := r.ReadAt(p, off); n < len(p) {
		return errors.Join(err, io.ErrUnexpectedEOF)
	}
	return nil
}

func readFault(path string, err error) error {
	if told, ok := errors.AsType[*diag.Error](err); ok {
		return told // the store's own words, which do not blame the file
	}
	return &diag.Error{Class: diag.Data, Where: path, What: "cannot read the file", Fix: "check the disk and the permissions", Cause: err}
}

// checkLayout holds the footer's claims against each other and the file's size.
func (p *part) checkLayout(size int64) error {
	if p.meta.EncryptionAlgorithm.Value != nil {
		return encrypted(p.file.Path)
	}
	var rows int64
	for i := range p.meta.RowGroups {
		g := &p.meta.RowGroups[i]
		fault := func(format string, args ...any) error {
			return diag.Errorf(diag.Data, p.file.Path, damaged, "row group %d %s", i, fmt.Sprintf(format, args...))
		}
		if g.NumRows < 0 || rows > math.MaxInt64-g.NumRows {
			return fault("claims %d rows", g.NumRows)
		}
		rows += g.NumRows
		for j := range g.Columns {
			m := &g.Columns[j].MetaData
			if g.Columns[j].CryptoMetadata.Value != nil {
				return encrypted(p.file.Path)
			}
			if other := g.Columns[j].FilePath; other != "" {
				return diag.Errorf(diag.Data, p.file.Path, "name the folder of the data files instead", "it is a summary whose rows lie in other files, such as %s", other)
			}
			if start := chunkStart(m); start < 4 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > size || start > size-m.TotalCompressedSize {
				if g.NumRows == 0 {
					continue // nothing is read, and writers state any offset
				}
				return fault("holds column %d outside the file", j)
			}
		}
	}
	if rows != p.meta.NumRows {
		return diag.Errorf(diag.Data, p.file.Path, damaged, "its row groups hold %d rows where the footer says %d", rows, p.meta.NumRows)
	}
	return nil
}

// chunkStart is where a column chunk's pages begin; some writers leave the
// dictionary's offset out or set it to 0.
func chunkStart(m *format.ColumnMetaData) int64 {
	if d := m.DictionaryPageOffset; d > 0 && d < m.DataPageOffset {
		return d
	}
	return m.DataPageOffset
}

// schemaOnly lets the library read the schema: it sees a file without rows, so
// that nothing else of the footer can mislead it.
func schemaOnly(meta *format.FileMetaData) (*parquet.File, error) {
	shown := *meta
	shown.RowGroups, shown.NumRows = []format.RowGroup{}, 0
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &shown)
	if err != nil {
		return nil, err
	}
	file := append([]byte("PAR1"), footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	file = append(file, "PAR1"...)
	return parquet.OpenFile(bytes.NewReader(file), int64(len(file)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
}
