package portfolio

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/compare"
)

const (
	// moversShown is how many accounts each list of movers names.
	moversShown = 25
	// slippingBy is the fall in tenths from which a green account is named.
	slippingBy = 100
)

// movers splits the accounts that changed status by direction and names the
// largest by ARR.
func movers(in Input) Movers {
	var out Movers
	var up, down, slipping []compare.Move
	var upARR, downARR cents
	if in.Change == nil {
		return out
	}
	for _, m := range in.Change.Moves() {
		i := int(m.Row)
		if !in.Now.counted(i) || !in.Prior.View.Class[i].Scored() {
			continue
		}
		switch {
		case m.FromBand < 0: // published, but without a score under the present framework
		case m.ToBand < m.FromBand:
			up = append(up, m)
			upARR.add(in.Now.View.ARR[i])
		case m.ToBand > m.FromBand:
			down = append(down, m)
			downARR.add(in.Now.View.ARR[i])
		case in.Now.Result.Band(i).Expand && m.Delta() <= -slippingBy:
			slipping = append(slipping, m)
		}
	}
	out.UpAccounts, out.UpARR = int64(len(up)), upARR.float()
	out.DownAccounts, out.DownARR = int64(len(down)), downARR.float()
	out.Up, out.Down, out.Slipping = in.largest(up), in.largest(down), in.largest(slipping)
	return out
}

func (in Input) largest(moves []compare.Move) []Mover {
	arr := func(m compare.Move) cents { return toCents(in.Now.View.ARR[m.Row]) }
	slices.SortFunc(moves, func(a, b compare.Move) int {
		return cmp.Or(cmp.Compare(arr(b), arr(a)), cmp.Compare(a.Row, b.Row))
	})
	var out []Mover
	for _, m := range moves[:min(len(moves), moversShown)] {
		i := int(m.Row)
		out = append(out, Mover{
			ID: in.Table.ID[i], Name: in.Table.Name[i], Owner: in.Table.Owner[i], Segment: in.Table.Segment[i],
			ARR: arr(m).float(), PriorScore: tenths(m.From), Restated: tenths(m.From + m.By[compare.Framework]), Score: tenths(m.To), Delta: tenths(m.Delta()),
			PriorBand: in.Change.StatusBefore(i), Band: in.Now.Result.Band(i).Name,
			Behaviour: tenths(m.By[compare.Behaviour]), Framework: tenths(m.By[compare.Framework]),
			Data: tenths(m.By[compare.Data]), Override: tenths(m.By[compare.Override]),
			Why: in.why(m),
		})
	}
	return out
}

func tenths(t int32) float64 { return float64(t) / 10 }

// driversShown is how many drivers a row of a sheet names.
const driversShown = 3

// why names what drove a change in its own direction, with what each did.
func (in Input) why(m compare.Move) string {
	var parts []string
	for _, d := range in.Change.Drivers(int(m.Row)) {
		if d.Points > 0 != (m.Delta() > 0) || len(parts) == driversShown {
			continue
		}
		label, at := in.Plan.Pillars[d.Pillar].Label, in.pillar
		if d.Part == compare.Framework {
			parts = append(parts, fmt.Sprintf("%s by the framework (%+.1f)", label, d.Points))
			continue
		}
		of := d.Pillar
		if d.Signal != compare.None {
			label, at, of = in.Plan.Signals[d.Signal].Label, in.rung, d.Signal
		}
		parts = append(parts, fmt.Sprintf("%s %s → %s (%+.1f)", label, at(in.Prior, of, int(m.Row)), at(&in.Now, of, int(m.Row)), d.Points))
	}
	return strings.Join(parts, "; ")
}

// rung names the ladder row a signal is on, or why it has no value, and whether
// somebody put it there.
func (in Input) rung(s *Scored, sig, row int) string {
	g := s.Result.Rung[sig][row]
	if g < 0 {
		return "unknown"
	}
	label := in.Plan.Rules[s.Result.Rules[row]].Ladders[sig][g].Label
	for _, v := range s.Result.ManualOf(row) {
		if v.Signal == sig {
			label += " by hand"
		}
	}
	return label
}

// pillar writes a pillar's score and whether somebody set it.
func (in Input) pillar(s *Scored, p, row int) string {
	v := s.Result.Pillars[p][row]
	switch {
	case math.IsNaN(v):
		return "unknown"
	case s.Result.PillarByHand(p, row):
		return fmt.Sprintf("%.0f by hand", v)
	}
	return fmt.Sprintf("%.0f", v)
}
