package labelled

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// Read reads a table from a file of the store: CSV by its ending .csv, .tsv or
// .txt, else Parquet, a file or a folder of part files. opt is how Parquet is
// read.
func Read(ctx context.Context, files store.Source, path string, spec Spec, opt warehouse.Options) (*Table, error) {
	lower := strings.ToLower(path)
	for _, ending := range []string{".csv", ".tsv", ".txt"} {
		if strings.HasSuffix(lower, ending) {
			return readText(ctx, files, path, spec)
		}
	}
	return readParquet(ctx, files, path, spec, opt)
}

func readText(ctx context.Context, files store.Source, path string, spec Spec) (*Table, error) {
	list, err := files.List(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, diag.Errorf(diag.Config, path, "name one CSV file", "the path holds %d files", len(list))
	}
	r, err := files.Open(ctx, list[0])
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return ReadCSV(path, io.NewSectionReader(r, 0, r.Size()), spec)
}

func readParquet(ctx context.Context, files store.Source, path string, spec Spec, opt warehouse.Options) (*Table, error) {
	all, err := warehouse.Open(ctx, files, warehouse.Spec{Contract: &source.Contract{Name: "sample"}, Path: path}, opt)
	if err != nil {
		return nil, err
	}
	var header []string
	for _, c := range all.FileColumns() {
		header = append(header, c.Name)
	}
	if len(header) == 0 {
		return nil, diag.Errorf(diag.Data, path, "export it again", "the table has no rows")
	}
	l, err := spec.find(path, header)
	if err != nil {
		return nil, err
	}
	contract := &source.Contract{Name: "sample", Grain: "one row per account and date"}
	columns := map[string]string{}
	var read []string
	var of []int
	for i, p := range l.parts {
		if l.at[i] < 0 {
			continue
		}
		c := source.Column{Name: p.Name, Role: p.role, Required: p.required, Future: true, Help: p.help}
		if p.pillar || p.Name == Score {
			c.Bounded, c.Min, c.Max = true, 0, 100
		}
		if p.Name == ARR || p.Name == ARRLost {
			c.Bounded, c.Min, c.Max = true, 0, mostARR
		}
		contract.Columns = append(contract.Columns, c)
		columns[p.Name] = header[l.at[i]]
		read, of = append(read, p.Name), append(of, i)
	}
	src, err := warehouse.Open(ctx, files, warehouse.Spec{Contract: contract, Path: path, Columns: columns}, opt)
	if err != nil {
		return nil, err
	}
	b := newBuilder(path, l)
	in := intake.Input{Contract: contract, Rows: src}
	err = in.Read(ctx, read, day.None, nil, func(batch *intake.Batch) error {
		for i := range batch.Len {
			where := fmt.Sprintf("%s: row %d", batch.File, batch.First+int64(i)+1)
			before := len(b.errs) + b.lost
			r := take(batch, i, l, of, b, where)
			if len(b.errs)+b.lost == before {
				b.add(where, r)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.finish()
}

// take reads row i of a batch, whose columns are the parts of.
func take(batch *intake.Batch, i int, l *layout, of []int, b *builder, where string) row {
	r := row{date: day.None, decision: day.None, arr: math.NaN(), lost: math.NaN(), score: math.NaN()}
	for k := range batch.Columns {
		c, p := &batch.Columns[k], l.parts[of[k]]
		known := c.Status[i] == intake.Known
		if c.Status[i] == intake.Bad {
			fix := "write a " + p.role.String()
			if p.pillar || p.Name == Score {
				fix = "write a number from 0 to 100, or null where there is none"
			}
			b.problem(where, fix, "%s cannot be used as it stands", p.Name)
		}
		switch {
		case p.pillar:
			v := math.NaN()
			if known {
				v = c.Numbers[i]
			}
			r.x = append(r.x, v)
		case !known:
			if p.Name == Account || p.Name == SnapshotDate {
				b.problem(where, "every row needs it", "%s is null", p.Name)
			}
		case p.Name == Account:
			r.account = strings.Clone(c.Text(i))
		case p.Name == SnapshotDate:
			r.date = c.Days[i]
		case p.Name == DecisionDate:
			r.decision = c.Days[i]
		case p.Name == Segment:
			r.segment = strings.Clone(c.Text(i))
		case p.Name == ARR:
			r.arr = c.Numbers[i]
		case p.Name == ARRLost:
			r.lost = c.Numbers[i]
		case p.Name == Score:
			r.score = c.Numbers[i]
		case p.Name == Worked:
			r.worked = c.Flags[i]
		case p.Name == Churn:
			r.churned, r.labelled = c.Flags[i], true
		}
	}
	return r
}
