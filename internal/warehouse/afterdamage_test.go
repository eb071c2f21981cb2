package warehouse

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"accounthealth/internal/source"
)

// Nothing of a damaged page is left for the next one, of whatever codec and column.
func TestPagesAfterADamagedOne(t *testing.T) {
	content, other := bytes.Repeat([]byte("of the page "), 50), bytes.Repeat([]byte("left over"), 20)
	for _, codec := range []format.CompressionCodec{format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw} {
		pack := func(b []byte) []byte {
			out, err := parquet.LookupCompressionCodec(codec).Encode(nil, b)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		read := func(body []byte) ([]byte, error) {
			s, err := newPageStream(bytes.NewReader(nil), &format.ColumnMetaData{Codec: codec}, &leaf{}, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			s.body = body
			got, err := s.uncompress(&format.PageHeader{Type: format.DataPage, UncompressedPageSize: 4096}, 0)
			return bytes.Clone(got), err
		}
		good := pack(content)
		for range 20 { // readers are shared as it happens
			_, _ = read(append(pack(content), pack(other)...)) // more than one page's bytes
			_, _ = read(good[:len(good)/2])
			if got, err := read(good); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s: %q, %v", codec, got, err)
				break
			}
		}
	}
}

// A page that does not start as its codec's blocks do is an error that says so.
func TestPagesOfNoBlock(t *testing.T) {
	content := bytes.Repeat([]byte("of the page "), 50)
	for _, codec := range []format.CompressionCodec{format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw} {
		good, err := parquet.LookupCompressionCodec(codec).Encode(nil, content)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newPageStream(bytes.NewReader(nil), &format.ColumnMetaData{Codec: codec}, &leaf{}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // with a reader of the codec's own, and with one that was used before
			for at := range min(len(good), 12) {
				s.body = bytes.Clone(good)
				s.body[at] ^= 0x5a
				_, err = s.uncompress(&format.PageHeader{Type: format.DataPage, UncompressedPageSize: 4096}, 0)
				if at == 0 && codec == format.Gzip && err == nil {
					t.Errorf("%s: %v", codec, err)
				}
			}
			s.body = good
			got, err := s.uncompress(&format.PageHeader{Type: format.DataPage, UncompressedPageSize: 4096}, 0)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s: %q, %v", codec, got, err)
			}
		}
		s.close()
	}
}

// brokenColumn fails beyond any error.
type brokenColumn struct{ column }

func (brokenColumn) read(int) (arrow.Array, faults, error) { panic("broken") }

// A decoder that fails beyond any error leaves nothing of the other columns'
// batches behind, whether columns are read one by one or beside each other.
func TestBrokenDecoderLeavesNothing(t *testing.T) {
	for _, last := range []bool{false, true} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		ctx, st := context.Background(), memoryStore(sampleFile(t, 50))
		s, err := Open(ctx, st, Spec{Path: "a.parquet", Contract: contractOf(col("name", source.Text), col("seats", source.Number))}, Options{BatchRows: 20})
		if err != nil {
			t.Fatal(err)
		}
		plan := &scanPlan{Source: s, columns: []int{0, 1}, mem: mem}
		task := plan.tasks()[0]
		task.last = last
		d := &groupDecoder{plan: plan, task: task}
		r, err := st.Open(ctx, task.part.file)
		if err == nil {
			err = d.open(r)
		}
		if err != nil {
			t.Fatal(err)
		}
		d.columns[1] = brokenColumn{d.columns[1]}
		func() {
			defer func() {
				if recover() != nil {
					t.Error("the failure gets through")
				}
			}()
			if err := d.decode(ctx); !errors.Is(err, errDecoder) {
				t.Errorf("last %v: %v", last, err)
			}
		}()
		d.close()
		mem.AssertSize(t, 0)
	}
}
