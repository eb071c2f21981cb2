package saveplan

import (
	"context"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
)

// Facts are an account's own facts that no signal carries.
type Facts struct {
	Escalations int     // open
	Expansion   float64 // amount of the open expansion discussions; NaN where none is open or no amount is known
	Discussions int     // open expansion discussions
	Sponsor     string  // name of the sponsor in the seat, "" where unknown
	Champion    string
	Gone        string  // name of the champion who left last, "" where unknown
	Seats       float64 // licensed today; NaN where unknown

	sponsor, champion, gone, seats int32 // days from which those above hold
}

// NoFacts are those of an account of which nothing is known.
func NoFacts() Facts {
	return Facts{Expansion: math.NaN(), Seats: math.NaN(), sponsor: day.None, champion: day.None, gone: day.None, seats: day.None}
}

// newer takes a name for a seat where it is held from a later day than the one
// known; of equal days the alphabetically first, so that the order of rows says
// nothing.
func newer(name *string, since *int32, new string, from int32) {
	if new != "" && (*name == "" || from > *since || from == *since && new < *name) {
		*name, *since = new, from
	}
}

// ReadFacts reads the facts of some population rows as of a day, in one pass over
// each of the sources that hold them; those not mapped leave theirs out. Of usage
// the caller hands over recent files only. people says whether names may be read.
func ReadFacts(ctx context.Context, inputs map[string]intake.Input, rows []int32, lookup func(id string) int32, asOf int32, people bool) (map[int32]Facts, error) {
	out := make(map[int32]Facts, len(rows))
	for _, r := range rows {
		out[r] = NoFacts()
	}
	for _, s := range []struct {
		source  string
		key     string // rows of one key are one thing, "" where there is none
		columns []string
		since   int // position of the date from which a row is known
		take    func(c []intake.Column, i int, f *Facts)
	}{
		{"tickets", "ticket_id", []string{"escalated", "opened_at", "closed_at"}, 2, func(c []intake.Column, i int, f *Facts) {
			if c[1].Status[i] == intake.Known && c[1].Flags[i] && open(&c[2], &c[3], i, asOf) {
				f.Escalations++
			}
		}},
		{"opportunities", "", []string{"kind", "opened_at", "closed_at", "amount"}, 2, func(c []intake.Column, i int, f *Facts) {
			kind := strings.ToLower(text(&c[1], i))
			if kind != "expansion" && kind != "upgrade" || !open(&c[2], &c[3], i, asOf) {
				return
			}
			f.Discussions++
			if c[4].Status[i] == intake.Known {
				if math.IsNaN(f.Expansion) {
					f.Expansion = 0
				}
				f.Expansion += c[4].Numbers[i]
			}
		}},
		{"contacts", "", []string{"role", "since", "left_at", "name"}, 2, func(c []intake.Column, i int, f *Facts) {
			role, name, in := strings.ToLower(text(&c[1], i)), text(&c[4], i), open(&c[2], &c[3], i, asOf)
			switch {
			case !people:
			case role == "sponsor" && in:
				newer(&f.Sponsor, &f.sponsor, name, c[2].Days[i])
			case role == "champion" && in:
				newer(&f.Champion, &f.champion, name, c[2].Days[i])
			case role == "champion" && c[3].Status[i] == intake.Known && c[3].Days[i] <= asOf:
				newer(&f.Gone, &f.gone, name, c[3].Days[i])
			}
		}},
		{"usage", "", []string{"date", "licensed_seats"}, 1, func(c []intake.Column, i int, f *Facts) {
			if c[1].Status[i] == intake.Known && c[2].Status[i] == intake.Known && c[1].Days[i] <= asOf && c[1].Days[i] > f.seats {
				f.Seats, f.seats = c[2].Numbers[i], c[1].Days[i]
			}
		}},
	} {
		in, ok := inputs[s.source]
		if !ok || in.Layout == source.Snapshot || in.Layout == source.SCD {
			continue // copies of one row are not told apart here
		}
		columns := append([]string{intake.AccountID}, s.columns...)
		complete := true
		for _, name := range columns {
			complete = complete && in.Has(name)
		}
		if !complete {
			continue // without one of its columns the fact is not known
		}
		key := -1
		if in.Has(s.key) {
			key, columns = len(columns), append(columns, s.key)
		}
		later := []int{s.since} // dates that a row known as of the day is not after
		if in.Has(intake.AvailableAt) {
			later, columns = append(later, len(columns)), append(columns, intake.AvailableAt)
		}
		type id struct {
			row int32
			key string
		}
		seen := map[id]bool{}
		err := in.Read(ctx, columns, asOf, nil, func(b *intake.Batch) error {
			for i := range b.Len {
				if b.Columns[0].Status[i] != intake.Known {
					continue
				}
				row := lookup(b.Columns[0].Text(i))
				f, asked := out[row]
				if row < 0 || !asked || slices.ContainsFunc(later, func(k int) bool { return b.Columns[k].Status[i] == intake.Known && b.Columns[k].Days[i] > asOf }) {
					continue
				}
				if key >= 0 && b.Columns[key].Status[i] == intake.Known {
					k := id{row, b.Columns[key].Text(i)}
					if seen[k] {
						continue
					}
					k.key = strings.Clone(k.key)
					seen[k] = true
				}
				s.take(b.Columns, i, &f)
				out[row] = f
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// open reports whether something began by the day and had not ended by it.
func open(from, to *intake.Column, i int, asOf int32) bool {
	return from.Status[i] == intake.Known && from.Days[i] <= asOf && (to.Status[i] != intake.Known || to.Days[i] > asOf)
}

func text(c *intake.Column, i int) string {
	if c.Status[i] != intake.Known {
		return ""
	}
	return strings.Clone(strings.TrimSpace(c.Text(i)))
}
