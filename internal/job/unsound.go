package job

import (
	"fmt"

	"accounthealth/calibrate"
	"accounthealth/internal/diag"
)

// unsound says which rows of the sources that tell customers and losses are bad, in
// such numbers that a run would publish nothing. Commands that only judge have no
// gate, so that it must stand beside what they say.
func (j *Job) unsound(d *Data) (out []calibrate.Warning) {
	of := map[string]*Opened{}
	for _, o := range d.Sources {
		of[o.Name] = o
	}
	for _, g := range d.Findings.Groups() {
		o := of[g.Source]
		if o == nil || g.Source != "accounts" && g.Source != "subscriptions" && g.Source != "churn" {
			continue
		}
		limit := 1.0
		switch {
		case g.Code.Spoils():
			limit = j.Settings.Limits.Invalid
		case g.Code == diag.Duplicate || g.Code == diag.Conflict:
			limit = j.Settings.Limits.Duplicates
		case g.Code == diag.Orphan:
			limit = j.Settings.Limits.Orphans
		}
		rows := o.Meter.RowsFor(g.Code)
		if float64(g.Count) <= limit*float64(rows) {
			continue
		}
		what := g.Code.Words()
		if g.Column != "" {
			what += " in " + g.Column
		}
		out = append(out, calibrate.Warning{Code: "rows", Subject: g.Source, Text: fmt.Sprintf(
			"%d of %d rows of %s: %s. A run would publish nothing with so many (limit %.0f%%): accounthealth audit-sources says which they are and what was made of them.",
			g.Count, rows, g.Source, what, 100*limit)})
	}
	return out
}
