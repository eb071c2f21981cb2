package outcome

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"accounthealth/calibrate/assess"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
)

// Run is one play that was run.
type Run struct {
	Account int32
	Play    string // as entered
	Started int32
	Owner   string
	State   State
}

// State is what became of a run.
type State uint8

const (
	Running State = iota
	Saved
	Lost
)

// ReadRuns reads the interventions source. Rows without an account or a start, of
// an unknown account or with an outcome that is not saved, lost or open are left
// out and counted in found; unusable says how many. lookup gives an account's
// population row, or -1. The outcome has no date: it is what is known today, on
// whatever day a past run is looked at.
func ReadRuns(ctx context.Context, in *intake.Input, lookup func(id string) int32, today int32, found *diag.Tally) (runs []Run, unusable int64, err error) {
	if err := in.CheckLayout(); err != nil {
		return nil, 0, err
	}
	columns := []string{intake.AccountID, "started_at"}
	at := map[string]int{}
	for _, name := range columns {
		if !in.Has(name) {
			return nil, 0, in.Missing(name)
		}
	}
	for _, name := range []string{"play", "owner", "outcome"} {
		if in.Has(name) {
			at[name] = len(columns)
			columns = append(columns, name)
		}
	}
	err = in.Read(ctx, columns, today, found, func(b *intake.Batch) error {
		text := func(name string, i int) string {
			k, ok := at[name]
			if !ok || b.Columns[k].Status[i] != intake.Known {
				return ""
			}
			return strings.Clone(strings.TrimSpace(b.Columns[k].Text(i)))
		}
		for i := range b.Len {
			r := Run{Play: cmp.Or(text("play", i), "(not named)"), Owner: cmp.Or(text("owner", i), "(none)")}
			id, started := &b.Columns[0], &b.Columns[1]
			outcome := text("outcome", i)
			state, known := map[string]State{"": Running, "open": Running, "saved": Saved, "lost": Lost}[strings.ToLower(outcome)]
			switch {
			case id.Status[i] != intake.Known:
				b.Note(diag.MissingKey, intake.AccountID, i, "")
			case lookup(id.Text(i)) < 0:
				b.Note(diag.Orphan, intake.AccountID, i, id.Value(i))
			case started.Status[i] == intake.Null:
				b.Note(diag.Undated, "started_at", i, "")
			case started.Status[i] != intake.Known: // counted when it was read
			case !known:
				b.Note(diag.UnknownWord, "outcome", i, outcome)
			default:
				r.Account, r.Started, r.State = lookup(id.Text(i)), started.Days[i], state
				if r.Started <= today {
					runs = append(runs, r)
				}
				continue
			}
			unusable++
		}
		return nil
	})
	return runs, unusable, err
}

const (
	// keptDays is how long an account at risk must stay to count as kept.
	keptDays = 90
	// workedDays is how long before a review a play must have been started for the
	// account to count as worked. It ends at the review: a play started after it
	// would have needed the account to stay until then.
	workedDays = 60
)

// SavesInput is what save rates are counted from.
type SavesInput struct {
	Table    *population.Table
	Plan     *plan.Plan
	Past     []portfolio.Scored // earlier scored days, oldest first
	Runs     []Run
	Unusable int64
	DataEnd  int32 // losses are completely recorded up to this day
}

// Saves counts what became of plays, and of accounts at risk with and without one.
func Saves(in SavesInput) *portfolio.SaveRates {
	out := &portfolio.SaveRates{Unusable: in.Unusable, HorizonDays: keptDays}
	plays, owners, statuses := tallies{}, tallies{}, tallies{}
	for _, r := range in.Runs {
		if r.State == Running {
			out.Open++
			continue
		}
		out.Closed++
		saved := r.State == Saved
		plays.add(playLabel(in.Plan, r.Play), saved)
		owners.add(r.Owner, saved)
		statuses.add(statusAt(in.Past, r), saved)
	}
	out.ByPlay, out.ByOwner, out.ByStatus = plays.rates(nil), owners.rates(nil), statuses.rates(bandNames(in.Plan))
	out.Worked, out.Unworked, out.Reviews = workedOrNot(in)
	out.Note = fmt.Sprintf("Worked accounts had a play started in the %d days up to the review. Who gets a play is chosen, so the difference between worked and unworked accounts is not what plays achieve: "+
		"where worked accounts do worse, the plays went where the trouble was.", workedDays)
	return out
}

func playLabel(p *plan.Plan, name string) string {
	for i := range p.Plays {
		if p.Plays[i].Name == name {
			return p.Plays[i].Label
		}
	}
	return name
}

func bandNames(p *plan.Plan) (names []string) {
	for _, b := range p.Rules[0].Bands {
		names = append(names, b.Name)
	}
	return names
}

// statusAt is the account's status at the newest review not after the start.
func statusAt(past []portfolio.Scored, r Run) string {
	for k := len(past) - 1; k >= 0; k-- {
		if s := &past[k]; s.View.AsOf <= r.Started {
			if b := s.Result.Band(int(r.Account)); b != nil && s.View.Class[r.Account].Scored() {
				return b.Name
			}
			return "Not scored"
		}
	}
	return "before the first review"
}

// workedOrNot follows the accounts at risk at past reviews, which lie keptDays
// apart.
func workedOrNot(in SavesInput) (worked, unworked []portfolio.SaveRate, reviews []int32) {
	runs := slices.Clone(in.Runs)
	slices.SortFunc(runs, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Started, b.Started))
	})
	with, without := tallies{}, tallies{}
	last := day.None
	for k := len(in.Past) - 1; k >= 0; k-- {
		s := &in.Past[k]
		d := s.View.AsOf
		if d+keptDays > in.DataEnd || last != day.None && last-d < keptDays {
			continue
		}
		last, reviews = d, append(reviews, d)
		for i, c := range s.View.Class {
			b := s.Result.Band(i)
			if c != population.Customer || b == nil || !b.AtRisk {
				continue
			}
			left, counts := leaves(in.Table, int32(i), d, keptDays)
			if left && !counts {
				continue
			}
			from, _ := slices.BinarySearchFunc(runs, Run{Account: int32(i), Started: d - workedDays}, func(r, want Run) int {
				return cmp.Or(cmp.Compare(r.Account, want.Account), cmp.Compare(r.Started, want.Started))
			})
			if from < len(runs) && runs[from].Account == int32(i) && runs[from].Started <= d {
				with.add(b.Name, !left)
			} else {
				without.add(b.Name, !left)
			}
		}
	}
	slices.Reverse(reviews)
	return with.rates(bandNames(in.Plan)), without.rates(bandNames(in.Plan)), reviews
}

type tallies map[string]*[2]int // hits, n

func (t tallies) add(name string, hit bool) {
	if t[name] == nil {
		t[name] = &[2]int{}
	}
	t[name][1]++
	if hit {
		t[name][0]++
	}
}

// rates lists the tallies in the given order of names, the others behind by n,
// then name.
func (t tallies) rates(order []string) []portfolio.SaveRate {
	var names []string
	for name := range t {
		names = append(names, name)
	}
	place := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(t[b][1], t[a][1]), cmp.Compare(a, b))
	})
	var out []portfolio.SaveRate
	for _, name := range names {
		out = append(out, Rate(name, t[name][0], t[name][1]))
	}
	return out
}

// Rate is hits of n with Wilson's 95% interval.
func Rate(of string, hits, n int) portfolio.SaveRate {
	r := assess.Wilson(hits, n)
	return portfolio.SaveRate{
		Of: of, Hits: int64(hits), N: int64(n), Low: r.Lo.Value, High: r.Hi.Value,
		Rate: portfolio.Figure{Value: r.Rate.Value, Defined: r.Rate.OK, Num: float64(hits), Den: float64(n)},
	}
}
