package publish

import (
	"context"
	"io"
	"math"
	"strconv"

	"accounthealth/internal/crm"
	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// CRMFile is the output in which a run keeps what the CRM was given.
const CRMFile = "crm.parquet"

// The columns of crm.parquet that are not the CRM's own.
const (
	crmAccount = "_account_id"
	crmDigest  = "_row_digest"
)

// CRMTable writes crm.parquet: the rows of crm.csv, typed, with the account's id
// and the digest of what a person sees behind them.
func CRMTable(w io.Writer, p *plan.Plan, asOf int32, rows portfolio.AccountRows) error {
	f := warehouse.NewFrame(rows.Len())
	account := cursor(rows)
	// A row's columns are asked for one after another over a run of rows.
	const window = 4096
	cache, at := make([]crm.Row, window), make([]int, window)
	row := func(i int) *crm.Row {
		k := i % window
		if at[k] != i+1 {
			cache[k], at[k] = crm.Of(p, asOf, account(i)), i+1
		}
		return &cache[k]
	}
	for k, field := range p.CRM.Fields {
		switch {
		case crm.IsNumber(field.Holds):
			f.Number(field.Name, func(i int) float64 {
				v, err := strconv.ParseFloat(row(i).Values[k], 64)
				if err != nil {
					return math.NaN()
				}
				return v
			})
		case crm.IsDate(field.Holds):
			f.Date(field.Name, func(i int) int32 {
				d, err := day.Parse(row(i).Values[k])
				if err != nil {
					return portfolio.NoDay
				}
				return d
			})
		default:
			f.Text(field.Name, func(i int) string { return row(i).Values[k] })
		}
	}
	f.Key(crmAccount, func(i int) string { return row(i).ID })
	f.Text(crmDigest, func(i int) string { return row(i).Digest })
	return f.Write(w, options(p))
}

// CRMLines writes crm.csv.
func CRMLines(w io.Writer, p *plan.Plan, asOf int32, rows portfolio.AccountRows) error {
	return crm.CSV(w, p, func(yield func(crm.Row) bool) {
		var a portfolio.AccountRow
		for i := range rows.Len() {
			rows.Row(i, &a)
			if !yield(crm.Of(p, asOf, &a)) {
				return
			}
		}
	})
}

// ReadCRM reads the digests of an earlier run's rows by account id.
func ReadCRM(ctx context.Context, st store.Source, path string) (map[string]string, error) {
	contract := source.Contract{Name: CRMFile, Columns: []source.Column{{Name: crmAccount, Role: source.Text}, {Name: crmDigest, Role: source.Text}}}
	out := map[string]string{}
	err := readFiled(ctx, st, path, &contract, []string{crmAccount, crmDigest}, func(r filedRow) error {
		out[r.text(crmAccount)] = r.text(crmDigest)
		return nil
	})
	return out, err
}
