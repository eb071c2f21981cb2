package sample

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"accounthealth/internal/day"
	"accounthealth/internal/warehouse"
)

// Generate writes the exports to sink and returns what it planted. File names
// are relative to the folder that health.yaml calls exports:
// "tickets/part-00000.snappy.parquet", "usage/month=2026-06/part-00000.snappy.parquet",
// "tickets/_SUCCESS". Files are created one after the other, in the same order
// and with the same bytes for equal options.
//
// Accounts are made in blocks; each block is a part file of every source (of
// every month, for usage), so memory is bounded by one block's accounts
// whatever Options.Accounts is. An error of the options has class Config; errors
// of the sink and of ctx are returned as they are.
func Generate(ctx context.Context, sink Sink, opt Options) (*Manifest, error) {
	opt = opt.withDefaults()
	if err := opt.validate(); err != nil {
		return nil, err
	}
	w := newWorld(opt)
	m := newManifest(opt)
	merged := newTable(mergedExport.fields)
	size := blockSize(opt.Accounts)
	for block := 0; block*size < opt.Accounts; block++ {
		accounts := make([]*account, min(size, opt.Accounts-block*size))
		err := inParallel(ctx, len(accounts), func(i int) error {
			accounts[i] = w.account(block*size + i)
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, a := range accounts {
			m.count(a, w)
			emitMerged(w, merged, a)
		}
		if err := w.writeBlock(ctx, sink, m, block, accounts); err != nil {
			return nil, err
		}
	}
	rates := newTable(ratesExport.fields)
	w.rates(rates)
	for _, whole := range []struct {
		name string
		rows *table
	}{{ratesExport.name, rates}, {mergedExport.name, merged}} {
		file := part{source: whole.name, name: whole.name + "/" + partName(0)}
		if err := file.encode(whole.rows); err != nil {
			return nil, err
		}
		if err := file.write(sink, m); err != nil {
			return nil, err
		}
	}
	for _, s := range m.Sources {
		if err := put(sink, s.Name+"/_SUCCESS", nil); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// blockSize is the number of accounts of a part file. Small exports have more
// than one part too; large ones have fewer, larger parts.
func blockSize(accounts int) int {
	if accounts <= 20_000 {
		return 1000
	}
	return 2500
}

func partName(block int) string { return fmt.Sprintf("part-%05d.snappy.parquet", block) }

// part is one encoded file.
type part struct {
	source, name string
	rows         int64
	planted      [Flaws]int64
	data         bytes.Buffer
}

// writeBlock encodes the block's files side by side and hands them to the sink
// in order.
func (w *world) writeBlock(ctx context.Context, sink Sink, m *Manifest, block int, accounts []*account) error {
	months := w.opt.Months
	parts := make([]part, len(exports)+months)
	err := inParallel(ctx, len(parts), func(i int) error {
		p := &parts[i]
		r := generator(w.opt.Seed, forDirt, uint64(block)<<16|uint64(i))
		if i < len(exports) {
			x := &exports[i]
			p.source, p.name = x.name, x.name+"/"+partName(block)
			t := newTable(x.fields)
			for _, a := range accounts {
				x.emit(w, t, a)
			}
			p.planted = x.weak.soil(r, t, float64(w.opt.Dirty), w.last)
			return p.encode(t)
		}
		month := i - len(exports)
		from := day.AddMonths(w.usage, month)
		p.source, p.name = usageExport.name, fmt.Sprintf("usage/month=%s/%s", day.Format(from)[:7], partName(block))
		t := newTable(usageExport.fields)
		t.reserve(len(accounts) * 31)
		for _, a := range accounts {
			emitUsage(t, a, from, min(day.MonthEnd(from), w.last))
		}
		p.planted = usageExport.weak.soil(r, t, float64(w.opt.Dirty), w.last)
		if month == 0 {
			// last_login_at was added to the export a month later.
			t = t.without()
		}
		return p.encode(t)
	})
	if err != nil {
		return err
	}
	for i := range parts {
		if err := parts[i].write(sink, m); err != nil {
			return err
		}
	}
	return nil
}

// encode turns a table into a Parquet file in memory.
func (p *part) encode(t *table) error {
	p.rows = int64(t.rows)
	out, err := warehouse.NewWriter(&p.data, t.fields, warehouse.WriterOptions{Codec: warehouse.Snappy})
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if err := out.Write(t.cols); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

func (p *part) write(sink Sink, m *Manifest) error {
	m.add(p)
	err := put(sink, p.name, p.data.Bytes())
	p.data = bytes.Buffer{}
	return err
}

func put(sink Sink, name string, data []byte) (err error) {
	var f io.WriteCloser
	if f, err = sink.Create(name); err != nil {
		return err
	}
	if _, err = f.Write(data); err != nil {
		_ = f.Close() // the write's error says more
		return err
	}
	return f.Close()
}

// inParallel calls do for 0..n-1, each once, on as many goroutines as there are
// processors. It returns the error of the lowest index that failed, or ctx's.
// Every call fills a slot of its own, so the order of calls does not show.
func inParallel(ctx context.Context, n int, do func(int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || failed.Load() || ctx.Err() != nil {
					return
				}
				if errs[i] = do(i); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
