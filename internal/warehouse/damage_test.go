package warehouse

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// memoryStore is a store of one file.
type memoryStore []byte

func (m memoryStore) List(context.Context, string) ([]store.File, error) {
	return []store.File{{Path: "a.parquet", Rel: "a.parquet", Size: int64(len(m))}}, nil
}

func (m memoryStore) Open(context.Context, store.File) (store.Reader, error) {
	return memoryReader{bytes.NewReader(m)}, nil
}

type memoryReader struct{ *bytes.Reader }

func (memoryReader) Close() error { return nil }

var _ io.ReaderAt = memoryReader{}

// everyRole reads column names of allTypes and of foreign files in every way.
var everyRole = contractOf(
	col("name", source.Text), col("tier", source.ID), col("seats", source.Number), col("small", source.Text), col("rate", source.Money),
	col("strategic", source.Flag), col("start", source.Time), col("seen", source.Time), col("local", source.Text), col("arr", source.Money), col("x", source.Text))

// consumeAll opens and scans bytes and returns a fingerprint of what was read,
// which does not depend on the form that columns come in.
func consumeAll(b []byte, budget int64) (string, error) {
	out, err := consume(b, Options{MemoryBudget: budget})
	stored, other := consume(b, Options{MemoryBudget: budget, Encoded: true, BatchRows: 100})
	if (err == nil) != (other == nil) || err == nil && out != stored {
		return "", fmt.Errorf("read as %q, %v, and with dictionaries as stored as %q, %v", out, err, stored, other)
	}
	if _, derr := Describe(context.Background(), memoryStore(b), "a.parquet"); derr != nil && err == nil && diag.ClassOf(derr) != diag.Data {
		err = derr
	}
	return out, err
}

func consume(b []byte, opt Options) (string, error) {
	ctx := context.Background()
	s, err := Open(ctx, memoryStore(b), Spec{Path: "a.parquet", Contract: everyRole}, opt)
	if err != nil {
		return "", err
	}
	if opt.Encoded {
		s.ahead = 1 // a batch at a time, columns beside each other
	}
	var names []string
	for _, c := range everyRole.Columns {
		names = append(names, c.Name)
	}
	cells, invalid := make([]strings.Builder, len(names)), make([]strings.Builder, len(names))
	err = s.Scan(ctx, names, func(b *Batch) error {
		for i := range names {
			c := b.Record.Column(i)
			for r := range c.Len() {
				cells[i].WriteString(cell(c, r))
				cells[i].WriteByte('|')
			}
			for _, r := range b.Invalid[i] {
				fmt.Fprintf(&invalid[i], "%d|", b.FirstRow+int64(r))
			}
		}
		return nil
	})
	var out strings.Builder
	for i := range names {
		out.WriteString(cells[i].String() + "invalid: " + invalid[i].String() + "\n")
	}
	return out.String(), err
}

func wellSaid(t *testing.T, what string, err error) {
	t.Helper()
	if diag.ClassOf(err) != diag.Data || !strings.Contains(err.Error(), "a.parquet") {
		t.Errorf("%s: error does not name the file: %v", what, err)
	}
	for _, word := range []string{"panic", "runtime error", "goroutine", "nil pointer"} {
		if strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func sampleFile(t testing.TB, rows int) []byte {
	var buf bytes.Buffer
	w, err := NewWriter(&buf, allTypes, WriterOptions{RowGroup: 60})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(allVectors(rows)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestTruncatedFilesAreRefused(t *testing.T) {
	good := sampleFile(t, 100)
	for n := 0; n < len(good); n += 1 + n/50 {
		if _, err := consumeAll(good[:n], 0); err == nil {
			t.Fatalf("%d of %d bytes are accepted", n, len(good))
		} else {
			wellSaid(t, fmt.Sprintf("%d bytes", n), err)
		}
	}
	if _, err := consumeAll(good, 0); err != nil {
		t.Fatal(err)
	}
}

// Our files carry checksums: a flipped bit of a page is an error. One of the
// footer may change a statistic or a name, and must not change a value.
func TestFlippedBitsNeverChangeValues(t *testing.T) {
	good := sampleFile(t, 100)
	want, err := consumeAll(good, 0)
	if err != nil {
		t.Fatal(err)
	}
	footer := len(good) - 8 - int(binary.LittleEndian.Uint32(good[len(good)-8:]))
	pages := footer // the indexes before the footer are not read
	rng := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 400 {
		at := rng.IntN(pages)
		bad := slices.Clone(good)
		bad[at] ^= 1 << rng.IntN(8)
		got, err := consumeAll(bad, 1<<24)
		if err != nil {
			wellSaid(t, fmt.Sprintf("byte %d", at), err)
			refused++
		} else if got != want {
			t.Errorf("byte %d: values changed without an error", at)
		}
	}
	if refused < 200 {
		t.Errorf("only %d of 400 flips are refused", refused)
	}
	for range 300 {
		bad := slices.Clone(good)
		at := footer + rng.IntN(len(good)-footer)
		bad[at] ^= 1 << rng.IntN(8)
		if _, err := consumeAll(bad, 1<<24); err != nil {
			wellSaid(t, fmt.Sprintf("footer byte %d", at), err)
		}
	}
}

// Without checksums values may change, but nothing may crash or ask for more
// memory than it has.
func TestFlippedBitsWithoutChecksumsNeverCrash(t *testing.T) {
	words := make([]any, 400)
	numbers := make([]any, 400)
	for i := range words {
		words[i], numbers[i] = fmt.Sprintf("word %d", i%50), int64(i*i)
		if i%9 == 0 {
			words[i], numbers[i] = nil, nil
		}
	}
	var files [][]byte
	for _, v := range []int{1, 2} {
		version := parquet.DataPageVersion(v)
		files = append(files,
			foreign(t, parquet.Encoded(parquet.String(), &parquet.DeltaByteArray), words, version, parquet.Compression(&parquet.Lz4Raw)),
			foreign(t, parquet.Encoded(parquet.String(), &parquet.DeltaLengthByteArray), words, version),
			foreign(t, parquet.Encoded(parquet.String(), &parquet.RLEDictionary), words, version, parquet.Compression(&parquet.Snappy)),
			foreign(t, parquet.String(), words, version),
			foreign(t, parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked), numbers, version),
			foreign(t, parquet.Encoded(parquet.Int(64), &parquet.ByteStreamSplit), numbers, version, parquet.Compression(&parquet.Zstd)))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for i, good := range files {
		good = withoutChecksums(t, good)
		if _, err := consumeAll(good, 0); err != nil {
			t.Fatalf("file %d: %v", i, err)
		}
		for range 150 {
			bad := slices.Clone(good)
			for range 1 + rng.IntN(3) {
				bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
			}
			if _, err := consumeAll(bad, 1<<24); err != nil {
				wellSaid(t, fmt.Sprintf("file %d", i), err)
			}
		}
	}
}

// withoutChecksums rewrites a file's single column chunk with no page CRCs.
func withoutChecksums(t testing.TB, b []byte) []byte {
	t.Helper()
	n := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[len(b)-8-n:len(b)-8], &meta); err != nil {
		t.Fatal(err)
	}
	m := &meta.RowGroups[0].Columns[0].MetaData
	chunk := b[chunkStart(m) : chunkStart(m)+m.TotalCompressedSize]
	out := []byte("PAR1")
	shift := map[bool]int64{}
	for len(chunk) > 0 {
		k, err := compactExtent(chunk)
		if err != nil {
			t.Fatal(err)
		}
		var h format.PageHeader
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), chunk[:k], &h); err != nil {
			t.Fatal(err)
		}
		dictionary := h.Type == format.DictionaryPage
		if _, seen := shift[dictionary]; !seen {
			shift[dictionary] = int64(len(out))
		}
		h.CRC = 0
		head, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, head...), chunk[k:k+int(h.CompressedPageSize)]...)
		chunk = chunk[k+int(h.CompressedPageSize):]
	}
	m.DataPageOffset, m.TotalCompressedSize = shift[false], int64(len(out)-4)
	if m.DictionaryPageOffset > 0 {
		m.DictionaryPageOffset = shift[true]
	}
	meta.RowGroups[0].Columns[0].ColumnIndexOffset, meta.RowGroups[0].Columns[0].OffsetIndexOffset = 0, 0
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		t.Fatal(err)
	}
	out = append(out, footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

func TestRefusedFiles(t *testing.T) {
	good := sampleFile(t, 10)
	encrypted := slices.Clone(good)
	copy(encrypted[len(encrypted)-4:], "PARE")
	longFooter := slices.Clone(good)
	binary.LittleEndian.PutUint32(longFooter[len(good)-8:], 1<<30)
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"text":          {[]byte("account_id,arr\n1,2\n3,4\n"), "not a Parquet file"},
		"encrypted":     {encrypted, "encrypted"},
		"long footer":   {longFooter, "footer claims"},
		"few bytes":     {[]byte("PAR1"), "too few"},
		"unended":       {good[:len(good)-1], "end of the file is missing"},
		"empty footer":  {[]byte("PAR1\x00\x00\x00\x00PAR1"), "footer"},
		"hollow footer": {[]byte("PAR1\x00\x01\x00\x00\x00PAR1"), "a.parquet"},
	} {
		_, err := consumeAll(c.b, 0)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wellSaid(t, name, err)
	}
}

// A page may claim gigabytes in a few bytes; the budget stops it before the
// memory is asked for.
func TestClaimsBeyondTheBudget(t *testing.T) {
	huge := strings.Repeat("a", 1<<20)
	b := foreign(t, parquet.String(), []any{huge, huge, huge}, parquet.Compression(&parquet.Zstd))
	if _, err := consumeAll(b, 1<<20); err == nil || !strings.Contains(err.Error(), "memory budget") {
		t.Errorf("3 MiB page in a budget of 1 MiB: %v", err)
	}
	if _, err := consumeAll(b, 1<<24); err != nil {
		t.Errorf("3 MiB page in a budget of 16 MiB: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(sampleFile(f, 20))
	f.Add(withoutChecksums(f, foreign(f, parquet.Encoded(parquet.String(), &parquet.DeltaByteArray), []any{"a", "ab", nil, "abc"})))
	f.Add(foreign(f, parquet.Encoded(parquet.Int(64), &parquet.RLEDictionary), []any{int64(1), nil, int64(1)}, parquet.Compression(&parquet.Snappy)))
	f.Add([]byte("PAR1\x00\x01\x00\x00\x00PAR1"))
	addFixtures(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := consumeAll(b, 1<<24); err != nil {
			wellSaid(t, "fuzz", err)
		}
	})
}

// addFixtures seeds a fuzz target with the small files of other writers.
func addFixtures(f *testing.F) {
	const small = 5 << 10
	seeds := 0
	err := filepath.WalkDir(fixtures, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".parquet" {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && len(b) <= small {
			f.Add(b)
			seeds++
		}
		return err
	})
	if err != nil || seeds < 30 {
		f.Fatalf("%d seeds, %v", seeds, err)
	}
}

// Sizes that a damaged footer claims decide about memory, and nothing else.
func TestClaimedSizes(t *testing.T) {
	const rows = 100
	var buf bytes.Buffer
	w, err := NewWriter(&buf, []Field{{Name: "account_id", Dict: true}}, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]Vector{{Strings: slices.Repeat([]string{"A"}, rows)}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, claim := range []int64{math.MinInt64, -3 * rows, -2 * rows, -rows, -1, 0, math.MaxInt64} {
		s, err := Open(context.Background(), memoryStore(buf.Bytes()), Spec{Path: "a.parquet", Contract: contractOf(col("account_id", source.ID))}, Options{Encoded: true})
		if err != nil {
			t.Fatal(err)
		}
		s.parts[0].meta.RowGroups[0].Columns[0].MetaData.TotalUncompressedSize = claim
		n := int64(0)
		if err := s.Scan(context.Background(), []string{"account_id"}, func(b *Batch) error { n += b.Record.NumRows(); return nil }); err != nil || n != rows {
			t.Errorf("a claim of %d bytes: %d rows, %v", claim, n, err)
		}
	}
}
