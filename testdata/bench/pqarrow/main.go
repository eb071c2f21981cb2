// Command pqarrow reads every column of a Parquet file into Arrow batches with
// the Parquet reader of the Arrow module for Go, and prints the seconds of each
// run. It is a module of its own because the product must not depend on that
// reader; see ../README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

func main() {
	path := flag.String("file", "", "the Parquet `file`")
	runs := flag.Int("runs", 5, "timed runs")
	flag.Parse()
	if err := run(*path, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "pqarrow:", err)
		os.Exit(1)
	}
}

// patience is how long repeats of one way may take; two runs are timed in any case.
const patience = 10 * time.Second

func run(path string, runs int) error {
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(map[string]any{"version": "pqarrow of arrow/go v17.0.0"}); err != nil {
		return err
	}
	for _, way := range []struct {
		name       string
		dictionary bool
	}{{"Arrow batches", false}, {"Arrow batches, texts as dictionaries", true}} {
		first := time.Now()
		for i := range runs + 1 { // the first fills the caches
			if i > 1 && time.Since(first) > patience {
				break
			}
			start, cpu := time.Now(), processTime()
			rows, err := scan(path, way.dictionary)
			if err != nil {
				return err
			}
			if err := out.Encode(map[string]any{"way": way.name, "rows": rows, "seconds": time.Since(start).Seconds(), "cpu": (processTime() - cpu).Seconds()}); err != nil {
				return err
			}
		}
	}
	return nil
}

func scan(path string, dictionary bool) (rows int64, err error) {
	f, err := file.OpenParquetFile(path, true, file.WithReadProps(parquet.NewReaderProperties(memory.DefaultAllocator)))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	props := pqarrow.ArrowReadProperties{Parallel: true, BatchSize: 1 << 17}
	if dictionary {
		for i := range f.MetaData().Schema.NumColumns() {
			if f.MetaData().Schema.Column(i).PhysicalType() == parquet.Types.ByteArray {
				props.SetReadDict(i, true)
			}
		}
	}
	r, err := pqarrow.NewFileReader(f, props, memory.DefaultAllocator)
	if err != nil {
		return 0, err
	}
	batches, err := r.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		return 0, err
	}
	defer batches.Release()
	for batches.Next() {
		rows += batches.Record().NumRows()
	}
	if err := batches.Err(); err != nil && !errors.Is(err, io.EOF) {
		return rows, err
	}
	return rows, nil
}

func processTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
