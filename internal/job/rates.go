package job

import (
	"context"
	"strings"

	"accounthealth/internal/intake"
)

// rates reads fx_rates: for every currency the newest rate not after the as-of
// date, to the reporting currency. One rate serves all dates of a run, so that
// comparisons are in constant currency. Without the source there are none, and
// amounts in other currencies are unknown instead of being added up as they are.
func (j *Job) rates(ctx context.Context, in *intake.Input, d *Data) (map[string]float64, error) {
	if in == nil {
		return nil, nil
	}
	out, since := map[string]float64{}, map[string]int32{}
	err := in.Read(ctx, []string{"currency", "date", "rate"}, j.AsOf, d.Findings, func(b *intake.Batch) error {
		currency, date, rate := &b.Columns[0], &b.Columns[1], &b.Columns[2]
		for i := range b.Len {
			if currency.Status[i] != intake.Known || date.Status[i] != intake.Known || rate.Status[i] != intake.Known || date.Days[i] > j.AsOf {
				continue
			}
			c := strings.ToUpper(strings.TrimSpace(currency.Text(i)))
			if at, ok := since[c]; ok && (at > date.Days[i] || at == date.Days[i] && out[c] >= rate.Numbers[i]) {
				continue // of two rates of one day the greater, whatever their order
			}
			c = strings.Clone(c)
			out[c], since[c] = rate.Numbers[i], date.Days[i]
		}
		return nil
	})
	return out, err
}
