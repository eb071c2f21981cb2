package warehouse

import (
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// footerMeta is the part of a footer that reading needs. The rest (statistics,
// indexes, the writer's own notes) is skipped, not decoded: it takes most of a
// footer's memory, none of it is trusted, and the library refuses notes without a
// value, which the format allows. The field numbers are those of the format's
// FileMetaData, RowGroup, ColumnChunk and ColumnMetaData.
type footerMeta struct {
	Version    int32                              `thrift:"1,required"`
	Schema     thrift.Slice[format.SchemaElement] `thrift:"2,required"`
	NumRows    int64                              `thrift:"3,required"`
	RowGroups  thrift.Slice[footerGroup]          `thrift:"4,required"`
	CreatedBy  string                             `thrift:"6,optional"`
	Encryption format.EncryptionAlgorithm         `thrift:"8,optional"`
}

type footerGroup struct {
	Columns thrift.Slice[footerChunk] `thrift:"1,required"`
	NumRows int64                     `thrift:"3,required"`
}

type footerChunk struct {
	FilePath string                      `thrift:"1,optional"`
	MetaData footerColumn                `thrift:"3,optional"`
	Crypto   format.ColumnCryptoMetaData `thrift:"8,optional"`
}

type footerColumn struct {
	Type                  format.Type                   `thrift:"1,required"`
	Encoding              thrift.Slice[format.Encoding] `thrift:"2,required"`
	PathInSchema          thrift.Slice[string]          `thrift:"3,required"`
	Codec                 format.CompressionCodec       `thrift:"4,required"`
	NumValues             int64                         `thrift:"5,required"`
	TotalUncompressedSize int64                         `thrift:"6,required"`
	TotalCompressedSize   int64                         `thrift:"7,required"`
	DataPageOffset        int64                         `thrift:"9,required"`
	DictionaryPageOffset  int64                         `thrift:"11,optional"`
	Statistics            footerStatistics              `thrift:"12,optional"`
}

// footerStatistics is what is used of a column chunk's statistics: those in the
// order of the column's type, not the deprecated ones.
type footerStatistics struct {
	NullCount *int64 `thrift:"3,optional"`
	MaxValue  []byte `thrift:"5,optional"`
	MinValue  []byte `thrift:"6,optional"`
}

// unstated is the NullCount of statistics that have none.
const unstated = -1

func (s *footerStatistics) decoded() format.Statistics {
	out := format.Statistics{NullCount: unstated, MaxValue: s.MaxValue, MinValue: s.MinValue}
	if s.NullCount != nil {
		out.NullCount = *s.NullCount
	}
	return out
}

// decodeFooter decodes a footer whose skeleton was walked.
func decodeFooter(b []byte) (*format.FileMetaData, error) {
	var f footerMeta
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b, &f); err != nil {
		return nil, err
	}
	meta := &format.FileMetaData{
		Version: f.Version, Schema: f.Schema, NumRows: f.NumRows, CreatedBy: f.CreatedBy, EncryptionAlgorithm: f.Encryption,
		RowGroups: make([]format.RowGroup, len(f.RowGroups)),
	}
	for i := range f.RowGroups {
		g := &f.RowGroups[i]
		columns := make([]format.ColumnChunk, len(g.Columns))
		for j := range g.Columns {
			c, m := &columns[j], &g.Columns[j].MetaData
			c.FilePath, c.CryptoMetadata = g.Columns[j].FilePath, g.Columns[j].Crypto
			c.MetaData = format.ColumnMetaData{
				Type: m.Type, Encoding: m.Encoding, PathInSchema: m.PathInSchema, Codec: m.Codec, NumValues: m.NumValues,
				TotalUncompressedSize: m.TotalUncompressedSize, TotalCompressedSize: m.TotalCompressedSize,
				DataPageOffset: m.DataPageOffset, DictionaryPageOffset: m.DictionaryPageOffset,
				Statistics: m.Statistics.decoded(),
			}
		}
		meta.RowGroups[i] = format.RowGroup{Columns: columns, NumRows: g.NumRows}
	}
	return meta, nil
}
