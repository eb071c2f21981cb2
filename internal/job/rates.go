package job

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"accounthealth/internal/intake"
)

// exchange is the reporting currency per unit of every other, by currency: the
// rates of each, oldest first. Without an fx_rates source there are none, and
// amounts in other currencies are unknown instead of being added up as they are.
type exchange map[string][]dayRate

type dayRate struct {
	day  int32
	rate float64
}

// readRates reads fx_rates up to the as-of date.
func (j *Job) readRates(ctx context.Context, in *intake.Input, d *Data) (exchange, error) {
	if in == nil {
		return nil, nil
	}
	out := exchange{}
	err := in.Read(ctx, []string{"currency", "date", "rate"}, j.AsOf, d.Findings, func(b *intake.Batch) error {
		currency, date, rate := &b.Columns[0], &b.Columns[1], &b.Columns[2]
		for i := range b.Len {
			if currency.Status[i] != intake.Known || date.Status[i] != intake.Known || rate.Status[i] != intake.Known || date.Days[i] > j.AsOf {
				continue
			}
			c := strings.ToUpper(strings.TrimSpace(currency.Text(i)))
			if _, known := out[c]; !known {
				c = strings.Clone(c)
			}
			out[c] = append(out[c], dayRate{date.Days[i], rate.Numbers[i]})
		}
		return nil
	})
	for _, list := range out {
		slices.SortFunc(list, func(a, b dayRate) int { return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.rate, b.rate)) })
	}
	return out, err
}

// at returns the rates in force on a day: of each currency the newest not after
// it, of two of one day the greater, whatever their order in the files.
func (r exchange) at(day int32) map[string]float64 {
	out := map[string]float64{}
	for c, list := range r {
		i, _ := slices.BinarySearchFunc(list, day+1, func(x dayRate, day int32) int { return cmp.Compare(x.day, day) })
		if i > 0 {
			out[c] = list[i-1].rate
		}
	}
	return out
}
