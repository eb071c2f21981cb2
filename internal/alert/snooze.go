package alert

import (
	"context"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
)

// ReadSnoozes reads the snoozes source. A row without an end, a reason or an
// author, of an unknown account or of an unknown alert holds nothing back: it is
// counted in found. lookup gives an account's population row, or -1.
func ReadSnoozes(ctx context.Context, in *intake.Input, p *plan.Plan, lookup func(id string) int32, today int32, found *diag.Tally) ([]Snooze, error) {
	if err := in.CheckLayout(); err != nil {
		return nil, err
	}
	columns := []string{intake.AccountID, "set_at", "until", "reason", "author"}
	for _, name := range columns {
		if !in.Has(name) {
			return nil, in.Missing(name)
		}
	}
	if in.Has("alert") {
		columns = append(columns, "alert")
	}
	var out []Snooze
	err := in.Read(ctx, columns, today, found, func(b *intake.Batch) error {
		for i := range b.Len {
			if s, ok := snooze(b, i, p, lookup); ok {
				out = append(out, s)
			}
		}
		return nil
	})
	return out, err
}

func snooze(b *intake.Batch, i int, p *plan.Plan, lookup func(id string) int32) (s Snooze, ok bool) {
	text := func(k int) string {
		if c := &b.Columns[k]; c.Status[i] == intake.Known {
			return strings.Clone(strings.TrimSpace(c.Text(i)))
		}
		return ""
	}
	on := func(k int) int32 {
		if c := &b.Columns[k]; c.Status[i] == intake.Known {
			return c.Days[i]
		}
		return day.None
	}
	if len(b.Columns) > 5 {
		s.Rule = text(5)
	}
	s.From, s.To, s.Reason, s.Author = on(1), on(2), text(3), text(4)
	id := text(0)
	switch {
	case id == "":
		b.Note(diag.MissingKey, intake.AccountID, i, "")
	case lookup(id) < 0:
		b.Note(diag.Orphan, intake.AccountID, i, id)
	case s.From == day.None:
		b.Note(diag.Undated, "set_at", i, "")
	case s.To == day.None:
		b.Note(diag.Undated, "until", i, "")
	case s.To < s.From:
		b.Note(diag.Reversed, "until", i, day.Format(s.To))
	case s.Reason == "" || s.Author == "":
		b.Note(diag.UnknownWord, "reason", i, "no reason or no author is given")
	case s.Rule != "" && (p.Alerts == nil || !slices.ContainsFunc(p.Alerts.Rules, func(r plan.AlertRule) bool { return r.Name == s.Rule })):
		b.Note(diag.UnknownWord, "alert", i, s.Rule)
	default:
		s.Account = lookup(id)
		return s, true
	}
	return s, false
}
