package job

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"accounthealth/internal/day"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
	"accounthealth/internal/warehouse"
)

// Later tells that the exports were made after the as-of date, so that a table of
// layout current describes another day. The zero value says that they were not.
type Later struct {
	Source string // the source that shows it
	Newest int32  // its newest day of usual size
}

// Yes reports whether the exports are later.
func (l Later) Yes() bool { return l.Source != "" }

// activity are the sources whose rows are written as they happen and in which
// something happens every day or two, so that their newest rows date the export.
var activity = []string{"usage", "tickets", "nps", "pulse"}

// lateShare is the number of rows after the as-of date, in usual days' rows of the
// four weeks up to it, from which exports are taken to be later: a few rows with a
// mistaken date are not a later export.
const lateShare = 0.5

// later looks for rows that a table exported within current_for_days of the as-of
// date could not lie beside. Files whose statistics end before are not read.
func (j *Job) later(ctx context.Context, sources []*Opened) (Later, error) {
	edge := j.AsOf + j.Settings.CurrentFor
	for _, o := range sources {
		contract := o.Source.Contract()
		if o.Source.Layout() != source.Events || !slices.Contains(activity, o.Name) || !o.Source.Has(contract.Time) {
			continue
		}
		if latest, ok := o.Source.Latest(contract.Time); ok && latest <= edge {
			continue
		}
		const weeks = 28
		var before, after int64
		perDay := map[int32]int64{} // after the edge; a few years of days at most, mistaken ones apart
		err := o.Source.Scan(ctx, []string{contract.Time}, func(b *warehouse.Batch) error {
			times := b.Record.Column(0).(*array.Timestamp)
			for i, t := range times.TimestampValues() {
				if times.IsNull(i) {
					continue
				}
				switch d := intake.DayOf(int64(t)); {
				case d > edge && d <= edge+maxLater:
					after++
					perDay[d]++
				case d <= j.AsOf && d > j.AsOf-weeks:
					before++
				}
			}
			return nil
		})
		if err != nil {
			return Later{}, err
		}
		usual := float64(before) / weeks
		if after == 0 || float64(after) < lateShare*usual {
			continue
		}
		out := Later{Source: o.Name, Newest: j.AsOf}
		for d, n := range perDay {
			if float64(n) >= lateShare*min(usual, float64(after)/float64(len(perDay))) {
				out.Newest = max(out.Newest, d)
			}
		}
		return out, nil
	}
	return Later{}, nil
}

// maxLater is how many days after the as-of date rows are looked at: later ones
// are mistakes, whatever their number.
const maxLater = 20 * 366

// text says what follows from later exports; current names the sources concerned.
func (l Later) text(j *Job) string {
	var current []string
	arr := ""
	for _, s := range j.Settings.Sources {
		if s.Layout != source.Current {
			continue
		}
		current = append(current, s.Name)
		if s.Name == "accounts" {
			arr = "; ARR, renewals and contracts are those of the subscriptions in force then"
			if j.Settings.Source("subscriptions") == nil {
				arr = "; ARR is unknown, because no subscriptions are mapped that would date it"
			}
		}
	}
	return fmt.Sprintf("the exports are of a later day than %s: %s goes on to %s. What only the day of the export knows (%s) is left out%s",
		day.Format(j.AsOf), l.Source, day.Format(l.Newest), strings.Join(current, ", "), arr)
}
