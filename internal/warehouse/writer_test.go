package warehouse

import (
	"bytes"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func TestWriterSmoke(t *testing.T) {
	var buf bytes.Buffer
	w, err := NewWriter(&buf, []Field{{Name: "z", Type: String, Optional: true, Dict: true}, {Name: "a,b", Type: Money}}, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]Vector{{Strings: []string{"x", ""}, Valid: []bool{true, false}}, {Ints: []int64{1, 2}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(f.Schema(), f.NumRows(), f.Metadata().RowGroups[0].Columns[0].MetaData.Encoding)
}
