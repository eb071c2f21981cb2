package job

import (
	"context"
	"math"
	"slices"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

// throughout are the sources whose rows after the as-of date say something too, or
// that are small: who the accounts are, when they were lost, what people wrote.
var throughout = append([]string{"fx_rates", "merged_ids", "overrides", "snoozes", "interventions"}, defining...)

// known returns a source without the row groups that lie wholly after the as-of
// date, which no date of the run can use, and those whose footers say so against
// what their rows hold. Rows before every window are kept: the audit compares which
// accounts have any row at all with the last run, of rows with one key the first
// may be an old one, and values without a window (the last login, the licensed
// seats, what is still open) may be as old as the export.
func (j *Job) known(ctx context.Context, src *warehouse.Source) (read *warehouse.Source, untrue []warehouse.Gap, err error) {
	when := datedBy(src)
	if when == "" || j.EveryRow || slices.Contains(throughout, src.Contract().Name) {
		return src, nil, nil
	}
	return src.Confirm(ctx, when, math.MinInt32, j.AsOf)
}

// datedBy names the column without which, or before whose day, a row counts as of
// no date; "" where there is none.
func datedBy(src *warehouse.Source) string {
	in := intake.Input{Contract: src.Contract(), Layout: src.Layout(), Rows: src}
	name := ""
	switch in.Layout {
	case source.Events:
		name = in.Contract.Time
	case source.Snapshot:
		name = in.Stamp()
	}
	if !in.Has(name) {
		return ""
	}
	return name
}

// countLater counts the rows that were not read as what reading them would have:
// dated after the as-of date.
func (d *Data) countLater() {
	for _, o := range d.Sources {
		gaps := o.Read.Gaps()
		if len(gaps) == 0 || !o.Meter.Passed() {
			continue
		}
		name := datedBy(o.Read)
		if c, _ := o.Read.Contract().Column(name); c.Future {
			continue
		}
		for _, g := range gaps {
			d.Findings.AddN(diag.Finding{
				Code: diag.FutureDate, Source: o.Name, Column: name, File: g.File, Row: g.FirstRow, Value: "not read: " + day.Format(g.First) + " or later",
			}, g.Rows)
		}
	}
}
