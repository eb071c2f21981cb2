package portfolio

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// OwnerBook is one owner's accounts, for the owner to work through and to send
// back with what the score does not know.
type OwnerBook struct {
	Owner      string
	AsOf       int32
	Currency   string
	Framework  FrameworkRef
	PillarDefs []PillarDef
	BandNames  []string
	Bands      []BandRow // of the owner's accounts; without a prior
	Rows       []BookRow // what to do first stands first
	Targets    []BookTarget
}

// BookRow is one account of a book.
type BookRow struct {
	AccountRow
	Order int32 // 1 is to be done first
	Days  Figure
	Risks []string
	Code  string // marks the row as the book was written
}

// BookTarget is a pillar or a signal that may be set by hand.
type BookTarget struct {
	Name   string // as it is chosen in the book
	Values string // what may be entered
}

// risksInBook is how many risks a row of a book names.
const risksInBook = 3

// NoOwner stands for accounts without an owner, NoSegment for those without a
// segment.
const (
	NoOwner   = "(no owner)"
	NoSegment = "(no segment)"
)

// Owners returns the distinct owners of paying accounts, sorted, NoOwner for
// accounts without one.
func (r *Rows) Owners() []string {
	seen := map[string]bool{}
	var out []string
	for _, i := range r.order {
		if o := cmp.Or(r.table.Owner[i], NoOwner); !seen[o] {
			seen[o] = true
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return out
}

// Book returns an owner's accounts: first those with a play, by its deadline,
// then worse statuses, then more ARR; accounts in notice last. What is entered
// into a book goes by the account's id and the row's code.
func (r *Rows) Book(owner, currency string) *OwnerBook {
	p := r.plan
	b := &OwnerBook{
		Owner: owner, AsOf: r.now.View.AsOf, Currency: currency, Framework: FrameworkRef{p.Name, p.Version, p.Digest},
		Targets: targets(p, r.now.Signals.Collected),
	}
	base := p.Rules[0]
	for i, d := range p.Pillars {
		b.PillarDefs = append(b.PillarDefs, PillarDef{d.Name, d.Label, d.Question, base.Weights[i]})
	}
	counts := make([]sum, len(base.Bands))
	var rows []int32
	for _, i := range r.order {
		if cmp.Or(r.table.Owner[i], NoOwner) != owner {
			continue
		}
		rows = append(rows, i)
		if r.now.counted(int(i)) {
			counts[r.now.Result.Status[i]].add(r.now.View.ARR[i])
		}
	}
	for k, band := range base.Bands {
		b.BandNames = append(b.BandNames, band.Name)
		b.Bands = append(b.Bands, BandRow{Band: band.Name, Colour: band.Colour, AtRisk: band.AtRisk, Accounts: counts[k].n, ARR: counts[k].arr.float()})
	}
	for _, i := range rows {
		row := BookRow{Risks: headline(r.advice.Risks(int(i)), risksInBook), Code: overrides.RowCode(owner, b.AsOf, r.table.ID[i])}
		r.fill(int(i), &row.AccountRow)
		if row.Deadline != NoDay {
			row.Days = Amount(float64(row.Deadline - b.AsOf))
		}
		b.Rows = append(b.Rows, row)
	}
	urgency := func(x *BookRow) (leaving, deadline int32) {
		leaving, deadline = 0, 1<<31-1
		if x.Class == population.InNotice.String() {
			leaving = 1
		}
		if x.PlayDeadline != NoDay {
			deadline = x.PlayDeadline
		}
		return leaving, deadline
	}
	// r.order is by ARR already, and the sort is stable.
	slices.SortStableFunc(b.Rows, func(x, y BookRow) int {
		lx, dx := urgency(&x)
		ly, dy := urgency(&y)
		return cmp.Or(cmp.Compare(lx, ly), cmp.Compare(dx, dy), cmp.Compare(slices.Index(b.BandNames, y.Band), slices.Index(b.BandNames, x.Band)))
	})
	for i := range b.Rows {
		b.Rows[i].Order = int32(i) + 1
	}
	return b
}

// targets lists the pillars, then the signals that a source is mapped for.
func targets(p *plan.Plan, collected []bool) []BookTarget {
	var out []BookTarget
	name := func(label, kind, key string) string {
		same := 0
		for i := range p.Pillars {
			if strings.EqualFold(cmp.Or(p.Pillars[i].Label, p.Pillars[i].Name), label) {
				same++
			}
		}
		for i := range p.Signals {
			if strings.EqualFold(cmp.Or(p.Signals[i].Label, p.Signals[i].Name), label) {
				same++
			}
		}
		if same > 1 { // a pillar and a signal share the word
			return kind + ":" + key
		}
		return label
	}
	for i := range p.Pillars {
		d := &p.Pillars[i]
		out = append(out, BookTarget{name(cmp.Or(d.Label, d.Name), "pillar", d.Name), "a pillar's score, 0 to 100"})
	}
	for i := range p.Signals {
		s := &p.Signals[i]
		if !collected[i] {
			continue
		}
		values := "a number"
		switch {
		case s.IsWord():
			values = "one of: " + strings.Join(s.Words, ", ")
		case s.Unit == "ratio":
			values = "a share such as 72%"
		case !math.IsInf(s.Domain.Lo, 0) && !math.IsInf(s.Domain.Hi, 0):
			values = fmt.Sprintf("a number from %g to %g", s.Domain.Lo, s.Domain.Hi)
		case s.Unit != "":
			values = "a number of " + s.Unit
		}
		out = append(out, BookTarget{name(cmp.Or(s.Label, s.Name), "signal", s.Name), values})
	}
	return out
}
